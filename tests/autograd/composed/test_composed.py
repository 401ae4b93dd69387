"""NumPy's functions that are compositions: values are NumPy's, gradients those of differences, twice."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import check_grads, tensor
from autograd.composed.constants import NAMES
from autograd.composed.moving import MOVING
from autograd.errors import NoRuleError
from autograd.tensors.method import array_functions, ufuncs

R = np.random.default_rng(3)
v, w, m, n = R.standard_normal(5), R.standard_normal(5), R.standard_normal((3, 4)), R.standard_normal((3, 4))
p, s, c = R.random(5) + 0.5, np.sort(R.standard_normal(6)), R.standard_normal((2, 3, 4))
gaps = np.array([1.0, np.nan, -2.0, 0.5, np.nan, 3.0])
apart = np.array([[2.0, 1.0, 0.3], [0.5, 4.0, 0.2], [0.1, 0.4, 7.0]])
sq = R.standard_normal((3, 3)) + 3 * np.eye(3)
masks = [v > 0.5, v < -0.5]

CASES = {
    "append": (lambda x, y: np.append(x, y), v, w),
    "append_axis": (lambda x, y: np.append(x, y, axis=0), m, n),
    "array_split": (lambda x: np.array_split(x, 3)[1], v),
    "average": (lambda x: np.average(x, axis=0), m),
    "average_weights": (lambda x, y: np.average(x, weights=y), v, p),
    "average_along": (lambda x, y: np.average(x, axis=1, weights=y), m, p[:4]),
    "bincount": (lambda x: np.bincount([0, 2, 2, 1, 4], x, 7), v),
    "block": (lambda x, y: np.block([[x, np.zeros((3, 1))], [y, np.ones((3, 1))]]), m, n),
    "cbrt": (np.cbrt, v),
    "choose": (lambda x, y: np.choose([0, 1, 1, 0, 1], [x, y]), v, w),
    "column_stack": (lambda x, y: np.column_stack([x, y]), v, w),
    "compress": (lambda x: np.compress([True, False, True], x, axis=0), m),
    "cond": (np.linalg.cond, sq),
    "conjugate": (np.conjugate, v),
    "convolve_full": (lambda x, y: np.convolve(x, y), v, w[:3]),
    "convolve_same": (lambda x, y: np.convolve(x, y, "same"), v, w[:4]),
    "convolve_valid": (lambda x, y: np.convolve(x, y, "valid"), v[:2], w),
    "corrcoef": (np.corrcoef, m),
    "correlate_full": (lambda x, y: np.correlate(x, y, "full"), v, w[:3]),
    "correlate_same": (lambda x, y: np.correlate(x, y, "same"), v, w[:4]),
    "correlate_same_odd": (lambda x, y: np.correlate(x, y, "same"), v, w[:3]),
    "correlate_same_long": (lambda x, y: np.correlate(x, y, "same"), v[:2], w),
    "correlate_valid": (lambda x, y: np.correlate(x, y), v[:2], w),
    "cov": (np.cov, m),
    "cov_columns": (lambda x, y: np.cov(x, y, rowvar=False, bias=True), m, n),
    "cov_weights": (lambda x, y: np.cov(x, fweights=[1, 2, 1, 3], aweights=y), m, p[:4]),
    "cov_vector": (np.cov, v),
    "cumulative_sum": (lambda x: np.cumulative_sum(x, axis=1, include_initial=True), m),
    "cumulative_prod": (lambda x: np.cumulative_prod(x), v),
    "delete": (lambda x: np.delete(x, [1, 3]), v),
    "diagflat": (lambda x: np.diagflat(x, 1), v),
    "diff_prepend": (lambda x, y: np.diff(x, prepend=y, append=1.0), v, w[:2]),
    "divmod": (lambda x, y: np.divmod(x, y)[1], v, p),
    "dsplit": (lambda x: np.dsplit(c * x, 2)[1], v[0]),
    "ediff1d": (lambda x, y: np.ediff1d(x, to_begin=y, to_end=0.0), v, w),
    "eig": (lambda x: np.linalg.eig(x + x.T)[0], sq),
    "eig_vectors": (lambda x: np.abs(np.linalg.eig(x)[1]), apart),
    "eigvals": (np.linalg.eigvals, np.array([[2.0, 1.0], [0.5, 4.0]])),
    "einsum_lists": (lambda x, y: np.einsum(x, [0, 1], y, [2, 1], [0, 2]), m, n),
    "extract": (lambda x: np.extract([True, False, True, True, False], x), v),
    "fabs": (np.fabs, v),
    "frexp": (lambda x: np.frexp(x)[0], v),
    "geomspace": (lambda x, y: np.geomspace(x, y, 5), p[0], p[1] * 10),
    "gradient": (np.gradient, v),
    "gradient_axes": (lambda x: np.stack(np.gradient(x, 2.0, 0.5)), m),
    "gradient_edge": (lambda x: np.gradient(x, edge_order=2, axis=1), m),
    "gradient_uneven": (lambda x, y: np.gradient(x, y), v, np.sort(w)),
    "gradient_uneven_edge": (lambda x, y: np.gradient(x, y, edge_order=2), v, np.sort(w)),
    "histogram": (lambda x: np.histogram([0.1, 0.9, 0.5, 2.0, 1.0], 4, (0, 1), weights=x)[0], v),
    "histogram_density": (lambda x: np.histogram([0.1, 0.9, 0.5, 0.7, 1.0], 3, weights=x, density=True)[0], p),
    "hsplit": (lambda x: np.hsplit(x, 2)[1], m),
    "i0": (np.i0, v),
    "imag": (lambda x: x * 1 + np.imag(x), v),
    "insert": (lambda x, y: np.insert(x, [1, 3], y), v, w[:2]),
    "interp": (lambda x, y, z: np.interp(x, y, z), np.array([-5.0, -0.1, 0.3, 9.0]), np.sort(v), w),
    "interp_period": (lambda x, z: np.interp(x, [0.0, 1.0, 2.5], z, period=3.0), v, w[:3]),
    "ldexp": (lambda x: np.ldexp(x, [0, 1, 2, 3, -1]), v),
    "linspace": (lambda x, y: np.linspace(x, y, 4), v, w),
    "linspace_open": (lambda x, y: np.linspace(x, y, 4, endpoint=False, axis=-1), v, w),
    "logspace": (lambda x, y: np.logspace(x, y, 4, base=2.0), v[0], w[0]),
    "lstsq": (lambda x, y: np.linalg.lstsq(x, y)[0], R.standard_normal((5, 3)), v),
    "lstsq_wide": (lambda x, y: np.linalg.lstsq(x, y)[0], m, R.standard_normal((3, 2))),
    "lstsq_residuals": (lambda x, y: np.linalg.lstsq(x, y)[1], R.standard_normal((5, 3)), v),
    "matrix_norm": (np.linalg.matrix_norm, m),
    "matvec": (lambda x, y: np.matvec(x, y), m, v[:4]) if hasattr(np, "matvec") else (np.sin, v),
    "modf": (lambda x: np.modf(x)[0], v),
    "nancumprod": (np.nancumprod, gaps),
    "nancumsum": (np.nancumsum, gaps),
    "nanmax": (np.nanmax, gaps),
    "nanmedian": (np.nanmedian, gaps),
    "nanmin": (lambda x: np.nanmin(x, keepdims=True), gaps),
    "nanpercentile": (lambda x: np.nanpercentile(x, [10, 50]), gaps),
    "nanprod": (np.nanprod, gaps),
    "nanquantile": (lambda x: np.nanquantile(x, 0.3), gaps),
    "nanstd": (lambda x: np.nanstd(x, ddof=1), gaps),
    "nanvar": (np.nanvar, gaps),
    "outer_linalg": (np.linalg.outer, v, w),
    "partition": (lambda x: np.partition(x, 2), v),
    "percentile": (lambda x: np.percentile(x, [25, 60], axis=1), m),
    "percentile_axes": (lambda x: np.percentile(x, 30, axis=(0, 2), keepdims=True), c),
    "piecewise": (lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda z: z * z, lambda z: 3 * z]), v),
    "piecewise_numbers": (lambda x: np.piecewise(x, [x < 0], [-1.0, np.sin]), v),
    "polyadd": (lambda x, y: np.polyadd(x, y), v, w[:2]),
    "polyder": (lambda x: np.polyder(x, 2), v),
    "polyfit": (lambda x, y: np.polyfit(x, y, 2), v, w),
    "polyint": (np.polyint, v),
    "polymul": (lambda x, y: np.polymul(x, y), v[:3], w[:2]),
    "polysub": (lambda x, y: np.polysub(x, y), v[:2], w),
    "polyval": (lambda x, y: np.polyval(x, y), v, w),
    "ptp": (lambda x: np.ptp(x, axis=1), m),
    "real": (np.real, v),
    "resize": (lambda x: np.resize(x, (2, 4)), v),
    "rollaxis": (lambda x: np.rollaxis(c * x, 2), v[0]),
    "row_stack": (lambda x, y: np.vstack([x, y]), v, w),
    "select": (lambda x, y: np.select(masks, [x, y], 7.0), v, w),
    "sliding": (lambda x: np.lib.stride_tricks.sliding_window_view(x, 3), v),
    "svdvals": (np.linalg.svdvals, m),
    "tensorinv": (lambda x: np.linalg.tensorinv(x, 1), R.standard_normal((4, 2, 2))),
    "tensorsolve": (np.linalg.tensorsolve, R.standard_normal((2, 2, 4)), R.standard_normal((2, 2))),
    "trace_linalg": (np.linalg.trace, sq),
    "trapezoid": (lambda x, y: np.trapezoid(x, y), v, w),
    "trapezoid_axis": (lambda x: np.trapezoid(x, dx=0.5, axis=0), m),
    "trim_zeros": (np.trim_zeros, np.array([0.0, 0.0, 1.5, 0.0, 2.0, 0.0])),
    "unstack": (lambda x: np.unstack(x, axis=1)[2], m),
    "unwrap": (lambda x: np.unwrap(x * 4), v),
    "vander": (np.vander, v[:3]),
    "vander_wide": (lambda x: np.vander(x, 5, increasing=True), v[:3]),
    "vecdot": (lambda x, y: np.vecdot(x, y), m, n),
    "vecmat": (lambda x, y: np.vecmat(x, y), v[:3], m) if hasattr(np, "vecmat") else (np.sin, v),
    "vector_norm": (lambda x: np.linalg.vector_norm(x, axis=1, ord=3), m),
    "vsplit": (lambda x: np.vsplit(x, 3)[2], m),
    "pad_edge": (lambda x: np.pad(x, ((1, 2), (0, 3)), "edge"), m),
    "pad_reflect": (lambda x: np.pad(x, 7, "reflect"), v),
    "pad_reflect_odd": (lambda x: np.pad(x, (2, 3), "reflect", reflect_type="odd"), v),
    "pad_symmetric": (lambda x: np.pad(x, 6, "symmetric"), v),
    "pad_symmetric_odd": (lambda x: np.pad(x, ((1, 0), (2, 2)), "symmetric", reflect_type="odd"), m),
    "pad_wrap": (lambda x: np.pad(x, ((0, 2), (5, 1)), "wrap"), m),
    "pad_maximum": (lambda x: np.pad(x, 2, "maximum"), m),
    "pad_minimum": (lambda x: np.pad(x, ((0, 1), (2, 0)), "minimum", stat_length=2), m),
    "pad_mean": (lambda x: np.pad(x, ((1, 2), (3, 1)), "mean", stat_length=((2, 1), (3, 2))), m),
    "pad_median": (lambda x: np.pad(x, 1, "median"), m),
    "pad_linear_ramp": (lambda x: np.pad(x, ((2, 3), (1, 0)), "linear_ramp", end_values=(1.0, -2.0)), m),
    "pad_constants": (lambda x: np.pad(x, 2, constant_values=((1.0, 2.0), (3.0, 4.0))), m),
    "pad_constant": (lambda x: np.pad(x, (1, 2), "constant", constant_values=7.0), v),
    "add_reduce": (lambda x: np.add.reduce(x, axis=1, keepdims=True, initial=2.0, where=m > 0), m),
    "multiply_reduce": (lambda x: np.multiply.reduce(x), m),
    "maximum_reduce": (lambda x: np.maximum.reduce(x, initial=0.3, where=[[True], [False], [True], [True]]), m.T),
    "add_accumulate": (lambda x: np.add.accumulate(x, axis=1), m),
    "multiply_accumulate": (np.multiply.accumulate, v),
    "maximum_accumulate": (lambda x: np.maximum.accumulate(x, axis=1), m),
    "minimum_accumulate": (np.minimum.accumulate, m),
    "subtract_outer": (lambda x, y: np.subtract.outer(x, y), m, v),
    "add_reduceat": (lambda x: np.add.reduceat(x, [0, 3, 1, 4]), v),
    "multiply_reduceat": (lambda x: np.multiply.reduceat(x, [0, 2], axis=1), m),
    "sum_where": (lambda x: np.sum(x, axis=0, where=m > 0, initial=1.5), m),
    "prod_where": (lambda x: np.prod(x, where=m > 0), m),
    "mean_where": (lambda x: np.mean(x, axis=1, where=m > -5), m),
    "max_where": (lambda x: np.max(x, axis=1, where=m < 0.4, initial=-9.0), m),
    "min_initial": (lambda x: np.min(x, initial=100.0), m),
    "dtype": (lambda x, y: np.add(x, y, dtype=np.float64), v, w),
    "cross_axes": (lambda x, y: np.cross(x, y, axisa=0, axisb=1, axisc=0), m[:, :2], n[:2, :3]),
    "eigvalsh_upper": (lambda x: np.linalg.eigvalsh(x, "U"), sq),
}  # fmt: skip

for _name in ("cumulative_prod", "cumulative_sum", "unstack"):  # new in NumPy 2.1
    if not hasattr(np, _name):
        del CASES[_name]

SINGULAR = {"trim_zeros", "nanmax", "nanmin", "nanmedian", "nanpercentile", "nanquantile"}
"""At the points of these a difference would cross NaN or a zero: their gradients are checked by hand below."""
NAN = {name for name, (_, *args) in CASES.items() if any(np.isnan(x).any() for x in args)}


@pytest.mark.parametrize("name", CASES)
def test_the_value_is_numpys(name):
    function, *args = CASES[name]
    wanted = function(*args)
    found = function(*[tensor(x, requires_grad=True) for x in args])
    assert found.requires_grad
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [name for name in CASES if name not in SINGULAR | NAN | {"trim_zeros"}])
def test_gradients_are_those_of_differences(name):
    function, *args = CASES[name]
    tensors = tuple(tensor(x, dtype=np.float64, requires_grad=True) for x in args)
    assert check_grads(function, tensors, second_order=name not in {"cond", "eig_vectors"})


@pytest.mark.parametrize("name", sorted(NAN - SINGULAR))
def test_gradients_pass_by_nan(name):
    function, x = CASES[name]
    kept = ~np.isnan(x)

    def of_kept(part):
        return function(np.where(kept, np.asarray(part)[np.cumsum(kept) - 1], np.nan))

    t = tensor(x, requires_grad=True)
    z = function(t)
    seed = np.linspace(0.5, 1.5, z.numel()).reshape(z.shape)
    (z * tensor(seed)).sum().backward()
    assert (t.grad.numpy()[~kept] == 0).all()
    step = 1e-6
    for place, index in enumerate(np.flatnonzero(kept)):
        part = x[kept]
        above, below = part.copy(), part.copy()
        above[place] += step
        below[place] -= step
        slope = ((of_kept(above) - of_kept(below)) * seed).sum() / (2 * step)
        assert t.grad.numpy()[index] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_extremes_without_nan_pass_the_gradient_to_the_element():
    x = tensor(gaps, requires_grad=True)
    (np.nanmax(x) + 10 * np.nanmin(x) + 100 * np.nanmedian(x)).backward()
    assert x.grad.tolist() == [50.0, 0.0, 10.0, 50.0, 0.0, 1.0]
    x = tensor([0.0, 0.0, 1.5, 0.0, 2.0, 0.0], requires_grad=True)
    np.trim_zeros(x).sum().backward()
    assert x.grad.tolist() == [0, 0, 1, 1, 1, 0]


@pytest.mark.parametrize("name", [name for name in CASES if name not in {"eig_vectors"}])
def test_float32_stays(name):
    function, *args = CASES[name]
    found = function(*[tensor(np.asarray(x, np.float32), requires_grad=True) for x in args])
    assert found.dtype == np.float32 or function(*[np.asarray(x, np.float32) for x in args]).dtype == np.float64


def test_every_function_of_the_tables_is_tried():
    tried = " ".join(CASES)
    for function in MOVING:
        name = {"sliding_window_view": "sliding", "dstack": "column_stack"}.get(function.__name__, function.__name__)
        assert name in tried
    for name in NAMES:
        assert not hasattr(np, name) or getattr(np, name) in array_functions


def test_arrays_are_handed_over_without_a_copy():
    x = tensor(v)
    assert np.shares_memory(np.from_dlpack(x), x)
    assert autograd.utils.dlpack.from_dlpack(v).tolist() == v.tolist()


def test_functions_without_a_gradient_are_given_the_arrays():
    x = tensor(v, requires_grad=True)
    assert (np.argpartition(x, 2) == np.argpartition(v, 2)).all()
    assert (np.searchsorted(tensor(s), x) == np.searchsorted(s, v)).all()
    assert np.shares_memory(x.detach(), x)
    assert np.array2string(x) == np.array2string(v)


def test_arrays_are_saved(tmp_path):
    x = tensor(v, requires_grad=True)
    np.savez(tmp_path / "x.npz", x=x)
    np.save(tmp_path / "x.npy", x)
    assert (np.load(tmp_path / "x.npz")["x"] == v).all()
    assert (np.load(tmp_path / "x.npy") == v).all()
    np.testing.assert_allclose(x, v)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.percentile(x, 50, weights=np.ones(5)),
        lambda x: np.put(x, [1], 2.0),
        lambda x: np.roots(x),
        lambda x: np.polydiv(x, x),
        lambda x: np.fft.fft(x),
    ],
)
def test_what_has_no_rule_says_so(call):
    with pytest.raises(NoRuleError, match=r"np\.\w+"):
        call(tensor(v, requires_grad=True))


def test_adding_at_places_adds_again():
    x = tensor(v, requires_grad=True)
    y = x * 1.0
    np.add.at(y, [0, 2, 0], x[:3] * 2)
    wanted = v.copy()
    np.add.at(wanted, [0, 2, 0], v[:3] * 2)
    np.testing.assert_allclose(y, wanted)
    (y * tensor(np.arange(5.0))).sum().backward()
    np.testing.assert_allclose(x.grad, [0.0 + 0.0, 1.0 + 4.0, 2.0 + 0.0, 3.0, 4.0])


def test_errors_are_numpys():
    x = tensor(v, requires_grad=True)
    with pytest.raises(ZeroDivisionError, match="Weights sum to zero"):
        np.average(x, weights=np.zeros(5))
    with pytest.raises(ValueError, match="mode must be"):
        np.convolve(x, x, "half")
    with pytest.raises(ValueError, match="too small"):
        np.gradient(x[:1])
    with pytest.raises(TypeError, match="complex eigenvalues"):
        np.linalg.eig(tensor([[0.0, 1.0], [-1.0, 0.0]], requires_grad=True))


def test_rows_and_axes():
    x = tensor(m, requires_grad=True)
    each = np.apply_along_axis(lambda row: np.sum(row * row), 1, x)
    np.testing.assert_allclose(each.detach().numpy(), (m * m).sum(1))
    each.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * m)
    whole = np.apply_over_axes(np.sum, tensor(c, requires_grad=True), [0, 2])
    np.testing.assert_allclose(whole.detach().numpy(), np.apply_over_axes(np.sum, c, [0, 2]))


def test_ufuncs_are_known_by_their_conjugates():
    assert np.conj is np.conjugate
    assert ufuncs[np.conj](autograd.tensor(2.0)).item() == 2.0


@pytest.mark.parametrize("join", [np.concatenate, np.stack, np.vstack, np.hstack])
def test_what_joins_takes_a_dtype_and_an_array_of_parts(join):
    x = tensor(m, requires_grad=True)
    z = join([x, n], dtype=np.float32)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(z.detach(), join([m, n], dtype=np.float32))
    np.testing.assert_array_equal(join(x).detach(), join(m))
    assert join(x).requires_grad
    with pytest.raises(TypeError, match="according to the rule 'safe'"):
        join([x, n], dtype=np.float32, casting="safe")
