"""Wengert: tape-based reverse-mode automatic differentiation on NumPy arrays.

What one reads to understand it, in this order:

    op.py             how an operation is declared: a function on arrays, and a rule for each input    read this first
    declared.py       what declarations that are not the library's must say; own.py: what such operations must return
    ops/              the operations, a file per family; ops/elementwise.py has the plainest
    records.py        what is written down when one has run; broadcast.py undoes broadcasting
    plan.py           what a record keeps, and how its rules are applied on the way back
    tapes.py          the list of records, and the walk back
    writes.py         what was overwritten in between; shared.py: memory that NumPy has, too
    tensors/          Tensor: an array, and a node that says how it was computed
    engine.py         `backward` and `grad`; paths.py: the walk to some inputs only; arrivals.py: gradients on the way
    modes.py          whether, and onto which tape, operations are recorded; crowd.py: what threads share
    func.py           transforms of functions, on transforms.py, directional.py, jacobians.py, mapping.py, curvature.py
                      and tracing.py; functional.py: the same at a point
    custom.py         operations of your own; recompute.py: checkpoints; extend.py: what layers are written with
    either.py         grad, of Tensors or of functions of arrays
    fast/             the same in compiled form: nothing in it has to be read
    interpreter.py    what sees every operation of a thread, and runs it in its own way: these four
    batching/         functions that are mapped over a dimension (`vmap`), for all slices at once
    forward/          derivatives that are carried along with values (`jvp`); forward_ad.py: by hand
    replay/           compiled functions: what they do at every call, computed together
    compiler/         programs as fast code

What stands around it:

    array_api.py                                                   names of the array API standard
    api.py creation.py random.py linalg.py special.py windows.py   functions of the package
    dtypes.py devices.py folders.py tuning.py process/             the machine; what importing does to the process
    errors.py advice.py anomaly.py lines.py listing.py room.py     what is said when something is wrong, and where
    check/ examples/ testing.py                                    checking gradients, and at which inputs
    program/                                                       a computation as a list: read, run, written out
    onnx/                                                          a computation as a file that others run
    profiler/                                                      where the time of a program goes
    explorer/ drawing/                                             a computation as a page to step through; as a picture
    displays/                                                      what notebooks show
    products.py update.py                                          products of matrices; steps of optimisers
    generated.py later.py extras.py                                functions made from text; what is imported late
    distributed/                                                   several processes that compute one thing, over MPI
    composed/                                                      functions of NumPy's that are compositions
    hips/ numpy/ scipy/                                            functions of NumPy arrays, as HIPS/autograd has them
    names/ utils/ cuda/ amp.py jit.py function.py                  for programs that were written for PyTorch
    builtins.py core.py differential_operators.py misc/ test_util.py tracer.py util.py wrap_util.py
                                                                   and for programs that were written for HIPS/autograd

The rule: ops are declared on arrays and know no Tensor; Tensor stands above them, the engine above Tensor. What is
public is in `__all__`. The same in a hundred lines, without speed: `benchmarks.courses.hundred_lines`.

How `z = x * y` and `z.sum().backward()` go, by name (with WENGERT_PLAIN=1 in the environment, step by step as told):

1. Declared. `autograd.ops.elementwise.mul` is `np.multiply` with a rule for each input, `dx=lambda dz, y: dz * y` and
   `dy=lambda dz, x: dz * x`. `autograd.op.op` makes an `autograd.op.Op` of them and enters it in
   `autograd.op.registry`.
2. Called. `autograd.Tensor.__mul__` comes from `autograd.tensors.elementwise.Elementwise`, where
   `autograd.tensors.calls.operators` made it of the op. It brings x and y to one dtype
   (`autograd.tensors.promotion.result_type`) and calls `autograd.tensors.run.plainly`, which takes the arrays out
   of the Tensors and runs the op's function on them.
3. Recorded. If x or y needs a gradient, `autograd.op.Op.plan` gives the `autograd.plan.Plan` for those that do, and
   `autograd.plan.Plan.save` picks what their rules ask for: y for dx, x for dy. With the nodes of the inputs that
   makes an `autograd.records.Record`, which `autograd.tapes.Tape.append` puts on the tape of this thread. The new
   Tensor holds the result, and the record as its node.
4. Walked back. `autograd.Tensor.backward` is `autograd.engine.backward`: a one for the loss, then
   `autograd.tapes.Tape.replay`, whose `autograd.tapes.Tape.walk` goes through the records from the last to the first.
   To that of `mul` it comes with the cotangent `dz` of z.
5. The rules. `autograd.plan.Plan.step` calls both rules with `dz` and what was saved (`autograd.plan.Plan.given`),
   undoes broadcasting where there was any (`autograd.broadcast.unbroadcast`), and adds the results to what the nodes of
   x and y have got from elsewhere (`autograd.records.accumulate`). Then the record lets go of its arrays
   (`autograd.tapes.Tape.consume`).
6. Delivered. What has arrived at an `autograd.records.Leaf` when the walk ends, `autograd.engine.backward` adds to
   `.grad` of the leaf's Tensor.

Under `create_graph` step 5 goes through `autograd.engine.push`, which gives the rules Tensors: they record what they
do, by steps 2 and 3, so the gradient can be differentiated again. Small programs spend their time in steps 2, 3 and
5, so `autograd.fast` compiles these for each op: `autograd.fast.calls` and `autograd.fast.plan`.
"""

import importlib as _importlib
import math as _math
import sys as _sys
import warnings as _warnings
from typing import Any as _Any

from . import fast  # isort: skip - before any op is used
from . import api, errors
from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from .api import *
from .creation import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    eye,
    from_numpy,
    frombuffer,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    scalar_tensor,
    tensor,
    zeros,
    zeros_like,
)
from .crowd import check_interpreter as _check_interpreter
from .devices import device
from .dtypes import (
    bfloat16,
    bool,
    can_cast,
    cdouble,
    cfloat,
    chalf,
    complex32,
    complex64,
    complex128,
    double,
    dtype,
    finfo,
    float,
    float16,
    float32,
    float64,
    half,
    iinfo,
    int,
    int8,
    int16,
    int32,
    int64,
    is_floating_point,
    is_tensor,
    long,
    promote_types,
    short,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .either import grad
from .engine import backward
from .later import files as _files
from .modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled, tape
from .process.imports import find_what_stands_elsewhere as _find_what_stands_elsewhere
from .process.memory import keep_freed_memory as _keep_freed_memory
from .process.neighbours import warn_about_hips as _warn_about_hips
from .process.notebooks import show_batches as _show_batches
from .process.threads import get_num_threads, set_num_threads
from .tapes import Tape
from .tensors import Size, Tensor
from .tensors import later as _later
from .tensors.core import get_default_dtype, set_default_dtype
from .tensors.promotion import result_type

__version__ = "0.1.0"

e, inf, nan, pi = _math.e, _math.inf, _math.nan, _math.pi
newaxis = None

autograd = _sys.modules[__name__]  # so that `torch.autograd.grad` keeps working after `import autograd as torch`

_keep_freed_memory()
# NaN and infinity are values here, as in PyTorch, and no reason for a warning; `detect_anomaly` finds their source.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"(autograd|nn|kernels)(\.|$)")
_warn_about_hips()
_find_what_stands_elsewhere()
_show_batches(Tensor)
_check_interpreter()

# Functions of compiled ops learn `out=` when they are asked for, see `__getattr__`; methods and operators never do.
_COMPILED = {n: f for n, f in vars(api).items() if hasattr(f, "op")}
for _name in _COMPILED:
    del globals()[_name]

_LATER = _files(
    "autograd",
    custom="Function once_differentiable",
    forward_ad="",
    func="",
    functional="",
    linalg="",
    onnx="",
    profiler="",
    random=(
        "Generator bernoulli default_generator get_rng_state initial_seed manual_seed multinomial normal "
        "poisson rand rand_like randint randint_like randn randn_like randperm seed set_rng_state"
    ),
    recompute="",
) | {
    "checkpoint": "autograd.recompute:either",
    "set_printoptions": "autograd.tensors.display:set_printoptions",
    "trapz": "autograd.tensors.statistics:trapezoid",
    **{name: f"autograd.tensors.{file}:{name}" for file, names in _later.FUNCTIONS.items() for name in names.split()},
}
_CHECKER = (
    "GradReport",
    "check_derivation",
    "check_grads",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "gradcheck",
    "gradgradcheck",
    "rel_error",
)

_METHODS = {name for name in " ".join(_later.CLASSES.values()).split() if name.strip("_") == name} - {*_LATER}
_NESTS = ("dict", "isinstance", "list", "tuple", "type")  # Python's own, to programs for HIPS/autograd
_PROGRAMS = {"capture": "program", "compile": "replay", "draw": "drawing.drawn", "explore": "explorer"}


def __getattr__(name: str) -> _Any:
    """What many programs do without: transforms, own operations, the checker, names of programs for PyTorch."""
    if name in _CHECKER:
        from . import check

        globals().update({name: getattr(check, name) for name in _CHECKER})
        return globals()[name]
    if name in _METHODS:
        globals()[name] = getattr(Tensor, name)
        return globals()[name]
    if name in _PROGRAMS:
        globals()[name] = getattr(_importlib.import_module(f".{_PROGRAMS[name]}", __name__), name)
        return globals()[name]
    if name in _NESTS:
        globals()[name] = getattr(_importlib.import_module(".builtins", __name__), name)
        return globals()[name]
    if name in _LATER:
        home, _, attribute = _LATER[name].partition(":")
        module = _importlib.import_module(home)
        globals()[name] = found = getattr(module, attribute) if attribute else module
        return found
    if name in _COMPILED:
        from .tensors.out import with_out

        globals()[name] = with_out(_COMPILED[name])
        return globals()[name]
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _operators():
        globals()[name] = getattr(_importlib.import_module(".differential_operators", __name__), name)
        return globals()[name]
    found = _names().find(name)
    if found is None:
        raise _importlib.import_module("autograd.names.absent").missing(__name__, name)
    globals()[name] = found
    return found


def _names() -> _Any:
    return _importlib.import_module("autograd.names")  # an import statement would ask __getattr__ first


def _operators() -> _Any:
    """Derivatives of functions of arrays, by name: for programs for HIPS/autograd."""
    return _importlib.import_module("autograd.hips").OPERATORS


def __dir__() -> list[str]:
    return sorted({*__all__, *_CHECKER, *_operators(), *_PROGRAMS, *_names().known()})


_MODULES = {"autograd", "errors", "forward_ad", "func", "functional", "linalg", "random"}
__all__ = [
    _name
    for _name in (*globals(), *_COMPILED, *_LATER, *_METHODS)
    if _name in _MODULES
    or not (
        _name.startswith("_") or _name == "annotations" or f"{__name__}.{_name}" in {*_sys.modules, *_LATER.values()}
    )
]
