"""What operations are in ONNX's words: elementwise ones. Others: see `shapes` and `layers` beside this file.

A writer gets the graph and a `Site`: what the step reads, by ONNX's names, and what Tensors these are. It returns the
name of the result, or a list of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .graph import Graph


@dataclass
class Site:
    """One step: names of its operands (None where there is none), their shapes and dtypes, and its settings.

    array   gives the value of a Hole in the settings, where it is known without inputs, else raises
    named   gives the name of one
    """

    op: str
    names: list[Any]
    shapes: list[Any]
    dtypes: list[Any]
    settings: dict[str, Any]
    out_shape: Any
    out_dtype: Any
    array: Callable[[Any], Any]
    named: Callable[[Any], str]


Writer = Callable[[Graph, Site], Any]
WRITERS: dict[str, Writer] = {}
"""By names of ops, and of NumPy's functions as `program.operations` calls them."""


def writer(*names: str) -> Callable[[Writer], Writer]:
    """Let a function write the operations of these names."""

    def enter(function: Writer) -> Writer:
        WRITERS.update(dict.fromkeys(names, function))
        return function

    return enter


def _plain(onnx_name: str) -> Writer:
    return lambda g, s: g.node(onnx_name, *s.names)


_SAME = {
    "abs": "Abs", "acos": "Acos", "acosh": "Acosh", "add": "Add", "asin": "Asin", "asinh": "Asinh", "atan": "Atan",
    "atanh": "Atanh", "ceil": "Ceil", "clone": "Identity", "cos": "Cos", "cosh": "Cosh", "detach": "Identity",
    "erf": "Erf", "exp": "Exp", "floor": "Floor", "hardswish": "HardSwish", "isinf": "IsInf", "isnan": "IsNaN",
    "log": "Log", "logical_and": "And", "logical_not": "Not", "logical_or": "Or", "logical_xor": "Xor",
    "matmul": "MatMul", "mish": "Mish", "mul": "Mul", "neg": "Neg", "reciprocal": "Reciprocal", "relu": "Relu",
    "rint": "Round", "sigmoid": "Sigmoid", "sign": "Sign", "sin": "Sin", "sinh": "Sinh", "softsign": "Softsign",
    "sqrt": "Sqrt", "sub": "Sub", "tan": "Tan", "tanh": "Tanh", "where": "Where",
    "eq": "Equal", "ge": "GreaterOrEqual", "gt": "Greater", "le": "LessOrEqual", "lt": "Less",
    "maximum": "Max", "minimum": "Min",
}  # fmt: skip
WRITERS |= {name: _plain(onnx_name) for name, onnx_name in _SAME.items()}


def like(g: Graph, s: Site, value: float) -> str:
    """A constant of the first operand's dtype."""
    return g.constant(value, s.dtypes[0])


@writer("div")
def _div(g: Graph, s: Site) -> str:
    names = [x if d.kind == "f" else g.cast(x, s.out_dtype) for x, d in zip(s.names, s.dtypes, strict=True)]
    return str(g.node("Div", *names))


@writer("ne")
def _ne(g: Graph, s: Site) -> str:
    return str(g.node("Not", g.node("Equal", *s.names)))


@writer("pow", "pow_number")
def _pow(g: Graph, s: Site) -> str:
    return str(g.node("Pow", s.names[0], s.names[1] if s.op == "pow" else like(g, s, s.settings["exponent"])))


@writer("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not")
def _bitwise(g: Graph, s: Site) -> str:
    word = s.op.removeprefix("bitwise_").capitalize()
    return str(g.node(word if s.dtypes[0].kind == "b" else f"Bitwise{word}", *s.names))


@writer("square")
def _square(g: Graph, s: Site) -> str:
    return str(g.node("Mul", s.names[0], s.names[0]))


@writer("rsqrt")
def _rsqrt(g: Graph, s: Site) -> str:
    return str(g.node("Reciprocal", g.node("Sqrt", s.names[0])))


@writer("silu")
def _silu(g: Graph, s: Site) -> str:
    return str(g.node("Mul", s.names[0], g.node("Sigmoid", s.names[0])))


@writer("gelu", "gelu_tanh")
def _gelu(g: Graph, s: Site) -> str:
    return str(g.node("Gelu", s.names[0], approximate="none" if s.op == "gelu" else "tanh"))


@writer("elu")
def _elu(g: Graph, s: Site) -> str:
    alpha, scale, rate = (s.settings.get(name, 1.0) for name in ("alpha", "scale", "rate"))
    x = s.names[0]
    if rate != 1.0:  # max(x, 0) + alpha (exp(rate min(x, 0)) - 1)
        zero = like(g, s, 0.0)
        low = g.node("Sub", g.node("Exp", g.node("Mul", g.node("Min", x, zero), like(g, s, rate))), like(g, s, 1.0))
        z = g.node("Add", g.node("Relu", x), g.node("Mul", low, like(g, s, alpha)))
    else:
        z = g.node("Elu", x, alpha=float(alpha))
    return str(z if scale == 1.0 else g.node("Mul", z, like(g, s, scale)))


@writer("leaky_relu")
def _leaky(g: Graph, s: Site) -> str:
    return str(g.node("LeakyRelu", s.names[0], alpha=float(s.settings["slope"])))


@writer("hardsigmoid")
def _hardsigmoid(g: Graph, s: Site) -> str:
    return str(g.node("HardSigmoid", s.names[0], alpha=1 / 6, beta=0.5))


@writer("softplus")
def _softplus(g: Graph, s: Site) -> str:
    beta = s.settings.get("beta", 1.0)
    if beta == 1.0:
        return str(g.node("Softplus", s.names[0]))
    return str(g.node("Div", g.node("Softplus", g.node("Mul", s.names[0], like(g, s, beta))), like(g, s, beta)))


@writer("logsigmoid")
def _logsigmoid(g: Graph, s: Site) -> str:
    return str(g.node("Neg", g.node("Softplus", g.node("Neg", s.names[0]))))


@writer("hardtanh")
def _hardtanh(g: Graph, s: Site) -> str:
    return str(g.node("Clip", s.names[0], like(g, s, s.settings["low"]), like(g, s, s.settings["high"])))


@writer("clamp")
def _clamp(g: Graph, s: Site) -> str:
    x, low, high = s.names
    x = x if low is None else g.node("Max", x, low)
    return str(x if high is None else g.node("Min", x, high))


@writer("tanhshrink")
def _tanhshrink(g: Graph, s: Site) -> str:
    return str(g.node("Sub", s.names[0], g.node("Tanh", s.names[0])))


@writer("hardshrink", "softshrink", "threshold")
def _cut(g: Graph, s: Site) -> str:
    """x where it is large enough, else a value; softshrink moves it towards 0 first."""
    x, value = s.names[0], s.settings.get("value", 0.0)
    if s.op == "threshold":
        return str(g.node("Where", g.node("Greater", x, like(g, s, s.settings["threshold"])), x, like(g, s, value)))
    bound = like(g, s, s.settings["lambd"])
    large = g.node("Greater", g.node("Abs", x), bound)
    z = x if s.op == "hardshrink" else g.node("Sub", x, g.node("Mul", g.node("Sign", x), bound))
    return str(g.node("Where", large, z, like(g, s, 0.0)))


@writer("clamp_min")
def _clamp_min(g: Graph, s: Site) -> str:
    return str(g.node("Max", *s.names))


@writer("clamp_max")
def _clamp_max(g: Graph, s: Site) -> str:
    return str(g.node("Min", *s.names))


@writer("softmax", "log_softmax")
def _softmax(g: Graph, s: Site) -> str:
    return str(g.node("Softmax" if s.op == "softmax" else "LogSoftmax", s.names[0], axis=s.settings["axis"]))


@writer("masked_fill")
def _masked_fill(g: Graph, s: Site) -> str:
    return str(g.node("Where", g.cast(s.named(s.settings["mask"]), np.bool_), s.names[1], s.names[0]))


@writer("to")
def _to(g: Graph, s: Site) -> str:
    return g.cast(s.names[0], s.out_dtype)


@writer("ndarray.astype")
def _astype(g: Graph, s: Site) -> str:
    x, *_ = s.settings["args"]
    return g.cast(s.named(x), s.out_dtype)


@writer("ndarray.reshape", "np.reshape")
def _numpy_reshape(g: Graph, s: Site) -> str:
    return g.reshape(s.named(s.settings["args"][0]), s.out_shape)


@writer("np.add", "np.subtract", "np.multiply", "np.divide", "np.sqrt", "np.negative")
def _numpy(g: Graph, s: Site) -> str:
    """NumPy's functions of weights: those by which running variances become scales."""
    names = {"np.add": "Add", "np.subtract": "Sub", "np.multiply": "Mul", "np.divide": "Div", "np.sqrt": "Sqrt"}
    given = [g.constant(x, s.out_dtype) if isinstance(x, (int, float)) else s.named(x) for x in s.settings["args"]]
    return str(g.node(names.get(s.op, "Neg"), *given))
