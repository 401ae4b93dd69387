"""Methods that make Tensors like this one, and what they share with the functions of `creation`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..devices import check_device, device
from ..errors import DTypeError, ShapeError
from ..modes import state
from ..room import check_room
from .core import Array, Core, alike, array_of, exact_array, get_default_dtype, new_leaf, node_of, spec_of, wrap
from .data import array_from
from .layout import listed
from .method import implements, method
from .options import makes
from .promotion import cast, check_held
from .untracked import warn_at_line, warn_of_scalar


def dtype_of(function: str, dtype: Any, default: np.dtype[Any]) -> np.dtype[Any]:
    """`dtype` as a NumPy dtype: bool, integer or floating point."""
    if dtype is None:
        return default
    try:
        known: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise DTypeError(f"{function}: wanted a dtype such as autograd.float32, got {dtype!r}") from None
    if known.kind not in "fiub":
        raise DTypeError(f"{function}: wanted a bool, integer or floating point dtype, got {known}")
    return known if known.isnative else known.newbyteorder("=")


def size_of(function: str, sizes: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """The shape in zeros(2, 3), zeros((2, 3)) or zeros(size=(2, 3))."""
    if not sizes and named is None:
        raise TypeError(f'{function}() missing 1 required positional arguments: "size"')
    shape = listed(function, sizes, named)
    if any(n < 0 for n in shape):
        raise ShapeError(f"{function}: Dimension size must be non-negative, got {list(shape)}")
    check_room(function, shape)
    return shape


def made(array: Array, requires_grad: bool) -> Any:
    """A new Tensor around an array that belongs to it."""
    out = wrap(array)
    if requires_grad:
        new_leaf(out)
    return out


def data_array(function: str, data: Any, dtype: Any) -> Array:
    """A copy of numbers, nested lists, an array or a Tensor, in `dtype` or the one that fits."""
    wanted = None if dtype is None else dtype_of(function, dtype, get_default_dtype())
    if isinstance(data, Core):
        if data._node is not None and state.tape is not None:
            warn_at_line(
                "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                f"sourceTensor.detach().clone().requires_grad_(True), rather than {function}(sourceTensor): no "
                "gradient flows back to the source. sourceTensor.clone() is a copy that it flows through"
            )
        return np.array(data._array, wanted)
    return array_from(function, data, wanted)


def filled(function: str, shape: tuple[int, ...], value: Any, dtype: Any) -> Array:
    """An array of `shape` full of a number or 0-d Tensor, whose kind decides the dtype unless it is given."""
    if isinstance(value, Core) and value._node is not None and state.tape is not None:
        warn_of_scalar(function)
    number = exact_array(value)
    if number.ndim:
        raise ShapeError(f"{function}: wanted a number as fill_value, got shape {number.shape}")
    known = get_default_dtype() if isinstance(value, float) else number.dtype
    wanted = dtype_of(function, dtype, known)
    if wanted != known:
        check_held(function, number, wanted)
    return np.full(shape, number, wanted)


class New(Core):
    """Tensors of this one's dtype, and what it is made of."""

    __slots__ = ()

    @property
    def device(self) -> device:
        """Always the CPU."""
        return _CPU

    @property
    def is_cuda(self) -> bool:
        """False."""
        return False

    @method
    def is_floating_point(self) -> bool:
        """Is the dtype a floating point one?"""
        return bool(self._array.dtype.kind == "f")

    @method
    def is_complex(self) -> bool:
        """False: there are no complex Tensors."""
        return False

    @property
    def is_cpu(self) -> bool:
        """True."""
        return True

    def get_device(self) -> int:
        """-1: the number of a GPU, were it on one."""
        return -1

    @method
    def is_signed(self) -> bool:
        """Has the dtype negative numbers?"""
        return bool(self._array.dtype.kind in "fi")

    @method
    def is_nonzero(self) -> bool:
        """Is the only element not 0?"""
        return bool(self)

    def is_same_size(self, other: Any) -> bool:
        """Has `other` the same shape?"""
        return bool(self._array.shape == spec_of(other).shape)

    @makes
    def new_zeros(
        self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Self:
        """Zeros of shape `size` and of this Tensor's dtype."""
        check_device("new_zeros", device)
        array = np.zeros(size_of("new_zeros", sizes, size), dtype_of("new_zeros", dtype, self._array.dtype))
        return made(alike(self._array, array), requires_grad)

    @makes
    def new_ones(
        self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Self:
        """Ones of shape `size` and of this Tensor's dtype."""
        check_device("new_ones", device)
        array = np.ones(size_of("new_ones", sizes, size), dtype_of("new_ones", dtype, self._array.dtype))
        return made(alike(self._array, array), requires_grad)

    @makes
    def new_empty(
        self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Self:
        """Any values, of shape `size` and of this Tensor's dtype."""
        check_device("new_empty", device)
        array = np.empty(size_of("new_empty", sizes, size), dtype_of("new_empty", dtype, self._array.dtype))
        return made(alike(self._array, array), requires_grad)

    @makes
    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Self:
        """`fill_value` everywhere, of shape `size` and of this Tensor's dtype."""
        check_device("new_full", device)
        array = filled("new_full", size_of("new_full", (size,)), fill_value, dtype or self._array.dtype)
        return made(alike(self._array, array), requires_grad)

    @makes
    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Self:
        """A copy of `data`, of this Tensor's dtype."""
        check_device("new_tensor", device)
        return made(data_array("new_tensor", data, dtype or self._array.dtype), requires_grad)


_CPU = device("cpu")


# ------------------------------------------------------------------------------------- NumPy's names: constants


@implements(np.zeros_like)
def _zeros_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Any:
    return wrap(np.zeros_like(array_of(a), dtype, shape=shape))


@implements(np.ones_like)
def _ones_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Any:
    return wrap(np.ones_like(array_of(a), dtype, shape=shape))


@implements(np.empty_like)
def _empty_like(prototype: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Any:
    return wrap(np.empty_like(array_of(prototype), dtype, shape=shape))


@implements(np.full_like)
def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None
) -> Any:
    if node_of(fill_value) is None:
        return wrap(np.full_like(array_of(a), exact_array(fill_value), dtype, shape=shape))
    like = np.empty_like(array_of(a), dtype, shape=shape)
    return np.broadcast_to(cast(fill_value, like.dtype), like.shape)
