"""What stands in the place of `np.asarray` and `generator.rng` while something is mapped over, and only then.

Outside of `vmap` nothing here is in place, so it costs nothing.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ..errors import GraphError
from ..generated import ask
from ..modes import state
from ..tensors.core import wrap
from ..tensors.generator import Generator
from .mapped import Mapped

_lock = threading.RLock()  # a signal handler may come to it while its own thread holds it
_mapping: list[Any] = []  # batches that are under way, in all threads
_before: list[Any] = [np.asarray, Generator.__dict__["rng"]]  # what stood there


def _kept(x: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
    """`np.asarray`, which keeps a mapped array as it is."""
    if type(x) is not Mapped:
        return _before[0](x, dtype, *args, **kwargs)
    return x if dtype is None or np.dtype(dtype) == x.dtype else x.astype(dtype)


class _Drawing:
    """Stands for the `rng` of a Generator: draws for all slices."""

    def __init__(self, batch: Any, rng: Any) -> None:
        self._batch = batch
        self._rng = rng

    def __getattr__(self, name: str) -> Any:
        drawn = getattr(self._rng, name)
        if name == "bit_generator" or name.startswith("_"):
            return drawn
        batch = self._batch
        if batch.randomness == "error":
            raise GraphError(
                f"{batch.name}: called random operation while in randomness error mode. Please either use the 'same' "
                f"or 'different' randomness flags on {batch.name} or perform the randomness operation out of "
                f"{batch.name}"
            )
        return drawn if batch.randomness == "same" else lambda *a, **k: self._different(drawn, name, a, k)

    def _different(self, drawn: Any, name: str, args: Any, kwargs: Any) -> Any:
        """Numbers of its own for each slice."""
        batch, position = self._batch, _SIZE.get(name)
        size = kwargs.get("size", args[position] if position is not None and len(args) > position else None)
        if position is not None and size is not None and not any(batch.holds(x) for x in (*args, *kwargs.values())):
            size = (batch.size, *(size if isinstance(size, tuple) else (size,)))
            args = (*args[:position], size, *args[position + 1 :]) if len(args) > position else args
            kwargs = {**kwargs, "size": size} if "size" in kwargs else kwargs
            return Mapped(batch, wrap(drawn(*args, **kwargs)))
        each = []
        for index in range(max(batch.size, 1)):
            own = [batch.slice_of(x, index) for x in args]
            each.append(drawn(*own, **{key: batch.slice_of(x, index) for key, x in kwargs.items()}))
        return Mapped(batch, wrap(np.stack(each)[: batch.size]))


_SIZE = {"random": 0, "standard_normal": 0, "standard_exponential": 0, "integers": 2, "uniform": 2, "normal": 2}
"""Where methods of a generator take the shape of what they draw."""


def _seen(interpreter: Any, rng: Any) -> Any:
    """A generator of NumPy's as what runs under an interpreter sees it."""
    if interpreter is None:
        return rng
    rng = _seen(getattr(interpreter, "parent", None), rng)
    return _Drawing(interpreter, rng) if hasattr(interpreter, "randomness") else rng


def _rng(generator: Any) -> Any:
    return _seen(state.interpreter, _before[1].__get__(generator))


def _set_rng(generator: Any, rng: Any) -> None:
    generator.__dict__["_rng"] = rng


def begin(batch: Any) -> None:
    """Put all in place, if nobody has yet."""
    with _lock:
        if not _mapping:
            ask()
            _before[:] = np.asarray, Generator.__dict__["rng"]
        _mapping.append(batch)
        if len(_mapping) == 1:
            np.asarray = _kept  # type: ignore[assignment]
            Generator.rng = property(_rng, _set_rng)  # type: ignore[assignment]


def end(batch: Any) -> None:
    """Take it away, if nothing else is mapped over. What Ctrl-C has interrupted may be asked for again."""
    with _lock:
        if len(_mapping) == 1 and _mapping[0] is batch:
            np.asarray, Generator.rng = _before  # type: ignore[method-assign]
        _mapping[:] = [each for each in _mapping if each is not batch]
