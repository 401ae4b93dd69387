"""Right gradients are never called wrong: random calls from the table of ops, at usual and at awkward values."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.tensors import Tensor
from tests.cases import CASES

DIFFERENTIABLE = [case for case in CASES if case.order >= 1]
MATRICES = {"cholesky", "det", "eigh", "inv", "pinv", "qr", "slogdet", "solve", "svd", "svdvals"}


def awkward(array, how):
    """Ties and zeros, tiny values, large ones, all the same."""
    if how == "rounded":
        return np.round(array, 1)
    if how == "small":
        return array * 1e-3
    if how == "large":
        return array * 30
    if how == "equal":
        return np.full_like(array, array.flat[0]) if array.size else array
    return array


def random_case(number):
    rng = np.random.default_rng(number)
    case = DIFFERENTIABLE[rng.integers(len(DIFFERENTIABLE))]
    how = rng.choice(["as drawn", "as drawn", "rounded", "small", "large", "equal"])
    if how == "equal" and case.covers in MATRICES:  # singular: there is no derivative
        how = "as drawn"
    dtype = rng.choice([np.float32, np.float64])
    inputs = [autograd.tensor(awkward(a, how), dtype=dtype, requires_grad=True) for a in case.draw(rng)]

    def function(*tensors):
        out = case.function(*tensors, **case.params)
        return [z for z in (out if isinstance(out, (tuple, list)) else [out]) if isinstance(z, Tensor)]

    return f"{number}: {case}, {how}, {np.dtype(dtype)}", function, inputs, how


def verdicts(numbers):
    counts = {}
    for number in numbers:
        name, function, inputs, how = random_case(number)
        try:
            report = autograd.check_grads(function, inputs, exact=12, seed=number)
        except (autograd.errors.AutogradError, np.linalg.LinAlgError):
            assert how != "as drawn", name  # elsewhere a value may lie outside of what the operation takes
            continue
        assert report.verdict != "wrong", f"{name}\n{report}"
        # the last columns of a full decomposition are any basis: another one in the checker's float64 than in float32
        usual = how == "as drawn" and not ("svd-full" in name and name.endswith("float32"))
        key = "as drawn" if usual else "awkward", report.verdict
        counts[key] = counts.get(key, 0) + 1
    return counts


@pytest.mark.parametrize("block", range(4))
def test_nothing_right_is_called_wrong(block):
    counts = verdicts(range(100 * block, 100 * block + 100))
    assert ("as drawn", "inconclusive") not in counts


@pytest.mark.slow
def test_nothing_right_is_called_wrong_ten_thousand_times():
    counts = verdicts(range(1000, 11_000))
    assert sum(counts.values()) > 9000
    assert counts.get(("as drawn", "inconclusive"), 0) < 5
