"""The gates of one step of a recurrent layer, in one pass: what `cells` does with NumPy, for larger batches.

Rows of x and y (B, G * H) hold what input and state give to the gates before activation; b is the sum of the biases.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from numpy import ndarray as Array

from ..machine.jit import kernel
from ..machine.vector import sigmoid, tanh
from . import passes


@kernel
def _sigmoid_of_sum(x: Array, y: Array, b: Array) -> None:
    for k in range(x.size):
        x[k] = sigmoid(x[k] + y[k] + b[k])


@kernel
def _tanh_of_sum(x: Array, y: Array, b: Array) -> None:
    for k in range(x.size):
        x[k] = tanh(x[k] + y[k] + b[k])


@kernel
def lstm(x: Array, y: Array, b: Array, c: Array, h_new: Array, c_new: Array, tanh_c: Array) -> None:
    """x -> i, f, g, o;  c_new = f c + i g;  tanh_c = tanh(c_new);  h_new = o tanh_c."""
    B, H = c.shape
    for r in range(B):
        row, part = x[r], y[r]
        _sigmoid_of_sum(row[: 2 * H], part[: 2 * H], b[: 2 * H])
        _tanh_of_sum(row[2 * H : 3 * H], part[2 * H : 3 * H], b[2 * H : 3 * H])
        _sigmoid_of_sum(row[3 * H :], part[3 * H :], b[3 * H :])
        passes.copy(c[r], c_new[r])
        passes.cell(row[:H], row[H : 2 * H], row[2 * H : 3 * H], c_new[r])
        passes.tanh_of(c_new[r], tanh_c[r])
        passes.times(row[3 * H :], tanh_c[r], h_new[r])


@kernel
def lstm_grad(dh: Array, dc: Array, c: Array, gates: Array, tanh_c: Array, d: Array, total: Array) -> None:
    """Cotangents of the gates before activation to d, and of c to `total`."""
    B, H = c.shape
    for r in range(B):
        row, out, t = gates[r], d[r], total[r]
        i, f, g, o = row[:H], row[H : 2 * H], row[2 * H : 3 * H], row[3 * H :]
        passes.copy(dc[r], t)
        passes.through_output(dh[r], o, tanh_c[r], t)
        passes.through_sigmoid(t, g, i, out[:H])
        passes.through_sigmoid(t, c[r], f, out[H : 2 * H])
        passes.through_tanh(t, i, g, out[2 * H : 3 * H])
        passes.through_sigmoid(dh[r], tanh_c[r], o, out[3 * H :])
        passes.scale(t, f)


@kernel
def _new(n: Array, b: Array, r: Array, y: Array, c: Array) -> None:
    for k in range(n.size):
        y[k] += c[k]
    for k in range(n.size):
        n[k] = tanh(n[k] + b[k] + r[k] * y[k])


@kernel
def gru(x: Array, y: Array, b: Array, c: Array, h: Array, new: Array) -> None:
    """x -> r, z, n;  new = n + z (h - n).

    b (3 H,): the sum of the biases of r and z, and that of x for n; c (H,): that of y for n.
    """
    B, H = h.shape
    for i in range(B):
        row, part = x[i], y[i]
        _sigmoid_of_sum(row[: 2 * H], part[: 2 * H], b[: 2 * H])
        _new(row[2 * H :], b[2 * H :], row[:H], part[2 * H :], c)
        passes.copy(h[i], new[i])
        passes.mix(row[2 * H :], row[H : 2 * H], new[i])


@kernel
def gru_grad(dh: Array, h: Array, gates: Array, y: Array, d_x: Array, d_y: Array, carried: Array) -> None:
    """Cotangents of what input and state give to the gates to d_x and d_y, and of h where it is carried on."""
    B, H = h.shape
    for k in range(B):
        row, out, other = gates[k], d_x[k], d_y[k]
        r, z, n = row[:H], row[H : 2 * H], row[2 * H :]
        passes.through_mix(dh[k], h[k], n, z, out[H : 2 * H])
        passes.through_candidate(dh[k], n, z, out[2 * H :])
        passes.through_sigmoid(out[2 * H :], y[k], r, out[:H])
        passes.copy(out[: 2 * H], other[: 2 * H])
        passes.times(out[2 * H :], r, other[2 * H :])
        passes.times(dh[k], z, carried[k])
