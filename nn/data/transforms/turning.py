"""Turned, moved and sheared images; blurred ones; ones of which a part is missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import from_numpy
from autograd.errors import SettingError

from ...functional import grid_sample
from .pictures import InterpolationMode, Transform, back_to, filling, pil_mode, probability, size_of, span

NEAREST = InterpolationMode.NEAREST
Matrix = tuple[float, float, float, float, float, float]


def inverse_affine(
    angle: float, shift: tuple[float, float], scale: float, shear: tuple[float, float], centre: tuple[float, float]
) -> Matrix:
    """Where a pixel (x, y) of the result comes from: (a x + b y + c, d x + e y + f).

    The image is sheared, scaled, turned by `angle` (degrees, clockwise as y points down) about `centre`, and shifted:
    M = T C R S H C^-1 with rotation R, scale S, shear H, centre C and shift T; what is returned is M^-1.
    """
    turn, (along, across) = math.radians(angle), (math.radians(each) for each in shear)
    a = math.cos(turn - across) / math.cos(across)
    b = -math.cos(turn - across) * math.tan(along) / math.cos(across) - math.sin(turn)
    c = math.sin(turn - across) / math.cos(across)
    d = -math.sin(turn - across) * math.tan(along) / math.cos(across) + math.cos(turn)
    inside = np.array([[d, -b], [-c, a]]) / scale  # the determinant of [[a, b], [c, d]] is 1
    offset = -inside @ (np.array(centre) + shift) + centre
    (p, q), (r, s) = inside.tolist()
    return p, q, float(offset[0]), r, s, float(offset[1])


def moved(x: Array, matrices: list[Matrix], mode: InterpolationMode | int, fill: float) -> Array:
    """Images (N, C, H, W), each read through its matrix of `inverse_affine`, in pixels from the centre of the image."""
    real = x if x.dtype.kind == "f" else x.astype(np.float32)
    H, W = x.shape[2:]
    columns, rows = np.arange(W) - (W - 1) / 2, (np.arange(H) - (H - 1) / 2)[:, None]
    places = [(a * columns + b * rows + c, d * columns + e * rows + f) for a, b, c, d, e, f in matrices]
    grid = np.stack([np.stack([2 * across / W, 2 * down / H], -1) for across, down in places])
    named = {0: "nearest", 2: "bilinear"}.get(pil_mode(mode))
    if named is None:
        raise SettingError("transform: arrays and Tensors take NEAREST and BILINEAR; pictures of PIL take BICUBIC too")
    shifted = from_numpy(np.ascontiguousarray(real - real.dtype.type(fill)))
    z = grid_sample(shifted, from_numpy(grid.astype(real.dtype)), named, "zeros", align_corners=False)
    return back_to(x, z.numpy() + real.dtype.type(fill))


class RandomRotation(Transform):
    """Turned by a random angle.

    degrees         from a range, or one number d for -d .. d; counter-clockwise
    interpolation   NEAREST, BILINEAR; for pictures of PIL also BICUBIC
    expand          pictures of PIL grow so that no corner is lost
    center          (x, y) in pixels from the top left corner; default: the middle
    fill            of what comes in at the corners
    """

    settings = ("degrees", "interpolation", "expand", "fill")

    def __init__(
        self,
        degrees: Any,
        interpolation: InterpolationMode | int = NEAREST,
        expand: bool = False,
        center: tuple[float, float] | None = None,
        fill: Any = 0,
        *,
        generator: Any = None,
    ) -> None:
        self.degrees, self.generator = span("RandomRotation", degrees), generator
        self.interpolation, self.expand, self.center, self.fill = interpolation, expand, center, fill

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        angle, fill = float(rng.uniform(*self.degrees)), filling(picture, self.fill)
        return picture.rotate(angle, pil_mode(self.interpolation), self.expand, self.center, fillcolor=fill)

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        if self.expand:
            raise SettingError("RandomRotation: expand is for pictures of PIL: images of a batch have one size")
        centre = _centre(x, self.center)
        angles = rng.uniform(*self.degrees, len(x)).tolist()
        maps = [inverse_affine(-angle, (0.0, 0.0), 1.0, (0.0, 0.0), centre) for angle in angles]
        return moved(x, maps, self.interpolation, self.fill)


class RandomAffine(Transform):
    """Turned, shifted, scaled and sheared at random, about the middle.

    degrees     as in `RandomRotation`, but clockwise
    translate   (a, b): shifts of up to a share a of the width and b of the height
    scale       a range of factors
    shear       degrees: one number or a range along x; four numbers: a range along x, and one along y
    """

    settings = ("degrees", "translate", "scale", "shear")

    def __init__(
        self,
        degrees: Any,
        translate: tuple[float, float] | None = None,
        scale: tuple[float, float] | None = None,
        shear: Any = None,
        interpolation: InterpolationMode | int = NEAREST,
        fill: Any = 0,
        center: tuple[float, float] | None = None,
        *,
        generator: Any = None,
    ) -> None:
        self.degrees, self.generator = span("RandomAffine", degrees), generator
        if translate is not None and not all(0 <= share <= 1 for share in translate):
            raise SettingError(f"RandomAffine: translation values should be between 0 and 1, got {translate}")
        if scale is not None and not 0 < scale[0] <= scale[1]:
            raise SettingError(f"RandomAffine: scale values should be positive, from low to high, got {scale}")
        self.translate, self.scale, self.shear = translate, scale, shear
        self.interpolation, self.fill, self.center = interpolation, fill, center

    def _drawn(self, rng: np.random.Generator, H: int, W: int, centre: tuple[float, float]) -> Matrix:
        angle = float(rng.uniform(*self.degrees))
        across, down = self.translate or (0.0, 0.0)
        shift = float(round(rng.uniform(-across, across) * W)), float(round(rng.uniform(-down, down) * H))
        scale = 1.0 if self.scale is None else float(rng.uniform(*self.scale))
        along, other = 0.0, 0.0
        if self.shear is not None:
            four = not isinstance(self.shear, (int, float)) and len(self.shear) == 4
            along = float(rng.uniform(*span("RandomAffine", self.shear[:2] if four else self.shear)))
            other = float(rng.uniform(*self.shear[2:])) if four else 0.0
        return inverse_affine(angle, shift, scale, (along, other), centre)

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        H, W = size_of(picture)
        middle = self.center or (W / 2, H / 2)
        matrix = self._drawn(rng, H, W, middle)
        fill = filling(picture, self.fill)
        return picture.transform((W, H), 0, matrix, pil_mode(self.interpolation), fillcolor=fill)

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        centre = _centre(x, self.center)
        return moved(x, [self._drawn(rng, *size_of(x), centre) for _ in x], self.interpolation, self.fill)


def _centre(x: Array, given: tuple[float, float] | None) -> tuple[float, float]:
    """From the middle of the image."""
    return (0.0, 0.0) if given is None else (given[0] - x.shape[3] / 2, given[1] - x.shape[2] / 2)


def perspective(from_corners: list[tuple[int, int]], to_corners: list[tuple[int, int]]) -> tuple[float, ...]:
    """(a, ..., h) such that the pixel (x, y) of the result comes from (a x + b y + c, d x + e y + f) / (g x + h y + 1),
    and corners come from corners.
    """
    rows = []
    for (x, y), (u, v) in zip(to_corners, from_corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    found = np.linalg.solve(np.array(rows, np.float64), np.ravel(from_corners).astype(np.float64))
    return tuple(found.astype(np.float32).tolist())  # what is 1 but for rounding is 1


class RandomPerspective(Transform):
    """Seen from the side, with probability p. Pictures of PIL.

    distortion_scale   how far corners move, at most, as a share of half the width and height
    """

    settings = ("distortion_scale", "p")

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        fill: Any = 0,
        *,
        generator: Any = None,
    ) -> None:
        if not 0 <= distortion_scale <= 1:
            raise SettingError(f"RandomPerspective: wanted distortion_scale within 0 .. 1, got {distortion_scale}")
        self.p, self.generator = probability("RandomPerspective", p), generator
        self.distortion_scale, self.interpolation, self.fill = distortion_scale, interpolation, fill

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        H, W = size_of(picture)
        if rng.random() >= self.p:
            return picture
        down, across = int(self.distortion_scale * (H // 2)), int(self.distortion_scale * (W // 2))
        corners = [(0, 0), (W - 1, 0), (W - 1, H - 1), (0, H - 1)]
        moved_in = [
            (
                x + (1 if x == 0 else -1) * int(rng.integers(across + 1)),
                y + (1 if y == 0 else -1) * int(rng.integers(down + 1)),
            )
            for x, y in corners
        ]
        fill = filling(picture, self.fill)
        return picture.transform(
            (W, H), 2, perspective(corners, moved_in), pil_mode(self.interpolation), fillcolor=fill
        )


class RandomErasing(Transform):
    """A rectangle of each image is overwritten, with probability p (Zhong and others 2017). Arrays and Tensors.

    scale   its share of the image's area
    ratio   its height over its width
    value   what is written: a number, one per channel, or "random" for normally distributed noise
    """

    settings = ("p", "scale", "ratio", "value")

    def __init__(
        self,
        p: float = 0.5,
        scale: tuple[float, float] = (0.02, 0.33),
        ratio: tuple[float, float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
        *,
        generator: Any = None,
    ) -> None:
        if not (0 <= scale[0] <= scale[1] <= 1 and 0 < ratio[0] <= ratio[1]):
            raise SettingError(
                f"RandomErasing: wanted scale in 0 .. 1 and ratio from low to high, got {scale}, {ratio}"
            )
        if isinstance(value, str) and value != "random":
            raise SettingError(f"RandomErasing: If value is str, it should be 'random', got {value!r}")
        self.p, self.generator = probability("RandomErasing", p), generator
        self.scale, self.ratio, self.value = scale, ratio, value

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        z = x.copy()
        for image in z:
            if rng.random() < self.p:
                self._erase(image, rng)
        return z

    def _erase(self, image: Array, rng: np.random.Generator) -> None:
        C, H, W = image.shape
        for _ in range(10):
            area = H * W * rng.uniform(*self.scale)
            ratio = math.exp(rng.uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
            height, width = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if height < H and width < W:
                top, left = int(rng.integers(H - height + 1)), int(rng.integers(W - width + 1))
                noise = isinstance(self.value, str)
                value = rng.standard_normal((C, height, width)) if noise else np.reshape(self.value, (-1, 1, 1))
                image[:, top : top + height, left : left + width] = value
                return


class GaussianBlur(Transform):
    """Each pixel becomes the mean of those around it, weighted by a normal distribution.

    kernel_size   odd: how many pixels are looked at, in height and width
    sigma         its standard deviation in pixels: a number, or a range to draw from for each call
    """

    settings = ("kernel_size", "sigma")

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0), *, generator: Any = None) -> None:
        sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
        if any(size % 2 == 0 or size < 1 for size in sizes):
            raise SettingError(
                f"GaussianBlur: Kernel size value should be an odd and positive number, got {kernel_size}"
            )
        self.kernel_size, self.generator = (int(sizes[-1]), int(sizes[0])), generator  # height, width
        self.sigma = (float(sigma), float(sigma)) if isinstance(sigma, (int, float)) else tuple(sigma)
        if not 0 < self.sigma[0] <= self.sigma[1]:
            raise SettingError(f"GaussianBlur: wanted sigma above 0, from low to high, got {sigma}")

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        from PIL import Image

        pixels = np.asarray(picture)
        x = pixels[None, None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)[None]
        z = self.on_batch(x, rng)[0]
        return Image.fromarray(np.ascontiguousarray(z[0] if pixels.ndim == 2 else z.transpose(1, 2, 0)))

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        real = x if x.dtype.kind == "f" else x.astype(np.float32)
        sigma = float(rng.uniform(*self.sigma))
        for axis, size in zip((2, 3), self.kernel_size, strict=True):
            half = size // 2
            weights = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
            around = [(half, half) if each == axis else (0, 0) for each in range(4)]
            windows = np.lib.stride_tricks.sliding_window_view(np.pad(real, around, "reflect"), size, axis)
            real = np.asarray(windows @ (weights / weights.sum()).astype(real.dtype))
        return back_to(x, real)
