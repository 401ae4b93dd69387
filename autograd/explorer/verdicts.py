"""What a gradient check has found, at the steps that it is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .description import Description, Step, Verdict


def attach(description: Description, report: Any) -> None:
    """Put the results of a `GradReport` where they belong; the page opens at the first step that is wrong."""
    description.headline = report.headline()
    description.verdicts = [_verdict(result) for result in report.inputs]
    description.notes += report.notes
    places = _places(description.steps[: description.turn], report.records)
    missing = []
    for result in report.records:
        number = places.get(result.index)
        if number is None:
            missing.append(f"{result.op} at {result.line}")
            continue
        verdict = _verdict(result)
        if result.order == 2:
            verdict.argument = f"{verdict.argument} (derivative of the rule)"
        description.steps[number].verdicts.append(verdict)
        back = [step for step in description.steps[description.turn :] if step.forward == number]
        rules = [step for step in back if step.op in (f"{result.op}.d{result.argument}", f"{result.op}.d")]
        for step in rules or back:  # the backward of a Function of the user's is steps of its own
            step.verdicts.append(verdict)
    if missing:
        description.notes.append(f"The check has seen operations that are not in this list: {', '.join(missing)}.")
    wrong = [step.number for step in description.steps if any(each.verdict == "wrong" for each in step.verdicts)]
    if wrong:
        description.open_at = wrong[0]


def _verdict(result: Any) -> Verdict:
    worst = result.worst
    made = Verdict(result.argument, result.verdict, result.hint)
    if worst is not None:
        made.at = "" if worst.index is None else "[" + ", ".join(map(str, worst.index)) + "]"
        made.claimed, made.measured = float(worst.analytic), float(worst.numeric)
    return made


def _places(steps: Iterable[Step], records: Iterable[Any]) -> dict[int, int]:
    """Number of a record on the tape -> number of its step: both lists are in the order in which things ran."""
    waiting = list(steps)
    found: dict[int, int] = {}
    for record in records:
        if record.index in found:
            continue
        for position, step in enumerate(waiting):
            if step.op == record.op.rpartition(" ")[2]:
                found[record.index] = step.number
                del waiting[: position + 1]
                break
    return found
