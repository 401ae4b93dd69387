"""Compile now what a training would wait for at its first steps: loops of dense, convolutional and recurrent networks.

Compiled code is kept, so this is needed once for each machine and each version of the library. Each model learns for
two steps and is evaluated, at sizes that real trainings have; what is compiled already takes a moment. Programs of
other sizes may need a few kernels more, and compile them when they come to them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from benchmarks.cli import UsageError, did_you_mean


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `warm`."""
    parser.add_argument("model", nargs="*", metavar="MODEL", help=f"only these: {', '.join(MODELS)}")


def run(arguments: argparse.Namespace) -> int:
    """Train a little of each."""
    import autograd

    for name in arguments.model:
        if name not in MODELS:
            raise UsageError(f"no model {name!r}: {did_you_mean(name, MODELS)}")
    names = arguments.model or [*MODELS]
    begun = time.perf_counter()
    before = autograd.get_rng_state()
    try:
        for number, name in enumerate(names, start=1):
            started = time.perf_counter()
            MODELS[name]()
            print(f"{number} of {len(names)}  {name:<12} {time.perf_counter() - started:>6.1f} s", flush=True)
    finally:
        autograd.set_rng_state(before)
    print(f"ready after {time.perf_counter() - begun:.0f} s; trainings of these kinds start at once now")
    return 0


def _learn(model: Any, x: Any, y: Any, optimizers: Callable[[Any], list[Any]], loss: Any = None) -> None:
    """Two steps with each optimiser, with clipping; then an evaluation of a batch and of a large one."""
    import autograd
    import nn

    loss = loss or nn.CrossEntropyLoss()
    for optimizer in optimizers(model.parameters()):
        for _ in range(2):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    nn.evaluate(model, (x, y), loss)
    with autograd.no_grad():
        model.eval()
        model(autograd.cat([x] * 8))


def _usual(parameters: Any) -> list[Any]:
    import nn

    parameters = list(parameters)
    return [nn.optim.Adam(parameters), nn.optim.AdamW(parameters), nn.optim.SGD(parameters, 0.1, momentum=0.9)]


def _images(channels: int, side: int) -> tuple[Any, Any]:
    import autograd

    return autograd.rand(64, channels, side, side), autograd.randint(0, 10, (64,))


def mlp() -> None:
    """784-256-128-10 with dropout and batch norm; and a small one for a regression."""
    import autograd
    import nn

    hidden = [nn.Linear(784, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 128), nn.Tanh()]
    _learn(nn.Sequential(nn.Flatten(), *hidden, nn.Linear(128, 10)), *_images(1, 28), _usual)
    small = nn.Sequential(nn.Linear(8, 64), nn.Sigmoid(), nn.Linear(64, 1))
    _learn(small, autograd.rand(64, 8), autograd.rand(64, 1), _usual, nn.MSELoss())


def cnn() -> None:
    """Two convolutions of 3x3 with batch norm, pooling and dropout; on grey images of 28x28, and in colour of 32x32."""
    import nn

    for channels, side in ((1, 28), (3, 32)):
        layers = [nn.Conv2d(channels, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)]
        dense = [nn.Linear(64 * (side // 4) ** 2, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)]
        _learn(nn.Sequential(*layers, nn.Flatten(), *dense), *_images(channels, side), _usual)


def lenet() -> None:
    """Convolutions of 5x5 without padding."""
    import nn

    layers = [
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.AvgPool2d(2),
    ]
    dense = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    _learn(nn.Sequential(*layers, nn.Flatten(), *dense), *_images(1, 28), _usual)


def recurrent() -> None:
    """LSTM, GRU and tanh RNN over 28 steps, the last of which is classified."""
    import autograd
    import nn

    class Reader(nn.Module):
        def __init__(self, kind: Any) -> None:
            super().__init__()
            self.layer, self.head = kind(28, 64, batch_first=True), nn.Linear(64, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.layer(x)[0][:, -1])

    for kind in (nn.LSTM, nn.GRU, nn.RNN):
        _learn(Reader(kind), autograd.rand(64, 28, 28), autograd.randint(0, 10, (64,)), _usual)


def transformer() -> None:
    """A small language model: embeddings, causal attention, layer norm, GELU."""
    import autograd
    import nn

    class Language(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = nn.Embedding(65, 64), nn.Embedding(64, 64)
            block = nn.TransformerEncoderLayer(64, 4, 256, 0.1, "gelu", batch_first=True, norm_first=True)
            self.blocks, self.head = nn.TransformerEncoder(block, 2, enable_nested_tensor=False), nn.Linear(64, 65)

        def forward(self, x: Any) -> Any:
            mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
            h = self.words(x) + self.places(autograd.arange(x.shape[1]))
            return self.head(self.blocks(h, mask=mask, is_causal=True)).transpose(1, 2)

    x = autograd.randint(0, 65, (16, 64))
    _learn(Language(), x, x, _usual)


MODELS: dict[str, Callable[[], None]] = {each.__name__: each for each in (mlp, cnn, lenet, recurrent, transformer)}
