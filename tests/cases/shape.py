"""Shape ops."""

import numpy as np

import autograd
from autograd.tensors import Tensor

from .case import Case

_ANY = [(2, 3), (), (1,), (0, 3), (2, 1, 3)]


def _reshaped(x, shape):
    return np.reshape(x, shape)  # an argument that has another name before NumPy 2.1


def _over(covers, function, reference, shapes, **kwargs):
    return [Case(covers, function, (shape,), reference=reference, **kwargs) for shape in shapes]


def _matrices(covers, function, reference, params):
    return [
        Case(covers, function, (shape,), dict(p), reference)
        for p in params
        for shape in ((3, 3), (2, 4), (4, 2), (1, 1), (0, 2), (2, 3, 4))
    ]


def _cat(*xs, dim=0):
    return autograd.cat(xs, dim)


def _stack(*xs, dim=0):
    return autograd.stack(xs, dim)


def _pieces(x, sizes, axis):
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def _unfolded(x, dimension, size, step):
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dimension) if size else None
    if windows is None:
        return np.zeros((len(range(0, x.shape[dimension] + 1, step)), 0))
    return windows[(slice(None),) * dimension + (slice(None, None, step),)]


def _add_windows(x, shape, axis, size, step):
    from autograd.ops.shape import add_windows

    return add_windows(x, shape=shape, axis=axis, size=size, step=step)


def _windows(x, size, stride, storage_offset=0):
    return x.contiguous().as_strided(size, stride, storage_offset)


def _windows_of(x, size, stride, storage_offset=0):
    return np.lib.stride_tricks.as_strided(x.ravel()[storage_offset:], size, tuple(8 * s for s in stride))


def _restride(x, source, target, count):
    from autograd.ops.shape import restride

    return restride(x, source=source, target=target, count=count)


def _segments(x, counts, axis):
    from autograd.ops.shape import segment_sum

    return segment_sum(x, counts=counts, axis=axis)


def _segments_of(x, counts, axis):
    stops = np.cumsum(counts)
    return np.stack([x.take(np.arange(b - n, b), axis).sum(axis) for n, b in zip(counts, stops, strict=True)], axis)


def _embed_of(x, offset=0):
    return np.stack([np.diag(row, offset) for row in x.reshape(-1, x.shape[-1])]).reshape(
        *x.shape[:-1], *[x.shape[-1] + abs(offset)] * 2
    )


CASES = [
    # ---- other shape
    Case("reshape", Tensor.reshape, ((2, 3),), {"shape": (3, -1)}, _reshaped),
    Case("reshape", Tensor.reshape, ((),), {"shape": (1, 1)}, _reshaped),
    Case("reshape", Tensor.reshape, ((0, 3),), {"shape": (3, 0, 2)}, _reshaped),
    *_over("reshape", Tensor.ravel, np.ravel, _ANY, note="ravel"),
    *_over("reshape", Tensor.squeeze, np.squeeze, [(2, 1, 3, 1), (1,), ()], note="squeeze"),
    Case("reshape", Tensor.unsqueeze, ((2, 3),), {"dim": -2}, lambda x, dim: x[:, None], note="unsqueeze"),
    Case("reshape", Tensor.flatten, ((2, 3, 4),), {"start_dim": 1}, lambda x, start_dim: x.reshape(2, 12)),
    Case("expand", Tensor.expand, ((3, 1),), {"size": (2, -1, 4)}, lambda x, size: np.broadcast_to(x, (2, 3, 4))),
    Case("expand", Tensor.expand, ((),), {"size": (2,)}, lambda x, size: np.broadcast_to(x, size)),
    Case("expand", Tensor.expand, ((1, 3),), {"size": (0, 3)}, lambda x, size: np.broadcast_to(x, size)),
    Case("expand", Tensor.expand, ((0, 1),), {"size": (2, 0, 3)}, lambda x, size: np.broadcast_to(x, size)),
    Case(
        "expand",
        lambda x, y: autograd.broadcast_tensors(x, y),
        ((2, 1), (3,)),
        reference=lambda x, y: np.broadcast_arrays(x, y),
        note="broadcast_tensors",
    ),
    # ---- other order
    Case("transpose", Tensor.permute, ((2, 3, 4),), {"dims": (2, 0, 1)}, lambda x, dims: x.transpose(dims)),
    Case("transpose", Tensor.permute, ((0, 3, 1),), {"dims": (1, -1, 0)}, lambda x, dims: x.transpose(dims)),
    Case("transpose", Tensor.transpose, ((2, 3, 4),), {"dim0": 0, "dim1": -1}, lambda x, dim0, dim1: x.swapaxes(0, 2)),
    Case(
        "transpose",
        Tensor.movedim,
        ((2, 3, 4, 5),),
        {"source": (0, 2), "destination": (-1, 0)},
        lambda x, source, destination: np.moveaxis(x, source, destination),
        note="movedim",
    ),
    *_over("transpose", lambda x: x.T, lambda x: x.T, _ANY, note="T"),
    *_over("transpose", lambda x: x.mT, lambda x: x.mT, [(2, 3), (2, 3, 4)], note="mT"),
    Case("flip", Tensor.flip, ((2, 3),), {"dims": (0, -1)}, lambda x, dims: np.flip(x, dims)),
    Case("flip", Tensor.flip, ((0, 3),), {"dims": (1,)}, lambda x, dims: np.flip(x, dims)),
    Case("flip", Tensor.flip, ((1,),), {"dims": 0}, lambda x, dims: np.flip(x, dims)),
    Case(
        "roll",
        Tensor.roll,
        ((3, 4),),
        {"shifts": (1, -2), "dims": (0, -1)},
        lambda x, shifts, dims: np.roll(x, shifts, dims),
    ),
    Case("roll", Tensor.roll, ((3, 4),), {"shifts": 5}, lambda x, shifts: np.roll(x, shifts)),
    Case("roll", Tensor.roll, ((0, 4),), {"shifts": 2, "dims": 0}, lambda x, shifts, dims: np.roll(x, shifts, dims)),
    Case("roll", Tensor.roll, ((1,),), {"shifts": 2, "dims": 0}, lambda x, shifts, dims: np.roll(x, shifts, dims)),
    *[
        Case("flip", Tensor.rot90, ((2, 3, 2),), {"k": k, "dims": (0, 1)}, lambda x, k, dims: np.rot90(x, k, dims))
        for k in range(-1, 4)
    ],
    *_over("clone", Tensor.clone, np.copy, _ANY),
    *_over("clone", lambda x: x.T.contiguous(), lambda x: x.T, _ANY, note="contiguous"),
    # ---- repeating
    Case("tile", Tensor.repeat, ((2, 3),), {"repeats": (2, 1, 3)}, lambda x, repeats: np.tile(x, repeats)),
    Case("tile", Tensor.repeat, ((),), {"repeats": (2,)}, lambda x, repeats: np.tile(x, repeats)),
    Case("tile", Tensor.repeat, ((2, 3),), {"repeats": (0, 2)}, lambda x, repeats: np.tile(x, repeats)),
    Case("tile", Tensor.repeat, ((0, 3),), {"repeats": (2, 2)}, lambda x, repeats: np.tile(x, repeats)),
    Case("tile", Tensor.tile, ((2, 3),), {"dims": (2,)}, lambda x, dims: np.tile(x, dims)),
    Case("repeat", Tensor.repeat_interleave, ((2, 3),), {"repeats": 2}, lambda x, repeats: np.repeat(x, repeats)),
    Case(
        "repeat",
        Tensor.repeat_interleave,
        ((2, 3),),
        {"repeats": np.array([2, 0, 1]), "dim": 1},
        lambda x, repeats, dim: np.repeat(x, repeats, dim),
    ),
    Case(
        "repeat",
        Tensor.repeat_interleave,
        ((2, 3),),
        {"repeats": 0, "dim": 0},
        lambda x, repeats, dim: np.repeat(x, repeats, dim),
    ),
    Case(
        "repeat",
        Tensor.repeat_interleave,
        ((0, 3),),
        {"repeats": 2, "dim": 0},
        lambda x, repeats, dim: np.repeat(x, repeats, dim),
    ),
    Case("repeat", Tensor.repeat_interleave, ((),), {"repeats": 3}, lambda x, repeats: np.repeat(x, repeats)),
    Case("segment_sum", _segments, ((2, 6),), {"counts": np.array([2, 0, 3, 1]), "axis": 1}, _segments_of),
    Case(
        "segment_sum", _segments, ((6, 1),), {"counts": 2, "axis": 0}, lambda x, counts, axis: x.reshape(3, 2, 1).sum(1)
    ),
    Case("segment_sum", _segments, ((0, 2),), {"counts": np.array([0, 0]), "axis": 0}, _segments_of),
    # ---- joining and splitting
    Case("cat", _cat, ((2, 3), (1, 3), (0, 3)), {"dim": 0}, lambda *xs, dim: np.concatenate(xs, dim)),
    Case("cat", _cat, ((2, 3), (2, 3)), {"dim": -1}, lambda *xs, dim: np.concatenate(xs, dim)),
    Case("cat", _cat, ((2,),) * 10, {}, lambda *xs: np.concatenate(xs), note="many"),
    Case("stack", _stack, ((2, 3), (2, 3)), {"dim": 1}, lambda *xs, dim: np.stack(xs, dim)),
    Case("stack", _stack, ((), ()), {"dim": -1}, lambda *xs, dim: np.stack(xs, dim)),
    Case("stack", _stack, ((0, 2), (0, 2), (0, 2)), {"dim": 0}, lambda *xs, dim: np.stack(xs, dim)),
    Case("stack", _stack, ((3,),) * 9, {}, lambda *xs: np.stack(xs), note="many"),
    *[
        Case(
            "cat",
            lambda *xs, f=name: getattr(autograd, f)(xs),
            shapes,
            {},
            lambda *xs, f=name: getattr(np, f)(xs),
            note=name,
        )
        for name in ("hstack", "vstack", "dstack", "column_stack")
        for shapes in (((3,), (3,)), ((2, 3), (2, 3)))
    ],
    Case("cat", autograd.block_diag, ((2, 3), (1, 2), (2,)), {}, None, note="block_diag"),
    Case("stack", autograd.cartesian_prod, ((2,), (3,)), {}, None, note="cartesian_prod"),
    Case("expand", autograd.meshgrid, ((2,), (3,), (1,)), {"indexing": "xy"}, np.meshgrid, note="meshgrid"),
    Case("split", Tensor.split, ((5, 2),), {"split_size_or_sections": 2}, lambda x, **_: _pieces(x, (2, 2, 1), 0)),
    Case(
        "split",
        Tensor.split,
        ((2, 5),),
        {"split_size_or_sections": [1, 4, 0], "dim": 1},
        lambda x, **_: _pieces(x, (1, 4, 0), 1),
    ),
    Case("split", Tensor.split, ((0, 2),), {"split_size_or_sections": 2}, lambda x, **_: [x]),
    Case(
        "split", Tensor.chunk, ((1, 7),), {"chunks": 3, "dim": 1}, lambda x, **_: _pieces(x, (3, 3, 1), 1), note="chunk"
    ),
    Case(
        "split",
        Tensor.tensor_split,
        ((7,),),
        {"indices_or_sections": 3},
        lambda x, **_: np.array_split(x, 3),
        note="sections",
    ),
    Case(
        "split",
        Tensor.tensor_split,
        ((7,),),
        {"indices_or_sections": (2, 5)},
        lambda x, **_: np.array_split(x, (2, 5)),
        note="indices",
    ),
    Case(
        "split",
        Tensor.tensor_split,
        ((7,),),
        {"indices_or_sections": (5, 2)},
        lambda x, **_: np.array_split(x, (5, 2)),
        note="overlap",
    ),
    Case("unbind", Tensor.unbind, ((3, 2),), {"dim": 0}, lambda x, dim: list(x)),
    Case("unbind", Tensor.unbind, ((2, 3),), {"dim": -1}, lambda x, dim: list(x.T)),
    Case("unbind", Tensor.unbind, ((3,),), {"dim": 0}, lambda x, dim: list(x)),
    Case("unbind", Tensor.unbind, ((2, 0),), {"dim": 0}, lambda x, dim: list(x)),
    Case("unbind", Tensor.unbind, ((1,),), {"dim": 0}, lambda x, dim: list(x)),
    Case("unbind", list, ((3, 2),), {}, list, note="iter"),
    # ---- picking
    Case(
        "getitem",
        Tensor.narrow,
        ((2, 5),),
        {"dim": 1, "start": -4, "length": 2},
        lambda x, **_: x[:, 1:3],
        note="narrow",
    ),
    Case("getitem", Tensor.select, ((2, 5),), {"dim": -1, "index": -2}, lambda x, **_: x[:, 3], note="select"),
    # ---- diagonals and triangles
    *_matrices(
        "diagonal", Tensor.diagonal, lambda x, offset: np.diagonal(x, offset), [{"offset": o} for o in (0, 1, -2)]
    ),
    Case(
        "diagonal",
        Tensor.diagonal,
        ((2, 3, 4),),
        {"offset": 1, "dim1": 2, "dim2": 0},
        lambda x, offset, **_: np.diagonal(x, offset, 2, 0),
    ),
    *[
        Case("diagonal_embed", Tensor.diag_embed, (shape,), {"offset": o}, _embed_of)
        for o in (0, 2, -1)
        for shape in ((3,), (2, 3), (1,), (2, 1, 2))
    ],
    Case("diagonal_embed", Tensor.diag_embed, ((2, 0),), {"offset": 1}, lambda x, offset: np.zeros((2, 1, 1))),
    Case(
        "diagonal_embed",
        Tensor.diag_embed,
        ((2, 3),),
        {"dim1": 0, "dim2": 1},
        lambda x, **_: np.moveaxis(_embed_of(x), 0, 2),
    ),
    *[
        Case("diagonal", Tensor.diag, (shape,), {"diagonal": k}, lambda x, diagonal: np.diag(x, diagonal), note="diag")
        for k in (0, 1, -1)
        for shape in ((3,), (3, 4))
    ],
    Case("diagonal", Tensor.trace, ((3, 2),), {}, np.trace, note="trace"),
    *_matrices("tril", Tensor.tril, lambda x, diagonal: np.tril(x, diagonal), [{"diagonal": k} for k in (0, 1, -1)]),
    *_matrices("triu", Tensor.triu, lambda x, diagonal: np.triu(x, diagonal), [{"diagonal": k} for k in (0, 1, -1)]),
    # ---- windows
    *[
        Case("windows", Tensor.unfold, (shape,), {"dimension": d, "size": n, "step": step}, _unfolded)
        for shape, d, n, step in (
            ((7,), 0, 3, 2),
            ((7,), 0, 3, 1),
            ((2, 5), 1, 2, 3),
            ((4, 3), 0, 4, 1),
            ((3,), 0, 0, 1),
            ((1, 2), 0, 1, 1),
            ((0, 3), 1, 2, 1),
        )
    ],
    *[
        Case("add_windows", _add_windows, (shape,), {"shape": to, "axis": 0, "size": shape[-1], "step": step}, None)
        for shape, to, step in (
            ((3, 3), (7,), 2),
            ((5, 3), (7,), 1),
            ((2, 4, 2), (5, 4), 3),
            ((1, 1), (1,), 1),
            ((0, 2), (1,), 1),
        )
    ],
    # ---- strides
    Case("as_strided", _windows, ((6,),), {"size": (4, 3), "stride": (1, 1)}, _windows_of),
    Case("as_strided", _windows, ((2, 3),), {"size": (2, 2), "stride": (0, 2), "storage_offset": 1}, _windows_of),
    Case("as_strided", _windows, ((1,),), {"size": (), "stride": ()}, _windows_of),
    Case("as_strided", _windows, ((3,),), {"size": (0, 2), "stride": (1, 1)}, _windows_of),
    Case("as_strided", _windows, ((0,),), {"size": (0,), "stride": (1,)}, _windows_of),
    Case(
        "restride",
        _restride,
        ((4, 3),),
        {"source": ((4, 3), (1, 1), 0), "target": ((3, 2), (2, 1), 0), "count": 6},
        None,
    ),
    Case("restride", _restride, ((1,),), {"source": ((1,), (1,), 1), "target": ((2,), (1,), 0), "count": 2}, None),
    Case("restride", _restride, ((0,),), {"source": ((0,), (1,), 0), "target": ((2,), (1,), 0), "count": 2}, None),
]
