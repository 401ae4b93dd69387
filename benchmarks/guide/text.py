"""Docstrings as reStructuredText, which Sphinx reads.

Ours are plain text: names in single backticks, tables of names whose columns meet, programs set back by four spaces,
examples behind `>>>`. What must stay in columns becomes a literal block, names become code, the rest paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAMES = r"[\w.*/`\[\]()=-]+(?:, ?[\w.*/`=]+)*"
_TERM = re.compile(rf"^({_NAMES})(?: {{2,}}(\S.*))$")  # "inputs     what they are"
_ALONE = re.compile(rf"^({_NAMES})()$")  # the same, where what they are stands on the next line
_NUMBER = re.compile(r"^(\d+\. )(?=\S)")  # of a step


def restructured(text: str) -> list[str]:
    """The lines of a docstring, without its indentation, as reStructuredText."""
    lines: list[str] = []
    for block in _blocks(text.strip("\n").splitlines()):
        lines += [*_block(block), ""]
    return lines


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """The paragraphs; lines that are set back belong together across empty lines."""
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line.rstrip())
        elif block:
            yield block
            block = []


def _block(block: list[str]) -> list[str]:
    if block[0].lstrip().startswith(">>>"):
        return block
    if all(line.startswith("    ") for line in block):
        return [".. code-block:: none", "", *[f"    {line}" for line in block]]
    if _NUMBER.match(block[0]):
        return list(_steps(block))
    if any(_TERM.match(line) for line in block) or any(map(_set_far_back, block, block[1:])):
        return list(_definitions(block))
    return list(_paragraphs(block))


def _set_far_back(line: str, following: str) -> bool:
    """Do these lines say, in a column of their own, what a name means?"""
    return bool(_ALONE.match(line)) and following.startswith(8 * " ")


def _steps(block: list[str]) -> Iterator[str]:
    """Numbered paragraphs, their lines set back behind the number."""
    for line in block:
        number = _NUMBER.match(line)
        yield number[1] + _inline(line[number.end() :]) if number else f"   {_inline(line.strip())}"


def _paragraphs(block: list[str]) -> Iterator[str]:
    """Lines of text; what is set back among them stays as it is."""
    literal = False
    for line in block:
        if line.startswith("  ") != literal:
            literal = not literal
            yield from ("", ".. code-block:: none", "") if literal else ("",)
        yield f"    {line}" if literal else _inline(line)


def _definitions(block: list[str]) -> Iterator[str]:
    """A table of names: each a term with what it means set back below it; other lines are paragraphs."""
    within = started = False
    for line, following in zip(block, [*block[1:], ""], strict=True):
        found = _TERM.match(line) or (
            _ALONE.match(line) if (within and following.startswith("  ")) or _set_far_back(line, following) else None
        )
        if found:
            if started:
                yield ""
            yield f"``{found[1]}``"
            if found[2]:
                yield f"    {_inline(found[2])}"
        elif line.startswith(" ") and within:
            yield f"    {_inline(line.strip())}"
        else:
            if within:
                yield ""
            yield _inline(line.strip())
        within, started = bool(found) or (within and line.startswith(" ")), True


def _inline(text: str) -> str:
    """A line, names in backticks as code, and nothing else that would mean something to Sphinx."""
    parts = re.split(r"(`+[^`]+`+)", text)
    text = "".join(f"\0``{part.strip('`')}``\0" if part.startswith("`") else _escaped(part) for part in parts)
    return re.sub(r"(?<=\w)\0(?=`)|(?<=`)\0(?=\w)", r"\\ ", text).replace("\0", "")


def _escaped(text: str) -> str:
    return re.sub(r"([*|\\]|(?<=\w)_(?!\w)|^\.\. |^[-+] (?=\S)|^\(?\w{1,2}[.)] )", r"\\\1", text)
