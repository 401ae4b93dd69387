"""Conventions of reductions, running sums and sorting at the edges, dtypes and errors. Numbers are PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.errors import DTypeError, NoRuleError, ShapeError

inf, nan = np.inf, np.nan


def gradient(function, x, dtype=np.float64):
    """Of the sum of function(x)."""
    leaf = tensor(x, dtype=dtype, requires_grad=True)
    (g,) = autograd.grad(function(leaf).sum(), leaf)
    return g.tolist()


def same(got, wanted, **tolerance):
    np.testing.assert_allclose(got, wanted, **{"rtol": 1e-6, **tolerance})


# ---------------------------------------------------------------------------------------------- dimensions and dtypes


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "var", "std", "amax", "argmin", "logsumexp", "all", "norm"])
def test_dimension_out_of_range(name):
    function = (lambda x, dim: x.norm(dim=dim)) if name == "norm" else getattr(autograd, name)
    for dim in (2, -3):
        with pytest.raises(
            IndexError, match=rf"{name}: Dimension out of range \(expected to be in range of \[-2, 1\], but got {dim}\)"
        ):
            function(tensor(np.ones((2, 3))), dim)
    with pytest.raises(ShapeError, match=r"range of \[-1, 0\], but got 1"):
        function(tensor(1.0), 1)


def test_dimension_twice():
    with pytest.raises(RuntimeError, match="sum: dim 0 appears multiple times in the list of dims"):
        tensor([[1.0]]).sum((0, -2))


def test_dimension_of_a_wrong_type():
    with pytest.raises(TypeError, match="sum: dim must be an int, got float"):
        tensor([1.0]).sum(1.5)
    with pytest.raises(TypeError, match="argmax: dim must be an int, got tuple"):
        tensor([[1.0]]).argmax((0, 1))


def test_unknown_arguments_raise():
    with pytest.raises(TypeError, match="foo"):
        tensor([1.0]).sum(foo=1)


def test_no_dimensions_means_all():
    x = tensor(np.ones((2, 3)))
    assert [getattr(x, name)(dim=()).shape for name in ("sum", "mean", "amax", "var")] == [()] * 4


def test_numpys_spelling_of_arguments():
    x = tensor(np.ones((2, 3)))
    assert x.sum(axis=0, keepdims=True).shape == (1, 3)
    assert x.max(axis=1).values.shape == (2,)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int32, np.int64])
def test_integers_are_summed_as_int64(dtype):
    x = tensor(np.array([1, 1, 0]), dtype=dtype)
    for z, value in ((x.sum(), 2), (x.nansum(), 2), (x.prod(), 0), (x.cumsum(0)[-1], 2), (x.cumprod(0)[-1], 0)):
        assert z.dtype == np.int64
        assert z.item() == value


def test_dtype_converts_first():
    x = tensor([1.0, 2.0], requires_grad=True)
    z = x.sum(dtype=np.float64)
    assert z.dtype == np.float64
    z.backward()
    assert x.grad.dtype == np.float32
    assert tensor([1, 2]).mean(dtype=np.float32).item() == 1.5
    assert tensor([1.5, 2.5]).sum(dtype=np.int64).item() == 3
    assert tensor([2, 3]).prod(dtype=np.float32).dtype == np.float32


def test_mean_of_integers_raises():
    sentence = r"mean\(\): could not infer output dtype. {} dtype must be either a floating point .* Got: {}"
    with pytest.raises(RuntimeError, match=sentence.format("Input", "Long")):
        tensor([1, 2]).mean()
    with pytest.raises(DTypeError, match=sentence.format("Input", "Bool")):
        tensor([True]).mean()
    with pytest.raises(DTypeError, match=sentence.format("Optional", "Long")):
        tensor([1.0]).mean(dtype=np.int64)


def test_other_reductions_of_integers():
    for function in (autograd.var, autograd.std):
        with pytest.raises(DTypeError, match="std and var only support floating point"):
            function(tensor([1, 2]))
    with pytest.raises(DTypeError, match=r"Expected a floating point or complex tensor as input\. Got Long"):
        tensor([1, 2]).norm()
    with pytest.raises(DTypeError, match="expected input to have floating point or complex dtype but got Long"):
        tensor([1, 2]).nanmean()
    with pytest.raises(DTypeError, match="must be either float or double dtype"):
        tensor([1, 2]).quantile(0.5)
    assert tensor([1, 2]).logsumexp(0).dtype == np.float32
    same(tensor([1, 2]).logsumexp(0).item(), 2.3132617)
    assert [tensor([1, 3]).max().item(), tensor([1, 3]).amin().dtype, tensor([True, False]).max().dtype] == [
        3,
        np.int64,
        np.bool_,
    ]
    assert tensor([1, 2, 3, 4]).median().item() == 2


def test_all_any_count_nonzero():
    x = tensor([[1.0, 0.0], [nan, 2.0]])
    assert [x.all().item(), x.any().item(), x.count_nonzero().item()] == [False, True, 3]
    assert x.all(1).tolist() == [False, True]
    assert x.any(dim=(0, 1)).item() is True
    assert x.all(0, keepdim=True).tolist() == [[True, False]]
    assert x.count_nonzero(0).tolist() == [2, 1]
    assert [x.all().dtype, x.any().dtype, x.count_nonzero().dtype] == [np.bool_, np.bool_, np.int64]


def test_results_of_constants_and_indices_need_no_gradient():
    x = tensor([1.0, 2.0], requires_grad=True)
    for z in (x.all(), x.argmax(), x.count_nonzero(), x.argsort(), x.sort().indices, x.max(0).indices):
        assert not z.requires_grad


def test_functions_take_arrays():
    assert autograd.sum(np.ones((2, 3)), 0).tolist() == [2, 2, 2]
    assert autograd.var_mean(np.array([1.0, 3.0]), correction=0)[1].item() == 2


# --------------------------------------------------------------------------------------------- empty and 0-d Tensors


def test_over_no_elements():
    empty, rows = tensor(np.ones(0)), tensor(np.ones((0, 3)))
    assert empty.sum().item() == 0
    assert empty.prod().item() == 1
    assert np.isnan(empty.mean().item())
    assert np.isnan(rows.mean(0).numpy()).all()
    assert np.isnan(empty.var().item())
    assert np.isnan(empty.std().item())
    assert np.isnan(empty.median().item())
    assert np.isnan(empty.nanmean().item())
    assert rows.logsumexp(0).tolist() == [-inf] * 3
    assert empty.norm().item() == 0
    assert empty.all().item() is True
    assert empty.any().item() is False
    assert empty.sort().indices.shape == (0,)
    assert empty.topk(0).values.shape == (0,)
    assert empty.cumsum(0).shape == (0,)
    assert empty.cummax(0).values.shape == (0,)
    assert empty.unique().shape == (0,)
    assert empty.diff().shape == (0,)
    assert gradient(lambda x: x.mean(1), np.ones((2, 0))) == [[], []]


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin", "argmax", "argmin", "aminmax"])
def test_extremes_of_nothing_raise(name):
    function = getattr(autograd, name)
    with pytest.raises(
        ShapeError, match=rf"{name}\(\): Expected reduction dim to be specified for input.numel\(\) == 0. Specify"
    ):
        function(tensor(np.ones(0)))
    with pytest.raises(IndexError, match=rf"{name}\(\): Expected reduction dim 0 to have non-zero size"):
        function(tensor(np.ones((0, 3))), dim=0)
    z = function(tensor(np.ones((0, 3))), dim=1)
    assert (z[0] if isinstance(z, tuple) else z).shape == (0,)


@pytest.mark.parametrize("name", ["median", "nanmedian", "mode", "kthvalue"])
def test_ranks_of_nothing_raise(name):
    args = (1,) if name == "kthvalue" else ()
    with pytest.raises(IndexError, match=rf"{name}\(\): Expected reduction dim 0 to have non-zero size"):
        getattr(autograd, name)(tensor(np.ones((0, 3))), *args, dim=0)


def test_quantile_and_norms_of_nothing_raise():
    with pytest.raises(ShapeError, match=r"quantile\(\) input tensor must be non-empty"):
        tensor(np.ones(0)).quantile(0.5)
    for p in (inf, -inf, -1):
        with pytest.raises(ShapeError, match=f"norm: cannot compute the {p:g} norm on an empty tensor"):
            tensor(np.ones(0)).norm(p)


def test_0d_tensors_have_one_dimension():
    x = tensor(3.0)
    for name in ("sum", "mean", "prod", "amax", "logsumexp", "cumsum", "cumprod", "logcumsumexp"):
        assert getattr(x, name)(0).tolist() == 3.0
    for name in ("max", "min", "sort", "median", "mode", "cummax", "cummin"):
        values, indices = getattr(x, name)(-1)
        assert (values.tolist(), indices.tolist()) == (3.0, 0)
    assert x.topk(1).values.shape == ()
    assert x.topk(0).values.shape == (0,)
    assert x.kthvalue(1).indices.tolist() == 0
    assert x.argmax(0).tolist() == x.argsort().tolist() == 0
    assert x.unique().tolist() == [3.0]
    with pytest.raises(ShapeError, match="diff expects input to be at least one-dimensional"):
        x.diff()
    assert gradient(lambda x: x.sort().values, 3.0) == gradient(lambda x: x.max(0).values, 3.0) == 1.0


# --------------------------------------------------------------------------------------------------------- variance


def test_var_of_too_few_elements_is_nan():
    for z in (
        tensor([2.0]).var(),
        tensor([2.0]).std(),
        tensor([2.0, 1.0]).var(correction=2),
        tensor([2.0, 1.0]).std(correction=3),
    ):
        assert np.isnan(z.item())
    z = tensor(np.ones((1, 3))).var(0)
    assert z.shape == (3,)
    assert np.isnan(z.numpy()).all()
    assert np.isnan(gradient(lambda x: x.var(), [2.0])).all()
    assert np.isnan(gradient(lambda x: x.std(), [2.0])).all()


@pytest.mark.parametrize("value", [2.0, 0.1, 1e30])
def test_std_of_a_constant(value):
    for dtype in (np.float32, np.float64):
        x = np.full(7, value, dtype)
        assert tensor(x).std().item() == 0.0
        assert gradient(lambda x: x.std(), x, dtype) == [0.0] * 7
        assert gradient(lambda x: x.std(correction=0), x, dtype) == [0.0] * 7


def test_std_of_a_constant_to_second_order():
    x = tensor([2.0, 2.0, 2.0], requires_grad=True)
    (g,) = autograd.grad(x.std(), x, create_graph=True)
    (h,) = autograd.grad((g * tensor([1.0, 2.0, 3.0])).sum(), x)
    assert h.tolist() == [0.0, 0.0, 0.0]


def test_var_does_not_cancel():
    x = tensor(np.float32(1e4) + np.arange(4, dtype=np.float32))
    assert x.var().item() == pytest.approx(5 / 3, rel=1e-6)


def test_ways_to_ask_for_the_correction():
    x = tensor([[1.0, 2.0, 4.0], [1.0, 5.0, 4.0]])
    same(x.var().item(), x.numpy().var(ddof=1))
    for z in (x.var(False), x.var(unbiased=False), x.var(correction=0)):
        same(z.item(), x.numpy().var())
    for z in (x.var(1, False, True), x.var(1, keepdim=True, correction=0)):
        same(z.tolist(), x.numpy().var(1, keepdims=True))
    same(x.var((0, 1), unbiased=True).item(), x.numpy().var(ddof=1))
    same(autograd.std_mean(x, True)[0].item(), x.numpy().std(ddof=1))
    with pytest.raises(TypeError, match="correction or unbiased, not both"):
        x.var(0, correction=0, unbiased=False)


# --------------------------------------------------------------------------------------------------------- products


def test_product_gradients_at_zeros():
    assert gradient(lambda x: x.prod(), [0.0, 2.0, 3.0]) == [6.0, 0.0, 0.0]
    assert gradient(lambda x: x.prod(), [0.0, 0.0, 3.0]) == [0.0, 0.0, 0.0]
    assert gradient(lambda x: x.cumprod(0), [2.0, 0.0, 3.0]) == [1.0, 8.0, 0.0]
    assert gradient(lambda x: x.cumprod(0), [0.0, 0.0, 3.0]) == [1.0, 0.0, 0.0]


def test_second_derivative_of_a_product_with_two_zeros():
    x = tensor([0.0, 0.0, 3.0], requires_grad=True)
    (g,) = autograd.grad(x.prod(), x, create_graph=True)
    (h,) = autograd.grad(g[0], x)
    assert h.tolist() == [0.0, 3.0, 0.0]


# --------------------------------------------------------------------------------------------------------- extremes


def test_ties_of_a_whole_extreme_share():
    for function in (
        lambda x: x.max(),
        lambda x: x.amax(),
        lambda x: x.aminmax().max,
        lambda x: x.amax(0),
        lambda x: x.median(),
    ):
        assert gradient(function, [2.0, 2.0, 1.0]) == [0.5, 0.5, 0.0]
    same(gradient(lambda x: x.median(), [2.0, 2.0, 2.0]), [1 / 3] * 3)
    same(gradient(lambda x: x.amin(1), [[1.0, 1.0, 1.0], [3.0, 2.0, 2.0]]), [[1 / 3] * 3, [0, 0.5, 0.5]])


def test_ties_along_a_dimension_go_to_the_index():
    assert gradient(lambda x: x.max(0).values, [2.0, 2.0, 1.0]) == [1.0, 0.0, 0.0]
    assert tensor([1.0, 1.0, 2.0, 2.0]).argmax().item() == 2
    assert gradient(lambda x: x.cummax(0).values, [1.0, 2.0, 2.0, 1.0]) == [1.0, 1.0, 2.0, 0.0]
    assert tensor([1.0, 1.0, 2.0, 2.0]).cummax(0).indices.tolist() == [0, 1, 2, 3]
    assert tensor([2.0, 2.0, 1.0, 1.0]).cummin(0).indices.tolist() == [0, 1, 2, 3]


def test_nan_wins():
    x = tensor([1.0, nan, 3.0])
    for z in (x.max(), x.min(), x.amax(), x.max(0).values, x.median(), x.median(0).values, x.quantile(0.5)):
        assert np.isnan(z.item())
    assert [x.argmax().item(), x.argmin().item(), x.max(0).indices.item(), x.median(0).indices.item()] == [1] * 4
    same(x.cummax(0).values.tolist(), [1, nan, nan])
    assert x.cummax(0).indices.tolist() == [0, 1, 1]
    assert gradient(lambda x: x.max(), [nan, 2.0, 1.0]) == [1.0, 0.0, 0.0]
    assert gradient(lambda x: x.quantile(0.5), [nan, 1.0, 2.0]) == [1.0, 0.0, 0.0]


def test_nan_is_left_out():
    x = tensor([[1.0, nan, 3.0], [nan, nan, nan]])
    assert x.nansum(1).tolist() == [4.0, 0.0]
    same(x.nanmean(1).tolist(), [2.0, nan])
    same(x.nanmedian(1).values.tolist(), [1.0, nan])
    assert x.nanmedian(1).indices.tolist() == [0, 0]
    assert x.nanmedian().item() == 1.0
    same(x.nanquantile(0.5, 1).tolist(), [2.0, nan])
    assert gradient(lambda x: x.nansum(), [nan, 1.0]) == [0.0, 1.0]
    assert gradient(lambda x: x.nanmean(), [nan, 1.0, 3.0]) == [0.0, 0.5, 0.5]
    assert gradient(lambda x: x.nanmedian(), [2.0, nan, 1.0]) == [0.0, 0.0, 1.0]


def test_three_forms_of_max():
    x, y = tensor([[1.0, 5.0], [4.0, 2.0]]), tensor([3.0, 3.0])
    assert x.max().item() == 5.0
    values, indices = autograd.max(x, 1, True)
    assert (values.tolist(), indices.tolist(), indices.dtype) == ([[5.0], [4.0]], [[1], [0]], np.int64)
    assert autograd.max(x, y).tolist() == x.max(other=y).tolist() == [[3.0, 5.0], [4.0, 3.0]]
    assert autograd.min(x, y).tolist() == [[1.0, 3.0], [3.0, 2.0]]
    assert x.argmax(keepdim=True).tolist() == [[1]]


def test_results_have_names():
    z = tensor([1.0, 2.0]).max(0)
    assert z._fields == ("values", "indices")
    assert "values=" in repr(z)
    assert tensor([1.0, 2.0]).aminmax()._fields == ("min", "max")


# -------------------------------------------------------------------------------------------- exponentials and norms


def test_logsumexp_at_infinity():
    for x, z, g in (
        ([-inf, -inf], -inf, [0.0, 0.0]),  # PyTorch: NaN
        ([-inf, 1.0], 1.0, [0.0, 1.0]),
        ([inf, 1.0], inf, [nan, 0.0]),
        ([inf, -inf], inf, [nan, 0.0]),
    ):
        assert tensor(x).logsumexp(0).item() == z
        same(gradient(lambda x: x.logsumexp(0), x), g)
    same(tensor([1000.0, 1000.0]).logsumexp(0).item(), 1000.6931)
    same(tensor([-1000.0, -1000.0]).logsumexp(0).item(), -999.30685)


def test_logcumsumexp_at_infinity():
    for x, z, g in (
        ([-inf, -inf], [-inf, -inf], [0.0, 0.0]),  # PyTorch: NaN
        ([-inf, 1.0], [-inf, 1.0], [0.0, 1.0]),
        ([inf, 1.0], [inf, inf], [nan, 0.0]),
        ([1.0, inf], [1.0, inf], [1.0, nan]),
        ([1000.0, 1000.0], [1000.0, 1000.6931], [1.5, 0.5]),
    ):
        same(tensor(x).logcumsumexp(0).tolist(), z)
        same(gradient(lambda x: x.logcumsumexp(0), x), g)


@pytest.mark.parametrize("p", [2, 1, 3, 1.5, 0.5, inf, 0, "fro"])
def test_norm_of_zero_has_gradient_0(p):
    assert tensor([0.0, 0.0]).norm(p).item() == 0.0
    assert gradient(lambda x: x.norm(p), [0.0, 0.0]) == [0.0, 0.0]
    x = tensor([0.0, 0.0], requires_grad=True)
    (g,) = autograd.grad(x.norm(p), x, create_graph=True)
    (h,) = autograd.grad(g.sum(), x, materialize_grads=True)
    assert h.tolist() == [0.0, 0.0]


def test_norm_gradients():
    for p, x, g in (
        (1, [0.0, 1.0, -2.0], [0.0, 1.0, -1.0]),
        (inf, [2.0, -2.0, 1.0], [0.5, -0.5, 0.0]),
        (-inf, [2.0, -2.0, 3.0], [0.5, -0.5, 0.0]),
        (3, [0.0, 2.0], [0.0, 1.0]),
        (1.5, [0.0, 2.0], [0.0, 1.0]),
        (0.5, [0.0, 2.0], [0.0, 1.0]),
        (0.5, [1.0, 2.0], [2.4142137, 1.7071068]),
        (-1, [1.0, 2.0], [0.44444445, 0.11111111]),
        (-1, [0.0, 2.0], [0.0, 0.0]),
    ):
        same(gradient(lambda x, p=p: x.norm(p), x), g)


def test_norm_arguments():
    x = tensor(np.ones((2, 3)))
    same(
        [x.norm().item(), x.norm("fro", (0, 1)).item(), x.norm(1).item(), x.norm(-1).item()], [6**0.5, 6**0.5, 6, 1 / 6]
    )
    assert x.norm(2, 1, True).shape == (2, 1)
    assert x.norm(dtype=np.float32).dtype == np.float32
    with pytest.raises(ShapeError, match="norm: Order foo not supported"):
        x.norm("foo")


# ---------------------------------------------------------------------------------------------------------- sorting


def test_sort_is_stable_and_puts_nan_last():
    values, indices = tensor([2.0, 1.0, 2.0, 1.0]).sort(descending=True, stable=True)
    assert (values.tolist(), indices.tolist()) == ([2, 2, 1, 1], [0, 2, 1, 3])
    same(tensor([1.0, nan, 3.0]).sort().values.tolist(), [1, 3, nan])
    assert tensor([1.0, nan, 3.0]).sort(descending=True).indices.tolist() == [1, 2, 0]
    assert tensor([3, 1, 2]).argsort().tolist() == [1, 2, 0]
    assert tensor([True, False]).sort().values.tolist() == [False, True]


def test_topk():
    x = tensor([2.0, 1.0, 2.0, 1.0])
    assert x.topk(2).indices.tolist() == [0, 2]
    same(x.topk(3, sorted=False).values.tolist(), [2, 2, 1])
    assert np.isnan(tensor([1.0, nan, 3.0]).topk(1).values.item())
    assert tensor([1.0, nan, 3.0]).topk(1, largest=False).values.tolist() == [1.0]
    assert tensor([[1, 5, 3], [9, 7, 8]]).topk(2, 1).indices.tolist() == [[1, 2], [0, 2]]
    for k in (5, -1):
        with pytest.raises(RuntimeError, match=f"selected index k out of range: wanted 0 to 4, got {k}"):
            x.topk(k)


def test_kthvalue():
    values, indices = tensor([[1.0, 4.0], [3.0, 2.0]]).kthvalue(1, 0, True)
    assert (values.tolist(), indices.tolist()) == ([[1.0, 2.0]], [[0, 1]])
    for k in (0, 3):
        with pytest.raises(RuntimeError, match=r"kthvalue\(\): selected number k out of range for dimension 0"):
            tensor([1.0, 2.0]).kthvalue(k)


def test_median_is_the_lower_one():
    x = tensor([[4.0, 1.0, 3.0, 2.0], [1.0, 1.0, 8.0, 9.0]])
    assert x.median().item() == 2.0
    values, indices = x.median(1)
    assert values.tolist() == [2.0, 1.0]
    assert indices.tolist()[0] == 3
    assert x.median(1, keepdim=True).values.shape == (2, 1)


def test_mode_is_the_smallest_and_its_last_place():
    for x, value, place in (([2.0, 1.0, 2.0, 1.0], 1, 3), ([3.0, 1.0, 2.0, 1.0, 3.0], 1, 3), ([1.0, nan, nan], 1, 0)):
        values, indices = tensor(x).mode()
        assert (values.item(), indices.item()) == (value, place)
    assert tensor([[1, 2], [1, 3], [0, 3]]).mode(0).values.tolist() == [1, 3]


def test_quantiles():
    x = tensor(np.arange(6.0).reshape(2, 3))
    assert x.quantile(tensor([0.0, 0.5]), dim=1, keepdim=True).tolist() == [[[0.0], [3.0]], [[1.0], [4.0]]]
    assert x.quantile(0.5, keepdim=True).tolist() == [[2.5]]
    assert tensor([1.0, inf, inf]).quantile(1.0).item() == inf
    same(gradient(lambda x: x.quantile(0.3), [3.0, 1.0, 2.0, 5.0]), [0, 0.1, 0.9, 0])
    assert gradient(lambda x: x.quantile(0.5), [3.0, 3.0, 3.0, 5.0]) == [0, 0.5, 0.5, 0]
    with pytest.raises(ShapeError, match=r"q must be in the range \[0, 1\] but got 1.5"):
        x.quantile(1.5)
    with pytest.raises(ShapeError, match=r"q must be a scalar or 1D tensor"):
        x.quantile([[0.1]])
    with pytest.raises(ValueError, match="interpolation must be one of linear, lower, higher, midpoint, nearest, but"):
        x.quantile(0.1, interpolation="foo")


def test_unique():
    assert tensor([3, 1, 2, 1]).unique().tolist() == [1, 2, 3]
    values, inverse, counts = autograd.unique(tensor([[3, 1], [2, 1]]), return_inverse=True, return_counts=True)
    assert (values.tolist(), inverse.tolist(), counts.tolist()) == ([1, 2, 3], [[2, 0], [1, 0]], [2, 1, 1])
    values, inverse = tensor([[1, 2], [1, 2], [0, 2]]).unique(return_inverse=True, dim=0)
    assert (values.tolist(), inverse.tolist()) == ([[0, 2], [1, 2]], [1, 1, 0])
    assert tensor([nan, nan, 3.0]).unique().shape == (3,)


def test_bincount():
    assert tensor([3, 1, 2, 1]).bincount().tolist() == [0, 2, 1, 1]
    assert tensor([1]).bincount(minlength=3).tolist() == [0, 1, 0]
    z = tensor([3, 1]).bincount(weights=tensor([0.5, 1.5]))
    assert (z.tolist(), z.dtype) == ([0, 1.5, 0, 0.5], np.float32)
    assert tensor(np.zeros(0, np.int64)).bincount().shape == (0,)
    for x in (tensor([-1, 1]), tensor([[1, 2]]), tensor([1.0])):
        with pytest.raises(RuntimeError, match="bincount only supports 1-d non-negative integral inputs"):
            x.bincount()


def test_diff():
    x = tensor(np.arange(6.0).reshape(2, 3) ** 2)
    assert x.diff(n=2).tolist() == [[2.0], [2.0]]
    assert x.diff(n=5).shape == (2, 0)
    assert x.diff(n=0).tolist() == x.tolist()
    assert x.diff(dim=0).shape == (1, 3)
    assert tensor([True, False]).diff().tolist() == [True]
    assert tensor([0.0, 1.0, 2.0]).diff(prepend=tensor([1.0]), append=tensor([5.0, 6.0])).tolist() == [-1, 1, 1, 3, 1]
    with pytest.raises(RuntimeError, match="order must be non-negative but got -1"):
        x.diff(-1)


# -------------------------------------------------------------------------------------------------- NumPy's functions


@pytest.mark.parametrize(
    "function",
    [
        *(np.sum, np.mean, np.prod, np.var, np.std, np.max, np.min, np.amax, np.amin, np.nansum, np.nanmean, np.median),
        *(np.all, np.any, np.argmax, np.argmin, np.count_nonzero),
    ],
    ids=lambda f: f.__name__,
)
def test_numpys_reductions(function, rng):
    x = rng.standard_normal((3, 4))
    for options in ({}, {"axis": 1}, {"axis": -2, "keepdims": True}):
        z = function(tensor(x, requires_grad=True), **options)
        assert isinstance(z, autograd.Tensor)
        same(z.detach().numpy(), function(x, **options), rtol=1e-12)


@pytest.mark.parametrize("function", [np.sort, np.argsort, np.cumsum, np.cumprod, np.diff], ids=lambda f: f.__name__)
def test_numpys_functions_along_an_axis(function, rng):
    x = rng.standard_normal((3, 4))
    options = [{}, {"axis": 0}, {"axis": -1}] + [{"axis": None}] * (function is not np.diff)
    for option in options:
        z = function(tensor(x, requires_grad=True), **option)
        same(z.detach().numpy(), function(x, **option), rtol=1e-12)


def test_numpys_defaults():
    x = np.array([[1.0, 2.0, 4.0], [3.0, 0.0, 5.0]])
    t = tensor(x, requires_grad=True)
    same(np.var(t, axis=0, ddof=1).tolist(), x.var(0, ddof=1))
    same(np.quantile(t, [0.1, 0.6], axis=1).tolist(), np.quantile(x, [0.1, 0.6], axis=1))
    assert np.prod(t, axis=(0, 1)).item() == 0.0
    assert np.mean(tensor([1, 2])).item() == 1.5
    assert np.add.reduce(t).tolist() == [4.0, 2.0, 9.0]
    assert t.sum().requires_grad


def test_what_numpy_can_and_a_record_cannot():
    t = tensor([1.0, 2.0], requires_grad=True)
    for call in (
        lambda: np.sum(t, out=np.zeros(())),
        lambda: np.var(t, where=np.array([True, False])),
        lambda: np.var(t, mean=np.zeros(1)),
        lambda: np.cumsum(t, out=np.zeros(2)),
        lambda: np.sort(t, order="x"),
    ):
        with pytest.raises(NoRuleError, match="cannot be recorded"):
            call()
