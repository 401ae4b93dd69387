"""Recurrent layers and cells, with every option, from the same weights: values, states, all gradients, and training."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch

import autograd
import nn as ours_nn

from .compare import Check, plain

STEPS, BATCH, INPUTS, UNITS, PROJECTED = 12, 10, 6, 24, 5
LENGTHS = [5, 12, 1, 7, 12, 3, 9, 2, 4, 6]
"""Of the sequences that are packed."""

TOLERANCE = {"float64": 1e-10, "float32": 1e-4}
TRAINED = 1e-3
"""The largest relative difference of a loss in 50 steps of training."""


class Case(NamedTuple):
    """A layer, the form that its input has ("batch", "single" or "packed"), and whether it is given first states."""

    kind: str
    settings: dict[str, Any]
    form: str
    given: bool

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"nn.{self.kind}({INPUTS}, {UNITS}, {settings}) on {self.form}{', with states' if self.given else ''}"


def cases() -> Iterator[Case]:
    """All combinations that make sense."""
    for kind, layers, bias, first, both in itertools.product(("LSTM", "GRU", "RNN"), (1, 2), *[(True, False)] * 3):
        options: list[dict[str, Any]] = [{}]
        if kind == "LSTM":
            options.append({"proj_size": PROJECTED})
        if kind == "RNN":
            options.append({"nonlinearity": "relu"})
        for extra, form, given in itertools.product(options, ("batch", "single", "packed"), (False, True)):
            if form != "single" or not first:
                settings = {"num_layers": layers, "bias": bias, "batch_first": first, "bidirectional": both}
                yield Case(kind, settings | extra, form, given)


def _same_weights(theirs: Any, ours: Any) -> None:
    ours.load_state_dict({name: plain(value) for name, value in theirs.state_dict().items()})


def _draw(seed: int, dtype: str, *shape: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def _run(library: Any, nn: Any, model: Any, case: Case, dtype: str) -> list[Any]:
    """The outputs, and the gradients of a sum over all of them with random weights."""
    shape = (STEPS, INPUTS) if case.form == "single" else (STEPS, BATCH, INPUTS)
    values = _draw(1, dtype, *shape)
    if case.settings["batch_first"]:
        values = values.swapaxes(0, 1).copy()
    x = library.tensor(values, requires_grad=True)
    leaves = [x]
    states: Any = None
    if case.given:
        rows = case.settings["num_layers"] * (1 + case.settings["bidirectional"])
        batch = () if case.form == "single" else (BATCH,)
        widths = [case.settings.get("proj_size") or UNITS, *[UNITS] * (case.kind == "LSTM")]
        given = [
            library.tensor(_draw(2 + number, dtype, rows, *batch, width), requires_grad=True)
            for number, width in enumerate(widths)
        ]
        leaves += given
        states = tuple(given) if case.kind == "LSTM" else given[0]
    sequence = x
    if case.form == "packed":
        pack = nn.utils.rnn.pack_padded_sequence
        sequence = pack(x, LENGTHS, batch_first=case.settings["batch_first"], enforce_sorted=False)
    output, last = model(sequence, states)
    if case.form == "packed":
        output, lengths = nn.utils.rnn.pad_packed_sequence(output, batch_first=case.settings["batch_first"])
        assert lengths.tolist() == LENGTHS
    found = [output, *(last if isinstance(last, tuple) else (last,))]
    total = sum((z * library.tensor(_draw(9 + n, dtype, *z.shape))).sum() for n, z in enumerate(found))
    total.backward()
    return [*found, *[leaf.grad for leaf in leaves], *[p.grad for p in model.parameters()]]


def _worst(theirs: list[Any], ours: list[Any], dtype: str) -> str:
    if len(theirs) != len(ours):
        return f"{len(ours)} results, PyTorch {len(theirs)}"
    for number, (a, b) in enumerate(zip(map(plain, theirs), map(plain, ours), strict=True)):
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"result {number}: {b.shape} {b.dtype}, PyTorch {a.shape} {a.dtype}"
        worst = float(np.abs(a - b).max(initial=0) / max(1.0, np.abs(a).max(initial=0)))
        if not worst <= TOLERANCE[dtype]:
            return f"result {number} differs by {worst:.1e}"
    return ""


def difference(case: Case, dtype: str) -> str:
    """What is different, or nothing."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, case.kind)(INPUTS, UNITS, **case.settings, dtype=getattr(torch, dtype))
    ours = getattr(ours_nn, case.kind)(INPUTS, UNITS, **case.settings, dtype=getattr(autograd, dtype))
    _same_weights(theirs, ours)
    expected = _run(torch, torch.nn, theirs, case, dtype)
    return _worst(expected, _run(autograd, ours_nn, ours, case, dtype), dtype)


def _cell(library: Any, model: Any, kind: str, batched: bool, dtype: str) -> list[Any]:
    batch = (BATCH,) if batched else ()
    x = library.tensor(_draw(1, dtype, STEPS, *batch, INPUTS), requires_grad=True)
    state, total = None, 0.0
    for t in range(STEPS):
        state = model(x[t], state)
        h = state[0] if kind == "LSTM" else state
        total = total + (h * library.tensor(_draw(20 + t, dtype, *batch, UNITS))).sum()
    total.backward()  # type: ignore[attr-defined]
    last: Any = state
    return [*(last if kind == "LSTM" else (last,)), x.grad, *[p.grad for p in model.parameters()]]


def cell_difference(kind: str, bias: bool, batched: bool, dtype: str) -> str:
    """A cell called in a loop."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, f"{kind}Cell")(INPUTS, UNITS, bias=bias, dtype=getattr(torch, dtype))
    ours = getattr(ours_nn, f"{kind}Cell")(INPUTS, UNITS, bias=bias, dtype=getattr(autograd, dtype))
    _same_weights(theirs, ours)
    expected = _cell(torch, theirs, kind, batched, dtype)
    return _worst(expected, _cell(autograd, ours, kind, batched, dtype), dtype)


def _losses(library: Any, nn: Any, layer: Any, head: Any, dtype: str) -> list[float]:
    optimizer = nn.optim.Adam([*layer.parameters(), *head.parameters()], lr=1e-2)
    x = library.tensor(_draw(1, dtype, STEPS, BATCH, INPUTS))
    target = library.tensor(_draw(2, dtype, STEPS, BATCH, 3))
    losses = []
    for _ in range(50):
        loss = ((head(layer(x)[0]) - target) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def training_difference(kind: str, dtype: str) -> str:
    """Fifty steps of Adam with two layers in both directions."""
    torch.manual_seed(0)
    settings: dict[str, Any] = {"num_layers": 2, "bidirectional": True}
    theirs = getattr(torch.nn, kind)(INPUTS, UNITS, **settings, dtype=getattr(torch, dtype))
    their_head = torch.nn.Linear(2 * UNITS, 3, dtype=getattr(torch, dtype))
    ours = getattr(ours_nn, kind)(INPUTS, UNITS, **settings, dtype=getattr(autograd, dtype))
    head = ours_nn.Linear(2 * UNITS, 3, dtype=getattr(autograd, dtype))
    _same_weights(theirs, ours)
    _same_weights(their_head, head)
    with_optim = type("Library", (), {"optim": torch.optim})
    expected = np.array(_losses(torch, with_optim, theirs, their_head, dtype))
    worst = np.abs(np.array(_losses(autograd, ours_nn, ours, head, dtype)) / expected - 1).max()
    return "" if worst <= TRAINED else f"a loss differs by {worst:.1e}"


def _checks(dtypes: list[str]) -> Iterator[Check]:
    for dtype in dtypes:
        for case in cases():
            yield f"{case} [{dtype}]", lambda c=case, d=dtype: difference(c, d)  # type: ignore[misc]
        for kind, bias, batched in itertools.product(("LSTM", "GRU", "RNN"), (True, False), (True, False)):
            yield (
                f"nn.{kind}Cell({INPUTS}, {UNITS}, bias={bias}){'' if batched else ' without a batch'} [{dtype}]",
                lambda k=kind, b=bias, m=batched, d=dtype: cell_difference(k, b, m, d),  # type: ignore[misc]
            )
        for kind in ("LSTM", "GRU", "RNN"):
            yield f"50 steps of nn.{kind} [{dtype}]", lambda k=kind, d=dtype: training_difference(k, d)  # type: ignore[misc]


FAMILIES = {"recurrent": _checks}
