"""Calls of `nn.functional` beside losses and activations, compared to second order."""

from __future__ import annotations

from collections.abc import Iterator

from .compare import of_expressions

SIZES = {1: "7", 2: "6, 5", 3: "4, 3, 5"}
WINDOW = {1: "3", 2: "3, 2", 3: "2, 3, 2"}


def _functional() -> Iterator[str]:
    for n, size in SIZES.items():
        image, window = f"X(2, 4, {size})", WINDOW[n]
        for given in (
            "",
            "bias=X(6)",
            "stride=2",
            "padding=1",
            "stride=2, padding=1",
            "dilation=1, padding='same'",
            "padding='valid'",
            "bias=N(6), padding=2",
        ):
            yield f"F.conv{n}d({image}, X(6, 4, {window}){', ' if given else ''}{given})"
        for given in ("groups=2", "groups=2, padding=1", "X(6), 2, 1, 1, 2"):
            yield f"F.conv{n}d({image}, X(6, 2, {window}), {given})"
        for given in (
            "",
            "bias=X(6)",
            "stride=2",
            "padding=1",
            "stride=2, padding=1, output_padding=1",
            "dilation=2",
            "X(6), 2",
        ):
            yield f"F.conv_transpose{n}d({image}, X(4, 6, {window}){', ' if given else ''}{given})"
        yield f"F.conv_transpose{n}d({image}, X(4, 3, {window}), groups=2, stride=2)"
        for kind, letter in (("max", "D"), ("avg", "X")):
            for given in ("2", "2, stride=1", "3, 2, 1", "2, ceil_mode=True", "3, stride=2, padding=1, ceil_mode=True"):
                yield f"F.{kind}_pool{n}d({letter}(2, 3, {size}), {given})"
            for given in ("1", "2", "3"):
                yield f"F.adaptive_{kind}_pool{n}d({letter}(2, 3, {size}), {given})"
        yield f"F.max_pool{n}d(D(2, 3, {size}), 2, return_indices=True)"
        yield f"F.max_pool{n}d_with_indices(D(2, 3, {size}), 2, 1)"
        yield f"F.adaptive_max_pool{n}d_with_indices(D(2, 3, {size}), 2)"
        yield f"F.upsample_nearest({image}, scale_factor=2)"
        yield f"F.lp_pool{n}d(P(2, 3, {size}), 2, 2)"
        x = f"X(3, 4, {size})"
        for given in (
            "training=True",
            "training=False",
            "X(4), X(4), True",
            "X(4), X(4), False, 0.1, 0.01",
            "training=True, eps=0.1",
        ):
            yield f"F.batch_norm({x}, C([0.1, 0.2, 0.3, 0.4]), C([1.0, 2.0, 0.5, 1.5]), {given})"
        yield f"F.instance_norm({x})"
        yield f"F.instance_norm({x}, weight=X(4), bias=X(4), eps=0.1)"
        yield f"F.group_norm({x}, 2)"
        yield f"F.group_norm({x}, 4, X(4), X(4), 0.1)"
        for mode in ("nearest", "nearest-exact", "area", ("linear", "bilinear", "trilinear")[n - 1]):
            yield f"F.interpolate({image}, scale_factor=2, mode='{mode}')"
            yield f"F.interpolate({image}, size=3, mode='{mode}')"
            if "linear" in mode:
                yield f"F.interpolate({image}, size=7, mode='{mode}', align_corners=True)"
    yield "F.upsample_bilinear(X(2, 3, 4, 5), (7, 3))"
    for p in ("", "p=0", "p=0.5", "p=1", "p=3", "p=float('inf')"):
        yield f"F.pdist(X(4, 3){', ' if p else ''}{p})"
    yield from _bags()
    for given in ("(4,)", "(4,), X(4)", "(4,), X(4), X(4)", "(3, 4), X(3, 4), X(3, 4), 0.1", "[4], None, X(4)"):
        yield f"F.layer_norm(X(2, 3, 4), {given})"
    for given in ("(4,)", "(4,), X(4)", "(3, 4), X(3, 4), 0.1"):
        yield f"F.rms_norm(X(2, 3, 4), {given})"
    yield "F.local_response_norm(X(2, 5, 3, 3), 3, 0.1, 0.5, 2.0)"
    for given in ("2", "2, stride=2", "(2, 3), padding=1", "2, dilation=2"):
        yield f"F.unfold(X(2, 3, 5, 6), {given})"
    yield from (
        "F.fold(X(2, 12, 12), (4, 5), 2)",
        "F.fold(X(2, 12, 4), 4, 2, stride=2)",
        "F.pixel_shuffle(X(2, 8, 3, 2), 2)",
        "F.pixel_unshuffle(X(2, 2, 4, 6), 2)",
        "F.channel_shuffle(X(2, 8, 3, 2), 4)",
    )
    qkv = "X(2, 2, 4, 3), X(2, 2, 5, 3), X(2, 2, 5, 6)"
    for given in (
        "",
        "attn_mask=B(4, 5) | B(4, 5) | torch.ones(4, 5).bool()",
        "attn_mask=X(4, 5)",
        "attn_mask=X(2, 1, 4, 5)",
        "is_causal=True",
        "scale=0.3",
        "dropout_p=0.0, scale=2.0, is_causal=True",
    ):
        yield f"F.scaled_dot_product_attention({qkv}{', ' if given else ''}{given})"
    for name in ("dropout", "dropout1d", "alpha_dropout"):
        yield f"F.{name}(X(2, 3, 4), 0.0)"
        yield f"F.{name}(X(2, 3, 4), 0.5, training=False)"
    yield from (
        "F.conv2d(X(2, 3, 5, 5), X(6, 4, 3, 3))",
        "F.conv2d(X(2, 3, 2, 2), X(6, 3, 3, 3))",
        "F.conv2d(X(3, 5), X(6, 3, 3, 3))",
        "F.max_pool2d(X(1, 1, 4, 4), 2, padding=2)",
        "F.batch_norm(X(1, 4), None, None, training=True)",
        "F.layer_norm(X(2, 3), (4,))",
        "F.group_norm(X(2, 3, 4), 2)",
        "F.interpolate(X(1, 1, 4, 4), mode='bilinear')",
        "F.conv1d(X(1, 4, 5), X(3, 2, 2), groups=2)",
    )


def _bags() -> Iterator[str]:
    for mode in ("sum", "mean", "max"):
        for given in (
            "I(5, 2, 3), X(5, 4)",
            "I(5, 8), X(5, 4), C([0, 3, 3, 5], 'int64')",
            "I(5, 8), X(5, 4), C([0, 3, 3, 8], 'int64'), include_last_offset=True",
            "I(5, 8), X(5, 4), C([0, 2], 'int64'), padding_idx=1",
            "I(5, 3, 4), X(5, 4), padding_idx=-1",
            "I(5, 3, 4), X(5, 4) * 2, max_norm=1.0",
            "I(1, 1, 1), X(1, 1)",
            "I(5, 0), X(5, 4), C([0, 0], 'int64')",
        ):
            yield f"F.embedding_bag({given}, mode='{mode}')"
    yield "F.embedding_bag(I(5, 2, 3), X(5, 4), mode='sum', per_sample_weights=X(2, 3))"
    yield "F.embedding_bag(I(5, 8), X(5, 4), C([0, 3, 3, 5], 'int64'), mode='sum', per_sample_weights=X(8), padding_idx=2)"
    yield "F.embedding_bag(I(5, 8), X(5, 4), C([1, 3], 'int64'))"
    yield "F.embedding_bag(I(5, 8), X(5, 4))"


def functional() -> list[str]:
    """All calls."""
    return list(_functional())


FAMILIES = {"functional": lambda dtypes: of_expressions(functional(), dtypes)}
