"""Parts of a kernel's work in several threads, without the interpreter: what they do between them is compiled, too.

A thread that Python has to start on something waits for the GIL, which takes about 50 us, the work of many a kernel.
Here helpers wait in compiled code (`serve`) for the address of compiled code and of its arguments, which somebody posts
in a box (`share`). A part that no helper has begun by the time its owner has nothing else to do is taken back: threads
that sleep, or whose processor is busy with something else, cost nobody anything.

    box   STATE, code, arguments, first and last item, did it fail

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import extending
from numba.core import cgutils, types
from numpy import ndarray as Array

from .jit import kernel

get_or_insert_function: Any = cgutils.get_or_insert_function
alloca_once_value: Any = cgutils.alloca_once_value
pack_struct: Any = cgutils.pack_struct
unpack_tuple: Any = cgutils.unpack_tuple
if_unlikely: Any = cgutils.if_unlikely
intrinsic: Any = extending.intrinsic

STATE, CODE, ARGUMENTS, FIRST, LAST, FAILED = range(6)
FREE, TAKEN, POSTED, RUNNING, DONE = range(5)

WORD = ir.IntType(64)
_X86 = llvmlite.binding.get_process_triple().startswith("x86_64")
_tuple: Any = types.Tuple
_TWO = _tuple((types.intp, types.intp))
_PART = ir.FunctionType(ir.IntType(32), [WORD, WORD, WORD])  # (arguments, first, last) -> 0, or it failed


# ------------------------------------------------------------------------------------------------------ instructions


@intrinsic
def look(typing: Any, address: Any) -> Any:
    """The int64 at an address as other threads have left it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(builder.inttoptr(arguments[0], WORD.as_pointer()), "acquire", 8)

    return types.int64(types.intp), generate


@intrinsic
def put(typing: Any, address: Any, value: Any) -> Any:
    """Write an int64 after everything that was written before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, value = arguments
        builder.store_atomic(value, builder.inttoptr(address, WORD.as_pointer()), "release", 8)
        return context.get_dummy_value()

    return types.void(types.intp, types.int64), generate


@intrinsic
def _exchange(typing: Any, address: Any, old: Any, new: Any) -> Any:
    """Make the int64 `new` if it is `old`: was it? No other thread comes between."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, old, new = arguments
        place = builder.inttoptr(address, WORD.as_pointer())
        return builder.extract_value(builder.cmpxchg(place, old, new, "acq_rel", "acquire"), 1)

    return types.boolean(types.intp, types.int64, types.int64), generate


@intrinsic
def _pause(typing: Any) -> Any:
    """A hint to the processor that this is a waiting loop."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _X86:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _run(typing: Any, code: Any, arguments: Any, first: Any, last: Any) -> Any:
    """Call what `task` has made the address of: 0, or it failed."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code, *rest = arguments
        return builder.sext(builder.call(builder.inttoptr(code, _PART.as_pointer()), rest), WORD)

    return types.int64(types.intp, types.intp, types.int64, types.int64), generate


def _borrowed(context: Any, builder: Any, kind: Any, values: Any) -> Any:
    """A tuple, perhaps of tuples, whose arrays are not counted: their owner waits until all parts have ended.

    Every view of an array counts references to it, and two threads that do so at once wait for each other's cache line:
    batch norm of 64 x 64 planes of 7 x 7 took twice as long in two threads as in one.
    """
    for place, each in enumerate(kind.types):
        if isinstance(each, types.BaseTuple):
            inner = _borrowed(context, builder, each, builder.extract_value(values, place))
            values = builder.insert_value(values, inner, place)
        elif isinstance(each, types.Array):
            array = context.make_array(each)(context, builder, builder.extract_value(values, place))
            array.meminfo, array.parent = (ir.Constant(old.type, None) for old in (array.meminfo, array.parent))
            values = builder.insert_value(values, array._getvalue(), place)
    return values


@intrinsic
def borrowed(typing: Any, values: Any) -> Any:
    """The same tuple, for use while its owner waits: views of its arrays cost nothing.

    For kernels that hand many arrays on to others at every step; `share` does this for its arguments anyway.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _borrowed(context, builder, values, arguments[0])

    return values(values), generate


def number_of(kinds: Any) -> int:
    """A number for the types of a kernel's arguments, the same in every process."""
    return int.from_bytes(hashlib.sha256(repr(tuple(kinds)).encode()).digest()[:8]) >> 2


@intrinsic
def number(typing: Any, arguments: Any) -> Any:
    """`number_of` the types of `arguments`, and of the two items that follow them."""
    found = number_of((*arguments.types, types.intp, types.intp))

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return ir.Constant(WORD, found)

    return types.int64(arguments), generate


@intrinsic
def task(typing: Any, address: Any, arguments: Any) -> Any:
    """Addresses of code that calls the compiled kernel at `address` with (*arguments, first, last), and of its data.

    These stand on the stack of the caller, and are lost when it returns. A call by address, because what is linked in
    like other functions is compiled a second time.
    """
    kinds = (*arguments.types, types.intp, types.intp)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        stored = alloca_once_value(
            builder, pack_struct(builder, [values[0], _borrowed(context, builder, arguments, values[1])])
        )
        name = context.mangler("part", kinds)
        part = get_or_insert_function(builder.module, _PART, name)
        if part.is_declaration:
            part.linkage = "internal"
            inside = ir.IRBuilder(part.append_basic_block("entry"))
            frame, first, last = part.args
            kernel, given = unpack_tuple(inside, inside.load(inside.inttoptr(frame, stored.type)))
            kind = context.call_conv.get_function_type(types.none, kinds)
            called = inside.inttoptr(kernel, kind.as_pointer())
            about = types.none, kinds, [*unpack_tuple(inside, given), first, last]
            status, _ = context.call_conv.call_function(inside, called, *about)
            inside.ret(status.code)
        return context.make_tuple(builder, _TWO, [builder.ptrtoint(part, WORD), builder.ptrtoint(stored, WORD)])

    return _TWO(types.intp, arguments), generate


# ------------------------------------------------------------------------------------------------------------- the work

_GIVE_WAY = 32
"""Looks at a flag, of 15 to 60 ns each, after which the system may run something else on this processor: it may be the
very thread that we wait for."""

if sys.platform == "win32":

    @kernel
    def _give_way() -> None:
        pass

else:
    _sched_yield: Any = types.ExternalFunction("sched_yield", types.int32())

    @kernel
    def _give_way() -> None:
        _sched_yield()


@kernel
def _wait(looks: int) -> None:
    """What is done between looks at a flag."""
    _pause()
    if looks % _GIVE_WAY == 0:
        _give_way()


@kernel
def serve(box: Array, patience: int) -> None:
    """Run what is posted in a box, until nothing has been for `patience` looks at it."""
    at = box.ctypes.data
    looks = 0
    while looks < patience:
        if look(at) == POSTED and _exchange(at, POSTED, RUNNING):
            box[FAILED] = _run(box[CODE], box[ARGUMENTS], box[FIRST], box[LAST])
            put(at, DONE)
            looks = 0
        else:
            looks += 1
            _wait(looks)


@kernel
def address_of(number: int, table: Array) -> int:
    """The second number of the row of `table` that begins with `number`, or 0."""
    for row in range(len(table)):
        if table[row, 0] == number:
            return int(table[row, 1])
    return 0


_ARRAYS = types.Array(types.int64, 1, "C"), types.Array(types.int64, 2, "C")
_SHARE = types.intp, types.intp, *_ARRAYS  # the types of the arguments of `share`


@functools.cache
def address_of_share() -> int:
    """Where `share` is in this process."""
    compiled = share.compiled_for(_SHARE)
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


@intrinsic
def call_share(typing: Any, address: Any, code: Any, arguments: Any, bounds: Any, boxes: Any) -> Any:
    """`share`, by its address: linked into each kernel's wrapper it would be compiled as often."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address, *given = values
        kind = context.call_conv.get_function_type(types.intp, _SHARE)
        called = builder.inttoptr(address, kind.as_pointer())
        status, failed = context.call_conv.call_function(builder, called, types.intp, _SHARE, given)
        with if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return failed

    return types.intp(types.intp, *_SHARE), generate


@kernel
def share(code: int, arguments: int, bounds: Array, boxes: Array) -> int:
    """Run the parts between `bounds`, each in a thread of its own if one is free.

    boxes (helpers, threads.WORDS). Returns the number of the first part that failed, or -1.
    """
    parts = bounds.size - 1
    posted = np.empty(parts, np.int64)
    posted[0] = -1
    box = 0
    for part in range(1, parts):
        posted[part] = -1
        while box < len(boxes) and not _exchange(boxes[box].ctypes.data, FREE, TAKEN):
            box += 1
        if box < len(boxes):
            posted[part] = box
            about = boxes[box]
            about[CODE] = code
            about[ARGUMENTS] = arguments
            about[FIRST] = bounds[part]
            about[LAST] = bounds[part + 1]
            put(about.ctypes.data, POSTED)
    failed = -1
    for part in range(parts):
        box = posted[part]
        if box >= 0 and not _exchange(boxes[box].ctypes.data, POSTED, TAKEN):
            continue  # a helper has it
        if _run(code, arguments, bounds[part], bounds[part + 1]) != 0 and failed < 0:
            failed = part
        if box >= 0:
            put(boxes[box].ctypes.data, FREE)
            posted[part] = -1
    for part in range(parts):
        if posted[part] >= 0:
            about = boxes[posted[part]]
            looks = 0
            while look(about.ctypes.data) != DONE:
                looks += 1
                _wait(looks)
            if about[FAILED] != 0 and (failed < 0 or part < failed):
                failed = part
            put(about.ctypes.data, FREE)
    return failed
