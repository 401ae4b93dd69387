"""What stands on the tape for a compiled program: one op, whose second derivatives are those of the steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GraphError
from ..modes import state
from ..op import Op
from ..program import Program
from ..program.running import run
from ..tensors.core import Core, wrap

_TEXT = """\
def forward({names}, *, recorded=False):
    raise NotImplementedError

def rule(dz, {read}lease, wanted):
    return back(dz, lease, wanted, ({again}))

def formula({names}):
    return replay(({names},))
"""


def saver(plan: Any, operation: Op) -> Callable[[list[Any], Any], Any]:
    """What `plan.save` does for an operation of `op_of`, in one expression: of the arrays and the lease."""
    names = [f"x[{operation.inputs.index(name)}]" if name in operation.inputs else name for name in plan.names]
    if set(names) - {"lease"} - {f"x[{place}]" for place in range(len(operation.inputs))}:
        raise AssertionError(f"{operation.name}: nobody keeps {plan.names}")
    text = names[0] if len(names) == 1 else f"({', '.join(names)})"
    found: Callable[[list[Any], Any], Any] = eval(f"lambda x, lease: {text}")
    return found


def op_of(compiled: Any, ready: Any, watched: set[int]) -> Op:
    """What stands on the tape: one op, whose formula are the steps of the program.

    watched   positions of the inputs that the rules of the steps ask for. Others that we read, to compute something
              again, may be overwritten meanwhile: then we are given copies
    """
    inputs = ready.plan.phases[0].inputs
    names = [f"x{number}" for number in range(len(compiled.slots))]
    single = len(compiled.results) == 1
    again = [names[inputs.index(x)] for x in ready.again]
    asked = [name for k, name in enumerate(names) if name in again or k in watched]
    private = tuple([name for k, name in enumerate(names) if name in again and k not in watched])

    def back(dz: Any, lease: Any, wanted: tuple[int, ...], given: tuple[Any, ...]) -> Any:
        if lease.spent:
            raise GraphError(f"{compiled.name}: a walk back through it was broken off, and cannot be made again")
        if state.home.retaining or state.interpreter is not None:
            frame = ready.frames.twin(lease.frame)
            try:
                grads = ready.back(dz, frame, given)
            finally:
                ready.frames.free.append(frame)
        else:
            lease.spent = True
            grads = ready.back(dz, lease.frame, given)
        if single:
            return grads
        reached = compiled.reached(dz)
        return grads if reached.issuperset(wanted) else [g if i in reached else None for i, g in enumerate(grads)]

    def replay(inputs: tuple[Any, ...]) -> Any:
        return replayed(compiled.program, inputs)

    known: dict[str, Any] = {"back": back, "replay": replay}
    parts = {"names": ", ".join(names)}
    parts |= {key: "".join([f"{name}, " for name in each]) for key, each in (("read", asked), ("again", again))}
    exec(compile(_TEXT.format(**parts), "<compiled>", "exec"), known)
    return Op(
        compiled.name,
        known["forward"],
        {},
        joint=known["rule"],
        keeps=("lease",),
        formula=known["formula"],
        private=private,
        partial=True,
        outputs=1 if single else len(compiled.results),
    )


def replayed(program: Program, inputs: tuple[Any, ...]) -> Any:
    """The results of a program, step by step, with other Tensors in the place of its parameters, too."""
    count = len(program.inputs)
    tensors = [x if isinstance(x, Core) else wrap(x) for x in inputs]
    given: dict[int, Any] = dict(zip(program.parameters, tensors[count:], strict=True))
    given |= {number: wrap(np.array(given[number]._array)) for number in program.written if number in given}
    slots = [dataclasses.replace(s, value=given[s.number]) if s.number in given else s for s in program.slots]
    own = Program(slots, program.steps, program.guards, program.arguments, program.results, program.name)
    interpreter = state.interpreter
    if interpreter is not None and not interpreter.captures:
        interpreter.settle("a walk back that is recorded")
        state.interpreter = None
    try:
        values = run(own, tensors[:count])
    finally:
        state.interpreter = interpreter
    outs = tuple([values[number] for number in program.outputs])
    return outs[0] if len(outs) == 1 else outs
