"""For each operation something to check it at: inputs, settings, and how it is called.

Inputs are drawn where the operation has a derivative: away from 0, apart from each other, positive, as it needs. Where
settings are computed by the public function (windows of a pooling, statistics of a norm), that function is called.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd
import autograd.ops.bessel
import autograd.ops.gauss
import autograd.ops.incomplete
import autograd.ops.lu
import nn.functional as F
from autograd.op import registry
from autograd.ops.pool import Windows
from nn.functional.norm import batch_norm_relu

Array = np.ndarray


@dataclass(frozen=True)
class Input:
    """How an input is drawn: a shape, and a function of it and a generator."""

    shape: tuple[int, ...]
    draw: Callable[[np.random.Generator, tuple[int, ...]], Array]


@dataclass(frozen=True)
class Example:
    """function(*tensors, **settings); `function` is the operation itself unless it says otherwise."""

    op: str
    inputs: tuple[Any, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    function: Callable[..., Any] | None = None

    def call(self, *tensors: autograd.Tensor) -> Any:
        """The value."""
        return (self.function or registry[self.op])(*tensors, **self.settings)

    def tensors(self) -> list[autograd.Tensor]:
        """Inputs; those that are drawn require grad, given arrays do not."""
        rng = np.random.default_rng(zlib.crc32(self.op.encode()))
        return [
            autograd.tensor(x.draw(rng, x.shape), requires_grad=True) if isinstance(x, Input) else autograd.tensor(x)
            for x in self.inputs
        ]


def real(*shape: int) -> Input:
    """Standard normal, at least 0.1 from 0."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        x = rng.standard_normal(shape)
        return x + np.where(x < 0, -0.1, 0.1)

    return Input(shape, draw)


def between(low: float, high: float, *shape: int) -> Input:
    """Uniform."""
    return Input(shape, lambda rng, shape: rng.uniform(low, high, shape))


def apart(*shape: int) -> Input:
    """All elements at least 0.1 apart, none within 0.02 of a multiple of 0.1 and so of a whole number."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        count = int(np.prod(shape))
        return (rng.permutation(count) * 0.1 - 0.05 * count + 0.03).reshape(shape)

    return Input(shape, draw)


def definite(size: int) -> Input:
    """A symmetric matrix with eigenvalues above 1, all of them different."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        x = rng.standard_normal(shape)
        return x @ x.T / size + np.diag(1.0 + np.arange(size))

    return Input((size, size), draw)


POSITIVE, UNIT, SHARE = (0.3, 3.0), (-0.9, 0.9), (0.05, 0.95)
LABELS, INDEX, MASK = np.array([0, 3, 1]), np.array([[0, 2, 2, 1], [1, 1, 0, 2]]), np.array([[True, False, True]] * 2)
LINE = {"stride": (2,), "padding": (1,), "dilation": (1,), "groups": 1}
PAIRS = Windows((2,), (1,), (0,), (1,), (2,))  # which overlap
WON = np.array([[0, 1], [1, 0]])  # in windows of PAIRS
PATCHES = {"kernel": (2, 2), "counts": (2, 3), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
SEQUENCES = {"sizes": np.array([2, 2, 1]), "reverse": False}
TAPS = ((1, ((np.array([0, 1, 3]), np.array([0.5, 0.25, 1.0])), (np.array([1, 2, 4]), np.array([0.5, 0.75, 2.0])))),)


def _each(names: str, *inputs: Any) -> list[Example]:
    return [Example(name, inputs) for name in names.split()]


def _rows() -> list[Example]:
    """All rows, family by family."""
    x, p = real(2, 3), between(*POSITIVE, 2, 3)
    smooth = (
        "neg reciprocal square exp exp2 expm1 sin cos atan deg2rad rad2deg sinh cosh tanh asinh sigmoid erf erfc sinc"
    )
    bent = "abs relu hardswish hardsigmoid softsign silu mish gelu gelu_tanh tanhshrink logsigmoid nan_to_num"
    steps = "floor ceil trunc rint sign frac"
    return [
        *_each(f"{smooth} {bent} clone", x),
        *_each(steps, apart(2, 3)),
        *_each("sqrt rsqrt log log2 log10 log1p", p),
        *_each("asin acos atanh erfinv tan", between(*UNIT, 2, 3)),
        *_each("add sub mul div hypot atan2 logaddexp logaddexp2", x, real(3)),
        *_each("maximum minimum fmax fmin clamp_min clamp_max", apart(2, 3), real(2, 3)),
        *_each("floor_divide trunc_divide", apart(2, 3), between(1.7, 1.9, 3)),
        *_each("remainder fmod", apart(2, 3), between(1.7, 1.9, 3)),
        *_each("copysign", apart(2, 3), apart(2, 3)),
        *_each("heaviside nextafter", apart(2, 3), apart(3)),
        *_each("lgamma", p),
        *_each("logit", between(*SHARE, 2, 3)),
        *_each("airy_ai airy_ai_slope bessel_j0 bessel_j1 i0 i0e i1 i1e spherical_j0 erfcx log_ndtr ndtr", x),
        *_each("bessel_y0 bessel_y1 k0 k0e k1 k1e entr", p),
        *_each("ndtri", between(*SHARE, 2, 3)),
        *_each("xlog1py", x, p),
        *_each("gammainc", p, between(*POSITIVE, 3)),
        Example("zeta", (np.array([[1.5], [3.0]]), p)),
        Example("polygamma", (p,), {"order": 0}),
        Example("acosh", (between(1.2, 4, 2, 3),)),
        Example("lerp", (x, real(2, 3), real(2, 3))),
        Example("pow", (p, real(2, 3))),
        Example("pow_number", (p,), {"exponent": 2.5}),
        Example("xlogy", (x, p)),
        Example("where", (MASK, x, real(3))),
        Example("keep", (x, MASK)),
        Example("clamp", (apart(2, 3), np.array(-0.06), np.array(0.16))),
        Example("round", (apart(2, 3),), {"decimals": 0}),
        Example("to", (x,), {"dtype": np.dtype(np.float32)}),
        # activations
        Example("leaky_relu", (x,), {"slope": 0.01}),
        Example("prelu", (x, real(3))),
        Example("hardtanh", (x,), {"low": -0.5, "high": 0.5}),
        Example("threshold", (x,), {"threshold": 0.05, "value": -1.0}),
        Example("hardshrink", (x,), {"lambd": 0.05}),
        Example("softshrink", (x,), {"lambd": 0.05}),
        Example("elu", (x,), {"alpha": 1.3}),
        Example("softplus", (x,), {"beta": 1.5, "threshold": 20.0}),
        Example("softmax", (real(3, 4),), {"axis": 1}),
        Example("log_softmax", (real(3, 4),), {"axis": 1}),
        Example("attention", (real(3, 2), real(4, 2), real(4, 5)), {"bias": None, "scale": 0.7}),
        Example("dropout", (real(2, 3),), {"mask": MASK, "scale": 1.5}),
        # reductions and scans
        *[
            Example(name, (real(3, 4),), {"axis": 1, "keepdims": False})
            for name in ("sum", "nansum", "mean", "prod", "logsumexp")
        ],
        *[Example(name, (apart(3, 4),), {"axis": 1, "keepdims": False}) for name in ("amax", "amin")],
        *[Example(name, (real(3, 4),), {"axis": 0, "correction": 1, "keepdims": True}) for name in ("var", "std")],
        Example("median", (apart(3, 5),), {"ignore_nan": False}),
        Example("vector_norm", (real(3, 4),), {"p": 3.0, "axis": 1, "keepdims": False}),
        *[Example(name, (real(3, 4),), {"axis": 1}) for name in ("cumsum", "cumprod", "logcumsumexp", "diff")],
        Example("diff_back", (real(3, 4),), {"axis": -1}),
        Example("others", (real(3, 4),), {"axis": 1}),
        Example("shift", (real(4, 2),), {"axis": 0, "by": 1, "fill": 2.0}),
        Example("recurrence", (real(5), real(5)), {"axis": 0, "reverse": False}),
        # shapes and indices
        Example("reshape", (x,), {"shape": (3, 2)}),
        Example("expand", (real(3, 1),), {"shape": (2, 3, 4)}),
        Example("transpose", (real(2, 3, 4),), {"axes": (2, 0, 1)}),
        Example("flip", (x,), {"axis": (1,)}),
        Example("roll", (real(3, 4),), {"shift": (1, -2), "axis": (0, 1)}),
        Example("tile", (x,), {"reps": (2, 1, 3)}),
        Example("repeat", (real(6),), {"repeats": 2, "axis": 0}),
        Example("segment_sum", (real(2, 6),), {"counts": np.array([2, 0, 3, 1]), "axis": 1}),
        Example("cat", (x, real(2, 4)), {"axis": 1}),
        Example("stack", (x, real(2, 3)), {"axis": 1}),
        Example("split", (real(5, 2),), {"sizes": (2, 2, 1), "axis": 0}),
        Example("unbind", (real(3, 2),), {"axis": 0}),
        Example("getitem", (real(4, 3),), {"index": np.array([0, 2, 2])}),
        Example("diagonal", (real(3, 3),), {"offset": 0, "axes": (0, 1)}),
        Example("diagonal_embed", (real(3),), {"shape": (3, 3), "offset": 0, "axes": (0, 1)}),
        Example("tril", (real(3, 3),), {"k": 0}),
        Example("triu", (real(3, 3),), {"k": 1}),
        Example("as_strided", (real(6),), {"source": ((6,), (1,), 0), "target": ((4, 3), (1, 1), 0), "count": 6}),
        Example("restride", (real(4, 3),), {"source": ((4, 3), (1, 1), 0), "target": ((3, 2), (2, 1), 0), "count": 6}),
        Example("take_along", (x,), {"dim": 1}, lambda x, dim: x.gather(dim, autograd.tensor(INDEX))),
        Example("add_along", (real(2, 4), INDEX), {"axis": 1, "shape": (2, 3)}),
        Example("put", (real(2, 4),), {"index": slice(1, 3), "shape": (3, 4)}),
        Example("add_to", (real(3, 4), real(4)), {"index": 1}),
        Example("set_at", (real(3, 4), real(4)), {"index": 1}),
        Example("zero_at", (real(3, 4),), {"index": 1}),
        Example(
            "scatter_extreme",
            (apart(2, 3), apart(2, 4)),
            {},
            lambda x, v: (x + 0.013).scatter_reduce(1, autograd.tensor(INDEX), v, "amax"),
        ),
        Example("masked_fill", (x, real()), {"mask": MASK}),
        Example("embedding", (real(4, 3),), {"index": INDEX, "padding_idx": None, "scale": None}),
        Example("pad", (real(3, 2),), {"widths": ((2, 1), (0, 1)), "value": 0.5}),
        Example("pad_edges", (real(4, 3),), {"widths": ((1, 2), (0, 1)), "mode": "reflect"}),
        Example("fold_edges", (real(6, 4),), {"widths": ((1, 2), (0, 1)), "mode": "reflect"}),
        # matrices
        Example("matmul", (real(2, 3), real(3, 4))),
        Example(
            "einsum", (real(2, 3), real(4, 3)), {"spec": "ab,cb->ac"}, lambda a, b, spec: autograd.einsum(spec, a, b)
        ),
        Example("linear", (real(2, 3), real(4, 3), real(4))),
        Example("cross", (real(2, 3), real(2, 3)), {"axis": -1}),
        Example("solve", (definite(3), real(3, 2))),
        *[Example(name, (definite(3),)) for name in ("inv", "inv_or_nan", "det", "cofactor", "slogdet", "qr")],
        Example("cholesky", (definite(3),), {}, lambda a: autograd.linalg.cholesky((a + a.mT) / 2)),
        Example("eigh", (definite(3),), {}, lambda a: autograd.linalg.eigh((a + a.mT) / 2)[0]),
        Example("svd", (definite(3),), {}, lambda a: autograd.linalg.svd(a)[1]),
        Example("lu", (definite(3),), {}, lambda a: autograd.linalg.lu(a)[2]),
        Example("svdvals", (real(3, 2),)),
        Example("with_values", (real(3, 2), real(2))),
        Example("pinv", (real(3, 2),), {}, autograd.linalg.pinv),
        # losses
        Example("cross_entropy", (real(3, 4),), {"target": LABELS, "share": 0.25, "total": True}),
        Example("nll", (real(3, 4),), {"target": LABELS, "share": 0.25, "total": True}),
        Example("binary_cross_entropy", (between(*SHARE, 3, 4), between(*SHARE, 3, 4))),
        Example("binary_cross_entropy_with_logits", (real(3, 4), between(*SHARE, 3, 4))),
        # windows
        Example("conv", (real(2, 2, 6), real(3, 2, 3), real(3)), {**LINE, "size": (3,)}),
        Example("conv_input_grad", (real(2, 3, 3), real(3, 2, 3), real(2)), {**LINE, "size": (6,)}),
        Example("conv_weight_grad", (real(2, 3, 3), real(2, 2, 6)), {**LINE, "size": (3,)}),
        Example("unfold", (real(2, 2, 3, 4),), PATCHES),
        Example("fold", (real(2, 8, 6),), {**PATCHES, "size": (3, 4)}),
        Example("max_pool", (apart(2, 2, 5, 5),), {"kernel_size": 3, "stride": 2}, F.max_pool2d),
        Example("avg_pool", (real(2, 2, 5, 5),), {"kernel_size": 3, "stride": 2, "padding": 1}, F.avg_pool2d),
        Example(
            "avg_spread",
            (real(2, 4),),
            {"size": (3,), "stride": (2,), "padding": (1,), "divisor": 3, "shape": (2, 7)},
        ),
        Example("windows", (real(2, 5),), {"axis": 1, "size": 2, "step": 2}),
        Example("add_windows", (real(2, 2),), {"shape": (3,), "axis": 0, "size": 2, "step": 1}),
        Example("put_winners", (real(2, 2),), {"place": WON, "shape": (2, 3), "windows": PAIRS}),
        Example("max_unpool", (real(2, 2),), {"index": np.array([[0, 4], [2, 3]]), "shape": (2, 3)}),
        Example(
            "resample",
            (real(2, 5, 4),),
            {"size": (3, 7)},
            lambda x, size: F.interpolate(x[None], size, mode="bilinear"),
        ),
        Example("resample_back", (real(3, 3),), {"taps": TAPS, "shape": (3, 5)}),
        # norms
        Example("normalise", (real(4, 3), real(3), real(3)), {}, _batch_norm),
        Example("scale_shift", (real(4, 3), real(3), real(3)), {}, _known_batch_norm),
        Example("batch_norm_relu", (real(4, 3), real(3), real(3)), {"window": None}, _fused),
        Example("batch_norm_relu_max_pool", (real(2, 3, 4, 4), real(3), real(3)), {"window": (2, 2)}, _fused),
        # recurrence: inputs of 3, 2 units; 2 sequences, one of them longer; then single steps
        *[
            Example(kind, (real(5, 3), *_state_and_weights(gates, states)), SEQUENCES, registry.__getitem__(kind))
            for kind, gates, states in (("lstm", 4, 2), ("gru", 3, 1), ("rnn", 1, 1))
        ],
        *[
            Example(
                f"{kind}_cell",
                (real(2, 3), *_state_and_weights(gates, states)),
                {},
                registry.__getitem__(f"{kind}_cell"),
            )
            for kind, gates, states in (("lstm", 4, 2), ("gru", 3, 1))
        ],
        Example("rnn_cell", (real(2, 3), *_state_and_weights(1, 1))),
    ]


def _batch_norm(x: autograd.Tensor, w: autograd.Tensor, b: autograd.Tensor) -> autograd.Tensor:
    return F.batch_norm(x, None, None, w, b, training=True)


def _known_batch_norm(x: autograd.Tensor, w: autograd.Tensor, b: autograd.Tensor) -> autograd.Tensor:
    mean, variance = (autograd.tensor(values, dtype=x.dtype) for values in ([-0.4, 0.1, 0.5], [0.6, 1.1, 2.1]))
    return F.batch_norm(x, mean, variance, w, b)


def _fused(x: autograd.Tensor, w: autograd.Tensor, b: autograd.Tensor, window: Any) -> autograd.Tensor:
    return batch_norm_relu(x, None, None, w, b, True, 0.1, 1e-5, window)


def _state_and_weights(gates: int, states: int) -> tuple[Input, ...]:
    return *[real(2, 2)] * states, real(2 * gates, 3), real(2 * gates, 2), real(2 * gates), real(2 * gates)


def examples() -> dict[str, Example]:
    """Op -> example, in the order of the table."""
    return {row.op: row for row in _rows()}


def has_rule(name: str) -> bool:
    """Is there anything to check: has one of the inputs a derivative?"""
    op = registry[name]
    return op.joint is not None or any(rule is not None for rule in op.rules.values())
