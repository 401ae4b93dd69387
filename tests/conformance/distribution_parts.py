"""Of distributions: transforms, sets, and what is said to wrong arguments."""

from __future__ import annotations

from collections.abc import Iterator

TRANSFORMS = (
    ("ExpTransform()", "X(2, 3)"),
    ("AffineTransform(X(3), -P(3))", "X(2, 3)"),
    ("AffineTransform(0.5, -2.0)", "X(2, 3)"),
    ("AffineTransform(X(3), P(3), event_dim=1)", "X(2, 3)"),
    ("AffineTransform(0.5, 2.0, event_dim=2)", "X(4, 2, 3)"),
    ("PowerTransform(C(2.5))", "P(2, 3)"),
    ("PowerTransform(-P(3))", "P(2, 3)"),
    ("SigmoidTransform()", "X(2, 3)"),
    ("SoftplusTransform()", "X(2, 3)"),
    ("TanhTransform()", "X(2, 3)"),
    ("StickBreakingTransform()", "X(2, 3)"),
    ("StickBreakingTransform()", "X(1)"),
    ("CorrCholeskyTransform()", "X(2, 6)"),
    ("CorrCholeskyTransform()", "X(1)"),
    ("ReshapeTransform((2, 3), (6,))", "X(4, 2, 3)"),
    ("CumulativeDistributionTransform(D.Normal(X(3), P(3)))", "X(2, 3)"),
    ("CumulativeDistributionTransform(D.Exponential(P(3)))", "P(2, 3)"),
    ("IndependentTransform(D.ExpTransform(), 1)", "X(2, 3)"),
    ("ComposeTransform([D.ExpTransform(), D.AffineTransform(1.0, X(3)), D.TanhTransform()])", "X(2, 3) * 0.3"),
    ("ComposeTransform([D.AffineTransform(X(3), P(3)), D.StickBreakingTransform()])", "X(2, 3)"),
    ("ComposeTransform([])", "X(2, 3)"),
    ("StackTransform([D.ExpTransform(), D.SigmoidTransform(), D.AffineTransform(0.0, 2.0)], dim=1)", "X(2, 3)"),
    ("CatTransform([D.ExpTransform(), D.SigmoidTransform()], dim=-1, lengths=[1, 2])", "X(2, 3)"),
    ("CatTransform([D.ExpTransform(), D.SigmoidTransform()], dim=0)", "X(2, 3)"),
)
"""Bijective transforms, and where they are applied."""


def transforms() -> Iterator[str]:
    """Values, inverses, Jacobians, shapes."""
    for make, x in TRANSFORMS:
        yield f"(lambda t, x: [t(x), t.inv(t(x)), t.log_abs_det_jacobian(x, t(x))])(D.{make}, {x})"
        yield f"(lambda t, x: [t.inv.log_abs_det_jacobian(t(x), x), t.forward_shape(x.shape), t.inverse_shape(t(x).shape)])(D.{make}, {x})"
        yield f"(lambda t: [t.domain.event_dim, t.codomain.event_dim, int(t.bijective), int(t == t), int(t.inv.inv == t)])(D.{make})"
        if not any(name in make for name in ("Corr", "Stick", "Reshape", "Stack", "Cat")):
            yield f"D.{make}.sign * 1.0"
    for name in ("Softmax", "LowerCholesky", "PositiveDefinite", "Abs"):
        yield f"D.{name}Transform()(X(2, 3, 3))"
    yield "D.SoftmaxTransform().inv(X(2, 3).softmax(-1))"
    yield "D.LowerCholeskyTransform().inv(D.LowerCholeskyTransform()(X(2, 3, 3)))"
    yield "D.PositiveDefiniteTransform().inv(S(3, 2))"
    yield "D.AbsTransform().inv(P(3))"


SETS = (
    ("boolean", "C([0.0, 1.0, 0.5])"),
    ("one_hot", "C([[0.0, 1.0], [1.0, 1.0], [0.5, 0.5]])"),
    ("nonnegative_integer", "C([0.0, -1.0, 0.5, 3.0])"),
    ("positive_integer", "C([0.0, 1.0, 0.5, 3.0])"),
    ("integer_interval(-1, 2)", "C([0.0, -1.0, 0.5, 3.0])"),
    ("real", "C([0.0, float('nan'), float('inf')])"),
    ("positive", "C([0.0, -1.0, 1.0])"),
    ("nonnegative", "C([0.0, -1.0, 1.0])"),
    ("greater_than(1)", "C([0.0, 1.0, 2.0])"),
    ("greater_than_eq(1)", "C([0.0, 1.0, 2.0])"),
    ("less_than(1)", "C([0.0, 1.0, 2.0])"),
    ("unit_interval", "C([0.0, 1.0, 2.0])"),
    ("interval(-1.0, 3.0)", "C([0.0, -1.0, 3.0, 4.0])"),
    ("half_open_interval(0.0, 1.0)", "C([0.0, 1.0, 2.0])"),
    ("multinomial(3)", "C([[1.0, 2.0], [1.0, 1.0], [4.0, -1.0]])"),
    ("simplex", "C([[0.5, 0.5], [1.0, 1.0], [-0.5, 1.5]])"),
    ("lower_triangular", "C([[[1.0, 0.0], [1.0, -1.0]], [[1.0, 1.0], [0.0, 1.0]]])"),
    ("lower_cholesky", "C([[[1.0, 0.0], [1.0, -1.0]], [[1.0, 0.0], [0.0, 1.0]]])"),
    ("corr_cholesky", "C([[[1.0, 0.0], [0.6, 0.8]], [[1.0, 0.0], [0.5, 0.5]]])"),
    ("square", "C([[1.0, 0.0, 2.0], [0.6, 0.8, 2.0]])"),
    ("square", "C([[[1.0, 0.0], [0.6, 0.8]]])"),
    ("symmetric", "C([[[1.0, 0.5], [0.5, 0.8]], [[1.0, 0.0], [0.5, 0.5]]])"),
    ("positive_definite", "C([[[1.0, 0.5], [0.5, 0.8]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])"),
    ("positive_semidefinite", "C([[[1.0, 0.5], [0.5, 0.8]], [[2.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [2.0, 1.0]]])"),
    ("real_vector", "C([[1.0, float('nan')], [1.0, 1.0]])"),
    ("independent(D.constraints.positive, 2)", "C([[1.0, 2.0], [1.0, 0.0]])"),
    (
        "cat([D.constraints.positive, D.constraints.boolean], dim=-1, lengths=[1, 2])",
        "C([[1.0, 1.0, 2.0], [0.0, 0.0, 1.0]])",
    ),
    ("stack([D.constraints.positive, D.constraints.boolean], dim=0)", "C([[1.0, -1.0, 2.0], [0.0, 0.5, 1.0]])"),
    ("MixtureSameFamilyConstraint(D.constraints.positive)", "C([0.0, 1.0])"),
)
"""Sets, and what to look for in them."""

BOUNDED = (
    ("real", "X(2, 3)"),
    ("positive", "X(2, 3)"),
    ("nonnegative", "X(2, 3)"),
    ("greater_than(2.0)", "X(2, 3)"),
    ("greater_than_eq(X(3))", "X(2, 3)"),
    ("less_than(2.0)", "X(2, 3)"),
    ("unit_interval", "X(2, 3)"),
    ("interval(-1.0, 3.0)", "X(2, 3)"),
    ("half_open_interval(-1.0, 3.0)", "X(2, 3)"),
    ("simplex", "X(2, 3)"),
    ("corr_cholesky", "X(2, 3)"),
    ("real_vector", "X(2, 3)"),
    ("independent(D.constraints.positive, 1)", "X(2, 3)"),
    ("cat([D.constraints.positive, D.constraints.unit_interval], dim=-1, lengths=[1, 2])", "X(2, 3)"),
    ("stack([D.constraints.positive, D.constraints.real, D.constraints.unit_interval], dim=-1)", "X(2, 3)"),
)
"""Sets, and real numbers that are led into them."""


def constraints() -> Iterator[str]:
    """Members of sets, and the transforms of the registries."""
    for make, value in SETS:
        yield f"(lambda c: [c.check({value}), c.event_dim, int(c.is_discrete)])(D.constraints.{make})"
    for make, value in BOUNDED:
        for registry in ("biject_to", "transform_to"):
            yield f"D.{registry}(D.constraints.{make})({value})"
        yield f"(lambda t, x: t.log_abs_det_jacobian(x, t(x)))(D.biject_to(D.constraints.{make}), {value})"
    for name in ("lower_cholesky", "positive_definite", "positive_semidefinite"):
        yield f"D.transform_to(D.constraints.{name})(X(2, 3, 3))"


ERRORS = (
    ("D.Normal(X(3), -P(3))", r"Expected parameter scale \(Tensor of shape \(3,\)\) of distribution Normal\(.*\) to satisfy the constraint GreaterThan\(lower_bound=0.0\), but found invalid values:"),
    ("D.Normal(X(3) * float('nan'), P(3))", r"Expected parameter loc .* to satisfy the constraint Real\(\), but found invalid values:"),
    ("D.Normal(X(3), P(2))", None),
    ("D.Normal('0', 1.0)", "Input arguments must all be instances of Number"),
    ("D.Normal(X(3), P(3)).log_prob(X(2))", r"Value is not broadcastable with batch_shape\+event_shape:"),
    ("D.Normal(0.0, 1.0).log_prob(X(2) * float('nan'))", r"Expected value argument \(Tensor of shape \(2,\)\) to be within the support \(Real\(\)\) of the distribution Normal\(.*\), but found invalid values:"),
    ("D.LogNormal(0.0, 1.0).log_prob(-P(2))", r"to be within the support \(GreaterThan\(lower_bound=0.0\)\) of the distribution LogNormal\("),
    ("D.Uniform(1.0, 0.0)", r"Expected parameter low .* to satisfy the constraint LessThan\(upper_bound=0.0\)"),
    ("D.Uniform(0.0, 1.0).log_prob(C([1.5]))", r"to be within the support \(Interval\(lower_bound=0.0, upper_bound=1.0\)\)"),
    ("D.Exponential(0.0)", r"to satisfy the constraint GreaterThan\(lower_bound=0.0\)"),
    ("D.Exponential(1.0).log_prob(-P(2))", r"to be within the support \(GreaterThanEq\(lower_bound=0.0\)\)"),
    ("D.Bernoulli(1.5)", r"Expected parameter probs .* to satisfy the constraint Interval\(lower_bound=0.0, upper_bound=1.0\)"),
    ("D.Bernoulli()", "Either `probs` or `logits` must be specified, but not both."),
    ("D.Bernoulli(0.5, 0.5)", "Either `probs` or `logits` must be specified, but not both."),
    ("D.Bernoulli(0.5).log_prob(Q(2))", r"to be within the support \(Boolean\(\)\)"),
    ("D.Geometric(0.0)", "to be positive but found invalid values:"),
    ("D.Geometric(0.5).log_prob(C([0.5]))", r"to be within the support \(IntegerGreaterThan\(lower_bound=0\)\)"),
    ("D.Poisson(-1.0)", r"Expected parameter rate .* to satisfy the constraint GreaterThanEq\(lower_bound=0.0\)"),
    ("D.Binomial(3, 0.5).log_prob(C([4.0]))", r"to be within the support \(IntegerInterval\(lower_bound=0, upper_bound="),
    ("D.Categorical(C([1.0, -0.5]))", r"Expected parameter probs .* to satisfy the constraint Simplex\(\)"),
    ("D.Categorical(logits=X(2, 3) * float('nan'))", r"Expected parameter logits \(Tensor of shape \(2, 3\)\) of distribution Categorical\(logits: .*\) to satisfy the constraint IndependentConstraint\(Real\(\), 1\), but found invalid values:"),
    ("D.Categorical(P())", "`probs` parameter must be at least one-dimensional."),
    ("D.Categorical(P(3)).log_prob(C([3], 'int64'))", r"to be within the support \(IntegerInterval\(lower_bound=0, upper_bound=2\)\)"),
    ("D.Categorical(P(2, 3)).log_prob(I(3, 5))", "Value is not broadcastable"),
    ("D.OneHotCategorical(P(3)).log_prob(C([1.0, 1.0, 0.0]))", r"to be within the support \(OneHot\(\)\)"),
    ("D.OneHotCategorical(P(3)).log_prob(C([1.0, 0.0]))", "The right-most size of value must match event_shape:"),
    ("D.MultivariateNormal(X(2), -S(2))", r"Expected parameter covariance_matrix .* to satisfy the constraint PositiveDefinite\(\)"),
    ("D.MultivariateNormal(X(2), scale_tril=S(2))", r"Expected parameter scale_tril .* to satisfy the constraint LowerCholesky\(\)"),
    ("D.MultivariateNormal(X(2))", "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified"),
    ("D.MultivariateNormal(X(), S(2))", "loc must be at least one-dimensional."),
    ("D.MultivariateNormal(X(2), P(2))", "must be at least two-dimensional, with optional leading batch dimensions"),
    ("D.kl_divergence(D.MultivariateNormal(X(2), S(2)), D.MultivariateNormal(X(3), S(3)))", "different event shapes cannot be computed"),
    ("D.Independent(D.Normal(X(3), P(3)), 2)", r"Expected reinterpreted_batch_ndims <= len\(base_distribution.batch_shape\)"),
    ("D.Independent(D.Normal(X(3), P(3)), 1).log_prob(X(3) * float('nan'))", r"to be within the support \(Real\(\)\)"),
    ("D.Dirichlet(P(3)).log_prob(C([0.5, 0.6, 0.2]))", r"to be within the support \(Simplex\(\)\)"),
    ("D.Dirichlet(-P(3))", r"to satisfy the constraint IndependentConstraint\(GreaterThan\(lower_bound=0.0\), 1\)"),
    ("D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(X(3), P(3)))", "The Mixture distribution needs to be an +instance of"),
    ("D.MixtureSameFamily(D.Categorical(P(3)), 1.0)", "The Component distribution needs to be an instance of"),
    ("D.MixtureSameFamily(D.Categorical(P(2)), D.Normal(X(3), P(3)))", r"`mixture_distribution component` \(2\) does not equal `component_distribution.batch_shape\[-1\]` \(3\)"),
    ("D.MixtureSameFamily(D.Categorical(P(2, 3)), D.Normal(X(4, 3), P(3)))", r"`mixture_distribution.batch_shape` \(.*\) is not compatible with `component_distribution.batch_shape`"),
    ("D.kl_divergence(D.Cauchy(0.0, 1.0), D.Bernoulli(0.5))", r"No KL\(p \|\| q\) is implemented for p type Cauchy and q type Bernoulli"),
    ("D.Normal(0.0, 1.0).enumerate_support()", None),
    ("D.Chi2(-1.0)", r"Expected parameter df .* to satisfy the constraint GreaterThan\(lower_bound=0.0\)"),
    ("D.StudentT(-1.0)", r"Expected parameter df .* to satisfy the constraint GreaterThan\(lower_bound=0.0\)"),
    ("D.HalfNormal(-1.0)", r"Expected parameter scale .* to satisfy the constraint GreaterThan\(lower_bound=0.0\)"),
    ("D.HalfNormal(1.0).log_prob(-P(2))", r"to be within the support \(GreaterThanEq\(lower_bound=0.0\)\) of the distribution HalfNormal\("),
    ("D.HalfCauchy(1.0).log_prob(-P(2))", r"to be within the support \(GreaterThanEq\(lower_bound=0.0\)\)"),
    ("D.LKJCholesky(1)", "Expected dim to be an integer greater than or equal to 2. Found dim=1."),
    ("D.LKJCholesky(2, -1.0)", None),
    ("D.LKJCholesky(2).log_prob(X(2, 2))", r"to be within the support \(CorrCholesky\(\)\)"),
    ("D.Wishart(C(0.5), S(2))", "Value of df=.* expected to be greater than ndim - 1 = 1."),
    ("D.Wishart(C(3.0))", "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified"),
    ("D.Wishart(C(3.0), P(2))", "must be at least two-dimensional, with optional leading batch dimensions"),
    ("D.Wishart(C(3.0), -S(2))", r"Expected parameter covariance_matrix .* to satisfy the constraint PositiveDefinite\(\)"),
    ("D.Wishart(C(3.0), S(2)).log_prob(-S(2))", r"to be within the support \(PositiveDefinite\(\)\)"),
    ("D.Pareto(1.0, 2.0).log_prob(C(0.5))", r"to be within the support \(GreaterThanEq\(lower_bound=1.0\)\) of the distribution Pareto\(alpha: 2.0, scale: 1.0\)"),
    ("D.Weibull(1.0, 2.0).log_prob(C(-0.5))", r"to be within the support \(GreaterThan\(lower_bound=0.0\)\)"),
    ("D.InverseGamma(1.0, 2.0).log_prob(C(-0.5))", r"to be within the support \(GreaterThan\(lower_bound=0.0\)\)"),
    ("D.FisherSnedecor(1.0, 2.0).log_prob(C(-0.5))", r"to be within the support \(GreaterThan\(lower_bound=0.0\)\)"),
    ("D.Kumaraswamy(1.0, 2.0).log_prob(C(1.5))", r"to be within the support \(Interval\(lower_bound=0.0, upper_bound=1.0\)\)"),
    ("D.ContinuousBernoulli(0.5).log_prob(C(1.5))", r"to be within the support \(Interval\(lower_bound=0.0, upper_bound=1.0\)\)"),
    ("D.ContinuousBernoulli()", "Either `probs` or `logits` must be specified, but not both."),
    ("D.ContinuousBernoulli(1.5, validate_args=True)", "The parameter probs has invalid values"),
    ("D.NegativeBinomial(3, 0.5).log_prob(C(0.5))", r"to be within the support \(IntegerGreaterThan\(lower_bound=0\)\)"),
    ("D.NegativeBinomial(3, 1.0)", r"Expected parameter probs .* to satisfy the constraint HalfOpenInterval\(lower_bound=0.0, upper_bound=1.0\)"),
    ("D.NegativeBinomial(-3, 0.5)", r"Expected parameter total_count .* to satisfy the constraint GreaterThanEq\(lower_bound=0\)"),
    ("D.Multinomial(3, P(3)).log_prob(C([1.0, 1.0, 2.0]))", r"to be within the support \(Multinomial\(\)\)"),
    ("D.Multinomial(C([3, 4]), P(2, 3))", "inhomogeneous total_count is not supported"),
    ("D.VonMises(C(0.0), C(-1.0))", r"Expected parameter concentration .* to satisfy the constraint GreaterThan\(lower_bound=0.0\)"),
    ("D.GeneralizedPareto(0.0, 1.0, 0.5).log_prob(C(-1.0))", r"to be within the support \(Interval\(lower_bound=0.0, upper_bound=inf\)\)"),
    ("D.LowRankMultivariateNormal(X(), X(2, 1), P(2))", "loc must be at least one-dimensional."),
    ("D.LowRankMultivariateNormal(X(2), X(2), P(2))", "cov_factor must be at least two-dimensional, with optional leading batch dimensions"),
    ("D.LowRankMultivariateNormal(X(2), X(3, 1), P(2))", "cov_factor must be a batch of matrices with shape 2 x m"),
    ("D.LowRankMultivariateNormal(X(2), X(2, 1), P(3))", "cov_diag must be a batch of vectors with shape"),
    ("D.LogisticNormal(X(2), P(2)).log_prob(C([0.5, 0.6, 0.2]))", r"to be within the support \(Simplex\(\)\)"),
    ("D.TransformedDistribution(D.Normal(0.0, 1.0), 3)", "transforms must be a Transform or list, but was 3"),
    ("D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform())", "base_distribution needs to have shape with size at least 1, but got"),
    ("D.TransformedDistribution(D.Normal(0.0, 1.0), D.ExpTransform()).log_prob(C(-1.0))", r"to be within the support \(GreaterThan\(lower_bound=0.0\)\)"),
    ("D.TransformedDistribution(D.Normal(X(3), P(3)), D.AbsTransform()).log_prob(P(3))", None),
    ("D.transform_to(D.constraints.dependent)", "Cannot transform _?Dependent constraints"),
    ("D.biject_to(D.constraints.lower_cholesky)", "Cannot transform _?LowerCholesky constraints"),
    ("D.constraints.dependent.check(X(2))", "Cannot determine validity of dependent constraint"),
    ("D.biject_to.register(3, 4)", "Expected constraint to be either a Constraint subclass or instance, but got 3"),
    ("D.ReshapeTransform((2,), (3,))", "in_shape, out_shape have different numbers of elements"),
    ("D.ReshapeTransform((2,), (1, 2)).forward_shape((3,))", "Shape mismatch: expected"),
    ("D.ExpTransform(cache_size=3)", "cache_size must be 0 or 1"),
    ("D.AbsTransform().log_abs_det_jacobian(X(2), P(2))", None),
    ("D.SoftmaxTransform().sign", None),
    ("D.IndependentTransform(D.ExpTransform(), 1)(X())", "Too few dimensions on input"),
    ("D.StickBreakingTransform().forward_shape(())", "Too few dimensions on input"),
    ("D.CorrCholeskyTransform().forward_shape((4,))", "Input is not a flattened lower-diagonal number"),
    ("D.CorrCholeskyTransform().inverse_shape((4, 3))", "Input is not square"),
    ("D.kl_divergence(D.TransformedDistribution(D.Normal(0.0, 1.0), D.ExpTransform()), D.TransformedDistribution(D.Normal(0.0, 1.0), D.TanhTransform()))", None),
    ("D.Distribution(validate_args=False).perplexity()", None),
    ("D.Normal(X(3), P(3)).expand((4,))", None),
)  # fmt: skip
"""Expressions that both refuse, and what both must say (None: what they say is their own)."""
