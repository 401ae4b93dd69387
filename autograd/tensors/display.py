"""How a Tensor shows itself: in the manner of PyTorch, whose printouts people read without thinking.

tensor([[1.0000, 2.5000]], requires_grad=True)        tensor(3., grad_fn=<SumBackward0>)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import SettingError
from .core import Array, Core, StandIn, bool_, get_default_dtype, int64


class _Options(NamedTuple):
    precision: int = 4
    threshold: int = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=2**63),
}
_options = _PROFILES["default"]


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how Tensors are printed; None leaves a setting as it is, except that sci_mode=None means automatic.

    precision   digits after the point (4)
    threshold   more elements than this (1000) are summarised, to `edgeitems` (3) at each end of each dimension
    linewidth   characters per line (80)
    profile     "default", "short" or "full": start from these settings
    sci_mode    True: always 1.0000e+00; False: never; None: where the elements differ by more than 1000 times
    """
    global _options
    if profile is not None:
        if profile not in _PROFILES:
            raise SettingError(f"set_printoptions: wanted one of the profiles {', '.join(_PROFILES)}, got {profile!r}")
        _options = _PROFILES[profile]
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _options = _options._replace(sci_mode=sci_mode, **changes)


# ----------------------------------------------------------------------------------------------------- elements


def _formatter(values: Array) -> Callable[[Any], str]:
    """The function that writes one element so that all of `values` line up."""
    if values.dtype.kind != "f":
        width = max((len(str(v)) for v in values.reshape(-1).tolist()), default=0)
        return lambda v: str(v).rjust(width)
    flat = values.reshape(-1).astype(np.float64)
    sizes = np.abs(flat[np.isfinite(flat) & (flat != 0)])
    low, high = (float(sizes.min()), float(sizes.max())) if sizes.size else (1.0, 1.0)
    whole = bool((sizes == np.ceil(sizes)).all())
    scientific = _options.sci_mode
    if scientific is None:
        scientific = high / low > 1000 or high > 1e8 or (low < 1e-4 and not whole)
    digits = _options.precision

    def write(v: float) -> str:
        if scientific:
            return f"{v:.{digits}e}"
        if whole:
            return f"{v:.0f}." if math.isfinite(v) else f"{v:.0f}"
        return f"{v:.{digits}f}"

    width = max((len(write(v)) for v in flat[np.isfinite(flat) & (flat != 0)].tolist()), default=1)
    return lambda v: write(v).rjust(width)


def _ends(values: Array) -> Array:
    """The elements that a summary shows."""
    n = _options.edgeitems
    for axis, size in enumerate(values.shape):
        if size > 2 * n:
            values = np.take(values, [*range(n), *range(size - n, size)], axis=axis)
    return values


# ------------------------------------------------------------------------------------------------------ nesting


def _written(values: Array, indent: int, shorten: bool, write: Callable[[Any], str]) -> str:
    """Nested brackets, the first of which stands in column `indent`."""
    if values.ndim == 0:
        return write(values.item())
    n = _options.edgeitems
    cut = shorten and values.shape[0] > 2 * n
    shown = [*range(n), *range(values.shape[0] - n, values.shape[0])] if cut else [*range(values.shape[0])]
    if values.ndim == 1:
        parts = [write(v) for v in values[shown].tolist()]
        if cut:
            parts.insert(n, " ...")
        width = max((len(part) for part in parts if part != " ..."), default=0) + 2
        per_line = max(1, (_options.linewidth - indent) // width)
        lines = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    blocks = [_written(values[i], indent + 1, shorten, write) for i in shown]
    if cut:
        blocks.insert(n, "...")
    return "[" + ("," + "\n" * (values.ndim - 1) + " " * (indent + 1)).join(blocks) + "]"


def text_of(x: Any, prefix: str = "tensor(") -> str:
    """The printout of a Tensor, beginning with `prefix` and ending with the matching bracket."""
    values: Array = x._array
    shorten = values.size > _options.threshold
    if values.size == 0:
        body = "[]"
    else:
        body = _written(values, len(prefix), shorten, _formatter(_ends(values) if shorten else values))
    notes = []
    if values.size == 0 and values.ndim != 1:
        notes.append(f"size={values.shape}")
    usual = (get_default_dtype(), int64, bool_) if values.size else (get_default_dtype(),)
    if values.dtype not in usual:
        notes.append(f"dtype={values.dtype}")
    if x.grad_fn is not None:
        notes.append(f"grad_fn=<{x.grad_fn.name()}>")
    elif x.requires_grad:
        notes.append("requires_grad=True")
    text = prefix + body
    column = len(text) - text.rfind("\n") - 1
    for note in notes:
        if column + len(note) + 2 > _options.linewidth:
            text += ",\n" + " " * len(prefix) + note
            column = len(prefix) + len(note)
        else:
            text += ", " + note
            column += len(note) + 2
    return text + ")"


class Display(Core):
    """repr, format, HTML."""

    __slots__ = ()

    def __repr__(self) -> str:
        array: Any = self._array
        if isinstance(array, StandIn) and hasattr(array, "alike"):
            return f"tensor({array!r})"
        return text_of(self)

    def __format__(self, spec: str) -> str:
        if self._array.ndim == 0:
            return format(self._array.item(), spec)
        if spec:
            raise TypeError(
                f"unsupported format string passed to Tensor.__format__: {spec!r} for shape {self._array.shape}; only "
                "0-d Tensors are formatted like numbers"
            )
        return str(self)

    def _repr_html_(self) -> str:
        """For notebooks: a small Tensor as a table, a larger one as pictures with statistics."""
        from ..displays.tensors import show_tensor  # here: few programs show Tensors in notebooks

        return show_tensor(self, self._array, self._node is not None, _formatter)
