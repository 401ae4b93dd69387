"""The way between the records: what arrives at a value must be the sum of what its uses send."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .. import engine
from ..records import Leaf, Record
from ..tapes import HookList
from ..tensors.core import wrap
from .claim import WRONG, Finding, Worst
from .recording import Call, FunctionCall, OwnTape, Recording
from .records import index_of
from .report import RecordResult

_MOST_USES = 6  # of one value, among which the lost ones are looked for


class Wiring:
    """A backward pass over a recording, and what arrived at every value on the way."""

    def __init__(self, recording: Recording, weights: Sequence[Array]) -> None:
        self.recording = recording
        self.arrived: dict[Any, Any] = {}
        self.unsteady: set[Any] = set()  # nodes that a Function sends another gradient each time it is asked
        tracked = [(z, w) for z, w in zip(recording.outputs, weights, strict=True) if z._node is not None]
        self.outputs = [z for z, _ in tracked]
        self.seeds = [np.asarray(w, z._array.dtype) for z, w in tracked]
        self.leaves = [(node, tensor) for node in recording.leaves if (tensor := node.tensor()) is not None]
        hooks = recording.tape.hooks
        before = {key: HookList(entries) for key, entries in hooks.items()}
        self.hooked = set(before)
        for record in recording.tape:
            hooks.setdefault(id(record), HookList()).append(self._noting(record))
        self.gradients, self.aliases = self._backward(retain=True)
        hooks.clear()
        hooks.update(before)

    def repeats(self) -> bool:
        """Does the ordinary way, which frees what it has used, give the same to the last bit? Ends the recording."""
        again, _ = self._backward(retain=False)
        return all(_equal(self.gradients[node], again[node]) for node in again)

    def _backward(self, retain: bool) -> tuple[dict[Any, Array | None], list[tuple[Any, Any]]]:
        before = [(tensor, tensor._grad) for _, tensor in self.leaves]
        for _, tensor in self.leaves:
            tensor._grad = None
        try:
            with OwnTape(self.recording.tape):
                if self.outputs:
                    engine.backward(self.outputs, [wrap(w.copy()) for w in self.seeds], retain_graph=retain)
            found = {node: None if t._grad is None else t._grad._array.copy() for node, t in self.leaves}
            return found, _shared([tensor for _, tensor in self.leaves])
        finally:
            for tensor, grad in before:
                tensor._grad = grad

    def _noting(self, record: Record) -> Any:
        def note(dz: Any) -> Any:
            self.arrived[record] = (
                [None if part is None else np.array(part) for part in dz] if isinstance(dz, list) else np.array(dz)
            )
            return dz

        return note

    def sent(self) -> dict[Any, Any]:
        """Record -> what it sends to its inputs, and elsewhere, for the cotangent that arrived at it."""
        sent = {}
        for call in self.recording.calls:
            dz = self.arrived.get(call.record)
            if call.inside or dz is None or call.consumed:
                continue
            try:
                sent[call.record] = call.pull_as_recorded(list(dz) if isinstance(dz, list) else dz.copy())
                if isinstance(call, FunctionCall):
                    again, _ = call.pull_as_recorded(list(dz) if isinstance(dz, list) else dz.copy())
                    if not all(_equal(a, b) for a, b in zip(again, sent[call.record][0], strict=True)):
                        self.unsteady.update(call.record.parents)
            except Exception:  # said where the record itself is checked
                continue
        return sent


def _shared(tensors: list[Any]) -> list[tuple[Any, Any]]:
    """Pairs of leaves whose gradients share memory; a leaf twice, if its gradient shares memory with its value."""
    filled = [t for t in tensors if t._grad is not None and t._grad._array.size]
    pairs = [(a, a) for a in filled if np.may_share_memory(a._grad._array, a._array)]
    for i, a in enumerate(filled):
        pairs += [(a, b) for b in filled[i + 1 :] if np.may_share_memory(a._grad._array, b._grad._array)]
    return pairs


def wiring_faults(wiring: Wiring) -> tuple[list[RecordResult], dict[Any, str]]:
    """Records, and leaves with a message, at which not everything arrives that is sent, or more."""
    recording, sent = wiring.recording, wiring.sent()
    expected: dict[Any, list[tuple[Call | None, Array]]] = {}
    for z, seed in zip(wiring.outputs, wiring.seeds, strict=True):
        expected.setdefault(z._node, []).append((None, seed))
    for call in recording.calls:
        if call.inside or call.record not in sent:
            continue
        parts, elsewhere = sent[call.record]
        for node, g in [*zip(call.record.parents, parts, strict=True), *elsewhere.items()]:
            if g is not None and not isinstance(g, list):
                expected.setdefault(node, []).append((call, np.asarray(getattr(g, "_array", g))))
    results, leaves = [], {}
    calls = {call.record: call for call in recording.calls if not call.inside}
    for node, uses in expected.items():
        if node in wiring.unsteady:
            continue
        if isinstance(node, Leaf):
            if node.hooks:
                continue
            got = wiring.gradients.get(node)
        elif id(node) in wiring.hooked:
            continue
        else:
            got = wiring.arrived.get(node)
        total: Array = np.sum([np.asarray(g, np.float64) for _, g in uses], axis=0)
        size = sum(float(np.abs(np.where(np.isfinite(g), g, 0)).max(initial=0)) for _, g in uses)
        if isinstance(got, list):
            continue
        value = np.zeros_like(total) if got is None else np.asarray(got)
        loose = 1e-4 if uses[0][1].dtype != np.float64 else 1e-10
        off = np.abs(value - total)
        off = np.where(np.isfinite(off), off, 0)
        if value.shape == total.shape and off.max(initial=0) <= loose * size:
            continue
        message = _blame(value, total, uses, loose * size)
        if isinstance(node, Leaf):
            leaves[node] = message
            continue
        at = int(off.argmax())
        of = calls.get(node) or calls.get(getattr(node, "inputs", None))  # type: ignore[arg-type]
        if of is not None:
            worst = Worst(index_of(total, at), float(value.flat[at]), float(total.flat[at]), 0.0)
            result = RecordResult.of(of, "result", Finding(WRONG, worst))
            result.hint = message
            results.append(result)
    return results, leaves


def _blame(value: Array, total: Array, uses: list[tuple[Call | None, Array]], room: float) -> str:
    """What arrived as a sum of what was sent, some of it left out or counted twice."""
    if len(uses) == 1:
        return "what arrives is not what its use sends: lost or overwritten on the way"
    text = f"its value is used {len(uses)} times, and what arrives is not the sum of what the uses send"
    if value.shape != total.shape or len(uses) > _MOST_USES:
        return text
    for times in sorted(product((1, 0, 2), repeat=len(uses)), key=lambda t: sum(n != 1 for n in t)):
        if np.abs(value - sum(n * g for n, (_, g) in zip(times, uses, strict=True))).max(initial=0) <= room:
            named = [f"{call.op} ({call.line})" if call is not None else "the output" for call, _ in uses]
            lost = " and ".join(name for n, name in zip(times, named, strict=True) if n == 0)
            twice = " and ".join(name for n, name in zip(times, named, strict=True) if n == 2)
            parts = [f"that from {lost} is lost"] * bool(lost) + [f"that from {twice} is counted twice"] * bool(twice)
            return f"{text}: {', '.join(parts)}"
    return text


def _equal(a: Array | None, b: Array | None) -> bool:
    if a is None or b is None:
        return a is b
    a, b = (np.asarray(getattr(x, "_array", x)) for x in (a, b))
    return bool(np.array_equal(a, b, equal_nan=True))
