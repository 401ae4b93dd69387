"""The namespace that Tensors give to libraries written for the array API standard."""

from __future__ import annotations

import numpy as np
import pytest

import autograd


def softmax(x):
    """As a library writes it that knows no array type."""
    xp = x.__array_namespace__()
    shifted = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return shifted / xp.sum(shifted, axis=-1, keepdims=True)


def test_a_function_written_for_the_standard_has_a_gradient():
    x = autograd.tensor([[0.5, -1.0, 2.0]], dtype=np.float64, requires_grad=True)
    z = softmax(x)
    np.testing.assert_allclose(z, np.exp(x.detach()) / np.exp(x.detach()).sum())
    assert autograd.check_grads(softmax, (x,))


def test_what_is_made_is_a_tensor():
    xp = autograd.ones(2).__array_namespace__()
    for made in (
        xp.zeros((2, 3)),
        xp.ones(3, device="cpu"),
        xp.arange(4),
        xp.asarray([1.0, 2.0]),
        xp.linspace(0, 1, 5),
    ):
        assert isinstance(made, autograd.Tensor)
    x = autograd.ones(2)
    assert xp.asarray(x) is x
    assert xp.asarray(x, copy=True) is not x
    assert xp.asarray(x, dtype=xp.float64).dtype == np.float64
    assert xp.isdtype(x.dtype, "real floating")
    assert xp.linalg.norm(x).item() == pytest.approx(2**0.5)
    values, counts = xp.unique_counts(xp.asarray([1.0, 1.0, 2.0]))
    assert (values.tolist(), counts.tolist()) == ([1.0, 2.0], [2, 1])


def test_what_is_not_there_says_so():
    xp = autograd.ones(2).__array_namespace__()
    with pytest.raises(AttributeError, match="complex numbers are not supported"):
        xp.fft  # noqa: B018
    with pytest.raises(AttributeError):
        xp.no_such_function  # noqa: B018
    assert "sum" in dir(xp)
