"""Tensors whose size is not known yet: a dtype without values, until a lazy layer has seen its first input."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..devices import check_device
from ..errors import ShapeError
from ..records import Leaf
from . import Tensor
from .core import array_of, get_default_dtype, wrap


class UninitializedTensorMixin(Tensor):
    """What the Parameters and buffers of a lazy module are before their size is known: a dtype without values.

    `materialize` gives them a size and makes them ordinary ones. Until then, whatever needs their values or their shape
    raises ShapeError. A subclass says what it becomes (`cls_to_become`), and calls `_begin` in its `__init__`.
    """

    __slots__ = ()
    cls_to_become: type[Tensor]
    _dtype: np.dtype[Any]

    def _begin(self, requires_grad: bool, device: Any, dtype: Any) -> None:
        check_device(type(self).__name__, device)
        self._dtype = get_default_dtype() if dtype is None else np.dtype(dtype)
        self._node = Leaf(self, (0,), self._dtype) if requires_grad else None

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary Parameter or Tensor of zeros, for an initialiser to fill.

        dtype   default: the one that this was made with, or converted to
        """
        check_device(f"{type(self).__name__}.materialize", device)
        array = np.zeros(tuple(shape), self._dtype if dtype is None else np.dtype(dtype))
        del self._dtype
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self.data = array

    def _convert(self, dtype: np.dtype[Any]) -> None:
        if self._dtype.kind == "f":
            self._dtype = dtype

    @property
    def _array(self) -> Any:  # type: ignore[override]
        raise ShapeError(
            "Attempted to use an uninitialized parameter in an operation. The first call of its module gives it its "
            "size and values: call the model with a batch of data before"
        )

    @property
    def shape(self) -> Any:
        """Raises ShapeError: there is none yet."""
        raise ShapeError(
            "Can't access the shape of an uninitialized parameter or buffer. The first call of its module decides on "
            "it: call the model with a batch of data before"
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type that it will have."""
        return self._dtype

    @property
    def data(self) -> Any:
        """An empty Tensor of that dtype: programs read `.data` of all parameters, to move or convert them.

        Assigning an empty Tensor changes the dtype; any other gives this Parameter its size and values.
        """
        return wrap(np.empty(0, self._dtype))

    @data.setter
    def data(self, value: Any) -> None:
        array = array_of(value)
        if array.shape == (0,):
            self._dtype = array.dtype
        else:
            self.materialize(array.shape, dtype=array.dtype)
            self.data = array  # of the class that it has become

    def detach(self) -> Self:
        """This object itself: there are no values to share."""
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _repr_html_(self) -> str:
        return f"&lt;{type(self).__name__}&gt;"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied = memo[id(self)] = self.__copy__()
        return copied

    def __copy__(self) -> Self:
        make, arguments = self.__reduce_ex__(4)
        return make(*arguments)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.requires_grad, None, self._dtype)
