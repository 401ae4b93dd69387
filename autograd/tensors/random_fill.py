"""Methods that fill a Tensor with random numbers in place, or draw by it."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from ..errors import DTypeError, ShapeError
from ..modes import state
from ..ops.index import masked_fill
from .core import Array, Core, array_of, wrap
from .generator import Generator, default_generator, floating, standard_normal, uniform
from .method import method
from .rewrite import check_writable, note_write, root_of, update
from .run import apply

_EVERYWHERE = np.asarray(True)


def _with_replacement(rng: np.random.Generator, rows: Array, num_samples: int) -> Array:
    total = np.cumsum(rows, axis=1)
    draws = rng.random((len(rows), num_samples)) * total[:, -1:]
    picked = np.stack([np.searchsorted(t, d, side="right") for t, d in zip(total, draws, strict=True)])
    last = rows.shape[1] - 1 - np.argmax(rows[:, ::-1] > 0, axis=1)  # rounding may not lead behind the last weight
    kept: Array = np.minimum(picked, last[:, None])
    return kept


def _fill(tensor: Any, name: str, values: Any) -> Any:
    """Write `values` over the whole Tensor; what it was computed from gets no gradient through it any more."""
    values = np.asarray(values)
    if state.tape is not None and (tensor._node is not None or root_of(tensor)._node is not None):
        return update(tensor, name, lambda old: apply(masked_fill, old, values, mask=_EVERYWHERE))
    check_writable(tensor, name)
    note_write(tensor, name)
    tensor._array[...] = values
    return tensor


class RandomFill(Core):
    """Filling with random numbers in place: each returns the Tensor itself."""

    __slots__ = ()

    def multinomial(self, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Self:
        """`autograd.multinomial` with the weights in this Tensor."""
        x = floating("multinomial", self._array).astype(np.float64)
        if x.ndim not in (1, 2):
            raise ShapeError(f"multinomial: prob_dist must be 1 or 2 dim, got shape {x.shape}")
        if num_samples <= 0:
            raise ShapeError(f"multinomial: cannot sample n_sample <= 0 samples, got {num_samples}")
        if not (np.isfinite(x).all() and (x >= 0).all()):
            raise ShapeError("multinomial: probability tensor contains either `inf`, `nan` or element < 0")
        rows = np.atleast_2d(x)
        if x.size == 0 or not (rows.sum(axis=1) > 0).all():
            raise ShapeError("multinomial: invalid multinomial distribution (sum of probabilities <= 0)")
        rng = (generator or default_generator).rng
        if replacement:
            picked = _with_replacement(rng, rows, num_samples)
        else:
            if num_samples > (rows > 0).sum(axis=1).min():
                raise ShapeError(
                    "multinomial: cannot sample n_sample > prob_dist.size(-1) samples without replacement: "
                    f"{num_samples} samples, {(rows > 0).sum(axis=1).min()} positive weights"
                )
            # the first of exponential waiting times with these rates is a draw with these weights, and so on
            with np.errstate(divide="ignore"):
                times = rng.standard_exponential(rows.shape) / rows
            picked = np.argsort(times, axis=1, kind="stable")[:, :num_samples]
        return wrap((picked if x.ndim == 2 else picked[0]).astype(np.int64))

    def bernoulli(self, p: float | None = None, *, generator: Generator | None = None) -> Self:
        """`autograd.bernoulli` with the probabilities in this Tensor."""
        x = self._array
        chance = x if p is None else array_of(p)
        if p is None and x.dtype.kind != "f":
            raise DTypeError(f"bernoulli: wanted floating point probabilities, got {x.dtype}")
        if not ((chance >= 0) & (chance <= 1)).all():
            raise ShapeError("bernoulli: Expected p_in >= 0 && p_in <= 1 to be true: probabilities lie between 0 and 1")
        draws = (generator or default_generator).rng.random(x.shape)
        return wrap((draws < chance).astype(x.dtype))

    @method
    def uniform_(self, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Uniform in [low, high)."""
        check_writable(self, "uniform_")
        if low > high:
            raise ShapeError(f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}")
        u = uniform("uniform_", generator, self._array.shape, self._array.dtype)
        return _fill(self, "uniform_", u * (high - low) + low)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Normal with `mean` and `std`."""
        check_writable(self, "normal_")
        if std < 0:
            raise ShapeError(f"normal_ expects std >= 0.0, but found std {std}")
        z = standard_normal("normal_", generator, self._array.shape, self._array.dtype)
        return _fill(self, "normal_", z * float(std) + float(mean))

    def log_normal_(self, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Self:
        """e to the power of a normal number with `mean` and `std`."""
        check_writable(self, "log_normal_")
        if std <= 0:
            raise ShapeError(f"log_normal_ expects std > 0.0, but found std={std}")
        z = standard_normal("log_normal_", generator, self._array.shape, self._array.dtype)
        return _fill(self, "log_normal_", np.exp(z * float(std) + float(mean)))

    def cauchy_(self, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Cauchy around `median` with width `sigma`."""
        check_writable(self, "cauchy_")
        if sigma <= 0:
            raise ShapeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
        floating("cauchy_", self._array)
        u = (generator or default_generator).rng.random(self._array.shape)
        return _fill(self, "cauchy_", median + sigma * np.tan(math.pi * (u - 0.5)))

    def exponential_(self, lambd: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Exponential with rate `lambd`, hence mean 1 / lambd."""
        check_writable(self, "exponential_")
        if not lambd > 0:
            raise ShapeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
        floating("exponential_", self._array)
        draws = (generator or default_generator).rng.standard_exponential(self._array.shape)
        return _fill(self, "exponential_", draws / lambd)

    def geometric_(self, p: float, *, generator: Generator | None = None) -> Self:
        """The number of the first success among trials of probability `p`: 1, 2, ..."""
        check_writable(self, "geometric_")
        if not 0 < p < 1:
            raise ShapeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
        draws = (generator or default_generator).rng.geometric(p, self._array.shape)
        return _fill(self, "geometric_", np.asarray(draws).astype(self._array.dtype))

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """1 with probability `p` (a number, or a Tensor that is broadcast), else 0; any dtype."""
        check_writable(self, "bernoulli_")
        chance = array_of(p)
        if not ((chance >= 0) & (chance <= 1)).all():
            raise ShapeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
        draws = (generator or default_generator).rng.random(self._array.shape)
        return _fill(self, "bernoulli_", (draws < chance).astype(self._array.dtype))

    @method
    def random_(self, low: int | None = None, high: int | None = None, *, generator: Generator | None = None) -> Self:
        """Integers: random_(low, high) below `high`, random_(high) from 0 on, random_() all that the dtype can hold."""
        check_writable(self, "random_")
        dtype = self._array.dtype
        if high is None:
            low, high = 0, _beyond(dtype) if low is None else int(low)
        if low is None or low >= high:
            raise ShapeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
        draws = (generator or default_generator).rng.integers(low, high - 1, self._array.shape, np.int64, endpoint=True)
        return _fill(self, "random_", np.asarray(draws).astype(dtype))


def _beyond(dtype: np.dtype[Any]) -> int:
    """One more than the largest integer up to which a dtype holds every integer."""
    if dtype.kind == "f":
        return int(2 ** (np.finfo(dtype).nmant + 1)) + 1
    return 2 if dtype.kind == "b" else int(np.iinfo(dtype).max) + 1
