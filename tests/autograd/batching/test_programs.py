"""Maps, gradients and forward mode inside each other, and what a mapped function may do besides operations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd
import nn
from autograd import func, functional
from autograd.errors import GraphError, InplaceError, ShapeError
from autograd.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap
from autograd.op import op

W = autograd.tensor(np.random.default_rng(0).standard_normal((4, 3)))
X = autograd.tensor(np.random.default_rng(1).standard_normal((5, 3)))


def curve(x):
    return (W @ x).tanh() ** 2


def energy(x):
    return curve(x).sum() * x.sin().sum()


def assert_close(a, b, rtol=1e-10):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol, rtol)


def looped(function, xs):
    return autograd.stack([function(x) for x in xs])


def test_jacobians_by_rows_and_by_columns():
    a, b = jacrev(curve)(X[0]), jacfwd(curve)(X[0])
    assert a.shape == (4, 3)
    assert_close(a, b)
    for chunk in (1, 3, 9):
        assert_close(jacrev(curve, chunk_size=chunk)(X[0]), a)
        assert_close(jacfwd(curve, chunk_size=chunk)(X[0]), a)


@pytest.mark.parametrize("transforms", list(itertools.product((jacrev, jacfwd), repeat=3)))
def test_third_derivatives_in_any_order(transforms):
    first, second, third = transforms
    assert_close(second(third(energy))(X[0]), hessian(energy)(X[0]))
    expected = jacrev(hessian(energy))(X[0])
    assert_close(first(second(third(energy)))(X[0]), expected)
    assert_close(vmap(second(third(energy)))(X), looped(hessian(energy), X))


def test_nests_of_maps_and_gradients():
    pairs = vmap(lambda p: vmap(grad(lambda q: (p * q).sum().exp()))(X))(X)
    for i, j in itertools.product(range(5), repeat=2):
        assert_close(pairs[i, j], X[i] * (X[i] * X[j]).sum().exp())
    along = jvp(lambda x: vmap(grad(energy))(x), (X,), (X * 2,))[1]
    assert_close(along, autograd.stack([jvp(grad(energy), (x,), (x * 2,))[1] for x in X]))
    assert_close(vmap(lambda x: vjp(curve, x)[1](autograd.ones(4))[0])(X), looped(grad(lambda x: curve(x).sum()), X))
    assert_close(grad(lambda x: vmap(energy)(x).sum())(X), looped(grad(energy), X))
    inside = vmap(lambda x: jvp(lambda y: vmap(lambda a: a * y.sum())(y), (x,), (x,))[1])(X)
    assert_close(inside, looped(lambda x: 2 * x * x.sum(), X))


def test_what_is_closed_over_stays_differentiable():
    w = autograd.tensor(W.numpy(), requires_grad=True)
    vmap(lambda x: (w @ x).exp().sum())(X).sum().backward()
    expected = grad(lambda w: (X @ w.T).exp().sum())(W)
    assert_close(w.grad, expected)
    rows = vmap(lambda x: autograd.grad((w @ x).exp().sum(), w)[0])(X)
    assert_close(rows, looped(lambda x: grad(lambda w: (w @ x).exp().sum())(W), X))


def test_gradients_of_several_cotangents_at_once():
    x = autograd.tensor(X[0].numpy(), requires_grad=True)
    u = autograd.tensor(np.eye(4))
    (rows,) = autograd.grad(curve(x), x, u, is_grads_batched=True)
    assert_close(rows, jacrev(curve)(X[0]))
    assert_close(functional.jacobian(curve, X[0], vectorize=True), rows)
    assert_close(functional.hessian(energy, X[0], vectorize=True), hessian(energy)(X[0]))
    (graph,) = autograd.grad(curve(x), x, u, is_grads_batched=True, create_graph=True)
    assert graph.requires_grad
    assert (
        autograd.grad(curve(x), (x, autograd.ones(1, requires_grad=True)), u, None, False, True, True, True)[1] is None
    )


def test_per_sample_gradients_of_a_module():
    autograd.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.GroupNorm(1, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3)
    )
    images, labels = autograd.randn(4, 1, 8, 8), autograd.tensor([0, 2, 1, 1])
    parameters = {name: p.detach() for name, p in net.named_parameters()}

    def loss(parameters, image, label):
        z = func.functional_call(net, parameters, (image.unsqueeze(0),))
        return nn.functional.cross_entropy(z, label.unsqueeze(0))

    grads = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, images, labels)
    for i in range(4):
        for name, g in grad(loss)(parameters, images[i], labels[i]).items():
            assert_close(grads[name][i], g, 1e-5)


def test_an_ensemble_trains_as_its_members():
    models = [nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1)) for _ in range(3)]
    parameters, buffers = func.stack_module_state(models)
    x = autograd.randn(6, 3)

    def loss(parameters, buffers):
        return (func.functional_call(models[0], (parameters, buffers), (x,)) ** 2).mean()

    constants = {name: p.detach() for name, p in parameters.items()}
    grads = vmap(grad(loss))(constants, buffers)
    for i, model in enumerate(models):
        own = {name: p.detach() for name, p in model.named_parameters()}
        rest = {name: b.clone() for name, b in model.named_buffers()}
        for name, g in grad(loss)(own, rest).items():
            assert_close(grads[name][i], g, 1e-4)
        assert_close(buffers["1.running_mean"][i], rest["1.running_mean"], 1e-5)


def test_writes_in_place():
    def write(x, k):
        y = x * 1
        y[0] = x[1]
        y[1:] += 2
        row = y[2:]
        row *= x[0]
        z = autograd.zeros_like(x)
        z.copy_(y)
        z[k] = x.sum()
        return z

    k = autograd.tensor([0, 1, 2, 1, 0])
    assert_close(vmap(write)(X, k), autograd.stack([write(x, int(i)) for x, i in zip(X, k, strict=True)]))
    got = vmap(grad(lambda x, k: (write(x, k) ** 2).sum()))(X, k)
    assert_close(
        got, autograd.stack([grad(lambda x, i=i: (write(x, int(i)) ** 2).sum())(x) for x, i in zip(X, k, strict=True)])
    )
    assert_close(jvp(lambda x: write(x, 1), (X[0],), (X[1],))[1], jacrev(lambda x: write(x, 1))(X[0]) @ X[1])
    with pytest.raises(InplaceError, match="not mapped over"):
        vmap(lambda x: autograd.zeros(3).add_(x))(X)


def test_mapped_indices_and_numpy():
    k = autograd.tensor([0, 2, 1, 1, 0])
    table = autograd.tensor(np.arange(12.0).reshape(3, 4))
    assert_close(vmap(lambda k: table[k])(k), table[k])
    assert_close(vmap(lambda k: table[:, k])(k), table[:, k].T)
    assert_close(vmap(lambda x, k: x[k])(X, k), X[autograd.arange(5), k])
    assert_close(
        vmap(lambda x: np.sin(x) + np.where(x > 0, x, 0) + np.cumsum(x, 0))(X), X.sin() + X.relu() + X.cumsum(1)
    )
    assert_close(vmap(lambda x: x.sort().values + x[x.argsort()])(X), 2 * X.sort(1).values)
    assert vmap(lambda x: x.argmax())(X).tolist() == X.argmax(1).tolist()


def test_programs_and_compiled_functions():
    slopes = vmap(grad(energy))
    assert_close(autograd.compile(slopes)(X), slopes(X))
    assert_close(vmap(autograd.compile(energy))(X), vmap(energy)(X))
    program = autograd.capture(vmap(energy), X)
    assert_close(program(X * 2), vmap(energy)(X * 2))
    for transform in (jacrev, jacfwd, hessian, lambda f: lambda x: jvp(f, (x,), (x,))[1]):
        program = autograd.capture(transform(energy), X[0])
        assert_close(program(X[1]), transform(energy)(X[1]))


def test_leaves_that_are_made_inside():
    def own(x):
        y = x.detach().requires_grad_()
        return autograd.grad(energy(y), y)[0]

    assert_close(vmap(own)(X), looped(grad(energy), X))


def test_random_numbers():
    same = vmap(lambda x: x * 0 + autograd.rand(3), randomness="same")(X)
    assert (same == same[0]).all()
    different = vmap(lambda x: nn.functional.dropout(x * 0 + 1, 0.5), randomness="different", in_dims=0)(
        autograd.ones(64, 64)
    )
    assert len({tuple(row) for row in different.tolist()}) == 64
    chunked = vmap(lambda x: x * 0 + autograd.rand(3), randomness="same", chunk_size=2)(X)
    assert (chunked == chunked[0]).all()


def test_what_depends_on_a_slice_is_refused_with_its_line():
    with pytest.raises(GraphError, match=rf"{__file__}.*where\(condition, a, b\)"):
        vmap(lambda x: x if x.sum() > 0 else -x)(X)
    with pytest.raises(GraphError, match=r"float\(\) of a mapped value"):
        vmap(lambda x: x * float(x[0]))(X)
    with pytest.raises(GraphError, match="the array of a mapped value"):
        vmap(lambda x: x.numpy())(X)
    with pytest.raises(GraphError, match=r"Their number differs: use where\(mask, a, b\)"):
        vmap(lambda x: x[x > 0])(X)
    with pytest.raises(GraphError, match="backward"):
        vmap(lambda x: (x * autograd.ones(3, requires_grad=True)).sum().backward())(X)
    with pytest.raises(ShapeError):
        vmap(lambda x: x.reshape(2))(X)
    assert vmap(lambda x: x * 2)(X).shape == (5, 3)  # nothing is left behind


def test_an_operation_of_a_user():
    double = op("double_each", lambda x: x * 2, dx=lambda dz: dz * 2)
    with pytest.warns(UserWarning, match="'double_each' has no batch rule"):
        assert_close(vmap(double)(X), X * 2)
    ruled = op("triple", lambda x: x * 3, dx=lambda dz: dz * 3, batch="each", push="linear")
    assert_close(vmap(grad(lambda x: ruled(x).sum()))(X), autograd.full((5, 3), 3.0))
    assert_close(jvp(ruled, (X,), (X,))[1], X * 3)
    assert_close(jvp(double, (X,), (X,))[1], X * 2)


def test_memory_of_a_jacobian_by_chunks():
    import tracemalloc

    n = 400
    a = autograd.tensor(np.random.default_rng(0).standard_normal((n, n)))
    x = autograd.ones(n, dtype=np.float64)
    function = jacrev(lambda x: (a @ x).tanh(), chunk_size=20)
    function(x)
    tracemalloc.start()
    try:
        jacobian = function(x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert jacobian.shape == (n, n)
    chunk = 20 * n * 8
    assert peak < n * n * 8 + 8 * chunk
