"""Text as a sequence of characters, for language models."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, from_numpy
from autograd.errors import DataError, ShapeError

from .dataset import TensorDataset
from .download import data_root, fetch
from .randomness import numpy_generator

MIRRORS = ("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",)
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


class TextChars:
    """The characters of a text as integers: by default tiny Shakespeare (A. Karpathy 2015), 1,115,394 characters.

    path       a text file in UTF-8; default: root/tinyshakespeare/input.txt, whose content is verified
    root       data folder; default $WENGERT_DATA, else `wengert` in the user's cache folder
    val        the fraction at the end of the text that is kept for validation
    download   fetch tiny Shakespeare if it is missing

    Afterwards: `text`; `chars`, the vocabulary in sorted order; `train` and `val`, int64 arrays of character numbers.
    """

    chars: str
    train: Array  # (n,) int64
    val: Array  # (m,) int64

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        root: str | Path | None = None,
        val: float = 0.1,
        download: bool = True,
        timeout: float = 10.0,
    ) -> None:
        if not 0 <= val < 1:
            raise DataError(f"TextChars: wanted a validation fraction val with 0 <= val < 1, got {val}")
        self.path = Path(path) if path is not None else data_root(root) / "tinyshakespeare" / "input.txt"
        if path is None and download and not self.path.exists():
            fetch(MIRRORS, self.path, _check, timeout=timeout)
        if path is None:
            _check(self.path)
        try:
            self.text = _read(self.path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{self.path}: wanted text in UTF-8, got something else ({error})") from error
        if not self.text:
            raise DataError(f"{self.path}: wanted text, got an empty file")
        self.chars = "".join(sorted(set(self.text)))
        self._number = {char: number for number, char in enumerate(self.chars)}
        codes = self.encode(self.text)
        end = len(codes) - int(len(codes) * val)
        self.train, self.val = codes[:end], codes[end:]

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        return f"TextChars({len(self):,} characters, {len(self.chars)} different ones, from {str(self.path)!r})"

    def encode(self, text: str) -> Array:
        """Character numbers, (n,) int64. Raises DataError on a character that is not in the vocabulary."""
        try:
            return np.fromiter((self._number[char] for char in text), np.int64, len(text))
        except KeyError as error:
            raise DataError(f"encode: {error.args[0]!r} is not among the {len(self.chars)} characters") from None

    def decode(self, codes: Tensor | Iterable[int]) -> str:
        """The text of character numbers."""
        numbers = codes.tolist() if isinstance(codes, (Tensor, np.ndarray)) else list(codes)
        if any(not 0 <= number < len(self.chars) for number in numbers):
            raise DataError(f"decode: wanted numbers from 0 to {len(self.chars) - 1}, got {numbers}")
        return "".join([self.chars[number] for number in numbers])

    def windows(
        self, part: str = "train", batch_size: int = 32, length: int = 64, generator: Any = None
    ) -> tuple[Tensor, Tensor]:
        """`batch_size` windows from random places: inputs (B, T) and, one character further on, targets (B, T)."""
        codes = self._part("windows", part, batch_size, length)
        if len(codes) <= length:
            raise ShapeError(f"windows: wanted more than {length} characters, {part} has {len(codes)}")
        starts = numpy_generator(generator).integers(len(codes) - length, size=batch_size)
        places = starts[:, None] + np.arange(length)
        return from_numpy(codes[places]), from_numpy(codes[places + 1])

    def streams(self, part: str = "train", batch_size: int = 32, length: int = 64) -> Iterator[tuple[Tensor, Tensor]]:
        """The whole text once, read at `batch_size` places at a time: inputs (B, T) and, one further on, targets.

        Row b of each batch goes on where row b of the one before has ended, so a recurrent network can keep its state
        from batch to batch (detached: truncated backpropagation through time). The last batch may be shorter; of the
        text, less than `batch_size` characters at the end are left out.
        """
        codes = self._part("streams", part, batch_size, length)
        steps = (len(codes) - 1) // batch_size
        if steps < 1:
            raise ShapeError(f"streams: wanted more than {batch_size} characters, {part} has {len(codes)}")
        inputs, targets = (codes[shift : shift + steps * batch_size].reshape(batch_size, steps) for shift in (0, 1))
        for start in range(0, steps, length):
            piece = slice(start, start + length)
            yield from_numpy(inputs[:, piece].copy()), from_numpy(targets[:, piece].copy())

    def pieces(self, part: str = "train", length: int = 64) -> TensorDataset:
        """The text in pieces that follow one another: a data set of (inputs (T,), and one further on, targets)."""
        codes = self._part("pieces", part, 1, length)
        count = (len(codes) - 1) // length
        if count < 1:
            raise ShapeError(f"pieces: wanted more than {length} characters, {part} has {len(codes)}")
        inputs, targets = (codes[shift : shift + count * length].reshape(count, length) for shift in (0, 1))
        return TensorDataset(inputs, targets)

    def _part(self, function: str, part: str, batch_size: int, length: int) -> Array:
        if part not in ("train", "val"):
            raise DataError(f"{function}: wanted part 'train' or 'val', got {part!r}")
        if batch_size < 1 or length < 1:
            raise ShapeError(f"{function}: wanted batch_size and length of at least 1, got {batch_size} and {length}")
        return self.train if part == "train" else self.val


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def _check(path: Path) -> None:
    found = hashlib.sha256(_read(path)).hexdigest()
    if found != SHA256:
        raise DataError(f"{path}: not tiny Shakespeare: wanted sha256 {SHA256}, got {found}; path=... takes any text")
