"""What a Tensor is made of: an array, and a node that says how it was computed. The methods are in the sibling files.

How an op runs on Tensors and gets onto the tape is in `run`, dtypes are chosen in `promotion`, and functions and
operators of single ops are made in `calls`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from weakref import ref

import numpy as np
from numpy import ndarray as Array

from ..advice import no_tensor
from ..errors import DTypeError
from ..lines import outer
from ..modes import state
from ..records import Leaf, Node
from ..shared import share
from ..writes import owner

T = TypeVar("T")

float16, float32, float64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
bool_, uint8, int64 = np.dtype(np.bool_), np.dtype(np.uint8), np.dtype(np.int64)

_default = float32
"""What Python floats become, and what integers become where a floating point result is due."""


def get_default_dtype() -> np.dtype[Any]:
    """The floating point dtype of new Tensors made from Python floats. float32 unless changed."""
    return _default


def set_default_dtype(d: Any) -> None:
    """Change `get_default_dtype()`: to float32 or float64."""
    global _default
    dtype = np.dtype(d)
    if dtype not in (float32, float64):
        raise DTypeError(f"set_default_dtype: wanted float32 or float64, got {dtype}")
    if state.interpreter is not None:
        state.interpreter.settle("another default dtype")
    _default = dtype
    if state.interpreter is not None:  # once more: what comes now is known under the new dtype
        state.interpreter.settle("another default dtype")


class StandIn:
    """Base of what is handed on in the place of an array as it is: see `program.watched`."""

    __slots__ = ()


class Core:
    """Storage and node of a Tensor; the methods are in the sibling files, `Tensor` puts them together.

    _array   the value
    _node    None for a constant, a `Leaf`, or the `Record` that computed it
    _base    the Tensor whose memory this one looks into, if a view op made it
    _views   the views of this one, if it is no view itself (weak references)
    _fixed   why a recorded write through this view would be ambiguous, if it would be
    _silent  made by `.data`: writes to it are hidden from the tape, as its user wants
    _lent    a gradient that others hold too: copied before it is written to
    _grad    what `.grad` returns
    _tangents  in forward mode: level -> tangent, see `forward.level`
    _spent   of a gradient: has an optimiser used it, and how often has backward added to it since? 0: not used
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_node")
    _array: Array
    _node: Any
    _base: Core | None = None
    _views: list[ref[Core]] | None = None
    _fixed: str | None = None
    _silent: bool = False
    _lent: bool = False
    _grad: Core | None = None
    _spent: int = 0
    _tangents: dict[Any, Any] | None = None
    _apply: ClassVar[Callable[..., Any]]  # `run.apply`: what an op does when it is called on Tensors

    def __init_subclass__(cls, final: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if final:  # what ops return
            global Tensor
            Tensor = cls
            for learn in on_final:
                learn(cls)


Tensor: type[Core] = Core
"""The class that has the methods, once it exists: what operations return."""

on_final: list[Callable[[type[Core]], None]] = []
"""What wants to hear which class that is."""

new = object.__new__


def wrap(array: Any, node: Any = None) -> Any:
    """A Tensor around `array`, without a copy: a constant, if no `node` says otherwise.

    >>> wrap(np.zeros(2, np.float32))
    tensor([0., 0.])
    """
    out = new(Tensor)
    out._array = array if type(array) is np.ndarray else _as_array(array, node)
    out._node = node
    return out


def _as_array(array: Any, node: Any) -> Any:
    """Numbers as an array; a stand-in as it is, but for a constant without what it depends on."""
    if isinstance(array, StandIn) and node is None and hasattr(array, "constant"):
        return array.constant()
    return np.asarray(array)


def new_leaf(tensor: Core) -> None:
    """Make `tensor` a leaf that requires grad."""
    array = tensor._array
    if array.dtype != float32 and array.dtype != float64 and array.dtype != float16:
        raise DTypeError(
            "only Tensors of floating point dtype can require gradients: wanted float16, float32 or float64, got "
            f"{array.dtype}"
        )
    of_all = None if type(array) is np.ndarray else getattr(array, "new_leaf", None)  # of a stand-in for many arrays
    if of_all is not None:
        of_all(tensor)
    else:
        tensor._node = Leaf(tensor, array.shape, array.dtype)


SCALARS = (bool, int, float, np.generic)
OPERANDS = (Core, np.ndarray, *SCALARS, list, tuple)


def array_of(x: Any) -> Array:
    """The array in a Tensor, an array, a number or nested lists. Python floats get the default dtype.

    It is the memory of the Tensor itself: whoever writes to it says so, see `extend.noted`. Raises DTypeError for what
    is no array of numbers.

    >>> array_of([1, 2]).dtype, array_of(0.5).dtype
    (dtype('int64'), dtype('float32'))
    """
    if isinstance(x, Core):
        array = x._array
        return array if type(array) is np.ndarray else np.asarray(array)  # that of a promise, see `replay`
    if type(x) is np.ndarray:
        return x
    if isinstance(x, np.generic):
        return np.asarray(x)
    if isinstance(x, float):
        return np.asarray(x, _default)
    if isinstance(x, (bool, int)):
        return np.asarray(x)
    if x is None or isinstance(x, str) or (isinstance(x, (list, tuple)) and any(map(_holds_tensors, x))):
        raise DTypeError(no_tensor(x))
    if isinstance(x, StandIn):
        stand_in: Any = x
        return stand_in
    array = np.asarray(x)
    if array.dtype == float64 and not hasattr(x, "dtype") and not hasattr(x, "__array__"):
        array = array.astype(_default)
    if array.dtype.kind not in "fiub":
        raise DTypeError(no_tensor(x))
    return array


def sliced(function: Callable[[Array], Any], array: Any) -> Any:
    """function(array), of a stand-in for many arrays that of each: for what looks at values as it goes along."""
    return function(array) if type(array) is np.ndarray else getattr(array, "sliced", lambda f: f(array))(function)


def of_all(function: Callable[[Array], Any], array: Any) -> Any:
    """function(array), a check of elements one by one; of a stand-in for many arrays of the elements of all."""
    return function(array) if type(array) is np.ndarray else getattr(array, "of_all", lambda f: f(array))(function)


def alike(x: Any, array: Array) -> Any:
    """A new array that is to be filled as `x` is: of a stand-in for many arrays, one for each of them."""
    return array if type(x) is np.ndarray else getattr(x, "alike", lambda new: new)(array)


def spec_of(x: Any) -> Any:
    """What has `shape`, `dtype`, `ndim` and `size` of `array_of(x)`: for questions that need no values.

    >>> spec_of([1, 2]).dtype, spec_of(wrap(np.ones((2, 3)))).shape
    (dtype('int64'), (2, 3))
    """
    return x._array if isinstance(x, Core) else array_of(x)


def exact_array(x: Any) -> Array:
    """The same for values that are about to be cast to another dtype: Python floats keep all their digits."""
    if isinstance(x, (float, list, tuple)):
        array = np.asarray(x)
        if array.dtype == float64:
            return array
    return array_of(x)


def _holds_tensors(x: Any) -> bool:
    """Is this a Tensor, or are there some in it, that are more than constant numbers?"""
    if isinstance(x, Core):
        return x._node is not None or x._array.ndim > 0
    return isinstance(x, (list, tuple)) and any(map(_holds_tensors, x))


def _named(function: str, x: Any) -> Array:
    """`array_of` for a function that the error is to name."""
    try:
        return array_of(x)
    except DTypeError as error:
        text = str(error)
        raise DTypeError(text if ": " in text.split("wanted")[0] else f"{function}: {text}") from None


def operand(x: Any, function: str = "") -> Any:
    """`x` as a Tensor: itself, or a constant made of an array, a number or nested lists.

    An array of the user's is taken as a record may keep it (see `writes.Foreign`): `as_tensor` and `from_numpy` share
    its memory, which is asked for there; an operation that is given an array does not. `function` is named in errors.

    >>> operand([1.0, 2.0])
    tensor([1., 2.])
    >>> operand("x", "mean")
    Traceback (most recent call last):
    autograd.errors.DTypeError: mean: wanted a Tensor, an array or numbers, got str
    """
    if isinstance(x, Core):
        return x
    if type(x) is np.ndarray and state.tape is not None and x.dtype.kind == "f":
        return wrap(share(state.tape.took(x, outer(sys._getframe(1)))))
    array = _named(function, x) if function else array_of(x)
    return wrap(share(x) if array is x else array)


def note_view(out: Any, source: Any) -> None:
    """Remember whose memory `out` looks into, and let the owner know its views: in-place writes need both."""
    if not isinstance(source, Core):
        return
    array, base = source._array, out._array.base  # NumPy's views of views refer to whom the memory belongs, too
    seen = base is not None and (base is array or base is array.base)
    if seen or owner(out._array) is owner(array):  # reshape may have copied
        link_view(out, source)


NO_GRAD = "was created in no_grad mode"


def link_view(out: Any, source: Any) -> None:
    """The same where it is certain that `out` looks into the memory of the Tensor `source`."""
    out._base = root = source
    if state.tape is None:
        out._fixed = NO_GRAD
    elif (fixed := source._fixed) is not None:
        out._fixed = fixed
    while (base := root._base) is not None:
        root = base
    if type(root._node) is Leaf:  # one that requires grad cannot be written to while recording
        return
    views = root._views
    if views is None:
        root._views = views = []
    views.append(ref(out))
    if not len(views) % 256:
        views[:] = [view for view in views if view() is not None]


def lend(array: Array) -> Any:
    """A gradient as a Tensor for the user's code, which may write to it: only then is it copied."""
    out = wrap(array)
    out._lent = True
    return out


def node_of(x: Any) -> Node | None:
    """The node of a Tensor; None for constants and everything else."""
    return x._node if isinstance(x, Core) else None
