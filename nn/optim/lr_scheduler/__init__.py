"""Learning rate schedules: each `step()` sets the learning rates of an optimiser's groups.

    base.py       LRScheduler: what all share                                                  read this first
    decay.py      multiplied by a number, at some steps or at each
    given.py      by a function of the program
    cosine.py     along half a cosine, once or again and again
    cycles.py     up and down, with the momentum against it
    plateau.py    when the loss no longer falls
    combined.py   several, one after the other or at the same time

The rule: call `scheduler.step()` after `optimizer.step()`, once per epoch (or per batch, for those that say so). A
schedule computes a rate from the previous one where it can, so that several can act on one optimiser at the same time.
"""

from autograd.later import later as _later

from .base import LRScheduler
from .combined import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cycles import CyclicLR, OneCycleLR
from .decay import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from .given import LambdaLR, MultiplicativeLR
from .plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

_later(
    __name__,
    {
        "_LRScheduler": "nn.optim.lr_scheduler.base:LRScheduler",  # until PyTorch 2.0
        # what PyTorch's module shows beside its own
        "Counter": "collections:Counter",
        "Optimizer": "nn.optim.optimizer:Optimizer",
        "bisect_right": "bisect:bisect_right",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
