"""The file format safetensors: eight bytes with the length of a header, the header in JSON, and the arrays' bytes.

Read and written here rather than by the package of that name: nothing to install, every field of a file is checked
before memory is allocated, arrays of any memory layout are written in rows, and bfloat16, which NumPy lacks, is
understood. Files are those that the package (0.8) writes, to the last byte.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import CheckpointError

_DTYPES = {
    "BOOL": "|b1",
    "U8": "|u1",
    "I8": "|i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "BF16": "<u2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
    "C64": "<c8",
}
_ORDER = ["U64", "I64", "F64", "C64", "F32", "U32", "I32", "F16", "U16", "I16", "I8", "U8", "BOOL"]
"""In which order the arrays of a file stand, by dtype, then by name: the widest first, so that each begins aligned."""

_NAMES = {dtype: name for name, dtype in _DTYPES.items() if name != "BF16"}
_LONGEST_HEADER = 100_000_000  # bytes; the format's own limit
_MOST_AXES = 64  # of an array of NumPy


def write(file: Any, arrays: dict[str, Array], metadata: dict[str, str]) -> None:
    """Write contiguous arrays, and texts about them."""
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    kinds = {name: _NAMES.get(array.dtype.newbyteorder("<").str) for name, array in arrays.items()}
    for name, kind in kinds.items():
        if kind is None or name == "__metadata__":
            raise CheckpointError(f"save: safetensors cannot hold {name!r}, an array of dtype {arrays[name].dtype}")
    ordered = sorted(arrays.items(), key=lambda item: (_ORDER.index(kinds[item[0]] or ""), item[0]))
    start = 0
    for name, array in ordered:
        stop = start + array.nbytes
        header[name] = {"dtype": kinds[name], "shape": array.shape, "data_offsets": [start, stop]}
        start = stop
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little"))
    file.write(text)
    for _, array in ordered:
        little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        file.write(little.reshape(-1).view(np.uint8))


def read(file: Any) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays of an open file by name, and the texts about them. Raises CheckpointError if anything is amiss."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(size - 8, _LONGEST_HEADER):
        raise CheckpointError("it is truncated, or no safetensors file")
    header = json.loads(file.read(length), object_pairs_hook=_distinct)
    if not isinstance(header, dict):
        raise CheckpointError("its header is not one of safetensors")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise CheckpointError("its metadata are not texts")
    entries = {name: _entry(name, described) for name, described in header.items()}
    place = 0
    for name, (_, _, _, start, stop) in sorted(entries.items(), key=lambda item: item[1][3:]):
        if start != place:
            raise CheckpointError(f"the array {name!r} starts at byte {start}, the one before ends at {place}")
        place = stop
    if place != size - 8 - length:
        raise CheckpointError(f"its arrays need {place} bytes, it has {size - 8 - length}")
    arrays = {}
    for name, (kind, dtype, shape, start, stop) in entries.items():
        array = np.empty(stop - start, np.uint8)
        file.seek(8 + length + start)
        if file.readinto(array) != array.size:
            raise CheckpointError(f"the array {name!r} is truncated")
        array = array.view(dtype).reshape(shape)
        if kind == "BOOL" and array.size and array.view(np.uint8).max() > 1:
            raise CheckpointError(f"the array {name!r} has truth values other than 0 and 1")
        arrays[name] = widened(array) if kind == "BF16" else array.astype(dtype.newbyteorder("="), copy=False)
    return arrays, metadata


def _entry(name: str, described: Any) -> tuple[str, np.dtype[Any], tuple[int, ...], int, int]:
    """dtype as the file names it, dtype, shape, first byte and end of one array."""
    match described:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [int(start), int(stop)]} if len(described) == 3:
            pass
        case _:
            raise CheckpointError(f"the array {name!r} is not described as safetensors wants it")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise CheckpointError(f"the array {name!r} has the shape {shape}")
    if kind not in _DTYPES:
        raise CheckpointError(f"the array {name!r} has dtype {kind}, which NumPy does not have")
    dtype = np.dtype(_DTYPES[kind])
    if len(shape) > _MOST_AXES:
        raise CheckpointError(f"the array {name!r} has {len(shape)} axes, which are more than arrays have")
    if start < 0 or stop - start != math.prod(shape) * dtype.itemsize:
        raise CheckpointError(f"the array {name!r} has {stop - start} bytes, which do not make {shape} of {kind}")
    return kind, dtype, tuple(shape), start, stop


def widened(halves: Array) -> Array:
    """bfloat16, given as uint16, is the upper half of a float32."""
    return (halves.astype(np.uint32) << 16).view(np.float32)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CheckpointError("it has two entries of the same name")
    return found
