"""Layers to compare: how they are made, what they are given; and the comparison itself.

Both libraries make the layer, ours takes PyTorch's weights by name, both see the same inputs three times.
"""

from __future__ import annotations

import inspect
import operator
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy import ndarray as Array

import autograd
import nn as ours_nn

from .compare import Check, flatten, limits, plain

OURS_MAY_LACK = {
    "device",
    "dtype",
    "size_average",
    "reduce",
    "_weight",
    "_freeze",
    "_stacklevel",
    "_random_samples",
    "foreach",
    "fused",
    "capturable",
    "differentiable",
    "out",
    "min_value",
    "max_value",
}
"""Arguments of PyTorch's that it calls deprecated, or that have nothing to do with the computation."""

ACTIVATIONS = (
    "ReLU() ReLU(inplace=True) ReLU6() ReLU6(True) SELU() SELU(inplace=True) SiLU() SiLU(True) Mish() Mish(inplace=True) Hardswish() Hardsigmoid() Sigmoid() Tanh() "
    "LogSigmoid() Softsign() Tanhshrink() ELU() ELU(0.5) ELU(2.0,inplace=True) CELU() CELU(0.7) CELU(2.0,True) GELU() GELU('tanh') GELU(approximate='none') GLU() GLU(0) "
    "GLU(dim=1) LeakyReLU() LeakyReLU(0.2) LeakyReLU(0.3,inplace=True) PReLU() PReLU(4) PReLU(1,0.1) PReLU(num_parameters=4,init=0.5) Hardtanh() Hardtanh(-2,0.5) "
    "Hardtanh(min_val=-0.3,max_val=0.4,inplace=True) Hardshrink() Hardshrink(0.2) Softshrink() Softshrink(0.1) Softplus() Softplus(2.0) Softplus(0.5,1.0) Softplus(beta=3,threshold=5) "
    "Threshold(0.1,20) Threshold(-0.5,3.0,True) Softmax(1) Softmax(dim=-1) Softmax(0) Softmin(1) Softmin(dim=0) LogSoftmax(1) LogSoftmax(dim=-1) LogSoftmax(0) Identity() "
    "Identity(54,unused=1) Flatten() Flatten(0) Flatten(start_dim=0,end_dim=1) Dropout(0.0) Dropout(p=0) Dropout1d(0.0) AlphaDropout(0.0) FeatureAlphaDropout(0.0)"
)  # fmt: skip
IMAGES = "(2, 4, 6, 6)"


def _cases() -> Iterator[tuple[str, ...]]:
    """(constructor, then one expression per input); shapes stand for real inputs."""
    for made in ACTIVATIONS.split():
        shapes = ("(2, 4, 6)", "(4, 4)", IMAGES, "(2, 4)")
        for shape in shapes:
            yield made, shape
    for made in (
        "RReLU().eval()",
        "RReLU(0.1, 0.3, inplace=True).eval()",
        "RReLU(0.2, 0.2)",
        "Dropout(0.9).eval()",
        "Dropout2d(0.0)",
        "Dropout3d(0.0)",
        "Dropout2d().eval()",
        "Softmax2d()",
    ):
        yield made, IMAGES
    for made, shape in (("Unflatten(1, (2, 2))", "(3, 4)"), ("Unflatten(-1, (2, 3))", "(3, 6)"), ("Unflatten(dim=0, unflattened_size=(1, -1))", "(3, 6)"), ("Unflatten(1, [2, 2])", "(2, 4, 5)"),
                        ("Flatten(1, 2)", IMAGES), ("Flatten(-2)", IMAGES), ("Flatten(2)", IMAGES), ("Softmax2d()", "(3, 4, 5)")):  # fmt: skip
        yield made, shape
    for made in (
        "Linear(4, 3)",
        "Linear(4, 3, bias=False)",
        "Linear(in_features=4, out_features=1)",
        "Linear(4, 4, False)",
        "Linear(4, 3, dtype=torch.float64)",
        "Linear(4, 3).double()",
    ):
        for shape in ("(2, 4)", "(4,)", "(2, 3, 4)", "(0, 4)"):
            yield made, shape
    for made in (
        "Bilinear(4, 3, 2)",
        "Bilinear(4, 3, 2, bias=False)",
        "Bilinear(4, 3, 1)",
        "Bilinear(4, 3, out_features=5)",
    ):
        yield made, "(5, 4)", "(5, 3)"
        yield made, "(4,)", "(3,)"
        yield made, "(2, 5, 4)", "(2, 5, 3)"
    for made in ("Embedding(7, 3)", "Embedding(7, 3, padding_idx=2)", "Embedding(7, 3, padding_idx=-1)", "Embedding(7, 3, max_norm=1.0)", "Embedding(7, 3, max_norm=0.5, norm_type=1.0)",
                 "Embedding(7, 3, scale_grad_by_freq=True)", "Embedding.from_pretrained(torch.ones(7, 2))", "Embedding.from_pretrained(torch.ones(7, 2), freeze=False, padding_idx=0)",
                 "Embedding(7, 1, sparse=False)"):  # fmt: skip
        for index in ("I(7, 5)", "I(7, 2, 3)", "I(7)"):
            yield made, index
    for setting in (
        "7, 3",
        "7, 3, mode='sum'",
        "7, 3, mode='max'",
        "7, 3, padding_idx=-1",
        "7, 3, max_norm=0.5, norm_type=1.0",
    ):
        yield f"EmbeddingBag({setting})", "I(7, 2, 3)"
        yield f"EmbeddingBag({setting})", "lambda layer, x: layer(x, torch.tensor([0, 2, 2]))", "I(7, 5)"
    yield "EmbeddingBag.from_pretrained(torch.ones(7, 2), mode='sum')", "I(7, 2, 3)"
    for setting in ("4, 9, [3, 6], 2.0", "4, 9, [2], head_bias=True", "4, 9, (1, 2, 8), div_value=1.5"):
        made = f"AdaptiveLogSoftmaxWithLoss({setting})"
        yield made, "(12, 4)", "I(9, 12)"
        yield made, "(4,)", "I(9)"
        yield made, "lambda layer, x: (layer.log_prob(x), layer.predict(x))", "(5, 4)"
    yield from _normed()
    for made in (
        "CosineSimilarity()",
        "CosineSimilarity(dim=0)",
        "CosineSimilarity(dim=-1, eps=1e-3)",
        "PairwiseDistance()",
        "PairwiseDistance(p=1)",
        "PairwiseDistance(3.0, 0.1)",
        "PairwiseDistance(keepdim=True)",
    ):
        yield made, "(3, 4)", "(3, 4)"
        yield made, "(3, 4)", "(1, 4)"
    yield from _convolutions()
    yield from _pooling()
    yield from _norms()
    yield from _attention()
    for made in ("Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))", "Sequential()", "Sequential(OrderedDict(a=nn.Linear(4, 3), b=nn.Tanh()))", "Sequential(nn.Linear(4, 5), nn.Sequential(nn.ReLU(), nn.Linear(5, 2)))",
                 "Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))[:2]", "Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))[::2]", "Sequential(nn.Linear(4, 4)) * 2", "Sequential(nn.Linear(4, 4)) + nn.Sequential(nn.Tanh())"):  # fmt: skip
        yield made, "(2, 4)"


def _normed() -> Iterator[tuple[str, ...]]:
    """Layers whose weight is computed."""
    for inner, shape in (
        ("nn.Linear(4, 3)", "(2, 4)"),
        ("nn.Conv2d(2, 3, 2)", "(1, 2, 4, 5)"),
        ("nn.ConvTranspose1d(2, 3, 2, bias=False)", "(1, 2, 4)"),
    ):
        for norm in ("weight_norm", "spectral_norm", "parametrizations.weight_norm", "parametrizations.spectral_norm"):
            for setting in ("", ", dim=1", ", n_power_iterations=3, eps=1e-3" if "spectral" in norm else ", dim=None"):
                yield f"utils.{norm}({inner}{setting})", shape
            yield f"utils.{norm}({inner}).eval()", shape
            remove = (
                f"utils.parametrize.remove_parametrizations(utils.{norm}({inner}), 'weight')"
                if "." in norm
                else f"utils.remove_{norm}(utils.{norm}({inner}))"
            )
            yield remove, shape


SIZES = {1: "9", 2: "9, 7", 3: "5, 4, 6"}


def _convolutions() -> Iterator[tuple[str, ...]]:
    settings = (
        "4, 6, 3", "4, 6, 1", "4, 6, 3, 2", "4, 6, 3, stride=2, padding=1", "4, 6, 3, padding=1, bias=False", "4, 6, 2, dilation=2", "4, 6, 3, 1, 2, 2", "4, 6, 3, groups=2", "4, 8, 3, padding=1, groups=4",
        "4, 4, 3, groups=4, bias=False", "4, 6, 3, padding='same'", "4, 6, 2, padding='same', dilation=2", "4, 6, 3, padding='valid'", "4, 6, 3, padding=1, padding_mode='reflect'", "4, 6, 3, padding=1, padding_mode='replicate'",
        "4, 6, 3, padding=2, padding_mode='circular'", "4, 6, 3, padding='same', padding_mode='circular'", "4, 1, kernel_size=2, stride=3",
    )  # fmt: skip
    for n, size in SIZES.items():
        for setting in settings:
            yield f"Conv{n}d({setting})", f"(2, 4, {size})"
        yield f"Conv{n}d(4, 3, 3, padding=1)", f"(4, {size})"
        yield f"Conv{n}d(4, 3, 3, padding=1)", f"(1, 4, {size})"
        for setting in (
            "4, 6, 3",
            "4, 6, 2, 2",
            "4, 6, 3, stride=2, padding=1",
            "4, 6, 3, 2, 1, output_padding=1",
            "4, 6, 3, bias=False",
            "4, 6, 3, dilation=2, padding=1",
            "4, 6, 3, groups=2, stride=2",
            "4, 4, 2, groups=4",
            "4, 1, 1",
        ):
            yield f"ConvTranspose{n}d({setting})", f"(2, 4, {size})"
        yield f"ConvTranspose{n}d(4, 3, 3, padding=1)", f"(4, {size})"
    for setting in (
        "4, 6, (3, 2)",
        "4, 6, (1, 3), padding=(0, 1)",
        "4, 6, (3, 3), stride=(2, 1), padding=(1, 0)",
        "4, 6, (2, 3), dilation=(2, 1)",
        "4, 6, (5, 1), (1, 2), (2, 0), (1, 1), 2",
        "4, 6, (2, 3), padding=(1, 2), padding_mode='reflect'",
        "4, 6, (2, 4), padding='same'",
    ):
        yield f"Conv2d({setting})", "(2, 4, 9, 7)"
    for setting in ("4, 6, (3, 2)", "4, 6, (3, 2), stride=(2, 1), output_padding=(1, 0)", "4, 6, 3, (1, 2), (1, 0)"):
        yield f"ConvTranspose2d({setting})", "(2, 4, 5, 4)"
    for setting in ("2", "(2, 3)", "2, stride=2", "(2, 3), dilation=2", "3, padding=1", "(3, 2), 2, (1, 0), (2, 1)"):
        yield f"Unfold({setting})", "(2, 3, 8, 9)"
    for setting, shape in (
        ("(4, 5), 2", "(2, 12, 12)"),
        ("(4, 6), (2, 3), stride=(2, 3)", "(2, 12, 4)"),
        ("(5, 5), 3, padding=1", "(1, 18, 25)"),
        ("4, kernel_size=2, stride=2", "(8, 4)"),
    ):
        yield f"Fold({setting})", shape
    for made, shape in (
        ("PixelShuffle(2)", "(2, 8, 3, 2)"), ("PixelUnshuffle(2)", "(2, 2, 4, 6)"), ("PixelShuffle(1)", "(2, 8, 3, 2)"), ("ChannelShuffle(2)", "(2, 8, 3, 2)"), ("ZeroPad2d(1)", IMAGES), ("ZeroPad2d((1, 2, 0, 3))", IMAGES), ("ZeroPad1d(2)", "(2, 3, 4)"),
        ("ZeroPad3d(1)", "(1, 2, 3, 4, 2)"), ("ConstantPad1d(2, 3.5)", "(2, 3, 4)"), ("ConstantPad2d((1, 0, 2, 1), -1.0)", IMAGES), ("ConstantPad3d(1, 0.5)", "(1, 2, 3, 4, 2)"), ("ReflectionPad1d(2)", "(2, 3, 4)"), ("ReflectionPad2d((1, 2, 3, 0))", IMAGES),
        ("ReflectionPad3d(1)", "(1, 2, 3, 4, 2)"), ("ReplicationPad1d((1, 3))", "(2, 3, 4)"), ("ReplicationPad2d(2)", IMAGES), ("ReplicationPad3d(1)", "(1, 2, 3, 4, 2)"), ("CircularPad1d(2)", "(2, 3, 4)"), ("CircularPad2d((1, 2, 0, 3))", IMAGES),
        ("CircularPad3d(1)", "(1, 2, 3, 4, 2)"), ("Upsample(scale_factor=2)", IMAGES), ("Upsample(scale_factor=2, mode='bilinear')", IMAGES), ("Upsample(size=(9, 5), mode='bilinear', align_corners=True)", IMAGES), ("Upsample(size=7)", "(2, 3, 4)"),
        ("Upsample(scale_factor=2, mode='linear')", "(2, 3, 4)"), ("UpsamplingNearest2d(scale_factor=2)", IMAGES), ("UpsamplingBilinear2d(scale_factor=2)", IMAGES), ("Upsample(scale_factor=(1.5, 2))", IMAGES),
    ):  # fmt: skip
        yield made, shape


def _pooling() -> Iterator[tuple[str, ...]]:
    for n, size in SIZES.items():
        for setting in (
            "2",
            "3, 2",
            "3, stride=1",
            "2, padding=1",
            "3, stride=2, padding=1",
            "3, 2, ceil_mode=True",
            "3, stride=2, padding=1, ceil_mode=True",
            "1",
            "kernel_size=2, stride=3",
        ):
            yield f"MaxPool{n}d({setting})", f"(2, 3, {size})"
            yield f"AvgPool{n}d({setting})", f"(2, 3, {size})"
        yield f"AvgPool{n}d(3, 2, 1, False, False)", f"(2, 3, {size})"
        yield f"AvgPool{n}d(3, 2, 1, ceil_mode=True, count_include_pad=False)", f"(2, 3, {size})"
        for setting in (
            "2, dilation=2",
            "2, 1, 1, 2",
            "3, return_indices=True",
            "2, 2, padding=1, return_indices=True, ceil_mode=True",
        ):
            yield f"MaxPool{n}d({setting})", f"(2, 3, {size})"
        for kind in ("Max", "Avg"):
            yield f"{kind}Pool{n}d(2)", f"(3, {size})"
            for output in ("1", "2", "3", "4"):
                yield f"Adaptive{kind}Pool{n}d({output})", f"(2, 3, {size})"
            yield f"Adaptive{kind}Pool{n}d(2)", f"(3, {size})"
        yield f"LPPool{n}d(2, 2)", f"(2, 3, {size})"
        yield f"LPPool{n}d(1.5, 2, stride=1)", f"(2, 3, {size})"
    for kind in ("Max", "Avg"):
        for setting in ("(2, 3)", "(3, 2), stride=(1, 2)", "(3, 2), (2, 1), (1, 0)"):
            yield f"{kind}Pool2d({setting})", "(2, 3, 9, 7)"
        for output in ("(2, 3)", "(None, 2)", "(5, None)", "(9, 7)"):
            yield f"Adaptive{kind}Pool2d({output})", "(2, 3, 9, 7)"
    for setting in ("2, divisor_override=3", "(3, 2), padding=1, divisor_override=1"):
        yield f"AvgPool2d({setting})", "(2, 3, 9, 7)"


def _norms() -> Iterator[tuple[str, ...]]:
    shapes = {1: ("(5, 4)", "(5, 4, 3)"), 2: ("(3, 4, 5, 2)",), 3: ("(2, 4, 3, 2, 2)",)}
    for n, given in shapes.items():
        for shape in given:
            for setting in (
                "4",
                "4, affine=False",
                "4, eps=0.1",
                "4, momentum=0.3",
                "4, momentum=None",
                "4, track_running_stats=False",
                "4, 1e-3, 0.01, False, False",
            ):
                yield f"BatchNorm{n}d({setting})", shape
                yield f"BatchNorm{n}d({setting}).eval()", shape
    for n, shape in ((1, "(3, 4, 5)"), (2, "(3, 4, 5, 2)"), (3, "(2, 4, 3, 2, 2)")):
        for setting in (
            "4",
            "4, affine=True",
            "4, eps=0.1",
            "4, track_running_stats=True",
            "4, affine=True, track_running_stats=True, momentum=0.3",
        ):
            yield f"InstanceNorm{n}d({setting})", shape
            yield f"InstanceNorm{n}d({setting}).eval()", shape
    yield "InstanceNorm2d(4)", "(4, 3, 5)"
    for setting, shape in (
        ("4", "(3, 4)"),
        ("(4,)", "(2, 3, 4)"),
        ("(3, 4)", "(2, 3, 4)"),
        ("[3, 4], eps=0.1", "(5, 3, 4)"),
        ("4, elementwise_affine=False", "(3, 4)"),
        ("4, bias=False", "(3, 4)"),
        ("(2, 3, 4)", "(2, 3, 4)"),
        ("4", "(0, 4)"),
    ):
        yield f"LayerNorm({setting})", shape
    for setting, shape in (
        ("4", "(3, 4)"),
        ("(3, 4)", "(2, 3, 4)"),
        ("4, eps=0.1", "(2, 3, 4)"),
        ("4, elementwise_affine=False", "(3, 4)"),
    ):
        yield f"RMSNorm({setting})", shape
    for setting, shape in (
        ("2, 4", "(3, 4)"),
        ("4, 4", "(3, 4, 5)"),
        ("1, 4", IMAGES),
        ("2, 4, eps=0.1", IMAGES),
        ("2, 4, affine=False", IMAGES),
        ("4, 8", "(2, 8, 3, 3)"),
        ("num_groups=2, num_channels=6", "(2, 6, 3, 1, 2)"),
    ):
        yield f"GroupNorm({setting})", shape
    for setting in ("2", "3, alpha=0.1", "5, 1e-3, 0.5, 2.0"):
        yield f"LocalResponseNorm({setting})", IMAGES


def _attention() -> Iterator[tuple[str, ...]]:
    for setting in (
        "8, 2",
        "8, 4, bias=False",
        "8, 2, batch_first=True",
        "8, 1",
        "8, 2, add_bias_kv=True",
        "8, 2, add_zero_attn=True",
        "8, 2, kdim=8, vdim=8",
        "embed_dim=8, num_heads=8",
    ):
        yield f"MultiheadAttention({setting})", "(3, 2, 8)", "(3, 2, 8)", "(3, 2, 8)"
        yield f"MultiheadAttention({setting})", "(3, 8)", "(3, 8)", "(3, 8)"
    for setting in ("8, 2, kdim=5, vdim=6", "8, 2, kdim=5, vdim=6, bias=False, batch_first=True"):
        yield f"MultiheadAttention({setting})", "(4, 3, 8)", "(4, 3, 5)", "(4, 3, 6)"
    for extra in ("need_weights=False", "average_attn_weights=False", "attn_mask=torch.tensor(np.triu(np.ones((4, 4), bool), 1))", "attn_mask=torch.tensor(np.triu(np.full((4, 4), -np.inf), 1)).to(x.dtype)", "key_padding_mask=torch.tensor([[False, False, True, True], [False, False, False, True]])",
                  "attn_mask=torch.tensor(np.triu(np.ones((4, 4), bool), 1)), is_causal=True, need_weights=False"):  # fmt: skip
        yield "MultiheadAttention(8, 2, batch_first=True)", f"lambda layer, x: layer(x, x, x, {extra})", "(2, 4, 8)"
    for kind, count in (("Encoder", 1), ("Decoder", 2)):
        for setting in ("8, 2, 16, 0.0", "8, 2, 16, 0.0, batch_first=True", "8, 2, 16, 0.0, norm_first=True", "8, 2, 16, 0.0, activation='gelu'", "8, 4, dim_feedforward=4, dropout=0.0, bias=False", "8, 2, 16, 0.0, 'relu', 0.1", "8, 2, 16, dropout=0.3).eval(",
                        "8, 1, 16, 0.0, batch_first=True, norm_first=True"):  # fmt: skip
            yield f"Transformer{kind}Layer({setting})", *["(4, 3, 8)"] * count
        yield f"Transformer{kind}(nn.Transformer{kind}Layer(8, 2, 16, 0.0), 2)", *["(4, 3, 8)"] * count
        yield (
            f"Transformer{kind}(nn.Transformer{kind}Layer(8, 2, 16, 0.0, batch_first=True), 3, norm=nn.LayerNorm(8))",
            *["(4, 3, 8)"] * count,
        )
    yield (
        "TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True)",
        "lambda layer, x: layer(x, src_mask=torch.tensor(np.triu(np.ones((4, 4), bool), 1)))",
        "(2, 4, 8)",
    )
    yield (
        "TransformerEncoderLayer(8, 2, 16, 0.0)",
        "lambda layer, x: layer(x, src_key_padding_mask=torch.tensor([[False] * 3 + [True], [False] * 4]))",
        "(4, 2, 8)",
    )
    yield (
        "TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, 0.0), 2)",
        "lambda layer, x: layer(x, mask=nn.Transformer.generate_square_subsequent_mask(4).to(x.dtype), is_causal=True)",
        "(4, 2, 8)",
    )
    yield (
        "TransformerDecoderLayer(8, 2, 16, 0.0)",
        "lambda layer, x, y: layer(x, y, tgt_mask=torch.tensor(np.triu(np.ones((4, 4), bool), 1)))",
        "(4, 2, 8)",
        "(5, 2, 8)",
    )
    for setting in (
        "8, 2, 1, 1, 16, 0.0",
        "8, 2, 2, 1, 16, 0.0, batch_first=True",
        "8, 2, 1, 2, 16, 0.0, norm_first=True",
    ):
        yield f"Transformer({setting})", "(3, 3, 8)", "(3, 3, 8)"


def _all_of(nn: Any) -> dict[str, Any]:
    """Its public names, those too that are imported when they are asked for."""
    return {name: getattr(nn, name) for name in dir(nn) if not name.startswith("_")}


class Side:
    """One library's part in a comparison."""

    def __init__(self, library: Any, nn: Any, dtype: str) -> None:
        self.library, self.nn, self.dtype = library, nn, dtype
        self.scope = {"torch": library, "nn": nn, "np": np, "OrderedDict": dict_of, **_all_of(nn)}

    def make(self, made: str) -> Any:
        """The layer that `made` describes, with parameters of this comparison's dtype."""
        layer = eval(made, dict(self.scope))
        return layer.double() if self.dtype == "float64" else layer

    def run(self, layer: Any, call: str, arrays: list[Array]) -> tuple[list[Array], list[Array | None]]:
        """What one call gives: the outputs, and the gradients of inputs and parameters."""
        xs = [self.library.tensor(a, **({"requires_grad": True} if a.dtype.kind == "f" else {})) for a in arrays]
        given = [
            x * 1 if x.requires_grad and getattr(layer, "inplace", False) else x for x in xs
        ]  # no leaf is written to
        result = eval(call, dict(self.scope))(layer, *given) if call else layer(*given)
        outs = [x for x in flatten(result) if x is not None]
        rng = np.random.default_rng(5)
        total: Any = None
        for x in outs:
            if x.requires_grad:
                weights = self.library.tensor(rng.standard_normal(tuple(x.shape)).astype(plain(x).dtype))
                total = (x * weights).sum() if total is None else total + (x * weights).sum()
        leaves = [x for x in [*xs, *layer.parameters()] if x.requires_grad]
        if total is not None:
            for leaf in leaves:
                leaf.grad = None
            total.backward()
        return [plain(x) for x in outs], [None if x.grad is None else plain(x.grad) for x in leaves]


def dict_of(**named: Any) -> Any:
    """An OrderedDict, written as a call."""
    from collections import OrderedDict

    return OrderedDict(named)


def _arrays(inputs: tuple[str, ...], dtype: str, seed: int) -> list[Array]:
    """Random inputs: "(2, 3)" real numbers of that shape, "I(7, 2, 3)" integers below 7, "(2, 3) @ inf" times infinity."""
    rng = np.random.default_rng(seed)
    arrays: list[Array] = []
    for given in inputs:
        text, _, factor = given.partition(" @ ")
        if text.startswith("I"):
            high, *shape = eval(text[1:] if "," in text else text[1:-1] + ",)")
            arrays.append(np.asarray(rng.integers(0, high, shape)))
        else:
            arrays.append(np.asarray(rng.standard_normal(eval(text)) * float(factor or 1), dtype))
    return arrays


def _differ(what: str, ours: list[Any], theirs: list[Any], dtype: str, limit: bool = False) -> str:
    if len(ours) != len(theirs):
        return f"{what}: {len(ours)}, PyTorch {len(theirs)}"
    tolerance = 1e-9 if dtype == "float64" else 2e-4
    for index, (x, y) in enumerate(zip(ours, theirs)):
        y = limits(x, y) if limit and x is not None and y is not None else y
        if x is None or y is None:
            if x is not y and np.any(x if y is None else y):
                return f"{what} {index}: {'none' if x is None else 'one'}, PyTorch {'none' if y is None else 'one'}"
        elif x.dtype != y.dtype or x.shape != y.shape:
            return f"{what} {index}: {x.dtype} {x.shape}, PyTorch {y.dtype} {y.shape}"
        elif not np.allclose(x, y, tolerance, tolerance * _scale(y), equal_nan=True):
            return f"{what} {index}: {x.ravel()[:5]}, PyTorch {y.ravel()[:5]}"
    return ""


def _scale(x: Array) -> float:
    """Its largest finite magnitude, at least 1."""
    return max(1.0, float(np.abs(x[np.isfinite(x)]).max(initial=0)))


def layer_difference(case: tuple[str, ...], dtype: str, limit: bool = False) -> str:
    """What differs between the libraries for one layer; empty if nothing does. `limit`: see `compare.difference`."""
    made, *inputs = case
    call = inputs.pop(0) if inputs[0].startswith("lambda") else ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = Side(torch, torch.nn, dtype), Side(autograd, ours_nn, dtype)
        torch.manual_seed(1)
        failed: Exception | None = None
        try:
            their_layer = theirs.make(made)
        except Exception as error:
            failed = error
        try:
            layer = ours.make(made)
        except Exception as error:
            return "" if failed else f"ours raises {type(error).__name__}: {error}"
        if failed:
            return f"PyTorch raises {type(failed).__name__}: {failed}; ours does not"
        if repr(layer) != repr(their_layer).replace("NonDynamicallyQuantizableLinear", "Linear"):
            return f"printed as {layer!r}, PyTorch {their_layer!r}"
        saved = {key: plain(value) for key, value in their_layer.state_dict().items()}
        own = {key: plain(value) for key, value in layer.state_dict().items()}
        if [(k, v.shape, v.dtype) for k, v in own.items()] != [(k, v.shape, v.dtype) for k, v in saved.items()]:
            return f"state_dict {[(k, v.shape, v.dtype) for k, v in own.items()]}, PyTorch {[(k, v.shape, v.dtype) for k, v in saved.items()]}"
        layer.load_state_dict({key: value.copy() for key, value in saved.items()})
        for step in range(3):
            arrays = _arrays(tuple(inputs), dtype, step)
            failed = None
            try:
                expected = theirs.run(their_layer, call, arrays)
            except Exception as error:
                failed = error
            try:
                got = ours.run(layer, call, arrays)
            except Exception as error:
                return "" if failed else f"ours raises {type(error).__name__}: {error}"
            if failed:
                return f"PyTorch raises {type(failed).__name__}: {failed}; ours does not"
            text = _differ("output", got[0], expected[0], dtype, limit)
            text = text or _differ("gradient", got[1], expected[1], dtype, limit)
            if text:
                return f"step {step}: {text}"
        after = [plain(value) for value in layer.state_dict().values()]
        their_after = [plain(value) for value in their_layer.state_dict().values()]
        return _differ("state after 3 steps", after, their_after, dtype, limit)


def layers() -> list[tuple[str, ...]]:
    """All cases."""
    return list(dict.fromkeys(_cases()))


# ----------------------------------------------------------------------------------------------------- signatures

ABSENT = {
    "nn": "Container NLLLoss2d CrossMapLRN2d DataParallel SyncBatchNorm factory_kwargs UninitializedBuffer UninitializedParameter LinearCrossEntropyLoss LinearCrossEntropyOptions RNNBase RNNCellBase",
    "nn.functional": "boolean_dispatch assert_int_or_pair handle_torch_function has_torch_function has_torch_function_unary has_torch_function_variadic grouped_mm scaled_grouped_mm scaled_mm native_channel_shuffle conv_tbc DType ScalingType SwizzleType Tensor multi_head_attention_forward fractional_max_pool2d_with_indices fractional_max_pool3d_with_indices "
    "linear_cross_entropy",
    "nn.init": "constant dirac eye kaiming_normal kaiming_uniform normal orthogonal sparse uniform xavier_normal xavier_uniform",
    "nn.optim": "Muon SparseAdam swap_in_optimizer_params_and_state",
    "nn.optim.lr_scheduler": "Tensor cast override partial ref wraps",
    "nn.utils.parametrizations": "Enum Module Tensor auto orthogonal",
    "nn.utils.parametrize": "Module ModuleDict ModuleList OpaqueBase Parameter ParametrizationList Tensor deepcopy get_swap_module_params_on_conversion is_opaque_reference_type is_traceable_wrapper_subclass transfer_parametrizations_and_params",
    "nn.utils": "clip_grad_norm convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format",
}  # fmt: skip
"""What PyTorch's modules contain that is old, internal, or for devices; beside typing names, which are left out too."""


def _module(root: Any, where: str) -> Any:
    """The module that `where` names, below `root`, which stands for nn. PyTorch's optimisers stand beside its nn."""
    path = where.partition(".")[2]
    if root is torch.nn and path.startswith("optim"):
        root = torch
    return operator.attrgetter(path)(root) if path else root


def signature_difference(where: str, name: str) -> str:
    """A name that PyTorch has and we have not, or arguments that differ in name, place or default."""
    ours, theirs = _module(ours_nn, where), _module(torch.nn, where)
    own, their = getattr(ours, name, None), getattr(theirs, name)
    if own is None:
        return "missing"
    try:
        a, b = inspect.signature(own).parameters, inspect.signature(their).parameters
    except (TypeError, ValueError):
        return ""
    have, wanted = (
        [p for p in x.values() if p.name not in OURS_MAY_LACK and p.kind is not p.VAR_KEYWORD] for x in (a, b)
    )
    for p, q in zip(wanted, [*have, *[None] * len(wanted)]):
        if p.kind is p.VAR_POSITIONAL:
            break
        if q is None or q.name != p.name:
            return f"PyTorch's argument {p}, ours {q}"
        mine, given = (getattr(x, "__name__", repr(x)) for x in (q.default, p.default))  # functions by their names
        if p.default is not p.empty and mine != given and q.default != p.default:
            return f"PyTorch's default {p}, ours {q}"
    return ""


def signatures() -> list[tuple[str, str]]:
    """(module, name) of everything public."""
    found = []
    for where in ABSENT:
        for name, value in sorted(vars(_module(torch.nn, where)).items()):
            foreign = getattr(value, "__module__", "") in (
                "typing",
                "typing_extensions",
                "collections.abc",
                "functools",
                "enum",
                "warnings",
            )
            if not name.startswith("_") and callable(value) and not foreign and name not in ABSENT[where].split():
                found.append((where, name))
    return found


def _checks(dtypes: list[str]) -> Iterator[Check]:
    for case in layers():
        for dtype in dtypes:
            yield f"{': '.join(case)} [{dtype}]", lambda c=case, d=dtype: layer_difference(c, d)


FAMILIES = {"layers": _checks}
