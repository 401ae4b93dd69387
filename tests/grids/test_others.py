"""Full products for what has no family of its own: indices, cells, linear maps, heads, dropout, largest elements."""

import itertools
import math

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from tests import naive


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_gradients_of_every_small_index(way, dtype, rng):
    """Three parts of an index, of every kind and in every order: what is taken twice receives twice."""
    rows = np.array([[1, 0], [1, -1]])
    kinds = [
        slice(None),
        slice(1, None),
        slice(None, None, 2),
        0,
        -1,
        np.array([1, 1, 0]),
        rows,
        np.array([True, False]),
        None,
    ]
    x = rng.integers(-9, 10, (2, 2, 2)).astype(dtype)
    tried = 0
    for index in itertools.product(kinds, repeat=3):
        try:
            expected = x[index]
        except IndexError:
            continue
        tried += 1
        t = autograd.tensor(x, requires_grad=True)
        z = t[index]
        assert np.array_equal(z.numpy(force=True), expected), index
        dz = rng.integers(-4, 5, expected.shape).astype(dtype)
        (dx,) = autograd.grad(z, [t], autograd.tensor(dz))
        total = np.zeros(x.shape)
        np.add.at(total, index, dz)
        assert np.array_equal(dx.numpy(), total), index
    assert tried > 400


CELLS = {"LSTM": naive.lstm_step, "GRU": naive.gru_step, "tanh": naive.tanh_step, "relu": naive.relu_step}


@pytest.mark.parametrize("kind", CELLS)
def test_cells(way, kind, rng):
    """Values against the formula of one sequence; gradients by central differences of it along one direction."""
    for batch, inputs, units, bias, given in itertools.product((1, 9), (1, 3), (1, 5), (True, False), (True, False)):
        what = (kind, batch, inputs, units, bias, given)
        options = {"nonlinearity": kind} if kind in ("tanh", "relu") else {}
        name = f"{kind}Cell" if kind in ("LSTM", "GRU") else "RNNCell"
        cell = getattr(nn, name)(inputs, units, bias, dtype=np.float64, **options)
        count = 2 if kind == "LSTM" else 1
        first = [rng.standard_normal((batch, units)) * given for _ in range(count)]
        arrays = [
            rng.standard_normal((batch, inputs)),
            *first,
            *[p.numpy(force=True).copy() for p in cell.parameters()],
        ]

        def step(x, *rest, kind=kind, count=count):
            weights = list(rest[count:])
            weights += [np.zeros(len(weights[0]))] * (4 - len(weights))
            rows = [CELLS[kind](x[b], [s[b] for s in rest[:count]], *weights) for b in range(len(x))]
            return [np.stack(each) for each in zip(*rows, strict=True)]

        inputs_of = [autograd.tensor(a, requires_grad=True) for a in arrays[: 1 + count]]
        hx = tuple(inputs_of[1:]) if kind == "LSTM" else inputs_of[1]
        z = cell(inputs_of[0], hx if given else None)
        z = list(z) if kind == "LSTM" else [z]
        expected = step(*arrays)
        for got, wanted in zip(z, expected, strict=True):
            assert np.allclose(got.numpy(force=True), wanted, 1e-12, 1e-12), what
        recorded = [inputs_of[0], *(inputs_of[1:] if given else []), *cell.parameters()]
        dz = [rng.standard_normal(a.shape) for a in expected]
        grads = autograd.grad(z, recorded, [autograd.tensor(d) for d in dz])
        v = [rng.standard_normal(a.shape) * (given or not 0 < i <= count) for i, a in enumerate(arrays)]
        ends = [step(*[a + h * d for a, d in zip(arrays, v, strict=True)]) for h in (1e-6, -1e-6)]
        slope = sum(((a - b) * d).sum() for a, b, d in zip(*ends, dz, strict=True)) / 2e-6
        moved = v if given else [v[0], *v[1 + count :]]
        total = sum((g.numpy() * d).sum() for g, d in zip(grads, moved, strict=True))
        assert np.isclose(total, slope, 1e-6, 1e-6), what


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_linear_maps(way, dtype, rng):
    for lead, n, m, bias in itertools.product(((), (1,), (3,), (2, 3)), (1, 2, 5), (1, 3), (False, True)):
        x, w = [rng.integers(-4, 5, shape).astype(dtype) for shape in ((*lead, n), (m, n))]
        arrays = [x, w, rng.integers(-4, 5, m).astype(dtype)] if bias else [x, w]
        inputs = [autograd.tensor(a, requires_grad=True) for a in arrays]
        z = F.linear(*inputs)
        assert np.array_equal(z.numpy(force=True), x @ w.T + (arrays[2] if bias else 0)), (lead, n, m, bias)
        dz = rng.integers(-4, 5, z.shape).astype(dtype)
        dx, dw, *db = autograd.grad(z, inputs, autograd.tensor(dz))
        rows = dz.reshape(-1, m)
        assert np.array_equal(dx.numpy(), dz @ w)
        assert np.array_equal(dw.numpy(), rows.T @ x.reshape(-1, n))
        for g in db:
            assert np.array_equal(g.numpy(), rows.sum(0))


def test_heads_of_one_input_and_of_equal_ones(way, rng):
    """Whether query, key and value are one Tensor or equal ones decides how they are multiplied, and nothing else."""
    for bias, batch_first, alone, masked in itertools.product((True, False), repeat=4):
        layer = nn.MultiheadAttention(4, 2, bias=bias, batch_first=batch_first, dtype=np.float64)
        x = rng.standard_normal((3, 4) if alone else (3, 3, 4))
        mask = np.triu(np.ones((3, 3), bool), 1) if masked else None
        results = []
        for same, shared in itertools.product((True, False), repeat=2):
            q = autograd.tensor(x, requires_grad=True)
            k = q if same else autograd.tensor(x, requires_grad=True)
            v = k if shared else autograd.tensor(x, requires_grad=True)
            z, weights = layer(q, k, v, attn_mask=mask)
            grads = autograd.grad((z * z).sum(), [*{id(t): t for t in (q, k, v)}.values(), *layer.parameters()])
            parts = len({id(t) for t in (q, k, v)})
            total = sum(g.numpy() for g in grads[:parts])
            results.append([z.numpy(force=True), weights.numpy(force=True), total, *[g.numpy() for g in grads[parts:]]])
        for other in results[1:]:
            for a, b in zip(results[0], other, strict=True):
                assert np.allclose(a, b, 1e-11, 1e-11), (bias, batch_first, alone, masked)


DROPOUTS = {"dropout": None, "dropout1d": 2, "dropout2d": 2, "dropout3d": 2}


def test_dropout(way):
    """All, nothing or something, for every function: what stays is divided by 1 - p, whole channels go together."""
    shapes = {"dropout": [(), (1,), (4, 3)], "dropout1d": [(3, 4), (2, 3, 4)], "dropout2d": [(2, 3, 4), (2, 3, 2, 2)]}
    shapes["dropout3d"] = [(3, 2, 2, 2), (2, 3, 1, 2, 2)]
    for name, p, training in itertools.product(DROPOUTS, (0.0, 0.25, 0.5, 1.0), (True, False)):
        for shape in shapes[name]:
            t = autograd.tensor(np.arange(1.0, math.prod(shape) + 1).reshape(shape), requires_grad=True)
            x, z = t.numpy(force=True), getattr(F, name)(t, p, training)
            ratio = z.numpy(force=True) / x
            (dx,) = autograd.grad((z * 1).sum(), [t])
            what = (name, p, training, shape)
            assert np.allclose(dx.numpy(), ratio), what
            if not training or p == 0:
                assert np.array_equal(ratio, np.ones(shape)), what
            elif p == 1:
                assert np.array_equal(ratio, np.zeros(shape)), what
            else:
                assert np.isclose(ratio, 0).any() or np.isclose(ratio, 1 / (1 - p)).any(), what
                assert (np.isclose(ratio, 0) | np.isclose(ratio, 1 / (1 - p))).all(), what
            if DROPOUTS[name]:
                channels = 1 if len(shape) == int(name[-2]) + 1 and name != "dropout2d" else 2
                flat = ratio.reshape(*shape[:channels], -1)
                assert np.array_equal(flat, np.broadcast_to(flat[..., :1], flat.shape)), what


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_the_largest_elements(dtype, rng):
    for shape, largest, ordered in itertools.product(((), (1,), (4,), (2, 3), (3, 1, 4)), (True, False), (True, False)):
        for axis in range(-max(len(shape), 1), max(len(shape), 1)):
            x = rng.integers(0, 4, shape).astype(dtype)
            if dtype != np.int64:
                x[rng.random(shape) < 0.2] = np.nan
            n = shape[axis] if shape else 1
            for k in range(n + 1):
                value, index = autograd.tensor(x).topk(k, axis, largest, ordered)
                rows = np.sort(np.atleast_1d(x), axis)
                wanted = np.take(np.flip(rows, axis) if largest else rows, range(k), axis)
                what = (x.tolist(), k, axis, largest)
                if not shape and k:
                    wanted = wanted.reshape(())
                assert np.array_equal(value.numpy(), wanted, equal_nan=dtype != np.int64), what
                found = np.take_along_axis(np.atleast_1d(x), np.atleast_1d(index.numpy()), axis).reshape(wanted.shape)
                assert np.array_equal(found, wanted, equal_nan=dtype != np.int64), what
                places = np.sort(np.atleast_1d(index.numpy()), axis)
                assert (np.diff(places, axis=axis) > 0).all(), what


def test_repeated_elements():
    for shape, repeats in itertools.product(((1,), (3,), (2, 3)), (0, 1, 2, "each")):
        for axis in (None, *range(-len(shape), len(shape))):
            x = np.arange(1.0, math.prod(shape) + 1).reshape(shape)
            n = x.size if axis is None else shape[axis]
            counts = np.arange(n) % 3 if repeats == "each" else repeats
            t = autograd.tensor(x, requires_grad=True)
            z = t.repeat_interleave(autograd.tensor(counts) if repeats == "each" else counts, axis)
            assert np.array_equal(z.numpy(force=True), np.repeat(x, counts, axis)), (shape, repeats, axis)
            (dx,) = autograd.grad(z.sum(), [t])
            along = np.broadcast_to(counts, n)
            wide = (
                along.reshape(shape)
                if axis is None
                else np.expand_dims(along, [a for a in range(len(shape)) if a != axis % len(shape)])
            )
            assert np.array_equal(dx.numpy(), np.broadcast_to(wide, shape)), (shape, repeats, axis)


def test_norms_of_gradients(rng):
    for shapes, p, limit in itertools.product(
        ([(3,)], [(1,), (2, 3)], [(2,), (), (1, 2)]), (0.5, 1, 2, 3, math.inf), (0.1, 1e3)
    ):
        tensors = [autograd.zeros(shape, dtype=np.float64).requires_grad_() for shape in shapes]
        arrays = [rng.standard_normal(shape) for shape in shapes]
        for t, a in zip(tensors, arrays, strict=True):
            t.grad = autograd.tensor(a)
        each = np.array([abs(a).max() if p == math.inf else (abs(a) ** p).sum() ** (1 / p) for a in arrays])
        total = each.max() if p == math.inf else (each**p).sum() ** (1 / p)
        assert np.isclose(nn.utils.clip_grad_norm_(tensors, limit, p).item(), total, 1e-12)
        scale = min(1, limit / (total + 1e-6))
        for t, a in zip(tensors, arrays, strict=True):
            assert np.allclose(t.grad.numpy(), a * scale, 1e-12)
