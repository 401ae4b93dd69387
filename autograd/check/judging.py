"""A claimed gradient against the slope of its function along one direction: right, wrong, at a kink, or not to be told.

The outputs of a function are weighed with random numbers and added up, under two or more weighings at once; a claimed
gradient is that of such a sum. "Wrong" is said only after other steps, more noise and a look for ties have said so too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .claim import CORRECT, INCONCLUSIVE, KINK, RANK, WRONG, Claim, Worst
from .differences import WIDE_STEPS, Line, Slope, complex_slope, noise_of, slope

_TIE_TRIALS = 24

Move = tuple[int, Any, Array]
"""Input, flat positions in it, how far each moves."""


@dataclass
class Outcome:
    verdict: str
    slope: Slope
    claimed: Array
    at: int  # the weighing that decides
    excess: float

    def worst(self, index: tuple[int, ...] | None, length: float) -> Worst:
        s, i = self.slope, self.at
        sides = (float(s.left[i] / length), float(s.right[i] / length)) if s.kink[i] else (None, None)
        return Worst(
            index,
            float(self.claimed[i] / length),
            float(s.value[i] / length),
            float(s.error[i] / length),
            *sides,
        )


class Judge:
    """One claim under test, along directions in which its inputs are moved."""

    def __init__(
        self,
        claim: Claim,
        rng: np.random.Generator,
        *,
        rtol: float = 1e-5,
    ) -> None:
        self.claim = claim
        self.rng = rng
        self.rtol = rtol
        self.inputs = [np.array(x, np.float64, order="C") for x in claim.inputs]
        self.weights = claim.weights
        with np.errstate(all="ignore"):
            self.base = [np.asarray(z) for z in claim.function([x.copy() for x in self.inputs])]
        self.finite = all(np.isfinite(z).all() for z in self.base)
        self.scales = [_scale(x) for x in self.inputs]
        sizes = [self._gradient_size(k) for k in range(len(self.inputs))]
        self.sizes = np.array(sizes).reshape(len(self.inputs), len(self.weights))
        with np.errstate(all="ignore"):
            self.floor = claim.precision * np.array(
                [
                    np.sqrt(sum(_finite_square(w * z) for w, z in zip(row, self.base, strict=True)))
                    for row in self.weights
                ]
            )
        self.noise = self._noise()

    def _gradient_size(self, k: int) -> list[float]:
        sizes = []
        for row in self.claim.gradients:
            g = row[k]
            g = g[np.isfinite(g)]
            sizes.append(float(np.abs(g).max()) if g.size else 0.0)
        return sizes

    def _noise(self) -> Array:
        if not any(x.size for x in self.inputs):
            return self.floor
        noise = self.floor
        for attempt in range(2):  # a kink that happens to be near looks like noise: along another line it is elsewhere
            moves = [
                (k, slice(None), self.rng.standard_normal(x.size) * s)
                for k, (x, s) in enumerate(zip(self.inputs, self.scales, strict=True))
            ]
            found = noise_of(self._line(moves), self.floor)
            noise = found if attempt == 0 else np.minimum(noise, found)
            if (noise <= 100 * self.floor).all():
                break
        return noise

    # -- values along a line

    def _line(self, moves: Sequence[Move]) -> Line:
        def line(t: Any) -> Array:
            arrays = [x.astype(np.complex128) if isinstance(t, complex) else x.copy() for x in self.inputs]
            for k, positions, lengths in moves:
                arrays[k].reshape(-1)[positions] += t * lengths
            outs = self.claim.function(arrays)
            changes = [np.where(z == before, 0, z - before) for z, before in zip(outs, self.base, strict=True)]
            return np.array([sum((w * d).sum() for w, d in zip(row, changes, strict=True)) for row in self.weights])

        return line

    def _claimed(self, moves: Sequence[Move]) -> tuple[Array, Array]:
        """The claimed slope along `moves`, and what rounding and a tolerance leave of it, per weighing."""
        claimed, room = [], []
        for i, row in enumerate(self.claim.gradients):
            total, square, reach = 0.0, 0.0, 0.0
            count = 0
            for k, positions, lengths in moves:
                parts = row[k].reshape(-1)[positions] * lengths
                parts = np.where(lengths == 0, 0, parts)
                total += float(parts.sum())
                square += float((parts * parts).sum())
                reach += float((lengths * lengths).sum()) * self.sizes[k, i] ** 2
                count += np.size(parts)
            strict = 1.0 if count == 1 else 0.1
            claimed.append(total)
            room.append(strict * self.rtol * np.sqrt(square) + 1e-4 * self.rtol * np.sqrt(reach))
        return np.array(claimed), np.array(room)

    def along(self, moves: Sequence[Move]) -> Outcome:
        """Compare along one direction."""
        outcome, room = self.first_look(moves)
        return self.confirmed(outcome, moves, room)

    def first_look(self, moves: Sequence[Move]) -> tuple[Outcome, Array]:
        """What one set of steps says along one direction, and the room that was left: wrong only if `confirmed`."""
        claimed, room = self._claimed(moves)
        room = np.where(np.isfinite(room), room, 0.0)
        line = self._line(moves)
        outcome = self._judged(slope(line, self.noise, room), claimed, room)
        if outcome.verdict in (WRONG, INCONCLUSIVE) and self.claim.analytic:
            outcome = self._refereed(outcome, line, room)
        return outcome, room

    def confirmed(self, outcome: Outcome, moves: Sequence[Move], room: Array) -> Outcome:
        """The outcome, wrong only if other steps, more noise and a look for ties say so too."""
        if outcome.verdict != WRONG:
            return outcome
        line, claimed = self._line(moves), outcome.claimed
        again = self._judged(slope(line, self.noise, room, shrink=0.37), claimed, room)
        if again.verdict != WRONG:
            return again if again.verdict == CORRECT else self._doubted(outcome)
        noise = self.noise
        for spacing in WIDE_STEPS:
            noise = noise_of(line, noise, spacing)
        if self._judged(slope(line, noise, room), claimed, room).verdict != WRONG:
            return self._doubted(outcome)
        if not outcome.slope.kink[outcome.at] and self._at_a_tie(line, moves, outcome):
            outcome.verdict = KINK
        return outcome

    @staticmethod
    def _doubted(outcome: Outcome) -> Outcome:
        outcome.verdict = INCONCLUSIVE
        return outcome

    def _at_a_tie(self, line: Line, moves: Sequence[Move], outcome: Outcome) -> bool:
        """Does the slope along `moves` jump when all else moves a little, as that of a median of equal values does?

        Then there is a kink here, even if not along this line: a smooth function's changes by as little as all moved.
        """
        t, i = 1e-7, outcome.at
        gap = abs(float(outcome.claimed[i] - outcome.slope.value[i]))
        with np.errstate(all="ignore"):
            alone = {side: line(side) for side in (t, -t)}
        for _ in range(_TIE_TRIALS):
            share = self.rng.random()  # of what moves up: an order statistic asks for a certain one
            elsewhere: list[Move] = []
            for k, s in enumerate(self.scales):
                lengths = self.rng.random(s.size) * np.where(self.rng.random(s.size) < share, 1.0, -1.0) * s
                for moved, positions, _ in moves:
                    if moved == k:
                        lengths[positions] = 0
                elsewhere.append((k, slice(None), lengths))
            both, other = self._line([*moves, *elsewhere]), self._line(elsewhere)
            with np.errstate(all="ignore"):
                for side in (t, -t):
                    change = float((both(side) - other(side) - alone[side])[i])
                    if abs(change) > 0.05 * t * gap + 10 * float(self.noise[i]):
                        return True
        return False

    def _judged(self, found: Slope, claimed: Array, room: Array) -> Outcome:
        verdicts, excesses = [], []
        only_first = bool(found.kink.any()) and len(claimed) > 1
        for i in range(len(claimed)):
            verdict, excess = self._judge(found, i, float(claimed[i]), float(room[i]))
            if only_first and verdict == WRONG and (i > 0 or not self.claim.regular):
                verdict = KINK  # kinks of opposite weights may hide each other: only the positive weights decide
            verdicts.append(verdict)
            excesses.append(excess)
        gravest = max(RANK.index(verdict) for verdict in verdicts)
        at = max((i for i in range(len(verdicts)) if RANK.index(verdicts[i]) == gravest), key=lambda i: excesses[i])
        return Outcome(RANK[gravest], found, claimed, at, excesses[at])

    def _judge(self, found: Slope, i: int, claimed: float, room: float) -> tuple[str, float]:
        value, error = float(found.value[i]), float(found.error[i])
        if found.kink[i]:
            low, high = sorted((float(found.left[i]), float(found.right[i])))
            margin = room + 3 * error if np.isfinite(error) else room
            margin += self.rtol * max(abs(low) if np.isfinite(low) else 0.0, abs(high) if np.isfinite(high) else 0.0)
            if not np.isfinite(claimed):
                return (KINK if np.isinf(low) or np.isinf(high) else INCONCLUSIVE), 0.0
            inside = low - margin <= claimed <= high + margin
            return (KINK if inside or not self.claim.regular else WRONG), 0.0
        if found.edge[i] and not np.isfinite(claimed):
            return KINK, 0.0
        if not np.isfinite(claimed):
            settled = self.finite and error <= 1e-3 * abs(value) + self.floor[i]
            return (WRONG if settled else INCONCLUSIVE), np.inf
        if not np.isfinite(error):
            return INCONCLUSIVE, 0.0
        room = room + self.rtol * abs(value) * (0.1 if room else 1.0)
        difference = abs(claimed - value)
        if difference <= 1e3 * self.claim.precision * self._reach(i) and difference > room + 2 * error:
            return (CORRECT if value == 0 else INCONCLUSIVE), 0.0  # may be the rounding of something in between
        excess = difference / (room + error + 1e-300)
        if difference <= room + 2 * error:
            return (CORRECT if error <= max(100 * room, self._invisible(i)) else INCONCLUSIVE), excess
        doubtful = found.edge[i] and error > 1e-3 * abs(value)
        if difference > room + 10 * error and difference > 10 * self.noise[i] and not doubtful:
            if not self.finite or abs(claimed) > 1e8 * (abs(value) + self._reach(i)):
                return INCONCLUSIVE, excess  # an infinite output, or a derivative about to become infinite
            return WRONG, excess
        return INCONCLUSIVE, excess

    def _reach(self, i: int) -> float:
        """Size of what goes in, times that of the weights."""
        largest = max((float(np.abs(x[np.isfinite(x)]).max(initial=0)) for x in self.inputs), default=0.0)
        return largest * max((float(np.abs(w).max(initial=0)) for w in self.weights[i]), default=0.0)

    def _invisible(self, i: int) -> float:
        """An error bar that says "0" well enough."""
        return float(1e6 * self.noise[i])

    def _refereed(self, outcome: Outcome, line: Line, room: Array) -> Outcome:
        exact = complex_slope(line)
        s = outcome.slope
        if exact is None or s.kink.any() or s.edge.any():
            return outcome
        believable = np.abs(exact - s.value) <= 10 * s.error + 10 * room
        if not believable.all():
            return outcome
        error = 1e-13 * np.abs(exact) + self.floor
        return self._judged(Slope(exact, error, exact, exact, s.kink, s.edge), outcome.claimed, room)


def _scale(x: Array) -> Array:
    """How far each element may be moved: its own size, or a tenth of the usual size if it is smaller."""
    flat = np.abs(x.reshape(-1))
    finite = np.isfinite(flat)
    flat = np.where(finite, flat, 0.0)
    largest = float(flat.max(initial=0))
    usual = largest * float(np.sqrt(np.mean((flat / largest) ** 2))) if largest else 0.0
    return np.where(finite, np.maximum(flat, 0.1 * usual if usual > 1e-100 else 1.0), 0.0)


def _finite_square(x: Array) -> float:
    return float((x[np.isfinite(x)] ** 2).sum())
