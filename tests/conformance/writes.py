"""Writing in place after an operation, to its result or to one of its inputs: allowed wherever PyTorch allows it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

import autograd
import nn as ours_nn

from . import functional, losses, ops
from .compare import WIDER, Check, Inputs, flatten, plain

DECIDED = {
    "ldexp(": "the input that is multiplied is kept; PyTorch's gradient does not use the one it keeps",
    "kron(": "the factors are kept; PyTorch copies them",
    **dict.fromkeys(
        (
            "torch.matmul(X(2, 3), X(5, 3, 4))",
            "X(2, 3) @ X(5, 3, 4)",
            "torch.matmul(X(3), X(5, 3, 4))",
            "X(3) @ X(5, 3, 4)",
            "torch.matmul(X(5, 1, 2, 3), X(4, 3, 2))",
            "X(5, 1, 2, 3) @ X(4, 3, 2)",
        ),
        "a factor that is broadcast is kept as it is; PyTorch copies it",
    ),
    "X(6).as_strided((3, 2), (1, 1), 1)": "windows that overlap are read-only",
    "X(7).unfold(0, 3, 2)": "the same",
    "X(4, 6).unfold(0, 2, 1)": "the same",
    "padding='same'": "the input is kept without its padding",
    "F.scaled_dot_product_attention(": "the inputs are kept; PyTorch copies some for some sizes",
    "hardsigmoid(": "PyTorch computes float64 gradients with 1 / 6 in float32",
    "celu(": "PyTorch computes float64 gradients with 1 / alpha in float32",
    "xlogy(x, x)": "derivative of 0 * log(0) by the second 0: ours 0, PyTorch's NaN",
    "correction=5": "fewer values than the correction: ours NaN, PyTorch inf",
    "logsumexp(C([": "gradient where all is -inf: ours 0, PyTorch's NaN",
    "[[1, 1, 1], [1, 2, 0]]": "gradient where a target does not fit: ours 0, PyTorch's NaN",
}
"""What differs on purpose, by what it contains."""


class _Computed(Inputs):
    """Inputs that are computed from leaves, so that they may be written to."""

    def __init__(self, library: Any) -> None:
        super().__init__(library, "float64")
        self.computed: list[Any] = []

    def _leaf(self, array: Any) -> Any:
        self.computed.append(super()._leaf(array) * 1)
        return self.computed[-1]


def _outcome(expression: str, library: Any, nn: Any, target: str, number: int) -> Any:
    """The gradients after a write to result or input `number`; "refused", or None if there is nothing to write to."""
    inputs = _Computed(library)
    makers = {name: getattr(inputs, name) for name in "XPAUQDZSIBNC"}
    library.manual_seed(0)
    try:
        outs = flatten(eval(expression, {"torch": library, "nn": nn, "F": nn.functional, "np": np, **makers}))
    except Exception:
        return None
    results = [x for x in outs if getattr(x, "requires_grad", False)]
    candidates = results if target == "result" else inputs.computed
    if not results or number >= len(candidates):
        return None
    written = candidates[number]
    if target == "input" and any(written is x for x in outs):
        return None
    try:
        written.mul_(2.0)
        rng = np.random.default_rng(3)
        total = (written * 3.0).sum() if target == "input" else 0.0
        for x in results:
            total = total + (x * library.tensor(rng.standard_normal(tuple(x.shape)).astype(plain(x).dtype))).sum()
        grad = library.grad if library is autograd else library.autograd.grad
        return [None if g is None else plain(g) for g in grad(total, inputs.leaves, allow_unused=True)]
    except RuntimeError:
        return "refused"


def write_difference(expression: str, target: str, number: int) -> str:
    """What differs after a write; empty if nothing does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = _outcome(expression, torch, torch.nn, target, number)
        if theirs is None:
            return ""
        ours = _outcome(expression, autograd, ours_nn, target, number)
    if isinstance(theirs, str):
        return "" if ours is None or isinstance(ours, str) else f"{WIDER}; ours does not"
    if ours is None:
        return ""
    if isinstance(ours, str):
        return "ours refuses"
    for index, (x, y) in enumerate(zip(ours, theirs, strict=True)):
        x, y = (np.zeros(()) if g is None else g for g in (x, y))
        if not np.allclose(x, y, rtol=1e-8, atol=1e-9, equal_nan=True):
            return f"gradient {index}: {x.ravel()[:6]}, PyTorch {y.ravel()[:6]}"
    return ""


def writes() -> Iterator[tuple[str, str, int]]:
    """(expression, "result" or "input", its number)."""
    texts: list[str] = []
    for family in ops.FAMILIES:
        if family != "creation":
            texts += ops.expressions(family)
    texts += [*functional.functional(), *losses.losses()]
    for text in dict.fromkeys(texts):
        for target, count in (("result", 2), ("input", 4)):
            for number in range(count):
                yield text, target, number


def known(expression: str) -> bool:
    """Is a difference in this expression there on purpose?"""
    return any(part in expression for part in DECIDED)


def _checks(_: list[str]) -> Iterator[Check]:
    for text, target, number in writes():
        what = f"{text}, then a write to {target} {number}"
        yield what, lambda e=text, t=target, n=number: "" if known(e) else write_difference(e, t, n)


FAMILIES = {"writes": _checks}
