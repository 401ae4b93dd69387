"""Reductions, running sums, sorting: reduce.py, scan.py, along.py."""

import numpy as np

import autograd
from autograd.ops import along, others, reduce, scan
from autograd.tensors import Tensor

from .case import Case, distinct, real


def _axes(name, function, reference, shapes=((3, 4), (), (1,), (2, 3, 2)), whole=True, tuples=True, **kwargs):
    """Whole, along each kind of dimension, kept and not, over nothing and of nothing."""
    rows = [(shape, {}) for shape in shapes] if whole else [((), {"dim": 0}), ((1,), {"dim": 0})]
    rows += [((3, 4), {"dim": 0}), ((3, 4), {"dim": -1, "keepdim": True}), ((0, 3), {"dim": 1}), ((1, 3), {"dim": 1})]
    if tuples:
        rows += [((2, 3, 2), {"dim": (0, -1)}), ((2, 3, 2), {"dim": (2, 0), "keepdim": True})]

    def in_numpy(x, dim=None, keepdim=False):
        axis = dim if x.ndim else None
        return reference(x, axis=axis, keepdims=keepdim)

    return [Case(name, function, (shape,), params, in_numpy, **kwargs) for shape, params in rows]


def _empty(name, function, reference, **params):
    return Case(name, function, ((0, 3),), params, reference)


def _lse(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def _norms(p):
    def reference(x, axis=None, keepdims=False):
        if p == 0:
            return np.sum(x != 0, axis=axis, keepdims=keepdims).astype(float)
        if p == np.inf:
            return np.max(np.abs(x), axis=axis, keepdims=keepdims)
        if p == -np.inf:
            return np.min(np.abs(x), axis=axis, keepdims=keepdims)
        return np.sum(np.abs(x) ** p, axis=axis, keepdims=keepdims) ** (1 / p)

    return _axes("vector_norm", lambda x, **params: x.norm(p, **params), reference, domain=distinct, note=f"p={p}")


def _median(x, axis=None, keepdims=False):
    return np.quantile(x, 0.5, axis=axis, keepdims=keepdims, method="lower")


def _values(function):
    """The values of a function that also returns indices."""
    return lambda x, *args, **params: function(x, *args, **params).values


def _along(name, function, reference, shapes=((4,), (1,), (3, 4), (2, 3, 2), (0, 3), (3, 0)), **kwargs):
    """Along the last dimension and the first."""
    return [
        Case(
            name,
            function,
            (shape,),
            {"dim": dim, **kwargs.get("params", {})},
            reference,
            **{key: value for key, value in kwargs.items() if key != "params"},
        )
        for shape in shapes
        for dim in ({-1, 0} if len(shape) > 1 else {0})
    ]


def _with_zeros(rng, shape):
    x = real(rng, shape)
    x.reshape(-1)[: 2 * x.size // 3 : 2] = 0
    return x


def _some_nan(rng, shape):
    x = distinct(rng, shape)
    x.reshape(-1)[1::3] = np.nan
    return x


def _raw(op):
    """An op as a public function: its settings are NumPy's, and an index is positional."""

    def call(*tensors, **params):
        index = [params.pop("index")] if "index" in params else []
        return op(*tensors, *index, **params)

    return call


def _take(x, index, axis):
    return np.take_along_axis(x, index, axis)


def _put(x, index, axis, shape):
    z = np.zeros(shape)
    for place in np.ndindex(index.shape):
        target = list(place)
        target[axis] = index[place]
        z[tuple(target)] += x[place]
    return z


def _recur(a, b, axis, reverse=False):
    z = np.array(b)
    order = range(b.shape[axis])[::-1] if reverse else range(b.shape[axis])
    before = None
    for i in order:
        here = tuple(i if d == axis else slice(None) for d in range(b.ndim))
        if before is not None:
            z[here] = a[here] * z[before] + b[here]
        before = here
    return z


def _others(x, axis):
    if axis is None:
        return _others(x.reshape(-1), 0).reshape(x.shape)
    rows = [np.delete(x, i, axis).prod(axis) for i in range(x.shape[axis])]
    return np.stack(rows, axis) if rows else x


def _share(x, axis):
    return reduce.share(x, x.amax(axis, keepdim=True), axis=axis)


_TWICE = np.array([[1, 1, 0, 1], [0, 2, 2, 2]])

CASES = [
    *_axes("sum", Tensor.sum, np.sum),
    _empty("sum", Tensor.sum, lambda x: np.sum(x)),
    *_axes("nansum", Tensor.nansum, np.nansum),
    Case("nansum", Tensor.nanmean, ((3, 4),), {"dim": 0}, lambda x, dim: np.nanmean(x, axis=dim), note="nanmean"),
    *_axes("mean", Tensor.mean, np.mean),
    *_axes("prod", Tensor.prod, np.prod, tuples=False),
    *_axes("prod", Tensor.prod, np.prod, tuples=False, domain=_with_zeros, note="zeros"),
    Case("prod", np.prod, ((2, 3, 2),), {"axis": (0, 2)}, np.prod, note="numpy"),
    _empty("prod", Tensor.prod, lambda x, dim: np.prod(x, axis=dim), dim=0),
    *_axes("var", lambda x, **p: x.var(correction=0, **p), np.var, note="biased"),
    *_axes("var", Tensor.var, lambda x, **p: np.var(x, ddof=1, **p), shapes=((3, 4), (2, 1, 3)))[:4],
    *_axes("std", lambda x, **p: x.std(correction=0, **p), np.std, shapes=((3, 4),))[:2],
    *_axes("std", Tensor.std, lambda x, **p: np.std(x, ddof=1, **p), shapes=((3, 4), (2, 1, 3)))[:4],
    Case(
        "std",
        Tensor.std,
        ((2, 3, 2),),
        {"dim": (0, 2), "keepdim": True},
        lambda x, dim, keepdim: np.std(x, axis=dim, ddof=1, keepdims=True),
    ),
    Case("std", Tensor.std, ((0, 3),), {"dim": 1}, lambda x, dim: np.zeros(0)),
    *[
        Case(
            name,
            pair,
            ((3, 4),),
            {"dim": 1},
            lambda x, dim, name=name: (getattr(np, name)(x, axis=dim, ddof=1), np.mean(x, axis=dim)),
            note="mean",
        )
        for name, pair in (("var", autograd.var_mean), ("std", autograd.std_mean))
    ],
    *_axes("amax", Tensor.amax, np.max, domain=distinct),
    *_axes("amin", Tensor.amin, np.min, domain=distinct),
    Case("amax", Tensor.max, ((3, 4),), {}, np.max, domain=distinct, note="max"),
    Case("amin", Tensor.min, ((3, 4),), {}, np.min, domain=distinct, note="min"),
    Case(
        "amax",
        Tensor.aminmax,
        ((3, 4),),
        {"dim": 0},
        lambda x, dim: (x.min(dim), x.max(dim)),
        domain=distinct,
        note="aminmax",
    ),
    *[
        Case(
            "share", _share, (shape,), {"axis": axis}, lambda x, axis: (x == x.max(axis, keepdims=True)) / 1.0, order=0
        )
        for shape, axis in (((3, 4), 1), ((3, 4), (0, 1)), ((0, 3), 1), ((1,), 0))
    ],
    *[Case("median", Tensor.median, (shape,), {}, _median, domain=distinct) for shape in ((3, 4), (5,), (1,), ())],
    Case("median", Tensor.median, ((0, 3),), {}, lambda x: np.nan, order=0),
    Case("median", Tensor.nanmedian, ((3, 4),), {}, _median, domain=distinct, note="nan"),
    *_axes("logsumexp", Tensor.logsumexp, _lse, whole=False),
    Case("logsumexp", Tensor.logsumexp, ((2, 3),), {"dim": None}, lambda x, dim: _lse(x)),
    *[case for p in (2, 1, 3, 0.5, -1, np.inf, -np.inf, 0) for case in _norms(p)],
    Case("vector_norm", Tensor.norm, ((2, 3),), {}, np.linalg.norm),
    # ---- along one dimension
    *_along("cumsum", Tensor.cumsum, lambda x, dim: np.cumsum(x, axis=dim)),
    Case("cumsum", Tensor.cumsum, ((),), {"dim": 0}, lambda x, dim: x),
    Case(
        "cumsum",
        _raw(scan.cumsum),
        ((2, 3),),
        {"axis": 1, "reverse": True},
        lambda x, axis, reverse: x[:, ::-1].cumsum(1)[:, ::-1],
    ),
    *_along("cumprod", Tensor.cumprod, lambda x, dim: np.cumprod(x, axis=dim)),
    *_along("cumprod", Tensor.cumprod, lambda x, dim: np.cumprod(x, axis=dim), domain=_with_zeros, note="zeros"),
    Case("cumprod", Tensor.cumprod, ((),), {"dim": 0}, lambda x, dim: x),
    Case(
        "cumprod",
        _raw(scan.cumprod),
        ((2, 3),),
        {"axis": 1, "reverse": True},
        lambda x, axis, reverse: x[:, ::-1].cumprod(1)[:, ::-1],
    ),
    *_along("logcumsumexp", Tensor.logcumsumexp, lambda x, dim: np.logaddexp.accumulate(x, axis=dim)),
    *[
        Case(
            "shift",
            _raw(scan.shift),
            (shape,),
            {"axis": 0, "by": by, "fill": 2},
            lambda x, axis, by, fill: (
                np.insert(x, 0, fill, 0)[:-1] if by == 1 else np.append(x, np.full_like(x[:1], fill), 0)[1:]
            ),
        )
        for shape in ((4,), (1, 2), (3, 2), (3, 0))
        for by in (1, -1)
    ],
    *[
        Case("recurrence", _raw(scan.recurrence), (shape, shape), {"axis": axis, "reverse": reverse}, _recur)
        for shape, axis in (((5,), 0), ((1,), 0), ((3, 4), 0), ((3, 4), 1), ((2, 0), 1))
        for reverse in (False, True)
    ],
    *[
        Case("others", _raw(others.others), (shape,), {"axis": axis}, _others, domain=domain, note=domain.__name__)
        for shape, axis in (((5,), 0), ((1,), 0), ((3, 4), 0), ((3, 4), 1), ((2, 3), None), ((0, 3), 1), ((2, 0), 1))
        for domain in (real, _with_zeros)
    ],
    *[
        Case("running_top", _raw(scan.running_top), (shape,), {"axis": axis}, np.maximum.accumulate, order=0)
        for shape, axis in (((5,), 0), ((3, 4), 1), ((1,), 0), ((2, 0), 1))
    ],
    *_along("diff", Tensor.diff, lambda x, dim: np.diff(x, axis=dim)),
    Case("diff", Tensor.diff, ((2, 5),), {"n": 2}, np.diff),
    Case(
        "diff",
        lambda x, y: x.diff(prepend=y, append=y),
        ((2, 3), (2, 1)),
        {},
        lambda x, y: np.diff(x, prepend=y, append=y),
    ),
    *[
        Case(
            "diff_back",
            _raw(scan.diff_back),
            (shape,),
            {"axis": -1},
            lambda x, axis: -np.diff(np.pad(x, [(0, 0)] * (x.ndim - 1) + [(1, 1)]), axis=-1) * -1,
        )
        for shape in ((4,), (1,), (2, 3), (2, 0))
    ],
    Case("take_along", _raw(along.take_along), ((2, 3),), {"index": _TWICE, "axis": 1}, _take, note="repeated"),
    Case("take_along", _raw(along.take_along), ((0, 3),), {"index": np.zeros((0, 2), int), "axis": 1}, _take),
    Case("take_along", _raw(along.take_along), ((),), {"index": np.array(0), "axis": 0}, lambda x, index, axis: x),
    *[
        Case("add_along", _raw(along.add_along), (shape,), {"index": index, "axis": axis, "shape": into}, _put)
        for shape, index, axis, into in (
            ((2, 4), _TWICE, 1, (2, 3)),
            ((2, 4), _TWICE, 0, (3, 4)),
            ((1,), np.array([2]), 0, (4,)),
            ((2, 0), np.zeros((2, 0), int), 1, (2, 3)),
        )
    ],
    # ---- sorting: values through take_along
    *_along("take_along", _values(Tensor.sort), lambda x, dim: np.sort(x, axis=dim), domain=distinct, note="sort"),
    *_along(
        "take_along",
        _values(Tensor.sort),
        lambda x, dim, descending: -np.sort(-x, axis=dim),
        domain=distinct,
        params={"descending": True},
        note="sort",
    ),
    *_along(
        "take_along",
        _values(Tensor.topk),
        lambda x, dim, k: np.flip(np.sort(x, axis=dim), dim).take(range(k), axis=dim),
        shapes=((4,), (3, 4)),
        domain=distinct,
        params={"k": 2},
        note="topk",
    ),
    *_along(
        "take_along",
        _values(Tensor.topk),
        lambda x, dim, k, largest: np.sort(x, axis=dim).take(range(k), axis=dim),
        shapes=((4,), (3, 4)),
        domain=distinct,
        params={"k": 3, "largest": False},
        note="topk",
    ),
    *_along(
        "take_along",
        _values(Tensor.kthvalue),
        lambda x, dim, k: np.sort(x, axis=dim).take(k - 1, axis=dim),
        shapes=((4,), (3, 4)),
        domain=distinct,
        params={"k": 2},
        note="kthvalue",
    ),
    *_along(
        "take_along",
        _values(Tensor.mode),
        lambda x, dim: np.min(x, axis=dim),
        shapes=((4,), (3, 4), (1,)),
        domain=distinct,
        note="mode",
    ),
    *_axes("take_along", _values(Tensor.max), np.max, whole=False, tuples=False, domain=distinct, note="max"),
    *_axes("take_along", _values(Tensor.min), np.min, whole=False, tuples=False, domain=distinct, note="min"),
    *_axes("take_along", _values(Tensor.median), _median, whole=False, tuples=False, domain=distinct, note="median"),
    *_along(
        "take_along",
        _values(Tensor.cummax),
        lambda x, dim: np.maximum.accumulate(x, axis=dim),
        domain=distinct,
        note="cummax",
    ),
    *_along(
        "take_along",
        _values(Tensor.cummin),
        lambda x, dim: np.minimum.accumulate(x, axis=dim),
        domain=distinct,
        note="cummin",
    ),
    *[
        Case(
            "take_along",
            Tensor.quantile,
            (shape,),
            {"q": q, **params},
            lambda x, q, dim=None, keepdim=False, interpolation="linear": np.quantile(
                x, q, axis=dim, keepdims=keepdim, method=interpolation
            ),
            domain=distinct,
            note="quantile",
        )
        for shape, q, params in (
            ((3, 4), 0.3, {}),
            ((3, 4), [0.0, 0.35, 1.0], {"dim": 1}),
            ((3, 4), [0.25, 0.5], {"dim": 0, "keepdim": True}),
            ((5,), 0.3, {"interpolation": "lower"}),
            ((5,), 0.3, {"interpolation": "higher"}),
            ((5,), 0.3, {"interpolation": "nearest"}),
            ((4,), 0.6, {"interpolation": "midpoint", "dim": 0}),
            ((), 0.6, {}),
        )
    ],
    Case("take_along", np.median, ((3, 4),), {"axis": 1}, np.median, domain=distinct, note="numpy"),
]
