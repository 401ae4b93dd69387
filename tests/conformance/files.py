"""Weights of the standard models in files that pass between the two libraries, both ways, bit for bit."""

from __future__ import annotations

import importlib
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

import nn

from .compare import Check
from .ported import for_torch

MODELS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "ResNet-18": ("resnet", lambda program: program.ResNet(program.BasicBlock, [2, 2, 2, 2])),
    "GPT": ("gpt", lambda program: program.GPT(program.Config())),
    "LSTM": ("word_model", lambda program: program.nn.LSTM(5, 7, 2, bidirectional=True)),
    "DCGAN, generator": ("dcgan", lambda program: program.Generator()),
    "DCGAN, discriminator": ("dcgan", lambda program: program.Discriminator()),
}


def _both(name: str) -> tuple[Any, Any]:
    program, make = MODELS[name]
    return make(importlib.import_module(f"tests.conformance.programs.{program}")), make(for_torch(program))


def _unequal(found: Any, wanted: Any) -> str:
    """What differs between two dictionaries of weights of either library; "" if nothing does."""
    if list(found) != list(wanted):
        return f"keys {list(found)[:3]} ... and {list(wanted)[:3]} ..."
    for key in wanted:
        x, y = (value.detach().numpy() for value in (found[key], wanted[key]))
        if (x.dtype, x.shape, x.tobytes()) != (y.dtype, y.shape, y.tobytes()):
            return f"{key}: {x.dtype} {x.shape} and {y.dtype} {y.shape}"
    return ""


def ours_to_theirs(name: str) -> str:
    """torch.load(weights_only=True) opens what `nn.save` wrote."""
    ours, theirs = _both(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.pt"
        nn.save(ours.state_dict(), path)
        found = torch.load(path, weights_only=True)
        mapped = torch.load(path, weights_only=True, mmap=True)
        if any(value.data_ptr() % 64 for value in mapped.values()):
            return "arrays do not begin where they can be mapped"
        if _unequal(mapped, ours.state_dict()):
            return _unequal(mapped, ours.state_dict())
    theirs.load_state_dict(found)
    return _unequal(found, ours.state_dict()) or _unequal(theirs.state_dict(), ours.state_dict())


def theirs_to_ours(name: str, **how: Any) -> str:
    """`nn.load` opens what torch.save wrote."""
    ours, theirs = _both(name)
    stream = io.BytesIO()
    torch.save(theirs.state_dict(), stream, **how)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.pt"
        path.write_bytes(stream.getvalue())
        found = nn.load(path)
    ours.load_state_dict(found)
    return _unequal(found, theirs.state_dict()) or _unequal(ours.state_dict(), theirs.state_dict())


def after_training(kind: str) -> str:
    """A dictionary of a model, its optimizer and numbers, as programs save it."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = getattr(torch.optim, kind)(model.parameters(), lr=0.1)
    model(torch.ones(5, 3)).square().sum().backward()
    optimizer.step()
    whole = {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": 0.5, "names": ["a"]}
    with tempfile.TemporaryDirectory() as folder:
        torch.save(whole, Path(folder) / "w.pt")
        found = nn.load(Path(folder) / "w.pt")
        nn.save(found, Path(folder) / "again.pt")
        again = torch.load(Path(folder) / "again.pt", weights_only=True)
    if (found["epoch"], found["best"], found["names"]) != (3, 0.5, ["a"]):
        return f"numbers and texts: {found['epoch']}, {found['best']}, {found['names']}"
    ours = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    ours.load_state_dict(found["model"])
    mine = getattr(nn.optim, kind)(ours.parameters(), lr=0.5)
    mine.load_state_dict(found["optimizer"])
    if mine.param_groups[0]["lr"] != 0.1:
        return f"the learning rate is {mine.param_groups[0]['lr']}"
    optimizer.load_state_dict(again["optimizer"])
    for index, state in whole["optimizer"]["state"].items():
        for key, value in state.items():
            if torch.is_tensor(value) and not np.array_equal(value.numpy(), again["optimizer"]["state"][index][key]):
                return f"{key} of parameter {index}"
    return _unequal(again["model"], whole["model"])


def _checks(_: list[str]) -> Iterator[Check]:
    for name in MODELS:
        yield f"{name}: ours to theirs", lambda name=name: ours_to_theirs(name)
        yield f"{name}: theirs to ours", lambda name=name: theirs_to_ours(name)
        yield (
            f"{name}: theirs of the old format to ours",
            lambda name=name: theirs_to_ours(name, _use_new_zipfile_serialization=False),
        )
    for protocol in (1, 2, 3, 4, 5):
        for zipped in (True, False):
            yield (
                f"protocol {protocol}, {'new' if zipped else 'old'} format",
                lambda protocol=protocol, zipped=zipped: theirs_to_ours(
                    "LSTM", pickle_protocol=protocol, _use_new_zipfile_serialization=zipped
                ),
            )
    for kind in ("SGD Adam AdamW RMSprop Adagrad Adadelta Adamax NAdam RAdam ASGD Rprop Adafactor").split():
        yield f"a checkpoint with {kind}", lambda kind=kind: after_training(kind)


FAMILIES = {"files": _checks}
