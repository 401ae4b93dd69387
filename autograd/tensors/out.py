"""`out=`: the result is written into a Tensor that is there already. Imported when someone asks for it.

As in PyTorch: `out` takes the result's shape (silently if it is empty, with a warning if it has elements) and keeps its
dtype, to which the result must be castable without losing its kind. Nothing is recorded, so neither the arguments nor
`out` may require grad while recording.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..errors import DTypeError, GraphError
from ..generated import made
from ..modes import state
from .core import Core, node_of

P = ParamSpec("P")
R = TypeVar("R")

_NAMES_TEXT = """
    abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr all amax amin aminmax any arccos arccosh
    arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort asin asinh atan atan2 atanh baddbmm bernoulli
    bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm ceil
    cholesky clamp clamp_max clamp_min clip clone copysign cos cosh count_nonzero cross cummax cummin cumprod
    cumsum deg2rad diag diag_embed diff digamma dist div divide dot eq erf erfc erfinv exp exp2 expm1 fix flip
    float_power floor floor_divide fmax fmin fmod frac gather gcd ge ger greater greater_equal gt hardshrink
    heaviside histc hypot igamma igammac index_add index_copy index_fill index_put index_select inner inverse
    isinf isnan
    isneginf isposinf kron kthvalue lcm ldexp le lerp less less_equal lgamma log log10 log1p log2 logaddexp
    logaddexp2 logcumsumexp logical_and logical_not logical_or logical_xor logit logsumexp lt masked_fill
    masked_scatter masked_select matmul matrix_power max maximum mean median min minimum mm mode msort mul
    multinomial multiply mv mvlgamma nan_to_num nanmean nanmedian nanquantile nansum ne neg negative nextafter
    nonzero norm not_equal outer polygamma pow prod quantile rad2deg reciprocal relu remainder renorm
    repeat_interleave roll rot90 round rsqrt scatter scatter_add scatter_reduce select_scatter sgn sigmoid sign
    signbit sin sinc sinh slice_scatter slogdet sort sqrt square std sub subtract sum take take_along_dim tan
    tanh topk trace tril triu true_divide trunc var vdot xlogy
"""
NAMES = frozenset(_NAMES_TEXT.split())
"""Methods of Tensor that take `out=` as functions of the package."""


_LATER_TEXT = """
    angle as_strided_scatter binomial cholesky_inverse cholesky_solve conj_physical diagonal_scatter frexp
    frobenius_norm histogram i0 igamma igammac index_reduce lu_solve lu_unpack matrix_exp nonzero_static nuclear_norm
    orgqr put qr svd triangular_solve
"""
LATER = frozenset(_LATER_TEXT.split())
"""The same of functions that are found when they are asked for."""


def into(name: str, out: Any, function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Run a function and write what it returns into `out`: a Tensor, or a tuple of them for several results."""
    outs = out if isinstance(out, (tuple, list)) else (out,)
    for x in outs:
        if not isinstance(x, Core):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(x).__name__}")
    if state.tape is not None and any(node_of(x) is not None for x in _tensors((args, kwargs, outs))):
        raise GraphError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    result = function(*args, **kwargs)
    wanted = len(result) if isinstance(result, tuple) else 1
    if wanted == 1 and not isinstance(out, (tuple, list)):
        return _written(name, out, result)
    if len(outs) != wanted:
        raise TypeError(f"{name}(): argument 'out' must be {wanted} Tensors, got {len(outs)}")
    for x, part in zip(outs, result, strict=True):
        _written(name, x, part)
    return type(result)(*outs) if hasattr(result, "_fields") else tuple(outs)


def takes_out(function: Callable[P, R]) -> Callable[..., R]:
    """The same function with `out=`, for functions that take long anyway."""

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        if kwargs and not args:  # PyTorch's name of the first argument
            for first in _FIRST:
                if first in kwargs:
                    args = (kwargs.pop(first),)
                    break
        if out is None:
            return function(*args, **kwargs)
        return into(function.__name__, out, function, args, kwargs)

    call.takes = _TAKES  # type: ignore[attr-defined]
    return call


_FIRST = ("input", "x")
_TAKES = frozenset({"out", *_FIRST})


def refuse_out(name: str) -> TypeError:
    """The error for a function without `out=`."""
    return TypeError(f"{name}() got an unexpected keyword argument 'out'")


def _tensors(x: Any) -> Iterable[Core]:
    if isinstance(x, Core):
        yield x
    elif isinstance(x, (tuple, list)):
        for part in x:
            yield from _tensors(part)
    elif isinstance(x, dict):
        yield from _tensors(tuple(x.values()))


_KIND = {"b": 0, "u": 1, "i": 1, "f": 2}
_NAMES = {"bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long"}
_NAMES |= {"float16": "Half", "float32": "Float", "float64": "Double"}


def _written(name: str, out: Any, result: Any) -> Any:
    value = result._array
    have, made = out._array.dtype, value.dtype
    if _KIND[made.kind] > _KIND[have.kind]:
        raise DTypeError(
            f"{name}: result type {_NAMES.get(made.name, made.name)} can't be cast to the desired output type "
            f"{_NAMES.get(have.name, have.name)}"
        )
    if out._array.shape != value.shape:
        if out._array.size:
            warnings.warn(
                f"{name}: An output with one or more elements was resized since it had shape {list(out._array.shape)}, "
                f"which does not match the required output shape {list(value.shape)}. Give an empty `out`, such as "
                "empty(0), or one of that shape",
                UserWarning,
                stacklevel=4,
            )
        out.data = np.empty(value.shape, have)
    return out.copy_(result.detach())


def with_out(function: FunctionType) -> Any:
    """The function of an op, with `out=`: if it is compiled, from the same text, when a program first asks for it.

    Methods and operators do not take `out=`, and pay nothing for it.
    """
    if "complete" in function.__globals__:
        function.__globals__["complete"]()  # see `fast.calls`
        twin = _compiled_twin(function, dict(function.__globals__))
    else:

        @functools.wraps(function)
        def twin(*args: Any, out: Any = None, **settings: Any) -> Any:
            if out is None:
                return function(*args, **settings)
            return into(function.__name__, out, function, args, settings)

    twin.__name__ = twin.__qualname__ = function.__name__
    twin.__doc__ = f"{function.__doc__}\n\nout   a Tensor to write the result into"
    return twin


def _compiled_twin(function: FunctionType, scope: dict[str, Any]) -> Any:
    text: str = scope["text"]
    head, body = text.split(":\n", 1)
    given = "(input, other)" if "other" in head else "(input,)"
    settings, more = ("settings", ", **settings") if "**settings" in head else ("{}", "")
    check = f"    if out is not None:\n        return into(name, out, plain, {given}, {settings})\n"
    head = head.replace(", **settings", "")[:-1] + ", *, out=None" + (", **settings" if "**settings" in head else "")
    scope.update(into=into, plain=function, name=function.__name__)
    question = "    if out is None and state.interpreter is not None:\n"
    question += f"        return plain({given[1:-1].rstrip(',')}{more})\n"
    return made(f"{head}):\n{check}{body}", "call", scope, question)
