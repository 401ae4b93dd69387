"""Covariances, histograms, distances and sums under a curve, against NumPy; derivatives against differences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd
from autograd import gradcheck, gradgradcheck, tensor
from autograd.errors import DTypeError, SettingError, ShapeError


def same(got, expected, **limits):
    expected = np.asarray(expected)
    assert got.dtype == expected.dtype
    assert tuple(got.shape) == expected.shape
    np.testing.assert_allclose(got.detach().numpy(), expected, **({"rtol": 1e-12, "atol": 1e-12} | limits))


def leaf(x):
    return tensor(x, requires_grad=True)


@pytest.mark.parametrize(
    "settings", [{}, {"correction": 0}, {"fweights": [1, 2, 3, 1, 4]}, {"aweights": [0.5, 1, 2, 1, 0.1]}]
)
def test_cov(rng, settings):
    x = rng.standard_normal((3, 5))
    arrays = {key: np.array(value) if isinstance(value, list) else value for key, value in settings.items()}
    numpys = {"ddof" if key == "correction" else key: value for key, value in arrays.items()}
    same(autograd.cov(x, **arrays), np.cov(x, **numpys))
    same(tensor(x[0]).cov(**arrays), np.cov(x[0], **numpys))
    assert gradcheck(lambda x: x.cov(**arrays), [leaf(x)])
    assert gradgradcheck(lambda x: x.cov(**arrays), [leaf(x)])


def test_corrcoef(rng):
    x = rng.standard_normal((3, 6))
    same(tensor(x).corrcoef(), np.corrcoef(x))
    assert tensor(x[0]).corrcoef().item() == 1
    assert gradcheck(lambda x: x.corrcoef(), [leaf(x)])
    assert tensor(x.astype(np.float32)).corrcoef().dtype == autograd.float32


def test_what_cov_refuses(rng):
    with pytest.raises(ShapeError, match="two or fewer dimensions"):
        tensor(rng.standard_normal((2, 3, 4))).cov()
    with pytest.raises(ShapeError, match="fweights of shape"):
        tensor(rng.standard_normal((2, 3))).cov(fweights=np.ones(4, int))


def test_histc(rng):
    x = rng.standard_normal(100).astype(np.float32)
    same(tensor(x).histc(7), np.histogram(x, 7)[0].astype(np.float32))
    same(tensor(x).histc(4, -1, 1), np.histogram(x, 4, (-1, 1))[0].astype(np.float32))
    same(tensor([2.0, 2.0]).histc(2), np.float32([0, 2]))
    with pytest.raises(SettingError, match="bins"):
        tensor(x).histc(0)
    with pytest.raises(SettingError, match="not finite"):
        tensor([1.0, np.inf]).histc(3)
    with pytest.raises(DTypeError, match="floating"):
        tensor([1, 2]).histc(3)


def test_unique_consecutive():
    x = tensor([1, 1, 2, 2, 3, 1, 1])
    values, inverse, counts = x.unique_consecutive(return_inverse=True, return_counts=True)
    assert values.tolist() == [1, 2, 3, 1]
    assert inverse.tolist() == [0, 0, 1, 1, 2, 3, 3]
    assert counts.tolist() == [2, 2, 1, 2]
    assert tensor([[1, 1], [1, 1], [2, 1]]).unique_consecutive(dim=0).tolist() == [[1, 1], [2, 1]]
    assert tensor([[1, 1], [2, 2]]).unique_consecutive().tolist() == [1, 2]
    assert tensor([]).unique_consecutive().tolist() == []


@pytest.mark.parametrize("p", [0, 1, 2, 3.5, float("inf")])
def test_cdist(rng, p):
    a, b = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 5, 4))
    expected = np.empty((2, 3, 5))
    for n, i, j in itertools.product(range(2), range(3), range(5)):
        expected[n, i, j] = np.linalg.norm(a[n, i] - b[n, j], p)
    same(autograd.cdist(a, b, p), expected)
    if p:
        assert gradcheck(lambda a, b: autograd.cdist(a, b, p), [leaf(a), leaf(b)])


def test_cdist_at_distance_0():
    x = leaf([[1.0, 2.0], [3.0, 5.0]])
    autograd.cdist(x, x.detach()).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    with pytest.raises(ShapeError, match="same number of columns"):
        autograd.cdist(x, x[:, :1])
    with pytest.raises(SettingError, match="non-negative p"):
        autograd.cdist(x, x, -1)


def test_combinations_and_powers(rng):
    x = rng.standard_normal(4)
    same(autograd.combinations(tensor(x)), np.array(list(itertools.combinations(x, 2))))
    replaced = np.array(list(itertools.combinations_with_replacement(x, 3)))
    same(autograd.combinations(tensor(x), 3, with_replacement=True), replaced)
    assert tuple(autograd.combinations(tensor(x), 5).shape) == (0, 5)
    same(autograd.vander(tensor(x)), np.vander(x))
    same(autograd.linalg.vander(tensor(x), N=3), np.vander(x, 3, increasing=True))
    assert gradcheck(autograd.vander, [leaf(x)])
    with pytest.raises(ShapeError, match="1D vector"):
        autograd.combinations(tensor([[1.0]]))


def test_trapezoid(rng):
    y, x = rng.standard_normal((3, 5)), np.sort(rng.standard_normal(5))
    same(autograd.trapezoid(y), np.trapezoid(y))
    same(autograd.trapezoid(y, dx=0.5, dim=0), np.trapezoid(y, dx=0.5, axis=0))
    same(autograd.trapezoid(y, x), np.trapezoid(y, x))
    running = [np.trapezoid(y[:, : k + 2], x[: k + 2]) for k in range(4)]
    same(autograd.cumulative_trapezoid(y, x), np.stack(running, 1))
    same(autograd.trapezoid(y[:, :1]), np.zeros(3))
    assert gradcheck(lambda y, x: autograd.trapezoid(y, x), [leaf(y), leaf(x)])
    with pytest.raises(ShapeError, match="5 values in x, got 3"):
        autograd.trapezoid(y, x[:3])


def test_isin_and_unravel_index():
    assert autograd.isin(tensor([[1, 2], [3, 4]]), tensor([2, 3])).tolist() == [[False, True], [True, False]]
    assert autograd.isin(tensor([1, 2]), 2, invert=True).tolist() == [True, False]
    assert [part.tolist() for part in autograd.unravel_index(tensor([3, 5]), (2, 3))] == [[1, 1], [0, 2]]


# ------------------------------------------------------------------------------------------------------- shape


@pytest.mark.parametrize(("dim", "size", "step"), [(0, 3, 2), (1, 2, 2), (-1, 6, 1), (0, 1, 1), (0, 0, 3)])
def test_unfold(rng, dim, size, step):
    x = rng.standard_normal((4, 6))
    windows = np.moveaxis(np.lib.stride_tricks.sliding_window_view(x, max(size, 1), dim), dim, 0)[::step]
    if size:
        same(tensor(x).unfold(dim, size, step), np.moveaxis(windows, 0, dim))
    assert gradcheck(lambda x: x.unfold(dim, size, step), [leaf(x)])


def test_unfold_twice_cuts_an_image_into_patches(rng):
    x = rng.standard_normal((2, 8, 8))
    patches = tensor(x).unfold(1, 4, 4).unfold(2, 4, 4)
    same(patches, x.reshape(2, 2, 4, 2, 4).transpose(0, 1, 3, 2, 4))
    with pytest.raises(ShapeError, match="maximum size"):
        tensor(x).unfold(1, 9, 1)


def test_fill_diagonal(rng):
    for shape, wrap in [((3, 3), False), ((4, 3), False), ((7, 3), True), ((2, 5), False), ((7, 3), False)]:
        x = rng.standard_normal(shape)
        expected = x.copy()
        np.fill_diagonal(expected, 7.0, wrap)
        same(tensor(x).fill_diagonal_(7.0, wrap), expected)
    x = leaf(rng.standard_normal((3, 3)))
    (x * 1).fill_diagonal_(2.0).sum().backward()
    np.testing.assert_array_equal(x.grad, 1 - np.eye(3))
    with pytest.raises(ShapeError, match="equal length"):
        tensor(np.ones((2, 3, 2))).fill_diagonal_(1.0)


def test_splits_and_sums_to_size(rng):
    x = rng.standard_normal((4, 6, 2))
    for name in ("hsplit", "vsplit", "dsplit"):
        for part, expected in zip(getattr(tensor(x), name)(2), getattr(np, name)(x, 2), strict=True):
            same(part, expected)
    with pytest.raises(ShapeError, match="not divisible"):
        tensor(x).vsplit(3)
    same(tensor(x).sum_to_size(6, 1), x.sum((0, 2))[:, None])
    with pytest.raises(ShapeError, match="not expandable"):
        tensor(x).sum_to_size(3, 2)
    same(tensor(x[0, 0]).diagflat(1), np.diagflat(x[0, 0], 1))


def test_renorm(rng):
    x = rng.standard_normal((3, 4))
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    expected = np.where(norms > 1.5, x * (1.5 / (norms + 1e-7)), x)
    same(tensor(x).renorm(2, 0, 1.5), expected)
    assert gradcheck(lambda x: x.renorm(2, 0, 1.5), [leaf(x)])


# ------------------------------------------------------------------------------------------------ linear algebra


def test_lstsq(rng):
    A, B = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    solution, residuals, rank, singular = autograd.linalg.lstsq(A, B)
    expected = np.linalg.lstsq(A, B)
    same(solution, expected[0])
    same(residuals, expected[1])
    assert rank.item() == expected[2]
    same(singular, expected[3])
    same(autograd.linalg.lstsq(tensor(A), tensor(B[:, 0])).solution, expected[0][:, 0])
    assert gradcheck(lambda A, B: autograd.linalg.lstsq(A, B).solution, [leaf(A), leaf(B)])
    with pytest.raises(ShapeError, match="should match"):
        autograd.linalg.lstsq(tensor(A), tensor(B[:4]))


def test_matrix_rank_and_cond(rng):
    x = rng.standard_normal((2, 4, 3))
    x[1, :, 2] = x[1, :, 0] + x[1, :, 1]
    assert autograd.linalg.matrix_rank(x).tolist() == [3, 2]
    assert autograd.linalg.matrix_rank(tensor(np.zeros((2, 2)))).item() == 0
    for p in (None, 2, -2, 1, np.inf, "fro"):
        same(autograd.linalg.cond(x[0, :3], p), np.linalg.cond(x[0, :3], p), rtol=1e-9)


def test_matrix_exp(rng):
    x = rng.standard_normal((2, 4, 4)) * np.array([0.1, 5.0])[:, None, None]
    values, vectors = np.linalg.eig(x)
    expected = (vectors * np.exp(values)[:, None]) @ np.linalg.inv(vectors)
    same(autograd.linalg.matrix_exp(x), expected.real, rtol=1e-9, atol=1e-9)
    same(autograd.linalg.matrix_exp(tensor([[0.0, 1.0], [0.0, 0.0]])), np.float32([[1, 1], [0, 1]]))
    assert gradcheck(autograd.linalg.matrix_exp, [leaf(x[0])])
    assert gradgradcheck(autograd.linalg.matrix_exp, [leaf(x[0])])
    assert np.isnan(autograd.linalg.matrix_exp(tensor([[np.inf]])).numpy()).all()


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_solve_triangular(rng, upper, unit):
    A, B = rng.standard_normal((4, 4)) + 3 * np.eye(4), rng.standard_normal((4, 2))
    triangle = np.triu(A) if upper else np.tril(A)
    if unit:
        np.fill_diagonal(triangle, 1.0)
    same(autograd.linalg.solve_triangular(A, B, upper=upper, unitriangular=unit), np.linalg.solve(triangle, B))
    got = autograd.linalg.solve_triangular(tensor(A), tensor(B.T), upper=upper, left=False, unitriangular=unit)
    same(got, np.linalg.solve(triangle.T, B).T)
