"""`check_grads`: which operation has a wrong rule, and whether the whole is right."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import AutogradError, GraphError
from ..tensors.core import Core, wrap
from ..tracing import leaves_of, rebuild
from .claim import INCONCLUSIVE, KINK, WRONG, Claim, Finding
from .compare import Comparison
from .hints import hint
from .recording import Call, OwnTape, Recording, gradients, leaf
from .records import check_call, check_second, precision_of, raised, said, weighings
from .report import GradReport, InputResult, RecordResult
from .wiring import Wiring, wiring_faults
from .world import InFloat64, World


def check_grads(
    fn: Callable[..., Any],
    inputs: Any = (),
    *,
    second_order: bool = False,
    rtol: float = 1e-5,
    exact: int = 200,
    projections: int = 3,
    seed: int = 0,
) -> GradReport:
    """Check every operation that `fn(*inputs)` records, and the gradient as a whole; says which operation is wrong.

    fn             takes and returns Tensors, or nests of tuples, lists and dicts of them; a module, for example.
                   Leaves that it reaches by itself, such as parameters, are checked too
    inputs         one Tensor or array, or a sequence of arguments. Those that require grad are differentiated by; if
                   none does, all of floating point dtype are
    second_order   also check the derivative of each rule, and the second derivative of the whole
    rtol           relative error up to which a gradient counts as correct; slopes are measured in float64
    exact          up to this many elements each one is moved by itself; beyond, random directions are tried
                   (`projections` of them), and where one is wrong, it is halved down to the elements
    seed           of the random weights and directions: the same seed gives the same report

    Each rule is compared with differences of the operation's own forward function at the values that it had in this
    run, so a fault is found where it is and nowhere else. Then the function itself is differenced, which finds what is
    lost between the operations. Float32 programs are run again in float64 for that. State that the function changes
    (random generators, buffers of modules, `.grad`) is as before afterwards.

    >>> from autograd import tensor
    >>> check_grads(lambda x: (x * x).sum(), tensor([1.0, 2.0])).verdict
    'correct'
    """
    limits: dict[str, Any] = {"rtol": rtol, "exact": exact, "projections": projections}
    return _Check(fn, inputs, seed, limits).report(second_order)


class _Check:
    def __init__(self, fn: Callable[..., Any], inputs: Any, seed: int, limits: dict[str, Any]) -> None:
        self.fn = fn
        self.rng = np.random.default_rng(seed)
        self.limits = limits
        args = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
        self.args = [rebuild(arg, [_as_tensor(x) for x in leaves_of(arg)]) for arg in args]
        values = [x for arg in self.args for x in leaves_of(arg)]
        floating = [i for i, x in enumerate(values) if isinstance(x, Core) and x._array.dtype.kind == "f"]
        chosen = [i for i in floating if values[i]._node is not None]
        self.chosen = chosen or floating
        self.values = [x._array.copy() if isinstance(x, Core) else x for x in values]
        names = _names(fn, self.args)
        self.names = [names[i] for i in self.chosen]
        self.world = World(fn)
        self.notes: list[str] = []
        self.nested = False  # does the function differentiate something itself?

    # -- running the function

    def _arguments(self, leaves: Sequence[Any], double: bool) -> list[Any]:
        """The arguments with `leaves` as those that are differentiated by."""
        given = dict(zip(self.chosen, leaves, strict=True))
        fresh = []
        for i, x in enumerate(self.values):
            if i in given:
                fresh.append(given[i])
            elif isinstance(x, np.ndarray):
                fresh.append(wrap(x.astype(np.float64) if double and x.dtype.kind == "f" else x.copy()))
            else:
                fresh.append(x)
        waiting = iter(fresh)
        return [rebuild(arg, [next(waiting) for _ in leaves_of(arg)]) for arg in self.args]

    def _leaves(self, arrays: Sequence[Array] | None = None, double: bool = False) -> list[Any]:
        arrays = [self.values[i] for i in self.chosen] if arrays is None else arrays
        return [leaf(x.astype(np.float64) if double else x) for x in arrays]

    def _value(self, arrays: Sequence[Array], closed: Sequence[Any], double: bool) -> list[Array]:
        """The outputs for other values of inputs and closed-over leaves, in the remembered state."""
        self.world.restore()
        count = len(self.chosen)
        for tensor, array in zip(closed, arrays[count:], strict=True):
            tensor._array[...] = array
        return self._run(arrays[:count], double)

    def _run(self, arrays: Sequence[Array], double: bool) -> list[Array]:
        """The outputs, without recording if the function does not need that."""
        if not self.nested:
            before = self.world.state()
            try:
                with OwnTape(record=False):
                    return _floating(self.fn(*self._arguments([wrap(x.copy()) for x in arrays], double)))
            except GraphError:  # it asks for gradients within
                self.nested = True
                self.world.restore(before)
        with OwnTape():
            return _floating(self.fn(*self._arguments([leaf(x) for x in arrays], double)))

    # -- the report

    def report(self, second_order: bool) -> GradReport:
        try:
            with np.errstate(all="ignore"):
                return self._report(second_order)
        finally:
            self.world.restore()

    def _report(self, second_order: bool) -> GradReport:
        leaves = self._leaves()
        recording = Recording(self.fn, self._arguments(leaves, False))
        self._notice_changes(recording)
        found = GradReport(notes=self.notes, subject=(self.fn, tuple(self.args)))
        closed = self._closed_over(recording, leaves)
        if not self.chosen and not closed:
            raise GraphError("check_grads: wanted at least one floating point input or leaf to differentiate by")
        calls = [call for call in recording.calls if call.record.plan.name != "module_gate"]
        for call in calls:
            found.records += check_call(call, self.rng, **self.limits)
        if second_order:
            for call in calls:
                found.records += check_second(call, self.rng, **self.limits)
        weights = weighings([z._array for z in recording.outputs], self.rng)
        messages: dict[Any, str] = {}
        if recording.leaves:
            faults, messages = self._wired(recording, weights[1])
            seen = {(r.index, r.op) for r in found.wrong}
            found.records += [fault for fault in faults if (fault.index, fault.op) not in seen]
        found.records.sort(key=lambda r: (r.order, r.index))
        found.inputs = self._end_to_end(leaves, closed, found, second_order)
        self._explain(found, messages, leaves, closed, calls)
        return found

    def _wired(self, recording: Recording, weights: Sequence[Array]) -> tuple[list[RecordResult], dict[Any, str]]:
        """What is wrong with the way between the records: results for records, messages for leaves."""
        try:
            wiring = Wiring(recording, weights)
            faults, messages = wiring_faults(wiring)
            for a, b in wiring.aliases:
                what = "its own value" if a is b else "the gradient of another leaf"
                messages.setdefault(a._node, f"its gradient shares memory with {what}")
            if not wiring.repeats():
                for node in recording.leaves:
                    messages.setdefault(node, "two backward passes over the same records give different gradients")
        except np.linalg.LinAlgError as error:
            self.notes.append(f"backward raises {said(error)}")
            return [], {}
        except Exception as error:  # of a rule: whatever somebody's code raises
            return [], dict.fromkeys(recording.leaves, f"backward raises {said(error)}")
        return faults, messages

    def _closed_over(self, recording: Recording, leaves: Sequence[Any]) -> list[Any]:
        """The leaves that the function reached by itself."""
        own = {x._node for x in leaves}
        tensors = [t for node in recording.leaves if node not in own and (t := node.tensor()) is not None]
        for tensor in tensors:
            self.world.add(tensor)
        known = {id(t): i for i, t in enumerate(self.world.tensors)}
        tensors.sort(key=lambda t: known[id(t)])
        if len(self.world._arrays) != len(self.world.tensors):
            self.world.restore()
            self.world.remember()
        return tensors

    def _notice_changes(self, recording: Recording) -> None:
        """Run it again as it is now, and again from the same state: does it change between calls?"""
        changes = self.world.changes()
        first = [z._array.copy() for z in recording.outputs]
        start = [self.values[i] for i in self.chosen]
        again = self._run(start, False)
        self.world.restore()
        differs = not _alike(first, again)
        if changes:
            then = "; its result differs from call to call" if differs else ""
            self.notes.append(
                f"the function changes between calls: {' and '.join(changes)}{then}. Put back before each call here"
            )
        self.repeatable = True
        if differs:
            third = self._run(start, False)
            self.world.restore()
            if not _alike(first, third):
                self.repeatable = False
                self.notes.append(
                    "the function changes between calls, and not by any state that could be put back (the generators "
                    "of autograd, NumPy and Python, and the modules and Tensors that it reaches): end to end there is "
                    "nothing to compare"
                )

    # -- end to end

    def _end_to_end(
        self, leaves: list[Any], closed: list[Any], found: GradReport, second_order: bool
    ) -> list[InputResult]:
        names = [*self.names, *(self.world.name(t, i) for i, t in enumerate(closed))]
        shapes = [*(x._array.shape for x in leaves), *(t._array.shape for t in closed)]

        def results(findings: Sequence[Finding], claim: Claim | None, order: int) -> list[InputResult]:
            listed = []
            for k, finding in enumerate(findings):
                together = k >= len(names)
                name = " and ".join(names) if together else names[k]
                shape = () if together else shapes[k]
                result = InputResult(name, finding.verdict, finding.worst, finding.note, shape, order, k >= len(leaves))
                if finding.verdict == WRONG and claim is not None and not together and not found.wrong:
                    result.hint = finding.note or hint(finding, k, claim, None)
                listed.append(result)
            return listed

        if not self.repeatable:
            return results([Finding(INCONCLUSIVE) for _ in names], None, 1)
        with InFloat64(self.world):
            try:
                listed = self._measured(closed, True, found, results, second_order)
                if listed is not None:
                    return listed
            except (AutogradError, TypeError, ValueError) as error:
                self.notes.append(f"the function does not run in float64 ({error}): its slopes are measured as it is")
        return self._measured(closed, False, found, results, second_order) or []

    def _measured(
        self, closed: list[Any], double: bool, found: GradReport, results: Callable[..., Any], second_order: bool
    ) -> list[InputResult] | None:
        count = len(self.chosen)
        start = [self.values[i].astype(np.float64) for i in self.chosen] + [t._array.astype(np.float64) for t in closed]
        base = self._value(start, closed, double)
        precision = precision_of(base)
        if double and precision > 1e-10:
            self.notes.append("the function computes in float32 even on float64 inputs: its slopes are less exact")
        weights = weighings(base, self.rng)
        limits = dict(
            self.limits, exact=min(self.limits["exact"], 16), projections=min(self.limits["projections"], 2), sample=1
        )
        if precision > 1e-10:
            limits["rtol"] = max(limits["rtol"], 2e-3)
        if found.wrong:  # the operations say what is wrong: here nobody looks for a pattern
            limits["pattern"] = 1

        def analytic(arrays: Sequence[Array], row: Sequence[Array]) -> list[Array]:
            self.world.restore()
            for tensor, array in zip(closed, arrays[count:], strict=True):
                tensor._array[...] = array
            inputs = self._leaves(arrays[:count], double)
            if not double:
                inputs = [leaf(x.astype(self.values[i].dtype)) for i, x in zip(self.chosen, arrays, strict=False)]
            with OwnTape():
                outs = _tensors(self.fn(*self._arguments(inputs, double)))
                return [np.asarray(g, np.float64) for g in gradients(outs, [*inputs, *closed], row)]

        def value(arrays: list[Array]) -> list[Array]:
            if not double:
                arrays = [x.astype(self.values[i].dtype) for i, x in zip(self.chosen, arrays, strict=False)] + arrays[
                    count:
                ]
            return self._value(arrays, closed, double)

        names = [*self.names, *(self.world.name(t, i) for i, t in enumerate(closed))]
        try:
            claimed = [analytic(start, row) for row in weights]
        except Exception as error:
            broken = Finding(raised(error), note=f"backward raises {said(error)}")
            return results([broken] * len(names), None, 1)
        claim = Claim(value, start, names, weights, claimed, regular=False, precision=precision)
        comparison = Comparison(claim, self.rng, **limits)
        listed: list[InputResult] = results(comparison.findings(), claim, 1)
        found.steps = comparison.sweeps()
        if second_order and double:
            listed += self._second(closed, start, analytic, weights[1], limits, results)
        return listed

    def _second(
        self,
        closed: list[Any],
        start: list[Array],
        analytic: Callable[..., list[Array]],
        seeds: list[Array],
        limits: dict[str, Any],
        results: Callable[..., Any],
    ) -> list[InputResult]:
        count = len(self.chosen)
        weights = weighings(start, self.rng)
        claimed = []
        try:
            for row in weights:
                self.world.restore()
                inputs = self._leaves(start[:count], True)
                with OwnTape():
                    outs = _tensors(self.fn(*self._arguments(inputs, True)))
                    first = gradients(outs, [*inputs, *closed], seeds, create_graph=True)
                    claimed.append([np.asarray(g) for g in gradients(first, [*inputs, *closed], row)])
        except AutogradError as error:
            self.notes.append(f"no second derivative end to end: {error}")
            return []
        claim = Claim(lambda arrays: analytic(arrays, seeds), start, [], weights, claimed, regular=False)
        claim.names = [*self.names, *(self.world.name(t, i) for i, t in enumerate(closed))]
        listed: list[InputResult] = results(Comparison(claim, self.rng, **limits).findings(), claim, 2)
        return listed

    def _explain(
        self, found: GradReport, messages: dict[Any, str], leaves: list[Any], closed: list[Any], calls: list[Call]
    ) -> None:
        """Say what the end-to-end part alone shows: lost between records, or past the tape."""
        nodes = [x._node for x in [*leaves, *closed]]
        deliberate = list(dict.fromkeys(f"{call.op} at {call.line}" for call in calls if call.altered()))
        for k, result in enumerate(found.inputs):
            message = messages.get(nodes[k]) if k < len(nodes) else None
            if message is not None:
                raises = message.startswith("backward raises") and found.wrong
                result.verdict, result.hint = WRONG, "follows from the operations above" if raises else message
            elif result.verdict == WRONG and (result.order == 1 or deliberate):
                if found.wrong:
                    result.hint = "follows from the operations above"
                elif deliberate:
                    result.verdict = INCONCLUSIVE
                    result.hint = f"{', '.join(deliberate)}: its gradient differs from the derivative on purpose"
                else:
                    result.hint = (result.hint + "; " if result.hint else "") + (
                        "every recorded operation is right: the value also goes a way that the tape does not see "
                        "(detach, item, numpy, no_grad, a copy made by hand)"
                    )
        if any(r.verdict == KINK for r in found.records):
            places = list(dict.fromkeys(f"{r.op} at {r.line}" for r in found.records if r.verdict == KINK))
            self.notes.append(
                f"evaluated at a kink of {', '.join(places)}: there is no derivative there, only a convention; move "
                "the inputs a little to check beside it"
            )


def _as_tensor(x: Any) -> Any:
    return wrap(x) if isinstance(x, np.ndarray) else x


def _names(fn: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """A name for each leaf of the arguments, from the parameters of the function."""
    try:
        function = fn.forward if hasattr(fn, "forward") and hasattr(fn, "named_parameters") else fn
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names: list[str] = []
    for i, arg in enumerate(args):
        plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        name = plain[i].name if i < len(plain) else f"input {i}"
        count = len(leaves_of(arg))
        if isinstance(arg, dict):
            names += [f"{name}[{key!r}]" for key in arg] if count == len(arg) else [f"{name} {j}" for j in range(count)]
        elif isinstance(arg, (tuple, list)):
            names += [f"{name}[{j}]" for j in range(count)]
        else:
            names.append(name)
    return names


def _tensors(result: Any) -> list[Any]:
    return [wrap(z) if isinstance(z, np.ndarray) else z for z in leaves_of(result) if _is_floating(z)]


def _floating(result: Any) -> list[Array]:
    return [z._array.copy() if isinstance(z, Core) else z.copy() for z in leaves_of(result) if _is_floating(z)]


def _is_floating(z: Any) -> bool:
    array = z._array if isinstance(z, Core) else z
    return isinstance(array, np.ndarray) and array.dtype.kind == "f"


def _alike(first: Sequence[Array], second: Sequence[Array]) -> bool:
    return len(first) == len(second) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True)
        for a, b in zip(first, second, strict=True)
    )
