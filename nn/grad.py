"""Gradients of convolutions as functions of their own: torch.nn.grad."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor, get_default_dtype

from . import functional as F


def _input(convolution: Any, size: Any, weight: Any, grad_output: Any, *settings: Any) -> Any:
    x = autograd.zeros(*size, dtype=weight.dtype, requires_grad=True)
    with autograd.enable_grad():
        z = convolution(x, weight, None, *settings)
    return autograd.grad(z, x, grad_output)[0]


def _weight(convolution: Any, input: Any, size: Any, grad_output: Any, *settings: Any) -> Any:
    w = autograd.zeros(*size, dtype=getattr(input, "dtype", get_default_dtype()), requires_grad=True)
    with autograd.enable_grad():
        z = convolution(input, w, None, *settings)
    return autograd.grad(z, w, grad_output)[0]


def _pair(axes: int) -> tuple[Any, Any]:
    convolution = getattr(F, f"conv{axes}d")

    def of_input(
        input_size: Any,
        weight: Tensor,
        grad_output: Tensor,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        return _input(convolution, input_size, weight, grad_output, stride, padding, dilation, groups)

    def of_weight(
        input: Tensor,
        weight_size: Any,
        grad_output: Tensor,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        return _weight(convolution, input, weight_size, grad_output, stride, padding, dilation, groups)

    of_input.__name__ = of_input.__qualname__ = f"conv{axes}d_input"
    of_input.__doc__ = f"The gradient of `F.conv{axes}d` with respect to its input, given that of its output."
    of_weight.__name__ = of_weight.__qualname__ = f"conv{axes}d_weight"
    of_weight.__doc__ = f"The gradient of `F.conv{axes}d` with respect to its weight, given that of its output."
    return of_input, of_weight


conv1d_input, conv1d_weight = _pair(1)
conv2d_input, conv2d_weight = _pair(2)
conv3d_input, conv3d_weight = _pair(3)
