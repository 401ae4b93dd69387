"""The sequence tasks that recurrent networks are known by, drawn anew with every call.

    temporal_order   which two symbols came, and in which order, among distractions; one class per sequence
    adding_problem   the sum of the two marked numbers of a hundred; one number per sequence
    embedded_reber   strings of a small grammar; what may come next is wanted at every step

All are from S. Hochreiter & J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, from_numpy
from autograd.errors import ShapeError

from .randomness import numpy_generator

Range = tuple[int, int]

TEMPORAL_ORDER = "BEXYabcd"
"""The symbols of `temporal_order`, by their numbers: begin, end, the two that matter, four distractions."""

ORDERS = ("XX", "XY", "YX", "YY")
"""The classes of `temporal_order`."""


def temporal_order(
    count: int,
    lengths: Range = (7, 8),
    first: Range = (1, 2),
    second: Range = (4, 5),
    *,
    steps: int | None = None,
    generator: Any = None,
) -> tuple[Tensor, Tensor]:
    """Sequences whose class is the order of two symbols: inputs (count, steps, 8) float32, classes (count,) int64.

    A sequence is B, then distractions among a, b, c, d, then E. At two random places one of X and Y stands instead; the
    classes XX, XY, YX, YY are 0 to 3, equally many of each (but for a remainder). Experiment 6a of the paper has
    lengths=(100, 110), first=(10, 20), second=(50, 60); the defaults are the easy version that courses begin with.

    lengths, first, second   smallest and largest length, place of the first and of the second symbol, all inclusive
    steps                    steps of the inputs, default the largest length
    generator                an autograd.Generator or one of NumPy's; default: the default generator

    A symbol is a one-hot row in the order of TEMPORAL_ORDER. Shorter sequences are padded with rows of zeros **in
    front**: the last symbol of every sequence is at the last step, so a network is read there, output[:, -1].

    That is where a trap lies. A notebook of a well-known course also pads in front, to 9 steps, yet reads step
    `length - 1`, which is right for padding behind. Of a sequence of length 7 this is its symbol 4, and where the
    second X or Y is symbol 5, it has not been seen yet. Half of the sequences have length 7, half of these have the
    symbol at 5, and of these half are guessed right: no network gets past 1 - 1/2 * 1/2 * 1/2 = 87.5 %.

    >>> import autograd
    >>> x, y = temporal_order(4, generator=autograd.Generator().manual_seed(3))
    >>> for sequence, order in zip(x.numpy(), y.numpy()):
    ...     print("".join([TEMPORAL_ORDER[row.argmax()] if row.any() else "." for row in sequence]), ORDERS[order])
    BdYcaYbE YY
    BYbaXcaE YX
    BXdcYbcE XY
    .BdXdXbE XX
    """
    _check_count("temporal_order", count)
    for name, (low, high) in {"lengths": lengths, "first": first, "second": second}.items():
        if not 0 < low <= high:
            raise ShapeError(f"temporal_order: wanted {name} as (smallest, largest) above 0, got {(low, high)}")
    if not (first[1] < second[0] and second[1] < lengths[0] - 1):
        raise ShapeError(
            f"temporal_order: wanted first before second before the end of the shortest sequence, got first={first}, "
            f"second={second}, lengths={lengths}"
        )
    steps = lengths[1] if steps is None else steps
    if steps < lengths[1]:
        raise ShapeError(f"temporal_order: wanted steps of at least the largest length {lengths[1]}, got {steps}")
    rng = numpy_generator(generator)
    classes = rng.permutation(np.arange(count) % len(ORDERS))
    symbols = rng.integers(4, 8, size=(count, steps))
    begin = steps - rng.integers(*lengths, size=count, endpoint=True)
    each = np.arange(count)
    symbols[each, begin] = TEMPORAL_ORDER.index("B")
    symbols[:, -1] = TEMPORAL_ORDER.index("E")
    x = TEMPORAL_ORDER.index("X")
    symbols[each, begin + rng.integers(*first, size=count, endpoint=True)] = x + classes // 2
    symbols[each, begin + rng.integers(*second, size=count, endpoint=True)] = x + classes % 2
    inputs = np.eye(len(TEMPORAL_ORDER), dtype=np.float32)[symbols]
    inputs[np.arange(steps) < begin[:, None]] = 0
    return from_numpy(inputs), from_numpy(classes)


def adding_problem(count: int, length: int = 100, *, generator: Any = None) -> tuple[Tensor, Tensor]:
    """Numbers of which two are marked, and the sum of those two: inputs (count, length, 2), sums (count,), float32.

    inputs[:, :, 0] are uniform in 0..1; inputs[:, :, 1] is 1 at one place in the first half and one in the second, else
    0. Whoever always answers 1 has a mean squared error of 1/6. The version of Q. V. Le, N. Jaitly & G. Hinton 2015,
    which is experiment 4 of the paper without its scaling.

    >>> x, y = adding_problem(5, 10)
    >>> bool(np.allclose((x[:, :, 0] * x[:, :, 1]).sum(1), y))
    True
    """
    _check_count("adding_problem", count)
    if length < 2:
        raise ShapeError(f"adding_problem: wanted a length of at least 2, got {length}")
    rng = numpy_generator(generator)
    inputs = np.zeros((count, length, 2), np.float32)
    inputs[:, :, 0] = rng.random((count, length), np.float32)
    each = np.arange(count)
    for low, high in ((0, length // 2), (length // 2, length)):
        inputs[each, rng.integers(low, high, size=count), 1] = 1
    return from_numpy(inputs), from_numpy((inputs[:, :, 0] * inputs[:, :, 1]).sum(1))


REBER = "BTPSXVE"
"""The symbols of the Reber grammar, by their numbers."""

REBER_GRAMMAR = (
    (("T", 1), ("P", 2)),
    (("S", 1), ("X", 3)),
    (("T", 2), ("V", 4)),
    (("X", 2), ("S", 5)),
    (("P", 3), ("V", 5)),
)
"""State -> the two (symbol, next state) that may follow, after B. In state 5 there is only E. A. S. Reber 1967."""


class ReberStrings(NamedTuple):
    """Strings of the embedded Reber grammar, as a network takes them.

    strings    the N strings, such as "BTBTXSETE"
    inputs     (N, T, 7) float32, one-hot in the order of REBER, zeros behind the end; without the last symbol, E
    targets    (N, T) int64, the symbol that comes next; -100 behind the end, which `cross_entropy` leaves out
    legal      (N, T, 7) bool, all that may come next; behind the end nothing
    """

    strings: list[str]
    inputs: Tensor
    targets: Tensor
    legal: Tensor


def embedded_reber(count: int, *, generator: Any = None) -> ReberStrings:
    """Random strings of the embedded Reber grammar: experiment 1 of the paper; S. E. Fahlman 1991.

    A string is B, one of T and P, a string of the Reber grammar, **the same** T or P again, E. Each choice is even. The
    short-range part can be learned from the last two symbols; the last T or P takes memory over all that lies between.
    A string has at least 9 symbols, 12 on average and no largest length.

    >>> len(embedded_reber(3).strings)
    3
    """
    _check_count("embedded_reber", count)
    rng = numpy_generator(generator)
    pairs = [_reber_string(rng) for _ in range(count)]
    steps = max(len(string) for string, _ in pairs) - 1
    inputs = np.zeros((count, steps, len(REBER)), np.float32)
    targets = np.full((count, steps), -100, np.int64)
    legal = np.zeros((count, steps, len(REBER)), np.bool_)
    for row, (string, choices) in enumerate(pairs):
        numbers = [REBER.index(symbol) for symbol in string]
        each = np.arange(len(numbers) - 1)
        inputs[row, each, numbers[:-1]] = 1
        targets[row, each] = numbers[1:]
        for step, symbols in enumerate(choices):
            legal[row, step, [REBER.index(symbol) for symbol in symbols]] = True
    return ReberStrings([string for string, _ in pairs], from_numpy(inputs), from_numpy(targets), from_numpy(legal))


def _reber_string(rng: np.random.Generator) -> tuple[str, list[str]]:
    """A string, and for each of its symbols but the last what may follow it."""
    outer = "TP"[rng.integers(2)]
    string, choices, state = f"B{outer}B", ["TP", "B"], 0
    while state < len(REBER_GRAMMAR):
        arcs = REBER_GRAMMAR[state]
        choices.append(arcs[0][0] + arcs[1][0])
        symbol, state = arcs[rng.integers(2)]
        string += symbol
    return f"{string}E{outer}E", [*choices, "E", outer, "E"]


def _check_count(function: str, count: int) -> None:
    if count < 1:
        raise ShapeError(f"{function}: wanted a count of at least 1, got {count}")
