"""Evaluates one expression in both libraries, from the same numbers, and compares everything that comes out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import autograd
import nn as ours_nn

Check = tuple[str, Callable[[], str]]
"""What is compared, and the function that compares it and says what differs: nothing if it is empty."""

Checks = Callable[[list[str]], Iterable[Check]]
"""The comparisons of a family, for these dtypes. Each family's file lists what it has in FAMILIES."""


class Inputs:
    """Makes the Tensors of one evaluation: the same numbers for both libraries, in the order of the calls.

    X real, away from 0    P positive    U between -0.9 and 0.9    Q probabilities    D distinct values    Z with zeros and ties
    I(high, *shape) integers    B(*shape) bools    C(values) a constant Tensor    N(*shape) a plain real constant
    """

    def __init__(self, library: Any, dtype: str) -> None:
        self.library = library
        self.dtype = dtype
        self.rng = np.random.default_rng(7)
        self.leaves: list[Any] = []

    def _leaf(self, array: Any) -> Any:
        leaf = self.library.tensor(np.asarray(array, self.dtype), requires_grad=True)
        self.leaves.append(leaf)
        return leaf

    def X(self, *shape: int) -> Any:
        x = self.rng.standard_normal(shape)
        return self._leaf(x + np.where(x < 0, -0.1, 0.1))

    def P(self, *shape: int) -> Any:
        return self._leaf(self.rng.uniform(0.3, 3, shape))

    def A(self, *shape: int) -> Any:
        return self._leaf(self.rng.uniform(1.2, 4, shape))

    def U(self, *shape: int) -> Any:
        return self._leaf(self.rng.uniform(-0.9, 0.9, shape))

    def Q(self, *shape: int) -> Any:
        return self._leaf(self.rng.uniform(0.05, 0.95, shape))

    def D(self, *shape: int) -> Any:
        count = int(np.prod(shape))
        return self._leaf((self.rng.permutation(count) * 0.1 - 0.05 * count).reshape(shape))

    def Z(self, *shape: int) -> Any:
        return self._leaf(self.rng.integers(-2, 3, shape))

    def S(self, n: int, *batch: int) -> Any:
        a = self.rng.standard_normal((*batch, n, n))
        return self._leaf(a @ np.swapaxes(a, -1, -2) + n * np.eye(n))

    def I(self, high: int, *shape: int) -> Any:  # noqa: E743
        return self.library.tensor(self.rng.integers(0, high, shape))

    def B(self, *shape: int) -> Any:
        return self.library.tensor(self.rng.random(shape) < 0.5)

    def N(self, *shape: int) -> Any:
        return self.library.tensor(self.rng.standard_normal(shape).astype(self.dtype))

    def C(self, values: Any, dtype: str | None = None) -> Any:
        return self.library.tensor(np.asarray(values, dtype or self.dtype))


@dataclass
class Outcome:
    """What an expression gave: values, first and second derivatives, or the error."""

    values: list[np.ndarray]
    first: list[Any]
    second: list[Any]
    error: Exception | None = None


def plain(x: Any) -> np.ndarray:
    """The array in a Tensor of either library, or a number."""
    return np.asarray(x.detach().numpy(force=True)) if hasattr(x, "detach") else np.asarray(x)


def flatten(result: Any) -> list[Any]:
    """The Tensors and numbers of a result."""
    if isinstance(result, (tuple, list)):
        return [x for part in result for x in flatten(part)]
    return [result]


def evaluate(expression: str, library: Any, nn: Any, dtype: str, order: int = 2) -> Outcome:
    """Run an expression; the derivatives are of a fixed weighted sum of everything floating that came out."""
    inputs = Inputs(library, dtype)
    makers: dict[str, Callable[..., Any]] = {name: getattr(inputs, name) for name in "XPAUQDZSIBNC"}
    scope = {"torch": library, "nn": nn, "F": nn.functional, "np": np, **makers}
    grad = library.grad if library is autograd else library.autograd.grad
    try:
        outs = flatten(eval(expression, scope))
        values = [plain(x) for x in outs]
        rng = np.random.default_rng(3)

        def weigh(tensors: list[Any]) -> Any:
            total = None
            for x in tensors:
                weights = library.tensor(rng.standard_normal(tuple(x.shape)).astype(plain(x).dtype))
                term = (x * weights).sum()
                total = term if total is None else total + term
            return total

        tracked = [x for x in outs if getattr(x, "requires_grad", False)]
        first: list[Any] = []
        second: list[Any] = []
        if tracked and order >= 1:
            first = list(grad(weigh(tracked), inputs.leaves, create_graph=order >= 2, allow_unused=True))
            again = [g for g in first if g is not None and g.requires_grad]
            if again and order >= 2:
                second = list(grad(weigh(again), inputs.leaves, allow_unused=True))
        return Outcome(
            values, [None if g is None else plain(g) for g in first], [None if g is None else plain(g) for g in second]
        )
    except Exception as error:  # errors are compared too
        return Outcome([], [], [], error)


WIDER = "PyTorch raises"
"""A difference that begins so: ours takes something that PyTorch refuses."""


def limits(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """PyTorch's y, with our x where y is NaN and x is not."""
    return np.where(np.isnan(y), x, y) if y.dtype.kind == "f" and x.shape == y.shape else y


def difference(expression: str, dtype: str, order: int = 2, limit: bool = False) -> str:
    """What differs between the libraries for one expression; empty if nothing does.

    limit   a number of ours is no difference where PyTorch has NaN
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = evaluate(expression, torch, torch.nn, dtype, order)
        ours = evaluate(expression, autograd, ours_nn, dtype, order)
    if order > 1 and theirs.error is not None and re.search("derivative for .* is not implemented", str(theirs.error)):
        return difference(expression, dtype, 1)  # PyTorch has no second derivative of it
    if theirs.error is not None:
        return "" if ours.error is not None else f"{WIDER} {type(theirs.error).__name__}: {theirs.error}; ours does not"
    if ours.error is not None:
        return f"ours raises {type(ours.error).__name__}: {ours.error}"
    for what, a, b in (
        ("value", ours.values, theirs.values),
        ("gradient", ours.first, theirs.first),
        ("second", ours.second, theirs.second),
    ):
        if len(a) != len(b):
            if what == "second" and all(x is None or not np.any(x) for x in [*a, *b]):
                continue
            return f"{what}: {len(a)} results, PyTorch {len(b)}"
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            if x is None or y is None:
                if (x is None) != (y is None) and np.any(x if y is None else y):
                    return f"{what} {index}: {'none' if x is None else 'one'}, PyTorch {'none' if y is None else 'one'}"
                continue
            if x.dtype != y.dtype:
                return f"{what} {index}: dtype {x.dtype}, PyTorch {y.dtype}"
            if x.shape != y.shape:
                return f"{what} {index}: shape {x.shape}, PyTorch {y.shape}"
            y = limits(x, y) if limit else y
            tolerance = 1e-10 if y.dtype == np.float64 and dtype == "float64" else 2e-4
            scale = max(1.0, float(np.max(np.abs(y[np.isfinite(y)]), initial=0))) if y.dtype.kind == "f" else 1.0
            if not np.allclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True):
                return f"{what} {index}: {x.ravel()[:6]}, PyTorch {y.ravel()[:6]}"
    return ""


def error_difference(expression: str, pattern: str | None) -> str:
    """Whether both libraries refuse an expression, with what `pattern` describes in both messages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = evaluate(expression, torch, torch.nn, "float64").error
        ours = evaluate(expression, autograd, ours_nn, "float64").error
    if ours is None or theirs is None:
        return f"ours {ours!r}, PyTorch {theirs!r}"
    if pattern and not (re.search(pattern, str(ours)) and re.search(pattern, str(theirs))):
        return f"wanted {pattern!r} in both: ours {ours!r}, PyTorch {theirs!r}"
    return ""


def of_expressions(texts: Iterable[str], dtypes: list[str]) -> Iterator[Check]:
    """Values and gradients of expressions; second derivatives in float64."""
    for text in texts:
        for dtype in dtypes:
            yield f"{text} [{dtype}]", lambda e=text, d=dtype: difference(e, d, 2 if d == "float64" else 1)


def of_errors(pairs: Iterable[tuple[str, str | None]]) -> Iterator[Check]:
    """What both libraries must refuse, with what the second of a pair describes in both messages."""
    for text, pattern in pairs:
        yield f"error of {text}", lambda e=text, p=pattern: error_difference(e, p)
