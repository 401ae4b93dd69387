"""Arguments that PyTorch checks, right and wrong ones: both libraries take them, or both refuse them."""

from __future__ import annotations

import warnings
from typing import Any

import torch

import autograd

X, Y = "torch.zeros(2, 3)", "torch.ones(2, 3)"
IMAGE = "torch.zeros(1, 4, 6, 6)"

EXPRESSIONS = (
    # ---- losses
    *(f"F.gaussian_nll_loss({X}, {Y}, torch.ones({shape}))" for shape in ("(1, 3)", "(3,)", "(2, 1)", "(2,)", "(1, 1)", "(1,)", "()", "(2, 3)", "(3, 2)", "(2, 3, 1)")),
    f"F.gaussian_nll_loss({X}, {Y}, -torch.ones(2, 3))", f"F.gaussian_nll_loss({X}, {Y}, -1.0)", f"F.gaussian_nll_loss({X}, {Y}, 2.0)",
    *(f"F.gaussian_nll_loss(torch.zeros(4, 3, 2, 2), torch.ones(4, 3, 2, 2), torch.ones({shape}))" for shape in ("(4, 1, 2, 2)", "(1, 3, 2, 2)", "(4, 3, 2)", "(1, 1, 2, 2)", "(4, 3, 1, 1)")),
    f"F.cross_entropy({X}, torch.softmax({Y}, 1), ignore_index=0)", f"F.cross_entropy({X}, torch.softmax({Y}, 1), ignore_index=-1)",
    f"F.cross_entropy({X}, torch.softmax({Y}, 1), label_smoothing=1.5)", f"F.cross_entropy({X}, torch.tensor([0, 1]), label_smoothing=-0.1)",
    f"F.cross_entropy({X}, torch.tensor([0, 3]))", f"F.cross_entropy({X}, torch.tensor([0, -1]))", f"F.cross_entropy({X}, torch.tensor([0, 1, 1]))", f"F.cross_entropy({X}, torch.tensor([0, 1]), torch.ones(2))",
    f"F.cross_entropy({X}, torch.tensor([0, 1]), reduction='foo')", f"F.nll_loss({X}, torch.tensor([0, 1]), torch.ones(2))", "nn.MSELoss(reduction='foo')",
    "nn.MultiMarginLoss(p=3)", "nn.MultiMarginLoss(weight=torch.ones(2, 2))", "nn.TripletMarginLoss(margin=0)", "nn.TripletMarginLoss(margin=-1.0)", "nn.TripletMarginWithDistanceLoss(margin=-1)", f"nn.HuberLoss(delta=0)({X}, {Y})", f"nn.SmoothL1Loss(beta=-1)({X}, {Y})",
    f"F.kl_div({X}, {Y}, reduction='foo')", f"F.binary_cross_entropy({X} + 2, {Y})", f"F.binary_cross_entropy({X}, torch.ones(2, 1))", f"F.binary_cross_entropy_with_logits({X}, torch.ones(2, 1))", f"F.poisson_nll_loss({X}, {Y}, reduction='foo')",
    f"F.margin_ranking_loss({X}, {Y}, torch.ones(3, 3))", f"F.margin_ranking_loss({X}, torch.ones(3), {Y})", f"F.cosine_embedding_loss({X}, {Y}, torch.ones(3))", f"F.multilabel_margin_loss({X}, torch.zeros(3, 3, dtype=torch.int64))", f"F.triplet_margin_loss({X}, {Y}, torch.zeros(3))",
    "nn.NLLLoss(None, False)", "nn.NLLLoss(None, None, 1)", "nn.CrossEntropyLoss(None, True)", "nn.MSELoss(False)", "nn.MSELoss(None, False)", "nn.MSELoss(False, False)", "nn.BCELoss(None, False, True)", "nn.PoissonNLLLoss(True, False, False)",
    # ---- normalisation
    *(f"nn.BatchNorm1d(3, eps={eps}){mode}({X})" for eps in ("0", "-1", "1e-5", "0.0") for mode in ("", ".eval()")), f"F.batch_norm({X}, None, None, training=True, eps=0)", f"F.batch_norm({X}, torch.zeros(3), torch.ones(3), eps=0)", f"F.batch_norm({X}, torch.zeros(3), torch.ones(3), eps=-1e-3)",
    "nn.BatchNorm1d(3)(torch.zeros(1, 3))", "nn.BatchNorm2d(3)(torch.zeros(2, 3))", "nn.BatchNorm1d(4)(torch.zeros(2, 3))", "nn.GroupNorm(2, 3)", "nn.GroupNorm(0, 3)", "F.group_norm(torch.zeros(2, 3), 2)", "F.instance_norm(torch.zeros(2, 3, 1))", "F.layer_norm(torch.zeros(2, 3), (2,))", "F.layer_norm(torch.zeros(2, 3), ())", "F.layer_norm(torch.zeros(2, 3), (3,), torch.ones(2))",
    "nn.InstanceNorm1d(3)(torch.zeros(2, 4, 5))", "nn.LocalResponseNorm(0)(torch.zeros(1, 4, 2))", "F.local_response_norm(torch.zeros(1, 4), 2)", "F.rms_norm(torch.zeros(2, 3), (2,))", "F.normalize(torch.zeros(2, 3), dim=4)", "nn.BatchNorm1d(0)", "nn.BatchNorm1d(-1)",
    # ---- recurrent
    *(f"nn.{kind}({given})" for kind in ("LSTM", "GRU", "RNN") for given in ("3, 4, 2, 0.5", "3, 4, 2.0", "3, 4, 0", "3, 0, 1", "3, 4.0, 1", "3.0, 4", "3, -4", "3, 4, 1, dropout=1.5", "3, 4, 2, dropout=-0.1", "3, 4, 2, dropout=True", "3, 4, 2, dropout='a'", "3, 4, 1, dropout=0.5", "3, 4, 1, batch_first=3", "3, 4, 1, bias=1", "3, 4, proj_size=4", "3, 4, proj_size=2", "3, 4, proj_size=-1", "3, 4, bidirectional=1", "3, 4, 1, False, True, 0.0, True", "0, 4", "-1, 4", "3, 4, True")),
    "nn.RNN(3, 4, 1, 'foo')", "nn.RNN(3, 4, nonlinearity='foo')", "nn.RNN(3, 4, 1, 'relu', False)", "nn.RNN(3, 4, 1, 'relu', 0.5)", "nn.RNNCell(3, 4, nonlinearity='foo')", "nn.RNNCell(3, 4, nonlinearity='foo')(torch.zeros(2, 3))", "nn.LSTMCell(3, 4)(torch.zeros(2, 4))", "nn.LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(3, 4), torch.zeros(3, 4)))", "nn.GRUCell(3, 4)(torch.zeros(1, 2, 3))", "nn.GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(1, 2, 4))",
    "nn.LSTM(3, 4)(torch.zeros(2, 4))", "nn.LSTM(3, 4)(torch.zeros(2, 2, 2, 3))", "nn.LSTM(3, 4)(torch.zeros(5, 2, 3), (torch.zeros(1, 3, 4), torch.zeros(1, 3, 4)))", "nn.LSTM(3, 4)(torch.zeros(5, 2, 3), (torch.zeros(2, 4), torch.zeros(2, 4)))", "nn.GRU(3, 4)(torch.zeros(5, 3), torch.zeros(1, 1, 4))", "nn.GRU(3, 4)(torch.zeros(5, 2, 3), torch.zeros(2, 2, 4))",
    # ---- linear, convolution, pooling
    "nn.Linear(-3, 4)", "nn.Linear(3.0, 4)", "nn.Linear(3, 4, bias=None)", "nn.Linear(3, 4)(torch.zeros(2, 4))", "nn.Bilinear(0, 2, 3)", "nn.Bilinear(2, 2, 3)(torch.zeros(2, 2), torch.zeros(2, 3))", "nn.Bilinear(2, 2, 3)(torch.zeros(2, 2), torch.zeros(3, 2))",
    *(f"nn.{kind}2d({given})" for kind in ("Conv", "ConvTranspose") for given in ("3, 4, 3, groups=2", "4, 3, 3, groups=2", "3, 4, 3, groups=0", "3, 4, 3, groups=-1", "3, 4, 3, padding_mode='foo'", "3, 4, 3, padding_mode='reflect'", "-3, 4, 3")),
    "nn.Conv2d(3, 4, 3, padding='foo')", "nn.Conv2d(3, 4, 3, stride=2, padding='same')", "nn.Conv2d(3, 4, (3, 3, 3))(torch.zeros(1, 3, 5, 5))",
    *(f"nn.Conv2d(4, 4, 3, {given})({IMAGE})" for given in ("stride=0", "stride=-1", "dilation=0", "padding=-1", "padding=7", "stride=(1, 2)", "dilation=4")), "nn.Conv2d(4, 4, 3)(torch.zeros(1, 3, 5, 5))", "nn.Conv2d(4, 4, 3)(torch.zeros(4, 5))", "nn.Conv2d(4, 4, 7)(torch.zeros(1, 4, 6, 6))", f"F.conv2d({IMAGE}, torch.zeros(4, 3, 3, 3))", f"F.conv2d({IMAGE}, torch.zeros(4, 4, 3, 3), torch.zeros(3))", f"F.conv2d({IMAGE}, torch.zeros(3, 2, 3, 3), groups=2)",
    *(f"nn.ConvTranspose2d(4, 4, 3, {given})({IMAGE})" for given in ("output_padding=1", "stride=2, output_padding=2", "stride=0", "padding=-1", "dilation=2, output_padding=1")),
    *(f"nn.MaxPool2d({given})({IMAGE})" for given in ("0", "2, padding=2", "2, stride=0", "2, dilation=0", "7", "2, padding=-1", "(2, 2, 2)", "3, padding=1")), *(f"nn.AvgPool2d({given})({IMAGE})" for given in ("0", "2, padding=2", "2, divisor_override=0", "7", "2, stride=0")), f"nn.AdaptiveAvgPool2d(-1)({IMAGE})", f"nn.AdaptiveAvgPool2d((2, 2, 2))({IMAGE})", f"nn.AdaptiveMaxPool2d(0)({IMAGE})", "nn.LPPool1d(0, 2)(torch.zeros(1, 4, 2))", "nn.MaxPool2d(2)(torch.zeros(4, 4))", "nn.MaxUnpool2d(2)(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 3, dtype=torch.int64))",
    "F.fold(torch.zeros(1, 5, 4), 4, 2)", "F.fold(torch.zeros(1, 4, 5), 4, 2, stride=2)", "F.unfold(torch.zeros(4, 4), 2)", "F.unfold(torch.zeros(1, 1, 4, 4), 5)", "F.unfold(torch.zeros(1, 1, 4, 4), 2, stride=0)",
    # ---- the rest
    "nn.Embedding(3, 4, padding_idx=5)", "nn.Embedding(3, 4, padding_idx=-4)", "nn.Embedding(3, 4, padding_idx=-3)", "nn.Embedding(-3, 4)", "nn.Embedding(3, 4, _weight=torch.ones(2, 4))", "nn.Embedding(3, 4)(torch.tensor([3]))", "nn.Embedding(3, 4)(torch.tensor([-1]))", "nn.Embedding(3, 4)(torch.tensor([1.0]))", "nn.Embedding.from_pretrained(torch.ones(3))", "nn.EmbeddingBag(3, 4, mode='foo')(torch.zeros(2, 2, dtype=torch.int64))", "nn.EmbeddingBag(3, 4)(torch.zeros(2, dtype=torch.int64))", "nn.EmbeddingBag(3, 4)(torch.zeros(2, 2, dtype=torch.int64), torch.tensor([0]))", "nn.EmbeddingBag(3, 4)(torch.zeros(2, dtype=torch.int64), torch.tensor([1]))", "nn.EmbeddingBag(3, 4, mode='mean')(torch.zeros(2, 2, dtype=torch.int64), None, torch.ones(2, 2))", "nn.EmbeddingBag(3, 4, padding_idx=7)", "nn.EmbeddingBag(3, 4, mode='max', scale_grad_by_freq=True)(torch.zeros(2, 2, dtype=torch.int64))", "F.one_hot(torch.tensor([3]), 3)", "F.one_hot(torch.tensor([-1]))", "F.one_hot(torch.tensor([1.0]))",
    *(f"nn.{kind}(1.5)" for kind in ("Dropout", "Dropout2d", "AlphaDropout", "FeatureAlphaDropout")), f"F.dropout({X}, -0.1)", f"F.dropout2d({X}, 2.0)", f"F.alpha_dropout({X}, 1.2)", "nn.Dropout(-0.1)",
    "nn.MultiheadAttention(5, 2)", "nn.MultiheadAttention(0, 2)", "nn.MultiheadAttention(4, 0)", "nn.MultiheadAttention(4, 2)(torch.zeros(2, 3, 4), torch.zeros(2, 2, 4), torch.zeros(2, 3, 4))", "nn.MultiheadAttention(4, 2)(torch.zeros(2, 3, 5), torch.zeros(2, 3, 5), torch.zeros(2, 3, 5))", "nn.MultiheadAttention(4, 2)(torch.zeros(2, 1, 3, 4), torch.zeros(2, 3, 4), torch.zeros(2, 3, 4))", "nn.MultiheadAttention(4, 2)(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), attn_mask=torch.zeros(3, 3))", "nn.MultiheadAttention(4, 2)(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), is_causal=True)", "nn.MultiheadAttention(4, 2)(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), key_padding_mask=torch.zeros(2, 3, dtype=torch.bool))", "nn.Transformer(d_model=5, nhead=2)", "nn.TransformerEncoderLayer(4, 2, activation='foo')", "nn.Transformer(4, 2)(torch.zeros(2, 3, 4), torch.zeros(2, 4, 4))", "nn.Transformer(4, 2)(torch.zeros(2, 3, 5), torch.zeros(2, 3, 5))",
    "F.scaled_dot_product_attention(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), torch.zeros(2, 2), is_causal=True)", "F.scaled_dot_product_attention(torch.zeros(1, 2, 3), torch.zeros(1, 2, 4), torch.zeros(1, 2, 3))", "F.scaled_dot_product_attention(torch.zeros(3), torch.zeros(3), torch.zeros(3))", "F.scaled_dot_product_attention(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), dropout_p=1.5)",
    "nn.Hardtanh(2, 1)", f"nn.Softmax(5)({X})", f"nn.RReLU(0.5, 0.1)({X})", f"nn.GELU('foo')({X})", f"nn.CELU(alpha=0)({X})", "nn.PReLU(3)(torch.zeros(2, 2))", "nn.GLU()(torch.zeros(3))", "nn.GLU()(torch.zeros(()))", f"nn.Threshold(1, 2)({X})", f"F.gumbel_softmax({X}, dim=3)", f"nn.Softplus(beta=2, threshold=1)({X})", "nn.Softmax2d()(torch.zeros(2, 3))", f"nn.Hardshrink(-1)({X})", f"nn.Softshrink(-1)({X})", "nn.ChannelShuffle(3)(torch.zeros(1, 4, 2, 2))", "nn.PixelShuffle(0)(torch.zeros(1, 4, 2, 2))", "nn.PixelShuffle(3)(torch.zeros(1, 4, 2, 2))", "nn.PixelUnshuffle(3)(torch.zeros(1, 4, 2, 2))", "nn.Flatten(2, 1)(torch.zeros(1, 4, 2, 2))", "nn.Unflatten(1, (2, 3))(torch.zeros(1, 4))", "nn.Unflatten(1, 5)", "nn.Unflatten(1, (2, 2.0))", "nn.Unflatten('a', (2, 2))", "nn.Unflatten(1, [2, 2])", f"nn.CosineSimilarity(dim=4)({X}, {Y})", f"nn.PairwiseDistance()({X}, torch.zeros(2, 2))", "F.pdist(torch.zeros(3))", "nn.ZeroPad2d((1, 1, 1))(torch.zeros(1, 1, 2, 2))", "nn.ReflectionPad1d(3)(torch.zeros(1, 1, 3))", "nn.ReflectionPad1d(2)(torch.zeros(1, 1, 3))", "nn.ConstantPad1d(-4, 0.0)(torch.zeros(1, 1, 3))", "F.pad(torch.zeros(2, 3), (1,))", "F.pad(torch.zeros(2, 3), (1, 1, 1, 1, 1, 1))", "F.pad(torch.zeros(2, 3), (1, 1), mode='foo')", "F.pad(torch.zeros(2, 3), (1, 1), mode='reflect', value=1.0)", "F.pad(torch.zeros(2, 2, 3), (1, 1, 1, 1), mode='reflect')", "nn.CircularPad1d(4)(torch.zeros(1, 1, 3))",
    "nn.Upsample(mode='foo', scale_factor=2)(torch.zeros(1, 1, 2, 2))", "nn.Upsample()(torch.zeros(1, 1, 2, 2))", "F.interpolate(torch.zeros(1, 1, 2, 2), size=3, scale_factor=2)", "F.interpolate(torch.zeros(1, 1, 2, 2), size=(3, 3, 3))", "F.interpolate(torch.zeros(1, 1, 2, 2), scale_factor=(2, 2, 2))", "F.interpolate(torch.zeros(1, 1, 2, 2), scale_factor=2, align_corners=True)", "F.interpolate(torch.zeros(1, 1, 2), scale_factor=2, mode='bilinear')", "F.interpolate(torch.zeros(1, 1, 2, 2), size=0)", "F.interpolate(torch.zeros(2, 2), size=2)", "F.interpolate(torch.zeros(1, 1, 2, 2), size=3, recompute_scale_factor=True)", "F.interpolate(torch.zeros(1, 1, 4), size=2, mode='linear', antialias=True)", "F.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 2, 3))", "F.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 2, 2), mode='foo')", "F.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 2, 2), padding_mode='foo')", "F.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(2, 2, 2, 2))", "F.affine_grid(torch.zeros(1, 2, 3), (1, 1, 0, 2))", "F.affine_grid(torch.zeros(1, 3, 3), (1, 1, 2, 2))", "F.affine_grid(torch.zeros(1, 2, 3, dtype=torch.int64), (1, 1, 2, 2))",
    "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [5])", "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [])", "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2, 2])", "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2, 1])", "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(torch.zeros(2, 4), torch.tensor([0, 5]))", "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(torch.zeros(2, 3), torch.tensor([0, 4]))", "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(torch.zeros(2, 4), torch.tensor([0, 4, 1]))", "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [0])",
    # ---- initialisers and helpers
    "nn.init.xavier_uniform_(torch.zeros(3))", "nn.init.kaiming_normal_(torch.zeros(3))", "nn.init.kaiming_normal_(torch.zeros(3, 3), mode='foo')", "nn.init.kaiming_normal_(torch.zeros(3, 3), nonlinearity='foo')", "nn.init.orthogonal_(torch.zeros(3))", "nn.init.eye_(torch.zeros(3))", "nn.init.dirac_(torch.zeros(3, 3))", "nn.init.dirac_(torch.zeros(3, 3, 3), groups=2)", "nn.init.sparse_(torch.zeros(3), 0.1)", "nn.init.calculate_gain('leaky_relu', 'a')", "nn.init.calculate_gain('leaky_relu', True)", "nn.init.normal_(torch.zeros(3), std=-1)", "nn.init.uniform_(torch.zeros(3), 2, 1)", "nn.init.trunc_normal_(torch.zeros(3), std=-1)",
    "nn.utils.clip_grad_norm_([], 1.0)", "nn.utils.rnn.pad_sequence([])", "nn.utils.rnn.pack_padded_sequence(torch.zeros(3, 2, 1), torch.tensor([2, 3]))", "nn.utils.rnn.pack_padded_sequence(torch.zeros(3, 2, 1), torch.tensor([3, 0]))", "nn.utils.rnn.pack_padded_sequence(torch.zeros(3, 2, 1), torch.tensor([3, 2, 1]))", "nn.utils.rnn.pad_sequence([torch.zeros(2), torch.zeros(3)], padding_side='foo')", "nn.utils.parameters_to_vector([])", "nn.Parameter(torch.zeros(2, dtype=torch.int64))", "nn.Module().register_parameter('a.b', None)", "nn.Module().register_parameter('', None)", "nn.Module().register_buffer('a', 3)", "nn.Module().add_module('a', 3)", "nn.Sequential(3)", "nn.ModuleList([3])", "nn.ModuleDict({'a': 3})", "nn.ParameterList([3])", "nn.Identity(1, 2, a=3)", "nn.Module(3)", "nn.Module().train(1)", "nn.Module().foo",
    # ---- integers that cannot be divided, powers
    *(f"torch.tensor([1, 2]){op}" for op in (" // torch.tensor([0, 1])", " % torch.tensor([1, 0])", " % 0", " // 0", ".fmod(0)", ".div(torch.tensor(0), rounding_mode='trunc')", ".div(0, rounding_mode='floor')", " ** -1", " ** torch.tensor([-1, -2])", " // torch.tensor([0.0])", " % 0.0", ".remainder_(0)", ".floor_divide(0)", " / 0")), "torch.tensor([True]) // torch.tensor([True])", "torch.tensor([True]) % torch.tensor([True])", "5 // torch.tensor([0])", "5 % torch.tensor([0])", "2 ** torch.tensor([-1])", "torch.zeros(0, dtype=torch.int64) // 0", "torch.tensor([True]) - torch.tensor([True])", "-torch.tensor([True])", "torch.tensor([1]) / torch.tensor([0])", "torch.tensor([1.0]).bitwise_and(torch.tensor([1]))", "torch.tensor([1.0]) & 1", "~torch.tensor([1.0])", "torch.tensor([1.0]) << 1", "torch.tensor([1]).add_(1.5)", "torch.tensor([1]).mul_(torch.tensor([1.5]))", "torch.tensor([True]).add_(1)", "torch.tensor([1], dtype=torch.int32).div_(2)",
)  # fmt: skip


DECIDED = {
    **{f"nn.{kind}(3, 4, True)": "a number of layers that is a bool is a mistake" for kind in ("LSTM", "GRU", "RNN")},
    "F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]), label_smoothing=-0.1)": "PyTorch checks it for probabilities only",
    "nn.MSELoss(reduction='foo')": "refused when it is made, not when it is called",
    "nn.RNNCell(3, 4, nonlinearity='foo')": "refused when it is made, not when it is called",
    "nn.Unflatten('a', (2, 2))": "PyTorch asks for a nested tuple here: dimensions with names, which are not here",
}
"""What is refused here alone, and why."""


def outcome(expression: str, library: Any, nn: Any) -> str | None:
    """The error of an expression; None if there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            eval(expression, {"torch": library, "nn": nn, "F": nn.functional})
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return None


def refusal_difference(expression: str, ours_nn: Any) -> str:
    """Empty if both libraries take an expression, or both refuse it."""
    if expression in DECIDED:
        return ""
    theirs, ours = outcome(expression, torch, torch.nn), outcome(expression, autograd, ours_nn)
    if (theirs is None) == (ours is None):
        return ""
    return f"ours raises {ours}" if ours else f"refused by PyTorch, taken here: {theirs}"
