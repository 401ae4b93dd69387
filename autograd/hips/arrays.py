"""What a box has of NumPy's array without making boxes: attributes, methods that are functions of NumPy's, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .kinds import Box


class Array(Box):
    """An array that is held as a Tensor, in NumPy's words. `ArrayBox` adds what computes."""

    __slots__ = ()

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    # ------------------------------------------------------------------------------------------- what is known of it

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths along the axes."""
        return self._tensor._array.shape

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return self._tensor._array.ndim

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self._tensor._array.size

    @property
    def nbytes(self) -> int:
        """How many bytes the numbers take."""
        return self._tensor._array.nbytes

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the numbers."""
        return self._tensor._array.dtype

    def __len__(self) -> int:
        return len(self._tensor._array)

    def __bool__(self) -> bool:
        return bool(self._tensor)

    def __repr__(self) -> str:
        return f"Autograd ArrayBox with value {self._tensor._array[()]}"

    def __str__(self) -> str:
        return repr(self)

    def __hash__(self) -> int:
        return id(self)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[index] for index in range(len(self)))

    # ------------------------------------------------------------------------------------------------ what would lose

    def __float__(self) -> float:
        raise _leaves("float(x)", "math functions take Python's numbers: use those of autograd.numpy")

    def __int__(self) -> int:
        return int(self._tensor._array)  # whole numbers have the derivative 0: nothing is lost

    def __complex__(self) -> complex:
        raise _leaves("complex(x)", "complex numbers are not supported")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise _leaves(
            "an array of x",
            "use the functions of autograd.numpy (array, concatenate, stack), or getval(x) for its value",
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "'ArrayBox' object does not support item assignment: a value that gradients depend on stays as it is. Make "
            "the array of its parts (np.array, np.concatenate), or choose with np.where"
        )

    def _run(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A function of NumPy's on arguments, self among them."""
        raise NotImplementedError

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError

    # ----------------------------------------------------------------------------------- methods that are not functions

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """The axes in reverse order."""
        return self._run(np.transpose, (self,), {})

    @property
    def flat(self) -> Any:
        """The numbers in a row."""
        return iter(self._run(np.ravel, (self,), {}))

    @property
    def real(self) -> Any:
        """Itself: the numbers are real."""
        return self

    def compress(self, condition: Any, axis: int | None = None) -> Any:
        """The slices along `axis` for which the condition is true."""
        return self._run(np.compress, (condition, self), {"axis": axis})

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """The same numbers in another shape."""
        return self._run(np.reshape, (self, shape[0] if len(shape) == 1 else shape), kwargs)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order."""
        order = axes[0] if len(axes) == 1 else axes or None
        return self._run(np.transpose, (self, order), {})

    def item(self, *index: int) -> Any:
        """A single number, as a Python number; no gradient flows through it."""
        return self._tensor._array.item(*index)

    def tolist(self) -> Any:
        """The numbers as nested lists; no gradient flows through them."""
        return self._tensor._array.tolist()


def _leaves(what: str, instead: str) -> TypeError:
    return TypeError(f"{what} would leave the graph: x is an ArrayBox, a value that gradients depend on; {instead}")


def _method(name: str) -> None:
    function = getattr(np, {"conj": "conjugate"}.get(name, name))

    def method(self: Array, *args: Any, **kwargs: Any) -> Any:
        return self._run(function, (self, *args), kwargs)

    method.__name__, method.__doc__ = name, f"`numpy.{function.__name__}` of it."
    setattr(Array, name, method)


for _name in [
    "all",
    "any",
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "choose",
    "clip",
    "conj",
    "conjugate",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "max",
    "mean",
    "min",
    "nonzero",
    "partition",
    "prod",
    "ptp",
    "ravel",
    "repeat",
    "round",
    "searchsorted",
    "sort",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "trace",
    "var",
]:
    _method(_name)
