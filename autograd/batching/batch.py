"""`Batch`: what interprets the operations of a thread while a function is mapped over a dimension.

A mapped value is a Tensor whose array is a `Mapped`. An operation that is given one runs once, by its batch rule, as
ordinary operations on Tensors with one more axis in front. These run under the interpreter from before, which may be
another `Batch`: so maps nest. And they are what the tape records: so what is differentiated inside a mapped function
is walked back along the tape as everything else is, for all slices at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..interpreter import Interpreter
from ..modes import state
from ..ops.shape import expand
from ..tensors import core
from ..tensors.core import Core, array_of, link_view, wrap
from ..tensors.join import stack
from ..tensors.promotion import Scalar, constants
from ..tensors.run import apply, apply_keeping
from . import arrays, place, pulling, writing
from .asked import refused
from .mapped import Mapped, exchanged, mapped_in
from .rules import each, rule_of


def wrapped_in(batch: Any, tensor: Any) -> Any:
    """A Tensor that stands for a slice of `tensor` along its first axis."""
    out: Any = core.new(core.Tensor)
    out._array = Mapped(batch, tensor)
    out._node = tensor._node
    return out


_PLAIN = frozenset({int, float, bool, str, type(None), np.ndarray})


def _is_int(x: Any) -> bool:
    return type(x) is int


class _Outside:
    """See `Batch.outside`. There may be several of these blocks in each other."""

    __slots__ = ("batch",)

    def __init__(self, batch: Any) -> None:
        self.batch = batch

    def __enter__(self) -> None:
        state.interpreter = self.batch.parent

    def __exit__(self, *error: object) -> None:
        state.interpreter = self.batch


class Batch(Interpreter):
    """Runs operations for all `size` slices at once.

    randomness   what random numbers do: "error", "different" or "same"
    depth        how many interpreters there are around it
    name         of the transform, for errors
    """

    transforms = True

    def __init__(self, size: int, randomness: str = "error", name: str = "vmap") -> None:
        self.name = name
        self.size = size
        self.randomness = randomness
        self.parent = state.interpreter
        self.depth: float = getattr(self.parent, "depth", 0) + 1
        self._outside = _Outside(self)

    def __enter__(self) -> Batch:
        try:
            place.begin(self)
        except BaseException:
            place.end(self)
            raise
        state.interpreter = self
        return self

    def __exit__(self, *error: object) -> None:
        state.interpreter = self.parent
        try:
            place.end(self)
        except KeyboardInterrupt:
            place.end(self)
            raise

    def outside(self) -> _Outside:
        """A block that the interpreter around this one sees."""
        return self._outside

    # -- values

    def holds(self, x: Any) -> bool:
        """Is `x`, a Tensor or an array, mapped here?"""
        array: Any = x._array if isinstance(x, Core) else x
        return type(array) is Mapped and array._batch is self

    def front(self, x: Any) -> Any:
        """All slices of a mapped value, as a Tensor with one more axis in front."""
        array: Any = x._array if isinstance(x, Core) else x
        return array._tensor

    def whole(self, x: Any) -> Any:
        """The same for any Tensor, array or number: what is not mapped is repeated, without a copy."""
        if self.holds(x):
            return self.front(x)
        tensor = x if isinstance(x, Core) else wrap(array_of(x))
        return apply(expand, tensor, shape=(self.size, *tensor._array.shape))

    def slice_of(self, x: Any, index: int) -> Any:
        """Slice number `index` of the mapped arrays in a nest."""
        return exchanged(x, lambda leaf: leaf._tensor._array[index] if self.holds(leaf) else leaf)

    def wrapped(self, z: Any) -> Any:
        """The Tensor that stands for a slice of `z`."""
        return wrapped_in(self, z)

    def under(self, below: Any, x: Any) -> Any:
        """`x`, whose first axis is mapped over by `below`, under this: see `pulling`."""
        if not self.holds(x):
            return below.wrapped(x)
        return wrapped_in(self, below.wrapped(self.front(x).movedim(1, 0)))

    def over(self, below: Any, x: Any) -> Any:
        """The other way around: what `below` maps over is the first axis again."""
        if not self.holds(x):
            return below.whole(x)
        return wrapped_in(self, below.whole(self.front(x)).movedim(0, 1))

    def variable(self, x: Any, trace: Any) -> Any:
        """`x` as a variable of its own, one for each slice, by trace(all slices)."""
        with self.outside():
            out = trace(self.whole(x))
        return self.wrapped(out)

    # -- operations

    def unary(self, op: Any, x: Any) -> Any:
        """See `Interpreter`: an op that works element by element, where no other interpreter is asked."""
        if self.parent is not None or not self.holds(x) or rule_of(op) is not each:
            return None
        state.interpreter = None
        try:
            return wrapped_in(self, apply(op, x._array._tensor))
        finally:
            state.interpreter = self

    def binary(self, op: Any, x: Any, y: Any) -> Any:
        """The same for two operands of one dtype that need not be aligned."""
        if self.parent is not None or rule_of(op) is not each:
            return None
        (p, x_on, m), (q, y_on, n) = self._operand(x, y), self._operand(y, x)
        if p is None or q is None or (x_on and m < n) or (y_on and n < m) or p._array.dtype != q._array.dtype:
            return None
        state.interpreter = None
        try:
            z = apply(op, p, q)
        except (ValueError, TypeError):  # whose text names the shapes of slices
            return None
        finally:
            state.interpreter = self
        return wrapped_in(self, z) if x_on or y_on else z

    def _operand(self, x: Any, other: Any) -> tuple[Any, bool, int]:
        """All slices of an operand, or the constant that a number beside `other` stands for; is it mapped; the number
        of axes of a slice. (None, ...) if it is something else."""
        if isinstance(x, Core):
            array: Any = x._array
            if type(array) is Mapped:
                return (array._tensor if array._batch is self else None), True, array._tensor._array.ndim - 1
            return x, False, array.ndim
        dtype = other._array.dtype
        if (type(x) is float or type(x) is int) and dtype.kind == "f":
            return wrap(constants[dtype][x]), False, 0
        return None, False, 0

    def call(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        """An operation is called: see `Interpreter`."""
        given: list[Any] = []
        on: list[bool] = []
        for x in inputs:
            if type(x) is Scalar:
                x = x.array
            held = self.holds(x)
            given.append(self.front(x) if held else x)
            on.append(held)
        strange = bool(settings) and self._among(settings.values())
        if self.parent is not None and self.parent.captures:
            for x in given:
                if isinstance(x, Core):
                    self.parent.adopt(x)
        state.interpreter = self.parent
        try:
            if not strange and True not in on:
                found: Any = apply_keeping(op, *given, **settings) if keeping else (apply(op, *given, **settings), ())
                return found if keeping else found[0]
            z, kept = rule_of(op)(self, op, given, on, settings)
        finally:
            state.interpreter = self
        if type(z) is tuple:
            out: Any = tuple([wrapped_in(self, part) for part in z])
        else:
            out = wrapped_in(self, z)
        if op.view and on[0]:
            for part in out if type(z) is tuple else (out,):
                link_view(part, inputs[0])
        if not keeping:
            return out
        return out, exchanged(
            kept, lambda x: Mapped(self, x if isinstance(x, Core) else wrap(x)) if x is not None else x
        )

    def _among(self, values: Any) -> bool:
        """Is one of these settings mapped here? Most are numbers, or tuples of numbers."""
        for value in values:
            kind = type(value)
            if kind in _PLAIN or (kind is tuple and all(map(_is_int, value))):
                continue
            if any(x._batch is self for x in mapped_in(value)):
                return True
        return False

    def computed(self, function: Any, args: Any, kwargs: Any) -> Any:
        """A function of NumPy's on arrays, some of which are mapped: for all slices."""
        state.interpreter, before = self.parent, state.interpreter
        try:
            return arrays.computed(self, function, args, kwargs)
        finally:
            state.interpreter = before

    def function(self, cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """See `Interpreter`. What is written by hand is made for one slice: it runs for each."""
        if not any(map(self.holds, args)):
            with self.outside():
                return cls.apply(*args, **kwargs)
        return self.each(lambda *given: cls.apply(*given, **kwargs), args)

    def each(self, function: Any, args: Any) -> Any:
        """What a function gives for each slice, one after the other: Tensors are mapped, all else is the last one's."""
        with self.outside():
            fronts = [self.front(x) if self.holds(x) else None for x in args]
            places = range(self.size) if self.size else [None]  # of an empty batch a made-up slice
            rows = []
            for place in places:
                given = [
                    x
                    if front is None
                    else wrap(np.zeros(x._array.shape, x._array.dtype))
                    if place is None
                    else front[place]
                    for x, front in zip(args, fronts, strict=True)
                ]
                found = function(*given)
                rows.append(found if isinstance(found, (tuple, list)) else (found,))
            columns = [
                stack(list(column))[: self.size] if isinstance(column[0], Core) else column[-1]
                for column in zip(*rows, strict=True)
            ]
        wholes = [self.wrapped(z) if isinstance(z, Core) else z for z in columns]
        return tuple(wholes) if isinstance(found, (tuple, list)) else wholes[0]

    # -- writes in place: see `writing`

    def update(self, tensor: Any, name: str, function: Any, args: Any, kwargs: Any) -> Any:
        """See `rewrite.update`."""
        writing.updated(self, tensor, name, function, args, kwargs)
        return tensor

    def rewritten(self, op: Any, tensor: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> bool:
        """See `Interpreter`."""
        if not self.holds(tensor) and not any(map(self.holds, inputs)):
            return False
        writing.write(self, tensor, op.name, self.call(op, (tensor, *inputs), settings, False))
        return True

    def put(self, tensor: Any, name: str, index: Any, value: Any) -> Any:
        """See `rewrite.put`."""
        writing.put_at(self, tensor, name, index, value)
        return tensor

    def assign(self, array: Any, index: Any, value: Any) -> None:
        """array[index] = value for arrays that code of the library has made."""
        writing.assign(self, array, index, value)

    # -- differentiation

    def differentiated(self, outputs: Any, inputs: Any, seeds: Any, options: Any) -> Any:
        """`engine.grad` of mapped values: see `pulling`."""
        return pulling.pulled(self, outputs, inputs, seeds, options)

    def walks(self, outputs: list[Any]) -> None:
        """See `Interpreter`."""
        if any(map(self.holds, outputs)):
            raise refused("backward() of a mapped value, which adds to .grad,", "Take gradients by autograd.func.grad.")
