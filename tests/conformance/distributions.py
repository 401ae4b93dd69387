"""Distributions to compare: what each computes, divergences, shapes of draws, and what they say to wrong arguments."""

from __future__ import annotations

from collections.abc import Iterator

from . import scipy_distributions
from .compare import Check, of_errors, of_expressions
from .distribution_parts import ERRORS, constraints, transforms

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
    "StudentT": (("P(3)", "X(2, 3)"), ("P(3, 1) + 3, X(4), P(4)", "X(3, 4)"), ("4.5, 0.5, 2.0", "C([0.2, -0.5, 3.0], 'float32')"), ("C([0.5, 1.5, 300.0])", "C([0.0, 1e4, -2.0])")),
    "HalfNormal": (("P(3)", "P(2, 3)"), ("2.0", "C([0.0, 0.5, 9.0], 'float32')"), ("P()", "P()")),
    "HalfCauchy": (("P(3)", "P(2, 3)"), ("2.0", "C([0.0, 0.5, 9.0], 'float32')"), ("P()", "P()")),
    "Chi2": (("P(3)", "P(2, 3)"), ("P(3, 1)", "P(4)"), ("2.0", "C([0.0, 0.5, 9.0], 'float32')")),
    "FisherSnedecor": (("P(3), P(3) + 4.5", "P(2, 3)"), ("P(3, 1), 5.0", "P(4)"), ("1.5, 2.0", "C([0.2, 0.5, 9.0], 'float32')"), ("C([1.0, 3.0]), C([1.0, 3.0])", "C([0.5, 2.0])")),
    "InverseGamma": (("P(3) + 2.1, P(3)", "P(2, 3)"), ("P(3, 1), 0.5", "P(4)"), ("1.5, 2.0", "C([0.2, 0.5, 9.0], 'float32')")),
    "Pareto": (("P(3) * 0.1, P(3) + 2.1", "P(2, 3) + 0.1"), ("0.5, P(3)", "P(2, 3) + 0.5"), ("1.5, 2.5", "C([1.5, 2.0, 9.0], 'float32')")),
    "Weibull": (("P(3), P(3) + 1", "P(2, 3)"), ("P(3, 1), 1.5", "P(4)"), ("1.5, 2.5", "C([0.5, 2.0, 3.0], 'float32')")),
    "Kumaraswamy": (("A(3), A(3)", "Q(2, 3)"), ("P(3, 1), P(4)", "Q(4)"), ("1.5, 2.5", "C([0.2, 0.5, 0.9], 'float32')")),
    "ContinuousBernoulli": (("Q(3)", "Q(2, 3)"), ("logits=X(3, 1) * 3", "Q(4)"), ("logits=X()", "C([0.0, 0.3, 1.0])"), ("0.25", "C([0.2, 0.5, 0.9], 'float32')"), ("C([0.5, 0.4995, 0.2])", "Q(3)"), ("C([0.0, 1.0])", "C([0.5, 0.5])")),
    "Multinomial": (("6, P(4)", "C([[1.0, 2.0, 0.0, 3.0], [0.0, 0.0, 6.0, 0.0]])"), ("6, probs=P(3, 4)", "C([1.0, 2.0, 0.0, 3.0])"), ("6, logits=X(3, 1, 4)", "C([[1.0, 2.0, 0.0, 3.0]] * 2)"), ("1, logits=X(4)", "C([0.0, 0.0, 1.0, 0.0])"), ("3, C([0.0, 0.5, 0.5])", "C([0.0, 2.0, 1.0])")),
    "NegativeBinomial": (("5, Q(3)", "I(6, 2, 3).to(N(1).dtype)"), ("P(3), Q(3)", "I(6, 2, 3).to(N(1).dtype)"), ("I(3, 3) + 4, logits=X(2, 3)", "I(9, 3).to(N(1).dtype)"), ("2.5, 0.25", "C([0.0, 3.0], 'float32')"), ("C([0.0, 1.0]), Q(2)", "C([0.0, 0.0])")),
    "VonMises": (("X(3), P(3)", "X(2, 3)"), ("X(3, 1), P(4) * 30", "X(4)"), ("C(0.5, 'float32'), C(2.0, 'float32')", "C([0.2, 0.5, 0.9], 'float32')"), ("C([0.0, 1.0]), C([1e-3, 1e4])", "X(2)")),
    "LogisticNormal": (("X(3), P(3)", "X(4).softmax(-1)"), ("X(2, 3), P(3)", "X(5, 2, 4).softmax(-1)"), ("X(), P()", "C([0.3, 0.7])")),
    "LowRankMultivariateNormal": (
        ("X(3), X(3, 2), P(3)", "X(3)"),
        ("X(2, 3), X(3, 1), P(3)", "X(4, 2, 3)"),
        ("X(3), X(2, 3, 2), P(4, 1, 3)", "X(5, 4, 2, 3)"),
        ("X(1), X(1, 1), P(1)", "X(6, 1)"),
    ),
    "Wishart": (
        ("C(4.0), S(3)", "S(3)"),
        ("P(2) + 2, S(3)", "S(3, 2)"),
        ("P() + 3, scale_tril=(S(3) / 3).tril()", "S(3, 4)"),
        ("P(2) + 1, precision_matrix=S(2)", "S(2, 5, 2)"),
        ("P(1) + 3, S(3, 2)", "S(3, 2)"),
    ),
    "LKJCholesky": (("3", "C([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]], 'float32')"), ("2, P()", "C([[1.0, 0.0], [0.6, 0.8]])"), ("3, P(2)", "D.CorrCholeskyTransform()(X(4, 2, 3))"), ("5, concentration=2.5", "D.CorrCholeskyTransform()(X(4, 10))")),
    "GeneralizedPareto": (("X(3), P(3), P(3) * 0.15", "X(3).abs() + 3"), ("0.5, P(3), P(3)", "P(2, 3) + 0.5"), ("0.0, 2.0, -P(3) * 0.1", "Q(2, 3)"), ("X(), P(), C(0.0)", "P(2) + 4"), ("0.0, 1.0, 0.25", "C([0.0, 0.5, 9.0], 'float32')")),
    "TransformedDistribution": (
        ("D.Normal(X(3), P(3)), [D.ExpTransform()]", "P(2, 3)"),
        ("D.Normal(X(3), P(3)), [D.TanhTransform(), D.AffineTransform(0.5, 2.0)]", "U(2, 3)"),
        ("D.Normal(X(3), P(3)), [D.SigmoidTransform(), D.AffineTransform(X(2, 3), -P(3)), D.ExpTransform()]", "(Q(2, 3) * -0.2).exp()"),
        ("D.Uniform(C([0.0, 0.0]), C([1.0, 1.0])), [D.SigmoidTransform().inv, D.AffineTransform(X(2), P(2))]", "X(3, 2)"),
        ("D.Normal(X(2, 3), P(3)), D.StickBreakingTransform()", "X(2, 4).softmax(-1)"),
        ("D.Normal(X(2, 3), P(3)), D.CorrCholeskyTransform()", "D.CorrCholeskyTransform()(X(2, 3))"),
        ("D.MultivariateNormal(X(2, 3), S(3)), D.ExpTransform()", "P(2, 3)"),
        ("D.MultivariateNormal(X(2, 3), S(3)), [D.AffineTransform(X(3), P(3), event_dim=1), D.ReshapeTransform((3,), (1, 3))]", "X(2, 1, 3)"),
        ("D.Gamma(P(3), P(3)), [D.PowerTransform(C(0.5)), D.SoftplusTransform()]", "P(2, 3) + 0.7"),
        ("D.Independent(D.Exponential(P(2, 3)), 1), D.IndependentTransform(D.ExpTransform().inv, 1)", "X(4, 2, 3)"),
        ("D.Normal(X(3), P(3)), D.CumulativeDistributionTransform(D.Normal(X(3), P(3)))", "Q(2, 3)"),
        ("D.Normal(X(2), P(2)), D.StackTransform([D.ExpTransform(), D.AffineTransform(0.0, 3.0)], dim=-1)", "P(3, 2)"),
        ("D.Normal(X(3), P(3)), D.CatTransform([D.ExpTransform(), D.TanhTransform()], dim=-1, lengths=[1, 2])", "Q(4, 3)"),
    ),
}  # fmt: skip
"""Family -> (parameters, a value) of what is compared."""

WITHOUT = {
    "Gumbel": ("cdf", "icdf"),  # PyTorch clips uniform numbers inside
    "Poisson": ("entropy", "perplexity", "cdf", "icdf"),
    "Gamma": ("icdf",),
    "StudentT": ("cdf", "icdf"),
    "Chi2": ("icdf",),
    "FisherSnedecor": ("entropy", "perplexity", "cdf", "icdf"),
    "InverseGamma": ("icdf",),
    "Multinomial": ("mode", "cdf", "icdf"),
    "NegativeBinomial": ("entropy", "perplexity", "cdf", "icdf"),
    "VonMises": ("entropy", "perplexity", "cdf", "icdf"),
    "LogisticNormal": ("entropy", "perplexity", "mean", "variance", "stddev", "mode", "cdf", "icdf"),
    "TransformedDistribution": ("entropy", "perplexity", "mean", "variance", "stddev", "mode", "cdf", "icdf"),
    "LKJCholesky": ("entropy", "perplexity", "mean", "variance", "stddev", "mode", "cdf", "icdf"),
    "ContinuousBernoulli": ("mode",),
    "MixtureSameFamily": ("entropy", "perplexity", "mode", "icdf"),
    "Independent": ("cdf", "icdf", "stddev"),
    **dict.fromkeys(("RelaxedBernoulli", "RelaxedOneHotCategorical"), ("entropy", "perplexity", "mean", "variance", "stddev", "mode", "cdf", "icdf")),
    **dict.fromkeys(("Beta", "Dirichlet", "Bernoulli", "Geometric", "Binomial", "Categorical", "OneHotCategorical", "MultivariateNormal", "LowRankMultivariateNormal", "Wishart"), ("cdf", "icdf")),
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
    "ContinuousBernoulli": (("Q(3)", "Q(2, 3)"), ("logits=X(3)", "Q(3)")),
    "HalfNormal": (("P(3)", "P(2, 3)"), ("2.0", "0.5")),
    "Pareto": (("P(3) + 1, P(3)", "P(3) * 0.3, P(2, 3)"), ("C([1.0, 2.0]), P(2)", "C([1.5, 1.5]), P(2)")),
    "Chi2": (("P(3)", "P(2, 3)"),),
    "LowRankMultivariateNormal": (("X(3), X(3, 2), P(3)", "X(3), X(3, 1), P(3)"), ("X(2, 3), X(3, 2), P(3)", "X(3), X(2, 3, 1), P(3)")),
    "TransformedDistribution": (("D.Normal(X(3), P(3)), [D.ExpTransform()]", "D.Normal(X(3), P(3)), [D.ExpTransform()]"),),
}  # fmt: skip
"""Family -> parameters of two members, whose divergence is compared."""

APPROXIMATE = {
    "D.VonMises(": "PyTorch's Bessel functions are precise to 1e-7",
    "D.ContinuousBernoulli(C([0.5, 0.4995": "between 0.499 and 0.501 PyTorch approximates",
    **{
        f"D.Multinomial({parameters}).{quantity}": "PyTorch moves probabilities by the spacing of float32 here"
        for parameters, _ in CASES["Multinomial"]
        for quantity in ("entropy", "perplexity")
    },
    **{f"D.Kumaraswamy({parameters}).mode": "PyTorch gives NaN everywhere" for parameters, _ in CASES["Kumaraswamy"]},
    "D.ContinuousBernoulli(logits=X(3, 1) * 3).variance [float32]": "PyTorch's variance has four digits in float32",
    "D.ContinuousBernoulli(logits=X(3, 1) * 3).stddev [float32]": "the same",
    "D.ContinuousBernoulli(logits=X()).variance": "the same",
    "D.ContinuousBernoulli(logits=X()).stddev": "the same",
    "D.VonMises(C([0.0, 1.0]": "PyTorch's Bessel functions: 0 for 5e-5",
    "D.LKJCholesky(5, concentration=2.5)": "PyTorch takes the constant in float32",
    "D.TransformedDistribution(D.Normal(X(3), P(3)), [D.TanhTransform(), D.AffineTransform(0.5, 2.0)])": "logarithms of numbers are float32 in PyTorch",
    "(lambda t, x: [t(x), t.inv(t(x)), t.log_abs_det_jacobian(x, t(x))])(D.AffineTransform(0.5,": "the same",
    "(lambda t, x: [t.inv.log_abs_det_jacobian(t(x), x), t.forward_shape(x.shape), t.inverse_shape(t(x).shape)])(D.AffineTransform(0.5,": "the same",
    "(lambda t, x: [t(x), t.inv(t(x)), t.log_abs_det_jacobian(x, t(x))])(D.StackTransform(": "the same",
    "(lambda t, x: [t.inv.log_abs_det_jacobian(t(x), x), t.forward_shape(x.shape), t.inverse_shape(t(x).shape)])(D.StackTransform(": "the same",
    "(lambda t, x: t.log_abs_det_jacobian(x, t(x)))(D.biject_to(D.constraints.interval(": "the same",
    "(lambda t, x: t.log_abs_det_jacobian(x, t(x)))(D.biject_to(D.constraints.half_open_interval(": "the same",
    **{
        f"D.GeneralizedPareto(0.5, P(3), P(3)).{name}": "infinite moments: NaN in PyTorch"
        for name in ("mean", "variance", "stddev")
    },
    "D.kl_divergence(D.Uniform(C([0.0,": "PyTorch: infinite where the ends just touch, and NaN gradients at infinity",
    "D.Weibull(1.5, 2.5).icdf(": "powers of float32 parameters and float64 values",
    "D.Kumaraswamy(1.5, 2.5).icdf(": "the same",
    "D.ContinuousBernoulli(0.25).icdf(": "the same",
}
"""How expressions begin that PyTorch computes less exactly, and why."""

DRAWN = ("Normal", "LogNormal", "Uniform", "Laplace", "Exponential", "Gumbel", "Cauchy", "MultivariateNormal", "Independent", "RelaxedBernoulli", "RelaxedOneHotCategorical", "Gamma", "Beta", "Dirichlet", "StudentT", "HalfNormal", "HalfCauchy", "Chi2", "FisherSnedecor", "InverseGamma", "Pareto", "Weibull", "Kumaraswamy", "ContinuousBernoulli", "LogisticNormal", "LowRankMultivariateNormal", "Wishart", "GeneralizedPareto", "TransformedDistribution")  # fmt: skip
"""Families with `rsample`."""

WITH_TRIGAMMA = tuple(
    f"{start}D.{name}("
    for start in ("", "D.kl_divergence(")
    for name in (
        "Gamma",
        "Beta",
        "Dirichlet",
        "StudentT",
        "Chi2",
        "FisherSnedecor",
        "InverseGamma",
        "Weibull",
        "Kumaraswamy",
        "Wishart",
        "LKJCholesky",
        "Uniform",
        "Exponential",
        "Pareto",
    )
)
"""How expressions begin whose derivatives contain the trigamma function, which is inexact in PyTorch."""

MEMBERS = {
    "Bernoulli": "Q(3)",
    "Beta": "P(3), P(3)",
    "Binomial": "4, Q(3)",
    "ContinuousBernoulli": "Q(3)",
    "Exponential": "P(3)",
    "Gamma": "P(3), P(3)",
    "Gumbel": "X(3), P(3)",
    "Laplace": "X(3), P(3)",
    "LowRankMultivariateNormal": "X(3), X(3, 2), P(3)",
    "MultivariateNormal": "X(3), S(3)",
    "Normal": "X(3), P(3)",
    "Pareto": "P(3), P(3) + C([0.0, 0.5, 2.1])",
    "Poisson": "P(3)",
    "Uniform": "C([0.0, 0.2, -0.5]) * P(3), C([0.9, 3.0, 2.0])",
}
"""Family -> one member: every pair of them is compared, whether there is a divergence or not."""


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
    pairs = [
        f"D.kl_divergence(D.{a}({p}), D.{b}({q}))" for a, p in MEMBERS.items() for b, q in MEMBERS.items() if a != b
    ]
    pairs += [
        "D.kl_divergence(D.Uniform(P(3) + 1, C([5.0, 6.0, 7.0])), D.Pareto(P(3), P(3)))",
        "D.kl_divergence(D.Beta(P(3), P(3)), D.Uniform(-P(3), P(3) + 1))",
        "D.kl_divergence(D.ContinuousBernoulli(Q(3)), D.Uniform(-P(3), P(3) + 1))",
        "D.kl_divergence(D.Uniform(Q(3) * 0.5, Q(3) * 0.5 + 0.5), D.Beta(P(3), P(3)))",
        "D.kl_divergence(D.Uniform(Q(3) * 0.5, Q(3) * 0.5 + 0.5), D.ContinuousBernoulli(Q(3)))",
    ]
    return list(dict.fromkeys([*_families(), *divergences, *pairs, *transforms(), *constraints()]))


def in_scope(expression: str) -> str:
    """The expression with `D` put into its scope, where the libraries keep their distributions in different places."""
    return f"(lambda D: {expression})(torch.distributions if hasattr(torch, 'distributions') else nn.distributions)"


def _checks(dtypes: list[str]) -> Iterator[Check]:
    for text in distributions():
        for dtype, (_, check) in zip(dtypes, of_expressions([in_scope(text)], dtypes), strict=True):
            yield f"{text} [{dtype}]", check
    for text, pattern in ERRORS:
        for _, check in of_errors([(in_scope(text), pattern)]):
            yield f"error of {text}", check
    yield from scipy_distributions.checks()


FAMILIES = {"distributions": _checks}
