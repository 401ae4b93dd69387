"""The generator of random numbers, and what is drawn from it."""

from __future__ import annotations

import os
import struct
import threading
from typing import Any
from weakref import WeakSet

import numpy as np

from ..devices import check_device, device
from ..errors import DTypeError, SettingError, ShapeError
from .core import Array, array_of, wrap

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
            raise SettingError(f"manual_seed: Overflow when unpacking long: wanted at most 64 bits, got {seed}")
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
