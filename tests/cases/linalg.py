"""Linalg ops."""

import numpy as np

import autograd
from autograd import linalg
from autograd.extend import apply
from autograd.ops.each import linear_each
from autograd.tensors import Tensor

from .case import Case, real

_SQUARE = [(3, 3), (1, 1), (0, 0), (2, 2, 2), (0, 2, 2)]


def invertible(rng, shape):
    """Well away from singular."""
    return rng.standard_normal(shape) * 0.4 + 2 * np.eye(shape[-1])


def _over(covers, function, reference, shapes, params=None, **kwargs):
    return [Case(covers, function, (shape,), params or {}, reference, **kwargs) for shape in shapes]


def _pairs(covers, function, reference, shapes, **kwargs):
    return [Case(covers, function, pair, reference=reference, **kwargs) for pair in shapes]


def _einsum(equation, *shapes, **kwargs):
    return Case(
        "einsum",
        lambda *xs: autograd.einsum(equation, *xs),
        shapes,
        reference=lambda *xs: np.einsum(equation, *xs),
        note=equation,
        **kwargs,
    )


def _definite(x):
    return x @ x.mT + 2 * np.eye(x.shape[-1], dtype=x.dtype)


def _linear(x, w, b=None):
    z = x @ w.T
    return z if b is None else z + b


def _cofactors(x):
    return np.linalg.det(x)[..., None, None] * np.linalg.inv(x).mT


def _with_values(x, f):
    from autograd.ops.decompose import with_values

    return with_values(x, f)


def _turned(x, f):
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return (u * f[..., None, :]) @ vh


def _inv_or_nan(x):
    from autograd.ops.linalg import inv_or_nan

    return inv_or_nan(x)


def _cofactor(x):
    from autograd.ops.linalg import cofactor

    return cofactor(x)


def _eigh(x):
    values, vectors = linalg.eigh(_definite(x))
    return values, vectors * vectors  # free of the sign that a vector may have


def _eig(x):
    values, vectors = np.linalg.eig(_definite(x))
    return values, vectors * vectors


def _svd(x):
    u, s, vh = linalg.svd(x, full_matrices=False)
    return s, u * u, vh * vh, u @ vh


def _svd_of(x):
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return [s, u * u, vh * vh, u @ vh]


def _whole_qr(x):
    """What does not depend on which columns complete the basis."""
    q, r = linalg.qr(x, "complete")
    k = min(x.shape[-2:])
    rest = q[..., k:]
    return q[..., :k], r, rest @ rest.mT


def _whole_svd(x):
    u, s, vh = linalg.svd(x)
    rest, other = u[..., len(s) :], vh[len(s) :]
    return s, u[..., : len(s)] ** 2, rest @ rest.mT, other.mT @ other


def _symmetric_pinv(x):
    return linalg.pinv(x + x.mT, hermitian=True)


def _lu(x):
    p, lower, upper = linalg.lu(x)
    return lower, upper, p @ lower @ upper


def _lu_of(x):
    """By rows, one matrix at a time."""
    found = []
    for index in np.ndindex(x.shape[:-2]):
        a = x[index]
        m, n = a.shape
        u, lower, order = a.copy(), np.eye(m), np.arange(m)
        for i in range(min(m, n)):
            j = i + int(np.abs(u[i:, i]).argmax())
            u[[i, j]], order[[i, j]] = u[[j, i]], order[[j, i]]
            lower[[i, j], :i] = lower[[j, i], :i]
            for row in range(i + 1, m):
                lower[row, i] = u[row, i] / u[i, i]
                u[row] -= lower[row, i] * u[i]
        k = min(m, n)
        found.append((lower[:, :k], u[:k], a))
    parts = zip(*found, strict=True) if found else [()] * 3
    k = min(x.shape[-2:])
    shapes = [(*x.shape[:-1], k), (*x.shape[:-2], k, x.shape[-1]), x.shape]
    return [np.array(part).reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _by_lu(x):
    packed, pivots = linalg.lu_factor(x)
    return linalg.lu_solve(packed, pivots, autograd.ones(x.shape[-1], 2, dtype=x.dtype))


def _by_cholesky(x):
    return autograd.cholesky_inverse(linalg.cholesky(_definite(x)))


def _householder(a, tau):
    z = np.eye(len(a))
    for i, t in enumerate(tau):
        v = np.tril(a, -1)[:, i] + np.eye(len(a))[i]
        z = z @ (np.eye(len(a)) - t * np.outer(v, v))
    return z[:, : a.shape[1]]


def _norms(function, reference, shapes, orders, **kwargs):
    return [
        Case(kwargs.get("covers", "vector_norm"), function, (shape,), {"ord": order}, reference)
        for shape in shapes
        for order in orders
    ]


CASES = [
    # ---- products
    *_pairs(
        "matmul",
        Tensor.matmul,
        np.matmul,
        [
            ((2, 3), (3, 4)),
            ((3, 3), (3, 3)),
            ((1, 1), (1, 1)),
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 4)),
            ((2, 2, 3), (3, 4)),
            ((2, 2, 3), (3,)),
            ((3,), (2, 3, 4)),
            ((2, 3), (2, 3, 2)),
            ((2, 2, 3), (2, 3, 2)),
            ((2, 1, 2, 3), (3, 3, 2)),
            ((1, 2, 3), (2, 3, 2)),
            ((0, 3), (3, 2)),
            ((2, 0), (0, 3)),
            ((0,), (0,)),
            ((0, 2, 3), (3, 2)),
            ((0, 2, 3), (0, 3, 2)),
        ],
    ),
    Case("matmul", lambda x, y: x @ y, ((2, 3), (3, 2)), reference=np.matmul, note="operator"),
    Case("matmul", Tensor.mm, ((2, 3), (3, 2)), reference=np.matmul, note="mm"),
    Case("matmul", Tensor.bmm, ((2, 2, 3), (2, 3, 2)), reference=np.matmul, note="bmm"),
    Case("matmul", Tensor.mv, ((2, 3), (3,)), reference=np.matmul, note="mv"),
    Case("matmul", Tensor.dot, ((3,), (3,)), reference=np.dot, note="dot"),
    Case(
        "matmul",
        Tensor.addmm,
        ((3,), (2, 3), (3, 3)),
        {"beta": 0.5, "alpha": 2},
        lambda x, a, b, **_: 0.5 * x + 2 * a @ b,
    ),
    Case("matmul", Tensor.addmv, ((2,), (2, 3), (3,)), {}, lambda x, a, b: x + a @ b),
    Case("matmul", Tensor.baddbmm, ((2, 2, 2), (2, 2, 3), (2, 3, 2)), {}, lambda x, a, b: x + a @ b),
    Case(
        "matmul",
        lambda *xs: linalg.multi_dot(xs),
        ((2, 3), (3, 4), (4, 1), (1, 2)),
        {},
        lambda *xs: np.linalg.multi_dot(xs),
    ),
    Case("matmul", lambda *xs: linalg.multi_dot(xs), ((3,), (3, 4), (4,)), {}, lambda *xs: np.linalg.multi_dot(xs)),
    *_pairs("mul", Tensor.outer, np.outer, [((2,), (3,)), ((0,), (2,)), ((3,), (3,))], note="outer"),
    *_pairs("mul", Tensor.kron, np.kron, [((2, 3), (1, 2)), ((2,), (3, 2)), ((2, 2), (2, 2))], note="kron"),
    *_pairs("einsum", Tensor.inner, np.inner, [((2, 3), (4, 3)), ((3,), (3,)), ((2, 2, 3), (3,))], note="inner"),
    Case(
        "einsum", Tensor.addbmm, ((2, 2), (3, 2, 3), (3, 3, 2)), {}, lambda x, a, b: x + (a @ b).sum(0), note="addbmm"
    ),
    *[
        Case("linear_each", linear_each, ((b, n, i), (b, o, i)), reference=lambda x, w: np.einsum("bni,boi->bno", x, w))
        for b, n, i, o in ((2, 3, 4, 5), (3, 1, 2, 1), (1, 2, 1, 3), (2, 0, 3, 2), (0, 2, 2, 2), (1, 1, 1, 1))
    ],
    *[
        Case(
            "linear_each",
            lambda *arrays: apply(linear_each, *arrays),
            ((b, n, i), (b, o, i), (b, o)),
            reference=lambda x, w, bias: np.einsum("bni,boi->bno", x, w) + bias[:, None],
            note="bias",
        )
        for b, n, i, o in ((2, 3, 4, 5), (3, 1, 2, 1), (1, 2, 1, 3))
    ],
    *_pairs(
        "linear",
        autograd.linear,
        _linear,
        [((2, 3), (4, 3)), ((3,), (4, 3)), ((2, 2, 3), (4, 3)), ((0, 3), (4, 3)), ((2, 0), (1, 0)), ((3, 3), (3, 3))],
    ),
    *_pairs(
        "linear",
        autograd.linear,
        _linear,
        [
            ((2, 3), (4, 3), (4,)),
            ((3,), (4, 3), (4,)),
            ((2, 2, 3), (1, 3), (1,)),
            ((0, 2, 3), (2, 3), (2,)),
            ((2, 3), (4, 3), ()),
            ((2, 3), (3,), ()),
        ],
    ),
    *[
        Case("cross", linalg.cross, pair, {"dim": dim}, lambda x, y, dim: np.cross(x, y, axis=dim))
        for pair, dim in [(((3,), (3,)), -1), (((2, 3), (3,)), -1), (((3, 2), (3, 2)), 0), (((0, 3), (1, 3)), 1)]
    ],
    # ---- einsum
    _einsum("ij,jk->ik", (2, 3), (3, 4)),
    _einsum("ij,jk", (2, 3), (3, 2)),
    _einsum("ij,jk->ki", (3, 3), (3, 3)),
    _einsum("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    _einsum("bqhd,bkhd->bhqk", (2, 3, 2, 2), (2, 2, 2, 2)),
    _einsum("i,i->", (3,), (3,)),
    _einsum("i,j->ij", (2,), (3,)),
    _einsum("bi,bi->b", (2, 3), (2, 3)),
    _einsum("ij,ij->ij", (2, 3), (2, 3)),
    _einsum("ij,j->i", (2, 3), (3,)),
    _einsum("ij->ji", (2, 3)),
    _einsum("ij->", (2, 3)),
    _einsum("ij->j", (2, 3)),
    _einsum("ba", (2, 3)),
    _einsum("ii", (3, 3)),
    _einsum("ii->i", (3, 3)),
    _einsum("iij->j", (3, 3, 2)),
    _einsum("iii->i", (2, 2, 2)),
    _einsum("ijij->ji", (2, 3, 2, 3)),
    _einsum("ii,jk->ik", (2, 2), (3, 2)),
    _einsum("ij,kl->", (2, 3), (2, 1)),
    _einsum("ij,kl->il", (2, 3), (2, 3)),
    _einsum("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)),
    _einsum("i,ij,j->", (2,), (2, 3), (3,)),
    _einsum("ab,bc,ca,a->b", (2, 3), (3, 2), (2, 2), (2,)),
    _einsum("...i,...i->...", (2, 3), (3,)),
    _einsum("...ij,jk", (2, 2, 3), (3, 2)),
    _einsum("b...,b...->...", (2, 3, 2), (2, 2)),
    _einsum("...->...", (2, 3)),
    _einsum("ij,ij->i", (2, 1), (2, 3)),
    _einsum("...i,...i->...i", (1, 3), (2, 3)),
    _einsum("ij,jk->ik", (0, 3), (3, 2)),
    _einsum("ij,jk->ik", (2, 0), (0, 3)),
    _einsum("i,->i", (3,), ()),
    *[
        Case(
            "einsum",
            autograd.tensordot,
            ((2, 3, 4), (3, 4, 2)),
            {"dims": d},
            lambda x, y, dims: np.tensordot(x, y, dims),
            note="tensordot",
        )
        for d in (2, ([1, 2], [0, 1]), ([0, -1], [2, -2]))
    ],
    Case(
        "einsum",
        autograd.tensordot,
        ((2,), (3,)),
        {"dims": 0},
        lambda x, y, dims: np.tensordot(x, y, dims),
        note="tensordot",
    ),
    # ---- inverses and determinants
    *_over("inv", linalg.inv, np.linalg.inv, _SQUARE, domain=invertible),
    *[
        Case("solve", linalg.solve, pair, {}, np.linalg.solve, domain=(invertible, real), repeat=False)
        for pair in [
            ((3, 3), (3, 2)),
            ((3, 3), (3,)),
            ((2, 2, 2), (2, 1)),
            ((2, 2), (2, 2, 1)),
            ((1, 1), (1, 1)),
            ((0, 0), (0, 2)),
            ((3, 3), (3, 3)),
        ]
    ],
    Case(
        "solve",
        linalg.solve,
        ((2, 2, 2), (2, 2)),
        {},
        lambda a, b: np.linalg.solve(a, b[..., None])[..., 0],
        (invertible, real),
    ),
    Case(
        "solve",
        linalg.solve,
        ((2, 2), (3, 2)),
        {"left": False},
        lambda a, b, left: b @ np.linalg.inv(a),
        (invertible, real),
    ),
    *[
        Case("with_values", _with_values, (shape, (*shape[:-2], min(shape[-2:]))), {}, _turned, repeat=False)
        for shape in ((2, 2), (3, 2), (2, 3), (1, 1), (2, 2, 2), (0, 2, 2))
    ],
    *_over("inv_or_nan", _inv_or_nan, np.linalg.inv, _SQUARE, domain=invertible),
    *_over("det", linalg.det, np.linalg.det, _SQUARE, domain=invertible),
    *_over("cofactor", _cofactor, _cofactors, _SQUARE, domain=invertible),
    *_over("slogdet", linalg.slogdet, np.linalg.slogdet, _SQUARE, domain=invertible),
    *_over("slogdet", Tensor.logdet, lambda x: np.log(np.linalg.det(x)), [(3, 3)], domain=invertible, note="logdet"),
    *_over("cholesky", lambda x: linalg.cholesky(_definite(x)), lambda x: np.linalg.cholesky(_definite(x)), _SQUARE),
    *_over("cholesky", lambda x: _definite(x).cholesky(upper=True), None, [(2, 2)]),
    *[
        Case("matmul", linalg.matrix_power, ((2, 2),), {"n": n}, np.linalg.matrix_power, invertible, note="power")
        for n in (1, 2, 3, 5, -1, -2)
    ],
    # ---- decompositions
    *_over("eig", _eig, _eig, [(3, 3), (1, 1), (0, 0), (2, 2, 2)]),
    *_over("eigh", _eigh, None, [(3, 3), (1, 1), (0, 0), (2, 2, 2)]),
    *_over("svd", _svd, _svd_of, [(3, 3), (3, 2), (2, 3), (1, 1), (0, 0), (2, 3, 2)]),
    *_over(
        "svdvals",
        linalg.svdvals,
        lambda x: np.linalg.svd(x, compute_uv=False),
        [(3, 2), (2, 3), (1, 1), (0, 0), (2, 2, 2)],
    ),
    *_over("qr", linalg.qr, np.linalg.qr, [(3, 3), (3, 2), (2, 3), (1, 1), (0, 0), (2, 3, 2)]),
    *_over("pinv", linalg.pinv, np.linalg.pinv, [(3, 2), (2, 3), (3, 3), (1, 1), (2, 3, 2)]),
    Case("pinv", linalg.pinv, ((2, 0),), {}, np.linalg.pinv),
    *_over("qr", _whole_qr, None, [(3, 2), (4, 2), (2, 3)], note="complete"),
    *_over("svd", _whole_svd, None, [(3, 2), (2, 3), (4, 2)], note="full"),
    *_over("pinv", _symmetric_pinv, None, [(3, 3), (2, 2, 2)], note="hermitian"),
    # ---- triangular factors
    *_over("lu", _lu, _lu_of, [(3, 3), (4, 2), (2, 4), (1, 1), (0, 0), (2, 2, 2)]),
    *_over(
        "lu", _by_lu, lambda x: np.linalg.inv(x) @ np.ones((x.shape[-1], 2)), [(3, 3), (2, 2, 2)], domain=invertible
    ),
    *_over("solve", _by_cholesky, lambda x: np.linalg.inv(_definite(x)), [(3, 3), (2, 2, 2)], note="cholesky_solve"),
    *_over(
        "inv",
        lambda x: linalg.tensorinv(x.reshape(2, 2, 4)),
        lambda x: np.linalg.tensorinv(x.reshape(2, 2, 4)),
        [(4, 4)],
        domain=invertible,
    ),
    Case(
        "solve",
        lambda a, b: linalg.tensorsolve(a.reshape(2, 2, 4), b),
        ((4, 4), (2, 2)),
        {},
        lambda a, b: np.linalg.tensorsolve(a.reshape(2, 2, 4), b),
        (invertible, real),
    ),
    Case("mul", linalg.householder_product, ((3, 2), (2,)), {}, _householder),
    # ---- norms
    *_norms(linalg.norm, np.linalg.norm, [(3,)], [None, 2, 1, 3, np.inf, -np.inf, 0.5]),
    *_norms(linalg.norm, np.linalg.norm, [(2, 3)], [None, "fro", 1, -1, np.inf, -np.inf]),
    *_norms(linalg.norm, np.linalg.norm, [(2, 3)], [2, -2, "nuc"], covers="svdvals"),
    *_norms(linalg.vector_norm, lambda x, ord: np.linalg.norm(x.ravel(), ord), [(2, 3), (1,)], [2, 1, 3]),
    *[
        Case(
            "vector_norm",
            linalg.matrix_norm,
            ((2, 3, 2),),
            {"ord": o, "dim": (0, -1), "keepdim": True},
            lambda x, ord, dim, keepdim: np.linalg.norm(x, ord, dim, keepdim),
            note="matrix",
        )
        for o in ("fro", 1, -np.inf)
    ],
    *[
        Case(
            "svdvals",
            linalg.matrix_norm,
            ((2, 3, 2),),
            {"ord": o, "dim": (2, 0)},
            lambda x, ord, dim: np.linalg.norm(x, ord, dim),
            note="matrix",
        )
        for o in (2, "nuc")
    ],
    Case("mul", linalg.vecdot, ((2, 3), (3,)), {}, lambda x, y: (x * y).sum(-1), note="vecdot"),
]
