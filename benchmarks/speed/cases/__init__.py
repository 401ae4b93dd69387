"""The named workloads, in the order in which they are run and printed."""

from __future__ import annotations

from .case import Case
from .engine import ENGINE
from .layers import LAYERS
from .recurrent import RECURRENT
from .training import TRAINING

CASES = {case.name: case for case in (*ENGINE, *TRAINING, *LAYERS, *RECURRENT)}
