"""Calls made by mistake: what is refused, in words that say why, and what has a result after all."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd import tensor
from autograd.errors import AutogradError, DTypeError, ShapeError

BYTES = np.zeros(2, np.uint8)
REFUSED = {
    "a mask of bools has no fraction": (lambda: autograd.frac(tensor([True])), "frac: not implemented for bool"),
    "a number is no right hand side": (lambda: autograd.linalg.solve(autograd.eye(3), tensor(1.0)), "at least 1 dim"),
    "LAPACK knows no float16": (lambda: autograd.linalg.inv(autograd.eye(2).half()), r"float16: use .*x.float\(\)"),
    "fewer than no powers": (lambda: autograd.vander(tensor([1, 2]), N=-1), "N must be non-negative"),
    "powers of bools": (lambda: autograd.linalg.vander(tensor([True])), "floating point and integer"),
    "a vector has no Householder vectors": (
        lambda: autograd.linalg.householder_product(autograd.ones(3), tensor(1.0)),
        "at least 2 dimensions",
    ),
    "fewer than no choices": (lambda: autograd.combinations(autograd.ones(2), -1), "non-negative"),
    "a matrix among lists": (lambda: autograd.cartesian_prod(autograd.ones(2, 2)), "1D vector"),
    "a negative tolerance": (lambda: autograd.isclose(tensor(1.0), tensor(1.0), rtol=-1), "rtol and atol"),
    "a negative length": (lambda: autograd.bincount(tensor([1]), minlength=-1), "minlength should be >= 0"),
    "means and deviations of other shapes": (lambda: autograd.normal(autograd.ones(2), autograd.ones(3)), "normal"),
    "half an element": (lambda: F.pad(autograd.ones(2), (1.5, 1)), "tuple of ints"),
    "half a size": (lambda: F.interpolate(autograd.ones(1, 1, 4), size=3.5), "size must be ints"),
    "no scale": (lambda: F.interpolate(autograd.ones(1, 1, 4), scale_factor=float("nan")), "finite number"),
    "an endless scale": (lambda: F.interpolate(autograd.ones(1, 1, 4), scale_factor=float("inf")), "finite number"),
    "a root of order 0": (lambda: F.lp_pool2d(autograd.ones(1, 1, 3, 3), 0, 2), "norm_type must not be 0"),
    "a class below the end of the list": (
        lambda: F.multilabel_margin_loss(autograd.ones(1, 3), tensor([[0, -2, -1]])),
        "Target -2 is out of bounds",
    ),
    "a mask of integers": (
        lambda: F.scaled_dot_product_attention(*[autograd.ones(2, 3, 4)] * 3, attn_mask=autograd.ones(3, 3).int()),
        r"bool .* or float .* got int32: use attn_mask.bool\(\)",
    ),
    "heads that do not divide": (
        lambda: F.scaled_dot_product_attention(autograd.ones(3, 2, 4), *[autograd.ones(2, 2, 4)] * 2, enable_gqa=True),
        "must divide",
    ),
    "no heads": (
        lambda: F.scaled_dot_product_attention(autograd.ones(3, 2, 4), *[autograd.ones(0, 2, 4)] * 2, enable_gqa=True),
        "must divide",
    ),
    "a step of 0": (lambda: autograd.ones(2, 3)[::0], "slice step cannot be zero"),
    "a place that is no integer": (lambda: autograd.ones(2, 3)[1.0], "valid indices"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    call, message = REFUSED[name]
    with pytest.raises(AutogradError, match=message):
        call()


HELD = {
    "tensor": lambda n, dtype: tensor(n, dtype=dtype),
    "a list": lambda n, dtype: tensor([0, n], dtype=dtype)[1],
    "full": lambda n, dtype: autograd.full((2,), n, dtype=dtype)[0],
    "full_like": lambda n, dtype: autograd.full_like(tensor(BYTES.astype(dtype)), n)[0],
    "new_full": lambda n, dtype: tensor(BYTES.astype(dtype)).new_full((2,), n)[0],
    "new_tensor": lambda n, dtype: tensor(BYTES.astype(dtype)).new_tensor([n])[0],
    "fill_": lambda n, dtype: tensor(BYTES.astype(dtype)).fill_(n)[0],
    "pad": lambda n, dtype: F.pad(tensor(BYTES.astype(dtype)), (1, 0), value=n)[0],
    "scatter": lambda n, dtype: tensor(BYTES.astype(dtype)).scatter(0, tensor([0]), n)[0],
    "linspace": lambda n, dtype: autograd.linspace(0, n, 2, dtype=dtype)[1],
}


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize(
    ("dtype", "fits", "not_"), [("uint8", (0, 1, 255), (256, 300)), ("int8", (-128, 127), (128, -129))], ids=str
)
def test_integers_hold_a_number_or_say_so(name, dtype, fits, not_):
    for n in fits:
        made = HELD[name](n, dtype)
        assert made.item() == n
        assert made.dtype == dtype
    for n in not_:
        with pytest.raises(DTypeError, match=f"value cannot be converted to type {dtype} without overflow: {n}"):
            HELD[name](n, dtype)


def test_numbers_out_of_reach_are_not_drawn():
    assert autograd.randint(0, 256, (3,), dtype="uint8").dtype == "uint8"
    for low, high in ((0, 257), (-1, 5)):
        with pytest.raises(DTypeError):
            autograd.randint(low, high, (3,), dtype="uint8")


def test_a_negative_number_wraps_around_among_unsigned_ones():
    assert tensor(-1, dtype="uint8").item() == autograd.full((), -1, dtype="uint8").item() == 255


def test_norms_of_matrices_without_elements_are_0():
    for order in (1, 2, "nuc", "fro"):
        assert autograd.linalg.matrix_norm(autograd.ones(3, 0), order).item() == 0
    assert autograd.linalg.matrix_norm(autograd.ones(0, 3), float("inf")).item() == 0
    assert autograd.linalg.cond(autograd.ones(2, 0, 0)).tolist() == [0, 0]
    with pytest.raises(ShapeError):
        autograd.linalg.matrix_norm(autograd.ones(3, 0), -1)


def test_powers_of_integers_do_not_overflow_narrow_ones():
    powers = autograd.vander(tensor([1, 20], dtype="uint8"), 3)
    assert powers.dtype == "int64"
    assert powers.tolist() == [[1, 1, 1], [400, 20, 1]]


def test_places_to_fill_count_from_the_end_too():
    assert autograd.index_fill(autograd.arange(3.0), 0, tensor([-1, 0]), 5).tolist() == [5, 1, 5]
    with pytest.raises(ShapeError, match="index -4 is out of bounds"):
        autograd.index_fill(autograd.arange(3.0), 0, tensor([-4]), 5)


def test_a_tensor_of_uint8_is_a_mask_and_a_warning_says_so():
    x = autograd.arange(6.0).reshape(2, 3)
    with pytest.warns(UserWarning, match="uint8 Tensor is taken for a mask"):
        assert x[tensor([0, 2], dtype="uint8")].tolist() == [[3, 4, 5]]
    with pytest.warns(UserWarning, match="uint8"):
        x[tensor([1, 0], dtype="uint8")] = 9.0
    assert x.tolist() == [[9, 9, 9], [3, 4, 5]]
    assert x[tensor([1, 0], dtype="int8")].tolist() == [[3, 4, 5], [9, 9, 9]]


def test_norms_but_for_the_only_dimension_are_sizes():
    assert autograd.norm_except_dim(tensor([-1.0, 2.0])).tolist() == [1, 2]


def test_one_factor_and_no_dimension():
    assert autograd.chain_matmul(autograd.eye(2)).tolist() == [[1, 0], [0, 1]]
    assert autograd.adjoint(tensor(2.0)).item() == 2
    assert [len(part) for part in autograd.svd_lowrank(autograd.eye(2))] == [2, 2, 2]


@pytest.mark.parametrize("settings", [{}, {"is_causal": True}, {"dropout_p": 1e-9}])
def test_attention_without_features_is_even(settings):
    empty = autograd.ones(3, 0, requires_grad=True)
    z = F.scaled_dot_product_attention(empty, empty, autograd.arange(3.0).reshape(3, 1), **settings)
    assert z.tolist() == ([[0], [0.5], [1]] if "is_causal" in settings else [[1]] * 3)
    z.sum().backward()
    assert empty.grad.shape == (3, 0)
