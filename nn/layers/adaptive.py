"""Softmax over very many classes, of which most are rare."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, cat
from autograd.errors import DTypeError, LabelError, SettingError, ShapeError
from autograd.extend import array_of, wrap

from ..module import Module
from .container import ModuleList, Sequential
from .linear import Linear


class ASMoutput(NamedTuple):
    """What AdaptiveLogSoftmaxWithLoss returns: the target's log-probability of each sample, and the loss."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """log softmax over classes sorted from frequent to rare, which computes rare ones only where they are needed.

    The `head` has the scores of the frequent classes, and one for each cluster of rarer ones; a cluster's `tail` has
    those of its classes, from features that are fewer by div_value, div_value^2, ...

    cutoffs     the classes 0 .. cutoffs[0] - 1 are in the head, cutoffs[0] .. cutoffs[1] - 1 in the first cluster, ...;
                the last cluster ends with n_classes
    head_bias   has the head a bias?

    Called with (N, in_features) and targets (N,), or one sample (in_features,) and a target (): the named tuple
    (output, loss) of the log-probabilities of the targets, and the mean of their negatives.

    Grave et al. 2017.
    """

    head: Linear
    tail: ModuleList

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ends = list(cutoffs)
        if not ends:
            raise SettingError("AdaptiveLogSoftmaxWithLoss: cutoffs should be a sequence of length larger than 0")
        if any(int(end) != end for end in ends) or not all(map(operator.lt, [0, *ends], [*ends, n_classes])):
            raise SettingError(
                "AdaptiveLogSoftmaxWithLoss: cutoffs should be a sequence of unique, positive integers sorted in an "
                f"increasing order, where each value is between 1 and n_classes-1, {n_classes - 1}, got {ends}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*ends, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = ends[0]
        self.n_clusters = len(ends)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i, (first, end) in enumerate(zip(self.cutoffs[:-1], self.cutoffs[1:], strict=True)):
            width = int(in_features // div_value ** (i + 1))
            self.tail.append(
                Sequential(
                    Linear(in_features, width, False, device, dtype), Linear(width, end - first, False, device, dtype)
                )
            )

    def reset_parameters(self) -> None:
        """Draw new first values."""
        self.head.reset_parameters()
        for narrow, wide in self.tail:
            narrow.reset_parameters()
            wide.reset_parameters()

    def forward(self, input_: Tensor, target_: Any) -> ASMoutput:
        labels = self._labels(input_, target_)
        batched = labels.ndim > 0
        x: Any = input_ if batched else input_.unsqueeze(0)
        labels = labels.reshape(-1)
        # 0 for the head, 1, 2, ... for the clusters
        cluster = np.searchsorted(self.cutoffs, labels, side="right")
        place = np.where(cluster == 0, labels, self.shortlist_size + cluster - 1)
        output = self.head(x).log_softmax(1).gather(1, wrap(place[:, None])).squeeze(1)
        for i, tail in enumerate(self.tail):
            rows = np.flatnonzero(cluster == i + 1)
            if rows.size:
                within = wrap(labels[rows, None] - self.cutoffs[i])
                inside = tail(x[rows]).log_softmax(1).gather(1, within).squeeze(1)
                output = output.index_add(0, wrap(rows), inside)
        return ASMoutput(output if batched else output.squeeze(0), -output.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes, (N, n_classes), for (N, in_features)."""
        head = self._scores(input, "log_prob").log_softmax(1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail, self.shortlist_size):
            parts.append(tail(input).log_softmax(1) + head[:, i : i + 1])
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class of each sample, (N,), for (N, in_features): `log_prob(input).argmax(1)`, mostly cheaper.

        Where the head's best is a class, no class of a cluster can be likelier than the cluster.
        """
        best = array_of(self._scores(input, "predict")).argmax(1)
        rare = np.flatnonzero(best >= self.shortlist_size)
        if rare.size:
            best[rare] = array_of(self.log_prob(input[rare])).argmax(1)
        return wrap(best)

    def _scores(self, input: Tensor, function: str) -> Any:
        if input.ndim != 2:
            raise ShapeError(
                f"AdaptiveLogSoftmaxWithLoss.{function}: wanted an input of shape (N, {self.in_features}), got "
                f"{tuple(input.shape)}"
            )
        return self.head(input)

    def _labels(self, input: Tensor, target: Any) -> Any:
        labels = array_of(target)
        if labels.dtype.kind not in "iu":
            raise DTypeError(
                f"AdaptiveLogSoftmaxWithLoss: expected integer class indices as target, got {labels.dtype}"
            )
        if labels.ndim > 1:
            raise ShapeError(
                "AdaptiveLogSoftmaxWithLoss: 0D or 1D target tensor expected, multi-target not supported, got shape "
                f"{labels.shape}"
            )
        if input.ndim != labels.ndim + 1 or tuple(input.shape[:-1]) != labels.shape:
            raise ShapeError(
                "AdaptiveLogSoftmaxWithLoss: Input and target should have the same size in the batch dimension, got "
                f"{tuple(input.shape)} and {labels.shape}"
            )
        if labels.size and not (labels.min() >= 0 and labels.max() < self.n_classes):
            raise LabelError(
                f"AdaptiveLogSoftmaxWithLoss: Target values should be in [0, {self.n_classes - 1}], but values in "
                f"range [{labels.min()}, {labels.max()}] were found"
            )
        return labels
