"""Losses of distances: two inputs, or an anchor, what is like it and what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor, where
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, shape_of, wrap

from ..distance import cosine_similarity, pairwise_distance
from .checks import check_signs, floating, legacy, like, reduced


def hinge_embedding_loss(
    input: Tensor,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """x where the target is 1, max(0, margin - x) where it is -1, for distances x; equal shapes."""
    if size_average is not None or reduce is not None:
        reduction = legacy("hinge_embedding_loss", size_average, reduce)
    x = floating("hinge_embedding_loss", input)
    target = like("hinge_embedding_loss", target, x)
    check_signs("hinge_embedding_loss", target)
    return reduced(where(target == 1, x, (margin - x).clamp_min(0)), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin - t (x1 - x2)): t = 1 wants x1 above x2, t = -1 below; equal shapes."""
    if size_average is not None or reduce is not None:
        reduction = legacy("margin_ranking_loss", size_average, reduce)
    x1 = floating("margin_ranking_loss", input1)
    x2 = like("margin_ranking_loss", input2, x1)
    target = like("margin_ranking_loss", target, x1)
    return reduced((margin - target * (x1 - x2)).clamp_min(0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1.

    inputs (N, D) or (D,); target (N,) or ().
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("cosine_embedding_loss", size_average, reduce)
    x1 = floating("cosine_embedding_loss", input1)
    x2 = like("cosine_embedding_loss", input2, x1)
    known = array_of(target)
    if x1.ndim not in (1, 2) or known.shape != shape_of(x1)[:-1]:
        raise ShapeError(
            "cosine_embedding_loss: wanted inputs (N, D) or (D,) and a target (N,) or (), got "
            f"{shape_of(x1)} and {known.shape}"
        )
    check_signs("cosine_embedding_loss", known)
    cos = cosine_similarity(x1, x2, dim=-1, eps=1e-6)
    return reduced(where(wrap(known == 1), 1 - cos, (cos - margin).clamp_min(0)), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) with d the `pairwise_distance` of order p.

    (N, D) or (D,).  swap: use d(positive, negative) where that is smaller than d(anchor, negative).
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("triplet_margin_loss", size_average, reduce)

    def distance(x: Any, y: Any) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with a distance of your own (default: `pairwise_distance`)."""
    if margin <= 0:
        raise SettingError(f"triplet_margin_loss: margin must be greater than 0, got {margin}")
    a = floating("triplet_margin_loss", anchor)
    p, n = like("triplet_margin_loss", positive, a), like("triplet_margin_loss", negative, a)
    distance = pairwise_distance if distance_function is None else distance_function
    far = distance(a, n)
    if swap:
        far = far.minimum(distance(p, n))
    return reduced((distance(a, p) - far + margin).clamp_min(0), reduction)
