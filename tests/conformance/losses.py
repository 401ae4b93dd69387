"""Losses to compare, as functions and as layers; and what they say to wrong arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .compare import of_errors, of_expressions

REDUCTIONS = ("", "reduction='sum'", "reduction='none'", "reduction='mean'")


def _calls(function: str, layer: str, operands: tuple[str, ...], settings: tuple[str, ...]) -> Iterator[str]:
    """Every setting with every reduction, on all operands, as a function and as a layer."""
    for inputs in operands:
        for setting in ("", *settings):
            for reduction in REDUCTIONS[:3] if setting else REDUCTIONS:
                given = ", ".join(part for part in (setting, reduction) if part)
                yield f"F.{function}({inputs}{', ' if given else ''}{given})"
                if layer:
                    yield f"nn.{layer}({given})({inputs})"


REGRESSION = (
    "X(3, 4), X(3, 4)",
    "X(3, 4), N(3, 4)",
    "X(5), N(5)",
    "X(), N()",
    "X(2, 0), N(2, 0)",
    "X(2, 3, 4), X(2, 3, 4)",
)
CLASSES = (
    "X(5, 3), I(3, 5)",
    "X(3), I(3)",
    "X(2, 3, 4), I(3, 2, 4)",
    "X(2, 3, 4, 2), I(3, 2, 4, 2)",
    "X(1, 1), I(1, 1)",
    "X(4, 3) * 100, I(3, 4)",
    "X(0, 3), I(3, 0)",
)
SIGNS = "(I(2, {}) * 2 - 1).to(X(1).dtype)"


def _losses() -> Iterator[str]:
    for function, layer, settings in (
        ("mse_loss", "MSELoss", ()),
        ("l1_loss", "L1Loss", ()),
        ("smooth_l1_loss", "SmoothL1Loss", ("beta=0.5", "beta=2.0", "beta=0.0")),
        ("huber_loss", "HuberLoss", ("delta=0.5", "delta=2.0")),
    ):
        yield from _calls(function, layer, REGRESSION, settings)
        yield from _calls(function, layer, ("Z(3, 4), Z(3, 4)",), ())
    yield from _calls(
        "cross_entropy",
        "CrossEntropyLoss",
        CLASSES,
        ("ignore_index=1", "label_smoothing=0.1", "weight=C([0.2, 1.5, 0.7])", "weight=C([0.2, 1.5, 0.7]), label_smoothing=0.3", "weight=C([0.2, 1.5, 0.7]), ignore_index=0", "weight=C([0.2, 1.5, 0.7]), ignore_index=2, label_smoothing=0.1", "ignore_index=0, label_smoothing=1.0"),
    )  # fmt: skip
    yield from _calls(
        "cross_entropy", "CrossEntropyLoss",
        ("X(5, 3), N(5, 3).softmax(1)", "X(3), N(3).softmax(0)", "X(2, 3, 4), N(2, 3, 4).softmax(1)", "X(5, 3), Q(5, 3)"),
        ("label_smoothing=0.1", "weight=C([0.2, 1.5, 0.7])", "weight=C([0.2, 1.5, 0.7]), label_smoothing=0.5"),
    )  # fmt: skip
    yield from _calls(
        "nll_loss", "NLLLoss",
        tuple(x.replace("X(", "F.log_softmax(X(", 1).replace("), I", f"), {0 if x == CLASSES[1] else 1}), I", 1).replace(" * 100", "") for x in CLASSES if "*" not in x),
        ("ignore_index=1", "weight=C([0.2, 1.5, 0.7])", "weight=C([0.2, 1.5, 0.7]), ignore_index=0"),
    )  # fmt: skip
    for inputs in ("X(4, 3), C([-100, -100, -100, -100], 'int64')", "X(2, 3), C([-100, 1], 'int64')"):
        yield from _calls("cross_entropy", "CrossEntropyLoss", (inputs,), ("label_smoothing=0.1",))
    yield from _calls(
        "binary_cross_entropy", "BCELoss",
        ("Q(3, 4), Q(3, 4)", "Q(5), B(5).to(X(1).dtype)", "Q(), Q()", "C([0.0, 1.0, 0.0, 1.0]), C([0.0, 1.0, 1.0, 0.0])", "Q(2, 0), Q(2, 0)"),
        (),
    )  # fmt: skip
    yield from _calls(
        "binary_cross_entropy", "BCELoss", ("Q(3, 4), Q(3, 4)",), ("weight=P(4)", "weight=N(3, 4)", "weight=N(3, 1)")
    )
    yield from _calls(
        "binary_cross_entropy_with_logits", "BCEWithLogitsLoss",
        ("X(3, 4), Q(3, 4)", "X(5) * 100, B(5).to(X(1).dtype)", "X(), Q()", "Z(6), Q(6)"), (),
    )  # fmt: skip
    yield from _calls(
        "binary_cross_entropy_with_logits",
        "BCEWithLogitsLoss",
        ("X(3, 4), Q(3, 4)",),
        ("weight=N(4)", "pos_weight=C([1.0, 2.0, 3.0, 0.5])", "weight=N(3, 1), pos_weight=C([2.0])"),
    )
    yield from _calls(
        "kl_div",
        "KLDivLoss",
        ("X(3, 4), Q(3, 4)", "X(5), Q(5)", "X(3, 4), C([[0.0, 0.2, 0.3, 0.5]])"),
        ("log_target=True",),
    )
    for inputs in ("X(3, 4), Q(3, 4)", "X(2, 3, 4), Q(2, 3, 4)"):
        for setting in ("", ", log_target=True"):
            yield f"F.kl_div({inputs}, reduction='batchmean'{setting})"
            yield f"nn.KLDivLoss(reduction='batchmean'{setting})({inputs})"
    yield from _calls(
        "poisson_nll_loss",
        "PoissonNLLLoss",
        ("P(3, 4), P(3, 4)", "P(5), C([0.0, 1.0, 2.0, 7.0, 1.0])"),
        ("log_input=False", "full=True", "log_input=False, full=True", "eps=1e-3, log_input=False"),
    )
    yield from _calls(
        "gaussian_nll_loss",
        "GaussianNLLLoss",
        (
            "X(3, 4), X(3, 4), P(3, 4)",
            "X(3, 4), X(3, 4), P(3, 1)",
            "X(3, 4), X(3, 4), P(3)",
            "X(4), N(4), C([0.0, 1.0, 1e-9, 2.0])",
            "X(3, 4), X(3, 4), 0.5",
            "X(3, 4), X(3, 4), P(2)",
        ),
        ("full=True", "eps=0.5"),
    )
    yield from _calls(
        "hinge_embedding_loss",
        "HingeEmbeddingLoss",
        (f"X(3, 4), {SIGNS.format('3, 4')}", f"X(5), {SIGNS.format('5')}"),
        ("margin=0.5", "margin=2.0"),
    )
    yield from _calls(
        "soft_margin_loss",
        "SoftMarginLoss",
        (f"X(3, 4), {SIGNS.format('3, 4')}", f"X(5) * 50, {SIGNS.format('5')}", f"X(), {SIGNS.format('')}"),
        (),
    )
    yield from _calls(
        "margin_ranking_loss",
        "MarginRankingLoss",
        (f"X(5), X(5), {SIGNS.format('5')}", f"X(3, 4), X(3, 4), {SIGNS.format('3, 4')}"),
        ("margin=0.5", "margin=-0.5"),
    )
    yield from _calls(
        "cosine_embedding_loss",
        "CosineEmbeddingLoss",
        (f"X(5, 3), X(5, 3), {SIGNS.format('5')}", f"X(4), X(4), {SIGNS.format('')}"),
        ("margin=0.5", "margin=-0.3"),
    )
    yield from _calls(
        "multi_margin_loss",
        "MultiMarginLoss",
        ("X(5, 3), I(3, 5)", "X(3), I(3)", "X(1, 4), I(4, 1)"),
        ("p=2", "margin=0.5", "p=2, margin=1.7"),
    )
    yield from _calls(
        "multi_margin_loss",
        "MultiMarginLoss",
        ("X(5, 3), I(3, 5)",),
        ("weight=C([0.2, 1.5, 0.7])", "p=2, weight=C([0.2, 1.5, 0.7])"),
    )
    yield from _calls(
        "multilabel_margin_loss",
        "MultiLabelMarginLoss",
        (
            "X(2, 4), C([[3, 0, -1, 1], [1, -1, 2, 0]], 'int64')",
            "X(4), C([2, -1, 0, 1], 'int64')",
            "X(1, 3), C([[0, 1, 2]], 'int64')",
        ),
        (),
    )
    yield from _calls(
        "multilabel_soft_margin_loss",
        "MultiLabelSoftMarginLoss",
        ("X(3, 4), B(3, 4).to(X(1).dtype)", "X(4), B(4).to(X(1).dtype)", "X(2, 3, 4), B(2, 3, 4).to(X(1).dtype)"),
        ("weight=C([1.0, 2.0, 0.5, 3.0])",),
    )
    yield from _calls(
        "triplet_margin_loss",
        "TripletMarginLoss",
        ("X(5, 3), X(5, 3), X(5, 3)", "X(4), X(4), X(4)", "X(2, 3, 4), X(2, 3, 4), X(2, 3, 4)"),
        ("margin=0.2", "p=1", "p=3.0", "swap=True", "p=1, swap=True, margin=2.0", "eps=0.1"),
    )
    yield from _calls(
        "triplet_margin_with_distance_loss",
        "TripletMarginWithDistanceLoss",
        ("X(5, 3), X(5, 3), X(5, 3)",),
        (
            "margin=0.2",
            "swap=True",
            "distance_function=lambda x, y: 1 - F.cosine_similarity(x, y)",
            "distance_function=lambda x, y: (x - y).abs().sum(-1), swap=True",
        ),
    )
    yield from _ctc()
    for settings in ("", "dim=0", "dim=-1", "dim=1, eps=0.5"):
        yield f"nn.CosineSimilarity({settings})(X(3, 4), X(3, 4))"
        yield f"F.cosine_similarity(X(3, 4), X(4, 3, 1){', ' if settings else ''}{settings})"
    for settings in ("", "p=1", "p=3", "eps=0.1", "keepdim=True", "p=1.5, keepdim=True", "p=float('inf')"):
        yield f"nn.PairwiseDistance({settings})(X(3, 4), X(3, 4))"
        yield f"F.pairwise_distance(X(3, 4), X(4){', ' if settings else ''}{settings})"


def _ctc() -> Iterator[str]:
    """The last sequence of each batch fits in its frames just so; PyTorch has no second derivative."""
    for inputs in (
        "X(6, 3, 4), C([[1, 2], [3, 3], [2, 1]], 'int64'), (6, 5, 2), (2, 2, 2)",
        "X(6, 3, 4), C([[1, 2, 3], [3, 0, 0], [0, 0, 0]], 'int64'), C([6, 2, 4], 'int64'), C([3, 1, 0], 'int64')",
        "X(5, 2, 3), C([1, 2, 2, 1, 2], 'int64'), (5, 4), (3, 2)",
        "X(4, 3) * 30, C([1, 2, 1], 'int64'), (4,), (3,)",
        "X(1, 1, 2), C([[1]], 'int64'), (1,), (1,)",
    ):
        scores, rest = inputs.split(", C", 1)
        yield from _calls("ctc_loss", "CTCLoss", (f"({scores}).log_softmax(-1), C{rest}",), ("zero_infinity=True",))
    yield from _calls(
        "ctc_loss",
        "CTCLoss",
        ("X(5, 2, 3).log_softmax(2), C([[0, 1], [1, 1]], 'int64'), (5, 4), (2, 2)",),
        ("blank=2",),
    )
    unfit = "X(3, 2, 3).log_softmax(2), C([[1, 1, 1], [1, 2, 0]], 'int64'), (3, 3), (3, 2)"
    yield from _calls("ctc_loss", "CTCLoss", (unfit,), ("zero_infinity=True",))


ERRORS = (
    ("F.ctc_loss(N(4, 2, 3), I(3, 2, 2), (4, 5), (2, 2))", "input_lengths to have value at most 4"),
    ("F.ctc_loss(N(4, 2, 3), I(3, 2, 2), (4, 4), (2, 3))", None),
    ("F.ctc_loss(N(4, 2, 3), I(3, 2, 2), (4,), (2, 2))", "input_lengths must be of size batch_size"),
    ("F.ctc_loss(N(4, 2, 3), I(3, 2, 2), (4, 4), (2, 2), blank=3)", "blank must be in label range"),
    ("F.ctc_loss(N(4, 2, 3), I(3, 3), (4, 4), (2, 2))", None),
    ("F.cross_entropy(X(3, 4), I(4, 2))", r"Expected input batch_size \(3\) to match target batch_size \(2\)"),
    ("F.cross_entropy(X(3, 4), C([0, 1, 4], 'int64'))", "Target 4 is out of bounds"),
    (
        "F.cross_entropy(X(3, 4), I(4, 3), weight=C([1.0, 2.0]))",
        "weight tensor should be defined either for all 4 classes",
    ),
    ("F.nll_loss(X(3, 4), N(3, 4))", None),
    ("F.nll_loss(X(3, 4, 2), I(4, 3, 3))", None),
    ("F.cross_entropy(X(3, 4), I(4, 3), reduction='avg')", "is not a valid value for reduction"),
    ("nn.MSELoss(reduction='avg')(X(3), X(3))", "is not a valid value for reduction"),
    ("F.binary_cross_entropy(X(3) * 10, Q(3))", "between 0 and 1"),
    ("F.binary_cross_entropy(Q(3), Q(4))", "Using a target size"),
    ("F.binary_cross_entropy_with_logits(X(3), Q(4))", None),
    ("F.huber_loss(X(3), X(3), delta=-1.0)", "huber_loss does not support non-positive values for delta"),
    ("F.smooth_l1_loss(X(3), X(3), beta=-1.0)", "smooth_l1_loss does not support negative values for beta"),
    ("F.gaussian_nll_loss(X(3), X(3), -P(3))", "var has negative entry"),
    ("F.gaussian_nll_loss(X(3, 4), X(3, 4), P(2))", "var is of incorrect size"),
    ("F.cosine_embedding_loss(X(3, 4), X(3, 4), N(3, 4))", None),
    ("F.margin_ranking_loss(X(3, 4), X(4), N(3))", None),
    ("F.multi_margin_loss(X(5, 3), I(3, 5), p=3)", "only p == 1 and p == 2 supported"),
    ("F.mse_loss(X(3), X(4))", None),
    ("F.l1_loss(X(3, 2), X(3, 4))", None),
    ("F.kl_div(X(3), Q(4))", None),
)
"""Expressions that both refuse, and what both must say (None: what they say is their own)."""


def losses() -> list[str]:
    """All calls of losses, each once."""
    return list(dict.fromkeys(re.sub(r"\(, ", "(", text) for text in _losses()))


FAMILIES = {"losses": lambda dtypes: [*of_expressions(losses(), dtypes), *of_errors(ERRORS)]}
