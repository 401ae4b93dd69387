"""Elementwise ops."""

import numpy as np

from autograd.tensor import Tensor

from .case import Case, positive, real

_PAIRS = [((2, 3), (2, 3)), ((3, 1), (1, 4)), ((2, 3), (3,)), ((), (2,)), ((0, 3), (3,)), ((1,), (1,)), ((), ())]


def _binary(name, function, reference, **kwargs):
    return [Case(name, function, shapes, reference=reference, **kwargs) for shapes in _PAIRS]


def _unary(name, function, reference, domain=real, **kwargs):
    return [
        Case(name, function, (shape,), reference=reference, domain=domain, **kwargs)
        for shape in ((2, 3), (), (1,), (0, 3))
    ]


CASES = [
    *_binary("add", Tensor.add, np.add),
    *_binary("sub", Tensor.sub, np.subtract),
    *_binary("mul", Tensor.mul, np.multiply),
    *_binary("div", Tensor.div, np.divide),
    *_unary("neg", Tensor.neg, np.negative),
    *_unary("exp", Tensor.exp, np.exp),
    *_unary("log", Tensor.log, np.log, positive),
    *_unary("tanh", Tensor.tanh, np.tanh),
]
