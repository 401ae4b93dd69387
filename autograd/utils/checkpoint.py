"""Trading time for memory: keep the arguments of a function, and run it again for its gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import SettingError
from ..later import later
from ..recompute import checkpoint

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The functions or modules, one after the other, in `segments` parts of which all but the last are checkpointed.

    functions   an nn.Sequential, or a sequence of functions of one argument
    kwargs      preserve_rng_state: see `checkpoint`
    """
    steps: Sequence[Callable[[Any], Any]] = list(functions)
    if not 1 <= segments <= len(steps):
        raise SettingError(f"checkpoint_sequential: wanted 1 to {len(steps)} segments, got {segments}")
    size = len(steps) // segments

    def run(part: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
        def forward(x: Any) -> Any:
            for step in part:
                x = step(x)
            return x

        return forward

    last = size * (segments - 1)
    for start in range(0, last, size):
        input = checkpoint(run(steps[start : start + size]), input, use_reentrant=use_reentrant, **kwargs)
    return run(steps[last:])(input)


later(__name__)
