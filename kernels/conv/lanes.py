"""Small images side by side: each lane of a vector belongs to an image of its own.

Rows of few elements fill no vector, and to copy one takes as long as to copy a vector. So images are taken in groups of
as many as a vector has lanes, and become one whose elements are vectors: (N, C, *H) -> (groups, C, *H, lanes). That is
a convolution with one axis more, along which windows are one element, and `direct` computes it: its rows are at least a
vector long, and the sums of the weights' gradient are over many vectors.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ..machine import moves, registers, simd, threads
from ..machine.jit import kernel
from . import direct
from .window import Array, Sizes

WORTH_A_THREAD = 16_000
"""Elements to move that pay for waking a thread."""

ROW = 16
"""Bytes of a row of windows up to which images side by side are quicker, for value and input gradient."""

WINDOWS = 64
"""The same for the weights' gradient: windows of an image."""

TERMS = 32
"""The fewest weights of a filter for which its two arrays are worth moving."""


def pay(x: Array, windows: Sizes) -> bool:
    """Is this quicker than `direct`, for images x and so many windows along each axis?"""
    narrow = windows[-1] * x.itemsize <= ROW and windows[-1] < registers.lanes(x.itemsize)
    return narrow and _full(x)


def pay_for_weights(dz: Array, terms: int) -> bool:
    """The same for the gradient of filters of so many weights each."""
    return math.prod(dz.shape[2:]) <= WINDOWS and terms >= TERMS and _full(dz)


def _full(x: Array) -> bool:
    """Would few lanes remain empty? An axis more must be left, too."""
    lanes, images = registers.lanes(x.itemsize), len(x)
    return x.ndim <= 4 and -(-images // lanes) * lanes * 4 <= 5 * images


def conv(x: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes) -> Array:
    """z (N, F, *size) for x (N, C, *H) and w (F, C, *I), both float32 or both float64; one group, one or two axes."""
    settings = (*stride, 1), (*padding, 0), (*dilation, 1)
    z = direct.conv(grouped(x), w[..., None], bias, *settings, 1, (*size, registers.lanes(x.itemsize)))
    return apart(z, len(x))


def conv_input_grad(
    dz: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> Array:
    """dx (N, C, *size), likewise."""
    settings = (*stride, 1), (*padding, 0), (*dilation, 1)
    dx = direct.conv_input_grad(grouped(dz), w[..., None], bias, *settings, 1, (*size, registers.lanes(dz.itemsize)))
    return apart(dx, len(dz))


def conv_weight_grad(dz: Array, x: Array, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes) -> Array:
    """dw (F, C, *size), likewise: the sum over images is one over lanes."""
    settings = (*stride, 1), (*padding, 0), (*dilation, 1)
    dw = direct.conv_weight_grad(grouped(dz), grouped(x), *settings, 1, (*size, 1))
    return dw.reshape(dw.shape[:-1])


def grouped(x: Array) -> Array:
    """x (N, C, *H) -> (groups, C, *H, lanes), with zeros for images that the last group has not."""
    lanes, elements = registers.lanes(x.itemsize), math.prod(x.shape[1:])
    groups = np.empty((-(-len(x) // lanes), *x.shape[1:], lanes), x.dtype)
    flat = np.ascontiguousarray(x).reshape(len(x), elements), groups.reshape(len(groups), elements, lanes)
    threads.split(len(groups) * _blocks(elements, lanes), partial(_group, *flat), WORTH_A_THREAD // lanes**2)
    return groups


def apart(groups: Array, images: int) -> Array:
    """(groups, F, *P, lanes) -> the first `images` of (N, F, *P)."""
    lanes, elements = groups.shape[-1], math.prod(groups.shape[1:-1])
    z = np.empty((images, *groups.shape[1:-1]), groups.dtype)
    flat = groups.reshape(len(groups), elements, lanes), z.reshape(images, elements)
    threads.split(len(groups) * _blocks(elements, lanes), partial(_part, *flat), WORTH_A_THREAD // lanes**2)
    return z


def _blocks(elements: int, lanes: int) -> int:
    """Squares of lanes by lanes."""
    return -(-elements // lanes)


@kernel
def _group(x: Array, groups: Array, first: int, last: int) -> None:
    """groups[g, e, l] = x[g * L + l, e], for some of the blocks of L elements e of a group; 0 beyond the last image."""
    (N, E), L = x.shape, groups.shape[2]
    size, blocks = x.itemsize, (E + L - 1) // L
    block = first
    while block < last:
        g, e = block // blocks, block % blocks * L
        until = min(last, (g + 1) * blocks)  # of the same group
        count = min(E, e + (until - block) * L) - e
        source, target = simd.address(x) + (g * L * E + e) * size, simd.address(groups) + (g * E + e) * L * size
        whole = count - count % L  # whole vectors are written: no more than there are, as the next may be another's
        moves.transpose(x, source, E * size, min(L, N - g * L), whole, target, L * size)
        for k in range(e + whole, e + count):
            for l in range(L):
                groups[g, k, l] = x[g * L + l, k] if g * L + l < N else 0
        block = until


@kernel
def _part(groups: Array, z: Array, first: int, last: int) -> None:
    """z[g * L + l, e] = groups[g, e, l], for some of the blocks of L elements e of a group."""
    (N, E), L = z.shape, groups.shape[2]
    size, blocks = z.itemsize, (E + L - 1) // L
    for block in range(first, last):
        g, e = block // blocks, block % blocks * L
        here, images = min(L, E - e), min(L, N - g * L)
        if here == L and images == L:
            source, target = simd.address(groups) + (g * E + e) * L * size, simd.address(z) + (g * L * E + e) * size
            moves.transpose(z, source, L * size, L, L, target, E * size)
        else:
            for l in range(images):
                for k in range(e, e + here):
                    z[g * L + l, k] = groups[g, k, l]
