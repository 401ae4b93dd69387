"""Linear and bilinear maps."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import DTypeError, ShapeError
from autograd.extend import apply, expected, operand, same_dtype, shape_of, spec_of
from autograd.ops.linalg import linear as linear_op


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias.  input (*, in), weight (out, in) or (in,), bias (out,): (*, out)."""
    z = expected(linear_op, input, weight, bias) if bias is not None else expected(linear_op, input, weight)
    if z is not None:
        return z
    x = operand(input)
    a, w = spec_of(x), spec_of(weight)
    if w.ndim != 2 or a.ndim == 0 or a.shape[-1] != w.shape[1]:
        if w.ndim == 1 and a.ndim and a.shape[-1] == w.shape[0]:
            z = x.matmul(weight)
            return z if bias is None else z + bias
        rows = a.size // a.shape[-1] if a.ndim and a.shape[-1] else a.size
        raise ShapeError(
            f"linear: mat1 and mat2 shapes cannot be multiplied ({rows}x{a.shape[-1] if a.ndim else 1} and "
            f"{'x'.join(map(str, w.shape[::-1]))}): the input has shape {a.shape}, the weight {w.shape}, and "
            "their last dimensions must agree"
        )
    if a.dtype != w.dtype:
        raise DTypeError(
            f"linear: mat1 and mat2 must have the same dtype, but got {a.dtype} and {w.dtype}: "
            + same_dtype(a.dtype, w.dtype)
        )
    if bias is None:
        return apply(linear_op, x, weight)
    if shape_of(bias) != w.shape[:1]:
        raise ShapeError(f"linear: the bias has shape {shape_of(bias)}, wanted {w.shape[:1]}")
    return apply(linear_op, x, weight, bias)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x1 . W[k] . x2 + b[k] for each k.  x1 (*, I), x2 (*, J), weight (K, I, J), bias (K,): (*, K)."""
    x1: Any = operand(input1)
    x2: Any = operand(input2)
    units, left, right = shape_of(weight)
    if x1.shape[:-1] != x2.shape[:-1] or x1.shape[-1] != left or x2.shape[-1] != right:
        raise ShapeError(
            f"bilinear: wanted inputs (*, {left}) and (*, {right}) with equal leading dimensions, got "
            f"{tuple(x1.shape)} and {tuple(x2.shape)}"
        )
    for x in (x1, x2):
        if x.dtype != weight.dtype:
            raise DTypeError(
                f"bilinear: inputs and weight must have the same dtype, but got {x.dtype} and "
                f"{weight.dtype}: {same_dtype(x.dtype, weight.dtype)}"
            )
    # (*, 1, I) @ (K * J columns) -> (*, K, J), then summed against x2
    middle = x1.matmul(weight.permute(1, 0, 2).reshape(left, units * right))
    z = (middle.reshape(*x1.shape[:-1], units, right) * x2.unsqueeze(-2)).sum(-1)
    return z if bias is None else z + bias
