"""Gradients of single examples, as `.grad_sample` of each parameter: layer by layer, from one backward.

What a layer was given and what came back to it is all that is needed: an example's gradient of a linear layer is the
product of the two, that of a convolution the correlation (I. Goodfellow, 2015, "Efficient per-example gradient
computations"). Any function, without layers: `vmap(grad(loss), in_dims=(None, 0, 0))` of `autograd.func`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Tensor, as_tensor, no_grad
from autograd.errors import GraphError, SettingError
from autograd.extend import apply
from autograd.func import vjp, vmap
from autograd.ops import each

from ..layers.conv import Conv1d, Conv2d, Conv3d
from ..layers.linear import Embedding, Linear
from ..module import Module
from .stateless import functional_call

Gradients = dict[str, Tensor]


@contextmanager
def grad_samples(module: Module, loss_reduction: str = "mean") -> Iterator[None]:
    """A block in which `backward()` also sets `p.grad_sample`, (N, *p.shape), of each parameter that requires grad.

    The first dimension of what every layer is given is that of the examples. A layer that is called several times adds
    up. Layers that mix examples, such as batch norm while training, are refused.

    loss_reduction   "mean" or "sum": how the loss was made of those of the examples. Each gets its own gradient, not
                     its share of the mean

    >>> import autograd, nn
    >>> model = nn.Linear(2, 1)
    >>> with grad_samples(model):
    ...     (model(autograd.ones(3, 2)) ** 2).mean().backward()
    >>> model.weight.grad_sample.shape, model.bias.grad_sample.shape
    (Size([3, 1, 2]), Size([3, 1]))
    """
    if loss_reduction not in ("mean", "sum"):
        raise SettingError(f"grad_samples: wanted loss_reduction 'mean' or 'sum', got {loss_reduction!r}")
    layers = [layer for layer in module.modules() if any(p.requires_grad for p in layer.parameters(recurse=False))]
    for layer in layers:
        if layer.training and "BatchNorm" in type(layer).__name__:
            raise GraphError(
                f"grad_samples: {type(layer).__name__} makes each output depend on all examples, so there is no "
                "gradient of a single one: use GroupNorm, or eval()"
            )
        for p in layer.parameters(recurse=False):
            p.__dict__.pop("grad_sample", None)

    mapping: list[Module] = []  # layers that are run once more, for each example by itself

    def watch(layer: Module, args: tuple[Any, ...], output: Any) -> None:
        if not mapping and isinstance(output, Tensor) and output.requires_grad:
            given = tuple([x.detach() if isinstance(x, Tensor) else x for x in args])
            output.register_hook(lambda dz: arrived(layer, given, dz.detach()))

    def arrived(layer: Module, given: tuple[Any, ...], dz: Tensor) -> None:
        mapping.append(layer)
        try:
            _arrived(layer, given, dz, loss_reduction)
        finally:
            mapping.pop()

    hooks = [layer.register_forward_hook(watch) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _arrived(layer: Module, given: tuple[Any, ...], dz: Tensor, loss_reduction: str) -> None:
    """The cotangent of a layer's output has come: set or add to `grad_sample` of its parameters."""
    with no_grad():
        rule = next((rule for kind, rule in _RULES.items() if type(layer) is kind), _mapped)
        for name, g in rule(layer, given, dz).items():
            p: Any = layer.get_parameter(name)
            if p.requires_grad:
                g = g * len(dz) if loss_reduction == "mean" else g
                p.grad_sample = p.grad_sample + g if "grad_sample" in p.__dict__ else g


def _linear(layer: Any, given: tuple[Any, ...], dz: Tensor) -> Gradients:
    count = len(dz)
    rows, x = dz.reshape(count, -1, dz.shape[-1]), given[0].reshape(count, -1, given[0].shape[-1])
    found = {"weight": apply(each.linear_each, rows.mT, x.mT)}
    if layer.bias is not None:
        found["bias"] = rows.sum(1)
    return found


def _conv(layer: Any, given: tuple[Any, ...], dz: Tensor) -> Gradients:
    if not all(isinstance(n, int) for n in layer.padding) or layer.padding_mode != "zeros":
        return _mapped(layer, given, dz)
    settings = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation, "groups": layer.groups}
    size = tuple(layer.weight.shape[2:])
    x = given[0].unsqueeze(1)
    found = {"weight": apply(each.conv_weight_grad_each, dz.unsqueeze(1), x, **settings, size=size)}
    if layer.bias is not None:
        found["bias"] = dz.flatten(2).sum(2)
    return found


def _embedding(layer: Any, given: tuple[Any, ...], dz: Tensor) -> Gradients:
    if layer.max_norm is not None or layer.scale_grad_by_freq:
        return _mapped(layer, given, dz)
    index, count = given[0], len(dz)
    g = dz.new_zeros(count, *layer.weight.shape)
    places = np.broadcast_to(np.arange(count).reshape(count, *[1] * (index.ndim - 1)), tuple(index.shape))
    g.index_put_((as_tensor(places), index), dz, accumulate=True)
    if layer.padding_idx is not None:
        g[:, layer.padding_idx] = 0
    return {"weight": g}


def _mapped(layer: Module, given: tuple[Any, ...], dz: Tensor) -> Gradients:
    """For any other layer: mapped over the examples."""
    parameters = {name: p.detach() for name, p in layer.named_parameters(recurse=False)}
    dims = tuple([0 if isinstance(x, Tensor) and x.ndim and len(x) == len(dz) else None for x in given])

    def of_one(u: Tensor, *inputs: Any) -> Any:
        whole = tuple([x if dim is None else x.unsqueeze(0) for x, dim in zip(inputs, dims, strict=True)])
        return vjp(lambda p: functional_call(layer, p, whole), parameters)[1](u.unsqueeze(0))[0]

    found: Gradients = vmap(of_one, in_dims=(0, *dims), randomness="error")(dz, *given)
    return found


_RULES: dict[type, Any] = {
    Linear: _linear,
    Conv1d: _conv,
    Conv2d: _conv,
    Conv3d: _conv,
    Embedding: _embedding,
}
