"""Random programs: sequences of operations on Tensors of a few shapes, drawn with a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
import nn.functional as F
from autograd import Tensor

UNARY: dict[str, Any] = {
    "neg": lambda x: -x,
    "abs": autograd.abs,
    "square": autograd.square,
    "exp": lambda x: autograd.exp(x * 0.25),
    "expm1": lambda x: autograd.expm1(x * 0.25),
    "log": lambda x: autograd.log(autograd.abs(x) + 0.5),
    "log1p": lambda x: autograd.log1p(autograd.abs(x)),
    "sqrt": lambda x: autograd.sqrt(autograd.abs(x) + 0.25),
    "rsqrt": lambda x: autograd.rsqrt(autograd.abs(x) + 0.25),
    "reciprocal": lambda x: autograd.reciprocal(autograd.abs(x) + 0.5),
    "tanh": autograd.tanh,
    "sin": autograd.sin,
    "cos": autograd.cos,
    "sigmoid": autograd.sigmoid,
    "erf": autograd.erf,
    "floor": lambda x: autograd.floor(x) + x,
    "sign": lambda x: autograd.sign(x) * x,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "mish": F.mish,
    "softplus": F.softplus,
    "logsigmoid": F.logsigmoid,
    "hardtanh": F.hardtanh,
    "hardswish": F.hardswish,
    "softsign": F.softsign,
    "clamp": lambda x: autograd.clamp(x, -0.5, 0.75),
    "cube": lambda x: x**3,
    "half": lambda x: x / 2 + 1,
    "atan": autograd.atan,  # not known to the compiler
    "cumsum": lambda x: autograd.cumsum(x, -1) if x.ndim else x,  # neither
    "double": lambda x: (x.double() * 2).to(x.dtype),
    "detach": lambda x: x.detach() * x,
    "masked": lambda x: autograd.where(x > 0.1, x, x * 0.5),
    "softmax": lambda x: autograd.softmax(x, -1) if x.ndim else x,
    "log_softmax": lambda x: autograd.log_softmax(x, -1) if x.ndim else x,
}
BINARY: dict[str, Any] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (autograd.abs(y) + 0.5),
    "maximum": autograd.maximum,
    "minimum": autograd.minimum,
    "choose": lambda x, y: autograd.where(x <= y, x, y * 2),
    "lerp": lambda x, y: autograd.lerp(*autograd.broadcast_tensors(x, y), 0.3),
}
REDUCING: dict[str, Any] = {
    "sum": lambda x, axis: x.sum(axis, keepdim=True),
    "mean": lambda x, axis: x.mean(axis, keepdim=True),
    "amax": lambda x, axis: x.amax(axis, keepdim=True),
    "amin": lambda x, axis: x.amin(axis, keepdim=True),
    "logsumexp": lambda x, axis: autograd.logsumexp(x, axis, keepdim=True),
    "var": lambda x, axis: x.var(axis, keepdim=True, correction=0),
}
SHAPING: dict[str, Any] = {
    "transpose": lambda x: x.transpose(0, -1) if x.ndim > 1 else x,
    "flatten": lambda x: x.reshape(-1),
    "slice": lambda x: x[..., ::2] if x.ndim and x.shape[-1] > 1 else x,
    "reverse": lambda x: x.flip(-1) if x.ndim else x,
    "column": lambda x: x[..., None],
    "halves": lambda x: autograd.cat(autograd.split(x, 2, -1)[::-1], -1) if x.ndim else x,
    "pair": lambda x: autograd.stack([x, x * 2], x.ndim // 2),
    "rows": lambda x: autograd.unbind(x, 0)[-1] if x.ndim > 1 else x,
}
SHAPES = [(), (1,), (5,), (3, 4), (1, 4), (3, 1), (2, 3, 4), (33,), (7, 19), (1, 1)]


class Drawn:
    """A function of Tensors: `steps` operations, each on values of before. `names` says which."""

    def __init__(self, seed: int, steps: int, shapes: Any = None) -> None:
        self.rng = np.random.default_rng(seed)
        self.seed = seed
        self.steps = steps
        picked = self.rng.integers(len(SHAPES), size=3)
        self.shapes = [SHAPES[i] for i in picked] if shapes is None else shapes
        self.plan: list[tuple[str, str, tuple[int, ...], int]] = []
        for _ in range(steps):
            kind = str(self.rng.choice(["unary"] * 4 + ["binary"] * 5 + ["reduce"] * 2 + ["shape"]))
            table = {"unary": UNARY, "binary": BINARY, "reduce": REDUCING, "shape": SHAPING}[kind]
            name = str(self.rng.choice(list(table)))
            self.plan.append(
                (kind, name, tuple(self.rng.integers(1 << 30, size=2).tolist()), int(self.rng.integers(4)))
            )

    def inputs(self, dtype: Any, scale: float = 1.5) -> list[Tensor]:
        """Inputs, all of which require grad."""
        rng = np.random.default_rng(self.seed + 1)
        return [
            autograd.tensor(rng.standard_normal(shape) * scale, dtype=dtype, requires_grad=True)
            for shape in self.shapes
        ]

    def __call__(self, *inputs: Tensor) -> Any:
        values = list(inputs)
        for kind, name, picks, axis in self.plan:
            x = values[-1 - picks[0] % min(len(values), 4)]
            if kind == "unary":
                z = UNARY[name](x)
            elif kind == "binary":
                y = values[picks[1] % len(values)]
                z = BINARY[name](x, y if _fits(x.shape, y.shape) else x)
            elif kind == "reduce":
                z = REDUCING[name](x, axis % x.ndim if x.ndim and axis < 3 else tuple(range(x.ndim))) if x.ndim else x
            else:
                z = SHAPING[name](x)
            values.append(z)
        return values[-1], values[-2].sum() + values[len(values) // 2].mean()


def _fits(x: Any, y: Any) -> bool:
    try:
        shape = np.broadcast_shapes(x, y)
    except ValueError:
        return False
    return int(np.prod(shape)) < 5000
