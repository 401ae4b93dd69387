"""Curves of a training, and the pieces that displays are made of."""

from __future__ import annotations

import math
import re

import pytest

from autograd.displays.curves import curves, ticks
from autograd.displays.pieces import table

from .reading import read


def points(page):
    return [[tuple(map(float, p.split(","))) for p in each.split()] for each in re.findall(r'points="([^"]*)"', page)]


def test_a_curve_goes_where_its_numbers_are():
    page = curves({"loss": {"training": [4.0, 2.0, 1.0]}})
    ((first, second, third),) = points(page)
    assert first[0] < second[0] < third[0]
    assert first[1] < second[1] < third[1]  # down is more
    assert (second[1] - first[1]) == pytest.approx(2 * (third[1] - second[1]), abs=0.2)
    words, _ = read(page)
    assert {"loss", "training", "1", "2", "3"} <= set(words)


def test_the_axis_reaches_the_last_epoch_that_is_to_come():
    ((one, two),) = points(curves({"loss": {"training": [2.0, 1.0]}}, epochs=11))
    ((_, end),) = points(curves({"loss": {"training": [2.0, 1.0]}}))
    assert two[0] - one[0] == pytest.approx((end[0] - one[0]) / 10, abs=0.1)


@pytest.mark.parametrize(
    "values", [[1.0], [1.0, 1.0], [0.0, 0.0], [math.nan, 1.0, math.inf], [math.nan], [-1e30, 1e30]]
)
def test_odd_numbers(values):
    page = curves({"loss": {"training": values}})
    read(page)
    drawn = [p for each in points(page) for p in each]
    assert len(drawn) == sum(map(math.isfinite, values))
    assert all(0 <= x <= 360 and 0 <= y <= 220 for x, y in drawn)


def test_nothing_is_drawn_of_nothing():
    assert curves({}) == curves({"loss": {"training": []}}) == ""


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (2.29, 2.31), (1e-9, 3e-9), (-5.0, 1234.0), (1.0, 1.0)])
def test_ticks_are_round_and_within(low, high):
    found = ticks(low, high)
    assert 1 <= len(found) <= 7
    assert all(low - 1e-12 <= x <= high + 1e-12 for x in found)


def test_a_table_escapes_and_aligns():
    page = table(("a<b", "n"), [("x & y", "1")], notes={0: "a <note>"}, styles={(0, 1): "color:red"})
    words, tags = read(page)
    assert words == ["a<b", "n", "x & y", "1", "a <note>"]
    assert tags.count("tr") == 3
    assert "color:red" in page
    assert page.count("text-align:right") == 2
