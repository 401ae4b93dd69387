"""`Box`: what values that a gradient depends on have in common; and values that are no arrays.

Arrays and numbers are held by `ArrayBox`. A program may have values of classes of its own, such as functions that can
be added and scaled: it says which box stands for them, and which space they form.

    class Polynomial: ...
    class PolynomialBox(Box, Polynomial): ...
    PolynomialBox.register(Polynomial)
    PolynomialSpace.register(Polynomial)        # a subclass of `VSpace`

Such a value is held by a Tensor, too: as an array with one element, the object itself. Cotangents that meet are added
by its own `+`. It enters operations through primitives, whose rules say what cotangent it gets.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..records import Leaf
from ..tensors.core import wrap


class Box:
    """A value that a gradient depends on. `_value` is the value itself, through which none flows."""

    __slots__ = ("_tensor",)
    _tensor: Any
    type_mappings: ClassVar[dict[type, type[Box]]] = {}

    @property
    def _value(self) -> Any:
        return self._tensor._array[()]

    @classmethod
    def register(cls, kind: type) -> None:
        """Say that values of the class `kind` get boxes of this class."""
        Box.type_mappings[kind] = cls


def known(x: Any) -> bool:
    """Is `x` a value of a class of the program's own, for which it has said what its box is?"""
    return type(x) in Box.type_mappings


def held(x: Any) -> Any:
    """The Tensor that holds such a value."""
    array = np.empty((), object)
    array[()] = x
    return wrap(array)


def held_leaf(x: Any) -> Any:
    """The same as a variable, at which a walk back ends."""
    tensor = held(x)
    tensor._node = Leaf(tensor, (), tensor._array.dtype)
    return tensor


def boxed(tensor: Any) -> Any:
    """The box of what such a Tensor holds."""
    cls = Box.type_mappings[type(tensor._array[()])]
    out = object.__new__(cls)
    out._tensor = tensor
    return out
