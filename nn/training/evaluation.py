"""How well a model does, in numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, cat, get_rng_state, no_grad, set_rng_state
from autograd.errors import ShapeError

from .. import functional, layers
from ..metrics.metric import Metric, Metrics, name_of
from ..metrics.names import by_name
from ..metrics.reading import class_pairs
from ..mistakes import check_loss
from ..modes import evaluating
from ..module import Module
from .batches import loader_of, split

Measure = Callable[[Tensor, Tensor], Any]


@dataclass(frozen=True)
class Evaluation:
    """The result of `evaluate`. Printed: accuracy, and the confusion matrix as a table.

    loss            mean over the examples; None if no loss function was given
    count           number of examples
    accuracy        share of right predictions; None if the targets are not classes, like the next three
    class_accuracy  (C,) share of right predictions among the examples of each class; NaN where there are none
    confusion       (C, C) int64: how often class i (row) was taken for class j (column)
    classes         names of the classes
    """

    loss: float | None
    count: int
    accuracy: float | None = None
    class_accuracy: Array | None = None
    confusion: Array | None = None
    classes: tuple[str, ...] | None = None

    def __str__(self) -> str:
        loss = "" if self.loss is None else f"loss {self.loss:.4f}"
        if self.confusion is None:
            return f"{loss} over {self.count:,} examples".strip()
        names = self.classes or [str(index) for index in range(len(self.confusion))]
        text = confusion_table(self.confusion, names)
        return f"{loss}, {text}" if loss else text

    def _repr_html_(self) -> str:
        """For notebooks: a row per class, and the confusion matrix, its mistakes shaded."""
        from .showing import show_evaluation  # here: few programs show this in notebooks

        return show_evaluation(self)


def evaluate(
    model: Module,
    data: Any,
    loss: Measure | None = None,
    *,
    batch_size: int | None = None,
    classes: Sequence[str] | None = None,
) -> Evaluation:
    """Run the model in evaluation mode over all of `data`: mean loss, accuracy, confusion matrix.

    data         a DataLoader or another iterable of batches (inputs, targets), a Dataset, or a pair (inputs, targets)
    loss         loss(output, targets), the mean over the batch
    batch_size   for data sets and pairs; default 1000
    classes      names of the classes; default: `data.classes` or `data.dataset.classes`, if there

    Accuracy is counted where the targets are class indices, of the output's shape without its dimension 1: a prediction
    is the index of the largest output there. So it is where the loss is that of two classes, such as
    BCEWithLogitsLoss, and targets are 0 and 1: a prediction is whether the probability is above 1/2. Targets outside
    of the classes (such as an ignore_index) do not count.

    Nothing is recorded and nothing is changed: not the model's mode, not the default random generator.

    >>> import nn, autograd
    >>> model = nn.Identity()
    >>> scores = autograd.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 1.0]])
    >>> print(nn.evaluate(model, (scores, autograd.tensor([0, 1, 1]))))
    accuracy 66.67% (2 of 3 right, 1 wrong)
    <BLANKLINE>
    true | predicted | accuracy
         |    0    1 |
    -----+-----------+---------
       0 |    1    . |  100.00%
       1 |    1    1 |   50.00%
    """
    if loss is not None:
        check_loss("evaluate", loss)
    meter = Meter(loss, {})
    confusions: list[Array] = []

    def look(output: Any, targets: Any, value: Any) -> None:
        meter.add(output, targets, value)
        found = class_pairs(output, targets, meter.threshold)
        if found is not None:
            confusions.append(confusion_matrix(*found))

    run_over("evaluate", model, loader_of("evaluate", data, batch_size, 1000, shuffle=False), loss, look)
    mean = meter.means().get("loss")
    if not confusions:
        return Evaluation(mean, meter.count)
    confusion: Array = sum(confusions[1:], confusions[0])
    total, right = confusion.sum(1), confusion.diagonal()
    names = classes or getattr(data, "classes", None) or getattr(getattr(data, "dataset", None), "classes", None)
    return Evaluation(
        loss=mean,
        count=meter.count,
        accuracy=float(right.sum() / total.sum()) if total.any() else float("nan"),
        class_accuracy=np.where(total > 0, right / np.maximum(total, 1), np.nan),
        confusion=confusion,
        classes=tuple(names) if names is not None and len(names) == len(confusion) else None,
    )


def run_over(
    function: str, model: Module, loader: Any, loss: Measure | None, look: Callable[[Any, Any, Any], None]
) -> None:
    """Call `look(output, targets, loss)` for every batch, in evaluation mode, recording and changing nothing."""
    random = get_rng_state()  # a loader draws from it, which must not change the training that goes on afterwards
    try:
        with no_grad(), evaluating(model):
            for batch in loader:
                inputs, targets = split(function, batch)
                output = model(*inputs)
                look(output, targets, None if loss is None else loss(output, targets))
    finally:
        set_rng_state(random)


def predict(model: Module, inputs: Any, *, batch_size: int = 1000) -> Tensor:
    """The model's outputs for many inputs (a Tensor or an array), in evaluation mode, nothing recorded."""
    with no_grad(), evaluating(model):
        parts = [model(inputs[start : start + batch_size]) for start in range(0, max(len(inputs), 1), batch_size)]
        outputs: Tensor = cat(parts) if len(parts) > 1 else parts[0]
        return outputs


def threshold_of(loss: Any) -> float | None:
    """Above which output is it class 1? Of losses of two classes that have one output for each target; else None."""
    logits = (functional.binary_cross_entropy_with_logits, functional.multilabel_soft_margin_loss)
    if isinstance(loss, (layers.BCEWithLogitsLoss, layers.MultiLabelSoftMarginLoss)) or any(
        loss is each for each in logits
    ):
        return 0.0
    return 0.5 if isinstance(loss, layers.BCELoss) or loss is functional.binary_cross_entropy else None


class Meter:
    """Sums up a loss and other measures over batches, every example counting the same."""

    def __init__(self, loss: Any, metrics: dict[str, Any]) -> None:
        self.metrics = metrics
        self.threshold = threshold_of(loss)
        self.sums_up = getattr(loss, "reduction", "mean") == "sum"
        self.count = 0
        self.sums: dict[str, float] = {}
        self.right = 0
        self.judged = 0  # examples (or pixels, tokens) with a class
        for metric in metrics.values():
            if isinstance(metric, Metric):
                metric.reset()

    def add(self, output: Any, targets: Any, loss: Tensor | None) -> None:
        """Take in a batch."""
        count = len(targets) if getattr(targets, "ndim", 1) else 1
        self.count += count
        if loss is not None:
            if not isinstance(loss, Tensor) or loss.ndim:
                what = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else f"type {type(loss).__name__}"
                raise ShapeError(f"the loss should be a Tensor with a single number, got one of {what}")
            self._sum("loss", loss.item() * (1 if self.sums_up else count))
        for name, metric in self.metrics.items():
            if metric is None:
                pair = class_pairs(output, targets, self.threshold)
                if pair is not None:
                    self.right += int(np.count_nonzero(pair[0] == pair[1]))
                    self.judged += len(pair[0])
            elif isinstance(metric, Metric):
                metric.update(output, targets)
            else:
                value = metric(output, targets)
                self._sum(name, float(value.item() if isinstance(value, Tensor) else value) * count)

    def _sum(self, name: str, value: float) -> None:
        self.sums[name] = self.sums.get(name, 0.0) + value

    @property
    def loss(self) -> float:
        """The mean so far."""
        return self.sums["loss"] / max(self.count, 1)

    def means(self) -> dict[str, float]:
        """The means so far, and the values of metrics; accuracy only if the targets have been classes."""
        found = {name: total / max(self.count, 1) for name, total in self.sums.items()}
        if self.judged:
            found["accuracy"] = self.right / self.judged
        for name, metric in self.metrics.items():
            if isinstance(metric, Metric) and self.count:
                found |= _numbers(name, metric.compute())
        parts = [name for asked in self.metrics for name in found if name == asked or name.startswith(f"{asked}/")]
        return {name: found[name] for name in ("loss", *parts) if name in found}


def named_metrics(metrics: Any, threshold: float | None) -> dict[str, Any]:
    """Name -> metric or function, as `fit` is given them; None stands for the accuracy, which is counted exactly."""
    if isinstance(metrics, (str, Metric)):
        metrics = (metrics,)
    named: dict[str, Any] = {}
    for metric in metrics:
        if isinstance(metric, Metrics):
            named |= {name: copy.deepcopy(each) for name, each in metric.items()}
        elif isinstance(metric, Metric):
            named[name_of(metric)] = copy.deepcopy(metric)
        elif isinstance(metric, str):
            named[metric] = None if metric == "accuracy" else by_name(metric, 0.5 if threshold is None else threshold)
        else:
            named[getattr(metric, "__name__", type(metric).__name__)] = metric
    return named


def _numbers(name: str, value: Any) -> dict[str, float]:
    """One number, or several with names of their own: those of a dict, of classes 0, 1 ..."""
    if isinstance(value, dict):
        return {key: each for part, v in value.items() for key, each in _numbers(f"{name}/{part}", v).items()}
    array = np.asarray(value)
    if array.ndim == 0:
        return {name: float(array)}
    if array.ndim == 1:
        return {f"{name}/{index}": float(each) for index, each in enumerate(array)}
    raise ShapeError(f"the metric {name!r} has {array.ndim} dimensions: nn.evaluate and `update` are for such")


def confusion_matrix(labels: Array, predictions: Array, classes: int) -> Array:
    """How often class i (row) was taken for class j (column), (classes, classes) int64."""
    counts = np.bincount(labels * classes + predictions, minlength=classes * classes)
    return counts.reshape(classes, classes)


def confusion_table(confusion: Array, classes: Sequence[str]) -> str:
    """Overall and per-class accuracy and the confusion matrix as text."""
    total, correct = confusion.sum(), np.trace(confusion)
    width = max(5, len(str(confusion.max(initial=0))) + 1)
    label = max(len(name) for name in ("true", *classes))
    short = [name[: width - 1] for name in classes]
    lines = [
        f"accuracy {correct / max(total, 1):.2%} ({correct:,} of {total:,} right, {total - correct:,} wrong)",
        "",
        f"{'true':>{label}} | predicted" + " " * (width * len(classes) - 10) + " | accuracy",
        f"{'':>{label}} |" + "".join([f"{name:>{width}}" for name in short]) + " |",
        "-" * (label + 1) + "+" + "-" * (width * len(classes) + 1) + "+---------",
    ]
    for name, row, right in zip(classes, confusion, np.diag(confusion), strict=True):
        cells = "".join([f"{count or '.':>{width}}" for count in row])
        share = f"{right / row.sum():8.2%}" if row.sum() else "     n/a"
        lines.append(f"{name:>{label}} |{cells} | {share}")
    return "\n".join(lines)
