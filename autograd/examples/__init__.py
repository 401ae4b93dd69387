"""For each operation an example to check it at: inputs, settings, and how it is called. One file per family.

    example.py         what an example is, and the domains of inputs                           read this first
    elementwise.py activation.py reduce.py shape.py linalg.py loss.py conv.py pool.py recurrent.py    the families

`python -m benchmarks gradcheck` checks the rules there, and the tests all else.
The rule: an operation without an example does not exist, a test says; and nothing here is imported before it is asked
for.
"""

from __future__ import annotations

from ..op import registry
from ..ops import (  # operations that are loaded only when somebody asks for them
    bessel,
    gauss,
    incomplete,
    lu,
    others,
    scan,
)
from . import activation, conv, elementwise, linalg, loss, pool, recurrent, reduce, shape
from .example import Domain, Example, Input, above_one, between, definite, distinct, positive, probability, real, unit

FAMILIES = (elementwise, activation, reduce, shape, linalg, loss, conv, pool, recurrent)


def examples() -> dict[str, Example]:
    """Operation -> example. Those of nn's operations stand in nn/examples.py, which adds them to these."""
    return {example.op: example for family in FAMILIES for example in family.EXAMPLES}


def has_rule(name: str) -> bool:
    """Is there anything to check: has one of the inputs a derivative?"""
    op = registry[name]
    return op.joint is not None or any(rule is not None for rule in op.rules.values())
