"""PyTorch's files, .pt and .pth, read.

Such a file is a zip archive: a pickle, data.pkl, says how things hang together, and data/0, data/1 ... are the
numbers. The pickle is read by `nn.saving.pickles`, which runs nothing; files from before PyTorch 1.6, in which the
numbers follow the pickle, are read too.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import CheckpointError
from autograd.extend import wrap

from .known import NUMPY
from .pickles import Known, run, shown
from .safetensors import widened

STORAGES = {
    "Float": "<f4", "Double": "<f8", "Half": "<f2", "BFloat16": "<u2", "Long": "<i8", "Int": "<i4", "Short": "<i2",
    "Char": "<i1", "Byte": "<u1", "Bool": "|b1", "ComplexFloat": "<c8", "ComplexDouble": "<c16", "Untyped": "<u1",
}  # fmt: skip
DTYPES = {
    "float32": "<f4", "float64": "<f8", "float16": "<f2", "bfloat16": "<f4", "int64": "<i8", "int32": "<i4",
    "int16": "<i2", "int8": "<i1", "uint8": "<u1", "bool": "|b1", "complex64": "<c8", "complex128": "<c16",
    "uint16": "<u2", "uint32": "<u4", "uint64": "<u8",
}  # fmt: skip
_MAGIC, _LEGACY = 0x1950A86A20F9469CFC6C, 1001
_LONGEST_HEAD = 64  # bytes of the pickle that an old file begins with
_REPEATED = 1 << 24  # bytes up to which one number may stand for many (an expanded Tensor)
_REPEATED_IN_ALL = 1 << 27
_REBUILD = "torch._utils._rebuild_"
_REFUSED = {
    f"{_REBUILD}sparse_tensor": "a sparse Tensor: save x.to_dense()",
    f"{_REBUILD}sparse_csr_tensor": "a sparse Tensor: save x.to_dense()",
    f"{_REBUILD}nested_tensor": "a nested Tensor: save x.unbind()",
    f"{_REBUILD}qtensor": "a quantized Tensor: save x.dequantize()",
    f"{_REBUILD}meta_tensor_no_storage": "a Tensor of the device meta, which has no values",
    f"{_REBUILD}wrapper_subclass": "a Tensor of a class that is not known",
    **{f"torch.{kind}": f"numbers of the dtype {kind}: save x.float()" for kind in ("float8_e4m3fn", "float8_e5m2",
       "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2")},
    **{f"torch.{kind}Storage": "quantized numbers: save x.dequantize()" for kind in ("QInt8", "QUInt8", "QInt32")},
}  # fmt: skip
"""What has no counterpart here, and what to save instead."""


class Storage(NamedTuple):
    """Numbers in a row, as a Tensor looks at them."""

    key: str
    kind: str
    values: Array


class _Names(dict[str, Any]):
    """What names mean; of some it says why they mean nothing here."""

    def get(self, name: str, default: Any = None) -> Any:
        if name in _REFUSED:
            raise CheckpointError(f"it has {_REFUSED[name]}")
        return super().get(name, default)


class _Files:
    """What the names in PyTorch's pickles mean, given the numbers."""

    def __init__(self, numbers: Callable[[str, np.dtype[Any], int], Array]) -> None:
        self.numbers = numbers
        self.storages: dict[str, Storage] = {}
        self.made: dict[Any, Tensor] = {}
        self.repeated = 0

    def names(self) -> _Names:
        calls: dict[str, Any] = {
            "torch._utils._rebuild_tensor": lambda s, at, size, stride: self.tensor(s, at, size, stride),
            "torch._utils._rebuild_tensor_v2": self.tensor,
            "torch._utils._rebuild_tensor_v3": lambda s, at, size, stride, grad, hooks, dtype, more=None: self.tensor(
                s, at, size, stride, grad, dtype=dtype
            ),
            "torch._utils._rebuild_parameter": self.parameter,
            "torch._utils._rebuild_parameter_with_state": lambda data, grad, hooks, state: self.parameter(data, grad),
            "torch._tensor._rebuild_from_type_v2": self.with_attributes,
            "torch.Size": lambda sizes=(): tuple(sizes),
            "torch.device": lambda *_: "cpu",
            "torch.serialization._get_layout": lambda *_: None,
        }
        found: dict[str, Any] = {**NUMPY, **{name: Known(name, call) for name, call in calls.items()}}
        found |= {f"torch.{name}Storage": Known(name) for name in STORAGES}
        found["torch.storage.UntypedStorage"] = Known("Untyped")
        found |= {name: Known(name) for name in ("torch.Tensor", "torch.nn.parameter.Parameter")}
        found |= {f"torch.{name}": np.dtype(text) for name, text in DTYPES.items()}
        return _Names(found)

    def storage(self, described: Any) -> Storage:
        match described:
            case ("storage", Known(name=kind), str(key), _, int(count), *_) if kind in STORAGES and count >= 0:
                pass
            case _:
                raise CheckpointError("it points to something that is no array of numbers")
        if key not in self.storages:
            dtype = np.dtype(STORAGES[kind])
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
        if np.dtype(DTYPES.get(kind) or STORAGES[kind]).kind == "c":
            raise CheckpointError(
                "it has complex numbers, and there are no complex Tensors: save torch.view_as_real(x)"
            )
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if 0 not in size and last >= len(values):
            raise CheckpointError(f"it has a Tensor of shape {size} for which its {len(values)} numbers do not suffice")
        nbytes = math.prod(size) * values.itemsize
        negative = isinstance(metadata, dict) and bool(metadata.get("neg"))
        look = (storage.key, offset, size, stride, kind, negative)
        if look not in self.made:
            self.repeated += max(nbytes - values.nbytes, 0)
            if nbytes > max(_REPEATED, 16 * values.nbytes) or self.repeated > _REPEATED_IN_ALL:
                raise CheckpointError(f"it has a Tensor of shape {size} that repeats {len(values)} numbers")
            steps = [step * values.itemsize for step in stride]
            seen = np.lib.stride_tricks.as_strided(values[offset:], size, steps) if 0 not in size else None
            array = np.zeros(size, values.dtype) if seen is None else np.array(seen, order="C")
            array = widened(array) if kind == "BFloat16" else _native(array)
            made: Tensor = wrap(-array if negative else array)
            self.made[look] = made.requires_grad_(bool(requires_grad) and array.dtype.kind == "f")
        return self.made[look]

    @staticmethod
    def with_attributes(rebuild: Any, kind: Any, arguments: Any, state: Any) -> Tensor:
        """A Tensor that had attributes in Python, which say nothing that is needed."""
        if not isinstance(rebuild, Known) or not isinstance(arguments, tuple) or rebuild.call is None:
            raise CheckpointError("it has a Tensor that is not described as one")
        made = rebuild.call(*arguments) if rebuild.name.startswith(_REBUILD) else None
        if not isinstance(made, Tensor):
            raise CheckpointError("it has a Tensor that is not described as one")
        return made

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
    if not isinstance(sizes, tuple) or not all(type(n) is int and 0 <= n < 1 << 63 for n in sizes):
        raise CheckpointError("it has a Tensor whose sizes are no whole numbers")
    return sizes


def read_archive(archive: Any, size: int) -> Any:
    """What is in an open zip archive of so many bytes that `torch.save` wrote."""
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    pickles = [name for name in names if name.endswith("/data.pkl")]
    home = pickles[0].removesuffix("data.pkl")
    if f"{home}constants.pkl" in names:
        raise CheckpointError("it is a TorchScript program, not a file of weights: save model.state_dict() there")
    if len(pickles) != 1 or len(names) != len(entries) or any(entry.compress_type for entry in entries):
        raise CheckpointError("it is no archive as torch.save writes them")
    if sum(entry.file_size for entry in entries) > size:
        raise CheckpointError("its entries claim to be larger than the file")
    big = f"{home}byteorder" in names and archive.read(f"{home}byteorder") == b"big"

    def numbers(key: str, dtype: np.dtype[Any], count: int) -> Array:
        name = f"{home}data/{key}"
        if name not in names:
            raise CheckpointError(f"the array {shown(key)!r} is missing")
        if archive.getinfo(name).file_size != count * dtype.itemsize:
            raise CheckpointError(f"the array {key!r} is truncated")
        values = np.frombuffer(archive.read(name), dtype)
        return values.byteswap() if big else values

    files = _Files(numbers)
    return without_storages(run(io.BytesIO(archive.read(pickles[0])), files.names(), files.storage))


def without_storages(value: Any) -> Any:
    """`value`, if everything in it is something that programs know."""
    inside, seen = [value], set()
    while inside:
        each = inside.pop()
        if isinstance(each, (Storage, Known)):
            raise CheckpointError("it has a storage, or the name of a class, by itself: save Tensors")
        if isinstance(each, (dict, list, tuple)) and id(each) not in seen:
            seen.add(id(each))
            inside += each.values() if isinstance(each, dict) else each
    return value


def is_legacy(file: Any) -> bool:
    """Does it begin as files of PyTorch's before 1.6 do, with their number in a pickle of whatever protocol?"""
    file.seek(0)
    head = file.read(_LONGEST_HEAD)
    file.seek(0)
    try:
        return bool(run(io.BytesIO(head), {}, None) == _MAGIC)
    except Exception:  # it begins with something else
        return False


def _nothing(*arguments: Any) -> None:
    """In place of what makes Tensors, where a pickle is only looked through."""


def _calls(known: Any) -> bool:
    return isinstance(known, Known) and known.call is not None


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

    names = first.names()
    tensors = {name: each._replace(call=_nothing) for name, each in names.items() if name not in NUMPY and _calls(each)}
    run(file, _Names(names | tensors), note)
    values = {}
    for key in run(file, {}, None):
        kind, count = wanted.get(key, ("", -1))
        (told,) = struct.unpack("<q", file.read(8))
        if told != count:
            raise CheckpointError(f"the array {key!r} is not described as it is")
        dtype = np.dtype(STORAGES[kind])
        data = file.read(count * dtype.itemsize)
        if len(data) != count * dtype.itemsize:
            raise CheckpointError(f"the array {key!r} is truncated")
        values[key] = np.frombuffer(data, dtype)
    if set(values) != set(wanted):
        raise CheckpointError("arrays are missing at its end")
    file.seek(begin)
    second = _Files(lambda key, dtype, count: values[key])
    return without_storages(run(file, second.names(), lambda described: second.storage(described[:5])))
