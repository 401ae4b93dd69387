"""Indexing ops: picking, writing into a copy, looking up, padding."""

import numpy as np

from autograd.ops import index as ops
from autograd.ops import pad as pad_ops
from autograd.tensors import Tensor
from autograd.tensors.index import embedding
from autograd.tensors.pad import pad
from autograd.tensors.run import apply

from .case import Case, distinct


def _getitem(x, index):
    return x[index]


_INDICES = [
    ((3, 4), 1, "int"),
    ((3, 4), (-1, 2), "element"),
    ((3, 4), slice(None, None, -2), "negative-step"),
    ((3, 4), (slice(1, 3), None, 0), "mixed-basic"),
    ((3, 4), (..., slice(1, 1)), "nothing"),
    ((3, 4), (np.arange(12) % 3 == 0).reshape(3, 4), "mask"),
    ((3, 4), np.array([True, False, True]), "row-mask"),
    ((3, 4), (slice(None), np.array([True, False, True, True])), "column-mask"),
    ((3, 4), np.array([2, 0, 2, -1]), "rows"),
    ((3, 4), np.array([[2, 0], [0, 0]]), "2d-rows"),
    ((3, 4), (np.array([0, 1, 1]), np.array([3, -1, 3])), "pairs"),
    ((3, 4), (np.array([[0], [2]]), np.array([1, 1])), "grid"),
    ((3, 4), (slice(None), np.array([1, 1, 0])), "columns"),
    ((3, 4), (0, np.array([1, 1])), "int-array"),
    ((2, 3, 4), (0, slice(None), np.array([1, 1])), "separated"),
    ((2, 3, 4), (np.array([1, 1]), slice(1), np.array([0, 0])), "apart"),
    ((2, 3, 4), (slice(None), np.array([2, 2]), np.array([0, 0])), "inner-pairs"),
    ((2, 3, 4), (slice(None), np.array([2, 2])), "middle"),
    ((3, 4), (None, np.array([1, 1])), "new-axis-array"),
    ((3, 4), np.zeros((0,), int), "no-rows"),
    ((0, 3), slice(None), "all"),
    ((0, 3), np.zeros((2, 0), int), "no-rows"),
    ((3, 0), np.array([1, 1]), "rows"),
    ((1,), 0, "int"),
    ((1,), np.array([0, 0, 0]), "rows"),
    ((), ..., "all"),
    ((), None, "new-axis"),
    ((), True, "mask"),
]


def _put(x, index, shape):
    return apply(ops.put, x, index=index, shape=shape)


def _numpy_put(x, index, shape):
    z = np.zeros(shape)
    np.add.at(z, index, x)
    return z


def _add_to(x, v, index):
    return apply(ops.add_to, x, v, index=index)


def _numpy_add_to(x, v, index):
    return x + _numpy_put(v, index, x.shape)


def _set_at(x, v, index):
    return apply(ops.set_at, x, v, index=index)


def _numpy_set_at(x, v, index):
    z = x.copy()
    z[index] = v
    return z


def _zero_at(x, index):
    return apply(ops.zero_at, x, index=index)


def _numpy_masked_fill(x, value, mask):
    return np.where(mask, value, x)


def _masked_fill(x, value, mask):
    return x.masked_fill(mask, value)


_ROWS = np.array([2, 0, 2])
_WRITES = [  # shape of x, index, shape of what is written
    ((3, 4), 1, (4,)),
    ((3, 4), 1, (1, 4)),
    ((3, 4), (slice(None), slice(1, 3)), (3, 1)),
    ((3, 4), (slice(None), slice(1, 3)), ()),
    ((3, 4), (np.arange(12) % 5 == 0).reshape(3, 4), (3,)),
    ((3, 4), _ROWS, (3, 4)),
    ((3, 4), _ROWS, (4,)),
    ((3, 4), (slice(None), _ROWS), (3, 3)),
    ((3, 4), (_ROWS, np.array([1, 3, 1])), (3,)),
    ((3, 4), (_ROWS, np.array([1, 3, 1])), (1,)),
    ((0, 3), slice(None), (0, 3)),
    ((1,), np.array([0, 0]), (2,)),
    ((), ..., ()),
]


def _scatter(x, v, dim, index):
    return x.scatter(dim, index, v)


def _numpy_scatter(x, v, dim, index):
    z = x.copy()
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        z[tuple(target)] = v[place]
    return z


def _scatter_add(x, v, dim, index):
    return x.scatter_add(dim, index, v)


def _numpy_scatter_add(x, v, dim, index):
    z = x.copy()
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        z[tuple(target)] += v[place]
    return z


def _scatter_reduce(x, v, dim, index, reduce, include_self):
    return x.scatter_reduce(dim, index, v, reduce, include_self=include_self)


def _numpy_scatter_reduce(x, v, dim, index, reduce, include_self):
    sent = {place: [x[place]] if include_self else [] for place in np.ndindex(x.shape)}
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        sent[tuple(target)].append(v[place])
    function = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}[reduce]
    z = x.copy()
    for place, values in sent.items():
        if values:
            z[place] = function(values)
    return z


_WIDE = np.array([[0, 2], [2, 2]])
_SCATTERS = [
    ((3, 4), (2, 2), 0, _WIDE),
    ((3, 4), (3, 5), 1, _WIDE),
    ((3,), (3,), -1, _ROWS),
    ((1,), (1,), 0, np.array([0])),
]


def _embedding(w, index, **settings):
    return embedding(index, w, **settings)


def _numpy_gather(x, dim, index):
    z = np.empty(index.shape)
    for place in np.ndindex(index.shape):
        source = list(place)
        source[dim] = index[place]
        z[place] = x[tuple(source)]
    return z


def _numpy_pad(x, pad, mode, value=0.0):
    if not pad:
        return x
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    modes = {"constant": {"constant_values": value}}
    names = {"replicate": "edge", "circular": "wrap"}
    return np.pad(x, widths, mode=names.get(mode, mode), **modes.get(mode, {}))


def _fold(x, widths, mode):
    return apply(pad_ops.fold_edges, x, widths=widths, mode=mode)


def _numpy_fold(x, widths, mode):
    shape = tuple(n - sum(width) for n, width in zip(x.shape, widths, strict=True))
    names = {"replicate": "edge", "circular": "wrap"}
    places = np.pad(np.arange(np.prod(shape)).reshape(shape), widths, mode=names.get(mode, mode))
    return np.bincount(places.ravel(), x.ravel(), np.prod(shape)).reshape(shape)


_PADS = [((3,), (2, 1)), ((2, 3), (1, 2)), ((3, 4), (0, 2, 1, 0)), ((2, 3, 4), (1, 1, 2, 2)), ((2, 3), ())]

CASES = [
    *[Case("getitem", _getitem, (shape,), {"index": index}, _getitem, note=note) for shape, index, note in _INDICES],
    Case("getitem", Tensor.index_select, ((3, 4),), {"dim": -1, "index": _ROWS}, lambda x, dim, index: x[:, index]),
    Case("getitem", Tensor.index_select, ((2, 3, 4),), {"dim": 1, "index": _ROWS}, lambda x, dim, index: x[:, index]),
    Case("getitem", Tensor.take, ((3, 4),), {"index": np.array([[0, -1], [5, 5]])}, lambda x, index: np.take(x, index)),
    Case(
        "getitem",
        Tensor.masked_select,
        ((3, 1),),
        {"mask": np.array([True, False, True])},
        lambda x, mask: np.broadcast_to(x, (3, 3))[np.broadcast_to(mask, (3, 3))],
    ),
    *[
        Case("take_along", Tensor.gather, (shape,), {"dim": dim, "index": index}, _numpy_gather, note="gather")
        for shape, dim, index in [
            ((3, 4), 0, _WIDE),
            ((3, 4), 1, _WIDE),
            ((2, 3), -1, np.array([[2, 2, 0, 1]])),
            ((3,), 0, _ROWS),
        ]
    ],
    Case(
        "take_along",
        Tensor.take_along_dim,
        ((1, 3),),
        {"indices": np.array([[0], [-1]]), "dim": 1},
        lambda x, indices, dim: np.take_along_axis(np.broadcast_to(x, (2, 3)), indices, dim),
        note="take_along_dim",
    ),
    *[
        Case("put", _put, (shape,), {"index": index, "shape": into}, _numpy_put)
        for shape, index, into in [
            ((2, 4), slice(1, 3), (3, 4)),
            ((3, 4), _ROWS, (3, 4)),
            ((3,), (_ROWS, _ROWS), (3, 3)),
            ((3, 3), (slice(None), _ROWS), (3, 3)),
            ((0, 4), np.zeros(0, int), (3, 4)),
            ((1,), np.array([True, False]), (2,)),
            ((), (0, ...), (2,)),
        ]
    ],
    *[
        Case("add_to", _add_to, (x, v), {"index": i}, _numpy_add_to)
        for x, i, v in _WRITES
        if len(v) <= len(x) and v != (1, 4)
    ],
    *[Case("set_at", _set_at, (x, v), {"index": i}, _numpy_set_at) for x, i, v in _WRITES],
    *[
        Case("zero_at", _zero_at, (x,), {"index": i}, lambda x, index: _numpy_set_at(x, 0, index))
        for x, i, _ in _WRITES
    ],
    *[
        Case("set_at", _scatter, (x, v), {"dim": dim, "index": index}, _numpy_scatter, note="scatter")
        for x, v, dim, index in _SCATTERS
    ],
    *[
        Case("add_to", _scatter_add, (x, v), {"dim": dim, "index": index}, _numpy_scatter_add, note="scatter_add")
        for x, v, dim, index in _SCATTERS
    ],
    *[
        Case(
            "scatter_extreme" if reduce[0] == "a" else "add_to",
            _scatter_reduce,
            (x, v),
            {"dim": dim, "index": index, "reduce": reduce, "include_self": include_self},
            _numpy_scatter_reduce,
            (distinct, lambda rng, shape: distinct(rng, shape) + 0.013),
            note="scatter_reduce",
        )
        for x, v, dim, index in [*_SCATTERS, ((0, 3), (0, 2), 1, np.zeros((0, 2), int))]
        for reduce in ("sum", "prod", "mean", "amax", "amin")
        for include_self in (True, False)
    ],
    Case(
        "add_to",
        lambda x, v, alpha: x.index_add(0, _ROWS, v, alpha=alpha),
        ((3, 4), (3, 4)),
        {"alpha": 2.5},
        lambda x, v, alpha: _numpy_add_to(x, alpha * v, _ROWS),
        note="index_add",
    ),
    Case(
        "set_at",
        lambda x, v: x.index_copy(1, _ROWS, v),
        ((3, 4), (3, 3)),
        {},
        lambda x, v: _numpy_set_at(x, v, (slice(None), _ROWS)),
        note="index_copy",
    ),
    Case(
        "set_at",
        lambda x, v: x.index_fill(1, _ROWS, v),
        ((3, 4), ()),
        {},
        lambda x, v: _numpy_set_at(x, v, (slice(None), _ROWS)),
        note="index_fill",
    ),
    Case(
        "set_at",
        lambda x, v: x.index_put((_ROWS, _ROWS), v),
        ((3, 4), (3,)),
        {},
        lambda x, v: _numpy_set_at(x, v, (_ROWS, _ROWS)),
        note="index_put",
    ),
    Case(
        "set_at",
        lambda x, v: x.masked_scatter(np.array([True, False, True]), v),
        ((2, 3), (5,)),
        {},
        lambda x, v: np.array([[v[0], x[0, 1], v[1]], [v[2], x[1, 1], v[3]]]),
        note="masked_scatter",
    ),
    *[
        Case("masked_fill", _masked_fill, (x, v), {"mask": mask}, _numpy_masked_fill)
        for x, v, mask in [
            ((2, 3), (), np.array([True, False, True])),
            ((3, 1), (), np.array([True, False, True])),
            ((0, 3), (), np.array([True, False, True])),
            ((), (), np.array(True)),
        ]
    ],
    *[
        Case("embedding", _embedding, (shape,), {"index": index}, lambda w, index: w[index])
        for shape, index in [
            ((4, 3), np.array([[0, 3], [3, 3]])),
            ((4, 3), np.array(2)),
            ((1, 1), np.array([0, 0])),
            ((4, 0), np.array([1, 1])),
            ((4, 3), np.zeros((2, 0), int)),
        ]
    ],
    *[
        Case("pad", pad, (shape,), {"pad": widths, "mode": "constant", "value": value}, _numpy_pad)
        for shape, widths in [*_PADS, ((0, 3), (1, 1, 2, 0)), ((1,), (0, 1)), ((), ())]
        for value in (0.0, 1.5)
    ],
    Case(
        "pad", pad, ((3, 4),), {"pad": (-1, 2, 1, -2)}, lambda x, pad: np.pad(x[:1, 1:], ((1, 0), (0, 2))), note="crop"
    ),
    *[
        Case("pad_edges", pad, (shape,), {"pad": widths, "mode": mode}, _numpy_pad)
        for shape, widths in [*_PADS, ((0, 3), (1, 1))]
        for mode in ("reflect", "replicate", "circular")
    ],
    *[Case("pad_edges", pad, ((1,),), {"pad": (1, 1), "mode": mode}, _numpy_pad) for mode in ("replicate", "circular")],
    Case("pad_edges", pad, ((2,),), {"pad": (5, 3), "mode": "replicate"}, _numpy_pad),
    *[
        Case(
            "fold_edges",
            _fold,
            (shape,),
            {"widths": widths, "mode": mode},
            _numpy_fold,
        )
        for shape, widths in [((6, 4), ((1, 2), (0, 1))), ((6, 0), ((1, 2), (0, 0))), ((6, 1), ((2, 1), (0, 0)))]
        for mode in ("reflect", "replicate", "circular")
    ],
]
