"""Optimisers and learning rate schedules.

    optimizer.py      Optimizer: groups, states, `zero_grad`, hooks, saving                    read this first
    sgd.py            the shortest of them; then adam.py (Adam and AdamW), and one file for each other rule
    lbfgs.py          the one that evaluates the loss several times a step
    lr_scheduler/     learning rates over time; swa_utils.py: averages of weights

The rule: an optimiser's docstring gives its formula and where it is from, its `step` writes to arrays in place and
records nothing, and all it keeps between steps is in `state`, so that it can be saved.
"""

from autograd.later import later as _later

from . import lr_scheduler
from .adadelta import Adadelta
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .asgd import ASGD
from .lbfgs import LBFGS
from .nadam import NAdam
from .optimizer import Optimizer
from .radam import RAdam
from .rmsprop import RMSprop
from .rprop import Rprop
from .sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
    "swa_utils",
]

_later(
    __name__,
    {
        "Adafactor": "nn.optim.adafactor:Adafactor",
        "Muon": "nn.optim.muon:Muon",
        "adamw": "nn.optim.adamw",
        "swa_utils": "nn.optim.swa_utils",
    },
)  # what few programs use


def __dir__() -> list[str]:
    return sorted(__all__)
