"""`gradcheck` and `gradgradcheck` as PyTorch's."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd
from autograd import gradcheck, gradgradcheck
from autograd.errors import GradcheckError, SettingError


def leaf(*shape, dtype=np.float64):
    rng = np.random.default_rng(0)
    return autograd.tensor(rng.standard_normal(shape), dtype=dtype, requires_grad=True)


class Triple(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, dz):
        return dz * 3


def test_signatures_are_pytorchs():
    assert str(inspect.signature(gradcheck)).replace("'", "").replace("Callable[..., Any]", "F") == (
        "(func: F, inputs: Any, *, eps: float = 1e-06, atol: float = 1e-05, rtol: float = 0.001, "
        "raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True, "
        "check_grad_dtypes: bool = False, check_batched_grad: bool = False, check_batched_forward_grad: bool = False, "
        "check_forward_ad: bool = False, check_backward_ad: bool = True, fast_mode: bool = False, "
        "masked: bool | None = None) -> bool"
    )
    names = list(inspect.signature(gradgradcheck).parameters)
    assert names[:6] == ["func", "inputs", "grad_outputs", "eps", "atol", "rtol"]


def test_right_gradients_pass():
    x, y = leaf(2, 3), leaf(3, 2)
    assert gradcheck(lambda x: (x * x).sum(), x)
    assert gradcheck(lambda x, y: (x @ y, x.exp()), (x, y))
    assert gradcheck(lambda x, k: x**k, (leaf(3), 3))
    assert gradgradcheck(lambda x: x**3, (leaf(3),))
    assert gradgradcheck(lambda x: x * 2, (leaf(3),))
    assert gradgradcheck(lambda x, y: (x @ y).tanh(), (x, y))
    assert gradgradcheck(lambda x: x.exp(), (leaf(3),), autograd.ones(3, dtype=np.float64, requires_grad=True))
    assert gradcheck(lambda x: x.sum(1), (leaf(0, 3),))


def test_wrong_gradients_raise_and_name_the_operation():
    with pytest.raises(GradcheckError, match="Jacobian mismatch for output 0 with respect to input 0") as caught:
        gradcheck(Triple.apply, leaf(3))
    assert isinstance(caught.value, RuntimeError)
    assert "WRONG: Triple" in str(caught.value)
    assert gradcheck(Triple.apply, leaf(3), raise_exception=False) is False
    assert gradcheck.GradcheckError is GradcheckError


def test_a_detached_output_must_not_depend_on_the_input():
    with pytest.raises(GradcheckError, match="expected to be zero"):
        gradcheck(lambda x: x.detach() * 2, (leaf(3),))


def test_inputs_are_checked():
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(lambda x: x * 2, (leaf(3).detach(),))
    with pytest.warns(UserWarning, match="not a double precision"):
        gradcheck(lambda x: x * 2, (leaf(3, dtype=np.float32),))
    overlapping = autograd.from_numpy(np.broadcast_to(np.zeros(1), (3,))).requires_grad_()
    with pytest.raises(RuntimeError, match="dimension with stride 0"):
        gradcheck(lambda x: x * 2, (overlapping,))
    with pytest.raises(SettingError, match="check_forward_ad"):
        gradcheck(lambda x: x * 2, (leaf(3),), check_forward_ad=True)


def test_kinks_fail_as_in_pytorch_and_are_explained():
    zeros = autograd.zeros(2, dtype=np.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match="kink of relu"):
        gradcheck(lambda x: x.relu(), (zeros,))


def test_what_changes_between_calls_fails():
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x * autograd.rand(()).double(), (leaf(3),))


def test_the_step_can_be_chosen():
    assert gradcheck(lambda x: x**2, (leaf(3),), eps=1e-3)
    assert not gradcheck(lambda x: (x * 50).sin(), (leaf(3),), eps=1e-1, raise_exception=False)


def test_inputs_are_left_as_they_were():
    x = leaf(3)
    before = x.detach().numpy().copy()
    gradcheck(lambda x: x.exp(), x)
    np.testing.assert_array_equal(x.detach().numpy(), before)
    assert x.grad is None
    assert len(autograd.tape()) == 0
