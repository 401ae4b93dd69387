"""What is checked, and what comes out: a claimed gradient, its worst element, a finding per input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray as Array

CORRECT, WRONG, KINK, INCONCLUSIVE = "correct", "wrong", "kink", "inconclusive"
RANK = (CORRECT, KINK, INCONCLUSIVE, WRONG)
"""Verdicts, the gravest last."""


@dataclass
class Claim:
    """A function on float64 arrays, and what is said to be its gradient.

    function   list of arrays -> list of arrays; complex ones too, if `analytic`
    inputs     where; `names` says what they are called
    weights    some weighings of the outputs, each a list of arrays; the first has positive weights only
    gradients  for each weighing the claimed gradients, one array per input
    analytic   has the function a complex extension?
    regular    at a kink, must the claim lie between the one-sided slopes? (True for single operations)
    precision  of the function: the eps of the dtype it computes in
    """

    function: Callable[[list[Array]], list[Array]]
    inputs: list[Array]
    names: list[str]
    weights: list[list[Array]]
    gradients: list[list[Array]]
    analytic: bool = False
    regular: bool = True
    precision: float = float(np.finfo(np.float64).eps)


@dataclass
class Worst:
    """The element of an input at which claim and slope are furthest apart, in units of what can be told apart.

    index       in the input; None for a direction in which all elements move
    analytic    the claim;  numeric   the slope;  error_bar   how far the true slope may lie from it
    """

    index: tuple[int, ...] | None
    analytic: float
    numeric: float
    error_bar: float
    left: float | None = None
    right: float | None = None

    @property
    def ratio(self) -> float:
        """Claimed over measured; NaN where both are 0."""
        if self.numeric == 0:
            return float("nan") if self.analytic == 0 else float(np.sign(self.analytic) * np.inf)
        return self.analytic / self.numeric


@dataclass
class Finding:
    """What came out for one input.

    positions, analytic, numeric   the elements that were compared one by one (flat positions), for hints
    note                           what a verdict alone does not say
    """

    verdict: str = CORRECT
    worst: Worst | None = None
    excess: float = -1.0
    note: str = ""
    positions: list[int] = field(default_factory=list)
    analytic: list[float] = field(default_factory=list)
    numeric: list[float] = field(default_factory=list)
    gradient: Array | None = None  # the claim as a whole, under the weighing that the elements are of

    def raise_to(self, verdict: str) -> None:
        """Make the verdict at least as grave."""
        if RANK.index(verdict) > RANK.index(self.verdict):
            self.verdict = verdict
