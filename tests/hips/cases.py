"""What is compared: expressions in a few arrays, whose value and derivatives both libraries give, and whole programs.

Of each expression in EXPRESSIONS four things are compared: the value, the gradient of the sum of its sines by all
arrays that it names, the product of the second derivative with a direction, and the derivative along one in forward
mode. Each function in PROGRAMS gives a nest of arrays.
"""

from __future__ import annotations

import re
from typing import Any

import autograd.numpy as np
import autograd.numpy.linalg as la
import autograd.numpy.random as npr
import autograd.scipy.linalg as sla
import autograd.scipy.signal as ss
import autograd.scipy.special as sp
import autograd.scipy.stats as st
from autograd import (
    checkpoint,
    deriv,
    dict,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    hessian_vector_product,
    isinstance,
    jacobian,
    list,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    tuple,
    value_and_grad,
    vector_jacobian_product,
)
from autograd.builtins import type
from autograd.extend import defjvp, defvjp, defvjp_argnum, defvjp_argnums, primitive, vspace
from autograd.misc import const_graph, flatten
from autograd.misc.fixed_points import fixed_point
from autograd.misc.optimizers import adam, rmsprop, sgd
from autograd.test_util import check_grads
from autograd.tracer import getval, isbox

_draw = npr.RandomState(7)
ARRAYS: dict[str, Any] = {
    "x": _draw.randn(5),
    "y": _draw.randn(5),
    "p": _draw.rand(5) + 0.3,
    "q": _draw.rand(5) + 0.4,
    "u": _draw.rand(5) * 0.8 + 0.1,
    "m": _draw.randn(3, 4),
    "n": _draw.randn(4, 3),
    "c": _draw.randn(2, 3, 4),
    "s": _draw.randn(3, 3) + 4 * np.eye(3),
    "a": np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.0]]),
    "t": 0.7,
}

_UNARY = [
    "abs",
    "absolute",
    "arcsinh",
    "arctan",
    "ceil",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "negative",
    "rad2deg",
    "radians",
    "rint",
    "sign",
    "sin",
    "sinc",
    "sinh",
    "square",
    "tan",
    "tanh",
    "trunc",
    "nan_to_num",
    "real",
]
_POSITIVE = ["log", "log10", "log1p", "log2", "sqrt", "reciprocal"]
_UNIT = ["arccos", "arcsin", "arctanh"]
_BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "logaddexp",
    "logaddexp2",
    "arctan2",
    "hypot",
    "mod",
    "remainder",
]
_REDUCED = ["sum", "mean", "prod", "var", "std", "max", "min", "amax", "amin"]
_SPECIAL = ["gammaln", "psi", "digamma", "gamma", "rgamma", "erf", "erfc", "i0", "i1", "j0", "j1", "expit"]

EXPRESSIONS: list[str] = [
    *[f"np.{name}(x)" for name in _UNARY],
    *[f"np.{name}(m)" for name in _UNARY[:12]],
    *[f"np.{name}(t)" for name in _UNARY[:20]],
    *[f"np.{name}(p)" for name in _POSITIVE],
    *[f"np.{name}(u)" for name in _UNIT],
    *[f"np.{name}(x, p)" for name in _BINARY if name != "hypot"],
    *[f"np.{name}(n, p[:3])" for name in _BINARY if name != "hypot"],
    *[f"np.{name}(t, p)" for name in _BINARY[:8]],
    *[f"np.{name}(m)" for name in _REDUCED],
    *[f"np.{name}(m, axis=0)" for name in _REDUCED],
    *[f"np.{name}(m, axis=1, keepdims=True)" for name in _REDUCED],
    *[f"np.{name}(c, axis=(0, 2))" for name in ["sum", "mean", "var", "std", "max", "min"]],
    *[f"m.{name}(axis=0)" for name in ["sum", "mean", "prod", "var", "std", "max", "min"]],
    *[f"np.{name}(m, ddof=1)" for name in ("var", "std")],
    "np.power(p, x)", "p ** x", "p ** 2.5", "x ** 2", "x ** 3", "2.0 ** x", "x + y", "x - y", "x * y", "x / p", "-x", "+x",
    "x % p", "1.0 / p", "3.0 - x", "abs(x)", "x @ y", "m @ n", "x[1:3] * 2", "x[[0, 0, 2]]", "x[x > 0]", "m[1]", "m[:, 1]",
    "m[..., None]", "m[::-1, ::2]", "c[1, :, [0, 2]]", "m[np.array([0, 2]), np.array([1, 1])]",
    "np.cumsum(x)", "np.cumsum(m, axis=1)", "np.cumsum(m)", "np.diff(x)", "np.diff(m, axis=0)", "np.diff(x, 2)",
    "np.gradient(x)", "np.gradient(m, axis=1)", "np.sort(x)", "np.partition(x, 2)", "np.flipud(m)", "np.fliplr(m)",
    "np.rot90(m)", "np.rot90(m, 2)", "np.roll(x, 2)", "np.roll(m, 1, axis=1)", "np.rollaxis(c, 2)", "np.moveaxis(c, 0, 2)",
    "np.swapaxes(c, 0, 1)", "np.transpose(m)", "np.transpose(c, (1, 2, 0))", "m.T", "np.reshape(m, (2, 6))",
    "m.reshape(6, 2)", "np.ravel(m)", "m.flatten()", "np.squeeze(m[None])", "np.expand_dims(x, 1)", "np.atleast_1d(t)",
    "np.atleast_2d(x)", "np.atleast_3d(x)", "np.repeat(x, 2)", "np.repeat(m, 2, axis=1)", "np.tile(x, 3)", "np.tile(m, (2, 1))",
    "np.concatenate([x, y])", "np.concatenate((m, m * 2), axis=1)", "np.vstack([x, y])", "np.hstack([x, y])",
    "np.column_stack([x, y])", "np.stack([x, y], axis=1)", "np.append(x, y)", "np.append(m, m, axis=0)", "np.array([x, y])",
    "np.array([[x[0], 1.0], [y[1], t]])", "np.array(x)", "np.where(x > 0, x, y)", "np.where(x > 0, x, 0.0)",
    "np.select([x > 0.5, x < -0.5], [x, y])", "np.clip(x, -0.5, 0.5)", "np.pad(x, 2, 'constant')",
    "np.pad(m, ((1, 0), (0, 2)), 'constant')", "np.tril(m)", "np.triu(m, 1)", "np.diag(x)", "np.diag(s)", "np.diagonal(s)",
    "np.trace(s)", "np.trace(s, offset=1)", "np.make_diagonal(m, offset=0, axis1=-1, axis2=-2)", "np.outer(x, y)",
    "np.inner(x, y)", "np.dot(x, y)", "np.dot(m, n)", "np.dot(m, p[:4])", "np.dot(c, n)", "np.matmul(m, n)", "np.matmul(c, n)",
    "np.tensordot(m, n, 1)", "np.tensordot(m, n, axes=([0], [1]))", "np.tensordot(c, m, axes=2)", "np.kron(m, x[:2])",
    "np.einsum('ij,jk->ik', m, n)", "np.einsum('ij,kj->i', m, m)", "np.einsum('ii->i', s)", "np.einsum('...j,j->...', m, p[:4])",
    "np.einsum(m, [0, 1], n, [1, 2], [0, 2])", "np.cross(m[:, :3], s)", "np.array_split(x, 2)[0]", "np.split(p, [2, 3])[1]",
    "np.vsplit(m, 3)[1]", "np.hsplit(m, 2)[0]", "np.dsplit(c, 2)[1]", "np.linspace(x[0], y[0], 4)", "np.full((2, 2), t)",
    "np.real_if_close(x)", "np.broadcast_to(x, (2, 5))", "np.sqrt(np.sum(x ** 2))", "np.r_[x, y, t]", "np.c_[x, y]",
    "np.prod(x[:3]) + x.sum()", "np.max(np.array([x[0], y[0], t]))", "np.mean([x[0], y[0]])",
    "x.astype(float)", "np.sum(x > 0) * x", "np.maximum(x, x[::-1])", "np.log(np.sum(np.exp(x)))",
    "la.inv(s)", "la.det(s)", "la.slogdet(s)[1]", "la.solve(s, n[:3])", "la.solve(s, p[:3])", "la.norm(x)", "la.norm(m)",
    "la.norm(x, 3)", "la.norm(m, axis=1)", "la.norm(m, 'fro')", "la.norm(m, 'nuc')", "la.cholesky(np.dot(s, s.T))",
    "la.eigh(np.dot(s, s.T))[0]", "la.svd(m, full_matrices=False)[1]", "la.pinv(m)",
    "sla.solve_triangular(s, p[:3])", "sla.solve_triangular(s, p[:3], lower=True)", "sla.solve_triangular(s, p[:3], trans='T')",
    "sla.solve_sylvester(s, a, s)", "sla.solve_banded((1, 1), m[:, :3], p[:3])",
    *[f"sp.{name}(p)" for name in _SPECIAL],
    "sp.y0(p)", "sp.y1(p)", "sp.erfinv(u)", "sp.logit(u)", "sp.gammainc(2.0, p)", "sp.gammaincc(2.0, p)", "sp.polygamma(1, p)",
    "sp.multigammaln(p + 2, 2)", "sp.beta(p, q)", "sp.betaln(p, q)", "sp.betainc(2.0, 3.0, u)", "sp.jn(2, p)", "sp.yn(2, p)",
    "sp.iv(1, p)", "sp.ive(1, p)", "sp.logsumexp(x)", "sp.logsumexp(m, axis=1)", "sp.logsumexp(m, axis=0, keepdims=True)",
    "sp.logsumexp(x, b=p)", "sp.erfcinv(u)",
    *[f"st.norm.{name}(x, y, p)" for name in ["pdf", "cdf", "sf", "logpdf", "logcdf", "logsf"]],
    "st.norm.logpdf(x)", "st.t.logpdf(x, p + 1, y, q)", "st.t.pdf(x, p + 1)", "st.t.cdf(x, 3.0)", "st.t.logcdf(x, 3.0)",
    "st.gamma.logpdf(p, q)", "st.gamma.pdf(p, q)", "st.gamma.cdf(p, 2.0)", "st.beta.logpdf(u, p, q)", "st.beta.pdf(u, p, q)",
    "st.beta.cdf(u, 2.0, 3.0)", "st.chi2.logpdf(p, 3.0)", "st.chi2.pdf(p, 3.0)", "st.chi2.cdf(p, 3.0)",
    "st.poisson.logpmf(np.array([0, 1, 2, 3, 4]), p)", "st.poisson.pmf(np.array([0, 1, 2, 3, 4]), p)",
    "st.poisson.cdf(np.array([0, 1, 2, 3, 4]), p)", "st.dirichlet.logpdf(u / np.sum(u), p)",
    "st.multivariate_normal.logpdf(n, p[:3], a)", "st.multivariate_normal.pdf(n, p[:3], a)",
    "st.multivariate_normal.entropy(p[:3], a)", "ss.convolve(x, y)", "ss.convolve(x, y[:2], mode='valid')",
    "ss.convolve(m, n, mode='full')", "ss.convolve(c, m, axes=([2], [1]), dot_axes=([1], [0]), mode='valid')",
]  # fmt: skip

NO_SECOND = {"la.svd(m, full_matrices=False)[1]", "sla.solve_banded((1, 1), m[:, :3], p[:3])"}
"""Of which HIPS/autograd has no second derivative."""


def names_of(expression: str) -> list[str]:
    """The arrays that an expression names."""
    return [name for name in ARRAYS if re.search(rf"(?<![\w.']){name}(?![\w'(=])", expression)]


def of_expression(expression: str) -> tuple[Any, ...]:
    """(function of a tuple of arrays, the arrays) of an expression."""
    names = names_of(expression)
    code = compile(expression, expression, "eval")

    def function(arrays: Any) -> Any:
        return eval(code, globals(), {name: array for name, array in zip(names, arrays)})

    return function, tuple([ARRAYS[name] for name in names])


# ------------------------------------------------------------------------------------------------------------- programs


def _layer(w: Any, x: Any) -> Any:
    return np.tanh(np.dot(x, w[0]) + w[1])


def _weights() -> Any:
    draw = npr.RandomState(1)
    return [(draw.randn(4, 6), draw.randn(6)), (draw.randn(6, 2), draw.randn(2))]


def network() -> Any:
    """A network as a list of tuples, trained."""

    def loss(weights: Any, step: int = 0) -> Any:
        h = ARRAYS["m"]
        for w in weights:
            h = _layer(w, h)
        return np.mean((h - 0.3) ** 2)

    w = _weights()
    for _ in range(5):
        g = grad(loss)(w)
        w = [tuple(p - 0.1 * d for p, d in zip(layer, slopes)) for layer, slopes in zip(w, g)]
    return (
        w,
        value_and_grad(loss)(w),
        adam(grad(loss), w, num_iters=5),
        sgd(grad(loss), w, num_iters=5),
        rmsprop(grad(loss), w, num_iters=5),
    )


def transforms() -> Any:
    """All differential operators of one function."""
    A, x, y, v = ARRAYS["m"], ARRAYS["p"][:4], ARRAYS["x"][:3], ARRAYS["q"][:4]

    def f(x: Any) -> Any:
        return np.sin(np.dot(A, x)) ** 2

    def total(x: Any) -> Any:
        return np.sum(f(x))

    return [
        grad(total)(x),
        value_and_grad(total)(x),
        elementwise_grad(np.tanh)(x),
        elementwise_grad(elementwise_grad(np.tanh))(x),
        deriv(np.tanh)(0.3),
        jacobian(f)(x),
        hessian(total)(x),
        jacobian(jacobian(f))(x),
        hessian_tensor_product(total)(x, v),
        hessian_vector_product(total)(x, v),
        tensor_jacobian_product(f)(x, y),
        vector_jacobian_product(f)(x, y),
        make_vjp(f)(x)[0](y),
        make_jvp(f)(x)(v),
        make_hvp(total)(x)[0](v),
        make_ggnvp(f)(x)(v),
        make_ggnvp(f, lambda y: np.sum(y**4))(x)(v),
        grad_and_aux(lambda x: (total(x), x**2))(x),
        grad(lambda a, b: np.sum(a * b**2), 1)(x, v),
        grad(lambda a, b: np.sum(a * b**2), (0, 1))(x, v),
        grad_named(lambda a, b: np.sum(a * b**2), "b")(x, v),
        [multigrad_dict(lambda a, b: np.sum(a * b**2))(x, v)[name] for name in ("a", "b")],
        grad(lambda x: np.sum(checkpoint(f)(x)))(x),
        grad(lambda x: np.sum(grad(total)(x) ** 2))(x),
        grad(const_graph(lambda x: total(x)))(x),
    ]


def nests() -> Any:
    """Tuples, lists and dictionaries in and out."""
    x, m = ARRAYS["x"], ARRAYS["m"]
    tree = {"w": m, "b": [x, (2.0, x * 3)]}

    def f(tree: Any) -> Any:
        parts = list([tree["b"][0], tree["b"][1][1]])
        more = dict(one=parts[0], two=tuple((parts[1], 1.0)))
        assert isinstance(tree, dict)
        assert isinstance(more["two"], tuple)
        return np.sum(more["one"] * more["two"][0]) * tree["b"][1][0] + np.sum(tree["w"] ** 2)

    def lengths(tree: Any) -> Any:
        return sum([len(tree["b"]) * np.sum(value) for value in tree["b"][1]]) + np.sum([v for v in [tree["b"][1][0]]])

    g = grad(f)(tree)
    vector, unflatten = flatten(tree)
    h = grad(lambda v: f(unflatten(v)))(vector)
    return g["w"], g["b"], vector, h, grad(lengths)(tree)["b"], grad(lambda t: np.sum(flatten(t)[0] ** 3))(tree)["w"]


def primitives() -> Any:
    """Functions of one's own."""

    @primitive
    def logsumexp(x: Any) -> Any:
        top = np.max(x)
        return top + np.log(np.sum(np.exp(x - top)))

    defvjp(logsumexp, lambda ans, x: lambda g: np.full(x.shape, g) * np.exp(x - np.full(x.shape, ans)))

    @primitive
    def product(a: Any, b: Any, c: Any) -> Any:
        return a * b * c

    defvjp(product, lambda ans, a, b, c: lambda g: g * b * c, lambda ans, a, b, c: lambda g: g * a * c, None)
    defjvp(product, lambda g, ans, a, b, c: g * b * c, lambda g, ans, a, b, c: g * a * c, None)

    @primitive
    def scaled(a: Any, b: Any) -> Any:
        return a * 2 + b * 3

    defvjp_argnum(scaled, lambda argnum, ans, args, kwargs: lambda g: g * (argnum + 2))

    @primitive
    def both(a: Any, b: Any) -> Any:
        return a + b

    defvjp_argnums(both, lambda argnums, ans, args, kwargs: lambda g: [g for _ in argnums])
    x, y = ARRAYS["x"], ARRAYS["y"]

    def root(a: Any) -> Any:
        return fixed_point(lambda a: lambda x: 0.5 * (x + a / x), a, 1.0, lambda a, b: abs(a - b), 1e-10)

    return [
        grad(logsumexp)(x),
        grad(lambda x: np.sum(grad(logsumexp)(x) ** 2))(x),
        grad(lambda x, y: np.sum(product(x, y, x)), (0, 1))(x, y),
        make_jvp(lambda x: product(x, y, y))(x)(y),
        grad(lambda x, y: np.sum(scaled(x, y)), (0, 1))(x, y),
        grad(lambda x, y: np.sum(both(x, y) ** 2), (0, 1))(x, y),
        root(3.0),
        grad(root)(3.0),
    ]


def questions() -> Any:
    """What a program may ask of a value."""
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.append([isbox(x), x.shape, x.ndim, x.size, len(x), getval(x[0]), bool(x[0] > 0), type(x) is np.ndarray])
        seen.append([np.argmax(x), np.shape(x), np.any(x > 0), np.argsort(x).tolist(), np.iscomplexobj(x)])
        return np.sum(np.sin(x))

    g = grad(f)(ARRAYS["x"])
    space = vspace(ARRAYS["m"])
    check_grads(f, modes=["rev"])(ARRAYS["x"])
    return g, [float(v) for v in np.ravel(np.array(seen[0][5]))], seen[0][2:5], seen[1][3], space.size, space.zeros()


def loops() -> Any:
    """A recurrent net in a Python loop, and branches."""
    draw = npr.RandomState(3)
    W, U, b = draw.randn(4, 4) * 0.5, draw.randn(2, 4), draw.randn(4)
    steps = draw.randn(6, 3, 2)

    def loss(p: Any) -> Any:
        h = np.zeros((3, 4))
        for step in steps:
            h = np.tanh(np.dot(h, p[0]) + np.dot(step, p[1]) + p[2])
            if np.max(h) > 0.9:
                h = h * 0.5
        return np.sum(h**2)

    return value_and_grad(loss)((W, U, b))


def mixture() -> Any:
    """A Gaussian mixture's likelihood, with its Hessian products."""
    data = ARRAYS["n"]
    means, scales = ARRAYS["s"][:2] * 0.2, np.array([[0.5, 0.1, -0.3], [0.2, 0.3, 0.1]])

    def log_likelihood(p: Any) -> Any:
        parts = [
            st.multivariate_normal.logpdf(data, mean, np.diag(np.exp(scale))) + np.log(0.5)
            for mean, scale in zip(p[0], p[1])
        ]
        return np.sum(sp.logsumexp(np.vstack(parts), axis=0))

    vector, unflatten = flatten((means, scales))
    f = lambda v: log_likelihood(unflatten(v))
    return grad(f)(vector), hessian_vector_product(f)(vector, vector)


PROGRAMS = {f.__name__: f for f in (network, transforms, nests, primitives, questions, loops, mixture)}
