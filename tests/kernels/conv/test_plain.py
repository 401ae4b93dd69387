"""The kernels of convolution against the formula written as loops."""

import numpy as np
import pytest

from kernels.conv import plain as conv
from kernels.conv import window
from tests import naive

# x, w, z, stride, padding, dilation, groups
CASES = [
    ((2, 3, 7), (4, 3, 3), (2, 4, 5), (1,), (0,), (1,), 1),
    ((3, 2, 9), (2, 2, 3), (3, 2, 4), (2,), (0,), (1,), 1),
    ((2, 3, 6, 7), (4, 3, 3, 2), (2, 4, 3, 3), (2, 3), (1, 2), (1, 2), 1),
    ((2, 4, 5, 5), (6, 2, 3, 3), (2, 6, 5, 5), (1, 1), (1, 1), (1, 1), 2),
    ((2, 6, 5, 4), (2, 3, 2, 3), (2, 2, 2, 4), (2, 1), (0, 1), (2, 1), 2),
    ((2, 4, 6, 6), (4, 1, 3, 3), (2, 4, 6, 6), (1, 1), (1, 1), (1, 1), 4),
    ((2, 3, 5, 4), (6, 1, 2, 2), (2, 6, 2, 2), (2, 2), (0, 0), (1, 1), 3),
    ((3, 5, 4, 4), (2, 5, 1, 1), (3, 2, 4, 4), (1, 1), (0, 0), (1, 1), 1),
    ((3, 2, 4, 4), (5, 2, 1, 1), (3, 5, 2, 2), (2, 2), (0, 0), (1, 1), 1),
    ((3, 4, 4, 3), (6, 2, 1, 1), (3, 6, 4, 3), (1, 1), (0, 0), (1, 1), 2),
    ((2, 2, 3, 3), (3, 2, 1, 1), (2, 3, 7, 5), (1, 1), (2, 1), (1, 1), 1),
    ((1, 1, 1, 1), (1, 1, 1, 1), (1, 1, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((1, 1, 1, 1), (2, 1, 3, 3), (1, 2, 1, 1), (1, 1), (1, 1), (1, 1), 1),
    ((2, 2, 3, 4, 3), (3, 2, 2, 2, 2), (2, 3, 2, 2, 2), (1, 2, 1), (0, 0, 0), (1, 1, 1), 1),
    ((2, 2, 3, 3, 3), (2, 1, 3, 2, 3), (2, 2, 3, 2, 3), (1, 1, 1), (1, 0, 1), (1, 1, 1), 2),
    ((0, 3, 5, 5), (2, 3, 3, 3), (0, 2, 3, 3), (1, 1), (0, 0), (1, 1), 1),
]


@pytest.fixture(params=[4 << 20, 200], ids=["one block", "many blocks"])
def _block(request, monkeypatch):
    monkeypatch.setattr(conv, "BLOCK", request.param)


def draw(rng, shape, dtype):
    return rng.standard_normal(shape).astype(dtype)


def same(got, expected, dtype):
    assert got.dtype == dtype
    assert got.shape == expected.shape
    assert got.flags.c_contiguous
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.usefixtures("_block")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_all_three_directions(case, dtype, rng):
    x_shape, w_shape, z_shape, *settings = case
    x, w, z = draw(rng, x_shape, dtype), draw(rng, w_shape, dtype), draw(rng, z_shape, dtype)
    for bias in (None, draw(rng, w_shape[:1], dtype)):
        arguments = (x, w, bias, *settings, z_shape[2:])
        same(conv.conv(*arguments), naive.conv(*arguments), dtype)
    for bias in (None, draw(rng, x_shape[1:2], dtype)):
        arguments = (z, w, bias, *settings, x_shape[2:])
        same(conv.conv_input_grad(*arguments), naive.conv_input_grad(*arguments), dtype)
    arguments = (z, x, *settings, w_shape[2:])
    same(conv.conv_weight_grad(*arguments), naive.conv_weight_grad(*arguments), dtype)
    each = [naive.conv_weight_grad(z[n : n + 1], x[n : n + 1], *settings, w_shape[2:]) for n in range(len(x))]
    same(conv.conv_weight_grad_each(*arguments), np.stack(each) if each else np.zeros((0, *w_shape), dtype), dtype)


@pytest.mark.usefixtures("_block")
def test_memory_layout_does_not_matter_and_inputs_are_not_written_to(rng):
    x = rng.standard_normal((7, 6, 3, 4)).transpose(3, 2, 1, 0)[:, :, ::-1]
    w = rng.standard_normal((3, 3, 3, 6)).T[::2]
    bias = rng.standard_normal(6)[::2]
    z = rng.standard_normal((5, 4, 3, 4)).transpose(3, 2, 1, 0)
    for array in (x, w, bias, z):
        array.flags.writeable = False
    settings = ((1, 1), (0, 0), (1, 1), 1)
    same(conv.conv(x, w, bias, *settings, (4, 5)), naive.conv(x, w, bias, *settings, (4, 5)), np.float64)
    same(
        conv.conv_input_grad(z, w, None, *settings, (6, 7)),
        naive.conv_input_grad(z, w, None, *settings, (6, 7)),
        np.float64,
    )
    same(conv.conv_weight_grad(z, x, *settings, (3, 3)), naive.conv_weight_grad(z, x, *settings, (3, 3)), np.float64)


def test_rows_that_no_window_reaches_have_no_influence_and_gradient_0(rng):
    x, w = rng.standard_normal((1, 1, 8)), rng.standard_normal((1, 1, 3))
    settings = ((3,), (0,), (1,), 1)
    z = conv.conv(x, w, None, *settings, (2,))
    x[..., 6:] = np.nan
    np.testing.assert_array_equal(conv.conv(x, w, None, *settings, (2,)), z)
    dx = conv.conv_input_grad(np.ones((1, 1, 2)), w, None, *settings, (8,))
    np.testing.assert_allclose(dx[0, 0], [*w[0, 0], *w[0, 0], 0, 0])


@pytest.mark.parametrize(
    ("x", "kernel", "counts", "stride", "padding", "dilation"),
    [
        ((2, 3, 5, 6), (2, 3), (4, 4), (1, 1), (0, 0), (1, 1)),
        ((2, 2, 5, 6), (3, 2), (2, 3), (2, 3), (1, 2), (2, 1)),
        ((1, 1, 1, 1), (1, 1), (1, 1), (1, 1), (0, 0), (1, 1)),
        ((0, 2, 3, 3), (2, 2), (2, 2), (1, 1), (0, 0), (1, 1)),
    ],
)
def test_unfold_and_fold(x, kernel, counts, stride, padding, dilation, rng):
    settings = (kernel, stride, padding, dilation, counts)
    array = rng.standard_normal(x)
    columns = naive.unfold(array, *settings)
    same(conv.unfold(array, *settings), columns, np.float64)
    same(conv.fold(columns, *settings, x[2:]), naive.fold(columns, *settings, x[2:]), np.float64)


def test_no_windows_outside_of_the_array():
    x = np.zeros((1, 4, 1))
    assert window.windows(x, (2,), (3,), (1,), (1,)).shape == (1, 2, 3, 1)
    with pytest.raises(ValueError, match="do not fit"):
        window.windows(x, (2,), (4,), (1,), (1,))


def test_sizes_of_a_convolution_and_its_transpose_belong_together():
    for n in range(1, 12):
        for kernel, stride, padding, dilation in [(3, 2, 1, 1), (2, 3, 0, 2), (5, 1, 2, 1), (1, 2, 0, 1)]:
            settings = (kernel,), (stride,), (padding,), (dilation,)
            (count,) = window.output_size((n,), *settings)
            if count > 0:
                (least,) = window.transposed_size((count,), *settings)
                assert least <= n < least + stride


def test_pieces_cover_everything_once():
    for count in range(9):
        for most in range(1, 10):
            found = [number for piece in window.pieces(count, most) for number in range(piece.start, piece.stop)]
            assert found == list(range(count))
            assert all(piece.stop - piece.start <= most for piece in window.pieces(count, most))


@pytest.mark.parametrize("dilation", [(1, 1), (2, 1)])
def test_few_huge_windows_are_added_one_by_one(rng, monkeypatch, dilation):
    dz, w = rng.standard_normal((2, 3, 2, 3)), rng.standard_normal((3, 2, 9, 8))
    size = tuple([(n - 1) * 2 + d * (k - 1) + 1 for n, k, d in zip((2, 3), (9, 8), dilation, strict=True)])
    settings = (None, (2, 2), (0, 0), dilation, 1, size)
    expected = conv.conv_input_grad.plain(dz, w, *settings)
    same(expected, naive.conv_input_grad(dz, w, *settings), np.float64)
    monkeypatch.setattr(conv, "HUGE", 0)
    steps = []
    product = conv.itertools.product

    def counted(*axes):
        steps.append(list(product(*axes)))
        return steps[-1]

    monkeypatch.setattr(conv.itertools, "product", counted)
    found = conv.conv_input_grad.plain(dz, w, *settings)
    monkeypatch.undo()
    same(found, expected, np.float64)
    assert sum(map(len, steps)) == 6
