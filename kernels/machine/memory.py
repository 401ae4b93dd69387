"""How `arrays.empty` and `arrays.shaped` are written in compiled code, and where their memory is freed.

The address of what `empty` was given is kept in a slot of the function, which is 0 at its start. `free_at_returns` has
every way out of the function free what its slots hold.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils as _cgutils
from numba.core import types
from numba.core.registry import cpu_target
from numba.np import arrayobj

from .instructions import WORD, intrinsic, unpack_tuple

cgutils: Any = _cgutils
_populate: Any = arrayobj.populate_array
_tuple: Any = types.UniTuple


def _sizes(context: Any, builder: Any, kind: Any, shape: Any) -> list[Any]:
    """The sizes of a shape, which is a number or a tuple of them."""
    if not isinstance(kind, types.BaseTuple):
        return [context.cast(builder, shape, kind, types.intp)]
    kinds: Any = kind
    numbers = zip(unpack_tuple(builder, shape), kinds, strict=True)
    return [context.cast(builder, number, its, types.intp) for number, its in numbers]


def _fill(context: Any, builder: Any, array: Any, kind: Any, sizes: list[Any], data: Any) -> None:
    """Note where an array lies, its sizes, and the strides that follow from them."""
    itemsize = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    strides = [ir.Constant(WORD, itemsize)]
    for size in reversed(sizes[1:]):
        strides.insert(0, builder.mul(strides[0], size))
    shape = context.make_tuple(builder, _tuple(types.intp, kind.ndim), sizes)
    apart = context.make_tuple(builder, _tuple(types.intp, kind.ndim), strides)
    _populate(array, shape=shape, strides=apart, itemsize=ir.Constant(WORD, itemsize), data=data, meminfo=None)


def _count(kind: Any) -> int:
    return len(kind) if isinstance(kind, types.BaseTuple) else 1


ALIGNMENT = 64
"""Bytes that the address of new memory is a multiple of: a line of the cache. No register is loaded from two."""

_SLOT = "memory.of.empty"
_POINTER = ir.IntType(8).as_pointer()


def _empty(typing: Any, shape: Any, dtype: Any) -> Any:
    """An array of that shape, a number or a tuple of them, and dtype. MemoryError if there is no room for it."""
    kind = types.Array(getattr(dtype, "instance_type", None) or dtype.dtype, _count(shape), "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sizes = _sizes(context, builder, signature.args[0], arguments[0])
        bytes_ = ir.Constant(WORD, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        for size in sizes:
            bytes_ = builder.mul(bytes_, size)
        slot = cgutils.alloca_once(builder, _POINTER, name=_SLOT)  # 0 at the start of the function
        _free(builder, slot)  # what this line was given last time
        allocate = ir.FunctionType(_POINTER, [WORD])
        allocate = cgutils.get_or_insert_function(builder.module, allocate, "NRT_Allocate")
        found = builder.call(allocate, [builder.add(bytes_, ir.Constant(WORD, ALIGNMENT))])
        builder.store(found, slot)
        with builder.if_then(cgutils.is_null(builder, found), likely=False):
            context.call_conv.return_user_exc(builder, MemoryError, ("no memory for an array",))
        start = builder.add(builder.ptrtoint(found, WORD), ir.Constant(WORD, ALIGNMENT - 1))
        start = builder.and_(start, ir.Constant(WORD, -ALIGNMENT))
        array = context.make_array(kind)(context, builder)
        _fill(context, builder, array, kind, sizes, builder.inttoptr(start, array.data.type))
        return array._getvalue()

    return kind(shape, dtype), generate


def _free(builder: Any, slot: Any) -> None:
    """Free what an address is kept of in a slot; nothing if it is 0."""
    kind = ir.FunctionType(ir.VoidType(), [_POINTER])
    builder.call(cgutils.get_or_insert_function(builder.module, kind, "NRT_Free"), [builder.load(slot)])


def free_at_returns(module: Any) -> bool:
    """Have the functions of a module, as Numba has written it, free the memory of their `empty` before they return.

    Is there any?
    """
    owned = False
    for function in module.functions:
        slots = [] if function.is_declaration else _slots(function)
        for block in function.blocks if slots else ():
            if isinstance(block.terminator, ir.Ret):
                builder = ir.IRBuilder(block)
                builder.position_before(block.terminator)
                for slot in slots:
                    _free(builder, slot)
        owned = owned or bool(slots)
    return owned


def _slots(function: Any) -> list[Any]:
    instructions = function.entry_basic_block.instructions
    return [each for each in instructions if isinstance(each, ir.AllocaInstr) and each.name.startswith(_SLOT)]


def refuse_to_return(kind: Any, name: str) -> None:
    """Raise TypeError if a result of that type has an array in it, of a function that frees the memory of its own."""
    arrays: list[Any] = [kind]
    while arrays:
        each = arrays.pop()
        if isinstance(each, types.Array):
            raise TypeError(f"{name}: returns an array, and frees its memory; make it a `piece` of its callers")
        arrays += getattr(each, "types", ())


def _shaped(typing: Any, x: Any, shape: Any) -> Any:
    """x.reshape(shape) for an array without gaps; the shape has as many elements, which is not looked at."""
    kind = x.copy(ndim=_count(shape))
    if x.layout != "C":
        raise TypeError(f"shaped: wanted an array that is known to have no gaps, got {x}")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sizes = _sizes(context, builder, signature.args[1], arguments[1])
        old = context.make_array(signature.args[0])(context, builder, arguments[0])
        array = context.make_array(kind)(context, builder)
        _fill(context, builder, array, kind, sizes, old.data)
        return array._getvalue()

    return kind(x, shape), generate


_WRITTEN = {"empty": intrinsic(_empty), "shaped": intrinsic(_shaped)}


def type_of(name: str) -> Any:
    """What Numba calls the type of an intrinsic."""
    return cpu_target.typing_context.resolve_value_type(_WRITTEN[name])
