"""Printouts are PyTorch's, except that dtypes are NumPy's: the expected texts below were printed by PyTorch 2.13."""

import numpy as np
import pytest

import autograd
from autograd import tensor


@pytest.fixture(autouse=True)
def default_options():
    yield
    autograd.set_printoptions(profile="default")


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (3.0, "tensor(3.)"),
        ([1.0, 2.0, 3.0], "tensor([1., 2., 3.])"),
        ([[1.0, 2.5]], "tensor([[1.0000, 2.5000]])"),
        ([1.5, NAN, INF], "tensor([1.5000,    nan,    inf])"),
        ([1.0, INF, -INF], "tensor([1., inf, -inf])"),
        ([0.0, 0.0], "tensor([0., 0.])"),
        ([NAN], "tensor([nan])"),
        ([], "tensor([])"),
        (-0.0, "tensor(-0.)"),
        ([-1.5, 2.25], "tensor([-1.5000,  2.2500])"),
        ([1e-5, 1.0], "tensor([1.0000e-05, 1.0000e+00])"),
        ([1234567.0, 1.0], "tensor([1.2346e+06, 1.0000e+00])"),
        ([0.001, 0.5], "tensor([0.0010, 0.5000])"),
        ([0.0, 1000.5, 0.5], "tensor([0.0000e+00, 1.0005e+03, 5.0000e-01])"),
        ([1, 2, -300], "tensor([   1,    2, -300])"),
        ([True, False], "tensor([ True, False])"),
        (5, "tensor(5)"),
        (
            [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],
            "tensor([[[1., 2.],\n         [3., 4.]],\n\n        [[5., 6.],\n         [7., 8.]]])",
        ),
    ],
)
def test_values(data, text):
    assert repr(tensor(data)) == str(tensor(data)) == text


def test_dtypes_that_are_not_the_default_are_named():
    assert repr(tensor(np.ones(3))) == "tensor([1., 1., 1.], dtype=float64)"
    assert repr(tensor(np.ones(2, np.int16))) == "tensor([1, 1], dtype=int16)"
    autograd.set_default_dtype(autograd.float64)
    try:
        assert repr(tensor([1.0])) == "tensor([1.])"
    finally:
        autograd.set_default_dtype(autograd.float32)


def test_empty_tensors_show_their_shape():
    assert repr(autograd.zeros(0, 3)) == "tensor([], size=(0, 3))"
    assert repr(autograd.zeros(2, 0, 3, dtype=autograd.int64)) == "tensor([], size=(2, 0, 3), dtype=int64)"


def test_gradients_are_mentioned():
    x = tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x.sum()) == "tensor(3., grad_fn=<SumBackward0>)"
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<MulBackward0>)"
    long = tensor(np.full((2, 8), 0.5), requires_grad=True) * 1
    assert repr(long).endswith("0.5000]],\n       dtype=float64, grad_fn=<MulBackward0>)")


def test_long_rows_are_broken():
    assert repr(tensor(np.full((1, 10), 0.5, np.float32))) == (
        "tensor([[0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000,\n         0.5000]])"
    )


def test_large_tensors_are_summarised():
    assert repr(autograd.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    lines = repr(autograd.zeros(40, 40)).splitlines()
    assert len(lines) == 7
    assert lines[0] == "tensor([[0., 0., 0.,  ..., 0., 0., 0.],"
    assert lines[3] == "        ...,"
    assert len(repr(autograd.zeros(1000, 1000, 10))) < 3000


def test_options():
    x = tensor([1.234, 2.0])
    autograd.set_printoptions(precision=2)
    assert repr(x) == "tensor([1.23, 2.00])"
    autograd.set_printoptions(sci_mode=True)
    assert repr(x) == "tensor([1.23e+00, 2.00e+00])"
    autograd.set_printoptions(profile="default")
    assert repr(x) == "tensor([1.2340, 2.0000])"
    autograd.set_printoptions(threshold=2, edgeitems=1)
    assert repr(tensor(np.arange(9.0).reshape(3, 3).astype(np.float32))) == (
        "tensor([[0.,  ..., 2.],\n        ...,\n        [6.,  ..., 8.]])"
    )
    autograd.set_printoptions(profile="full")
    assert "..." not in repr(autograd.zeros(2000))
    autograd.set_printoptions(profile="default", linewidth=20)
    assert repr(tensor([0.5, 0.5])) == "tensor([0.5000,\n        0.5000])"
    with pytest.raises(ValueError, match="profile"):
        autograd.set_printoptions(profile="large")


def test_format():
    assert f"{tensor(1.5):.3f}" == "1.500"
    assert f"{tensor(3)}" == "3"
    assert f"{tensor(7):03d}" == "007"
    assert f"{tensor([1.0])}" == "tensor([1.])"
    assert f"{tensor(2.0, requires_grad=True) * 2:.1f}" == "4.0"
    with pytest.raises(TypeError, match="unsupported format string passed to Tensor"):
        f"{tensor([1.0]):.3f}"


def test_html_for_notebooks():
    page = tensor([[1.0, 2.0]], requires_grad=True)._repr_html_()
    assert "Tensor (1, 2), float32, requires grad" in page
    assert page.count("<td ") == 2
    big = (autograd.zeros(100, 100, requires_grad=True) * 1)._repr_html_()
    assert "<td " not in big
    assert "<img " in big
    assert "&lt;MulBackward0&gt;" in big
    assert len(big) < 2000
