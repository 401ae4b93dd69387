"""The IDX file format of MNIST: four bytes of magic, the sizes as big-endian uint32, then the elements.

00 00 TT DD   TT: element type (08 = uint8), DD: number of dimensions
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import DataError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

MAX_BYTES = 1 << 30
"""A header that promises more elements than this is taken for damage, not for a data set."""


def read_idx(path: str | Path, *, ndim: int | None = None, sha256: str | None = None, md5: str | None = None) -> Array:
    """The array in an IDX file, plain or gzip (told apart by content, not by name).

    ndim     number of dimensions that is wanted; None for any
    sha256   of the unpacked file; it is compared before the elements are used
    md5      of the packed file, as some publishers give it; either of the two hashes will do

    Unpacking stops one byte after what the header promises, so a small file cannot fill the memory. Raises DataError,
    naming the file, what was wanted and what came: wrong magic, short, long, oversized, truncated gzip, other hash.
    """
    path = Path(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            file: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            payload, dtype, shape = _read(file, path, ndim)
        if sha256 is not None:
            _check_hash(path, payload, sha256, md5 if packed else None)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: wanted a complete gzip file, got a truncated or damaged one ({error})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    offset = 4 + 4 * len(shape)
    try:
        return np.frombuffer(payload, dtype, offset=offset).reshape(shape).astype(dtype.newbyteorder("="))
    except ValueError as error:  # more dimensions than NumPy has, or sizes beyond its integers around a 0
        raise DataError(f"{path}: wanted sizes that an array can have, got {shape} ({error})") from error


def _read(file: IO[bytes], path: Path, ndim: int | None) -> tuple[bytes, np.dtype[Any], tuple[int, ...]]:
    """The whole unpacked file, its element type and its shape, with every length checked."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] == 0:
        raise DataError(
            f"{path}: wanted the magic number of an IDX file (00 00, type, dimensions), got "
            f"{magic.hex(' ') or 'an empty file'}"
        )
    if ndim is not None and magic[3] != ndim:
        raise DataError(f"{path}: wanted an IDX file with {ndim} dimension(s), got one with {magic[3]}")
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(
            f"{path}: wanted {4 + 4 * magic[3]} bytes of header, got {4 + len(sizes)}: the file is too short"
        )
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    dtype = np.dtype(TYPES[magic[2]])
    wanted = math.prod(shape) * dtype.itemsize
    if wanted > MAX_BYTES:
        raise DataError(f"{path}: wanted at most {MAX_BYTES} bytes, the header announces {wanted} (sizes {shape})")
    elements = file.read(wanted + 1)
    if len(elements) < wanted:
        raise DataError(f"{path}: sizes {shape} need {wanted} bytes, got {len(elements)}: the file is too short")
    if len(elements) > wanted:
        raise DataError(f"{path}: sizes {shape} need {wanted} bytes, got more: the file is too long")
    return magic + sizes + elements, dtype, shape


def _check_hash(path: Path, payload: bytes, sha256: str, md5: str | None) -> None:
    found = hashlib.sha256(payload).hexdigest()
    if found == sha256:
        return
    if md5 is not None and file_md5(path) == md5:
        return
    raise DataError(
        f"{path}: not the published data: wanted sha256 {sha256} (unpacked), got {found}; verify=False accepts the file"
    )


def file_md5(path: Path) -> str:
    """The md5 of a file as it lies on the disk, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def write_idx(path: str | Path, array: Array) -> None:
    """Write an array as an IDX file; packed if the name ends in .gz."""
    array = np.asarray(array)
    codes = {np.dtype(text): code for code, text in TYPES.items()}
    big = array.dtype.newbyteorder(">")
    if big not in codes or array.ndim == 0 or array.ndim > 255:
        raise DataError(
            f"write_idx: wanted 1 to 255 dimensions of uint8, int8, int16, int32, float32 or float64, got {array.ndim} "
            f"of {array.dtype}"
        )
    payload = (
        bytes([0, 0, codes[big], array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(big).tobytes()
    )
    Path(path).write_bytes(gzip.compress(payload) if str(path).endswith(".gz") else payload)
