"""The kind: an error, or a silence, that sends its reader the wrong way.

The table holds the usual mistakes of learners and of those who come from PyTorch. Each message says what was called,
what it wanted and got, and what to do; where PyTorch has a sentence that people search for, it is in there. Mistakes
that run without an error give a warning.
"""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import CheckpointError
from nn import optim


def x(*shape, dtype=np.float32):
    return autograd.ones(*shape, dtype=dtype)


def weight():
    return autograd.tensor([1.0, 2.0, 3.0], requires_grad=True)


class NoSuper(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(2, 2)


class NoForward(nn.Module):
    def foward(self, x):
        return x


class ForgetsReturn(nn.Module):
    def forward(self, x):
        x * 2


def used_up():
    parameters = nn.Linear(3, 2).parameters()
    optim.SGD(parameters, lr=0.1)
    optim.SGD(parameters, lr=0.1)


def consumed():
    y = (weight() ** 2).sum()
    y.backward()
    y.backward()


def without_recording():
    with autograd.no_grad():
        (weight() ** 2).sum().backward()


def overwritten():
    y = weight().exp()
    y.add_(1)
    y.sum().backward()


def load(state_dict):
    nn.Linear(3, 2).load_state_dict(state_dict)


def linear_state():
    return {"weight": np.ones((2, 3), np.float32), "bias": np.ones(2, np.float32)}


LABELS = np.array([0, 1, 2, 0])

# name -> (what is done, sentences of the message, in order)
DTYPES = {
    "ints into Linear": (lambda: nn.Linear(3, 2)(x(4, 3, dtype=np.int64)), "same dtype", "int64 and float32", r"input\.float\(\)"),
    "bools into Linear": (lambda: nn.Linear(3, 2)(x(4, 3) > 0), "bool and float32", r"input\.float\(\)"),
    "pixels into Linear": (lambda: nn.Linear(3, 2)(x(4, 3, dtype=np.uint8)), "uint8", r"input\.float\(\) / 255"),
    "float64 into Linear": (lambda: nn.Linear(3, 2)(np.ones((4, 3))), r"input\.float\(\)", r"model\.double\(\)"),
    "pixels into Conv2d": (lambda: nn.Conv2d(3, 4, 3)(x(1, 3, 8, 8, dtype=np.uint8)), r"conv2d: Input type \(uint8\)", r"input\.float\(\)"),
    "ints into LSTM": (lambda: nn.LSTM(3, 4)(x(5, 2, 3, dtype=np.int64)), "LSTM: RNN input dtype", r"input\.float\(\)"),
    "ints into BatchNorm": (lambda: nn.BatchNorm1d(3)(x(4, 3, dtype=np.int64)), "batch_norm", r"input\.float\(\)"),
    "ints into LayerNorm": (lambda: nn.LayerNorm(3)(x(4, 3, dtype=np.int64)), "layer_norm", r"input\.float\(\)"),
    "ints into Dropout": (lambda: nn.Dropout()(x(4, dtype=np.int64)), "dropout", r"input\.float\(\)"),
    "ints into AvgPool2d": (lambda: nn.AvgPool2d(2)(x(1, 1, 4, 4, dtype=np.int64)), "avg_pool2d", r"input\.float\(\)"),
    "ints into Bilinear": (lambda: nn.Bilinear(2, 3, 4)(x(5, 2, dtype=np.int64), x(5, 3)), "bilinear", r"input\.float\(\)"),
    "floats into Embedding": (lambda: nn.Embedding(5, 2)(x(3)), "embedding: Expected tensor for argument #1 'indices'", r"input\.long\(\)"),
    "ints into cross_entropy": (lambda: F.cross_entropy(x(4, 3, dtype=np.int64), LABELS), "cross_entropy", r"input\.float\(\)"),
    "ints into mse_loss": (lambda: F.mse_loss(x(4, dtype=np.int64), x(4)), "mse_loss", r"input\.float\(\)"),
    "ints that require grad": (lambda: autograd.tensor([1, 2], requires_grad=True), "floating point", "int64"),
    "mean of ints": (lambda: x(3, dtype=np.int64).mean(), "could not infer output dtype"),
    "softmax of ints": (lambda: F.softmax(x(3, dtype=np.int64), 0), "softmax", "dtype=autograd.float32"),
    "a model of ints": (lambda: nn.Linear(3, 2).to(np.int64), r"Linear\.to: wanted float32 or float64, got int64"),
    "a name that is no dtype": (lambda: x(2).to("flaot32"), "to: 'flaot32' is the name of neither a device", "nor a dtype"),
}  # fmt: skip

INPUTS = {
    "the tuple of an LSTM into Linear": (lambda: nn.Linear(4, 1)(nn.LSTM(3, 4)(x(5, 2, 3))), "linear: wanted a Tensor, got a tuple", r"return \(output, state\): take the first"),
    "the same in Sequential": (lambda: nn.Sequential(nn.GRU(3, 4), nn.Linear(4, 1))(x(5, 2, 3)), "linear: wanted a Tensor", "take the first"),
    "the tuple of an LSTM into relu": (lambda: F.relu(nn.LSTM(3, 4)(x(5, 2, 3))), "relu: wanted a Tensor, got a tuple", "take the first"),
    "the tuple of an LSTM into a loss": (lambda: F.cross_entropy((x(4, 3), None), LABELS), "cross_entropy: wanted a Tensor, got a tuple"),
    "a list of Tensors": (lambda: nn.Linear(3, 2)([x(3), x(3)]), "linear: wanted a Tensor, got a list", r"autograd\.stack"),
    "a forgotten return": (lambda: nn.Sequential(ForgetsReturn(), nn.Linear(3, 2))(x(3)), "got NoneType", r"forward\(\) .* return something"),
    "None into relu": (lambda: F.relu(None), "relu: wanted a Tensor, an array or numbers, got NoneType"),
    "None as target": (lambda: F.mse_loss(x(4), None), "mse_loss: wanted a Tensor", "NoneType"),
    "a str into Linear": (lambda: nn.Linear(3, 2)("a"), "linear: wanted a Tensor, an array or numbers, got str"),
    "a str into exp": (lambda: autograd.exp("1"), "exp: wanted a Tensor"),
    "tensor of a str": (lambda: autograd.tensor("a"), "tensor: Could not infer dtype of str"),
    "ragged lists": (lambda: autograd.tensor([[1, 2], [3]]), "tensor: expected sequences of equal length"),
    "a str in a list": (lambda: autograd.cat(["a"]), "cat: wanted a Tensor, an array or numbers, got str"),
    "a str to fill with": (lambda: autograd.full((2,), "a"), "full: wanted a Tensor, an array or numbers, got str"),
    "bits of floats": (lambda: x(3) & 1, "bitwise_and: wanted integers or bools, got float32", r"\(x > 0\) & \(y < 1\)"),
    "no inputs": (lambda: autograd.grad(weight().sum(), 5), "wanted a Tensor or several Tensors, got int"),
    "cat without a list": (lambda: autograd.cat(x(2), x(2)), "must be a tuple or list of Tensors, not Tensor", r"cat\(\[a, b\]\)"),
    "0-d into Linear": (lambda: nn.Linear(3, 2)(autograd.tensor(1.0)), "linear: mat1 and mat2 shapes cannot be multiplied"),
    "a state that is no tuple": (lambda: nn.LSTM(3, 4)(x(5, 2, 3), x(1, 2, 4)), r"LSTM: wanted hx as a tuple of two Tensors \(h_0, c_0\)"),
    "too many arguments": (lambda: nn.Linear(3, 2)(x(3), x(3)), r"Linear\.forward\(\) takes 2 positional arguments"),
    "a missing key": (lambda: nn.MultiheadAttention(4, 2)(x(2, 3, 4)), "missing 2 required positional arguments: 'key' and 'value'"),
}  # fmt: skip

SHAPES = {
    "features of Linear": (lambda: nn.Linear(3, 2)(x(3, 4)), r"cannot be multiplied \(3x4 and 3x2\)", "last dimensions must agree"),
    "channels last": (lambda: nn.Conv2d(3, 4, 3)(x(1, 8, 8, 3)), "conv2d: Given groups=1", "to have 3 channels, but got 8"),
    "flat images": (lambda: nn.Conv2d(1, 4, 3)(x(5, 784)), r"Expected 3D \(unbatched\) or 4D \(batched\) input to conv2d"),
    "an image smaller than the window": (lambda: nn.Conv2d(3, 4, 3)(x(1, 3, 2, 2)), "Kernel size can't be greater"),
    "pooling to nothing": (lambda: nn.MaxPool2d(5)(x(1, 1, 3, 3)), "max_pool2d", "Output size is too small"),
    "the wrong BatchNorm": (lambda: nn.BatchNorm2d(3)(x(4, 3)), r"expected 4D input \(got 2D input\)"),
    "features of BatchNorm": (lambda: nn.BatchNorm1d(4)(x(4, 3)), "running_mean should contain 3 elements not 4"),
    "BatchNorm of one": (lambda: nn.BatchNorm1d(3)(x(1, 3)), "Expected more than 1 value per channel"),
    "features of LayerNorm": (lambda: nn.LayerNorm(4)(x(2, 3)), r"layer_norm: Given normalized_shape=\[4\]"),
    "features of LSTM": (lambda: nn.LSTM(3, 4)(x(5, 2, 4)), "LSTM: input.size.-1. must be equal to input_size. Expected 3, got 4"),
    "no time in LSTM": (lambda: nn.LSTM(3, 4)(x(3)), "LSTM: Expected input to be 2D or 3D, got 1D"),
    "target against (N, 1)": (lambda: F.mse_loss(x(4, 1), x(4)), "mse_loss: Using a target size", "reshape or squeeze one"),
    "scores against (N, 1)": (lambda: F.binary_cross_entropy_with_logits(x(4, 1), x(4)), "Using a target size", "squeeze"),
    "broadcasting": (lambda: x(3) + x(4), r"add: The size of tensor a \(3\) must match the size of tensor b \(4\)"),
    "matrices": (lambda: x(2, 3) @ x(2, 3), "mat1 and mat2 shapes cannot be multiplied"),
    "view": (lambda: x(4, 3).view(5, 5), r"shape '\[5, 5\]' is invalid for input of size 12"),
    "an index": (lambda: x(4)[10], "index 10 is out of bounds for dimension 0 with size 4"),
    "a dimension": (lambda: x(4, 3).sum(5), "Dimension out of range", "got 5"),
    "an if over many": (lambda: 1 if x(3) > 0 else 0, "Boolean value of Tensor with more than one value is ambiguous", r"x\.any\(\)"),
    "item of many": (lambda: x(3).item(), "cannot be converted to Scalar"),
    "rows of Embedding": (lambda: nn.Embedding(5, 2)(np.array([5])), "index out of range in self: 5 for a weight of 5 rows"),
}  # fmt: skip

LOSSES = {
    "labels as floats": (lambda: F.cross_entropy(x(4, 3), x(4)), "cross_entropy: floating point targets are probabilities", r"\(4, 3\)", r"target\.long\(\)"),
    "labels as a column of floats": (lambda: F.cross_entropy(x(4, 3, 2), x(4, 1)), "are probabilities", r"target\.long\(\)"),
    "labels as bools": (lambda: F.cross_entropy(x(4, 2), LABELS > 1), "class indices", "bool", r"target\.long\(\)"),
    "labels as floats in nll_loss": (lambda: F.nll_loss(x(4, 3), x(4)), "nll_loss: expected integer class indices", r"target\.long\(\)"),
    "labels in a column": (lambda: F.cross_entropy(x(4, 3), LABELS[:, None]), r"target\.squeeze\(-1\)"),
    "one-hot ints": (lambda: F.cross_entropy(x(4, 3), np.eye(3, dtype=np.int64)[LABELS]), "one-hot", r"target\.argmax\(1\)"),
    "labels out of range": (lambda: F.cross_entropy(x(4, 3), np.array([0, 1, 2, 3])), "Target 3 is out of bounds", "0 to 2"),
    "negative labels": (lambda: F.cross_entropy(x(4, 3), np.array([0, 1, 2, -1])), "Target -1 is out of bounds"),
    "another batch": (lambda: F.cross_entropy(x(4, 3), LABELS[:3]), r"Expected input batch_size \(4\) to match target batch_size \(3\)"),
    "exchanged": (lambda: F.cross_entropy(LABELS, x(4, 3)), r"exchanged\? cross_entropy\(scores, targets\)"),
    "no probabilities": (lambda: F.binary_cross_entropy(x(4) * 3, x(4)), "should be between 0 and 1", "with_logits"),
    "a reduction": (lambda: F.cross_entropy(x(4, 3), LABELS, reduction="avg"), "'avg' is not a valid value for reduction"),
    "yes or no": (lambda: F.cross_entropy(x(4, 1), np.array([0, 1, 0, 1])), "There is one class", "binary_cross_entropy_with_logits"),
    "labels into another loss": (lambda: F.binary_cross_entropy_with_logits(x(4, 2), np.array([0, 1, 0, 1])), "class indices go with cross_entropy"),
    "a reduction in the place of a weight": (lambda: nn.CrossEntropyLoss("sum"), "CrossEntropyLoss: weight should be a Tensor", "reduction='sum'"),
    "no target": (lambda: nn.MSELoss()(x(4)), "missing 1 required positional argument: 'target'"),
}  # fmt: skip

GRAPH = {
    "nothing requires grad": (lambda: x(3).sum().backward(), "does not require grad and does not have a grad_fn", "are the parameters frozen"),
    "detached": (lambda: (weight() * 2).sum().detach().backward(), "does not have a grad_fn", "detach"),
    "inside no_grad": (without_recording, "does not have a grad_fn", r"inside of no_grad\(\)"),
    "argmax": (lambda: (weight() * 2).argmax().backward(), "does not have a grad_fn", "int64", "argmax"),
    "long": (lambda: (weight() * 2).long().sum().backward(), "does not have a grad_fn", r"long\(\)"),
    "no Tensor": (lambda: autograd.backward([1.0]), "it is no Tensor, but float", r"item\(\)"),
    "a vector": (lambda: (weight() * 2).backward(), "grad can be implicitly created only for scalar outputs", r"sum\(\) or mean\(\)"),
    "twice": (consumed, "Trying to backward through the graph a second time", "retain_graph=True", "test_messages.py"),
    "a leaf in place": (lambda: weight().add_(1), "a leaf Variable that requires grad is being used in an in-place operation", r"no_grad\(\)"),
    "what is needed": (overwritten, "has been modified by an inplace operation", "exp at", "add_ at"),
    "numpy": (lambda: weight().numpy(), r"Can't call numpy\(\) on Tensor that requires grad", r"detach\(\)\.numpy\(\)"),
    "an unused input": (lambda: autograd.grad(weight().sum(), [weight()]), "allow_unused=True"),
    "an input without grad": (lambda: autograd.grad(weight().sum(), [x(2)]), "does not require grad: input 0"),
    "a misspelled requires_grad": (lambda: setattr(weight(), "require_grad", False), "did you mean requires_grad"),
    "freezing a result": (lambda: (weight() * 2).requires_grad_(False), "leaf variables", "mul at"),
    "a gradient of another shape": (lambda: setattr(weight(), "grad", x(2)), "wanted float32 of shape"),
}  # fmt: skip

MODULES = {
    "no super().__init__()": (NoSuper, r"before Module.__init__\(\) call", r"super\(\)\.__init__\(\) first in NoSuper"),
    "a misspelled forward": (lambda: NoForward()(x(3)), 'missing the required "forward" function', "did you mean forward where it says foward"),
    "calling a ModuleList": (lambda: nn.ModuleList([nn.ReLU()])(x(3)), 'missing the required "forward" function', "nn.Sequential"),
    "Sequential of a list": (lambda: nn.Sequential([nn.ReLU()]), "list is not a Module subclass", r"nn\.Sequential\(\*layers\)"),
    "Sequential of a function": (lambda: nn.Sequential(nn.Linear(2, 2), F.relu), "function is not a Module subclass", r"nn\.ReLU\(\)"),
    "Sequential of a class": (lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU), "is not a Module subclass", r"make one, ReLU\(\)"),
    "a layer made of its input": (lambda: nn.Dropout(x(4, 3)), "ambiguous", r"make it first and call it then"),
    "a float as size": (lambda: nn.Linear(3.0, 2), "Linear: sizes should be integers", "3.0"),
    "a str as size": (lambda: nn.Linear("3", 2), "Linear: sizes should be integers", "'3'"),
    "a negative size": (lambda: nn.Linear(-1, 2), "Linear: sizes should not be negative"),
    "a size forgotten": (lambda: nn.Linear(3), "missing 1 required positional argument: 'out_features'"),
    "a float as window": (lambda: nn.Conv2d(3, 4, 3.0), "Conv2d: kernel_size must be an int", "got 3.0"),
    "a Tensor as parameter": (lambda: setattr(nn.Linear(3, 2), "weight", x(2, 3)), "cannot assign 'Tensor' as parameter 'weight'", r"nn\.Parameter\(value\)"),
    "a misspelled attribute": (lambda: nn.Linear(3, 2).wieght, "'Linear' object has no attribute 'wieght'"),
    "cuda": (lambda: nn.Linear(3, 2).cuda(), "Linear.cuda: there is no device 'cuda'", "CPU only"),
    "a device of a Tensor": (lambda: x(2).to("cuda"), "there is no device 'cuda'"),
    "train": (lambda: nn.Linear(3, 2).train("yes"), "training mode is expected to be boolean"),
}  # fmt: skip

OPTIMISERS = {
    "the model": (lambda: optim.Adam(nn.Linear(3, 2)), r"Adam: params should be the module's parameters", r"pass model\.parameters\(\)"),
    "parameters not called": (lambda: optim.Adam(nn.Linear(3, 2).parameters), r"call it, parameters\(\)"),
    "None": (lambda: optim.SGD(None, lr=0.1), "SGD: params should be an iterable of Tensors", "NoneType"),
    "a str": (lambda: optim.SGD("params", lr=0.1), "SGD: params should be an iterable of Tensors", "str"),
    "a Tensor": (lambda: optim.Adam(weight()), "should be an iterable of Tensors or dicts, but got Tensor"),
    "nothing": (lambda: optim.Adam([]), "optimizer got an empty parameter list$"),
    "a generator that is used up": (used_up, "empty parameter list", "used up", "ModuleList"),
    "numbers": (lambda: optim.Adam([1.0]), "can only optimize Tensors, but one of the params is float"),
    "a result": (lambda: optim.Adam([weight() * 2]), "can't optimize a non-leaf Tensor", "mul at"),
    "a group without params": (lambda: optim.SGD([{"parms": [weight()]}], lr=0.1), "needs the key 'params', got", "parms"),
    "a str as rate": (lambda: optim.Adam([weight()], lr="0.1"), "Invalid learning rate: '0.1' is a str"),
    "a negative rate": (lambda: optim.Adam([weight()], lr=-1), "Invalid learning rate: -1"),
    "another keyword": (lambda: optim.Adam([weight()], learning_rate=0.1), "unexpected keyword argument 'learning_rate'"),
    "a schedule of a model": (lambda: optim.lr_scheduler.StepLR(nn.Linear(3, 2), 1), "Linear is not an Optimizer"),
    "clipping numbers": (lambda: nn.utils.clip_grad_norm_([1.0], 1.0), "clip_grad_norm_: wanted Tensors", "float"),
    "milestones": (lambda: optim.lr_scheduler.MultiStepLR(optim.SGD([weight()], lr=0.1), 5), r"milestones should be a list of epochs"),
    "a factor": (lambda: optim.lr_scheduler.LambdaLR(optim.SGD([weight()], lr=0.1), 0.5), "lr_lambda should be a function of the epoch, got 0.5"),
    "the state of a model": (lambda: optim.Adam([weight()]).load_state_dict(nn.Linear(3, 2).state_dict()), "'state' and 'param_groups'", "is it the model's"),
    "clipping a model": (lambda: nn.utils.clip_grad_norm_(nn.Linear(3, 2), 1.0), "clip_grad_norm_: parameters should be", r"model\.parameters\(\)"),
}  # fmt: skip

TRAINING = {
    "mse": (lambda: fit(loss="mse"), r"fit: loss should be a function .* nn\.MSELoss\(\), got 'mse'"),
    "cross-entropy": (lambda: fit(loss="cross_entropy"), r"nn\.CrossEntropyLoss\(\), got 'cross_entropy'"),
    "a class": (lambda: fit(loss=nn.MSELoss), "got the class MSELoss", r"make one, nn\.MSELoss\(\)"),
    "a number": (lambda: fit(loss=1.0), "loss should be a function", "got float"),
    "evaluate": (lambda: nn.evaluate(nn.Linear(3, 2), (x(4, 3), x(4, 2)), loss="mae"), r"evaluate: .* nn\.L1Loss\(\)"),
    "an optimiser's name": (lambda: fit(optimizer="adam"), "optimizer should be an Optimizer such as nn.optim.Adam", "'adam'"),
    "no model": (lambda: fit(model=lambda v: v), "model should be a Module, got function"),
    "epochs": (lambda: fit(epochs=1.5), "epochs should be an integer", "1.5"),
}  # fmt: skip

ARGUMENTS = {
    "axes": (lambda: x(4, 3).sum(axes=0), r"sum\(\) got an unexpected keyword argument 'axes'", "its arguments are dim, keepdim, dtype"),
    "another": (lambda: x(4, 3).mean(foo=0), r"mean\(\) got an unexpected keyword argument 'foo'", "dim, keepdim"),
    "a function's": (lambda: autograd.cumsum(x(4), dims=0), "unexpected keyword argument 'axes' or 'dims'", "dim"),
    "a str as dim": (lambda: x(3).sum("0"), "dim must be an int, got str"),
    "sizes": (lambda: autograd.zeros(2.5), "zeros: wanted ints"),
    "from_numpy": (lambda: autograd.from_numpy([1]), r"expected np.ndarray \(got list\)"),
}  # fmt: skip

STATES = {
    "a missing key": (lambda: load({"weight": x(2, 3)}), r'Missing key\(s\) in state_dict: "bias"'),
    "another key": (lambda: load({**linear_state(), "foo": x(1)}), r'Unexpected key\(s\) in state_dict: "foo"'),
    "another size": (lambda: load({**linear_state(), "weight": x(3, 2)}), "size mismatch for weight"),
    "a checkpoint": (lambda: load({"model": linear_state(), "epoch": 1}), r"load_state_dict\(checkpoint\['model'\]\)"),
    "a prefix": (lambda: load({f"module.{k}": v for k, v in linear_state().items()}), "Without 'module.' the keys would fit"),
    "a model": (lambda: load(nn.Linear(3, 2)), "Expected state_dict to be dict-like"),
    "lists": (lambda: load({"weight": x(2, 3), "bias": [1.0, 2.0]}), 'parameter named "bias", expected a Tensor or an array'),
}  # fmt: skip

TABLES = {
    name: table
    for name, table in globals().items()
    if name.isupper() and isinstance(table, dict) and all(isinstance(row, tuple) for row in table.values())
}


def fit(**changes):
    model = nn.Linear(3, 2)
    settings = {
        "loss": nn.MSELoss(),
        "optimizer": optim.SGD(model.parameters(), lr=0.1),
        "epochs": 1,
        "progress": False,
    }
    settings |= changes
    nn.fit(settings.pop("model", model), (x(4, 3), x(4, 2)), **settings)


@pytest.mark.parametrize("table", TABLES)
def test_messages(table):
    for name, (call, *sentences) in TABLES[table].items():
        with pytest.raises(Exception) as caught:
            call()
        message = str(caught.value)
        assert re.search(".*".join(sentences), message, re.DOTALL), f"{name}: {message}"
        assert len(message) < 600, name


def test_the_table_is_large():
    assert sum(len(table) for table in TABLES.values()) > 120


def said(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    return [str(w.message) for w in caught if w.filename == __file__]


def test_the_gradient_of_a_computed_value():
    """None, and PyTorch's warning; nothing for leaves, constants, and what `retain_grad` keeps."""
    w = weight()
    y, z = w * 2, w * 3
    z.retain_grad()
    (y.sum() + z.sum()).backward()
    (message,) = said(lambda: y.grad)
    assert message.startswith("The .grad attribute of a Tensor that is not a leaf Tensor is being accessed")
    assert "the result of mul at" in message
    assert said(lambda: (w.grad, z.grad, x(3).grad, weight().grad)) == []
    assert z.grad.tolist() == [1, 1, 1]


def test_layers_in_plain_lists():
    class Plain(nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.first = nn.Linear(2, 2)
            layers = [nn.Linear(2, 2), nn.ReLU()]
            self.layers = {"list": layers, "nested": [[layers[0]]], "dict": {"a": layers[0]}}.get(kind)
            if kind == "parameters":
                self.weights = [nn.Parameter(np.ones(2))]
            if kind == "known":
                self.both = [self.first]
            if kind == "hidden":
                self._layers = layers

        def forward(self, x):
            return self.first(x)

    nn.learner_warnings(True)
    for kind, name in (("list", "ModuleList"), ("dict", "ModuleDict"), ("parameters", "ParameterList")):
        nn.learner_warnings(True)
        model = Plain(kind)
        (message,) = said(lambda model=model: (model(x(2)), model(x(2))))
        assert "Plain." in message
        assert f"Use nn.{name}" in message
    nn.learner_warnings(True)
    assert len(said(lambda: Plain("nested")(x(2)))) == 1
    for kind in ("known", "hidden", "none"):
        nn.learner_warnings(True)
        assert said(lambda kind=kind: Plain(kind)(x(2))) == []


def test_freezing_a_module_by_an_attribute():
    nn.learner_warnings(True)
    model = nn.Linear(3, 2)
    (message,) = said(lambda: setattr(model, "requires_grad", False))
    assert "call requires_grad_(False)" in message
    assert not hasattr(weight(), "require_grad")


def test_clipping_with_a_generator_that_is_used_up():
    parameters = nn.Linear(3, 2).parameters()
    list(parameters)
    for clip in (nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_):
        (message,) = said(lambda clip=clip: clip(parameters, 1.0))
        assert "`parameters` is an empty generator, no gradient clipping will occur" in message
    assert said(lambda: nn.utils.clip_grad_norm_([], 1.0)) == []


class Foreign:
    """A Tensor of another library."""

    def __init__(self, values, error=None):
        self.values, self.error = values, error

    def __array__(self, dtype=None, copy=None):
        if self.error:
            raise TypeError(self.error)
        return np.asarray(self.values, dtype)


def test_state_dicts_of_other_libraries():
    """What has `__array__` is a value, whatever its class is called."""
    model = nn.Linear(3, 2)
    model.load_state_dict({key: Foreign(value * 2) for key, value in linear_state().items()})
    assert model.weight.tolist() == [[2.0] * 3] * 2
    model.load_state_dict({key: Foreign(value * 3) for key, value in linear_state().items()}, assign=True)
    assert model.bias.tolist() == [3.0, 3.0]
    for strange, message in (
        (Foreign(None, "no bfloat16 here"), "Foreign: no bfloat16 here"),
        ("text", "received str"),
    ):
        with pytest.raises(CheckpointError, match=f'parameter named "bias".*{message}'):
            model.load_state_dict({**linear_state(), "bias": strange})


def test_attribute_errors_name_the_object():
    """Python then proposes the nearest name by itself."""
    with pytest.raises(AttributeError) as caught:
        nn.Linear(3, 2).wieght  # noqa: B018
    assert caught.value.name == "wieght"
    assert isinstance(caught.value.obj, nn.Linear)


def test_every_layer_says_how_to_make_floats():
    """Whole numbers into what computes in floating point: the advice is never to make the model one of ints."""
    layers = [
        (nn.Linear(4, 2), (2, 4)), (nn.Conv1d(3, 2, 3), (2, 3, 8)), (nn.Conv3d(3, 2, 3), (2, 3, 8, 8, 8)),
        (nn.ConvTranspose2d(3, 2, 3), (2, 3, 8, 8)), (nn.BatchNorm2d(3), (2, 3, 8, 8)), (nn.InstanceNorm2d(3), (2, 3, 8, 8)),
        (nn.GroupNorm(1, 3), (2, 3, 8, 8)), (nn.LayerNorm(8), (2, 8)), (nn.RMSNorm(8), (2, 8)), (nn.RNN(3, 4), (5, 2, 3)),
        (nn.GRU(3, 4), (5, 2, 3)), (nn.LSTMCell(3, 4), (2, 3)), (nn.GRUCell(3, 4), (2, 3)), (nn.RNNCell(3, 4), (2, 3)),
        (lambda v: nn.MultiheadAttention(4, 2)(v, v, v), (5, 2, 4)), (nn.TransformerEncoderLayer(4, 2, 8), (5, 2, 4)),
        (nn.AvgPool2d(2), (2, 3, 8, 8)), (nn.Dropout(), (2, 3)), (nn.Dropout2d(), (2, 3, 4, 4)), (nn.Softmax(0), (3,)),
        (nn.LogSoftmax(0), (3,)), (nn.Upsample(scale_factor=2, mode="bilinear"), (2, 3, 4, 4)), (F.gumbel_softmax, (2, 3)),
        (nn.FractionalMaxPool2d(2, output_size=2), (1, 1, 4, 4)), (F.normalize, (2, 3)), (nn.BCELoss(), None),
        (nn.BCEWithLogitsLoss(), None), (nn.HuberLoss(), None), (nn.KLDivLoss(), None), (nn.CosineSimilarity(), None),
    ]  # fmt: skip
    for layer, shape in layers:
        for dtype in (np.int64, np.uint8):
            given = [x(*shape, dtype=dtype)] if shape else [x(2, 3, dtype=dtype)] * 2
            with pytest.raises(autograd.errors.DTypeError, match=r"float\(\)") as caught:
                layer(*given)
            assert "model" not in str(caught.value), layer
