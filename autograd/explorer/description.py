"""What a page shows, as plain data: all that `describe` finds out about a program, and all that a page is made from.

Everything here becomes JSON as it stands (`as_json`): numbers, texts, lists and dictionaries; arrays are `Values`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

Tree = list[Any]
"""An expression as nested lists, the kind of each first: see `trees`."""


@dataclass
class Picture:
    """A thumbnail of an array: `rows` times `columns` bytes in base64; 0 is NaN, 1 to 255 go from `low` to `high`.

    note   what of the array it shows
    """

    rows: int
    columns: int
    data: str
    low: float
    high: float
    note: str


@dataclass
class Values:
    """An array. Small ones are exact, large ones in 255 steps, of huge ones there is a picture.

    code    of the numbers in `data`: "f4", "f8", "i4" or "u1"
    data    all elements in base64, little-endian, in row-major order; "" if they are not here
    facts   of an array that is not exact: least, greatest, mean, norm, and how many are zero, NaN, infinite
    bounds  of one in 255 steps: what 1 and 255 mean; 0 is NaN or infinity
    """

    shape: list[int]
    dtype: str
    code: str
    data: str
    facts: dict[str, float | int | None]
    picture: Picture | None = None
    bounds: list[float] | None = None


@dataclass
class Slot:
    """A place for one value.

    kind      "input", "parameter", "constant" or "step"
    of        of a gradient: number of the slot of the value that it is the gradient of
    path      of a parameter: where its module keeps it, as "layer.weight"
    versions  where it is overwritten: number of the step -> what it is after that
    hidden    not worth a place of its own: the second factor of a product, for example
    """

    number: int
    name: str
    kind: str
    shape: list[int]
    dtype: str
    nbytes: int
    of: int | None = None
    path: str = ""
    value: Values | None = None
    versions: dict[str, Values] = field(default_factory=dict)
    hidden: bool = False


@dataclass
class Mark:
    """Something that one should see: "nan", "inf", "zero" (a gradient), "dead" (ReLUs), "saturated".

    source   does it begin here, or was it in the inputs already?
    """

    kind: str
    text: str
    slot: int
    source: bool = True


@dataclass
class Verdict:
    """What a check has found about one gradient."""

    argument: str
    verdict: str
    hint: str = ""
    at: str = ""
    claimed: float | None = None
    measured: float | None = None


@dataclass
class Step:
    """One operation.

    op        its name;  call  the step as a line of code with operations;  numpy  the same in NumPy, "" if unknown
    tree      the NumPy expression as nested lists, for the page to compute; None if it does not know all in it
    words     what it does: number of a sentence in `Description.texts`
    rule      of the way back: the rule in general, as "dx = dz * y"
    doc       what the operation says about itself, likewise
    file, line   where in the user's program; also in `Description.sources`
    module    path of the module that it ran in
    forward   of the way back: number of the step whose rule this is
    adds      does it add up what has come to a value from several uses?
    minor     was it computed only because Python asked something?
    freed     slots that nobody needs after it;  held  bytes of computed values that are alive while it runs
    asked     slot -> what Python asked of its value before this step: "bool", "item", ...
    """

    number: int
    op: str
    call: str
    reads: list[int]
    outputs: list[int]
    numpy: str = ""
    tree: Tree | None = None
    words: int = 0
    rule: str = ""
    doc: int = 0
    file: str = ""
    line: int = 0
    module: str = ""
    forward: int | None = None
    adds: bool = False
    minor: bool = False
    freed: list[int] = field(default_factory=list)
    held: int = 0
    asked: dict[str, str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


@dataclass
class Module:
    """A module that steps ran in: path, and name of its class."""

    path: str
    kind: str


@dataclass
class Description:
    """All of it.

    turn      how many of the steps are the way forward
    texts     sentences about steps
    sources   file -> number of a line -> its text, around all lines that ran something
    open_at   the step that a page opens at
    verdicts  what a check has found about inputs, end to end
    notes     what was left out, and why
    headline  what a check has found, in a sentence
    """

    title: str
    kind: str
    slots: list[Slot] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    turn: int = 0
    outputs: list[int] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    open_at: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    headline: str = ""


def as_json(description: Description) -> str:
    """One line of JSON; what is None, empty or False is left out."""
    return json.dumps(_plain(description), separators=(",", ":"), allow_nan=False)


def _plain(x: Any) -> Any:
    if is_dataclass(x):
        found = {each.name: _plain(getattr(x, each.name)) for each in fields(x)}
        return {name: value for name, value in found.items() if value or (value == 0 and value is not False)}
    if isinstance(x, dict):
        return {key: _plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(part) for part in x]
    if isinstance(x, float) and x - x != 0:  # JSON has neither infinity nor NaN
        return str(x)
    return x
