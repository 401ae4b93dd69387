"""Programs that break compilers: what each of them does must be the same, whether or not it is compiled.

world.py                         how a program is written, and what is noted of it      read this first
control.py errors.py modes.py    ways that Python takes, what is raised, what is switched on
randomness.py                    random numbers, buffers, operations of one's own
memory.py arrays.py leaves.py    writing in place, NumPy's hands on memory, leaves that change
gradients.py hooks.py            walking back inside, and what hangs on values
second.py                        walking back inside, recorded
modules.py transforms.py         modules, recurrent state; transforms, threads, copies
statistics.py                    running statistics, which are written in place
drawn.py                         programs drawn at random from the table of operations

The rule: a program makes its own world from a seed, runs at least twenty times, and returns all there is to see.
"""

from . import (
    arrays,
    control,
    errors,
    gradients,
    hooks,
    leaves,
    memory,
    modes,
    modules,
    randomness,
    second,
    statistics,
    transforms,
)
from .world import PROGRAMS, identity, seen_of

__all__ = [
    "PROGRAMS",
    "arrays",
    "control",
    "errors",
    "gradients",
    "hooks",
    "identity",
    "leaves",
    "memory",
    "modes",
    "modules",
    "randomness",
    "second",
    "seen_of",
    "statistics",
    "transforms",
]
