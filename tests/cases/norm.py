"""Normalisation: autograd/ops/norm.py, through nn.functional."""

import numpy as np

import nn.functional as F
from autograd.extend import apply, wrap
from autograd.ops.norm import running_average
from nn.functional.norm import batch_norm_relu

from .case import Case


def _moments(x, axes, eps):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def _quiet(reference):
    """Means over nothing are NaN, of which no element is left."""

    def silent(x, *rest, **params):
        return np.zeros_like(x) if x.size == 0 else reference(x, *rest, **params)

    return silent


def _channels(p, x):
    return p.reshape(-1, *[1] * (x.ndim - 2))


def _batch(x, w=None, b=None, *, eps=1e-5):
    return F.batch_norm(x, None, None, w, b, training=True, eps=eps)


@_quiet
def _batch_reference(x, w=None, b=None, *, eps=1e-5):
    z = _moments(x, (0, *range(2, x.ndim)), eps)
    return z if w is None else z * _channels(w, x) + _channels(b, x)


def _instance(x, w=None, b=None):
    return F.instance_norm(x, weight=w, bias=b)


@_quiet
def _instance_reference(x, w=None, b=None):
    z = _moments(x, tuple(range(2, x.ndim)), 1e-5)
    return z if w is None else z * _channels(w, x) + _channels(b, x)


def _layer(x, w=None, b=None, *, size):
    return F.layer_norm(x, size, w, b)


@_quiet
def _layer_reference(x, w=None, b=None, *, size):
    z = _moments(x, tuple(range(x.ndim - len(size), x.ndim)), 1e-5)
    return (z if w is None else z * w) + (0 if b is None else b)


def _group(x, w=None, b=None, *, groups):
    return F.group_norm(x, groups, w, b)


@_quiet
def _group_reference(x, w=None, b=None, *, groups):
    parts = x.reshape(x.shape[0], groups, -1)
    z = _moments(parts, (2,), 1e-5).reshape(x.shape)
    return z if w is None else z * _channels(w, x) + _channels(b, x)


def _rms(x, w=None, *, size, eps=None):
    return F.rms_norm(x, size, w, eps)


@_quiet
def _rms_reference(x, w=None, *, size, eps=None):
    axes = tuple(range(x.ndim - len(size), x.ndim))
    z = x / np.sqrt((x * x).mean(axes, keepdims=True) + (np.finfo(np.float64).eps if eps is None else eps))
    return z if w is None else z * w


def _running(channels):
    """Statistics that no batch has."""
    return np.linspace(-0.4, 0.5, channels), np.linspace(0.6, 2.1, channels)


def _known(x, w=None, b=None):
    mean, var = _running(x.shape[1])
    return F.batch_norm(x, wrap(mean), wrap(var), w, b)


def _known_reference(x, w=None, b=None):
    mean, var = _running(x.shape[1])
    z = (x - _channels(mean, x)) / np.sqrt(_channels(var, x) + 1e-5)
    return z if w is None else z * _channels(w, x) + _channels(b, x)


def _relu(x, w=None, b=None, *, training, window=None):
    mean, var = _running(x.shape[1])
    return batch_norm_relu(x, wrap(mean), wrap(var), w, b, training, 0.1, 1e-5, window)


def _relu_reference(x, w=None, b=None, *, training):
    return np.maximum(_batch_reference(x, w, b) if training else _known_reference(x, w, b), 0)


def _pool(x, w=None, b=None, *, training, window):
    return _relu(x, w, b, training=training, window=window)


def _pooled(x, w=None, b=None, *, training, window):
    z = _relu_reference(x, w, b, training=training)
    (i, j), (p, q) = window, [n // k for n, k in zip(x.shape[2:], window, strict=True)]
    return z[:, :, : p * i, : q * j].reshape(*x.shape[:2], p, i, q, j).max((3, 5))


def _moved(x, y, *, momentum, scale):
    return apply(running_average, x, y, momentum=momentum, scale=scale)


def _moved_reference(x, y, *, momentum, scale):
    return (1 - momentum) * x + momentum * scale * y.reshape(x.shape)


_BATCHES = ((4, 3), (2, 3, 5), (2, 1, 3, 2), (1, 2, 3), (0, 3), (2, 3, 0))
_INSTANCES = ((2, 3, 4), (1, 2, 3, 2), (0, 2, 3), (2, 0, 3))
_ROWS = (((3, 4), (4,)), ((2, 3, 4), (3, 4)), ((5,), (5,)), ((2, 1), (1,)), ((0, 4), (4,)), ((2, 3, 2), (2,)))
_GROUPS = (((3, 4), 2), ((2, 4, 3), 2), ((2, 4, 3, 1), 4), ((1, 3, 2), 1), ((0, 2, 3), 2), ((2, 6), 1))

CASES: list[Case] = [
    *[Case("normalise", _batch, (s,), {}, _batch_reference, note="batch") for s in _BATCHES],
    *[Case("normalise", _batch, (s, s[1:2], s[1:2]), {"eps": 0.1}, _batch_reference, note="batch") for s in _BATCHES],
    *[Case("normalise", _instance, (s,), {}, _instance_reference, note="instance") for s in _INSTANCES],
    *[Case("normalise", _instance, (s, s[1:2], s[1:2]), {}, _instance_reference, note="instance") for s in _INSTANCES],
    *[
        Case("normalise", _layer, (s, *[n] * k), {"size": n}, _layer_reference, note="layer")
        for s, n in _ROWS
        for k in (0, 1, 2)
    ],
    *[Case("normalise", _group, (s,), {"groups": g}, _group_reference, note="group") for s, g in _GROUPS],
    *[
        Case("normalise", _group, (s, s[1:2], s[1:2]), {"groups": g}, _group_reference, note="group")
        for s, g in _GROUPS
    ],
    *[
        Case("normalise", _rms, (s, *[n] * k), {"size": n}, _rms_reference, note="rms")
        for s, n in _ROWS
        for k in (0, 1)
    ],
    Case("normalise", _rms, ((3, 4), (4,)), {"size": (4,), "eps": 0.1}, _rms_reference, note="rms"),
    *[Case("scale_shift", _known, (s,), {}, _known_reference) for s in _BATCHES],
    *[Case("scale_shift", _known, (s, s[1:2], s[1:2]), {}, _known_reference) for s in _BATCHES],
    *[
        Case("batch_norm_relu", _relu, (s, *[s[1:2]] * k), {"training": training}, _relu_reference, note="batch")
        for s in ((4, 3), (3, 2, 5), (2, 1, 3, 2), (5, 2, 3))
        for k in (0, 2)
        for training in (True, False)
    ],
    *[
        Case("running_average", _moved, s, {"momentum": 0.1, "scale": 1.25}, _moved_reference)
        for s in (((3,), (3,)), ((3,), (1, 3, 1)), ((1,), (1, 1)), ((0,), (0,)))
    ],
    Case("batch_norm_relu", _relu, ((0, 3, 2),), {"training": False}, _relu_reference, note="batch"),
    Case("batch_norm_relu_max_pool", _pool, ((0, 3, 2, 2),), {"window": (2, 2), "training": False}, _pooled),
    *[
        Case("batch_norm_relu_max_pool", _pool, (s, *[s[1:2]] * k), {"window": window, "training": training}, _pooled)
        for s, window in (
            ((2, 3, 4, 4), (2, 2)),
            ((3, 1, 5, 3), (2, 2)),
            ((2, 2, 7, 4), (3, 1)),
            ((2, 1, 3, 5), (1, 4)),
        )
        for k in (0, 2)
        for training in (True, False)
    ],
]
