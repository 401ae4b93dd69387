"""Arrays and generators as the library's own code sees them while a program is captured.

Most of what runs is an op, and ops are seen where they are applied. But some functions compute on the arrays of
Tensors with NumPy: `argmax`, masks of dropout, running statistics. While a program is captured, such code is given a
`Watched` in the place of an array: NumPy's functions on it become steps, and what Python asks it becomes a guard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..errors import CaptureError
from ..tensors.core import Core, StandIn
from .operations import Draw, numpy_function, numpy_method, plain_copy

_FACTS = {"shape", "dtype", "ndim", "size", "strides", "flags", "nbytes", "itemsize", "ctypes"}
_ABOUT = {
    np.may_share_memory,
    np.shares_memory,
    np.ndim,
    np.shape,
    np.size,
    np.result_type,
    np.can_cast,
    np.min_scalar_type,
    np.iscomplexobj,
    np.isrealobj,
    np.common_type,
}
"""Functions that are told by shapes, dtypes and addresses alone."""

_FIRST = {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis}
"""Functions that write into their first argument."""

_WRITING = frozenset({"fill", "sort", "put", "partition"})
_ASKING = frozenset({"item", "tolist", "tobytes"})
_REFUSED = frozenset({"resize", "setflags", "byteswap", "tofile", "dump", "dumps", "view"})


class Watched(StandIn, NDArrayOperatorsMixin):
    """Stands for the array in a slot. It is what `isinstance(x, np.ndarray)` takes for an array."""

    __slots__ = ("_capture", "_slot", "_value")

    def __init__(self, capture: Any, slot: int, value: Any) -> None:
        self._capture = capture
        self._slot = slot
        self._value = value

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.ndarray

    # -- what is known without looking at the values

    def __getattr__(self, name: str) -> Any:
        if name in _FACTS:
            return getattr(self._value, name)
        if name == "T":
            return self.transpose()
        if name == "mT":
            return self.swapaxes(-1, -2)
        if name in ("flat", "real", "imag") or name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a value that is being captured has no attribute {name!r}")
        return _Method(self, name)

    @property
    def base(self) -> Any:
        """Never None: the memory is that of a real array."""
        return self._value if self._value.base is None else self._value.base

    def __len__(self) -> int:
        return len(self._value)

    # -- NumPy

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *args: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Core) for x in args):
            return NotImplemented
        out = kwargs.get("out", ())
        written = args[:1] if how == "at" else out if isinstance(out, tuple) else (out,)
        return self._capture.computed(numpy_function(ufunc, how), args, kwargs, written)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, Core) for kind in types):
            return NotImplemented
        if function in _ABOUT:
            return function(*self._capture.bare(args), **self._capture.bare(kwargs))
        out = kwargs.get("out")
        written = args[:1] if function in _FIRST else out if isinstance(out, tuple) else (out,)
        return self._capture.computed(numpy_function(function), args, kwargs, written)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        value = self
        if dtype is not None and np.dtype(dtype) != self._value.dtype:
            value = self.astype(dtype)
        elif copy:
            value = self._capture.computed(_COPY, (self,), {})
        return self._capture.handed_out(value._slot, value._value, own=value is not self)

    def __getitem__(self, index: Any) -> Any:
        return self._capture.computed(numpy_method("__getitem__"), (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        self._capture.computed(numpy_method("__setitem__"), (self, index, value), {}, (self,))

    def __iter__(self) -> Iterator[Any]:
        if not self._value.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[index] for index in range(len(self._value)))

    def __copy__(self) -> Any:
        return self._capture.computed(_COPY, (self,), {})

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__copy__()

    # -- Python looks

    def __reduce_ex__(self, protocol: Any) -> Any:
        """What is pickled is an array that Python has looked at."""
        told = self._capture.asked(self._slot, "numpy", self._value)
        return np.asarray(told).__reduce_ex__(protocol)

    def __bool__(self) -> bool:
        return bool(self._capture.asked(self._slot, "bool", self._value))

    def __float__(self) -> float:
        return float(self._capture.asked(self._slot, "float", self._value))

    def __int__(self) -> int:
        return int(self._capture.asked(self._slot, "int", self._value))

    def __complex__(self) -> complex:
        return complex(self._capture.asked(self._slot, "complex", self._value))

    def __index__(self) -> int:
        if self._value.ndim:  # an index by an array
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return int(self._capture.asked(self._slot, "index", self._value))

    def __contains__(self, x: Any) -> bool:
        return bool((self == x).any())

    def __repr__(self) -> str:
        return f"<value of slot {self._slot}: {self._value.dtype} {self._value.shape}>"

    def __format__(self, spec: str) -> str:
        return format(self._capture.asked(self._slot, "item", self._value), spec)

    # -- ops called on arrays

    @property
    def _apply(self) -> Callable[..., Any]:
        return self._applied

    def _applied(self, op: Any, *inputs: Any, **settings: Any) -> Any:
        outs, _ = self._capture.applied(op, inputs, settings)
        outs = outs if isinstance(outs, tuple) else (outs,)
        arrays = tuple([x._array for x in outs])
        return arrays if op.outputs != 1 else arrays[0]


class _Method:
    """A method of a watched array."""

    __slots__ = ("array", "name")

    def __init__(self, array: Watched, name: str) -> None:
        self.array = array
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        array, name = self.array, self.name
        capture = array._capture
        if name in _ASKING and not args and not kwargs:
            return capture.asked(array._slot, name, array._value)
        if name == "item":
            return array[args].item()
        if name == "view" and not args and not kwargs:
            return array[...]
        if name == "view" and isinstance(args[0] if args else kwargs.get("dtype"), (np.dtype, str, type)):
            return capture.computed(numpy_method(name), (array, *args), kwargs)
        if name in _REFUSED:
            raise CaptureError(f"{name}() of an array cannot be captured; called at {capture.line()}")
        out = kwargs.get("out")
        written = (array,) if name in _WRITING else (out,)
        return capture.computed(numpy_method(name), (array, *args), kwargs, written)


class WatchedRandom:
    """Stands for the `rng` of a Generator: what is drawn from it is a step that draws anew whenever it runs."""

    def __init__(self, capture: Any, generator: Any) -> None:
        self._capture = capture
        self._generator = generator

    def __getattr__(self, name: str) -> Any:
        if name == "bit_generator" or name.startswith("_"):
            self._capture.gives_up(
                CaptureError(
                    f"the state of a random generator is read or set at {self._capture.line()}: a program draws from "
                    "the generator as it stands, so this belongs outside of the function that is captured"
                )
            )
            return getattr(self._generator.rng, name)
        draw = Draw(self._generator, name)
        self._capture.draws_from(self._generator)

        def method(*args: Any, **kwargs: Any) -> Any:
            written = args[:1] if name == "shuffle" else (kwargs.get("out"),)
            return self._capture.computed(draw, args, kwargs, written)

        return method


_COPY = numpy_function(plain_copy)
