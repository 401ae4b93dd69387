"""Arguments in PyTorch's positions, also the deprecated ones, and what is checked. Numbers printed by PyTorch 2.13.

The kind: a position that means another argument than in PyTorch, so that a program computes something else without a
word; a setting that makes no sense and is taken.
"""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest

import autograd as torch
import nn
from autograd.errors import AutogradError

F = nn.functional

LEGACY = [
    name
    for name in dir(nn)
    if name.endswith("Loss") and "size_average" in inspect.signature(getattr(nn, name)).parameters
]


def test_the_old_arguments_stand_where_pytorch_has_them():
    assert len(LEGACY) == 17
    for name in LEGACY:
        parameters = list(inspect.signature(getattr(nn, name)).parameters)
        between = parameters[parameters.index("size_average") + 1 : parameters.index("reduction")]
        assert between in (["reduce"], ["ignore_index", "reduce"], ["eps", "reduce"]), name
    with pytest.warns(DeprecationWarning, match="please use reduction='sum' instead"):
        loss = nn.NLLLoss(None, False)
    assert (loss.weight, loss.ignore_index, loss.reduction) == (None, -100, "sum")
    for arguments, reduction in (
        ((), "mean"),
        ((None, None), "mean"),
        ((True, True), "mean"),
        ((None, True), "mean"),
        ((True,), "mean"),
        ((False,), "sum"),
        ((False, True), "sum"),
        ((True, False), "none"),
        ((None, False), "none"),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert nn.MSELoss(*arguments).reduction == reduction
        assert [x.category for x in caught] == [DeprecationWarning] * bool(set(arguments) - {None})
    with pytest.raises(TypeError, match="size_average must be a bool, got 'sum'; write reduction='sum'"):
        nn.MSELoss("sum")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_functions_take_the_old_arguments_too():
    x, t = torch.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.zeros(2, 2)
    labels = torch.tensor([0, 1])
    assert F.mse_loss(x, t, False).item() == 39
    assert F.mse_loss(x, t, None, False).tolist() == [[1, 4], [9, 25]]
    assert F.l1_loss(x, t, size_average=False).item() == 11
    assert F.nll_loss(x, labels, None, False, 1).item() == -1  # ignore_index = 1
    assert F.nll_loss(x, labels, None, None, -100, False).tolist() == [-1, -5]
    np.testing.assert_allclose(F.cross_entropy(x, labels, None, False).item(), 1.4401897, rtol=1e-6)
    assert F.poisson_nll_loss(x, t, False, False, False).item() == 11
    assert F.margin_ranking_loss(x[0], x[1], torch.tensor([1.0, -1.0]), 0.5, False).item() == 2.5
    assert F.hinge_embedding_loss(x, torch.ones(2, 2), 1.0, None, False).tolist() == x.tolist()


def test_the_main_module_has_orders_of_its_own():
    x = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    assert torch.softmax(x, 1, torch.float64).dtype == torch.float64
    assert F.softmax(x, 1, 3, torch.float64).dtype == torch.float64
    one, zero = torch.ones(2), torch.zeros(2)
    by_position = torch.batch_norm(x, 2 * one, one, zero, one, False, 0.1, 0.0, False)
    np.testing.assert_allclose(by_position.numpy(), 2 * x.numpy() + 1)
    assert torch.embedding(x, torch.tensor([1, 0])).tolist() == [[3, 5], [1, 2]]
    assert torch.kl_div(x, torch.ones(2, 2), 2).item() == -11
    assert torch.binary_cross_entropy_with_logits(x * 0, x * 0, None, None, 0).shape == (2, 2)
    assert torch.dropout(x, 0.5, False).tolist() == x.tolist()
    assert torch.norm(x, 1, 0, False, torch.empty(0)).tolist() == [4, 7]


def test_keywords_by_which_programs_call():
    x = torch.arange(6.0).reshape(2, 3)
    assert [part.shape for part in x.split(split_size=2, dim=1)] == [(2, 2), (2, 1)]
    assert len(torch.split(tensor=x, split_size_or_sections=1)) == 2
    assert torch.cat(tensors=[x, x], axis=1).shape == (2, 6)
    assert torch.stack([x], axis=2).shape == (2, 3, 1)
    assert x.swapaxes(axis0=0, axis1=1).shape == (3, 2)
    assert len(torch.tensor_split(x, sections=2)) == len(torch.hsplit(x, sections=3)) - 1
    assert torch.sum(input=x, axis=0, keepdims=True).tolist() == [[3, 5, 7]]
    assert torch.zeros(2, layout=None, pin_memory=False, device="cpu", dtype=torch.int64).dtype == torch.int64
    assert torch.ones_like(x, memory_format=torch.preserve_format).shape == x.shape
    assert torch.randint(high=5, size=(3,)).max().item() < 5
    assert x.new_zeros(size=(2,)).tolist() == [0, 0]
    assert torch.zeros(3, out=torch.ones(3, dtype=torch.int64)).dtype == torch.int64
    with pytest.raises(AutogradError, match="does not match dtype of out parameter"):
        torch.zeros(3, dtype=torch.float32, out=torch.ones(3, dtype=torch.int64))
    with pytest.raises(AutogradError, match="there is no layout 'sparse'"):
        torch.zeros(3, layout="sparse")
    assert F.one_hot(input=torch.tensor([1]), num_classes=2).tolist() == [[0, 1]]


def test_factors_by_position_as_old_programs_give_them():
    eye, a = torch.eye(2), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    i, b = np.eye(2), a.numpy()
    for call, expected in (
        (lambda: torch.addmm(2, eye, 3, a, eye), 2 * i + 3 * b),
        (lambda: eye.addmm(2, a, eye), 2 * i + b),
        (lambda: torch.addcmul(eye, 2, a, a), i + 2 * b * b),
        (lambda: eye.clone().addcdiv_(0.5, a, a), i + 0.5),
        (lambda: eye.clone().add_(2, a), i + 2 * b),
        (lambda: torch.baddbmm(2, eye[None], 3, a[None], eye[None])[0], 2 * i + 3 * b),
    ):
        with pytest.warns(UserWarning, match="This overload of"):
            result = call()
        np.testing.assert_array_equal(result.numpy(), expected)
    with pytest.raises(TypeError, match="wanted three Tensors"):
        torch.addmm(2, 2, eye, 3, a, eye)


X, Y = torch.zeros(2, 3), torch.ones(2, 3)

REFUSED = [
    (lambda: nn.LSTM(3, 4, 2, 0.5), "bias should be of type bool, got: float"),
    (lambda: nn.GRU(3, 4, 1, True, 1), "batch_first should be of type bool, got: int"),
    (lambda: nn.RNN(3, 4, 1, "relu", 0.5), "bias should be of type bool"),
    (lambda: nn.BatchNorm1d(3, eps=0)(X), "batch_norm eps must be positive during training, but got 0"),
    (lambda: nn.BatchNorm1d(3, eps=-1).eval()(X), "batch_norm eps must be non-negative, but got -1"),
    (lambda: F.cross_entropy(X, Y / 3, ignore_index=0), "ignore_index is not supported for floating point target"),
    (lambda: F.gaussian_nll_loss(X, Y, torch.ones(1, 1)), "var is of incorrect size"),
    (lambda: F.gaussian_nll_loss(X, Y, torch.ones(())), "var is of incorrect size"),
    (lambda: nn.MultiMarginLoss(p=3), "only p == 1 and p == 2 supported"),
    (lambda: nn.MultiMarginLoss(weight=Y), "expected weight to be None or 1D tensor, got 2D instead"),
    (lambda: nn.TripletMarginLoss(margin=0), "expected margin to be greater than 0, got 0 instead"),
    (lambda: nn.TripletMarginWithDistanceLoss(margin=-1), "expected margin to be greater than 0, got -1 instead"),
    (lambda: nn.Hardtanh(2, 1), "max_val .1. must be greater than min_val .2."),
    (lambda: nn.Unflatten(1, 5), "unflattened_size must be a tuple of ints, but found type int"),
    (lambda: nn.Unflatten(1, (2, 2.0)), "found element of type float at pos 1"),
    (lambda: F.affine_grid(torch.zeros(1, 2, 3), (1, 1, 0, 2)), "Expected non-zero, positive output size"),
    (lambda: F.affine_grid(torch.zeros(1, 2, 3).long(), (1, 1, 2, 2)), "Expected theta to have floating point type"),
    (lambda: nn.init.normal_(torch.zeros(3), std=-1), "normal expects std >= 0.0, but found std -1"),
    (lambda: nn.init.uniform_(torch.zeros(3), 2, 1), "expects to return a .from, to. range"),
    (lambda: torch.linalg.svd(X, driver="gesvd"), "only supported on CUDA inputs"),
]


def test_what_makes_no_sense_is_refused():
    for call, message in REFUSED:
        with pytest.raises((AutogradError, TypeError), match=message):
            call()


def test_variances_that_are_broadcast_along_one_dimension():
    var = torch.tensor([[1.0, 2.0, 4.0]])
    expected = 0.5 * (np.log(var.numpy()) + 1 / var.numpy())
    got = F.gaussian_nll_loss(X, Y, var, reduction="none")
    np.testing.assert_allclose(got.numpy(), np.broadcast_to(expected, (2, 3)), rtol=1e-6)
    assert F.gaussian_nll_loss(torch.zeros(4, 3, 2, 2), torch.ones(4, 3, 2, 2), torch.ones(4, 1, 2, 2)).item() == 0.5
    assert F.gaussian_nll_loss(X, Y, 1.0).item() == 0.5


def test_hardtanh_by_its_old_names():
    with pytest.warns(FutureWarning, match="`min_value` is deprecated and renamed to `min_val`"):
        assert nn.Hardtanh(min_value=-2.0).min_val == -2


def test_batched_gradients_and_old_names_of_backward():
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = torch.tensor([1.0, 1.0, 1.0], requires_grad=True)
    rows, other = torch.autograd.grad(x**2 * y, [x, y], torch.eye(3), is_grads_batched=True)
    np.testing.assert_array_equal(rows.numpy(), np.diag([2, 4, 6]))
    np.testing.assert_array_equal(other.numpy(), np.diag([1, 4, 9]))
    with pytest.raises(AutogradError, match="of one first dimension"):
        torch.autograd.grad((x * y).sum(), [x], torch.tensor(1.0), is_grads_batched=True)
    with pytest.warns(FutureWarning, match="grad_variables"):
        torch.autograd.backward([x * 2], grad_variables=[torch.ones(3)])
    assert x.grad.tolist() == [2, 2, 2]


def test_settings_of_optimisers_and_data_are_checked():
    p, data = [nn.Parameter(np.ones(1))], nn.data.TensorDataset(torch.ones(4, 1))
    for call, message in (
        (lambda: nn.optim.Adam(p, betas=(0.9,)), "Invalid betas: wanted two numbers"),
        (lambda: nn.data.DataLoader(data, persistent_workers=True), "persistent_workers option needs num_workers > 0"),
        (lambda: nn.data.RandomSampler(data, replacement=3), "replacement should be a boolean value"),
        (lambda: nn.data.WeightedRandomSampler([1.0], 1, replacement=3), "replacement should be a boolean value"),
        (lambda: nn.data.BatchSampler([0], 2, 3), "drop_last should be a boolean value"),
    ):
        with pytest.raises((AutogradError, TypeError), match=message):
            call()
