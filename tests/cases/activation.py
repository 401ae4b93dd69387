"""Activations."""

import math

import numpy as np

from autograd.ops.activation import dropout
from autograd.ops.attention import attention
from autograd.tensors import Tensor
from autograd.tensors import activation as act
from autograd.tensors.run import apply

from .case import Case, real

_SHAPES = ((2, 3), (), (1,), (0, 3))


def off_corners(rng, shape):
    """Between -8 and 8, at least 0.05 from 0, 0.5, 1, 3 and 6 on both sides: clear of every kink here."""
    x = rng.uniform(0.0, 8.0, shape)
    for corner in (0.0, 0.5, 1.0, 3.0, 6.0):
        x = np.where(np.abs(x - corner) < 0.05, corner + 0.07, x)
    return x * rng.choice([-1.0, 1.0], shape)


def _unary(name, function, reference, domain=off_corners, note="", **params):
    return [
        Case(name, function, (shape,), params=params, reference=reference, domain=domain, note=note)
        for shape in _SHAPES
    ]


def _attention(q, k, v, *, bias, scale):
    return apply(attention, q, k, v, bias=None if bias is None else bias.astype(q.dtype), scale=scale)


def _attention_reference(q, k, v, *, bias, scale):
    scores = q @ np.swapaxes(k, -1, -2) * scale
    if bias is None:
        return _softmax(scores, -1) @ v
    blank = (bias == -np.inf).all(-1, keepdims=True)
    return np.where(blank, 0, _softmax(scores + np.where(blank, 0, bias), -1)) @ v


_CAUSAL = np.where(np.tri(3, 4, dtype=bool), 0.0, -np.inf)
_BLANK = np.array([[-np.inf] * 4, [0.5, -np.inf, 0.0, 1.0], [0.0, 0.0, -np.inf, -np.inf]])


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _softplus(x):
    return np.logaddexp(0, x)


def _cdf(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[np.float64])(x / math.sqrt(2)))


def _softmax(x, dim):
    e = np.exp(x - x.max(axis=dim, keepdims=True, initial=-np.inf)) if np.ndim(x) else np.ones(())
    return e / e.sum(axis=dim, keepdims=True) if np.ndim(x) else e


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))


def _glu(x, dim):
    a, b = np.split(x, 2, axis=dim)
    return a * _sigmoid(b)


CASES: list[Case] = [
    *_unary("relu", Tensor.relu, lambda x: np.maximum(x, 0)),
    *_unary("leaky_relu", act.leaky_relu, lambda x: np.where(x > 0, x, 0.01 * x)),
    *_unary("leaky_relu", act.leaky_relu, lambda x, negative_slope: np.where(x > 0, x, 1.5 * x), negative_slope=1.5),
    *[
        Case("prelu", act.prelu, shapes, reference=reference, repeat=False)
        for shapes, reference in (
            (((2, 3), (3,)), lambda x, w: np.where(x > 0, x, w * x)),
            (((2, 3), (1,)), lambda x, w: np.where(x > 0, x, w * x)),
            (((2, 3, 2), (3,)), lambda x, w: np.where(x > 0, x, w[:, None] * x)),
            (((4,), (1,)), lambda x, w: np.where(x > 0, x, w * x)),
            (((), (1,)), lambda x, w: np.where(x > 0, x, w[0] * x)),
            (((0, 3), (3,)), lambda x, w: x),
            (((2, 3), ()), lambda x, w: np.where(x > 0, x, w * x)),
        )
    ],
    *_unary("hardtanh", act.hardtanh, lambda x: np.clip(x, -1, 1)),
    *_unary("hardtanh", act.hardtanh, lambda x, min_val, max_val: np.clip(x, -3, 6), min_val=-3, max_val=6),
    *_unary("hardtanh", act.relu6, lambda x: np.clip(x, 0, 6), note="relu6"),
    *_unary("hardsigmoid", act.hardsigmoid, lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    *_unary("hardswish", act.hardswish, lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    *_unary(
        "threshold", act.threshold, lambda x, threshold, value: np.where(x > 0.5, x, -7.0), threshold=0.5, value=-7
    ),
    *_unary("hardshrink", act.hardshrink, lambda x: np.where(np.abs(x) > 0.5, x, 0)),
    *_unary("softshrink", act.softshrink, lambda x, lambd: np.sign(x) * np.maximum(np.abs(x) - 1, 0), lambd=1.0),
    *_unary("elu", act.elu, _elu),
    *_unary("elu", act.elu, _elu, alpha=0.7),
    *_unary("elu", act.selu, lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772), note="selu"),
    *_unary("elu", act.celu, lambda x, alpha: np.where(x > 0, x, 0.5 * np.expm1(x / 0.5)), note="celu", alpha=0.5),
    *_unary("softplus", act.softplus, _softplus),
    *_unary(
        "softplus",
        act.softplus,
        lambda x, beta, threshold: np.where(2 * x > 5, x, _softplus(2 * x) / 2),
        domain=real,
        beta=2,
        threshold=5,
    ),
    *_unary("logsigmoid", act.logsigmoid, lambda x: -_softplus(-x)),
    *_unary("silu", act.silu, lambda x: x * _sigmoid(x)),
    *_unary("mish", act.mish, lambda x: x * np.tanh(_softplus(x))),
    *_unary("gelu", act.gelu, lambda x: x * _cdf(x)),
    *_unary(
        "gelu_tanh",
        act.gelu,
        lambda x, approximate: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        approximate="tanh",
    ),
    *_unary("softsign", act.softsign, lambda x: x / (1 + np.abs(x))),
    *_unary("tanhshrink", act.tanhshrink, lambda x: x - np.tanh(x)),
    *[
        Case(name, function, (shape,), params={"dim": dim}, reference=reference)
        for name, function, reference in (
            ("softmax", act.softmax, _softmax),
            ("log_softmax", act.log_softmax, lambda x, dim: np.log(_softmax(x, dim))),
        )
        for shape, dim in (
            ((2, 3), 1),
            ((2, 3), 0),
            ((2, 3, 2), -2),
            ((4,), 0),
            ((), -1),
            ((1, 1), 0),
            ((0, 3), 1),
            ((3, 0), 1),
        )
    ],
    *[
        Case(
            "softmax", act.softmin, (shape,), params={"dim": 0}, reference=lambda x, dim: _softmax(-x, dim), note="min"
        )
        for shape in ((3, 2), (1,))
    ],
    *[
        Case("sigmoid", act.glu, (shape,), params={"dim": dim}, reference=_glu, note="glu")
        for shape, dim in (((2, 4), -1), ((4, 3), 0), ((2, 0), 1), ((0, 2), 1))
    ],
    *[
        Case(
            "attention",
            _attention,
            ((*lead, 3, 2), (*lead, 4, 2), (*lead, 4, 5)),
            params={"bias": bias, "scale": 0.7},
            reference=_attention_reference,
            note=note,
        )
        for lead in ((), (2,), (2, 1))
        for note, bias in (("", None), ("causal", _CAUSAL), ("blank", _BLANK))
    ],
    *[
        Case("attention", _attention, shapes, {"bias": None, "scale": 1.0}, _attention_reference)
        for shapes in (
            ((1, 1), (1, 1), (1, 1)),
            ((0, 2), (3, 2), (3, 4)),
            ((2, 3, 2), (2, 4, 2), (2, 4, 0)),
            ((0, 3, 2), (0, 4, 2), (0, 4, 5)),
            ((3, 0), (4, 0), (4, 5)),
        )
    ],
    *[
        Case(
            "dropout",
            lambda x, mask, scale: apply(dropout, x, mask=mask, scale=scale),
            (shape,),
            {"mask": np.resize([True, False, True], shape), "scale": 1.25},
            lambda x, mask, scale: x * mask * scale,
        )
        for shape in ((3, 4), (0, 3), (1,), ())
    ],
]
