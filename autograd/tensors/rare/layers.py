"""Layers, cells of recurrent layers and norms that PyTorch has in its main module."""

from __future__ import annotations

from typing import Any

from ..linalg import linear
from .more import tensor_of


def frobenius_norm(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The root of the sum of squares over `dim`, or all dimensions."""
    return tensor_of(input).norm(2, dim if dim != () else None, keepdim)


def nuclear_norm(input: Any, dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    """The sum of the singular values of the matrices in two dimensions."""
    return tensor_of(input).norm("nuc", dim, keepdim)


def norm_except_dim(v: Any, pow: int = 2, dim: int = 0) -> Any:
    """The norm over all dimensions but `dim`, which are kept with size 1; -1: over all."""
    x = tensor_of(v)
    if dim == -1:
        return x.norm(pow)
    others = [d for d in range(x._array.ndim) if d != dim]
    return x.norm(pow, others, True) if others else x.abs()


def spmm(mat: Any, mat2: Any) -> Any:
    """The product of two matrices: `mm`."""
    return tensor_of(mat).mm(mat2)


def _gates(input: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> tuple[Any, Any]:
    return linear(input, w_ih, b_ih), linear(h, w_hh, b_hh)


def lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of an LSTM, (h, c) of hx = (h, c); see `nn.LSTMCell`, whose parameters these are."""
    h, c = hx
    a, b = _gates(input, h, w_ih, w_hh, b_ih, b_hh)
    i, f, g, o = (a + b).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of a GRU; see `nn.GRUCell`, whose parameters these are."""
    a, b = _gates(input, hx, w_ih, w_hh, b_ih, b_hh)
    (r, z, n), (r2, z2, n2) = a.chunk(3, -1), b.chunk(3, -1)
    r, z = (r + r2).sigmoid(), (z + z2).sigmoid()
    n = (n + r * n2).tanh()
    return n + z * (hx - n)


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of an RNN with tanh; see `nn.RNNCell`, whose parameters these are."""
    a, b = _gates(input, hx, w_ih, w_hh, b_ih, b_hh)
    return (a + b).tanh()


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of an RNN with relu."""
    a, b = _gates(input, hx, w_ih, w_hh, b_ih, b_hh)
    return (a + b).relu()
