"""Matching: is an operation that is called now the one that a step of an earlier call says?

Results of this call are compared by identity, as promises. What comes from outside is taken when it first comes up, and
is known by its number from then on; it fits a step if it is of the kind, shape and dtype that the step was learned
with. Numbers and settings are compared by value.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ..interpreter import Interpreter
from ..records import Leaf
from ..shared import SHARED, is_shared
from ..tensors.core import Core, wrap
from ..tensors.promotion import Scalar, constants
from ..writes import COPIED
from .learned import Constant, Given, Number, Step, facts_of, fixed, plain, same


class Matching(Interpreter):
    """What came up in a call so far: results, and what was given from outside.

    promises   of the results, by slot
    given      Tensors, arrays and numbers from outside
    then       what these were when they came: copies of arrays, (Tensor, array, node) of Tensors
    places     id of one -> its number
    known      while learning: id of a Tensor that was a result -> its slot
    rewrites   slots of values that were written to the memory of an earlier one: see `rewriting`
    rewriting  is that being done now? Nothing else may wait for such a value, which may be overwritten once more
    """

    rewriting = False

    def nothing_given(self) -> None:
        """Begin anew."""
        self.promises: list[Any] = []
        self.given: list[Any] = []
        self.then: list[Any] = []
        self.places: dict[int, int] = {}
        self.known: dict[int, int] = {}
        self.rewrites: set[int] = set()

    def _fits(self, step: Step, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool = False) -> bool:
        """Is this call the same as that of a step? Notes what it is given, if it is."""
        wants = step.inputs
        if len(wants) != len(inputs) or keeping is not (step.kept is not None):
            return False
        before, promises = len(self.given), self.promises
        for want, x in zip(wants, inputs):
            if not (promises[want] is x if want.__class__ is int else self._matches(want, x)):
                break
        else:
            if not settings and not step.settings and not step.arrays:
                return True
            if self._same_settings(step, settings):
                return True
        self._give_back(before)
        return False

    def _give_back(self, before: int) -> None:
        """Forget what was given after that: it was for a step that did not fit."""
        for x in self.given[before:]:
            self.places.pop(id(x), None)
        del self.given[before:], self.then[before:]

    def _matches(self, want: Any, x: Any) -> bool:
        """Is `x`, which comes from outside, what a step wants?"""
        if want.__class__ is Given:
            number = want.number
            if number < len(self.given):
                return self.given[number] is x and (type(x) is not np.ndarray or fixed(x))
            key = id(x)
            if key in self.places and (type(x) is not np.ndarray or fixed(x)):
                return False
            seen = want.seen
            if seen is not None and seen[0] is x and seen[1] is x._array and seen[2] is x._node:
                if SHARED and is_shared(x):
                    return False  # it may be written to without a word
                self.places[key] = number
                self.given.append(x)
                self.then.append(seen)
                return True
            return self._alike(want, x)
        kind = type(x)
        if want.__class__ is Number:
            number = x.number if kind is Scalar else x
            if type(number) is not want.kind or (kind is Scalar and x.dtype != want.dtype):
                return False
            self._add(constants[want.dtype][number])
            return True
        return want.__class__ is Constant and same(want.value, x)

    def _alike(self, want: Given, x: Any) -> bool:
        """Is `x`, which is new, of the kind, shape and dtype that a step wants? Then take it."""
        kind = type(x)
        if kind is not want.kind or (SHARED and kind is not np.ndarray and is_shared(x)):
            return False
        array = x if kind is np.ndarray else x._array
        shape, dtype, strides, tracked, _ = want.facts
        if array.shape != shape or array.dtype != dtype or array.strides != strides:
            return False
        if kind is not np.ndarray and (x._node is not None) is not tracked:
            return False
        self._take(x)
        if kind is not np.ndarray and x._node.__class__ is Leaf:
            want.seen = self.then[-1]
        return True

    def _take(self, x: Any) -> int:
        """A Tensor or an array from outside, as it is now."""
        number = self.places[id(x)] = len(self.given)
        self.given.append(x)
        if type(x) is np.ndarray:
            self.then.append(x if fixed(x) else x.copy())
        else:
            self.then.append((x, x._array, x._node))
        return number

    def _add(self, constant: Any) -> int:
        """A number from outside, as an array."""
        self.given.append(constant)
        self.then.append(constant)
        return len(self.given) - 1

    def _as_given(self) -> list[Any]:
        """What was given, as it was when it was given: its node or array may be another one now."""
        found = []
        for x, then in zip(self.given, self.then):
            if type(x) is np.ndarray:
                found.append(then)
            else:
                found.append(x if x._array is then[1] and x._node is then[2] else wrap(*then[1:]))
        return found

    def _same_settings(self, step: Step, settings: dict[str, Any]) -> bool:
        if len(settings) != len(step.settings) + len(step.arrays):
            return False
        wanted = step.settings
        for name, value in settings.items():
            if type(value) is np.ndarray:
                want = step.arrays.get(name)
                if want is None or not self._matches(want, value):
                    return False
            elif name not in wanted or (wanted[name] is not value and not same(wanted[name], value)):
                return False
        return True

    def _want(self, x: Any) -> Any:
        """What an input is in terms of this path; None if it is nothing that can be compared."""
        if type(x) is Scalar:
            return Number(self._add(x.array), type(x.number), x.dtype)
        if isinstance(x, Core) or type(x) is np.ndarray:
            slot = self.known.get(id(x))
            if slot is not None:
                return slot if self.rewriting or slot not in self.rewrites else None
            number = self.places.get(id(x))
            if number is None or (type(x) is np.ndarray and not fixed(x)):
                if (x.nbytes > COPIED and not fixed(x)) if type(x) is np.ndarray else is_shared(x):
                    return None
                number = self._take(x)
            return Given(number, type(x), facts_of(x))
        return Constant(copy.deepcopy(x)) if plain(x) else None
