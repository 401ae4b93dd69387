"""In which order a loader takes samples: samplers yield indices, batch samplers lists of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import ShapeError

from .randomness import numpy_generator


def _check_bool(name: str, setting: str, value: Any) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: {setting} should be a boolean value, but got {setting}={value!r}")


class Sampler:
    """Base of samplers. A subclass defines `__iter__()`, which yields indices, and `__len__()`."""

    def __init__(self, data_source: Any = None) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(self.indices().tolist())

    def indices(self) -> Array:
        """One pass's indices as an array; what loaders ask for."""
        raise NotImplementedError(f"{type(self).__name__} must define __iter__() or indices()")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__()")


class SequentialSampler(Sampler):
    """0, 1, 2, ... of `data_source`."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def indices(self) -> Array:
        return np.arange(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """A new random order on every pass.

    replacement   draw with replacement
    num_samples   how many; default: all. More than there are: pass after pass, each shuffled anew
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        if num_samples is not None and num_samples < 1:
            raise ShapeError(f"RandomSampler: num_samples should be a positive integer value, but got {num_samples}")
        self.data_source = data_source
        _check_bool("RandomSampler", "replacement", replacement)
        self.replacement = replacement
        self.num_samples = num_samples
        self.generator = generator

    def indices(self) -> Array:
        rng, size, count = numpy_generator(self.generator), len(self.data_source), len(self)
        if size == 0:
            return np.arange(0)
        if self.replacement:
            return rng.integers(size, size=count)
        passes = [rng.permutation(size) for _ in range(-(-count // size))]
        return passes[0] if count == size else np.concatenate(passes)[:count]

    def __len__(self) -> int:
        return len(self.data_source) if self.num_samples is None else self.num_samples


class SubsetRandomSampler(Sampler):
    """The given indices in a new random order on every pass."""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self._indices = np.asarray(indices, np.int64)
        self.generator = generator

    def indices(self) -> Array:
        return numpy_generator(self.generator).permutation(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


class WeightedRandomSampler(Sampler):
    """`num_samples` indices, index i with probability weights[i] / sum(weights)."""

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        self.weights = np.asarray(weights, np.float64)
        if self.weights.ndim != 1 or not np.all(np.isfinite(self.weights)) or np.any(self.weights < 0):
            raise ShapeError("WeightedRandomSampler: weights should be a 1d sequence of finite numbers >= 0")
        if not self.weights.sum() > 0:
            raise ShapeError("WeightedRandomSampler: at least one weight must be positive")
        if num_samples < 1:
            raise ShapeError(f"WeightedRandomSampler: num_samples should be a positive integer, but got {num_samples}")
        if not replacement and num_samples > np.count_nonzero(self.weights):
            raise ShapeError(
                f"WeightedRandomSampler: {num_samples} samples without replacement need as many positive weights, got "
                f"{np.count_nonzero(self.weights)}"
            )
        self.num_samples = num_samples
        _check_bool("WeightedRandomSampler", "replacement", replacement)
        self.replacement = replacement
        self.generator = generator

    def indices(self) -> Array:
        p = self.weights / self.weights.sum()
        return numpy_generator(self.generator).choice(len(p), self.num_samples, self.replacement, p)

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Cuts what `sampler` yields into lists of `batch_size`; the last may be shorter, or is dropped."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ShapeError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.sampler = sampler
        self.batch_size = int(batch_size)
        _check_bool("BatchSampler", "drop_last", drop_last)
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        return (batch.tolist() for batch in self.batches())

    def batches(self) -> Iterator[Array]:
        """The batches as arrays of indices."""
        if overrides_iteration(self.sampler):
            taken = []
            for index in self.sampler:
                taken.append(int(index))
                if len(taken) == self.batch_size:
                    yield np.array(taken)
                    taken = []
            if taken and not self.drop_last:
                yield np.array(taken)
            return
        indices = self.sampler.indices()
        end = len(indices) // self.batch_size * self.batch_size if self.drop_last else len(indices)
        for start in range(0, end, self.batch_size):
            yield indices[start : min(start + self.batch_size, end)]

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)


def overrides_iteration(sampler: Any) -> bool:
    """Does this sampler say for itself how it is iterated? (Any iterable will do as a sampler.)"""
    return not isinstance(sampler, Sampler) or type(sampler).__iter__ is not Sampler.__iter__
