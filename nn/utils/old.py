"""Old names, and the order of elements in memory, which changes nothing here."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from autograd import Tensor
from autograd.extend import check_memory_format

from ..layers.norm import _BatchNorm
from ..module import Module
from .clip_grad import clip_grad_norm_


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """`clip_grad_norm_` under its old name."""
    warnings.warn(
        "nn.utils.clip_grad_norm is now deprecated in favor of nn.utils.clip_grad_norm_.", FutureWarning, stacklevel=2
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite)


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """`module` itself: the order of elements in memory changes no value, and all Tensors are row-major here."""
    check_memory_format("convert_conv2d_weight_memory_format", memory_format)
    return module


convert_conv3d_weight_memory_format = convert_conv2d_weight_memory_format


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Make all batch norms in `root` forget their running statistics: functions of the model then write to nothing."""
    for module in root.modules():
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = module.num_batches_tracked = None
    return root


def apply_permutation(tensor: Any, permutation: Any, dim: int = 1) -> Any:
    """`index_select` under an older name."""
    return tensor.index_select(dim, permutation)
