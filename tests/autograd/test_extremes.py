"""Inputs near the largest and the smallest numbers of float16, float32 and float64.

The kind of mistake looked for: an intermediate result that does not fit, or rounds to 0, though the result fits. The
reference is the same formula in a wider dtype, or a closed form.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import tensor
from autograd.errors import DTypeError, SettingError, ShapeError

inf, nan = np.inf, np.nan
MAX32, TINY32 = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)
DTYPES = [np.float16, np.float32, np.float64]


def value_and_gradient(function, x, dtype, create_graph=False):
    """Of the sum of function(x); a float16 Tensor comes out of a float32 leaf."""
    wide = np.float32 if dtype == np.float16 else dtype
    leaf = tensor(np.asarray(x, dtype).astype(wide), requires_grad=True)
    z = function(leaf.to(np.dtype(dtype)))
    assert z.dtype == dtype
    (g,) = autograd.grad(z.sum(), leaf, create_graph=create_graph)
    return z.detach().numpy().astype(np.float64), g.detach().numpy().astype(np.float64)


def same(got, wanted, dtype=np.float64):
    rtol, atol = {np.float16: (4e-3, 6e-8), np.float32: (1e-5, 1e-44), np.float64: (1e-11, 0)}[dtype]
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=atol)


# ----------------------------------------------------------------------------------------- the result fits, or is 0


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
@pytest.mark.parametrize("dtype", DTYPES)
def test_products_are_right_where_partial_products_do_not_fit(dtype):
    """prod, cumprod and their gradients, with none, one, two and three zeros, in every order."""
    limits = np.finfo(dtype)
    big, small = float(limits.max) ** 0.4, float(limits.tiny) ** 0.4
    rows = [[big] * 4 + [0, 0], [big] * 4 + [0], [0, 0, 0] + [big] * 4, [0] + [big] * 2, [big, big, small, small]]
    rows += [[small, small, big, big], [2, 3, 4], [0, 0], [0], [5], [small] * 2 + [0, big, big]]
    for row in rows:
        x = np.asarray(row, dtype).astype(np.longdouble)
        others = np.array([np.prod(np.delete(x, i)) for i in range(x.size)]).astype(dtype).astype(np.float64)
        for create_graph in (False, True):
            z, g = value_and_gradient(lambda t: t.prod() * 1, row, dtype, create_graph)
            same(z, np.prod(x).astype(dtype), dtype) if 0 not in row or np.isfinite(z) else None
            same(g, others, dtype)
            two = value_and_gradient(lambda t: autograd.stack([t, t]).prod(1), row, dtype, create_graph)[1]
            same(two, (2 * others).astype(dtype), dtype)
        with np.errstate(over="ignore"):
            running = np.cumprod(x).astype(dtype).astype(np.float64)
        same(
            value_and_gradient(lambda t: t.cumprod(0), row, dtype)[0],
            np.where(np.cumsum(x == 0) > 0, 0, running),
            dtype,
        )
    z, g = value_and_gradient(lambda t: t.cumprod(0)[-1], [big] * 2 + [0, 0], dtype, False)
    assert z == 0
    assert not g.any()


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("p", [2, 3, 0.5, 1.5, 4, -1, -2.5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_norms_neither_overflow_nor_round_to_0(p, dtype):
    """Also the gradient, which has norm 1, and what is made of norms."""
    limits = np.finfo(dtype)
    for scale in (float(limits.max) / 64, float(limits.tiny) * 4, 1.0):
        x = np.array([1, 2, -3.0, 0.5])
        exact = np.sum(np.abs(x) ** p) ** (1 / p)
        slope = np.sign(x) * (np.abs(x) / exact) ** (p - 1)
        for shape, dim in (((4,), None), ((2, 2), (0, 1)), ((1, 4), 1)):
            for create_graph in (False, True):
                z, g = value_and_gradient(lambda t: t.norm(p, dim), (x * scale).reshape(shape), dtype, create_graph)  # noqa: B023
                np.testing.assert_allclose(z.ravel() / scale, [exact], rtol=4e-3 if dtype == np.float16 else 1e-5)
                np.testing.assert_allclose(g.ravel(), slope, rtol=6e-3 if dtype == np.float16 else 1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_variances_neither_overflow_nor_round_to_0(dtype):
    limits = np.finfo(dtype)
    x = np.array([1.0, 2, 3, 6])
    for scale in (float(limits.max) / 16, float(limits.tiny) * 2, 1.0):
        z, g = value_and_gradient(lambda t: t.std(), x * scale, dtype)
        np.testing.assert_allclose(z / scale, x.std(ddof=1), rtol=4e-3 if dtype == np.float16 else 1e-6)
        slope = (x - 3) / 3 / x.std(ddof=1)
        np.testing.assert_allclose(
            g, slope, rtol=6e-3 if dtype == np.float16 else 1e-6, atol=1e-4 if dtype == np.float16 else 1e-12
        )
    root = float(limits.max) ** 0.5
    z = tensor(np.array([root, root, 0, 0, 0], dtype)).var()
    np.testing.assert_allclose(z.item(), np.array([1.0, 1, 0, 0, 0]).var(ddof=1) * root * root, rtol=4e-3)
    var, mean = autograd.var_mean(tensor(np.array([limits.max, limits.max], dtype)))
    assert (var.item(), mean.item()) == (0, limits.max)


def test_float16_is_summed_in_float32():
    """Every reduction, scan and softmax-like function: what fits into float16 comes out as from float32."""
    hundreds, ones = tensor(np.full(1000, 100, np.float16)), tensor(np.ones(70_000, np.float16))
    assert [hundreds.mean().item(), ones.mean().item(), ones.nanmean().item()] == [100, 1, 1]
    assert [hundreds.var().item(), hundreds.std().item(), hundreds.norm(inf).item()] == [0, 0, 100]
    assert ones[:3000].cumsum(0)[-1].item() == 3000
    assert ones[:3000].reshape(3000, 1).expand(3000, 2).sum(0).tolist() == [3000, 3000]
    assert F.avg_pool1d(tensor(np.full((1, 1, 4), 60_000, np.float16)), 4).item() == tensor(60_000.0).half().item()
    functions = [
        lambda t: t.sum(),
        lambda t: t.nansum(0),
        lambda t: t.mean(1),
        lambda t: t.norm(),
        lambda t: t.norm(3, 0),
        lambda t: t.var(1),
        lambda t: t.std(0, correction=0),
        lambda t: t.logsumexp(0),
        lambda t: t.cumsum(1),
        lambda t: t.logcumsumexp(0),
        lambda t: t.softmax(1),
        lambda t: t.log_softmax(0),
        lambda t: F.layer_norm(t, (7,)),
        lambda t: F.rms_norm(t, (7,)),
        lambda t: F.group_norm(t.reshape(5, 7, 1), 7 // 7),
        lambda t: F.local_response_norm(t.reshape(5, 7, 1), 3),
        lambda t: F.mish(t),
        lambda t: F.gelu(t),
        lambda t: F.gelu(t, approximate="tanh"),
        lambda t: F.silu(t),
        lambda t: F.softplus(t),
        lambda t: F.logsigmoid(t),
        lambda t: F.cross_entropy(t, np.array([0, 6, 1, 2, 3])),
        lambda t: F.binary_cross_entropy_with_logits(t, tensor(np.ones((5, 7), np.float16))),
        lambda t: t.sinc(),
        lambda t: t.erf(),
        lambda t: t.atan2(t * 0.5),
        lambda t: t.hypot(t),
        lambda t: (t / 64) ** 3.0,
        lambda t: F.normalize(t),
        lambda t: t.renorm(2, 0, 1.0),
    ]
    rng = np.random.default_rng(0)
    for scale in (1.0, 30.0, 300.0):
        x = (rng.standard_normal((5, 7)) * scale).astype(np.float16)
        for function in functions:
            z, g = value_and_gradient(function, x, np.float16)
            wanted, slope = value_and_gradient(lambda t: function(t.float()).half(), x, np.float16)  # noqa: B023
            atol = 2e-3 * max(1, np.abs(wanted[np.isfinite(wanted)]).max(initial=0))
            np.testing.assert_allclose(z, wanted, rtol=4e-3, atol=atol)
            np.testing.assert_allclose(g, slope, rtol=2e-2, atol=4e-3 * max(1, np.abs(slope).max()))


def test_float16_leaves_learn():
    """With few parameters and with many, for which other dtypes have compiled loops."""
    for n in (5, 20_000):
        p = nn.Parameter(np.full(n, 100, np.float16))
        for optimizer in (nn.optim.SGD([p], lr=0.5 * n), nn.optim.SGD([p], lr=0.5 * n, momentum=0.5)):
            optimizer.zero_grad()
            loss = (p / 16).square().sum() / n
            loss.backward()
            before = p.detach().numpy().copy()
            optimizer.step()
            assert p.grad.dtype == p.dtype == loss.dtype == np.float16
            assert (p.detach().numpy() < before).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_finite_where_float64_is_finite():
    """float32 and float64 at their ends, values and gradients against closed forms."""
    for dtype, top, tiny in ((np.float32, MAX32, TINY32), (np.float64, np.finfo(np.float64).max, 2.3e-308)):
        z, g = value_and_gradient(lambda t: t.cumsum(0), [top, -top, 1.0], dtype)
        assert (z.tolist(), g.tolist()) == ([np.float64(top), 0, 1], [3, 2, 1])
        same(value_and_gradient(lambda t: t.logsumexp(0), [top, top], dtype)[1], [0.5, 0.5])
        same(value_and_gradient(lambda t: t.logcumsumexp(0), [top, top], dtype)[1], [1.5, 0.5])
        same(value_and_gradient(lambda t: t.logcumsumexp(0), [-inf, -top, 0.0, -inf], dtype)[1], [0, 1, 2, 0], dtype)
        same(value_and_gradient(lambda t: t[0].hypot(t[1]), [top / 2, top / 2], dtype)[1], [0.5**0.5] * 2, dtype)
        for r in (top / 4, tiny * 2**20, 1.0):
            _, g = value_and_gradient(lambda t: t[0].atan2(t[1]), [r, r], dtype)
            same(g * r, [0.5, -0.5], dtype)
        assert value_and_gradient(lambda t: t.asinh(), [top / 8], dtype)[1][0] > 0
        _, g = value_and_gradient(lambda t: t ** (t.detach()[1:2] * 0), [tiny / 64, 0.0, 1.0], dtype)
        assert g.tolist() == [0, 0, 0]
        assert (
            value_and_gradient(lambda t: F.local_response_norm(t.reshape(1, 3, 1), 2), [top] * 3, dtype)[0].max() == 0
        )
        z, _ = value_and_gradient(
            lambda t: F.layer_norm(t, (4,), eps=0.0), np.array([9, 9, 9, 8.0]) * (top / 10), dtype
        )
        same(z, np.array([1, 1, 1, -3]) / 3**0.5, np.float16)
        for x in ([top, 1.5], [-top, -0.5]):
            z, _ = value_and_gradient(
                lambda t: F.binary_cross_entropy_with_logits(t[:1], 1 / t.detach()[:1] * 0 + 1), x, dtype
            )
            assert z == (0 if x[0] > 0 else top)
        assert value_and_gradient(lambda t: F.cosine_similarity(t, t * 1.0, 0), [top / 4, 0, top / 4], dtype)[
            0
        ] == pytest.approx(1)
    assert autograd.lgamma(tensor(1e308, dtype=np.float64)).item() == inf
    assert autograd.addcmul(tensor(0.0), tensor(1e20), tensor(1e20), value=1e-10).item() == pytest.approx(1e30)
    assert autograd.remainder(tensor(-1e-45), tensor(2.0, requires_grad=True)).requires_grad


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_infinities_do_not_spread_to_gradients_that_are_0():
    for p in (2.5, 3, 4):
        g = value_and_gradient(lambda t: t.norm(p), [inf, 1.0, 0.0], np.float64)[1]  # noqa: B023
        assert g[1:].tolist() == [0, 0]
    assert value_and_gradient(lambda t: t.logsumexp(0), [-inf, -inf], np.float64)[1].tolist() == [0, 0]
    assert value_and_gradient(lambda t: t.logsumexp(0), [-inf, 1.0], np.float64)[1].tolist() == [0, 1]


def test_products_of_many_are_counted_in_powers_of_2():
    """More factors than one fraction in double precision can hold the product of."""
    rng = np.random.default_rng(0)
    x = np.exp2(rng.integers(-300, 300, 3000).astype(np.float64))
    x[:-1] = x[rng.permutation(2999)]
    power = np.log2(x).sum()
    x[-1] *= 2.0 ** -(power % 2)
    x = np.concatenate([x, np.exp2(np.full(int(abs(power) // 200), -200.0 * np.sign(power)))])
    rest = np.log2(x).sum()
    with np.errstate(over="ignore", under="ignore"):
        g = value_and_gradient(lambda t: t.prod(), x, np.float64)[1]
    np.testing.assert_array_equal(g, np.exp2(rest - np.log2(x)))


def test_margin_losses_ignore_the_right_class_whatever_its_score():
    x = tensor([[inf, 1.0, 2.0]], requires_grad=True)
    with np.errstate(invalid="ignore"):
        loss = F.multi_margin_loss(x, np.array([0]))
    assert loss.item() == 0
    x = tensor([[1.0, 0.0, 2.0]], requires_grad=True)
    F.multi_margin_loss(x, np.array([0])).backward()  # at the bound of the hinge: slope 0
    np.testing.assert_allclose(x.grad.numpy(), [[-1 / 3, 0, 1 / 3]], rtol=1e-6)


# ------------------------------------------------------------------------------------------- integers that do not fit


def test_numbers_that_a_dtype_cannot_hold_are_refused_and_can_be_compared():
    x = tensor([1, 2, 255], dtype=autograd.uint8)
    for refused in (lambda: x + 300, lambda: 300 - x, lambda: x**300, lambda: x.clone().add_(-1), lambda: x * 2**62):
        with pytest.raises(DTypeError, match="without overflow"):
            refused()
    assert (x == 300).tolist() == [False] * 3
    assert (x < 300).tolist() == (x < 300).tolist() == (x >= -1).tolist() == [True] * 3
    assert (x.ge(255)).tolist() == [False, False, True]


def test_unsigned_integers_are_counted():
    x = tensor([3, 1, 3], dtype=autograd.uint8)
    assert x.bincount().tolist() == [0, 1, 0, 2]
    assert tensor([], dtype=autograd.uint8).bincount(minlength=2).tolist() == [0, 0]
    for enormous in (
        lambda: x.bincount(minlength=2**62),
        lambda: x.float().histc(2**62),
        lambda: x.float().mvlgamma(2**62),
    ):
        with pytest.raises(ShapeError, match="at most"):
            enormous()


def test_histograms_of_what_is_not_finite_are_refused():
    with pytest.raises(SettingError, match=r"histogram: .*finite"):
        autograd.histogram(tensor([1.0, inf]), 4)
    with pytest.raises(SettingError, match=r"histogram: .*positive"):
        autograd.histogram(tensor([1.0]), 0)
    assert autograd.linalg.cholesky_ex(autograd.zeros(0, 0)).L.shape == (0, 0)
    with pytest.raises(ShapeError, match=r"igammac: shapes \(2, 3\), \(7,\)"):
        autograd.igammac(autograd.ones(2, 3), autograd.ones(7))
    with pytest.raises(ShapeError, match="affine_grid"):
        F.affine_grid(autograd.ones(1, 2, 3), (1, 1, 2**62, 2), align_corners=True)
