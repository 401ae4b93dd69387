"""Something to run from each family of kernels, forward and back, so that its kernels are compiled: see `code`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def _tensor(*shape: int) -> Any:
    import autograd

    numbers = np.random.default_rng(0).standard_normal(shape, np.float32)
    return autograd.tensor(numbers, requires_grad=True)


def _backward(*results: Any) -> None:
    for z in results:
        z.sum().backward()


def _pool() -> None:
    from nn import functional as F

    x = _tensor(2, 8, 40, 40)
    _backward(F.max_pool2d(x, 2), F.max_pool2d(x, 3, 2, 1), F.avg_pool2d(x, 2))


def _direct() -> None:
    from nn import functional as F

    _backward(F.conv2d(_tensor(4, 3, 40, 40), _tensor(16, 3, 7, 7), stride=2, padding=3))


def _winograd() -> None:
    from nn import functional as F

    x = _tensor(8, 32, 28, 28)
    _backward(F.conv2d(x, _tensor(32, 32, 3, 3), padding=1))


def _product() -> None:
    _backward(_tensor(130, 130) @ _tensor(130, 130))


def _softmax() -> None:
    import autograd
    from nn import functional as F

    x = _tensor(64, 100)
    _backward(F.softmax(x, -1), F.log_softmax(x, -1), F.cross_entropy(x, autograd.arange(64)))


def _norm() -> None:
    from nn import functional as F

    x, images = _tensor(64, 256), _tensor(8, 16, 14, 14)
    _backward(F.layer_norm(x, (256,), _tensor(256), _tensor(256)), F.group_norm(images, 4, _tensor(16), _tensor(16)))
    _backward(F.batch_norm(images, None, None, _tensor(16), _tensor(16), training=True))


def _pointwise() -> None:
    from nn import functional as F

    x, y = _tensor(1 << 17), _tensor(1 << 17)
    _backward(x + y, x - y, x * y, x / (y * y + 1), F.relu(x), F.gelu(x), F.sigmoid(x), F.tanh(x), F.silu(x))


def _ctc() -> None:
    import autograd
    from nn import functional as F

    labels = autograd.tensor(np.random.default_rng(0).integers(1, 30, (16, 20)))
    lengths = autograd.full((16,), 50, dtype=autograd.int64), autograd.full((16,), 20, dtype=autograd.int64)
    _backward(F.ctc_loss(F.log_softmax(_tensor(50, 16, 30), -1), labels, *lengths))


def _recurrent() -> None:
    import nn

    for layer in (nn.LSTM(32, 64), nn.GRU(32, 64), nn.RNN(32, 64)):
        _backward(layer(_tensor(20, 16, 32))[0])


def _optimisers() -> None:
    import nn

    x = _tensor(1 << 17)
    x.grad = _tensor(1 << 17).detach()
    for update in (nn.optim.SGD([x], 0.1), nn.optim.SGD([x], 0.1, momentum=0.9), nn.optim.Adam([x], 0.1)):
        update.step()


def _attention() -> None:
    from nn import functional as F

    q, k, v = (_tensor(2, 4, 64, 32) for _ in range(3))
    _backward(F.scaled_dot_product_attention(q, k, v), F.scaled_dot_product_attention(q, k, v, is_causal=True))


def _along() -> None:
    from nn import functional as F

    x = _tensor(64, 300)
    _backward(x.cumsum(-1), x.cumprod(-1), _tensor(1 << 19).sum(), F.dropout(_tensor(1 << 16)))


def _cells() -> None:
    import nn

    for cell in (nn.LSTMCell(64, 512), nn.GRUCell(64, 512), nn.RNNCell(64, 512)):
        found = cell(_tensor(32, 64))
        _backward(found[0] if isinstance(found, tuple) else found)


def _pooled() -> None:
    import nn

    _backward(nn.Sequential(nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))(_tensor(8, 16, 28, 28)))


FAMILIES: dict[str, Callable[[], None]] = {
    "pool": _pool,
    "direct": _direct,
    "winograd": _winograd,
    "product": _product,
    "softmax": _softmax,
    "norm": _norm,
    "pointwise": _pointwise,
    "ctc": _ctc,
    "recurrent": _recurrent,
    "optimisers": _optimisers,
    "attention": _attention,
    "along": _along,
    "cells": _cells,
    "pooled": _pooled,
}
"""What runs the kernels of a family, forward and back."""
