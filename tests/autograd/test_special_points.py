"""Second derivatives at ties, zeros, bounds, equal arguments and singular matrices.

The kind of mistake: a rule that replaces a number where the first derivative needs it (0 / 0, inf - inf), and thereby
cuts off, or makes NaN, the derivative of the rule itself. The reference is the mathematics, where it has an answer:
given as numbers, or as differences of second order for smooth functions. Where it has none, the conventions hold:
the derivative of a norm at 0 stays 0, that of a step 0.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd import linalg, special, tensor
from autograd.errors import LinAlgError
from autograd.examples import Input
from nn.examples import examples


def hessian(function, x):
    leaf = tensor(np.asarray(x, np.float64), requires_grad=True)
    (g,) = autograd.grad(function(leaf), leaf, create_graph=True)
    (plain,) = autograd.grad(function(leaf), leaf)
    np.testing.assert_allclose(g.detach().numpy(), plain.numpy(), rtol=1e-12, atol=1e-12)
    if not g.requires_grad:
        return np.zeros((leaf.numel(), leaf.numel()))
    rows = [autograd.grad(part, leaf, retain_graph=True, materialize_grads=True)[0] for part in g.reshape(-1)]
    return np.array([row.numpy().ravel() for row in rows])


def differences(function, x, h=1e-3):
    x = np.asarray(x, np.float64)
    steps = [step.reshape(x.shape) for step in np.eye(x.size) * h]
    f = lambda y: function(tensor(y)).item()
    rows = [[f(x + a + b) - f(x + a - b) - f(x - a + b) + f(x - a - b) for b in steps] for a in steps]
    return np.array(rows) / (4 * h * h)


_WEIGHTS = tensor(np.array([1.0, 2.0, 3.0, 4.0]))

SMOOTH = {  # name: function, points
    "logaddexp": (lambda t: autograd.logaddexp(t[0], t[1]), [[1, 1], [0, 0], [3, -2]]),
    "logaddexp2": (lambda t: autograd.logaddexp2(t[0], t[1]), [[1, 1]]),
    "logistic loss": (lambda t: autograd.logaddexp(t * 0, t * _WEIGHTS[:2]).sum(), [[0, 0]]),
    "logsumexp": (lambda t: t.logsumexp(0), [[1, 1, 1]]),
    "logcumsumexp": (lambda t: (t.logcumsumexp(0) * _WEIGHTS[:3]).sum(), [[1, 1, 1], [2, 0, 2]]),
    "prod": (lambda t: t.prod(), [[0, 2, 3], [0, 0, 3], [0, 0, 0], [1, 2, 3]]),
    "prod of rows": (lambda t: (t.prod(1) * _WEIGHTS[:2]).sum(), [[[0, 2, 3], [0, 0, 3]]]),
    "cumprod": (lambda t: (t.cumprod(0) * _WEIGHTS).sum(), [[1, 0, 0, 3], [0, 1, 2, 0], [0, 0, 0, 0]]),
    "powers": (lambda t: (t**0 + t**1 + t**2 + t**3).sum(), [[0, 0]]),
    "power of arrays": (lambda t: (t ** tensor(np.array([2.0, 3.0, 4.0]))).sum(), [[0, 0, 0]]),
    "square": (lambda t: t.square().sum(), [[0, 1]]),
    "sinc": (lambda t: t.sinc().sum(), [[0, 1, 1e-9]]),
    "xlogy": (lambda t: autograd.xlogy(t, tensor(np.array([2.0, 3.0]))).sum(), [[0, 1]]),
    "Bessel functions": (lambda t: (special.i1(t) + special.i0(t) + special.bessel_j1(t)).sum(), [[0, 1e-9, 0.01, 2]]),
    "log_ndtr": (lambda t: special.log_ndtr(t).sum(), [[0.1, -0.1, 40, -40]]),
    "huber at 0": (lambda t: F.huber_loss(t, t.detach() * 0, reduction="sum"), [[0, 0.3, 3]]),
    "smooth l1 at 0": (lambda t: F.smooth_l1_loss(t, t.detach() * 0, reduction="sum", beta=0.5), [[0, 0.3, 3]]),
    "var of a constant": (lambda t: t.var(), [[1, 1, 1]]),
    "std": (lambda t: t.std(), [[1, 2, 2]]),
    "norm": (lambda t: t.norm(), [[0, 3], [0, 0, 2]]),
    "norm of order 4": (lambda t: t.norm(4), [[0, 1, 2]]),
    "softplus": (lambda t: F.softplus(t).sum(), [[0, 30, -30]]),
    "logsigmoid": (lambda t: F.logsigmoid(t).sum(), [[0, 40, -40]]),
    "bce with logits": (lambda t: F.binary_cross_entropy_with_logits(t, t.detach() * 0 + 0.3), [[0, 0], [30, -30]]),
    "cross entropy": (lambda t: F.cross_entropy(t, np.array([0, 2])), [np.zeros((2, 3))]),
    "gelu and its kin": (lambda t: (F.gelu(t) + F.silu(t) + F.mish(t) + t.tanh() + t.sigmoid()).sum(), [[0, 50, -50]]),
    "cosine similarity": (lambda t: F.cosine_similarity(t, t.flip(0), 0), [[1, 2], [2, 2]]),
    "det": (linalg.det, [np.diag([0.0, 2, 3]), np.diag([0.0, 0, 3]), np.outer([1.0, 2, 3], [1.0, 0, 1]), np.eye(2)]),
    "slogdet": (lambda a: linalg.slogdet(a)[1], [np.diag([1.0, 2]), np.eye(2)]),
    "nuclear norm": (lambda a: linalg.matrix_norm(a, "nuc"), [np.eye(2), np.eye(3)[:, :2] * 2, np.eye(3)[:2] * 2]),
    "inv": (lambda a: (linalg.inv(a) ** 2).sum(), [np.eye(2)]),
    "pinv": (lambda a: (linalg.pinv(a) ** 2).sum(), [np.eye(2)]),
    "matrix_exp": (lambda a: linalg.matrix_exp(a).sum(), [np.zeros((2, 2))]),
    "layer_norm": (lambda t: (F.layer_norm(t, (3,), eps=0.5) * _WEIGHTS[:3]).sum(), [[1, 1, 1]]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_have_their_second_derivative(name):
    function, points = SMOOTH[name]
    for x in points:
        np.testing.assert_allclose(hessian(function, x), differences(function, x), rtol=2e-4, atol=1e-4)


def test_conventions_where_there_is_no_second_derivative():
    at_0 = np.zeros(2)
    for function in (
        lambda t: t.norm(),
        lambda t: t.norm(3),
        lambda t: t.std(),
        lambda t: t.abs().sum(),
        lambda t: t[0].hypot(t[1]),
        lambda t: t[0].atan2(t[1]),
        lambda t: t.relu().sum(),
        lambda t: t.amax(),
        lambda t: t.maximum(t * 0).sum(),
        lambda t: F.cosine_similarity(t, t * 0, 0),
        lambda t: F.normalize(t, dim=0).sum() * 0,
    ):
        assert not hessian(function, at_0).any()
    at_bound = hessian(lambda t: F.huber_loss(t, t.detach() * 0, reduction="sum"), [1.0, -1.0])
    assert not at_bound.any()  # the straight line begins here
    probability = hessian(lambda t: F.binary_cross_entropy(t, t.detach() * 0 + 1.0, reduction="sum"), [0.5, 1.0])
    assert np.isfinite(probability).all()
    x = tensor([0.0, 1.0], requires_grad=True)
    x.logit().sum().backward()
    assert x.grad.tolist() == [np.inf, np.inf]


def test_a_singular_matrix_has_nan_as_gradient_of_its_logarithm_and_raises_nothing():
    x = tensor(np.stack([np.diag([0.0, 2.0]), np.diag([1.0, 2.0])]), requires_grad=True)
    with np.errstate(divide="ignore"):
        linalg.slogdet(x)[1].sum().backward()
    assert np.isnan(x.grad.numpy()[0]).any()
    np.testing.assert_array_equal(x.grad.numpy()[1], np.diag([1.0, 0.5]))
    for function in (linalg.svd, linalg.svdvals):
        with pytest.raises(LinAlgError, match="contained non-finite values"):
            function(tensor(np.full((2, 2), np.inf)))


def _points(shape):
    n = np.arange(int(np.prod(shape)))
    rows = [0 * n, 0 * n + 1, 0 * n - 1, 0 * n + 0.5, n, np.where(n % 2, 2, 0), n % 4 - 1, np.where(n % 2, 700, -700)]
    return [row.reshape(shape).astype(np.float64) for row in rows]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_op_has_one_first_derivative():
    """With and without a graph of it, at zeros, ones, ties, whole and large numbers: the two are computed apart."""
    tried = 0
    for example in examples().values():
        places = [i for i, x in enumerate(example.inputs) if isinstance(x, Input)]
        for arrays in zip(*[_points(example.inputs[i].shape) for i in places], strict=True):
            results = []
            try:
                for create_graph in (False, True):
                    tensors = [tensor(x) if not isinstance(x, Input) else None for x in example.inputs]
                    for i, array in zip(places, arrays, strict=True):
                        tensors[i] = tensor(array, requires_grad=True)
                    z = example.call(*tensors)
                    parts = [part.sum() for part in (z if isinstance(z, tuple) else (z,)) if part.requires_grad]
                    leaves = [tensors[i] for i in places]
                    options = {"create_graph": create_graph, "allow_unused": True, "materialize_grads": True}
                    results.append(autograd.grad(parts, leaves, **options) if parts else ())
            except LinAlgError:  # singular
                continue
            for plain, graph in zip(*results, strict=True):
                tried += 1
                np.testing.assert_allclose(
                    graph.detach().numpy(), plain.numpy(), rtol=1e-9, atol=1e-9, err_msg=example.op
                )
    assert tried > 1000
