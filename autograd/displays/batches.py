"""Tuples, lists and dictionaries of Tensors in a notebook: a batch as a data loader gives it, an example of a data set.

A list shows itself as Python writes it. Where a notebook asks for HTML, `install` has a list of Tensors shown as what
it is: pictures with their labels below, else each Tensor by itself.
"""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from .pictures import TILES, is_image, picture_of
from .pieces import FAINT, boxed

KINDS = (tuple, list, dict)


def install(shell: Any, tensor: Any) -> None:
    """Have an IPython show tuples, lists and dictionaries of Tensors; what others have asked for stays behind it."""
    formatter = shell.display_formatter.formatters["text/html"]
    for kind in KINDS:
        before = formatter.type_printers.get(kind)

        def show(x: Any, before: Any = before) -> Any:
            if hasattr(type(x), "_repr_html_"):  # a class made of one of these that knows better
                return x._repr_html_()
            found = show_batch(x, tensor)
            return before(x) if found is None and before is not None else found

        formatter.for_type(kind, show)


def show_batch(x: Any, tensor: Any) -> str | None:
    """The display; None unless all in it are Tensors, numbers and texts, and one at least is worth a picture."""
    fields: dict[Any, Any] = (
        dict(x) if isinstance(x, dict) else dict(zip(getattr(x, "_fields", range(len(x))), x, strict=True))
    )
    known = (tensor, int, float, str, np.ndarray, np.generic)
    if not 0 < len(fields) <= 8 or not all(isinstance(each, known) for each in fields.values()):
        return None
    if not any(isinstance(each, tensor) and each.ndim for each in fields.values()):
        return None
    parts = list(fields.values())
    arrays = [each.detach().numpy() if isinstance(each, tensor) else np.asarray(each) for each in parts]
    labels = _labels(arrays)
    shown = []
    for number, (name, each) in enumerate(fields.items()):
        head = (
            f'<div style="{FAINT}"><small>{html.escape(repr(name) if isinstance(x, dict) else str(name))}</small></div>'
        )
        if number == 1 and labels is not None:
            continue
        if labels is not None:
            facts = f"Tensor {arrays[0].shape}, {arrays[0].dtype}; below: Tensor {arrays[1].shape}, {arrays[1].dtype}"
            pictures, note = picture_of(arrays[0], labels)
            head, body = "", f"<div><small>{facts}</small></div>{pictures}<div><small>{note}</small></div>"
        else:
            body = each._repr_html_() if isinstance(each, tensor) else f"<div>{html.escape(repr(each))}</div>"
        shown.append(f'<div style="margin-top:.4em">{head}{body}</div>')
    kind = f"{type(x).__name__} of {len(parts)}"
    return boxed(f"<div><small>{html.escape(kind)}</small></div>", *shown)


def _labels(arrays: list[Any]) -> list[str] | None:
    """What stands below each image of a batch, if the first array holds images, and the second a label for each."""
    if len(arrays) != 2 or not is_image(arrays[0]) or arrays[1].ndim > 1 or arrays[1].dtype.kind not in "iu":
        return None
    if arrays[1].ndim == 0 and arrays[0].ndim == 3:
        return [str(arrays[1])]
    fits = arrays[1].ndim == 1 and arrays[0].ndim == 4 and len(arrays[0]) == len(arrays[1])
    return [str(label) for label in arrays[1][:TILES]] if fits and arrays[0].shape[1] in (1, 3) else None
