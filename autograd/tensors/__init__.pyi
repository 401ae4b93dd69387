"""The Tensor, for type checkers. Written by `python -m tests.stubs`."""

import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, Self, TypeVar, overload

import numpy as np
from numpy import ndarray as Array

from autograd.tensors.decompose import EighResult, LstsqResult, QRResult, SVDResult
from autograd.tensors.rare.factors import LUFactorExResult, LUFactorResult, LUResult
from autograd.tensors.results import MinMax, ValuesIndices
from autograd.tensors.solve import SlogdetResult
from autograd.tensors.rare.systems import CholeskyExResult, InvExResult, SolveExResult

from ..records import Leaf, Record
from .core import Core
from .hooks import Handle as Handle
from .tensor import GradFn as GradFn
from .tensor import Size as Size

class Tensor(Core):
    """An array that remembers how it was computed."""

    def __hash__(self) -> builtins.int: ...
    @property
    def H(self) -> Tensor: ...
    @property
    def T(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __add__(self, other: Any, /) -> Tensor: ...
    def __and__(self, other: Any, /) -> Tensor: ...
    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> np.ndarray:
        """The array; raises where `numpy()` does, because the result would not be tracked. `numpy.testing` compares only, and may have it."""
    def __array_function__(self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...
    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The functions of the array API standard on Tensors: `autograd.array_api`."""
    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **kwargs: Any) -> Any: ...
    def __bool__(self) -> builtins.bool: ...
    def __complex__(self) -> builtins.complex: ...
    def __copy__(self) -> Self:
        """The same memory; of a computed Tensor a view, so that gradients flow through it."""
    def __deepcopy__(self, memo: dict[builtins.int, Any]) -> Self: ...
    def __dlpack__(self, **settings: Any) -> Any:
        """For other libraries, `np.from_dlpack(x)`: shares memory; raises where `numpy()` does."""
    def __dlpack_device__(self) -> Any: ...
    def __eq__(self, other: Any, /) -> Tensor: ...  # type: ignore[override]
    def __float__(self) -> builtins.float: ...
    def __floordiv__(self, other: Any, /) -> Tensor: ...
    def __ge__(self, other: Any, /) -> Tensor: ...
    def __getitem__(self, index: Any) -> Tensor: ...
    def __gt__(self, other: Any, /) -> Tensor: ...
    def __iadd__(self, other: Any, /) -> Self: ...
    def __iand__(self, other: Any, /) -> Self: ...
    def __ifloordiv__(self, other: Any, /) -> Self: ...
    def __imod__(self, other: Any, /) -> Self: ...
    def __imul__(self, other: Any, /) -> Self: ...
    def __index__(self) -> builtins.int: ...
    def __init__(self, *data: Any, dtype: Any = None, requires_grad: builtins.bool = False) -> None: ...
    def __int__(self) -> builtins.int: ...
    def __invert__(self) -> Tensor: ...
    def __ior__(self, other: Any, /) -> Self: ...
    def __ipow__(self, other: Any, /) -> Self: ...
    def __isub__(self, other: Any, /) -> Self: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __itruediv__(self, other: Any, /) -> Self: ...
    def __ixor__(self, other: Any, /) -> Self: ...
    def __le__(self, other: Any, /) -> Tensor: ...
    def __len__(self) -> builtins.int: ...
    def __lshift__(self, other: Any, /) -> Tensor: ...
    def __lt__(self, other: Any, /) -> Tensor: ...
    def __matmul__(self, other: Any, /) -> Tensor: ...
    def __mod__(self, other: Any, /) -> Tensor: ...
    def __mul__(self, other: Any, /) -> Tensor: ...
    def __ne__(self, other: Any, /) -> Tensor: ...  # type: ignore[override]
    def __neg__(self) -> Tensor: ...
    def __or__(self, other: Any, /) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __pow__(self, exponent: Any, /) -> Tensor: ...
    def __radd__(self, other: Any, /) -> Tensor: ...
    def __rand__(self, other: Any, /) -> Tensor: ...
    def __rfloordiv__(self, other: Any, /) -> Tensor: ...
    def __rlshift__(self, other: Any, /) -> Tensor: ...
    def __rmatmul__(self, y: Any, /) -> Tensor: ...
    def __rmod__(self, other: Any, /) -> Tensor: ...
    def __rmul__(self, other: Any, /) -> Tensor: ...
    def __ror__(self, other: Any, /) -> Tensor: ...
    def __rpow__(self, other: Any, /) -> Tensor: ...
    def __rrshift__(self, other: Any, /) -> Tensor: ...
    def __rshift__(self, other: Any, /) -> Tensor: ...
    def __rsub__(self, other: Any, /) -> Tensor: ...
    def __rtruediv__(self, other: Any, /) -> Tensor: ...
    def __rxor__(self, other: Any, /) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __sub__(self, other: Any, /) -> Tensor: ...
    def __truediv__(self, other: Any, /) -> Tensor: ...
    def __xor__(self, other: Any, /) -> Tensor: ...
    def abs(self) -> Tensor:
        """|x|. Gradient 0 at 0."""
    def abs_(self) -> Self:
        """In-place form of `abs`. Returns the Tensor itself."""
    def absolute(self) -> Tensor:
        """|x|. Gradient 0 at 0."""
    def absolute_(self) -> Self:
        """In-place form of `abs`. Returns the Tensor itself."""
    def acos(self) -> Tensor:
        """The angle in 0 .. pi with this cosine; int -> float. NaN outside -1 .. 1."""
    def acos_(self) -> Self:
        """In-place form of `acos`. Returns the Tensor itself."""
    def acosh(self) -> Tensor:
        """The inverse of cosh; int -> float. NaN below 1."""
    def acosh_(self) -> Self:
        """In-place form of `acosh`. Returns the Tensor itself."""
    def add(self, other: Any, alpha: Any = 1) -> Tensor:
        """self + alpha * other. `other`: a Tensor, an array or a number."""
    def add_(self, other: Any, alpha: Any = 1) -> Self:
        """In-place form of `add`. Returns the Tensor itself."""
    def addbmm(self, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
        """beta * self + alpha * (the sum over the batch of bmm(batch1, batch2))."""
    def addbmm_(self, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Self:
        """In-place form of `addbmm`. Returns the Tensor itself."""
    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Tensor:
        """self + value * tensor1 / tensor2."""
    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Self:
        """In-place form of `addcdiv`. Returns the Tensor itself."""
    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Tensor:
        """self + value * tensor1 * tensor2."""
    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Self:
        """In-place form of `addcmul`. Returns the Tensor itself."""
    def addmm(self, mat1: Any, mat2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
        """beta * self + alpha * (mat1 @ mat2). With beta = 0, self is not used: its NaNs do not spread."""
    def addmm_(self, mat1: Any, mat2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Self:
        """In-place form of `addmm`. Returns the Tensor itself."""
    def addmv(self, mat: Any, vec: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
        """beta * self + alpha * (mat @ vec)."""
    def addmv_(self, mat: Any, vec: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Self:
        """In-place form of `addmv`. Returns the Tensor itself."""
    def addr(self, vec1: Any, vec2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
        """beta * self + alpha * outer(vec1, vec2)."""
    def addr_(self, vec1: Any, vec2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Self:
        """In-place form of `addr`. Returns the Tensor itself."""
    def adjoint(self) -> Tensor:
        """The last two dimensions exchanged (conjugated, were it complex); a 0-d Tensor is its own."""
    def alias_copy(self, *args: Any, **kwargs: Any) -> Any:
        """See `autograd.alias_copy`."""
    def all(self, dim: Any = None, keepdim: builtins.bool = False, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Is every element over `dim` true (not 0)? bool; true over no elements."""
    def allclose(self, other: Any, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> builtins.bool:
        """Are all elements close? Settings as in `isclose`."""
    def amax(self, dim: Any = None, keepdim: builtins.bool = False, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Largest element over `dim`; NaN wins; ties share the gradient evenly. Raises ShapeError over no elements."""
    def amin(self, dim: Any = None, keepdim: builtins.bool = False, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Smallest element over `dim`; NaN wins; ties share the gradient evenly. Raises ShapeError over no elements."""
    def aminmax(self, *, dim: builtins.int | None = None, keepdim: builtins.bool = False, axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> MinMax[Tensor]:
        """(min, max) over one dimension or all; as `amin` and `amax`."""
    def angle(self) -> Any:
        """See `autograd.angle`."""
    def any(self, dim: Any = None, keepdim: builtins.bool = False, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Is some element over `dim` true (not 0)? bool; false over no elements."""
    def apply_(self, callable: Callable[[Any], Any]) -> Self:
        """See `autograd.apply_`."""
    def arccos(self) -> Tensor:
        """The angle in 0 .. pi with this cosine; int -> float. NaN outside -1 .. 1."""
    def arccos_(self) -> Self:
        """In-place form of `acos`. Returns the Tensor itself."""
    def arccosh(self) -> Tensor:
        """The inverse of cosh; int -> float. NaN below 1."""
    def arccosh_(self) -> Self:
        """In-place form of `acosh`. Returns the Tensor itself."""
    def arcsin(self) -> Tensor:
        """The angle in -pi/2 .. pi/2 with this sine; int -> float. NaN outside -1 .. 1."""
    def arcsin_(self) -> Self:
        """In-place form of `asin`. Returns the Tensor itself."""
    def arcsinh(self) -> Tensor:
        """The inverse of sinh; int -> float."""
    def arcsinh_(self) -> Self:
        """In-place form of `asinh`. Returns the Tensor itself."""
    def arctan(self) -> Tensor:
        """The angle in -pi/2 .. pi/2 with this tangent; int -> float."""
    def arctan2(self, other: Any) -> Tensor:
        """The angle in -pi .. pi of the point (x=other, y=input). Gradient 0 at the origin."""
    def arctan2_(self, other: Any) -> Self:
        """In-place form of `atan2`. Returns the Tensor itself."""
    def arctan_(self) -> Self:
        """In-place form of `atan`. Returns the Tensor itself."""
    def arctanh(self) -> Tensor:
        """The inverse of tanh; int -> float. NaN outside -1 .. 1."""
    def arctanh_(self) -> Self:
        """In-place form of `atanh`. Returns the Tensor itself."""
    def argmax(self, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Where the largest element stands along `dim`, or in row-major order: int64; the first of ties or NaNs."""
    def argmin(self, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Where the smallest element stands along `dim`, or in row-major order: int64; the first of ties or NaNs."""
    def argsort(self, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = False, *, axis: builtins.int = -1, out: Any = None) -> Tensor:
        """The indices that sort along `dim`: int64."""
    def argwhere(self) -> Tensor:
        """Where the elements are not 0: int64 of shape (count, ndim)."""
    def as_strided(self, size: Any, stride: Any, storage_offset: builtins.int | None = None) -> Tensor:
        """The memory of this Tensor seen with another shape, other strides and another start, counted in elements."""
    def as_strided_scatter(self, src: Any, size: Any, stride: Any, storage_offset: builtins.int | None = None) -> Any:
        """See `autograd.as_strided_scatter`."""
    def asin(self) -> Tensor:
        """The angle in -pi/2 .. pi/2 with this sine; int -> float. NaN outside -1 .. 1."""
    def asin_(self) -> Self:
        """In-place form of `asin`. Returns the Tensor itself."""
    def asinh(self) -> Tensor:
        """The inverse of sinh; int -> float."""
    def asinh_(self) -> Self:
        """In-place form of `asinh`. Returns the Tensor itself."""
    def astype(self, dtype: Any) -> Tensor:
        """In another dtype: NumPy's name of `to(dtype)`."""
    def atan(self) -> Tensor:
        """The angle in -pi/2 .. pi/2 with this tangent; int -> float."""
    def atan2(self, other: Any) -> Tensor:
        """The angle in -pi .. pi of the point (x=other, y=input). Gradient 0 at the origin."""
    def atan2_(self, other: Any) -> Self:
        """In-place form of `atan2`. Returns the Tensor itself."""
    def atan_(self) -> Self:
        """In-place form of `atan`. Returns the Tensor itself."""
    def atanh(self) -> Tensor:
        """The inverse of tanh; int -> float. NaN outside -1 .. 1."""
    def atanh_(self) -> Self:
        """In-place form of `atanh`. Returns the Tensor itself."""
    def backward(self, gradient: Any = None, retain_graph: builtins.bool | None = None, create_graph: builtins.bool = False, inputs: Any = None, *, until: Any = None) -> None:
        """Add the gradient of this Tensor to `.grad` of the leaves it depends on; see `autograd.backward`."""
    def baddbmm(self, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
        """beta * self + alpha * bmm(batch1, batch2)."""
    def baddbmm_(self, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Self:
        """In-place form of `baddbmm`. Returns the Tensor itself."""
    def bernoulli(self, p: builtins.float | None = None, *, generator: Any = None) -> Tensor:
        """`autograd.bernoulli` with the probabilities in this Tensor."""
    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Self:
        """1 with probability `p` (a number, or a Tensor that is broadcast), else 0; any dtype."""
    def bfloat16(self, memory_format: Any = None) -> Any:
        """Raises DTypeError: NumPy has no such numbers."""
    def bincount(self, weights: Any = None, minlength: builtins.int = 0, *, out: Any = None) -> Tensor:
        """How often each of 0, 1, 2 ... occurs in a 1-d Tensor of integers: int64."""
    def bitwise_and(self, other: Any) -> Tensor:
        """input & other, for integers and bools."""
    def bitwise_and_(self, other: Any) -> Self:
        """In-place form of `bitwise_and`. Returns the Tensor itself."""
    def bitwise_left_shift(self, other: Any) -> Tensor:
        """input << other, for integers."""
    def bitwise_left_shift_(self, other: Any) -> Self:
        """In-place form of `bitwise_left_shift`. Returns the Tensor itself."""
    def bitwise_not(self) -> Tensor:
        """~x: all bits of an integer, or the truth of a bool, turned."""
    def bitwise_not_(self) -> Self:
        """In-place form of `bitwise_not`. Returns the Tensor itself."""
    def bitwise_or(self, other: Any) -> Tensor:
        """input | other, for integers and bools."""
    def bitwise_or_(self, other: Any) -> Self:
        """In-place form of `bitwise_or`. Returns the Tensor itself."""
    def bitwise_right_shift(self, other: Any) -> Tensor:
        """input >> other, for integers."""
    def bitwise_right_shift_(self, other: Any) -> Self:
        """In-place form of `bitwise_right_shift`. Returns the Tensor itself."""
    def bitwise_xor(self, other: Any) -> Tensor:
        """input ^ other, for integers and bools."""
    def bitwise_xor_(self, other: Any) -> Self:
        """In-place form of `bitwise_xor`. Returns the Tensor itself."""
    def bmm(self, mat2: Any, *, out: Any = None) -> Tensor:
        """Products of matrices pair by pair, (b, m, n) and (b, n, p), without broadcasting."""
    def bool(self) -> Tensor:
        """In bool: is the element not 0? A constant."""
    def broadcast_to(self, *sizes: Any, size: Any = None) -> Tensor:
        """`expand` under NumPy's name."""
    def byte(self) -> Tensor:
        """In uint8, rounded towards 0; a constant."""
    def cauchy_(self, median: builtins.float = 0.0, sigma: builtins.float = 1.0, *, generator: Any = None) -> Self:
        """Cauchy around `median` with width `sigma`."""
    def ceil(self) -> Tensor:
        """Rounded up. Gradient 0."""
    def ceil_(self) -> Self:
        """In-place form of `ceil`. Returns the Tensor itself."""
    def char(self) -> Tensor:
        """In int8, rounded towards 0; a constant."""
    def cholesky(self, upper: builtins.bool = False, *, out: Any = None) -> Tensor:
        """Cholesky factor of each matrix; see `linalg.cholesky`."""
    def cholesky_inverse(self, upper: builtins.bool = False) -> Any:
        """See `autograd.cholesky_inverse`."""
    def cholesky_solve(self, L: Any, upper: builtins.bool = False) -> Any:
        """See `autograd.cholesky_solve`."""
    def chunk(self, chunks: builtins.int, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]:
        """At most `chunks` pieces of equal size, the last perhaps smaller. For an exact number see `tensor_split`."""
    def clamp(self, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
        """Every element moved into min .. max; `max` where min > max."""
    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """In-place form of `clamp`. Returns the Tensor itself."""
    def clamp_max(self, max: Any, *, out: Any = None) -> Tensor:
        """Every element above `max` moved down to it. At the bound the gradient goes to self."""
    def clamp_max_(self, max: Any) -> Self:
        """In-place form of `clamp_max`. Returns the Tensor itself."""
    def clamp_min(self, min: Any, *, out: Any = None) -> Tensor:
        """Every element below `min` moved up to it. At the bound the gradient goes to self."""
    def clamp_min_(self, min: Any) -> Self:
        """In-place form of `clamp_min`. Returns the Tensor itself."""
    def clip(self, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
        """Every element moved into min .. max; `max` where min > max."""
    def clip_(self, min: Any = None, max: Any = None) -> Self:
        """In-place form of `clip`. Returns the Tensor itself."""
    def clone(self, *, memory_format: Any = None, out: Any = None) -> Tensor:
        """A copy with memory of its own; the gradient flows through it. For `memory_format` see `contiguous`."""
    def conj(self) -> Tensor:
        """The Tensor itself: it is not complex."""
    def conj_physical(self) -> Any:
        """See `autograd.conj_physical`."""
    def contiguous(self, memory_format: Any = None) -> Tensor:
        """Itself if its elements lie in memory in row-major order without gaps, else a copy that does."""
    def copy_(self, src: Any, non_blocking: builtins.bool = False) -> Self:
        """Take over the values of `src`, broadcast and cast to this Tensor's shape and dtype."""
    def copysign(self, other: Any) -> Tensor:
        """|input| with the sign of `other`; int -> float. Gradient 0 at 0."""
    def copysign_(self, other: Any) -> Self:
        """In-place form of `copysign`. Returns the Tensor itself."""
    def corrcoef(self) -> Tensor:
        """The matrix (V, V) of correlation coefficients of V variables in rows, (V, N); 1 for a single one, (N,)."""
    def cos(self) -> Tensor:
        """The cosine of x in radians; int -> float."""
    def cos_(self) -> Self:
        """In-place form of `cos`. Returns the Tensor itself."""
    def cosh(self) -> Tensor:
        """The hyperbolic cosine; int -> float."""
    def cosh_(self) -> Self:
        """In-place form of `cosh`. Returns the Tensor itself."""
    def count_nonzero(self, dim: Any = None, *, axis: Any = None, out: Any = None) -> Tensor:
        """How many elements over `dim` are not 0: int64."""
    def cov(self, *, correction: builtins.int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
        """The covariance matrix (V, V) of V variables in rows, (V, N), or the variance of one, (N,)."""
    def cpu(self) -> Tensor:
        """The Tensor itself: it is on the CPU."""
    def cross(self, other: Any, dim: builtins.int | None = None, *, axis: builtins.int | None = None, out: Any = None) -> Tensor:
        """Vector product of 3-vectors along `dim`, broadcast over the others. Default: the first dim of size 3."""
    def cuda(self, device: Any = None, non_blocking: builtins.bool = False) -> Tensor:
        """Raises DeviceError: Tensors live on the CPU only."""
    @overload
    def cummax(self, dim: builtins.int, *, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def cummax(self, *, axis: builtins.int, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def cummin(self, dim: builtins.int, *, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def cummin(self, *, axis: builtins.int, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def cumprod(self, dim: builtins.int, *, dtype: Any = None, out: Any = None) -> Tensor: ...
    @overload
    def cumprod(self, *, axis: builtins.int, dtype: Any = None, out: Any = None) -> Tensor: ...
    @overload
    def cumprod_(self, dim: builtins.int, *, dtype: Any = None) -> Self: ...
    @overload
    def cumprod_(self, *, axis: builtins.int, dtype: Any = None) -> Self: ...
    @overload
    def cumsum(self, dim: builtins.int, *, dtype: Any = None, out: Any = None) -> Tensor: ...
    @overload
    def cumsum(self, *, axis: builtins.int, dtype: Any = None, out: Any = None) -> Tensor: ...
    @overload
    def cumsum_(self, dim: builtins.int, *, dtype: Any = None) -> Self: ...
    @overload
    def cumsum_(self, *, axis: builtins.int, dtype: Any = None) -> Self: ...
    @property
    def data(self) -> Tensor: ...
    @data.setter
    def data(self, value: Any) -> None: ...
    def data_ptr(self) -> builtins.int:
        """The address of the first element."""
    def deg2rad(self) -> Tensor:
        """Degrees as radians; int -> float."""
    def deg2rad_(self) -> Self:
        """In-place form of `deg2rad`. Returns the Tensor itself."""
    def det(self) -> Tensor:
        """Determinant of each matrix; see `linalg.det`."""
    def detach(self) -> Tensor:
        """The same memory as a constant: no gradient flows through it."""
    def detach_(self) -> Self:
        """Make this computed Tensor a constant. Views cannot be detached in place."""
    @property
    def device(self) -> Any: ...
    def diag(self, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
        """A vector as the diagonal of a square matrix of zeros; of a matrix, a copy of its diagonal."""
    def diag_embed(self, offset: builtins.int = 0, dim1: builtins.int = -2, dim2: builtins.int = -1, *, out: Any = None) -> Tensor:
        """Square matrices of zeros, in dimensions dim1 and dim2 of the result, with the last dimension on the diagonal."""
    def diagflat(self, offset: builtins.int = 0) -> Tensor:
        """All elements as the diagonal of a square matrix of zeros."""
    def diagonal(self, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1) -> Tensor:
        """The elements at [i, i + offset] of two dimensions, along a new last dimension. A view."""
    def diagonal_scatter(self, src: Any, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1) -> Any:
        """See `autograd.diagonal_scatter`."""
    def diff(self, n: builtins.int = 1, dim: builtins.int = -1, prepend: Any = None, append: Any = None, *, axis: builtins.int = -1, out: Any = None) -> Tensor:
        """Differences of neighbours along `dim`, `n` times over; of bools: whether they differ."""
    def digamma(self, *, out: Any = None) -> Tensor:
        """The derivative of lgamma; int -> float. NaN at -1, -2 ..., -inf at 0."""
    def digamma_(self) -> Self:
        """In-place form of `digamma`. Returns the Tensor itself."""
    def dim(self) -> builtins.int:
        """The number of dimensions."""
    def dim_order(self) -> tuple[builtins.int, ...]:
        """The dimensions, from the one with the largest stride to that with the smallest."""
    def dist(self, other: Any, p: builtins.float = 2, *, out: Any = None) -> Tensor:
        """The p-norm of self - other, as a 0-d Tensor. Gradient 0 where the two are equal."""
    def div(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """self / other."""
    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Self:
        """In-place form of `div`. Returns the Tensor itself."""
    def divide(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """self / other."""
    def divide_(self, other: Any, *, rounding_mode: str | None = None) -> Self:
        """In-place form of `div`. Returns the Tensor itself."""
    @overload
    def dot(self, tensor: Any, *, out: Any = None) -> Tensor: ...
    @overload
    def dot(self, *, other: Any, out: Any = None) -> Tensor: ...
    def double(self) -> Tensor:
        """In float64."""
    @overload
    def dsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]: ...
    @overload
    def dsplit(self, *, sections: Any) -> tuple[Tensor, ...]: ...
    @overload
    def dsplit(self, *, indices: Any) -> tuple[Tensor, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def element_size(self) -> builtins.int:
        """Bytes per element."""
    def eq(self, other: Any) -> Tensor:
        """input == other, element by element."""
    def eq_(self, other: Any) -> Self:
        """In-place form of `eq`. Returns the Tensor itself."""
    def equal(self, other: Any) -> builtins.bool:
        """Have both the same shape and the same elements?"""
    def erf(self) -> Tensor:
        """Error function: 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x. Relative error 1e-15; float32: 4e-7."""
    def erf_(self) -> Self:
        """In-place form of `erf`. Returns the Tensor itself."""
    def erfc(self) -> Tensor:
        """1 - erf(x), with full relative precision where that is tiny. float32 is computed in double precision."""
    def erfc_(self) -> Self:
        """In-place form of `erfc`. Returns the Tensor itself."""
    def erfinv(self) -> Tensor:
        """The number whose erf is x: an estimate of S. Winitzki (2008), improved by Halley's iteration."""
    def erfinv_(self) -> Self:
        """In-place form of `erfinv`. Returns the Tensor itself."""
    def exp(self) -> Tensor:
        """e to the power x; int -> float."""
    def exp2(self) -> Tensor:
        """2 to the power x; int -> float."""
    def exp2_(self) -> Self:
        """In-place form of `exp2`. Returns the Tensor itself."""
    def exp_(self) -> Self:
        """In-place form of `exp`. Returns the Tensor itself."""
    def expand(self, *sizes: Any, size: Any = None) -> Tensor:
        """Repeated along dimensions of size 1 and new leading ones, without a copy; -1 keeps a size."""
    def expand_as(self, other: Any) -> Tensor:
        """`expand` to the shape of `other`."""
    def expm1(self) -> Tensor:
        """exp(x) - 1, exact for small x; int -> float."""
    def expm1_(self) -> Self:
        """In-place form of `expm1`. Returns the Tensor itself."""
    def exponential_(self, lambd: builtins.float = 1.0, *, generator: Any = None) -> Self:
        """Exponential with rate `lambd`, hence mean 1 / lambd."""
    def fill_(self, value: Any) -> Self:
        """Fill with a number or a 0-d Tensor."""
    def fill_diagonal_(self, fill_value: builtins.float, wrap: builtins.bool = False) -> Self:
        """Fill the main diagonal, x[i, i, ...], with a number. wrap: of a tall matrix, again after each square."""
    def fix(self) -> Tensor:
        """Rounded towards 0. Gradient 0."""
    def fix_(self) -> Self:
        """In-place form of `trunc`. Returns the Tensor itself."""
    def flatten(self, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
        """The dimensions from start_dim to end_dim, both included, as one. 0-d becomes 1-d."""
    def flip(self, *order: Any, dims: Any = None, axes: Any = None, out: Any = None) -> Tensor:
        """The elements in reverse order along each of `dims`. A copy."""
    def fliplr(self) -> Tensor:
        """Reversed along dimension 1."""
    def flipud(self) -> Tensor:
        """Reversed along dimension 0."""
    def float(self) -> Tensor:
        """In float32."""
    def float_power(self, exponent: Any) -> Tensor:
        """self ** exponent in double precision."""
    def float_power_(self, exponent: Any) -> Self:
        """In-place form of `float_power`. Returns the Tensor itself."""
    def floor(self) -> Tensor:
        """Rounded down. Gradient 0."""
    def floor_(self) -> Self:
        """In-place form of `floor`. Returns the Tensor itself."""
    def floor_divide(self, other: Any) -> Tensor:
        """input / other, rounded down. Gradient 0."""
    def floor_divide_(self, other: Any) -> Self:
        """In-place form of `floor_divide`. Returns the Tensor itself."""
    def fmax(self, other: Any) -> Tensor:
        """The larger of two elements; NaN loses. In a tie the gradient goes to `input`."""
    def fmin(self, other: Any) -> Tensor:
        """The smaller of two elements; NaN loses. In a tie the gradient goes to `input`."""
    def fmod(self, other: Any) -> Tensor:
        """input - other * trunc(input / other): has the sign of `input`."""
    def fmod_(self, other: Any) -> Self:
        """In-place form of `fmod`. Returns the Tensor itself."""
    def frac(self, *, out: Any = None) -> Tensor:
        """x - trunc(x): what follows the point, with the sign of x. Gradient 1."""
    def frac_(self) -> Self:
        """In-place form of `frac`. Returns the Tensor itself."""
    def frexp(self) -> Any:
        """See `autograd.frexp`."""
    @overload
    def gather(self, dim: builtins.int, index: Any, *, sparse_grad: builtins.bool = False, out: Any = None) -> Tensor: ...
    @overload
    def gather(self, *, axis: builtins.int, index: Any, sparse_grad: builtins.bool = False, out: Any = None) -> Tensor: ...
    def gcd(self, other: Any) -> Tensor:
        """The greatest common divisor of integers."""
    def gcd_(self, other: Any) -> Self:
        """In-place form of `gcd`. Returns the Tensor itself."""
    def ge(self, other: Any) -> Tensor:
        """input >= other, element by element."""
    def ge_(self, other: Any) -> Self:
        """In-place form of `ge`. Returns the Tensor itself."""
    def geometric_(self, p: builtins.float, *, generator: Any = None) -> Self:
        """The number of the first success among trials of probability `p`: 1, 2, ..."""
    def ger(self, vec2: Any, *, out: Any = None) -> Tensor:
        """All products of an element of one vector and an element of another, (m, n)."""
    def get_device(self) -> builtins.int:
        """-1: the number of a GPU, were it on one."""
    @property
    def grad(self) -> Tensor | Any: ...
    @grad.setter
    def grad(self, value: Tensor | None) -> None: ...
    @grad.deleter
    def grad(self) -> None: ...
    @property
    def grad_fn(self) -> GradFn | Any: ...
    def greater(self, other: Any) -> Tensor:
        """input > other, element by element."""
    def greater_(self, other: Any) -> Self:
        """In-place form of `gt`. Returns the Tensor itself."""
    def greater_equal(self, other: Any) -> Tensor:
        """input >= other, element by element."""
    def greater_equal_(self, other: Any) -> Self:
        """In-place form of `ge`. Returns the Tensor itself."""
    def gt(self, other: Any) -> Tensor:
        """input > other, element by element."""
    def gt_(self, other: Any) -> Self:
        """In-place form of `gt`. Returns the Tensor itself."""
    def half(self) -> Tensor:
        """In float16."""
    def hardshrink(self, lambd: builtins.float = 0.5, *, out: Any = None) -> Tensor:
        """x, but 0 within `lambd` of 0."""
    def heaviside(self, values: Any, *, out: Any = None) -> Tensor:
        """0 below 0, 1 above; at 0 the element of `values`, whose gradient ends there."""
    def heaviside_(self, values: Any) -> Self:
        """In-place form of `heaviside`. Returns the Tensor itself."""
    def histc(self, bins: builtins.int = 100, min: builtins.float = 0, max: builtins.float = 0, *, out: Any = None) -> Tensor:
        """How many elements lie in each of `bins` equal parts of min .. max, of the dtype of x; a constant."""
    def histogram(self, bins: Any = 100, *, range: Any = None, weight: Any = None, density: builtins.bool = False) -> Any:
        """See `autograd.histogram`."""
    @overload
    def hsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]: ...
    @overload
    def hsplit(self, *, sections: Any) -> tuple[Tensor, ...]: ...
    @overload
    def hsplit(self, *, indices: Any) -> tuple[Tensor, ...]: ...
    def hypot(self, other: Any) -> Tensor:
        """sqrt(input² + other²) without overflow. Gradient 0 where both are 0."""
    def hypot_(self, other: Any) -> Self:
        """In-place form of `hypot`. Returns the Tensor itself."""
    def i0(self) -> Any:
        """See `autograd.i0`."""
    def i0_(self) -> Self:
        """In-place form of `i0`. Returns the Tensor itself."""
    def igamma(self, other: Any) -> Any:
        """See `autograd.igamma`."""
    def igamma_(self, other: Any) -> Self:
        """In-place form of `igamma`. Returns the Tensor itself."""
    def igammac(self, other: Any) -> Any:
        """See `autograd.igammac`."""
    def igammac_(self, other: Any) -> Self:
        """In-place form of `igammac`. Returns the Tensor itself."""
    @overload
    def index_add(self, dim: builtins.int, index: Any, source: Any, *, alpha: builtins.float = 1, out: Any = None) -> Tensor: ...
    @overload
    def index_add(self, *, axis: builtins.int, index: Any, source: Any, alpha: builtins.float = 1, out: Any = None) -> Tensor: ...
    @overload
    def index_add_(self, dim: builtins.int, index: Any, source: Any, *, alpha: builtins.float = 1) -> Self: ...
    @overload
    def index_add_(self, *, axis: builtins.int, index: Any, source: Any, alpha: builtins.float = 1) -> Self: ...
    @overload
    def index_copy(self, dim: builtins.int, index: Any, source: Any, *, out: Any = None) -> Tensor: ...
    @overload
    def index_copy(self, *, axis: builtins.int, index: Any, source: Any, out: Any = None) -> Tensor: ...
    @overload
    def index_copy_(self, dim: builtins.int, index: Any, source: Any) -> Self: ...
    @overload
    def index_copy_(self, *, axis: builtins.int, index: Any, source: Any) -> Self: ...
    @overload
    def index_fill(self, dim: builtins.int, index: Any, value: Any, *, out: Any = None) -> Tensor: ...
    @overload
    def index_fill(self, *, axis: builtins.int, index: Any, value: Any, out: Any = None) -> Tensor: ...
    @overload
    def index_fill_(self, dim: builtins.int, index: Any, value: Any) -> Self: ...
    @overload
    def index_fill_(self, *, axis: builtins.int, index: Any, value: Any) -> Self: ...
    def index_put(self, indices: Any, values: Any, accumulate: builtins.bool = False, *, out: Any = None) -> Tensor:
        """A copy with x[indices] = values; accumulate: x[indices] += values, adding up what is named twice."""
    def index_put_(self, indices: Any, values: Any, accumulate: builtins.bool = False) -> Self:
        """In-place form of `index_put`. Returns the Tensor itself."""
    def index_reduce(self, dim: builtins.int, index: Any, source: Any, reduce: str, *, include_self: builtins.bool = True) -> Any:
        """See `autograd.index_reduce`."""
    def index_reduce_(self, dim: builtins.int, index: Any, source: Any, reduce: str, *, include_self: builtins.bool = True) -> Self:
        """In-place form of `index_reduce`. Returns the Tensor itself."""
    @overload
    def index_select(self, dim: builtins.int, index: Any, *, out: Any = None) -> Tensor: ...
    @overload
    def index_select(self, *, axis: builtins.int, index: Any, out: Any = None) -> Tensor: ...
    def inner(self, other: Any, *, out: Any = None) -> Tensor:
        """Sum of products over the last dimension of both; with a 0-d operand the plain product."""
    def int(self) -> Tensor:
        """In int32, rounded towards 0; a constant."""
    def inverse(self, *, out: Any = None) -> Tensor:
        """Inverse of each matrix; see `linalg.inv`."""
    def is_complex(self) -> builtins.bool:
        """False: there are no complex Tensors."""
    def is_conj(self, *args: Any, **kwargs: Any) -> builtins.bool:
        """False."""
    def is_contiguous(self, memory_format: Any = None) -> builtins.bool:
        """Do the elements lie in memory in row-major order, without gaps?"""
    @property
    def is_cpu(self) -> builtins.bool: ...
    @property
    def is_cuda(self) -> builtins.bool: ...
    def is_distributed(self, *args: Any, **kwargs: Any) -> builtins.bool:
        """False."""
    def is_floating_point(self) -> builtins.bool:
        """Is the dtype a floating point one?"""
    def is_inference(self, *args: Any, **kwargs: Any) -> builtins.bool:
        """False."""
    is_ipu: builtins.bool
    @property
    def is_leaf(self) -> builtins.bool: ...
    is_maia: builtins.bool
    is_meta: builtins.bool
    is_mkldnn: builtins.bool
    is_mps: builtins.bool
    is_mtia: builtins.bool
    def is_neg(self, *args: Any, **kwargs: Any) -> builtins.bool:
        """False."""
    is_nested: builtins.bool
    def is_nonzero(self) -> builtins.bool:
        """Is the only element not 0?"""
    def is_pinned(self, *args: Any, **kwargs: Any) -> builtins.bool:
        """False."""
    is_quantized: builtins.bool
    def is_same_size(self, other: Any) -> builtins.bool:
        """Has `other` the same shape?"""
    def is_shared(self, *args: Any, **kwargs: Any) -> builtins.bool:
        """False."""
    def is_signed(self) -> builtins.bool:
        """Has the dtype negative numbers?"""
    is_sparse: builtins.bool
    is_sparse_csr: builtins.bool
    is_vulkan: builtins.bool
    is_xla: builtins.bool
    is_xpu: builtins.bool
    def isclose(self, other: Any, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> Tensor:
        """|self - other| <= atol + rtol * |other|, element by element. `equal_nan`: NaN is close to NaN."""
    def isfinite(self) -> Tensor:
        """Is the element neither NaN nor infinite?"""
    def isinf(self) -> Tensor:
        """Is the element inf or -inf?"""
    def isnan(self) -> Tensor:
        """Is the element NaN?"""
    def isneginf(self, *, out: Any = None) -> Tensor:
        """Is the element -inf?"""
    def isposinf(self, *, out: Any = None) -> Tensor:
        """Is the element inf?"""
    def isreal(self) -> Tensor:
        """True everywhere."""
    def item(self) -> Any:
        """The only element: a float, an int or a bool."""
    @property
    def itemsize(self) -> builtins.int: ...
    def kron(self, other: Any, *, out: Any = None) -> Tensor:
        """Kronecker product: self with each element replaced by that element times `other`."""
    def kthvalue(self, k: builtins.int, dim: builtins.int = -1, keepdim: builtins.bool = False, *, axis: builtins.int = -1, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]:
        """(values, indices) of the `k`-th smallest elements along `dim`, counted from 1; NaN is the largest."""
    @property
    def layout(self) -> Any: ...
    def lcm(self, other: Any) -> Tensor:
        """The least common multiple of integers."""
    def lcm_(self, other: Any) -> Self:
        """In-place form of `lcm`. Returns the Tensor itself."""
    def ldexp(self, other: Any, *, out: Any = None) -> Tensor:
        """input * 2**other; int -> float."""
    def ldexp_(self, other: Any) -> Self:
        """In-place form of `ldexp`. Returns the Tensor itself."""
    def le(self, other: Any) -> Tensor:
        """input <= other, element by element."""
    def le_(self, other: Any) -> Self:
        """In-place form of `le`. Returns the Tensor itself."""
    def lerp(self, end: Any, weight: Any, *, out: Any = None) -> Tensor:
        """self + weight * (end - self). `weight`: a number or a Tensor; exactly `end` at 1."""
    def lerp_(self, end: Any, weight: Any) -> Self:
        """In-place form of `lerp`. Returns the Tensor itself."""
    def less(self, other: Any) -> Tensor:
        """input < other, element by element."""
    def less_(self, other: Any) -> Self:
        """In-place form of `lt`. Returns the Tensor itself."""
    def less_equal(self, other: Any) -> Tensor:
        """input <= other, element by element."""
    def less_equal_(self, other: Any) -> Self:
        """In-place form of `le`. Returns the Tensor itself."""
    def lgamma(self) -> Tensor:
        """log |gamma(x)|; int -> float. inf at 0, -1, -2 ..."""
    def lgamma_(self) -> Self:
        """In-place form of `lgamma`. Returns the Tensor itself."""
    def log(self) -> Tensor:
        """The natural logarithm; int -> float. -inf at 0, NaN below."""
    def log10(self) -> Tensor:
        """The logarithm to base 10; int -> float."""
    def log10_(self) -> Self:
        """In-place form of `log10`. Returns the Tensor itself."""
    def log1p(self) -> Tensor:
        """log(1 + x), exact for small x; int -> float."""
    def log1p_(self) -> Self:
        """In-place form of `log1p`. Returns the Tensor itself."""
    def log2(self) -> Tensor:
        """The logarithm to base 2; int -> float."""
    def log2_(self) -> Self:
        """In-place form of `log2`. Returns the Tensor itself."""
    def log_(self) -> Self:
        """In-place form of `log`. Returns the Tensor itself."""
    def log_normal_(self, mean: builtins.float = 1.0, std: builtins.float = 2.0, *, generator: Any = None) -> Self:
        """e to the power of a normal number with `mean` and `std`."""
    @overload
    def log_softmax(self, dim: Any, dtype: Any = None) -> Tensor: ...
    @overload
    def log_softmax(self, *, axis: Any, dtype: Any = None) -> Tensor: ...
    def logaddexp(self, other: Any) -> Tensor:
        """log(exp(input) + exp(other)) without overflow."""
    def logaddexp2(self, other: Any) -> Tensor:
        """log2(2**input + 2**other) without overflow."""
    @overload
    def logcumsumexp(self, dim: builtins.int, *, out: Any = None) -> Tensor: ...
    @overload
    def logcumsumexp(self, *, axis: builtins.int, out: Any = None) -> Tensor: ...
    def logdet(self) -> Tensor:
        """Logarithm of the determinant of each matrix: NaN where that is negative, -inf where it is 0."""
    def logical_and(self, other: Any) -> Tensor:
        """Are both not 0?"""
    def logical_and_(self, other: Any) -> Self:
        """In-place form of `logical_and`. Returns the Tensor itself."""
    def logical_not(self) -> Tensor:
        """Is the element 0?"""
    def logical_not_(self) -> Self:
        """In-place form of `logical_not`. Returns the Tensor itself."""
    def logical_or(self, other: Any) -> Tensor:
        """Is one of the two not 0?"""
    def logical_or_(self, other: Any) -> Self:
        """In-place form of `logical_or`. Returns the Tensor itself."""
    def logical_xor(self, other: Any) -> Tensor:
        """Is exactly one of the two not 0?"""
    def logical_xor_(self, other: Any) -> Self:
        """In-place form of `logical_xor`. Returns the Tensor itself."""
    def logit(self, eps: builtins.float | None = None, *, out: Any = None) -> Tensor:
        """log(x / (1 - x)), the inverse of sigmoid. `eps`: move x into eps .. 1 - eps first."""
    def logit_(self, eps: builtins.float | None = None) -> Self:
        """In-place form of `logit`. Returns the Tensor itself."""
    @overload
    def logsumexp(self, dim: Any, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> Tensor: ...
    @overload
    def logsumexp(self, *, axis: Any, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> Tensor: ...
    def long(self) -> Tensor:
        """In int64, rounded towards 0; a constant."""
    def lt(self, other: Any) -> Tensor:
        """input < other, element by element."""
    def lt_(self, other: Any) -> Self:
        """In-place form of `lt`. Returns the Tensor itself."""
    def lu(self, pivot: builtins.bool = True, get_infos: builtins.bool = False) -> Any:
        """See `autograd.lu`."""
    def lu_solve(self, LU_data: Any, LU_pivots: Any) -> Any:
        """See `autograd.lu_solve`."""
    @property
    def mH(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
    def map_(self, tensor: Any, callable: Callable[[Any, Any], Any]) -> Self:
        """See `autograd.map_`."""
    def masked_fill(self, mask: Any, value: Any, *, out: Any = None) -> Tensor:
        """x with `value` (a number or a 0-d Tensor) where `mask` is True; x and mask are broadcast."""
    def masked_fill_(self, mask: Any, value: Any) -> Self:
        """In-place form of `masked_fill`. Returns the Tensor itself."""
    def masked_scatter(self, mask: Any, source: Any, *, out: Any = None) -> Tensor:
        """x with the elements where `mask` is True replaced by those of `source`, in row-major order."""
    def masked_scatter_(self, mask: Any, source: Any) -> Self:
        """In-place form of `masked_scatter`. Returns the Tensor itself."""
    def masked_select(self, mask: Any, *, out: Any = None) -> Tensor:
        """The elements where `mask` is True, 1-d, in row-major order; x and mask are broadcast against each other."""
    def matmul(self, other: Any) -> Tensor:
        """Matrix product."""
    def matrix_exp(self) -> Any:
        """See `autograd.matrix_exp`."""
    def matrix_power(self, n: builtins.int, *, out: Any = None) -> Tensor:
        """Power of each matrix; see `linalg.matrix_power`."""
    @overload
    def max(self, *, out: Any = None) -> Tensor: ...
    @overload
    def max(self, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def max(self, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def max(self, dim: Tensor | Array, *, out: Any = None) -> Tensor: ...
    @overload
    def max(self, *, axis: Tensor | Array, out: Any = None) -> Tensor: ...
    @overload
    def max(self, *, other: Tensor | Array, out: Any = None) -> Tensor: ...
    def maximum(self, other: Any) -> Tensor:
        """The larger of two elements; NaN if one is. Ties share the gradient."""
    def mean(self, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Mean over `dim`; NaN over no elements. Raises DTypeError for integers: give a floating point `dtype`."""
    @overload
    def median(self, *, out: Any = None) -> Tensor: ...
    @overload
    def median(self, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def median(self, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def min(self, *, out: Any = None) -> Tensor: ...
    @overload
    def min(self, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def min(self, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def min(self, dim: Tensor | Array, *, out: Any = None) -> Tensor: ...
    @overload
    def min(self, *, axis: Tensor | Array, out: Any = None) -> Tensor: ...
    @overload
    def min(self, *, other: Tensor | Array, out: Any = None) -> Tensor: ...
    def minimum(self, other: Any) -> Tensor:
        """The smaller of two elements; NaN if one is. Ties share the gradient."""
    def mm(self, mat2: Any, *, out: Any = None) -> Tensor:
        """Product of two matrices, (m, n) and (n, p), without broadcasting."""
    def mode(self, dim: builtins.int = -1, keepdim: builtins.bool = False, *, axis: builtins.int = -1, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]:
        """(values, indices) of the most frequent elements along `dim`: the smallest of several; its last occurrence."""
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """Dimension source[i] moved to position destination[i]; the others keep their order. Ints or tuples."""
    def movedim(self, source: Any, destination: Any) -> Tensor:
        """Dimension source[i] moved to position destination[i]; the others keep their order. Ints or tuples."""
    def msort(self, *, out: Any = None) -> Tensor:
        """Sorted along the first dimension."""
    def mul(self, other: Any) -> Tensor:
        """input * other."""
    def mul_(self, other: Any) -> Self:
        """In-place form of `mul`. Returns the Tensor itself."""
    def multinomial(self, num_samples: builtins.int, replacement: builtins.bool = False, *, generator: Any = None) -> Tensor:
        """`autograd.multinomial` with the weights in this Tensor."""
    def multiply(self, other: Any) -> Tensor:
        """input * other."""
    def multiply_(self, other: Any) -> Self:
        """In-place form of `mul`. Returns the Tensor itself."""
    def mv(self, vec: Any, *, out: Any = None) -> Tensor:
        """Product of a matrix (m, n) and a vector (n)."""
    def mvlgamma(self, p: builtins.int, *, out: Any = None) -> Tensor:
        """The logarithm of the gamma function in p dimensions: of x > (p - 1) / 2, as in the Wishart distribution."""
    def mvlgamma_(self, p: builtins.int) -> Self:
        """In-place form of `mvlgamma`. Returns the Tensor itself."""
    def nan_to_num(self, nan: builtins.float | None = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None, *, out: Any = None) -> Tensor:
        """NaN, inf and -inf replaced by these numbers; None: 0, the largest and the smallest of the dtype."""
    def nan_to_num_(self, nan: builtins.float | None = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None) -> Self:
        """In-place form of `nan_to_num`. Returns the Tensor itself."""
    def nanmean(self, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Mean over `dim` of the elements that are not NaN; NaN where there is none."""
    @overload
    def nanmedian(self, *, out: Any = None) -> Tensor: ...
    @overload
    def nanmedian(self, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
    @overload
    def nanmedian(self, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
    def nanquantile(self, q: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, interpolation: str = 'linear', axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """`quantile` of the elements that are not NaN; NaN where there is none."""
    def nansum(self, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Sum over `dim` with NaN counted as 0; NaNs receive gradient 0."""
    @overload
    def narrow(self, dim: builtins.int, start: Any, length: builtins.int) -> Tensor: ...
    @overload
    def narrow(self, *, axis: builtins.int, start: Any, length: builtins.int) -> Tensor: ...
    def narrow_copy(self, *args: Any, **kwargs: Any) -> Any:
        """See `autograd.narrow_copy`."""
    @property
    def nbytes(self) -> builtins.int: ...
    @property
    def ndim(self) -> builtins.int: ...
    def ndimension(self) -> builtins.int:
        """The number of dimensions."""
    def ne(self, other: Any) -> Tensor:
        """input != other, element by element."""
    def ne_(self, other: Any) -> Self:
        """In-place form of `ne`. Returns the Tensor itself."""
    def neg(self) -> Tensor:
        """-x."""
    def neg_(self) -> Self:
        """In-place form of `neg`. Returns the Tensor itself."""
    def negative(self) -> Tensor:
        """-x."""
    def negative_(self) -> Self:
        """In-place form of `neg`. Returns the Tensor itself."""
    def nelement(self) -> builtins.int:
        """The number of elements."""
    def new(self, *data: Any, device: Any = None) -> Tensor:
        """A Tensor of this one's dtype: of given sizes, as ints, or of data; see `new_tensor`."""
    def new_empty(self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False, out: Any = None, layout: Any = None, pin_memory: Any = None, memory_format: Any = None) -> Tensor:
        """Any values, of shape `size` and of this Tensor's dtype."""
    def new_empty_strided(self, size: Any, stride: Any, dtype: Any = None, **settings: Any) -> Any:
        """Any values, of this Tensor's dtype; see `empty_strided`."""
    def new_full(self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False, out: Any = None, layout: Any = None, pin_memory: Any = None, memory_format: Any = None) -> Tensor:
        """`fill_value` everywhere, of shape `size` and of this Tensor's dtype."""
    def new_ones(self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False, out: Any = None, layout: Any = None, pin_memory: Any = None, memory_format: Any = None) -> Tensor:
        """Ones of shape `size` and of this Tensor's dtype."""
    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False, out: Any = None, layout: Any = None, pin_memory: Any = None, memory_format: Any = None) -> Tensor:
        """A copy of `data`, of this Tensor's dtype."""
    def new_zeros(self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False, out: Any = None, layout: Any = None, pin_memory: Any = None, memory_format: Any = None) -> Tensor:
        """Zeros of shape `size` and of this Tensor's dtype."""
    def nextafter(self, other: Any) -> Tensor:
        """The next floating point number from `input` towards `other`."""
    def nextafter_(self, other: Any) -> Self:
        """In-place form of `nextafter`. Returns the Tensor itself."""
    def nonzero(self, *, as_tuple: builtins.bool = False, out: Any = None) -> Any:
        """Where the elements are not 0: int64 of shape (count, ndim); as_tuple: one index Tensor per dimension."""
    def nonzero_static(self, *, size: builtins.int, fill_value: builtins.int = -1) -> Any:
        """See `autograd.nonzero_static`."""
    def norm(self, p: Any = 'fro', dim: Any = None, keepdim: builtins.bool = False, dtype: Any = None, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """(sum of |x|**p)**(1/p) over `dim`: the norm of the elements as one vector, also where there are two dims."""
    def normal_(self, mean: builtins.float = 0.0, std: builtins.float = 1.0, *, generator: Any = None) -> Self:
        """Normal with `mean` and `std`."""
    def not_equal(self, other: Any) -> Tensor:
        """input != other, element by element."""
    def not_equal_(self, other: Any) -> Self:
        """In-place form of `ne`. Returns the Tensor itself."""
    def numel(self) -> builtins.int:
        """The number of elements."""
    def numpy(self, *, force: builtins.bool = False) -> np.ndarray:
        """The array itself, sharing memory."""
    def orgqr(self, tau: Any) -> Any:
        """See `autograd.orgqr`."""
    def outer(self, vec2: Any, *, out: Any = None) -> Tensor:
        """All products of an element of one vector and an element of another, (m, n)."""
    def permute(self, *order: Any, dims: Any = None, axes: Any = None) -> Tensor:
        """The dimensions in another order: dimension i of the result is dimension dims[i]. A view."""
    def pin_memory(self, device: Any = None) -> Tensor:
        """The Tensor itself: there is no other device to copy to."""
    def pinverse(self, rcond: builtins.float = 1e-15) -> Any:
        """See `autograd.pinverse`."""
    def polygamma(self, n: builtins.int) -> Tensor:
        """The derivative number `n` of digamma; int -> float. As a function: polygamma(n, x)."""
    def polygamma_(self, n: builtins.int) -> Self:
        """In-place form of `polygamma`. Returns the Tensor itself."""
    def positive(self) -> Tensor:
        """The Tensor itself, as +x."""
    def pow(self, exponent: Any) -> Tensor:
        """self ** exponent: a number, a Tensor or an array."""
    def pow_(self, exponent: Any) -> Self:
        """In-place form of `pow`. Returns the Tensor itself."""
    def prelu(self, weight: Any) -> Tensor:
        """x where positive, else weight * x; see `nn.functional.prelu`."""
    def prod(self, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Product over `dim` (one dimension, or None for all); 1 over no elements. Bools and integers become int64."""
    def put(self, index: Any, source: Any, accumulate: builtins.bool = False) -> Any:
        """See `autograd.put`."""
    def put_(self, index: Any, source: Any, accumulate: builtins.bool = False) -> Self:
        """In-place form of `put`. Returns the Tensor itself."""
    def qr(self, some: builtins.bool = True) -> QRResult:
        """See `autograd.qr`."""
    def quantile(self, q: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, interpolation: str = 'linear', axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """The value below which the fraction `q` of the elements along `dim` lies (None: of all elements)."""
    def rad2deg(self) -> Tensor:
        """Radians as degrees; int -> float."""
    def rad2deg_(self) -> Self:
        """In-place form of `rad2deg`. Returns the Tensor itself."""
    def random_(self, low: builtins.int | None = None, high: builtins.int | None = None, *, generator: Any = None, to: builtins.int | None = None) -> Self:
        """Integers: random_(low, high) below `high`, random_(high) from 0 on, random_() all that the dtype can hold."""
    def ravel(self) -> Tensor:
        """All elements in one dimension, in row-major order: a view of a contiguous Tensor, a copy of another."""
    @property
    def real(self) -> Tensor: ...
    def reciprocal(self) -> Tensor:
        """1 / x; int -> float."""
    def reciprocal_(self) -> Self:
        """In-place form of `reciprocal`. Returns the Tensor itself."""
    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call `hook(gradient)` when backward has computed the gradient of this Tensor; what it returns replaces it."""
    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call `hook(tensor)` whenever backward has added to `.grad` of this leaf. Returns a handle with `remove()`."""
    def relu(self) -> Tensor:
        """max(x, 0). Slope 0 at 0."""
    def relu_(self) -> Self:
        """In-place form of `relu`. Returns the Tensor itself."""
    def remainder(self, other: Any) -> Tensor:
        """input - other * floor(input / other): has the sign of `other`."""
    def remainder_(self, other: Any) -> Self:
        """In-place form of `remainder`. Returns the Tensor itself."""
    @overload
    def renorm(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float, *, out: Any = None) -> Tensor: ...
    @overload
    def renorm(self, p: builtins.float, *, axis: builtins.int, maxnorm: builtins.float, out: Any = None) -> Tensor: ...
    @overload
    def renorm_(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float) -> Self: ...
    @overload
    def renorm_(self, p: builtins.float, *, axis: builtins.int, maxnorm: builtins.float) -> Self: ...
    def repeat(self, *reps: Any, repeats: Any = None) -> Tensor:
        """repeats[i] copies along dimension i; more entries than dimensions add leading ones. A copy."""
    def repeat_interleave(self, repeats: Any, dim: builtins.int | None = None, *, output_size: builtins.int | None = None, axis: builtins.int | None = None, out: Any = None) -> Tensor:
        """Each element `repeats` times in a row along `dim`; without `dim`, of the flattened Tensor."""
    @property
    def require_grad(self) -> Any: ...
    @require_grad.setter
    def require_grad(self, value: Any) -> None: ...
    @property
    def requires_grad(self) -> builtins.bool: ...
    @requires_grad.setter
    def requires_grad(self, value: Any) -> None: ...
    def requires_grad_(self, requires_grad: builtins.bool = True) -> Self:
        """Make this Tensor a leaf that requires grad, or a constant. Raises GraphError on a computed value."""
    def reshape(self, *sizes: Any, shape: Any = None) -> Tensor:
        """The same elements in row-major order under another shape: a view where the memory allows, else a copy."""
    def reshape_as(self, other: Any) -> Tensor:
        """`reshape` with the shape of `other`."""
    def resize_(self, *sizes: Any, memory_format: Any = None) -> Self:
        """See `autograd.resize_`."""
    def resize_as_(self, the_template: Any, *, memory_format: Any = None) -> Self:
        """See `autograd.resize_as_`."""
    def resolve_conj(self) -> Tensor:
        """The Tensor itself: it is not complex."""
    def resolve_neg(self) -> Tensor:
        """The Tensor itself: it is not complex."""
    def retain_grad(self) -> None:
        """Let backward fill `.grad` of this computed Tensor too."""
    @property
    def retains_grad(self) -> builtins.bool: ...
    def roll(self, shifts: Any, dims: Any = None, *, axes: Any = None, out: Any = None) -> Tensor:
        """Moved by `shifts` along `dims`; what leaves at one end comes in at the other. Ints or tuples."""
    def rot90(self, k: builtins.int = 1, dims: Any = ..., *, axes: Any = ..., out: Any = None) -> Tensor:
        """Turned k times by 90 degrees from the first of `dims` towards the second."""
    def round(self, *, decimals: builtins.int = 0, out: Any = None) -> Tensor:
        """Rounded to `decimals` places, halves to even. Gradient 0."""
    def round_(self, *, decimals: builtins.int = 0) -> Self:
        """In-place form of `round`. Returns the Tensor itself."""
    def rsqrt(self) -> Tensor:
        """1 / sqrt(x); int -> float."""
    def rsqrt_(self) -> Self:
        """In-place form of `rsqrt`. Returns the Tensor itself."""
    @overload
    def scatter(self, dim: builtins.int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None, out: Any = None) -> Tensor: ...
    @overload
    def scatter(self, *, axis: builtins.int, index: Any, src: Any = None, value: Any = None, reduce: str | None = None, out: Any = None) -> Tensor: ...
    @overload
    def scatter_(self, dim: builtins.int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Self: ...
    @overload
    def scatter_(self, *, axis: builtins.int, index: Any, src: Any = None, value: Any = None, reduce: str | None = None) -> Self: ...
    @overload
    def scatter_add(self, dim: builtins.int, index: Any, src: Any, *, out: Any = None) -> Tensor: ...
    @overload
    def scatter_add(self, *, axis: builtins.int, index: Any, src: Any, out: Any = None) -> Tensor: ...
    @overload
    def scatter_add_(self, dim: builtins.int, index: Any, src: Any) -> Self: ...
    @overload
    def scatter_add_(self, *, axis: builtins.int, index: Any, src: Any) -> Self: ...
    @overload
    def scatter_reduce(self, dim: builtins.int, index: Any, src: Any, reduce: str, *, include_self: builtins.bool = True, out: Any = None) -> Tensor: ...
    @overload
    def scatter_reduce(self, *, axis: builtins.int, index: Any, src: Any, reduce: str, include_self: builtins.bool = True, out: Any = None) -> Tensor: ...
    @overload
    def scatter_reduce_(self, dim: builtins.int, index: Any, src: Any, reduce: str, *, include_self: builtins.bool = True) -> Self: ...
    @overload
    def scatter_reduce_(self, *, axis: builtins.int, index: Any, src: Any, reduce: str, include_self: builtins.bool = True) -> Self: ...
    @overload
    def select(self, dim: builtins.int, index: builtins.int) -> Tensor: ...
    @overload
    def select(self, *, axis: builtins.int, index: builtins.int) -> Tensor: ...
    @overload
    def select_scatter(self, src: Any, dim: builtins.int, index: builtins.int, *, out: Any = None) -> Tensor: ...
    @overload
    def select_scatter(self, src: Any, *, axis: builtins.int, index: builtins.int, out: Any = None) -> Tensor: ...
    def sgn(self) -> Tensor:
        """-1, 0 or 1; NaN for NaN. Gradient 0."""
    def sgn_(self) -> Self:
        """In-place form of `sgn`. Returns the Tensor itself."""
    @property
    def shape(self) -> Size: ...
    def share_memory_(self) -> Self:
        """The Tensor itself: it is not complex."""
    def short(self) -> Tensor:
        """In int16, rounded towards 0; a constant."""
    def sigmoid(self) -> Tensor:
        """1 / (1 + exp(-x)) without overflow, precise also where it is tiny."""
    def sigmoid_(self) -> Self:
        """In-place form of `sigmoid`. Returns the Tensor itself."""
    def sign(self) -> Tensor:
        """-1, 0 or 1; NaN for NaN. Gradient 0."""
    def sign_(self) -> Self:
        """In-place form of `sign`. Returns the Tensor itself."""
    def signbit(self) -> Tensor:
        """Is the sign bit set (also of -0.0)?"""
    def sin(self) -> Tensor:
        """The sine of x in radians; int -> float."""
    def sin_(self) -> Self:
        """In-place form of `sin`. Returns the Tensor itself."""
    def sinc(self, *, out: Any = None) -> Tensor:
        """sin(pi x) / (pi x), and 1 at 0; int -> float. All derivatives are precise near 0."""
    def sinc_(self) -> Self:
        """In-place form of `sinc`. Returns the Tensor itself."""
    def sinh(self) -> Tensor:
        """The hyperbolic sine; int -> float."""
    def sinh_(self) -> Self:
        """In-place form of `sinh`. Returns the Tensor itself."""
    @overload
    def size(self) -> Size: ...
    @overload
    def size(self, dim: None) -> Size: ...
    @overload
    def size(self, dim: builtins.int) -> builtins.int: ...
    @overload
    def size(self, *, axis: builtins.int) -> builtins.int: ...
    def slice_scatter(self, src: Any, dim: builtins.int = 0, start: builtins.int | None = None, end: builtins.int | None = None, step: builtins.int = 1, *, axis: builtins.int = 0, out: Any = None) -> Tensor:
        """A copy with the elements start:end:step along `dim` replaced by `src`."""
    def slogdet(self, *, out: Any = None) -> SlogdetResult:
        """Sign and logarithm of the absolute value of the determinant; see `linalg.slogdet`."""
    @overload
    def softmax(self, dim: Any, dtype: Any = None) -> Tensor: ...
    @overload
    def softmax(self, *, axis: Any, dtype: Any = None) -> Tensor: ...
    def sort(self, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = False, *, axis: builtins.int = -1, out: Any = None) -> ValuesIndices[Tensor]:
        """(values, indices) along `dim` in order. Equal elements keep their order, `stable` or not; NaN is the largest."""
    @overload
    def split(self, split_size_or_sections: Any, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def split(self, *, split_size: Any, dim: builtins.int = 0, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
    def split_with_sizes(self, split_sizes: Any, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]:
        """Pieces of the given sizes, which add up to the dimension."""
    def sqrt(self) -> Tensor:
        """The root of x; int -> float. NaN below 0, gradient inf at 0."""
    def sqrt_(self) -> Self:
        """In-place form of `sqrt`. Returns the Tensor itself."""
    def square(self) -> Tensor:
        """x²."""
    def square_(self) -> Self:
        """In-place form of `square`. Returns the Tensor itself."""
    def squeeze(self, dim: Any = None, *, axis: Any = None) -> Tensor:
        """Without the dimensions of size 1: all of them, or those in `dim` (an int or a tuple). Others stay."""
    def squeeze_(self, dim: Any = None, *, axis: Any = None) -> Self:
        """In-place form of `squeeze`. Returns the Tensor itself."""
    def std(self, dim: Any = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Square root of the variance; arguments as in `var`. Where all elements are equal the gradient is 0."""
    def storage_offset(self) -> builtins.int:
        """How many elements lie in memory before the first one."""
    @overload
    def stride(self) -> tuple[builtins.int, ...]: ...
    @overload
    def stride(self, dim: builtins.int) -> builtins.int: ...
    @overload
    def stride(self, *, axis: builtins.int) -> builtins.int: ...
    def sub(self, other: Any, alpha: Any = 1) -> Tensor:
        """self - alpha * other. `other`: a Tensor, an array or a number. Not defined for two bools."""
    def sub_(self, other: Any, alpha: Any = 1) -> Self:
        """In-place form of `sub`. Returns the Tensor itself."""
    def subtract(self, other: Any, alpha: Any = 1) -> Tensor:
        """self - alpha * other. `other`: a Tensor, an array or a number. Not defined for two bools."""
    def subtract_(self, other: Any, alpha: Any = 1) -> Self:
        """In-place form of `sub`. Returns the Tensor itself."""
    def sum(self, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Sum over `dim`; 0 over no elements. Bools and integers are summed as int64."""
    def sum_to_size(self, *size: Any) -> Tensor:
        """Summed over the dimensions that `expand` from `size` would have repeated: its transpose."""
    def svd(self, some: builtins.bool = True, compute_uv: builtins.bool = True) -> SVDResult:
        """See `autograd.svd`."""
    @overload
    def swapaxes(self, dim0: builtins.int, dim1: builtins.int) -> Tensor: ...
    @overload
    def swapaxes(self, *, axis0: builtins.int, axis1: builtins.int) -> Tensor: ...
    @overload
    def swapaxes_(self, dim0: builtins.int, dim1: builtins.int) -> Self: ...
    @overload
    def swapaxes_(self, *, axis0: builtins.int, axis1: builtins.int) -> Self: ...
    @overload
    def swapdims(self, dim0: builtins.int, dim1: builtins.int) -> Tensor: ...
    @overload
    def swapdims(self, *, axis0: builtins.int, axis1: builtins.int) -> Tensor: ...
    @overload
    def swapdims_(self, dim0: builtins.int, dim1: builtins.int) -> Self: ...
    @overload
    def swapdims_(self, *, axis0: builtins.int, axis1: builtins.int) -> Self: ...
    def t(self) -> Tensor:
        """The transpose of a matrix; Tensors of fewer dimensions as they are."""
    def t_(self) -> Self:
        """In-place form of `t`. Returns the Tensor itself."""
    def take(self, index: Any, *, out: Any = None) -> Tensor:
        """Elements of the flattened Tensor at the integers `index`, shaped like it; negatives count from the end."""
    def take_along_dim(self, indices: Any, dim: builtins.int | None = None, *, axis: builtins.int | None = None, out: Any = None) -> Tensor:
        """Elements at `indices` along `dim`, which argmax and argsort give; x and indices are broadcast elsewhere."""
    def tan(self) -> Tensor:
        """The tangent of x in radians; int -> float."""
    def tan_(self) -> Self:
        """In-place form of `tan`. Returns the Tensor itself."""
    def tanh(self) -> Tensor:
        """The hyperbolic tangent; int -> float."""
    def tanh_(self) -> Self:
        """In-place form of `tanh`. Returns the Tensor itself."""
    @overload
    def tensor_split(self, indices_or_sections: Any, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def tensor_split(self, *, sections: Any, dim: builtins.int = 0, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def tensor_split(self, *, indices: Any, dim: builtins.int = 0, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def tensor_split(self, *, tensor_indices_or_sections: Any, dim: builtins.int = 0, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
    def tile(self, *reps: Any, dims: Any = None, axes: Any = None) -> Tensor:
        """dims[i] copies along dimension i, as NumPy's tile: missing leading entries of either count as 1."""
    def to(self, *args: Any, dtype: Any = None, device: Any = None, other: Any = None, non_blocking: builtins.bool = False, copy: builtins.bool = False, memory_format: Any = None) -> Tensor:
        """The same values in another dtype: `to(dtype)`, `to("cpu")`, `to("cpu", dtype)` or `to(other)`."""
    def to_dense(self) -> Any:
        """See `autograd.to_dense`."""
    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """The Tensor itself: there is one device, "cpu", and another one is refused. The array API standard's name."""
    def tolist(self) -> Any:
        """Nested lists of Python numbers; constants."""
    def topk(self, k: builtins.int, dim: builtins.int = -1, largest: builtins.bool = True, sorted: builtins.bool = True, *, axis: builtins.int = -1, out: Any = None) -> ValuesIndices[Tensor]:
        """(values, indices) of the `k` largest elements along `dim`, or smallest: in order, `sorted` or not."""
    def trace(self, *, out: Any = None) -> Tensor:
        """The sum of the main diagonal of a matrix."""
    @overload
    def transpose(self, dim0: builtins.int, dim1: builtins.int) -> Tensor: ...
    @overload
    def transpose(self, *, axis0: builtins.int, axis1: builtins.int) -> Tensor: ...
    @overload
    def transpose_(self, dim0: builtins.int, dim1: builtins.int) -> Self: ...
    @overload
    def transpose_(self, *, axis0: builtins.int, axis1: builtins.int) -> Self: ...
    def triangular_solve(self, A: Any, upper: builtins.bool = True, transpose: builtins.bool = False, unitriangular: builtins.bool = False) -> Any:
        """See `autograd.triangular_solve`."""
    def tril(self, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
        """The lower triangles of the last two dimensions: zeros above the given diagonal."""
    def tril_(self, diagonal: builtins.int = 0) -> Self:
        """In-place form of `tril`. Returns the Tensor itself."""
    def triu(self, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
        """The upper triangles of the last two dimensions: zeros below the given diagonal."""
    def triu_(self, diagonal: builtins.int = 0) -> Self:
        """In-place form of `triu`. Returns the Tensor itself."""
    def true_divide(self, other: Any) -> Tensor:
        """input / other; integers -> float."""
    def true_divide_(self, other: Any) -> Self:
        """In-place form of `div`. Returns the Tensor itself."""
    def trunc(self) -> Tensor:
        """Rounded towards 0. Gradient 0."""
    def trunc_(self) -> Self:
        """In-place form of `trunc`. Returns the Tensor itself."""
    def type(self, dtype: Any = None) -> Any:
        """In another dtype, also by PyTorch's names of classes (`FloatTensor`); without one, that name."""
    def type_as(self, other: Tensor) -> Tensor:
        """In the dtype of `other`."""
    def unbind(self, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]:
        """Each slice along a dimension, without that dimension. What iterating over a Tensor gives for dimension 0."""
    @overload
    def unflatten(self, dim: builtins.int, sizes: Any) -> Tensor: ...
    @overload
    def unflatten(self, *, axis: builtins.int, sizes: Any) -> Tensor: ...
    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Tensor:
        """All windows of `size` elements along a dimension, `step` apart: (..., windows, ..., size). A view."""
    def uniform_(self, low: builtins.float = 0.0, high: builtins.float = 1.0, *, generator: Any = None, to: builtins.float = 1.0) -> Self:
        """Uniform in [low, high)."""
    def unique(self, sorted: builtins.bool = True, return_inverse: builtins.bool = False, return_counts: builtins.bool = False, dim: builtins.int | None = None, *, axis: builtins.int | None = None) -> Any:
        """The distinct elements in ascending order, or with `dim` the distinct slices. NaNs are distinct."""
    def unique_consecutive(self, return_inverse: builtins.bool = False, return_counts: builtins.bool = False, dim: builtins.int | None = None, *, axis: builtins.int | None = None) -> Any:
        """x, flattened, or its slices along `dim`, without those that equal the one before."""
    def unsafe_chunk(self, chunks: builtins.int, dim: builtins.int = 0) -> Any:
        """See `autograd.unsafe_chunk`."""
    def unsafe_split(self, split_size: Any, dim: builtins.int = 0) -> Any:
        """See `autograd.unsafe_split`."""
    def unsafe_split_with_sizes(self, split_sizes: Any, dim: builtins.int = 0) -> Any:
        """See `autograd.unsafe_split_with_sizes`."""
    @overload
    def unsqueeze(self, dim: builtins.int) -> Tensor: ...
    @overload
    def unsqueeze(self, *, axis: builtins.int) -> Tensor: ...
    @overload
    def unsqueeze_(self, dim: builtins.int) -> Self: ...
    @overload
    def unsqueeze_(self, *, axis: builtins.int) -> Self: ...
    def var(self, dim: Any = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
        """Variance over `dim`: the squared deviations from the mean, summed and divided by n - correction."""
    @overload
    def vdot(self, tensor: Any, *, out: Any = None) -> Tensor: ...
    @overload
    def vdot(self, *, other: Any, out: Any = None) -> Tensor: ...
    def view(self, *sizes: Any, size: Any = None, dtype: Any = None) -> Tensor:
        """The same memory under another shape (or, for constants, another dtype); one size may be -1."""
    def view_as(self, other: Any) -> Tensor:
        """`view` with the shape of `other`."""
    @overload
    def vsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]: ...
    @overload
    def vsplit(self, *, sections: Any) -> tuple[Tensor, ...]: ...
    @overload
    def vsplit(self, *, indices: Any) -> tuple[Tensor, ...]: ...
    def where(self, condition: Any, other: Any) -> Tensor:
        """self where `condition`, else `other`; see `autograd.where`."""
    def xlogy(self, other: Any) -> Tensor:
        """input * log(other); 0 where `input` is 0, unless `other` is NaN."""
    def xlogy_(self, other: Any) -> Self:
        """In-place form of `xlogy`. Returns the Tensor itself."""
    def zero_(self) -> Self:
        """Fill with zeros."""
