"""Losses that are ops: autograd/ops/loss.py. tests/nn/functional/test_loss.py tests those that nn composes of them."""

import numpy as np

from autograd.examples.loss import ctc_by_paths
from autograd.ops import loss
from autograd.tensors.run import apply

from .case import Case, probability, real


def _cross_entropy(x, *, target, share, total):
    return apply(loss.cross_entropy, x, target=target, share=share, total=total)


def _weighted(x, *, target, share, total):
    return _cross_entropy(x, target=target, share=share.astype(x.dtype), total=total)


def _nll(x, *, target, share, total):
    return apply(loss.nll, x, target=target, share=share, total=total)


def _nll_weighted(x, *, target, share, total):
    return _nll(x, target=target, share=share.astype(x.dtype), total=total)


def _nll_reference(x, *, target, share, total):
    losses = -(x * _one_hot(x, target)).sum(1) * share
    return losses.sum() if total else losses


def _ctc(x, *, labels, given, lengths):
    return apply(loss.ctc, x, labels=labels, given=given, lengths=lengths, blank=0, unfit=np.inf)


def _ctc_by_paths(x, **settings):
    return ctc_by_paths(x, blank=0, unfit=np.inf, **settings)


def _softmax(x):
    return np.exp(x) / np.exp(x).sum(1, keepdims=True)


def _one_hot(x, target):
    return np.moveaxis(np.eye(x.shape[1])[target], -1, 1)


def _reference(x, *, target, share, total):
    losses = -(np.log(_softmax(x)) * _one_hot(x, target)).sum(1) * share
    return losses.sum() if total else losses


def _binary(x, y):
    return -(y * np.log(x) + (1 - y) * np.log(1 - x))


def _binary_logits(x, y):
    return -(y * np.log(1 / (1 + np.exp(-x))) + (1 - y) * np.log(1 / (1 + np.exp(x))))


_PAIRS = ((3, 4), (), (1,), (0, 3))
_LABELS = [  # shape of the scores, targets
    ((3, 4), np.array([0, 3, 1])),
    ((1, 1), np.array([0])),
    ((0, 3), np.zeros(0, np.int64)),
    ((2, 3, 4), np.array([[0, 1, 2, 2], [2, 0, 0, 1]])),
    ((2, 3, 0), np.zeros((2, 0), np.int64)),
]

CASES: list[Case] = [
    *[
        Case("cross_entropy", _cross_entropy, (shape,), {"target": t, "share": 0.25, "total": total}, _reference)
        for shape, t in _LABELS
        for total in (True, False)
    ],
    *[
        Case(
            "cross_entropy",
            _weighted,
            (shape,),
            {"target": t, "share": 0.1 + np.arange(float(t.size)).reshape(t.shape), "total": total},
            _reference,
            note="weighted",
        )
        for shape, t in _LABELS
        for total in (True, False)
    ],
    *[
        Case(
            "nll",
            _nll if weights is None else _nll_weighted,
            (shape,),
            {
                "target": t,
                "share": 0.25 if weights is None else 0.1 + np.arange(float(t.size)).reshape(t.shape),
                "total": total,
            },
            _nll_reference,
            note=weights or "",
        )
        for shape, t in _LABELS
        for total in (True, False)
        for weights in (None, "weighted")
    ],
    *[
        Case(
            "binary_cross_entropy",
            lambda x, y: apply(loss.binary_cross_entropy, x, y),
            (s, s),
            reference=_binary,
            domain=(probability, probability),
        )
        for s in _PAIRS
    ],
    *[
        Case(
            "binary_cross_entropy_with_logits",
            lambda x, y: apply(loss.binary_cross_entropy_with_logits, x, y),
            (s, s),
            reference=_binary_logits,
            domain=(real, probability),
        )
        for s in _PAIRS
    ],
    *[
        Case("ctc", _ctc, ((frames, count, 3),), {"labels": labels, "given": given, "lengths": lengths}, _ctc_by_paths)
        for frames, count, labels, given, lengths in (
            (1, 1, np.array([[2]]), np.array([1]), np.array([1])),
            (4, 2, np.zeros((2, 0), np.int64), np.array([4, 0]), np.array([0, 0])),
            (3, 0, np.zeros((0, 2), np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)),
        )
    ],
]
