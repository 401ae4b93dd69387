"""Programs that break compilers: what each of them does must be the same, whether or not it is compiled.

    world.py         how a program is written, and what is noted of it              read this first
    control.py modes.py randomness.py memory.py gradients.py transforms.py modules.py    the programs
"""

from . import control, gradients, memory, modes, modules, randomness, transforms
from .world import PROGRAMS, identity, seen_of

__all__ = [
    "PROGRAMS",
    "control",
    "gradients",
    "identity",
    "memory",
    "modes",
    "modules",
    "randomness",
    "seen_of",
    "transforms",
]
