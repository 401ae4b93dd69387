"""What a case is, and what all cases share: data, weights, and how many operations and bytes a step must cost.

A case is written once, for a library that spells things as PyTorch does. The same numbers go into every library: all of
them come from the images or from generators with a fixed seed, as NumPy arrays. None of the arrays holds denormals.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array


class Way:
    """How the functions of a case are run: here, as they are.

    calls   so many calls come before values are compared: what is compiled may be so only after some of them
    used    did a function of the case go through here? Where none did, there is nothing to time
    """

    calls = 1
    used = True

    def __call__(self, function: Callable[..., Any], pure: bool = True, twice: bool = False) -> Callable[..., Any]:
        """The function, which computes an output or a loss from Tensors; `backward` is called on what it returns.

        pure    it hangs on its inputs and on parameters alone: no random numbers, no running statistics
        twice   it differentiates, and its result is differentiated again
        """
        return function

    def training(self, loss: Callable[..., Any], update: Any, clip: Any = None, **settings: Any) -> Callable[..., Any]:
        """A step of a training, which returns the loss.

        loss      computes it, as `function` above, with the same settings
        update    the optimiser;   clip   called between the walk back and its step
        """
        return stepping(self(loss, **settings), update, clip)


def stepping(loss: Callable[..., Any], update: Any, clip: Any = None) -> Callable[..., Any]:
    """A step of a training as people write it."""

    def step(*inputs: Any) -> Any:
        found = loss(*inputs)
        update.zero_grad()
        found.backward()
        if clip is not None:
            clip()
        update.step()
        return found

    return step


class Library(NamedTuple):
    """A library that spells things as PyTorch does, and the way in which it runs functions."""

    lib: Any  # tensors and functions
    nn: Any
    optim: Any
    compile: Way = Way()


@dataclass(frozen=True)
class Data:
    """Where the training images are, as .npy files; random numbers stand in for what is not there."""

    folder: Path | None = None

    def images(self, name: str = "mnist", count: int = 8192) -> tuple[Array, Array]:
        """`count` normalised images (count, 1, 28, 28) as float32 of "mnist" or "fashion", and their labels."""
        if self.folder is None or not (self.folder / f"{name}-images.npy").exists():
            rng = np.random.default_rng(0)
            return rng.standard_normal((count, 1, 28, 28), np.float32), rng.integers(0, 10, count)
        images = np.load(self.folder / f"{name}-images.npy", mmap_mode="r")
        labels = np.load(self.folder / f"{name}-labels.npy")
        wanted = np.arange(count) % len(labels)
        return np.array(images[wanted]), labels[wanted].astype(np.int64)

    def test_images(self, name: str = "mnist") -> tuple[Array, Array]:
        """All normalised test images (10000, 1, 28, 28) and their labels. Raises FileNotFoundError without the data."""
        if self.folder is None:
            raise FileNotFoundError(f"{name} was not found")
        images = np.load(self.folder / f"{name}-test-images.npy")
        return images, np.load(self.folder / f"{name}-test-labels.npy").astype(np.int64)

    def pictures(self, *shape: int) -> Array:
        """Images scaled to (N, C, H, W) by repeating or leaving out pixels, a different one in every channel."""
        n, c, h, w = shape
        images = self.images(count=n * c)[0][:, 0]
        scaled = images[:, np.arange(h)[:, None] * 28 // h, np.arange(w) * 28 // w]  # whose axes lie in another order
        return np.ascontiguousarray(scaled).reshape(shape)


def normal(seed: int, *shape: int) -> Array:
    """Fixed normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


@dataclass(frozen=True)
class Program:
    """A case in a library, ready to run.

    step     does one unit of work
    values   numbers by which libraries are compared: name -> array or number. None: the results of the first five steps
    """

    step: Callable[[], Any]
    values: Callable[[], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Case:
    """A workload.

    build       (library, data) -> Program
    reference   data -> what the program's values should be, slowly and in float64; for lone operations
    per         a step counts as this many units; times are per unit
    flops       floating-point operations of one step, a multiplication and an addition counting as two
    bytes       what one step must move between memory and processor at the least, if every pass, forward and backward,
                reads its inputs and writes its results once; a step whose arrays fit into the cache can be faster
    scaling     time it in a single thread as well
    """

    name: str
    what: str
    build: Callable[[Library, Data], Program]
    reference: Callable[[Data], dict[str, Array]] | None = None
    group: str = "layers"
    per: int = 1
    flops: float = 0.0
    bytes: float = 0.0
    scaling: bool = False
    warm_up: int = 3
    least: int = 5
    """Fewest steps to time."""
    tolerance: float = 1e-4
    """How far values may be apart: of a number relatively; of a sum over an array relative to the array's norm."""


def fill(library: Library, model: Any, seed: int = 0) -> Any:
    """The model, with the same parameters in every library: uniform up to 1 / sqrt(fan in); norms keep theirs."""
    rng = np.random.default_rng(seed)
    for name, parameter in model.named_parameters():
        shape = tuple(parameter.shape)
        if len(shape) == 1 and name.endswith("weight"):
            continue
        bound = 1 / math.sqrt(math.prod(shape[1:]) if len(shape) > 1 else shape[0])
        with library.lib.no_grad():
            parameter.copy_(library.lib.tensor(rng.uniform(-bound, bound, shape).astype(np.float32)))
    return model


@contextlib.contextmanager
def without_dropout(library: Library, *models: Any) -> Iterator[None]:
    """Each library draws its own random numbers: values are compared with dropout switched off."""
    dropouts = [module for model in models for module in model.modules() if isinstance(module, library.nn.Dropout)]
    shares = [module.p for module in dropouts]
    for module in dropouts:
        module.p = 0.0
    try:
        yield
    finally:
        for module, share in zip(dropouts, shares, strict=True):
            module.p = share


def differentiated(
    library: Library, run: Callable[..., Any], inputs: Sequence[Any], wanted: dict[str, Any], seed: Any = None
) -> Program:
    """Forward, and backward to a gradient of all that is wanted, by name; `seed` is the gradient of the output."""
    seeds = [] if seed is None else [seed]

    def step() -> Any:
        for tensor in wanted.values():
            tensor.grad = None
        z = run(*inputs)
        z.backward(*seeds)
        return z

    def values() -> dict[str, Any]:
        for _ in range(library.compile.calls):
            z = step()
        return {"output": z.detach().numpy(), **{name: x.grad.detach().numpy() for name, x in wanted.items()}}

    return Program(step, values)


class Checksum(NamedTuple):
    """A number by which libraries are compared, and the size to which its error is relative."""

    name: str
    value: float
    scale: float


def checksums(values: dict[str, Any]) -> list[Checksum]:
    """Numbers as they are. Of an array its sum, the sum of its absolute values and a sum with fixed weights.

    Rounding errors are independent of each other, so the error of a sum grows like the array's norm (and a hundredth
    of the absolute sum is left for what is not independent); a transposed, shifted or missing part changes it by more.
    """
    found = []
    for name, value in values.items():
        array = np.asarray(value, np.float64)
        if array.ndim == 0:
            found.append(Checksum(name, float(array), abs(float(array))))
            continue
        weights = np.random.default_rng(array.size).uniform(-1, 1, array.shape)
        absolute = float(np.abs(array).sum())
        scale = float(np.sqrt(np.square(array).sum())) + 0.01 * absolute
        found.append(Checksum(f"sum of {name}", float(array.sum()), scale))
        found.append(Checksum(f"absolute sum of {name}", absolute, scale))
        found.append(Checksum(f"weighted sum of {name}", float((array * weights).sum()), scale))
    return found


def differences(ours: Sequence[Sequence[Any]], theirs: Sequence[Sequence[Any]], tolerance: float) -> list[str]:
    """What differs, in words; empty if nothing does. NaN and infinity differ from everything."""
    first, second = [Checksum(*row) for row in ours], [Checksum(*row) for row in theirs]
    if [row.name for row in first] != [row.name for row in second]:
        return [f"{[row.name for row in first]} against {[row.name for row in second]}"]
    return [
        f"{a.name}: {a.value:.8g} against {b.value:.8g}"
        for a, b in zip(first, second, strict=True)
        if not abs(a.value - b.value) <= tolerance * max(a.scale, b.scale)
    ]
