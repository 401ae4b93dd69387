"""Elementwise functions at the edges: kinks, infinities, dtypes, numbers as operands, NumPy's names, errors."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

import autograd
from autograd.errors import DeviceError, DTypeError, NoRuleError, SettingError, ShapeError
from autograd.ops import special
from autograd.tensors import Tensor
from autograd.tensors.core import set_default_dtype
from autograd.tensors.piecewise import where
from autograd.tensors.promotion import constants

inf, nan = math.inf, math.nan


def slope(function, *inputs, dtype=np.float64):
    """Gradients of the sum of function(*inputs), as lists."""
    leaves = [autograd.tensor(np.array(x, dtype), requires_grad=True) for x in inputs]
    gradients = [g.tolist() for g in autograd.grad(function(*leaves).sum(), leaves)]
    return gradients[0] if len(gradients) == 1 else gradients


def same(got, expected):
    np.testing.assert_array_equal(np.asarray(got, np.float64), np.asarray(expected, np.float64))


# ------------------------------------------------------------------------------------------------- numbers as operands

OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "le", "gt", "ge", "eq", "ne"]


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("number", [2, 2.5, -1.0, np.float64(1.5), np.int64(3)], ids=repr)
def test_a_number_on_either_side_acts_like_an_array_of_it(name, number):
    function = getattr(operator, name)
    x = np.array([0.5, 1.0, 3.0], np.float32)
    full = np.full(3, number, np.float32)
    with np.errstate(invalid="ignore"):  # (-1) ** 0.5
        pairs = [
            (function(autograd.tensor(x), number), function(x, full)),
            (function(number, autograd.tensor(x)), function(full, x)),
        ]
    for got, expected in pairs:
        assert isinstance(got, Tensor)
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-6)


def test_numbers_do_not_widen_float32_nor_narrow_float64():
    assert (autograd.tensor([1.0]) * 0.1).dtype == np.float32
    assert (autograd.tensor([1.0]) * np.sqrt(2.0)).dtype == np.float32
    x = autograd.tensor(np.ones(1))
    assert (x * 0.1).item() == 0.1
    assert x.add(2, alpha=0.1).item() == 1.2


def test_integers_stay_integers_with_ints_and_become_float_with_floats():
    x = autograd.tensor([1, 2])
    assert (x * 2).dtype == np.int64
    assert (x * 2.0).dtype == np.float32
    assert (x + True).dtype == np.int64
    assert (x / 2).dtype == np.float32
    assert (x // 2).dtype == np.int64
    assert (x * 2).tolist() == [2, 4]  # after the float of the same value
    assert (autograd.tensor([True]) + 1).dtype == np.int64
    assert (autograd.tensor([True]) + 1.0).dtype == np.float32
    assert (autograd.tensor([1], dtype=np.uint8) + 1).dtype == np.uint8


def test_the_sign_of_a_zero_survives_the_table_of_constants():
    x = autograd.tensor([1.0])
    assert np.signbit((x * 0.0).numpy()).tolist() == [False]
    assert np.signbit((x * -0.0).numpy()).tolist() == [True]
    assert np.signbit((x * 0).numpy()).tolist() == [False]


def test_constants_are_shared_but_cannot_be_written_and_the_table_stays_small():
    table = constants[np.dtype(np.float32)]
    x = autograd.tensor([1.0])
    assert (x * 1.75).item() == 1.75
    assert not table[1.75].flags.writeable
    for k in range(1000):
        x * (k + 0.5)
    assert len(table) <= 256


def test_default_dtype_decides_what_numbers_make_of_integers():
    set_default_dtype(np.float64)
    try:
        assert (autograd.tensor([1]) * 0.5).dtype == np.float64
        assert autograd.tensor([1]).sin().dtype == np.float64
    finally:
        set_default_dtype(np.float32)


def test_foreign_operands():
    x = autograd.tensor([1.0])
    with pytest.raises(TypeError, match="unsupported operand"):
        x + "a"
    with pytest.raises(DTypeError, match="mul: wanted Tensors, arrays or numbers, got Tensor and str"):
        x.mul("a")
    with pytest.raises(DTypeError, match="clamp: wanted Tensors, arrays or numbers, got str"):
        x.clamp("a", 1)
    assert (x == "a") is False
    assert (x != None) is True  # noqa: E711


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"The size of tensor a \(2\) must match the size of tensor b \(3\)"):
        autograd.tensor([1.0, 2.0]) + autograd.tensor([1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match=r"clamp: .* must match"):
        autograd.tensor([1.0, 2.0]).clamp(autograd.tensor([1.0, 2.0, 3.0]), 5)
    with pytest.raises(ShapeError, match=r"where: .* must match"):
        where(autograd.tensor([True, False]), autograd.tensor([1.0, 2.0, 3.0]), 0.0)


def test_bools_have_no_difference_and_floats_no_bits():
    b = autograd.tensor([True])
    with pytest.raises(DTypeError, match="boolean subtract"):
        b - b
    with pytest.raises(DTypeError, match="bitwise_and"):
        autograd.tensor([1.0]) & 1


def test_bools_have_neither_a_negative_nor_a_sign():
    b = autograd.tensor([True])
    with pytest.raises(DTypeError, match="neg: not implemented for bool: ~x"):
        _ = -b
    with pytest.raises(DTypeError, match="sign: not implemented for bool"):
        autograd.sign(b)


def test_keywords_are_pytorchs_and_unknown_ones_raise():
    x, y = autograd.tensor([3.0]), autograd.tensor([2.0])
    assert x.mul(other=y).item() == 6
    assert autograd.exp(input=x).item() == pytest.approx(math.exp(3))
    assert autograd.clamp(input=x, max=1).item() == 1
    for call in (lambda: x.mul(y, alpha=2), lambda: x.add(y, beta=2), lambda: x.exp(out=y), lambda: x.clamp(low=1)):
        with pytest.raises(TypeError, match="unexpected keyword"):
            call()


# --------------------------------------------------------------------------------------------------------- arithmetic


def test_alpha_scales_the_second_operand():
    x, y = autograd.tensor([1.0], requires_grad=True), autograd.tensor([2.0], requires_grad=True)
    assert x.add(y, alpha=3).item() == 7
    assert x.sub(y, alpha=3).item() == -5
    assert autograd.add(x, 2, alpha=3).item() == 7
    assert slope(lambda a, b: a.sub(b, alpha=3), [1.0], [2.0]) == [[1], [-3]]


def test_rounding_modes():
    x, y = autograd.tensor([7, -7, 7]), autograd.tensor([2, 2, -2])
    assert x.div(y, rounding_mode="floor").tolist() == [3, -4, -4]
    assert x.div(y, rounding_mode="trunc").tolist() == [3, -3, -3]
    assert x.div(y, rounding_mode="trunc").dtype == np.int64
    assert x.div(y).dtype == np.float32
    assert slope(lambda a, b: a.div(b, rounding_mode="floor"), [7.0], [2.0]) == [[0], [0]]
    with pytest.raises(SettingError, match="div expected rounding_mode to be one of None, 'trunc', or 'floor'"):
        x.div(y, rounding_mode="up")


def test_remainder_has_the_sign_of_the_divisor_and_fmod_of_the_dividend():
    x, y = autograd.tensor([7.0, -7.0]), autograd.tensor([2.0, 2.0])
    assert (x % y).tolist() == x.remainder(y).tolist() == [1, 1]
    assert x.fmod(y).tolist() == [1, -1]
    assert slope(Tensor.remainder, [7.0, -7.0], [2.0, 2.0]) == [[1, 1], [-3, 4]]
    assert slope(Tensor.fmod, [7.0, -7.0], [2.0, 2.0]) == [[1, 1], [-3, 3]]


def test_abs_and_sign_have_slope_0_at_0():
    assert slope(Tensor.abs, [0.0, -1.0, 2.0]) == [0, -1, 1]
    assert slope(Tensor.sign, [0.0, -1.0]) == [0, 0]


def test_lerp_hits_both_ends():
    x, y = autograd.tensor([0.1, 1e8]), autograd.tensor([0.7, 1.0])
    assert x.lerp(y, 1).tolist() == y.tolist()
    assert x.lerp(y, 0.0).tolist() == x.tolist()
    assert slope(lambda a, b, w: a.lerp(b, w), [1.0], [3.0], [0.25]) == [[0.75], [0.25], [2.0]]


def test_dist_of_equal_vectors_has_gradient_0():
    same(slope(Tensor.dist, [1.0, 2.0], [1.0, 2.0]), [[0, 0], [0, 0]])
    assert autograd.tensor([0.0, 0.0]).dist(autograd.tensor([3.0, 4.0])).item() == 5


# ------------------------------------------------------------------------------------------------------------- powers


def test_powers_with_numbers_at_0():
    assert slope(lambda x: x**0, [0.0, 2.0]) == [0, 0]
    assert slope(lambda x: x**1, [0.0, 2.0]) == [1, 1]
    assert slope(lambda x: x**2, [0.0, 2.0]) == [0, 4]
    assert slope(lambda x: x**3, [0.0, -2.0]) == [0, 12]
    assert slope(lambda x: x**0.5, [0.0])[0] == inf
    assert slope(lambda x: x**-1, [0.0])[0] == -inf
    assert slope(lambda x: 0.0**x, [0.0, 2.0, -1.0]) == [0, 0, -inf]


def test_powers_of_tensors_at_0_and_below():
    base, exponent = [0.0, 0.0, 0.0, -2.0, -2.0, 2.0], [0.0, 2.0, -1.0, 2.0, 3.0, 0.5]
    dx, dy = slope(Tensor.pow, base, exponent)
    same(dx[:5], [0, 0, -inf, -4, 12])
    same(dy[:5], [0, 0, -inf, nan, nan])
    assert slope(lambda x: x ** autograd.tensor(np.array(3.0)), [-2.0]) == [
        12
    ]  # the exponent needs no gradient: no NaN


def test_second_derivative_of_powers_at_0():
    for exponent, expected in ((1, 0), (2, 2), (3, 0)):
        x = autograd.tensor(np.zeros(1), requires_grad=True)
        (g,) = autograd.grad((x**exponent).sum(), x, create_graph=True)
        (h,) = autograd.grad(g.sum(), x)
        assert h.tolist() == [expected]


def test_powers_of_integers():
    x = autograd.tensor([1, 2, 3])
    assert (x**2).dtype == np.int64
    assert (x**2).tolist() == [1, 4, 9]
    assert (x**0.5).dtype == np.float32
    assert (2**x).tolist() == [2, 4, 8]
    assert (autograd.tensor([True]) ** 2).dtype == np.int64
    with pytest.raises(DTypeError, match="Integers to negative integer powers are not allowed"):
        x**-1
    assert x.float_power(2).dtype == np.float64
    assert autograd.float_power(x, autograd.tensor([2, 1, 0])).tolist() == [1, 2, 1]


@pytest.mark.parametrize(
    ("exponent", "name"),
    [(2, "square"), (2.0, "square"), (0.5, "pow_number"), (-1, "div"), (-0.5, "pow_number"), (3, "pow_number")],
)
def test_common_exponents_take_the_cheap_op(exponent, name):
    """None of them keeps its result, which may be written to, as PyTorch's powers may."""
    x = autograd.tensor([2.0], requires_grad=True)
    assert (x**exponent)._node.op == name
    assert np.power(x, exponent)._node.op == name


def test_roots_at_0():
    assert slope(Tensor.sqrt, [0.0]) == [inf]
    assert slope(Tensor.rsqrt, [0.0]) == [-inf]


# ------------------------------------------------------------------------------------------------------ special values


def test_the_origin_has_angle_and_radius_with_gradient_0():
    same(slope(Tensor.hypot, [0.0, 3.0], [0.0, 4.0]), [[0, 0.6], [0, 0.8]])
    same(slope(Tensor.atan2, [0.0, 1.0], [0.0, 1.0]), [[0, 0.5], [0, -0.5]])


def test_xlogy_is_0_where_x_is_0():
    z = autograd.xlogy(autograd.tensor([0.0, 0.0, 1.0, 0.0]), autograd.tensor([0.0, 2.0, 0.0, nan]))
    same(z.tolist(), [0, 0, -inf, nan])
    same(slope(Tensor.xlogy, [0.0, 0.0, 1.0], [0.0, 2.0, 0.0]), [[0, math.log(2), -inf], [0, 0, inf]])


def test_logaddexp_of_infinities_has_finite_gradients():
    x, y = [-inf, inf, -inf, 1000.0], [-inf, inf, 1.0, -1000.0]
    z = autograd.logaddexp(autograd.tensor(x), autograd.tensor(y))
    assert z.tolist() == [-inf, inf, 1.0, 1000.0]
    for function in (Tensor.logaddexp, Tensor.logaddexp2):
        same(slope(function, x, y), [[0.5, 0.5, 0, 1], [0.5, 0.5, 1, 0]])


@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 4e-16), (np.float32, 2.5e-7)])
def test_sigmoid_keeps_its_relative_precision(dtype, error):
    x = np.linspace(-80, 80, 1001).astype(dtype)
    expected = [math.exp(v) / (1 + math.exp(v)) for v in x.astype(float)]
    np.testing.assert_allclose(autograd.tensor(x).sigmoid().numpy(), np.array(expected, dtype), rtol=error)
    with np.errstate(all="raise", under="ignore"):
        z = autograd.tensor(np.array([-inf, -1e4, 1e4, inf], dtype)).sigmoid()
    assert z.tolist() == [0, 0, 1, 1]
    assert autograd.tensor(np.array([-20, 20], np.float16)).sigmoid().numpy()[1] == 1


def test_erf_and_erfc_match_the_c_library():
    x = np.concatenate([np.linspace(-7, 7, 20001), np.logspace(-300, 0, 601), np.linspace(5, 26, 2001)])
    erf, erfc = (np.array([f(v) for v in x]) for f in (math.erf, math.erfc))
    np.testing.assert_allclose(special.erf(x), erf, rtol=1e-15)
    np.testing.assert_allclose(special.erfc(x), erfc, rtol=1.5e-15)
    single = x.astype(np.float32)
    erf, erfc = (np.array([f(v) for v in single.astype(float)]) for f in (math.erf, math.erfc))
    tiny = np.finfo(np.float32).tiny
    assert special.erf(single).dtype == special.erfc(single).dtype == np.float32
    np.testing.assert_allclose(special.erf(single), erf, rtol=5e-7, atol=tiny)
    np.testing.assert_allclose(special.erfc(single), erfc, rtol=2e-7, atol=tiny)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_error_functions_at_the_ends(dtype):
    x = np.array([0.0, inf, -inf, nan], dtype)
    same(special.erf(x), [0, 1, -1, nan])
    same(special.erfc(x), [1, 0, 2, nan])
    same(special.erfinv(np.array([0.0, 1.0, -1.0, 1.5, nan], dtype)), [0, inf, -inf, nan, nan])
    assert special.erf(x).dtype == dtype


def test_erfinv_inverts_erf_up_to_the_tails():
    p = np.concatenate([np.linspace(-0.999, 0.999, 2001), 1 - np.logspace(-14, -1, 50), np.logspace(-200, -1, 50)])
    y = special.erfinv(p)
    np.testing.assert_allclose(special.erf(y), p, rtol=1e-15)
    np.testing.assert_allclose(special.erfc(np.abs(y)), 1 - np.abs(p), rtol=1e-14)


def test_error_functions_of_more_than_one_block():
    x = np.linspace(-3, 3, 3 * 11000).reshape(3, 11000).T
    np.testing.assert_array_equal(special.erf(x)[5000], [special.erf(x[5000:5001, k])[0] for k in range(3)])


def test_every_derivative_of_sinc_is_precise_near_0():
    x = np.array([0.0, 1e-12, 1e-4])
    for order, expected in ((1, [0, 0]), (2, [-(math.pi**2) / 3] * 2), (3, [0, 0]), (4, [math.pi**4 / 5] * 2)):
        np.testing.assert_allclose(special.sinc(x, order=order)[:2], expected, rtol=1e-14, atol=1e-10)
    for order in range(1, 6):
        edge = 0.5 + 0.5 * order  # where the series hands over to the recurrence
        np.testing.assert_allclose(
            special.sinc(np.array([edge - 1e-12]), order=order),
            special.sinc(np.array([edge]), order=order),
            rtol=1e-9,
            atol=1e-9,
        )


# ----------------------------------------------------------------------------------------- choosing, clipping, rounding


def test_ties_share_in_maximum_and_go_to_the_first_in_fmax():
    assert slope(Tensor.maximum, [0.0, 1.0], [0.0, 2.0]) == [[0.5, 0], [0.5, 1]]
    assert slope(Tensor.minimum, [0.0, 1.0], [0.0, 2.0]) == [[0.5, 1], [0.5, 0]]
    assert slope(Tensor.fmax, [0.0, 1.0, nan, 1.0], [0.0, 2.0, 1.0, nan]) == [[1, 0, 0, 1], [0, 1, 1, 0]]
    assert slope(Tensor.fmin, [0.0, 1.0, nan, 1.0], [0.0, 2.0, 1.0, nan]) == [[1, 1, 0, 1], [0, 0, 1, 0]]


def test_the_same_tensor_twice_in_maximum_gets_the_whole_gradient():
    assert slope(lambda x: x.maximum(x), [3.0]) == [1]
    assert slope(lambda x: x.fmin(x), [3.0]) == [1]


def test_clamp_at_the_bounds():
    assert slope(lambda x: x.clamp(0, 1), [0.0, 1.0, 0.5, 2.0]) == [1, 1, 1, 0]
    assert slope(lambda x: x.clamp(min=0), [0.0, -1.0]) == [1, 0]
    assert slope(lambda x: x.clamp(max=0), [0.0, 1.0]) == [1, 0]
    x, low, high = [0.0, 1.0, 0.5, 2.0, -1.0, 0.5], [0.0] * 6, [1.0] * 5 + [0.5]
    expected = [[1, 1, 1, 0, 0, 1], [0, 0, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0]]
    assert slope(Tensor.clamp, x, low, high) == expected
    assert slope(Tensor.clamp, [0.0, 1.5, 5.0], [2.0] * 3, [1.0] * 3) == [[0] * 3, [0] * 3, [1] * 3]
    assert slope(Tensor.clamp_min, [0.0, 1.0, -1.0], [0.0] * 3) == [[1, 1, 0], [0, 0, 1]]


def test_clamp_of_integers_and_without_bounds():
    x = autograd.tensor([0, 1, 5])
    assert x.clamp(1, 3).tolist() == [1, 1, 3]
    assert x.clamp(1, 3).dtype == np.int64
    assert x.clip(0.5, 1.5).dtype == np.float32
    with pytest.raises(SettingError, match="At least one of 'min' or 'max' must not be None"):
        x.clamp()


def test_where_lets_nothing_of_the_other_branch_through():
    def safe_log(x):
        return where(x.detach() > 0, x, 1.0).log() * 2

    assert slope(safe_log, [0.0, 2.0]) == [0, 1]
    for size in (3, 5000):  # both ways of `keep`
        x = autograd.tensor(np.full(size, 2.0), requires_grad=True)
        chosen = np.arange(size) % 2 == 0
        z = where(chosen, x, 0.0)
        (g,) = autograd.grad(z, x, np.where(chosen, 1.0, nan))
        same(g.numpy(), chosen)


def test_where_with_numbers_and_without_values():
    c = autograd.tensor([[True, False], [False, True]])
    assert where(c, 1.5, 0).dtype == np.float32
    assert where(c, 1, 0).dtype == np.int64
    assert where(c, autograd.tensor([1.0, 2.0]), 0).tolist() == [[1, 0], [0, 2]]
    assert autograd.tensor([1.0, 2.0]).where(c, autograd.tensor(0.0)).tolist() == [[1, 0], [0, 2]]
    rows, columns = where(c)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [0, 1])
    with pytest.raises(DTypeError, match="where expected condition to be a boolean tensor"):
        where(autograd.tensor([1.0]), 1.0, 0.0)
    with pytest.raises(TypeError, match="both"):
        where(c, 1.0)


def test_rounding_has_gradient_0_and_keeps_integers():
    for name in ("floor", "ceil", "trunc", "round"):
        assert slope(getattr(Tensor, name), [1.5, -0.5]) == [0, 0]
        assert getattr(autograd.tensor([3]), name)().dtype == np.int64
    assert autograd.tensor([0.5, 1.5, 2.5]).round().tolist() == [0, 2, 2]
    assert autograd.tensor(np.array([0.25, 1.35])).round(decimals=1).tolist() == [0.2, 1.4]
    assert autograd.tensor([1.5, -1.5]).frac().tolist() == [0.5, -0.5]
    assert slope(Tensor.frac, [1.5, -1.5]) == [1, 1]


def test_nan_to_num_has_gradient_0_where_it_replaced():
    x = [nan, inf, -inf, 1.0]
    z = autograd.tensor(x).nan_to_num()
    limit = float(np.finfo(np.float32).max)
    assert z.tolist() == [0, limit, -limit, 1]
    assert autograd.tensor(x).nan_to_num(7.0, 8.0, 9.0).tolist() == [7, 8, 9, 1]
    assert slope(Tensor.nan_to_num, x) == [0, 0, 0, 1]


# --------------------------------------------------------------------------------------------------- comparing, logic


def test_comparisons_are_bool_constants():
    x = autograd.tensor([1.0, nan], requires_grad=True)
    for z in (x > 0, x == x, x >= 0, x.ne(1), x.isnan(), x.isfinite(), autograd.logical_not(x), x.signbit()):
        assert z.dtype == np.bool_
        assert not z.requires_grad
    assert (x == x).tolist() == [True, False]
    assert len(autograd.tape()) == 0
    assert len({x, autograd.tensor([1.0, nan])}) == 2  # still hashable, by identity


def test_close_and_equal():
    x = autograd.tensor(np.array([1.0, nan]))
    y = autograd.tensor(np.array([1.0 + 1e-9, nan]))
    assert x.isclose(y).tolist() == [True, False]
    assert x.isclose(y, equal_nan=True).tolist() == [True, True]
    assert autograd.allclose(x, y, equal_nan=True) is True
    assert autograd.allclose(x, y) is False
    assert autograd.equal(autograd.tensor([1, 2]), autograd.tensor([1, 2])) is True
    assert autograd.equal(autograd.tensor([1, 2]), autograd.tensor([[1, 2]])) is False


def test_bits():
    x = autograd.tensor([5, 6])
    assert [(x & 3).tolist(), (x | 1).tolist(), (x ^ 1).tolist(), (~x).tolist()] == [[1, 2], [5, 7], [4, 7], [-6, -7]]
    assert [(x << 1).tolist(), (x >> 1).tolist(), (3 & x).tolist(), (1 << x).tolist()] == [
        [10, 12],
        [2, 3],
        [1, 2],
        [32, 64],
    ]
    b = autograd.tensor([True, False])
    assert [(~b).tolist(), (b & True).tolist(), (b ^ b).tolist()] == [[False, True], [True, False], [False, False]]


# ----------------------------------------------------------------------------------------------------- integer inputs


@pytest.mark.parametrize("name", ["sin", "exp", "sqrt", "sigmoid", "erf", "sinc", "reciprocal", "deg2rad", "atan"])
def test_integers_become_the_default_float(name):
    z = getattr(autograd.tensor([1, 2]), name)()
    assert z.dtype == np.float32
    np.testing.assert_array_equal(z.numpy(), getattr(autograd.tensor([1.0, 2.0]), name)().numpy())


def test_functions_take_arrays_and_numbers():
    assert autograd.exp(np.zeros(2, np.float32)).tolist() == [1, 1]
    assert autograd.add(1, 2).item() == 3
    assert autograd.pow(2.0, autograd.tensor([3.0])).tolist() == [8]
    assert autograd.clamp(np.array([5.0]), 0, 1).tolist() == [1]
    assert autograd.maximum(np.array([5.0]), 7).tolist() == [7]


# ------------------------------------------------------------------------------------------------------- NumPy's names


@pytest.mark.parametrize(
    "function",
    [
        np.exp,
        np.absolute,
        np.positive,
        np.radians,
        np.sinc,
        np.round,
        np.fix,
        np.nan_to_num,
        np.rint,
        lambda x: np.power(x, 2),
        lambda x: np.clip(x, 0.2, 0.5),
        lambda x: np.clip(x, None, 0.5),
        pytest.param(
            lambda x: np.clip(x, min=0.2),
            marks=pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="NumPy 2.1 has these names"),
        ),
        lambda x: np.maximum(x, 0.3),
        lambda x: np.where(np.array([True, False, True]), x, 0.0),
        lambda x: np.where(x > 0.3, x, 0.0),
        lambda x: np.float64(2) * x,
        lambda x: np.array([1.0, 2.0, 3.0], np.float32) * x,
        lambda x: x * np.array([1.0, 2.0, 3.0], np.float32),
        lambda x: np.array([[1.0], [2.0]], np.float32) / x,
        lambda x: np.array([1.0, 2.0, 3.0], np.float32) ** x,
        lambda x: x ** np.array([1.0, 2.0, 3.0], np.float32),
        lambda x: np.round(x, 1),
        lambda x: np.float32(3) - x,
        lambda x: np.arctan2(x, 1.0),
    ],
)
@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # from NumPy 2.5 on
def test_numpys_functions_record(function):
    x = np.array([0.1, 0.4, 0.9], np.float32)
    leaf = autograd.tensor(x, requires_grad=True)
    z = function(leaf)
    assert isinstance(z, Tensor)
    assert z.requires_grad
    assert z.dtype == np.float32
    np.testing.assert_allclose(z.detach().numpy(), function(x), rtol=1e-6)
    (g,) = autograd.grad(z.sum(), leaf)
    assert g.dtype == np.float32


def test_numpys_predicates():
    x = autograd.tensor([1.0, 2.0])
    assert np.isclose(x, [1.0, 3.0]).tolist() == [True, False]
    assert np.allclose(x, x.numpy()) is True
    assert np.array_equal(x, x) is True
    assert [index.tolist() for index in np.where(x > 1)] == [[1]]
    with pytest.raises(NoRuleError, match=r"np\.spacing has no derivative rule"):
        np.spacing(x.requires_grad_())


# ---------------------------------------------------------------------------------------------------- dtypes, devices


def test_conversions():
    x = autograd.tensor([1.7, -2.7, 0.0])
    expected = {"double": np.float64, "half": np.float16, "long": np.int64, "int": np.int32, "bool": np.bool_}
    for name, dtype in expected.items():
        assert getattr(x, name)().dtype == dtype
    assert x.long().tolist() == [1, -2, 0]
    assert x.bool().tolist() == [True, True, False]
    assert x.float() is x
    assert x.to(np.float32) is x
    assert x.to("cpu") is x
    assert x.cpu() is x
    assert x.to("cpu", np.float64).dtype == np.float64
    assert x.to(autograd.tensor([1])).dtype == np.int64
    assert x.type_as(autograd.tensor([True])).dtype == np.bool_
    assert x.to(dtype="float64").dtype == x.to("float64").dtype == np.float64
    copied = x.to(np.float32, copy=True)
    assert not np.shares_memory(copied.numpy(), x.numpy())


def test_conversions_between_floats_are_recorded_and_gradients_come_back_in_the_old_dtype():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    z = x.double()
    assert z.requires_grad
    (z * 3).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3, 3]
    assert not x.long().requires_grad


def test_other_devices_raise():
    x = autograd.tensor([1.0])
    for call in (x.cuda, lambda: x.to("cuda"), lambda: x.to("cuda:0"), lambda: x.to(device="mps")):
        with pytest.raises(DeviceError, match="Tensors live on the CPU only"):
            call()
    with pytest.raises(DTypeError, match="to: wanted a bool, integer or floating point dtype"):
        x.to(np.complex64)
