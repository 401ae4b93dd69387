"""Convolutions: autograd/ops/conv.py."""

import numpy as np

from autograd.ops import conv, each
from autograd.tensors.run import apply
from tests import naive

from .case import Case


def _ones(axes, **changed):
    return {"stride": (1,) * axes, "padding": (0,) * axes, "dilation": (1,) * axes, "groups": 1, **changed}


# shapes of x, w, z, and settings
_SUMS = [
    ((2, 2, 5), (3, 2, 2), (2, 3, 4), _ones(1)),
    ((1, 1, 1), (1, 1, 1), (1, 1, 1), _ones(1)),
    ((2, 2, 3, 2), (3, 2, 1, 1), (2, 3, 3, 2), _ones(2)),
    ((2, 4, 3), (2, 2, 1), (2, 2, 3), _ones(1, groups=2)),
    ((1, 2, 4, 5), (2, 2, 3, 2), (1, 2, 2, 2), _ones(2, stride=(1, 2), padding=(0, 0))),  # a column left over
    ((2, 1, 4, 4), (2, 1, 2, 3), (2, 2, 2, 3), _ones(2, stride=(2, 1), padding=(1, 1), dilation=(2, 1))),
    ((1, 4, 4), (4, 1, 3), (1, 4, 4), _ones(1, padding=(1,), groups=4)),
    ((2, 2, 3), (4, 1, 2), (2, 4, 2), _ones(1, stride=(2,), padding=(1,), groups=2)),
    ((1, 2, 3, 3), (1, 2, 2, 2), (1, 1, 6, 3), _ones(2, padding=(3, 0))),  # more rows than reach into x
    ((1, 1, 2, 3, 2), (2, 1, 2, 2, 1), (1, 2, 1, 2, 1), _ones(3, stride=(1, 1, 2))),
    ((0, 2, 4), (3, 2, 2), (0, 3, 3), _ones(1)),
]
# x, kernel, number of windows, settings
_WINDOWS = [
    ((2, 2, 3, 4), (2, 2), (2, 3), {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}),
    ((1, 1, 4, 5), (2, 3), (2, 3), {"stride": (2, 1), "padding": (1, 0), "dilation": (2, 1)}),
    ((1, 1, 1, 1), (1, 1), (1, 1), {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}),
    ((0, 1, 2, 2), (1, 2), (2, 1), {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}),
]


def _reference(function):
    def call(a, b, bias=None, **settings):
        return function(a, b, bias, **settings)

    return call


def _case(name, reference, shapes, size, settings):
    op = getattr(conv, name)
    return Case(name, lambda *xs, **params: apply(op, *xs, **params), shapes, {**settings, "size": size}, reference)


def _each(name, function, shapes, size, settings):
    """The same for two slices, one after the other."""
    op = getattr(each, name)

    def reference(*arrays, **settings):
        return np.stack([function(*slices, **settings) for slices in zip(*arrays, strict=True)])

    shapes = tuple((2, *shape) for shape in shapes)
    return Case(name, lambda *xs, **params: apply(op, *xs, **params), shapes, {**settings, "size": size}, reference)


def _columns(x, kernel, counts):
    inside = kernel[0] * kernel[1]
    return (x[0], x[1] * inside, counts[0] * counts[1])


CASES: list[Case] = [
    *[_case("conv", _reference(naive.conv), (x, w, (w[0],)), z[2:], s) for x, w, z, s in _SUMS],
    *[_case("conv", _reference(naive.conv), (x, w), z[2:], s) for x, w, z, s in _SUMS[:2]],
    *[_case("conv_input_grad", _reference(naive.conv_input_grad), (z, w, (x[1],)), x[2:], s) for x, w, z, s in _SUMS],
    *[_case("conv_input_grad", _reference(naive.conv_input_grad), (z, w), x[2:], s) for x, w, z, s in _SUMS[:2]],
    *[_each("conv_each", _reference(naive.conv), (x, w, (w[0],)), z[2:], s) for x, w, z, s in _SUMS],
    *[_each("conv_each", _reference(naive.conv), (x, w), z[2:], s) for x, w, z, s in _SUMS[:2]],
    *[_each("conv_input_grad_each", _reference(naive.conv_input_grad), (z, w), x[2:], s) for x, w, z, s in _SUMS],
    *[_each("conv_weight_grad_each", naive.conv_weight_grad, (z, x), w[2:], s) for x, w, z, s in _SUMS],
    *[_case("conv_weight_grad", naive.conv_weight_grad, (z, x), w[2:], s) for x, w, z, s in _SUMS],
    *[
        Case(
            "unfold",
            lambda x, **settings: apply(conv.unfold, x, **settings),
            (x,),
            {"kernel": kernel, "counts": counts, **settings},
            naive.unfold,
        )
        for x, kernel, counts, settings in _WINDOWS
    ],
    *[
        Case(
            "fold",
            lambda x, **settings: apply(conv.fold, x, **settings),
            (_columns(x, kernel, counts),),
            {"kernel": kernel, "counts": counts, "size": x[2:], **settings},
            naive.fold,
        )
        for x, kernel, counts, settings in _WINDOWS
    ],
]
