"""Losses as functions. `reduction` is "mean", "sum" or "none" everywhere; targets may be Tensors or arrays.

    checks.py       what all check, and how they end: `reduced`                                read this first
    regression.py   differences between numbers: the shortest losses
    entropy.py      cross-entropies of classes, and of yes or no
    indices.py      targets that are class indices: checked, weighted, ignored
    margins.py      the right class ahead of the others by a margin
    densities.py    -log of a density at the target; divergences
    pairs.py        losses of distances; ctc.py: of label sequences that are not aligned with the input

The rule: a loss checks input and target, writes its formula per element, and ends in `reduced`, so that no reduction is
written twice. The layers of `nn/layers/loss.py` hold settings and call these.
"""

from autograd.later import files as _files
from autograd.later import later as _later

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

_later(
    __name__,
    _files(
        __name__,
        ctc="ctc_loss",
        densities="gaussian_nll_loss kl_div poisson_nll_loss",
        entropy="binary_cross_entropy binary_cross_entropy_with_logits cross_entropy nll_loss",
        margins="hinge_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss soft_margin_loss",
        pairs=(
            "cosine_embedding_loss hinge_embedding_loss margin_ranking_loss triplet_margin_loss "
            "triplet_margin_with_distance_loss"
        ),
        regression="huber_loss l1_loss mse_loss smooth_l1_loss",
    ),
)  # what not every program uses


def __dir__() -> list[str]:
    return sorted(__all__)
