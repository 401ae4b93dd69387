"""The names of nn.optim, for type checkers. Written by `python -m tests.stubs`."""

from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .optimizer import Optimizer as Optimizer
from .sgd import SGD as SGD
from . import adam as adam
from . import optimizer as optimizer
from . import sgd as sgd
from nn.optim.asgd import ASGD as ASGD
from nn.optim.adadelta import Adadelta as Adadelta
from nn.optim.adafactor import Adafactor as Adafactor
from nn.optim.adagrad import Adagrad as Adagrad
from nn.optim.adamax import Adamax as Adamax
from nn.optim.lbfgs import LBFGS as LBFGS
from nn.optim.muon import Muon as Muon
from nn.optim.nadam import NAdam as NAdam
from nn.optim.radam import RAdam as RAdam
from nn.optim.rmsprop import RMSprop as RMSprop
from nn.optim.rprop import Rprop as Rprop
from nn.optim import adamw as adamw
from nn.optim import lr_scheduler as lr_scheduler
from nn.optim import swa_utils as swa_utils
