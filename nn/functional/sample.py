"""Sampling images and volumes at any places: spatial transformers (Jaderberg et al. 2015)."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import apply, array_of, check_room, operand, same_dtype, shape_of, wrap
from autograd.ops.index import zero_at

_MODES = ("bilinear", "nearest", "bicubic")
_PADDING = ("zeros", "border", "reflection")


def _say_default(function: str) -> None:
    warnings.warn(
        f"{function}: align_corners is False unless given; say which you mean to silence this",
        UserWarning,
        stacklevel=3,
    )


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Tensor:
    """Where the pixels of an image of `size` come from under affine maps: a grid for `grid_sample`.

    theta           (N, 2, 3), or (N, 3, 4) for volumes
    size            (N, C, H, W), or (N, C, D, H, W)
    align_corners   do -1 and 1 mean the centres of the corner pixels (True), or their outer edges?

    Returns (N, H, W, 2) or (N, D, H, W, 3): coordinates x, y (, z) within -1 .. 1.
    """
    t, sizes = operand(theta), tuple(int(n) for n in size)
    if t.dtype.kind != "f":
        raise DTypeError(f"affine_grid: Expected theta to have floating point type, but got {t.dtype}")
    if min(sizes, default=1) <= 0:
        raise ShapeError(f"affine_grid: Expected non-zero, positive output size. Got {sizes}")
    if len(sizes) not in (4, 5):
        raise ShapeError(
            "affine_grid: affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {sizes}"
        )
    dims = len(sizes) - 2
    if shape_of(t) != (sizes[0], dims, dims + 1):
        raise ShapeError(
            f"affine_grid: Expected a batch of {dims}D affine matrices of shape {(sizes[0], dims, dims + 1)} for size "
            f"{sizes}. Got {shape_of(t)}"
        )
    if align_corners is None:
        _say_default("affine_grid")
    check_room("affine_grid", (sizes[0], *sizes[2:], dims + 1))
    axes = []
    for n in sizes[2:]:
        steps = np.linspace(-1, 1, n) if n > 1 else np.zeros(n)
        axes.append(steps if align_corners else steps * (n - 1) / n)
    mesh = np.meshgrid(*axes, indexing="ij")
    points = np.stack([*mesh[::-1], np.ones(sizes[2:])], -1).astype(t.dtype)  # x first
    grid = wrap(points.reshape(-1, dims + 1)).matmul(t.transpose(1, 2))
    return grid.reshape(sizes[0], *sizes[2:], dims)


def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """`input` at the places in `grid`.

    input           (N, C, H, W) or (N, C, D, H, W)
    grid            (N, P, Q, 2) or (N, P, Q, R, 3): coordinates x, y (, z); -1 .. 1 spans the image
    mode            "bilinear" (in volumes: trilinear); "nearest", with gradient 0 for the grid; "bicubic", of images:
                    cubic convolution with a = -0.75 over 4 x 4 pixels (Keys 1981)
    padding_mode    what is outside: "zeros", the "border" repeated, or the "reflection" of the image
    align_corners   do -1 and 1 mean the centres of the corner pixels (True), or their outer edges?

    Returns (N, C, P, Q) or (N, C, P, Q, R).
    """
    x, places = operand(input), operand(grid)
    shape = shape_of(x)
    _check(shape, x.dtype, array_of(places), mode, padding_mode)
    if align_corners is None:
        _say_default("grid_sample")
    axes = shape[2:][::-1]  # x runs along the last axis
    where = []
    for k, n in enumerate(axes):
        place = places[..., k]
        place = (place + 1) * ((n - 1) / 2) if align_corners else ((place + 1) * n - 1) / 2
        if mode == "bicubic":
            where.append(place)
            continue
        if padding_mode == "reflection":
            place = _reflected(place, n, bool(align_corners))
        where.append(place if padding_mode == "zeros" else place.clamp(0, n - 1))
    batch = np.arange(shape[0]).reshape(-1, *[1] * len(axes))
    pixels = x.movedim(1, -1)
    if mode == "bicubic":
        return _bicubic(pixels, batch, where, axes, padding_mode, bool(align_corners)).movedim(-1, 1)
    total: Any = None
    for corner in itertools.product((0, 1) if mode == "bilinear" else (0,), repeat=len(axes)):
        index, weight = [], None
        inside: Any = True
        for place, n, step in zip(where, axes, corner, strict=True):
            # where NaN came in, any pixel will do: its weight is NaN; infinitely far is outside
            known = np.nan_to_num(array_of(place), nan=0.0, posinf=-2.0, neginf=-2.0).clip(-2, n + 1)
            near = np.rint(known) if mode == "nearest" else np.floor(known)
            i = near.astype(np.intp) + step
            inside = inside & (i >= 0) & (i < n)
            index.append(i.clip(0, n - 1))
            if mode == "bilinear":
                left = wrap(near.astype(x.dtype))
                share = place - left if step else 1 - (place - left)
                weight = share if weight is None else weight * share
        values = pixels[(batch, *index[::-1])]  # (N, P, Q, C)
        values = values.masked_fill(wrap(~inside[..., None]), 0.0)
        if weight is not None:
            weight = weight.masked_fill(wrap(~inside), 0.0)
            values = values * weight.unsqueeze(-1)
        total = values if total is None else total + values
    if mode == "nearest" and places.requires_grad:
        total = total + apply(zero_at, places, index=...).sum(-1, True)  # the derivative is zero, not missing
    return total.movedim(-1, 1)


def _bicubic(pixels: Any, batch: Any, where: list[Any], axes: Any, padding_mode: str, align_corners: bool) -> Tensor:
    """The sum over 4 x 4 neighbours, each moved into the image by the padding mode."""
    columns = []  # per axis: (index, inside, weight) of each of its four neighbours
    for place, n in zip(where, axes, strict=True):
        known = np.nan_to_num(array_of(place), nan=0.0, posinf=-100.0, neginf=-100.0).clip(-1e6, 1e6)
        base = np.floor(known)
        t = place - wrap(base.astype(known.dtype))
        neighbours = []
        for step, weight in zip((-1, 0, 1, 2), _cubic(t), strict=True):
            i = base + step
            if padding_mode == "reflection":
                i = array_of(_reflected(wrap(i), n, align_corners))
            inside = (i >= 0) & (i < n)
            index = np.clip(i, 0, n - 1).astype(np.intp)
            neighbours.append((index, inside if padding_mode == "zeros" else np.ones_like(inside), weight))
        columns.append(neighbours)
    total: Any = 0
    for (j, inside_j, weight_j), (i, inside_i, weight_i) in itertools.product(columns[1], columns[0]):
        values = pixels[batch, j, i].masked_fill(wrap(~(inside_i & inside_j)[..., None]), 0.0)
        total = total + values * (weight_i * weight_j).unsqueeze(-1)
    return total


def _cubic(t: Any) -> tuple[Any, Any, Any, Any]:
    """The weights of the neighbours at -1, 0, 1 and 2 of a point at t: Keys 1981, eq. 4, with a = -0.75."""
    a = -0.75

    def near(d: Any) -> Any:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Any) -> Any:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return far(t + 1), near(t), near(1 - t), far(2 - t)


def _reflected(place: Any, n: int, align_corners: bool) -> Any:
    """Folded back into the image at its edges."""
    low, span = (0.0, n - 1.0) if align_corners else (-0.5, float(n))
    if span == 0:
        return place * 0
    offset = (place - low).abs()
    flips = np.floor(array_of(offset) / span)
    rest = offset - wrap((flips * span).astype(offset.dtype))
    odd = wrap((flips % 2).astype(offset.dtype))
    return rest * (1 - 2 * odd) + odd * span + low


def _check(shape: tuple[int, ...], dtype: Any, grid: Any, mode: str, padding_mode: str) -> None:
    if mode not in _MODES:
        raise SettingError(f"grid_sample: expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: {mode!r}")
    if mode == "bicubic" and len(shape) == 5:
        raise SettingError("grid_sample: bicubic interpolation only supports 4D input, got a volume")
    if padding_mode not in _PADDING:
        raise SettingError(
            f"grid_sample: expected padding_mode to be 'zeros', 'border', or 'reflection', but got: {padding_mode!r}"
        )
    if len(shape) not in (4, 5) or grid.ndim != len(shape):
        raise ShapeError(
            "grid_sample: expected 4D or 5D input and grid with same number of dimensions, but got input with sizes "
            f"{list(shape)} and grid with sizes {list(grid.shape)}"
        )
    if grid.shape[-1] != len(shape) - 2:
        raise ShapeError(
            f"grid_sample: expected grid to have size {len(shape) - 2} in last dimension, but got grid with sizes "
            f"{list(grid.shape)}"
        )
    if grid.shape[0] != shape[0]:
        raise ShapeError(
            "grid_sample: expected grid and input to have same batch size, but got input with sizes "
            f"{list(shape)} and grid with sizes {list(grid.shape)}"
        )
    if 0 in shape[2:]:
        raise ShapeError(f"grid_sample: expected input to have non-empty spatial dimensions, but got {list(shape)}")
    if dtype.kind != "f" or grid.dtype != dtype:
        raise DTypeError(
            f"grid_sample: expected input and grid to have same floating dtype, but got {dtype} and {grid.dtype}: "
            + (same_dtype(dtype, grid.dtype) if grid.dtype.kind == "f" else "convert the grid with grid.float()")
        )
