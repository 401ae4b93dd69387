"""A value that is differentiated behaves as a NumPy array: attributes, methods, operators, functions, nests."""

from __future__ import annotations

import collections

import numpy as onp
import pytest

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import dict, grad, isinstance, jacobian, list, tuple, type
from autograd.errors import NoRuleError
from autograd.extend import Box, vspace
from autograd.misc import const_graph, flatten, flatten_func
from autograd.test_util import check_grads

R = onp.random.default_rng(11)
m, x = R.standard_normal((3, 4)), R.standard_normal(5)

METHODS = {
    "T": lambda a: a.T,
    "argsort": lambda a: a[a[:, 0].argsort()],
    "astype": lambda a: a.astype(float),
    "clip": lambda a: a.clip(-0.5, 0.5),
    "compress": lambda a: a.compress([True, False, True], axis=0),
    "copy": lambda a: a.copy(),
    "cumsum": lambda a: a.cumsum(axis=1),
    "diagonal": lambda a: a.diagonal(),
    "dot": lambda a: a.dot(np.ones(4)),
    "flatten": lambda a: a.flatten(),
    "max": lambda a: a.max(0),
    "max_keepdims": lambda a: a.max(axis=1, keepdims=True),
    "mean": lambda a: a.mean(axis=(0, 1)),
    "min": lambda a: a.min(),
    "prod": lambda a: a.prod(1),
    "ravel": lambda a: a.ravel(),
    "repeat": lambda a: a.repeat(2, axis=0),
    "reshape": lambda a: a.reshape(2, 6) * a.reshape((2, 6)) * a.reshape(2, -1),
    "round": lambda a: a + a.round(),
    "sort": lambda a: a[0] * 2,
    "squeeze": lambda a: a[None].squeeze(),
    "std": lambda a: a.std(axis=0),
    "sum": lambda a: a.sum(0, keepdims=True),
    "swapaxes": lambda a: a.swapaxes(0, 1),
    "take": lambda a: a.take([0, 5, 5]),
    "trace": lambda a: a.trace(),
    "transpose": lambda a: a.transpose(1, 0) + a.transpose() + a.transpose((1, 0)),
    "var": lambda a: a.var(ddof=1),
    "operators": lambda a: (2 / (3 + a**2) - a // 10 + a % 3 - (-a) + (+a)) @ np.ones(4) + abs(a)[:, 0],
    "right": lambda a: onp.ones((2, 3)) @ a + [1.0, 2.0, 3.0, 4.0] * a[0] - 2.0**a[1],
    "in_place": lambda a: _in_place(a),
    "index": lambda a: a[[0, 2]][:, a[0] > -9][..., ::2] + a[None, 0, 1:3],
    "iterate": lambda a: sum([row * k for k, row in enumerate(a)]),
    "array": lambda a: np.array([[a[0, 0], 1.0], [a[1, 1], a[0, 2] * 2]]),
    "array_of_rows": lambda a: np.array([a[0], a[2]], dtype=float, ndmin=3),
    "r_": lambda a: np.r_[a[0], 1.0, a[1, :2], 0:2],
    "c_": lambda a: np.c_[a, onp.ones(3), a[:, 0]],
    "stack": lambda a: np.stack([a[0], np.ones(4)]) + np.vstack([a[1], a[2]]),
    "concatenate": lambda a: np.concatenate((a, a[:1]), axis=0),
    "where": lambda a: np.where(a > 0, a, -2.0) + np.where(condition=a > 0, x=a, y=a),
    "make_diagonal": lambda a: np.make_diagonal(a, offset=0, axis1=-1, axis2=-2),
    "list_mean": lambda a: np.mean([a[0, 0], 3.0, a[1, 1]]) + np.linalg.norm([a[0, 1], a[2, 2]]),
    "linalg": lambda a: np.linalg.solve(np.dot(a, a.T), a[:, 0]) + np.linalg.slogdet(np.dot(a, a.T))[1],
    "einsum": lambda a: np.einsum("ij,kj->ik", a, a),
    "plain_numpy": lambda a: onp.sum(onp.exp(a), axis=0) + onp.dot(onp.ones(3), a),
    "reduce": lambda a: onp.add.reduce(a, axis=1),
    "integers": lambda a: a * np.int64(a[0, 0] * 10) + int(a[0, 1] * 7),
    "nan": lambda a: np.nansum(np.where(a > 0, a, onp.nan), axis=0),
    "pad": lambda a: np.pad(a, ((1, 0), (0, 2)), "constant"),
}  # fmt: skip


def _in_place(a):
    b = a * 1
    b += 1.0
    b *= a
    return b


@pytest.mark.parametrize("name", METHODS)
def test_values_behave_as_arrays(name):
    f = METHODS[name]
    found = []
    jacobian(lambda a: (found.append(f(a)), found[-1])[1])(m)
    onp.testing.assert_allclose(found[0]._value, f(m), rtol=1e-13)
    check_grads(f, modes=["rev"])(m)


def test_attributes():
    def f(a):
        assert (a.shape, a.ndim, a.size, len(a), a.dtype, a.nbytes) == ((3, 4), 2, 12, 3, onp.float64, 96)
        assert (np.shape(a), np.ndim(a), np.size(a)) == ((3, 4), 2, 12)
        assert np.result_type(a, onp.float32) == onp.float64
        assert isinstance(a, onp.ndarray)
        assert isinstance(a[0, 0], float)
        assert type(a) is onp.ndarray
        assert onp.array_equal(a == m, onp.ones((3, 4), bool))
        assert type(a > 0) is type(m > 0)
        assert np.argmax(a) == onp.argmax(m)
        assert a.tolist() == m.tolist()
        assert a[0, 0].item() == m[0, 0]
        assert bool(a[0, 0]) is bool(m[0, 0])
        assert "ArrayBox with value" in repr(a)
        assert isinstance(a, Box)
        assert a.real is a
        return a.sum()

    grad(f)(m)


@pytest.mark.parametrize("kind", [onp.float16, onp.float32, onp.float64])
def test_dtypes_stay(kind):
    assert grad(lambda x: np.sum(np.exp(x) * 2.0) / 3)(x.astype(kind)).dtype == kind


def test_nests_are_pythons_own():
    Pair = collections.namedtuple("Pair", "a b")

    def f(pair):
        assert isinstance(pair, tuple)
        rest = [*list(pair), 1.0]
        parts = dict(a=rest[0], b=tuple((rest[1], 2.0)))
        return np.sum(parts["a"] * parts["b"][0]) + parts["b"][1]

    g = grad(f)(Pair(x, 2 * x))
    assert isinstance(g, Pair)
    onp.testing.assert_allclose(g.a, 2 * x)


def test_flatten_and_back():
    tree = {"w": m, "b": [1.0, (x,)]}
    vector, unflatten = flatten(tree)
    assert vector.shape == (18,)
    back = unflatten(vector)
    onp.testing.assert_array_equal(back["w"], m)
    assert back["b"][0] == 1.0
    check_grads(lambda t: np.sum(np.sin(flatten(t)[0])), modes=["rev"])(tree)
    of_vector, unflatten, start = flatten_func(lambda t: {"w": t["w"] * 2}, {"w": m})
    onp.testing.assert_allclose(unflatten(of_vector(start))["w"], 2 * m)
    assert flatten([])[0].shape == (0,)
    assert const_graph(lambda a, b: a - b, 5.0)(2.0) == 3.0


def test_spaces():
    space = vspace((x, 1.0))
    assert space.size == 6
    assert len([*space.standard_basis()]) == 6
    assert space.inner_prod(space.ones(), space.ones()) == 6
    assert space == vspace((2 * x, 3.0))
    assert space != vspace((x, x))
    assert space.add(space.zeros(), (x, 2.0))[1] == 2.0
    assert vspace(x).shape == (5,)
    npr.seed(0)
    first = vspace(x).randn()
    npr.seed(0)
    onp.testing.assert_array_equal(first, vspace(x).randn())
    with pytest.raises(TypeError, match="Can't find vector space"):
        vspace("text")


def test_numpys_names_are_there():
    for name in onp.__all__:
        assert hasattr(np, name)
    assert np.pi == onp.pi
    assert np.float64 is onp.float64
    assert np.zeros(3).dtype == onp.float64
    assert np.random.RandomState is onp.random.RandomState
    with pytest.raises(AttributeError):
        np.no_such_function  # noqa: B018


@pytest.mark.parametrize("name", ["vstack", "hstack", "dstack", "column_stack", "stack", "row_stack", "concatenate"])
def test_arrays_to_join_may_come_from_an_iterator(name):
    x = onp.arange(6.0).reshape(2, 3)
    join = getattr(np, name)

    def gradient(parts):
        return grad(lambda x: np.sum(np.sin(join(parts(x)))))(x)

    wanted = gradient(lambda x: [x, 2 * x])
    onp.testing.assert_array_equal(gradient(lambda x: (k * x for k in (1, 2))), wanted)
    onp.testing.assert_array_equal(gradient(lambda x: {1: x, 2: 2 * x}.values()), wanted)
    onp.testing.assert_array_equal(join(map(onp.sin, x)), join(list(map(onp.sin, x))))


def test_lists_of_values_are_arrays_wherever_they_stand():
    def f(x):
        parts = [x[0], x[1]]
        return np.sum(np.multiply([1.0, 2.0], parts) + np.outer(parts, parts)[0]) + np.interp(0.5, [0.0, 1.0], parts)

    def g(x):
        return x[0] + 2 * x[1] + x[0] ** 2 + x[0] * x[1] + 0.5 * (x[0] + x[1])

    onp.testing.assert_allclose(grad(f)(x[:2]), grad(g)(x[:2]))


@pytest.mark.parametrize("call", [lambda a: np.exp(a, onp.empty(5)), lambda a: np.add(a, 1.0, onp.empty(5))])
def test_a_result_written_into_an_array_is_refused(call):
    with pytest.raises(NoRuleError, match="out= cannot be recorded"):
        grad(lambda a: np.sum(call(a)))(x)


@pytest.mark.parametrize("name", ["asanyarray", "asarray_chkfinite", "asfortranarray", "ascontiguousarray"])
def test_what_makes_arrays_makes_values_of_values(name):
    f = getattr(np, name)
    onp.testing.assert_array_equal(grad(lambda a: np.sum(f(a) ** 2) + np.sum(f([a, a])))(x), 2 * x + 2)
    assert f(m.T).flags.f_contiguous == getattr(onp, name)(m.T).flags.f_contiguous


def test_infinities_are_found_where_they_are_looked_for():
    with pytest.raises(ValueError, match="infs or NaNs"):
        grad(lambda a: np.sum(np.asarray_chkfinite(a)))(onp.array([1.0, onp.inf]))
