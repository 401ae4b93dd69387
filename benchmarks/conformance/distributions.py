"""Distributions to compare: what each computes, divergences, shapes of draws, and what they say to wrong arguments."""

from __future__ import annotations

from collections.abc import Iterator

LOCATION_SCALE = (
    ("X(3), P(3)", "X(3)"),
    ("X(3, 1), P(4)", "X(2, 3, 4)"),
    ("0.5, P(3)", "X(2, 3)"),
    ("X(3), 2.0", "X(1)"),
    ("X(), P()", "X()"),
    ("0.5, 2.0", "C([0.2, 0.5, 0.9], 'float32')"),
    ("X(2, 0), P(0)", "X(2, 0)"),
)
PROBABILITY = (
    ("Q(3)", "B(3).to(N(1).dtype)"),
    ("probs=Q(3, 1)", "B(2, 3, 4).to(N(1).dtype)"),
    ("logits=X(4) * 3", "B(3, 4).to(N(1).dtype)"),
    ("logits=X()", "B().to(N(1).dtype)"),
    ("0.25", "B(3).to(torch.float32)"),
    ("logits=0.25", "B(3).to(torch.float32)"),
    ("C([0.0, 1.0, 0.5])", "C([0.0, 1.0, 1.0])"),
)
CLASSES = (
    ("P(4)", "I(4, 3)"),
    ("probs=P(3, 4)", "I(4, 3)"),
    ("logits=X(3, 4)", "I(4, 2, 3)"),
    ("logits=X(2, 1, 4)", "I(4, 3)"),
    ("logits=X(4) * 30", "I(4)"),
    ("C([0.0, 0.3, 0.7])", "I(3, 5)"),
    ("logits=X(4) + C([0.0, 0.0, -1e8, 0.0])", "I(2, 3)"),
)

CASES: dict[str, tuple[tuple[str, str], ...]] = {
    "Normal": LOCATION_SCALE,
    "Laplace": LOCATION_SCALE,
    "Gumbel": LOCATION_SCALE,
    "Cauchy": LOCATION_SCALE,
    "LogNormal": tuple((parameters, value.replace("X", "P")) for parameters, value in LOCATION_SCALE),
    "Uniform": (
        ("U(3) - 1, U(3) + 2", "U(2, 3) * 0.1 + 0.5"),
        ("-1.0, P(3)", "U(3) * 0.3"),
        ("0.0, 1.0", "Q(5)"),
        ("C([0.0]), C([1.0])", "C([0.0, 0.5, 1.0])"),
    ),
    "Exponential": (("P(3)", "P(2, 3)"), ("P()", "P()"), ("2.0", "C([0.2, 0.5, 0.9], 'float32')"), ("P(3)", "C([0.0, 1.0, 2.0])")),
    "Poisson": (("P(3)", "I(6, 2, 3).to(N(1).dtype)"), ("P()", "C([0.0, 7.0])"), ("2.5", "C([0.0, 3.0, 30.0], 'float32')"), ("C([0.0, 1.0])", "C([0.0, 0.0])")),
    "Gamma": (("P(3), P(3)", "P(2, 3)"), ("P(3, 1), 0.5", "P(4)"), ("P(), P()", "P()"), ("1.0, 2.0", "C([0.2, 0.5, 0.9], 'float32')")),
    "Beta": (("P(3), P(3)", "Q(2, 3)"), ("P(3, 1), 0.5", "Q(4)"), ("A(), A()", "Q()"), ("A(3), A(2, 1)", "Q(2, 3)"), ("1.5, 2.0", "C([0.2, 0.5, 0.9], 'float32')")),
    "Dirichlet": (("A(4)", "X(4).softmax(-1)"), ("A(3, 4)", "X(2, 3, 4).softmax(-1)"), ("P(2, 3)", "X(3).softmax(-1)")),
    "Bernoulli": PROBABILITY,
    "Geometric": (
        ("Q(3)", "I(6, 2, 3).to(N(1).dtype)"),
        ("logits=X(3)", "I(6, 2, 3).to(N(1).dtype)"),
        ("0.25", "C([0.0, 3.0], 'float32')"),
        ("C([1.0, 0.5])", "C([0.0, 2.0])"),
    ),
    "Binomial": (
        ("5, Q(3)", "I(6, 2, 3).to(N(1).dtype)"),
        ("I(2, 3) + 4, Q(3)", "I(5, 2, 3).to(N(1).dtype)"),
        ("4, logits=X(2, 3)", "I(5, 3).to(N(1).dtype)"),
    ),
    "Categorical": CLASSES,
    "OneHotCategorical": tuple((p, f"F.one_hot({v}, 4).to(N(1).dtype)") for p, v in CLASSES if "0.3" not in p),
    "MultivariateNormal": (
        ("X(3), S(3)", "X(3)"),
        ("X(3), scale_tril=(S(3) / 3).tril()", "X(2, 4, 3)"),
        ("X(3), precision_matrix=S(3)", "X(5, 3)"),
        ("X(2, 3), S(3)", "X(4, 2, 3)"),
        ("X(3), S(3, 2)", "X(4, 2, 3)"),
        ("X(4, 1, 3), scale_tril=(S(3, 2) / 3).tril()", "X(5, 4, 2, 3)"),
        ("X(2, 3), S(3, 2)", "X(3)"),
        ("X(1), S(1)", "X(6, 1)"),
    ),
    "Independent": (
        ("D.Normal(X(2, 3), P(3)), 1", "X(4, 2, 3)"),
        ("D.Normal(X(2, 3), P(3)), 2", "X(2, 3)"),
        ("D.Normal(X(3), P(3)), 0", "X(2, 3)"),
        ("D.Bernoulli(logits=X(2, 3)), 1", "B(4, 2, 3).to(N(1).dtype)"),
        ("D.MultivariateNormal(X(2, 3), S(3)), 1", "X(4, 2, 3)"),
    ),
    "MixtureSameFamily": (
        ("D.Categorical(P(3)), D.Normal(X(3), P(3))", "X(4)"),
        ("D.Categorical(logits=X(2, 3)), D.Normal(X(2, 3), P(3))", "X(4, 2)"),
        ("D.Categorical(P(2)), D.Independent(D.Normal(X(2, 3), P(2, 3)), 1)", "X(4, 3)"),
        ("D.Categorical(P(2)), D.MultivariateNormal(X(2, 3), S(3))", "X(4, 3)"),
        ("D.Categorical(P(3)), D.Bernoulli(Q(3))", "B(4).to(N(1).dtype)"),
    ),
    "RelaxedBernoulli": (("P(), logits=X(3)", "Q(2, 3)"), ("C([0.5]), probs=Q(3)", "Q(3)"), ("P(1), logits=X()", "Q(3)")),
    "RelaxedOneHotCategorical": (("P(), logits=X(4)", "X(2, 4).softmax(-1)"), ("P(1), probs=P(3, 4)", "X(2, 3, 4).softmax(-1)")),
}  # fmt: skip
"""Family -> (parameters, a value) of what is compared."""

WITHOUT = {
    "Gumbel": ("cdf", "icdf"),  # PyTorch clips uniform numbers inside
    "Poisson": ("entropy", "perplexity", "cdf", "icdf"),
    "Gamma": ("cdf", "icdf"),
    "MixtureSameFamily": ("entropy", "perplexity", "mode", "icdf"),
    "Independent": ("cdf", "icdf", "stddev"),
    **dict.fromkeys(("RelaxedBernoulli", "RelaxedOneHotCategorical"), ("entropy", "perplexity", "mean", "variance", "stddev", "mode", "cdf", "icdf")),
    **dict.fromkeys(("Beta", "Dirichlet", "Bernoulli", "Geometric", "Binomial", "Categorical", "OneHotCategorical", "MultivariateNormal"), ("cdf", "icdf")),
}  # fmt: skip
"""What PyTorch does not have, or computes in another way."""

OTHERS: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(
        ("Normal", "LogNormal", "Laplace", "Gumbel", "Cauchy"),
        (("X(3), P(3)", "X(3), P(3)"), ("X(3, 1), P(4)", "0.5, 2.0"), ("0.5, 2.0", "X(), P()")),
    ),
    "Uniform": (("U(3), P(3) + 1", "-P(3) - 1, P(3) + 4"), ("C([0.0, 0.5]), C([1.0, 0.8])", "U(2) * 0.1, C([1.0, 0.7])")),
    "Exponential": (("P(3)", "P(2, 3)"), ("2.0", "0.5")),
    "Poisson": (("P(3)", "P(2, 3)"),),
    "Gamma": (("P(3), P(3)", "P(3), P(2, 3)"), ("1.0, 2.0", "0.5, 3.0")),
    "Beta": (("P(3), P(3)", "A(3), P(2, 3)"),),
    "Dirichlet": (("P(4)", "A(4)"), ("P(3, 4)", "P(4)")),
    "Bernoulli": (("Q(3)", "Q(3)"), ("logits=X(3)", "Q(3)"), ("C([0.0, 1.0, 0.5, 0.5, 0.0])", "C([0.0, 1.0, 0.0, 1.0, 0.5])")),
    "Geometric": (("Q(3)", "Q(2, 3)"), ("logits=X(3)", "Q(3)")),
    "Binomial": (("4, Q(3)", "4, logits=X(3)"), ("5, Q(3)", "C([5, 4, 5]), Q(3)")),
    "Categorical": (("P(4)", "P(3, 4)"), ("logits=X(3, 4)", "logits=X(4)"), ("C([0.0, 0.5, 0.5])", "P(3)"), ("P(3)", "C([0.0, 0.5, 0.5])"), ("C([0.0, 0.5, 0.5])", "C([0.0, 0.2, 0.8])")),
    "OneHotCategorical": (("P(4)", "logits=X(3, 4)"),),
    "MultivariateNormal": (
        ("X(3), S(3)", "X(3), S(3)"),
        ("X(2, 3), S(3)", "X(3), precision_matrix=S(3, 2)"),
        ("X(3), S(3, 2)", "X(3), scale_tril=(S(3) / 3).tril()"),
        ("X(4, 1, 3), S(3)", "X(2, 3), S(3)"),
    ),
    "Independent": (("D.Normal(X(2, 3), P(3)), 1", "D.Normal(X(3), P(2, 3)), 1"),),
}  # fmt: skip
"""Family -> parameters of two members, whose divergence is compared."""

DRAWN = ("Normal", "LogNormal", "Uniform", "Laplace", "Exponential", "Gumbel", "Cauchy", "MultivariateNormal", "Independent", "RelaxedBernoulli", "RelaxedOneHotCategorical")  # fmt: skip
"""Families with `rsample`."""

WITH_TRIGAMMA = tuple(
    f"{start}D.{name}(" for start in ("", "D.kl_divergence(") for name in ("Gamma", "Beta", "Dirichlet")
)
"""How expressions begin whose derivatives contain the trigamma function, which is inexact in PyTorch."""


def _families() -> Iterator[str]:
    for name, cases in CASES.items():
        for parameters, value in cases:
            member = f"D.{name}({parameters})"
            for quantity in ("mean", "variance", "stddev", "mode"):
                if quantity not in WITHOUT.get(name, ()):
                    yield f"{member}.{quantity}"
            for quantity, argument in (
                ("entropy", ""),
                ("perplexity", ""),
                ("log_prob", value),
                ("cdf", value),
                ("icdf", "Q(1)"),
            ):
                if quantity not in WITHOUT.get(name, ()):
                    yield f"{member}.{quantity}({argument})"
            yield f"(lambda d: [d.batch_shape, d.event_shape, d.sample().shape, d.sample((2, 3)).shape])({member})"
            yield f"(lambda d: d.sample().to(torch.float64).abs() * 0 if d.sample().dtype == torch.int64 else d.sample() * 0)({member})"
            yield f"{member}.expand((5, *{member}.batch_shape)).log_prob({value})"
            yield f"{member}.expand((5, *{member}.batch_shape)).sample((2,)).shape"
            if name in DRAWN:
                yield f"(lambda d: [d.rsample((2, 3)).shape, int(d.rsample().requires_grad), int(d.sample().requires_grad), int(d.has_rsample)])({member})"
    for name in ("Bernoulli", "Categorical", "OneHotCategorical", "Binomial"):
        for parameters, _ in CASES[name]:
            if "I(" not in parameters:
                yield f"D.{name}({parameters}).enumerate_support()"
                yield f"D.{name}({parameters}).enumerate_support(expand=False)"
                yield f"[D.{name}({parameters}).probs, D.{name}({parameters}).logits]"
    for given in ("S(3)", "scale_tril=(S(3) / 3).tril()", "precision_matrix=S(3)"):
        for matrix in ("covariance_matrix", "precision_matrix", "scale_tril"):
            yield f"D.MultivariateNormal(X(2, 3), {given}).{matrix}"
    yield "D.OneHotCategoricalStraightThrough(probs=P(3, 4)).entropy()"
    yield "D.kl_divergence(D.OneHotCategoricalStraightThrough(P(4)), D.OneHotCategorical(P(4)))"


def distributions() -> list[str]:
    """All expressions, each once; `D` is the library's module of distributions."""
    divergences = [f"D.kl_divergence(D.{name}({p}), D.{name}({q}))" for name, pairs in OTHERS.items() for p, q in pairs]
    return list(dict.fromkeys([*_families(), *divergences]))


def in_scope(expression: str) -> str:
    """The expression with `D` put into its scope, where the libraries keep their distributions in different places."""
    return f"(lambda D: {expression})(torch.distributions if hasattr(torch, 'distributions') else nn.distributions)"


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
    ("D.Normal(X(3), P(3)).expand((4,))", None),
)  # fmt: skip
"""Expressions that both refuse, and what both must say (None: what they say is their own)."""
