"""PyTorch's files, .pt and .pth, both ways.

Such a file is a zip archive: a pickle, data.pkl, says how things hang together, and data/0, data/1 ... are the
numbers. The pickle is read by `nn.saving.pickles`, which runs nothing; files from before PyTorch 1.6, in which the
numbers follow the pickle, are read too. What is written opens with `torch.load(path, weights_only=True)`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import CheckpointError
from autograd.extend import array_of, wrap

from .pickles import NUMPY, Known, run
from .safetensors import widened

_STORAGES = {
    "Float": "<f4", "Double": "<f8", "Half": "<f2", "BFloat16": "<u2", "Long": "<i8", "Int": "<i4", "Short": "<i2",
    "Char": "<i1", "Byte": "<u1", "Bool": "|b1", "ComplexFloat": "<c8", "ComplexDouble": "<c16", "Untyped": "<u1",
}  # fmt: skip
_DTYPES = {
    "float32": "<f4", "float64": "<f8", "float16": "<f2", "bfloat16": "<f4", "int64": "<i8", "int32": "<i4",
    "int16": "<i2", "int8": "<i1", "uint8": "<u1", "bool": "|b1", "complex64": "<c8", "complex128": "<c16",
    "uint16": "<u2", "uint32": "<u4", "uint64": "<u8",
}  # fmt: skip
_WRITTEN = {np.dtype(text): name for name, text in _STORAGES.items() if name not in ("BFloat16", "Untyped")}
_UNTYPED = {np.dtype(text): name for name, text in _DTYPES.items() if name in ("uint16", "uint32", "uint64")}
_MAGIC, _LEGACY = 0x1950A86A20F9469CFC6C, 1001
_REPEATED = 1 << 24  # bytes up to which one number may stand for many (an expanded Tensor)


class Storage(NamedTuple):
    """Numbers in a row, as a Tensor looks at them."""

    key: str
    kind: str
    values: Array


class _Files:
    """What the names in PyTorch's pickles mean, given the numbers."""

    def __init__(self, numbers: Callable[[str, np.dtype[Any], int], Array]) -> None:
        self.numbers = numbers
        self.storages: dict[str, Storage] = {}
        self.made: dict[Any, Tensor] = {}

    def names(self) -> dict[str, Any]:
        calls: dict[str, Any] = {
            "torch._utils._rebuild_tensor": lambda s, at, size, stride: self.tensor(s, at, size, stride),
            "torch._utils._rebuild_tensor_v2": self.tensor,
            "torch._utils._rebuild_tensor_v3": lambda s, at, size, stride, grad, hooks, dtype, more=None: self.tensor(
                s, at, size, stride, grad, dtype=dtype
            ),
            "torch._utils._rebuild_parameter": self.parameter,
            "torch.Size": lambda sizes=(): tuple(sizes),
            "torch.device": lambda *_: "cpu",
            "torch.serialization._get_layout": lambda *_: None,
        }
        found = {**NUMPY, **{name: Known(name, call) for name, call in calls.items()}}
        found |= {f"torch.{name}Storage": Known(name) for name in _STORAGES}
        found["torch.storage.UntypedStorage"] = Known("Untyped")
        return found | {f"torch.{name}": np.dtype(text) for name, text in _DTYPES.items()}

    def storage(self, described: Any) -> Storage:
        match described:
            case ("storage", Known(name=kind), str(key), _, int(count), *_) if kind in _STORAGES and count >= 0:
                pass
            case _:
                raise CheckpointError("it points to something that is no array of numbers")
        if key not in self.storages:
            dtype = np.dtype(_STORAGES[kind])
            self.storages[key] = Storage(key, kind, self.numbers(key, dtype, count))
        return self.storages[key]

    def tensor(
        self,
        storage: Any,
        offset: Any,
        size: Any,
        stride: Any,
        requires_grad: Any = False,
        hooks: Any = None,
        metadata: Any = None,
        dtype: Any = None,
    ) -> Tensor:
        """A Tensor that looks at numbers with an offset and strides; two that look at the same ones are one."""
        if not isinstance(storage, Storage):
            raise CheckpointError("it has a Tensor without numbers")
        values, kind = storage.values, storage.kind
        if dtype is not None:
            if not isinstance(dtype, np.dtype) or len(values) % dtype.itemsize:
                raise CheckpointError("it has a Tensor of a dtype that is not known")
            kind, values = str(dtype), values.view(np.uint8).view(dtype)
        size, stride = _whole(size), _whole(stride)
        if len(size) != len(stride) or type(offset) is not int or offset < 0 or len(size) > 64:
            raise CheckpointError("it has a Tensor whose sizes and strides do not fit")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if 0 not in size and last >= len(values):
            raise CheckpointError(f"it has a Tensor of shape {size} for which its {len(values)} numbers do not suffice")
        if math.prod(size) * values.itemsize > max(_REPEATED, 16 * values.nbytes):
            raise CheckpointError(f"it has a Tensor of shape {size} that repeats {len(values)} numbers")
        look = (storage.key, offset, size, stride, kind)
        if look not in self.made:
            steps = [step * values.itemsize for step in stride]
            seen = np.lib.stride_tricks.as_strided(values[offset:], size, steps) if 0 not in size else None
            array = np.zeros(size, values.dtype) if seen is None else np.array(seen, order="C")
            made: Tensor = wrap(widened(array) if kind == "BFloat16" else _native(array))
            self.made[look] = made.requires_grad_(bool(requires_grad) and array.dtype.kind == "f")
        return self.made[look]

    @staticmethod
    def parameter(data: Any, requires_grad: Any = True, hooks: Any = None) -> Tensor:
        if not isinstance(data, Tensor):
            raise CheckpointError("it has a parameter that is no Tensor")
        return data.requires_grad_(bool(requires_grad)) if data.dtype.kind == "f" else data


def _native(array: Array) -> Array:
    if array.dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        raise CheckpointError("it has truth values other than 0 and 1")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _whole(sizes: Any) -> tuple[int, ...]:
    if not isinstance(sizes, tuple) or not all(type(n) is int and n >= 0 for n in sizes):
        raise CheckpointError("it has a Tensor whose sizes are no whole numbers")
    return sizes


def read_archive(archive: Any) -> Any:
    """What is in an open zip archive that `torch.save` wrote."""
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    pickles = [name for name in names if name.endswith("/data.pkl")]
    if len(pickles) != 1 or len(names) != len(entries) or any(entry.compress_type for entry in entries):
        raise CheckpointError("it is no archive as torch.save writes them")
    home = pickles[0].removesuffix("data.pkl")
    if f"{home}constants.pkl" in names:
        raise CheckpointError("it is a TorchScript program, not a file of weights: save model.state_dict() there")
    big = f"{home}byteorder" in names and archive.read(f"{home}byteorder") == b"big"

    def numbers(key: str, dtype: np.dtype[Any], count: int) -> Array:
        name = f"{home}data/{key}"
        if name not in names:
            raise CheckpointError(f"the array {key!r} is missing")
        if archive.getinfo(name).file_size != count * dtype.itemsize:
            raise CheckpointError(f"the array {key!r} is truncated")
        values = np.frombuffer(archive.read(name), dtype)
        return values.byteswap() if big else values

    import io

    files = _Files(numbers)
    return run(io.BytesIO(archive.read(pickles[0])), files.names(), files.storage)


def is_legacy(file: Any) -> bool:
    """Does it begin as files of PyTorch's before 1.6 do?"""
    file.seek(0)
    head = file.read(13)
    file.seek(0)
    return bool(head[:13] == b"\x80\x02\x8a\x0a" + _MAGIC.to_bytes(10, "little")[:9])


def _nothing(*arguments: Any) -> None:
    """In place of all functions, where a pickle is only looked through."""


def read_legacy(file: Any) -> Any:
    """Such a file: three small pickles, that of the object, one of the keys of its numbers, and the numbers."""
    file.seek(0)
    if run(file, {}, None) != _MAGIC or run(file, {}, None) != _LEGACY or not run(file, {}, None).get("little_endian"):
        raise CheckpointError("it was written by a PyTorch that is not known")
    begin = file.tell()
    first = _Files(lambda key, dtype, count: np.zeros(0, dtype))
    wanted: dict[str, tuple[str, int]] = {}

    def note(described: Any) -> Any:
        found = first.storage(described[:5])
        wanted[found.key] = (found.kind, described[4])
        return None

    nothing = {name: each._replace(call=_nothing) for name, each in first.names().items() if isinstance(each, Known)}
    storages = {name: each for name, each in first.names().items() if not isinstance(each, Known) or each.call is None}
    run(file, nothing | storages | {"collections.OrderedDict": NUMPY["collections.OrderedDict"]}, note)
    values = {}
    for key in run(file, {}, None):
        kind, count = wanted.get(key, ("", -1))
        (told,) = struct.unpack("<q", file.read(8))
        if told != count:
            raise CheckpointError(f"the array {key!r} is not described as it is")
        dtype = np.dtype(_STORAGES[kind])
        data = file.read(count * dtype.itemsize)
        if len(data) != count * dtype.itemsize:
            raise CheckpointError(f"the array {key!r} is truncated")
        values[key] = np.frombuffer(data, dtype)
    if set(values) != set(wanted):
        raise CheckpointError("arrays are missing at its end")
    file.seek(begin)
    second = _Files(lambda key, dtype, count: values[key])
    return run(file, second.names(), lambda described: second.storage(described[:5]))


# ------------------------------------------------------------------------------------------------------------ writing


class _Writer:
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


def write(file: Any, obj: Any) -> None:
    """Write `obj` as `torch.save` does. Arrays become Tensors there, NumPy's numbers Python's."""
    import zipfile

    writer = _Writer()
    writer.add(obj, ())
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", bytes(writer.out) + b".")
        archive.writestr("archive/byteorder", "little")
        for key, array in enumerate(writer.arrays):
            with archive.open(f"archive/data/{key}", "w", force_zip64=array.nbytes > 1 << 30) as entry:
                entry.write(array.reshape(-1).view(np.uint8).data)
        archive.writestr("archive/version", "3\n")
