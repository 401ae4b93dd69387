"""Losses as functions. `reduction` is "mean", "sum" or "none" everywhere; targets may be Tensors or arrays."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, where
from autograd.advice import to_float
from autograd.errors import DTypeError, LabelError, NoRuleError, SettingError, ShapeError
from autograd.modes import state
from autograd.ops import loss as ops
from autograd.tapes import Record
from autograd.tensors.activation import hardtanh, logsigmoid
from autograd.tensors.core import apply, array_of, cast, operand, wrap

from ..learner import due, glance, warn_once
from .distance import cosine_similarity, pairwise_distance

Array = np.ndarray[Any, Any]


# -------------------------------------------------------------------------------------------------------- helpers


def reduced(loss: Any, reduction: str) -> Tensor:
    """The mean or the sum of the elements of `loss`, or `loss` itself."""
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction == "none":
        return loss
    raise _bad_reduction(reduction)


def _bad_reduction(reduction: Any) -> SettingError:
    return SettingError(f"{reduction!r} is not a valid value for reduction; wanted 'mean', 'sum' or 'none'")


def legacy(function: str, size_average: Any, reduce: Any) -> str:
    """The reduction that the two older arguments mean."""
    for name, value in (("size_average", size_average), ("reduce", reduce)):
        if isinstance(value, str):
            raise TypeError(f"{function}: {name} must be a bool, got {value!r}; write reduction={value!r}")
    reduction = (
        "none"
        if reduce is not None and not reduce
        else "sum"
        if size_average is not None and not size_average
        else "mean"
    )
    warnings.warn(
        f"{function}: size_average and reduce args will be deprecated, please use reduction={reduction!r} instead.",
        DeprecationWarning,
        stacklevel=3,
    )
    return reduction


def _input(function: str, x: Any) -> Any:
    """`x` as a floating point Tensor."""
    if not isinstance(x, Tensor):
        x = operand(x)
    if x._array.dtype.kind != "f":
        raise DTypeError(f"{function}: {to_float(x._array.dtype)}")
    return x


def _scores(function: str, x: Any, target: Any) -> Any:
    """`_input`, with a word about what happens when input and target are exchanged."""
    try:
        return _input(function, x)
    except DTypeError as error:
        if isinstance(target, (Tensor, np.ndarray)) and target.dtype.kind == "f" and target.ndim > np.ndim(array_of(x)):
            raise DTypeError(f"{error}. Are the two exchanged? {function}(scores, targets)") from None
        raise


def _like(function: str, target: Any, x: Any) -> Any:
    """`target` as a Tensor of the dtype of `x`, and of its shape: broadcasting here is nearly always a mistake."""
    if not isinstance(target, Tensor):
        target = operand(target)
    if target._array.shape != x._array.shape:
        raise ShapeError(
            f"{function}: Using a target size {target._array.shape} that is different to the input size "
            f"{x._array.shape}. Broadcasting them would compare every input with every target: reshape or squeeze one"
            + ("; class indices go with cross_entropy" if _may_be_labels(target._array, x._array) else "")
        )
    return cast(target, x._array.dtype)


def _may_be_labels(target: Array, x: Array) -> bool:
    """Are these class indices for scores?"""
    return target.dtype.kind in "iu" and x.ndim == target.ndim + 1 and x.shape[-1] > 1 and x.shape[0] == len(target)


def _rescaled(loss: Any, weight: Any) -> Any:
    return loss if weight is None else loss * cast(weight, loss.dtype)


def _labels(function: str, target: Any) -> Array:
    labels = array_of(target)
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"{function}: {_NO_INDICES.format(labels.dtype)}")
    return labels


_NO_INDICES = "expected integer class indices as target (int64), got {}: convert them with target.long()"


def _signs(function: str, target: Any) -> None:
    values = array_of(target)
    wrong = values[(values != 1) & (values != -1)]
    if wrong.size:
        raise LabelError(f"{function}: targets must be 1 or -1, got {wrong.flat[0]}")


# ----------------------------------------------------------------------------------------------------- classification


def cross_entropy(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log softmax(input) at the target class. Takes scores ("logits"): do not apply softmax before.

    input             (N, C), (N, C, d1, ...) or (C,): classes along dimension 1
    target            class indices 0 .. C-1, integers of shape (N,), (N, d1, ...) or (); or probabilities of the
                      classes, floating point, of input's shape
    weight            (C,): what each class counts. "mean" divides by the sum of the weights of the targets
    ignore_index      targets of this value count nothing. All ignored: NaN, the mean over nothing
    label_smoothing   share of the target's probability that is spread over all classes
    Returns a 0-d Tensor, or with reduction "none" one of the shape of the indices.

    Raises LabelError for an index that is no class ("Target 10 is out of bounds.").

    >>> round(cross_entropy(np.zeros((1, 2), np.float32), np.array([1])).item(), 4)
    0.6931
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("cross_entropy", size_average, reduce)
    x = _scores("cross_entropy", input, target)
    _warn_of_softmax(x)
    if not 0.0 <= label_smoothing <= 1.0:
        raise SettingError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    known = array_of(target)
    if known.dtype.kind == "f":
        if known.shape != x._array.shape and known.ndim != x._array.ndim:
            raise DTypeError(
                "cross_entropy: floating point targets are probabilities of the classes and need the input's shape "
                f"{x._array.shape}, got {known.dtype} of shape {known.shape}; class indices are integers: target.long()"
            )
        _warn_of_one_hot(known)
        if ignore_index >= 0:
            raise SettingError(
                "cross_entropy: ignore_index is not supported for floating point target, got "
                f"ignore_index={ignore_index}: give class indices, or rows of zeros for what is to be ignored"
            )
        return _soft_cross_entropy(x, target, weight, reduction, label_smoothing)
    x, labels, shape = _by_class("cross_entropy", x, known)
    labels, counted = _checked("cross_entropy", labels, x._array.shape[1], ignore_index)
    if counted is not None:  # what the ignored scores are must not matter, even if they are infinite or NaN
        x = where(wrap(np.expand_dims(counted, 1)), x, 0.0)
    if label_smoothing and labels.size:
        log_p = x.log_softmax(1)
        weights = None if weight is None else _class_weights("cross_entropy", weight, x)
        spread = log_p if weights is None else log_p * _along_classes(weights, x)
        share, total = _shares(labels, counted, weights, x, reduction)
        hard = -(log_p.gather(1, wrap(labels[:, None])).squeeze(1) * share)
        every, _ = _shares(labels, counted, None, x, "sum")
        soft = -(spread.sum(1) * every)
        if reduction == "mean":
            soft = soft / _weight_sum(labels, counted, weights, x)
        loss = hard * (1 - label_smoothing) + soft * (label_smoothing / x._array.shape[1])
        return loss.sum() if total else loss.reshape(shape)
    weights = None if weight is None else _class_weights("cross_entropy", weight, x)
    share, total = _shares(labels, counted, weights, x, reduction)
    loss = apply(ops.cross_entropy, x, target=labels, share=share, total=total)
    return loss if total else loss.reshape(shape)


def nll_loss(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-input at the target class, for log-probabilities, as from `log_softmax`. Arguments as in `cross_entropy`."""
    if size_average is not None or reduce is not None:
        reduction = legacy("nll_loss", size_average, reduce)
    x, labels, shape = _by_class("nll_loss", _scores("nll_loss", input, target), _labels("nll_loss", target))
    labels, counted = _checked("nll_loss", labels, x._array.shape[1], ignore_index)
    weights = None if weight is None else _class_weights("nll_loss", weight, x)
    share, total = _shares(labels, counted, weights, x, reduction)
    if counted is not None:  # what the ignored log-probabilities are must not matter, even if they are infinite or NaN
        x = where(wrap(np.expand_dims(counted, 1)), x, 0.0)
    loss = apply(ops.nll, x, target=labels, share=share, total=total)
    return loss if total else loss.reshape(shape)


def _warn_of_softmax(x: Any) -> None:
    node = x._node
    if type(node) is Record and node.op == "softmax" and due("softmax"):
        warn_once(
            "softmax",
            "cross_entropy: the input comes out of softmax, but this loss applies softmax itself: give it the scores "
            f"that go into the softmax at {node.line}",
        )
    elif (type(node) is not Record or node.op not in _SCORES) and glance("softmax") and _is_distribution(x._array):
        warn_once(
            "softmax",
            "cross_entropy: the input consists of probabilities that add up to 1, but this loss applies softmax "
            "itself: give it scores, which may be any numbers",
        )


_SCORES = frozenset({"linear", "matmul", "add", "sub", "mul", "reshape", "getitem", "transpose", "squeeze"})
"""Ops that networks end with: what they return is not looked at."""


def _is_distribution(x: Array) -> bool:
    """Are the first few rows probabilities, and not all the same?"""
    if x.ndim < 2 or x.shape[1] < 2 or not x.size:
        return False
    rows = x[:4].astype(np.float64)
    sums = rows.sum(1)
    return bool(rows.min() >= 0 and np.abs(sums - 1).max() < 1e-5 and np.ptp(rows) > 1e-3)


def _warn_of_one_hot(target: Array) -> None:
    if target.ndim == 2 and target.shape[1] > 1 and len(target) and glance("one_hot"):
        first = target[0]
        if first.max() == 1 and np.count_nonzero(first) == 1 and _is_one_hot(target):
            warn_once(
                "one_hot",
                "cross_entropy: the targets are one-hot rows; class indices do the same in less time and memory, "
                "and only they know ignore_index: target.argmax(1)",
            )


def _is_one_hot(target: Array) -> bool:
    return bool(((target == 0) | (target == 1)).all() and (target.sum(1) == 1).all())


def _by_class(function: str, x: Any, labels: Array) -> tuple[Any, Array, tuple[int, ...]]:
    """Input as (N, C) or (N, C, L), labels as (N,) or (N, L), and the shape that the labels had."""
    shape = x._array.shape
    wanted = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    if len(shape) == 0:
        raise ShapeError(f"{function}: the input has no dimension of classes")
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"{function}: {_NO_INDICES.format(labels.dtype)}")
    if labels.shape != wanted:
        hint = ""
        if len(shape) > 1 and labels.ndim and shape[0] != labels.shape[0]:
            hint = f"; Expected input batch_size ({shape[0]}) to match target batch_size ({labels.shape[0]})"
        elif labels.shape == shape:
            hint = "; one-hot targets must be floating point (then they are probabilities), or use target.argmax(1)"
        elif labels.shape == (*wanted, 1):
            hint = "; use target.squeeze(-1)"
        raise ShapeError(
            f"{function}: Expected target size {list(wanted)}, got {list(labels.shape)}, for an input of shape {shape}"
            + hint
        )
    if shape[1 if len(shape) > 1 else 0] == 0:
        raise ShapeError(f"{function}: the input has no classes, its shape is {shape}")
    if len(shape) == 1:
        return x.reshape(1, -1), labels.reshape(1), wanted
    if len(shape) > 3:
        count = math.prod(shape[2:])
        return x.reshape(shape[0], shape[1], count), labels.reshape(shape[0], count), wanted
    return x, labels, wanted


def _checked(function: str, labels: Array, classes: int, ignore_index: int) -> tuple[Array, Array | None]:
    """Labels that are all classes, with 0 for the ignored ones, and which of them count (None: all)."""
    if labels.dtype == np.int64:  # seen as unsigned, negative numbers are the largest: one search, not two
        all_fit = np.maximum.reduce(labels.view(np.uint64), axis=None, initial=0) < classes
    else:
        all_fit = labels.size == 0 or (labels.min() >= 0 and labels.max() < classes)
    if all_fit and not 0 <= ignore_index < classes:
        return labels, None
    counted = labels != ignore_index
    wrong = labels[counted & ((labels < 0) | (labels >= classes))]
    if wrong.size:
        raise LabelError(
            f"{function}: Target {wrong.flat[0]} is out of bounds. "
            + (
                f"There are {classes} classes, 0 to {classes - 1}"
                if classes != 1
                else "There is one class, 0: for yes or no from one score use binary_cross_entropy_with_logits"
            )
        )
    return np.where(counted, labels, 0), counted


def _class_weights(function: str, weight: Any, x: Any) -> Array:
    weights = array_of(weight)
    if isinstance(weight, Tensor) and weight._node is not None and state.tape is not None:
        raise NoRuleError(
            f"{function}: not differentiable with respect to argument 'weight'. This input cannot have requires_grad "
            "True: pass weight.detach()"
        )
    if weights.shape != (x._array.shape[1],):
        raise ShapeError(
            f"{function}: weight tensor should be defined either for all {x._array.shape[1]} classes or no classes but "
            f"got weight tensor of shape: {list(weights.shape)}"
        )
    return weights.astype(x._array.dtype, copy=False)


def _along_classes(weights: Array, x: Any) -> Tensor:
    return wrap(weights.reshape(-1, *[1] * (x._array.ndim - 2)))


def _weight_sum(labels: Array, counted: Array | None, weights: Array | None, x: Any) -> float:
    if weights is None:
        return float(labels.size if counted is None else np.count_nonzero(counted))
    each = weights[labels]
    return float(each.sum() if counted is None else each[counted].sum())


def _shares(labels: Array, counted: Array | None, weights: Array | None, x: Any, reduction: str) -> tuple[Any, bool]:
    """What each target counts (a float if all count the same), and whether the sum of the losses is wanted."""
    if reduction not in ("mean", "sum", "none"):
        raise _bad_reduction(reduction)
    whole = _weight_sum(labels, counted, weights, x) if reduction == "mean" else 1.0
    scale = 1.0 / whole if whole else math.nan
    if labels.size == 0 or (weights is None and counted is None):
        return scale, reduction != "none"
    share = np.ones(labels.shape, x._array.dtype) if weights is None else weights[labels]
    if counted is not None:
        share = np.where(counted, share, share.dtype.type(0))
    return share * scale, reduction != "none"


def _soft_cross_entropy(x: Any, target: Any, weight: Any, reduction: str, label_smoothing: float) -> Tensor:
    """Targets that are probabilities."""
    target = _like("cross_entropy", target, x)
    classes = 1 if x._array.ndim > 1 else 0
    if x._array.ndim == 0:
        raise ShapeError("cross_entropy: the input has no dimension of classes")
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / x._array.shape[classes]
    if weight is not None:
        x2 = x if classes else x.reshape(1, -1)
        weights = _along_classes(_class_weights("cross_entropy", weight, x2), x2)
        target = target * (weights if classes else weights.reshape(-1))
    loss = -((x.log_softmax(classes) * target).sum(classes))
    if reduction == "mean":  # over the samples, whatever the weights: PyTorch's convention
        return loss.sum() / loss._array.size if loss._array.size else loss.mean()
    return reduced(loss, reduction)


def binary_cross_entropy(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(t log x + (1 - t) log(1 - x)) for probabilities x in [0, 1]; equal shapes. Logarithms end at -100.

    After a sigmoid, `binary_cross_entropy_with_logits` is exact where this rounds.
    weight: rescales each element, broadcast.  Raises LabelError if an input is outside [0, 1].
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("binary_cross_entropy", size_average, reduce)
    x = _input("binary_cross_entropy", input)
    target = _like("binary_cross_entropy", target, x)
    array = x._array
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise LabelError(
            "binary_cross_entropy: all elements of input should be between 0 and 1, got values from "
            f"{array.min()} to {array.max()}; for scores use binary_cross_entropy_with_logits"
        )
    return reduced(_rescaled(apply(ops.binary_cross_entropy, x, target), weight), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """`binary_cross_entropy(sigmoid(input), target)` that neither overflows nor rounds; equal shapes.

    weight: rescales each element, broadcast.  pos_weight: what the positive part counts, broadcast, e.g. one per class.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("binary_cross_entropy_with_logits", size_average, reduce)
    x = _input("binary_cross_entropy_with_logits", input)
    target = _like("binary_cross_entropy_with_logits", target, x)
    if pos_weight is None:
        loss = apply(ops.binary_cross_entropy_with_logits, x, target)
    else:
        positive = cast(pos_weight, x._array.dtype) * target
        loss = -((1 - target) * logsigmoid(-x) + positive * logsigmoid(x))
    return reduced(_rescaled(loss, weight), reduction)


def hinge_loss(input: Tensor, target: Any, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """max(0, margin - s x) for scores x, where s is -1 or +1: the target, or for targets 0 and 1, 2 target - 1.

    Equal shapes. Not in PyTorch. The support vector machine's loss (Cortes & Vapnik 1995).
    """
    x = _input("hinge_loss", input)
    target = _like("hinge_loss", target, x)
    values = target._array
    if values.size and values.min() == 0:
        target, values = target * 2 - 1, values * 2 - 1
    wrong = (values != 1) & (values != -1)
    if wrong.any():
        raise LabelError("hinge_loss: targets must be -1 and 1, or 0 and 1")
    return reduced((margin - target * x).clamp_min(0), reduction)


def soft_margin_loss(
    input: Tensor, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """log(1 + exp(-t x)) for targets t of -1 and 1; equal shapes."""
    if size_average is not None or reduce is not None:
        reduction = legacy("soft_margin_loss", size_average, reduce)
    x = _input("soft_margin_loss", input)
    return reduced(-logsigmoid(_like("soft_margin_loss", target, x) * x), reduction)


def multi_margin_loss(
    input: Tensor,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Sum over the wrong classes j of max(0, margin - x[y] + x[j]) ** p, divided by C; times the weight of class y.

    input (N, C) or (C,); target (N,) or (), class indices.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("multi_margin_loss", size_average, reduce)
    if p not in (1, 2):
        raise SettingError(f"multi_margin_loss: only p == 1 and p == 2 supported, got {p}")
    x, labels, shape = _by_class(
        "multi_margin_loss", _input("multi_margin_loss", input), _labels("multi_margin_loss", target)
    )
    if x._array.ndim != 2:
        raise ShapeError(f"multi_margin_loss: wanted an input of shape (N, C) or (C,), got {tuple(input.shape)}")
    labels, _ = _checked("multi_margin_loss", labels, x._array.shape[1], -1 << 62)
    right = x.gather(1, wrap(labels[:, None]))
    others = np.ones(x._array.shape, np.bool_)
    others[np.arange(len(labels)), labels] = False
    short = where(wrap(others), margin - right + x, 0.0).relu()
    if p == 2:
        short = short * short
    if weight is not None:
        short = short * wrap(_class_weights("multi_margin_loss", weight, x)[labels][:, None])
    loss = short.sum(1) / x._array.shape[1]
    return reduced(loss.reshape(shape), reduction)


def multilabel_margin_loss(
    input: Tensor, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """Sum over right classes y and wrong classes i of max(0, 1 - x[y] + x[i]), divided by C.

    input (N, C) or (C,); target of the same shape: the right classes' indices, ended by a -1.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("multilabel_margin_loss", size_average, reduce)
    x = _input("multilabel_margin_loss", input)
    labels = _labels("multilabel_margin_loss", target)
    if labels.shape != x._array.shape or labels.ndim not in (1, 2):
        raise ShapeError(
            f"multilabel_margin_loss: wanted input and target of one shape (N, C) or (C,), got {x._array.shape} and "
            f"{labels.shape}"
        )
    shape = x._array.shape[:-1]
    x, labels = x.reshape(-1, x._array.shape[-1]), labels.reshape(-1, x._array.shape[-1])
    count, classes = x._array.shape
    listed = np.logical_and.accumulate(labels >= 0, axis=1)
    safe, _ = _checked("multilabel_margin_loss", np.where(listed, labels, 0), classes, -1 << 62)
    right = np.zeros((count, classes), np.bool_)
    rows, places = np.nonzero(listed)
    right[rows, safe[rows, places]] = True
    # (N, right, wrong): every right class against every wrong one
    pairs = listed[:, :, None] & ~right[:, None, :]
    short = where(wrap(pairs), 1 - x.gather(1, wrap(safe)).unsqueeze(2) + x.unsqueeze(1), 0.0).relu()
    loss = short.sum((1, 2)) / classes
    return reduced(loss.reshape(shape), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross-entropy with logits, averaged over the classes (the last dimension), then reduced."""
    if size_average is not None or reduce is not None:
        reduction = legacy("multilabel_soft_margin_loss", size_average, reduce)
    x = _input("multilabel_soft_margin_loss", input)
    target = _like("multilabel_soft_margin_loss", target, x)
    loss = _rescaled(apply(ops.binary_cross_entropy_with_logits, x, target), weight)
    return reduced(loss.mean(-1), reduction)


# --------------------------------------------------------------------------------------------------------- regression


def mse_loss(
    input: Tensor,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """(x - t)^2; equal shapes.  weight: as PyTorch, "mean" divides by the sum of the weights."""
    if size_average is not None or reduce is not None:
        reduction = legacy("mse_loss", size_average, reduce)
    x = _input("mse_loss", input)
    difference = x - _like("mse_loss", target, x)
    return _weighted(difference * difference, weight, reduction)


def l1_loss(
    input: Tensor,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """|x - t|; equal shapes. Gradient 0 where they are equal.  weight: as in `mse_loss`."""
    if size_average is not None or reduce is not None:
        reduction = legacy("l1_loss", size_average, reduce)
    x = _input("l1_loss", input)
    return _weighted((x - _like("l1_loss", target, x)).abs(), weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """(x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2; equal shapes. beta = 0: `l1_loss`."""
    if size_average is not None or reduce is not None:
        reduction = legacy("smooth_l1_loss", size_average, reduce)
    if beta < 0:
        raise SettingError(f"smooth_l1_loss does not support negative values for beta, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    x = _input("smooth_l1_loss", input)
    return reduced(_rounded(x - _like("smooth_l1_loss", target, x), beta) / beta, reduction)


def huber_loss(input: Tensor, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Tensor:
    """(x - t)^2 / 2 where |x - t| <= delta, else delta (|x - t| - delta / 2); equal shapes.

    weight: as in `mse_loss`.
    """
    if delta <= 0:
        raise SettingError(f"huber_loss does not support non-positive values for delta, got {delta}")
    x = _input("huber_loss", input)
    return _weighted(_rounded(x - _like("huber_loss", target, x), delta), weight, reduction)


def _rounded(difference: Any, bend: float) -> Any:
    """|d|, with a parabola of the same slope inside of +-bend; times bend. Its curvature is 1 inside, and at d = 0."""
    inner = hardtanh(difference, -bend, bend)
    return inner * (difference - inner * 0.5)


def _weighted(loss: Any, weight: Any, reduction: str) -> Tensor:
    if weight is None:
        return reduced(loss, reduction)
    weight = cast(weight, loss.dtype)
    if weight.shape != loss.shape:
        raise ShapeError(f"the weight has shape {tuple(weight.shape)}, the input {tuple(loss.shape)}: wanted the same")
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else reduced(loss, reduction)


# ------------------------------------------------------------------------------------------------------ distributions


def kl_div(
    input: Tensor,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """t (log t - x) for log-probabilities x and probabilities t (with `log_target`: their logarithms); equal shapes.

    reduction "batchmean" divides the sum by the first dimension: the Kullback-Leibler divergence itself.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("kl_div", size_average, reduce)
    x = _input("kl_div", input)
    target = _like("kl_div", target, x)
    loss = target.exp() * (target - x) if log_target else target.xlogy(target) - target * x
    if reduction == "batchmean":
        return loss.sum() / x._array.shape[0] if x._array.ndim else loss.sum()
    return reduced(loss, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """exp(x) - t x, or x - t log(x + eps) if not `log_input`; equal shapes.

    full: add Stirling's t log t - t + log(2 pi t) / 2 where t > 1.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("poisson_nll_loss", size_average, reduce)
    x = _input("poisson_nll_loss", input)
    target = _like("poisson_nll_loss", target, x)
    loss = x.exp() - target * x if log_input else x - target * (x + eps).log()
    if full:
        large = target.clamp_min(1)
        stirling = large * large.log() - large + (large * (2 * math.pi)).log() * 0.5
        loss = loss + where(target > 1, stirling, 0.0)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """(log v + (x - t)^2 / v) / 2 for a normal distribution of mean x and variance v >= eps.

    var    of input's shape, or with one dimension 1 in place of another size, or without the last dimension (one
           variance per row), or a number
    full   add log(2 pi) / 2
    """
    x = _input("gaussian_nll_loss", input)
    target = _like("gaussian_nll_loss", target, x)
    shape = x._array.shape
    number = isinstance(var, (int, float))
    var = cast(var, x._array.dtype)
    if var._array.shape != shape and not number:
        different = [m for n, m in zip(shape, var._array.shape, strict=False) if n != m]
        if var._array.shape == shape[:-1]:
            var = var.unsqueeze(-1)
        elif var._array.ndim != len(shape) or different != [1]:
            raise ShapeError(f"gaussian_nll_loss: var is of incorrect size: {var._array.shape} for an input of {shape}")
    if (var._array < 0).any():
        raise SettingError("gaussian_nll_loss: var has negative entry/entries")
    low = np.maximum(eps - var._array, 0).astype(var._array.dtype)  # raised to eps; its gradient as if it were not
    var = var + wrap(low)
    difference = x - target
    loss = (var.log() + difference * difference / var) * 0.5
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)


# ------------------------------------------------------------------------------------------------ pairs and triplets


def hinge_embedding_loss(
    input: Tensor,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """x where the target is 1, max(0, margin - x) where it is -1, for distances x; equal shapes."""
    if size_average is not None or reduce is not None:
        reduction = legacy("hinge_embedding_loss", size_average, reduce)
    x = _input("hinge_embedding_loss", input)
    target = _like("hinge_embedding_loss", target, x)
    _signs("hinge_embedding_loss", target)
    return reduced(where(target == 1, x, (margin - x).clamp_min(0)), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin - t (x1 - x2)): t = 1 wants x1 above x2, t = -1 below; equal shapes."""
    if size_average is not None or reduce is not None:
        reduction = legacy("margin_ranking_loss", size_average, reduce)
    x1 = _input("margin_ranking_loss", input1)
    x2 = _like("margin_ranking_loss", input2, x1)
    target = _like("margin_ranking_loss", target, x1)
    return reduced((margin - target * (x1 - x2)).clamp_min(0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1.

    inputs (N, D) or (D,); target (N,) or ().
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("cosine_embedding_loss", size_average, reduce)
    x1 = _input("cosine_embedding_loss", input1)
    x2 = _like("cosine_embedding_loss", input2, x1)
    known = array_of(target)
    if x1._array.ndim not in (1, 2) or known.shape != x1._array.shape[:-1]:
        raise ShapeError(
            "cosine_embedding_loss: wanted inputs (N, D) or (D,) and a target (N,) or (), got "
            f"{x1._array.shape} and {known.shape}"
        )
    _signs("cosine_embedding_loss", known)
    cos = cosine_similarity(x1, x2, dim=-1, eps=1e-6)
    return reduced(where(wrap(known == 1), 1 - cos, (cos - margin).clamp_min(0)), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) with d the `pairwise_distance` of order p.

    (N, D) or (D,).  swap: use d(positive, negative) where that is smaller than d(anchor, negative).
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("triplet_margin_loss", size_average, reduce)

    def distance(x: Any, y: Any) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with a distance of your own (default: `pairwise_distance`)."""
    if margin <= 0:
        raise SettingError(f"triplet_margin_loss: margin must be greater than 0, got {margin}")
    a = _input("triplet_margin_loss", anchor)
    p, n = _like("triplet_margin_loss", positive, a), _like("triplet_margin_loss", negative, a)
    distance = pairwise_distance if distance_function is None else distance_function
    far = distance(a, n)
    if swap:
        far = far.minimum(distance(p, n))
    return reduced((distance(a, p) - far + margin).clamp_min(0), reduction)
