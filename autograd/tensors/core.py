"""What a Tensor is made of, and how an op runs on Tensors and gets onto the tape.

Operators and elementwise functions are where small programs spend their time, so for them the way from call to record
is compiled per op from `_UNARY` and `_BINARY` below; all else goes through `apply`, which does the same in a loop.
"""

from __future__ import annotations

import functools
import math
import sys
import weakref
from collections.abc import Callable
from types import FunctionType
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy import ndarray as Array

from ..advice import no_loop, no_tensor, unknown_argument
from ..errors import DTypeError, ShapeError
from ..generated import compiled
from ..lines import outer, user_files
from ..modes import state
from ..op import Op
from ..ops.elementwise import to
from ..plan import COMPONENT
from ..records import Leaf, Node, Record
from ..writes import owner

Misfit = Callable[[str, Array, Array], ShapeError]
T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


class Operator(Protocol):
    """What `operators` returns, for type checkers: as a method, its result is of the type of what it belongs to."""

    def __call__(self, input: Any, other: Any, /) -> Any: ...

    def __get__(self, instance: T, owner: type[T]) -> Callable[[Any], T]: ...


float16, float32, float64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
bool_, uint8, int64 = np.dtype(np.bool_), np.dtype(np.uint8), np.dtype(np.int64)

_default = float32
"""What Python floats become, and what integers become where a floating point result is due."""


def get_default_dtype() -> np.dtype[Any]:
    """The floating point dtype of new Tensors made from Python floats. float32 unless changed."""
    return _default


def set_default_dtype(d: Any) -> None:
    """Change `get_default_dtype()`: to float32 or float64."""
    global _default
    dtype = np.dtype(d)
    if dtype not in (float32, float64):
        raise DTypeError(f"set_default_dtype: wanted float32 or float64, got {dtype}")
    _default = dtype


class Core:
    """Storage and node of a Tensor; the methods are in the sibling files, `Tensor` puts them together.

    _array   the value
    _node    None for a constant, a `Leaf`, or the `Record` that computed it
    _base    the Tensor whose memory this one looks into, if a view op made it
    _views   the views of this one, if it is no view itself (weak references)
    _fixed   why a recorded write through this view would be ambiguous, if it would be
    _silent  made by `.data`: writes to it are hidden from the tape, as its user wants
    _lent    a gradient that others hold too: copied before it is written to
    _grad    what `.grad` returns
    _spent   of a gradient: has an optimiser used it, and how often has backward added to it since? 0: not used
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_node")
    _array: Array
    _node: Any
    _base: Core | None = None
    _views: list[weakref.ref[Core]] | None = None
    _fixed: str | None = None
    _silent: bool = False
    _lent: bool = False
    _grad: Core | None = None
    _spent: int = 0

    def __init_subclass__(cls, final: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if final:  # what ops return
            global Tensor
            Tensor = cls
            for scope in _scopes:
                scope["Tensor"] = cls

    @staticmethod
    def _apply(op: Op, *inputs: Any, **settings: Any) -> Any:
        return apply(op, *inputs, **settings)


Tensor: type[Core] = Core
new = object.__new__


def wrap(array: Any, node: Any = None) -> Any:
    """A Tensor around `array`, without a copy."""
    out = new(Tensor)
    out._array = array if type(array) is np.ndarray else np.asarray(array)
    out._node = node
    return out


def new_leaf(tensor: Core) -> None:
    """Make `tensor` a leaf that requires grad."""
    array = tensor._array
    if array.dtype != float32 and array.dtype != float64 and array.dtype != float16:
        raise DTypeError(
            "only Tensors of floating point dtype can require gradients: wanted float16, float32 or float64, got "
            f"{array.dtype}"
        )
    tensor._node = Leaf(tensor, array.shape, array.dtype)


# --------------------------------------------------------------------------------------------- arrays and dtypes


_SCALARS = (bool, int, float, np.generic)
_OPERANDS = (Core, np.ndarray, *_SCALARS, list, tuple)


def array_of(x: Any) -> Array:
    """The array in a Tensor, an array, a number or nested lists. Python floats get the default dtype."""
    if isinstance(x, Core):
        return x._array
    if type(x) is np.ndarray:
        return x
    if isinstance(x, np.generic):
        return np.asarray(x)
    if isinstance(x, float):
        return np.asarray(x, _default)
    if isinstance(x, (bool, int)):
        return np.asarray(x)
    if x is None or isinstance(x, str) or (isinstance(x, (list, tuple)) and any(map(_holds_tensors, x))):
        raise DTypeError(no_tensor(x))
    array = np.asarray(x)
    if array.dtype == float64 and not hasattr(x, "dtype") and not hasattr(x, "__array__"):
        array = array.astype(_default)
    if array.dtype.kind not in "fiub":
        raise DTypeError(no_tensor(x))
    return array


def exact_array(x: Any) -> Array:
    """The same for values that are about to be cast to another dtype: Python floats keep all their digits."""
    if isinstance(x, (float, list, tuple)):
        array = np.asarray(x)
        if array.dtype == float64:
            return array
    return array_of(x)


def _holds_tensors(x: Any) -> bool:
    """Is this a Tensor, or are there some in it, that are more than constant numbers?"""
    if isinstance(x, Core):
        return x._node is not None or x._array.ndim > 0
    return isinstance(x, (list, tuple)) and any(map(_holds_tensors, x))


def _named(function: str, x: Any) -> Array:
    """`array_of` for a function that the error is to name."""
    try:
        return array_of(x)
    except DTypeError as error:
        text = str(error)
        raise DTypeError(text if ": " in text.split("wanted")[0] else f"{function}: {text}") from None


def operand(x: Any, function: str = "") -> Any:
    """`x` as a Tensor: itself, or a constant made of an array, a number or nested lists.

    An array of the user's is taken as a record may keep it (see `writes.Foreign`): `as_tensor` and `from_numpy` share
    its memory, which is asked for there; an operation that is given an array does not. `function` is named in errors.
    """
    if isinstance(x, Core):
        return x
    if type(x) is np.ndarray and state.tape is not None and x.dtype.kind == "f":
        return wrap(state.tape.took(x, outer(sys._getframe(1))))
    return wrap(_named(function, x) if function else array_of(x))


_KIND = {"b": 0, "u": 1, "i": 1, "f": 2}


def result_type(*operands: Any) -> np.dtype[Any]:
    """The dtype of an operation on `operands`, by PyTorch's rules.

    Bool < integer < floating point. Within the highest category that occurs, arrays decide before 0-d values, and 0-d
    values before Python and NumPy scalars: a float32 Tensor times `np.sqrt(2.0)` stays float32.

    >>> result_type(np.ones(3, np.float32), np.float64(2)), result_type(np.ones(3, np.int64), 0.5)
    (dtype('float32'), dtype('float32'))
    """
    return _promotion(tuple([_weight(x) for x in operands]))


def _weight(x: Any) -> tuple[int, np.dtype[Any]]:
    """How much a value's dtype counts in promotion (numbers least, then 0-d, then arrays), and the dtype."""
    if isinstance(x, _SCALARS):
        kind = "f" if isinstance(x, float) else array_of(x).dtype.kind
        return 0, _default if kind == "f" else int64 if kind in "iu" else array_of(x).dtype
    array = array_of(x)
    return (2 if array.ndim else 1), array.dtype


@functools.cache
def _promotion(weights: tuple[tuple[int, np.dtype[Any]], ...]) -> np.dtype[Any]:
    best: dict[int, np.dtype[Any]] = {}
    for rank, dtype in weights:
        if dtype.kind not in _KIND:
            raise DTypeError(f"wanted bool, integer or floating point, got {dtype}")
        known = best.get(rank)
        if known is None or _KIND[dtype.kind] > _KIND[known.kind]:
            best[rank] = dtype
        elif _KIND[dtype.kind] == _KIND[known.kind]:
            best[rank] = np.promote_types(known, dtype)
    result: np.dtype[Any] | None = None
    for rank in sorted(best, reverse=True):
        if result is None or _KIND[best[rank].kind] > _KIND[result.kind]:
            result = best[rank]
    assert result is not None
    return result


def _promoted(function: Callable[..., Any], op: Op, x: Any, y: Any) -> Any:
    """Run a binary function on operands that are no Tensors, or differ in dtype; NotImplemented for foreign types."""
    for operand in (x, y):
        if not isinstance(operand, _OPERANDS):
            return NotImplemented
    if type(x) is np.ndarray and isinstance(y, Core) and x.dtype == y._array.dtype:
        return function(wrap(_taken(x, y)), y)
    if type(y) is np.ndarray and isinstance(x, Core) and y.dtype == x._array.dtype:
        return function(x, wrap(_taken(y, x)))
    dtype = result_type(x, y)
    if op.floating and dtype.kind != "f":
        dtype = _default
    return function(cast(x, dtype), cast(y, dtype))


def _taken(array: Array, beside: Core) -> Array:
    """An array of the user's that stands beside a Tensor, as a record may keep it: see `writes.Foreign`."""
    if beside._node is None or state.tape is None:
        return array
    return state.tape.took(array, outer(sys._getframe(1)))


class _Constants(dict[Any, Any]):
    """Number -> 0-d array of one dtype, which a ufunc takes twice as fast as the number itself."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.zero = np.zeros((), dtype)
        self.zero.flags.writeable = False

    def __missing__(self, number: float) -> Array:
        if number == 0 and self.dtype.kind == "f":  # 0.0 and -0.0 are the same key
            return self.zero if math.copysign(1.0, number) > 0 else np.negative(self.zero)
        if self.dtype.kind != "f":  # x_int * 2 stays integer, x_int * 2.0 does not: as keys they are the same
            fits = type(number) is int and self.dtype.kind in "iu"
            return np.asarray(number, self.dtype) if fits else array_of(number)
        array = np.asarray(number, self.dtype)
        array.flags.writeable = False
        if len(self) >= 256:
            self.clear()
        self[number] = array
        return array


class _Tables(dict[Any, _Constants]):
    def __missing__(self, dtype: np.dtype[Any]) -> _Constants:
        table = self[dtype] = _Constants(dtype)
        return table


constants = _Tables()
"""dtype -> number -> 0-d array of that dtype."""


def cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """`x` as a Tensor of `dtype`; recorded if it needs a gradient."""
    if isinstance(x, Core):
        if x._array.dtype is dtype or x._array.dtype == dtype:
            return x
        if x._node is None or dtype.kind != "f":
            return wrap(x._array.astype(dtype))
        return apply(to, x, dtype=dtype)
    return operand(x) if type(x) is np.ndarray and x.dtype == dtype else wrap(np.asarray(x, dtype))


def _floating(array: Array) -> Array:
    return array if array.dtype.kind == "f" else array.astype(_default)


# --------------------------------------------------------------------------------------- from a call to a record


_UNARY = """\
def {function}(input{settings}):
    try:
        a = input._array
    except AttributeError:
        return coerced(input{settings})
    n = input._node
    if n is None:
        {constant_value}
        out = new(Tensor)
        out._array = z if type(z) is ndarray else asarray(z)
        out._node = None
{inside}        return out
    {value}
    if type(z) is not ndarray:
        z = asarray(z)
    out = new(Tensor)
    out._array = z
    tape = state.tape
    if tape is None or {constant_result}:
        out._node = None
{inside}        return out
    out._node = record = Record()
    record.plan = plan_x
    record.inputs = n
    record.saved = {saved_x}
    dtype = z.dtype
{tail}"""

_BINARY = """\
def {function}(input, other):
    try:
        {a} = input._array
        {m} = input._node
        if type(other) is Tensor:
            {b} = other._array
            {n} = other._node
        elif type(other) is float or type(other) is int:
            {b} = constants[{a}.dtype][other]
            {n} = None
        else:
            {b} = other._array
            {n} = other._node
    except AttributeError:
        return promoted({x}, {y})
    dtype = a.dtype
    if dtype is not b.dtype and dtype != b.dtype:
        return promoted({x}, {y})
    if m is None and n is None:
        try:
            z = {forward}({constants})
        except (ValueError, TypeError) as error:
            raise misfit(error, a, b) from None
        out = new(Tensor)
        out._array = z if type(z) is ndarray else asarray(z)
        out._node = None
        return out
    try:
        z = {forward}(a, b)
    except (ValueError, TypeError) as error:
        raise misfit(error, a, b) from None
    if type(z) is not ndarray:
        z = asarray(z)
    out = new(Tensor)
    out._array = z
    tape = state.tape
    if tape is None or {constant_result}:
        out._node = None
        return out
    out._node = record = Record()
    if n is None:
        record.plan = plan_x
        record.inputs = m
        record.saved = {saved_x}
    elif m is None:
        record.plan = plan_y
        record.inputs = n
        record.saved = {saved_y}
    else:
        record.plan = plan_xy
        record.inputs = (m, n)
        record.saved = {saved_xy}
{tail}"""

_TAIL = """\
    record.shape = z.shape
    record.dtype = dtype
    frame = getframe(1)
    code = frame.f_code
    if code.co_filename not in user_files:
        frame = outer(frame)
        code = frame.f_code
    record.code = code
    record.lasti = frame.f_lasti
    records = tape.records
    records.append(record)
{private}    if len(records) > tape.limit:
        tape.overflow(z, {given})
{view}    return out
"""

_scopes: list[dict[str, Any]] = []  # of the compiled functions; they learn what `Tensor` is once the class exists


def unary(op: Op, name: str | None = None, doc: str | None = None) -> Callable[[T], T]:
    """The function on Tensors of an op with one input and no settings. `doc` is its docstring, if not the op's own."""
    return _function(op, name, _UNARY, doc)


def binary(
    op: Op, name: str | None = None, misfit: Misfit | None = None, *, doc: str | None = None
) -> Callable[[T, Any], T]:
    """The function on Tensors of an op with two inputs and no settings.

    `misfit(name, a, b)` makes the error for shapes that do not fit; by default that of broadcasting.
    """
    return _function(op, name, _BINARY, doc, misfit)


def operators(op: Op, name: str | None = None, misfit: Misfit | None = None) -> tuple[Operator, Operator]:
    """The operator of an op with two inputs and its reflection (`__mul__, __rmul__`).

    They return NotImplemented for foreign types, where functions raise.
    """
    straight = _function(op, name, _BINARY, None, misfit, operator=True)
    return straight, _function(op, name, _BINARY, None, misfit, operator=True, straight=straight)


def _misfit(name: str, a: Array, b: Array) -> ShapeError | None:
    """The error for operands that cannot be broadcast, in PyTorch's words."""
    for axis in range(-1, -1 - min(a.ndim, b.ndim), -1):
        if a.shape[axis] != b.shape[axis] and 1 not in (a.shape[axis], b.shape[axis]):
            return ShapeError(
                f"{name}: The size of tensor a ({a.shape[axis]}) must match the size of tensor b ({b.shape[axis]}) at "
                f"non-singleton dimension {max(a.ndim, b.ndim) + axis}; a has shape {a.shape}, b has shape {b.shape}"
            )
    return None


def _unfit(error: Exception, misfit: Misfit | None, name: str, a: Array, b: Array) -> Exception:
    """What to raise where NumPy refused two arrays."""
    if isinstance(error, TypeError):
        if "not supported for the input types" in str(error):
            return DTypeError(f"{name}: {no_loop(name, a.dtype, b.dtype)}")
        return DTypeError(f"{name}: {error} (got {a.dtype} and {b.dtype})")
    return (misfit or _misfit)(name, a, b) or error


def _unknown(name: str, operands: tuple[Any, ...]) -> DTypeError:
    names = " and ".join(type(x).__name__ for x in operands)
    return DTypeError(f"{name}: wanted Tensors, arrays or numbers, got {names}")


def reflected(function: Callable[[Any, Any], T]) -> Callable[[Any, Any], T]:
    """The same with the operands exchanged, for `__rmatmul__` and the like."""

    def swapped(x: Any, y: Any) -> T:
        return function(y, x)

    return swapped


_STRAIGHT = {"x": "input", "y": "other", "a": "a", "b": "b", "m": "m", "n": "n"}
_REFLECTED = {"x": "other", "y": "input", "a": "b", "b": "a", "m": "n", "n": "m"}


def _function(
    op: Op,
    name: str | None,
    template: str,
    doc: str | None,
    misfit: Misfit | None = None,
    operator: bool = False,
    straight: Callable[..., Any] | None = None,
) -> Any:
    """Fill in a template for an op. `straight` is the function that this one is the reflection of."""
    if not hasattr(Op.way_back, "saved_text"):
        return _readable(op, name or op.name, doc, misfit, operator, straight is not None)
    fill = {"function": "function", **(_REFLECTED if straight else _STRAIGHT)}
    scope: dict[str, Any] = {}
    arrays = dict(zip(op.inputs, "ab", strict=False))
    for letter, wanted in (("x", (0,)), ("y", (1,)), ("xy", (0, 1))):
        if any(index >= len(op.inputs) or not op.differentiable(index) for index in wanted):
            fill[f"saved_{letter}"], scope[f"plan_{letter}"] = "()", None
            continue
        plan: Any = op.plan(wanted)
        fill[f"saved_{letter}"], scope[f"plan_{letter}"] = plan.saved_text(arrays), plan
    fill["settings"] = ", **settings" if op.defaults else ""
    fill["given"] = ("(a,)" if template is _UNARY else "(a, b)") + (", settings" if op.defaults else ", {}")
    fill["private"] = "    tape.private = True\n" if op.private else ""
    fill["view"] = "    note_view(out, input)\n" if op.view else ""
    fill["inside"] = "        note_view(out, input)\n" if op.view else ""
    fill["constant_result"] = str(not any(map(op.differentiable, range(len(op.inputs)))))
    twin = op.choose is not op.forward
    fill["forward"] = "(forward if a.size < size.least else choose)" if twin else "forward"
    if op.single:
        few = " and a.size < size.least" if twin else ""
        fill["forward"] = f"(forward if a.dtype is not HALF{few} else run)"
    floating = op.floating
    fill["constant"] = "a if a.dtype.kind == 'f' else floating(a)" if floating else "a"
    fill["constants"] = (
        "a if a.dtype.kind == 'f' else floating(a), b if b.dtype.kind == 'f' else floating(b)" if floating else "a, b"
    )
    fill["constant_value"] = f"z = {fill['forward']}({fill['constant']}{fill['settings']})"
    fill["value"] = f"z = {fill['forward']}(a{fill['settings']})"
    if op.keeps:
        given = "settings" if op.defaults else "{}"
        fill["constant_value"] = f"z, kept = compute(({fill['constant']},), {given}, False)"
        fill["value"] = f"z, kept = compute((a,), {given}, state.tape is not None)"
    text = template.format(tail=_TAIL.format(**fill), **fill)
    scope.update(
        _SCOPE,
        text=text,
        Tensor=Tensor,
        forward=op.forward,
        run=op.run,
        compute=op.compute,
        choose=op.choose,
        size=op.fast and op.fast.size,
        defaults=op.defaults,
    )
    _scopes.append(scope)
    exec(compiled(text, "call"), scope)
    function: FunctionType = scope["function"]
    shown = name or op.name
    whole = straight or function

    def promoted(x: Any, y: Any) -> Any:
        z = _promoted(whole, op, x, y)
        if z is NotImplemented and not operator:
            raise _unknown(shown, (x, y))
        return z

    scope["promoted"] = promoted
    scope["misfit"] = lambda error, a, b: _unfit(error, misfit, shown, a, b)
    scope["coerced"] = lambda x, **settings: function(operand(x, shown), **settings)
    function.__name__ = function.__qualname__ = shown
    function.__doc__ = doc or op.__doc__
    if isinstance(op.forward, np.ufunc) and straight is None:
        ufuncs[op.forward] = function
    return function


def _readable(
    op: Op, name: str, doc: str | None, misfit: Misfit | None, operator: bool, reflected: bool
) -> Callable[..., Any]:
    """What the templates say, as one reads it: for an engine without compiled plans."""

    def of_one(input: Any, **settings: Any) -> Any:
        x = operand(input, name)
        if op.floating and x._array.dtype.kind != "f":
            x = cast(x, _default)
        return apply_keeping(op, x, **settings)[0]

    def of_two(input: Any, other: Any, **settings: Any) -> Any:
        x, y = (other, input) if reflected else (input, other)
        if not isinstance(x, _OPERANDS) or not isinstance(y, _OPERANDS):
            if operator:
                return NotImplemented
            raise _unknown(name, (x, y))
        dtype = result_type(x, y)
        if op.floating and dtype.kind != "f":
            dtype = _default
        x, y = cast(x, dtype), cast(y, dtype)
        try:
            return apply_keeping(op, x, y, **settings)[0]
        except (ValueError, TypeError) as error:
            raise _unfit(error, misfit, name, x._array, y._array) from None

    function: Any = of_one if len(op.inputs) == 1 else of_two
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc or op.__doc__
    if isinstance(op.forward, np.ufunc) and not reflected:
        ufuncs[op.forward] = function
    return function


_SCOPE: dict[str, Any] = {
    "__name__": __name__,  # whom warnings are attributed to
    "HALF": float16,
    "Record": Record,
    "asarray": np.asarray,
    "constants": constants,
    "floating": _floating,
    "getframe": sys._getframe,
    "ndarray": np.ndarray,
    "new": new,
    "note_view": lambda out, source: _note_view(out, source),
    "outer": outer,
    "state": state,
    "user_files": user_files,
    "wrap": wrap,
}


def apply(op: Op, *inputs: Any, **settings: Any) -> Any:
    """Run `op` on Tensors, arrays and numbers, and record it if one of them needs a gradient."""
    if len(inputs) == 1 and op.outputs == 1 and not op.variadic:
        if op.call is None:
            op.call = _function(op, None, _UNARY, None)
        return op.call(inputs[0], **settings)
    return apply_keeping(op, *inputs, **settings)[0]


def apply_keeping(op: Op, *inputs: Any, **settings: Any) -> tuple[Any, tuple[Any, ...]]:
    """`apply`, and the arrays that the op keeps for its rules (`Op.keeps`): not to be written to."""
    arrays: list[Any] = []
    nodes = []
    wanted = []
    foreign = False
    for index, x in enumerate(inputs):
        if isinstance(x, Core):
            arrays.append(x._array)
            node = x._node
            if node is not None and op.differentiable(index if len(op.inputs) > 1 else 0):
                nodes.append(node)
                wanted.append(index)
        elif x is None:
            arrays.append(None)
        elif type(x) is np.ndarray:
            arrays.append(x)
            foreign = True
        else:
            arrays.append(array_of(x))
    tape = state.tape
    recorded = tape is not None and len(nodes) > 0
    if foreign and tape is not None and nodes:
        for index, x in enumerate(inputs):
            if type(x) is np.ndarray:
                arrays[index] = tape.took(x, outer(sys._getframe(1)))
    kept: tuple[Any, ...] = ()
    if op.keeps or op.single:
        z, kept = op.compute(arrays, settings, recorded)
    else:
        z = op.choose(*arrays, **settings)
    if not recorded:
        if op.outputs != 1:
            return _noted(op, tuple([wrap(part) for part in z]), inputs[0]), kept
        out = wrap(z)
        if op.view:
            _note_view(out, inputs[0])
        return out, kept
    if op.outputs == 1 and type(z) is not np.ndarray:
        z = np.asarray(z)
    record = _record(op, arrays, nodes, wanted, z, settings, kept)
    if op.outputs != 1:
        return _noted(op, _record_outputs(record, z, arrays, settings), inputs[0]), kept
    record.shape = z.shape
    record.dtype = z.dtype
    append(record, z, arrays, settings)
    out = new(Tensor)
    out._array = z
    out._node = record
    if op.view:
        _note_view(out, inputs[0])
    return out, kept


def record_call(op: Op, inputs: tuple[Any, ...], z: Array, **settings: Any) -> Record | None:
    """Record that `op` computed `z` without running it: for values that were written in place."""
    nodes = [node_of(x) for x in inputs]
    wanted = [index for index, node in enumerate(nodes) if node is not None and op.differentiable(index)]
    if not wanted or state.tape is None:
        return None
    arrays = [array_of(x) for x in inputs]
    record = _record(op, arrays, [nodes[index] for index in wanted], wanted, z, settings)
    record.shape = z.shape
    record.dtype = z.dtype
    append(record, z, arrays, settings)
    return record


def _record(
    op: Op,
    arrays: list[Any],
    nodes: list[Any],
    wanted: list[int],
    z: Any,
    settings: dict[str, Any],
    kept: tuple[Any, ...] = (),
) -> Record:
    plan = op.plan(tuple(wanted))
    record = Record()
    record.plan = plan
    record.inputs = nodes[0] if len(nodes) == 1 else tuple(nodes)
    record.saved = plan.save(arrays, z, settings, kept)
    if plan.private:
        state.home.private = True
    frame = sys._getframe(2)
    if frame.f_code.co_filename not in user_files:
        frame = outer(frame)
    record.code = frame.f_code
    record.lasti = frame.f_lasti
    return record


def append(record: Record, z: Any, inputs: Any = (), settings: Any = None) -> None:
    """Put a finished record on the current thread's tape; `z` is the value it computed from `inputs`."""
    tape = state.home
    tape.records.append(record)
    if len(tape.records) > tape.limit:
        tape.overflow(z, inputs, settings)


def _record_outputs(
    record: Record, values: tuple[Array, ...], inputs: list[Any], settings: dict[str, Any]
) -> tuple[Any, ...]:
    """Several outputs: one record that computes them all, and one per output that takes it out."""
    shapes: Any = tuple([z.shape for z in values])
    record.shape = shapes
    record.dtype = values[0].dtype if values else _default
    append(record, values, inputs, settings)
    outs = []
    for index, z in enumerate(values):
        part = Record()
        part.plan = COMPONENT
        part.inputs = record
        part.saved = (index, len(values))
        part.shape = z.shape
        part.dtype = z.dtype
        part.code = record.code
        part.lasti = record.lasti
        append(part, z)
        outs.append(wrap(z, part))
    return tuple(outs)


def _noted(op: Op, outs: tuple[Any, ...], source: Any) -> tuple[Any, ...]:
    if op.view:
        for out in outs:
            _note_view(out, source)
    return outs


def _note_view(out: Any, source: Any) -> None:
    """Remember whose memory `out` looks into, and let the owner know its views: in-place writes need both."""
    if isinstance(source, Core) and owner(out._array) is owner(source._array):  # reshape may have copied
        link_view(out, source)


NO_GRAD = "was created in no_grad mode"


def link_view(out: Any, source: Any) -> None:
    """The same where it is certain that `out` looks into the memory of the Tensor `source`."""
    out._base = source
    if state.tape is None:
        out._fixed = NO_GRAD
    elif source._fixed is not None:
        out._fixed = source._fixed
    while source._base is not None:
        source = source._base
    if not isinstance(source._node, Leaf):  # a leaf that requires grad cannot be written to while recording
        if source._views is None:
            source._views = []
        views = source._views
        views.append(weakref.ref(out))
        if len(views) % 256 == 0:
            views[:] = [view for view in views if view() is not None]


def lend(array: Array) -> Any:
    """A gradient as a Tensor for the user's code, which may write to it: only then is it copied."""
    out = wrap(array)
    out._lent = True
    return out


def node_of(x: Any) -> Node | None:
    """The node of a Tensor; None for constants and everything else."""
    return x._node if isinstance(x, Core) else None


array_functions: dict[Callable[..., Any], Callable[..., Any]] = {}
"""NumPy function -> the function that runs it on Tensors, with NumPy's signature."""

ufuncs: dict[Any, Callable[..., Any]] = {}
"""NumPy ufunc -> the function that runs it on Tensors. Filled by `unary` and `binary`."""


def implements(*functions: Callable[..., Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Say that a function with NumPy's signature runs these NumPy functions on Tensors."""

    def register(ours: Callable[P, R]) -> Callable[P, R]:
        for function in functions:
            array_functions[function] = ours
        return ours

    return register


_SPELLINGS = {"axis": "dim", "keepdims": "keepdim", "axes": "dims"}
_SPELLED = {
    "dot": {"other": "tensor"},  # vdot
    "dsplit": {"sections": "indices_or_sections", "indices": "indices_or_sections"},
    "hsplit": {"sections": "indices_or_sections", "indices": "indices_or_sections"},
    "random_": {"from": "low", "to": "high"},
    "split": {"split_size": "split_size_or_sections", "tensor": "input"},
    "transpose": {"axis0": "dim0", "axis1": "dim1"},  # swapaxes
    "tensor_split": {
        "sections": "indices_or_sections",
        "indices": "indices_or_sections",
        "tensor_indices_or_sections": "indices_or_sections",
    },
    "uniform_": {"from": "low", "to": "high"},
    "vsplit": {"sections": "indices_or_sections", "indices": "indices_or_sections"},
}
"""Further names of arguments, of single functions: PyTorch's methods and functions, or overloads, differ."""


def method(function: Callable[P, R]) -> Callable[P, R]:
    """A method that also serves as a function of the package (`autograd.sum = Tensor.sum`).

    Takes NumPy's spelling of arguments (`axis`, `keepdims`) beside PyTorch's, and arrays or numbers in place of self.
    """

    own = _SPELLED.get(function.__name__)
    spellings = {**_SPELLINGS, **own} if own else _SPELLINGS

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            for other, name in spellings.items():
                if other in kwargs:
                    kwargs[name] = kwargs.pop(other)
            if "input" in kwargs and not args:
                args = (kwargs.pop("input"),)
            if "out" in kwargs:
                return _into(function, call, args, kwargs)
        if args and not isinstance(args[0], Core):
            args = (operand(args[0], function.__name__), *args[1:])
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if "unexpected keyword argument" in str(error):
                raise unknown_argument(function, kwargs, _SPELLINGS, error) from None
            raise

    return call


def _into(function: Callable[..., Any], call: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A call with `out=`, of a function that has it in PyTorch."""
    from . import out

    name = function.__name__
    if name not in out.NAMES:
        raise out.refuse_out(name)
    target = kwargs.pop("out")
    return call(*args, **kwargs) if target is None else out.into(name, target, call, args, kwargs)
