"""Operations that are not the library's: what their functions and rules must return.

The operations of the library are tested one by one, so nobody asks while they run. Those that a user declares with
`autograd.op.op` are looked at: by `declared` when the declaration is made, and here

    value      when the function has run: an array, or as many as were announced, in memory of their own
    one, all   when a rule has run: a cotangent for each input, of its shape, brought to its dtype
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from .broadcast import unbroadcast
from .errors import DTypeError, GraphError, NoRuleError
from .plan import wrong_shape
from .products import Product, computed
from .records import Record
from .tensors.core import Core, wrap
from .tensors.promotion import cast

Function = Callable[..., Any]


class Own:
    """What is asked of one operation of a user's: its `op.own`, which is None for those of the library."""

    def __init__(self, op: Any) -> None:
        self.op = op
        self.results = op.outputs + len(op.keeps) if op.outputs > 0 else -1

    # -- the value

    def called(self, given: Sequence[Any]) -> None:
        """Raise if there are more inputs than the operation has, or too few."""
        op = self.op
        if op.variadic or len(op.inputs) - self.optional <= len(given) <= len(op.inputs):
            return
        settings = ", ".join(f"{name}=..." for name in op.defaults)
        raise TypeError(
            f"{op.name}: wanted {listed(op.inputs)} by position{' and ' + settings + ' by name' if settings else ''}, "
            f"got {len(given)} by position"
        )

    @property
    def optional(self) -> int:
        """How many of the last inputs may be left out."""
        return len(getattr(inspect.unwrap(self.op.forward), "__defaults__", None) or ())

    def choose(self, *arrays: Any, **settings: Any) -> Any:
        """The function of the operation, and a look at what it returns."""
        z = self.op.forward(*arrays, **settings)
        if self.results == 1:
            return self.value(z, arrays)
        if not isinstance(z, (tuple, list)) or len(z) != self.results != -1:
            self._refuse_results(z)
        return tuple([self.value(part, arrays, k < self.op.outputs) for k, part in enumerate(z)])

    def value(self, z: Any, arrays: Sequence[Any], result: bool = True) -> Any:
        """A result as an array that shares no memory with inputs, unless the op is a view; what is kept as it is."""
        if not result:
            return z
        if type(z) is np.ndarray and z.base is None and z.dtype.kind in "fiub" and not any(z is x for x in arrays):
            return z
        if isinstance(z, Core):
            z = z._array
        if z is None or isinstance(z, tuple):
            self._refuse_results(z)
        z = np.asarray(z)
        if z.dtype.kind not in "fiub":
            raise DTypeError(f"{self.op.name}: wanted an array of numbers from its function, got one of {z.dtype}")
        if not self.op.view and any(isinstance(x, np.ndarray) and np.may_share_memory(z, x) for x in arrays):
            return z.copy()
        return z

    def _refuse_results(self, z: Any) -> NoReturn:
        op = self.op
        wanted = "an array"
        if self.results != 1:
            kept = f" and {len(op.keeps)} kept for rules ({', '.join(op.keeps)})" if op.keeps else ""
            wanted = f"a tuple of {op.outputs} result{'s' * (op.outputs != 1)}{kept}"
        got = f"a tuple of {len(z)}" if isinstance(z, (tuple, list)) else f"{kind(z)}"
        more = "; results are announced by outputs=2, what is for rules alone by keeps=('name',)"
        raise TypeError(
            f"{op.name}: wanted {wanted} from its function, {where(op.forward)}, got {got}"
            f"{more if isinstance(z, tuple) and self.results == 1 else ''}"
        )

    # -- the gradient

    def all(self, record: Record, together: Any) -> Any:
        """What the joint rule gave: a cotangent, or None, for each input."""
        op = self.op
        count = max(record.plan.wanted) + 1 if op.variadic else len(op.inputs)
        got = len(together) if isinstance(together, (tuple, list)) else -1
        if got < count or (got > count and not op.variadic):
            raise GraphError(
                f"{op.name}: the joint rule returned {kind(together) if got < 0 else f'a tuple of {got}'}, wanted a "
                f"tuple of one cotangent for each of the inputs ({listed(op.inputs)}), None for one without; recorded "
                f"at {record.line}"
            )
        return together

    def one(self, record: Record, name: str, g: Any, node: Any, dz: Any) -> Any:
        """What a rule gave for the input called `name`, of that input's shape and dtype."""
        tensors = isinstance(dz, Core) or (isinstance(dz, (tuple, list)) and any(isinstance(x, Core) for x in dz))
        if isinstance(g, Product):
            g = computed(g)
        if isinstance(g, (bool, int, float, complex)):
            g = np.asarray(g)
        if not isinstance(g, (np.ndarray, np.generic, Core)):
            self._refuse(record, name, g, node)
        if isinstance(g, Core) and not tensors:
            g = g._array
        array = g._array if isinstance(g, Core) else g
        if array.shape != node.shape:
            if not self.op.broadcasts or (self.op.outputs == 1 and array.shape != record.shape):
                raise wrong_shape(record, name, array, node)
            g = unbroadcast(g, node.shape)
            array = g._array if isinstance(g, Core) else g
        if array.dtype != node.dtype:
            if array.dtype.kind not in "fiubc":
                self._refuse(record, name, array, node)
            g = cast(g, node.dtype) if isinstance(g, Core) else np.real(array).astype(node.dtype)
        return wrap(np.asarray(g)) if tensors and not isinstance(g, Core) else g

    def _refuse(self, record: Record, name: str, g: Any, node: Any) -> NoReturn:
        hint = ""
        if g is None:
            hint = (
                f"; zeros say that nothing goes back this time, d{name}=None in the declaration that nothing ever does"
            )
        elif isinstance(g, (tuple, list)):
            hint = "; for one rule that gives the cotangents of all inputs there is joint=..."
        got = f"an array of {g.dtype}" if isinstance(g, np.ndarray) else kind(g)
        raise GraphError(
            f"{self.op.name}: the rule for {name} returned {got}, wanted an array of shape {node.shape}{hint}; "
            f"recorded at {record.line}"
        )

    def twice(self, record: Record) -> None:
        """Raise where the gradient of an operation is recorded whose rules see arrays only, and cannot be."""
        op = self.op
        if op.keeps and op.formula is None:
            raise NoRuleError(
                f"{op.name}: wanted a formula=... for its second derivative, got none: it keeps {listed(op.keeps)}, "
                "of which no derivative is known. A formula computes the same in NumPy's functions; recorded at "
                f"{record.line}"
            )


def listed(names: Any) -> str:
    return ", ".join(names)


def kind(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"an array of shape {x.shape}"
    name = type(x).__name__
    return "None" if x is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def where(function: Any) -> str:
    """A function by its name and line."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    name = getattr(function, "__name__", repr(function))
    return name if code is None else f"{name} in line {code.co_firstlineno} of {code.co_filename.rpartition('/')[2]}"
