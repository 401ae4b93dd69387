"""Convolution with 3 x 3 and 5 x 5 windows by far fewer multiplications: Winograd's minimal filtering F(m x m, r x r).

Along one axis, m outputs of a window with r elements are m + r - 1 numbers that determine a product of polynomials.
Instead of multiplying coefficients, one evaluates both factors at m + r - 1 points, multiplies the values, and
interpolates (Winograd 1980, "Arithmetic complexity of computations"). In two dimensions a tile of m x m outputs y
depends on a square d of inputs and on the window g (Lavin & Gray 2016, "Fast algorithms for convolutional neural
networks", section 4.1):

    y = A' [(G g G') * (B' d B)] A

Summed over channels, each element of the square is a matrix product, (filters x channels) by (channels x tiles). Read
backwards, the same identity gives the weight's gradient; the input gradient is a convolution with the mirrored window.

    dg = G' [sum over tiles of (A dy A') * (B' d B)] G

                     multiplications per output       float32: error of the result over its largest element
    F(2 x 2, 3 x 3)    4     instead of  9            3e-7      (summing over windows: 6e-7)
    F(4 x 4, 3 x 3)    2.25  instead of  9            3e-6
    F(2 x 2, 5 x 5)    9     instead of 25            3e-6

(32 channels, normally distributed numbers.) The points of the first two are 0, 1, -1, 1/2, -2. The third has 2 and -2:
an error twice as large, but pairs p, -p save half of the additions, which small planes need more. What a tile contains
reaches all its outputs: infinity in one input is NaN in them.

Here are the matrices, and which of the schemes is the quickest for what; the loops are in `winograd`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from ..machine import choices
from .window import Sizes

Matrix = list[list[float]]


class Scheme(NamedTuple):
    """F(m x m, r x r): which of SCHEMES it is, m, r, and the matrices.

    a_t (m, m + r - 1), g (m + r - 1, r), b_t (m + r - 1, m + r - 1)
    """

    which: int
    m: int
    r: int
    a_t: Matrix
    g: Matrix
    b_t: Matrix

    @property
    def about(self) -> tuple[int, ...]:
        """m, r, and `which` zeros: code is compiled anew for tuples of another length, so it holds a single scheme."""
        return (self.m, self.r, *[0] * self.which)


def _scheme(which: int, m: int, r: int, points: list[Fraction]) -> Scheme:
    """The matrices for finite points, infinity being the last.

    Row j of G evaluates the window at point p[j], row i of A' holds the powers p[j] ** i, and row j of B' the
    coefficients of the Lagrange polynomial prod over k != j of (x - p[k]), whose denominator prod of (p[j] - p[k]) is
    moved to G. A row of B' is scaled by a power of two so that its largest number lies between 1 and 2.
    """
    zero, one = Fraction(0), Fraction(1)
    g, b_t = [], []
    for p in points:
        others = [q for q in points if q != p]
        denominator = math.prod([p - q for q in others], start=one)
        row = [*_product(others), zero]
        scale = Fraction(2) ** -math.floor(math.log2(max(abs(c) for c in row)))
        b_t.append([float(scale * c) for c in row])
        g.append([float(p**i / denominator / scale) for i in range(r)])
    b_t.append([float(c) for c in _product(points)])
    g.append([0.0] * (r - 1) + [1.0])
    a_t = [[*[float(p**i) for p in points], float(i == m - 1)] for i in range(m)]
    return Scheme(which, m, r, a_t, g, b_t)


def _product(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients of prod (x - root), that of x ** 0 first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [a - root * b for a, b in zip(shifted, [*coefficients, Fraction(0)], strict=True)]
    return coefficients


_SYMMETRIC = [Fraction(p) for p in (0, 1, -1, 2, -2)]
_EXACT = [Fraction(p) for p in ("0", "1", "-1", "1/2", "-2")]
SCHEMES = (_scheme(0, 2, 3, _EXACT[:3]), _scheme(1, 4, 3, _EXACT), _scheme(2, 2, 5, _SYMMETRIC))


LARGE = 28 * 28
"""Outputs of a plane from which on F(4 x 4) is quicker than F(2 x 2)."""


def choose(
    images: int, filters: int, channels: int, window: Sizes, size: Sizes, for_weights: bool = False
) -> Scheme | None:
    """The scheme that is quicker than the direct sum, if there is one, for `size` outputs of each image.

    for_weights   for the gradient of the weights

    Measured in one thread of a Xeon with 2 MiB of second-level cache, time of the direct sum over time of the scheme:

        3 x 3    56x56, 64 channels   2.5, weights 2.2    F(4 x 4)
                 28x28, 32 channels   1.7, weights 1.6    F(4 x 4)
                 14x14, 64 channels   1.6, weights 1.7    F(2 x 2);  F(4 x 4): 1.1, weights 1.0
                 7x7, 128 channels    1.9, weights 1.8    F(2 x 2);  F(4 x 4): 0.9, weights 1.2
        5 x 5    14x14, 32 channels   1.4, weights 1.4    F(2 x 2)
                 7x7, 32 channels     1.4, weights 1.8    F(2 x 2)

    A Zen 5 agrees, but that the larger tiles are as good there for 14x14 and 7x7: LARGE is measured by `tune`.
    """
    least, area = min(filters, channels), size[0] * size[1]
    if least < (32 if for_weights else 16) or area < 36 or images * area < 1024:
        return None
    if window == (3, 3):
        return SCHEMES[1 if area >= choices.number("large tiles", LARGE) else 0]
    return SCHEMES[2] if window == (5, 5) else None
