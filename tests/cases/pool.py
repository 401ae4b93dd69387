"""Pooling and resampling: autograd/ops/pool.py and autograd/ops/resize.py."""

import itertools

import numpy as np

import nn.functional as F
from autograd.ops import pool, resize
from autograd.tensors.run import apply

from .case import Case, distinct


def windows(x, size, stride, padding, dilation, ceil_mode=False):
    """(index of the window, its elements inside x, how many it counts with padding), one window after the other."""
    dims = len(size)
    ranges = []
    for n, k, s, p, d in zip(x.shape[-dims:], size, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        count = -(-room // s) + 1 if ceil_mode else room // s + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        ranges.append([range(i * s - p, i * s - p + d * (k - 1) + 1, d) for i in range(count)])
    for place in itertools.product(*[range(len(r)) for r in ranges]):
        inside, full = [], 1
        for n, p, r, i in zip(x.shape[-dims:], padding, ranges, place, strict=True):
            inside.append([j for j in r[i] if 0 <= j < n])
            full *= sum(j < n + p for j in r[i])
        yield place, x[(..., *np.ix_(*inside))], full


def pooled(x, dims, reduce, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """A function of each window's elements and of how many it counts."""

    def each(value):
        return value if isinstance(value, tuple) else (value,) * dims

    axes = tuple(range(-dims, 0))
    size = each(kernel_size)
    found = list(windows(x, size, each(stride or size), each(padding), each(dilation), ceil_mode))
    out = tuple(np.max([place for place, _, _ in found], axis=0) + 1)
    z = np.zeros((*x.shape[:-dims], *out))
    for place, elements, full in found:
        z[(..., *place)] = reduce(elements, axes, full)
    return z


def _max(dims):
    return lambda x, **settings: pooled(x, dims, lambda e, axes, _: e.max(axes), **settings)


def _avg(dims):
    def reference(x, count_include_pad=True, divisor_override=None, **settings):
        def mean(e, axes, full):
            inside = int(np.prod(e.shape[-dims:]))
            return e.sum(axes) / (divisor_override or (full if count_include_pad else inside))

        return pooled(x, dims, mean, **settings)

    return reference


def _adaptive(function, dims):
    def reference(x, output_size):
        out = output_size if isinstance(output_size, tuple) else (output_size,) * dims
        z = np.zeros((*x.shape[:-dims], *out))
        for place in itertools.product(*map(range, out)):
            part = tuple(
                slice(i * n // o, -(-(i + 1) * n // o)) for i, n, o in zip(place, x.shape[-dims:], out, strict=True)
            )
            z[(..., *place)] = function(x[(..., *part)], axis=tuple(range(-dims, 0)))
        return z

    return reference


def _put_winners(x, **settings):
    return apply(pool.put_winners, x, **settings)


def _max_unpool(x, **settings):
    return apply(pool.max_unpool, x, **settings)


def _put_reference(x, place, shape, windows):
    z = np.zeros(shape)
    np.add.at(z.reshape(-1), pool.places(place, windows, shape) + np.arange(shape[0])[:, None] * shape[1], x)
    return z


def _placed(x, index, shape):
    z = np.zeros(shape)
    np.add.at(z.reshape(-1), index, x)
    return z


def _avg_spread(x, **settings):
    return apply(pool.avg_spread, x, **settings)


def _spread_reference(x, size, stride, padding, divisor, shape):
    z = np.zeros(shape)
    for p in range(x.shape[-1]):
        for j in range(p * stride[0] - padding[0], p * stride[0] - padding[0] + size[0]):
            if 0 <= j < shape[-1]:
                z[..., j] += x[..., p] / divisor
    return z


_TAPS = (
    (np.array([0, 0, 2]), np.array([0.5, 2.0, 3.0])),
    (np.array([1, 2, 2]), None),
)
_MATRIX = np.array([[0.5, 1, 0], [2, 0, 1], [0, 0, 4]])  # the same as a matrix


def _resample(x, **settings):
    return apply(resize.resample, x, **settings)


def _resample_back(x, **settings):
    return apply(resize.resample_back, x, **settings)


def _linear(x, size):
    """Interpolation with align_corners along the last axis."""
    places = np.linspace(0, x.shape[-1] - 1, size)
    rows = [np.interp(places, np.arange(x.shape[-1]), row) for row in x.reshape(-1, x.shape[-1])]
    return np.array(rows).reshape(*x.shape[:-1], size)


CASES: list[Case] = [
    *[
        Case("max_pool", F.max_pool1d, (shape,), params, _max(1), distinct)
        for shape, params in [
            ((2, 3, 7), {"kernel_size": 3}),
            ((3, 7), {"kernel_size": 3, "stride": 2, "padding": 1}),
            ((2, 7), {"kernel_size": 2, "stride": 3, "ceil_mode": True}),
            ((2, 8), {"kernel_size": 3, "dilation": 2, "stride": 1}),
            ((0, 2, 5), {"kernel_size": 2}),
            ((1, 1, 1), {"kernel_size": 1}),
            ((2, 5), {"kernel_size": 5}),
        ]
    ],
    *[
        Case("max_pool", F.max_pool2d, (shape,), params, _max(2), distinct)
        for shape, params in [
            ((2, 2, 4, 4), {"kernel_size": 2}),
            ((2, 5, 6), {"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 0), "dilation": (2, 1)}),
            ((1, 5, 5), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
        ]
    ],
    Case("max_pool", F.max_pool3d, ((1, 3, 4, 3),), {"kernel_size": 2, "stride": 1}, _max(3), distinct),
    *[
        Case("max_pool", F.adaptive_max_pool2d, ((2, 5, 4),), {"output_size": size}, _adaptive(np.max, 2), distinct)
        for size in ((3, 2), 1, (7, 4))
    ],
    Case("avg_pool", F.avg_pool1d, ((2, 3, 7),), {"kernel_size": 3, "stride": 2, "padding": 1}, _avg(1)),
    Case("avg_pool", F.avg_pool1d, ((0, 3, 7),), {"kernel_size": 3}, _avg(1)),
    Case("avg_pool", F.avg_pool1d, ((1, 1),), {"kernel_size": 1}, _avg(1)),
    Case("avg_pool", F.avg_pool1d, ((2, 7),), {"kernel_size": 2, "stride": 3, "ceil_mode": True}, _avg(1)),
    *[
        Case("avg_pool", F.avg_pool2d, ((2, 2, 5, 4),), {"kernel_size": 3, "stride": 2, **params}, _avg(2))
        for params in [
            {},
            {"padding": 1},
            {"padding": 1, "ceil_mode": True},
            {"padding": 1, "ceil_mode": True, "count_include_pad": False},
            {"padding": (1, 0), "divisor_override": 5},
        ]
    ],
    Case("avg_pool", F.avg_pool3d, ((1, 3, 4, 3),), {"kernel_size": 2, "stride": 1}, _avg(3)),
    Case("avg_pool", F.adaptive_avg_pool2d, ((2, 4, 6),), {"output_size": (2, 3)}, _adaptive(np.mean, 2)),
    *[
        Case("resample", F.adaptive_avg_pool2d, ((2, 5, 4),), {"output_size": size}, _adaptive(np.mean, 2))
        for size in ((3, 2), (7, 4))
    ],
    *[
        Case(
            "put_winners", _put_winners, (place.shape,), {"place": place, "shape": shape, "windows": w}, _put_reference
        )
        for shape, w in [
            ((2, 5), pool.Windows((3,), (1,), (0,), (1,), (3,))),  # they overlap: a winner may win several
            ((2, 4), pool.Windows((2,), (2,), (0,), (1,), (2,))),
            ((0, 3), pool.Windows((2,), (1,), (0,), (1,), (2,))),
            ((1, 1), pool.Windows((1,), (1,), (0,), (1,), (1,))),
        ]
        for place in [pool.winners(np.random.default_rng(0).standard_normal(shape), w)[1]]
    ],
    *[
        Case("max_unpool", _max_unpool, (i.shape,), {"index": i, "shape": shape}, _placed)
        for i, shape in [
            (np.array([[4, 1], [3, 0]]), (2, 3)),
            (np.zeros((0, 2), np.int64), (0, 3)),
            (np.zeros((1, 1), np.int64), (1, 1)),
        ]
    ],
    *[
        Case(
            "avg_spread",
            _avg_spread,
            (shape,),
            {"size": (3,), "stride": (2,), "padding": (1,), "divisor": 3, "shape": (*shape[:-1], n)},
            _spread_reference,
        )
        for shape, n in [((2, 4), 7), ((0, 2), 3), ((1, 1), 1)]
    ],
    *[
        Case("resample", _resample, ((*lead, 3, 2),), {"taps": ((len(lead), _TAPS),)}, lambda x, taps: _MATRIX @ x)
        for lead in ((), (2,), (0,), (1,))
    ],
    *[
        Case(
            "resample_back",
            _resample_back,
            ((*lead, 3, 2),),
            {"taps": ((len(lead), _TAPS),), "shape": (*lead, 3, 2)},
            lambda x, taps, shape: _MATRIX.T @ x,
        )
        for lead in ((), (2,), (0,), (1,))
    ],
    *[
        Case(
            "resample",
            F.interpolate,
            (shape,),
            {"size": size, "mode": "linear", "align_corners": True},
            lambda x, size, mode, align_corners: _linear(x, size),
        )
        for shape, size in [((2, 1, 4), 7), ((1, 2, 5), 3), ((1, 1, 1), 3), ((1, 1, 3), 1)]
    ],
    Case(
        "resample",
        F.interpolate,
        ((1, 2, 3, 2),),
        {"scale_factor": 2, "mode": "nearest"},
        lambda x, scale_factor, mode: x.repeat(2, -1).repeat(2, -2),
    ),
    Case("resample", F.interpolate, ((1, 1, 3, 4),), {"size": (5, 3), "mode": "bicubic"}, note="against PyTorch only"),
    Case("resample", F.interpolate, ((1, 1, 2, 3, 2),), {"size": 3, "mode": "trilinear"}, note="against PyTorch only"),
]
