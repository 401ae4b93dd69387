"""NumPy's functions once more, where programs written for HIPS/autograd import them from."""

from typing import Any as _Any

from .. import numpy as _numpy
from ..hips.primitives import notrace_primitive, primitive

__all__ = ["notrace_primitive", "primitive"]


def __getattr__(name: str) -> _Any:
    return getattr(_numpy, name)
