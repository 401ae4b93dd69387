"""The kind: a transform's own bookkeeping shows outside.

Its results are tracked although nobody can differentiate them, or untracked although somebody can; its records stay on
the tape. Checked for every transform, nested in every other, over what the arguments, closures and extra results are.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd
from autograd import func, functional
from autograd.errors import GraphError, SettingError, ShapeError
from autograd.tracing import leaves_of


def number(value, **kwargs):
    return autograd.tensor(float(value), dtype=np.float64, **kwargs)


def vector(*values, **kwargs):
    return autograd.tensor(list(values), dtype=np.float64, **kwargs)


def tracked(tree):
    return [x.requires_grad for x in leaves_of(tree) if isinstance(x, autograd.Tensor)]


def values(tree):
    return [x.tolist() for x in leaves_of(tree) if isinstance(x, autograd.Tensor)]


# each transform as a function of numbers (f, argnum) -> a function of the same arguments, which returns a number
TRANSFORMS = {
    "grad": lambda f, n: func.grad(f, n),
    "value_and_grad": lambda f, n: lambda *xs: func.value_and_grad(f, n)(*xs)[1],
    "grad_and_value": lambda f, n: lambda *xs: func.grad_and_value(f, n)(*xs)[0],
    "aux": lambda f, n: lambda *xs: func.grad(lambda *ys: (f(*ys), {"twice": f(*ys) * 2}), n, has_aux=True)(*xs)[0],
    "vjp": lambda f, n: lambda *xs: func.vjp(f, *xs)[1](number(1.0))[n],
    "jvp": lambda f, n: lambda *xs: func.jvp(f, xs, tuple(number(float(i == n)) for i in range(len(xs))))[1],
    "linearize": lambda f, n: lambda *xs: func.linearize(f, *xs)[1](*[number(float(i == n)) for i in range(len(xs))]),
    "jacrev": lambda f, n: func.jacrev(f, n),
    "jacfwd": lambda f, n: func.jacfwd(f, n),
    "vmap": lambda f, n: lambda *xs: func.vmap(func.grad(f, n))(*[x.reshape(1) for x in xs]).sum(),
    "dict": lambda f, n: lambda *xs: func.grad(lambda d: f(*[d[k] for k in sorted(d)]))(dict(enumerate(xs)))[n],
    "tuple": lambda f, n: lambda *xs: func.grad(f, tuple(range(len(xs))))(*xs)[n],
}


def product(x, y):
    return x**3 * y**2


def slope(nx, ny, x, y):
    """The derivative of `product`, nx times by x and ny times by y."""
    cube, square = [x**3, 3 * x**2, 6 * x], [y**2, 2 * y, 2.0]
    return cube[nx] * square[ny]


@pytest.mark.parametrize("outer", TRANSFORMS)
def test_two_transforms_of_constants(outer):
    for inner, m, n in itertools.product(TRANSFORMS, (0, 1), (0, 1)):
        before = len(autograd.tape())
        z = TRANSFORMS[outer](TRANSFORMS[inner](product, m), n)(number(2.0), number(3.0))
        assert z.item() == pytest.approx(slope(2 - m - n, m + n, 2.0, 3.0)), inner
        assert not z.requires_grad, (inner, m, n)
        autograd.tape().sweep()  # a pull that has gone leaves its records to the next sweep
        assert len(autograd.tape()) == before, (inner, m, n)


@pytest.mark.parametrize("outer", TRANSFORMS)
def test_two_transforms_of_what_requires_grad(outer):
    for inner, (m, n), which in itertools.product(TRANSFORMS, ((0, 1), (1, 0)), (0, 1)):
        x, y = number(2.0, requires_grad=which == 0), number(3.0, requires_grad=which == 1)
        z = TRANSFORMS[outer](TRANSFORMS[inner](product, m), n)(x, y)
        assert z.requires_grad, (inner, m, n, which)
        (g,) = autograd.grad(z, (x, y)[which])
        expected = slope(2, 1, 2.0, 3.0) if which == 0 else slope(1, 2, 2.0, 3.0)
        assert g.item() == pytest.approx(expected), (inner, m, n, which)


@pytest.mark.parametrize("outer", TRANSFORMS)
def test_a_closure_stays_differentiable(outer):
    w = number(5.0, requires_grad=True)
    for inner in TRANSFORMS:
        z = TRANSFORMS[outer](TRANSFORMS[inner](lambda x, y: product(x, y) * w, 0), 1)(number(2.0), number(3.0))
        assert z.requires_grad, inner
        assert autograd.grad(z, w)[0].item() == pytest.approx(slope(1, 1, 2.0, 3.0)), inner


@pytest.mark.parametrize("outer", TRANSFORMS)
def test_three_transforms_and_no_grad(outer):
    x, y = number(2.0), number(3.0, requires_grad=True)
    before = len(autograd.tape())
    for middle, inner in itertools.product(("grad", "jvp", "vjp", "jacfwd"), ("grad", "jacrev", "vmap")):
        f = TRANSFORMS[outer](TRANSFORMS[middle](TRANSFORMS[inner](product, 0), 1), 0)
        z = f(x, y.detach())
        assert z.item() == pytest.approx(slope(2, 1, 2.0, 3.0))
        assert not z.requires_grad
        with autograd.no_grad():
            assert not f(x, y).requires_grad
        autograd.tape().sweep()
        assert len(autograd.tape()) == before


def test_each_result_is_tracked_for_itself():
    """As in PyTorch: a value that depends on a closed-over Tensor is tracked, its neighbour is not."""
    w, x = number(5.0, requires_grad=True), number(2.0)
    f = lambda v: (v * v, {"scaled": v * w, "twice": v * 2, "word": "kept"})
    assert tracked(func.grad(f, has_aux=True)(x)) == [False, True, False]
    assert tracked(func.value_and_grad(f, has_aux=True)(x)) == [False, True, False, False]
    assert tracked(func.jacrev(f, has_aux=True)(x)) == [False, True, False]
    assert tracked(func.jacfwd(f, has_aux=True)(x)) == [False, True, False]
    assert tracked(func.jvp(f, (x,), (number(1.0),), has_aux=True)) == [False, False, True, False]
    out, pull, aux = func.vjp(f, x, has_aux=True)
    assert tracked((out, aux, pull(number(1.0)))) == [False, True, False, False]
    assert tracked(pull(number(1.0, requires_grad=True))) == [True]
    assert aux["word"] == "kept"
    both = lambda v: (v * v, v * w)
    out, pull = func.vjp(both, x)
    assert tracked(out) == [False, True]
    assert tracked(pull((number(1.0), number(1.0)))) == [True]
    with autograd.no_grad():
        assert tracked(pull((number(1.0), number(1.0)))) == [False]
    assert tracked(func.jvp(lambda v: v * 2, (x,), (number(1.0, requires_grad=True),))) == [False, True]
    assert tracked(func.hessian(lambda v: v * v * w)(x)) == [True]
    assert tracked(func.hessian(lambda v: v * v * v)(x)) == [False]


def test_a_pull_gives_a_tuple_always():
    x, y = vector(1.0, 2.0), vector(3.0, 4.0)
    ones = vector(1.0, 1.0)
    assert values(func.vjp(lambda a: a * a, x)[1](ones)) == [[2.0, 4.0]]
    assert isinstance(func.vjp(lambda a: a * a, x)[1](ones), tuple)
    assert isinstance(func.vjp(lambda d: d["x"] * 2, {"x": x})[1](ones)[0], dict)
    assert len(func.vjp(lambda a, b: a * b, x, y)[1](ones)) == 2
    assert values(func.vjp(lambda a: {"k": a * 3}, x)[1]({"k": ones})) == [[3.0, 3.0]]
    assert values(functional.vjp(lambda a: a * a, x, ones)) == [[1.0, 4.0], [2.0, 4.0]]
    assert isinstance(functional.vjp(lambda a: a * a, (x,), ones)[1], tuple)


def test_vmap_over_nothing():
    """Empty, of the shape and dtype that slices would give, and tracked where they would be."""
    x = autograd.zeros(0, 3)
    assert func.vmap(lambda a: a.sin())(x).shape == (0, 3)
    assert func.vmap(lambda a: a.sum())(x).shape == (0,)
    assert [z.shape for z in func.vmap(lambda a: (a.sum(), a.outer(a)))(x)] == [(0,), (0, 3, 3)]
    assert func.vmap(lambda a, b: a + b, in_dims=(None, 1))(autograd.zeros(3), autograd.zeros(3, 0)).shape == (0, 3)
    assert func.vmap(lambda a: a, out_dims=-1)(x).shape == (3, 0)
    assert func.vmap(func.grad(lambda a: (a**2).sum()))(x).shape == (0, 3)
    assert func.vmap(autograd.linalg.inv)(autograd.zeros(0, 2, 2)).shape == (0, 2, 2)
    assert func.vmap(lambda a: a + 1)(autograd.zeros(0, 2, dtype=np.int64)).dtype == np.int64
    w = autograd.zeros(0, 3, requires_grad=True)
    func.vmap(lambda a: (a * a).log().sum())(w).sum().backward()
    assert w.grad.shape == (0, 3)
    assert func.jacrev(lambda a: a.sin())(autograd.zeros(0)).shape == (0, 0)
    assert func.jacfwd(lambda a: a.sin())(autograd.zeros(0)).shape == (0, 0)
    jacobian, aux = func.jacfwd(lambda a: (a.sin(), a + 1), has_aux=True)(autograd.zeros(0))
    assert (jacobian.shape, aux.shape) == ((0, 0), (0,))
    assert func.hessian(lambda a: (a**2).sum())(autograd.zeros(0)).shape == (0, 0)


def test_vmap_over_nests():
    x, y = vector(1.0, 2.0), number(3.0)
    f = func.vmap(lambda d: (d["x"] * d["y"], d["y"] * 2), in_dims=({"x": 0, "y": None},), out_dims=(0, None))
    assert values(f({"x": x, "y": y})) == [[3.0, 6.0], 6.0]
    assert func.vmap(lambda a, b: a + b, in_dims=[0, None])(x, y).tolist() == [4.0, 5.0]
    assert func.vmap(lambda a: a, in_dims=-1)(autograd.ones(2, 3)).shape == (3, 2)
    assert func.vmap(lambda a: a * 2, chunk_size=1)(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]


def test_vmap_and_random_numbers():
    x = autograd.zeros(3)
    noisy = lambda a: a + autograd.rand(())
    with pytest.raises(GraphError, match="randomness error mode"):
        func.vmap(noisy)(x)
    same = func.vmap(noisy, randomness="same")
    first, second = same(x).tolist(), same(x).tolist()
    assert len(set(first)) == len(set(second)) == 1
    assert first != second
    assert len(set(func.vmap(noisy, randomness="different")(x).tolist())) == 3


MISTAKES = {
    "wanted 1 in_dims, one per argument, got 2": lambda x: func.vmap(lambda a: a, in_dims=(0, 0))(x),
    "cannot vmap over non-Tensor": lambda x: func.vmap(lambda a: a)(1.0),
    "dimensionality 0": lambda x: func.vmap(lambda a: a)(number(1.0)),
    "satisfy -1 <= in_dim < 1": lambda x: func.vmap(lambda a: a, in_dims=5)(x),
    r"got sizes \[2, 3\]": lambda x: func.vmap(lambda a, b: a)(x, autograd.ones(3)),
    "got no inputs": lambda x: func.vmap(lambda a: a, in_dims=None)(x),
    "item\\(\\) is called on a mapped value": lambda x: func.vmap(lambda a: a.item())(x),
    "item\\(\\) and float\\(\\) leave the graph": lambda x: func.vmap(lambda a: 1.0)(x),
    "only return Tensors, got type NoneType": lambda x: func.vmap(lambda a: None)(x),
    "different Tensor for each slice": lambda x: func.vmap(lambda a: a, out_dims=None)(x),
    "wanted randomness": lambda x: func.vmap(lambda a: a, randomness="yes"),
    "chunk_size should be": lambda x: func.vmap(lambda a: a, chunk_size=0),
    r"\(output, aux\) if has_aux is True, got Tensor": lambda x: func.grad(lambda a: a.sum(), has_aux=True)(x),
    "got a tuple of 3": lambda x: func.grad(lambda a: (a.sum(), 1, 2), has_aux=True)(x),
    "scalar tensor, got float": lambda x: func.grad(lambda a: a.sum().item())(x),
    "unsupported type float": lambda x: func.vjp(lambda a: 1.0, x),
    "jacrev: expected": lambda x: func.jacrev(lambda a: a.tolist()[0])(x),
    "wanted 2 cotangents": lambda x: func.vjp(lambda a: (a, a), x)[1](x),
    r"Expected primals to be a tuple: jvp\(f, \(x,\), \(v,\)\)": lambda x: func.jvp(lambda a: a, x, x),
    "number 0 has shape": lambda x: func.jvp(lambda a: a, (x,), (number(1.0),)),
    "wanted 1 tangents": lambda x: func.jvp(lambda a: a, (x,), (x, x)),
    "must depend on the primals": lambda x: func.jvp(lambda a: number(1.0), (x,), (x,), strict=True),
    "independent of input 1": lambda x: functional.jacobian(lambda a, b: a, (x, x), strict=True),
    "independent of input 0": lambda x: functional.vjp(lambda a: number(1.0), x, number(1.0), strict=True),
    "wanted strategy": lambda x: functional.jacobian(lambda a: a, x, strategy="sideways"),
    "only Tensors of floating point dtype": lambda x: func.grad(lambda a: a.sum())(autograd.tensor([1, 2])),
}


def test_what_transforms_refuse():
    for message, call in MISTAKES.items():
        with pytest.raises((GraphError, ShapeError, SettingError, TypeError), match=message):
            call(vector(1.0, 2.0))


def test_forward_mode_of_the_functional_module():
    x = vector(0.3, 0.7)
    f = lambda a: (a[0] * a[1]).exp() * a
    rows = functional.jacobian(f, x)
    np.testing.assert_allclose(functional.jacobian(f, x, strategy="forward-mode").numpy(), rows.numpy())
    loss = lambda a: f(a).sum()
    matrix = functional.hessian(loss, x, outer_jacobian_strategy="forward-mode").numpy()
    np.testing.assert_allclose(matrix, functional.hessian(loss, x, strict=True).numpy())
