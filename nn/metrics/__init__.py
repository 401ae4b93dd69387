"""Metrics: how good predictions are, counted batch by batch.

    metric.py        Metric: update, compute, reset, merge; several of them as Metrics       read this first
    names.py         the short names by which `fit` takes them
    reading.py       what outputs and targets say: classes, or scores of one class
    counting.py      Accuracy, Precision, Recall, F1, ConfusionMatrix ...: from counts of right and wrong
    ranking.py       AUC, AveragePrecision and the curves behind them: from the order of the scores
    calibration.py   CalibrationError, BrierScore: do probabilities mean what they say?
    regression.py    MeanSquaredError, MeanAbsoluteError, R2Score ...

The rule: a metric of several batches is that of all their examples together, in whatever order they came and in
however many parts: what `update` keeps are sums, counts, or the scores themselves, never averages.

>>> import autograd
>>> accuracy = Accuracy()
>>> accuracy.update(autograd.tensor([[2.0, 1.0], [0.0, 3.0]]), autograd.tensor([0, 0]))
>>> accuracy.update(autograd.tensor([[2.0, 1.0]]), autograd.tensor([0]))
>>> round(accuracy.compute(), 3)
0.667
"""

from .calibration import BrierScore, CalibrationError
from .counting import (
    F1,
    Accuracy,
    BalancedAccuracy,
    CohenKappa,
    ConfusionMatrix,
    FBeta,
    MatthewsCorrelation,
    Precision,
    Recall,
    Specificity,
    TopKAccuracy,
)
from .metric import Mean, Metric, Metrics
from .names import by_name
from .ranking import AUC, AveragePrecision, precision_recall_curve, roc_curve
from .regression import (
    ExplainedVariance,
    MaxError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    PearsonCorrelation,
    R2Score,
    RootMeanSquaredError,
)

__all__ = [
    "AUC",
    "F1",
    "Accuracy",
    "AveragePrecision",
    "BalancedAccuracy",
    "BrierScore",
    "CalibrationError",
    "CohenKappa",
    "ConfusionMatrix",
    "ExplainedVariance",
    "FBeta",
    "MatthewsCorrelation",
    "MaxError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "Metric",
    "Metrics",
    "PearsonCorrelation",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "Specificity",
    "TopKAccuracy",
    "by_name",
    "precision_recall_curve",
    "roc_curve",
]
