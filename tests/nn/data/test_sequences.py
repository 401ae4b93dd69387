"""Temporal order, the adding problem and the embedded Reber grammar, against their definitions."""

import re

import numpy as np
import pytest

from autograd import Generator
from autograd.errors import ShapeError
from nn.data import ORDERS, REBER, TEMPORAL_ORDER, adding_problem, embedded_reber, temporal_order

LONG = {"lengths": (100, 110), "first": (10, 20), "second": (50, 60)}


def generator(seed=0):
    return Generator().manual_seed(seed)


def strings(inputs):
    """The sequences without their padding."""
    return ["".join([TEMPORAL_ORDER[row.argmax()] for row in rows if row.any()]) for rows in inputs.numpy()]


# -------------------------------------------------------------------------------------------------- temporal order


@pytest.mark.parametrize(
    ("settings", "lengths", "first", "second"), [({}, (7, 8), (1, 2), (4, 5)), (LONG, *LONG.values())]
)
def test_temporal_order(settings, lengths, first, second):
    inputs, classes = temporal_order(2000, **settings, generator=generator())
    assert (inputs.shape, inputs.dtype) == ((2000, lengths[1], 8), np.float32)
    assert (classes.shape, classes.dtype) == ((2000,), np.int64)
    assert np.bincount(classes.numpy()).tolist() == [500] * 4
    seen = {"length": set(), "first": set(), "second": set()}
    for string, number in zip(strings(inputs), classes.tolist(), strict=True):
        assert re.fullmatch("B[abcd]*[XY][abcd]*[XY][abcd]*E", string)
        places = [place for place, symbol in enumerate(string) if symbol in "XY"]
        assert "".join([string[place] for place in places]) == ORDERS[number]
        for name, value in zip(seen, (len(string), *places), strict=True):
            seen[name].add(value)
    for name, (low, high) in zip(seen, (lengths, first, second), strict=True):
        assert seen[name] == set(range(low, high + 1))


def test_temporal_order_is_padded_in_front_with_zeros():
    inputs, _ = temporal_order(200, steps=12, generator=generator())
    filled = inputs.numpy().sum(2)
    assert set(np.unique(filled)) == {0, 1}
    assert (np.diff(filled, axis=1) >= 0).all()
    assert (inputs.numpy()[:, -1].argmax(1) == TEMPORAL_ORDER.index("E")).all()


def test_classes_that_do_not_divide():
    _, classes = temporal_order(7, generator=generator())
    assert sorted(np.bincount(classes.numpy(), minlength=4).tolist()) == [1, 2, 2, 2]


def test_the_trap_of_reading_at_length_minus_one():
    """Padded in front to 9 steps and read at `length - 1`, the second symbol is out of sight in a quarter of all."""
    inputs, _ = temporal_order(8000, steps=9, generator=generator())
    array = inputs.numpy()
    lengths = array.sum((1, 2)).astype(int)
    relevant = array[:, :, 2:4].any(2)
    seen = np.array([row[:length].sum() for row, length in zip(relevant, lengths, strict=True)])
    assert set(seen.tolist()) == {1, 2}
    best = (seen == 2).mean() + 0.5 * (seen == 1).mean()  # the symbol that was not seen is guessed
    assert best == pytest.approx(0.875, abs=0.01)
    assert (relevant.sum(1) == 2).all()  # at the last step, all is seen


# ---------------------------------------------------------------------------------------------------------- adding


@pytest.mark.parametrize("length", [2, 3, 100])
def test_adding_problem(length):
    inputs, sums = adding_problem(500, length, generator=generator())
    assert (inputs.shape, inputs.dtype, sums.shape, sums.dtype) == ((500, length, 2), np.float32, (500,), np.float32)
    values, marks = inputs.numpy().transpose(2, 0, 1)
    assert 0 <= values.min() < values.max() < 1
    assert set(np.unique(marks)) <= {0, 1}
    assert (marks[:, : length // 2].sum(1) == 1).all()
    assert (marks[:, length // 2 :].sum(1) == 1).all()
    assert marks.any(0).all()  # every place is marked somewhere
    np.testing.assert_allclose((values * marks).sum(1), sums.numpy(), rtol=1e-6)


def test_the_error_of_always_answering_one():
    _, sums = adding_problem(20_000, 10, generator=generator())
    assert np.mean((sums.numpy() - 1) ** 2) == pytest.approx(1 / 6, rel=0.03)


# ----------------------------------------------------------------------------------------------------------- Reber


def legal_after(string):
    """What follows `string` in any string of the grammar."""
    return "".join(sorted({other[len(string)] for other in LEXICON if other.startswith(string)}))


def all_strings(most):
    """All strings of the embedded grammar with up to `most` symbols, from the transition diagram, by hand."""
    diagram = {
        1: {"T": 2, "P": 3},
        2: {"S": 2, "X": 4},
        3: {"T": 3, "V": 5},
        4: {"X": 3, "S": 6},
        5: {"P": 4, "V": 6},
    }
    found, ends = [("", 1)], []
    while found:
        string, node = found.pop()
        if node == 6:
            ends.append(string)
        elif len(string) < most - 6:
            found += [(string + symbol, after) for symbol, after in diagram[node].items()]
    return [f"B{outer}B{inner}E{outer}E" for inner in ends for outer in "TP"]


LEXICON = all_strings(22)


def test_reber_strings_are_of_the_grammar():
    drawn = embedded_reber(1000, generator=generator())
    short = [string for string in drawn.strings if len(string) <= 22]
    assert len(short) > 900
    assert set(short) <= set(LEXICON)
    assert {"BTBTXSETE", "BPBTXSEPE", "BTBPVVETE", "BPBPVVEPE"} <= set(short)
    assert 11.5 < np.mean([len(string) for string in drawn.strings]) < 12.5
    assert 0.45 < np.mean([string[1] == "T" for string in drawn.strings]) < 0.55


def test_reber_as_arrays():
    drawn = embedded_reber(60, generator=generator())
    steps = max(map(len, drawn.strings)) - 1
    assert (drawn.inputs.shape, drawn.inputs.dtype) == ((60, steps, 7), np.float32)
    assert (drawn.targets.shape, drawn.targets.dtype) == ((60, steps), np.int64)
    assert (drawn.legal.shape, drawn.legal.dtype) == ((60, steps, 7), np.bool_)
    for string, x, y, legal in zip(drawn.strings, *(part.numpy() for part in drawn[1:]), strict=True):
        end = len(string) - 1
        assert "".join([REBER[row.argmax()] for row in x[:end]]) == string[:-1]
        assert (x[:end].sum(1) == 1).all()
        assert not x[end:].any()
        assert "".join([REBER[number] for number in y[:end]]) == string[1:]
        assert (y[end:] == -100).all()
        assert not legal[end:].any()
        assert legal[np.arange(end), y[:end]].all()
        if len(string) <= 14:
            for step in range(end):
                may = "".join(sorted(np.array(list(REBER))[legal[step]]))
                assert may == legal_after(string[: step + 1])


# ------------------------------------------------------------------------------------------------------------- all


@pytest.mark.parametrize("make", [temporal_order, adding_problem, embedded_reber])
def test_the_seed_decides(make):
    def drawn(seed):
        return [part.numpy() for part in make(50, generator=seed) if not isinstance(part, list)]

    for one, same in zip(drawn(generator(3)), drawn(generator(3)), strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(drawn(generator(3))[-1], drawn(generator(4))[-1])
    once = generator(3)
    assert not np.array_equal(drawn(once)[-1], drawn(once)[-1])  # it goes on
    for one, same in zip(drawn(np.random.default_rng(5)), drawn(np.random.default_rng(5)), strict=True):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: temporal_order(0), "temporal_order: wanted a count of at least 1, got 0"),
        (lambda: adding_problem(-1), "adding_problem: wanted a count of at least 1, got -1"),
        (lambda: embedded_reber(0), "embedded_reber: wanted a count of at least 1, got 0"),
        (lambda: adding_problem(3, 1), "adding_problem: wanted a length of at least 2, got 1"),
        (lambda: temporal_order(4, steps=7), "temporal_order: wanted steps of at least the largest length 8, got 7"),
        (lambda: temporal_order(4, lengths=(8, 7)), r"wanted lengths as \(smallest, largest\) above 0, got \(8, 7\)"),
        (lambda: temporal_order(4, first=(0, 1)), r"wanted first as \(smallest, largest\) above 0, got \(0, 1\)"),
        (lambda: temporal_order(4, first=(1, 4)), "wanted first before second before the end of the shortest"),
        (lambda: temporal_order(4, second=(4, 6)), "wanted first before second before the end of the shortest"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ShapeError, match=message):
        call()
