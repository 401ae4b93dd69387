"""Losses and functions of layers, all of whose arguments are mapped over, targets and indices too: as the loop."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import func
from nn import functional as F

SLICES = 3


class Draw:
    """Makes arguments for all slices, always the same ones."""

    def __init__(self):
        self.rng = np.random.default_rng(2)

    def real(self, *shape):
        return autograd.tensor(self.rng.standard_normal((SLICES, *shape)))

    def share(self, *shape):
        return autograd.tensor(self.rng.uniform(0.1, 0.9, (SLICES, *shape)))

    def sign(self, *shape):
        return autograd.tensor(self.rng.choice([-1.0, 1.0], (SLICES, *shape)))

    def below(self, high, *shape):
        return autograd.tensor(self.rng.integers(0, high, (SLICES, *shape)))


def _ctc(x, labels):
    return F.ctc_loss(x.log_softmax(2), labels + 1, autograd.tensor([6, 6]), autograd.tensor([2, 3]))


def _ctc_in_a_row(x, labels):
    return F.ctc_loss(x.log_softmax(2), labels + 1, [6, 6], [2, 3])


def _unpooled(x):
    return F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2).sin().sum()


LISTED = np.tile([3, 0, -1, 1, 2], (SLICES, 4, 1))

FUNCTIONS = {
    "mse": lambda d: (F.mse_loss, d.real(4, 5), d.real(4, 5)),
    "huber": lambda d: (F.huber_loss, d.real(4, 5), d.real(4, 5)),
    "binary cross-entropy": lambda d: (F.binary_cross_entropy, d.share(4), d.share(4)),
    "the same with logits": lambda d: (F.binary_cross_entropy_with_logits, d.real(4), d.share(4)),
    "Kullback-Leibler": lambda d: (F.kl_div, d.real(4, 5), d.share(4, 5)),
    "cross-entropy of probabilities": lambda d: (F.cross_entropy, d.real(4, 5), d.real(4, 5).softmax(2)),
    "cross-entropy of images": lambda d: (F.cross_entropy, d.real(2, 5, 3, 3), d.below(5, 2, 3, 3)),
    "cross-entropy of one": lambda d: (F.cross_entropy, d.real(5), d.below(5)),
    "cosine embedding": lambda d: (F.cosine_embedding_loss, d.real(4, 5), d.real(4, 5), d.sign(4)),
    "hinge embedding": lambda d: (F.hinge_embedding_loss, d.real(4), d.sign(4)),
    "margin ranking": lambda d: (F.margin_ranking_loss, d.real(4), d.real(4), d.sign(4)),
    "soft margin": lambda d: (F.soft_margin_loss, d.real(4), d.sign(4)),
    "multi margin": lambda d: (F.multi_margin_loss, d.real(4, 5), d.below(5, 4)),
    "multi margin, weighted": lambda d: (
        lambda x, y: F.multi_margin_loss(x, y, weight=np.arange(1.0, 6.0)), d.real(4, 5), d.below(5, 4)
    ),
    "multilabel margin": lambda d: (F.multilabel_margin_loss, d.real(4, 5), autograd.tensor(LISTED)),
    "multilabel soft margin": lambda d: (F.multilabel_soft_margin_loss, d.real(4, 5), d.below(2, 4, 5).double()),
    "Poisson": lambda d: (F.poisson_nll_loss, d.real(4), d.share(4)),
    "Gauss": lambda d: (F.gaussian_nll_loss, d.real(4), d.real(4), d.share(4)),
    "triplet": lambda d: (F.triplet_margin_loss, d.real(4, 5), d.real(4, 5), d.real(4, 5)),
    "CTC": lambda d: (_ctc, d.real(6, 2, 5), d.below(4, 2, 3)),
    "CTC, labels in a row": lambda d: (_ctc_in_a_row, d.real(6, 2, 5), d.below(4, 5)),
    "embedding": lambda d: (lambda w, i: F.embedding(i, w).sin().sum(), d.real(5, 2), d.below(5, 3)),
    "embedding bag": lambda d: (lambda w, i: F.embedding_bag(i, w).sin().sum(), d.real(5, 2), d.below(5, 3, 2)),
    "one-hot": lambda d: (lambda x, i: (F.one_hot(i, 5) * x).sum(), d.real(4, 5), d.below(5, 4)),
    "attention with a mask": lambda d: (
        lambda q, m: F.scaled_dot_product_attention(q, q, q, attn_mask=m).sum(), d.real(1, 4, 3), d.real(1, 4, 4)
    ),
    "samples of a grid": lambda d: (
        lambda x, g: F.grid_sample(x, g, align_corners=False).sin().sum(), d.real(1, 2, 4, 4), d.share(1, 3, 3, 2)
    ),
    "interpolation": lambda d: (
        lambda x: F.interpolate(x, scale_factor=2, mode="bilinear").sin().sum(), d.real(1, 2, 4, 4)
    ),
    "unfold": lambda d: (lambda x: F.unfold(x, 2).sin().sum(), d.real(1, 2, 4, 4)),
    "pixels to places": lambda d: (lambda x: F.pixel_shuffle(x, 2).sin().sum(), d.real(1, 4, 2, 2)),
    "max pool": lambda d: (lambda x: F.adaptive_max_pool2d(x, 2).sum(), d.real(1, 2, 5, 5)),
    "max unpool": lambda d: (_unpooled, d.real(1, 2, 4, 4)),
    "batch norm": lambda d: (lambda x: F.batch_norm(x, None, None, training=True).sin().sum(), d.real(6, 4)),
    "quantile": lambda d: (lambda x: x.quantile(0.3), d.real(7)),
    "mode": lambda d: (lambda x: x.mode(0).values.sum(), d.real(5)),
    "least squares": lambda d: (lambda a, b: autograd.linalg.lstsq(a, b).solution.sum(), d.real(5, 2), d.real(5, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_arguments_mapped_over_equal_the_loop(name):
    function, *arguments = FUNCTIONS[name](Draw())
    each = func.grad_and_value(function)
    want = [each(*[a[i] for a in arguments]) for i in range(SLICES)]
    moved = func.vmap(lambda x, *rest: func.jvp(lambda x: function(x, *rest), (x,), (x.cos(),))[1])
    slopes = [(g * a.cos()).sum().numpy() for (g, _), a in zip(want, arguments[0], strict=True)]
    for z, parts in zip(func.vmap(each)(*arguments), zip(*want, strict=True), strict=True):
        np.testing.assert_allclose(z.numpy(), np.stack([part.numpy() for part in parts]), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(moved(*arguments).numpy(), np.stack(slopes), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("target", [[[1.0], [2.0]], [[0.0], [1.0]]])
def test_a_wrong_target_is_found_in_any_slice(target):
    with pytest.raises(autograd.errors.LabelError, match="targets must be 1 or -1"):
        func.vmap(F.hinge_embedding_loss)(autograd.zeros(2, 1), autograd.tensor(target))
