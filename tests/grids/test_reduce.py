"""Reductions, running sums, products and einsum over full products of small settings, by NumPy and single loops."""

import itertools
import math

import numpy as np
import pytest

import autograd

SHAPES = ((), (1,), (3,), (2, 3), (1, 3), (3, 1), (2, 1, 3), (2, 3, 2))
NORMS = (0, 0.5, 1, 2, 3, -1, math.inf, -math.inf)


def layouts(x):
    """x as it is, and the same elements in other places of the memory."""
    yield x
    if x.ndim > 1:
        yield np.ascontiguousarray(x.T).T
    if x.ndim:
        yield np.repeat(x, 2, -1)[..., ::2]


def tracked(a):
    """The array itself as a Tensor that is recorded: a copy would be laid out anew."""
    return autograd.from_numpy(a).requires_grad_()


def variance(ddof, root):
    def function(x, axis, keepdims):
        with np.errstate(all="ignore"):
            count = math.prod(x.shape[a] for a in axis)
            d = x - x.mean(axis, keepdims=True)
            z = (d * d).sum(axis, keepdims=keepdims) / (count - ddof if count > ddof else math.nan)
        return np.sqrt(z) if root else z

    return function


def norm(p):
    def function(x, axis, keepdims):
        size = np.abs(x)
        if p == 0:
            return (x != 0).sum(axis, keepdims=keepdims).astype(x.dtype)
        if abs(p) == math.inf:
            return (np.max if p > 0 else np.min)(size, axis, keepdims=keepdims)
        return (size**p).sum(axis, keepdims=keepdims) ** (1 / p)

    return function


REDUCTIONS = {
    "sum": (lambda t, d, k: t.sum(d, k), lambda x, axis, keepdims: x.sum(axis, keepdims=keepdims)),
    "mean": (lambda t, d, k: t.mean(d, k), lambda x, axis, keepdims: x.mean(axis, keepdims=keepdims)),
    "amax": (lambda t, d, k: t.amax(d, k), lambda x, axis, keepdims: x.max(axis, keepdims=keepdims)),
    "amin": (lambda t, d, k: t.amin(d, k), lambda x, axis, keepdims: x.min(axis, keepdims=keepdims)),
    "logsumexp": (
        lambda t, d, k: t.logsumexp(d, k),
        lambda x, axis, keepdims: np.log(np.exp(x).sum(axis, keepdims=keepdims)),
    ),
    **{
        f"{name}{ddof}": (
            lambda t, d, k, name=name, ddof=ddof: getattr(t, name)(d, correction=ddof, keepdim=k),
            variance(ddof, name == "std"),
        )
        for name, ddof in itertools.product(("var", "std"), (0, 1, 2))
    },
    **{f"norm {p}": (lambda t, d, k, p=p: autograd.linalg.vector_norm(t, p, d, k), norm(p)) for p in NORMS},
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_reduction_over_every_set_of_axes(way, dtype, rng):
    """Value, and the gradient by a central difference of the reference in float64."""
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    for shape in SHAPES:
        x = (rng.permutation(math.prod(shape)).reshape(shape) / 4 + 0.5) * np.where(rng.random(shape) < 0.5, -1, 1)
        sets = [s for size in range(1, len(shape) + 1) for s in itertools.combinations(range(len(shape)), size)]
        v, h = rng.standard_normal(shape), 1e-6
        for (name, (ours, reference)), axis, keepdims in itertools.product(REDUCTIONS.items(), sets, (False, True)):
            expected = reference(x, axis, keepdims)
            along = (reference(x + h * v, axis, keepdims) - reference(x - h * v, axis, keepdims)) / (2 * h)
            for a in layouts(x.astype(dtype)):
                what = (name, shape, axis, keepdims, a.strides)
                t = tracked(a)
                z = ours(t, axis, keepdims)
                assert z.dtype == dtype, what
                assert z.shape == expected.shape, what
                assert np.allclose(z.numpy(force=True), expected, tolerance, tolerance, equal_nan=True), what
                if np.isfinite(expected).all() and not (name.startswith("std") and (expected == 0).any()):
                    dz = np.arange(1.0, expected.size + 1).reshape(expected.shape)
                    (dx,) = autograd.grad(z, [t], autograd.tensor(dz.astype(dtype)))
                    slope = 1e-3 if dtype == np.float32 else 1e-6
                    assert np.allclose((dx.numpy() * v).sum(), (dz * along).sum(), slope, slope), what


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_running_sums_and_products(way, dtype, rng):
    for shape in SHAPES:
        for axis in range(-len(shape), len(shape)):
            for a in layouts(rng.integers(-3, 4, shape).astype(dtype)):
                t = autograd.from_numpy(a)
                assert np.array_equal(t.cumsum(axis).numpy(), np.cumsum(a, axis)), (shape, axis)
                assert np.array_equal(t.cumprod(axis).numpy(), np.cumprod(a, axis)), (shape, axis)
                assert np.array_equal(t.cummax(axis).values.numpy(), np.maximum.accumulate(a, axis)), (shape, axis)
                if dtype != np.int64:
                    t = tracked(a)
                    dz = rng.integers(-3, 4, shape).astype(dtype)
                    (dx,) = autograd.grad(t.cumsum(axis), [t], autograd.tensor(dz))
                    assert np.array_equal(dx.numpy(), np.flip(np.cumsum(np.flip(dz, axis), axis), axis)), (shape, axis)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_softmax_along_every_axis(way, dtype, rng):
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    for shape in SHAPES[1:]:
        for axis in range(-len(shape), len(shape)):
            for a in layouts((rng.standard_normal(shape) * 3).astype(dtype)):
                e = np.exp(a.astype(np.float64))
                expected = e / e.sum(axis, keepdims=True)
                dz = rng.standard_normal(shape)
                for name, z, slope in (
                    ("softmax", expected, expected * (dz - (dz * expected).sum(axis, keepdims=True))),
                    ("log_softmax", np.log(expected), dz - expected * dz.sum(axis, keepdims=True)),
                ):
                    t = tracked(a)
                    y = getattr(t, name)(axis)
                    (dx,) = autograd.grad(y, [t], autograd.tensor(dz.astype(dtype)))
                    assert y.dtype == dx.dtype == dtype
                    assert np.allclose(y.numpy(force=True), z, tolerance, tolerance), (name, shape, axis)
                    assert np.allclose(dx.numpy(), slope, tolerance, tolerance), (name, shape, axis)


def test_products_of_every_shape_and_layout(way, rng):
    """Vectors, matrices and batches that are broadcast, of sizes 1 to 3, each in all its layouts; whole numbers."""
    left = [(3,), (1, 3), (2, 3), (2, 2, 3), (1, 1, 3), (3, 1, 2, 3)]
    right = [(3,), (3, 1), (3, 2), (2, 3, 2), (1, 3, 3), (1, 2, 3, 2)]
    for m, n, dtype in itertools.product(left, right, ("f", "d")):
        x, y = rng.integers(-4, 5, m).astype(dtype), rng.integers(-4, 5, n).astype(dtype)
        try:
            expected = np.matmul(x, y)
        except ValueError:
            continue
        dz = rng.integers(-4, 5, expected.shape).astype(dtype)
        dx, dy = np.zeros(m), np.zeros(n)
        for which, total in ((x, dx), (y, dy)):
            for at in np.ndindex(total.shape):
                unit = np.zeros(total.shape)
                unit[at] = 1
                total[at] = (dz * (np.matmul(unit, y) if which is x else np.matmul(x, unit))).sum()
        for a, b in itertools.product(layouts(x), layouts(y)):
            s, t = tracked(a), tracked(b)
            z = s @ t
            grads = autograd.grad(z, [s, t], autograd.tensor(dz))
            assert z.dtype == dtype
            assert np.array_equal(z.numpy(force=True), expected), (m, n)
            assert np.array_equal(grads[0].numpy(), dx), (m, n)
            assert np.array_equal(grads[1].numpy(), dy), (m, n)


def test_every_einsum_of_two_small_operands(way, rng):
    """All pairs of operands with up to two of three letters, repeated ones too, and every order of every output."""
    sizes = {"a": 2, "b": 3, "c": 1}
    operands = [a + b for a, b in itertools.product(["", *sizes], repeat=2) if a or not b]
    for m, n in itertools.product(operands, repeat=2):
        x = rng.integers(-4, 5, [sizes[c] for c in m]).astype(np.float64)
        y = rng.integers(-4, 5, [sizes[c] for c in n]).astype(np.float64)
        letters = sorted(set(m + n))
        for count in range(len(letters) + 1):
            for output in map("".join, itertools.permutations(letters, count)):
                text = f"{m},{n}->{output}"
                expected = np.zeros([sizes[c] for c in output])
                for values in itertools.product(*[range(sizes[c]) for c in letters]):
                    at = dict(zip(letters, values, strict=True))
                    place = [tuple(at[c] for c in part) for part in (m, n, output)]
                    expected[place[2]] += x[place[0]] * y[place[1]]
                s, t = autograd.tensor(x, requires_grad=True), autograd.tensor(y, requires_grad=True)
                z = autograd.einsum(text, s, t)
                assert np.array_equal(z.numpy(force=True), expected), text
                # linear in each operand, so <dz, z> = <dx, x> = <dy, y>
                dz = rng.integers(-4, 5, expected.shape).astype(np.float64)
                dx, dy = autograd.grad(z, [s, t], autograd.tensor(dz))
                total = (dz * expected).sum()
                assert (dx.numpy() * x).sum() == total, text
                assert (dy.numpy() * y).sum() == total, text


def test_powers_with_special_exponents(way):
    x = np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 3.0])
    for p, dtype in itertools.product((-3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.0, 2.5, 3, 3.0, 4), ("f", "d")):
        base = np.abs(x) if p != int(p) else x
        t = autograd.tensor(base.astype(dtype), requires_grad=True)
        z = t**p
        (dx,) = autograd.grad(z.sum(), [t])
        assert z.dtype == dx.dtype == dtype
        assert np.allclose(z.numpy(force=True), base ** float(p), 1e-6), p
        assert np.allclose(dx.numpy(), p * base ** (float(p) - 1), 1e-6), p
    whole = autograd.tensor([2, 3])
    for p in (0, 1, 2, 3, 4):
        assert (whole**p).dtype == np.int64
        assert (whole ** float(p)).dtype == autograd.get_default_dtype(), p
