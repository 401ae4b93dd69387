"""Arrays in files of NumPy's, .npy and .npz, read where they lie: only the rows of a batch come into memory."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, from_numpy
from autograd.errors import DataError, ShapeError

from .dataset import Dataset

Path = str | os.PathLike[str]


def open_arrays(path: Path) -> dict[str, Array]:
    """The arrays in an .npz file by their names, or that in an .npy file by the name "array".

    They are mapped into memory, read-only: what is not looked at is not read. Arrays that are compressed are read
    whole. Nothing is unpickled: arrays of objects are refused.
    """
    try:
        if not zipfile.is_zipfile(path):
            return {"array": _mapped(path, 0)}
        found = {}
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith(".npy"):
                    name = entry.filename.removesuffix(".npy")
                    stored = entry.compress_type == zipfile.ZIP_STORED
                    found[name] = _mapped(path, _begin(path, entry)) if stored else _read(archive, entry)
        return found
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{os.fspath(path)}: cannot be read as arrays (.npy or .npz): {error}") from error


def _begin(path: Path, entry: zipfile.ZipInfo) -> int:
    """Where the bytes of an entry begin: after its own header, which repeats the name and may have more at its end."""
    with open(path, "rb") as file:
        file.seek(entry.header_offset)
        header = file.read(30)
    if header[:4] != b"PK\x03\x04":
        raise ValueError(f"the entry {entry.filename} is damaged")
    name, more = struct.unpack("<HH", header[26:30])
    return entry.header_offset + 30 + name + more


def _mapped(path: Path, begin: int) -> Array:
    with open(path, "rb") as file:
        file.seek(begin)
        shape, fortran, dtype = _header(file)
        offset = file.tell()
        if offset + int(np.prod(shape)) * dtype.itemsize > os.fstat(file.fileno()).st_size:
            raise ValueError("it is truncated")
    if 0 in shape:
        return np.zeros(shape, dtype)
    order: Any = "F" if fortran else "C"
    return np.asarray(np.memmap(path, dtype, "r", offset, shape, order))


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Array:
    with archive.open(entry) as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never unpickled")
    return shape, fortran, dtype


class ArrayDataset(Dataset):
    """Arrays of equal length, indexed together, in memory or in files: `dataset[i]` is (x[i], y[i], ...).

    arrays      arrays, Tensors, or paths of .npy files
    path        instead: an .npz file, and `names` of arrays in it; default: all, in their order
    transform   of a batch of the first array, such as `nn.data.transforms.ToTensor()` of images of uint8
    classes     names of the classes, where there are some

    Files are mapped into memory, so they may be larger than it, and worker processes share them.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> np.savez(f"{folder}/data.npz", x=np.arange(6.0).reshape(3, 2), y=np.array([0, 1, 1]))
    >>> dataset = ArrayDataset(path=f"{folder}/data.npz")
    >>> [field.tolist() for field in dataset[2]], len(dataset)
    ([[4.0, 5.0], 1], 3)
    """

    def __init__(
        self,
        *arrays: Any,
        path: Path | None = None,
        names: Sequence[str] | None = None,
        transform: Callable[[Any], Any] | None = None,
        classes: Sequence[str] | None = None,
    ) -> None:
        if bool(arrays) == (path is not None):
            raise DataError("ArrayDataset: wanted arrays, or path=... of an .npz file")
        self.sources: tuple[Any, ...] = arrays if path is None else (os.fspath(path), names and [*names])
        self.from_archive = path is not None
        self.transform = transform
        if classes is not None:
            self.classes = list(classes)
        self.arrays = self._open()
        lengths = [len(array) if array.ndim else None for array in self.arrays]
        if None in lengths or len({*lengths}) != 1:
            raise ShapeError(
                f"ArrayDataset: wanted arrays of equal length, got {[array.shape for array in self.arrays]}"
            )

    def _open(self) -> tuple[Array, ...]:
        if self.from_archive:
            path, names = self.sources
            found = open_arrays(path)
            missing = [name for name in names or () if name not in found]
            if missing or not found:
                raise DataError(f"{path}: has no array {missing[0] if missing else ''!r}, only {', '.join(found)}")
            return tuple([found[name] for name in (names or found)])
        return tuple([self._opened(source) for source in self.sources])

    @staticmethod
    def _opened(source: Any) -> Array:
        if isinstance(source, (str, os.PathLike)):
            found = open_arrays(source)
            if len(found) != 1:
                raise DataError(f"{os.fspath(source)}: has {len(found)} arrays: give it as path=..., with names=[...]")
            return next(iter(found.values()))
        return source.detach().numpy() if isinstance(source, Tensor) else np.asarray(source)

    def __getstate__(self) -> dict[str, Any]:
        """For worker processes: files by their paths, which they open themselves."""
        files = self.from_archive or all(isinstance(source, (str, os.PathLike)) for source in self.sources)
        return {key: value for key, value in self.__dict__.items() if not (files and key == "arrays")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "arrays" not in state:
            self.arrays = self._open()

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        if not isinstance(index, (int, np.integer)):
            return self.batch(np.arange(len(self))[index])
        if not -len(self) <= index < len(self):
            raise IndexError(f"ArrayDataset: index {index} is out of range for {len(self)} samples")
        return tuple([field[0] for field in self.batch(np.array([index]))])

    def batch(self, indices: Array) -> tuple[Any, ...]:
        """The samples at `indices` (N,), stacked."""
        first, *others = [array[indices] for array in self.arrays]
        made: Any = first if self.transform is None else self.transform(first)
        return tuple([x if isinstance(x, Tensor) else from_numpy(x) for x in (made, *others)])
