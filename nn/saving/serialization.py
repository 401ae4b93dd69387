"""Saving and loading: nested dicts, lists and tuples of Tensors, arrays, numbers, strings, bools and None.

A checkpoint is an .npz file: one .npy entry per array, named by its path in the object, and the entry `wengert.json`
with the structure around them. `np.load` opens it too. Nothing is pickled, no code is run and no class is looked up by
name when a file is loaded. Paths that end in .safetensors, or in .pt and .pth, PyTorch's, get these formats.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import CheckpointError
from autograd.extend import array_of, check_device, wrap

from . import pytorch, safetensors
from .files import replace_file

Path = str | os.PathLike[str]
File = Any  # a path, or an open binary file

_STRUCTURE = "wengert.json"
_VERSION = 1


def save(obj: Any, f: File) -> None:
    """Write `obj` to a file, all or nothing: an earlier file is replaced only once the new one is safely on disk.

    obj    dicts (keys: strings, numbers, bools, None), lists and tuples, nested; in them Tensors, arrays, NumPy
           scalars, numbers, strings, bools, None. What is shared in `obj` is shared again after loading.
    f      a path: .npz is the customary ending; .safetensors chooses that format, .pt and .pth choose PyTorch's, which
           `torch.load` opens (arrays are Tensors there). Or a binary file open for writing

    Raises CheckpointError for anything else in `obj`, naming where.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
    >>> save({"weights": np.arange(3.0), "epoch": 7}, path)
    >>> load(path)
    {'weights': array([0., 1., 2.]), 'epoch': 7}
    """
    if _ends(f, ".pt", ".pth"):
        from . import pytorch_writing  # here: it imports zipfile, which takes 5 ms

        replace_file(f, lambda file: pytorch_writing.write(file, obj))
        return
    writer = _Writer()
    structure = json.dumps({"version": _VERSION, "tree": writer.encode(obj, ())})
    if _ends(f, ".safetensors"):
        replace_file(f, lambda file: safetensors.write(file, writer.arrays, {"wengert": structure}))
        return
    import zipfile  # here: not every program saves, and it takes 5 ms to import

    def write(file: Any) -> None:
        archive = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        try:
            archive.writestr(_STRUCTURE, structure)
            for name, array in writer.arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=array.nbytes > 1 << 30) as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)
            archive.close()
        except BaseException:
            archive.fp = None  # nothing is to be finished: it would only hide what has happened, such as Ctrl-C
            raise

    if hasattr(f, "write"):
        write(f)
    else:
        replace_file(f, write)


def load(f: File, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """What `save` wrote, or `torch.save`, as far as it is numbers and text. A .safetensors file from elsewhere gives a
    dict of Tensors. bfloat16 becomes float32.

    f              a path, or a binary file open for reading
    map_location   a device: the CPU is the only one
    weights_only   taken, and without effect: a file holds numbers and text, and nothing in it is ever run

    Raises CheckpointError, with the file and the cause, for every file that is damaged, truncated, too long, or not a
    checkpoint; OSError if it cannot be opened.
    """
    check_device("load", None if callable(map_location) else map_location)
    given = hasattr(f, "read")
    name = getattr(f, "name", f"the {type(f).__name__}") if given else os.fspath(f)
    with contextlib.nullcontext(f) if given else open(f, "rb") as file:
        try:
            if _ends(f, ".safetensors"):
                return _load_safetensors(file)
            return pytorch.read_legacy(file) if pytorch.is_legacy(file) else _load_npz(file)
        except CheckpointError as error:
            raise CheckpointError(f"load: {name}: {error}") from None
        except Exception as error:  # whatever a reader stumbles over: the file is not what it should be
            raise CheckpointError(
                f"load: {name} is damaged or no checkpoint: {type(error).__name__}: {error}"
            ) from error


def _ends(f: File, *endings: str) -> bool:
    return not (hasattr(f, "read") or hasattr(f, "write")) and os.fspath(f).endswith(endings)


# ---------------------------------------------------------------------------------------- objects to JSON and back


class _Writer:
    """Turns an object into a tree for JSON and a dictionary of arrays."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        self.names: dict[int, str] = {}  # id of an object that has been met -> the name of its array
        self.open: set[int] = set()  # ids of the containers that we are inside of

    def encode(self, value: Any, path: tuple[str, ...]) -> Any:
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, np.generic):
            return ["scalar", self.add(value, np.asarray(value), path)]
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, Tensor):
            return ["tensor", self.add(value, array_of(value), path), value.is_leaf and value.requires_grad]
        if isinstance(value, np.ndarray):
            return ["array", self.add(value, value, path)]
        if isinstance(value, (dict, list, tuple)):
            if id(value) in self.open:
                raise CheckpointError(f"save: {_at(path)} contains itself")
            self.open.add(id(value))
            if isinstance(value, dict):
                tree = ["dict", [[_key(k, path), self.encode(v, (*path, str(k)))] for k, v in value.items()]]
            else:
                kind = "tuple" if isinstance(value, tuple) else "list"
                tree = [kind, [self.encode(v, (*path, str(index))) for index, v in enumerate(value)]]
            self.open.remove(id(value))
            return tree
        raise CheckpointError(
            f"save: cannot save {_at(path)}, a {type(value).__name__}; wanted dicts, lists and tuples of Tensors, "
            "arrays, numbers, strings, bools and None"
        )

    def add(self, owner: Any, array: Array, path: tuple[str, ...]) -> str:
        """Keep `array`; the name it is kept under."""
        if array.dtype.kind not in "biufcSU" or array.dtype.itemsize == 0:
            raise CheckpointError(f"save: cannot save {_at(path)}, an array of dtype {array.dtype}, without pickling")
        name = self.names.get(id(owner))
        if name is None:
            name = wanted = "/".join(path) or "value"
            while name in self.arrays or name == _STRUCTURE:
                name = f"{wanted}#{len(self.arrays)}"
            self.arrays[name] = np.asarray(array, order="C")  # both formats store rows: transposed arrays are copied
            self.names[id(owner)] = name
        return name


def _at(path: tuple[str, ...]) -> str:
    return "obj" + "".join(f"[{part!r}]" for part in path)


def _key(key: Any, path: tuple[str, ...]) -> Any:
    if key is None or isinstance(key, (str, bool, int, float)):
        return key
    raise CheckpointError(
        f"save: a key of {_at(path)} is a {type(key).__name__}; wanted strings, numbers, bools or None"
    )


class _Reader:
    """Turns the tree back into an object. Every array must be used, and used as what it is."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.arrays = arrays
        self.made: dict[str, Any] = {}

    def decode(self, tree: Any) -> Any:
        if not isinstance(tree, list):
            if tree is None or isinstance(tree, (bool, int, float, str)):
                return tree
            raise CheckpointError("its structure is not one that save() writes")
        match tree:
            case ["dict", [*pairs]]:
                decoded = {self._key(key): self.decode(value) for key, value in pairs}
                if len(decoded) != len(pairs):
                    raise CheckpointError("a dict in it has two entries of the same key")
                return decoded
            case ["list", [*items]]:
                return [self.decode(item) for item in items]
            case ["tuple", [*items]]:
                return tuple([self.decode(item) for item in items])
            case ["array", str(name)]:
                return self._once(name, lambda array: array)
            case ["scalar", str(name)]:
                return self._once(name, lambda array: array[()])
            case ["tensor", str(name), bool(requires_grad)]:
                return self._once(name, lambda array: _tensor(array, requires_grad))
        raise CheckpointError("its structure is not one that save() writes")

    def _once(self, name: str, make: Callable[[Array], Any]) -> Any:
        if name not in self.made:
            if name not in self.arrays:
                raise CheckpointError(f"the array {name!r} is missing")
            self.made[name] = make(self.arrays[name])
        return self.made[name]

    @staticmethod
    def _key(key: Any) -> Any:
        if isinstance(key, (list, dict)):
            raise CheckpointError("its structure is not one that save() writes")
        return key

    def whole(self, structure: str | bytes) -> Any:
        """The object that a structure describes."""
        described = json.loads(structure)
        if not isinstance(described, dict) or "tree" not in described:
            raise CheckpointError("its structure is not one that save() writes")
        if described.get("version") != _VERSION:
            raise CheckpointError(f"it has version {described.get('version')!r}, this library reads {_VERSION}")
        value = self.decode(described["tree"])
        unused = sorted(set(self.arrays) - set(self.made))
        if unused:
            raise CheckpointError(f"it contains arrays that nothing refers to: {', '.join(unused[:5])}")
        return value


def _tensor(array: Array, requires_grad: bool = False) -> Tensor:
    tensor: Tensor = wrap(array)
    return tensor.requires_grad_(requires_grad)


def _load_npz(file: Any) -> Any:
    import zipfile

    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise CheckpointError("it is not an .npz file (wrong first bytes)" if size else "it is empty")
    file.seek(max(size - 22, 0))
    if file.read(4) != b"PK\x05\x06":
        raise CheckpointError("it is truncated, or something was appended to it")
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if any(name.endswith("/data.pkl") for name in names):
            return pytorch.read_archive(archive, size)
        if _STRUCTURE not in names:
            raise CheckpointError(f"it was not written by nn.save: it has no entry {_STRUCTURE}")
        if len(set(names)) != len(names):
            raise CheckpointError("it contains two entries of the same name")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise CheckpointError("it was not written by nn.save: its entries are compressed")
        if sum(entry.file_size for entry in entries) > size:
            raise CheckpointError("its entries claim to be larger than the file")
        arrays = {}
        for entry in entries:
            if entry.filename == _STRUCTURE:
                continue
            if not entry.filename.endswith(".npy"):
                raise CheckpointError(f"it contains a foreign entry {entry.filename!r}")
            arrays[entry.filename[:-4]] = _read_array(archive.read(entry), entry.filename)
        return _Reader(arrays).whole(archive.read(_STRUCTURE))


def _read_array(data: bytes, name: str) -> Array:
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy warns of headers that it has to guess about
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    if dtype.kind not in "biufcSU" or dtype.itemsize == 0:
        raise CheckpointError(f"the array {name!r} has dtype {dtype}")
    count = 1
    for length in shape:
        count *= length
    if min(shape, default=0) < 0 or len(data) - stream.tell() != count * dtype.itemsize:
        raise CheckpointError(f"the array {name!r} has {len(data) - stream.tell()} bytes, which do not make {shape}")
    array = np.frombuffer(data, np.uint8, offset=stream.tell()).copy().view(dtype) if count * dtype.itemsize else None
    if array is None:
        return np.zeros(shape, dtype)
    return array.reshape(shape, order="F" if fortran else "C")


def _load_safetensors(file: Any) -> Any:
    arrays, metadata = safetensors.read(file)
    structure = metadata.get("wengert")
    if structure is None:
        return {name: _tensor(array) for name, array in arrays.items()}
    return _Reader(arrays).whole(structure)
