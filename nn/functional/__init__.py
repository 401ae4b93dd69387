"""Layers, activations and losses as functions, with checks of their inputs. `import nn.functional as F`.

    products.py       linear and bilinear: what a file looks like                              read this first
    conv.py folding.py   convolutions, and the windows they are products with
    pool/             windows: maxima, means, norms, adaptive sizes, unpooling; fractional.py: random windows
    norm.py           batch, instance, group, layer and RMS norm; distance.py: cosines, norms of differences
    loss/             losses: classes, numbers, densities, margins, pairs
    attention.py      scaled dot products; multihead.py: with several heads, which MultiheadAttention is made of
    recurrent.py      RNN, LSTM and GRU over sequences, for nn.layers.recurrent
    dropouts.py sampling.py   what is random; sample.py: reading an image at given points; resize.py
    bags.py           sums and means of rows of an embedding
    inplace.py variants.py rare.py   names of PyTorch's that programs seldom use

Activations, softmax, `pad`, `embedding` and `one_hot` are methods' functions and come from `autograd`.
The rule: a function checks what it is given, in PyTorch's words, and applies ops to it; it holds no state. Mathematics
and derivatives stand in `autograd/ops`, settings and parameters in `nn/layers`.
"""

from autograd.api import sigmoid, tanh
from autograd.later import files as _files
from autograd.later import later as _later
from autograd.tensors.activation import (
    celu,
    elu,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    selu,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from autograd.tensors.index import embedding, one_hot

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "affine_grid",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "elu_",
    "embedding",
    "embedding_bag",
    "feature_alpha_dropout",
    "fold",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "mish",
    "mse_loss",
    "multi_head_attention_forward",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "scaled_dot_product_attention",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

_later(
    __name__,
    {
        **_files(
            __name__,
            attention="scaled_dot_product_attention",
            bags="embedding_bag",
            conv="conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
            distance="cosine_similarity normalize pairwise_distance pdist",
            folding="fold unfold",
            fractional=(
                "fractional_max_pool2d fractional_max_pool2d_with_indices fractional_max_pool3d "
                "fractional_max_pool3d_with_indices"
            ),
            dropouts="alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout",
            inplace="celu_ elu_ hardtanh_ leaky_relu_ relu_ rrelu_ selu_ threshold_",
            loss=(
                "binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy ctc_loss "
                "gaussian_nll_loss hinge_embedding_loss hinge_loss huber_loss kl_div l1_loss margin_ranking_loss "
                "mse_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss "
                "poisson_nll_loss smooth_l1_loss soft_margin_loss triplet_margin_loss "
                "triplet_margin_with_distance_loss"
            ),
            multihead="multi_head_attention_forward",
            norm="batch_norm group_norm instance_norm layer_norm local_response_norm rms_norm",
            pool=(
                "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d "
                "adaptive_max_pool1d_with_indices adaptive_max_pool2d adaptive_max_pool2d_with_indices "
                "adaptive_max_pool3d adaptive_max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d lp_pool1d "
                "lp_pool2d lp_pool3d max_pool1d max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d "
                "max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d"
            ),
            products="bilinear linear",
            rare="conv_tbc native_channel_shuffle",
            resize=(
                "channel_shuffle interpolate pixel_shuffle pixel_unshuffle upsample upsample_bilinear upsample_nearest"
            ),
            sample="affine_grid grid_sample",
            sampling="gumbel_softmax rrelu",
        ),
        "grad": "nn.grad",
        "pad": "autograd.tensors.pad:pad",
    },
)  # what not every program uses


def __dir__() -> list[str]:
    return sorted(__all__)
