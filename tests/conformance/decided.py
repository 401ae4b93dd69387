"""What differs from PyTorch on purpose."""

from __future__ import annotations

from typing import NamedTuple

from .distributions import APPROXIMATE, WITH_TRIGAMMA


class Decided(NamedTuple):
    """A difference that is there on purpose. Another one in the same call is not.

    begins   how the text of the comparison begins
    kind     how the difference begins: the value, the gradient or the second derivative, "ours raises"
    why      the reason
    holds    what the text must also contain
    """

    begins: str
    kind: str
    why: str
    holds: str = ""

    def covers(self, text: str, answer: str) -> bool:
        """Is it the difference `answer` in `text`?"""
        return text.startswith(self.begins) and self.holds in text and answer.startswith(self.kind)


_MOVED_NORM = "(lambda x: torch.func.jvp(lambda p: (lambda p, x: torch.func.functional_call(nn."
NORMS = "F.normalize( F.pdist( F.pairwise_distance( nn.PairwiseDistance( PairwiseDistance( F.triplet_margin_loss( nn.TripletMarginLoss( torch.linalg.vector_norm(".split()

ENDS = ("inf", "-inf")

DECIDED = (
    Decided(
        _MOVED_NORM + "LayerNorm",
        "gradient",
        "derivative by x of what moves along with the parameters: PyTorch's takes mean and variance for constants, "
        "ours agrees with differences (test_derivatives_of_moving_norms)",
    ),
    Decided(_MOVED_NORM + "InstanceNorm", "gradient", "the same"),
    Decided(_MOVED_NORM + "BatchNorm", "gradient", "the same"),
    *[
        Decided(square, "value", "square of bools: int8 as in NumPy, PyTorch's int64")
        for square in ("torch.square(B(", "B(3, 4).square(", "torch.square(torch.tensor([True]))")
    ],
    *[
        Decided(f"torch.{name}(", "value", "a truth is a bool here, of uint8 too; PyTorch keeps uint8", holds="uint8")
        for name in ("all", "any")
    ],
    Decided("torch.sign(B(", "ours raises", "sign of bools: refused here"),
    Decided("torch.var(X(1", "second", "variance of one value, NaN in both: its second derivative is recorded here"),
    Decided("torch.var_mean(X(1, 1))", "second", "the same"),
    Decided("torch.var(X())", "second", "the same"),
    Decided(
        "torch.linalg.matrix_power(S(3), 0)",
        "gradient",
        "the identity: a constant here, with a gradient of zeros in PyTorch",
    ),
    Decided("torch.sinc(Z", "second", "second derivative at 0: ours is the limit, PyTorch's NaN"),
    Decided("Z(3, 4).sinc", "second", "the same"),
    Decided("torch.pow(Z", "second", "second derivative at 0 ** 0, a singular point"),
    Decided("(lambda x: torch.pow(x, x))(Z", "second", "the same"),
    Decided("torch.pow(C([0.0, 0.0])", "second", "derivatives of 0 ** b by b: ours 0, PyTorch's NaN at second order"),
    Decided("C([0.0, 2.0]) ** X", "second", "the same"),
    Decided("0 ** X", "second", "the same"),
    Decided(
        "(lambda x: torch.xlogy(x, x))(Z", "gradient", "derivative of 0 * log(0) by the second 0: ours 0, PyTorch's NaN"
    ),
    Decided("(lambda x: torch.atan2(x, x))(Z", "second", "second derivative at (0, 0): ours 0, PyTorch's NaN"),
    Decided("(lambda x: torch.hypot(x, x))(Z", "gradient", "derivative at (0, 0): ours 0, PyTorch's NaN"),
    Decided("F.elu(Z", "second", "second derivative at the kink"),
    Decided("F.selu(Z", "second", "the same"),
    Decided("F.celu(Z", "second", "the same"),
    Decided("F.celu(X", "gradient", "PyTorch computes float64 gradients with 1 / alpha in float32"),
    Decided(
        "torch.var(X(3, 4), dim=1, correction=5", "value", "fewer values than the correction: ours NaN, PyTorch inf"
    ),
    Decided("torch.std(X(3, 4), dim=1, correction=5", "value", "the same"),
    Decided("torch.norm(X(2) * 0", "second", "second derivative at 0: ours 0, PyTorch's NaN"),
    Decided("torch.norm(C([0.0, 0.0])", "second", "the same"),
    Decided("torch.logsumexp(C([-float('inf')]", "gradient", "gradient where all is -inf: ours 0, PyTorch's NaN"),
    Decided("F.smooth_l1_loss(Z", "second", "second derivative at the bend"),
    Decided("nn.SmoothL1Loss(", "second", "the same", holds="Z("),
    Decided("F.huber_loss(Z", "second", "the same"),
    Decided("nn.HuberLoss(", "second", "the same", holds="Z("),
    Decided("F.ctc_loss(X(3, 2, 3)", "gradient", "gradient where a target does not fit: ours 0, PyTorch's NaN"),
    Decided("nn.CTCLoss(", "gradient", "the same", holds="[1, 1, 1]"),
    Decided("F.kl_div(X(3, 4), C([[", "ours raises", "a target of another shape: ours raises, PyTorch broadcasts it"),
    Decided("nn.KLDivLoss", "ours raises", "the same", holds="C([["),
    Decided("CELU(0.7", "step 0: gradient", "PyTorch computes float64 gradients with 1 / alpha in float32"),
    Decided(
        "torch.polygamma(1",
        "value",
        "PyTorch's trigamma function is precise to 1e-9 only, in float32 to 1e-6; ours to 1e-15",
    ),
    Decided("P(2, 3).polygamma(1)", "value", "the same"),
    Decided("torch.digamma(", "gradient", "the same, in the gradient"),
    Decided("torch.mvlgamma(", "second", "the same, in the second derivative"),
    Decided("torch.special.multigammaln(", "second", "the same"),
    Decided(
        "torch.as_strided_scatter(",
        "gradient",
        "what stays has the slope 1, what is replaced 0: in PyTorch the reverse",
    ),
    Decided(
        "torch.nn.MultiheadAttention(4, 2)(torch.ones(3,2,4)",
        "value",
        "no key may be looked at: zeros",
        ".isnan().all()",
    ),
    Decided("nn.Parameter", "", "the default of `data`: an empty Tensor in both"),
    Decided("nn.Buffer", "", "the same"),
    Decided("Hardsigmoid(", "step 0: gradient", "PyTorch computes float64 gradients with 1 / 6 in float32"),
    Decided("F.hardsigmoid(", "gradient", "the same"),
    *[
        Decided(
            "torch.func.", kind, "PyTorch's derivatives of layer_norm of higher order fail gradcheck", "F.layer_norm(a"
        )
        for kind in ("gradient", "second")
    ],
    *[
        Decided(
            "torch.func.vmap(lambda a",
            "value 0: shape (0, 1,",
            "of no slices: PyTorch loses the sizes of others",
            layer,
        )
        for layer in ("F.group_norm(", "F.max_pool1d(", "F.avg_pool1d(", "F.conv1d(", "F.conv_transpose1d(")
    ],
    Decided(
        "torch.func.jacrev(",
        "gradient: 0 results",
        "a Jacobian without elements: a constant here, with a gradient of zeros in PyTorch",
        "(X(0, 4))",
    ),
    Decided(
        "torch.func.linearize(torch.func.jacrev(",
        "value",
        "PyTorch's linearize takes what jacrev gives for a constant; ours agrees with jvp",
    ),
    Decided("torch.func.linearize(", "gradient", "the result is a constant in PyTorch, and can be differentiated here"),
    *[
        Decided(f"odd: {loss}", "value", "inf - inf is no margin: ours NaN, PyTorch leaves what is NaN out of the sum")
        for loss in (
            "F.multi_margin_loss(",
            "nn.MultiMarginLoss(",
            "F.multilabel_margin_loss(",
            "nn.MultiLabelMarginLoss(",
        )
    ],
    *[
        Decided(f"odd: {slope}", "gradient", "the slope of |inf - inf|: ours NaN, PyTorch 0", holds="inf")
        for slope in ("F.l1_loss(", "nn.L1Loss(", "F.smooth_l1_loss(", "torch.abs(")
    ],
    *[
        Decided(f"odd: {pick}", "value 1", "which of equal elements: ours the first", holds)
        for pick in ("torch.topk(", "torch.kthvalue(", "torch.nanmedian(", "(D(", "D(", "I(")
        for holds in ("inf", "nan", "I(3", ".nanmedian(")
    ],
    *[
        Decided(f"odd: torch.{name}(", "value", "fewer values than the correction: NaN here", holds="correction=")
        for name in ("var", "std")
    ],
    *[
        Decided(f"odd: {slope}", "gradient", "the slope at an infinity: NaN here, 0 in PyTorch", holds="inf")
        for slope in (
            "torch.sgn(",
            *[
                f"(X({n}) * C([float('{end}')])).{m}("
                for n, m in (("3, 4", "sgn"), ("3", "clone().sgn_"))
                for end in ENDS
            ],
        )
    ],
    Decided("odd: torch.sign(", "value", "the sign of NaN: NaN as NumPy's, 0 in PyTorch", holds="nan"),
    Decided("odd: torch.hypot(", "gradient", "derivative at (0, 0): ours 0, PyTorch's NaN"),
    Decided("odd: Z(2, 3).hypot(", "gradient", "the same"),
    Decided(
        "odd: torch.neg(B(", "an error", "a bool has no negative: TypeError in NumPy's words, which name what to use"
    ),
    Decided("odd: torch.sign(B(", "an error", "sign of bools: refused here, by NumPy"),
    Decided("odd: torch.linalg.vector_norm(", "gradient", "0 times infinity", holds="ord=0"),
    Decided("odd: torch.norm(", "gradient", "0 times infinity", holds="p=0"),
    Decided("odd: torch.polygamma(", "gradient", "at the poles of all orders: ours NaN", holds="inf"),
    Decided("odd: torch.polygamma(4611686018427387904", "gradient", "the order of PyTorch's slope overflows"),
    Decided("odd: P(2, 3).polygamma(4611686018427387904", "gradient", "the same"),
    *[
        Decided(
            f"odd: {product}", "gradient", "0 times infinity, where products are made in another order", holds="inf"
        )
        for product in ("torch.einsum(", "torch.linalg.multi_dot(", "torch.chain_matmul(")
    ],
    *[
        Decided(
            f"odd: {name}", "gradient", "derivative of 0 * log(0) by the second 0: ours 0, PyTorch's NaN", holds=", Z("
        )
        for name in ("torch.xlogy(", "torch.special.xlogy(")
    ],
    *[
        Decided(f"odd: {name}", "gradient: 1 results", "a sum of nothing: recorded here, a constant in PyTorch")
        for name in ("torch.vander(", "torch.trapezoid(", "torch.trapz(")
    ],
    Decided(
        "odd: torch.special.laguerre_polynomial_l(", "value", "of NaN: PyTorch leaves what was in memory", holds="nan"
    ),
    Decided(
        "odd: torch.histogram(N(), 4)", "value", "one value in the middle of its range, which is an edge of two bins"
    ),
    Decided(
        "odd: F.grid_sample(",
        "value",
        "a place that is NaN: NaN here, a pixel where PyTorch reflects",
        "padding_mode='reflection'",
    ),
    *[
        Decided(f"odd: {function}", kind, why, holds="inf")
        for function, kind, why in (
            ("F.conv_transpose", "value", "an infinite weight: times the zeros between dilated taps it is NaN here"),
            ("F.batch_norm(", "gradient", "slopes of an infinite weight: inf - inf"),
            ("F.binary_cross_entropy_with_logits(", "value", "an infinite target: inf - inf"),
            ("nn.BCEWithLogitsLoss(", "value", "the same"),
        )
    ],
    Decided("odd: nn.MarginRankingLoss(", "value", "labels of uint8: PyTorch's negative of 1 is 255", holds="uint8"),
    Decided("odd: F.margin_ranking_loss(", "value", "the same", holds="uint8"),
    Decided("odd: torch.index_put(", "gradient", "an element that is set twice: its last value counts"),
    *[
        Decided(f"odd: {norm}", kind, "powers of huge order: PyTorch overflows on the way, ours does not", holds)
        for norm in NORMS
        for holds in ("p=4611686018427387904", "p=100", "ord=4611686018427387904")
        for kind in ("value", "step 0: output", "gradient", "step 0: gradient")
    ],
    *[
        Decided(f"odd: {loss}", "gradient", "a target that holds the blank: PyTorch's gradient is not the derivative")
        for loss in ("F.ctc_loss(", "nn.CTCLoss(")
    ],
    Decided("odd: ReflectionPad3d(", "step", "gradients of nothing: PyTorch leaves what was in memory", holds="(-1)"),
    Decided("odd: F.cosine_similarity(", "gradient", "norms below eps: PyTorch's gradient is not the derivative"),
    Decided("odd: F.instance_norm(", "gradient", "slopes of an infinite weight: inf - inf", holds="inf"),
    Decided("odd: F.group_norm(", "gradient", "gradients of parameters over nothing: ours 0, PyTorch NaN", holds=" 0)"),
    *[
        Decided(f"odd: {loss}", kind, "log(1 + exp(y)) where exp(y) overflows: ours y, PyTorch inf")
        for loss in ("F.soft_margin_loss(", "nn.SoftMarginLoss(")
        for kind in ("value", "gradient")
    ],
    *[
        Decided(begins, kind, "PyTorch's trigamma function is precise to 1e-9; compared in float32", holds="[float64]")
        for begins in WITH_TRIGAMMA
        for kind in ("gradient", "second")
    ],
    *[
        Decided(begins, kind, why, holds="[float64]" if begins == "D.VonMises(" else "")
        for begins, why in APPROXIMATE.items()
        for kind in ("value", "gradient", "second")
    ],
)


def decided(text: str, answer: str) -> bool:
    """Is the difference `answer` in `text` one that is there on purpose? What is meant of a call is meant of an odd one."""
    bare = [text.removeprefix(family) for family in ("odd: ", "strange: ")]
    return any(row.covers(given, answer) for row in DECIDED for given in (text, *bare))
