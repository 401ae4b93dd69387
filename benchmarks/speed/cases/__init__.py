"""The named workloads, in the order in which they are run and printed.

    case.py            what a case is, and what all share                                      read this first
    engine.py small.py training.py loops.py layers.py stacks.py recurrent.py transforms.py
                       small operations; small steps; training steps on images, and of other kinds; lone layers; a few
                       layers together; sequences; Jacobians and their kin
    loading.py         loaders alone, with workers
    reference.py       values in float64, written plainly in NumPy

The rule: a case says how many operations and bytes a step must cost, so that what is reached can be told.
"""

from __future__ import annotations

from .case import Case
from .engine import ENGINE
from .layers import LAYERS
from .loading import LOADING
from .loops import LOOPS
from .recurrent import RECURRENT
from .small import SMALL
from .stacks import STACKS
from .training import TRAINING
from .transforms import TRANSFORMS

CASES = {
    case.name: case
    for case in (*ENGINE, *SMALL, *TRAINING, *LOOPS, *LAYERS, *STACKS, *RECURRENT, *TRANSFORMS, *LOADING)
}
