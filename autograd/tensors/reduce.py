"""Methods that reduce along dimensions."""

from __future__ import annotations

import math
from typing import Any, Self, overload

import numpy as np

from ..errors import DTypeError, NoRuleError, SettingError, ShapeError
from ..ops import reduce as ops
from .core import Array, Core, array_of, get_default_dtype, int64, operand, wrap
from .dims import axis_of, check_nonempty, normalize_dim
from .method import implements, method, refuse
from .promotion import cast
from .results import MinMax, ValuesIndices, picked
from .run import apply

_LONG = {"bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long"}


def type_name(dtype: np.dtype[Any]) -> str:
    """PyTorch's name of an element type, for error messages: Long for int64."""
    return _LONG.get(dtype.name, dtype.name)


def floating(x: Any) -> Any:
    """`x` itself, or integers and bools as the default floating point dtype."""
    return x if x._array.dtype.kind == "f" else cast(x, get_default_dtype())


def _summand(x: Any, dtype: Any) -> Any:
    """`x` as it is summed: as `dtype` if there is one; integers and bools as int64."""
    if dtype is not None:
        return cast(x, np.dtype(dtype))
    return x if x._array.dtype.kind == "f" else cast(x, int64)


def _need_float(x: Any, dtype: Any, message: str) -> Any:
    """`x` as `dtype`; raise DTypeError with `message` unless that is floating point."""
    wanted = x._array.dtype if dtype is None else np.dtype(dtype)
    if wanted.kind != "f":
        raise DTypeError(f"{message.format(type_name(wanted))}: convert the input with .float()")
    return x if dtype is None else cast(x, wanted)


_MEAN = "could not infer output dtype. {} dtype must be either a floating point or complex dtype. Got: {{}}"
_VAR = "{}: std and var only support floating point and complex dtypes, got {{}}"


def _corrected(function: str, dim: Any, unbiased: Any, correction: Any) -> tuple[Any, float]:
    """dim and correction from PyTorch's two ways to call var: (dim, unbiased) and (unbiased)."""
    if isinstance(dim, bool):
        if unbiased is not None:
            raise TypeError(f"{function}: dim must be an int, a tuple of ints or None, got {dim}")
        dim, unbiased = None, dim
    if unbiased is None:
        return dim, 1 if correction is None else correction
    if correction is not None:
        raise TypeError(f"{function}: give correction or unbiased, not both")
    return dim, int(unbiased)


def _nuclear(x: Any, dim: Any, keepdim: bool) -> Any:
    """The sum of the singular values of the matrices in two dimensions."""
    from .decompose import svdvals

    row, column = [normalize_dim("norm", each, x._array.ndim) for each in dim]
    z = svdvals(x.movedim((row, column), (-2, -1))).sum(-1)
    for each in sorted((row, column)) if keepdim else ():
        z = z.unsqueeze(each)
    return z


class Reduce(Core):
    """Sums, means, extremes, norms.

    `dim` is an int or a tuple of ints, negative ones count from the end; None and () mean all dimensions. `keepdim`
    leaves the reduced dimensions in the result, with size 1. A dimension that does not exist raises ShapeError.
    """

    __slots__ = ()

    # ------------------------------------------------------------------------------------------- sums and products

    @method
    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """Sum over `dim`; 0 over no elements. Bools and integers are summed as int64.

        dtype   convert to this before summing

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).sum(0).tolist()
        [4.0, 6.0]
        """
        x = self if dtype is None and self._array.dtype.kind == "f" else _summand(self, dtype)
        axis = None if dim is None else axis_of("sum", dim, self._array.ndim)
        return apply(ops.sum, x, axis=axis, keepdims=keepdim)

    @method
    def nansum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """Sum over `dim` with NaN counted as 0; NaNs receive gradient 0."""
        x = _summand(self, dtype)
        return apply(ops.nansum, x, axis=axis_of("nansum", dim, self._array.ndim), keepdims=keepdim)

    @method
    def mean(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """Mean over `dim`; NaN over no elements. Raises DTypeError for integers: give a floating point `dtype`."""
        if dtype is None and self._array.dtype.kind == "f":
            x: Any = self
        else:
            x = _need_float(self, dtype, "mean(): " + _MEAN.format("Input" if dtype is None else "Optional"))
        axis = None if dim is None else axis_of("mean", dim, self._array.ndim)
        return apply(ops.mean, x, axis=axis, keepdims=keepdim)

    @method
    def nanmean(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """Mean over `dim` of the elements that are not NaN; NaN where there is none."""
        x = _need_float(self, dtype, "nanmean(): expected input to have floating point or complex dtype but got {}")
        axis: Any = axis_of("nanmean", dim, self._array.ndim)
        if x._array.dtype == np.float16:
            return cast(Reduce.nanmean(cast(x, np.dtype(np.float32)), dim, keepdim), x._array.dtype)
        count = np.asarray(ops.add_reduce(~np.isnan(x._array), axis=axis, dtype=x._array.dtype, keepdims=keepdim))
        return apply(ops.nansum, x, axis=axis, keepdims=keepdim) / wrap(np.where(count, count, math.nan))

    @method
    def prod(self, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """Product over `dim` (one dimension, or None for all); 1 over no elements. Bools and integers become int64.

        The gradient is right where elements are 0, to any order: it never divides by them.
        """
        axis = None if dim is None else normalize_dim("prod", dim, self._array.ndim)
        if self._array.ndim == 0:
            axis = None
        return apply(ops.prod, _summand(self, dtype), axis=axis, keepdims=keepdim)

    # --------------------------------------------------------------------------------------------------- variance

    @method
    def var(self, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None) -> Self:
        """Variance over `dim`: the squared deviations from the mean, summed and divided by n - correction.

        correction   default 1 (Bessel); 0 divides by n
        unbiased     PyTorch's older spelling: True is correction=1, False is 0; may stand alone: `var(False)`

        NaN where n <= correction. Raises DTypeError for integers.
        """
        return self._spread(ops.var, "var", dim, unbiased, keepdim, correction)

    @method
    def std(self, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None) -> Self:
        """Square root of the variance; arguments as in `var`. Where all elements are equal the gradient is 0."""
        return self._spread(ops.std, "std", dim, unbiased, keepdim, correction)

    def _spread(self, op: Any, function: str, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Self:
        dim, correction = _corrected(function, dim, unbiased, correction)
        x = _need_float(self, None, _VAR.format(function))
        axis = None if dim is None else axis_of(function, dim, self._array.ndim)
        return apply(op, x, axis=axis, correction=correction, keepdims=keepdim)

    # --------------------------------------------------------------------------------------------------- extremes

    @overload
    def max(self) -> Self: ...
    @overload
    def max(self, dim: int, keepdim: bool = False) -> ValuesIndices[Self]: ...
    @overload
    def max(self, dim: Core | Array) -> Self: ...
    @overload
    def max(self, *, other: Core | Array) -> Self: ...
    @method
    def max(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        """Largest elements, in three forms.

        max()               of all elements; ties share the gradient evenly
        max(dim, keepdim)   along one dimension: (values, indices); the gradient goes to the index, the first of ties
        max(other)          elementwise, the same as `maximum`

        NaN wins. Raises ShapeError over no elements.
        """
        return self._extreme("max", ops.amax, np.argmax, dim, keepdim, other)

    @overload
    def min(self) -> Self: ...
    @overload
    def min(self, dim: int, keepdim: bool = False) -> ValuesIndices[Self]: ...
    @overload
    def min(self, dim: Core | Array) -> Self: ...
    @overload
    def min(self, *, other: Core | Array) -> Self: ...
    @method
    def min(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        """Smallest elements; the same three forms as `max`."""
        return self._extreme("min", ops.amin, np.argmin, dim, keepdim, other)

    def _extreme(self, function: str, op: Any, arg: Any, dim: Any, keepdim: bool, other: Any) -> Any:
        if isinstance(dim, (Core, np.ndarray)):
            other = dim
        if other is not None:
            return getattr(self, function + "imum")(other)
        if dim is not None:
            return self._where(function, arg, dim, keepdim)
        check_nonempty(function, self._array.shape, None)
        return apply(op, self, axis=None, keepdims=keepdim)

    def _where(self, function: str, arg: Any, dim: Any, keepdim: bool) -> ValuesIndices[Self]:
        axis = normalize_dim(function, dim, self._array.ndim)
        check_nonempty(function, self._array.shape, axis)
        if self._array.ndim == 0:
            return picked(self, 0, axis)
        return picked(self, arg(self._array, axis=axis, keepdims=True), axis, keepdim)

    @method
    def amax(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Largest element over `dim`; NaN wins; ties share the gradient evenly. Raises ShapeError over no elements."""
        axis = axis_of("amax", dim, self._array.ndim)
        check_nonempty("amax", self._array.shape, axis)
        return apply(ops.amax, self, axis=axis, keepdims=keepdim)

    @method
    def amin(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Smallest element over `dim`; NaN wins; ties share the gradient evenly. Raises ShapeError over no elements."""
        axis = axis_of("amin", dim, self._array.ndim)
        check_nonempty("amin", self._array.shape, axis)
        return apply(ops.amin, self, axis=axis, keepdims=keepdim)

    @method
    def aminmax(self, *, dim: int | None = None, keepdim: bool = False) -> MinMax[Self]:
        """(min, max) over one dimension or all; as `amin` and `amax`."""
        axis = axis_of("aminmax", dim, self._array.ndim)
        check_nonempty("aminmax", self._array.shape, axis)
        return MinMax(*[apply(op, self, axis=axis, keepdims=keepdim) for op in (ops.amin, ops.amax)])

    @method
    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Where the largest element stands along `dim`, or in row-major order: int64; the first of ties or NaNs."""
        return self._arg("argmax", np.argmax, dim, keepdim)

    @method
    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Where the smallest element stands along `dim`, or in row-major order: int64; the first of ties or NaNs."""
        return self._arg("argmin", np.argmin, dim, keepdim)

    def _arg(self, function: str, arg: Any, dim: Any, keepdim: bool) -> Self:
        array = self._array
        axis = None if dim is None else normalize_dim(function, dim, array.ndim)
        check_nonempty(function, array.shape, axis)
        return wrap(np.asarray(arg(array, axis=axis if array.ndim else None, keepdims=keepdim), int64))

    # ---------------------------------------------------------------------------------------- exponentials, norms

    @method
    def logsumexp(self, dim: Any, keepdim: bool = False) -> Self:
        """log(sum(exp(x))) over `dim`, without overflow. All -inf, or no elements: -inf, with gradient 0."""
        axis = axis_of("logsumexp", dim, self._array.ndim)
        return apply(ops.logsumexp, floating(self), axis=axis, keepdims=keepdim)

    @method
    def norm(self, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Self:
        """(sum of |x|**p)**(1/p) over `dim`: the norm of the elements as one vector, also where there are two dims.

        p   a number; "fro" is 2; inf and -inf the largest and smallest |x|; 0 counts the elements that are not 0;
            "nuc" is the sum of the singular values of the matrices in two dimensions

        Elements that are 0 receive gradient 0, so the gradient at the zero vector is 0. Raises DTypeError for integers.
        """
        if p == "fro" or p is None:
            p = 2
        if p == "nuc":
            return _nuclear(self, (-2, -1) if dim is None else dim, keepdim)
        if not isinstance(p, (int, float)):
            raise ShapeError(f"norm: Order {p} not supported: wanted a number or 'fro'; matrix norms are in linalg")
        x = _need_float(self, dtype, "norm: Expected a floating point or complex tensor as input. Got {}")
        return norm_of("norm", x, float(p), dim, keepdim)

    # ------------------------------------------------------------------------------------------------- constants

    @method
    def all(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Is every element over `dim` true (not 0)? bool; true over no elements."""
        axis: Any = axis_of("all", dim, self._array.ndim)
        return wrap(np.all(self._array, axis=axis, keepdims=keepdim))

    @method
    def any(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Is some element over `dim` true (not 0)? bool; false over no elements."""
        axis: Any = axis_of("any", dim, self._array.ndim)
        return wrap(np.any(self._array, axis=axis, keepdims=keepdim))

    @method
    def count_nonzero(self, dim: Any = None) -> Self:
        """How many elements over `dim` are not 0: int64."""
        axis = axis_of("count_nonzero", dim, self._array.ndim)
        return wrap(ops.add_reduce(self._array != 0, axis=axis, dtype=int64))


def norm_of(function: str, x: Any, p: float, dim: Any, keepdim: bool) -> Any:
    """The p-norm over `dim` of a floating point Tensor."""
    axis = axis_of(function, dim, x._array.ndim)
    if p < 0 or p == math.inf:
        shape = x._array.shape
        if 0 in ([shape[a] for a in ops.axes_of(len(shape), axis)]):
            raise ShapeError(
                f"{function}: cannot compute the {p:g} norm on an empty tensor because the operation does not have an "
                f"identity; the shape is {shape}, dim is {dim}"
            )
    return apply(ops.vector_norm, x, p=p, axis=axis, keepdims=keepdim)


def var_mean(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None
) -> tuple[Any, Any]:
    """(variance, mean) over `dim`; arguments as in `Tensor.var`."""
    x: Any = operand(input)
    dim, correction = _corrected("var_mean", dim, unbiased, correction)
    return Reduce.var(x, dim, keepdim=keepdim, correction=correction), _mean(x, dim, keepdim)


def std_mean(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None
) -> tuple[Any, Any]:
    """(standard deviation, mean) over `dim`; arguments as in `Tensor.std`."""
    x: Any = operand(input)
    dim, correction = _corrected("std_mean", dim, unbiased, correction)
    return Reduce.std(x, dim, keepdim=keepdim, correction=correction), _mean(x, dim, keepdim)


def _mean(x: Any, dim: Any, keepdim: bool) -> Any:
    """The mean, also where the sum does not fit into the dtype."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = Reduce.mean(x, dim, keepdim)
    if x._array.size and not np.isfinite(mean._array).all():
        count = float(x._array.size)
        mean = Reduce.mean(x / count, dim, keepdim) * count
    return mean


# ------------------------------------------------------------------------------------------------ NumPy's functions


_NEUTRAL = {
    np.sum: 0.0,
    np.nansum: 0.0,
    np.prod: 1.0,
    np.max: -np.inf,
    np.amax: -np.inf,
    np.min: np.inf,
    np.amin: np.inf,
}


def _of_some(function: Any, a: Any, axis: Any, dtype: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    """A reduction of the elements for which `where` is true: the others count as what changes nothing."""
    mask = wrap(np.broadcast_to(np.asarray(array_of(where), bool), a._array.shape))
    given = {"axis": axis, "keepdims": keepdims}
    if dtype is not None:
        given["dtype"] = dtype
    if function in (np.mean, np.nanmean):
        kept = np.where(mask, a, wrap(np.zeros((), a._array.dtype)))
        count = mask._array & ~np.isnan(a._array) if function is np.nanmean else mask._array
        total = np.nansum if function is np.nanmean else np.sum
        return total(kept, **given) / wrap(np.sum(count, axis=axis, keepdims=keepdims).astype(a._array.dtype))
    if function not in _NEUTRAL:
        raise NoRuleError(f"np.{function.__name__}: where= cannot be recorded")
    if function in (np.max, np.amax, np.min, np.amin) and initial is None:
        raise SettingError(
            f"reduction operation '{function.__name__}' does not have an identity, so to use a where mask one has to "
            "specify 'initial'"
        )
    z = function(np.where(mask, a, wrap(np.asarray(_NEUTRAL[function], a._array.dtype))), **given)
    return z if initial is None else _begun(function, z, initial)


def _begun(function: Any, z: Any, initial: Any) -> Any:
    """A reduction that has begun with a value."""
    how = {np.prod: np.multiply, np.max: np.maximum, np.amax: np.maximum, np.min: np.minimum, np.amin: np.minimum}
    return how.get(function, np.add)(
        z,
        cast(operand(initial), z._array.dtype)
        if isinstance(initial, Core)
        else wrap(np.asarray(initial, z._array.dtype)),
    )


def _numpys(function: Any, ours: Any) -> Any:
    """NumPy's function with (a, axis, dtype, out, keepdims), on Tensors."""
    name = function.__name__

    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: None = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Any:
        refuse(name, out=out)
        if where is not None and where is not True:
            return _of_some(function, a, axis, dtype, keepdims, initial, where)
        z = ours(a, axis, keepdims) if dtype is None else ours(a, axis, keepdims, dtype=dtype)
        return z if initial is None else _begun(function, z, initial)

    return implements(function)(call)


def _product(a: Any, axis: Any, keepdim: bool, **dtype: Any) -> Any:
    if not isinstance(axis, tuple):
        return Reduce.prod(a, axis, keepdim, **dtype)
    shape = a._array.shape
    for dim in ops.axes_of(len(shape), axis):
        a = Reduce.prod(a, dim, True, **dtype)
    return (
        a if keepdim else a.reshape(tuple([n for i, n in enumerate(shape) if i not in ops.axes_of(len(shape), axis)]))
    )


def _average(a: Any, axis: Any, keepdim: bool, dtype: Any = None) -> Any:
    return Reduce.mean(floating(a), axis, keepdim, dtype=dtype)


_numpys(np.sum, Reduce.sum)
_numpys(np.nansum, Reduce.nansum)
_numpys(np.prod, _product)
_numpys(np.mean, _average)
_numpys(np.nanmean, Reduce.nanmean)


def _numpys_var(function: Any, ours: Any) -> Any:
    name = function.__name__

    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: None = None,
        ddof: float = 0,
        keepdims: bool = False,
        *,
        where: Any = None,
        mean: None = None,
        correction: float | None = None,
    ) -> Any:
        refuse(name, out=out, where=where, mean=mean)
        x = floating(a) if dtype is None else cast(a, np.dtype(dtype))
        return ours(x, axis, keepdim=keepdims, correction=ddof if correction is None else correction)

    return implements(function)(call)


_numpys_var(np.var, Reduce.var)
_numpys_var(np.std, Reduce.std)


def _numpys_extreme(functions: tuple[Any, ...], ours: Any) -> Any:
    """NumPy's function with (a, axis, out, keepdims), on Tensors."""
    name = functions[0].__name__

    def call(
        a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None
    ) -> Any:
        refuse(name, out=out)
        if where is not None and where is not True:
            return _of_some(functions[0], a, axis, None, keepdims, initial, where)
        z = ours(a, axis, keepdims)
        return z if initial is None else _begun(functions[0], z, initial)

    return implements(*functions)(call)


_numpys_extreme((np.max, np.amax), Reduce.amax)
_numpys_extreme((np.min, np.amin), Reduce.amin)
_numpys_extreme((np.all,), Reduce.all)
_numpys_extreme((np.any,), Reduce.any)


@implements(np.argmax)
def _argmax(a: Any, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Any:
    refuse("argmax", out=out)
    return Reduce.argmax(a, axis, keepdims)


@implements(np.argmin)
def _argmin(a: Any, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Any:
    refuse("argmin", out=out)
    return Reduce.argmin(a, axis, keepdims)


@implements(np.count_nonzero)
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return Reduce.sum(wrap(a._array != 0), axis, keepdims)
