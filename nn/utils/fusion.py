"""Batch norm taken into the layer before it, for evaluation."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from autograd import Tensor
from autograd.errors import SettingError

from ..module import Module
from ..parameter import Parameter

M = TypeVar("M", bound=Module)


def fuse_conv_bn_eval(conv: M, bn: Module, transpose: bool = False) -> M:
    """A copy of the convolution `conv` that does what `conv` and the batch norm `bn` do in evaluation mode.

    transpose: `conv` is a transposed convolution.  Raises SettingError in training mode.
    """
    return _fused("fuse_conv_bn_eval", conv, bn, transpose)


def fuse_linear_bn_eval(linear: M, bn: Module) -> M:
    """A copy of the layer `linear` that does what `linear` and the batch norm `bn` do in evaluation mode.

    Raises SettingError in training mode, or if `bn` has neither one feature nor as many as `linear` has outputs.
    """
    features: Any = bn.num_features
    if features not in (1, linear.out_features):
        raise SettingError(
            f"fuse_linear_bn_eval: To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"{linear.out_features} and {features}"
        )
    return _fused("fuse_linear_bn_eval", linear, bn, False)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the fused convolution: the old ones times w / sqrt(var + eps), and the means taken away.

    conv_w   (F, C, *), or (C, F, *) if `transpose`
    others   (F,): bias of the convolution; running mean and variance, weight and bias of the batch norm. None: without
    """
    weight: Any = conv_w.detach()
    mean, scale = bn_rm.detach(), (bn_rv.detach() + bn_eps).rsqrt()
    if bn_w is not None:
        scale = scale * bn_w.detach()
    bias = -mean * scale if conv_b is None else (conv_b.detach() - mean) * scale
    if bn_b is not None:
        bias = bias + bn_b.detach()
    along = [1] * weight.ndim
    along[1 if transpose else 0] = -1
    fused = weight * scale.reshape(along)
    return (
        Parameter(fused.to(conv_w.dtype), conv_w.requires_grad),
        Parameter(bias.to(conv_w.dtype), conv_w.requires_grad if conv_b is None else conv_b.requires_grad),
    )


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """`fuse_conv_bn_weights` for a weight (out_features, in_features)."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _fused(function: str, layer: M, bn: Any, transpose: bool) -> M:
    if layer.training or bn.training:
        raise SettingError(f"{function}: Fusion only for eval! Call eval() on both layers first")
    if bn.running_mean is None or bn.running_var is None:
        raise SettingError(f"{function}: wanted a batch norm with running statistics, got track_running_stats=False")
    fused: Any = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused
