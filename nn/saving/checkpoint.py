"""Checkpoints of a training run: all that is needed to go on as if it had never stopped."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import Any

from autograd import Generator, get_rng_state, set_rng_state
from autograd.errors import CheckpointError, SettingError

from ..module import Module
from .serialization import load, save

_OWN = ("model", "optimizer", "scheduler", "epoch", "random", "generator")


def save_checkpoint(
    path: str | os.PathLike[str],
    *,
    model: Module | None = None,
    optimizer: Any = None,
    scheduler: Any = None,
    epoch: int = 0,
    generator: Generator | Mapping[str, Generator] | None = None,
    **extra: Any,
) -> None:
    """Write the states of what is given, and of the default random generator, to one file, all or nothing.

    epoch       how many are finished
    generator   the one a DataLoader shuffles with, or several in a dict. (Without one of its own a loader draws from
                the default generator, which is always saved.)
    extra       whatever else is wanted back, of the kinds that `nn.save` takes: `history=history`, `best=0.98`

    Saved after an epoch and loaded into new objects, training goes on to the same bits as if it had not stopped.

    >>> import nn, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "run.npz")
    >>> model = nn.Linear(2, 1)
    >>> save_checkpoint(path, model=model, epoch=3, note="before the schedule changed")
    >>> found = load_checkpoint(path, model=nn.Linear(2, 1))
    >>> found["epoch"], found["note"]
    (3, 'before the schedule changed')
    """
    taken = [name for name in extra if name in _OWN]
    if taken:
        raise SettingError(f"save_checkpoint: the name {taken[0]!r} is taken")
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items() if part is not None}
    state["epoch"] = epoch
    state["random"] = get_rng_state()
    if isinstance(generator, Mapping):
        state["generator"] = {name: each.get_state() for name, each in generator.items()}
    elif generator is not None:
        state["generator"] = generator.get_state()
    save(state | extra, path)


def load_checkpoint(
    path: str | os.PathLike[str],
    *,
    model: Module | None = None,
    optimizer: Any = None,
    scheduler: Any = None,
    generator: Generator | Mapping[str, Generator] | None = None,
) -> dict[str, Any]:
    """Bring what is given back to the states in a file that `save_checkpoint` wrote; returns all that is in the file.

    With an `optimizer` a run goes on, and the default random generator is brought back too; without one (for using a
    trained model) it is left alone.

    Raises CheckpointError, and changes nothing, if the file is damaged, or lacks or does not fit something given.
    """
    state = load(path)
    where = f"load_checkpoint: {os.fspath(path)}"
    if not isinstance(state, dict) or "epoch" not in state or "random" not in state:
        raise CheckpointError(f"{where} was not written by save_checkpoint")
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "generator": generator}
    given = {name: part for name, part in parts.items() if part is not None}
    for name in given:
        if name not in state:
            raise CheckpointError(f"{where} has no state of a {name}; it has {', '.join(state)}")
    undo: list[tuple[Any, Any]] = []  # what has been changed so far, and its state before
    try:
        for name, part in given.items():
            if name == "generator":
                _restore_generators(part, state[name], undo)
            else:
                undo.append((part, copy.deepcopy(part.state_dict())))
                part.load_state_dict(copy.deepcopy(state[name]))  # schedulers keep what they are given
        if optimizer is not None:
            set_rng_state(state["random"])
    except Exception as error:
        for part, before in reversed(undo):
            (part.set_state if isinstance(part, Generator) else part.load_state_dict)(before)
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{where} does not fit the {name}: {type(error).__name__}: {error}") from error
    return state


def _restore_generators(generator: Any, state: Any, undo: list[tuple[Any, Any]]) -> None:
    if isinstance(generator, Mapping) != isinstance(state, dict) or (
        isinstance(state, dict) and set(state) != set(generator)
    ):
        names = ", ".join(state) if isinstance(state, dict) else "a single one"
        raise CheckpointError(f"the checkpoint has other generators: {names}")
    pairs = [(generator[name], state[name]) for name in state] if isinstance(state, dict) else [(generator, state)]
    for each, saved in pairs:
        undo.append((each, each.get_state()))
        each.set_state(saved)
