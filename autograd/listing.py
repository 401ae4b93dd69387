"""The tape as numbered straight-line code."""

from __future__ import annotations

import html
from typing import Any

from .lines import place
from .records import Leaf, Mark, Record
from .writes import Mutation


def listing(tape: Any) -> str:
    """One line per record: number, operation, operands, what it computed, bytes kept for backward, line of the program.

    %3 is the result of line 3; a letter is a leaf that requires grad; _ is a constant.
    """
    numbers: dict[Any, str] = {}
    rows: list[tuple[str, str, str, str]] = []
    heads: list[tuple[str, str, str, str]] = []
    count = 0
    for record in tape.records:
        if isinstance(record, Mutation):
            for name, code, lasti in record.writes.values():
                rows.append(("    " + f"# {name} overwrites an array", "", "", place(code, lasti)))
        elif isinstance(record, Mark):
            rows.append(("    # mark", "", "", ""))
        elif isinstance(record, Record):
            for node in record.parents:
                if isinstance(node, Leaf) and node not in numbers:
                    numbers[node] = letters(len(heads))
                    heads.append((f"{numbers[node]} = leaf", f"{node.dtype} {_shape(node.shape)}", "", ""))
            numbers[record] = f"%{count}"
            count += 1
            rows.append(
                (_call(record, numbers), f"{record.dtype} {_shape(record.shape)}", f"{record.nbytes:,} B", record.line)
            )
    rows = heads + rows
    if not rows:
        return "(empty tape)"
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{call:<{widths[0]}}  {value:<{widths[1]}}  {held:>{widths[2]}}  {line}".rstrip()
        for call, value, held, line in rows
    )


def as_html(text: str) -> str:
    """A listing for notebooks: monospaced, so that its columns meet, in a box that scrolls."""
    style = "font-family:ui-monospace,monospace;white-space:pre;max-height:28em;overflow:auto;line-height:1.25"
    return f'<pre style="{style}">{html.escape(text)}</pre>'


def _call(record: Record, numbers: dict[Any, str]) -> str:
    plan = record.plan
    parents = [numbers.get(node, "?") for node in record.parents]
    names = plan.op.inputs if plan.op is not None else ()
    if plan.op is not None and not plan.variadic:
        operands = ["_"] * len(names)
        for index, parent in zip(plan.wanted, parents, strict=True):
            operands[index] = parent
    else:
        operands = parents
    if record.op == "output":
        return f"{numbers[record]} = {parents[0]}[{record.saved[0]}]"
    return f"{numbers[record]} = {record.op}({', '.join(operands)})"


def _shape(shape: Any) -> str:
    return "x".join(map(str, shape)) if shape and all(isinstance(size, int) for size in shape) else str(shape)


def letters(index: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("a") + rest) + text
    return text
