"""Connectionist temporal classification: against all paths, one by one; lengths, edges and errors."""

import itertools

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import DTypeError, LabelError, SettingError, ShapeError


def log_probs(*shape, dtype=np.float64, seed=0):
    scores = autograd.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype), requires_grad=True)
    return scores.log_softmax(-1)


def by_paths(p, labels, blank=0):
    """-log of the sum over all paths that read as `labels`; p (T, C) are log-probabilities."""
    total = 0.0
    for path in itertools.product(range(p.shape[1]), repeat=p.shape[0]):
        merged = [label for label, _ in itertools.groupby(path)]
        if [label for label in merged if label != blank] == list(labels):
            total += np.exp(sum(p[t, label] for t, label in enumerate(path)))
    return -np.log(total) if total else np.inf


LABELS = ([], [1], [2, 1], [1, 1], [1, 2, 1], [1, 1, 2], [2, 2, 2])


@pytest.mark.parametrize("frames", [1, 2, 4, 5])
def test_the_loss_is_the_sum_over_all_paths(frames):
    x = log_probs(frames, len(LABELS), 3)
    targets = np.zeros((len(LABELS), 3), np.int64)
    for row, labels in zip(targets, LABELS, strict=True):
        row[: len(labels)] = labels
    lengths = tuple(map(len, LABELS))
    loss = F.ctc_loss(x, targets, (frames,) * len(LABELS), lengths, reduction="none")
    expected = [by_paths(x.detach().numpy()[:, n], labels) for n, labels in enumerate(LABELS)]
    np.testing.assert_allclose(loss.detach().numpy(), expected, rtol=1e-12)


def test_the_blank_may_be_any_label():
    x = log_probs(4, 2, 3)
    for blank, labels in ((1, [0, 2]), (2, [1, 0])):
        loss = F.ctc_loss(x, np.array([labels] * 2), (4, 3), (2, 1), blank, "none")
        p = x.detach().numpy()
        expected = [by_paths(p[:, 0], labels, blank), by_paths(p[:3, 1], labels[:1], blank)]
        np.testing.assert_allclose(loss.detach().numpy(), expected, rtol=1e-12)


def test_targets_in_a_row_and_lengths_of_any_kind():
    x = log_probs(5, 2, 4)
    padded = F.ctc_loss(x, np.array([[1, 2], [3, -1]]), (5, 4), (2, 1))
    for lengths in ([5, 4], [2, 1]), (autograd.tensor([5, 4]), autograd.tensor([2, 1])), (np.array([5, 4]), (2, 1)):
        assert F.ctc_loss(x, autograd.tensor([1, 2, 3]), *lengths).item() == padded.item()


def test_reductions():
    x = log_probs(5, 3, 4)
    targets, lengths = np.array([[1, 2], [3, 3], [0, 0]]), (2, 1, 0)
    each = F.ctc_loss(x, targets, (5, 5, 5), lengths, reduction="none").detach().numpy()
    assert F.ctc_loss(x, targets, (5, 5, 5), lengths, reduction="sum").item() == pytest.approx(each.sum())
    assert F.ctc_loss(x, targets, (5, 5, 5), lengths).item() == pytest.approx((each / [2, 1, 1]).mean())


def test_one_sequence_without_a_batch():
    x = log_probs(4, 3)
    loss = F.ctc_loss(x, np.array([1, 2]), (4,), (2,), reduction="none")
    assert loss.shape == ()
    assert loss.item() == pytest.approx(by_paths(x.detach().numpy(), [1, 2]))
    assert F.ctc_loss(x, np.array([1, 2]), 4, 2).item() == pytest.approx(loss.item() / 2)


def test_no_frames_fit_only_no_labels():
    loss = F.ctc_loss(log_probs(3, 2, 3), np.array([[1], [1]]), (0, 0), (0, 1), reduction="none")
    assert loss.tolist() == [0.0, np.inf]


def test_gradients_to_second_order():
    targets = np.array([[1, 1, 2], [2, 1, 2]])

    def loss(x):
        return F.ctc_loss(x.log_softmax(2), targets, (5, 4), (3, 2), reduction="none")

    x = autograd.tensor(np.random.default_rng(3).standard_normal((5, 2, 3)), requires_grad=True)
    assert autograd.gradcheck(loss, [x])
    assert autograd.gradgradcheck(loss, [x])


def test_frames_after_the_end_get_no_gradient():
    x = autograd.tensor(np.random.default_rng(3).standard_normal((5, 2, 3)), requires_grad=True)
    F.ctc_loss(x, np.array([[1], [2]]), (3, 5), (1, 1)).backward()
    assert not x.grad.numpy()[3:, 0].any()
    assert x.grad.numpy()[3:, 1].any()


@pytest.mark.parametrize(("zero_infinity", "expected"), [(False, np.inf), (True, 0.0)])
def test_what_does_not_fit_is_infinite_and_has_no_gradient(zero_infinity, expected):
    x = autograd.tensor(np.random.default_rng(3).standard_normal((3, 2, 3)), requires_grad=True)
    loss = F.ctc_loss(x.log_softmax(2), np.array([[1, 1, 1], [1, 2, 0]]), (3, 3), (3, 2), 0, "none", zero_infinity)
    loss.sum().backward()
    assert loss.tolist()[0] == expected
    assert np.isfinite(loss.tolist()[1])
    assert not x.grad.numpy()[:, 0].any()
    assert x.grad.numpy()[:, 1].all()


def test_labels_that_are_excluded_give_no_nan():
    scores = np.zeros((3, 1, 3))
    scores[:, :, 2] = -np.inf
    x = autograd.tensor(scores, requires_grad=True)
    (g,) = autograd.grad(F.ctc_loss(x.log_softmax(2), np.array([[1]]), (3,), (1,)), [x], create_graph=True)
    (h,) = autograd.grad((g * g).sum(), [x])
    assert np.isfinite(g.detach().numpy()).all()
    assert np.isfinite(h.numpy()).all()


def test_float32_stays_float32():
    x = autograd.tensor(np.zeros((4, 2, 3), np.float32), requires_grad=True)
    for reduction in ("none", "mean", "sum"):
        loss = F.ctc_loss(x.log_softmax(2), np.array([[1, 2], [2, 2]]), (4, 4), (2, 2), reduction=reduction)
        (g,) = autograd.grad(loss.sum(), [x])
        assert loss.dtype == g.dtype == np.float32


def test_the_module_is_the_function():
    x, targets = log_probs(4, 2, 3), np.array([[0, 1], [1, 1]])
    loss = nn.CTCLoss(blank=2, reduction="sum", zero_infinity=True)
    assert loss(x, targets, (4, 2), (2, 2)).item() == F.ctc_loss(x, targets, (4, 2), (2, 2), 2, "sum", True).item()
    assert repr(loss) == "CTCLoss()"
    with pytest.raises(SettingError, match="reduction"):
        nn.CTCLoss(reduction="avg")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.array([[1, 2], [1, 3]]), (4, 4), (2, 2)), LabelError, "Target 3 is out of bounds. There are 3 labels"),
        ((np.array([1, 2, 1]), (4, 4), (2, 2)), ShapeError, "as many as the target_lengths add up to, 4, got 3"),
        ((np.ones((2, 1), int), (4, 4), (2, 1)), ShapeError, r"targets of shape \(2, 2 or more\)"),
        ((np.ones((3, 2), int), (4, 4), (2, 1)), ShapeError, r"targets of shape \(2, 2 or more\)"),
        ((np.ones((2, 2)), (4, 4), (2, 1)), DTypeError, "integer class indices"),
        ((np.ones((2, 2), int), (5, 4), (2, 1)), ShapeError, "input_lengths to have value at most 4.*got 5"),
        ((np.ones((2, 2), int), (4, -1), (2, 1)), ShapeError, "input_lengths to have value at least 0, got -1"),
        ((np.ones((2, 2), int), (4, 4), (2,)), ShapeError, "target_lengths must be of size batch_size, 2, got 1"),
        ((np.ones((2, 2), int), (4.0, 4.0), (2, 1)), DTypeError, "input_lengths must be integral"),
        ((np.ones((2, 2), int), (4, 4), (2, 1), 3), SettingError, "blank must be in label range, 0 to 2, got 3"),
        ((np.ones((2, 2), int), (4, 4), (2, 1), 0, "avg"), SettingError, "reduction"),
    ],
)
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message):
        F.ctc_loss(log_probs(4, 2, 3), *arguments)


@pytest.mark.parametrize("shape", [(3,), (0, 2, 3), (4, 0, 3), (1, 1, 1, 1)])
def test_log_probs_of_a_wrong_shape(shape):
    with pytest.raises(ShapeError, match=r"ctc_loss: wanted log_probs of shape \(T, N, C\)"):
        F.ctc_loss(np.zeros(shape), np.zeros((shape[0], 0), int), (), ())
