"""Recurrent layers over whole sequences, and cells in a Python loop: forward, and backward to every gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .case import Case, Data, Library, Program, differentiated, fill, normal


def _step(library: Library, model: Any, x: Any, seed: Any, run: Callable[[Any, Any], Any]) -> Program:
    wanted = {"x": x, **dict(model.named_parameters())}
    return differentiated(library, library.compile(lambda x: run(model, x)), [x], wanted, seed)


def _flops(kind: str, steps: int, batch: int, inputs: int, units: int, layers: int = 1) -> float:
    """Products of matrices: one forward, two backward."""
    gates = {"RNN": 1, "LSTM": 4, "GRU": 3}[kind]
    widths = [inputs, *[units] * (layers - 1)]
    return 3 * 2.0 * steps * batch * gates * units * sum(width + units for width in widths)


def _layer(name: str, kind: str, steps: int, batch: int, inputs: int, units: int, layers: int = 1) -> Case:
    def build(library: Library, data: Data) -> Program:
        if inputs == 28:  # rows of digits
            rows = data.images(count=batch)[0][:, 0].swapaxes(0, 1).copy()
        else:
            rows = normal(0, steps, batch, inputs)
        x = library.lib.tensor(rows, requires_grad=True)
        seed = library.lib.tensor(normal(1, steps, batch, units))
        model = fill(library, getattr(library.nn, kind)(inputs, units, layers))
        return _step(library, model, x, seed, lambda model, x: model(x)[0])

    depth = f", {layers} layers" if layers > 1 else ""
    what = f"{kind}, {steps} steps, batch {batch}, {inputs} to {units}{depth}"
    return Case(name, what, build, group="recurrent", flops=_flops(kind, steps, batch, inputs, units, layers))


def _cells(name: str, kind: str, steps: int, batch: int, inputs: int, units: int) -> Case:
    """A cell called by a Python loop over the steps."""

    def build(library: Library, data: Data) -> Program:
        lib = library.lib
        x = lib.tensor(normal(0, steps, batch, inputs), requires_grad=True)
        seed = lib.tensor(normal(1, steps, batch, units))
        cell = fill(library, getattr(library.nn, kind + "Cell")(inputs, units))

        def run(cell: Any, x: Any) -> Any:
            state, outputs = None, []
            for t in range(steps):
                state = cell(x[t], state)
                outputs.append(state[0] if kind == "LSTM" else state)
            return lib.stack(outputs)

        return _step(library, cell, x, seed, run)

    what = f"{kind}Cell in a Python loop, {steps} steps, batch {batch}, {inputs} to {units}"
    return Case(name, what, build, group="recurrent", flops=_flops(kind, steps, batch, inputs, units))


RECURRENT = [
    _layer("lstm-50", "LSTM", 50, 32, 64, 128),
    _layer("gru-50", "GRU", 50, 32, 64, 128),
    _layer("rnn-50", "RNN", 50, 32, 64, 128),
    _layer("lstm-100", "LSTM", 100, 16, 8, 32),
    _layer("lstm-2-layers", "LSTM", 64, 32, 65, 256, layers=2),
    _layer("lstm-28", "LSTM", 28, 64, 28, 128),
    _cells("lstm-cell", "LSTM", 50, 32, 64, 128),
    _cells("gru-cell", "GRU", 50, 32, 64, 128),
    _cells("rnn-cell", "RNN", 50, 32, 64, 128),
]
