"""Each recorded operation on its own: its rule against differences of its forward function at the recorded values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .claim import CORRECT, INCONCLUSIVE, KINK, WRONG, Claim, Finding, Worst
from .compare import Comparison
from .formulas import instead
from .hints import hint
from .recording import Call, FunctionCall, OpCall, OwnTape, Recording, gradients, leaf
from .report import RecordResult

_LOOSE = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 2e-3, np.dtype(np.float16): 5e-2}
"""How far a rule in the recorded dtype may lie from the same rule in float64, relative to the largest element."""


def weighings(outputs: Sequence[Array], rng: np.random.Generator) -> list[list[Array]]:
    """Two sets of random weights for outputs: positive ones, and any."""
    return [
        [rng.uniform(0.5, 1.5, np.shape(z)) for z in outputs],
        [rng.standard_normal(np.shape(z)) for z in outputs],
    ]


def precision_of(outputs: Sequence[Array]) -> float:
    """The eps of the coarsest dtype among some outputs."""
    return max((float(np.finfo(z.dtype).eps) for z in outputs), default=float(np.finfo(np.float64).eps))


def said(error: Exception) -> str:
    """The first line of an error."""
    return f"{type(error).__name__}: {str(error).strip().split(chr(10))[0]}"


def raised(error: Exception) -> str:
    """The verdict on a rule that raises this. A singular matrix is no fault of the rule."""
    return INCONCLUSIVE if isinstance(error, np.linalg.LinAlgError) else WRONG


# ------------------------------------------------------------------------------------------------------ first order


def check_call(call: Call, rng: np.random.Generator, **limits: Any) -> list[RecordResult]:
    """One result per argument that needs a gradient."""
    with np.errstate(all="ignore"):
        try:
            arrays = call.arrays()
            given = [x.copy() for x in arrays]
            outputs = call.run(given)
        except Exception as error:
            return _failed(call, f"it cannot be run again in float64: {said(error)}", INCONCLUSIVE)
        if isinstance(call, OpCall) and not _same(given, list(arrays)):
            return _failed(call, "its function writes into its input", WRONG)
        if not call.repeats(outputs):
            return _failed(
                call, "run again on its own it gives another result, as it draws numbers or keeps state", INCONCLUSIVE
            )
        try:
            claim = _claim(call, arrays, outputs, rng)
        except Exception as error:  # a rule is somebody's code, and this is the place to say what is wrong with it
            if isinstance(call, OpCall) and len(call.wanted) > 1 and not call.record.plan.joint:
                return [result for k in range(len(call.wanted)) for result in check_call(call.by(k), rng, **limits)]
            return _failed(call, f"its rule raises {said(error)}", raised(error))
        findings = Comparison(claim, rng, **limits).findings()
        as_recorded = _as_recorded(call, claim)
    results = []
    for k, finding in enumerate(findings):
        together = k >= len(call.names)
        own = None if as_recorded is None or together else as_recorded[k]
        if own is not None and finding.verdict in (CORRECT, KINK):
            finding = own
        result = RecordResult.of(call, " and ".join(call.names) if together else call.names[k], finding)
        if finding.verdict == WRONG and not finding.note:
            result.hint = hint(finding, k, claim, call, partial(_instead, call, claim, outputs, k, finding))
        result.hint = result.hint or finding.note
        results.append(result)
    return results


def _instead(call: Call, claim: Claim, outputs: list[Array], k: int, finding: Finding) -> str:
    if len(outputs) != 1:
        return ""
    row = next((i for i, g in enumerate(claim.gradients) if g[k] is finding.gradient), 0)

    def derive(arrays: list[Array], dz: Array) -> list[Array]:
        return call.pull(arrays, [dz])

    return instead(derive, claim.inputs, claim.names, claim.weights[row][0], outputs[0], k, finding)


def _claim(call: Call, arrays: list[Array], outputs: list[Array], rng: np.random.Generator) -> Claim:
    weights = weighings(outputs, rng)
    return Claim(
        call.run,
        arrays,
        call.names,
        weights,
        [[np.asarray(g, np.float64) for g in call.pull(arrays, row)] for row in weights],
        analytic=call.analytic,
        precision=precision_of(outputs),
    )


def _failed(call: Call, message: str, verdict: str, order: int = 1) -> list[RecordResult]:
    finding = Finding(verdict)
    results = [RecordResult.of(call, name, finding, order) for name in call.names or [""]]
    for result in results:
        result.hint = message
    return results


def _as_recorded(call: Call, claim: Claim) -> list[Finding | None] | None:
    """What is wrong with the record itself, with the arrays it saved and in its own dtype, if its rule is right."""
    if call.consumed:
        return None
    record = call.record
    dtype = record.dtype
    several = not isinstance(call.value, np.ndarray)
    row = claim.weights[0]
    dz: Any = row[0].astype(dtype) if row else None
    if several:
        parts = list(row)
        dz = [parts.pop(0).astype(dtype) if _is_floating(z) else None for z in _values(call)]
    if dz is None:
        return None
    saved = [(array, array.copy()) for array in record.arrays()]
    given = [None if part is None else part.copy() for part in dz] if several else dz.copy()
    try:
        sent, _ = call.pull_as_recorded(dz)
    except Exception as error:
        return [Finding(raised(error), note=f"its rule raises {said(error)}") for _ in call.names]
    findings: list[Finding | None] = []
    for k, g in enumerate(sent):
        expected = claim.gradients[0][k]
        findings.append(None)
        got = np.zeros_like(expected) if g is None else np.asarray(getattr(g, "_array", g))
        finite = np.isfinite(expected) & np.isfinite(got)
        if got.shape != expected.shape or not finite.any():
            continue
        if g is not None and got.dtype != record.parents[k].dtype:
            findings[k] = Finding(
                WRONG, note=f"the gradient has dtype {got.dtype}, its input {record.parents[k].dtype}"
            )
            continue
        difference = np.where(finite, np.abs(got - expected), 0)
        size = max(float(np.abs(expected[finite]).max()), float(np.abs(got[finite]).max()))
        room = max(_LOOSE[got.dtype], _LOOSE[dtype]) * size + 16 * float(np.finfo(dtype).eps) * _largest(dz)
        if difference.max() > room and not _rounding(call, dz, sent, difference, k):
            at = int(difference.argmax())
            worst = Worst(index_of(expected, at), float(got.flat[at]), float(expected.flat[at]), 0.0)
            findings[k] = Finding(
                WRONG, worst, note="the rule is right, but not on what this record saved: a stale or overwritten value?"
            )
    if _changed(saved) or not _same(dz, given):
        what = "the gradient that it is given" if not _same(dz, given) else "an array that it saved"
        findings[0] = Finding(WRONG, note=f"the rule writes into {what}")
    return findings


def _largest(dz: Any) -> float:
    parts = dz if isinstance(dz, list) else [dz]
    return max((float(np.abs(part).max(initial=0)) for part in parts if part is not None), default=0.0)


def _rounding(call: Call, dz: Any, sent: list[Array | None], difference: Array, k: int) -> bool:
    """Is a difference no larger than what changing the last bits of all that the record saved makes?"""
    record = call.record
    eps = float(np.finfo(record.dtype).eps)
    rng = np.random.default_rng(0)

    def moved(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value * (1 + eps * rng.choice([-1.0, 1.0], value.shape)).astype(value.dtype)
        return type(value)([moved(part) for part in value]) if type(value) in (tuple, list) else value

    saved, spread = record.saved, 0.0
    try:
        for _ in range(4):
            record.saved = moved(saved)
            again = call.pull_as_recorded(moved(dz))[0][k]
            if again is not None and sent[k] is not None:
                change = np.abs(
                    np.asarray(getattr(again, "_array", again)) - np.asarray(getattr(sent[k], "_array", sent[k]))
                )
                spread = max(spread, float(np.nanmax(change, initial=0)))
    finally:
        record.saved = saved
    return float(difference.max()) <= 30 * spread


def _values(call: Call) -> list[Any]:
    values = call.value if isinstance(call.value, (tuple, list)) else [call.value]
    if values:
        return list(values)
    shapes: Any = call.record.shape
    return [np.zeros(shape, call.record.dtype) for shape in shapes]


def _is_floating(z: Any) -> bool:
    return bool(np.asarray(getattr(z, "array", z)).dtype.kind == "f")


def index_of(x: Array, flat: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, x.shape))


def _changed(saved: list[tuple[Array, Array]]) -> bool:
    return any(not np.array_equal(now, before, equal_nan=now.dtype.kind == "f") for now, before in saved)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list):
        return all(x is None or np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    return bool(np.array_equal(a, b))


# ----------------------------------------------------------------------------------------------------- second order


def check_second(call: Call, rng: np.random.Generator, **limits: Any) -> list[RecordResult]:
    """The derivative of the rule, by its inputs and by the cotangent, against differences of the rule on arrays."""
    arrays = call.arrays()
    names = [*call.names, "dz"]
    with np.errstate(all="ignore"):
        try:
            outputs = call.run([x.copy() for x in arrays])
            call.pull(arrays, weighings(outputs, rng)[1])
        except Exception:  # said at first order
            return []
        seeds = weighings(outputs, rng)[1]
        count = len(arrays)

        def rule(values: list[Array]) -> list[Array]:
            return [np.asarray(g) for g in call.pull(values[:count], values[count:])]

        weights = weighings(arrays, rng)
        inner: Recording | None = None
        try:
            claimed = [_second(call, arrays, seeds, row) for row in weights]
            inner = _rule_recorded(call, arrays, seeds)
        except Exception as error:
            once = "twice" in str(error) and isinstance(call, FunctionCall)
            return _failed(call, f"no second derivative: {said(error)}", INCONCLUSIVE if once else raised(error), 2)[:1]
        claim = Claim(rule, [*arrays, *seeds], [*names[:-1], *["dz"] * len(seeds)], weights, claimed)
        findings = Comparison(claim, rng, **limits).findings()
    results = []
    for k, finding in enumerate(findings[: count + len(seeds)]):
        result = RecordResult.of(call, claim.names[k], finding, 2)
        if finding.verdict == WRONG:
            result.hint = finding.note or hint(finding, k, claim, None)
        results.append(result)
    for extra in findings[count + len(seeds) :]:
        results.append(RecordResult.of(call, " and ".join(dict.fromkeys(names)), extra, 2))
        results[-1].hint = extra.note
    if inner is not None and any(result.verdict == WRONG for result in results):
        guilty = _guilty(inner, rng, limits)
        if guilty:
            for result in results:
                if result.verdict == WRONG:
                    result.hint = f"its rule uses {guilty}; {result.hint}".rstrip("; ")
    return results


def _second(call: Call, arrays: list[Array], seeds: list[Array], row: list[Array]) -> list[Array]:
    with OwnTape():
        leaves, outs = call.on_tensors(arrays)
        cotangents = [leaf(seed) for seed in seeds]
        first = gradients(outs, leaves, cotangents, create_graph=True)
        return [np.asarray(g) for g in gradients(first, [*leaves, *cotangents], row)]


def _rule_recorded(call: Call, arrays: list[Array], seeds: list[Array]) -> Recording:
    def run(*cotangents: Any) -> Any:
        leaves, outs = call.on_tensors(arrays)
        return gradients(outs, leaves, list(cotangents), create_graph=True)

    return Recording(run, [leaf(seed) for seed in seeds])


def _guilty(inner: Recording, rng: np.random.Generator, limits: dict[str, Any]) -> str:
    """Names of the operations within a rule whose own first-order rules are wrong."""
    names = [
        call.record.op
        for call in inner.calls
        if any(result.verdict == WRONG for result in check_call(call, rng, **limits))
    ]
    return ", ".join(f"{name}, whose own rule is wrong" for name in dict.fromkeys(names))
