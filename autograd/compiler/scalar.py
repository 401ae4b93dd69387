"""What an elementwise op is in forms of the block machine: for each op one short formula, the op's own in other words.

    @formula("silu")
    def _silu(e, x):
        return x * e.sigmoid(x)

`e` makes nodes of a `Graph`, and `Cell`s stand for values so that formulas read as they do in `autograd.ops`. Numbers
are constants of the dtype of what they meet, so float32 stays float32. What an op rounds is rounded here in the same
order; exp, tanh and their kin are those of `kernels.machine.vector`, which are not NumPy's to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import Graph
from .values import BOOL, KNOWN, Value

Formula = Callable[..., Any]
FORMULAS: dict[str, Formula] = {}
"""Name of an op -> formula(e, *operands, **settings)."""

EXACT = frozenset({"add", "sub", "mul"})
"""Forms that integers have, too."""


class Cell:
    """A value in a formula."""

    __slots__ = ("e", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, e: Forms, value: Value) -> None:
        self.e = e
        self.value = value

    def __add__(self, other: Any) -> Cell:
        return self.e.form("add", self, other)

    def __radd__(self, other: Any) -> Cell:
        return self.e.form("add", other, self)

    def __sub__(self, other: Any) -> Cell:
        return self.e.form("sub", self, other)

    def __rsub__(self, other: Any) -> Cell:
        return self.e.form("sub", other, self)

    def __mul__(self, other: Any) -> Cell:
        return self.e.form("mul", self, other)

    def __rmul__(self, other: Any) -> Cell:
        return self.e.form("mul", other, self)

    def __truediv__(self, other: Any) -> Cell:
        return self.e.form("div", self, other)

    def __rtruediv__(self, other: Any) -> Cell:
        return self.e.form("div", other, self)

    def __neg__(self) -> Cell:
        return self.e.form("neg", self)

    def __lt__(self, other: Any) -> Cell:
        return self.e.compare("lt", self, other)

    def __le__(self, other: Any) -> Cell:
        return self.e.compare("le", self, other)

    def __gt__(self, other: Any) -> Cell:
        return self.e.compare("gt", self, other)

    def __ge__(self, other: Any) -> Cell:
        return self.e.compare("ge", self, other)

    def __and__(self, other: Any) -> Cell:
        return self.e.compare("both", self, other)

    def __or__(self, other: Any) -> Cell:
        return self.e.compare("either", self, other)


class Forms:
    """Makes nodes of cells: e.exp(x), e.maximum(x, 0), e.choose(condition, x, y)."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def cast(self, x: Value, dtype: Any) -> Value:
        """x in another dtype."""
        dtype = np.dtype(dtype)
        if x.dtype == dtype:
            return x
        if x.array is not None and x.size == 1:
            return self.graph.constant(x.array.astype(dtype))
        name = "nonzero" if dtype == BOOL else "copy"
        return self.graph.map(name, x, dtype=dtype)

    def _same(self, *operands: Any) -> list[Value]:
        like = next(x.value for x in operands if isinstance(x, Cell) and x.value.dtype != BOOL)
        return [x.value if isinstance(x, Cell) else self.graph.number(x, like) for x in operands]

    def form(self, name: str, *operands: Any) -> Cell:
        """A form whose operands and result have one dtype."""
        return Cell(self, self.graph.map(name, *self._same(*operands)))

    def compare(self, name: str, *operands: Any) -> Cell:
        """A form whose result is true or false."""
        if all(isinstance(x, Cell) and x.value.dtype == BOOL for x in operands):
            return Cell(self, self.graph.map(name, *[x.value for x in operands], dtype=BOOL))
        return Cell(self, self.graph.map(name, *self._same(*operands), dtype=BOOL))

    def choose(self, condition: Cell, x: Any, y: Any) -> Cell:
        """x where the condition holds, else y."""
        values = self._same(x, y)
        return Cell(self, self.graph.map("choose", condition.value, *values, dtype=values[0].dtype))

    def __getattr__(self, name: str) -> Callable[..., Cell]:
        return lambda *operands: self.form(name, *operands)


def formula(names: str) -> Callable[[Formula], Formula]:
    """Enter a function as the formula of some ops."""

    def enter(function: Formula) -> Formula:
        for name in names.split():
            FORMULAS[name] = function
        return function

    return enter


for _name in (
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "sqrt",
    "exp",
    "expm1",
    "log",
    "log1p",
    "tanh",
    "sigmoid",
    "erf",
    "sin",
    "cos",
    "floor",
    "ceil",
    "trunc",
    "rint",
):
    FORMULAS[_name] = lambda e, *x, _name=_name: e.form(_name, *x)
for _name in ("maximum", "minimum", "fmax", "fmin"):
    FORMULAS[_name] = lambda e, x, y, _name=_name: e.form(_name, x, y)
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    FORMULAS[_name] = lambda e, x, y, _name=_name: e.compare(_name, x, y)

FORMULAS["frac"] = lambda e, x: x - e.trunc(x)
FORMULAS["abs"] = lambda e, x: e.absolute(x)
FORMULAS["reciprocal"] = lambda e, x: 1 / x
FORMULAS["square"] = lambda e, x: x * x
FORMULAS["rsqrt"] = lambda e, x: 1 / e.sqrt(x)
FORMULAS["deg2rad"] = lambda e, x: x * (math.pi / 180)
FORMULAS["rad2deg"] = lambda e, x: x * (180 / math.pi)
FORMULAS["relu"] = lambda e, x: e.maximum(x, 0)
FORMULAS["clamp"] = lambda e, x, low, high: e.minimum(e.maximum(x, low), high)
FORMULAS["clamp_min"] = lambda e, x, low: e.maximum(x, low)
FORMULAS["clamp_max"] = lambda e, x, high: e.minimum(x, high)
FORMULAS["hardtanh"] = lambda e, x, low, high: e.minimum(e.maximum(x, low), high)
FORMULAS["huber"] = lambda e, x, bend: _huber(x, e.minimum(e.maximum(x, -bend), bend))
FORMULAS["hardsigmoid"] = lambda e, x: e.minimum(e.maximum(x + 3, 0), 6) / 6
FORMULAS["hardswish"] = lambda e, x: x * (e.minimum(e.maximum(x + 3, 0), 6) / 6)
FORMULAS["threshold"] = lambda e, x, threshold, value: e.choose(x <= threshold, value, x)
FORMULAS["hardshrink"] = lambda e, x, lambd: e.choose(e.absolute(x) <= lambd, 0, x)
FORMULAS["softshrink"] = lambda e, x, lambd: x - e.minimum(e.maximum(x, -lambd), lambd)
FORMULAS["leaky_relu"] = lambda e, x, slope: e.maximum(x, 0) + slope * e.minimum(x, 0)
FORMULAS["prelu"] = lambda e, x, w: e.maximum(x, 0) + w * e.minimum(x, 0)
FORMULAS["silu"] = lambda e, x: x * e.sigmoid(x)
FORMULAS["softsign"] = lambda e, x: x / (1 + e.absolute(x))
FORMULAS["tanhshrink"] = lambda e, x: x - e.tanh(x)
FORMULAS["logsigmoid"] = lambda e, x: e.minimum(x, 0) - e.log1p(e.exp(-e.absolute(x)))
FORMULAS["where"] = lambda e, condition, x, y: e.choose(condition, x, y)
FORMULAS["keep"] = lambda e, x, mask: e.choose(mask, x, 0)
FORMULAS["sign"] = lambda e, x: e.choose(x > 0, 1, e.choose(x < 0, -1, x))
FORMULAS["isnan"] = lambda e, x: e.compare("ne", x, x)
FORMULAS["logical_and"] = FORMULAS["bitwise_and"] = lambda e, x, y: x & y
FORMULAS["logical_or"] = FORMULAS["bitwise_or"] = lambda e, x, y: x | y
FORMULAS["logical_xor"] = FORMULAS["bitwise_xor"] = lambda e, x, y: e.compare("ne", x, y)
FORMULAS["logical_not"] = FORMULAS["bitwise_not"] = lambda e, x: Cell(e, e.graph.map("negation", x.value))


def _huber(x: Any, inner: Any) -> Any:
    return inner * (x - inner * 0.5)


@formula("lerp")
def _lerp(e: Any, x: Any, y: Any, w: Any) -> Any:
    d = y - x
    return e.choose(e.absolute(w) < 0.5, x + w * d, y - d * (1 - w))


@formula("elu")
def _elu(e: Any, x: Any, alpha: float = 1.0, scale: float = 1.0, rate: float = 1.0) -> Any:
    return scale * (e.maximum(x, 0) + alpha * e.expm1(e.minimum(x, 0) * rate))


@formula("softplus")
def _softplus(e: Any, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    y = x * beta
    return e.choose(y > threshold, x, (e.maximum(y, 0) + e.log1p(e.exp(-e.absolute(y)))) / beta)


@formula("mish")
def _mish(e: Any, x: Any) -> Any:
    p = e.exp(e.minimum(x, 40))
    n = p * (p + 2)
    return x * (n / (n + 2))


@formula("gelu")
def _gelu(e: Any, x: Any) -> Any:
    return e.gelu(x)


@formula("gelu_tanh")
def _gelu_tanh(e: Any, x: Any) -> Any:
    return 0.5 * x * (1 + e.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))))


@formula("binary_cross_entropy_with_logits")
def _logits(e: Any, x: Any, y: Any) -> Any:
    return e.maximum(x, 0) * (1 - y) - e.minimum(x, 0) * y + e.log1p(e.exp(-e.absolute(x)))


@formula("pow_number")
def _power(e: Any, x: Any, exponent: float) -> Any:
    powers = {
        1: lambda: e.copy(x),
        2: lambda: x * x,
        3: lambda: x * x * x,
        0.5: lambda: e.sqrt(x),
        -0.5: lambda: 1 / e.sqrt(x),
        -1: lambda: 1 / x,
        -1.5: lambda: 1 / (x * e.sqrt(x)),
    }
    return powers[exponent]() if exponent in powers else NotImplemented


# -------------------------------------------------------------------------------------------- an op as nodes of a graph

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "isnan")


def lower(graph: Graph, name: str, operands: list[Any], settings: dict[str, Any], dtype: Any) -> Value | None:
    """The value of an elementwise op of values and numbers, whose result has a dtype; None if it is not known."""
    dtype = np.dtype(dtype)
    e = Forms(graph)
    values = [x for x in operands if isinstance(x, Value)]
    if dtype.char not in KNOWN or any(x.dtype.char not in KNOWN for x in values) or not values:
        return None
    if name == "to":
        return e.cast(values[0], dtype)
    found = FORMULAS.get(name)
    if found is None or not all(isinstance(each, (int, float)) for each in settings.values()):
        return None
    given = _given(e, name, operands, dtype)
    if given is None:
        return None
    z = found(e, *given, **settings)
    return None if z is NotImplemented or z.value.dtype != dtype else z.value


def _given(e: Forms, name: str, operands: list[Any], dtype: Any) -> list[Any] | None:
    """The operands as cells of the dtype that the op computes in; None if the forms have no such thing."""
    kinds = [x.dtype for x in operands if isinstance(x, Value)]
    if name in ("where", "keep"):
        condition = operands[0 if name == "where" else 1]
        if not isinstance(condition, Value) or condition.dtype != BOOL or dtype == BOOL:
            return None
        return [Cell(e, x) if x is condition else _number(e, x, dtype) for x in operands]
    if dtype != BOOL:
        known = dtype.kind == "f" or name in EXACT
        return [_number(e, x, dtype) for x in operands] if known else None
    if all(kind == BOOL for kind in kinds):
        known = name in ("eq", "ne") or name.startswith(("logical", "bitwise"))
        return [_number(e, x, BOOL) for x in operands] if known else None
    common = np.result_type(*kinds, *[x for x in operands if not isinstance(x, Value)])
    if common.char not in "fdlL" or name not in COMPARISONS:
        return None
    return [_number(e, x, common) for x in operands]


def _number(e: Forms, x: Any, dtype: Any) -> Cell:
    return Cell(e, e.cast(x, dtype) if isinstance(x, Value) else e.graph.constant(x, dtype))


def _dropout(graph: Graph, step: Any, x: Any, mask: Any = None, scale: float = 1.0) -> Value | None:
    """x * scale where the mask says so, else x * 0, so that NaN stays NaN."""
    floats = isinstance(x, Value) and x.dtype.char in "fd"
    if not floats or not isinstance(mask, Value) or mask.dtype != BOOL or mask.shape != x.shape:
        return None
    e = Forms(graph)
    return (Cell(e, x) * e.choose(Cell(e, mask), Cell(e, graph.number(scale, x)), 0)).value


OPS: dict[str, Callable[..., Any]] = {"dropout": _dropout}
"""Ops with a setting that is an array."""
