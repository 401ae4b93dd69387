"""Helpers around the parameters of a model, and for sequences."""

import importlib
from typing import Any

from . import rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
from .init import skip_init
from .spectral_norm import remove_spectral_norm, spectral_norm
from .stateless import functional_call, stack_module_state
from .summary import Summary, summary
from .vector import parameters_to_vector, vector_to_parameters
from .weight_norm import remove_weight_norm, weight_norm


def __getattr__(name: str) -> Any:
    """What few programs use is imported when it is first asked for."""
    if name in ("parametrizations", "parametrize", "prune"):
        return importlib.import_module(f"{__name__}.{name}")
    if name in ("clip_grad_norm", "convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"):
        return getattr(importlib.import_module(f"{__name__}.old"), name)
    if name in ("convert_parameters", "memory_format"):
        return importlib.import_module(f"{__name__}.{'vector' if name == 'convert_parameters' else 'old'}")
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise importlib.import_module("autograd.names.absent").missing(__name__, name)
