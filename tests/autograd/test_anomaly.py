"""detect_anomaly: the first NaN or Inf, by operation and line."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.errors import AnomalyError


def leaf(*values):
    return autograd.tensor(list(values), dtype=np.float64, requires_grad=True)


def test_forward_names_operation_line_and_index():
    x = leaf(1.0, -1.0)
    with (
        autograd.detect_anomaly(),
        pytest.raises(AnomalyError, match=r"log at .*test_anomaly.py:\d+ computed nan \(first at index \(1,\)"),
    ):
        (x * 2).log().exp()


def test_forward_inf():
    with autograd.detect_anomaly(), pytest.raises(AnomalyError, match=r"exp at .* computed inf"):
        leaf(1000.0).exp()


def test_general_ops_are_watched_too():
    x = leaf(1.0, np.nan)
    with (
        autograd.detect_anomaly(),
        pytest.raises(AnomalyError, match=r"sum at .* computed nan.*not finite already|sum at"),
    ):
        x.sum()


def test_backward_names_the_op_whose_gradient_broke():
    x = leaf(0.0, 1.0)
    with autograd.detect_anomaly():
        y = x.sqrt()
        with pytest.raises(
            AnomalyError, match=r"Function 'SqrtBackward0' returned inf values in its 0th output.*test_anomaly.py:\d+"
        ):
            y.sum().backward()


def test_nan_from_the_branch_that_where_did_not_select():
    x = leaf(0.0, 4.0)
    with autograd.detect_anomaly():
        y = autograd.where(x > 0, x.sqrt(), autograd.zeros(2, dtype=np.float64))
        with pytest.raises(
            AnomalyError,
            match=r"0 \* inf: the cotangent came through where at .*test_anomaly.py:\d+.*replace its input",
        ):
            y.sum().backward()


def test_clean_programs_run_and_give_the_same():
    x = leaf(1.0, 2.0)
    (x * x).exp().sum().backward()
    expected = x.grad.numpy().copy()
    x.grad = None
    with autograd.detect_anomaly():
        a, b = (x * x).exp().split(1)
        (a + b).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), expected)


def test_it_is_off_outside_and_can_be_switched():
    x = leaf(-1.0)
    with autograd.detect_anomaly():
        assert autograd.is_anomaly_enabled()
    x.log()
    assert not autograd.is_anomaly_enabled()
    autograd.set_detect_anomaly(True)
    with pytest.raises(AnomalyError):
        x.log()
    autograd.set_detect_anomaly(False)
    x.log()


def test_sweeping_still_works_while_watching():
    x = leaf(1.0)
    with autograd.detect_anomaly():
        for _ in range(5000):
            y = x * 2
    assert len(autograd.tape()) < 2000
    assert y.requires_grad
