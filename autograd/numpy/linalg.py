"""`numpy.linalg` for programs that are differentiated."""

import numpy as _np

from ..hips.wrapped import namespace as _namespace

__all__ = [_name for _name in _np.linalg.__all__ if not _name.startswith("_")]
__getattr__ = _namespace(_np.linalg, globals(), {})


def __dir__() -> list[str]:
    return __all__
