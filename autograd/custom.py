"""`Function`: an operation of your own, with forward and backward written by hand."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .broadcast import unbroadcast
from .errors import GraphError, ShapeError
from .modes import state
from .records import Cotangents, Record, accumulate
from .tensors.core import Core, float32, lend, link_view, node_of, wrap
from .tensors.rewrite import check_dirty, written_over
from .tensors.run import output
from .writes import owner


class Context:
    """What `forward` leaves for `backward`: saved Tensors and attributes of your own."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[tuple[Any, Any], ...] = ()
        self._to_save: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._constant: set[int] = set()
        self._materialize = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep Tensors (or None) for `backward`: inputs and outputs without a reference cycle."""
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` kept, connected to the graph."""
        return tuple(wrap(array, node) if isinstance(array, np.ndarray) else array for array, node in self._saved)

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs `forward` changed in place; it must return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which outputs have no gradient."""
        self._constant = {id(tensor) for tensor in tensors}

    def set_materialize_grads(self, value: bool) -> None:
        """Give `backward` None (False) or zeros (True, the default) for outputs that nothing depends on."""
        self._materialize = value


PRIVATE = frozenset(vars(Context(())))
"""The attributes of a context that are not the user's."""


def wants(args: tuple[Any, ...]) -> tuple[bool, ...]:
    """For each argument: will a gradient be asked for?"""
    return tuple([state.tape is not None and node_of(x) is not None for x in args])


class _FunctionPlan:
    """Plan of the records of one Function class."""

    op = None
    joint = False
    opaque = False
    private = ()
    names = ()

    def __init__(self, function: type[Function], lasting: bool) -> None:
        self.function = function
        self.lasting = lasting
        self.name = function.__name__

    def step(self, dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> None:
        context, positions, shapes, _ = record.saved
        parts = dz if isinstance(dz, list) else [dz]
        tensors = []
        for part, (shape, dtype) in zip(parts, shapes, strict=True):
            if part is None and context._materialize:
                part = np.zeros(shape, dtype)
            tensors.append(part if part is None or isinstance(part, Core) else lend(part))
        recorded = any(isinstance(part, Core) for part in parts)
        before = state.tape
        if not recorded:
            state.tape = None
        try:
            grads = self.function.backward(context, *tensors)
        finally:
            state.tape = before
        grads = grads if isinstance(grads, tuple) else (grads,)
        wanted = len(context.needs_input_grad)
        if len(grads) < wanted or any(g is not None for g in grads[wanted:]):
            raise GraphError(
                f"function {self.name} returned an incorrect number of gradients (expected {wanted}, got {len(grads)})"
            )
        for position, node in zip(positions, record.parents, strict=True):
            g = grads[position]
            if g is None:
                continue
            if not isinstance(g, Core):
                g = wrap(np.asarray(g, node.dtype))
            elif g._node is not None and not recorded:  # something that `forward` has saved
                g = wrap(g._array)
            if g._array.shape != node.shape:
                try:
                    np.broadcast_shapes(g._array.shape, node.shape)
                except ValueError:
                    raise ShapeError(
                        f"Function {self.name}Backward returned an invalid gradient at index {position} - got "
                        f"{list(g._array.shape)} but expected shape compatible with {list(node.shape)}"
                    ) from None
                g = unbroadcast(g, node.shape)
            if g._array.dtype != node.dtype:
                g = g.to(node.dtype)
            if not recorded:
                g = g._array
            accumulate(cotangents, node, g, owned)


class Function:
    """Base of operations with a hand-written backward.

    >>> import autograd
    >>> class Cube(autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, dz):
    ...         (x,) = ctx.saved_tensors
    ...         return dz * 3 * x**2
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)

    `forward` runs without recording. `backward` gets one gradient per output and returns one per argument of `forward`
    (None for what has none); if it is written in Tensor operations, second derivatives work too.
    """

    _plan: _FunctionPlan
    _lasting_plan: _FunctionPlan  # of records that saved no Tensors

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._plan, cls._lasting_plan = _FunctionPlan(cls, False), _FunctionPlan(cls, True)

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs: forward(ctx, *args), or forward(*args) beside `setup_context`."""
        raise TypeError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what `backward` needs, if `forward` takes no ctx."""

    @staticmethod
    def backward(*args: Any, **kwargs: Any) -> Any:
        """Pull the gradients of the outputs back to the arguments of `forward`: backward(ctx, *grad_outputs)."""
        raise TypeError("You must implement either the backward or vjp method for your custom autograd.Function.")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` and record it."""
        if state.interpreter is not None and state.interpreter.transforms:
            return state.interpreter.function(cls, args, kwargs)
        context = Context(wants(args))
        before, state.tape = state.tape, None
        try:
            if cls.setup_context is not Function.setup_context:
                outputs = cls.forward(*args, **kwargs)
                cls.setup_context(context, args, outputs)
            else:
                outputs = cls.forward(context, *args, **kwargs)
        finally:
            state.tape = before
        if state.capture is not None:
            return state.capture.grafted(cls, context, args, kwargs, outputs)
        return cls.finished(context, args, kwargs, outputs)

    @classmethod
    def finished(cls, context: Context, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any) -> Any:
        """What `apply` returns when `forward` has returned `outputs`: the same, on the tape if it is recorded."""
        positions = [index for index, wanted in enumerate(context.needs_input_grad) if wanted]
        several = isinstance(outputs, (tuple, list))
        outs = list(outputs) if several else [outputs]
        if not positions:
            context._saved = tuple((getattr(x, "_array", x), None) for x in context._to_save)
            if state.tape is not None:
                check_dirty(cls.__name__, context._dirty, outs)
            dirty = [id(x) for x in context._dirty]
            outs = [_constant(out) if node_of(out) is not None and id(out) not in dirty else out for out in outs]
            return tuple(outs) if several else outs[0]
        plan = cls._plan if context._to_save else cls._lasting_plan
        nodes = tuple([node_of(args[index]) for index in positions])
        record = Record.at(sys._getframe(1), plan, nodes, (), (), float32)
        check_dirty(cls.__name__, context._dirty, outs)
        results = record_outputs(record, outs, args, kwargs, context)
        produced = {id(out): result._node for out, result in zip(outs, results, strict=True) if isinstance(out, Core)}
        context._saved = tuple(
            (x._array, produced.get(id(x), x._node)) if isinstance(x, Core) else (x, None) for x in context._to_save
        )
        context._to_save = ()
        shapes = [(out._array.shape, out._array.dtype) for out in outs if isinstance(out, Core)]
        own = [x for name, x in vars(context).items() if name not in PRIVATE]  # attributes that `forward` has set
        kept = [array for array, _ in context._saved] + [x._array if isinstance(x, Core) else x for x in own]
        arrays = tuple(array for array in kept if isinstance(array, np.ndarray))
        record.saved = (context, positions, shapes, arrays)
        return tuple(results) if several else results[0]


def _constant(tensor: Any) -> Any:
    """A tracked Tensor that `forward` returned as it is while nothing is recorded: the same memory, as a constant."""
    result = wrap(tensor._array)
    link_view(result, tensor)
    return result


def record_outputs(
    record: Record, outs: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any], context: Context
) -> list[Any]:
    """Put the record, and one per output if there are several, on the tape; give the outputs their nodes."""
    if state.interpreter is not None:  # records stand on the tape in the order of the calls
        state.interpreter.settle("a function with a backward of its own")
    tensors = [out for out in outs if isinstance(out, Core)]
    record.dtype = tensors[0]._array.dtype if tensors else float32
    single = len(tensors) == 1
    shapes: Any = tensors[0]._array.shape if single else tuple(out._array.shape for out in tensors)
    record.shape = shapes
    state.home.append(record, tensors[0]._array if single else (), args, kwargs)
    results: list[Any] = []
    position = 0
    for out in outs:
        if not isinstance(out, Core):
            results.append(out)
            continue
        array = out._array
        node: Record | None = record
        if id(out) in context._constant or array.dtype.kind != "f":
            node = None
        elif not single:
            node = output(record, position, len(tensors), array)
        position += 1
        if any(out is x for x in context._dirty):
            written_over(out, node, f"{record.op} (mark_dirty)")
            results.append(out)
            continue
        result = wrap(array, node)
        source = _source(out, (*args, *kwargs.values()), results)
        if source is not None:
            link_view(result, source)
            result._fixed = _IN_FUNCTION if len(tensors) == 1 else _ONE_OF_SEVERAL
        results.append(result)
    return results


_IN_FUNCTION = "was created inside a custom Function (or because an input was returned as-is)"
_ONE_OF_SEVERAL = "is the output of a function that returns multiple views,"


def _source(out: Any, inputs: tuple[Any, ...], outputs: list[Any]) -> Any:
    """The Tensor whose memory an output of user code looks into, if there is one."""
    if out._node is not None or any(out is x for x in inputs):
        return out
    memory = owner(out._array)
    others = [x for x in (*inputs, *outputs) if isinstance(x, Core)]
    return next((x for x in others if owner(x._array) is memory), out._base)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` that cannot be differentiated again: doing so then raises GraphError."""

    @functools.wraps(backward)
    def once(ctx: Any, *grad_outputs: Any) -> Any:
        if any(node_of(g) is not None for g in grad_outputs):
            raise GraphError("trying to differentiate twice a function that was marked with @once_differentiable")
        before, state.tape = state.tape, None
        try:
            return backward(ctx, *grad_outputs)
        finally:
            state.tape = before

    return once
