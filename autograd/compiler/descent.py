"""Values and gradients at once: a compiled program, and the walk back from its loss, without a record on the tape."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from .. import anomaly, engine
from ..crowd import crowd
from ..modes import state
from ..records import CONSUMED, Leaf, Record
from ..tensors.core import wrap
from .backward import Backward
from .compiled import Compiled, Ready
from .frames import nothing
from .operation import op_of
from .plan import Phase
from .split import Split


class Descent:
    """The results of a compiled program, and gradients from the one number `loss` into `.grad` of its leaves.

    ways   what runs, by the positions of the inputs and parameters that get a gradient
    """

    def __init__(self, compiled: Compiled, loss: int) -> None:
        self.compiled = compiled
        self.loss = loss
        self.ways: dict[tuple[int, ...], Ready] = {}

    @property
    def source(self) -> str:
        """The text of what runs."""
        return "\n".join([ready.text for ready in self.ways.values()])

    def __call__(self, inputs: list[Any], first: Sequence[Callable[..., Any]], values: Any) -> list[Any] | None:
        """The Tensors of the results. None, and nothing was done, where somebody could tell the difference.

        first   what is called with `values` before gradients arrive
        """
        home, compiled = state.home, self.compiled
        if state.interpreter is not None or state.tape is None:
            return None
        if home.hooks or home.watch is not None or home.replaying or anomaly.enabled():
            return None
        tensors = [*inputs, *compiled.parameters]
        wanted = tuple([index for index in compiled.tracked if tensors[index]._node is not None])
        nodes = [tensors[index]._node for index in wanted]
        if not nodes or len(set(nodes)) < len(nodes):
            return None
        for node in nodes:
            if node.__class__ is not Leaf or node.hooks or node.after:
                return None
        ready = self.ways.get(wanted)
        if ready is None:
            ready = self.ways[wanted] = self._made(wanted)
        frames = ready.frames
        frame = frames.take()
        early = bool(first) and ready.writer.lets_go
        if early:

            def before(*asked: Any) -> None:
                compiled.told(asked)
                for act in first:
                    act(values)

            frame.before = before
        try:
            outs = ready.forward(frame, *[x._array for x in tensors])
        finally:
            frame.before = nothing
            frames.free.append(frame)
        count = compiled.count
        if compiled.guards and not early:
            compiled.check(outs)
        compiled.write(outs)
        for act in () if early else first:
            act(values)
        for place, (index, shared) in enumerate(ready.reached, len(outs) - len(ready.reached)):
            x, g = tensors[index], outs[place].copy() if shared else outs[place]
            alone = wrap(g)
            if x._grad is None and not crowd.several:
                x._grad = alone
            else:
                engine.deliver(x._node, x, g, False)
        assert ready.op is not None
        z = outs[self.loss]
        record = Record.at(sys._getframe(2), ready.op.plan(wanted), tuple(nodes), CONSUMED, z.shape, z.dtype)
        return [wrap(part, record if place == self.loss else None) for place, part in enumerate(outs[:count])]

    def _made(self, wanted: tuple[int, ...]) -> Ready:
        """Values and gradients as one phase."""
        compiled = self.compiled
        program, lowering, inputs, values, held, outs = compiled.lowered
        graph = lowering.graph
        slot = program.slots[program.outputs[self.loss]]
        seed = graph.constant(1, slot.dtype)
        numbers = [*program.inputs, *program.parameters]
        leaves = [numbers[index] for index in wanted]
        arrived = Backward(lowering, program, values, leaves).run({slot.number: seed})
        found = [(index, arrived[number]) for index, number in zip(wanted, leaves, strict=True) if number in arrived]
        split = Split(graph, outs, [g for _, g in found], [seed])
        nodes, late = [*split.forward, *split.backward], frozenset(split.grads) - frozenset(outs)
        asked = tuple(outs[compiled.count : compiled.count + len(compiled.guards)])
        phase = Phase(inputs, nodes, [*outs, *split.grads], compiled.glanced, late=late, asked=asked)
        ready = Ready([phase], held, compiled.name)
        ready.op = op_of(compiled, ready, set())
        seen = list(outs)
        for (index, _), g in zip(found, split.grads, strict=True):
            ready.reached = (*ready.reached, (index, g in seen))
            seen.append(g)
        return ready
