"""
How the project is built, and how to work on it
===============================================

Where things are, what the tests ask for, and the rules that the code follows.
"""

# %%
# The folders
# -----------
#
# ``autograd`` is the engine, ``nn`` the networks, ``kernels`` the loops; ``benchmarks`` trains, measures and teaches;
# ``tests`` mirrors the folders. Each folder's ``__init__`` says what is inside, what to read first, and its rule:

import autograd
import kernels
import nn

print(autograd.__doc__.partition("How `z")[0])

# %%

print(kernels.__doc__.partition("Letters,")[0])

# %%
# Who may import whom follows from these texts, and a test holds them to it: ``kernels`` knows neither Tensors nor
# tapes, the operations in ``autograd/ops`` know no Tensor, ``nn`` asks the engine for what ``autograd.extend``
# holds:

from autograd import extend

print(extend.__doc__)

# %%
# One declaration, many readers
# -----------------------------
#
# An operation is declared once: a function on arrays, and a rule per input. Eager calls, ``backward``, derivatives
# of any order, the checker, ``capture``, ``compile`` and the NumPy that ``source()`` writes all read this one
# declaration. What is there for speed alone stands apart: ``autograd/fast`` compiles calls and rules, and with
# ``WENGERT_PLAIN=1`` in the environment the engine runs as it is read.

from autograd.op import registry

registry.complete()
print(len(registry), "operations, for instance", ", ".join(sorted(registry)[:8]))

# %%
# Working on it
# -------------
#
# - ``python -m tests quick`` takes under a minute: formatting, lint, and the tests of what was changed.
# - ``python -m tests`` is all of it: formatting, lint, types, about twenty thousand tests; ``-m slow``: the slow ones.
# - An operation without an example is found by a test, and so is a public function without types, a folder whose text
#   has rotted, a shortcut without a test, a kernel that is not vector code.
# - A test must be able to fail: each checker is shown a planted fault once. Tolerances say what rounding allows, and
#   are not widened to let something pass.
# - Speed is measured in alternating processes, medians beside medians: ``python -m benchmarks speed``.
# - Docstrings open with the idea. They give shapes, dtypes, defaults, errors, and the source of a formula.
#
# A change of a rule is best begun with the checker:

print(autograd.check_grads(lambda x: x.tanh(), autograd.randn(3)).headline())
print(sum(p.numel() for p in nn.Linear(3, 4).parameters()), "numbers in a small layer")
