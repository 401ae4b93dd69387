"""Conventions and errors of the losses; their values are checked in test_functional.py."""

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import DTypeError, LabelError, SettingError, ShapeError
from autograd.modes import tape


def scores(*shape, dtype=np.float32):
    values = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    return autograd.tensor(values, requires_grad=True)


def test_cross_entropy_of_class_indices_is_one_record():
    x = scores(4, 3)
    F.cross_entropy(x, np.array([0, 1, 2, 0]))
    assert [record.op for record in tape()] == ["cross_entropy"]


def test_cross_entropy_gradient_is_softmax_minus_one_hot():
    x, target = scores(4, 3), np.array([0, 1, 2, 0])
    F.cross_entropy(x, target).backward()
    expected = (x.detach().softmax(1).numpy() - np.eye(3)[target]) / 4
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-6, atol=1e-7)


def test_cross_entropy_has_a_second_derivative():
    x = scores(2, 3, dtype=np.float64)

    def loss(z):
        return F.cross_entropy(z, np.array([0, 2]), np.array([1.0, 2.0, 3.0]), label_smoothing=0.1)

    (g,) = autograd.grad(loss(x), [x], create_graph=True)
    (h,) = autograd.grad((g * g).sum(), [x])
    step = 1e-6
    slope = np.zeros((2, 3))
    for index in np.ndindex(2, 3):
        sums = []
        for sign in (1, -1):
            moved = x.detach().numpy().copy()
            moved[index] += sign * step
            leaf = autograd.tensor(moved, requires_grad=True)
            (g,) = autograd.grad(loss(leaf), [leaf])
            sums.append((g.numpy() ** 2).sum())
        slope[index] = (sums[0] - sums[1]) / (2 * step)
    np.testing.assert_allclose(h.numpy(), slope, rtol=1e-6, atol=1e-9)


def test_cross_entropy_survives_huge_scores():
    x = autograd.tensor(np.array([[1e4, -1e4, 0.0]], np.float32), requires_grad=True)
    loss = F.cross_entropy(x, np.array([1]))
    loss.backward()
    assert loss.item() == 2e4
    assert x.grad.tolist() == [[1.0, -1.0, 0.0]]


def test_a_class_excluded_by_minus_infinity_gets_no_gradient():
    x = autograd.tensor(np.array([[0.0, -np.inf, 0.0]], np.float32), requires_grad=True)
    loss = F.cross_entropy(x, np.array([0]))
    loss.backward()
    assert loss.item() == pytest.approx(np.log(2))
    assert x.grad.tolist() == [[-0.5, 0.0, 0.5]]


def test_ignored_rows_may_hold_nan():
    x = autograd.tensor(np.array([[np.nan, np.inf], [0.0, 0.0]], np.float32), requires_grad=True)
    loss = F.cross_entropy(x, np.array([-100, 1]))
    loss.backward()
    assert loss.item() == pytest.approx(np.log(2))
    assert x.grad.tolist() == [[0.0, 0.0], [0.5, -0.5]]


def test_all_targets_ignored_is_nan_and_sums_to_zero():
    x = scores(2, 3)
    assert np.isnan(F.cross_entropy(x, np.array([-100, -100])).item())
    assert F.cross_entropy(x, np.array([-100, -100]), reduction="sum").item() == 0
    assert np.isnan(F.nll_loss(x, np.array([-100, -100])).item())


def test_an_empty_batch_is_nan():
    assert np.isnan(F.cross_entropy(scores(0, 3), np.zeros(0, np.int64)).item())
    assert F.cross_entropy(scores(0, 3), np.zeros(0, np.int64), reduction="sum").item() == 0


@pytest.mark.parametrize("label", [10, -1])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss, F.multi_margin_loss])
def test_labels_are_checked(loss, label):
    with pytest.raises(LabelError, match=rf"Target {label} is out of bounds. There are 10 classes, 0 to 9"):
        loss(scores(2, 10), np.array([3, label]))
    with pytest.raises(IndexError):
        loss(scores(2, 10), np.array([3, label]))


def test_one_hot_integers_say_what_to_do():
    with pytest.raises(ShapeError, match="one-hot targets must be floating point"):
        F.cross_entropy(scores(2, 3), np.eye(3, dtype=int)[:2])


def test_a_column_of_labels_says_what_to_do():
    with pytest.raises(ShapeError, match=r"Expected target size \[2\], got \[2, 1\].*squeeze"):
        F.cross_entropy(scores(2, 3), np.array([[0], [1]]))


def test_weights_must_cover_the_classes():
    with pytest.raises(ShapeError, match="either for all 3 classes or no classes"):
        F.cross_entropy(scores(2, 3), np.array([0, 1]), np.ones(2))


def test_softmax_before_cross_entropy_warns():
    with pytest.warns(UserWarning, match="applies softmax itself"):
        F.cross_entropy(scores(2, 3).softmax(1), np.array([0, 1]))


def test_integer_scores_are_refused():
    with pytest.raises(DTypeError, match="floating point input"):
        F.cross_entropy(autograd.tensor([[1, 2]]), np.array([0]))


@pytest.mark.parametrize(
    "loss",
    [
        F.mse_loss,
        F.l1_loss,
        F.smooth_l1_loss,
        F.huber_loss,
        F.binary_cross_entropy,
        F.binary_cross_entropy_with_logits,
        F.hinge_loss,
        F.soft_margin_loss,
        F.kl_div,
        F.poisson_nll_loss,
    ],
)
def test_shapes_are_not_broadcast(loss):
    with pytest.raises(ShapeError, match=r"\(5,\).*different to the input size \(5, 1\)"):
        loss(scores(5, 1), np.ones(5, np.float32))


@pytest.mark.parametrize("loss", [F.mse_loss, F.cross_entropy, F.nll_loss, F.binary_cross_entropy_with_logits])
def test_unknown_reductions_are_refused(loss):
    target = np.array([0, 1]) if loss in (F.cross_entropy, F.nll_loss) else np.ones((2, 3))
    with pytest.raises(SettingError, match="'avg' is not a valid value for reduction"):
        loss(scores(2, 3), target, reduction="avg")


def test_targets_take_the_dtype_of_the_input():
    assert F.mse_loss(scores(3), np.ones(3)).dtype == np.float32
    assert F.mse_loss(scores(3), np.ones(3, np.int64)).dtype == np.float32


def test_probabilities_must_be_probabilities():
    with pytest.raises(LabelError, match="all elements of input should be between 0 and 1"):
        F.binary_cross_entropy(autograd.tensor([0.5, 1.5]), np.ones(2))


def test_certain_and_wrong_costs_100():
    x = autograd.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    loss = F.binary_cross_entropy(x, np.array([1.0, 0.0, 0.0, 1.0]), reduction="none")
    assert loss.tolist() == [100.0, 100.0, 0.0, 0.0]
    loss.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [-1e12, 1e12, 0, 0], rtol=1e-6)


def test_logits_neither_overflow_nor_round():
    x = autograd.tensor([1000.0, -1000.0, -30.0], dtype=np.float64, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, np.array([0.0, 1.0, 0.0]), reduction="none")
    np.testing.assert_allclose(loss.detach().numpy(), [1000.0, 1000.0, np.log1p(np.exp(-30))], rtol=1e-14)


def test_hinge_loss_takes_both_ways_to_write_two_classes():
    x = scores(6)
    signs = np.array([1, -1, 1, -1, -1, 1])
    expected = np.maximum(0, 1 - signs * x.detach().numpy())
    np.testing.assert_allclose(F.hinge_loss(x, signs, reduction="none").detach().numpy(), expected, rtol=1e-6)
    np.testing.assert_allclose(
        F.hinge_loss(x, (signs + 1) // 2, reduction="none").detach().numpy(), expected, rtol=1e-6
    )
    with pytest.raises(LabelError, match="-1 and 1, or 0 and 1"):
        F.hinge_loss(x, np.array([0, 1, 2, 0, 1, 0]))


def test_equal_vectors_have_distance_gradient_zero_without_eps():
    x = autograd.tensor([[1.0, 2.0]], requires_grad=True)
    F.pairwise_distance(x, x.detach(), eps=0.0).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0]]


def test_negative_variance_is_refused():
    with pytest.raises(SettingError, match="negative"):
        F.gaussian_nll_loss(scores(2), np.ones(2), np.array([1.0, -1.0]))


X, LABELS = (3, 4), np.array([0, 3, 1])
TARGET = np.linspace(0.1, 0.9, 12, dtype=np.float32).reshape(X)
SIGNS = np.where(TARGET > 0.5, 1.0, -1.0).astype(np.float32)
MODULES = [
    (nn.CrossEntropyLoss(np.ones(4), label_smoothing=0.1), F.cross_entropy, (LABELS,), {"label_smoothing": 0.1}),
    (nn.NLLLoss(ignore_index=3), F.nll_loss, (LABELS,), {"ignore_index": 3}),
    (nn.BCEWithLogitsLoss(pos_weight=np.ones(4)), F.binary_cross_entropy_with_logits, (TARGET,), {}),
    (nn.MSELoss(reduction="sum"), F.mse_loss, (TARGET,), {"reduction": "sum"}),
    (nn.L1Loss(), F.l1_loss, (TARGET,), {}),
    (nn.SmoothL1Loss(beta=0.5), F.smooth_l1_loss, (TARGET,), {"beta": 0.5}),
    (nn.HuberLoss(delta=0.5), F.huber_loss, (TARGET,), {"delta": 0.5}),
    (
        nn.KLDivLoss(reduction="batchmean", log_target=True),
        F.kl_div,
        (TARGET,),
        {"reduction": "batchmean", "log_target": True},
    ),
    (nn.PoissonNLLLoss(full=True), F.poisson_nll_loss, (TARGET,), {"full": True}),
    (nn.GaussianNLLLoss(full=True), F.gaussian_nll_loss, (TARGET, TARGET), {"full": True}),
    (nn.HingeLoss(2.0), F.hinge_loss, (SIGNS,), {"margin": 2.0}),
    (nn.SoftMarginLoss(), F.soft_margin_loss, (SIGNS,), {}),
    (nn.MultiMarginLoss(2, 0.5), F.multi_margin_loss, (LABELS,), {"p": 2, "margin": 0.5}),
    (nn.MultiLabelMarginLoss(), F.multilabel_margin_loss, (np.array([[0, 1, -1, 2]] * 3),), {}),
    (nn.MultiLabelSoftMarginLoss(), F.multilabel_soft_margin_loss, (TARGET,), {}),
    (nn.HingeEmbeddingLoss(0.5), F.hinge_embedding_loss, (SIGNS,), {"margin": 0.5}),
    (nn.MarginRankingLoss(0.5), F.margin_ranking_loss, (TARGET, SIGNS), {"margin": 0.5}),
    (nn.CosineEmbeddingLoss(0.1), F.cosine_embedding_loss, (TARGET, SIGNS[:, 0]), {"margin": 0.1}),
    (nn.TripletMarginLoss(p=1.0), F.triplet_margin_loss, (TARGET, SIGNS), {"p": 1.0}),
    (nn.TripletMarginWithDistanceLoss(swap=True), F.triplet_margin_with_distance_loss, (TARGET, SIGNS), {"swap": True}),
]


@pytest.mark.parametrize(("module", "function", "arguments", "settings"), MODULES, ids=lambda x: type(x).__name__)
def test_modules_are_the_functions(module, function, arguments, settings):
    x = scores(*X)
    assert module(x, *arguments).item() == pytest.approx(function(x, *arguments, **settings).item(), rel=1e-6)
    assert repr(module) == type(module).__name__ + "()"


def test_bce_module():
    x = autograd.tensor(TARGET)
    assert nn.BCELoss(reduction="sum")(x, TARGET).item() == pytest.approx(
        F.binary_cross_entropy(x, TARGET, reduction="sum").item()
    )


def test_class_weights_are_buffers():
    loss = nn.CrossEntropyLoss(np.array([1.0, 2.0]))
    assert list(loss.state_dict()) == ["weight"]
    assert list(nn.CrossEntropyLoss().state_dict()) == []


def test_modules_refuse_unknown_reductions_at_once():
    with pytest.raises(SettingError, match="reduction"):
        nn.MSELoss(reduction="avg")


def test_ignored_targets_get_no_gradient_with_label_smoothing_either():
    x = autograd.tensor(np.array([[1.0, np.inf], [1.0, 2.0]]), requires_grad=True)
    loss = F.cross_entropy(x, np.array([-100, 0]), label_smoothing=0.2)
    loss.backward()
    p = np.exp(2.0) / (np.exp(1.0) + np.exp(2.0))
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0], [1 - p - 0.9, p - 0.1]])
    x = autograd.tensor([[1.0, 2.0]], requires_grad=True)
    F.cross_entropy(x, np.array([-100]), label_smoothing=0.2).backward()
    assert x.grad.tolist() == [[0.0, 0.0]]


def test_a_wrong_number_of_targets_is_named():
    with pytest.raises(ShapeError, match=r"Expected input batch_size \(3\) to match target batch_size \(2\)"):
        F.cross_entropy(np.zeros((3, 4), np.float32), np.array([0, 1]))
