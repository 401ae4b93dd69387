"""What names mean in pickles of numbers: containers of Python's, and arrays of NumPy's.

Each is a function that stands here. It gets what the file gives it, so it checks everything, and its work is in
proportion to its arguments.
"""

from __future__ import annotations

import codecs
import collections
import io
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import CheckpointError

from .pickles import Known, Later, run, shown


def read_pickle(data: bytes, where: str) -> Any:
    """Containers, numbers, texts and arrays of NumPy's in a pickle. Raises CheckpointError for all others."""
    try:
        return run(io.BytesIO(data), NUMPY, None)
    except CheckpointError as error:
        raise CheckpointError(f"{where}: {error}") from None
    except Exception as error:  # whatever the reader stumbles over: the file is not what it should be
        raise CheckpointError(f"{where} is damaged: {type(error).__name__}: {error}") from error


class Unfilled(Later):
    """An array whose values come later."""

    array: Any = None

    def build(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        self.array = _array(shape, dtype, fortran, data)

    def settled(self) -> Any:
        if self.array is None:
            raise CheckpointError("it has an array without values")
        return self.array


class Dtype(Later):
    """A dtype of numbers, in the words of NumPy's pickles."""

    def __init__(self, text: Any, align: Any = False, copy: Any = False) -> None:
        plain = type(text) is str and len(text) <= 16 and text[:1] in [*"biufcSU?"]
        self.dtype = np.dtype(text if plain else "O")
        if self.dtype.hasobject or self.dtype.fields is not None:
            raise CheckpointError(f"it has an array of {shown(text)}, which are no numbers")

    def build(self, state: Any) -> None:
        """The order of bytes, "<" or ">" or "|"."""
        order, fields = state[1], state[3:5]
        if order not in ("<", ">", "|", "=") or any(each is not None for each in fields):
            raise CheckpointError("it has an array of records, which are no numbers")
        self.dtype = self.dtype.newbyteorder(order)

    def settled(self) -> np.dtype[Any]:
        return self.dtype


def _array(shape: Any, dtype: Any, fortran: Any, data: Any) -> Any:
    if not isinstance(dtype, np.dtype):
        raise CheckpointError("it has an array without a dtype")
    if type(data) is str:
        data = data.encode("latin-1")
    if type(data) is not bytes or type(shape) is not tuple or not all(type(n) is int and n >= 0 for n in shape):
        raise CheckpointError("it has an array of which the values are no bytes")
    flat = np.frombuffer(data, dtype)
    return flat.reshape(shape, order="F" if fortran else "C").astype(flat.dtype.newbyteorder("="))


def _scalar(dtype: Any, data: Any) -> Any:
    return _array((), dtype, False, data)[()]


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise CheckpointError("it has bytes in an encoding that is not known")
    return codecs.encode(text, encoding)


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any = "C") -> Any:
    return _array(shape, dtype, order == "F", data)


def _elements(key: Callable[[Any], Any], values: Any = ()) -> Any:
    if type(values) not in (list, tuple, set):
        raise CheckpointError("it has a set of something else than a list")
    return [key(value) for value in values]


def _ordered(key: Callable[[Any], Any], pairs: Any = ()) -> collections.OrderedDict[Any, Any]:
    found: collections.OrderedDict[Any, Any] = collections.OrderedDict()
    for name, value in [*pairs.items()] if isinstance(pairs, dict) else pairs:
        found[key(name)] = value
    return found


def _known(*names: str, call: Callable[..., Any] | None = None, keys: bool = False) -> dict[str, Known]:
    return {name: Known(name, call, keys) for name in names}


def _builtin(name: str, call: Callable[..., Any] | None = None, keys: bool = False) -> dict[str, Known]:
    return _known(f"builtins.{name}", f"__builtin__.{name}", call=call, keys=keys)


_KINDS = ["int", "long", "float", "bool", "str", "bytes", "list", "tuple", "object"]  # what a defaultdict may be of
PLAIN = {
    **_known("collections.OrderedDict", call=_ordered, keys=True),
    **_known("collections.Counter", call=lambda key, pairs=(): dict(_ordered(key, pairs)), keys=True),
    **_known("collections.defaultdict", call=lambda factory=None: {}),
    **_builtin("dict", call=lambda key, pairs=(): dict(_ordered(key, pairs)), keys=True),
    **_builtin("set", call=lambda key, values=(): set(_elements(key, values)), keys=True),
    **_builtin("frozenset", call=lambda key, values=(): frozenset(_elements(key, values)), keys=True),
    **_builtin("complex", call=lambda real, imag: complex(float(real), float(imag))),
    **{name: known for kind in _KINDS for name, known in _builtin(kind).items()},
    **_known("_codecs.encode", call=_encoded),
}  # fmt: skip
_HOMES = ("numpy.core.multiarray", "numpy._core.multiarray")
NUMPY = {
    **PLAIN,
    **_known("numpy.ndarray"),
    **_known("numpy.dtype", call=Dtype),
    **_known(*[f"{home}._reconstruct" for home in _HOMES], call=lambda *_: Unfilled()),
    **_known(*[f"{home}.scalar" for home in _HOMES], call=_scalar),
    **_known("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer", call=_from_buffer),
}
"""What names mean in files of numbers: containers, and arrays of NumPy's."""
