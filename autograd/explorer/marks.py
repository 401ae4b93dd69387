"""What one should see at a glance: NaN, infinity, gradients that are zero, dead ReLUs, saturated sigmoids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .description import Mark

FLAT = {"sigmoid": (0.01, 0.99), "tanh": (-0.98, 0.98)}
"""Where the slope is less than a 25th of the greatest."""


def marks_of(
    op: str, reads: Sequence[int], outputs: Sequence[int], values: Mapping[int, Any], final: Sequence[int] | None = None
) -> list[Mark]:
    """About one step. `values`: slot -> array.

    final   on the way back: the slots that hold the gradient of an input or a parameter
    """
    found: list[Mark] = []
    broken = [slot for slot in reads if slot in values and not _finite(values[slot])]
    for slot in outputs:
        x = values.get(slot)
        if x is None or x.dtype.kind != "f" or not x.size:
            continue
        if not _finite(x):
            found.append(_broken(x, slot, not broken))
        elif final is not None and not x.any():
            found.append(
                Mark("zero", "every element of this gradient is 0: nothing learns from it", slot, slot in final)
            )
        elif final is None:
            found += _flat(op, x, slot)
    return found


def _finite(x: Any) -> bool:
    return x.dtype.kind != "f" or bool(np.isfinite(x).all())


def _broken(x: Array, slot: int, source: bool) -> Mark:
    kind, count = ("nan", int(np.isnan(x).sum())) if np.isnan(x).any() else ("inf", int(np.isinf(x).sum()))
    word = "NaN" if kind == "nan" else "infinite"
    begun = "it begins here: all inputs are finite" if source else "it was in the inputs already"
    return Mark(kind, f"{count:,} of {x.size:,} elements are {word}; {begun}", slot, source)


def _flat(op: str, x: Array, slot: int) -> list[Mark]:
    if "relu" in op and x.ndim >= 2 and x.shape[0] > 1 and "leaky" not in op:
        units = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
        dead = int((~units.any(axis=1)).sum())
        if dead:
            text = f"{dead} of {len(units)} units are 0 for every example: no gradient passes through them"
            return [Mark("dead", text, slot)]
    if op in FLAT:
        low, high = FLAT[op]
        share = float(((x < low) | (x > high)).mean())
        if share >= 0.5:
            text = f"{share:.0%} of the elements are so far out that the slope is nearly 0"
            return [Mark("saturated", text, slot)]
    return []
