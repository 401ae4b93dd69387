"""Parts of a kernel's work in several threads, without the interpreter: what they do between them is compiled, too.

A thread that Python has to start on something waits for the GIL, which takes about 50 us, the work of many a kernel.
Here helpers wait in compiled code (`serve`) for the address of compiled code and of its arguments, which somebody posts
in a box (`share`). A part that no helper has begun by the time its owner has nothing else to do is taken back: threads
that sleep, or whose processor is busy with something else, cost nobody anything.

    box    STATE, code, arguments, first and last item, did it fail
    crew   where `share` is, where the boxes begin, how many there are, how many parts, and their bounds

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import extending
from numba.core import cgutils, types

from .crew import WORDS
from .jit import kernel

get_or_insert_function: Any = cgutils.get_or_insert_function
alloca_once_value: Any = cgutils.alloca_once_value
pack_struct: Any = cgutils.pack_struct
unpack_tuple: Any = cgutils.unpack_tuple
intrinsic: Any = extending.intrinsic

STATE, CODE, ARGUMENTS, FIRST, LAST, FAILED = range(0, 48, 8)  # places in a box, in bytes
BOX = 8 * WORDS
SHARE, BOXES, HELPERS, PARTS, BOUNDS = range(0, 40, 8)  # places in the record of a crew
FREE, TAKEN, POSTED, RUNNING, DONE = range(5)

WORD = ir.IntType(64)
_X86 = llvmlite.binding.get_process_triple().startswith("x86_64")
_tuple: Any = types.Tuple
_TWO = _tuple((types.intp, types.intp))
_CODE = ir.IntType(32)
_PART = ir.FunctionType(_CODE, [WORD, WORD, WORD])  # (arguments, first, last) -> 0, or it failed


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
def _words(typing: Any, count: Any) -> Any:
    """The address of so many int64 on the stack, whatever they are. Not in a loop: all stay until the function ends."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(builder.alloca(WORD, arguments[0]), WORD)

    return types.intp(types.int64), generate


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


@intrinsic
def task(typing: Any, kernel: Any, arguments: Any) -> Any:
    """Addresses of code that calls a kernel with (*arguments, first, last), and of its data.

    These stand on the stack of the caller, and are lost when it returns.
    """
    kinds = (*arguments.types, types.intp, types.intp)
    kernel.dispatcher.compile(kinds)
    made = kernel.dispatcher.overloads[kinds]
    if made.signature.return_type != types.none:
        raise TypeError(f"{kernel.dispatcher.python.__name__}: what runs in several threads returns nothing")

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        stored = alloca_once_value(builder, pack_struct(builder, unpack_tuple(builder, values[1])))
        part = get_or_insert_function(builder.module, _PART, context.mangler("part", kinds))
        part.linkage = "internal"
        inside = ir.IRBuilder(part.append_basic_block("entry"))
        frame, first, last = part.args
        given = unpack_tuple(inside, inside.load(inside.inttoptr(frame, stored.type)))
        context.add_linking_libs([made.library])
        status, _ = context.call_internal_no_propagate(inside, made.fndesc, made.signature, [*given, first, last])
        inside.ret(status.code)
        return context.make_tuple(builder, _TWO, [builder.ptrtoint(part, WORD), builder.ptrtoint(stored, WORD)])

    return _TWO(kernel, arguments), generate


@intrinsic
def run(typing: Any, code: Any, arguments: Any, first: Any, last: Any, crew: Any) -> Any:
    """What `task` has made for the items from `first` to `last`, or by a crew: see `share`, whose result this returns.

    `share` is called by its address: linked into the code around each kernel, it would be compiled as often.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code, arguments, first, last, crew = values
        with builder.if_else(builder.icmp_signed("==", crew, ir.Constant(WORD, 0))) as (alone, together):
            with alone:
                part = builder.inttoptr(code, _PART.as_pointer())
                wrong = builder.icmp_signed("!=", builder.call(part, [arguments, first, last]), ir.Constant(_CODE, 0))
                failed = builder.select(wrong, ir.Constant(WORD, 0), ir.Constant(WORD, -1))
                after_alone = builder.block
            with together:
                kind = context.call_conv.get_function_type(types.intp, _SHARE)
                place = builder.inttoptr(crew, kind.as_pointer().as_pointer())
                given = [code, arguments, crew]
                _, first_failed = context.call_conv.call_function(
                    builder, builder.load(place), types.intp, _SHARE, given
                )
                after_together = builder.block
        result = builder.phi(WORD)
        result.add_incoming(failed, after_alone)
        result.add_incoming(first_failed, after_together)
        return result

    return types.intp(types.intp, types.intp, types.int64, types.int64, types.intp), generate


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
def serve(box: int, patience: int) -> None:
    """Run what is posted in the box at an address, until nothing has been for `patience` looks at it."""
    looks = 0
    while looks < patience:
        if look(box) == POSTED and _exchange(box, POSTED, RUNNING):
            failed = _run(look(box + CODE), look(box + ARGUMENTS), look(box + FIRST), look(box + LAST))
            put(box + FAILED, failed)
            put(box, DONE)
            looks = 0
        else:
            looks += 1
            _wait(looks)


_SHARE = types.intp, types.intp, types.intp  # the types of the arguments of `share`


@functools.cache
def address_of_share() -> int:
    """Where `share` is in this process."""
    return share.address(_SHARE)


@kernel
def share(code: int, arguments: int, crew: int) -> int:
    """Run the parts of a crew's work, each in a thread of its own if one is free.

    Returns the number of the first part that failed, or -1.
    """
    parts, bounds = look(crew + PARTS), crew + BOUNDS
    posted = _words(parts)  # for each part the address of its box, or 0
    put(posted, 0)
    box = look(crew + BOXES)
    end = box + BOX * look(crew + HELPERS)
    for part in range(1, parts):
        while box < end and not _exchange(box, FREE, TAKEN):
            box += BOX
        if box < end:
            put(box + CODE, code)
            put(box + ARGUMENTS, arguments)
            put(box + FIRST, look(bounds + 8 * part))
            put(box + LAST, look(bounds + 8 * part + 8))
            put(box, POSTED)
        put(posted + 8 * part, box if box < end else 0)
    failed = -1
    for part in range(parts):
        box = look(posted + 8 * part)
        if box > 0 and not _exchange(box, POSTED, TAKEN):
            continue  # a helper has it
        if _run(code, arguments, look(bounds + 8 * part), look(bounds + 8 * part + 8)) != 0 and failed < 0:
            failed = part
        if box > 0:
            put(box, FREE)
            put(posted + 8 * part, 0)
    for part in range(parts):
        box = look(posted + 8 * part)
        if box > 0:
            looks = 0
            while look(box) != DONE:
                looks += 1
                _wait(looks)
            if look(box + FAILED) != 0 and (failed < 0 or part < failed):
                failed = part
            put(box, FREE)
    return failed
