"""Short names of metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import SettingError

from .calibration import BrierScore, CalibrationError
from .counting import F1, Accuracy, BalancedAccuracy, CohenKappa, MatthewsCorrelation, Precision, Recall, TopKAccuracy
from .metric import Metric
from .ranking import AUC, AveragePrecision
from .regression import MeanAbsoluteError, MeanSquaredError, PearsonCorrelation, R2Score, RootMeanSquaredError

WITH_THRESHOLD: dict[str, Callable[..., Any]] = {
    "accuracy": Accuracy,
    "balanced_accuracy": BalancedAccuracy,
    "precision": Precision,
    "recall": Recall,
    "f1": F1,
    "kappa": CohenKappa,
    "matthews": MatthewsCorrelation,
}
OTHERS: dict[str, Callable[[], Any]] = {
    "auc": AUC,
    "average_precision": AveragePrecision,
    "brier": BrierScore,
    "calibration": CalibrationError,
    "mae": MeanAbsoluteError,
    "mse": MeanSquaredError,
    "rmse": RootMeanSquaredError,
    "r2": R2Score,
    "correlation": PearsonCorrelation,
}


def by_name(name: str, threshold: float = 0.5) -> Metric:
    """The metric of a short name: accuracy, balanced_accuracy, precision, recall, f1, kappa, matthews, auc,
    average_precision, brier, calibration, mae, mse, rmse, r2, correlation; top5_accuracy, of any number.

    threshold   above which output it is class 1, where there is one output for each target

    >>> by_name("top3_accuracy").k
    3
    """
    if name in WITH_THRESHOLD:
        return WITH_THRESHOLD[name](threshold=threshold)
    if name in OTHERS:
        return OTHERS[name]()
    k = name.removeprefix("top").removesuffix("_accuracy")
    if k.isdecimal() and name == f"top{k}_accuracy":
        return TopKAccuracy(int(k))
    raise SettingError(
        f"no metric {name!r}; there are {', '.join([*WITH_THRESHOLD, *OTHERS])} and top5_accuracy; or give a function "
        "(output, targets) -> number, or a metric of nn.metrics"
    )
