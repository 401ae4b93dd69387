"""Single passes over flat arrays: what the gates of recurrent layers are made of.

Each writes to one array, so that few of them have to be checked for overlaps before vector code may run; where two
arguments are the same array, it does not run: there is a pass in place for that.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from numpy import ndarray as Array

from ..machine import simd, vector
from ..machine.jit import kernel


@kernel
def copy(x: Array, z: Array) -> None:
    """z = x."""
    for k in range(z.size):
        z[k] = x[k]


@kernel
def add(x: Array, z: Array) -> None:
    """z += x."""
    for k in range(z.size):
        z[k] += x[k]


@kernel
def scale(x: Array, y: Array) -> None:
    """x *= y."""
    for k in range(x.size):
        x[k] *= y[k]


@kernel
def times(x: Array, y: Array, z: Array) -> None:
    """z = x y."""
    for k in range(z.size):
        z[k] = x[k] * y[k]


@kernel
def relu(a: Array) -> None:
    """a = max(a, 0)."""
    zero = a.dtype.type(0)
    for k in range(a.size):
        a[k] = zero if a[k] <= zero else a[k]


@kernel
def sigmoid(a: Array) -> None:
    """a = sigmoid(a)."""
    simd.wide()
    for k in range(a.size):
        a[k] = vector.sigmoid(a[k])


@kernel
def tanh(a: Array) -> None:
    """a = tanh(a)."""
    simd.wide()
    for k in range(a.size):
        a[k] = vector.tanh(a[k])


@kernel
def tanh_of(x: Array, z: Array) -> None:
    """z = tanh(x)."""
    simd.wide()
    for k in range(z.size):
        z[k] = vector.tanh(x[k])


# ------------------------------------------------------------------------------------------------------------- gates


@kernel
def cell(i: Array, f: Array, g: Array, c: Array) -> None:
    """c = f c + i g, the cells of an LSTM."""
    for k in range(c.size):
        c[k] = f[k] * c[k] + i[k] * g[k]


@kernel
def output(o: Array, c: Array, h: Array) -> None:
    """h = o tanh(c), the state of an LSTM."""
    simd.wide()
    for k in range(h.size):
        h[k] = o[k] * vector.tanh(c[k])


@kernel
def candidate(n: Array, r: Array, y: Array) -> None:
    """n = tanh(n + r y), the candidate of a GRU."""
    simd.wide()
    for k in range(n.size):
        n[k] = vector.tanh(n[k] + r[k] * y[k])


@kernel
def mix(n: Array, z: Array, h: Array) -> None:
    """h = n + z (h - n), the state of a GRU."""
    for k in range(h.size):
        h[k] = n[k] + z[k] * (h[k] - n[k])


# ---------------------------------------------------------------------------------------------------- their cotangents


@kernel
def through_sigmoid(dz: Array, y: Array, z: Array, d: Array) -> None:
    """d = dz y z (1 - z)."""
    one = z.dtype.type(1)
    for k in range(d.size):
        d[k] = dz[k] * y[k] * (z[k] * (one - z[k]))


@kernel
def through_tanh(dz: Array, y: Array, z: Array, d: Array) -> None:
    """d = dz y (1 - z^2)."""
    one = z.dtype.type(1)
    for k in range(d.size):
        d[k] = dz[k] * y[k] * (one - z[k] * z[k])


@kernel
def through_output(dh: Array, o: Array, y: Array, dc: Array) -> None:
    """dc += dh o (1 - y^2): to the cells, through h = o y, y = tanh(c)."""
    one = o.dtype.type(1)
    for k in range(dc.size):
        dc[k] += dh[k] * o[k] * (one - y[k] * y[k])


@kernel
def through_mix(dh: Array, h: Array, n: Array, z: Array, d: Array) -> None:
    """d = dh (h - n) z (1 - z): to z before its activation."""
    one = z.dtype.type(1)
    for k in range(d.size):
        d[k] = dh[k] * (h[k] - n[k]) * (z[k] * (one - z[k]))


@kernel
def through_candidate(dh: Array, n: Array, z: Array, d: Array) -> None:
    """d = dh (1 - z) (1 - n^2): to n before its activation."""
    one = z.dtype.type(1)
    for k in range(d.size):
        d[k] = dh[k] * (one - z[k]) * (one - n[k] * n[k])
