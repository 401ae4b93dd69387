"""What functions that make Tensors take beside dtype, device and requires_grad."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from ..errors import DTypeError, SettingError
from .core import Core
from .layout import check_memory_format

P = ParamSpec("P")
R = TypeVar("R")


class Layout:
    """How the elements lie in memory: there is only `strided`."""

    def __repr__(self) -> str:
        return "strided"


strided = Layout()


def makes(function: Callable[P, R]) -> Callable[..., R]:
    """The same function with the arguments that change nothing here, and `out=`.

    layout          None or `strided`
    pin_memory      taken, and without effect: there is no other device to copy to
    memory_format   taken, and without effect
    out             a Tensor to write the result into, which gives its dtype
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs and not _OPTIONS.isdisjoint(kwargs):
            return _with_options(function, args, kwargs)
        return function(*args, **kwargs)

    call.takes = _OPTIONS  # type: ignore[attr-defined]
    return call


_OPTIONS = frozenset({"layout", "pin_memory", "memory_format", "out"})


def check_layout(function: str, layout: Any) -> None:
    """Raise SettingError for a layout that is not here."""
    if layout is not None and layout is not strided:
        raise SettingError(f"{function}: there is no layout {layout!r}: elements lie in memory one by one (strided)")


def _with_options(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    name = function.__name__
    check_layout(name, kwargs.pop("layout", None))
    check_memory_format(name, kwargs.pop("memory_format", None))
    kwargs.pop("pin_memory", None)
    out = kwargs.pop("out", None)
    if out is None:
        return function(*args, **kwargs)
    if isinstance(out, Core):
        wanted = kwargs.setdefault("dtype", out._array.dtype) or out._array.dtype
        if wanted != out._array.dtype:
            raise DTypeError(f"{name}: dtype {wanted} does not match dtype of out parameter ({out._array.dtype})")
    from .out import into

    return into(name, out, function, args, kwargs)


def old_form(*factors: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets a function of three Tensors take its factors by position, as once: addmm(beta, x, alpha, a, b)."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if len(args) > 3:
                args, kwargs = _modern(function.__name__, factors, args, kwargs)
            return function(*args, **kwargs)

        return call

    return decorate


def _modern(name: str, factors: tuple[str, ...], args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    numbers = [x for x in args if not hasattr(x, "ndim")]
    tensors = tuple([x for x in args if hasattr(x, "ndim")])
    if len(tensors) != 3 or len(numbers) > len(factors):
        raise TypeError(f"{name}: wanted three Tensors, got {len(args)} arguments by position")
    warnings.warn(
        f"This overload of {name} is deprecated: the factors {', '.join(factors)} by position. Write them by name",
        UserWarning,
        stacklevel=3,
    )
    return tensors, {**dict(zip(factors, numbers, strict=False)), **kwargs}
