"""Attention over the full product of small sizes, masks and flags, in both ways to compute, one query at a time.

Among the masks are those that leave a query nothing to attend to: its result is zeros, and so are its gradients.
"""

import itertools

import numpy as np
import pytest

import autograd
import nn.functional as F

LEADS = ((), (2,), (1, 2))


def masks(rng, lead, targets, sources):
    """Every kind of mask: none, causal, bool and added; one for all, one per batch, one row for all queries."""
    yield "none", None, False
    yield "causal", None, True
    shapes = {(targets, sources), (1, sources), (*lead, targets, sources), (*[1] * len(lead), targets, sources)}
    for shape in sorted(shapes):
        allowed = rng.random(shape) < 0.6
        yield "bool", allowed, False
        yield "nothing", np.zeros(shape, bool), False
        yield "added", rng.standard_normal(shape), False
        yield "-inf", np.where(allowed, rng.standard_normal(shape), -np.inf), False


def one_by_one(q, k, v, dz, mask, causal, scale):
    """z and the gradients of q, k and v."""
    z, dq, dk, dv = np.zeros(dz.shape), np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    bias = np.zeros((*q.shape[:-1], k.shape[-2]))
    if causal:
        bias = np.where(np.tri(*bias.shape[-2:], dtype=bool), bias, -np.inf)
    if mask is not None:
        bias = bias + (np.where(mask, 0, -np.inf) if mask.dtype == bool else mask)
    for at in np.ndindex(q.shape[:-1]):
        n = at[:-1]
        scores = k[n] @ q[at] * scale + bias[at]
        if (scores == -np.inf).all():
            continue
        w = np.exp(scores - scores.max())
        w /= w.sum()
        z[at] = w @ v[n]
        dw = v[n] @ dz[at]
        ds = w * (dw - (w * dw).sum()) * scale
        dq[at] = ds @ k[n]
        dk[n] += np.outer(ds, q[at])
        dv[n] += np.outer(w, dz[at])
    return z, dq, dk, dv


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scaled_dot_product_attention(way, dtype, rng):
    tolerance = 1e-5 if dtype == np.float32 else 1e-11
    for lead, targets, sources, (width, values) in itertools.product(LEADS, (1, 2, 3), (1, 2, 3), ((1, 3), (2, 1))):
        shapes = (*lead, targets, width), (*lead, sources, width), (*lead, sources, values), (*lead, targets, values)
        q, k, v, dz = [rng.standard_normal(shape) for shape in shapes]
        for (kind, mask, causal), scale in itertools.product(masks(rng, lead, targets, sources), (None, 0.3)):
            what = (lead, targets, sources, width, values, kind, None if mask is None else mask.shape, scale)
            expected = one_by_one(q, k, v, dz, mask, causal, width**-0.5 if scale is None else scale)
            inputs = [autograd.tensor(a.astype(dtype), requires_grad=True) for a in (q, k, v)]
            given = None if mask is None else autograd.tensor(mask if mask.dtype == bool else mask.astype(dtype))
            z = F.scaled_dot_product_attention(*inputs, given, 0.0, causal, scale)
            assert z.dtype == dtype, what
            grads = autograd.grad(z, inputs, autograd.tensor(dz.astype(dtype)))
            for got, wanted in zip((z, *grads), expected, strict=True):
                assert np.allclose(got.numpy(force=True), wanted, tolerance, tolerance), what


def test_heads_that_share_keys(way, rng):
    for heads, shared, targets, sources, causal in itertools.product((2, 4), (1, 2), (1, 3), (1, 3), (False, True)):
        q = rng.standard_normal((2, heads, targets, 2))
        k, v = rng.standard_normal((2, shared, sources, 2)), rng.standard_normal((2, shared, sources, 3))
        each = heads // shared
        z = F.scaled_dot_product_attention(*map(autograd.tensor, (q, k, v)), is_causal=causal, enable_gqa=True)
        whole = [np.repeat(a, each, 1) for a in (k, v)]
        expected = one_by_one(q, *whole, np.zeros((2, heads, targets, 3)), None, causal, 2**-0.5)[0]
        assert np.allclose(z.numpy(), expected, 1e-12, 1e-12), (heads, shared, targets, sources, causal)


def test_sizes_of_zero(way):
    """No queries, nothing to attend to, or values without elements: zeros of the right shape, and gradients alike."""
    for sizes in itertools.product((0, 1, 2), repeat=4):
        batch, targets, sources, values = sizes
        if 0 not in sizes:
            continue
        shapes = (batch, targets, 2), (batch, sources, 2), (batch, sources, values)
        inputs = [autograd.ones(*shape, requires_grad=True) for shape in shapes]
        for causal in (False, True):
            z = F.scaled_dot_product_attention(*inputs, is_causal=causal)
            assert z.shape == (batch, targets, values), sizes
            assert not z.numpy(force=True).any() or sources, sizes
            for t, g in zip(inputs, autograd.grad(z.sum(), inputs), strict=True):
                assert g.shape == t.shape, sizes
                assert np.isfinite(g.numpy()).all(), sizes
