"""The compiled parts of LSTM, GRU and RNN: what a step does between its products, forward and back.

They are made of single passes over flat arrays. Each pass writes to one array, so that few of them have to be checked
for overlaps before vector code may run; where two arguments are the same array, it does not run: there is a pass in
place for that.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from numpy import ndarray as Array

from ..machine import simd, vector
from ..machine.jit import Kernel, inlined, kernel


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
def relu_of(x: Array, z: Array) -> None:
    """z = max(x, 0)."""
    zero = z.dtype.type(0)
    for k in range(z.size):
        z[k] = zero if x[k] <= zero else x[k]


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


@kernel
def cell(i: Array, f: Array, g: Array, c: Array) -> None:
    """c = f c + i g, the cells of an LSTM."""
    for k in range(c.size):
        c[k] = f[k] * c[k] + i[k] * g[k]


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


@kernel
def through_unit(dh: Array, h: Array, d: Array) -> None:
    """d = dh (1 - h^2), through h = tanh."""
    one = h.dtype.type(1)
    for k in range(d.size):
        d[k] = dh[k] * (one - h[k] * h[k])


@kernel
def through_relu(dh: Array, h: Array, d: Array) -> None:
    """d = dh where h is not 0, through h = relu."""
    zero = h.dtype.type(0)
    for k in range(d.size):
        d[k] = zero if h[k] == zero else dh[k]


# ----------------------------------------------------------------------------------------------------- gates of a step


class Slots(NamedTuple):
    """Gates of some units of some sequences, or their cotangents: `wide` numbers each, `apart` from gate to gate."""

    flat: Array
    at: int
    apart: int
    wide: int


@inlined
def four(gates: Slots) -> tuple[Array, Array, Array, Array]:
    """The gates one by one; what there is not is empty."""
    flat, wide = gates.flat, gates.wide
    a = gates.at
    b, c, d = a + gates.apart, a + 2 * gates.apart, a + 3 * gates.apart
    return flat[a : a + wide], flat[b : b + wide], flat[c : c + wide], flat[d : d + wide]


# Forward: gates before their activation come in, and are activated; h and c are the states before the step, and then
# those after it; y is what else backward needs, or may need.


@inlined
def lstm(gates: Slots, h: Array, c: Array, y: Array) -> None:
    """i, f, o = sigmoid, g = tanh;  c = f c + i g;  y = tanh(c);  h = o y."""
    i, f, g, o = four(gates)
    sigmoid(i)
    sigmoid(f)
    tanh(g)
    sigmoid(o)
    cell(i, f, g, c)
    tanh_of(c, y)
    times(o, y, h)


@inlined
def gru(gates: Slots, h: Array, c: Array, y: Array) -> None:
    """r, z = sigmoid;  n = tanh(n + r y);  h = n + z (h - n). y is what the state gives to n."""
    r, z, n, _ = four(gates)
    sigmoid(r)
    sigmoid(z)
    candidate(n, r, y)
    mix(n, z, h)


@inlined
def tanh_unit(gates: Slots, h: Array, c: Array, y: Array) -> None:
    """h = tanh."""
    tanh_of(four(gates)[0], h)


@inlined
def relu_unit(gates: Slots, h: Array, c: Array, y: Array) -> None:
    """h = relu."""
    relu_of(four(gates)[0], h)


# Back: dh and dc are the cotangents of the states after the step. They leave as what goes on to the states before it
# without passing the gates. The cotangents of the gates before activation go to d. For an LSTM `state` is the cells
# before the step, for a GRU the state, for an RNN the state after it.


@inlined
def lstm_back(gates: Slots, d: Slots, dh: Array, dc: Array, state: Array, y: Array) -> None:
    """Through h = o y, y = tanh(c), then c = f c + i g."""
    i, f, g, o = four(gates)
    d_i, d_f, d_g, d_o = four(d)
    through_sigmoid(dh, y, o, d_o)
    through_output(dh, o, y, dc)
    through_sigmoid(dc, g, i, d_i)
    through_sigmoid(dc, state, f, d_f)
    through_tanh(dc, i, g, d_g)
    scale(dc, f)


@inlined
def gru_back(gates: Slots, d: Slots, dh: Array, dc: Array, state: Array, y: Array) -> None:
    """Through h = n + z (h - n), then n = tanh(n + r y). The last of d is that of y."""
    r, z, n, _ = four(gates)
    d_r, d_z, d_n, d_y = four(d)
    through_mix(dh, state, n, z, d_z)
    through_candidate(dh, n, z, d_n)
    through_sigmoid(d_n, y, r, d_r)
    times(d_n, r, d_y)
    scale(dh, z)


@inlined
def tanh_unit_back(gates: Slots, d: Slots, dh: Array, dc: Array, state: Array, y: Array) -> None:
    """Through h = tanh."""
    through_unit(dh, state, four(d)[0])


@inlined
def relu_unit_back(gates: Slots, d: Slots, dh: Array, dc: Array, state: Array, y: Array) -> None:
    """Through h = relu."""
    through_relu(dh, state, four(d)[0])


FORWARD = {"lstm": lstm, "gru": gru, "tanh": tanh_unit, "relu": relu_unit}
BACK = {"lstm": lstm_back, "gru": gru_back, "tanh": tanh_unit_back, "relu": relu_unit_back}


def of_cell(make: Callable[[str], Any]) -> Callable[[str], Kernel]:
    """Makes a loop for a cell, once, and calls it by both names."""

    @functools.cache
    def made(cell: str) -> Kernel:
        loop = make(cell)
        loop.__name__ = loop.__qualname__ = f"{cell}_{make.__name__}"
        return kernel(loop)

    return made
