"""`torch.func`: functions mapped over a dimension, Jacobians, forward mode, and all of them inside each other."""

from __future__ import annotations

from collections.abc import Iterator

from .compare import of_expressions
from .maps import maps

ONE = (
    "a.sin() * a.sum()",
    "a.T @ a",
    "a.softmax(1)",
    "a.log_softmax(0)",
    "a.amax(1)",
    "a.prod(0)",
    "a.cumsum(1)",
    "a.cumprod(0)",
    "a.std(1)",
    "a.var()",
    "a.logsumexp(0)",
    "a.norm(dim=1)",
    "a.mean()",
    "a.sort(1).values",
    "a.topk(2).values",
    "a.median(1).values",
    "a.reshape(4, 3)",
    "a.permute(1, 0).flatten()",
    "a.unsqueeze(1).expand(3, 2, 4)",
    "a.flip(0).roll(1, 1)",
    "a.repeat(2, 1)",
    "a.repeat_interleave(2, 0)",
    "torch.cat([a, a * 2], -1)",
    "torch.stack([a, a.exp()], 1)",
    "a.unbind(1)",
    "a.chunk(2, 1)",
    "a[1]",
    "a[:, 1:3]",
    "a[..., None, 0]",
    "a[[2, 0, 0]]",
    "a[:, [1, 1]]",
    "a.gather(1, torch.tensor([[0, 2], [1, 1], [3, 0]]))",
    "a.index_select(0, torch.tensor([2, 0]))",
    "a.tril()",
    "a.diagonal()",
    "torch.where(a > 0, a, 0.1 * a)",
    "a.masked_fill(a > 0.5, 2.0)",
    "a.clamp(-0.5, 0.5)",
    "F.relu(a)",
    "F.gelu(a)",
    "F.elu(a + 0.01)",
    "F.layer_norm(a, (4,))",
    "F.group_norm(a.unsqueeze(0), 3)",
    "F.pad(a, (1, 2), value=0.5)",
    "F.max_pool1d(a.unsqueeze(0), 2)",
    "F.avg_pool1d(a.unsqueeze(0), 2)",
    "F.cross_entropy(a, torch.tensor([0, 3, 1]))",
    "F.mse_loss(a, a.detach() * 0.5)",
    "F.linear(a, torch.ones(2, 4, dtype=a.dtype))",
    "torch.einsum('ij,kj->ik', a, a)",
    "torch.linalg.inv(a[:, :3] + 4 * torch.eye(3, dtype=a.dtype))",
    "torch.linalg.det(a[:, :3])",
    "torch.linalg.solve(a[:, :3] + 4 * torch.eye(3, dtype=a.dtype), a)",
    "a.argmax(1)",
    "torch.zeros_like(a).add_(a).mul_(2)",
)
"""Of one mapped value of shape (3, 4)."""

TWO = (
    "a * b",
    "a @ b.T",
    "a - b.sum()",
    "a.mv(b[0])",
    "torch.outer(a[0], b[:, 0])",
    "a.maximum(b)",
    "a ** (b * b)",
    "torch.atan2(a, b)",
    "F.linear(a, b, b[:, 0])",
    "F.conv1d(a.unsqueeze(0), b[:2, :3].unsqueeze(1).expand(2, 3, 3), padding=1)",
    "F.conv_transpose1d(a.unsqueeze(0), b.unsqueeze(1), b[0, :1])",
    "F.layer_norm(a, (4,), b[0], b[1])",
    "F.mse_loss(a, b)",
    "F.binary_cross_entropy_with_logits(a, b.sigmoid())",
    "F.scaled_dot_product_attention(a, b, a * b)",
    "F.prelu(a, b[:, 0])",
    "torch.cat([a, b])",
    "torch.where(a > b, a, b)",
    "F.cosine_similarity(a, b)",
)
"""Of two values of shape (3, 4); either may be mapped."""

DIMS = ("0, 0", "0, None", "None, 0")
SMOOTH = (
    "(a ** 3).sum(1)",
    "a.tanh() @ a.T",
    "a.softmax(1).log().sum(0)",
    "F.gelu(a).mean()",
    "F.layer_norm(a, (4,))[0]",
)


MODULES = {
    "nn.Linear(4, 2)": ({"weight": "2, 4", "bias": "2"}, "3, 4"),
    "nn.Bilinear(4, 4, 2)": ({"weight": "2, 4, 4", "bias": "2"}, "3, 4"),
    "nn.Conv1d(3, 2, 3, padding=1)": ({"weight": "2, 3, 3", "bias": "2"}, "1, 3, 5"),
    "nn.Conv2d(2, 4, 3, stride=2, groups=2)": ({"weight": "4, 1, 3, 3", "bias": "4"}, "2, 2, 5, 5"),
    "nn.ConvTranspose1d(3, 2, 3, stride=2)": ({"weight": "3, 2, 3", "bias": "2"}, "1, 3, 4"),
    "nn.LayerNorm(4)": ({"weight": "4", "bias": "4"}, "3, 4"),
    "nn.GroupNorm(2, 4)": ({"weight": "4", "bias": "4"}, "2, 4, 3"),
    "nn.InstanceNorm1d(3, affine=True)": ({"weight": "3", "bias": "3"}, "2, 3, 5"),
    "nn.RMSNorm(4)": ({"weight": "4"}, "3, 4"),
    "nn.BatchNorm1d(3, track_running_stats=False)": ({"weight": "3", "bias": "3"}, "4, 3"),
    "nn.PReLU(3)": ({"weight": "3"}, "2, 3"),
    "nn.MultiheadAttention(4, 2, batch_first=True)": (
        {"in_proj_weight": "12, 4", "in_proj_bias": "12", "out_proj.weight": "4, 4", "out_proj.bias": "4"},
        "1, 3, 4",
    ),
    "nn.RNN(3, 2)": ({"weight_ih_l0": "2, 3", "weight_hh_l0": "2, 2", "bias_ih_l0": "2", "bias_hh_l0": "2"}, "4, 1, 3"),
    "nn.GRU(3, 2)": ({"weight_ih_l0": "6, 3", "weight_hh_l0": "6, 2", "bias_ih_l0": "6", "bias_hh_l0": "6"}, "4, 1, 3"),
    "nn.LSTM(3, 2)": (
        {"weight_ih_l0": "8, 3", "weight_hh_l0": "8, 2", "bias_ih_l0": "8", "bias_hh_l0": "8"},
        "4, 1, 3",
    ),
    "nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))": (
        {"0.weight": "3, 4", "0.bias": "3", "2.weight": "2, 3", "2.bias": "2"},
        "3, 4",
    ),
}
"""Modules: the shapes of their parameters, and of their input."""

GIVEN = {"nn.Bilinear(4, 4, 2)": "(x, x)", "nn.MultiheadAttention(4, 2, batch_first=True)": "(x, x, x)"}
"""What else than (x,) a module is called with."""


def modules() -> Iterator[str]:
    """Modules as functions of their parameters: gradients of single examples, ensembles, moving along."""
    vmap, call = "torch.func.vmap", "torch.func.functional_call"
    for module, (shapes, shape) in MODULES.items():
        first = "[0]" if any(kind in module for kind in ("RNN", "GRU", "LSTM", "Attention")) else ""
        value = f"lambda p, x: {call}({module}, p, {GIVEN.get(module, '(x,)')}){first}"
        loss = f"lambda p, x: ({call}({module}, p, {GIVEN.get(module, '(x,)')}){first} ** 2).sum()"
        one = "{" + ", ".join(f"{name!r}: N({size})" for name, size in shapes.items()) + "}"
        all_ = "{" + ", ".join(f"{name!r}: N(2, {size})" for name, size in shapes.items()) + "}"
        yield f"{call}({module}, {one}, tuple(X({shape}) for _ in range(1)) * {GIVEN.get(module, '(x,)').count('x')}){first}"
        yield f"{vmap}({value}, in_dims=(None, 0))({one}, X(2, {shape}))"
        yield f"{vmap}({value}, in_dims=(0, None))({all_}, X({shape}))"
        yield f"{vmap}({value})({all_}, X(2, {shape}))"
        yield f"list({vmap}(torch.func.grad({loss}), in_dims=(None, 0))({one}, N(2, {shape})).values())"
        yield f"list({vmap}(torch.func.grad({loss}))({all_}, N(2, {shape})).values())"
        yield f"(lambda x: torch.func.jvp(lambda p: ({value})(p, x), ({one},), ({one},)))(X({shape}))"


DEEP = (
    "{vmap}({vmap}({vmap}(lambda a: a.sin() * a.sum())))(X(2, 2, 2, 3))",
    "{vmap}({vmap}(lambda a, b: a @ b, in_dims=(0, None)), in_dims=(None, 0))(X(3, 4), X(2, 4))",
    "{vmap}({vmap}(lambda a, b: a * b, in_dims=(None, -1), out_dims=-1), in_dims=(-1, None))(X(3, 2), X(3, 4))",
    "{grad}({grad}({grad}(lambda a: a.sin() * a ** 2)))(X())",
    "torch.func.jacrev(torch.func.jacfwd(torch.func.jacrev(lambda a: (a ** 4).sum())))(X(2))",
    "torch.func.jacfwd(torch.func.jacfwd(lambda a: (a ** 3).sum() * a))(X(3))",
    "{vmap}(torch.func.hessian(lambda a: a.tanh().prod()))(X(2, 3))",
    "{vmap}(torch.func.jacfwd({vmap}({grad}(lambda a: (a ** 3).sum()))))(X(2, 2, 2))",
    "{grad}(lambda a: {vmap}({grad}(lambda b, c: (b.exp() * c).sum()), in_dims=(0, None))(a, a[0]).sum())(X(2, 3))",
    "torch.func.jvp(lambda a: torch.func.jvp(torch.sin, (a,), (a * a,))[1], (X(3),), (N(3),))",
    "torch.func.jvp({vmap}({grad}(lambda a: (a.sigmoid() ** 2).sum())), (X(2, 3),), (N(2, 3),))",
    "{vmap}(lambda a, v: torch.func.jvp({grad}(lambda b: (b ** 3).sum()), (a,), (v,)))(X(2, 3), N(2, 3))",
    "{vmap}(lambda a: torch.func.vjp(lambda b: b.sin() * b.sum(), a)[1](a))(X(2, 3))",
    "torch.func.grad_and_value(lambda a, b: (a * b).sum(), argnums=(0, 1))(X(3), X(3))",
    "{grad}(lambda a: ((a ** 2).sum(), a * 2), has_aux=True)(X(3))",
    "torch.func.jacrev(lambda a: (a.sin(), a.sum()), has_aux=True)(X(3))",
    "torch.func.jacfwd(lambda a: (a.sin(), a.sum()), has_aux=True)(X(3))",
    "torch.func.hessian(lambda a, b: (a ** 2 * b).sum(), argnums=(0, 1))(X(2), X(2))",
    "{vmap}(lambda d: (d['x'][0] * d['x'][1], [d['y']]), in_dims=({{'x': (0, -1), 'y': None}},), out_dims=-1)"
    "({{'x': (X(2, 3), X(3, 2)), 'y': X(3)}})",
    "{vmap}(lambda a: a.sum(), in_dims=-2)(X(2, 3, 4))",
    "{vmap}(lambda a: a * 2, in_dims=1, out_dims=-1, chunk_size=2)(X(2, 5, 3))",
    "{vmap}(lambda a, b: a @ b, in_dims=(0, None), chunk_size=3)(X(7, 2, 3), X(3, 2))",
    "{vmap}({grad}(lambda a: (a ** 3).sum()), chunk_size=1)(X(3, 2))",
    "torch.func.jacrev(lambda a, b: a @ b, argnums=(0, 1), chunk_size=2)(X(3, 2), X(2, 2))",
    "torch.func.vjp(lambda d: d['a'] * d['b'].sum(), {{'a': X(3), 'b': X(2)}})[0]",
    "{vmap}(lambda a: a.new_zeros(2) + a.sum())(X(3, 2))",
    "{vmap}(lambda a: torch.zeros(2).copy_(torch.ones(2)) + a)(X(3, 2))",
    "{vmap}(lambda a: a.clone().index_put_((torch.tensor([1]),), a[:1]))(X(3, 2))",
    "{vmap}(lambda a, i: a.index_select(0, i), in_dims=(0, 0))(X(2, 3), torch.tensor([[0], [2]]))",
    "{vmap}(lambda a, i: a.scatter(0, i, a[:2]), in_dims=(0, 0))(X(2, 3), torch.tensor([[0, 1], [2, 0]]))",
    "(lambda z: (z - z[0]).abs().sum())({vmap}(lambda a: torch.rand(3), randomness='same')(N(4)))",
    "(lambda z: (z - z[0]).abs().sum() > 0)({vmap}(lambda a: torch.rand(3), randomness='different')(N(4)))",
    "(lambda z: (z - z[0]).abs().sum())({vmap}(lambda a: F.dropout(a, 0.5), randomness='same')(torch.ones(4, 50)))",
    "(lambda z: (z - z[0]).abs().sum() > 0)"
    "({vmap}(lambda a: F.dropout(a, 0.5), randomness='different')(torch.ones(4, 50)))",
    "(lambda z: (z - z[0]).abs().sum() > 0)"
    "({vmap}(lambda a: torch.randn_like(a), randomness='different', chunk_size=2)(torch.ones(4, 5)))",
    "{vmap}(lambda a: torch.rand(3))(N(4))",
    "{vmap}(lambda a: a.item())(X(3))",
    "{vmap}(lambda a: a if a > 0 else -a)(X(3))",
    "{vmap}(lambda a: a, in_dims=3)(X(3))",
    "{vmap}(lambda a, b: a, in_dims=(0,))(X(3), X(3))",
    "{vmap}(lambda a, b: a)(X(3), X(4))",
    "{vmap}(lambda a: 1.0)(X(3))",
    "{grad}(lambda a: a)(X(3))",
    "(lambda z: z ** 2)(torch.func.functional_call(nn.BatchNorm1d(3).eval(), {{'weight': X(3), 'bias': X(3), 'running_mean': N(3), "
    "'running_var': C([1.0, 2.0, 0.5])}}, (X(4, 3),)))",
    "{vmap}(lambda p, b, x: torch.func.functional_call(nn.BatchNorm1d(3).eval(), (p, b), (x,)))("
    "{{'weight': X(2, 3), 'bias': X(2, 3)}}, {{'running_mean': N(2, 3), 'running_var': torch.ones(2, 3)}}, X(2, 4, 3))",
)
"""Transforms inside each other, nests, parts, random numbers, buffers, and what is refused."""


def transforms() -> Iterator[str]:
    """Expressions in `torch.func`."""
    yield from modules()
    yield from maps(ONE, TWO, SMOOTH)
    for text in DEEP:
        yield text.format(vmap="torch.func.vmap", grad="torch.func.grad")
    vmap = "torch.func.vmap"
    for body in ONE:
        yield f"{vmap}(lambda a: {body})(D(2, 3, 4))"
        yield f"{vmap}(lambda a: {body}, in_dims=-1)(D(3, 4, 2))"
    for body in TWO:
        for dims in DIMS:
            a, b = ("X(2, 3, 4)" if dim == "0" else "X(3, 4)" for dim in dims.split(", "))
            yield f"{vmap}(lambda a, b: {body}, in_dims=({dims}))({a}, {b})"
    for body in SMOOTH:
        for name in ("jacrev", "jacfwd"):
            yield f"torch.func.{name}(lambda a: {body})(X(3, 4))"
            yield f"{vmap}(torch.func.{name}(lambda a: {body}))(X(2, 3, 4))"
        yield f"torch.func.hessian(lambda a: ({body}).sum())(X(3, 4))"
        yield f"torch.func.jvp(lambda a: {body}, (X(3, 4),), (X(3, 4),))"
        yield f"torch.func.vjp(lambda a: ({body}).sum(), X(3, 4))[0]"
        yield f"{vmap}(torch.func.grad(lambda a: ({body}).sum()))(X(2, 3, 4))"
        yield f"torch.func.grad(lambda a: {vmap}(lambda r: ({body}).sum() * r.sum())(a).sum())(X(3, 4))"
        yield f"{vmap}({vmap}(lambda a: {body}))(X(2, 2, 3, 4))"
        yield f"torch.func.jvp(torch.func.grad(lambda a: ({body}).sum()), (X(3, 4),), (N(3, 4),))"
    yield f"{vmap}(lambda a, k: a[k])(X(2, 3, 4), torch.tensor([2, 0]))"
    yield f"{vmap}(lambda k: F.embedding(k, torch.ones(5, 2).cumsum(0)))(torch.tensor([[1, 4], [0, 0]]))"
    yield f"{vmap}(lambda a: (a, a.sum()), out_dims=(1, 0))(X(2, 3, 4))"
    yield f"{vmap}(lambda d: d['x'] * d['y'], in_dims=({{'x': 0, 'y': None}},))({{'x': X(2, 3), 'y': X(3)}})"
    yield f"{vmap}(lambda a: a.sum(), chunk_size=2)(X(5, 3))"
    yield "torch.func.jacrev(lambda a, b: (a @ b, a.sum()), argnums=(0, 1))(X(3, 4), X(4))"
    yield "torch.func.jacfwd(lambda a, b: (a @ b, a.sum()), argnums=(0, 1))(X(3, 4), X(4))"
    yield "torch.func.jacrev(lambda a: a.sin(), chunk_size=2)(X(5))"
    yield "torch.func.linearize(lambda a: a.sin() * a.sum(), X(3))[1](N(3))"


FAMILIES = {"transforms": lambda dtypes: of_expressions(transforms(), dtypes)}
