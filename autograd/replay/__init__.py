"""Compiled functions whose Python still runs: `autograd.compile`.

    promise.py   a Tensor that knows its shape, and waits for its value
    learned.py   what earlier calls did, as a tree of steps; memory.py: all of them
    variants.py  what computes a path of it; fitting.py: what can be one record
    run.py       one call: promising, computing, learning. Read it first
    walking.py   walks back under `create_graph`, through promises
    descending.py a loss and its gradients at once
    rewriting.py running statistics, which are written in place when they are computed
    matching.py  what comes up in a call, compared with what was learned
    world.py     what becomes of the warnings of NumPy
    function.py  `compile`, and the report

The rule: whatever a function would have done without it happens, in the same order, and with the same results.
"""

from .function import compile, report

__all__ = ["compile", "report"]
