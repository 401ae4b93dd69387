"""Optimisers and learning rate schedules.

    optimizer.py      Optimizer: groups, states, `zero_grad`, hooks, saving                    read this first
    sgd.py            the shortest of them; then adam.py (Adam and AdamW), and one file for each other rule
    joined.py         small parameters moved together
    lbfgs.py          the one that evaluates the loss several times a step
    lr_scheduler/     learning rates over time; swa_utils.py: averages of weights

The rule: an optimiser's docstring gives its formula and where it is from, its `step` writes to arrays in place and
records nothing, and all it keeps between steps is in `state`, so that it can be saved.
"""

from autograd.later import later as _later

from .adam import Adam, AdamW
from .optimizer import Optimizer
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
        "ASGD": "nn.optim.asgd:ASGD",
        "Adadelta": "nn.optim.adadelta:Adadelta",
        "Adafactor": "nn.optim.adafactor:Adafactor",
        "Adagrad": "nn.optim.adagrad:Adagrad",
        "Adamax": "nn.optim.adamax:Adamax",
        "LBFGS": "nn.optim.lbfgs:LBFGS",
        "Muon": "nn.optim.muon:Muon",
        "NAdam": "nn.optim.nadam:NAdam",
        "RAdam": "nn.optim.radam:RAdam",
        "RMSprop": "nn.optim.rmsprop:RMSprop",
        "Rprop": "nn.optim.rprop:Rprop",
        "adamw": "nn.optim.adamw",
        "lr_scheduler": "nn.optim.lr_scheduler",
        "swa_utils": "nn.optim.swa_utils",
    },
)  # what is imported when it is asked for: a program uses one of them, or two


def __dir__() -> list[str]:
    return sorted(__all__)
