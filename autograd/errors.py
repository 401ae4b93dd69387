"""Every exception that Wengert raises on purpose.

AutogradError
├── ShapeError (ValueError)        sizes or numbers of dimensions do not fit
├── DTypeError (TypeError)         an element type that the operation does not take
├── SettingError (ValueError)      a setting outside of what the operation takes
├── IntegerDivisionError (ZeroDivisionError)   integers have no inf
├── GraphError (RuntimeError)      backward cannot run: nothing recorded, already consumed, another thread
│   ├── InplaceError               a value that backward needs was overwritten
│   └── AnomalyError               `detect_anomaly`, or training, met the first NaN or Inf
├── CaptureError (RuntimeError)    `capture` met what a Program cannot hold
│   └── GuardError                 a Program was run where Python would have decided otherwise
├── DeviceError (RuntimeError)     a device other than the CPU
├── DistributedError (RuntimeError)   other processes are missing: not started, gone, or silent for too long
├── LinAlgError (NumPy's)          a matrix is singular or not positive definite, or an iteration does not converge
├── NoRuleError (TypeError)        a NumPy function or an input that has no derivative rule
├── LabelError (ValueError)        a class index or another target that the loss does not take
├── GradcheckError (RuntimeError)  `gradcheck`: a gradient differs from the slope
├── CheckpointError (ValueError)   a checkpoint is damaged, foreign, or does not fit the model
└── DataError (ValueError)         a data file or folder is missing, damaged or not what it claims to be

Messages say which function, what it wanted and what it got. Where PyTorch has a sentence that people search for,
ours begins with it.
"""

import numpy as np


class AutogradError(Exception):
    """Base of all exceptions below."""


class ShapeError(AutogradError, ValueError, RuntimeError, IndexError):
    """Sizes or numbers of dimensions do not fit.

    Also a RuntimeError and an IndexError, because PyTorch raises these for bad shapes and for dimensions out of
    range, and programs catch them.
    """


class DTypeError(AutogradError, TypeError, RuntimeError):
    """An element type that the operation does not take."""


class SettingError(AutogradError, ValueError, RuntimeError):
    """A setting outside of what the operation takes. Also a RuntimeError, which PyTorch mostly raises."""


class IntegerDivisionError(AutogradError, ZeroDivisionError, RuntimeError):
    """An integer was divided by 0. Also a RuntimeError, which PyTorch raises."""


class GraphError(AutogradError, RuntimeError):
    """Backward cannot run from here."""


class InplaceError(GraphError):
    """A value that backward needs was overwritten, or an in-place write would hide a leaf."""


class AnomalyError(GraphError):
    """The first NaN or Inf of a computation watched by `detect_anomaly`, or a loss that is not finite."""


class CaptureError(AutogradError, RuntimeError):
    """`capture` met something that a Program cannot hold."""


class GuardError(CaptureError):
    """A Program was run on values at which Python would have decided otherwise than when it was captured.

    guard   what Python asked, if that was of one value: a `program.Guard`
    """

    guard: object = None


class DeviceError(AutogradError, RuntimeError):
    """A device other than the CPU."""


class DistributedError(AutogradError, RuntimeError):
    """Other processes are missing: they were not started, have gone, or do not answer."""


class LinAlgError(AutogradError, np.linalg.LinAlgError, RuntimeError):
    """A matrix is singular or not positive definite, or an iteration does not converge."""


class NoRuleError(AutogradError, TypeError, RuntimeError):
    """A NumPy function or an input that has no derivative rule. Also a RuntimeError, as PyTorch's in backward."""


class LabelError(AutogradError, ValueError, IndexError, RuntimeError):
    """A class index or another target that the loss does not take.

    Also an IndexError and a RuntimeError, because PyTorch raises these for targets out of bounds.
    """


class GradcheckError(AutogradError, RuntimeError):
    """`gradcheck` found a gradient that differs from the slope of its function."""


class CheckpointError(AutogradError, ValueError, RuntimeError):
    """A checkpoint is damaged, foreign, or does not fit the model.

    Also a RuntimeError, because that is what PyTorch's `load_state_dict` raises.
    """


class DataError(AutogradError, ValueError):
    """A data file or folder is missing, damaged or not what it claims to be."""
