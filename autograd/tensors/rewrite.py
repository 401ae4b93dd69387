"""Writing into a Tensor's memory, and what follows from it.

On a tracked Tensor the write is recorded: the new value is a new entry of the tape, bound to the same Tensor. All
else that looks into the same memory follows: the Tensor it is a view of, and the other views of that. What earlier
operations saved of the old value is found at replay, by the mutation that is noted on the tape.

    update   tensor = function(tensor, ...)     what methods with an underscore at their end do, in `inplace`
    assign   tensor[index] = value
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from sys import getrefcount
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
from numpy import ndarray as Array

from ..crowd import crowd
from ..errors import DTypeError, GraphError, InplaceError, ShapeError
from ..lines import outer
from ..modes import state
from ..ops.index import getitem, set_at
from ..ops.shape import expand, reshape
from ..records import Cotangents, Leaf, Record
from .core import NO_GRAD, Core, exact_array, wrap
from .hooks import retained
from .index import misplaced
from .promotion import cast, check_held
from .run import record_call

T = TypeVar("T", bound=Core)


def check_writable(tensor: Core, name: str) -> None:
    """Raise, before anything is written, if an in-place operation on `tensor` is not allowed here."""
    if state.interpreter is not None:
        state.interpreter.settle(f"{name} writes in place")
    root = root_of(tensor)
    if state.tape is not None:
        if isinstance(tensor._node, Leaf):
            raise InplaceError(
                f"{name}: a leaf Variable that requires grad is being used in an in-place operation. Write inside "
                "`with no_grad():` if the change is no part of the computation"
            )
        if isinstance(root._node, Leaf):
            raise InplaceError(
                f"{name}: a view of a leaf Variable that requires grad is being used in an in-place operation. Write "
                "inside `with no_grad():` if the change is no part of the computation"
            )
    if root._lent:
        if root is not tensor:
            raise InplaceError(f"{name}: this is a view of a gradient that others use too; clone() the gradient first")
        tensor._array = tensor._array.copy()
        tensor._lent = False
    if not tensor._array.flags.writeable and not _made_writable(tensor, root):
        raise InplaceError(
            f"{name}: unsupported operation: the memory is read-only, or more than one element of the written-to "
            "tensor refers to a single memory location. Please clone() the tensor before performing the operation."
        )


def _made_writable(tensor: Any, root: Any) -> bool:
    """Of what `expand` repeats and the like, a part in which no place occurs twice may be written to."""
    view, whole = tensor._array, root._array
    if root is tensor or not whole.flags.writeable or view.size == 0:
        return False
    index = region(whole, view)
    if np.unique(np.ravel_multi_index(index, whole.shape) if whole.ndim else np.zeros(view.shape)).size < view.size:
        return False
    start = whole[(*[slice(int(places.flat[0]), None) for places in index], ...)]  # the dots: a view of a 0-d array too
    tensor._array = np.lib.stride_tricks.as_strided(start, view.shape, view.strides, writeable=True)
    return True


def check_unambiguous(tensor: Core, name: str, tracked: bool) -> None:
    """Raise if a write that is to be recorded goes through a view that the recording knows too little about."""
    if tracked and tensor._fixed is not None and not (tensor._fixed == NO_GRAD and made_whole(tensor)):
        raise InplaceError(f"{name}: {_ambiguous(tensor._fixed, 'is being modified')}")


def made_whole(tensor: Any) -> bool:
    """A view of what nobody else has, such as the last step of a function, is a Tensor of its own."""
    chain = [id(tensor)]
    view = tensor
    while view._base is not None:
        if _count_base(view) > _ONLY_THE_VIEW:
            return False
        view = view._base
        chain.append(id(view))
    if any(other is not None and id(other) not in chain for reference in view._views or () for other in [reference()]):
        return False
    tensor._base = tensor._views = tensor._fixed = None
    return True


def _count_base(view: Any) -> int:
    return getrefcount(view._base)


_ONLY_THE_VIEW = _count_base(SimpleNamespace(_base=SimpleNamespace()))
"""What `_count_base` says of a Tensor that only its view refers to: it differs between Pythons."""


def _ambiguous(how: str, event: str) -> str:
    return (
        f"A view {how} and {event} inplace with grad mode enabled. It is not clear which gradient is meant, so this "
        "is refused: make the view and the write both inside or both outside of it, or write to a clone()"
    )


class _AmbiguousPlan:
    """Plan of what a view computes whose memory was rewritten, where it is not clear how the view was meant."""

    op = None
    name = "view"
    joint = False
    opaque = False
    lasting = True
    private = ()
    wanted = (0,)
    names = ()

    @staticmethod
    def step(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> None:
        raise InplaceError(f"{record.saved[0]}; the view was used at {record.line}, or after it")


def root_of(tensor: Any) -> Any:
    """The Tensor whose memory `tensor` looks into: itself, if it is no view."""
    while tensor._base is not None:
        tensor = tensor._base
    return tensor


def note_write(tensor: Core, name: str) -> None:
    """Tell the tape that the memory of `tensor` is about to be overwritten."""
    tape = state.home
    if (tape.records or crowd.several) and not root_of(tensor)._silent:
        tape.overwriting(tensor._array)
        tape.mutated(tensor._array, name, outer(sys._getframe(1)))


def update(tensor: Any, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """tensor = function(tensor, *args, **kwargs), written into the memory of `tensor`, which is returned.

    name   what errors and the tape call the write. Raises InplaceError where writing is not allowed, ShapeError if the
           result has another shape

    >>> from autograd import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True) * 1
    >>> update(x, "double_", lambda old: old * 2)
    tensor([2., 4.], grad_fn=<MulBackward0>)
    """
    if state.interpreter is not None and state.interpreter.transforms:
        return state.interpreter.update(tensor, name, function, args, kwargs)
    check_writable(tensor, name)
    old = wrap(tensor._array, tensor._node)
    tape = state.tape
    mark = None if tape is None else tape.mark()
    records: list[Any] = []
    steps = 0 if state.capture is None else len(state.capture.steps)
    try:
        result = function(old, *[old if x is tensor else x for x in args], **kwargs)
        _check_fits(tensor, name, result._array)
        check_unambiguous(tensor, name, result._node is not None or is_tracked(tensor, ()))
    finally:
        if tape is not None and mark is not None:
            records = tape.since(mark)
    if state.capture is not None:
        write = functools.partial(_write, tensor, name, result, records)
        state.capture.rewrote(tensor, name, result, write, records, steps)
    else:
        _write(tensor, name, result, records)
    return tensor


def _write(tensor: Any, name: str, result: Any, records: list[Any]) -> None:
    if result._node is not None:
        keep_value(tensor._array, records)
    note_write(tensor, name)
    np.copyto(tensor._array, result._array, casting="unsafe")
    if result._node is not None:
        _rebind(tensor, cast(result, tensor._array.dtype))


def keep_value(array: Array, records: list[Any]) -> None:
    """Where records have kept `array` itself, which is about to be overwritten, let them keep a copy."""
    copy: Array | None = None
    for record in records:
        if type(record) is not Record:
            continue
        kept = record.saved if type(record.saved) is tuple else (record.saved,)
        if any(x is array for x in kept):
            copy = array.copy() if copy is None else copy
            values = tuple([copy if x is array else x for x in kept])
            record.saved = values if type(record.saved) is tuple else values[0]


def is_tracked(tensor: Any, others: tuple[Any, ...]) -> bool:
    """Is a write of `others` to `tensor` to be recorded?"""
    if state.tape is None:
        return False
    return any(x._node is not None for x in (tensor, root_of(tensor), *others) if isinstance(x, Core))


def _check_fits(tensor: Any, name: str, value: Array) -> None:
    target = tensor._array
    if value.shape != target.shape:
        raise ShapeError(
            f"{name}: output with shape {list(target.shape)} doesn't match the broadcast shape {list(value.shape)}"
        )
    if "buif".index(value.dtype.kind) > "buif".index(target.dtype.kind) and {value.dtype.kind, target.dtype.kind} != {
        "u",
        "i",
    }:
        raise DTypeError(f"{name}: result type {value.dtype} can't be cast to the desired output type {target.dtype}")


def _rebind(tensor: Any, result: Any) -> None:
    """Give `tensor`, what it is a view of, and the other views of that, their new nodes."""
    root = root_of(tensor)
    if tensor._array.size == 0:  # nothing has changed but this
        succeed(tensor, result._node)
        return
    if root is tensor:
        succeed(root, result._node)
    elif root._array.ndim == 0:  # a view of a single element covers it
        succeed(root, record_call(reshape, (result,), root._array, shape=()))
    else:
        index = region(root._array, tensor._array)
        succeed(root, record_call(set_at, (root, result), root._array, index=index))
    for view in _views(root, tensor):
        if view._fixed is not None and view is not tensor:
            succeed(view, _ambiguous_record(view, root))
        elif view._array.size == 0:
            pass
        elif root._array.ndim == 0:
            op = reshape if view._array.size == 1 else expand
            succeed(view, record_call(op, (root,), view._array, shape=view._array.shape))
        else:
            succeed(view, record_call(getitem, (root,), view._array, index=region(root._array, view._array)))


def succeed(tensor: Any, node: Any) -> None:
    """Make `node` the new node of `tensor`. What `retain_grad` asked for holds for the new value."""
    if tensor.retains_grad:
        retained(tensor, state.home, node)
    tensor._node = node


def _ambiguous_record(view: Any, root: Any) -> Record:
    """Stands for a view whose gradient nobody can tell: a backward that comes to it says so."""
    saved = (_ambiguous(view._fixed, "its base or another view of its base has been modified"),)
    array = view._array
    record = Record.at(sys._getframe(1), _AmbiguousPlan, root._node, saved, array.shape, array.dtype)
    state.home.records.append(record)
    return record


def check_dirty(function: str, dirty: tuple[Any, ...], outputs: list[Any]) -> None:
    """Raise unless what a Function says it wrote to may be written to, and is among its outputs."""
    for tensor in dirty:
        check_writable(tensor, function)
        if not any(tensor is out for out in outputs):
            raise GraphError(
                f"{function}: Some elements marked as dirty during the forward method were not returned as output. The "
                "inputs that are modified inplace must all be outputs of the Function."
            )
        check_unambiguous(tensor, function, is_tracked(tensor, ()))


def written_over(tensor: Any, node: Any, operation: str) -> None:
    """The value of `tensor` has been replaced, in its memory, by what the record `node` computed."""
    note_write(tensor, operation)
    _rebind(tensor, wrap(tensor._array, node))


def leave_memory(tensor: Any) -> None:
    """Before `tensor` gets another array: its views go on looking into the old one, which is no longer its own."""
    root = root_of(tensor)
    views = [view for reference in root._views or () if (view := reference()) is not None]
    if root is not tensor and root._views is not None:
        root._views[:] = [reference for reference in root._views if reference() is not tensor]
    mine = [view for view in views if view._base is tensor]
    if mine:
        before = wrap(tensor._array, tensor._node)
        before._base, before._views, before._fixed = tensor._base, tensor._views, tensor._fixed
        for view in mine:
            view._base = before
    tensor._base = tensor._views = tensor._fixed = None


def _views(root: Any, written: Any) -> list[Any]:
    """The Tensors that look into the memory of `root`: those that are tracked, and the one just written."""
    views = [view for reference in root._views or () if (view := reference()) is not None]
    while written is not root:
        if not any(view is written for view in views):
            views.append(written)
        written = written._base
    return views


def region(root: Array, view: Array) -> tuple[Array, ...]:
    """Where the elements of `view` stand in `root`, as one integer array per axis: root[region] == view."""
    offset = view.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    steps = np.zeros(view.shape, np.intp) + offset
    for axis, stride in enumerate(view.strides):
        steps += (np.arange(view.shape[axis]) * stride).reshape((-1,) + (1,) * (view.ndim - 1 - axis))
    if not root.flags.c_contiguous:  # memory order is not index order: look every place up
        places = np.zeros(root.shape, np.intp)
        for axis, stride in enumerate(root.strides):
            places += (np.arange(root.shape[axis]) * stride).reshape((-1,) + (1,) * (root.ndim - 1 - axis))
        order = np.argsort(places, axis=None)
        flat = order[np.searchsorted(places.ravel()[order], steps)]
    else:
        flat = steps // root.itemsize
    return np.unravel_index(flat, root.shape) if root.ndim else ()


def put(tensor: T, name: str, index: Any, value: Any) -> T:
    """`assign`, which a program that is being captured notes."""
    if state.interpreter is not None and state.interpreter.transforms:
        return state.interpreter.put(tensor, name, index, value)
    if state.capture is not None:
        return state.capture.assigned(assign, tensor, name, index, value)
    return assign(tensor, name, index, value)


def assign(tensor: T, name: str, index: Any, value: Any) -> T:
    """tensor[index] = value, recorded without a copy of the rest."""
    check_writable(tensor, name)
    array = tensor._array
    values = exact_array(value)
    if array.dtype.kind in "iu" and type(value) in (int, float):
        check_held(name, values, array.dtype)
    tracked = is_tracked(tensor, (value,))
    check_unambiguous(tensor, name, tracked)
    source = values.copy() if np.may_share_memory(array, values) else values
    state.home.overwriting(array)
    try:
        array[index] = source  # NumPy checks index and shape before it writes
    except IndexError as error:
        raise misplaced(array, index, error) from None
    except (TypeError, ValueError):  # TypeError: a mask, and too many dimensions
        fewer = values.ndim - array[index].ndim
        if fewer > 0 and values.shape[:fewer] == (1,) * fewer and name == "__setitem__":
            fitting = value if isinstance(value, Core) else wrap(values)
            return put(tensor, name, index, fitting[(0,) * fewer])  # type: ignore[index]
        raise ShapeError(
            f"{name}: shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing "
            f"result of shape {list(array[index].shape)}"
        ) from None
    note_write(tensor, name)
    if tracked:
        written = value if isinstance(value, Core) else wrap(values)
        if written._array.dtype != array.dtype:
            written = cast(written, array.dtype)
        target = wrap(array, tensor._node)
        _rebind(tensor, wrap(array, record_call(set_at, (target, written), array, index=index)))
    return tensor
