"""Programs as fast code, without Python between their operations and without a compiler at run time.

A Program (`autograd.program`) becomes tables of numbers, which the block machine (`kernels.blocks`) walks through, and
a few lines of Python around that:

    graph.py      the few kinds of nodes that a program is taken apart into                    read this first
    values.py     what a node is, and a value; how one is repeated in a loop over another
    scalar.py     elementwise ops as formulas
    reductions.py products.py shapes.py    other ops in nodes
    known.py      all of these by name
    spelled.py    settings of what runs as it is, as text
    inline.py     some fused ops in the steps of their formula
    attending.py  attention that is written out, as one op
    lower.py      a Program as a graph; what is not known runs as it is
    pure.py       writes in place to what the program has made, as values of their own
    rewrites.py   running statistics, which are written when all is computed
    symbols.py    what rules of ops compute with, to become nodes
    backward.py   the way back through a Program
    arriving.py   what comes together there, of many time steps above all
    split.py      what forward keeps, and what backward computes again
    groups.py     which nodes become one loop
    tables.py     a loop as instructions
    plan.py       where everything is in memory
    packing.py    values in one piece of memory, each for as long as it lives
    successors.py results that take the place of an operand
    numbering.py  all of that as tables of numbers
    frames.py     that memory, used again at every call
    timing.py     how long its lines take, if somebody wants to know
    emit.py       the Python around it, as text
    called.py     what that calls
    operation.py  what stands on the tape for it
    compiled.py   `build(program)`: all of this, and one record on the tape
    descent.py    values and gradients at once, where nobody could tell
    staged.py     steps of a training: such programs, and what acts between them
    dividing.py   which operations of these stand together on the tape
    paying.py     is it worth it?
    stepwise.py   a few operations, of which compiling would make no more
    calling.py    which calls of a function are alike
    outside.py    what a function did that no program would do again
    freezing.py   `frozen(function)`: for functions whose Python need not run again

The rule: what a compiled program gives is what the program gives, up to rounding; `source` shows what runs. Nothing is
imported before it is asked for, because it loads Numba. PyTorch's names are those of `torch.compiler`.

>>> import autograd
>>> from autograd.compiler import build
>>> program = autograd.capture(lambda x: (x * x).sum(), autograd.tensor([1.0, 2.0]))
>>> build(program)(autograd.tensor([3.0, 4.0]))
tensor(25.)
"""

import importlib as _importlib
from typing import Any as _Any

from ..later import later as _later

_OWN = {
    "Compiled": "autograd.compiler.compiled:Compiled",
    "build": "autograd.compiler.compiled:build",
    "Frozen": "autograd.compiler.freezing:Frozen",
    "frozen": "autograd.compiler.freezing:frozen",
}

_PYTORCH = ("allow_in_graph", "compile", "disable", "is_compiling", "is_dynamo_compiling", "is_exporting", "reset")


def _pytorch(name: str) -> _Any:
    tables: _Any = _importlib.import_module("autograd.names.tables")
    found = tables.COMPILER[name]
    return _importlib.import_module("autograd.names.namespace").resolve(found) if isinstance(found, str) else found


_later(__name__, {**_OWN, **dict.fromkeys(_PYTORCH, _pytorch)}, "autograd.compiler")

__all__ = ["Compiled", "Frozen", "build", "frozen"]
