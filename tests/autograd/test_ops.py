"""Every row of the table: value, gradient, second derivative, dtypes, memory layout, repeated operands."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.op import registry
from autograd.tensors import Tensor
from tests.cases import CASES


def outputs_of(case, tensors):
    """The floating point outputs of a case, as a list of Tensors."""
    out = case.function(*tensors, **case.params)
    outs = out if isinstance(out, (tuple, list)) else [out]
    return [z for z in outs if isinstance(z, Tensor) and z.dtype.kind == "f"]


def leaves_of(arrays, dtype=np.float64):
    return [autograd.tensor(a, dtype=dtype, requires_grad=True) for a in arrays]


def weigh(outs, weights):
    """One number: the weighted sum of all outputs. Its gradient is the cotangent `weights` pulled back."""
    total = None
    for z, u in zip(outs, weights, strict=True):
        term = (z * Tensor(u, dtype=z.dtype)).sum()
        total = term if total is None else total + term
    return total


def scalar(case, arrays, weights):
    with autograd.no_grad():
        outs = outputs_of(case, [autograd.tensor(a) for a in arrays])
    return sum(float((z.numpy() * u).sum()) for z, u in zip(outs, weights, strict=True))


def slopes(function, arrays, step=1e-5):
    """Central differences with one Richardson extrapolation of a scalar function, element by element."""

    def at(k, index, offset):
        moved = [a.copy() for a in arrays]
        moved[k][index] += offset
        return function(moved)

    grads = []
    for k, array in enumerate(arrays):
        grad = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            h = step * max(1.0, abs(array[index]))
            coarse = (at(k, index, 2 * h) - at(k, index, -2 * h)) / (4 * h)
            fine = (at(k, index, h) - at(k, index, -h)) / (2 * h)
            grad[index] = (4 * fine - coarse) / 3
        grads.append(grad)
    return grads


def gradients(case, arrays, weights, create_graph=False):
    leaves = leaves_of(arrays)
    total = weigh(outputs_of(case, leaves), weights)
    if not total.requires_grad:
        return leaves, [None] * len(leaves)
    return leaves, autograd.grad(total, leaves, create_graph=create_graph, allow_unused=True)


def weights_for(case, arrays, rng):
    with autograd.no_grad():
        return [rng.standard_normal(z.shape) for z in outputs_of(case, [autograd.tensor(a) for a in arrays])]


@pytest.mark.parametrize("case", [case for case in CASES if case.reference is not None], ids=str)
def test_value_is_numpys(case, rng):
    arrays = case.draw(rng)
    before = [a.copy() for a in arrays]
    out = case.function(*[autograd.tensor(a) for a in arrays], **case.params)
    expected = case.reference(*arrays, **case.params)
    outs = out if isinstance(out, (tuple, list)) else [out]
    wanted = expected if isinstance(expected, (tuple, list)) else [expected]
    assert len(outs) == len(wanted)
    for z, e in zip(outs, wanted, strict=True):
        assert z.shape == np.shape(e)
        np.testing.assert_allclose(z.numpy(), e, rtol=1e-12, atol=1e-12)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("case", [case for case in CASES if case.order >= 1], ids=str)
def test_gradient_is_the_slope(case, rng):
    arrays = case.draw(rng)
    weights = weights_for(case, arrays, rng)
    _, got = gradients(case, arrays, weights)
    for array, g, slope in zip(arrays, got, slopes(lambda xs: scalar(case, xs, weights), arrays), strict=True):
        g = np.zeros(array.shape) if g is None else g.numpy()
        assert g.shape == array.shape
        np.testing.assert_allclose(g, slope, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("case", [case for case in CASES if case.order >= 2], ids=str)
def test_second_derivative_is_the_slope_of_the_gradient(case, rng):
    arrays = case.draw(rng)
    weights = weights_for(case, arrays, rng)
    directions = [rng.standard_normal(a.shape) for a in arrays]

    def directional(xs):
        _, grads = gradients(case, xs, weights)
        return sum(float((g.numpy() * v).sum()) for g, v in zip(grads, directions, strict=True) if g is not None)

    leaves, first = gradients(case, arrays, weights, create_graph=True)
    total = (
        weigh(*zip(*[(g, v) for g, v in zip(first, directions, strict=True) if g is not None], strict=True))
        if any(g is not None for g in first)
        else None
    )
    slope = slopes(directional, arrays)
    if total is None or not total.requires_grad:
        second = [None] * len(leaves)
    else:
        second = autograd.grad(total, leaves, allow_unused=True)
    for array, g, s in zip(arrays, second, slope, strict=True):
        g = np.zeros(array.shape) if g is None else g.numpy()
        np.testing.assert_allclose(g, s, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", [case for case in CASES if case.order >= 1], ids=str)
def test_float32_stays_float32(case, rng):
    leaves = leaves_of(case.draw(rng), np.float32)
    outs = outputs_of(case, leaves)
    assert [z.dtype for z in outs] == [np.float32] * len(outs)
    total = weigh(outs, [rng.standard_normal(z.shape) for z in outs])
    first = autograd.grad(total, leaves, create_graph=case.order >= 2, allow_unused=True) if total.requires_grad else []
    assert all(g is None or g.dtype == np.float32 for g in first)
    tracked = [g for g in first if g is not None and g.requires_grad]
    if tracked:
        second = autograd.grad(weigh(tracked, [np.ones(g.shape) for g in tracked]), leaves, allow_unused=True)
        assert all(g is None or g.dtype == np.float32 for g in second)


@pytest.mark.parametrize("case", [case for case in CASES if any(np.prod(s) > 1 for s in case.shapes)], ids=str)
def test_memory_layout_does_not_matter(case, rng):
    arrays = case.draw(rng)
    weights = weights_for(case, arrays, rng)
    expected = [z.numpy() for z in outputs_of(case, [autograd.tensor(a) for a in arrays])]

    def backwards(a):  # negative strides
        return np.asarray(np.flip(np.array(np.flip(a), order="C")))

    def strided(a):  # every second element of something larger
        big = np.zeros(tuple(2 * s for s in a.shape))
        big[tuple(slice(None, None, 2) for _ in a.shape)] = a
        return big[(*[slice(None, None, 2) for _ in a.shape], ...)]

    def columns(a):  # np.asfortranarray would make a 0-d array 1-d
        return np.array(a, order="F")

    _, reference = gradients(case, arrays, weights) if case.order else (None, [])
    for layout in (backwards, strided, columns):
        moved = [layout(a) for a in arrays]
        leaves = [autograd.from_numpy(a) for a in moved]
        if case.order:
            for leaf in leaves:
                leaf.requires_grad_()
        outs = outputs_of(case, leaves)
        for z, e in zip(outs, expected, strict=True):
            np.testing.assert_allclose(z.detach().numpy(), e, rtol=1e-12, atol=1e-12)
        if case.order and outs and weigh(outs, weights).requires_grad:
            got = autograd.grad(weigh(outs, weights), leaves, allow_unused=True)
            for g, e in zip(got, reference, strict=True):
                assert (g is None) == (e is None)
                if g is not None:
                    np.testing.assert_allclose(g.numpy(), e.numpy(), rtol=1e-9, atol=1e-11)


def takes_the_same_twice(case):
    domains = set(case.domain) if isinstance(case.domain, tuple) else {case.domain}
    alike = len(case.shapes) > 1 and len(set(case.shapes)) == 1 and len(domains) == 1
    return case.repeat and case.order >= 1 and alike


@pytest.mark.parametrize("case", [case for case in CASES if takes_the_same_twice(case)], ids=str)
def test_the_same_operand_twice(case, rng):
    array = case.draw(rng)[0]
    copies = [array] * len(case.shapes)
    weights = weights_for(case, copies, rng)
    leaf = autograd.tensor(array, requires_grad=True)
    total = weigh(outputs_of(case, [leaf] * len(copies)), weights)
    (once,) = autograd.grad(total, [leaf])
    _, apart = gradients(case, copies, weights)
    expected = sum(np.zeros(array.shape) if g is None else g.numpy() for g in apart)
    np.testing.assert_allclose(once.numpy(), expected, rtol=1e-10, atol=1e-12)


def test_every_op_has_a_case():
    missing = set(registry) - {case.covers for case in CASES}
    assert not missing, f"ops without an example or a row in tests/cases: {sorted(missing)}"


def test_every_op_has_a_reference():
    """`to` only rounds; eigenvectors have no sign of their own; the other two are compared with their adjoints."""
    without = set(registry) - {case.covers for case in CASES if case.reference is not None}
    assert without <= {"to", "eigh", "add_windows", "restride"}


def test_every_op_is_tried_at_sizes_0_and_1():
    seen = {name: [s for case in CASES if case.covers == name for s in case.shapes] for name in registry}
    for name, shapes in seen.items():
        assert any(0 in shape for shape in shapes), f"{name}: no case with a dimension of size 0"
        assert any(1 in shape or shape == () for shape in shapes), f"{name}: no case with a single element"
