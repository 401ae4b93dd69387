"""`detect_anomaly`: who made the first NaN or Inf, forward or backward, and on which line.

A NaN gradient is often born in the branch that a `where` did not select: its cotangent is exactly 0 there, the local
derivative is infinite, and 0 * inf is NaN. That case is recognised and said.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np

from .errors import AnomalyError
from .later import later
from .modes import state
from .records import Cotangents, Record, accumulate

_SELECT = ("where", "masked_fill", "maximum", "minimum", "clamp", "relu")


def enabled() -> bool:
    """Is this thread's tape being watched?"""
    return state.home.watch is not None


def is_anomaly_enabled() -> bool:
    """Is `detect_anomaly` in force in this thread?"""
    return enabled()


class set_detect_anomaly:  # noqa: N801 - PyTorch's spelling
    """Switch anomaly detection on or off: at once, or for a `with` block. Per thread.

    mode        on or off
    check_nan   PyTorch's argument; False switches the checks off
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.before = state.home.watch
        _switch(_check_forward if mode and check_nan else None)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            _switch(self.before)
        except KeyboardInterrupt:  # anywhere in there, also before anything has happened
            _switch(self.before)
            raise


class detect_anomaly(set_detect_anomaly):  # noqa: N801
    """A `with` block in which the first NaN or Inf of a recorded operation, or of its gradient, raises AnomalyError.

    The error names the operation and the line that ran it. Every value is checked, which takes about one more pass
    over it; use it to find a fault, not in production.
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)


def _switch(watch: Callable[..., None] | None) -> None:
    if state.interpreter is not None:
        state.interpreter.settle("what runs was not watched")
    state.home.observe(watch)
    if state.interpreter is not None:
        state.interpreter.settle("what runs is watched")


def _bad(array: Any) -> str:
    """ "nan", "inf" or "" if all is finite."""
    values = np.asarray(getattr(array, "_array", array))
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return ""
    return "nan" if np.isnan(values).any() else "inf"


def _first_bad(array: Any) -> tuple[int, ...]:
    values = np.asarray(getattr(array, "_array", array))
    finite = np.isfinite(values)
    mask = ~finite if not np.isnan(values).any() else np.isnan(values)
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _check_forward(record: Record, value: Any, inputs: Any, settings: Any) -> None:
    if not isinstance(value, np.ndarray):
        return
    bad = _bad(value)
    if bad:
        before = [array for array in record.arrays() if array is not value and _bad(array)]
        note = "; one of its inputs was not finite already" if before else ""
        raise AnomalyError(
            f"{record.op} at {record.line} computed {bad} (first at index {_first_bad(value)} of shape {value.shape})"
            f"{note}"
        )


def watched(step: Callable[..., bool | None]) -> Callable[..., bool | None]:
    """`step`, checking what each rule returns."""
    masked: dict[Any, Record] = {}  # node -> the selecting operation that its cotangent came through

    def checked(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> bool | None:
        source = record if record.op in _SELECT else masked.get(record)
        parts: Cotangents = {}
        used = step(dz, record, parts, set())
        for position, node in enumerate(record.parents):
            if node not in parts:
                continue
            g = parts[node]
            if source is not None:
                masked.setdefault(node, source)
            bad = "" if isinstance(g, list) else _bad(g)
            if bad and not _bad_part(dz):
                raise AnomalyError(_backward_message(record, position, g, dz, bad, source))
        for node, g in parts.items():
            if isinstance(g, list):
                held = cotangents.setdefault(node, [None] * len(g))
                for index, part in enumerate(g):
                    held[index] = part if part is not None else held[index]
            else:
                accumulate(cotangents, node, g, owned)
        return used

    return checked


def _bad_part(dz: Any) -> bool:
    parts = dz if isinstance(dz, list) else [dz]
    return any(part is not None and _bad(part) != "" for part in parts)


def _backward_message(record: Record, position: int, g: Any, dz: Any, bad: str, source: Record | None) -> str:
    name = "".join(part.capitalize() for part in record.op.split("_"))
    message = (
        f"Function '{name}Backward0' returned {bad} values in its {position}th output: the gradient of {record.op} at "
        f"{record.line} (first at index {_first_bad(g)} of shape {g.shape})"
    )
    if bad == "nan" and not isinstance(dz, list):
        incoming = np.asarray(getattr(dz, "_array", dz))
        gradient = np.asarray(getattr(g, "_array", g))
        if incoming.shape == gradient.shape and (incoming[np.isnan(gradient)] == 0).all():
            where = f" came through {source.op} at {source.line} and" if source is not None else ""
            message += (
                f". 0 * inf: the cotangent{where} is exactly 0 there, but the derivative is infinite. If this is the "
                "branch that a where did not select, replace its input by a harmless value first: "
                "where(ok, f(where(ok, x, 1)), 0)"
            )
    return message


later(__name__)
