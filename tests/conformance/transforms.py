"""`torch.func`: functions mapped over a dimension, Jacobians, forward mode, and all of them inside each other."""

from __future__ import annotations

from collections.abc import Iterator

from .compare import of_expressions

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


def transforms() -> Iterator[str]:
    """Expressions in `torch.func`."""
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
