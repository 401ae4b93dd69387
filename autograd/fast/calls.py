"""Functions and operators of single ops, compiled: the straight way from a call to a record.

Small programs spend their time between the call of an operator and the record it leaves. For Tensors of one dtype, and
Python numbers beside them, that way is written out here per op, from the two templates below; for everything else the
compiled function calls the readable one, which `tensors.calls` made. `inspect.getsource(Tensor.exp)` shows the result.

A function is compiled when it is first called: a program uses few of the operators that it imports. Until then it has
the code of `_FIRST`, and it stays the same function when that is exchanged.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from functools import partial
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from kernels.machine.fast import SIZES

from ..generated import complete, made, read_later
from ..lines import outer, user_files
from ..modes import state
from ..op import Op
from ..records import Record
from ..tensors import core
from ..tensors.calls import Misfit, unfit
from ..tensors.core import float16, new, note_view, operand
from ..tensors.promotion import Scalar, constants
from ..tensors.run import floating, plainly
from . import several
from .runs import look_back

_UNARY = """\
def {function}(input{settings}):
    try:
        a = input._array
    except AttributeError:
        return rest(input{settings})
    n = input._node
    if n is None:
        {constant_value}
        out = new(Tensor)
        out._array = z if type(z) is ndarray else asarray(z)
        out._node = None
{inside}        return out
{behind}    {value}
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
        return rest(input, other)
    dtype = a.dtype
    if dtype is not b.dtype and dtype != b.dtype:
        return rest(input, other)
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

_BEHIND = """\
    count = a.size
    if count >= fused.least and n.__class__ is Record and n.plan.name in runs:
        out = look_back(runs, input, {settings})
        if out is not None:
            return out
"""

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


_QUESTION = """\
    interpreter = state.interpreter
    if interpreter is not None:
        return interpreter.call(op, (input,), settings, False) if isinstance(input, Core) else rest(input, **settings)
"""
_ASKED = """\
    interpreter = state.interpreter
    if interpreter is not None:
        return interpreter.call(op, ({given}), settings, False)
"""
_EXPECTED = """\
    interpreter = state.interpreter
    if interpreter is not None:
        out = interpreter.{how}(op, {operands})
        return {otherwise} if out is None else out
"""

_STRAIGHT = {"x": "input", "y": "other", "a": "a", "b": "b", "m": "m", "n": "n"}
_REFLECTED = {"x": "other", "y": "input", "a": "b", "b": "a", "m": "n", "n": "m"}

_scopes: list[dict[str, Any]] = []  # of the compiled functions; they learn what `Tensor` is once the class exists


def _learn(tensor: type[core.Core]) -> None:
    for scope in _scopes:
        scope["Tensor"] = tensor


core.on_final.append(_learn)


def compile_call(
    op: Op, name: str, rest: Callable[..., Any], misfit: Misfit | None = None, reflected: bool = False
) -> FunctionType:
    """The function of an op with one or two inputs. `rest` does the same, for what the compiled way does not know."""
    # whom warnings are attributed to, and what Python 3.13 needs to import the module that shows them
    scope: dict[str, Any] = {"__name__": core.__name__, "__builtins__": builtins}
    misfits = partial(_misfits, misfit, name)
    scope["complete"] = partial(_complete, scope, op, {"rest": rest, "misfit": misfits}, reflected)
    first = _FIRST["input, other" if len(op.inputs) != 1 else "input, **settings" if op.defaults else "input"]
    scope["function"] = function = FunctionType(read_later(first, scope["complete"]), scope)
    if op.runs is not None:  # `look_back` counts references, and there are more of them in a first call
        scope["complete"]()
    return function


def _first(parameters: str) -> CodeType:
    scope: dict[str, Any] = {}
    text = f"def function({parameters}):\n    complete()\n    return function({parameters})\n"
    exec(compile(text, "<op first>", "exec"), scope)
    code: CodeType = scope["function"].__code__
    return code


_FIRST = {parameters: _first(parameters) for parameters in ("input", "input, **settings", "input, other")}
"""What a function does when it is called for the first time, by its parameters."""


def _misfits(misfit: Misfit | None, name: str, error: Exception, a: Any, b: Any) -> Exception:
    return unfit(error, misfit, name, a, b)


def _complete(scope: dict[str, Any], op: Op, known: dict[str, Any], reflected: bool) -> str:
    """Compile the function of `scope`, and return the text of it."""
    if "text" not in scope:
        text, plans = _filled(op, reflected)
        scope.update(
            _SCOPE,
            Tensor=core.Tensor,
            forward=op.choose if op.fast is None else op.forward,
            run=op.run,
            compute=op.compute,
            choose=op.choose,
            size=op.fast and op.fast.size,
            defaults=op.defaults,
            runs=op.runs,
            **plans,
            **known,
        )
        _scopes.append(scope)
        whole = complete(scope["function"], text, "call", _question(op, scope, reflected))
        scope["text"] = whole  # last, for two threads that come at once
    found: str = scope["text"]
    return found


def _filled(op: Op, reflected: bool) -> tuple[str, dict[str, Any]]:
    """The text for an op, and the plans that it refers to."""
    template = _UNARY if len(op.inputs) == 1 else _BINARY
    fill = {"function": "function", **(_REFLECTED if reflected else _STRAIGHT)}
    plans: dict[str, Any] = {}
    arrays = dict(zip(op.inputs, "ab", strict=False))
    for letter, wanted in (("x", (0,)), ("y", (1,)), ("xy", (0, 1))):
        if any(index >= len(op.inputs) or not op.differentiable(index) for index in wanted):
            fill[f"saved_{letter}"], plans[f"plan_{letter}"] = "()", None
            continue
        plan: Any = op.plan(wanted)
        fill[f"saved_{letter}"], plans[f"plan_{letter}"] = plan.saved_text(arrays), plan
    fill["settings"] = ", **settings" if op.defaults else ""
    fill["given"] = ("(a,)" if template is _UNARY else "(a, b)") + (", settings" if op.defaults else ", {}")
    fill["private"] = "    tape.private = True\n" if op.private else ""
    fill["view"] = "    note_view(out, input)\n" if op.view else ""
    fill["inside"] = "        note_view(out, input)\n" if op.view else ""
    fill["behind"] = _BEHIND.format(settings="settings" if op.defaults else "{}") if op.runs is not None else ""
    fill["constant_result"] = str(not any(map(op.differentiable, range(len(op.inputs)))))
    _fill_forward(fill, op)
    return template.format(tail=_TAIL.format(**fill), **fill), plans


def _question(op: Op, scope: dict[str, Any], reflected: bool) -> str:
    """What the function of an op with one or two inputs begins with where an interpreter may be asked."""
    scope["op"] = op
    if len(op.inputs) == 2:
        scope["interpreted"] = partial(_interpreted, op, reflected)
        operands = "other, input" if reflected else "input, other"
        return _EXPECTED.format(how="binary", operands=operands, otherwise="interpreted(rest, misfit, input, other)")
    if op.defaults:
        return _QUESTION
    return _EXPECTED.format(how="unary", operands="input", otherwise="rest(input)")


def call_of(op: Op, keeping: bool) -> Callable[..., Any] | None:
    """What runs an op on anything that `apply` may be given; on what `apply_keeping` may, if `keeping`."""
    if several.fits(op):
        text, known = several.fill(op, keeping)
        scope = {**_SCOPE, "Tensor": core.Tensor, "compute": op.compute, "choose": op.choose, **known}
        rest = partial(plainly, op)
        scope["rest"] = rest if keeping else lambda *inputs, **settings: rest(*inputs, **settings)[0]
        _scopes.append(scope)
        return made(text, "call", scope, "" if keeping else _ASKED.format(given=known["given"]))
    if keeping or len(op.inputs) != 1 or op.outputs != 1 or op.variadic:
        return None
    return compile_call(op, op.name, lambda x, **settings: plainly(op, operand(x), **settings)[0])


def _interpreted(op: Op, reflected: bool, rest: Any, misfit: Any, input: Any, other: Any) -> Any:
    """What a binary function does where an interpreter is asked: `rest`, on a straighter way for equal dtypes."""
    if not isinstance(input, core.Core) or state.interpreter.captures:
        return rest(input, other)
    dtype = input._array.dtype
    number = type(other) is float or type(other) is int
    if number and dtype.kind == "f":
        other = Scalar(other, dtype)
    elif not isinstance(other, core.Core) or other._array.dtype != dtype or number:
        return rest(input, other)
    x, y = (other, input) if reflected else (input, other)
    if op.floating and dtype.kind != "f":
        return rest(input, other)
    try:
        return state.interpreter.call(op, (x, y), {}, False)
    except (ValueError, TypeError) as error:
        raise misfit(error, *[z.array if type(z) is Scalar else core.array_of(z) for z in (x, y)]) from None


def _fill_forward(fill: dict[str, str], op: Op) -> None:
    """Texts that compute the value, with the op's settings: of constants, and of what is tracked."""
    twin = op.fast is not None and op.choose is not op.forward
    forward = "(forward if a.size < size.least else choose)" if twin else "forward"
    value = None if op.fast is None else op.fast.value
    if twin and value is not None and value.asks.counted is not None:
        forward = "choose"  # which counts other elements than those of the first array
    if op.single:
        forward = f"({forward} if a.dtype is not HALF else run)"
    a, b = ("a if a.dtype.kind == 'f' else floating(a)", "b if b.dtype.kind == 'f' else floating(b)")
    fill["forward"] = forward
    fill["constant"] = a if op.floating else "a"
    fill["constants"] = f"{a}, {b}" if op.floating else "a, b"
    fill["constant_value"] = f"z = {forward}({fill['constant']}{fill['settings']})"
    if isinstance(op.forward, np.ufunc) and len(op.inputs) == 1:  # which has no loop for bools, perhaps
        refused = f"except TypeError:\n            return rest(input{fill['settings']})"
        fill["constant_value"] = f"try:\n            {fill['constant_value']}\n        {refused}"
    counted = forward if op.runs is None else forward.replace("a.size", "count")
    fill["value"] = f"z = {counted}(a{fill['settings']})"
    if op.keeps:
        given = "settings" if op.defaults else "{}"
        fill["constant_value"] = f"z, kept = compute(({fill['constant']},), {given}, False)"
        fill["value"] = f"z, kept = compute((a,), {given}, state.tape is not None)"


_SCOPE: dict[str, Any] = {
    "__name__": core.__name__,  # whom warnings are attributed to
    "Core": core.Core,
    "HALF": float16,
    "Record": Record,
    "asarray": np.asarray,
    "constants": constants,
    "floating": floating,
    "fused": SIZES["norm"],
    "look_back": look_back,
    "getframe": sys._getframe,
    "ndarray": np.ndarray,
    "new": new,
    "note_view": note_view,
    "outer": outer,
    "state": state,
    "user_files": user_files,
}
