"""Functions of PyTorch's main module whose arguments differ from those of the same name in `nn.functional`.

There a reduction is a number (0: none, 1: mean, 2: sum), which `nn.functional` never sees.
"""

from __future__ import annotations

from typing import Any

from autograd.errors import SettingError

from . import loss, norm
from .bags import embedding_bag as _embedding_bag
from .dropouts import alpha_dropout as _alpha_dropout
from .dropouts import dropout as _dropout
from .dropouts import feature_alpha_dropout as _feature_alpha_dropout

_REDUCTIONS = ("none", "mean", "sum")


def _named(function: str, reduction: Any) -> str:
    if isinstance(reduction, str):
        return reduction
    if reduction not in (0, 1, 2):
        raise SettingError(f"{function}: wanted a reduction of 0 (none), 1 (mean) or 2 (sum), got {reduction!r}")
    return _REDUCTIONS[reduction]


def dropout(input: Any, p: float, train: bool) -> Any:
    """See `nn.functional.dropout`."""
    return _dropout(input, p, train)


def alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """See `nn.functional.alpha_dropout`."""
    return _alpha_dropout(input, p, train)


def feature_alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """See `nn.functional.feature_alpha_dropout`."""
    return _feature_alpha_dropout(input, p, train)


def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Any:
    """See `nn.functional.batch_norm`."""
    return norm.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Any:
    """See `nn.functional.instance_norm`."""
    return norm.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def layer_norm(
    input: Any,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Any:
    """See `nn.functional.layer_norm`."""
    return norm.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, cudnn_enabled: bool = True
) -> Any:
    """See `nn.functional.group_norm`."""
    return norm.group_norm(input, num_groups, weight, bias, eps)


def embedding_bag(
    weight: Any,
    indices: Any,
    offsets: Any,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """See `nn.functional.embedding_bag`. `mode`: 0 (sum), 1 (mean), 2 (max). Fills the first of four results."""
    found = _embedding_bag(
        indices,
        weight,
        offsets,
        scale_grad_by_freq=scale_grad_by_freq,
        mode=("sum", "mean", "max")[mode],
        sparse=sparse,
        per_sample_weights=per_sample_weights,
        include_last_offset=include_last_offset,
        padding_idx=padding_idx,
    )
    return found, None, None, None


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: Any = 1
) -> Any:
    """See `nn.functional.binary_cross_entropy_with_logits`."""
    chosen = _named("binary_cross_entropy_with_logits", reduction)
    return loss.binary_cross_entropy_with_logits(input, target, weight, reduction=chosen, pos_weight=pos_weight)


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: Any = 1) -> Any:
    """See `nn.functional.cosine_embedding_loss`."""
    chosen = _named("cosine_embedding_loss", reduction)
    return loss.cosine_embedding_loss(input1, input2, target, margin, reduction=chosen)


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: Any = 1,
    zero_infinity: bool = False,
) -> Any:
    """See `nn.functional.ctc_loss`."""
    chosen = _named("ctc_loss", reduction)
    return loss.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, chosen, zero_infinity)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: Any = 1) -> Any:
    """See `nn.functional.hinge_embedding_loss`."""
    chosen = _named("hinge_embedding_loss", reduction)
    return loss.hinge_embedding_loss(input, target, margin, reduction=chosen)


def kl_div(input: Any, target: Any, reduction: Any = 1, *, log_target: bool = False) -> Any:
    """See `nn.functional.kl_div`."""
    return loss.kl_div(input, target, reduction=_named("kl_div", reduction), log_target=log_target)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: Any = 1) -> Any:
    """See `nn.functional.margin_ranking_loss`."""
    chosen = _named("margin_ranking_loss", reduction)
    return loss.margin_ranking_loss(input1, input2, target, margin, reduction=chosen)


def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: Any) -> Any:
    """See `nn.functional.poisson_nll_loss`."""
    chosen = _named("poisson_nll_loss", reduction)
    return loss.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=chosen)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: Any = 1,
) -> Any:
    """See `nn.functional.triplet_margin_loss`."""
    chosen = _named("triplet_margin_loss", reduction)
    return loss.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=chosen)


def rrelu(
    input: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> Any:
    """See `nn.functional.rrelu`. A generator is not taken here: seed the default one."""
    from . import rrelu as functional

    if generator is not None:
        raise SettingError("rrelu: a generator is not supported; seed the default one with manual_seed")
    return functional(input, lower, upper, training)
