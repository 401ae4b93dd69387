"""Every formula of the homeworks against the slopes of the library's function; and the usual mistakes in them."""

from __future__ import annotations

from .course import About, Course, Result
from .derivations import DERIVATIONS

ABOUT = {
    "derivations": About(
        what="every gradient derived by hand; every usual mistake found",
        metric="right formulas confirmed and wrong ones caught",
        note="all four homeworks",
        floor=100.0,
    )
}


def run(course: Course) -> dict[str, Result]:
    """Check what is right, then what is wrong."""
    rows, hints, right, caught, mistakes = [], [], 0, 0, 0
    for name, derivation in DERIVATIONS.items():
        verdict = derivation.check().verdict
        right += verdict == "correct"
        found = []
        for mistake in derivation.mistakes[: 1 if course.quick else None]:
            report = derivation.check(mistake.gradient)
            wrong = {result.argument: result.hint for result in report.inputs if result.verdict == "wrong"}
            named = set(wrong) == set(mistake.argument.split())  # these gradients and no others
            found.append(named)
            hints += [(name, mistake.name, argument, hint) for argument, hint in wrong.items()]
        caught += sum(found)
        mistakes += len(found)
        rows.append((name, len(derivation.inputs), verdict, f"{sum(found)} of {len(found)}" if found else "-"))
        course.say(f"{name:<28} {verdict:<10} mistakes caught: {rows[-1][-1]}")
    course.table("formulas", ("formula", "arguments", "verdict", "mistakes caught"), rows, quiet=True)
    course.table(
        "mistakes, and what the checker says of them", ("formula", "mistake", "gradient", "hint"), hints, quiet=True
    )
    value = 100 * (right + caught) / (len(DERIVATIONS) + mistakes)
    details = {"formulas": len(DERIVATIONS), "correct": right, "mistakes": mistakes, "caught": caught}
    return {"derivations": Result(value, details=details)}
