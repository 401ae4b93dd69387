"""Where a loss that is no number comes from."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

import numpy as np

from autograd import Tensor, no_grad

from ..module import Module


def why_not_finite(model: Module, inputs: tuple[Any, ...], targets: Any) -> str:
    """Run the model once more, and name the first thing that is not finite: data, a parameter, or a layer's output."""
    for what, values in (("inputs", inputs), ("targets", (targets,))):
        if any(not _finite(x) for x in values):
            return f"the {what} of this batch are not finite already"
    first: list[str] = []

    def watch(name: str) -> Any:
        def after(module: Module, args: Any, output: Any) -> None:
            if first or _finite(output):
                return
            if any(not _finite(x) for x in args):
                first.append(
                    f"the input of {_named(name, module)} is not finite, and every layer's output before it is: it "
                    "comes from what is computed between layers; autograd.detect_anomaly() names the line"
                )
            else:
                bad = [key for key, p in module.named_parameters(recurse=False) if not _finite(p)]
                why = f", whose {' and '.join(bad)} has become so in the step before" if bad else ""
                first.append(f"the first output that is not finite is that of {_named(name, module)}{why}")

        return after

    handles = [module.register_forward_hook(watch(name)) for name, module in model.named_modules()]
    try:
        with no_grad(), warnings.catch_warnings(), contextlib.suppress(Exception):
            warnings.simplefilter("ignore")  # this run is nobody's evaluation
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return first[0] if first else "every layer's output is finite: it is the loss function that is not"


def _named(name: str, module: Module) -> str:
    text = f"{type(module).__name__}({module.extra_repr()})"
    return f"layer {name!r}, {text}" if name else f"the model, {text}"


def _finite(value: Any) -> bool:
    if isinstance(value, Tensor):
        value = value.detach().numpy()
    if isinstance(value, (tuple, list)):
        return all(_finite(item) for item in value)
    return not isinstance(value, np.ndarray) or value.dtype.kind not in "fc" or bool(np.isfinite(value).all())
