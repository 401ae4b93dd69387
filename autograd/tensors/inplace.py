"""`x += y`, `x[i] = v`, `zero_`, `copy_` and their kin: the methods that write into a Tensor's memory, by `rewrite`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from ..errors import InplaceError, ShapeError
from ..modes import state
from ..records import Leaf, Record
from .calls import broadcast_misfit
from .core import Core, StandIn, array_of, wrap
from .index import plain_index
from .rewrite import check_unambiguous, check_writable, is_tracked, made_whole, note_write, put, succeed, update


def _elementwise(name: str) -> Callable[..., Any]:
    """The in-place form of a method: the method itself on the old value, written back."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        function = getattr(type(self), name)
        return update(self, f"{name}_", function, *args, **kwargs)

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"In-place form of `{name}`. Returns the Tensor itself."
    return method


def _restructuring(name: str) -> Callable[..., Any]:
    """The in-place form of a method that returns a view: this Tensor becomes that view."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_writable(self, f"{name}_")
        check_unambiguous(self, f"{name}_", is_tracked(self, ()))
        before = state.tape
        if type(self._node) is Record:  # the values stay what they were, whatever is being recorded
            state.tape = state.home
        try:
            view = getattr(type(self), name)(wrap(self._array, self._node), *args, **kwargs)
        finally:
            state.tape = before
        self._array = view._array
        if isinstance(self._node, Leaf):  # which nothing but `no_grad` lets come here
            self._node.shape = self._array.shape
        else:
            succeed(self, view._node)
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"In-place form of `{name}`. Returns the Tensor itself."
    return method


def _arithmetic(name: str, ufunc: np.ufunc) -> Callable[..., Any]:
    """The in-place form of + - * /: straight into the memory when nothing is being recorded."""
    general = _elementwise(name)

    def method(self: Any, other: Any, alpha: Any = None, **settings: Any) -> Any:
        if alpha is not None:
            settings["alpha"] = alpha
        dtype = self._array.dtype
        b = array_of(other) if isinstance(other, Core) else other
        direct = (
            not isinstance(self._array, StandIn)
            and not settings
            and (isinstance(b, (int, float)) or (type(b) is np.ndarray and b.dtype == dtype))
        )
        if not direct or dtype.kind != "f" or is_tracked(self, (other,)):
            return general(self, other, **settings)
        check_writable(self, f"{name}_")
        note_write(self, f"{name}_")
        a = self._array
        try:
            ufunc(a, b, out=a)
        except ValueError:
            values = np.asarray(b)
            raise broadcast_misfit(f"{name}_", a, values) or ShapeError(
                f"{name}_: output with shape {list(a.shape)} doesn't match the broadcast shape "
                f"{list(np.broadcast_shapes(a.shape, values.shape))}"
            ) from None
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = general.__doc__
    return method


class InPlace(Core):
    """add_, mul_, zero_, copy_, x[i] = v and their kin: each returns the Tensor itself."""

    __slots__ = ()

    __iadd__ = add_ = _arithmetic("add", np.add)
    __isub__ = sub_ = subtract_ = _arithmetic("sub", np.subtract)
    __imul__ = mul_ = multiply_ = _arithmetic("mul", np.multiply)
    __itruediv__ = div_ = divide_ = _arithmetic("div", np.true_divide)
    __ifloordiv__ = floor_divide_ = _elementwise("floor_divide")
    __imod__ = remainder_ = _elementwise("remainder")
    __ipow__ = pow_ = _elementwise("pow")
    __iand__ = bitwise_and_ = _elementwise("bitwise_and")
    __ior__ = bitwise_or_ = _elementwise("bitwise_or")
    __ixor__ = bitwise_xor_ = _elementwise("bitwise_xor")
    logical_and_, logical_or_, logical_not_ = (_elementwise(f"logical_{name}") for name in ("and", "or", "not"))

    abs_, neg_, sign_, square_ = (_elementwise(name) for name in ("abs", "neg", "sign", "square"))
    exp_, exp2_, expm1_ = (_elementwise(name) for name in ("exp", "exp2", "expm1"))
    log_, log2_, log10_, log1p_ = (_elementwise(name) for name in ("log", "log2", "log10", "log1p"))
    sqrt_, rsqrt_, reciprocal_ = (_elementwise(name) for name in ("sqrt", "rsqrt", "reciprocal"))
    sin_, cos_, tan_, sinh_, cosh_, tanh_ = (
        _elementwise(name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")
    )
    asin_, acos_, atan_, asinh_, acosh_, atanh_ = (
        _elementwise(name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")
    )
    sigmoid_, relu_, erf_, erfc_, sinc_, logit_ = (
        _elementwise(name) for name in ("sigmoid", "relu", "erf", "erfc", "sinc", "logit")
    )
    ceil_, floor_, round_, trunc_, frac_ = (_elementwise(name) for name in ("ceil", "floor", "round", "trunc", "frac"))
    clamp_, clamp_min_, clamp_max_, clip_ = (_elementwise(name) for name in ("clamp", "clamp_min", "clamp_max", "clip"))
    lerp_, addcmul_, addcdiv_, fmod_, float_power_ = (
        _elementwise(name) for name in ("lerp", "addcmul", "addcdiv", "fmod", "float_power")
    )
    atan2_, hypot_, xlogy_, logical_xor_, bitwise_not_ = (
        _elementwise(name) for name in ("atan2", "hypot", "xlogy", "logical_xor", "bitwise_not")
    )
    tril_, triu_, nan_to_num_, deg2rad_, rad2deg_ = (
        _elementwise(name) for name in ("tril", "triu", "nan_to_num", "deg2rad", "rad2deg")
    )
    cumsum_, cumprod_, addmm_, addmv_, baddbmm_ = (
        _elementwise(name) for name in ("cumsum", "cumprod", "addmm", "addmv", "baddbmm")
    )
    masked_fill_, masked_scatter_ = (_elementwise(name) for name in ("masked_fill", "masked_scatter"))
    index_add_, index_copy_, index_fill_, index_put_ = (
        _elementwise(name) for name in ("index_add", "index_copy", "index_fill", "index_put")
    )
    scatter_, scatter_add_, scatter_reduce_ = (
        _elementwise(name) for name in ("scatter", "scatter_add", "scatter_reduce")
    )
    eq_, ne_, lt_, le_, gt_, ge_ = (_elementwise(name) for name in ("eq", "ne", "lt", "le", "gt", "ge"))
    less_, less_equal_, greater_, greater_equal_, not_equal_ = lt_, le_, gt_, ge_, ne_
    arcsin_, arccos_, arctan_, arcsinh_, arccosh_, arctanh_ = asin_, acos_, atan_, asinh_, acosh_, atanh_
    erfinv_, lgamma_, digamma_, polygamma_, mvlgamma_ = (
        _elementwise(name) for name in ("erfinv", "lgamma", "digamma", "polygamma", "mvlgamma")
    )
    sgn_, copysign_, heaviside_, nextafter_, gcd_, lcm_, ldexp_, addr_, addbmm_, renorm_ = (
        _elementwise(name)
        for name in ("sgn", "copysign", "heaviside", "nextafter", "gcd", "lcm", "ldexp", "addr", "addbmm", "renorm")
    )
    fix_ = trunc_
    absolute_, negative_, arctan2_, true_divide_ = abs_, neg_, atan2_, div_

    unsqueeze_, squeeze_, transpose_, t_ = (_restructuring(name) for name in ("unsqueeze", "squeeze", "transpose", "t"))
    swapaxes_ = swapdims_ = transpose_

    def __setitem__(self, index: Any, value: Any) -> None:
        put(self, "__setitem__", plain_index(index), value)

    def zero_(self) -> Self:
        """Fill with zeros."""
        if state.capture is not None or is_tracked(self, ()):
            return put(self, "zero_", ..., 0)
        check_writable(self, "zero_")
        state.home.overwriting(self._array)
        note_write(self, "zero_")
        self._array.fill(0)
        return self

    def fill_(self, value: Any) -> Self:
        """Fill with a number or a 0-d Tensor."""
        if np.ndim(array_of(value)) != 0:
            raise ShapeError(f"fill_: wanted a number or a 0-d Tensor, got shape {np.shape(array_of(value))}")
        return put(self, "fill_", ..., value)

    def copy_(self, src: Any, non_blocking: bool = False) -> Self:
        """Take over the values of `src`, broadcast and cast to this Tensor's shape and dtype."""
        return put(self, "copy_", ..., src)

    def detach_(self) -> Self:
        """Make this computed Tensor a constant. Views cannot be detached in place."""
        if self._base is not None and not made_whole(self):
            raise InplaceError("detach_: Can't detach views in-place. Use detach() instead.")
        self._node = None
        return self
