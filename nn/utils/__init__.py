"""Helpers around the parameters of a model, and for sequences.

    clip_grad.py      gradients that are not to grow: by their norm, by their values           read this first
    rnn.py            sequences of different lengths: padded, packed
    vector.py stateless.py   all parameters as one vector, or given with the call
    per_sample.py     gradients of single examples
    table.py          what a model consists of: a table; tree.py: what notebooks show of it
    parametrize.py    a parameter as a function of another; parametrizations.py and orthogonal.py: such functions;
                      reparametrize.py weights.py spectral.py: two of them as PyTorch had them before
    prune.py fusion.py init.py   fewer weights, fewer layers, no first values
    old.py            names that PyTorch has replaced

The rule: a helper takes modules and parameters from outside, through their public names, and no layer needs it.
"""

from autograd.later import later as _later

from . import rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
from .init import skip_init
from .spectral import remove_spectral_norm, spectral_norm
from .stateless import functional_call, stack_module_state
from .table import Summary, summary
from .vector import parameters_to_vector, vector_to_parameters
from .weights import remove_weight_norm, weight_norm

__all__ = [
    "Summary",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "functional_call",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "prune",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "skip_init",
    "spectral_norm",
    "stack_module_state",
    "summary",
    "vector_to_parameters",
    "weight_norm",
]

_later(
    __name__,
    {
        "grad_samples": "nn.utils.per_sample:grad_samples",
        "clip_grad_norm": "nn.utils.old:clip_grad_norm",
        "convert_conv2d_weight_memory_format": "nn.utils.old:convert_conv2d_weight_memory_format",
        "convert_conv3d_weight_memory_format": "nn.utils.old:convert_conv3d_weight_memory_format",
        "convert_parameters": "nn.utils.vector",
        "memory_format": "nn.utils.old",
        "parametrizations": "nn.utils.parametrizations",
        "parametrize": "nn.utils.parametrize",
        "prune": "nn.utils.prune",
    },
)  # what few programs use


def __dir__() -> list[str]:
    return sorted(__all__)
