"""Transforms, sets and their registries: inverses undo, Jacobians are slopes, sets hold what they should.

The kind: every member of the table, in one test each; a new transform is a new row."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn.distributions as D
from autograd.errors import SettingError, ShapeError


def double(values, requires_grad=False):
    return autograd.tensor(np.asarray(values, np.float64), requires_grad=requires_grad)


C = D.constraints
X = [[0.3, -1.2, 0.8], [1.7, 0.1, -0.4]]
POSITIVE = [[0.3, 1.2, 0.8], [1.7, 0.1, 2.4]]
BIJECTIVE = {
    "exp": (lambda: D.ExpTransform(), X),
    "affine": (lambda: D.AffineTransform(double([0.5, 1.0, -1.0]), double([2.0, -0.5, 3.0])), X),
    "affine numbers": (lambda: D.AffineTransform(0.5, -2.0), X),
    "affine event": (lambda: D.AffineTransform(double([0.5, 1.0, -1.0]), double(2.0), event_dim=1), X),
    "power": (lambda: D.PowerTransform(double(2.5)), POSITIVE),
    "power falling": (lambda: D.PowerTransform(-0.5), POSITIVE),
    "sigmoid": (lambda: D.SigmoidTransform(), X),
    "softplus": (lambda: D.SoftplusTransform(), X),
    "tanh": (lambda: D.TanhTransform(), X),
    "cdf": (lambda: D.CumulativeDistributionTransform(D.Normal(double(0.3), double(2.0))), X),
    "stick breaking": (lambda: D.StickBreakingTransform(), X),
    "correlations": (lambda: D.CorrCholeskyTransform(), X),
    "reshape": (lambda: D.ReshapeTransform((2, 3), (3, 2)), X),
    "compose": (lambda: D.ComposeTransform([D.AffineTransform(0.1, 0.5), D.TanhTransform(), D.ExpTransform()]), X),
    "compose vectors": (lambda: D.ComposeTransform([D.AffineTransform(0.1, 0.5), D.StickBreakingTransform()]), X),
    "identity": (lambda: D.identity_transform, X),
    "independent": (lambda: D.IndependentTransform(D.ExpTransform(), 1), X),
    "stack": (lambda: D.StackTransform([D.ExpTransform(), D.TanhTransform(), D.SigmoidTransform()], 1), X),
    "cat": (lambda: D.CatTransform([D.ExpTransform(), D.TanhTransform()], -1, [1, 2]), X),
    "inverse": (lambda: D.ExpTransform().inv, POSITIVE),
}


def free(y, name):
    """The coordinates of y that determine it."""
    if name in ("stick breaking", "compose vectors"):
        return y[..., :-1]
    if name == "correlations":
        rows, columns = np.tril_indices(3, -1)
        return y[..., rows, columns]
    return y


@pytest.mark.parametrize("name", BIJECTIVE)
def test_bijective_transforms(name):
    make, values = BIJECTIVE[name]
    t, x = make(), double(values, requires_grad=True)
    y = t(x)
    assert t.bijective
    np.testing.assert_allclose(t.inv(y).detach().numpy(), values, rtol=1e-9, atol=1e-12)
    assert t.inv.inv is t or t.inv.inv == t
    assert tuple(t.forward_shape(x.shape)) == tuple(y.shape)
    assert tuple(t.inverse_shape(y.shape)) == tuple(x.shape)
    assert t.codomain.check(y.detach()).all()
    assert t.domain.check(x.detach()).all()
    # log |det dy/dx| of every event
    got = t.log_abs_det_jacobian(x, y)
    events = int(np.prod(x.shape[: x.ndim - t.domain.event_dim]))
    count = x.numel() // events
    jacobian = np.array([g.numpy().reshape(-1) for g in (
        autograd.grad(z, [x], retain_graph=True)[0] for z in free(t(x), name).reshape(-1))])  # fmt: skip
    wanted = [
        np.linalg.slogdet(jacobian[i * count : (i + 1) * count, i * count : (i + 1) * count])[1] for i in range(events)
    ]
    np.testing.assert_allclose(got.detach().numpy().reshape(-1), wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(t.inv.log_abs_det_jacobian(y, x).detach().numpy(), -got.detach().numpy(), rtol=1e-9)
    if name not in ("stick breaking", "compose vectors", "correlations", "reshape", "stack", "cat"):
        sign = np.sign(np.diagonal(jacobian).reshape(x.shape))
        assert (np.asarray(t.sign) == sign).all() if isinstance(t.sign, int) else (t.sign.numpy() == sign).all()
    assert autograd.gradcheck(lambda x: t.log_abs_det_jacobian(x, t(x)), (x,))
    for again in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t)):
        assert again(x).tolist() == y.tolist()
        assert again.inv(y).tolist() == t.inv(y).tolist()
    if name != "identity":
        cached = t.with_cache()
        z = cached(x)
        assert cached.inv(z) is x or name in ("affine event",) or cached.inv(z).tolist() == x.tolist()
        assert cached(x).tolist() == y.tolist()
    single = (
        make()(double(values).float()) if name in ("exp", "sigmoid", "tanh", "stick breaking", "correlations") else None
    )
    assert single is None or single.dtype == np.float32


def test_transforms_that_lose_something():
    x = double([[0.3, -1.2], [1.7, 0.1]])
    assert D.AbsTransform()(x).tolist() == [[0.3, 1.2], [1.7, 0.1]]
    assert D.AbsTransform().inv(x.abs()).tolist() == [[0.3, 1.2], [1.7, 0.1]]
    np.testing.assert_allclose(D.SoftmaxTransform()(x).sum(-1).numpy(), 1)
    y = D.SoftmaxTransform()(x)
    np.testing.assert_allclose(D.SoftmaxTransform()(D.SoftmaxTransform().inv(y)).numpy(), y.numpy())
    lower = D.LowerCholeskyTransform()(x)
    np.testing.assert_allclose(lower.numpy(), [[np.exp(0.3), 0], [1.7, np.exp(0.1)]])
    np.testing.assert_allclose(D.LowerCholeskyTransform().inv(lower).numpy(), [[0.3, 0], [1.7, 0.1]])
    definite = D.PositiveDefiniteTransform()(x)
    assert C.positive_definite.check(definite)
    np.testing.assert_allclose(D.PositiveDefiniteTransform().inv(definite).numpy(), [[0.3, 0], [1.7, 0.1]], atol=1e-12)
    for t in (D.AbsTransform(), D.SoftmaxTransform(), D.LowerCholeskyTransform(), D.PositiveDefiniteTransform()):
        assert not t.bijective
        with pytest.raises(NotImplementedError):
            t.log_abs_det_jacobian(x, x)
        with pytest.raises(NotImplementedError):
            t.sign  # noqa: B018


def test_extremes_stay_inside_and_finite():
    for dtype in (np.float32, np.float64):
        x = autograd.tensor(np.array([-800.0, -90, 0, 90, 800], dtype))
        for t in (D.SigmoidTransform(), D.TanhTransform(), D.SoftplusTransform(), D.StickBreakingTransform()):
            y = t(x)
            assert np.isfinite(y.numpy()).all()
            assert np.isfinite(t.log_abs_det_jacobian(x, y).numpy()).all(), t
        assert ((D.SigmoidTransform()(x) > 0) & (D.SigmoidTransform()(x) < 1)).all()
        assert C.simplex.check(D.StickBreakingTransform()(x))
        assert C.corr_cholesky.check(D.CorrCholeskyTransform()(x[1:4]))


SETS = {
    "real": (C.real, [0.0, np.inf], [np.nan]),
    "positive": (C.positive, [1e-300, np.inf], [0.0, -1.0, np.nan]),
    "nonnegative": (C.nonnegative, [0.0, 1.0], [-1e-300, np.nan]),
    "greater_than": (C.greater_than(1), [1.5], [1.0]),
    "greater_than_eq": (C.greater_than_eq(1), [1.0], [0.5]),
    "less_than": (C.less_than(1), [0.5], [1.0]),
    "interval": (C.interval(-1.0, 2.0), [-1.0, 2.0], [2.1, np.nan]),
    "half_open_interval": (C.half_open_interval(-1.0, 2.0), [-1.0, 1.9], [2.0]),
    "boolean": (C.boolean, [0.0, 1.0], [0.5]),
    "nonnegative_integer": (C.nonnegative_integer, [0.0, 3.0], [-1.0, 0.5]),
    "positive_integer": (C.positive_integer, [1.0, 3.0], [0.0, 1.5]),
    "integer_interval": (C.integer_interval(0, 3), [0.0, 3.0], [4.0, 0.5]),
    "multinomial": (C.multinomial(3), [[1.0, 2.0], [0.0, 3.0]], [[2.0, 2.0], [0.5, 2.5], [-1.0, 4.0]]),
    "one_hot": (C.one_hot, [[0.0, 1.0]], [[1.0, 1.0], [0.5, 0.5]]),
    "simplex": (C.simplex, [[0.25, 0.75]], [[0.5, 0.6], [-0.5, 1.5]]),
    "real_vector": (C.real_vector, [[1.0, 2.0]], [[1.0, np.nan]]),
    "square": (C.square, [[[1.0, 2.0], [3.0, 4.0]]], [[[1.0], [2.0]]]),
    "symmetric": (C.symmetric, [[[1.0, 2.0], [2.0, 4.0]]], [[[1.0, 2.0], [3.0, 4.0]]]),
    "positive_definite": (C.positive_definite, [[[1.0, 0.5], [0.5, 4.0]]],
                          [[[1.0, 3.0], [3.0, 4.0]], [[1.0, 1.0], [1.0, 1.0]]]),
    "positive_semidefinite": (C.positive_semidefinite, [[[2.0, 0.0], [0.0, 0.0]]], [[[1.0, 3.0], [3.0, 4.0]]]),
    "lower_triangular": (C.lower_triangular, [[[1.0, 0.0], [2.0, -1.0]]], [[[1.0, 1.0], [2.0, -1.0]]]),
    "lower_cholesky": (C.lower_cholesky, [[[1.0, 0.0], [2.0, 1.0]]], [[[1.0, 0.0], [2.0, -1.0]]]),
    "corr_cholesky": (C.corr_cholesky, [[[1.0, 0.0], [0.6, 0.8]]],
                      [[[1.0, 0.0], [0.6, 0.7]], [[-1.0, 0.0], [0.6, 0.8]]]),
    "cat": (C.independent(C.cat([C.positive, C.boolean], -1, [1, 2]), 1), [[2.0, 0.0, 1.0]],
            [[-1.0, 0.0, 1.0], [1.0, 0.5, 0.0]]),
    "stack": (C.independent(C.stack([C.positive, C.boolean], -1), 0), [[2.0, 1.0]], []),
    "mixture": (C.MixtureSameFamilyConstraint(C.positive), [1.0], [-1.0]),
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_sets_hold_what_they_should(name):
    constraint, inside, outside = SETS[name]
    for value in inside:
        assert constraint.check(double(value)).all(), value
    for value in outside:
        assert not constraint.check(double(value)).all(), value


@pytest.mark.parametrize(
    "constraint",
    [C.real, C.positive, C.nonnegative, C.greater_than(2.0), C.greater_than_eq(double([1.0, 2.0, 3.0])),
     C.less_than(-1.0), C.unit_interval, C.interval(-1.0, 4.0), C.half_open_interval(-1.0, 4.0), C.simplex,
     C.corr_cholesky, C.real_vector, C.independent(C.positive, 1), C.cat([C.positive, C.unit_interval], -1, [1, 2]),
     C.stack([C.positive, C.real, C.unit_interval], -1)],
    ids=repr,
)  # fmt: skip
def test_registries_lead_into_the_set(constraint):
    x = double(X, requires_grad=True)
    for registry in (D.biject_to, D.transform_to):
        y = registry(constraint)(x)
        assert constraint.check(y.detach()).all()
        autograd.grad(y.square().sum(), [x])
    t = D.biject_to(constraint)
    np.testing.assert_allclose(t.inv(t(x)).detach().numpy(), X, rtol=1e-9)
    assert np.isfinite(t.log_abs_det_jacobian(x, t(x)).detach().numpy()).all()


def test_registries_can_be_extended():
    class Even(C.Constraint):
        pass

    even = Even()
    with pytest.raises(NotImplementedError, match="Cannot transform Even constraints"):
        D.transform_to(even)
    D.transform_to.register(even, lambda constraint: D.ExpTransform())
    assert D.transform_to(even) == D.ExpTransform()
    with pytest.raises(
        TypeError, match="Expected constraint to be either a Constraint subclass or instance, but got 3"
    ):
        D.biject_to.register(3, None)(lambda constraint: None)
    for name in ("lower_cholesky", "positive_definite", "positive_semidefinite"):
        constraint = getattr(C, name)
        assert constraint.check(D.transform_to(constraint)(double([X, X])[..., :2])).all()


def test_dependent_sets():
    assert C.is_dependent(C.dependent)
    assert C.is_dependent(D.Pareto.support)
    assert not C.is_dependent(D.Pareto(1.0, 2.0).support)
    assert not C.is_dependent(C.real)
    assert D.Pareto.support.event_dim == 0
    assert not D.Pareto.support.is_discrete
    with pytest.raises(SettingError, match="Cannot determine validity of dependent constraint"):
        C.dependent.check(double(1.0))
    with pytest.raises(NotImplementedError, match="event_dim cannot be determined statically"):
        C.dependent.event_dim  # noqa: B018


def test_a_flow_learns_its_own_parameters():
    """Maximum likelihood through transforms: the scale and shift of a log-normal variable are found."""
    autograd.manual_seed(30)
    x = D.LogNormal(double(1.0), double(0.3)).sample((500,))
    loc, log_scale = double(0.0, requires_grad=True), double(0.0, requires_grad=True)
    optimizer = autograd.optim.Adam([loc, log_scale], lr=0.05)
    for _ in range(200):
        flow = D.TransformedDistribution(
            D.Normal(double(0.0), 1.0), [D.AffineTransform(loc, log_scale.exp()), D.ExpTransform()]
        )
        loss = -flow.log_prob(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loc.item() == pytest.approx(1.0, abs=0.05)
    assert log_scale.exp().item() == pytest.approx(0.3, abs=0.03)


def test_shapes_of_transformed_distributions():
    normal = D.Normal(double(X), 1.0)
    d = D.TransformedDistribution(normal, [D.ExpTransform()])
    assert (d.batch_shape, d.event_shape) == ((2, 3), ())
    d = D.TransformedDistribution(normal, D.StickBreakingTransform())
    assert (d.batch_shape, d.event_shape) == ((2,), (4,))
    assert d.expand((5, 2)).sample((7,)).shape == (7, 5, 2, 4)
    d = D.TransformedDistribution(D.Normal(double(0.0), 1.0), D.AffineTransform(double(X), 1.0))
    assert (d.batch_shape, d.event_shape) == ((2, 3), ())  # the parameters of a transform count too
    d = D.TransformedDistribution(D.Independent(normal, 1), [D.ReshapeTransform((3,), (1, 3)), D.ExpTransform()])
    assert (d.batch_shape, d.event_shape) == ((2,), (1, 3))
    assert d.log_prob(d.sample((4,))).shape == (4, 2)
    assert d.has_rsample
    assert not D.TransformedDistribution(D.Poisson(double(2.0)), D.AffineTransform(1.0, 2.0)).has_rsample
    with pytest.raises(ShapeError, match="base_distribution needs to have shape with size at least 1, but got"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform())
    with pytest.raises(SettingError, match="transforms must be a Transform or list, but was 3"):
        D.TransformedDistribution(normal, 3)
    d = D.TransformedDistribution(D.Uniform(double(0.0), double(1.0)), [D.AffineTransform(0.0, -1.0)])
    assert d.cdf(double(-0.75)).item() == pytest.approx(0.25)
    assert d.icdf(double(0.25)).item() == pytest.approx(-0.75)


def test_bad_transforms_are_refused():
    for call, error, text in [
        (lambda: D.ExpTransform(cache_size=2), SettingError, "cache_size must be 0 or 1"),
        (lambda: D.ReshapeTransform((2,), (3,)), ShapeError, "in_shape, out_shape have different numbers of elements"),
        (lambda: D.ReshapeTransform((2,), (1, 2)).forward_shape((3,)), ShapeError, "Shape mismatch: expected"),
        (lambda: D.CorrCholeskyTransform()(double([1.0, 2.0])), ShapeError, "not a flattened lower-diagonal number"),
        (lambda: D.CorrCholeskyTransform().inverse_shape((3, 2)), ShapeError, "Input is not square"),
        (lambda: D.StickBreakingTransform().forward_shape(()), ShapeError, "Too few dimensions on input"),
        (lambda: D.IndependentTransform(D.ExpTransform(), 1)(double(1.0)), ShapeError, "Too few dimensions on input"),
        (lambda: D.CatTransform([D.ExpTransform()], 0, [2])(double([1.0])), ShapeError, "wanted 2 elements along"),
        (lambda: D.StackTransform([D.ExpTransform()])(double([1.0, 2.0])), ShapeError, "wanted 1 slices along"),
        (lambda: D.StackTransform([1]), SettingError, "wanted Transforms, got int"),
        (lambda: D.CumulativeDistributionTransform(D.Dirichlet(double([1.0, 1.0]))), SettingError, "over numbers"),
    ]:
        with pytest.raises(error, match=text):
            call()
