"""Wengert: tape-based reverse-mode automatic differentiation on NumPy arrays."""

import importlib as _importlib
import math as _math
import sys as _sys
import warnings as _warnings
from typing import Any as _Any

from . import fast  # isort: skip - before any op is used
from . import api, errors, func, functional, linalg
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
from .custom import Function, once_differentiable
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
from .engine import backward, grad
from .memory import keep_freed_memory as _keep_freed_memory
from .modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled, tape
from .neighbours import warn_about_hips as _warn_about_hips
from .random import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    poisson,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)
from .recompute import checkpoint
from .tapes import Tape
from .tensors import Size, Tensor
from .tensors.core import get_default_dtype, set_default_dtype
from .tensors.display import set_printoptions
from .tensors.promotion import result_type
from .threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

e, inf, nan, pi = _math.e, _math.inf, _math.nan, _math.pi
newaxis = None

autograd = _sys.modules[__name__]  # so that `torch.autograd.grad` keeps working after `import autograd as torch`

_keep_freed_memory()
# NaN and infinity are values here, as in PyTorch, and no reason for a warning; `detect_anomaly` finds their source.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"(autograd|nn|kernels)(\.|$)")
_warn_about_hips()

# Functions of compiled ops learn `out=` when they are asked for, see `__getattr__`; methods and operators never do.
_COMPILED = {n: f for n, f in vars(api).items() if hasattr(f, "op")}
for _name in _COMPILED:
    del globals()[_name]

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


def __getattr__(name: str) -> _Any:
    """What most programs do without: the gradient checker, and names that only programs for PyTorch look for here."""
    if name in _CHECKER:
        from . import check

        globals().update({name: getattr(check, name) for name in _CHECKER})
        return globals()[name]
    if name in _COMPILED:
        from .tensors.out import with_out

        globals()[name] = with_out(_COMPILED[name])
        return globals()[name]
    found = None if name.startswith("__") else _names().find(name)
    if found is None:
        if name.startswith("__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise _importlib.import_module("autograd.names.absent").missing(__name__, name)
    globals()[name] = found
    return found


def _names() -> _Any:
    return _importlib.import_module("autograd.names")  # an import statement would ask __getattr__ first


def __dir__() -> list[str]:
    return sorted({*__all__, *_CHECKER, *_names().known()})


_MODULES = {"autograd", "errors", "func", "functional", "linalg", "random"}
__all__ = [
    _name
    for _name in (*globals(), *_COMPILED)
    if _name in _MODULES
    or not (_name.startswith("_") or _name == "annotations" or f"{__name__}.{_name}" in _sys.modules)
]
