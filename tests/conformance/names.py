"""Every public name of PyTorch's modules is here, or says why it is not."""

from __future__ import annotations

import importlib
import re
import types
import warnings
from collections.abc import Iterator
from typing import Any

import torch

import autograd

from .compare import Check

MODULES = """torch torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.rnn torch.nn.utils.prune
    torch.nn.utils.parametrize torch.nn.utils.parametrizations torch.nn.parallel torch.nn.attention torch.nn.modules
    torch.nn.modules.activation torch.nn.modules.batchnorm torch.nn.modules.container torch.nn.modules.conv
    torch.nn.modules.linear torch.nn.modules.loss torch.nn.modules.module torch.nn.modules.normalization
    torch.nn.modules.pooling torch.nn.modules.rnn torch.nn.modules.utils torch.optim torch.optim.lr_scheduler
    torch.optim.swa_utils torch.optim.optimizer torch.utils torch.utils.data torch.utils.checkpoint torch.linalg
    torch.special torch.func torch.autograd torch.autograd.functional torch.autograd.function torch.autograd.grad_mode
    torch.autograd.graph torch.random torch.testing torch.backends torch.backends.cudnn torch.backends.cuda torch.cuda
    torch.cuda.amp torch.amp torch.cpu torch.mps torch.xpu torch.accelerator torch.jit torch.fft torch.version
    torch.serialization torch.hub torch.distributions torch.profiler torch.onnx torch.fx torch.compiler torch.sparse
    torch.nested torch.masked torch.signal.windows torch.quantization torch.export torch.distributed
    torch.multiprocessing""".split()  # fmt: skip
UNINTERESTING = re.compile(
    r"_.*|torch|[A-Z]|T_co|hooks|[A-Z]+_CHECKING|dist|windows|linear_cross_entropy_options|mkdtemp"
)


def names() -> Iterator[tuple[str, str]]:
    """(module, name) for each public name: those in `__all__`, or else those that the module itself defines."""
    for module in MODULES:
        home = importlib.import_module(module)
        listed = getattr(home, "__all__", None)
        public = set(listed) if isinstance(listed, (list, tuple)) else set()
        for name in dir(home):
            with warnings.catch_warnings(action="ignore"):
                value = getattr(home, name, None)
            if UNINTERESTING.fullmatch(name) or (isinstance(value, types.ModuleType) and "torch" not in value.__name__):
                continue
            where = getattr(value, "__module__", None)
            foreign = isinstance(where, str) and not where.startswith("torch" if module == "torch" else module)
            if name in public or not (public or foreign):
                yield module, name
    for name in dir(torch.Tensor):
        if not UNINTERESTING.fullmatch(name):
            yield "torch.Tensor", name


def name_difference(module: str, name: str) -> str:
    """What is wrong with our answer to a name."""
    home: Any = autograd.ones(1, 1) if module == "torch.Tensor" else autograd
    for part in module.split(".")[1:] if module != "torch.Tensor" else ():
        try:
            home = getattr(home, part)
        except AttributeError as error:
            return "" if "is not here: " in str(error) else f"no module {module}"
    try:
        getattr(home, name)
    except AttributeError as error:
        return "" if "is not here: " in str(error) else str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _checks(_: list[str]) -> Iterator[Check]:
    for where, name in names():
        yield f"{where}.{name}", lambda w=where, n=name: name_difference(w, n)


FAMILIES = {"names": _checks}
