"""The compiled loops of CTC against the plain functions, at lengths around those of vectors, and at the edges."""

import numpy as np
import pytest

from kernels.ctc import loops, plain
from kernels.ctc.plain import Target
from kernels.machine import threads

LENGTHS = [0, 1, 3, 4, 7, 8, 15, 16, 20]  # of targets: with blanks around them, one place more than twice as many
NEAR = {np.float32: {"rtol": 1e-4, "atol": 1e-4}, np.float64: {"rtol": 1e-11, "atol": 1e-11}}


def draw(frames, count, classes, longest, dtype=np.float64, blank=0):
    rng = np.random.default_rng(longest)
    scores = rng.standard_normal((frames, count, classes))
    x = (scores - np.log(np.exp(scores).sum(-1, keepdims=True))).astype(dtype)
    given, lengths = rng.integers(0, frames + 1, count), rng.integers(0, longest + 1, count)
    given[:2], lengths[:2] = frames, longest  # the longest there are; the second, all of one label, needs more frames
    labels = rng.integers(0, classes, (count, longest))
    labels[1] = 1
    labels[np.arange(longest) >= lengths[:, None]] = blank
    return x, Target(labels, given, lengths, blank)


@pytest.fixture(params=[1, 2])
def in_threads(request):
    before = threads.get_num_threads()
    threads.set_num_threads(request.param)
    yield
    threads.set_num_threads(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("longest", LENGTHS)
def test_loops_are_the_plain_functions(longest, dtype, in_threads):
    x, target = draw(2 * longest + 3, 7, 6, longest, dtype, blank=longest % 3)
    dz = np.linspace(-1, 2, 7).astype(dtype)
    likelihood, alphas = loops.values(x, target)
    expected, expected_alphas = plain.values.plain(x, target)
    np.testing.assert_allclose(likelihood, expected, **NEAR[dtype])
    np.testing.assert_allclose(alphas, expected_alphas, **NEAR[dtype])
    dx = loops.slopes(dz, x, alphas, likelihood, target)
    np.testing.assert_allclose(dx, plain.slopes.plain(dz, x, alphas, likelihood, target), **NEAR[dtype])
    assert dx.dtype == likelihood.dtype == dtype


def test_the_slope_is_a_probability():
    """In each frame the paths have some label: shares add up to 1, or to 0 where no path fits and behind the end."""
    x, target = draw(20, 5, 4, 9)
    labels, given, lengths, _ = target
    labels[3], given[3], lengths[3] = 2, 10, 9  # all alike, so that blanks must be between: too many
    likelihood, alphas = loops.values(x, target)
    total = loops.slopes(np.ones(5), x, alphas, likelihood, target).sum(2)
    fits = likelihood > -np.inf
    assert fits[0]
    assert not fits[3]
    np.testing.assert_allclose(total, (np.arange(20)[:, None] < given) & fits, atol=1e-12)


@pytest.mark.parametrize("function", ["loops", "plain"])
def test_labels_that_cannot_be_and_nan(function):
    x, target = draw(12, 4, 5, 4)
    labels, given, lengths, blank = target
    given[:] = 12
    labels[0], lengths[0] = [1, 2, 1, 2], 4
    labels[2], lengths[2] = [3, 4, 3, 3], 4
    x[:, 0, 3] = -np.inf  # no label of the first, and some of the third
    x[:, 2, 3] = -np.inf
    x[5, 3, blank] = np.nan
    values, slopes = (loops.values, loops.slopes) if function == "loops" else (plain.values.plain, plain.slopes.plain)
    with np.errstate(invalid="ignore"):
        likelihood, alphas = values(x, target)
        dx = slopes(np.ones(4), x, alphas, likelihood, target)
    assert np.isfinite(likelihood[0])
    assert np.isfinite(dx[:, 0]).all()
    assert likelihood[2] == -np.inf
    assert not dx[:, 2].any()
    assert np.isnan(likelihood[3])
    assert np.isnan(dx[:, 3]).any()


def test_what_does_not_fit_is_refused():
    x, target = draw(6, 3, 4, 2)
    labels, given, lengths, _ = target
    with pytest.raises(IndexError, match="at most 3"):
        loops.values(x, target._replace(labels=labels + 4))
    with pytest.raises(IndexError, match="at most 6"):
        loops.values(x, target._replace(given=given + 6))
    with pytest.raises(IndexError, match="at most 2"):
        loops.values(x, target._replace(lengths=lengths + 3))
    with pytest.raises(IndexError, match="at most 3"):
        loops.values(x, target._replace(blank=-1))
    with pytest.raises(ValueError, match="do not fit"):
        loops.values(x, target._replace(given=given[:2]))
    likelihood, alphas = loops.values(x, target)
    with pytest.raises(ValueError, match="do not fit"):
        loops.slopes(np.ones(2), x, alphas, likelihood, target)
    with pytest.raises(ValueError, match="do not fit"):
        loops.slopes(np.ones(3), x, alphas[:, 1:], likelihood, target)
