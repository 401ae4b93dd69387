"""Instructions on vectors, as LLVM has them: what the primitives of `simd` and others are written with.

A function that Numba calls an intrinsic does not compute: it is called while a kernel is compiled, and writes the
instructions that stand in its place. `Code` writes them for one type of float:

    code = Code(builder, floats)
    sums = code.loop(terms, [x, code.zero], lambda t, state: ...)   # a loop, and what it carries along

Addresses are integers, in bytes. Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import cgutils, types

from .registers import WIDTH, lanes

get_or_insert_function: Any = cgutils.get_or_insert_function
unpack_tuple: Any = cgutils.unpack_tuple
intrinsic: Any = extending.intrinsic
_MDValue: Any = ir.values.MDValue

WORD = ir.IntType(64)
SHORT = ir.IntType(32)


class _AsItIs(_MDValue):  # type: ignore[misc]
    """What is noted at the end of a loop so that LLVM leaves it as it is. Such a note begins with itself.

    A round of our loops is long, or waits for memory: several of them one after the other are no quicker, and it takes
    LLVM a quarter of its time to write them.
    """

    ASKED = "llvm.loop.disable_nonforced"

    def __init__(self, module: Any) -> None:
        super().__init__(module, [], name=str(len(module.metadata)))

    def descr(self, buf: list[str]) -> None:
        """Called by llvmlite for the text of it."""
        buf.append(f'distinct !{{ {self.get_reference()}, !{{ !"{self.ASKED}" }} }}\n')


class Code:
    """Writes instructions on vectors of one type of float."""

    def __init__(self, builder: Any, floats: Any) -> None:
        self.b = builder
        self.size = 4 if floats == types.float32 else 8
        self.lanes = lanes(self.size)
        self.scalar = ir.FloatType() if self.size == 4 else ir.DoubleType()
        self.vector = ir.VectorType(self.scalar, self.lanes)
        self.mask = ir.VectorType(ir.IntType(1), self.lanes)
        self.kind = f"v{self.lanes}f{self.size * 8}"
        self.zero = ir.Constant(self.vector, None)

    def number(self, value: int) -> Any:
        return ir.Constant(WORD, value)

    def plus(self, address: Any, bytes_: int) -> Any:
        return self.b.add(address, self.number(bytes_)) if bytes_ else address

    def _at(self, address: Any, kind: Any) -> Any:
        return self.b.inttoptr(address, kind.as_pointer())

    def word(self, address: Any) -> Any:
        return self.b.load(self._at(address, WORD))

    def load(self, address: Any) -> Any:
        loaded = self.b.load(self._at(address, self.vector))
        loaded.align = self.size
        return loaded

    def half(self, value: Any, upper: int) -> Any:
        """The lower or the upper half of a vector."""
        order = ir.VectorType(SHORT, self.lanes // 2)
        first = upper * (self.lanes // 2)
        return self.b.shuffle_vector(value, value, ir.Constant(order, list(range(first, first + self.lanes // 2))))

    def load_halves(self, lower: Any, upper: Any) -> Any:
        """Half a vector from each address."""
        kind = ir.VectorType(self.scalar, self.lanes // 2)
        halves = []
        for address in (lower, upper):
            halves.append(self.b.load(self._at(address, kind)))
            halves[-1].align = self.size
        return self.b.shuffle_vector(*halves, ir.Constant(ir.VectorType(SHORT, self.lanes), list(range(self.lanes))))

    def everywhere(self, value: Any, kind: Any) -> Any:
        """A vector of `value` in all lanes."""
        first = self.b.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(SHORT, 0))
        lanes_ = ir.Constant(ir.VectorType(SHORT, self.lanes), None)
        return self.b.shuffle_vector(first, ir.Constant(kind, ir.Undefined), lanes_)

    def broadcast(self, address: Any) -> Any:
        return self.everywhere(self.load_scalar(address), self.vector)

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return self.b.call(get_or_insert_function(self.b.module, kind, f"llvm.fma.{self.kind}"), [x, y, z])

    def total(self, x: Any) -> Any:
        """The sum of the lanes, pairwise."""
        kind = ir.FunctionType(self.scalar, [self.scalar, self.vector])
        reduce = get_or_insert_function(self.b.module, kind, f"llvm.vector.reduce.fadd.{self.kind}")
        return self.b.call(reduce, [ir.Constant(self.scalar, -0.0), x], fastmath=("reassoc",))

    def first(self, count: Any) -> Any:
        """The mask of the first `count` lanes."""
        shorts = ir.VectorType(SHORT, self.lanes)
        return self.b.icmp_signed(
            "<", ir.Constant(shorts, list(range(self.lanes))), self.everywhere(self.b.trunc(count, SHORT), shorts)
        )

    def load_some(self, address: Any, mask: Any, other: Any = None) -> Any:
        """The lanes of `mask`, elsewhere those of `other` or 0; nothing else is read."""
        kind = ir.FunctionType(self.vector, [self.vector.as_pointer(), SHORT, self.mask, self.vector])
        load = get_or_insert_function(self.b.module, kind, f"llvm.masked.load.{self.kind}.p0")
        return self.b.call(
            load, [self._at(address, self.vector), ir.Constant(SHORT, self.size), mask, other or self.zero]
        )

    def store_some(self, value: Any, address: Any, mask: Any) -> None:
        """Write the lanes of `mask` and nothing else."""
        kind = ir.FunctionType(ir.VoidType(), [self.vector, self.vector.as_pointer(), SHORT, self.mask])
        store = get_or_insert_function(self.b.module, kind, f"llvm.masked.store.{self.kind}.p0")
        self.b.call(store, [value, self._at(address, self.vector), ir.Constant(SHORT, self.size), mask])

    def store_first(self, values: Sequence[tuple[Any, Any, int]], count: Any) -> None:
        """Write `count` numbers, of vectors given as (value, address, place of its first number).

        Where a register is no 64 bytes wide, a masked store takes 20 cycles (AMD's before Zen 4) or is made of scalars
        (NEON), even if its mask is full or empty: so it is asked before whether there is need of one.
        """
        b, places = self.b, sorted({place for _, _, place in values})

        def masked() -> None:
            masks = {place: self.first(b.sub(count, self.number(place))) for place in places}
            for value, address, place in values:
                self.store_some(value, address, masks[place])

        if WIDTH == 64:
            masked()
            return
        with b.if_else(b.icmp_signed(">=", count, self.number(places[-1] + self.lanes))) as (whole, part):
            with whole:
                for value, address, _ in values:
                    self.store(value, address)
            with part, b.if_then(b.icmp_signed(">", count, self.number(0))):
                masked()

    def store(self, value: Any, address: Any) -> None:
        self.b.store(value, self._at(address, value.type)).align = self.size

    def load_scalar(self, address: Any) -> Any:
        return self.b.load(self._at(address, self.scalar))

    def store_scalar(self, value: Any, address: Any) -> None:
        self.b.store(value, self._at(address, self.scalar))

    def loop(self, count: Any, carried: Sequence[Any], body: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
        """`carried` after `count` rounds of body(round, carried) -> carried; none if `count` is 0."""
        b, before = self.b, self.b.block
        head, inside, after = [b.append_basic_block(name) for name in ("head", "inside", "after")]
        b.branch(head)
        b.position_at_end(head)
        i, values = b.phi(WORD), [b.phi(value.type) for value in carried]
        i.add_incoming(self.number(0), before)
        for phi, value in zip(values, carried, strict=True):
            phi.add_incoming(value, before)
        b.cbranch(b.icmp_signed("<", i, count), inside, after)
        b.position_at_end(inside)
        results = body(i, list(values))
        i.add_incoming(b.add(i, self.number(1)), b.block)
        for phi, value in zip(values, results, strict=True):
            phi.add_incoming(value, b.block)
        back = b.branch(head)
        back.set_metadata("llvm.loop", _AsItIs(b.module))
        b.position_at_end(after)
        return list(values)

    def choose(self, key: Any, variants: dict[int, Callable[[], None]]) -> None:
        """Run the variant that `key` names; `key` is one of them."""
        b = self.b
        after, nothing = b.append_basic_block("chosen"), b.append_basic_block("unknown")
        switch = b.switch(key, nothing)
        for value, emit in variants.items():
            block = b.append_basic_block(f"variant{value}")
            switch.add_case(ir.Constant(WORD, value), block)
            b.position_at_end(block)
            emit()
            b.branch(after)
        b.position_at_end(nothing)
        b.unreachable()
        b.position_at_end(after)
