"""A plan as a Python function: straight-line code whose only work is calling the machine, products and ops.

The text can be printed (`Compiled.source`), and stands in tracebacks and for `inspect.getsource`.
"""

from __future__ import annotations

import linecache
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from kernels.blocks import walk
from kernels.machine.fast import SIZES

from . import timing
from .called import contiguous, multiply, own, packed, shaped
from .frames import start
from .numbering import Numbering
from .plan import SMALL, Alone, Phase, Plan, used_by_python
from .values import Node, Value

SEVERAL = 4
"""Products by one weight, from which on it is packed once for all."""


def name_of(y: Value) -> Any:
    """What a value is: a root, and how it looks into it."""
    return y.root, y.shape, y.strides, y.offset


class Writer:
    """Writes one function of a plan for each phase."""

    def __init__(self, plan: Plan, numbers: Numbering, name: str) -> None:
        self.plan = plan
        self.numbers = numbers
        self.name = name
        self.times: timing.Times | None = None
        self.lines: list[str] = []
        self.lets_go = False  # is `frame.before` called before there is memory for what is `late`?
        self.names: dict[Value, str] = {}
        self.known: dict[str, Any] = {
            **{
                "run": walk.run.direct,
                "share": walk.share,
                "start": start,
                "empty": np.empty,
                "contiguous": contiguous,
            },
            **{
                "own": own,
                "shaped": shaped,
                "multiply": multiply,
                "packed": packed,
                "matmul": np.matmul,
                "ascontiguousarray": np.ascontiguousarray,
                "ndarray": np.ndarray,
            },
        }
        self.static = {x: f"a{number}" for number, x in enumerate(used_by_python(plan))}
        self.linked = {number for _, number, _ in numbers.links}  # arrays from outside that the machine looks into
        self.read = set().union(*plan.reads, [x.root for phase in plan.phases for x in phase.outputs])
        self.kept = self._kept()
        self.again = [x for x in self.kept if x in plan.phases[0].inputs]  # arguments that backward is given again
        self.functions: list[str] = []
        for number in range(len(plan.phases)):
            self._phase(number)
        self.text = "\n".join(self.lines) + "\n"

    def functions_of(self) -> list[Callable[..., Any]]:
        """The functions, compiled from the text."""
        file = f"<compiled {self.name} {len(linecache.cache)}>"
        text = self.text
        if timing.ON:
            self.times = timing.Times()
            text = self.times.instrumented(text)
            self.known |= {"begin": self.times.begin, "tick": self.times.tick}
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), self.known)
        return [self.known[name] for name in self.functions]

    def _kept(self) -> list[Value]:
        """What the first phase has as Python's variables, and a later one needs."""
        if len(self.plan.phases) == 1:
            return []
        first, later = self.plan.phases[0], self.plan.steps[1:]
        number = len(self.plan.steps[0])
        there = {*first.inputs, *[out for step in self.plan.steps[0] if isinstance(step, Node) for out in step.outputs]}
        read: dict[Value, None] = {}
        for steps in later:
            for _ in steps:
                read.update(dict.fromkeys(self.plan.reads[number]))
                number += 1
        for phase in self.plan.phases[1:]:
            read.update(dict.fromkeys([x.root for x in phase.outputs]))
        return [x for x in read if x in there and self.plan.homes[x][0] == "outside"]

    # -- names

    def _name(self, x: Value) -> str:
        """An expression for a value as an array."""
        if x in self.static:
            return self.static[x]
        if x.parent is None:
            return self.names[x]
        size = x.dtype.itemsize
        strides = tuple([s * size for s in x.strides])
        base, kind = self._name(x.parent), self._constant(x.dtype)
        whole = len(x.shape) == 2 and x.shape[::-1] == x.parent.shape and x.dtype == x.parent.dtype
        if whole and x.offset == 0 and x.strides[::-1] == x.parent.strides:
            return f"{base}.T"
        return f"ndarray({x.shape}, {kind}, {base}, {x.offset * size}, {strides})"

    def _constant(self, thing: Any) -> str:
        """An expression for something that is known now."""
        if isinstance(thing, (bool, int, str, type(None))) or (isinstance(thing, float) and math.isfinite(thing)):
            return repr(thing)
        if type(thing) is tuple:
            return f"({', '.join([self._constant(each) for each in thing])}{',' * (len(thing) == 1)})"
        name = f"k{len(self.known)}"
        self.known[name] = thing
        return name

    # -- lines

    def _phase(self, number: int) -> None:
        plan, phase = self.plan, self.plan.phases[number]
        name = ("forward", "backward")[number]
        self.functions.append(name)
        given = [f"x{number}_{i}" for i in range(len(phase.inputs) + number * len(self.again))]
        self.lines += (
            ["", f"def {name}(frame{''.join([', ' + x for x in given])}):"]
            if self.lines
            else [f"def {name}(frame{''.join([', ' + x for x in given])}):"]
        )
        at = len(self.lines)
        for x, variable in zip(phase.inputs, given, strict=False):
            self._take(x, variable)
        if number and self.kept:
            names = [self.names[x] for x in self.kept]
            self._line(f"{', '.join(names)}{',' * (len(names) == 1)} = frame.kept")
            self._line("frame.kept = ()")
            for x, variable in zip(self.again, given[len(phase.inputs) :], strict=True):
                self._take_again(x, variable)
        place = sum(map(len, plan.steps[:number]))
        last = self._last_uses(number, place)
        products = [step for step in plan.steps[number] if isinstance(step, Node) and step.kind == "product"]
        self.factors = Counter([name_of(step.inputs[1]) for step in products])
        self.ready: dict[Any, str] = {}
        self.late = {x.root for x in phase.late}
        fresh = [x for x in dict.fromkeys([out.root for out in phase.outputs]) if x in plan.handed]
        first = min([plan.life[x][0] for x in fresh if x in self.late], default=place) - place
        for step in [*self._segments(plan.steps[number][:first]), *self._segments(plan.steps[number][first:])]:
            fresh = self._fresh(fresh, place, place + (1 if isinstance(step, Node) else step[1] - step[0]), phase)
            if isinstance(step, Node):
                self._node(step)
                place += 1
            else:
                self._groups(*step)
                place += step[1] - step[0]
            self._let_go(last, place)
        self._fresh(fresh, place, len(plan.reads) + 1, phase)
        if not number and self.kept:
            self._line(f"frame.kept = ({', '.join([self.names[x] for x in self.kept])},)")
        outs = self._outputs(phase)
        if phase.places:
            outs = ["None" if place is None else outs[place] for place in phase.places]
        self._line(f"return ({', '.join(outs)}{',' * (len(outs) == 1)})")
        self._head(at, "\n".join(self.lines[at:]))

    def _last_uses(self, number: int, first: int) -> dict[Value, int]:
        """What was given or calls have made -> after how many steps nobody reads it; without what is kept or handed on.

        Of what was given there may be a copy in order, which nobody else holds.
        """
        given = [x for x in self.plan.phases[number].inputs if self.plan.homes.get(x, ("", 0))[0] == "outside"]
        last: dict[Value, int] = dict.fromkeys([x for x in given if x not in self.plan.held], first)
        last |= dict.fromkeys(self.kept, first) if number else {}
        for place, step in enumerate(self.plan.steps[number], first + 1):
            made = step.outputs if isinstance(step, Node) and step.kind == "call" and not step.into else ()
            last.update(dict.fromkeys(made, place))
            last.update(dict.fromkeys([x.root for x in self.plan.reads[place - 1] if x.root in last], place))
        for x in [*([] if number else self.kept), *[x.root for x in self.plan.phases[number].outputs]]:
            last.pop(x, None)
        return last

    def _let_go(self, last: dict[Value, int], place: int) -> None:
        """Forget arrays that nobody reads any more, so that those which come next can have their memory."""
        done = [x for x, until in last.items() if until <= place and x in self.names]
        if done:
            self._line(f"del {', '.join([self.names[x] for x in done])}")
        for x in done:
            del last[x]

    def _head(self, at: int, body: str) -> None:
        """The lines before all others: what of the frame is used."""
        import re

        used = set(re.findall(r"\b[a-z]+\d*\b", body))
        lines = []
        if self.static and used & set(self.static.values()):
            names = [name if name in used else "_" for name in self.static.values()]
            lines.append(f"    {', '.join(names)}{',' * (len(names) == 1)} = frame.arrays")
        for name in ("at", "outside", "held"):
            if name in used:
                lines.append(f"    {name} = frame.{name}")
        self.lines[at:at] = lines

    def _line(self, text: str) -> None:
        self.lines.append("    " + text)

    def _take(self, x: Value, variable: str) -> None:
        """An argument: copied if it is small, else by its address."""
        if x not in self.plan.homes:
            self.names[x] = variable
            return
        where, number = self.plan.homes[x]
        self.names[x] = variable
        if where == "arena":
            self._line(f"{self.static[x]}[...] = {variable}")
        elif x in self.plan.held:
            self._line(f"if {variable} is not held[{number}]:")
            self._line(f"    held[{number}] = {variable} = ascontiguousarray({variable})")
            self._line(f"    outside[{number}] = start({variable})")
        else:
            self._line(f"{variable} = contiguous({variable}, {self._constant(x.dtype)})")
            self._link(x, variable)

    def _link(self, x: Value, name: str) -> None:
        """Enter the address of an array from outside, where the machine looks for it."""
        number = self.plan.homes[x][1]
        if number in self.linked:
            self._line(f"outside[{number}] = start({name})")

    def _take_again(self, x: Value, variable: str) -> None:
        """An argument of forward: another array, if what was given has been overwritten since."""
        number = self.plan.homes[x][1]
        self._line(f"if {variable} is not {self.names[x]}:")
        self._line(f"    {self.names[x]} = contiguous({variable}, {self._constant(x.dtype)})")
        self._line(f"    outside[{number}] = start({self.names[x]})")
        if x in self.plan.held:
            self._line(f"    frame.held[{number}] = None")

    def _fresh(self, outputs: list[Value], begin: int, end: int, phase: Phase) -> list[Value]:
        """Memory for results that are handed over, and that steps before `end` write; those that wait for theirs."""
        now = [x for x in outputs if self.plan.life[x][0] < end]
        for x in now:
            if x in self.late and not self.lets_go and all(self._there(asked, begin) for asked in phase.asked):
                self.lets_go = True
                self._line(f"frame.before({', '.join([self._name(asked) for asked in phase.asked])})")
            self.names[x] = f"z{len(self.names)}"
            self._line(f"{self.names[x]} = empty({x.shape}, {self._constant(x.dtype)})")
            self._link(x, self.names[x])
        return [x for x in outputs if x not in now]

    def _there(self, x: Value, place: int) -> bool:
        """Is a value known by name, and computed by the steps before this one?"""
        return (x in self.static or x in self.names) and self.plan.life[x.root][0] < place

    def _segments(self, steps: list[Any]) -> list[Any]:
        """Groups that one call of the machine can do, as (first, last), and what stands between them."""
        found: list[Any] = []
        for step in steps:
            shared = not isinstance(step, Node) and self.plan.parts[step] > 1
            if isinstance(step, Node):
                found.append(step)
            elif (
                not timing.ON
                and found
                and isinstance(found[-1], tuple)
                and found[-1][1:] == (step, False)
                and not shared
            ):
                found[-1] = (found[-1][0], step + 1, False)
            else:
                found.append((step, step + 1, shared))
        return found

    def _groups(self, first: int, last: int, shared: bool) -> None:
        what = self._described(first) if timing.ON else ""
        if not shared:
            self._line(f"run(at, {first}, {last}){what}")
            return
        rows = int(self.numbers.groups[first, walk.ROWS])
        self._line(f"share(at, {first}, {rows}, {self.plan.parts[first]}){what}")
        more = self.numbers.combine.get(first)
        if more:
            self._line(f"run(at, {more[0]}, {more[-1] + 1})")

    def _described(self, number: int) -> str:
        """What a loop does, for those who look at times."""
        table = self.plan.tables[number]
        lines = table.lines if isinstance(table, Alone) else list(table.instructions())
        size = table.rows if isinstance(table, Alone) else table.group.size
        return f"  # {size}: {' '.join([line.name for line in lines])}"

    def _node(self, node: Node) -> None:
        if node.kind == "product":
            work = node.inputs[0].size * node.out.shape[1]
            how = "multiply" if work >= SIZES["product"].least and node.out.dtype.char in "fd" else "matmul"
            given = [self._name(x) for x in (*node.inputs, node.out)]
            ready = self._packed(node.inputs[1], given[1]) if how == "multiply" else ""
            self._line(f"{how}({', '.join([*given, *[ready] * bool(ready)])})")
            return
        if node.kind == "copy":
            self._line(f"{self._name(node.out)}[...] = {self._name(node.inputs[0])}")
            return
        function, settings = node.settings
        given = ["None" if x is None else self._name(x) for x in node.inputs]
        given += [f"{key}={self._constant(value)}" for key, value in settings.items()]
        if node.into:
            places = ", ".join([self._name(out) for out in node.outputs])
            places = places if len(node.outputs) == 1 else f"({places})"
            self._line(
                f"{self._constant(function)}({', '.join(given)}, out={places})  # {node.name} {node.line}".rstrip()
            )
            return
        outs = []
        for out in node.outputs:
            self.names[out] = f"v{len(self.names)}"
            outs.append(self.names[out])
        called = self._constant(function)
        several = ",".join(outs) if len(outs) != 1 else outs[0]
        self._line(f"{several or '_'} = {called}({', '.join(given)})  # {node.name} {node.line}".rstrip())
        for out, name in zip(node.outputs, outs, strict=True):
            if not out.dtype.hasobject and any(x is None or x.dtype.kind != "f" for x in node.inputs):
                self._line(f"shaped({name}, {out.shape}, {node.line!r})")
            if out.dtype.hasobject or out not in self.read:
                continue
            self._line(f"{name} = contiguous({name}, {self._constant(out.dtype)})")
            self._link(out, name)

    def _packed(self, y: Value, name: str) -> str:
        """The variable of a weight that several products of this phase are multiplied by, packed; "" for others."""
        if y.root not in self.plan.held or self.factors[name_of(y)] < SEVERAL:
            return ""
        found = self.ready.get(name_of(y))
        if found is None:
            found = self.ready[name_of(y)] = f"p{len(self.ready)}"
            self._line(f"{found} = packed({name})")
        return found

    def _outputs(self, phase: Phase) -> list[str]:
        """What is returned; where a value is so twice, each has memory of its own."""
        outs: list[str] = []
        for x in phase.outputs:
            text = self._output(x)
            again = text in outs and not text.endswith(".copy()") and x not in self.plan.glanced
            outs.append(f"{text}.copy()" if again else text)
        return outs

    def _output(self, x: Value) -> str:
        if x.root in self.plan.handed:
            return self.names[x] if x.parent is None else f"{self.names[x.root]}.reshape({x.shape})"
        if x in self.plan.glanced:
            return self._name(x)
        if x.root.node is not None and x.root.node.kind == "call" and not x.root.node.into:
            return f"own({self._name(x)})"
        return f"{self._name(x)}.copy()"


__all__ = ["SMALL", "Writer"]
