"""Layers with weights of their own for each slice, where some of their inputs are the same for all of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd
from autograd import func
from autograd.extend import apply
from autograd.ops import each
from nn import functional as F
from nn.functional import cross_entropy
from tests import naive

SETTINGS = {"stride": (2,), "padding": (1,), "dilation": (1,), "groups": 1}


def repeated(array, times=3):
    return np.broadcast_to(array[0], (times, *array.shape[1:]))


def cases(rng, *shapes):
    """Arrays of these shapes, each either repeated or not; the last one may be missing."""
    for alike in itertools.product((False, True), repeat=len(shapes)):
        arrays = [rng.standard_normal(shape) for shape in shapes]
        arrays = [repeated(a) if same else a for a, same in zip(arrays, alike, strict=True)]
        yield arrays
        yield [*arrays[:-1], None]


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("inside", [1, 5])
def test_a_linear_layer_of_each_slice(rng, rows, inside):
    for x, w, bias in cases(rng, (3, rows, inside), (3, 2, inside), (3, 2)):
        want = np.einsum("bni,boi->bno", x, w) + (0 if bias is None else bias[:, None])
        np.testing.assert_allclose(apply(each.linear_each, x, w, bias).numpy(), want, rtol=1e-12)


@pytest.mark.parametrize("count", [1, 2])
def test_a_convolution_of_each_slice(rng, count):
    for x, w, bias in cases(rng, (3, count, 2, 7), (3, 4, 2, 3), (3, 4)):
        shifts = [None] * 3 if bias is None else bias
        want = [naive.conv(*part, *SETTINGS.values(), (4,)) for part in zip(x, w, shifts, strict=True)]
        got = apply(each.conv_each, x, w, bias, **SETTINGS, size=(4,)).numpy()
        np.testing.assert_allclose(got, np.stack(want), rtol=1e-12)


@pytest.mark.parametrize("few", [0, 1 << 62], ids=["slice by slice", "all examples"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_weights_gradient_of_each_slice(rng, monkeypatch, few, count):
    monkeypatch.setattr(each, "_FEW", few)
    dz, x = rng.standard_normal((3, count, 4, 4)), rng.standard_normal((3, count, 2, 7))
    want = [naive.conv_weight_grad(*part, *SETTINGS.values(), (3,)) for part in zip(dz, x, strict=True)]
    got = apply(each.conv_weight_grad_each, dz, x, **SETTINGS, size=(3,)).numpy()
    np.testing.assert_allclose(got, np.stack(want), rtol=1e-12)


@pytest.mark.parametrize("shape", [(1, 5), (4, 5), (1, 5, 2), (4, 5, 2, 3)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_of_one_and_of_several_examples(rng, shape, reduction):
    """The examples of all slices are one batch; a single example of a slice has nothing to sum up."""
    x = autograd.tensor(rng.standard_normal((3, *shape)))
    y = autograd.tensor(rng.integers(0, 5, (3, shape[0], *shape[2:])))

    def loss(x, y):
        return cross_entropy(x, y, reduction=reduction).sum()

    got = func.vmap(func.grad(loss))(x, y)
    np.testing.assert_allclose(
        got.numpy(), np.stack([func.grad(loss)(a, b).numpy() for a, b in zip(x, y, strict=True)])
    )


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    "settings", [{}, {"weight": [0.5, 1.0, 2.0, 0.1, 3.0]}, {"label_smoothing": 0.1}, {"ignore_index": 2}]
)
def test_losses_of_which_some_targets_count_less(rng, loss, reduction, settings):
    """How much counts altogether differs between the slices."""
    settings = {**settings, "reduction": reduction}
    if loss is F.nll_loss:
        settings.pop("label_smoothing", None)
    if "weight" in settings:
        settings["weight"] = autograd.tensor(settings["weight"], dtype=np.float64)
    off = settings.get("ignore_index", -100)
    x = autograd.tensor(rng.standard_normal((3, 4, 5)))
    y = autograd.tensor([[0, off, 1, 3], [off, off, 3, 4], [0, 1, 4, 3]])

    def total(x, y):
        return loss(x, y, **settings).sum()

    got = func.vmap(func.grad_and_value(total))(x, y)
    want = [func.grad_and_value(total)(a, b) for a, b in zip(x, y, strict=True)]
    for z, parts in zip(got, zip(*want, strict=True), strict=True):
        np.testing.assert_allclose(z.numpy(), np.stack([part.numpy() for part in parts]), rtol=1e-10)


def test_the_mean_over_nothing_is_nan_in_its_slice_alone():
    x, y = autograd.zeros(2, 1, 4), autograd.tensor([[1], [-100]])
    np.testing.assert_allclose(func.vmap(F.cross_entropy)(x, y).numpy(), [np.log(4), np.nan])


def test_a_label_that_is_no_class_is_found_in_any_slice():
    x, y = autograd.zeros(3, 1, 4), autograd.tensor([[0], [1], [4]])
    with pytest.raises(autograd.errors.LabelError, match="Target 4 is out of bounds"):
        func.vmap(F.cross_entropy)(x, y)
