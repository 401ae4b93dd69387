"""A model in a notebook: a tree of its modules that folds, with the shapes and the number of their parameters."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from autograd.displays.pieces import FAINT, MONO, boxed, folded

from ..parameter import is_lazy

OPEN = 12
"""A model of at most so many modules is shown with all of them unfolded, a larger one with its first level."""


def show_module(module: Any) -> str:
    """The display of a model."""
    few = sum(1 for _ in module.modules()) <= OPEN
    return f'<div style="{MONO};font-size:.9em">{boxed(_branch("", module, set(), few, True))}</div>'


def _branch(name: str, module: Any, seen: set[int], few: bool, top: bool = False) -> str:
    """A module, and in it what it holds. Parameters that were shown before are counted, and named as shared."""
    label = f"({html.escape(name)}): " if name else ""
    kind = f"<b>{html.escape(module._get_name())}</b>"
    extra = html.escape(module.extra_repr().replace("\n", ", "))
    count = sum(parameter.numel() for parameter in module.parameters() if not is_lazy(parameter))
    mode = "" if module.training or not top else ", in evaluation mode"
    faint = f'<span style="{FAINT}"> &ensp;<small>{count:,} parameters{mode}</small></span>' if count or top else ""
    head = f"{label}{kind}({extra}){faint}"
    held = _tensors(module, seen)
    children = [_branch(key, child, seen, few) for key, child in module._modules.items() if child is not None]
    if not held and not children:
        return f'<div style="padding-left:1.1em">{head}</div>'
    body = f'<div style="padding-left:1.4em">{held}{"".join(children)}</div>'
    return folded(head, body, open_=top or (few and bool(children)))


def _tensors(module: Any, seen: set[int]) -> str:
    """A line for each parameter and buffer of the module's own."""
    lines = []
    for kind, values in (("", module._parameters), ("buffer", module._buffers)):
        for key, value in values.items():
            if value is None:
                continue
            notes = [kind] if kind else []
            if not kind and not value.requires_grad:
                notes.append("frozen")
            if not kind and id(value) in seen:
                notes.append("shared, shown above")
            seen.add(id(value))
            what = "not yet known" if is_lazy(value) else f"{_shape(value)} {np.dtype(value.dtype)}"
            said = "".join(f", {note}" for note in notes)
            lines.append(f'<div style="{FAINT}">{html.escape(key)} {html.escape(what + said)}</div>')
    return "".join(lines)


def _shape(value: Any) -> str:
    return "x".join(map(str, value.shape)) or "number"
