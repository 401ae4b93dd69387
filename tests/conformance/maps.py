"""`torch.func` further: maps over nothing, nests of dimensions, parts, random numbers, and transforms three deep."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

VMAP, GRAD, CALL = "torch.func.vmap", "torch.func.grad", "torch.func.functional_call"


def empty(one: tuple[str, ...], two: tuple[str, ...], smooth: tuple[str, ...]) -> Iterator[str]:
    """Of size 0: the dimension that is mapped over, or one that is not."""
    for body in one:
        yield f"{VMAP}(lambda a: {body})(D(0, 3, 4))"
        yield f"{VMAP}(lambda a: {body}, in_dims=-1)(D(3, 4, 0))"
        yield f"{VMAP}(lambda a: {body})(D(2, 0, 4))"
        yield f"{VMAP}(lambda a: {body})(D(2, 3, 0))"
    for body in two:
        yield f"{VMAP}(lambda a, b: {body})(X(0, 3, 4), X(0, 3, 4))"
        yield f"{VMAP}(lambda a, b: {body}, in_dims=(0, None))(X(0, 3, 4), X(3, 4))"
        yield f"{VMAP}(lambda a, b: {body}, in_dims=(None, 1))(X(3, 4), X(3, 0, 4))"
    for body in smooth:
        for name in ("jacrev", "jacfwd"):
            yield f"torch.func.{name}(lambda a: {body})(X(0, 4))"
            yield f"{VMAP}(torch.func.{name}(lambda a: {body}))(X(0, 3, 4))"
        yield f"{VMAP}(torch.func.hessian(lambda a: ({body}).sum()))(X(0, 3, 4))"
        yield f"{VMAP}({GRAD}(lambda a: ({body}).sum()))(X(0, 3, 4))"
        yield f"{VMAP}(lambda b: torch.func.jvp(lambda a: {body}, (b,), (b,)))(X(0, 3, 4))"
        yield f"{VMAP}({VMAP}(lambda a: {body}))(X(0, 2, 3, 4))"
        yield f"{VMAP}({VMAP}(lambda a: {body}))(X(2, 0, 3, 4))"
        yield f"{VMAP}({VMAP}(lambda a: {body}), chunk_size=2)(X(3, 0, 3, 4))"
        yield f"{GRAD}(lambda a: {VMAP}(lambda r: ({body}).sum() * r.sum())(a).sum())(X(0, 4))"


DIMS = (
    "{vmap}(lambda t: t[0] * t[1][0] + t[1][1], in_dims=((0, (1, None)),))((X(2, 3), (X(3, 2), X(3))))",
    "{vmap}(lambda t: t[0] + t[1], in_dims=([0, -1],))([X(2, 3), X(3, 2)])",
    "{vmap}(lambda t, s: t['a'] * s, in_dims=({{'a': 1}}, 0))({{'a': X(3, 2)}}, X(2))",
    "{vmap}(lambda t, s: t['a'] * t['b'][0] * s, in_dims=(0, None))({{'a': X(2, 3), 'b': [X(2, 3)]}}, X(3))",
    "{vmap}(lambda t: t['a'] * t['b'], in_dims=({{'a': None, 'b': 0}},))({{'a': X(3), 'b': X(2, 3)}})",
    "{vmap}(lambda a, b: a * b, in_dims=[0, 1])(X(2, 3), X(3, 2))",
    "{vmap}(lambda a, b: a * b, in_dims=(-1, -2))(X(3, 2), X(2, 3))",
    "{vmap}(lambda a, *, b: a * b)(X(2, 3), b=X(3))",
    "{vmap}(lambda a, n: a * n, in_dims=(0, None))(X(2, 3), 2)",
    "{vmap}(lambda a, n: a * n, in_dims=(0, 0))(X(2, 3), 2)",
    "{vmap}(lambda a, s: a * 2 if s == 'x' else a, in_dims=(0, None))(X(2, 3), 'x')",
    "{vmap}(lambda a: a, in_dims=None)(X(2, 3))",
    "{vmap}(lambda a: a, in_dims=(None,))(X(2, 3))",
    "{vmap}(lambda a: a, in_dims=())(X(2, 3))",
    "{vmap}(lambda a: a, in_dims='0')(X(2, 3))",
    "{vmap}(lambda a: a, in_dims=0.0)(X(2, 3))",
    "{vmap}(lambda a: a, in_dims=-3)(X(2, 3))",
    "{vmap}(lambda: X(2))()",
    "{vmap}(lambda a: a.sum())(X())",
    "{vmap}(lambda a: (a, a.sum(), a * 2), out_dims=(1, 0, -1))(X(2, 3))",
    "{vmap}(lambda a: a * 2, out_dims=(1,))(X(2, 3))",
    "{vmap}(lambda a: a * 2, out_dims=-2)(X(2, 3, 4))",
    "{vmap}(lambda a: a * 2, out_dims=3)(X(2, 3))",
    "{vmap}(lambda a: (a, a), out_dims=1)(X(2, 3))",
    "{vmap}(lambda a: (a, a), out_dims=(1,))(X(2, 3))",
    "list({vmap}(lambda a: {{'p': a, 'q': [a.sum(), a]}}, out_dims=0)(X(2, 3)).values())",
    "list({vmap}(lambda a: {{'p': a, 'q': (a, a)}}, out_dims={{'p': 1, 'q': (0, 1)}})(X(2, 3)).values())",
    "{vmap}(lambda a: (a, [a]), out_dims=(1, [0]))(X(2, 3))",
    "{vmap}(lambda a, b: (a, b), in_dims=(0, None), out_dims=(0, None))(X(2, 3), X(3))",
    "{vmap}(lambda a, b: (a, b), in_dims=(0, None))(X(2, 3), X(3))",
    "{vmap}(lambda a: torch.ones(3))(X(2, 3))",
    "{vmap}(lambda a: torch.ones(3), out_dims=1)(X(2, 3))",
    "{vmap}(lambda a: a, out_dims=None)(X(2, 3))",
    "{vmap}(lambda a: None)(X(2, 3))",
    "{vmap}(lambda a: (a, None))(X(2, 3))",
    "{vmap}(lambda a: (a, 1.0))(X(2, 3))",
    "{vmap}(lambda a: [a])(X(2, 3))",
    "{vmap}(lambda a: ())(X(2, 3))",
    "{vmap}(lambda a: (a > 0).any())(X(2, 3))",
    "{vmap}(lambda a: a.long())(X(2, 3))",
    "{vmap}(lambda a: a.argmax())(X(2, 3))",
    "{vmap}(torch.dot, in_dims=(0, None))(X(2, 3), X(3))",
    "{vmap}({vmap}(torch.dot, in_dims=(0, None)), in_dims=(None, 0))(X(2, 3), X(4, 3))",
    "{vmap}({vmap}({vmap}(torch.mul, in_dims=(0, None)), in_dims=(None, 0)), in_dims=(1, 1))(X(2, 3), X(4, 3))",
    "{vmap}({vmap}(torch.add, in_dims=(1, 0), out_dims=1), in_dims=(0, None), out_dims=2)(X(2, 3, 4), X(4, 3))",
    "torch.func.jacrev(lambda t: t['a'] * t['b'], argnums=0)({{'a': X(3), 'b': X(3)}})['a']",
    "torch.func.jacfwd(lambda t: t[0] * t[1][0])((X(3), [X(3)]))[1]",
    "torch.func.jacrev(lambda a, b: {{'p': a * b, 'q': a.sum() ** 2}}, argnums=(1, 0))(X(3), X(3))['q'][1]",
    "torch.func.jacfwd(lambda a, b: [a * b, a.sum()], argnums=1)(X(3), X(3))",
    "torch.func.hessian(lambda t: (t['a'] * t['b']).sum() ** 2)({{'a': X(2), 'b': X(2)}})['a']['b']",
    "torch.func.jvp(lambda a, t: (a * t['x'], [t['x']]), (X(3), {{'x': X(3)}}), (X(3), {{'x': X(3)}}))",
    "torch.func.jvp(lambda a, b: a * b, (X(3), X(3)), (X(3),))",
    "torch.func.jvp(lambda a: a * 2, (X(3),), (X(2),))",
    "torch.func.jvp(lambda a: a * 2, X(3), X(3))",
    "torch.func.jvp(lambda a: (a * 2, a.sum()), (X(3),), (X(3),), has_aux=True)",
    "torch.func.vjp(lambda a: (a * 2, [a.sum()]), X(3))[1]((N(3), [N()]))",
    "torch.func.vjp(lambda a: {{'z': a * 2}}, X(3))[1]({{'z': N(3)}})",
    "torch.func.vjp(lambda a: (a * 2, a), X(3), has_aux=True)[1](N(3))",
    "torch.func.vjp(lambda a: (a * 2, a.sum()), X(3))[1](N(3))",
    "(lambda f: [f(N(3)), f(N(3))])(torch.func.linearize(lambda a: a.sin() * a, C([1.0, 2.0, 3.0]))[1])",
    "torch.func.linearize(lambda a, b: (a @ b, [a.sum()]), N(2, 3), N(3))[1](N(2, 3), N(3))",
    "torch.func.linearize(lambda t: t['a'] * t['b'], {{'a': N(3), 'b': N(3)}})[1]({{'a': N(3), 'b': N(3)}})",
    "torch.func.linearize(lambda a: a * 2, N(3))[1](N(4))",
    "torch.func.linearize({grad}(lambda a: (a ** 3).sum()), N(3))[1](N(3))",
    "{vmap}(torch.func.linearize(lambda a: a.exp().cumsum(0), N(3))[1])(N(4, 3))",
    "torch.func.jacrev(torch.func.linearize(lambda a: a.exp() * a.sum(), N(3))[1])(N(3))",
    "torch.func.linearize(torch.func.jacfwd(lambda a: a.sin() * a.sum()), N(3))[1](N(3))",
    "torch.func.linearize(torch.func.jacrev(lambda a: a.sin() * a.sum()), N(3))[1](N(3))",
    "torch.func.linearize({vmap}({grad}(lambda a: a.prod())), N(2, 3))[1](N(2, 3))",
    "{vmap}(lambda a, v: torch.func.linearize(lambda b: b.sin() * b.sum(), a)[1](v))(N(2, 3), N(2, 3))",
)
"""Nests of inputs, outputs and dimensions, and what does not fit."""

PARTS = (
    *[f"{VMAP}(lambda a: a.sin() * a.sum(), chunk_size={size})(X(7, 3))" for size in (1, 2, 3, 6, 7, 8, 100)],
    f"{VMAP}(lambda a: (a, a.sum()), in_dims=1, out_dims=(-1, 0), chunk_size=3)(X(2, 7))",
    f"{VMAP}(lambda a, b: (a * b, b), in_dims=(0, None), out_dims=(0, None), chunk_size=3)(X(7, 2), X(2))",
    f"{VMAP}({VMAP}(lambda a: a.softmax(0), chunk_size=2), chunk_size=3)(X(7, 5, 3))",
    f"{VMAP}({GRAD}(lambda a, b: (a * b).sum() ** 2, argnums=(0, 1)), in_dims=(0, None), chunk_size=3)(X(7, 2), X(2))",
    f"{VMAP}(lambda d: {{'z': d['x'] * d['y']}}, in_dims=({{'x': 0, 'y': None}},), chunk_size=2)({{'x': X(5, 3), 'y': X(3)}})['z']",
    f"{VMAP}(lambda a: a, chunk_size=0)(X(3))",
    f"{VMAP}(lambda a: a, chunk_size=-1)(X(3))",
    f"{VMAP}(lambda a: a.sum(), chunk_size=2)(X(0, 3))",
    *[f"torch.func.jacrev(lambda a: (a.sin(), a.sum()), chunk_size={size})(X(5))[0]" for size in (1, 2, 5, 9)],
    "torch.func.jacrev(lambda a: a.sin(), chunk_size=0)(X(5))",
    "torch.func.jacrev(torch.func.jacrev(lambda a: (a ** 3).sum(), chunk_size=2), chunk_size=3)(X(5))",
    f"{GRAD}(lambda a: torch.func.jacrev(lambda b: b.sin() * b.sum(), chunk_size=2)(a).sum())(X(5))",
)

DRAWN = (
    "torch.rand(5)",
    "torch.randn(5)",
    "torch.randn_like(a)",
    "torch.rand_like(a)",
    "torch.randint(0, 100, (5,))",
    "torch.randint_like(a, 0, 100)",
    "torch.randperm(9)",
    "torch.normal(a, 1.0)",
    "torch.normal(0.0, a.exp())",
    "torch.normal(a, a.exp())",
    "torch.bernoulli(a * 0 + 0.5)",
    "torch.multinomial(a.exp(), 4)",
    "torch.multinomial(a.exp(), 40, replacement=True)",
    "torch.poisson(a.exp() * 20)",
    "a.clone().normal_()",
    "a.clone().uniform_()",
    "a.clone().bernoulli_(0.5)",
    "a.clone().exponential_()",
    "a.clone().random_(0, 50)",
    "torch.zeros(5).normal_()",
    "F.dropout(a, 0.5)",
    "F.alpha_dropout(a, 0.5)",
    "F.dropout1d(a.view(1, 8, 5), 0.5)",
    "F.feature_alpha_dropout(a.view(1, 8, 5), 0.5)",
    "F.rrelu(-a.abs(), training=True)",
    "F.gumbel_softmax(a)",
    "F.scaled_dot_product_attention(a.view(1, 8, 5), a.view(1, 8, 5), a.view(1, 8, 5), dropout_p=0.5)",
    "nn.Dropout(0.5)(a)",
    "torch.nn.init.uniform_(a.clone())",
)
"""Random numbers of one mapped value of shape (40,)."""


def drawn() -> Iterator[str]:
    """Are they the same for all slices? Asked under each of the words."""
    for body in DRAWN:
        for word in ("error", "same", "different"):
            yield (
                f"(lambda z: [(z[0] == z[1]).all(), torch.tensor(z.shape)])"
                f"({VMAP}(lambda a: {body}, randomness={word!r})(torch.ones(3, 40, dtype=N(1).dtype)))"
            )
    for outer, inner in itertools.product(("same", "different"), repeat=2):
        for body in ("torch.rand(6)", "F.dropout(a, 0.5)", "torch.randn_like(a)"):
            yield (
                f"(lambda z: [(z[0] == z[1]).all(), (z[0, 0] == z[0, 1]).all()])"
                f"({VMAP}({VMAP}(lambda a: {body}, randomness={inner!r}), randomness={outer!r})(torch.ones(2, 3, 40)))"
            )
        yield (
            f"(lambda z: [(z[0] == z[1]).all(), (z[0, 0] == z[0, 1]).all()])"
            f"({VMAP}({VMAP}(lambda a, b: F.dropout(b, 0.5), in_dims=(0, None), randomness={inner!r}), in_dims=(0, None), "
            f"randomness={outer!r})(torch.ones(2, 3), torch.ones(40)))"
        )
    yield f"{VMAP}(lambda a: torch.rand(3), randomness='other')(N(4))"
    yield f"{VMAP}({VMAP}(lambda a: torch.rand(3)), randomness='same')(N(4, 2))"
    yield f"(lambda z: (z[0] == z[1]).all())({VMAP}({GRAD}(lambda a: F.dropout(a, 0.5).sum()), randomness='different')(torch.ones(3, 99)))"
    yield "(lambda z: (z != 0).sum(1).max())(torch.func.jacfwd(lambda a: F.dropout(a, 0.5), randomness='same')(torch.ones(20)))"
    yield "torch.func.jacfwd(lambda a: F.dropout(a, 0.5))(torch.ones(20))"
    yield "(lambda z: (z != 0).sum(1).max())(torch.func.jacrev(lambda a: F.dropout(a, 0.5))(torch.ones(20)))"


LAYERS = {
    "V": "{vmap}({f})",
    "R": "torch.func.jacrev({f})",
    "F": "torch.func.jacfwd({f})",
    "G": "{grad}(lambda {x}: ({f})({x}).sum())",
    "J": "(lambda {x}: torch.func.jvp({f}, ({x},), ({x},))[1])",
    "P": "(lambda {x}: torch.func.vjp({f}, {x})[1](({f})({x}))[0])",
}
"""Transforms of a function `f`, by letter; `x` names an argument."""


def deep() -> Iterator[str]:
    """All transforms inside each other, three deep."""
    for letters in itertools.product(LAYERS, repeat=3):
        text = "(lambda a: a.sin() * a.sum())"
        for x, letter in zip("bcd", letters, strict=True):
            text = LAYERS[letter].format(f=text, vmap=VMAP, grad=GRAD, x=x)
        yield f"{text}(X({', '.join(['2'] * letters.count('V') + ['3'])}))"


MODULES = (
    ("nn.Embedding(5, 3)", {"weight": "5, 3"}, "I(5, {0}4)"),
    ("nn.Embedding(5, 3, padding_idx=1)", {"weight": "5, 3"}, "I(5, {0}4)"),
    ("nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2)", {"weight": "2, 2, 3, 3", "bias": "4"}, "X({0}1, 2, 3, 3)"),
    ("nn.Conv3d(1, 2, 2)", {"weight": "2, 1, 2, 2, 2", "bias": "2"}, "X({0}1, 1, 3, 3, 3)"),
    ("nn.Conv1d(2, 4, 3, dilation=2, groups=2, padding='same')", {"weight": "4, 1, 3", "bias": "4"}, "X({0}2, 2, 6)"),
    ("nn.Conv2d(1, 2, 3, padding=1, padding_mode='reflect')", {"weight": "2, 1, 3, 3", "bias": "2"}, "X({0}1, 1, 4, 4)"),
    ("nn.Linear(4, 2, bias=False)", {"weight": "2, 4"}, "X({0}4)"),
    ("nn.LayerNorm((3, 4))", {"weight": "3, 4", "bias": "3, 4"}, "X({0}2, 3, 4)"),
    ("nn.BatchNorm2d(3, track_running_stats=False)", {"weight": "3", "bias": "3"}, "X({0}2, 3, 2, 2)"),
    ("nn.InstanceNorm2d(2, affine=True)", {"weight": "2", "bias": "2"}, "X({0}2, 2, 3, 3)"),
    ("nn.LSTMCell(3, 2)", {"weight_ih": "8, 3", "weight_hh": "8, 2", "bias_ih": "8", "bias_hh": "8"}, "X({0}2, 3)"),
    ("nn.GRUCell(3, 2)", {"weight_ih": "6, 3", "weight_hh": "6, 2", "bias_ih": "6", "bias_hh": "6"}, "X({0}2, 3)"),
    ("nn.RNNCell(3, 2, nonlinearity='relu')", {"weight_ih": "2, 3", "weight_hh": "2, 2", "bias_ih": "2", "bias_hh": "2"}, "X({0}2, 3)"),
    ("nn.RNN(3, 2, bidirectional=True, batch_first=True)", {f"{n}_l0{r}": s for r in ("", "_reverse") for n, s in (("weight_ih", "2, 3"), ("weight_hh", "2, 2"), ("bias_ih", "2"), ("bias_hh", "2"))}, "X({0}1, 4, 3)"),
    ("nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2))", {"0.weight": "2, 1, 3, 3", "0.bias": "2", "4.weight": "2, 8", "4.bias": "2"}, "X({0}1, 1, 6, 6)"),
    ("nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4, 2))", {"2.weight": "2, 4", "2.bias": "2"}, "X({0}2, 1, 5, 5)"),
    ("nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True)", {"self_attn.in_proj_weight": "12, 4", "self_attn.in_proj_bias": "12", "self_attn.out_proj.weight": "4, 4", "self_attn.out_proj.bias": "4", "linear1.weight": "6, 4", "linear1.bias": "6", "linear2.weight": "4, 6", "linear2.bias": "4", "norm1.weight": "4", "norm1.bias": "4", "norm2.weight": "4", "norm2.bias": "4"}, "X({0}1, 3, 4)"),
)  # fmt: skip
"""Modules: the shapes of their parameters, and their input, with the dimension that is mapped over or without."""


def modules() -> Iterator[str]:
    """As functions of their parameters: of single examples, of several members, of none of either; moving along."""
    for module, shapes, given in MODULES:
        first = "[0]" if any(kind in module for kind in ("RNN(", "LSTMCell")) else ""
        value = f"lambda p, x: {CALL}({module}, p, (x,)){first}"
        loss = f"lambda p, x: ({CALL}({module}, p, (x,)){first} ** 2).sum()"
        one = "{" + ", ".join(f"{name!r}: N({size})" for name, size in shapes.items()) + "}"
        for count in (2, 0):
            all_ = "{" + ", ".join(f"{name!r}: N({count}, {size})" for name, size in shapes.items()) + "}"
            batch, x = given.format(f"{count}, "), given.format("")
            fixed = [text.replace("X", "N") for text in (batch, x)]  # PyTorch's second derivatives of norms are wrong
            yield f"{VMAP}({value}, in_dims=(None, 0))({one}, {batch})"
            yield f"{VMAP}({value}, in_dims=(0, None))({all_}, {x})"
            yield f"{VMAP}({value})({all_}, {batch})"
            yield f"list({VMAP}({GRAD}({loss}), in_dims=(None, 0))({one}, {fixed[0]}).values())"
            yield f"list({VMAP}({GRAD}({loss}), in_dims=(0, None))({all_}, {fixed[1]}).values())"
        three = given.format("3, ").replace("X", "N")
        yield f"list({VMAP}({GRAD}({loss}), in_dims=(None, 0), chunk_size=2)({one}, {three}).values())"
        yield f"torch.func.jvp(lambda p: ({value})(p, {given.format('').replace('X', 'N')}), ({one},), ({one},))"
        fixed = given.format("").replace("X", "N")
        yield f"list(torch.func.jvp({GRAD}(lambda p: ({loss})(p, {fixed})), ({one},), ({one},))[1].values())"


NORM = "nn.BatchNorm1d(3).to(N(1).dtype)"
BUFFERS = (
    "{'running_mean': N(3), 'running_var': torch.ones(3, dtype=N(1).dtype), 'num_batches_tracked': torch.tensor(0)}"
)
EACH = "{'running_mean': N(2, 3), 'running_var': torch.ones(2, 3, dtype=N(1).dtype), 'num_batches_tracked': torch.tensor([0, 4])}"
STATE = (
    f"{VMAP}(lambda p, b, x: {CALL}({NORM}, (p, b), (x,)))({{'weight': X(2, 3), 'bias': X(2, 3)}}, {EACH}, X(2, 4, 3))",
    f"(lambda b: [{VMAP}(lambda b, x: {CALL}({NORM}, b, (x,)), in_dims=(0, None))(b, N(4, 3)).sum(), *b.values()])({EACH})",
    f"(lambda b: [{CALL}({NORM}, b, (X(4, 3),)), *b.values()])({BUFFERS})",
    f"{VMAP}(lambda x: {CALL}({NORM}, {BUFFERS}, (x,)))(X(2, 4, 3))",
    f"{VMAP}(lambda x: {CALL}({NORM}.eval(), {BUFFERS}, (x,)))(X(2, 4, 3))",
    f"{VMAP}({GRAD}(lambda x: ({CALL}({NORM}.eval(), {BUFFERS}, (x,)) ** 2).sum()))(X(2, 4, 3))",
    f"(lambda b: [torch.func.jvp(lambda x: {CALL}({NORM}, b, (x,)), (N(4, 3),), (N(4, 3),)), *b.values()][0])({BUFFERS})",
    f"(lambda b: [*{GRAD}(lambda p: ({CALL}({NORM}, (p, b), (N(4, 3),)) ** 3).sum())({{'weight': N(3), 'bias': N(3)}}).values(), *b.values()])({BUFFERS})",
    f"{CALL}(nn.Linear(2, 2), {{'weight': X(2, 2)}}, (X(3, 2),), strict=True)",
    f"{CALL}(nn.Linear(2, 2), {{'weight': X(2, 2), 'bias': X(2), 'more': X(1)}}, (X(3, 2),), strict=True)",
    f"{CALL}(nn.Linear(2, 2), ({{'weight': X(2, 2)}}, {{'bias': X(2)}}), X(3, 2))",
    f"{CALL}(nn.Linear(2, 2), ({{'weight': X(2, 2)}}, {{'weight': X(2), 'bias': X(2)}}), X(3, 2))",
    "[t.shape for t in torch.func.stack_module_state([nn.Linear(2, 3) for _ in range(4)])[0].values()]",
    "torch.func.stack_module_state([])",
    "torch.func.stack_module_state([nn.Linear(2, 3), nn.Conv1d(2, 3, 1)])",
    "torch.func.stack_module_state([nn.Linear(2, 3), nn.Linear(2, 3).eval()])",
)  # fmt: skip
"""Buffers, running statistics, and what `functional_call` and `stack_module_state` take."""


def maps(one: tuple[str, ...], two: tuple[str, ...], smooth: tuple[str, ...]) -> Iterator[str]:
    """All of this file; the bodies are those of `transforms`."""
    yield from empty(one, two, smooth)
    for text in DIMS:
        yield text.format(vmap=VMAP, grad=GRAD)
    yield from PARTS
    yield from drawn()
    yield from deep()
    yield from modules()
    yield from STATE
