"""Slow, obvious references for the kernels: the formula, written as loops."""

from __future__ import annotations

import itertools

import numpy as np


def places(x, w, z, stride, padding, dilation, groups):
    """Index triples (into x, into w, into z) of all products in a convolution; outside of x there are none.

    x (N, C, *H), w (F, C / groups, *I), z (N, F, *P).
    """
    per_group, filters = w[1], w[0] // groups
    for n, f, c in itertools.product(range(z[0]), range(z[1]), range(per_group)):
        channel = f // filters * per_group + c
        for p in itertools.product(*map(range, z[2:])):
            for i in itertools.product(*map(range, w[2:])):
                h = tuple(
                    a * s + b * d - before for a, s, b, d, before in zip(p, stride, i, dilation, padding, strict=True)
                )
                if all(0 <= at < size for at, size in zip(h, x[2:], strict=True)):
                    yield (n, channel, *h), (f, c, *i), (n, f, *p)


def conv(x, w, bias, stride, padding, dilation, groups, size):
    z = np.zeros((len(x), len(w), *size))
    for at_x, at_w, at_z in places(x.shape, w.shape, z.shape, stride, padding, dilation, groups):
        z[at_z] += x[at_x] * w[at_w]
    return z if bias is None else z + bias.reshape(-1, *[1] * len(size))


def conv_input_grad(dz, w, bias, stride, padding, dilation, groups, size):
    dx = np.zeros((len(dz), w.shape[1] * groups, *size))
    for at_x, at_w, at_z in places(dx.shape, w.shape, dz.shape, stride, padding, dilation, groups):
        dx[at_x] += dz[at_z] * w[at_w]
    return dx if bias is None else dx + bias.reshape(-1, *[1] * len(size))


def conv_weight_grad(dz, x, stride, padding, dilation, groups, size):
    dw = np.zeros((dz.shape[1], x.shape[1] // groups, *size))
    for at_x, at_w, at_z in places(x.shape, dw.shape, dz.shape, stride, padding, dilation, groups):
        dw[at_w] += dz[at_z] * x[at_x]
    return dw


def unfold(x, kernel, stride, padding, dilation, counts):
    """Column l of image n holds, for every channel, the elements of window l in row-major order; 0 outside."""
    count, inside = int(np.prod(counts)), int(np.prod(kernel))
    z = np.zeros((len(x), x.shape[1] * inside, count))
    for n, c, k, m in itertools.product(range(len(x)), range(x.shape[1]), range(inside), range(count)):
        i, p = np.unravel_index(k, kernel), np.unravel_index(m, counts)
        h = tuple(a * s + b * d - q for a, s, b, d, q in zip(p, stride, i, dilation, padding, strict=True))
        if all(0 <= at < size for at, size in zip(h, x.shape[2:], strict=True)):
            z[n, c * inside + k, m] = x[(n, c, *h)]
    return z


def fold(x, kernel, stride, padding, dilation, counts, size):
    """Each column is added back to where `unfold` would have taken it from."""
    inside = int(np.prod(kernel))
    z = np.zeros((len(x), x.shape[1] // inside, *size))
    for n, row, m in itertools.product(*map(range, x.shape)):
        c, k = divmod(row, inside)
        i, p = np.unravel_index(k, kernel), np.unravel_index(m, counts)
        h = tuple(a * s + b * d - q for a, s, b, d, q in zip(p, stride, i, dilation, padding, strict=True))
        if all(0 <= at < n_h for at, n_h in zip(h, size, strict=True)):
            z[(n, c, *h)] += x[n, row, m]
    return z
