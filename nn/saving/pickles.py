"""Pickles, read without running anything in them.

A pickle is a program for a stack machine: most of its instructions push numbers, texts and containers, and two of them,
`GLOBAL` and `REDUCE`, name any function of Python and call it. Here the machine is played with the first kind alone. A
name means only what the table of this reader says, a function that stands here; nothing is imported, no class is looked
up, no method of an object in the file is called. All else is refused by name.

`pickletools` of Python's own library takes the bytes apart; what each instruction does is told there. `known.py` has
the functions that names may mean.

Memory and time stay in proportion to the file: nothing that is copied, hashed or compared may be named again and again.
"""

from __future__ import annotations

import collections
import os
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from autograd.errors import CheckpointError

_COPIED, _PER_BYTE, _ITEM = 1 << 26, 16, 128
"""What calls may copy: so many bytes, and so many for each of the file; an item of a container counts as so many.
Else a few bytes that name the same long list again and again would fill the memory."""

_ODD_KEYS, _LONG_KEY, _LARGE_KEY = 4096, 64, 1 << 60
"""Keys whose hashes somebody can make equal (tuples, sets, numbers beyond 2**60): at most so many, and how long."""

_SLOTS = 1 << 32  # numbers under which values are put aside
_SHOWN = 100  # letters of a name that are repeated in an error


class Known(NamedTuple):
    """What a name of the file means: `call` makes something of the arguments. Without it, it is a name only.

    keys   does it make keys? It is given a function, too, that lets those through that may be one
    """

    name: str
    call: Callable[..., Any] | None = None
    keys: bool = False


class Later:
    """Something of which more comes later in the file, by `BUILD`: `build` is given it."""

    def build(self, state: Any) -> None:
        raise NotImplementedError

    def settled(self) -> Any:
        """What is there, when it is used."""
        return self


def run(file: Any, names: Mapping[str, Any], persistent: Callable[[Any], Any] | None) -> Any:
    """Play one pickle, from where `file` stands, to its end. `persistent` finds what the file has beside the pickle."""
    begin = file.tell()
    size = file.seek(0, os.SEEK_END) - begin
    file.seek(begin)
    machine = _Machine(names, persistent, _COPIED + _PER_BYTE * size)
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name == "STOP":
            return settled(machine.pop())
        step = _STEPS.get(opcode.name)
        if step is None:
            raise CheckpointError(f"it holds more than numbers, text and arrays: the instruction {opcode.name}")
        step(machine, argument)
    raise CheckpointError("it is truncated")


def settled(value: Any) -> Any:
    """A value, with what has come later."""
    return value.settled() if isinstance(value, Later) else value


def shown(name: Any) -> str:
    """A name as an error repeats it: not too long, and without what moves a cursor."""
    text = str(name)
    return "".join([c if c.isprintable() else "?" for c in text[:_SHOWN]]) + " ..." * (len(text) > _SHOWN)


class _Machine:
    """The stack, the marks on it, and what was put aside."""

    def __init__(self, names: Mapping[str, Any], persistent: Callable[[Any], Any] | None, may_copy: int) -> None:
        self.names, self.persistent, self.may_copy, self.odd_keys = names, persistent, may_copy, 0
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
        whole = f"{module}.{name}"
        found = self.names.get(whole)
        if found is None:
            raise CheckpointError(
                f"it wants {shown(whole)} to be called, which is never done: files hold numbers, text and arrays only "
                "(of a model, its state_dict())"
            )
        return found

    def copies(self, values: Any) -> None:
        """Note that these are gone through, or copied, by one call."""
        for value in values:
            if isinstance(value, (str, bytes)):
                self.may_copy -= len(value)
            elif isinstance(value, (list, tuple, dict, set, frozenset)):
                self.may_copy -= _ITEM * len(value)
        if self.may_copy < 0:
            raise CheckpointError("it wants the same values to be copied over and over")

    def key(self, value: Any) -> Any:
        """Keys are compared and hashed: only plain values may be one, and not too many whose hashes may be equal."""
        kind = type(value)
        if value is None or kind in (str, bytes, float, bool) or (kind is int and abs(value) < _LARGE_KEY):
            return value
        self.odd_keys += 1
        inside, length = [value], 0
        while inside:
            each = inside.pop()
            if type(each) in (tuple, frozenset):
                length += len(each)
                inside += each if length <= _LONG_KEY else ()
            elif not (each is None or type(each) in (str, bytes, int, float, bool, complex)):
                raise CheckpointError(f"it has a {kind.__name__} as a key")
        if self.odd_keys > _ODD_KEYS or length > _LONG_KEY:
            raise CheckpointError("it has too many keys that are tuples or large numbers")
        return value


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
        target[machine.key(key)] = value


def _reduce(machine: _Machine, _: Any) -> None:
    function, arguments = machine.some(2)
    if not isinstance(function, Known) or function.call is None or type(arguments) is not tuple:
        raise CheckpointError("it wants something to be called that is no function")
    machine.copies(arguments)
    machine.stack.append(function.call(machine.key, *arguments) if function.keys else function.call(*arguments))


def _build(machine: _Machine, _: Any) -> None:
    state = settled(machine.pop())
    target = machine.stack[-1] if machine.stack else None
    if isinstance(target, Later):
        machine.copies(state if isinstance(state, tuple) else (state,))
        target.build(state)
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
    slot = len(machine.memo) if index is None else index
    if slot >= _SLOTS:
        raise CheckpointError("its instructions do not fit together")
    machine.memo[slot] = machine.top()


def _append(machine: _Machine, _: Any) -> None:
    value = settled(machine.pop())
    _container(machine, list).append(value)


def _appends(machine: _Machine, _: Any) -> None:
    values = machine.since_mark()
    _container(machine, list).extend(values)


def _add_items(machine: _Machine, _: Any) -> None:
    values = machine.since_mark()
    _container(machine, set).update([machine.key(value) for value in values])


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
    "FROZENSET": lambda m, _: m.stack.append(frozenset([m.key(each) for each in m.since_mark()])),
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
