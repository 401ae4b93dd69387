"""NumPy for programs that are differentiated: `import autograd.numpy as np`.

Every function of NumPy's is here, and takes both plain arrays (then it is NumPy's own) and the values that a function
sees while it is being differentiated by `autograd.grad` and its relatives. NumPy's own functions take these, too.

    linalg.py fft.py random.py     the modules of NumPy's with these names
    numpy_boxes.py numpy_vjps.py numpy_vspaces.py numpy_wrapper.py   names that programs import from there

The rule: names are made of NumPy's when they are first asked for. Read first hips/wrapped.py, where that is done.
"""

import numpy as _np

from ..hips.wrapped import namespace as _namespace
from ..hips.wrapped import own as _own
from . import fft, linalg, random

__version__ = _np.__version__
_OWN = {"fft": fft, "linalg": linalg, "random": random, **_own}

__getattr__ = _namespace(_np, globals(), _OWN)


def __dir__() -> list[str]:
    return sorted({*_np.__all__, *_OWN})


__all__ = [_name for _name in _np.__all__ if not _name.startswith("_")]
