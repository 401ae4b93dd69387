"""Where a program that was written for PyTorch finds what stands elsewhere here.

After `import autograd as torch` such a program asks this package for `torch.nn.Linear`, `torch.optim.SGD`, `torch.save`
or `torch.conv2d`. Nothing is imported before it is asked for; our own code never asks.
"""

from __future__ import annotations

import pkgutil
from types import SimpleNamespace
from typing import Any

import numpy as np

from .device import Absent, check_device
from .errors import SettingError
from .tensor import Tensor
from .tensor.layout import MEMORY_FORMATS

ELSEWHERE = {
    "distributions": "nn.distributions",
    "load": "nn.load",
    "nn": "nn",
    "optim": "nn.optim",
    "save": "nn.save",
    "vmap": "autograd.func.vmap",
}
"""Name -> full name of what it stands for."""

FUNCTIONAL = frozenset({
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "alpha_dropout", "avg_pool1d", "batch_norm", "bilinear",
    "binary_cross_entropy_with_logits", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "ctc_loss", "dropout",
    "embedding_bag", "feature_alpha_dropout", "group_norm", "hinge_embedding_loss", "instance_norm", "kl_div",
    "layer_norm", "margin_ranking_loss", "max_pool1d", "max_pool2d", "max_pool3d", "pairwise_distance", "pdist",
    "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "rms_norm", "rrelu", "triplet_margin_loss",
})  # fmt: skip
"""Functions of `nn.functional` that PyTorch has in its main module, too."""

_TYPES = {
    "BoolTensor": "bool",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "DoubleTensor": "float64",
    "FloatTensor": "float32",
    "HalfTensor": "float16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "ShortTensor": "int16",
}


def find(name: str) -> Any:
    """What PyTorch has under this name; None if nothing here corresponds to it."""
    if name in ELSEWHERE:
        return pkgutil.resolve_name(ELSEWHERE[name])
    if name in FUNCTIONAL:
        variant = getattr(pkgutil.resolve_name("nn.functional.variants"), name, None)
        return variant or getattr(pkgutil.resolve_name("nn.functional"), name)
    if name in MEMORY_FORMATS:
        return name
    if name in _TYPES:
        return _constructor(name, _TYPES[name])
    if name == "utils":
        checkpoint = pkgutil.resolve_name("autograd.checkpoint")
        return SimpleNamespace(data=pkgutil.resolve_name("nn.data"), checkpoint=SimpleNamespace(checkpoint=checkpoint))
    if name in _SETTINGS:
        return _SETTINGS[name]
    in_place = name.endswith("_") and not name.startswith("_")  # exp_(x) is x.exp_()
    return getattr(Tensor, name, None) if in_place else None


def known() -> set[str]:
    """All names that `find` knows, without the in-place functions."""
    return {*ELSEWHERE, *FUNCTIONAL, *MEMORY_FORMATS, *_TYPES, "utils", *_SETTINGS}


def _constructor(name: str, dtype: str) -> Any:
    def make(*data: Any) -> Tensor:
        return Tensor(*data, dtype=dtype)

    make.__name__ = make.__qualname__ = name
    make.dtype = np.dtype(dtype)  # type: ignore[attr-defined]  # x.type(FloatTensor) asks for it
    make.__doc__ = f"A {dtype} Tensor of data, or given sizes as ints, of zeros: an old form of `tensor`."
    return make


# ------------------------------------------------------------------------------ settings that change nothing here


def Variable(data: Any, requires_grad: bool = False) -> Any:  # noqa: N802
    """The Tensor itself as a leaf: since PyTorch 0.4 there is no difference between the two."""
    x: Any = data if isinstance(data, Tensor) else Tensor(data)
    return x.detach().requires_grad_(requires_grad)


def compile(model: Any = None, **settings: Any) -> Any:
    """`model` itself, or as a decorator the function itself: there is nothing to do, kernels are compiled already."""
    return (lambda function: function) if model is None else model


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Nothing is changed: the same seed and number of threads give the same bits, always."""


def set_float32_matmul_precision(precision: str) -> None:
    """Nothing is changed: products of float32 are always made in full precision ("highest")."""
    if precision not in ("highest", "high", "medium"):
        raise SettingError(f"set_float32_matmul_precision: wanted 'highest', 'high' or 'medium', got {precision!r}")


def set_default_device(device: Any) -> None:
    """Nothing is changed. Raises DeviceError for every device but the CPU."""
    check_device("set_default_device", device)


_SETTINGS: dict[str, Any] = {
    "Variable": Variable,
    "accelerator": Absent(),
    "are_deterministic_algorithms_enabled": lambda: True,
    "backends": SimpleNamespace(cudnn=Absent(), mkldnn=Absent(), mps=Absent(), openmp=Absent()),
    "compile": compile,
    "get_float32_matmul_precision": lambda: "highest",
    "mps": Absent(),
    "set_default_device": set_default_device,
    "set_float32_matmul_precision": set_float32_matmul_precision,
    "use_deterministic_algorithms": use_deterministic_algorithms,
    "xpu": Absent(),
}
