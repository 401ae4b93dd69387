"""Attention as loops, against the formula."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Tensor
from kernels.attention import plain as attention
from kernels.machine import jit
from nn import functional as F
from tests import naive


def draw(size, dtype, seed=0):
    return (3 * np.random.default_rng(seed).standard_normal(size)).astype(dtype)


@pytest.mark.parametrize(
    ("lead", "targets", "sources", "features"),
    [((), 1, 1, 1), ((2,), 3, 17, 5), ((2, 3), 33, 31, 8), ((40,), 20, 16, 4), ((2,), 300, 300, 3)],
)
@pytest.mark.parametrize("kind", ["", "causal", "blank"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_attention(lead, targets, sources, features, kind, dtype):
    if not jit.ENABLED and targets == 300:
        pytest.skip("takes long as Python")
    q, k, v = (
        draw((*lead, n, e), dtype, n + e) / 2 for n, e in ((targets, features), (sources, features), (sources, 6))
    )
    bias = None
    if kind:
        bias = np.where(np.tri(targets, sources, dtype=bool), draw((targets, sources), dtype), -np.inf).astype(dtype)
        if kind == "blank":
            bias[-1] = -np.inf
    z, weights = attention.attention(q, k, v, bias, 0.4)
    dz = draw(z.shape, dtype, 9)
    grads = attention.attention_grad(dz, q, k, v, weights, 0.4)
    wide = [a.astype(np.float64) for a in (q, k, v, dz)]
    wanted = naive.attention(*wide, bias, 0.4)
    for ours, exact in zip((z, *grads), wanted, strict=True):
        np.testing.assert_allclose(ours, exact, rtol=1e-4, atol=2e-4 if dtype == np.float32 else 1e-11)
        assert ours.dtype == dtype


def test_the_function_chooses_the_same_with_any_mask():
    rng = np.random.default_rng(0)
    q, k, v = (Tensor(rng.standard_normal((2, 3, 20, 8)).astype(np.float32), requires_grad=True) for _ in range(3))
    lower = np.tri(20, dtype=bool)
    masks = [
        lower,
        np.where(lower, 0, -np.inf).astype(np.float32),
        lower[None, None],
        np.broadcast_to(lower, (2, 3, 20, 20)),
    ]
    wanted = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    for mask in masks:
        z = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        np.testing.assert_allclose(z.detach().numpy(), wanted.detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_heads_are_read_where_they_lie(dtype):
    """Parts of one array, with gaps between rows and matrices, backwards, the same for all; dz in another order."""
    together = draw((2, 33, 3, 4, 8), dtype)
    q, k, v = (together[:, :, part].swapaxes(1, 2) for part in range(3))
    k = k[:, ::-1]
    v = np.broadcast_to(v[:, :1], v.shape)
    bias = np.where(np.tri(33, dtype=bool), 0, -np.inf).astype(dtype)
    z, weights = attention.attention(q, k, v, bias, 0.4)
    dz = draw((33, 2, 8, 4), dtype, 9).transpose(1, 3, 0, 2)
    plain = [np.ascontiguousarray(x) for x in (q, k, v)]
    same, same_weights = attention.attention(*plain, bias, 0.4)
    np.testing.assert_array_equal(z, same)
    np.testing.assert_array_equal(weights, same_weights)
    grads = attention.attention_grad(dz, q, k, v, weights, 0.4)
    wanted = attention.attention_grad(np.ascontiguousarray(dz), *plain, weights, 0.4)
    for ours, other in zip(grads, wanted, strict=True):
        np.testing.assert_array_equal(ours, other)
        assert ours.flags.c_contiguous
