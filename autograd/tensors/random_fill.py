"""The generator of random numbers, and methods that fill a Tensor with them in place."""

from __future__ import annotations

import math
import os
import struct
import threading
from typing import Any, Self
from weakref import WeakSet

import numpy as np

from ..devices import check_device, device
from ..errors import DTypeError, ShapeError
from ..modes import state
from ..ops.index import masked_fill
from .core import Array, Core, array_of, wrap
from .method import method
from .rewrite import check_writable, note_write, root_of, update
from .run import apply

_EVERYWHERE = np.asarray(True)
_DEFAULT_SEED = 67280421310721  # of a new Generator, as in PyTorch
_STATE = struct.Struct("<16s16sQI?")  # PCG64's state and increment, the seed, half a draw kept back, and whether it is


def _entropy() -> int:
    return int.from_bytes(os.urandom(8), "little") >> 1


class Generator:
    """A source of random numbers (PCG64). The same seed gives the same numbers on every machine.

    rng   the `np.random.Generator` inside, for code that wants NumPy's distributions
    """

    def __init__(self, device: Any = "cpu") -> None:
        check_device("Generator", device)
        self._seed = _DEFAULT_SEED

    @property
    def rng(self) -> np.random.Generator:
        """Made when it is first needed, and `numpy.random` is imported then."""
        found: np.random.Generator | None = self.__dict__.get("_rng")
        if found is None:
            with _making:  # of two threads that come at once, one makes it; and none does during a fork
                _drawing.add(self)
                found = self.__dict__.setdefault("_rng", np.random.Generator(np.random.PCG64(self._seed)))
        return found

    @property
    def device(self) -> device:
        """Always the CPU."""
        return device("cpu")

    def manual_seed(self, seed: int) -> Generator:
        """Start again from `seed`, an int of up to 64 bits. Returns the generator itself."""
        seed = int(seed)
        if not -(1 << 63) <= seed < 1 << 64:
            raise ValueError(f"manual_seed: Overflow when unpacking long: wanted at most 64 bits, got {seed}")
        self._seed = seed % (1 << 64)
        self.rng.bit_generator.state = np.random.PCG64(self._seed).state
        return self

    def seed(self) -> int:
        """Start again from fresh entropy. Returns the seed."""
        self.manual_seed(_entropy())
        return self._seed

    def initial_seed(self) -> int:
        """The seed it last started from."""
        return self._seed

    def get_state(self) -> Any:
        """Where it stands: a uint8 Tensor that can be saved like any other."""
        now: Any = self.rng.bit_generator.state
        packed = _STATE.pack(
            now["state"]["state"].to_bytes(16, "little"),
            now["state"]["inc"].to_bytes(16, "little"),
            self._seed,
            now["uinteger"],
            bool(now["has_uint32"]),
        )
        return wrap(np.frombuffer(packed, np.uint8).copy())

    def set_state(self, new_state: Any) -> Generator:
        """Go back to where `get_state` was called. Returns the generator itself."""
        packed = array_of(new_state)
        if packed.dtype != np.uint8 or packed.shape != (_STATE.size,):
            raise ShapeError(
                f"set_state: RNG state is wrong size: wanted uint8 of shape ({_STATE.size},), got {packed.dtype} of "
                f"shape {packed.shape}"
            )
        place, increment, self._seed, half, kept = _STATE.unpack(packed.tobytes())
        numbers = {"state": int.from_bytes(place, "little"), "inc": int.from_bytes(increment, "little")}
        self.rng.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": numbers,
            "has_uint32": int(kept),
            "uinteger": half,
        }
        return self

    def __repr__(self) -> str:
        return f"<Generator seed={self._seed}>"


_drawing: WeakSet[Generator] = WeakSet()
_making = threading.RLock()
_held: list[Any] = []


def _hold() -> None:
    """Before a fork: draws of other threads end first, or the child would find their locks taken for ever."""
    if _making.acquire(timeout=10.0):
        _held.append(_making)
    for generator in list(_drawing):
        rng = generator.__dict__.get("_rng")
        if rng is not None and rng.bit_generator.lock.acquire(timeout=10.0):
            _held.append(rng.bit_generator.lock)


def _let_go() -> None:
    while _held:
        _held.pop().release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_let_go)

default_generator = Generator()
default_generator._seed = _entropy()


def floating(function: str, array: Array) -> Array:
    """`array` itself; raises unless it is floating point."""
    if array.dtype.kind != "f":
        raise DTypeError(f"{function}: wanted a floating point dtype, got {array.dtype}")
    return array


def uniform(function: str, generator: Generator | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Uniform in [0, 1), drawn in `dtype`: a rounded float32 could become 1."""
    if dtype.kind != "f":
        raise DTypeError(f"{function}: wanted a floating point dtype, got {dtype}")
    rng = (generator or default_generator).rng
    if dtype.itemsize == 2:
        return (rng.integers(0, 1 << 11, shape) / (1 << 11)).astype(dtype)
    return np.asarray(rng.random(shape, dtype))


def standard_normal(function: str, generator: Generator | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Normal of mean 0 and standard deviation 1, drawn in `dtype`."""
    if dtype.kind != "f":
        raise DTypeError(f"{function}: wanted a floating point dtype, got {dtype}")
    rng = (generator or default_generator).rng
    if dtype.itemsize == 2:
        return rng.standard_normal(shape, np.float32).astype(dtype)
    return np.asarray(rng.standard_normal(shape, dtype))


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
