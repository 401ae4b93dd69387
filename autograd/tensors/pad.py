"""Padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError, SettingError, ShapeError
from ..ops import pad as ops
from ..room import check_room
from .core import T, array_of, operand
from .method import implements
from .promotion import check_held
from .run import apply

_MODES = ("constant", "reflect", "replicate", "circular")


def pad(input: T, pad: Any, mode: str = "constant", value: float | None = None) -> T:
    """`input` with elements added at the ends of its last dimensions.

    pad     pairs (before, after), the last dimension first: (left, right, top, bottom, ...)
    mode    "constant": filled with `value` (0); "reflect": mirrored at the edge elements, "replicate": the edge
            elements repeated, "circular": continued from the other end
    A negative number cuts elements off. "reflect" can add fewer than there are, "circular" as many.
    """
    x = operand(input)
    shape = x._array.shape
    given = array_of(pad).reshape(-1)
    if given.dtype.kind not in "iu" and given.size:
        raise DTypeError(f"pad: argument 'pad' must be a tuple of ints, got {pad}")
    pairs = given.astype(int).tolist()
    if len(pairs) % 2:
        raise ShapeError(f"pad: Padding length must be divisible by 2, got {tuple(pairs)}")
    if len(pairs) > 2 * len(shape):
        raise ShapeError(
            "pad: Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pairs)} and input of dimension {len(shape)}"
        )
    if mode not in _MODES:
        raise SettingError(f"pad: Unrecognised padding mode {mode!r}; known: {', '.join(_MODES)}")
    padded = len(pairs) // 2
    widths = ((0, 0),) * (len(shape) - padded) + tuple(
        [(pairs[2 * k], pairs[2 * k + 1]) for k in range(padded - 1, -1, -1)]
    )
    _check_rest("pad", shape, widths)
    check_room("pad", [n + sum(pair) for n, pair in zip(shape, widths, strict=True)])
    if mode == "constant":
        check_held("pad", 0 if value is None else value, x._array.dtype)
        return apply(ops.pad, x, widths=widths, value=0 if value is None else float(value))
    if value is not None and value != 0:
        raise SettingError(f'pad: Padding mode "{mode}" doesn\'t take in value argument')
    if min(pairs, default=0) < 0:
        x = apply(ops.pad, x, widths=tuple([(min(b, 0), min(a, 0)) for b, a in widths]))
        shape = x._array.shape
        widths = tuple([(max(b, 0), max(a, 0)) for b, a in widths])
    for axis, (n, pair) in enumerate(zip(shape, widths, strict=True)):
        if mode == "circular" and max(pair) > n:
            raise ShapeError(
                f"pad: Padding value causes wrapping around more than once: {pair} at dimension {axis} of input "
                f"{list(shape)}"
            )
        if mode == "reflect" and max(pair) > 0 and max(pair) >= n:
            raise ShapeError(
                "pad: Padding size should be less than the corresponding input dimension, but got: padding "
                f"{pair} at dimension {axis} of input {list(shape)}"
            )
        if max(pair) > 0 and n == 0:
            raise ShapeError(f"pad: dimension {axis} of input {list(shape)} is empty: there is nothing to {mode}")
    return apply(ops.pad_edges, x, widths=widths, mode=mode)


def _check_rest(function: str, shape: tuple[int, ...], widths: tuple[tuple[int, int], ...]) -> None:
    for axis, (n, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if n + before + after < 0 or n + min(before, 0) < 0 or n + min(after, 0) < 0:
            raise ShapeError(
                f"{function}: The input size {n}, plus negative padding {before} and {after}, resulted in a negative "
                f"output size {n + before + after} at dimension {axis}"
            )


_NUMPY_MODES = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


@implements(np.pad)
def pad_as_numpy(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """NumPy's pad: widths ((before, after), ...) from the first axis on, or one pair or number for all."""
    if mode not in _NUMPY_MODES or np.ndim(constant_values):
        raise SettingError(f"np.pad of a Tensor: wanted one of the modes {', '.join(_NUMPY_MODES)} and a single value")
    pairs = np.broadcast_to(np.asarray(pad_width), (len(array.shape), 2))
    value = constant_values if mode == "constant" else None
    return pad(array, pairs[::-1].reshape(-1), _NUMPY_MODES[mode], value)
