"""`numpy.fft` for programs that are differentiated."""

import numpy as _np

from ..hips.wrapped import namespace as _namespace

__all__ = [_name for _name in _np.fft.__all__ if not _name.startswith("_")]
__getattr__ = _namespace(_np.fft, globals(), {})


def __dir__() -> list[str]:
    return __all__
