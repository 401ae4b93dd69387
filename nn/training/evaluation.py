"""How well a model does, in numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, cat, get_rng_state, no_grad, set_rng_state
from autograd.errors import ShapeError

from ..mistakes import check_loss
from ..module import Module
from .batches import evaluating, loader_of, split

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
    is the index of the largest output there. Targets outside of the classes (such as an ignore_index) do not count.

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
        found = class_pairs(output, targets)
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


class Meter:
    """Sums up a loss and other measures over batches, every example counting the same."""

    def __init__(self, loss: Any, metrics: dict[str, Measure | None]) -> None:
        self.metrics = metrics
        self.sums_up = getattr(loss, "reduction", "mean") == "sum"
        self.count = 0
        self.sums: dict[str, float] = {}
        self.right = 0
        self.judged = 0  # examples (or pixels, tokens) with a class

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
                pair = class_pairs(output, targets)
                if pair is not None:
                    self.right += int(np.count_nonzero(pair[0] == pair[1]))
                    self.judged += len(pair[0])
            else:
                value = metric(output, targets)
                self._sum(name, float(value.item() if isinstance(value, Tensor) else value) * count)

    def _sum(self, name: str, value: float) -> None:
        self.sums[name] = self.sums.get(name, 0.0) + value

    def means(self) -> dict[str, float]:
        """The means so far; accuracy only if the targets have been classes."""
        found = {name: total / max(self.count, 1) for name, total in self.sums.items()}
        if self.judged:
            found["accuracy"] = self.right / self.judged
        return {name: found[name] for name in ("loss", *self.metrics) if name in found}


def class_pairs(output: Any, targets: Any) -> tuple[Array, Array, int] | None:
    """True and predicted class of every example (or pixel, or token) that has one, and the number of classes.

    None if the targets are no class indices.
    """
    if not isinstance(output, Tensor) or not isinstance(targets, Tensor) or output.ndim < 2:
        return None
    scores, labels = output.detach().numpy(), targets.detach().numpy()
    classes = scores.shape[1]
    if labels.dtype.kind not in "iu" or labels.shape != scores.shape[:1] + scores.shape[2:] or classes == 0:
        return None
    labels, predictions = labels.reshape(-1).astype(np.int64), scores.argmax(1).reshape(-1)
    known = (labels >= 0) & (labels < classes)
    if not known.all():
        labels, predictions = labels[known], predictions[known]
    return labels, predictions, classes


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
