"""Training and evaluation: `fit`, `evaluate`, and what goes with them.

    loop.py           fit: epochs of batches                                                   read this first
    evaluation.py     evaluate, predict, confusion matrices
    batches.py        batches out of data sets, loaders and arrays
    callbacks.py      what is done between epochs: stopping early, saving, learning rates, logs
    averaging.py      averaged weights; finder.py: which learning rate? logs.py: JSON lines, TensorBoard
    history.py        what was measured in each epoch; progress.py: the bar
    showing.py        what notebooks show: curves while it runs, a row per class
    together.py       several processes that train one model
    diagnosis.py      where a loss that is not finite came from

The rule: nothing happens here that a loop of ten lines in a user's program could not do with the same public names.
"""

from .averaging import ExponentialMovingAverage
from .callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LRScheduler,
    ModelCheckpoint,
    Training,
)
from .evaluation import (
    Evaluation,
    confusion_matrix,
    confusion_table,
    evaluate,
    predict,
)
from .finder import RateCurve, find_learning_rate
from .history import History
from .logs import JSONLogger, TensorBoardLogger
from .loop import fit

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "Evaluation",
    "ExponentialMovingAverage",
    "History",
    "JSONLogger",
    "LRScheduler",
    "ModelCheckpoint",
    "RateCurve",
    "TensorBoardLogger",
    "Training",
    "confusion_matrix",
    "confusion_table",
    "evaluate",
    "find_learning_rate",
    "fit",
    "predict",
]
