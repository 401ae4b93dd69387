"""Methods that convert between dtypes, and from a Tensor to arrays and numbers, which no gradient flows through.

While operations are recorded, a Tensor that requires grad becomes something else in one of three ways:

    item(), tolist(), bool(x), printing    silently: they say that a number is meant
    float(x), int(x), math.exp(x)          with a UserWarning at the line, as in PyTorch; so do np.fromiter and a[0] = x
    numpy(), np.asarray(x)                 not at all: GraphError; `x.detach().numpy()` says that an array is meant

Under `no_grad`, and in the forward of a `Function`, nothing is recorded and nothing can be lost: all of them just work.
"""

from __future__ import annotations

import builtins
from typing import Any, Self

import numpy as np

from ..devices import check_device, device
from ..errors import DeviceError, GraphError, ShapeError
from ..modes import state
from ..ops.elementwise import to
from ..shared import share
from .core import Core, bool_, float16, float32, float64, get_default_dtype, int64, uint8, wrap
from .layout import check_memory_format
from .method import method
from .new import dtype_of
from .promotion import cast
from .run import apply
from .untracked import warn_of_scalar


class Convert(Core):
    """to, float, double, long, cpu and their kin. A Tensor that already fits is returned itself."""

    __slots__ = ()

    def numpy(self, *, force: builtins.bool = False) -> np.ndarray:
        """The array itself, sharing memory.

        Raises GraphError if the Tensor requires grad while operations are recorded, unless `force`. Under `no_grad`,
        and in the forward of a `Function`, it does not.
        """
        if self._node is not None and not force and state.tape is not None:
            raise GraphError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if state.interpreter is not None:
            state.interpreter.settle("numpy()")
        array = self._array
        return share(array if type(array) is np.ndarray else array.__array__())

    @property
    def require_grad(self) -> Any:
        """The misspelling of `requires_grad`: setting it would do nothing, and raises."""
        raise AttributeError("a Tensor has no attribute 'require_grad'; did you mean requires_grad?")

    @require_grad.setter
    def require_grad(self, value: Any) -> None:
        raise AttributeError("a Tensor has no attribute 'require_grad'; did you mean requires_grad?")

    def item(self) -> Any:
        """The value of a Tensor with one element as a Python number, for printing and logging; a constant."""
        if self._array.size != 1:
            raise ShapeError(f"item: a Tensor with {self._array.size} elements cannot be converted to Scalar")
        return self._array.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers; constants."""
        return self._array.tolist()

    def __float__(self) -> builtins.float:
        if self._node is not None and state.tape is not None:
            warn_of_scalar("float")
        return builtins.float(self.item())

    def __int__(self) -> builtins.int:
        if self._node is not None and state.tape is not None:
            warn_of_scalar("int")
        return builtins.int(self.item())

    def __complex__(self) -> complex:
        if self._node is not None and state.tape is not None:
            warn_of_scalar("complex")
        return complex(self.item())

    def __index__(self) -> builtins.int:
        if self._array.dtype.kind not in "iub" or self._array.size != 1:
            raise TypeError(
                "only integer tensors of a single element can be converted to an index; this one is "
                f"{self._array.dtype} of shape {self._array.shape}"
            )
        return builtins.int(self._array.item())

    def __dlpack__(self, **settings: Any) -> Any:
        """For other libraries, `np.from_dlpack(x)`: shares memory; raises where `numpy()` does."""
        if self._node is not None and state.tape is not None:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        if state.interpreter is not None:
            state.interpreter.settle("__dlpack__()")
        return share(self._array).__dlpack__(**settings)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()

    @method
    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        other: Any = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: Any = None,
    ) -> Self:
        """The same values in another dtype: `to(dtype)`, `to("cpu")`, `to("cpu", dtype)` or `to(other)`.

        dtype    floating point from floating point is recorded; integers and bools are constants
        other    a Tensor whose dtype to take
        copy     make a copy even if nothing changes
        memory_format   taken, and without effect

        Raises DeviceError for every device but the CPU.
        """
        for index, argument in enumerate(args):
            if isinstance(argument, Core):
                other = argument
            elif _names_device(argument):
                device = argument
            elif index < 2 and argument is not None:
                dtype = argument
        check_device("to", device)
        check_memory_format("to", memory_format)
        if other is not None and dtype is None:
            dtype = other._array.dtype
        wanted = dtype_of("to", dtype, self._array.dtype)
        if copy and wanted == self._array.dtype:
            return apply(to, self, dtype=wanted)
        return cast(self, wanted)

    @method
    def type_as(self, other: Core) -> Self:
        """In the dtype of `other`."""
        return cast(self, other._array.dtype)

    @method
    def astype(self, dtype: Any) -> Self:
        """In another dtype: NumPy's name of `to(dtype)`."""
        return cast(self, dtype_of("astype", dtype, self._array.dtype))

    @method
    def type(self, dtype: Any = None) -> Any:
        """In another dtype, also by PyTorch's names of classes (`FloatTensor`); without one, that name."""
        if dtype is None:
            return f"torch.{_CLASSES.get(self._array.dtype.name, self._array.dtype.name)}Tensor"
        if isinstance(dtype, type) and issubclass(dtype, Core):
            dtype = get_default_dtype()
        elif isinstance(dtype, str) and dtype.endswith("Tensor"):
            short = dtype.rpartition(".")[2].removesuffix("Tensor")
            dtype = get_default_dtype() if not short else _DTYPES.get(short, dtype)
        return cast(self, dtype_of("type", dtype, self._array.dtype))

    @method
    def cpu(self) -> Self:
        """The Tensor itself: it is on the CPU."""
        return self

    @method
    def cuda(self, device: Any = None, non_blocking: builtins.bool = False) -> Self:
        """Raises DeviceError: Tensors live on the CPU only."""
        raise DeviceError("cuda: there is no device 'cuda': Tensors live on the CPU only; use 'cpu'")

    @method
    def double(self) -> Self:
        """In float64."""
        return cast(self, float64)

    @method
    def half(self) -> Self:
        """In float16."""
        return cast(self, float16)

    @method
    def long(self) -> Self:
        """In int64, rounded towards 0; a constant."""
        return cast(self, int64)

    @method
    def short(self) -> Self:
        """In int16, rounded towards 0; a constant."""
        return cast(self, np.dtype(np.int16))

    @method
    def byte(self) -> Self:
        """In uint8, rounded towards 0; a constant."""
        return cast(self, uint8)

    @method
    def char(self) -> Self:
        """In int8, rounded towards 0; a constant."""
        return cast(self, np.dtype(np.int8))

    @method
    def conj(self) -> Self:
        """The Tensor itself: it is not complex."""
        return self

    resolve_conj = resolve_neg = share_memory_ = conj

    @method
    def pin_memory(self, device: Any = None) -> Self:
        """The Tensor itself: there is no other device to copy to."""
        check_device("pin_memory", device)
        return self

    @property
    def real(self) -> Self:
        """The Tensor itself: it is not complex."""
        return self

    @method
    def isreal(self) -> Self:
        """True everywhere."""
        return wrap(np.ones(self._array.shape, np.bool_))

    @method
    def float(self) -> Self:
        """In float32."""
        return cast(self, float32)

    @method
    def int(self) -> Self:
        """In int32, rounded towards 0; a constant."""
        return cast(self, np.dtype(np.int32))

    @method
    def bool(self) -> Self:
        """In bool: is the element not 0? A constant."""
        return cast(self, bool_)


_DTYPES = {
    "Bool": "bool",
    "Byte": "uint8",
    "Char": "int8",
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "Int": "int32",
    "Long": "int64",
    "Short": "int16",
}
"""PyTorch's names of element types -> ours."""

_CLASSES = {name: short for short, name in _DTYPES.items()}


def _names_device(argument: Any) -> builtins.bool:
    if isinstance(argument, device):
        return True
    if not isinstance(argument, str):
        return False
    try:
        np.dtype(argument)
    except TypeError:
        return True
    return False
