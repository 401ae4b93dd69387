"""The line of each step in the text that `Program.source` writes: NumPy, from the declaration of the operation."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ...errors import CaptureError
from ...op import Op
from ...ops.index import getitem
from ..functions import Graft
from ..operations import Assign, Detach, Draw, NumPyCall, Rewrite
from ..rules import AddProducts, Into, Rule, Sum, Unbroadcast
from ..steps import Hole, Step
from .declared import literal
from .specialised import expression
from .vendored import Vendored

_INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "true_divide": "/",
    "matmul": "@",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}


class Lines:
    """Writes steps; `name` says what a slot is called, or what the constant in it is."""

    def __init__(self, program: Any, names: dict[int, str], vendored: Vendored) -> None:
        self.program = program
        self.names = names
        self.vendored = vendored
        self.shapes = {name: program.slots[slot].shape for slot, name in names.items()}

    def name(self, slot: int | None, number: bool = False) -> str:
        """The expression for the value in a slot. Does a Python number do for a constant, as in arithmetic?"""
        if slot is None:
            return "None"
        if slot in self.names:
            return self.names[slot]
        value = self.program.slots[slot].value
        if value.ndim == 0 and value.dtype.kind == "f":
            if not number:
                return f"np.{value.dtype.name}({literal(value.item())})"
            return literal(value.item()) if value.item() >= 0 else f"({literal(value.item())})"
        return literal(value)

    def text(self, nest: Any, step: Step) -> str:
        """A nest of settings as an expression."""
        if type(nest) is Hole:
            return self.name(step.inputs[nest.position])
        if type(nest) is slice:
            parts = [self.text(part, step) for part in (nest.start, nest.stop, nest.step)]
            return f"slice({', '.join(parts)})"
        if isinstance(nest, (tuple, list)):
            parts = [self.text(part, step) for part in nest]
            if hasattr(nest, "_fields"):
                return f"{self.vendored.name_of_class(type(nest))}({', '.join(parts)})"
            inside = ", ".join(parts) + ("," if isinstance(nest, tuple) and len(parts) == 1 else "")
            return f"[{inside}]" if type(nest) is list else f"({inside})"
        if type(nest) is dict:
            return "{" + ", ".join(f"{literal(k)}: {self.text(v, step)}" for k, v in nest.items()) + "}"
        return literal(nest)

    def line(self, step: Step) -> str:
        """The statement that a step is."""
        op = step.op
        if isinstance(op, Op):
            return self._op(step)
        if isinstance(op, (NumPyCall, Draw)):
            return self._call(step)
        if isinstance(op, Rule):
            return self._rule(step)
        operands = [self.name(slot) for slot in step.operands]
        if isinstance(op, Assign):
            value = operands[1] if len(operands) > 1 else self.text(step.settings["value"], step)
            return f"{operands[0]}[{self._index(step.settings['index'], step)}] = {value}"
        if isinstance(op, Rewrite):
            return f"{operands[0]}[...] = {operands[1]}"
        if isinstance(op, Graft):
            results = step.settings["results"]
            parts = results if isinstance(results, (tuple, list)) else (results,)
            return self._given(step, ", ".join(self.text(part, step) for part in parts if type(part) is Hole))
        if isinstance(op, Detach):
            return self._given(step, operands[0])
        if isinstance(op, Sum):
            return self._given(step, f"{operands[0]} + {operands[1]}")
        if isinstance(op, Unbroadcast):
            return self._given(step, self._unbroadcast(step, operands[0]))
        if isinstance(op, AddProducts):  # the products stand under the names of their left factors
            return self._given(step, " + ".join([operands[0], *operands[1::2]]))
        if isinstance(op, Into):
            position = op.plan.wanted.index(op.index)
            known = dict(zip(op.names, operands[2:], strict=True)) | self._known(step)
            g = self._applied(op.plan, position, operands[1], known, f"{op.plan.name}_d{op.index}")
            return self._given(step, g if operands[0] == "None" else f"{operands[0]} + {g}")
        raise TypeError(f"no line for {op!r}")

    def _given(self, step: Step, value: str) -> str:
        names = ", ".join(self.names[slot] for slot in step.outputs)
        if isinstance(step.op, Op) and step.op.outputs != 1 and len(step.outputs) == 1:
            names += ","
        return f"{names} = {value}" if names else value

    def _known(self, step: Step) -> dict[str, str]:
        return {name: self.text(value, step) for name, value in step.settings.items()}

    # -- ops

    def _op(self, step: Step) -> str:
        op: Op = step.op
        operands = [self.name(slot) for slot in step.operands]
        if isinstance(op.forward, np.ufunc):
            return self._given(step, self._ufunc(op.forward, [self.name(slot, True) for slot in step.operands]))
        if op is getitem:
            return self._given(step, f"{operands[0]}[{self._index(step.settings['index'], step)}]")
        settings = {name: self.text(value, step) for name, value in step.settings.items()}
        if op.told and step.recorded and step.kept:
            settings["recorded"] = "True"
        value = None
        if not op.variadic and not op.keeps:
            padded = dict(zip(op.inputs, [*operands, *["None"] * len(op.inputs)], strict=False))
            defaults = {name: literal(default) for name, default in op.defaults.items() if _simple(default)}
            value = expression(self.vendored, op.forward, {**defaults, **settings, **padded}, self.shapes)
        if value is None:
            function = self.vendored.name_of(op.forward, op.name)
            value = f"{function}({', '.join([*operands, *[f'{k}={v}' for k, v in settings.items()]])})"
        if not op.keeps:
            return self._given(step, value)
        names = ", ".join(self.names[slot] for slot in step.outputs)
        if not step.kept:
            return f"{names} = {value}[{'0' if op.outputs == 1 else f':{op.outputs}'}]"
        return f"{names}, {self._kept(step)} = {value}"

    def _kept(self, step: Step) -> str:
        """What an op keeps, in the shape of the nest in which it comes."""
        slots = iter(step.kept)

        def written(part: Any) -> str:
            if isinstance(part, (tuple, list)):
                return f"({', '.join(map(written, part))},)"
            return self.names[next(slots)] if part is Ellipsis else "_"

        return ", ".join(map(written, step.form))

    def _ufunc(self, ufunc: Any, operands: list[str]) -> str:
        infix = _INFIX.get(ufunc.__name__)
        if infix and len(operands) == 2:
            return f"{operands[0]} {infix} {operands[1]}"
        return f"-{operands[0]}" if ufunc is np.negative else f"np.{ufunc.__name__}({', '.join(operands)})"

    def _rule(self, step: Step) -> str:
        rule: Rule = step.op
        operands = [self.name(slot) for slot in step.operands]
        dz = operands[0] if rule.op.outputs == 1 else f"({', '.join(operands[: rule.count])},)"
        known = dict(zip(rule.names, operands[rule.count :], strict=True)) | self._known(step)
        g = self._applied(rule.plan, rule.position, dz, known, rule.name.replace(".", "_"))
        outputs = iter(step.outputs)
        names = []
        for number in range(len(step.outputs) - len(rule.apart)):
            names.append(self.names[next(outputs)])
            if number in rule.apart:
                next(outputs)
        if not rule.plan.joint:
            return f"{names[0]} = {g}"
        given = iter(names)
        count = 1 + max(rule.plan.wanted) if rule.plan.variadic else len(rule.op.inputs)
        places = [next(given) if index in rule.plan.wanted else "_" for index in range(count)]
        rest = "" if count == len(rule.op.inputs) and not rule.plan.variadic else ", *_"
        return f"{', '.join(places)}{rest or (',' if count == 1 else '')} = {g}"

    def _applied(self, plan: Any, position: int, dz: str, known: dict[str, str], hint: str) -> str:
        """A rule on named values."""
        rule = plan.rules[position]
        known = {**known, "wanted": literal(plan.wanted)}
        asked = plan.needs[position]
        first = rule.__code__.co_varnames[0]
        value = expression(self.vendored, rule, {first: dz, **{name: known[name] for name in asked}}, self.shapes)
        if value is None:
            value = f"{self.vendored.name_of(rule, hint)}({', '.join([dz, *[known[name] for name in asked]])})"
        return value

    def _unbroadcast(self, step: Step, g: str) -> str:
        shape = step.settings["shape"]
        before = self.program.slots[step.operands[0]].shape
        extra = len(before) - len(shape)
        ones = [extra + k for k, size in enumerate(shape) if size == 1 and extra >= 0 and before[extra + k] != 1]
        if extra >= 0 and not ones:
            axes = ", ".join(map(str, range(extra)))
            return f"{g}.sum(axis=({axes},))" if extra > 1 else f"{g}.sum(axis={axes})"
        if extra == 0 and len(ones) == 1:
            return f"{g}.sum(axis={ones[0]}, keepdims=True)"
        return f"{self.vendored.name_of(step.op.function)}({g}, {literal(shape)})"

    # -- NumPy

    def _index(self, index: Any, step: Step) -> str:
        parts = index if isinstance(index, tuple) else (index,)
        shown = []
        for part in parts:
            if type(part) is slice and all(type(x) in (int, type(None)) for x in (part.start, part.stop, part.step)):
                start, stop = ("" if x is None else str(x) for x in (part.start, part.stop))
                shown.append(f"{start}:{stop}" + ("" if part.step is None else f":{part.step}"))
            else:
                shown.append(self.text(part, step))
        return ", ".join(shown) + ("," if isinstance(index, tuple) and len(shown) == 1 else "") or "()"

    def _call(self, step: Step) -> str:
        op = step.op
        args, kwargs = step.settings["args"], step.settings.get("kwargs") or {}
        parts = [self.text(part, step) for part in args]
        named = [f"{key}={self.text(value, step)}" for key, value in kwargs.items()]
        if op.name == "ndarray.__getitem__":
            return self._given(step, f"{parts[0]}[{self._index(args[1], step)}]")
        if op.name == "ndarray.__setitem__":
            return f"{parts[0]}[{self._index(args[1], step)}] = {parts[2]}"
        if isinstance(op, Draw):
            return self._given(step, f"rng.{op.method}({', '.join(parts + named)})")
        if op.name.startswith("ndarray."):
            method = op.name.removeprefix("ndarray.")
            return self._given(step, f"{_grouped(parts[0])}.{method}({', '.join(parts[1:] + named)})")
        function = op.name if op.name.startswith("np.") else self.vendored.name_of(op.function)
        ufunc = getattr(np, op.name.removeprefix("np."), None)
        if isinstance(ufunc, np.ufunc) and not named:
            return self._given(step, self._ufunc(ufunc, parts))
        return self._given(step, f"{function.replace('np._core', 'np')}({', '.join(parts + named)})")


def _grouped(text: str) -> str:
    return text if isinstance(ast.parse(text, mode="eval").body, (ast.Name, ast.Call)) else f"({text})"


def _simple(value: Any) -> bool:
    try:
        literal(value)
    except CaptureError:
        return False
    return value is not ...
