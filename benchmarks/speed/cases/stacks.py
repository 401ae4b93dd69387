"""A few layers together, as people write them: forward, and backward to every gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .case import Case, Data, Library, Program, differentiated, fill, normal, without_dropout

SENTENCES, LENGTH, WIDTH, HEADS = 16, 64, 128, 4


def _stack(
    make: Callable[[Library], Any], shape: tuple[int, ...], out: tuple[int, ...], pure: bool
) -> Callable[[Library, Data], Program]:
    """A module with an input of some shape, and the gradient of its output."""

    def build(library: Library, data: Data) -> Program:
        model = fill(library, make(library))
        x = library.lib.tensor(normal(0, *shape), requires_grad=True)
        seed = library.lib.tensor(normal(1, *out))
        run = library.compile(lambda x: model(x), pure)
        program = differentiated(library, run, [x], {"x": x, **dict(model.named_parameters())}, seed)

        def values() -> dict[str, Any]:
            assert program.values is not None
            with without_dropout(library, model):
                return program.values()

        return Program(program.step, values)

    return build


def attention(library: Library) -> Any:
    """Self-attention with every step written out: norm, three projections, heads, mask, softmax, dropout, projection.

    The future is hidden by a triangle of -inf that is added to the scores. Keys have no bias: it would add the same to
    all scores of a row, which softmax cancels.
    """
    lib, nn = library.lib, library.nn

    class Attention(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(WIDTH)
            self.query, self.value = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
            self.key = nn.Linear(WIDTH, WIDTH, bias=False)
            self.out = nn.Linear(WIDTH, WIDTH)
            self.dropout = nn.Dropout(0.1)
            self.register_buffer("mask", lib.triu(lib.full((LENGTH, LENGTH), -math.inf), diagonal=1))

        def heads(self, x: Any) -> Any:
            return x.view(SENTENCES, LENGTH, HEADS, WIDTH // HEADS).transpose(1, 2)

        def forward(self, x: Any) -> Any:
            x = self.norm(x)
            q, k, v = self.heads(self.query(x)), self.heads(self.key(x)), self.heads(self.value(x))
            scores = lib.matmul(q, k.transpose(-2, -1)) / math.sqrt(WIDTH // HEADS) + self.mask
            shares = self.dropout(lib.softmax(scores, dim=-1))
            z = lib.matmul(shares, v).transpose(1, 2).contiguous().view(SENTENCES, LENGTH, WIDTH)
            return self.out(z)

    return Attention()


def _gelu_norm(library: Library) -> Any:
    nn = library.nn
    return nn.Sequential(nn.GELU(), nn.LayerNorm(256))


def _norm_by_hand(library: Library) -> Any:
    """Layer norm as Ba, Kiros and Hinton (2016) write it."""
    lib, nn = library.lib, library.nn

    class Norm(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.bias = nn.Parameter(lib.ones(256)), nn.Parameter(lib.zeros(256))

        def forward(self, x: Any) -> Any:
            mean = x.mean(dim=-1, keepdim=True)
            variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
            return (x - mean) / lib.sqrt(variance + 1e-5) * self.weight + self.bias

    return Norm()


def _softmax_by_hand(library: Library) -> Any:
    """Softmax whose exponents are at most 0."""

    class Softmax(library.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            e = library.lib.exp(x - x.amax(dim=-1, keepdim=True))
            return e / e.sum(dim=-1, keepdim=True)

    return Softmax()


def _gelu_by_hand(library: Library) -> Any:
    """GELU by the formula with tanh (Hendrycks and Gimpel 2016)."""

    class GELU(library.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            return 0.5 * x * (1 + library.lib.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))

    return GELU()


def generator(library: Library) -> Any:
    """From 16x16 with 64 channels to one picture of 32x32, in the manner of Radford, Metz and Chintala 2016."""
    nn = library.nn
    return nn.Sequential(
        nn.ConvTranspose2d(100, 128, 4, bias=False), nn.BatchNorm2d(128), nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip


def _wave(library: Library) -> Any:
    """1-d convolutions over a signal of 1,024 samples."""
    nn = library.nn
    return nn.Sequential(
        nn.Conv1d(1, 16, 9, padding=4), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(16, 32, 9, padding=4), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(32, 64, 9, padding=4), nn.ReLU(),
    )  # fmt: skip


def _case(name: str, what: str, build: Callable[[Library, Data], Program], **settings: Any) -> Case:
    return Case(name, what, build, group="stacks", **({"tolerance": 1e-3} | settings))


NUMBERS = SENTENCES * LENGTH * WIDTH
ATTENTION = 3 * (4 * 2.0 * NUMBERS * WIDTH + 2 * 2.0 * NUMBERS * LENGTH)
"""Four projections, and two products of every position with every other."""
GENERATOR = 3 * 32 * 2.0 * (100 * 128 * 16 + 128 * 64 * 16 * 16 + 64 * 1 * 16 * 64)
WAVE = 3 * 16 * 2.0 * (1024 * 16 * 9 + 512 * 16 * 32 * 9 + 256 * 32 * 64 * 9)

STACKS = [
    _case(
        "attention-by-hand",
        "attention written out, causal, with dropout: 16 x 64 x 128, 4 heads",
        _stack(attention, (SENTENCES, LENGTH, WIDTH), (SENTENCES, LENGTH, WIDTH), pure=False),
        flops=ATTENTION,
    ),
    _case(
        "gelu-layer-norm",
        "GELU and layer normalisation of 16x128x256",
        _stack(_gelu_norm, (16, 128, 256), (16, 128, 256), pure=True),
        # forward each reads and writes once; backward each reads its input and the gradient, and writes one
        bytes=2 * (2 + 3) * 4.0 * 16 * 128 * 256,
    ),
    *[
        _case(
            f"{name}-by-hand",
            f"{what} of 16x128x256, written out",
            _stack(make, (16, 128, 256), (16, 128, 256), pure=True),
            bytes=(2 + 3) * 4.0 * 16 * 128 * 256,  # as one pass each: forward one in, one out; backward two in, one out
        )
        for name, what, make in (
            ("layer-norm", "layer normalisation", _norm_by_hand),
            ("softmax", "softmax", _softmax_by_hand),
            ("gelu", "GELU", _gelu_by_hand),
        )
    ],
    _case(
        "dcgan-generator",
        "generator of a DCGAN: transposed convolutions, batch norm; 32 pictures of 16x16",
        _stack(generator, (32, 100, 1, 1), (32, 1, 16, 16), pure=False),
        flops=GENERATOR,
    ),
    _case(
        "conv-1d",
        "three 1-d convolutions of width 9 with ReLU over 1,024 samples, batch 16",
        _stack(_wave, (16, 1, 1024), (16, 64, 256), pure=True),
        flops=WAVE,
    ),
]
