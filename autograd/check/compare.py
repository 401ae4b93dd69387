"""A claimed gradient against the slopes of the function: all elements of small inputs, bisection in large ones.

A direction along which claim and slope differ is halved until single elements are left, so that one wrong element among
ten thousand is found in some thirty steps. `judging` compares along one direction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from .claim import CORRECT, INCONCLUSIVE, KINK, RANK, WRONG, Claim, Finding
from .judging import Judge, Move, Outcome

_BRANCHES = 24  # elements that a bisection pursues
_SAMPLE = 32  # elements looked at for a pattern once something is wrong in a large input
_FEW = 6  # of them, which tell whether wrong elements are few or many


class Comparison(Judge):
    """A claim, input by input. `findings()` has one entry for each, and one for all together if only that is wrong.

    exact        inputs of up to so many elements are compared one by one
    projections  random directions along which larger ones are;  sample  elements of these that are looked at anyway
    pattern      the same once something is wrong, for a hint
    """

    def __init__(
        self,
        claim: Claim,
        rng: np.random.Generator,
        *,
        rtol: float = 1e-5,
        exact: int = 200,
        projections: int = 3,
        sample: int = 6,
        pattern: int = _SAMPLE,
    ) -> None:
        super().__init__(claim, rng, rtol=rtol)
        self.exact = exact
        self.projections = projections
        self.sample = sample
        self.pattern = pattern
        self.elements: dict[tuple[int, int], tuple[Outcome, Array]] = {}

    def findings(self) -> list[Finding]:
        """One per input; a further one for the inputs together, if these are moved together and only that is wrong."""
        found = [self._input(k) for k in range(len(self.inputs))]
        if len(self.inputs) > 1 and all(f.verdict != WRONG for f in found):
            moves = self._level(range(len(self.inputs)))
            if moves:
                joint = self._together(moves, dict.fromkeys(range(len(self.inputs)), 0))
                if joint is not None:
                    found.append(joint)
        return found

    def sweeps(self) -> list[tuple[str, list[tuple[float, float]]]]:
        """Per input: step -> relative error of the plain central difference along one direction."""
        found = []
        rng = np.random.default_rng(1)
        for k, x in enumerate(self.inputs[:6]):
            if not x.size:
                continue
            moves = [(k, np.arange(x.size), rng.standard_normal(x.size) * self.scales[k])]
            claimed, _ = self._claimed(moves)
            line = self._line(moves)
            points = []
            with np.errstate(all="ignore"):
                for h in 10.0 ** np.arange(-1, -9, -1.0):
                    difference = (line(h) - line(-h)) / (2 * h)
                    error = abs(float(difference[-1] - claimed[-1])) / (abs(float(claimed[-1])) or 1.0)
                    points.append((float(h), error if np.isfinite(error) else 0.0))
            found.append((self.claim.names[k], points))
        return found

    def _level(self, inputs: Any) -> list[Move]:
        """All elements of some inputs by the same length: what is tied stays tied."""
        sizes = [float(np.median(self.scales[k])) for k in inputs if self.inputs[k].size]
        length = min(sizes, default=0.0)
        return [
            (k, places, np.full(places.size, length))
            for k in inputs
            if (places := np.flatnonzero(np.isfinite(self.inputs[k]))).size
        ]

    def _input(self, k: int) -> Finding:
        x = self.inputs[k]
        finding = Finding()
        if x.size == 0:
            return finding
        everything = np.flatnonzero(np.isfinite(x))
        if not everything.size:
            known = all((row[k] == 0).all() for row in self.claim.gradients)
            finding.verdict = CORRECT if known else INCONCLUSIVE
            return finding
        if x.size <= self.exact:
            self._elements(k, everything, finding)
        else:
            self._large(k, everything, finding)
        if finding.verdict != WRONG and x.size > 1:
            joint = self._together(self._level([k]), {k: 0})
            if joint is not None:
                joint.positions, joint.analytic, joint.numeric = finding.positions, finding.analytic, finding.numeric
                joint.gradient = finding.gradient
                return joint
        return finding

    def _elements(self, k: int, positions: Array, finding: Finding) -> None:
        """Compare one by one. What looks wrong is confirmed, the worst first, until one is: that settles the input."""
        first = [self._element(k, j) for j in positions.tolist()]
        outcomes = [outcome for outcome, _ in first]
        for i in sorted(range(len(outcomes)), key=lambda i: -outcomes[i].excess):
            if outcomes[i].verdict == WRONG:
                outcomes[i] = self.confirmed(outcomes[i], [self._move(k, positions[i])], first[i][1])
                if outcomes[i].verdict == WRONG:
                    break
        gravest = -1
        for j, outcome in zip(positions.tolist(), outcomes, strict=True):
            rank = RANK.index(outcome.verdict)
            finding.raise_to(outcome.verdict)
            if rank > gravest or (rank == gravest and outcome.excess > finding.excess):
                gravest = rank
                if finding.worst is None or rank >= RANK.index(finding.verdict):
                    finding.excess = outcome.excess
                    finding.worst = outcome.worst(self._index(k, j), float(self.scales[k][j]))
        at = self._telling(outcomes)
        finding.gradient = self.claim.gradients[at][k]
        for j, outcome in zip(positions.tolist(), outcomes, strict=True):
            length = self.scales[k][j]
            finding.positions.append(j)
            finding.analytic.append(float(outcome.claimed[at] / length))
            finding.numeric.append(float(outcome.slope.value[at] / length))

    @staticmethod
    def _telling(outcomes: list[Outcome]) -> int:
        """The weighing under which most is wrong."""
        votes = [outcome.at for outcome in outcomes if outcome.verdict == WRONG]
        return max(set(votes), key=votes.count) if votes else 0

    def _index(self, k: int, j: int) -> tuple[int, ...]:
        return tuple(int(i) for i in np.unravel_index(j, np.shape(self.claim.inputs[k])))

    def _large(self, k: int, positions: Array, finding: Finding) -> None:
        """Random directions first; where one disagrees, down to the elements."""
        some = self.rng.choice(positions, min(self.sample, positions.size), replace=False)
        suspects: list[int] = []
        for _ in range(self.projections):
            lengths = self.rng.standard_normal(positions.size) * self.scales[k][positions]
            outcome = self.along([(k, positions, lengths)])
            if outcome.verdict == CORRECT:
                continue
            if outcome.verdict == KINK:
                finding.raise_to(KINK)
                finding.worst = outcome.worst(None, 1.0)
                continue
            some = self.rng.choice(positions, min(self.pattern, positions.size), replace=False)
            suspects = self._suspects(k, positions, lengths, some, finding)
            break
        strongest = int(positions[np.argmax(np.abs(self.claim.gradients[0][k].reshape(-1)[positions]))])
        self._elements(k, np.unique([*suspects, *some, strongest]), finding)

    def _suspects(self, k: int, positions: Array, lengths: Array, some: Array, finding: Finding) -> list[int]:
        """Elements that look wrong: the half that disagrees is halved again, until single ones are left.

        Where most of the elements are wrong, `some` of them show it too: then the first that is found is enough.
        """
        found: list[int] = []
        stack = [positions]
        while stack and len(found) < _BRANCHES:
            part = stack.pop()
            if part.size == 1:
                found.append(int(part[0]))
                if len(found) == 1 and self._dense(k, some):
                    break
                continue
            for half in (part[: part.size // 2], part[part.size // 2 :]):
                inner, _ = self.first_look([(k, half, lengths[np.searchsorted(positions, half)])])
                if inner.verdict in (WRONG, INCONCLUSIVE):
                    stack.append(half)
                elif inner.verdict == KINK:
                    finding.raise_to(KINK)
        return found

    def _dense(self, k: int, some: Array) -> bool:
        """Are most of a few of `some` elements wrong?"""
        few = some[:_FEW].tolist()
        return [self._element(k, j)[0].verdict for j in few].count(WRONG) > len(few) // 2

    def _element(self, k: int, j: int) -> tuple[Outcome, Array]:
        """What one set of steps says of a single element."""
        if (k, j) not in self.elements:
            self.elements[k, j] = self.first_look([self._move(k, j)])
        return self.elements[k, j]

    def _move(self, k: int, j: int) -> Move:
        return k, np.array([j]), self.scales[k][[j]]

    def _together(self, moves: list[Move], seen: dict[int, int]) -> Finding | None:
        """Elements may each look right while they are wrong together: those of a tie that share a gradient.

        Moved by the same length, ties stay ties, and the function is smooth; so a difference counts here, unless it
        comes from kinks that have nothing to do with each other.
        """
        outcome = self.along(moves)
        if outcome.verdict != WRONG or outcome.slope.kink.any() or outcome.slope.edge.any():
            return None
        moves = self._entangled(moves)
        if not moves:
            return None
        outcome = self.along(moves)
        if outcome.verdict != WRONG or outcome.slope.kink.any() or outcome.slope.edge.any():
            return None
        length = float(moves[0][2][0])
        count = sum(move[1].size for move in moves)
        index = self._index(moves[0][0], int(moves[0][1][0])) if len(seen) == 1 else None
        finding = Finding(WRONG, outcome.worst(index, length), outcome.excess)
        finding.note = (
            f"the gradients of {count} elements that are equal do not add up to the slope when they move together"
        )
        return finding

    def _entangled(self, moves: list[Move]) -> list[Move]:
        """The smallest part of `moves` found that is wrong but does not come apart; empty if all of it comes apart."""
        while True:
            first, second = _halves(moves)
            if not second:
                return moves
            wrong = [part for part in (first, second) if self.along(part).verdict == WRONG]
            if wrong:
                moves = wrong[0]
                continue
            return moves if not self._independent(moves, first, second) else []

    def _independent(self, whole: list[Move], first: list[Move], second: list[Move]) -> bool:
        """Is the change along `whole` that along its halves, added up, on both sides?"""
        lines = [self._line(part) for part in (whole, first, second)]
        for t in (1e-5, -1e-5):
            a, b, c = (line(t) for line in lines)
            if (np.abs(a - b - c) > 1e-2 * np.maximum(np.abs(b), np.abs(c)) + 10 * self.noise).any():
                return False
        return True


def _halves(moves: list[Move]) -> tuple[list[Move], list[Move]]:
    if len(moves) > 1:
        return moves[: len(moves) // 2], moves[len(moves) // 2 :]
    k, positions, lengths = moves[0]
    middle = positions.size // 2
    if middle == 0:
        return moves, []
    return [(k, positions[:middle], lengths[:middle])], [(k, positions[middle:], lengths[middle:])]
