"""Tensors of any rank in a notebook."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import tensor

from .reading import pictures, read

SHAPES = [(), (0,), (1,), (3,), (21,), (5000,), (2, 3), (30, 40), (700, 900), (0, 3), (1, 1), (6, 6, 6)]
SHAPES += [(1, 28, 28), (3, 9, 9), (40, 1, 8, 8), (5, 3, 7, 11), (2, 3, 4, 5, 6), (2, 0, 3, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [autograd.float32, autograd.float64, autograd.float16, autograd.int64, autograd.bool])
def test_every_rank_and_dtype(shape, dtype):
    words, _ = read((autograd.randn(shape) * 3).to(dtype)._repr_html_())
    assert words[0] == f"Tensor {shape}, {np.dtype(str(dtype).removeprefix('torch.'))}"


def test_a_small_one_is_a_table_of_its_numbers():
    words, tags = read(tensor([[1.0, -2.5], [0.0, 3.0]])._repr_html_())
    assert words[1:] == ["1.0000", "-2.5000", "0.0000", "3.0000"]
    assert tags.count("td") == 4


def test_a_heat_map_has_the_signs_and_the_sizes():
    values = np.zeros((12, 12), np.float32)
    values[0, 1], values[2, 3], values[4, 5], values[6, 7] = 2.0, 1.0, -2.0, np.nan
    (shown,) = pictures(tensor(values)._repr_html_())
    assert shown.shape == (12, 12, 4)
    assert shown[0, 0, 3] == 0
    assert shown[0, 1, 2] > shown[0, 1, 0]
    assert shown[0, 1, 3] == 255
    assert 0 < shown[2, 3, 3] < 255
    assert shown[4, 5, 0] > shown[4, 5, 2]
    assert tuple(shown[6, 7]) == (220, 0, 200, 255)


def test_images_are_grey_or_in_colour():
    values = np.linspace(0, 1, 2 * 8 * 8, dtype=np.float32).reshape(2, 1, 8, 8)
    first, second = pictures(tensor(values)._repr_html_())
    assert tuple(first[0, 0]) == (0, 0, 0, 255)
    assert tuple(second[-1, -1]) == (255, 255, 255, 255)
    colours = np.zeros((3, 8, 8), np.float32)
    colours[1] = 1.0
    (shown,) = pictures(tensor(colours)._repr_html_())
    assert tuple(shown[4, 4]) == (0, 255, 0, 255)


def test_large_planes_are_means_of_blocks():
    values = np.zeros((512, 512), np.float32)
    values[:2, :2] = [[1.0, 3.0], [0.0, 0.0]]
    values[510:, 510:] = 2.0
    page = tensor(values)._repr_html_()
    assert "means of blocks of 2 x 2" in page
    (shown,) = pictures(page)
    assert shown.shape == (256, 256, 4)
    assert shown[0, 0, 3] == int(25 + 230 / 2)
    assert shown[-1, -1, 3] == 255


def test_statistics():
    values = np.array([0.0, 0.0, -1.0, 3.0, np.nan, np.inf, *[0.5] * 20], np.float32)
    page = " ".join(read(tensor(values)._repr_html_())[0])
    for fact in ("min -1", "max 3", f"mean {12 / 24:.4g}", "7.69 % zero", "1 NaN and 1 infinite"):
        assert fact in page
    assert "all" not in page
    assert "25 % True" in tensor([True, False, False, False] * 8)._repr_html_()


def test_what_stands_in_a_subclass_is_no_markup():
    x = autograd.zeros(30, requires_grad=True) * 1
    assert "<MulBackward0>" not in x._repr_html_()
    assert "grad_fn=<MulBackward0>" in " ".join(read(x._repr_html_())[0])
