"""Loaders alone: arrays in memory, arrays in a file that is mapped, folders of pictures; 0, 1 and 2 workers.

Workers are what each library has: threads here, processes in PyTorch.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .case import Case, Data, Library, Program

IMAGES, PICTURES, CLASSES, BATCH = 8192, 512, 2, 64


@functools.cache
def folder() -> Path:
    """A folder for the files of this process, which is removed when that ends."""
    found = Path(tempfile.mkdtemp(prefix="loading-"))
    atexit.register(shutil.rmtree, found, ignore_errors=True)
    return found


def _images() -> Any:
    return np.random.default_rng(0).integers(0, 256, (IMAGES, 3, 32, 32), np.uint8)


def _memory(loaders: Any, lib: Any) -> Any:
    """Pixels as float32, and numbers that are all different."""
    pixels = np.divide(_images(), 255, dtype=np.float32)
    return loaders.TensorDataset(lib.from_numpy(pixels), lib.arange(IMAGES))


def _mapped(loaders: Any, lib: Any) -> Any:
    """Pixels of uint8 in a file, to float32 as they are read."""
    images, numbers = folder() / "images.npy", folder() / "numbers.npy"
    np.save(images, _images())
    np.save(numbers, np.arange(IMAGES))
    if hasattr(loaders, "ArrayDataset"):
        return loaders.ArrayDataset(images, numbers, transform=loaders.transforms.ToTensor())

    class Mapped(loaders.Dataset):  # type: ignore[misc,name-defined]
        """What users of PyTorch, which reads no such files, write."""

        def __init__(self) -> None:
            self.images, self.numbers = (np.load(path, mmap_mode="r") for path in (images, numbers))

        def __len__(self) -> int:
            return len(self.images)

        def __getitem__(self, index: int) -> tuple[Any, int]:
            return lib.from_numpy(self.images[index].copy()).float().div(255), int(self.numbers[index])

    return Mapped()


def _pictures(loaders: Any, lib: Any) -> Any:
    """JPEG files of 160 x 120 pixels, made smaller to 64 x 64."""
    from PIL import Image  # no other case needs it

    rng = np.random.default_rng(0)
    paths = []
    for number in range(PICTURES):
        path = folder() / "pictures" / f"class{number * CLASSES // PICTURES}" / f"{number:03}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        blocks = rng.integers(0, 256, (12, 16, 3), np.uint8)
        Image.fromarray(np.kron(blocks, np.ones((10, 10, 1), np.uint8))).save(path)
        paths.append(path)
    if hasattr(loaders, "ImageFolder"):
        t = loaders.transforms
        return loaders.ImageFolder(folder() / "pictures", t.Compose([t.Resize((64, 64)), t.ToTensor()]))

    class Pictures(loaders.Dataset):  # type: ignore[misc,name-defined]
        """The same without torchvision: as its ImageFolder, Resize and ToTensor do it."""

        def __len__(self) -> int:
            return len(paths)

        def __getitem__(self, index: int) -> tuple[Any, int]:
            with open(paths[index], "rb") as file:
                picture = Image.open(file).convert("RGB")
            picture = picture.resize((64, 64), Image.Resampling.BILINEAR)
            pixels = lib.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()
            return pixels.float().div(255), int(paths[index].parent.name[-1])

    return Pictures()


def _program(kind: Callable[[Any, Any], Any], workers: int, library: Library, data: Data) -> Program:
    lib = library.lib
    loaders = getattr(library.nn, "data", lib.utils.data)  # where ours has its readers
    dataset = kind(loaders, lib)
    more = {"persistent_workers": True} if workers else {}
    loader = loaders.DataLoader(dataset, batch_size=BATCH, shuffle=True, num_workers=workers, **more)

    def step() -> int:
        return sum(len(chosen) for _, chosen in loader)

    def values() -> dict[str, Any]:
        """Each library shuffles in its own way: compared is what holds for every order."""
        batches = list(loader)
        numbers = np.concatenate([chosen.numpy() for _, chosen in batches])
        order = np.argsort(numbers, kind="stable")
        brightness = np.concatenate([x.numpy().mean((1, 2, 3)) for x, _ in batches])
        each = [np.sort(brightness[numbers == number]) for number in range(CLASSES)] if kind is _pictures else []
        return {
            "all of them": numbers[order],
            "with their own pixels": np.concatenate(each) if each else brightness[order],
        }

    return Program(step, values)


_KINDS = {
    "memory": (_memory, f"{IMAGES:,} images of 3 x 32 x 32 in memory", IMAGES),
    "mapped": (_mapped, f"{IMAGES:,} images of 3 x 32 x 32 in a mapped file", IMAGES),
    "folder": (_pictures, f"{PICTURES} JPEG files of 160 x 120, resized to 64 x 64", PICTURES),
}

LOADING = [
    Case(
        f"loader-{name}-{workers}",
        f"{what}, shuffled, batches of {BATCH}, {workers} worker{'s' * (workers != 1)}; per batch",
        functools.partial(_program, kind, workers),
        group="loaders",
        per=count // BATCH,
    )
    for name, (kind, what, count) in _KINDS.items()
    for workers in (0, 1, 2)
]
