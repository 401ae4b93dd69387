"""PyTorch's paths to modules: `from nn.modules.batchnorm import _BatchNorm`, `nn.modules.conv._ConvNd`.

Each path is a view of the file of ours that holds the same layers. New programs write `nn.Conv2d`.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from autograd.later import later
from autograd.names.absent import missing

PATHS: dict[str, tuple[str, dict[str, str]]] = {
    "activation": ("layers.activation layers.attention", {}),
    "adaptive": ("layers.adaptive", {}),
    "batchnorm": ("layers.norm layers.lazy parallel", {"_NormBase": "_ChannelNorm", "_LazyNormBase": "_LazyNorm"}),
    "channelshuffle": ("layers.resize", {}),
    "container": ("layers.container", {}),
    "conv": ("layers.conv layers.lazy", {"_ConvTransposeNd": "_ConvTranspose", "_LazyConvXdMixin": "_LazyConvNd"}),
    "distance": ("layers.linear", {}),
    "dropout": ("layers.dropout", {"_DropoutNd": "_Dropout"}),
    "flatten": ("layers.linear", {}),
    "fold": ("layers.fold", {}),
    "instancenorm": ("layers.norm layers.lazy", {"_NormBase": "_ChannelNorm"}),
    "lazy": ("layers.lazy", {}),
    "linear": ("layers.linear layers.lazy", {"NonDynamicallyQuantizableLinear": "Linear"}),
    "loss": ("layers.loss", {}),
    "module": ("module hooks", {"_IncompatibleKeys": "IncompatibleKeys"}),
    "normalization": ("layers.norm layers.cross_map", {}),
    "padding": ("layers.padding", {"_ConstantPadNd": "_Constant", "_ReflectionPadNd": "_Padding",
                               "_ReplicationPadNd": "_Padding", "_CircularPadNd": "_Padding"}),
    "pixelshuffle": ("layers.resize", {}),
    "pooling": ("layers.pool layers.fractional", {
        "_AdaptiveAvgPoolNd": "_Adaptive", "_AdaptiveMaxPoolNd": "_AdaptiveMax", "_AvgPoolNd": "_AvgPool",
        "_LPPoolNd": "_LPPool", "_MaxPoolNd": "_MaxPool", "_MaxUnpoolNd": "_MaxUnpool"}),
    "rnn": ("layers.recurrent layers.cells utils.rnn utils.old", {}),
    "sparse": ("layers.linear layers.embedding_bag", {}),
    "transformer": ("layers.attention", {}),
    "upsampling": ("layers.resize", {}),
}  # fmt: skip
"""PyTorch's name of the file -> ours in `nn`, and private names of theirs that other programs use -> ours."""

_COMMON = {
    "F": "nn.functional",
    "LazyModuleMixin": "nn.layers.lazy",
    "Module": "nn.module",
    "Parameter": "nn.parameter",
    "Tensor": "autograd",
    "UninitializedParameter": "nn.parameter",
    "init": "nn.init",
    "torch": "autograd",
}
"""What PyTorch's files import, and programs take from there."""


class Path(ModuleType):
    """One of PyTorch's paths."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        sources, renamed = PATHS[self.__name__.rpartition(".")[2]]
        for source in sources.split():
            found = getattr(importlib.import_module(f"nn.{source}"), renamed.get(name, name), None)
            if found is not None:
                return found
        if name in _COMMON:
            home = importlib.import_module(_COMMON[name])
            return home if name in ("F", "init", "torch") else getattr(home, name)
        found = getattr(importlib.import_module("nn"), name, None) if name[:1].isupper() else None
        if found is None:
            raise missing(self.__name__, name)
        return found

    def __dir__(self) -> list[str]:
        sources, renamed = PATHS[self.__name__.rpartition(".")[2]]
        return sorted(
            {*renamed, *_COMMON}.union(*[dir(importlib.import_module(f"nn.{source}")) for source in sources.split()])
        )


for _name in PATHS:
    _path = Path(f"{__name__}.{_name}", f"Layers of {PATHS[_name][0]} under PyTorch's path.")
    sys.modules[_path.__name__] = _path
    globals()[_name] = _path


later(__name__, {"utils": "nn.modules.utils"}, others="nn")  # all layers, as in `nn`
