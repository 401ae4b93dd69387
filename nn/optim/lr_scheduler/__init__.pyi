"""The names of nn.optim.lr_scheduler, for type checkers. Written by `python -m tests.stubs`."""

from .base import LRScheduler as LRScheduler
from .combined import ChainedScheduler as ChainedScheduler
from .combined import SequentialLR as SequentialLR
from .cosine import CosineAnnealingLR as CosineAnnealingLR
from .cosine import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from .cycles import CyclicLR as CyclicLR
from .cycles import OneCycleLR as OneCycleLR
from .decay import ConstantLR as ConstantLR
from .decay import ExponentialLR as ExponentialLR
from .decay import LinearLR as LinearLR
from .decay import MultiStepLR as MultiStepLR
from .decay import PolynomialLR as PolynomialLR
from .decay import StepLR as StepLR
from .given import LambdaLR as LambdaLR
from .given import MultiplicativeLR as MultiplicativeLR
from .plateau import ReduceLROnPlateau as ReduceLROnPlateau
from . import base as base
from . import combined as combined
from . import cosine as cosine
from . import cycles as cycles
from . import decay as decay
from . import given as given
from . import plateau as plateau
from nn.optim.lr_scheduler.base import LRScheduler as _LRScheduler
