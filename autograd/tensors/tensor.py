"""What a Tensor is: its gradient, its array, and all families of methods put together."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from .. import engine
from ..errors import GraphError, ShapeError
from ..modes import state
from ..ops.shape import reshape
from ..records import Leaf, Mark, Record
from ..shared import look_again, share
from ..writes import owner
from .activation import Activation
from .convert import Convert
from .core import Core, array_of, get_default_dtype, new_leaf, wrap
from .elementwise import Elementwise
from .hooks import Handle, hooked, retained
from .index import Index
from .inplace import InPlace
from .later import Later
from .linalg import LinAlg
from .new import New, data_array, size_of
from .numpy_protocol import NumPyProtocol
from .piecewise import Piecewise
from .reduce import Reduce
from .rewrite import leave_memory
from .run import apply
from .shape import Shape
from .untracked import warn_at_line


class Tensor(
    Elementwise,
    Piecewise,
    Convert,
    Activation,
    Reduce,
    Shape,
    Index,
    LinAlg,
    InPlace,
    New,
    Later,
    NumPyProtocol,
    Core,
    final=True,
):
    """An array that remembers how it was computed.

    data            anything NumPy can make an array of; what is not floating point becomes the default dtype (float32).
                    Ints, as in Tensor(2, 3), are sizes: zeros of that shape. `autograd.tensor` takes ints as they are
    requires_grad   make it a leaf whose `.grad` backward fills; floating point dtypes only

    Operations are recorded while one of their inputs requires grad; `backward()` then fills `.grad` of the leaves.
    """

    __slots__ = ()
    __hash__ = object.__hash__

    def __init__(self, *data: Any, dtype: Any = None, requires_grad: bool = False) -> None:
        if len(data) == 1 and isinstance(data[0], Size):
            data = tuple(data[0])
        if data and all(type(n) is int for n in data):
            array = np.zeros(size_of("Tensor", data), dtype or get_default_dtype())
        elif len(data) > 1:
            raise TypeError(f"Tensor: wanted data, or sizes as ints, got {len(data)} arguments")
        else:
            array = data_array("Tensor", data[0] if data else (), dtype)
            if dtype is None and array.dtype.kind != "f":
                array = array.astype(get_default_dtype())
        self._array = array
        self._node = None
        if requires_grad:
            new_leaf(self)

    # ------------------------------------------------------------------------------------------------- gradients

    @property
    def grad(self) -> Self | None:
        """What backward has added up for this Tensor; None before the first one. Same shape and dtype.

        Backward fills it for leaves, and after `retain_grad()`; asking a computed Tensor for it gives a warning.
        """
        grad = self._grad
        if grad is None and isinstance(self._node, Record) and not self._retains_grad:
            warn_at_line(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated for "
                "a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. This one is the result of "
                f"{self._node.op} at {self._node.line}; requires_grad_() as the last step makes a leaf"
            )
        return grad  # type: ignore[return-value]

    @grad.setter
    def grad(self, value: Core | None) -> None:
        if value is not None:
            if not isinstance(value, Core):
                raise TypeError(f"grad: wanted a Tensor or None, got {type(value).__name__}")
            if value._array.shape != self._array.shape or value._array.dtype != self._array.dtype:
                raise ShapeError(
                    f"grad: wanted {self._array.dtype} of shape {self._array.shape}, got {value._array.dtype} of shape "
                    f"{value._array.shape}"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def requires_grad(self) -> bool:
        """Does anything computed from this Tensor need its gradient?"""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Make this Tensor a leaf that requires grad, or a constant. Raises GraphError on a computed value."""
        if state.interpreter is not None:
            state.interpreter.settle("requires_grad_")
        if isinstance(self._node, Record):
            if not requires_grad:
                raise GraphError(
                    "requires_grad_: you can only change requires_grad flags of leaf variables; this is the result of "
                    f"{self._node.op} at {self._node.line}. If you want to use a computed variable in a subgraph that "
                    "doesn't require differentiation use x.detach()"
                )
        elif not requires_grad:
            self._node = None
        elif self._node is None:
            new_leaf(self)
        return self

    @property
    def is_leaf(self) -> bool:
        """True for what the user made and for constants; False for results of recorded operations."""
        return not isinstance(self._node, Record)

    @property
    def grad_fn(self) -> GradFn | None:
        """The recorded operation that computed this Tensor; None for leaves and constants."""
        return GradFn(self._node) if isinstance(self._node, Record) else None

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
        *,
        until: Mark | None = None,
    ) -> None:
        """Add the gradient of this Tensor to `.grad` of the leaves it depends on; see `autograd.backward`."""
        gradients = None if gradient is None else (gradient,)
        engine.backward(self, gradients, retain_graph, create_graph, inputs=inputs, until=until)

    def detach(self) -> Self:
        """The same memory as a constant: no gradient flows through it."""
        return wrap(self._array)

    def retain_grad(self) -> None:
        """Let backward fill `.grad` of this computed Tensor too."""
        if self._node is None:
            raise GraphError("retain_grad: can't retain_grad on Tensor that has requires_grad=False")
        if isinstance(self._node, Record) and not self.retains_grad:
            self._retains_grad = True
            retained(self, state.home, self._node)

    _retains_grad = False

    @property
    def retains_grad(self) -> bool:
        """Has `retain_grad` been called on this computed Tensor?"""
        return self._retains_grad and isinstance(self._node, Record)

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call `hook(gradient)` when backward has computed the gradient of this Tensor; what it returns replaces it.

        Returns a handle with `remove()`.
        """
        node = self._node
        if node is None:
            raise GraphError("register_hook: cannot register a hook on a tensor that doesn't require gradient")
        if isinstance(node, Leaf):
            if node.hooks is None:
                node.hooks = {}
            return Handle(node.hooks, hook)

        def entry(g: Any) -> Any:
            return engine.run_hook(hook, g)

        return Handle(hooked(state.home, node, entry), entry)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call `hook(tensor)` whenever backward has added to `.grad` of this leaf. Returns a handle with `remove()`."""
        node = self._node
        if not isinstance(node, Leaf):
            raise GraphError(
                "register_post_accumulate_grad_hook: post accumulate grad hooks cannot be registered on "
                "non-leaf tensors"
            )
        if node.after is None:
            node.after = {}
        return Handle(node.after, hook)

    # ----------------------------------------------------------------------------------------------- the array

    @property
    def data(self) -> Self:
        """The same memory as a constant. Assigning replaces the array.

        A write to it is hidden: it is no part of the computation, and a pending backward that kept the old values goes
        on with the new ones without a word. `detach()` has the same memory too, but there such a backward raises.
        """
        out = wrap(self._array)
        out._silent = True
        return out

    @data.setter
    def data(self, value: Any) -> None:
        if state.interpreter is not None:
            state.interpreter.settle("setting `data` of a value")
        leave_memory(self)
        self._array = array_of(value)
        if isinstance(value, np.ndarray):
            share(value)
        if isinstance(self._node, Leaf):
            self._node.shape, self._node.dtype = self._array.shape, self._array.dtype

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self._array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        dtype: np.dtype[Any] = self._array.dtype
        return dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def __reduce_ex__(self, protocol: Any) -> Any:
        _check_leaf(self)
        state = {key: value for key, value in self.__dict__.items() if key not in _OWN}
        return _restored, (type(self), self._array, self._node is not None, self._grad, state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        _check_leaf(self)
        grad = None if self._grad is None else copy.deepcopy(self._grad, memo)
        state = {key: copy.deepcopy(value, memo) for key, value in self.__dict__.items() if key not in _OWN}
        twin = _restored(type(self), self._array.copy(), self._node is not None, grad, state)
        memo[id(self)] = twin
        look_again(twin)
        return twin

    def __copy__(self) -> Self:
        """The same memory; of a computed Tensor a view, so that gradients flow through it."""
        if isinstance(self._node, Record):
            out: Self = apply(reshape, self, shape=self._array.shape)
            for key, value in self.__dict__.items():
                if key not in _OWN:
                    setattr(out, key, value)
            return out
        return _restored(type(self), self._array, self._node is not None, self._grad, self.__dict__)

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return int(self._array.shape[0])

    def __iter__(self) -> Iterator[Self]:
        if self._array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind())  # type: ignore[attr-defined]

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise ShapeError(
                f"Boolean value of Tensor with more than one value is ambiguous: its shape is {self._array.shape}. Use "
                "x.any() or x.all(); if this comes from making a layer, make it first and call it then: nn.ReLU()(x)"
            )
        return bool(self._array.item())


_OWN = (
    "_base",
    "_fixed",
    "_grad",
    "_lent",
    "_retains_grad",
    "_silent",
    "_views",
)  # attributes that are ours, not the user's


def _check_leaf(tensor: Tensor) -> None:
    if isinstance(tensor._node, Record):
        raise GraphError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol and pickling at "
            f"the moment: this is the result of {tensor._node.op} at {tensor._node.line}; copy tensor.detach() instead"
        )


def _restored(kind: type[Tensor], array: Any, requires_grad: bool, grad: Any, attributes: dict[str, Any]) -> Any:
    out = object.__new__(kind)
    pickled = type(owner(array)) is bytes  # of which nobody could say who else has them
    out._array = array.astype(np.dtype(array.dtype.char), copy=pickled)
    out._node = None
    for key, value in attributes.items():
        if key not in _OWN:
            setattr(out, key, value)
    out._grad = grad
    if requires_grad:
        new_leaf(out)
    return out


class Size(tuple[int, ...]):
    """The shape of a Tensor: a tuple that also counts elements."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        count = 1
        for size in self:
            count *= size
        return count

    def __repr__(self) -> str:
        return f"Size({list(self)})"


class GradFn:
    """What `tensor.grad_fn` shows of a record: its name, where it ran and what it was computed from."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def name(self) -> str:
        """PyTorch's spelling: MulBackward0."""
        return "".join(part.capitalize() for part in self.record.op.split("_")) + "Backward0"

    @property
    def next_functions(self) -> tuple[tuple[GradFn | Leaf, int], ...]:
        """The functions of the inputs that need a gradient."""
        return tuple((GradFn(node) if isinstance(node, Record) else node, 0) for node in self.record.parents)

    def __repr__(self) -> str:
        return f"<{self.name()} at {self.record.line}>"
