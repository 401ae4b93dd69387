"""What layers, losses, optimisers and operations are written with: all that `nn` asks of the engine, and all you need.

An operation is declared once, by a function on arrays and a rule for each input. Called on Tensors it is recorded:

>>> from autograd import check_grads, tensor
>>> from autograd.extend import apply_keeping, array_of, op, operand, overwrite, shape_of
>>> swish = op(
...     "swish_demo",
...     lambda x: (x / (1 + np.exp(-x)), 1 / (1 + np.exp(-x))),
...     keeps=("s",),
...     formula=lambda x: x / (1 + np.exp(-x)),
...     dx=lambda dz, x, s: dz * (s + x * s * (1 - s)),
... )
>>> x = tensor([0.0, 1.0], requires_grad=True)
>>> swish(x).sum().backward()
>>> x.grad
tensor([0.5000, 0.9277])
>>> bool(check_grads(swish, (tensor([0.5, -2.0], dtype=np.float64),), second_order=True))
True

What is needed for that, and for the functions, layers and optimisers around it:

    op                    declares an operation; its flags are described at `Op`
    apply                 runs one on Tensors, arrays, numbers and None, and records it: `op(...)` without detours
    apply_keeping         the same, and what the operation keeps for its rules, such as the mean that a norm divided by
    expected              what `apply` would give, if that is known already: for functions with much to check
    operand               a Tensor of what a user passed: itself, or a constant of an array, a number or nested lists
    spec_of               what knows shape, dtype, ndim and size of a Tensor or of numbers, and need not know the values
    shape_of              the shape as a tuple (`x.shape` makes a `Size`, in three times the time); x.dtype, x.ndim
    array_of              the values: the array of a Tensor, not to be written to. No gradient flows through it
    of_all                a check of the elements of an array, which may stand for one of many that are mapped over
    with_gradients        the arrays of parameters and their gradients, for a step of an optimiser
    record_of             which operation computed a Tensor, and where
    wrap                  a constant Tensor around an array, without a copy
    cast, result_type     a Tensor of another dtype, recorded; the dtype of an operation on several operands
    overwrite, noted, clear_grad
                          writing outside of any recording, as optimisers and initialisers do
    check_writable        raises where memory that is to be written to is read-only
    acts                  marks what acts on Tensors beside what it returns: it may stand in a frozen function
    settle                before arrays are written in another way: what waits to be computed may need them
    note_use              says that an optimiser has used a gradient, and whether it was cleared since the last time
    rewritten             the same by an operation, where somebody sees operations, and it can wait
    update                writing inside of one: `x.relu_()` is `update(x, "relu_", relu)`
    registry              every operation of the library by name
    ways, Way             how layers hand values on to operations that are fused (`autograd.op.Run`)
    timed, Timed          methods that a profiler shows by name, such as the call of a layer
    more_ways             what imports more of them, called before they are first needed
    hold                  fills a new object of a subclass of Tensor
    look_again            says that a new Tensor may be the only one that has its array
    UninitializedTensorMixin  a Tensor whose size is not known yet
    check_device, check_memory_format
                          raise for arguments of PyTorch's that ask for what is not here
    check_room            raises for a shape of more bytes than there can be
    to_float, same_dtype  the second half of an error message: what to do about a dtype that does not fit
    user_frame, warn_at_line
                          the line of the user's program that is running, and a warning that points at it
    add_library_folder    lines that are recorded point at the callers of the files in that folder
    Arrivals              parameters whose gradients are wanted as soon as they are complete, while backward goes on
    Handle                what registering a hook returns: `remove()` takes it away

Programs written for HIPS/autograd find `primitive`, `defvjp` and its relatives, and `vspace`, here as well: they are
for functions of NumPy arrays, see `autograd.hips.primitives`.

The errors to raise are in `autograd.errors`. The operations of the library are in `autograd.ops`, a module per family:
`apply(autograd.ops.linalg.linear, x, weight)`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, TypeVar

import numpy as np
from numpy import ndarray as Array

from .advice import same_dtype, to_float
from .arrivals import Arrivals
from .crowd import crowd
from .devices import check_device
from .errors import CaptureError, InplaceError
from .later import files, later
from .lines import add_library_folder, outer
from .modes import Timed, state, timed
from .op import Op, Way, more_ways, op, registry, ways
from .records import Record
from .room import check_room
from .shared import look_again, share
from .tensors.core import Core, array_of, new_leaf, of_all, operand, spec_of, wrap
from .tensors.hooks import Handle
from .tensors.layout import check_memory_format
from .tensors.promotion import cast, result_type
from .tensors.rewrite import update
from .tensors.run import apply, apply_keeping
from .tensors.uninitialized import UninitializedTensorMixin
from .tensors.untracked import warn_at_line

__all__ = [
    "Arrivals",
    "Handle",
    "Op",
    "Timed",
    "UninitializedTensorMixin",
    "Way",
    "acts",
    "add_library_folder",
    "apply",
    "apply_keeping",
    "array_of",
    "cast",
    "check_device",
    "check_memory_format",
    "check_room",
    "check_writable",
    "clear_grad",
    "expected",
    "hold",
    "look_again",
    "more_ways",
    "note_use",
    "noted",
    "of_all",
    "op",
    "operand",
    "overwrite",
    "record_of",
    "registry",
    "result_type",
    "rewritten",
    "same_dtype",
    "settle",
    "shape_of",
    "spec_of",
    "timed",
    "to_float",
    "update",
    "user_frame",
    "warn_at_line",
    "ways",
    "with_gradients",
    "wrap",
]


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a Tensor as a plain tuple: for checks that run at every call, and for messages.

    >>> shape_of(wrap(np.ones((2, 3))))
    (2, 3)
    """
    shape: tuple[int, ...] = x._array.shape
    return shape


def expected(operation: Op, *inputs: Any) -> Any:
    """What `apply` would give, where a compiled function knows that before anybody looks at the inputs; else None.

    It has seen this call before, on inputs of these shapes and dtypes, so what is checked of them was checked then.
    """
    interpreter = state.interpreter
    return None if interpreter is None else interpreter.expected(operation, inputs)


def with_gradients(parameters: Iterable[Any]) -> list[tuple[Any, Array, Array]]:
    """(parameter, its array, the array of its gradient) for those that have a gradient: for the steps of optimisers.

    Whoever writes to the parameter's array says so afterwards, by `noted`. The gradient's must not be written to.

    >>> from autograd import tensor
    >>> x, y = tensor([1.0, 2.0], requires_grad=True), tensor(3.0, requires_grad=True)
    >>> (x * x).sum().backward()
    >>> [(values.tolist(), g.tolist()) for _, values, g in with_gradients([x, y])]
    [([1.0, 2.0], [2.0, 4.0])]
    """
    if state.interpreter is not None:
        settle("a step of an optimiser")
    if state.capture is not None:
        state.capture.gives_up(
            CaptureError(
                f"a step of an optimiser at {state.capture.line()} cannot be captured: what .grad is when the Program "
                "runs again is not known. Capture the loss, or its gradients; a whole step of a training is frozen by "
                "autograd.compile(step, frozen=True)"
            )
        )
    return [(p, p._array, grad._array) for p in parameters if (grad := p._grad) is not None]


F = TypeVar("F", bound=Callable[..., Any])


def acts(function: F, again: bool = False) -> F:
    """Mark a function or method that acts on Tensors beside what it returns, such as a step of an optimiser.

    In a function given to `autograd.compile(frozen=True)` it runs as it is at every call, in its turn. It returns
    nothing or a constant Tensor. Other captures see what it does as if it were not marked.

    again   may it be called once more without a difference, as `zero_grad`?

    >>> class Counter:
    ...     calls = 0
    ...     @acts
    ...     def count(self):
    ...         self.calls += 1
    >>> counter = Counter()
    >>> counter.count(), counter.calls
    (None, 1)
    """

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        interpreter = state.interpreter
        if interpreter is None:
            return function(*args, **kwargs)
        if interpreter.captures:
            return interpreter.acted(function.__name__, function, args, kwargs, again)
        return interpreter.called_by_name(function, args, kwargs) if interpreter.watches else function(*args, **kwargs)

    return called  # type: ignore[return-value] # it is called like the function


def settle(operation: str, always: bool = False) -> None:
    """Compute what is only promised so far: to be called before arrays are written that are not passed through `op`s.

    In a function that `autograd.compile` was given, operations may wait to be computed together. `overwrite`, `update`
    and `with_gradients` do this themselves.

    always   this happens at every call of a layer. A function that is cut into pieces so is not worth compiling
    """
    if state.interpreter is not None:
        state.interpreter.settle(f"{operation} writes in place", always)


def rewritten(operation: Op, tensor: Core, *inputs: Any, **settings: Any) -> bool:
    """Has somebody who sees operations seen to it that `tensor` becomes operation(tensor, *inputs), in its own memory?

    For running statistics, of which nothing is recorded. If nobody has, the caller writes to the array himself, now:
    `settle` need not be called before. In a compiled function the write can wait, and is computed with all else.
    """
    return state.interpreter is not None and state.interpreter.rewritten(operation, tensor, inputs, settings)


def note_use(grad: Any) -> int:
    """Note that an optimiser uses this gradient. Returns 0 if none has used it before, since it was made or cleared.

    Else one more than the number of times that backward has added to it since then: `zero_grad` may be missing.
    """
    before: int = grad._spent
    if not before:
        grad._spent = 1
    return before


def record_of(x: Any) -> Record | None:
    """The record of the operation that computed a Tensor (`.op` is its name, `.line` where it ran); None for others.

    >>> from autograd import tensor
    >>> record_of(tensor(2.0, requires_grad=True) * 3).op, record_of(tensor(2.0))
    ('mul', None)
    """
    if state.interpreter is not None:
        found: Record | None = state.interpreter.record_of(x)
        return found
    node = x._node
    return node if type(node) is Record else None


def hold(tensor: Core, data: Any, requires_grad: bool = False) -> None:
    """Let a new object of a subclass of Tensor stand for `data`: for `__init__`, in place of Tensor's own.

    data            a Tensor or an array, whose memory is shared; or numbers
    requires_grad   make it a leaf. Raises DTypeError if the dtype is no floating point one

    >>> from autograd import Tensor
    >>> class Weight(Tensor):
    ...     def __init__(self, data):
    ...         hold(self, data, requires_grad=True)
    >>> Weight([1.0, 2.0]).requires_grad
    True
    """
    tensor._array = array_of(data)
    if isinstance(data, np.ndarray):
        share(data)
    tensor._node = None
    if requires_grad:
        new_leaf(tensor)


def overwrite(tensor: Core, value: Any, operation: str) -> None:
    """Set the elements of `tensor` to `value` (an array or a number), and tell the tape that they changed.

    Nothing is recorded. A pending backward that needs the old values raises, and names `operation`.

    >>> x = wrap(np.zeros(2))
    >>> overwrite(x, [1, 2], "demo")
    >>> x.tolist()
    [1.0, 2.0]
    """
    settle(operation)
    check_writable(operation, tensor)
    tensor._array[...] = value
    noted(operation, tensor)


def noted(operation: str, *tensors: Core) -> None:
    """Tell the tape that `operation` has overwritten the arrays of `tensors`: a pending backward may need them.

    This is what makes `array_of(x)[...] = 0` right: an optimiser writes many arrays, and notes them once.

    >>> from autograd import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> z = (x * x).sum()
    >>> array_of(x)[...] = 0
    >>> noted("demo", x)
    >>> z.backward()
    Traceback (most recent call last):
    autograd.errors.InplaceError: ...
    """
    home = state.home
    if state.interpreter is not None:
        state.interpreter.wrote(operation, tensors)
    if home.records or crowd.several:
        frame = outer(sys._getframe(1))
        for tensor in tensors:
            home.mutated(tensor._array, operation, frame)


def check_writable(operation: str, *tensors: Any) -> None:
    """Raise InplaceError if the memory of one of the Tensors cannot be written to; those that are None are passed over.

    >>> array = np.ones(2)
    >>> array.flags.writeable = False
    >>> check_writable("demo", wrap(array))
    Traceback (most recent call last):
    autograd.errors.InplaceError: demo: wanted memory that can be written to, ...
    """
    for x in tensors:
        if x is not None and not array_of(x).flags.writeable:
            raise InplaceError(
                f"{operation}: wanted memory that can be written to, got a read-only {x.dtype} array of shape "
                f"{tuple(x.shape)}, as NumPy's broadcast_to and memmap(mode='r') give: make the Tensor from a copy()"
            )


def clear_grad(tensor: Core, set_to_none: bool = True) -> None:
    """Forget the gradient of `tensor`, or fill it with zeros."""
    grad = tensor._grad
    if set_to_none or grad is None:
        tensor._grad = None
    elif grad._node is not None:  # made with create_graph: a computed value, which must not be overwritten
        tensor._grad = wrap(np.zeros_like(grad._array))
    else:
        overwrite(grad, 0, "zero_grad")


def user_frame() -> FrameType:
    """The innermost running frame that is no part of the library: the line that a warning should point at."""
    return outer(sys._getframe(1))


later(
    __name__,
    {
        **files(
            "autograd.hips",
            boxes="ArrayBox",
            kinds="Box",
            primitives="primitive notrace_primitive",
            rules="def_linear defjvp defjvp_argnum defjvp_argnums defvjp defvjp_argnum defvjp_argnums",
            spaces="VSpace vspace",
        ),
    },
)
