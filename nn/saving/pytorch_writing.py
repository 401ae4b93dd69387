"""PyTorch's files, .pt and .pth, written so that `torch.load(path, weights_only=True)` opens them."""

from __future__ import annotations

import math
import struct
import zipfile
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import CheckpointError
from autograd.extend import array_of

from .pytorch import DTYPES, STORAGES

_NOT_WRITTEN = ("BFloat16", "Untyped", "ComplexFloat", "ComplexDouble")
_WRITTEN = {np.dtype(text): name for name, text in STORAGES.items() if name not in _NOT_WRITTEN}
_UNTYPED = {np.dtype(text): name for name, text in DTYPES.items() if name in ("uint16", "uint32", "uint64")}
_FILLING = 0x4246  # the kind of a header's part that says nothing
_ALIGNED = 64  # bytes: arrays begin at multiples of it, so that they can be mapped into memory


class Writer:
    """The pickle, instruction by instruction, and the arrays that it points to."""

    def __init__(self) -> None:
        self.out = bytearray(b"\x80\x02")
        self.arrays: list[Array] = []
        self.keys: dict[int, int] = {}
        self.open: set[int] = set()

    def add(self, value: Any, path: tuple[str, ...]) -> None:
        """Write a value."""
        if value is None or isinstance(value, bool):
            self.out += {None: b"N", True: b"\x88", False: b"\x89"}[value]
        elif isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            self.out += b"X" + struct.pack("<I", len(data)) + data
        elif isinstance(value, int):
            self._int(int(value), path)
        elif isinstance(value, float):
            self.out += b"G" + struct.pack(">d", value)
        elif isinstance(value, np.generic) and value.dtype.kind in "biuf":
            self.add(value.item(), path)
        elif isinstance(value, Tensor):
            self._tensor(value, array_of(value), value.is_leaf and value.requires_grad, path)
        elif isinstance(value, np.ndarray):
            self._tensor(value, value, False, path)
        elif isinstance(value, (dict, list, tuple)):
            if id(value) in self.open:
                raise CheckpointError(f"save: {_at(path)} contains itself")
            self.open.add(id(value))
            self._container(value, path)
            self.open.remove(id(value))
        else:
            raise CheckpointError(
                f"save: cannot save {_at(path)}, a {type(value).__name__}; wanted dicts, lists and tuples of Tensors, "
                "arrays, numbers, strings, bools and None"
            )

    def _int(self, value: int, path: tuple[str, ...]) -> None:
        if -(2**31) <= value < 2**31:
            self.out += b"J" + struct.pack("<i", value)
        else:
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            if len(data) > 255:
                raise CheckpointError(f"save: the number at {_at(path)} is too large")
            self.out += b"\x8a" + bytes([len(data)]) + data

    def _container(self, value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, dict):
            self.out += b"}("
            for key, each in value.items():
                if not (key is None or isinstance(key, (str, bool, int, float))):
                    raise CheckpointError(f"save: a key of {_at(path)} is a {type(key).__name__}")
                self.add(key, path)
                self.add(each, (*path, str(key)))
            self.out += b"u"
            return
        self.out += b"(" if isinstance(value, tuple) else b"]("
        for index, each in enumerate(value):
            self.add(each, (*path, str(index)))
        self.out += b"t" if isinstance(value, tuple) else b"e"

    def _tensor(self, owner: Any, array: Array, requires_grad: bool, path: tuple[str, ...]) -> None:
        dtype = array.dtype.newbyteorder("<") if array.dtype.itemsize > 1 else array.dtype
        if dtype not in _WRITTEN and dtype not in _UNTYPED:
            raise CheckpointError(f"save: .pt files cannot hold {_at(path)}, an array of dtype {array.dtype}")
        if id(owner) not in self.keys:
            self.keys[id(owner)] = len(self.arrays)
            self.arrays.append(np.asarray(array, dtype, order="C"))
        key = str(self.keys[id(owner)])
        plain = dtype in _WRITTEN
        self.out += f"ctorch._utils\n_rebuild_tensor_v{2 if plain else 3}\n((".encode()
        self.add("storage", path)
        self.out += f"ctorch\n{_WRITTEN[dtype]}Storage\n".encode() if plain else b"ctorch.storage\nUntypedStorage\n"
        for each in (key, "cpu", array.size if plain else array.nbytes):
            self.add(each, path)
        self.out += b"tQ"
        strides = [math.prod(array.shape[axis + 1 :]) for axis in range(array.ndim)]
        described: tuple[Any, ...] = (0, tuple([int(n) for n in array.shape]), tuple(strides), requires_grad)
        for each in described:
            self.add(each, path)
        self.out += b"ccollections\nOrderedDict\n)R"
        if not plain:
            self.out += f"ctorch\n{_UNTYPED[dtype]}\n".encode()
        self.out += b"tR"


def _at(path: tuple[str, ...]) -> str:
    return "obj" + "".join(f"[{part!r}]" for part in path)


def _aligned(name: str, begin: int) -> zipfile.ZipInfo:
    """An entry whose header begins there, filled up so that its bytes begin at a multiple of `_ALIGNED`."""
    entry = zipfile.ZipInfo(name)
    rest = -(begin + 30 + len(name) + 4) % _ALIGNED
    entry.extra = struct.pack("<HH", _FILLING, rest) + bytes(rest)
    return entry


def write(file: Any, obj: Any) -> None:
    """Write `obj` as `torch.save` does. Arrays become Tensors there, NumPy's numbers Python's."""
    writer = Writer()
    writer.add(obj, ())
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as opened:
        archive: Any = opened
        archive.writestr("archive/data.pkl", bytes(writer.out) + b".")
        archive.writestr("archive/byteorder", "little")
        for key, array in enumerate(writer.arrays):
            large = array.nbytes > 1 << 30
            entry = _aligned(f"archive/data/{key}", archive.fp.tell() + 20 * large)  # 20 more bytes say how large
            with archive.open(entry, "w", force_zip64=large) as stream:
                stream.write(array.reshape(-1).view(np.uint8).data)
        archive.writestr("archive/version", "3\n")
