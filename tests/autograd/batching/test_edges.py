"""Maps over nothing, writes into mapped arrays, and norms whose parameters are the same for all slices."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import GraphError
from autograd.func import grad, vmap
from nn import functional as F


@pytest.mark.parametrize("size", [2, 40])  # below and above what compiled loops are for
@pytest.mark.parametrize(
    "layer",
    [
        nn.LayerNorm((3, 4)),
        nn.LayerNorm(4),
        nn.RMSNorm(4),
        nn.GroupNorm(3, 6),
        nn.InstanceNorm1d(6, affine=True),
        nn.BatchNorm1d(6, track_running_stats=False),
    ],
    ids=lambda layer: str(layer),
)
def test_a_norm_of_mapped_values(rng, layer, size):
    layer = layer.double()
    for p in layer.parameters():
        p.data = autograd.tensor(rng.standard_normal(p.shape))
    shape = (3, 4) if type(layer) in (nn.LayerNorm, nn.RMSNorm) else (6, 4)
    x = autograd.tensor(rng.standard_normal((5, size, *shape)), requires_grad=True)
    u = autograd.tensor(rng.standard_normal(x.shape))

    def gradients(z):
        return autograd.grad((z * u).sum(), (x, *layer.parameters()))

    mapped, alone = vmap(layer)(x), autograd.stack([layer(part) for part in x])
    np.testing.assert_allclose(mapped.detach().numpy(), alone.detach().numpy(), 1e-12, 1e-14)
    for a, b in zip(gradients(mapped), gradients(alone), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-10, 1e-12)


def test_gradients_of_no_slices_are_zeros_whatever_is_made_up():
    a = autograd.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    b = autograd.ones(0, 3, requires_grad=True)
    z = vmap(lambda b: (a**b).log() * a.sqrt() / (b - 1), in_dims=0)(b)
    assert z.shape == (0, 3)
    assert z.requires_grad
    (da, db) = autograd.grad(z.sum(), (a, b))
    assert da.tolist() == [0, 0, 0]
    assert db.shape == (0, 3)
    computed = a * 2  # no leaf
    (dc,) = autograd.grad(vmap(lambda b, c: b * c, (0, None))(b, computed).sum(), computed)
    assert dc.tolist() == [0, 0, 0]
    assert not vmap(lambda b: b > 0)(b).requires_grad
    assert vmap(grad(lambda b: (b * a).sum()))(b).shape == (0, 3)


def test_a_write_by_numpy_into_what_was_drawn():
    x = autograd.ones(3, 2, 8, 5)
    z = vmap(lambda x: F.dropout1d(x, 0.5), randomness="different")(x)
    kept = z.reshape(3 * 16, 5)
    assert set(kept.flatten().tolist()) <= {0.0, 2.0}
    assert (kept == kept[:, :1]).all()
    assert len({tuple(row) for row in z.reshape(3, -1).tolist()}) == 3
    drawn = vmap(lambda x: nn.init.uniform_(x.clone(), 2, 3), randomness="different")(x)
    assert ((drawn >= 2) & (drawn < 3)).all()
    assert len(set(drawn[:, 0, 0, 0].tolist())) == 3
    with pytest.raises(GraphError, match="not mapped over"):
        vmap(lambda x: np.multiply(x._array, 2, out=np.zeros((2, 8, 5), np.float32)))(x)


def test_out_dims_of_a_single_result():
    assert vmap(lambda a: a * 2, out_dims=(1,))(autograd.ones(2, 3)).shape == (3, 2)


@pytest.mark.parametrize("size", [5, 3000])  # below and above what compiled loops are for
def test_dropout_of_the_same_elements(size):
    x = autograd.ones(3, size, requires_grad=True)
    z = vmap(lambda x: F.dropout(x, 0.5), randomness="same")(x)
    (g,) = autograd.grad(z.sum(), x)
    for found in (z, g):
        assert (found == found[0]).all()
        assert set(found.flatten().tolist()) <= {0.0, 2.0}
    assert 0.0 in z[0].tolist() or size == 5
    slopes = autograd.func.jacrev(lambda x: F.dropout(x, 0.5))(autograd.ones(60))
    assert set(slopes.diagonal().tolist()) == {0.0, 2.0}
    assert slopes.sum() == slopes.diagonal().sum()
