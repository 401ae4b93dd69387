"""Expressions to compare, by function. `torch` stands for the library, capital letters for inputs (see `compare.Inputs`)."""

from __future__ import annotations

from collections.abc import Iterator

from .compare import Checks, of_expressions

SHAPES = ("(2, 3)", "(4,)", "()", "(1,)", "(0, 3)", "(2, 1, 3)", "(5, 4, 3, 2)", "(1, 7)")
PAIRS = (
    ("2, 3", "2, 3"), ("2, 3", "3"), ("3, 1", "1, 4"), ("", "2, 2"), ("2, 2", ""), ("", ""), ("0, 3", "3"), ("2, 1, 3", "4, 1"),
)  # fmt: skip
REDUCE = ("", ", dim=0", ", dim=1", ", dim=-1, keepdim=True", ", dim=(0, 1)", ", dim=(0, -1), keepdim=True")
ONE_DIM = (", dim=0", ", dim=1", ", dim=-1", ", dim=1, keepdim=True", ", dim=5")

UNARY = {
    "X": "neg abs sign exp exp2 expm1 square sin cos tan sinh cosh tanh asinh atan sigmoid erf erfc sinc ceil floor round trunc frac "
    "reciprocal isnan isinf isfinite relu deg2rad rad2deg logical_not nan_to_num positive lgamma digamma sgn isposinf isneginf",
    "P": "log log2 log10 log1p sqrt rsqrt",
    "U": "asin acos atanh",
    "A": "acosh",
    "Z": "abs sign square exp relu sigmoid tanh sqrt rsqrt reciprocal log neg sinc",
}  # fmt: skip
BINARY = {
    "X": "add sub mul div maximum minimum fmax fmin atan2 remainder fmod floor_divide logaddexp logaddexp2 hypot eq ne lt le gt ge "
    "logical_and logical_or logical_xor true_divide subtract multiply copysign heaviside ldexp",
    "P": "pow xlogy",
    "Z": "maximum minimum pow xlogy atan2 hypot mul div",
}  # fmt: skip
ACTIVATIONS = (
    "relu relu6 elu selu celu gelu silu mish softplus softsign tanhshrink hardtanh hardsigmoid hardswish logsigmoid leaky_relu sigmoid "
    "tanh hardshrink softshrink"
)


def _elementwise() -> Iterator[str]:
    for letter, names in UNARY.items():
        for name in names.split():
            for shape in SHAPES:
                yield f"torch.{name}({letter}(*{shape}))"
            yield f"{letter}(3, 4).{name}()"
            yield f"torch.{name}({letter}(3, 4).T)"
    for name in "sin exp sqrt tanh sigmoid abs neg square sign floor log erf reciprocal relu".split():
        yield f"torch.{name}(I(5, 2, 3))"
        yield f"torch.{name}(B(2, 3))"
    for letter, names in BINARY.items():
        for name in names.split():
            for a, b in PAIRS:
                yield f"torch.{name}({letter}({a}), {letter}({b}))"
            yield f"torch.{name}({letter}(2, 3), 2)"
            yield f"torch.{name}({letter}(2, 3), 1.5)"
            yield f"{letter}(2, 3).{name}({letter}(3))"
            yield f"(lambda x: torch.{name}(x, x))({letter}(2, 3))"
            yield f"torch.{name}({letter}(2, 3), {letter}(2))"
    for name in "add sub mul div floor_divide remainder pow maximum eq lt".split():
        yield f"torch.{name}(I(5, 2, 3), I(5, 3) + 1)"
        yield f"torch.{name}(I(5, 2, 3), X(2, 3))"
        yield f"torch.{name}(I(5, 2, 3), C(2.0))"
        yield f"torch.{name}(C([1.5, 2.5], 'float32'), C(2.0, 'float64'))"
        yield f"torch.{name}(C([1.5, 2.5], 'float32'), C([2.0, 1.0], 'float64'))"
        yield f"torch.{name}(I(5, 2), 2)"
        yield f"torch.{name}(I(5, 2), 2.5)"
    for symbol in "+ - * / // % ** == != < <= > >=".split():
        for left, right in (("P(2, 3)", "P(3)"), ("P(2, 3)", "2"), ("2", "P(2, 3)"), ("P(2)", "0.5"), ("3.5", "P(2)"), ("I(4, 3)", "2"),
                            ("I(4, 3)", "0.5"), ("2", "I(4, 3) + 1"), ("B(3)", "2"), ("I(4, 3)", "P(3)")):  # fmt: skip
            yield f"{left} {symbol} {right}"
    for symbol in "& | ^".split():
        yield f"B(3, 2) {symbol} B(2)"
        yield f"I(8, 3, 2) {symbol} I(8, 2)"
    yield from ("~B(3)", "~I(4, 3)", "-X(3)", "+X(3)", "abs(X(3))")
    for exponent in "0 1 2 3 -1 -2 0.5 -0.5 1.5 2.0".split():
        yield f"torch.pow(P(2, 3), {exponent})"
        yield f"P(2, 3) ** {exponent}"
        yield f"{exponent} ** X(2, 3)"
    for exponent in "0 1 2 3".split():
        yield f"Z(3, 4) ** {exponent}"
    yield "torch.pow(C([0.0, 0.0]), P(2))"
    yield "C([0.0, 2.0]) ** X(2)"
    for settings in (
        "min=-0.5",
        "max=0.5",
        "min=-0.5, max=0.5",
        "min=0.5, max=-0.5",
        "min=U(3)",
        "max=U(3)",
        "min=U(3), max=P(3)",
        "",
    ):
        yield f"torch.clamp(X(2, 3), {settings})"
        yield f"X(2, 3).clip({settings})"
    yield from (
        "torch.clamp(Z(5, 5), -1, 1)",
        "torch.clamp(Z(5, 5), min=Z(5))",
        "Z(5, 5).clamp_min(1)",
        "Z(5, 5).clamp_max(-1)",
        "torch.clamp(I(9, 5), 2, 6)",
    )
    for w in ("0.3", "U(3)", "U(2, 3)", "0.7"):
        yield f"torch.lerp(X(2, 3), X(2, 3), {w})"
    for name in ("addcmul", "addcdiv"):
        for value in ("", ", value=0.5", ", value=-2"):
            yield f"torch.{name}(X(2, 3), P(3), P(2, 1){value})"
            yield f"X(2, 3).{name}(P(2, 3), P(2, 3){value})"
    for name in ("add", "sub"):
        yield f"torch.{name}(X(2, 3), X(3), alpha=2)"
        yield f"torch.{name}(X(2, 3), 2, alpha=0.5)"
    for mode in ("None", "'floor'", "'trunc'"):
        yield f"torch.div(X(4, 5), P(5), rounding_mode={mode})"
        yield f"torch.div(I(9, 5), 2, rounding_mode={mode})"
    for decimals in (0, 1, 2, -1):
        yield f"torch.round(X(3) * 10, decimals={decimals})"
    for c, x, y in (("B(2, 3)", "X(2, 3)", "X(2, 3)"), ("B(3)", "X(2, 1)", "X(2, 3)"), ("B(2, 3)", "X(2, 3)", "0.0"), ("B(2, 3)", "1.0", "X(3)"),
                    ("B(2, 3)", "X()", "X(3)"), ("B(2, 3)", "1.0", "2.0"), ("B(2, 3)", "1", "2"), ("B(2)", "I(4, 2)", "X(2)")):  # fmt: skip
        yield f"torch.where({c}, {x}, {y})"
    for p in ("2", "1", "3", "float('inf')", "0.5"):
        yield f"torch.dist(X(2, 3), X(2, 3), {p})"
    yield from ("torch.where(B(3, 4))", "torch.isclose(X(3), X(3))", "torch.allclose(X(3), X(3))", "torch.equal(X(3), X(3))", "X(3).to(torch.float64)",
                "X(3).float()", "X(3).double()", "X(3).long()", "X(3).int()", "X(3).bool()", "I(3, 4).float()", "X(3).type_as(N(2))", "X(3).to(N(2))")  # fmt: skip


def _activations() -> Iterator[str]:
    for name in ACTIVATIONS.split():
        for shape in SHAPES:
            yield f"F.{name}(X(*{shape}) * 3)"
        yield f"F.{name}(Z(4, 5))"
        yield f"F.{name}(X(3) * 100)"
    for name in ("softmax", "log_softmax", "softmin"):
        for shape, dims in (
            ("2, 3", (0, 1, -1)),
            ("4", (0, -1)),
            ("2, 3, 4", (0, 1, 2)),
            ("0, 3", (0, 1)),
            ("1, 1", (1,)),
            ("", (0,)),
        ):
            for dim in dims:
                yield f"F.{name}(X({shape}), dim={dim})"
        yield f"F.{name}(X(2, 3) * 1000, dim=1)"
        yield f"F.{name}(X(2, 3), dim=2)"
    yield from (
        "torch.softmax(X(2, 3), 1)",
        "X(2, 3).softmax(-1)",
        "torch.log_softmax(X(2, 3), 1)",
        "X(2, 3).log_softmax(0)",
        "F.softmax(X(2, 3), 1, dtype=torch.float64)",
    )
    for a in ("0.2", "1.5", "0.0"):
        yield f"F.leaky_relu(X(3, 4), {a})"
        yield f"F.elu(X(3, 4), {a})"
        yield f"F.celu(X(3, 4), {a} + 0.1)"
        yield f"F.hardshrink(X(3, 4), {a})"
        yield f"F.softshrink(X(3, 4), {a})"
        yield f"F.threshold(X(3, 4), {a}, 20.0)"
        yield f"F.softplus(X(3, 4) * 10, beta=2, threshold={a})"
    yield from (
        "F.gelu(X(3, 4), approximate='tanh')",
        "F.hardtanh(Z(5, 5), -1, 1)",
        "F.relu6(Z(5, 5) * 3)",
        "F.hardtanh(X(4), -0.5, 0.2)",
    )
    for shape, dim in (("4, 6", -1), ("4, 6", 0), ("2, 4, 3", 1), ("3, 3", 1)):
        yield f"F.glu(X({shape}), dim={dim})"
    for x, w in (("X(4, 3)", "P(1)"), ("X(4, 3)", "P(3)"), ("X(2, 3, 4, 4)", "P(3)"), ("X(4)", "P(1)")):
        yield f"F.prelu({x}, {w})"
    for settings in ("", ", p=1", ", dim=0", ", p=3, dim=-1", ", eps=0.5"):
        yield f"F.normalize(X(3, 4){settings})"
    for settings in ("", ", dim=0", ", dim=-1, eps=0.1"):
        yield f"F.cosine_similarity(X(3, 4), X(3, 4){settings})"
        yield f"F.cosine_similarity(X(3, 4), X(1, 4){settings})"
    for bias in ("", ", X(5)"):
        for shape in ("2, 3", "3", "4, 2, 3", "0, 3", "1, 3"):
            yield f"F.linear(X({shape}), X(5, 3){bias})"
    for pad in ("(1, 2)", "(1, 2, 0, 1)", "(-1, 1)", "(0, 0)", "(2, 1, 1, 0)"):
        yield f"F.pad(X(2, 3, 4, 5), {pad})"
        yield f"F.pad(X(2, 3, 4, 5), {pad}, value=3.0)"
        if "-" not in pad:
            for mode in ("reflect", "replicate", "circular"):
                x = "X(2, 3, 4, 5)" if pad.count(",") == 3 else "X(2, 3, 5)"
                yield f"F.pad({x}, {pad}, mode='{mode}')"
    yield from ("F.one_hot(I(5, 2, 3), 5)", "F.one_hot(I(5, 4))", "F.embedding(I(6, 2, 3), X(6, 4))", "F.embedding(I(6, 5), X(6, 4), padding_idx=2)",
                "F.embedding(C([0, 0, 1], 'int64'), X(6, 4))", "F.embedding(C([7], 'int64'), X(6, 4))")  # fmt: skip


def _reductions() -> Iterator[str]:
    for name in "sum mean prod var std amax amin logsumexp nansum std_mean var_mean all any count_nonzero".split():
        letter = "B" if name in ("all", "any") else "X"
        for settings in REDUCE:
            if name in ("prod",) and "(" in settings:
                continue
            if name == "logsumexp" and not settings:
                continue
            for shape in ("2, 3", "2, 3, 4", "3, 1", "1, 1"):
                yield f"torch.{name}({letter}({shape}){settings})"
            yield f"{letter}(2, 3).{name}({settings[2:]})"
        yield f"torch.{name}({letter}(2, 3), dim=7)"
    for name in "sum mean prod amax amin max min".split():
        yield f"torch.{name}(Z(4, 5))"
        yield f"torch.{name}(Z(4, 5), dim=1)" if name not in ("max", "min") else f"torch.{name}(D(4, 5), dim=1)"
    for shape in ("0, 3", "3, 0"):
        for dim in ("0", "1"):
            for name in "sum mean prod var std amax logsumexp all any argmax max".split():
                yield f"torch.{name}(X({shape}), dim={dim})"
    for name in "sum prod mean std var max amax argmax logsumexp".split():
        yield f"torch.{name}(X(0))"
        yield f"torch.{name}(X())"
    for name in ("sum", "prod", "mean", "max", "min", "cumsum"):
        yield f"torch.{name}(I(5, 2, 3){', dim=0' if name == 'cumsum' else ''})"
        yield f"torch.{name}(B(2, 3){', dim=0' if name == 'cumsum' else ''})"
    yield from (
        "torch.sum(X(2, 3), dtype=torch.float64)",
        "torch.sum(I(4, 3), dtype=torch.float32)",
        "torch.mean(I(4, 3), dtype=torch.float32)",
        "torch.sum(X(2, 3), dim=())",
    )
    for c in (
        "correction=0",
        "correction=1",
        "correction=2",
        "unbiased=False",
        "dim=1, correction=0",
        "dim=1, unbiased=True",
        "dim=1, correction=5",
    ):
        yield f"torch.var(X(3, 4), {c})"
        yield f"torch.std(X(3, 4), {c})"
    yield from ("torch.std(C([2.0, 2.0, 2.0]) + X(1) * 0)", "torch.var(X(1))", "torch.std(X(1, 1), dim=1)")
    for name in ("max", "min", "median", "argmax", "argmin", "sort", "argsort", "cummax", "cummin", "nanmedian"):
        for settings in ONE_DIM:
            if name in ("sort", "argsort", "cummax", "cummin") and "keepdim" in settings:
                continue
            yield f"torch.{name}(D(3, 4){settings})"
            yield f"D(2, 3, 4).{name}({settings[2:]})"
    for name in ("max", "min", "median", "argmax", "argmin"):
        yield f"torch.{name}(D(3, 4))"
        yield f"torch.{name}(D(5))"
    yield from ("torch.max(X(2, 3), X(3))", "torch.min(X(2, 3), X(3))", "torch.max(Z(3, 3), Z(3, 3))", "D(4).sort()", "D(4).sort(descending=True)", "D(3, 4).sort(0, True)",
                "torch.sort(Z(9), stable=True)", "torch.argsort(D(5), descending=True)", "torch.aminmax(D(3, 4))", "torch.aminmax(D(3, 4), dim=0)")  # fmt: skip
    for k in (1, 2, 4):
        for settings in ("", ", dim=0", ", largest=False", ", dim=0, largest=False"):
            yield f"torch.topk(D(4, 5), {k}{settings})"
        yield f"torch.kthvalue(D(4, 5), {k})"
    for p in (
        "",
        "p=1",
        "p=2",
        "p=3",
        "p=0",
        "p=float('inf')",
        "p=-float('inf')",
        "p='fro'",
        "p=2.5",
        "p=1, dim=0",
        "p=2, dim=1, keepdim=True",
        "dim=(0, 1)",
        "p=float('inf'), dim=1",
    ):
        yield f"torch.norm(X(3, 4), {p})"
        yield f"X(3, 4).norm({p})"
        if "fro" not in p:
            yield f"torch.linalg.vector_norm(X(3, 4), {p.replace('p=', 'ord=')})"
    yield from (
        "torch.norm(C([0.0, 0.0]) * X(2))",
        "torch.norm(X(2) * 0)",
        "torch.logsumexp(C([-float('inf')] * 2) + X(2) * 0, 0)",
        "torch.logsumexp(X(2) * 1000, 0)",
    )
    for name in ("cumsum", "cumprod", "logcumsumexp"):
        for shape, dim in (("4", 0), ("2, 3", 0), ("2, 3", 1), ("2, 3", -1), ("0, 3", 0), ("", 0), ("1", 0)):
            yield f"torch.{name}(X({shape}), dim={dim})"
    yield from (
        "torch.cumprod(Z(3, 5), 1)",
        "torch.prod(Z(3, 5), 1)",
        "torch.prod(C([0.0, 2.0, 0.0]) * X(3))",
        "torch.prod(C([0.0, 2.0, 3.0]) * X(3))",
    )
    for n in (1, 2):
        for dim in (0, -1):
            yield f"torch.diff(X(4, 5), n={n}, dim={dim})"
    for q in ("0.5", "0.25", "C([0.1, 0.9])"):
        yield f"torch.quantile(D(4, 5), {q})"
        yield f"torch.quantile(D(4, 5), {q}, dim=1)"
    yield from ("torch.unique(I(4, 9))", "torch.unique(I(4, 9), return_inverse=True, return_counts=True)", "torch.bincount(I(5, 20))", "torch.bincount(I(5, 20), minlength=9)",
                "torch.bincount(I(5, 20), weights=N(20))", "torch.nanmean(C([1.0, float('nan')]) * X(2))")  # fmt: skip


def _shape() -> Iterator[str]:
    for call in (
        "reshape(3, 2)", "reshape(-1)", "reshape((6, -1))", "reshape(7)", "view(6)", "view(3, -1)", "view_as(N(3, 2))", "reshape_as(N(3, 2))", "flatten()", "ravel()",
        "unsqueeze(0)", "unsqueeze(-1)", "unsqueeze(5)", "expand(4, 2, 3)", "expand(-1, 3)", "expand(2, -1)", "expand(3, 3)", "expand_as(N(4, 2, 3))", "broadcast_to((4, 2, 3))",
        "permute(1, 0)", "permute((1, 0))", "permute(-1, 0)", "permute(0, 0)", "transpose(0, 1)", "transpose(-1, -2)", "t()", "T", "mT", "movedim(0, 1)", "movedim((0, 1), (1, 0))",
        "swapaxes(0, 1)", "flip(0)", "flip((0, 1))", "flip(-1)", "fliplr()", "flipud()", "roll(1)", "roll(1, 0)", "roll((1, -2), (0, 1))", "rot90()", "rot90(2)", "rot90(-1, (1, 0))",
        "tile(2)", "tile((2, 2))", "tile(2, 1, 2)", "repeat(2, 2)", "repeat(3, 1, 2)", "repeat(2)", "repeat_interleave(2)", "repeat_interleave(2, dim=0)",
        "repeat_interleave(C([1, 2], 'int64'), dim=0)", "split(1)", "split(2, dim=1)", "split([1, 2], 1)", "split_with_sizes([1, 1])", "chunk(2)", "chunk(2, 1)", "chunk(5, 1)", "unbind()",
        "unbind(1)", "tensor_split(2)", "tensor_split((1,), 1)", "narrow(1, 0, 2)", "narrow(1, 2, 2)", "select(0, 1)", "select(1, -1)", "select(1, 9)", "diagonal()", "diagonal(1)", "diagonal(-1)",
        "diag()", "diag(1)", "trace()", "tril()", "tril(1)", "triu(-1)", "triu()", "squeeze()", "contiguous()", "clone()", "size()", "size(0)", "numel()", "dim()", "is_contiguous()", "stride()",
        "unflatten(1, (3, 1))", "unflatten(1, (-1, 1))", "diff()", "nelement()",
    ):  # fmt: skip
        yield f"X(2, 3).{call}"
    for call in (
        "squeeze()",
        "squeeze(0)",
        "squeeze(1)",
        "squeeze(-1)",
        "squeeze((0, 2))",
        "flatten(1)",
        "flatten(0, 1)",
        "flatten(1, 2)",
        "permute(2, 0, 3, 1)",
        "movedim(3, 0)",
        "H",
        "mT",
        "diagonal(0, 1, 3)",
    ):
        yield f"X(1, 3, 1, 4).{call}"
    for function in (
        "reshape({}, (3, 2))", "flatten({})", "squeeze({})", "unsqueeze({}, 0)", "permute({}, (1, 0))", "transpose({}, 0, 1)", "t({})", "movedim({}, 0, 1)", "flip({}, (0,))", "roll({}, 1, 0)",
        "rot90({}, 1, (0, 1))", "tile({}, (2, 1))", "repeat_interleave({}, 2)", "split({}, 1)", "chunk({}, 2, 1)", "unbind({})", "narrow({}, 0, 1, 1)", "select({}, 0, 0)", "diagonal({})", "diag({})",
        "trace({})", "tril({})", "triu({}, 1)", "atleast_2d({})", "atleast_1d({})", "atleast_3d({})", "broadcast_to({}, (2, 2, 3))", "swapaxes({}, 0, 1)", "numel({})", "ravel({})", "diag_embed({})",
        "clone({})",
    ):  # fmt: skip
        yield "torch." + function.format("X(2, 3)")
    for shape in ("", "4"):
        for name in ("atleast_1d", "atleast_2d", "atleast_3d", "flatten", "ravel", "diag_embed", "diag"):
            yield f"torch.{name}(X({shape}))"
    for dim in (0, 1, -1):
        yield f"torch.cat([X(2, 3), X(2, 3)], dim={dim})"
        yield f"torch.stack([X(2, 3), X(2, 3), X(2, 3)], dim={dim})"
        yield f"torch.cat((X(0, 3), X(2, 3)), dim={dim})"
    yield from (
        "torch.cat([X(2, 3), I(3, 1, 3)])", "torch.cat([X(2, 3), X(2, 4)])", "torch.stack([X(2), X(3)])", "torch.hstack([X(2), X(3)])", "torch.vstack([X(3), X(2, 3)])", "torch.dstack([X(2, 3), X(2, 3)])",
        "torch.column_stack([X(3), X(3, 2)])", "torch.meshgrid(X(2), X(3), indexing='ij')", "torch.meshgrid(X(2), X(3), indexing='xy')", "torch.broadcast_tensors(X(2, 1), X(3))", "torch.cat([])",
        "(lambda x: torch.cat([x, x]))(X(2, 2))", "X(6).as_strided((2, 2), (3, 1))", "X(6).as_strided((3, 2), (1, 1), 1)", "torch.block_diag(X(2, 2), X(1, 3))", "torch.cartesian_prod(X(2), X(3))",
    )  # fmt: skip


def _indexing() -> Iterator[str]:
    for index in (
        "0", "-1", "5", "1:", ":-1", "::2", "None", "...", "..., 0", "0, 1", ":, 1", ":, 1:3", "0, ..., 1", "None, :, None", "[0, 2]", "[0, 0, 1]", "C([2, 0, 2], 'int64')", ":, C([1, 1], 'int64')",
        "[0, 1], [1, 2]", "[0, 1], :, [1, 1]", "C([True, False, True], 'bool')", ":, C([True, False, True, True], 'bool')", "C([[0, 1], [2, 2]], 'int64')", "C([0, 1], 'int64'), None", "1, [0, 1]", "..., [0, 1]",
        "True", "C([0, 1], 'int64')[:, None], C([0, 2], 'int64')", "0, 0, 0", "0, 0, 0, 0", "2:1", "C([], 'int64')", "-3", "C(1, 'int64')", "[True, False, True]", "slice(0, 2)",
    ):  # fmt: skip
        yield f"X(3, 4, 2)[{index}]"
    yield "(lambda x: x[x > 0])(X(3, 4))"
    for dim in (0, 1, -1):
        yield f"torch.index_select(X(3, 4), {dim}, C([0, 2, 0], 'int64'))"
        yield f"torch.gather(X(3, 4), {dim}, I(3, 2, 3))"
        yield f"X(3, 4).gather({dim}, I(3, 3, 4))"
        yield f"torch.scatter(X(3, 4), {dim}, C([[0, 1], [2, 0]], 'int64'), X(2, 2))"
        yield f"torch.scatter(X(3, 4), {dim}, C([[0, 1], [2, 0]], 'int64'), 5.0)"
        yield f"torch.scatter_add(X(3, 4), {dim}, I(3, 3, 4), X(3, 4))"
        yield f"X(3, 4).scatter_add({dim}, I(3, 2, 2), X(3, 4))"
        yield f"torch.index_add(X(3, 4), {dim}, C([0, 2], 'int64'), X({'2, 4' if dim == 0 else '3, 2'}))"
        yield f"torch.index_copy(X(3, 4), {dim}, C([0, 2], 'int64'), X({'2, 4' if dim == 0 else '3, 2'}))"
        yield f"torch.index_fill(X(3, 4), {dim}, C([0, 2], 'int64'), 7.0)"
        yield f"torch.take_along_dim(X(3, 4), I(3, {'2, 4' if dim == 0 else '3, 2'}), dim={dim})"
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for self in ("True", "False"):
            yield f"torch.scatter_reduce(X(3, 4), 1, I(4, 3, 5), X(3, 5), '{reduce}', include_self={self})"
    yield from (
        "torch.masked_fill(X(3, 4), B(3, 4), 2.0)", "X(3, 4).masked_fill(B(4), -1)", "X(3, 4).masked_fill(B(3, 1), C(3.0))", "torch.masked_select(X(3, 4), B(3, 4))", "X(3, 4).masked_select(B(4))",
        "torch.take(X(3, 4), I(12, 5))", "torch.nonzero(B(3, 4))", "torch.argwhere(B(3, 4))", "torch.nonzero(B(3, 4), as_tuple=True)", "torch.gather(X(3, 4), 0, I(9, 2, 3) + 9)", "torch.index_select(X(3), 0, C([5], 'int64'))",
        "torch.searchsorted(C([1.0, 2.0, 3.0]), C([0.5, 2.0, 9.0]))", "torch.searchsorted(C([1.0, 2.0, 3.0]), C([2.0]), right=True)", "torch.masked_scatter(X(3), C([True, False, True], 'bool'), X(2))",
        "torch.index_put(X(3, 4), (C([0, 2], 'int64'),), X(2, 4))", "torch.index_put(X(3, 4), (C([0, 0], 'int64'),), X(2, 4), accumulate=True)",
    )  # fmt: skip


def _statistics() -> Iterator[str]:
    yield from (
        "torch.cov(X(3, 5))", "torch.cov(X(5))", "torch.cov(X(3, 5), correction=0)", "torch.cov(X(3, 5), fweights=I(4, 5) + 1)", "torch.cov(X(3, 5), aweights=C([0.5, 1.0, 2.0, 1.0, 0.1]))",
        "torch.cov(X(3, 4), fweights=I(3, 4) + 1, aweights=C([0.5, 1.0, 2.0, 1.0]))", "X(2, 3).cov()", "torch.cov(X(2, 3, 4))", "torch.cov(X(1))", "torch.corrcoef(X(3, 5))", "torch.corrcoef(X(5))", "X(2, 6).corrcoef()",
        "torch.histc(X(20), bins=5, min=-1, max=1)", "torch.histc(X(20), bins=4)", "torch.histc(X(2, 3), 3)", "torch.histc(C([1.0, 1.0]), 4)", "torch.histc(X(5), bins=0)",
        "torch.unique_consecutive(C([1, 1, 2, 2, 3, 1, 1]))", "torch.unique_consecutive(C([1, 1, 2, 2, 3, 1, 1]), return_inverse=True, return_counts=True)", "torch.unique_consecutive(C([[1, 1], [1, 1], [2, 1]]), dim=0)",
        "torch.unique_consecutive(C([[1, 1, 2], [1, 1, 2]]), dim=1, return_counts=True)", "torch.isin(I(5, 2, 3), C([1, 2]))", "torch.isin(I(5, 4), C([1, 2]), invert=True)", "torch.isin(C([1, 2, 3]), 2)",
        "torch.cdist(X(3, 2), X(4, 2))", "torch.cdist(X(2, 3, 2), X(2, 4, 2), p=1)", "torch.cdist(X(3, 2), X(4, 2), p=3.0)", "torch.cdist(X(3, 2), X(4, 2), p=float('inf'))", "torch.cdist(X(3, 2), X(4, 3))", "torch.cdist(X(1, 3, 2), X(2, 4, 2))",
        "torch.combinations(X(4))", "torch.combinations(X(4), 3)", "torch.combinations(X(3), with_replacement=True)", "torch.combinations(X(2, 2))", "torch.vander(X(3))", "torch.vander(X(3), 2)", "torch.vander(X(3), 4, increasing=True)",
        "torch.linalg.vander(X(3))", "torch.linalg.vander(X(3), N=2)", "torch.trapezoid(X(5))", "torch.trapezoid(X(2, 5), dx=0.5)", "torch.trapezoid(X(2, 5), dim=0)", "torch.trapezoid(X(2, 5), C([0.0, 1.0, 3.0, 4.0, 8.0]))",
        "torch.trapezoid(X(2, 5), X(2, 5))", "torch.cumulative_trapezoid(X(2, 5))", "torch.cumulative_trapezoid(X(3, 4), X(3), dim=0)", "torch.trapz(X(4))", "torch.trapezoid(X(1))",
        "torch.unravel_index(C([3, 5]), (2, 3))[0]", "torch.unravel_index(C([3, 5]), (2, 3))[1]", "torch.renorm(X(3, 4), 2, 0, 0.5)", "X(3, 4, 2).renorm(1, 1, 0.5)", "torch.renorm(X(3, 4), 2, 0, 100.0)",
        "torch.polygamma(1, P(2, 3))", "torch.polygamma(2, P(3))", "P(2, 3).polygamma(1)", "torch.polygamma(0, X(3))", "torch.mvlgamma(P(2, 3) + 2, 2)", "torch.lgamma(C([0.0, -1.0, 2.0, 0.5, 100.0]))", "torch.digamma(C([0.0, -1.0, 2.0, 0.5, -0.5]))",
        "torch.digamma(P(3))", "torch.copysign(X(3), -1.0)", "torch.copysign(I(5, 3), -2)", "torch.heaviside(C([-1.5, 0.0, 2.0]), C([0.5]))", "torch.gcd(I(20, 3) + 1, I(20, 3) + 2)", "torch.lcm(I(20, 3) + 1, I(20, 3) + 2)",
        "X(7).unfold(0, 3, 2)", "X(4, 6).unfold(1, 2, 2)", "X(4, 6).unfold(0, 2, 1)", "X(2, 8, 8).unfold(1, 4, 4).unfold(2, 4, 4)", "X(3).unfold(0, 4, 1)", "X(4, 6).unfold(-1, 6, 1)",
        "X(2, 4).hsplit(2)[1]", "X(4, 4).vsplit(2)[1]", "X(2, 3, 4).dsplit(2)[0]", "X(6).hsplit([2, 4])[1]", "X(2, 4).hsplit(3)", "X(4).vsplit(2)", "torch.diagflat(X(2, 2))", "X(3).diagflat(1)", "X(2, 3, 4).adjoint()", "X(2, 3, 4).mH",
        "X(2, 3, 4).sum_to_size(3, 1)", "X(2, 3).sum_to_size(1, 3)", "X(2, 3).sum_to_size(2, 2)", "X(3, 3).clone().fill_diagonal_(7.0)", "X(4, 3).clone().fill_diagonal_(7.0)", "X(7, 3).clone().fill_diagonal_(7.0, wrap=True)", "X(2, 4).clone().fill_diagonal_(1.0)",
        "X(3, 3, 3).clone().fill_diagonal_(1.0)", "X(3).clone().fill_diagonal_(1.0)", "torch.result_type(I(5, 2), X(2)) == X(2).dtype", "X(2, 3).contiguous(memory_format=torch.channels_last).clone(memory_format=torch.preserve_format)", "C(1.5).is_nonzero()",
        "torch.linalg.lstsq(X(5, 3), X(5, 2)).solution", "torch.linalg.lstsq(X(2, 5, 3), X(2, 5, 2)).solution", "torch.linalg.matrix_rank(X(3, 4))", "torch.linalg.matrix_rank(C([[1.0, 1.0], [1.0, 1.0]]))", "torch.linalg.matrix_exp(X(3, 3))",
        "torch.linalg.matrix_exp(X(2, 3, 3) * 3)", "torch.linalg.matrix_exp(C([[0.0, 1.0], [0.0, 0.0]]))", "torch.linalg.cond(S(3))", "torch.linalg.cond(S(3), 1)", "torch.linalg.cond(X(3, 2))", "torch.linalg.cond(S(3), -2)",
        "torch.linalg.solve_triangular(S(3), X(3, 2), upper=True)", "torch.linalg.solve_triangular(S(3), X(3, 2), upper=False)", "torch.linalg.solve_triangular(S(3), X(2, 3), upper=True, left=False)", "torch.linalg.solve_triangular(S(3), X(3, 2), upper=False, unitriangular=True)",
        "torch.relu_(X(3).clone())", "torch.exp_(X(3).clone())", "X(3).clone().sgn_()", "X(3).clone().lgamma_()", "P(2, 3).multinomial(1).shape", "torch.conv2d(X(1, 2, 5, 5), X(3, 2, 3, 3))", "torch.layer_norm(X(2, 3), (3,))",
    )  # fmt: skip


def _linalg() -> Iterator[str]:
    for a, b in (("3", "3"), ("2, 3", "3"), ("3", "3, 4"), ("2, 3", "3, 4"), ("5, 2, 3", "3, 4"), ("2, 3", "5, 3, 4"), ("5, 2, 3", "5, 3, 4"), ("5, 1, 2, 3", "4, 3, 2"), ("3", "5, 3, 4"),
                 ("5, 2, 3", "3"), ("0, 3", "3, 4"), ("2, 0", "0, 4"), ("2, 3", "4, 5"), ("3", "4"), ("1, 1", "1, 1"), ("", "3")):  # fmt: skip
        yield f"torch.matmul(X({a}), X({b}))"
        yield f"X({a}) @ X({b})"
    yield from (
        "torch.mm(X(2, 3), X(3, 4))", "torch.mm(X(2, 3), X(4, 3))", "torch.bmm(X(5, 2, 3), X(5, 3, 4))", "torch.mv(X(2, 3), X(3))", "torch.dot(X(3), X(3))", "torch.inner(X(2, 3), X(4, 3))", "torch.inner(X(3), X(3))",
        "torch.outer(X(2), X(3))", "torch.addmm(X(2, 4), X(2, 3), X(3, 4))", "torch.addmm(X(4), X(2, 3), X(3, 4), beta=0.5, alpha=2)", "torch.addmv(X(2), X(2, 3), X(3))", "torch.baddbmm(X(5, 2, 4), X(5, 2, 3), X(5, 3, 4))",
        "torch.baddbmm(X(2, 4), X(5, 2, 3), X(5, 3, 4), beta=2, alpha=0.5)", "torch.tensordot(X(2, 3, 4), X(3, 4, 5), 2)", "torch.tensordot(X(2, 3, 4), X(4, 3, 5), ([1, 2], [1, 0]))", "torch.tensordot(X(2), X(3), 0)",
        "torch.kron(X(2, 3), X(2, 2))", "torch.kron(X(2), X(2, 2))", "torch.cross(X(4, 3), X(4, 3), dim=1)", "torch.linalg.cross(X(4, 3), X(4, 3))", "(lambda x: x @ x)(X(3, 3))", "(lambda x: x @ x.T)(X(2, 3))",
        "torch.linalg.inv(S(3))", "torch.linalg.inv(S(3, 2))", "torch.inverse(S(3))", "torch.linalg.solve(S(3), X(3, 2))", "torch.linalg.solve(S(3), X(3))", "torch.linalg.solve(S(3, 4), X(4, 3, 2))", "torch.linalg.det(S(3))",
        "torch.linalg.det(S(3, 2))", "torch.det(S(2))", "torch.linalg.slogdet(S(3))", "torch.slogdet(S(3, 2))", "torch.logdet(S(3))", "torch.linalg.cholesky(S(3))", "torch.linalg.cholesky(S(3, 2))", "torch.linalg.matrix_power(S(3), 3)",
        "torch.linalg.matrix_power(S(3), -2)", "torch.linalg.matrix_power(S(3), 0)", "torch.linalg.norm(X(3, 4))", "torch.linalg.norm(X(4))", "torch.linalg.norm(X(4), 1)", "torch.linalg.norm(X(3, 4), 'fro')",
        "torch.linalg.norm(X(3, 4), 1)", "torch.linalg.norm(X(3, 4), float('inf'))", "torch.linalg.norm(X(3, 4), dim=0)", "torch.linalg.matrix_norm(X(2, 3, 4))", "torch.linalg.multi_dot([X(2, 3), X(3, 4), X(4, 2)])",
        "torch.linalg.inv(C([[1.0, 1.0], [1.0, 1.0]]))", "torch.linalg.inv(X(2, 3))", "torch.vdot(X(3), X(3))", "torch.chain_matmul(X(2, 3), X(3, 4))", "torch.linalg.norm(X(3, 4), 2)", "torch.linalg.norm(X(3, 4), 'nuc')",
    )  # fmt: skip
    for spec, operands in (
        ("ij,jk->ik", "X(2, 3), X(3, 4)"), ("ij,jk", "X(2, 3), X(3, 4)"), ("bij,bjk->bik", "X(5, 2, 3), X(5, 3, 4)"), ("ij->ji", "X(2, 3)"), ("ij->", "X(2, 3)"), ("ij->i", "X(2, 3)"), ("ii->i", "X(3, 3)"), ("ii", "X(3, 3)"),
        ("i,j->ij", "X(2), X(3)"), ("i,i", "X(3), X(3)"), ("...ij,...jk->...ik", "X(5, 2, 3), X(5, 3, 4)"), ("...i->...", "X(2, 3)"), ("bhqd,bhkd->bhqk", "X(2, 2, 3, 4), X(2, 2, 5, 4)"), ("ij,jk,kl->il", "X(2, 3), X(3, 4), X(4, 2)"),
        ("ij,ij->", "X(2, 3), X(2, 3)"), ("ij,kj->ik", "X(2, 3), X(4, 3)"), ("i,ij->j", "X(2), X(2, 3)"), ("ij,k->ijk", "X(2, 3), X(2)"), ("bij,kj->bik", "X(5, 2, 3), X(4, 3)"), ("ijj->i", "X(2, 3, 3)"), ("ij,jk->ki", "X(2, 3), X(3, 4)"),
        ("ij,jk", "X(2, 3), X(4, 4)"), ("i,i->i", "X(3), X(3)"), ("ab,cd->abcd", "X(2, 2), X(2, 2)"), ("ij,il->jl", "X(3, 2), X(3, 4)"),
    ):  # fmt: skip
        yield f"torch.einsum('{spec}', {operands})"


def _creation() -> Iterator[str]:
    for call in (
        "zeros(2, 3)", "zeros((2, 3))", "ones(2)", "ones(())", "full((2, 2), 3.5)", "full((2,), 3)", "full((2,), True)", "eye(3)", "eye(2, 3)", "arange(5)", "arange(2, 7)", "arange(1, 2, 0.25)", "arange(0.0, 1.0, 0.3)", "arange(5.0)",
        "arange(5, 0, -2)", "linspace(0, 1, 5)", "linspace(-1.0, 1.0, 1)", "logspace(0, 2, 3)", "zeros_like(N(2, 3))", "ones_like(I(3, 2))", "full_like(N(2), 7)", "zeros(2, dtype=torch.int64)", "ones(2, dtype=torch.bool)",
        "tensor(3)", "tensor(3.5)", "tensor([1, 2])", "tensor([[1.0, 2], [3, 4]])", "tensor([True, False])", "tensor([1, 2], dtype=torch.float32)", "tensor([])", "as_tensor([1.0, 2.0])", "tensor(np.float32(2.5))", "tensor(np.arange(3))",
        "tril_indices(3, 3)", "triu_indices(3, 4, 1)", "empty(0, 3)", "scalar_tensor(2.0)", "zeros(2, 3).new_zeros(2)", "N(2).new_ones(3)", "N(2).new_full((2,), 4)", "N(2).new_tensor([1.0])",
    ):  # fmt: skip
        yield call if call.startswith("N") else f"torch.{call}"


EXPRESSIONS = {
    "elementwise": _elementwise,
    "activations": _activations,
    "reductions": _reductions,
    "shape": _shape,
    "indexing": _indexing,
    "linalg": _linalg,
    "statistics": _statistics,
    "creation": _creation,
}


def expressions(family: str) -> list[str]:
    """All expressions of a family."""
    return list(EXPRESSIONS[family]())


def _checks(family: str) -> Checks:
    return lambda dtypes: of_expressions(expressions(family), dtypes)


FAMILIES = {family: _checks(family) for family in EXPRESSIONS}
