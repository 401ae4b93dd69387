"""Data sets: something with `dataset[index]` and `len(dataset)`.

A set that is backed by arrays also has `batch(indices)`, which returns many samples at once, already stacked; loaders
use it where it is there. Sets without it are collated sample by sample.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, from_numpy, tensor
from autograd.errors import ShapeError
from autograd.later import later

from .randomness import numpy_generator


class Dataset:
    """Base of data sets. A subclass defines `__getitem__(index)` and `__len__()`."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(index)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__()")

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __add__(self, other: Dataset) -> Dataset:
        return ConcatDataset([self, other])


class TensorDataset(Dataset):
    """Tensors of equal length, indexed together: `dataset[i]` is `(x[i], y[i], ...)`. Arrays become Tensors.

    Samples are constants: no gradient flows back into the data.
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise ShapeError("TensorDataset: wanted at least one Tensor")
        self.tensors = tuple(
            [x.detach() if isinstance(x, Tensor) else from_numpy(x) if isinstance(x, np.ndarray) else tensor(x)
             for x in tensors]
        )  # fmt: skip
        if any(x.ndim == 0 or len(x) != len(self.tensors[0]) for x in self.tensors):
            raise ShapeError(
                f"TensorDataset: Size mismatch between tensors: wanted equal length, got shapes "
                f"{[tuple(x.shape) for x in self.tensors]}"
            )

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        if isinstance(index, Tensor):
            index = index.detach().numpy()
        return tuple([from_numpy(np.asarray(x.numpy()[index])) for x in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])

    def batch(self, indices: Array) -> tuple[Tensor, ...]:
        """The samples at `indices` (N,), stacked."""
        return self[indices]


class Subset(Dataset):
    """The samples of `dataset` at `indices`. Its `classes`, `class_to_idx` and `targets` are those of `dataset`."""

    indices: Array  # (N,) int64

    def __init__(self, dataset: Any, indices: Iterable[int]) -> None:
        self.dataset = dataset
        self.indices = np.asarray(indices if isinstance(indices, (np.ndarray, range)) else list(indices), np.int64)
        if self.indices.ndim != 1:
            raise ShapeError(f"Subset: wanted a list of indices, got shape {self.indices.shape}")

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[int(self.indices[index])]

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, indices: Array) -> Any:
        """The samples at `indices` (N,), stacked."""
        return batch_of(self.dataset, self.indices[indices])

    @property
    def classes(self) -> Any:
        """Names of the classes, where `dataset` has some."""
        return self.dataset.classes

    @property
    def class_to_idx(self) -> Any:
        """Name -> number of a class, where `dataset` has that."""
        return self.dataset.class_to_idx

    @property
    def targets(self) -> Any:
        """Of these samples, where `dataset` has them."""
        targets = self.dataset.targets
        return (
            targets[self.indices] if isinstance(targets, (np.ndarray, Tensor)) else [targets[i] for i in self.indices]
        )


class ConcatDataset(Dataset):
    """Several data sets one after the other. It has `classes` if they all have the same."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ShapeError("ConcatDataset: datasets should not be an empty iterable")
        self.cumulative_sizes = np.cumsum([len(dataset) for dataset in self.datasets]).tolist()

    def __getitem__(self, index: int) -> Any:
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"ConcatDataset: index {index} is out of range for {len(self)} samples")
        part = bisect.bisect_right(self.cumulative_sizes, position)
        start = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][position - start]

    def __len__(self) -> int:
        return int(self.cumulative_sizes[-1])

    @property
    def classes(self) -> Any:
        """Names of the classes, if all parts have the same ones in the same order."""
        first, *others = [part.classes for part in self.datasets]
        if any(list(each) != list(first) for each in others):
            raise AttributeError("ConcatDataset: the data sets have different classes")
        return first

    @property
    def targets(self) -> Any:
        """Of all samples, where all parts have them."""
        return np.concatenate([np.asarray(part.targets) for part in self.datasets])

    def batch(self, indices: Array) -> Any:
        """The samples at `indices` (N,), stacked: one batch of each part, brought back into order."""
        indices = np.asarray(indices)
        if indices.size and (indices.min() < -len(self) or indices.max() >= len(self)):
            raise IndexError(f"ConcatDataset: an index is out of range for {len(self)} samples")
        indices = indices % max(len(self), 1)
        part_of = np.searchsorted(self.cumulative_sizes, indices, side="right")
        starts = [0, *self.cumulative_sizes]
        used = np.unique(part_of).tolist()
        if len(used) == 1:
            return batch_of(self.datasets[used[0]], indices - starts[used[0]])
        batches = [batch_of(self.datasets[part], indices[part_of == part] - starts[part]) for part in used]
        order = np.argsort(np.argsort(part_of, kind="stable"))
        return _merge(batches, order)


class StackDataset(Dataset):
    """Samples of several data sets side by side: `dataset[i]` is a tuple, or of sets given by name a dict."""

    def __init__(self, *datasets: Any, **named: Any) -> None:
        if bool(datasets) == bool(named):
            raise ShapeError("StackDataset: wanted at least one data set, either all by position or all by name")
        self.datasets: Any = named or datasets
        lengths = [len(dataset) for dataset in (named.values() if named else datasets)]
        if len({*lengths}) > 1:
            raise ShapeError(f"StackDataset: Size mismatch between datasets: wanted equal length, got {lengths}")
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple([dataset[index] for dataset in self.datasets])

    def __len__(self) -> int:
        return self._length

    def batch(self, indices: Array) -> Any:
        """The samples at `indices` (N,), stacked."""
        if isinstance(self.datasets, dict):
            return {name: batch_of(dataset, indices) for name, dataset in self.datasets.items()}
        return tuple([batch_of(dataset, indices) for dataset in self.datasets])


def _merge(batches: list[Any], order: Array) -> Any:
    """Batches of the same structure behind each other, samples then arranged by `order`."""
    first = batches[0]
    if isinstance(first, Tensor):
        return from_numpy(np.concatenate([batch.numpy() for batch in batches])[order])
    if isinstance(first, Mapping):
        return {key: _merge([batch[key] for batch in batches], order) for key in first}
    if isinstance(first, list) and first and isinstance(first[0], (str, bytes)):  # texts are not stacked
        texts = [text for batch in batches for text in batch]
        return [texts[position] for position in order]
    return _like(first, [_merge(list(fields), order) for fields in zip(*batches, strict=True)])


def batch_of(dataset: Any, indices: Array) -> Any:
    """The samples of any data set at `indices` (N,), stacked; in one go where the set can.

    A `batch` inherited from a class whose `__getitem__` has been overridden since does not count: the new
    `__getitem__` decides what a sample is.
    """
    for cls in type(dataset).__mro__:
        if "batch" in cls.__dict__:
            return dataset.batch(indices)
        if "__getitem__" in cls.__dict__:
            break
    return default_collate(samples_of(dataset, indices))


def samples_of(dataset: Any, indices: Array, get: Callable[[int], Any] | None = None) -> list[Any]:
    """The samples of any data set at `indices` (N,), one by one, as it or `get` gives them; an error says at which."""
    found = []
    for index in indices.tolist():
        try:
            found.append(dataset[index] if get is None else get(index))
        except Exception as error:
            error.add_note(f"item {index} of {type(dataset).__name__} could not be loaded")
            raise
    return found


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack samples to a batch, along a new first dimension.

    Tensors, arrays and numbers become one Tensor (integers int64, Python floats the default dtype), texts a list;
    tuples, named tuples, lists and dicts keep their structure, each field stacked.
    """
    if not batch:
        raise ShapeError("default_collate: wanted at least one sample")
    first = batch[0]
    if isinstance(first, (Tensor, np.ndarray)):
        arrays = [x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x) for x in batch]
        for entry, array in enumerate(arrays):
            if array.shape != arrays[0].shape:
                raise ShapeError(
                    f"default_collate: stack expects each tensor to be equal size, but got {list(arrays[0].shape)} at "
                    f"entry 0 and {list(array.shape)} at entry {entry}"
                )
        return from_numpy(np.stack(arrays))
    if isinstance(first, np.generic):
        return from_numpy(np.array(batch))
    if isinstance(first, (bool, int, float)):
        return tensor(list(batch))
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise ShapeError("default_collate: each element in list of batch should be of equal size")
        return _like(first, [default_collate(list(field)) for field in zip(*batch, strict=True)])
    if type(first).__module__.startswith("PIL."):
        raise TypeError("default_collate: batch holds pictures of PIL: let the transform end with ToTensor()")
    raise TypeError(
        "default_collate: batch must contain tensors, arrays, numbers, texts, dicts or lists; found "
        f"{type(first).__name__}"
    )


def default_convert(data: Any) -> Any:
    """Arrays and NumPy scalars in tuples, lists and dicts as Tensors; all else as it is."""
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind in "fiub":
        return from_numpy(np.asarray(data))
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, (tuple, list)):
        return _like(data, [default_convert(value) for value in data])
    return data


def _like(example: Any, fields: list[Any]) -> Any:
    """`fields` in the kind of sequence that `example` is."""
    if hasattr(example, "_fields"):
        return type(example)(*fields)
    return tuple(fields) if isinstance(example, tuple) else fields


def random_split(dataset: Any, lengths: Sequence[int | float], generator: Any = None) -> list[Subset]:
    """Split at random into parts that do not overlap.

    lengths     counts that add up to len(dataset), or fractions that add up to 1 (left-overs go to the first parts)
    generator   an `autograd.Generator`; default: the one `manual_seed` seeds
    """
    total = len(dataset)
    if all(isinstance(length, (int, np.integer)) for length in lengths) and sum(lengths) == total:
        counts = [int(length) for length in lengths]
    elif math.isclose(sum(lengths), 1.0) and all(0 <= length <= 1 for length in lengths):
        counts = [math.floor(total * length) for length in lengths]
        for extra in range(total - sum(counts)):
            counts[extra % len(counts)] += 1
    else:
        raise ShapeError(
            "random_split: Sum of input lengths does not equal the length of the input dataset: wanted counts that add "
            f"up to {total} or fractions that add up to 1, got {list(lengths)}"
        )
    if any(count < 0 for count in counts):
        raise ShapeError(f"random_split: wanted lengths of at least 0, got {list(lengths)}")
    order = numpy_generator(generator).permutation(total)
    ends = np.cumsum(counts).tolist()
    return [Subset(dataset, order[end - count : end]) for count, end in zip(counts, ends)]


class ImageDataset(Dataset):
    """Images with labels, kept as uint8 and handed out as float32 in 0..1.

    images      (N, H, W) uint8, or (N, C, H, W); also under the name `data`
    targets     (N,) int64; also under the name `labels`
    transform   a function of a batch (N, C, H, W) of float32 in 0..1, see `nn.data.transforms`; a single sample is a
                batch of one
    mean, std   over the pixels in 0..1, for `tensors`; a number, or one for each channel

    `dataset[i]` is `(image, label)`: a Tensor (C, H, W) and an int.
    """

    classes: tuple[str, ...]

    def __init__(self, images: Array, targets: Array, transform: Any, mean: Any, std: Any) -> None:
        self.images = images
        self.targets = targets.astype(np.int64)
        self.transform = transform
        self.mean = mean
        self.std = std

    @property
    def data(self) -> Array:
        """The images, (N, H, W) or (N, C, H, W) uint8."""
        return self.images

    @property
    def labels(self) -> Array:
        """The class of each image, (N,) int64."""
        return self.targets

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        images, labels = self.batch(np.array([index]))
        return images[0], int(labels.numpy()[0])

    def batch(self, indices: Array) -> tuple[Tensor, Tensor]:
        """The images (N, C, H, W) and labels (N,) at `indices`, transformed."""
        images = _with_channels(self.images[indices]).astype(np.float32)
        images *= np.float32(1 / 255)
        if self.transform is not None:
            images = self.transform(images)
        return images if isinstance(images, Tensor) else from_numpy(images), from_numpy(self.targets[indices])

    def tensors(self, normalize: bool = True) -> tuple[Tensor, Tensor]:
        """All images as float32 (N, C, H, W), and all labels as int64 (N,), without `transform`.

        normalize   shift and scale to mean 0 and deviation 1 over the training images; else the pixels are in 0..1
        """
        mean, std = (np.reshape(each, (-1, 1, 1)) for each in (self.mean, self.std))
        scale, shift = (1 / (255 * std), -mean / std) if normalize else (np.array(1 / 255), np.array(0.0))
        images = _with_channels(self.images).astype(np.float32)
        images *= scale.astype(np.float32)
        images += shift.astype(np.float32)
        return from_numpy(images), from_numpy(self.targets.copy())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} images, {self.images.shape[-2]}x{self.images.shape[-1]})"


def _with_channels(images: Array) -> Array:
    """Images of grey, (N, H, W), as those of one channel."""
    return images[:, None] if images.ndim == 3 else images


later(
    __name__,
    {"ChainDataset": "nn.data.stream:ChainDataset", "IterableDataset": "nn.data.stream:IterableDataset"},
)  # which PyTorch has in this file
