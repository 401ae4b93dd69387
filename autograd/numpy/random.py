"""`numpy.random` for programs that are differentiated."""

import numpy as _np

from ..hips.wrapped import namespace as _namespace

__all__ = [_name for _name in _np.random.__all__ if not _name.startswith("_")]
__getattr__ = _namespace(_np.random, globals(), {})


def __dir__() -> list[str]:
    return __all__
