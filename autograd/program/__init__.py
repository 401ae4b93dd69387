"""Programs: everything that a function computed, as a list that can be read, run, differentiated and written out.

    steps.py        what a Program is made of: slots, steps, guards                            read this first
    program.py      `Program`, and `capture`, which makes one by running a function once
    operations.py   what may stand in a step beside the ops of `autograd.ops`
    running.py      the plain interpreter: it says what a Program means, and every faster one is held against it
    gradients.py    `Program.vjp`; backward.py: the walk back; rules.py: its steps; functions.py: a backward of a user
    capturing.py    how steps come about while a function runs; slots.py: where values stand; effects.py: writes, looks
    leaving.py      what else than its result holds a Tensor that a function has computed
    acts.py         walks back and steps of optimisers, which only frozen functions may hold
    text/           programs as text: `print(program)`, and NumPy that runs without this library
    watched.py      what code sees that computes on arrays itself; storage.py puts that in place

The rule: nothing of this is in place, or costs anything, while nothing is captured; and nothing is replayed in silence
that Python would have done differently: what it asked of a value is a guard.

>>> import autograd
>>> program = autograd.capture(lambda x: (x * x).sum(), autograd.tensor([1.0, 2.0]))
>>> program(autograd.tensor([3.0, 4.0]))
tensor(25.)
"""

from .program import Program, capture
from .steps import Guard, Hole, Slot, Step

__all__ = ["Guard", "Hole", "Program", "Slot", "Step", "capture"]
