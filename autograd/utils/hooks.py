"""What hooks return."""

from __future__ import annotations

from typing import Any

from ..tensors import Handle as RemovableHandle

__all__ = ["RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]


def unserializable_hook(f: Any) -> Any:
    """`f` itself: hooks are never saved."""
    return f


def warn_if_has_hooks(tensor: Any) -> None:
    """Nothing: a Tensor's hooks are never saved."""
