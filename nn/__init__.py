"""Modules, layers, losses, optimisers, data, training, saving.

    module.py         Module: parameters, buffers, modules inside it, `forward`               read this first
    modes.py          training and evaluation, where several threads use one model
    parameter.py      what it holds; hooks.py: what users hang on it; init.py: first values
    layers/           Linear to Transformer, a file per family; losses as modules
    functional/       the same as functions, where inputs are checked: `import nn.functional as F`
    optim/            optimisers and learning rate schedules
    data/             data sets, loaders, transforms
    training/         fit, evaluate, predict, callbacks
    metrics/          accuracy, F1, AUC and others; tensorboard.py: files that TensorBoard shows
    estimators.py     modules as estimators of scikit-learn
    saving/           save and load, whole checkpoints
    utils/            clipping, packed sequences, summaries, parametrizations
    distributions/    probability distributions
    learner.py        warnings of mistakes that beginners make; mistakes.py: sentences of errors
    examples.py       something to check each operation at, also those of which a function here computes the settings
    packed.py         sequences of different lengths without padding, as recurrent layers take them
    draw.py           random arrays, for initialisers and dropout; figure.py: pictures without a display
    parallel/         one model in several processes: DistributedDataParallel
    modules/ attention.py grad.py   PyTorch's paths, for programs that use them

The rule: names, arguments and keys of states are PyTorch's; mathematics and derivatives stand in `autograd`. What is
public stands in `__all__`; what few programs use is imported when it is first asked for.

A convolution, from the call to the loops and back, by name:

1. `nn.Conv2d.forward` has the settings and the parameters; it calls
2. `nn.functional.conv2d`, which checks shapes in PyTorch's words, brings every setting to a tuple, works out the size
   of the result, and applies
3. `autograd.ops.conv.conv`: the value, and a rule each for the input, the weight and the bias. How that gets onto the
   tape, and back, is what `autograd` tells of a multiplication. The value is computed by
4. `kernels.conv.plain.conv`: NumPy's product of columns. From some size on `kernels.machine.fast` calls a compiled twin
   in its place, `kernels.conv.choose.conv`, which checks the arrays and chooses: the sum in vector registers
   (`kernels.conv.direct.conv`), or Winograd's identities (`kernels.conv.winograd.conv`), where
   `kernels.conv.winograd_schemes.choose` says they pay. kernels/conv/__init__.py goes on, down to the registers.
5. On the way back the rules are ops again: `autograd.ops.conv.conv_input_grad` and
   `autograd.ops.conv.conv_weight_grad`, with kernels of the same names, and with rules of their own, for second
   derivatives.
"""

import importlib as _importlib
import os as _os

from autograd.extend import add_library_folder as _add_library_folder
from autograd.extend import more_ways as _more_ways
from autograd.later import files as _files
from autograd.later import later as _later

from . import functional, layers

__all__ = [
    "Buffer",
    "CSVLogger",
    "Callback",
    "CrossMapLRN2d",
    "DataParallel",
    "EarlyStopping",
    "Evaluation",
    "ExponentialMovingAverage",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "History",
    "JSONLogger",
    "LRScheduler",
    "LearnerWarning",
    "ModelCheckpoint",
    "Module",
    "Parameter",
    "SyncBatchNorm",
    "TensorBoardLogger",
    "Training",
    "UninitializedBuffer",
    "UninitializedParameter",
    "attention",
    "confusion_matrix",
    "data",
    "distributions",
    "estimators",
    "evaluate",
    "find_learning_rate",
    "fit",
    "functional",
    "grad",
    "init",
    "layers",
    "learner_warnings",
    "load",
    "load_checkpoint",
    "metrics",
    "modules",
    "optim",
    "parallel",
    "predict",
    "save",
    "save_checkpoint",
    "tensorboard",
    "utils",
]
__all__ += layers.__all__

_add_library_folder(_os.path.dirname(_os.path.abspath(__file__)) + _os.sep)  # recorded lines point at the user's code

_more_ways.append(lambda: _importlib.import_module("nn.layers.fusion"))

_later(
    __name__,
    {
        **_files(
            __name__,
            attention="",
            data="",
            distributions="",
            estimators="",
            grad="",
            init="",
            learner="LearnerWarning learner_warnings",
            metrics="",
            module="Module",
            modules="",
            optim="",
            packed="",
            parallel="",
            parameter="Buffer Parameter UninitializedBuffer UninitializedParameter",
            saving="load load_checkpoint save save_checkpoint",
            training=(
                "CSVLogger Callback EarlyStopping Evaluation ExponentialMovingAverage History JSONLogger LRScheduler "
                "ModelCheckpoint TensorBoardLogger Training confusion_matrix evaluate find_learning_rate fit predict"
            ),
            tensorboard="",
            utils="",
        ),
        "CrossMapLRN2d": "nn.layers.cross_map:CrossMapLRN2d",
        "DataParallel": "nn.parallel:DataParallel",
        "FractionalMaxPool2d": "nn.layers.fractional:FractionalMaxPool2d",
        "FractionalMaxPool3d": "nn.layers.fractional:FractionalMaxPool3d",
        "NLLLoss2d": "nn.layers.loss:NLLLoss",
        "SyncBatchNorm": "nn.parallel:SyncBatchNorm",
    },
    star="nn.layers",
)  # what not every program uses


def __dir__() -> list[str]:
    return sorted(__all__)
