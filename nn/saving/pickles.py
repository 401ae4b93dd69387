"""Pickles, read without running anything in them.

A pickle is a program for a stack machine: most of its instructions push numbers, texts and containers, and two of them,
`GLOBAL` and `REDUCE`, name any function of Python and call it. Here the machine is played with the first kind alone. A
name means only what the table of this reader says, a function that stands here; nothing is imported, no class is looked
up, no method of an object in the file is called. All else is refused by name.

`pickletools` of Python's own library takes the bytes apart; what each instruction does is told there.
"""

from __future__ import annotations

import codecs
import collections
import io
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import CheckpointError


class Known(NamedTuple):
    """What a name of the file means: `call` makes something of the arguments. Without it, it is a name only."""

    name: str
    call: Callable[..., Any] | None = None


class Unfilled:
    """An array of which the values come later in the file, by `BUILD`."""

    array: Any = None


def read_pickle(data: bytes, where: str) -> Any:
    """Containers, numbers, texts and arrays of NumPy's in a pickle. Raises CheckpointError for all others."""
    try:
        return run(io.BytesIO(data), NUMPY, None)
    except CheckpointError as error:
        raise CheckpointError(f"{where}: {error}") from None
    except Exception as error:  # whatever the reader stumbles over: the file is not what it should be
        raise CheckpointError(f"{where} is damaged: {type(error).__name__}: {error}") from error


def run(file: Any, names: Mapping[str, Any], persistent: Callable[[Any], Any] | None) -> Any:
    """Play one pickle, from where `file` stands, to its end. `persistent` finds what the file has beside the pickle."""
    machine = _Machine(names, persistent)
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name == "STOP":
            return settled(machine.pop())
        step = _STEPS.get(opcode.name)
        if step is None:
            raise CheckpointError(f"it holds more than numbers, text and arrays: the instruction {opcode.name}")
        step(machine, argument)
    raise CheckpointError("it is truncated")


def settled(value: Any) -> Any:
    """An array, where its values have come by now."""
    if isinstance(value, Unfilled):
        if value.array is None:
            raise CheckpointError("it has an array without values")
        return value.array
    return value


class _Machine:
    """The stack, the marks on it, and what was put aside."""

    def __init__(self, names: Mapping[str, Any], persistent: Callable[[Any], Any] | None) -> None:
        self.names, self.persistent = names, persistent
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def pop(self) -> Any:
        if not self.stack or (self.marks and len(self.stack) <= self.marks[-1]):
            raise CheckpointError("its instructions do not fit together")
        return self.stack.pop()

    def top(self) -> Any:
        value = self.pop()
        self.stack.append(value)
        return value

    def since_mark(self) -> list[Any]:
        """What has been pushed since the last mark."""
        if not self.marks:
            raise CheckpointError("its instructions do not fit together")
        start = self.marks.pop()
        values = [settled(value) for value in self.stack[start:]]
        del self.stack[start:]
        return values

    def some(self, count: int) -> list[Any]:
        return [settled(self.pop()) for _ in range(count)][::-1]

    def named(self, module: Any, name: Any) -> Any:
        found = self.names.get(f"{module}.{name}")
        if found is None:
            raise CheckpointError(
                f"it wants {module}.{name} to be called, which is never done: files hold numbers, text and arrays only"
            )
        return found


def _push(machine: _Machine, value: Any) -> None:
    machine.stack.append(value)


def _container(machine: _Machine, kind: type) -> Any:
    value = machine.top()
    if type(value) is not kind and not (kind is dict and isinstance(value, dict)):
        raise CheckpointError("its instructions do not fit together")
    return value


def _set_items(machine: _Machine, flat: list[Any]) -> None:
    target = _container(machine, dict)
    if len(flat) % 2:
        raise CheckpointError("its instructions do not fit together")
    for key, value in zip(flat[::2], flat[1::2], strict=True):
        target[_plain_key(key)] = value


def _plain_key(key: Any) -> Any:
    """Keys are compared and hashed: nothing but plain values may be one."""
    if isinstance(key, tuple):
        return tuple([_plain_key(each) for each in key])
    if key is None or type(key) in (str, bytes, int, float, bool, complex, frozenset):
        return key
    raise CheckpointError(f"it has a {type(key).__name__} as a key")


def _reduce(machine: _Machine, _: Any) -> None:
    function, arguments = machine.some(2)
    if not isinstance(function, Known) or function.call is None or type(arguments) is not tuple:
        raise CheckpointError("it wants something to be called that is no function")
    machine.stack.append(function.call(*arguments))


def _build(machine: _Machine, _: Any) -> None:
    state = settled(machine.pop())
    target = machine.stack[-1] if machine.stack else None
    if isinstance(target, Unfilled):
        _, shape, dtype, fortran, data = state
        target.array = _array(shape, dtype, fortran, data)
    elif isinstance(target, Dtype):
        target.order(state)
    elif not (isinstance(target, collections.OrderedDict) and isinstance(state, dict)):
        raise CheckpointError(f"it wants the state of a {type(target).__name__} to be set")
    # attributes of an ordered dict, such as `_metadata` of a state_dict, say nothing that is needed


def _get(machine: _Machine, index: int) -> None:
    if index not in machine.memo:
        raise CheckpointError("its instructions do not fit together")
    machine.stack.append(machine.memo[index])


def _persistent(machine: _Machine, _: Any) -> None:
    if machine.persistent is None:
        raise CheckpointError("it points to values outside of itself")
    machine.stack.append(machine.persistent(settled(machine.pop())))


def _put(machine: _Machine, index: int | None) -> None:
    machine.memo[len(machine.memo) if index is None else index] = machine.top()


def _append(machine: _Machine, _: Any) -> None:
    value = settled(machine.pop())
    _container(machine, list).append(value)


def _appends(machine: _Machine, _: Any) -> None:
    values = machine.since_mark()
    _container(machine, list).extend(values)


def _add_items(machine: _Machine, _: Any) -> None:
    values = machine.since_mark()
    _container(machine, set).update([_plain_key(value) for value in values])


def _protocol(machine: _Machine, version: int) -> None:
    if version > 5:
        raise CheckpointError(f"it is a pickle of protocol {version}; up to 5 are known")


def _dict(machine: _Machine, _: Any) -> None:
    flat = machine.since_mark()
    machine.stack.append({})
    _set_items(machine, flat)


def _pop_mark(machine: _Machine, _: Any) -> None:
    machine.since_mark()


def _drop(machine: _Machine, _: Any) -> None:
    machine.pop()


_CONSTANTS = """
INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8
STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8
"""
_STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    **dict.fromkeys(_CONSTANTS.split(), _push),
    "NONE": lambda m, _: m.stack.append(None),
    "NEWTRUE": lambda m, _: m.stack.append(True),
    "NEWFALSE": lambda m, _: m.stack.append(False),
    "BYTEARRAY8": lambda m, data: m.stack.append(bytes(data)),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "EMPTY_TUPLE": lambda m, _: m.stack.append(()),
    "EMPTY_SET": lambda m, _: m.stack.append(set()),
    "MARK": lambda m, _: m.marks.append(len(m.stack)),
    "LIST": lambda m, _: m.stack.append(m.since_mark()),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": lambda m, _: m.stack.append(tuple(m.some(1))),
    "TUPLE2": lambda m, _: m.stack.append(tuple(m.some(2))),
    "TUPLE3": lambda m, _: m.stack.append(tuple(m.some(3))),
    "FROZENSET": lambda m, _: m.stack.append(frozenset([_plain_key(each) for each in m.since_mark()])),
    "DICT": _dict,
    "APPEND": _append,
    "APPENDS": _appends,
    "ADDITEMS": _add_items,
    "SETITEM": lambda m, _: _set_items(m, m.some(2)),
    "SETITEMS": lambda m, _: _set_items(m, m.since_mark()),
    "POP": _drop,
    "POP_MARK": _pop_mark,
    "DUP": lambda m, _: m.stack.append(m.top()),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    "GLOBAL": lambda m, both: m.stack.append(m.named(*both.split(" ", 1))),
    "STACK_GLOBAL": lambda m, _: m.stack.append(m.named(*m.some(2))),
    "REDUCE": _reduce,
    "BUILD": _build,
    "BINPERSID": _persistent,
    "PROTO": _protocol,
    "FRAME": lambda m, _: None,
}
"""What each instruction does. Those that make objects of classes, or find them by number, are not among them."""


# ------------------------------------------------------------------------------------------------- arrays of NumPy's


class Dtype:
    """A dtype of numbers, in the words of NumPy's pickles."""

    def __init__(self, text: Any, align: Any = False, copy: Any = False) -> None:
        self.dtype = np.dtype(text) if type(text) is str and text[:1] in "biufcSU?" else np.dtype("O")
        if self.dtype.hasobject or self.dtype.fields is not None:
            raise CheckpointError(f"it has an array of {text!r:.40}, which are no numbers")

    def order(self, state: Any) -> None:
        """The order of bytes, "<" or ">" or "|"."""
        order, fields = state[1], state[3:5]
        if order not in ("<", ">", "|", "=") or any(each is not None for each in fields):
            raise CheckpointError("it has an array of records, which are no numbers")
        self.dtype = self.dtype.newbyteorder(order)


def _dtype(value: Any) -> np.dtype[Any]:
    if not isinstance(value, Dtype):
        raise CheckpointError("it has an array without a dtype")
    return value.dtype


def _array(shape: Any, dtype: Any, fortran: Any, data: Any) -> Any:
    if type(data) is str:
        data = data.encode("latin-1")
    if type(data) is not bytes or type(shape) is not tuple or not all(type(n) is int and n >= 0 for n in shape):
        raise CheckpointError("it has an array of which the values are no bytes")
    flat = np.frombuffer(data, _dtype(dtype))
    return flat.reshape(shape, order="F" if fortran else "C").astype(flat.dtype.newbyteorder("="))


def _scalar(dtype: Any, data: Any) -> Any:
    return _array((), dtype, False, data)[()]


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise CheckpointError("it has bytes in an encoding that is not known")
    return codecs.encode(text, encoding)


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any = "C") -> Any:
    return _array(shape, dtype, order == "F", data)


def _elements(values: Any = ()) -> Any:
    if type(values) not in (list, tuple, set):
        raise CheckpointError("it has a set of something else than a list")
    return [_plain_key(value) for value in values]


def _ordered(pairs: Any = ()) -> collections.OrderedDict[Any, Any]:
    found: collections.OrderedDict[Any, Any] = collections.OrderedDict()
    for key, value in [*pairs.items()] if isinstance(pairs, dict) else pairs:
        found[_plain_key(key)] = value
    return found


def _known(*names: str, call: Callable[..., Any] | None = None) -> dict[str, Known]:
    return {name: Known(name, call) for name in names}


PLAIN = {
    **_known("collections.OrderedDict", call=_ordered),
    **_known("collections.Counter", "builtins.dict", "__builtin__.dict", call=lambda pairs=(): dict(_ordered(pairs))),
    **_known("builtins.set", "__builtin__.set", call=lambda values=(): set(_elements(values))),
    **_known("builtins.frozenset", "__builtin__.frozenset", call=lambda values=(): frozenset(_elements(values))),
    **_known("builtins.complex", "__builtin__.complex", call=lambda real, imag: complex(float(real), float(imag))),
    **_known("_codecs.encode", call=_encoded),
}
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
