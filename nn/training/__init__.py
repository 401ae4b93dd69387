"""Training and evaluation: `fit`, `evaluate`, and what goes with them."""

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
from .history import History
from .loop import fit
