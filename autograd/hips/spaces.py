"""`vspace(x)`: the vector space that an array or a nest of arrays belongs to, with its zeros, ones and sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from ..tracing import leaves_of
from .boxes import ArrayBox, nest
from .kinds import Box

_normal = np.random.mtrand._rand.standard_normal  # the generator that numpy.random.seed is for


class VSpace:
    """The space of all values of the structure, shapes and dtypes of one: an array, a number, or a nest of them.

    A subclass that has `zeros`, `_add`, `_scalar_mul` and `_inner_prod` of its own, and is registered, is the space of
    values of another class.
    """

    iscomplex = False
    mappings: ClassVar[dict[type, Callable[[Any], VSpace]]] = {}

    @classmethod
    def register(cls, kind: type, maker: Callable[[Any], VSpace] | None = None) -> None:
        """Say that maker(x), by default an object of this class, is the space of a value x of the class `kind`."""
        VSpace.mappings[kind] = maker or cls

    def __init__(self, value: Any) -> None:
        self._like = nest(lambda part: _Like(part), value)
        self._parts = [part.array for part in leaves_of(self._like)]

    @property
    def shape(self) -> Any:
        """The shape of an array; a nest of shapes for a nest."""
        return nest(lambda part: part.array.shape, self._like)

    @property
    def dtype(self) -> Any:
        """The dtype of an array; a nest of dtypes for a nest."""
        return nest(lambda part: part.array.dtype, self._like)

    @property
    def ndim(self) -> Any:
        """How many axes an array has; a nest of such numbers for a nest."""
        return nest(lambda part: part.array.ndim, self._like)

    @property
    def size(self) -> int:
        """How many numbers a value has."""
        return sum(part.size for part in self._parts)

    def _made(self, arrays: list[Any]) -> Any:
        rest = iter(arrays)
        return nest(lambda _: next(rest)[()], self._like)

    def zeros(self) -> Any:
        """The zero of the space."""
        return self._made([np.zeros(part.shape, part.dtype) for part in self._parts])

    def ones(self) -> Any:
        """A value of ones."""
        return self._made([np.ones(part.shape, part.dtype) for part in self._parts])

    def randn(self) -> Any:
        """A value of normally distributed numbers, drawn by `numpy.random`."""
        return self._made([np.asarray(_normal(part.shape)).astype(part.dtype) for part in self._parts])

    def standard_basis(self) -> Iterator[Any]:
        """The values with a single one among zeros, in order."""
        for number, part in enumerate(self._parts):
            for index in range(part.size):
                arrays = [np.zeros(each.shape, each.dtype) for each in self._parts]
                arrays[number].reshape(-1)[index] = 1
                yield self._made(arrays)

    def add(self, x: Any, y: Any) -> Any:
        """x + y."""
        return self._add(x, y)

    def _add(self, x: Any, y: Any) -> Any:
        return _each(lambda a, b: a + b, x, y)

    def mut_add(self, x: Any, y: Any) -> Any:
        """x + y, where x is None for zero."""
        return self.add(self.zeros() if x is None else x, y)

    def scalar_mul(self, x: Any, a: Any) -> Any:
        """a * x."""
        return self._scalar_mul(x, a)

    def _scalar_mul(self, x: Any, a: Any) -> Any:
        return nest(lambda part: part * a, x)

    def inner_prod(self, x: Any, y: Any) -> Any:
        """The sum of the products of the numbers of x and y."""
        return self._inner_prod(x, y)

    def _inner_prod(self, x: Any, y: Any) -> Any:
        return sum(np.sum(a * b) for a, b in zip(leaves_of(x), leaves_of(y), strict=True))

    def covector(self, x: Any) -> Any:
        """x: the spaces are real."""
        return x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VSpace) and type(other) is type(self) and self._key() == other._key()

    def _key(self) -> Any:
        return repr(self) if "_like" in vars(self) else vars(self)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        if "_like" not in vars(self):
            return f"{type(self).__name__}({vars(self)})"
        return f"{type(self).__name__}({nest(lambda part: f'{part.array.dtype}{list(part.array.shape)}', self._like)})"


class _Like:
    def __init__(self, value: Any) -> None:
        array = value._tensor._array if type(value) is ArrayBox else np.asarray(value)
        if array.dtype.kind not in "fiub":
            words = "complex numbers are not supported" if array.dtype.kind == "c" else f"got {type(value).__name__}"
            raise TypeError(f"Can't find vector space for value {value!r}: {words}")
        kind = array.dtype if array.dtype.kind == "f" else np.dtype(float)
        self.array = np.broadcast_to(np.zeros((), kind), array.shape)


def _each(of: Any, x: Any, y: Any) -> Any:
    other = iter(leaves_of(y))
    return nest(lambda part: of(part, next(other)), x)


def vspace(value: Any) -> VSpace:
    """The space of an array, a number, or a nest of them; of a value of another class, the one registered for it."""
    plain = value._value if isinstance(value, Box) else value
    return VSpace.mappings.get(type(plain), VSpace)(plain)
