"""Files in folders, a folder for each class: pictures, or whatever a function can read."""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.errors import DataError
from autograd.extras import extra

from .dataset import Dataset, default_collate, samples_of
from .transforms.composing import parted

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class DatasetFolder(Dataset):
    """Files in folders: root/CLASS/.../FILE. `dataset[i]` is (what `loader` makes of file i, number of its class).

    loader             a function of a path
    extensions         endings of the files that count, such as (".png",); or
    is_valid_file      a function of a path that says so
    transform          of what the loader returns; target_transform: of the number of the class
    allow_empty        folders without such files are classes too

    Afterwards: `classes`, names of the folders in order; `class_to_idx`, name -> number; `samples`, a list of (path,
    number); `targets`, the numbers, (N,) int64.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        loader: Callable[[str], Any],
        extensions: Sequence[str] | str | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        if (extensions is None) == (is_valid_file is None):
            raise DataError(
                "DatasetFolder: Both extensions and is_valid_file cannot be None or not None at the same time"
            )
        self.root, self.loader, self.extensions = os.fspath(root), loader, extensions
        self.transform, self.target_transform = transform, target_transform
        self.classes, self.class_to_idx = self.find_classes(self.root)
        if is_valid_file is None:
            endings = (extensions,) if isinstance(extensions, str) else tuple(extensions or ())
            is_valid_file = lambda path: path.lower().endswith(endings)
        self.samples = self.make_dataset(self.root, self.class_to_idx, is_valid_file)
        self.targets = np.array([number for _, number in self.samples], np.int64)
        empty = [name for number, name in enumerate(self.classes) if not (self.targets == number).any()]
        if empty and not allow_empty:
            wanted = f". Supported extensions are: {', '.join(endings)}" if extensions is not None else ""
            raise DataError(f"{self.root}: Found no valid file for the classes {', '.join(empty)}{wanted}")

    def find_classes(self, directory: str) -> tuple[list[str], dict[str, int]]:
        """The classes in a folder, in order, and their numbers. Override it for folders of another kind."""
        if not os.path.isdir(directory):
            raise DataError(f"{directory}: wanted a folder with a folder for each class, there is none")
        classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
        if not classes:
            raise DataError(
                f"{directory}: Couldn't find any class folder: wanted one for each class, with its files in it"
            )
        return classes, {name: number for number, name in enumerate(classes)}

    def make_dataset(
        self, directory: str, class_to_idx: dict[str, int], is_valid_file: Callable[[str], bool]
    ) -> list[tuple[str, int]]:
        """All files that count, with the numbers of their classes, in an order that is the same on every machine."""
        found = []
        for name in sorted(class_to_idx):
            for folder, _, files in sorted(os.walk(os.path.join(directory, name), followlinks=True)):
                paths = [os.path.join(folder, file) for file in sorted(files)]
                found += [(path, class_to_idx[name]) for path in paths if is_valid_file(path)]
        return found

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._sample(index, self.transform)

    def _sample(self, index: int, transform: Callable[[Any], Any] | None) -> tuple[Any, Any]:
        path, target = self.samples[index]
        try:
            sample = self.loader(path)
            if transform is not None:
                sample = transform(sample)
        except Exception as error:
            error.add_note(f"{type(self).__name__}: this is sample {index}, {path}")
            raise
        return sample, target if self.target_transform is None else self.target_transform(target)

    def batch(self, indices: np.ndarray) -> Any:
        """The samples at `indices` (N,), stacked. What ends the transform, `ToTensor()`, is done to all at once."""
        each, together = parted(self.transform)
        if together is None:
            return default_collate(samples_of(self, indices))
        found = samples_of(self, indices, lambda index: self._sample(index, each))
        return together([x for x, _ in found]), default_collate([target for _, target in found])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} files in {len(self.classes)} classes, root={self.root!r})"


@functools.cache
def _pil() -> Any:
    return extra("PIL.Image", "images", "ImageFolder")


def default_loader(path: str) -> Any:
    """The picture in a file, in colour (RGB), as PIL has it."""
    image = _pil()
    try:
        with image.open(io.BytesIO(_read(path))) as picture:
            picture.load()
            return picture if picture.mode == "RGB" else picture.convert("RGB")
    except OSError as error:
        raise DataError(f"{path}: cannot be read as a picture: {error}") from error


def _read(path: str) -> bytes:
    """The bytes of a file, in one go: threads that read piece by piece wait for each other at each piece."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(handle).st_size
        parts = [os.read(handle, size + 1)]
        while parts[-1] and (size == 0 or len(parts[0]) != size):  # it has grown since, or is no file
            parts.append(os.read(handle, 1 << 20))
        return b"".join(parts)
    finally:
        os.close(handle)


def read_text(path: str | os.PathLike[str]) -> str:
    """The text in a file in UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{os.fspath(path)}: cannot be read as text in UTF-8: {error}") from error


class ImageFolder(DatasetFolder):
    """Pictures in folders: root/CLASS/NAME.png. `dataset[i]` is (picture, number of its class).

    transform   such as `Compose([Resize(64), ToTensor()])` of `nn.data.transforms`: it ends with a Tensor of one size,
                if batches are to be made
    loader      a function of a path; default: PIL's picture in RGB

    See `DatasetFolder` for the rest.

    >>> import tempfile
    >>> from PIL import Image
    >>> from nn.data.transforms import ToTensor
    >>> root = Path(tempfile.mkdtemp())
    >>> for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
    ...     (root / name).mkdir()
    ...     Image.new("RGB", (4, 4), colour).save(root / name / "1.png")
    >>> dataset = ImageFolder(root, ToTensor())
    >>> dataset.classes, dataset[0][0][:, 0, 0].tolist(), dataset[0][1]
    (['blue', 'red'], [0.0, 0.0, 1.0], 0)
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        endings = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, endings, transform, target_transform, is_valid_file, allow_empty)
        self.imgs = self.samples
