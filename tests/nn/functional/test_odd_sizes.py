"""Sizes and settings of convolutions that are out of the ordinary: an error of the library's own says why."""

from __future__ import annotations

import pytest

import autograd
import nn.functional as F
from autograd.errors import SettingError, ShapeError


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_a_convolution_without_filters_is_refused(axes):
    x, w = autograd.ones(2, 4, *[5] * axes), autograd.ones(0, 4, *[3] * axes)
    with pytest.raises(ShapeError, match="expected weight to be at least 1 at dimension 0"):
        getattr(F, f"conv{axes}d")(x, w)


@pytest.mark.parametrize("setting", ["stride", "padding", "dilation"])
@pytest.mark.parametrize("function", ["conv1d", "conv_transpose1d"])
def test_distances_that_do_not_fit_into_memory_are_refused(function, setting):
    with pytest.raises(SettingError, match=rf"{function}: wanted a {setting} of at most"):
        getattr(F, function)(autograd.ones(2, 4, 5), autograd.ones(4, 4, 3), **{setting: 2**62})
