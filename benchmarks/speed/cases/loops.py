"""Whole training steps of other kinds than telling images apart: a text, an equation, an agent, a table, words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .case import Case, Data, Library, Program, fill, normal

CHARACTERS, WINDOW, BATCH, WIDTH, HEADS, LAYERS = 65, 64, 12, 128, 4, 4


def gpt(library: Library) -> Any:
    """A decoder of characters, blocks with the norms in front, attention written out."""
    lib, nn = library.lib, library.nn
    F = nn.functional

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.joined, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
            self.register_buffer("past", lib.tril(lib.ones(WINDOW, WINDOW)).view(1, 1, WINDOW, WINDOW))

        def forward(self, x: Any) -> Any:
            n, length, _ = x.shape
            parts = self.joined(self.norm1(x)).split(WIDTH, dim=2)
            q, k, v = (part.view(n, length, HEADS, WIDTH // HEADS).transpose(1, 2) for part in parts)
            scores = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(WIDTH // HEADS))
            scores = scores.masked_fill(self.past[:, :, :length, :length] == 0, -math.inf)
            z = F.softmax(scores, dim=-1) @ v
            x = x + self.out(z.transpose(1, 2).contiguous().view(n, length, WIDTH))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class GPT(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = nn.Embedding(CHARACTERS, WIDTH), nn.Embedding(WINDOW, WIDTH)
            self.blocks = nn.ModuleList([Block() for _ in range(LAYERS)])
            self.norm = nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, CHARACTERS, bias=False)

        def forward(self, codes: Any) -> Any:
            x = self.words(codes) + self.places(lib.arange(codes.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

    return fill(library, GPT())


def _text(length: int) -> Any:
    """Codes of characters, of which each hangs on the one before: a walk with noise."""
    rng = np.random.default_rng(0)
    return (np.cumsum(rng.integers(1, 4, length)) + rng.integers(0, 2, length)) % CHARACTERS


def _small_gpt(library: Library, data: Data) -> Program:
    lib, nn = library.lib, library.nn
    codes = lib.tensor(_text(100_000))
    model = gpt(library)
    rng = np.random.default_rng(1)

    def loss(x: Any, y: Any) -> Any:
        return nn.functional.cross_entropy(model(x).view(-1, CHARACTERS), y.view(-1))

    update = library.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    move = library.compile.training(loss, update, lambda: nn.utils.clip_grad_norm_(model.parameters(), 1.0))

    def step() -> float:
        starts = rng.integers(0, 100_000 - WINDOW - 1, BATCH).tolist()
        x = lib.stack([codes[start : start + WINDOW] for start in starts])
        y = lib.stack([codes[start + 1 : start + WINDOW + 1] for start in starts])
        return float(move(x, y).item())

    return Program(step)


def _words(library: Library, data: Data) -> Program:
    """A bag of 32 words out of 5,000 says to which of ten kinds a text belongs."""
    lib, nn = library.lib, library.nn
    rng = np.random.default_rng(0)
    texts, kinds = lib.tensor(rng.integers(0, 5000, (4096, 32))), lib.tensor(rng.integers(0, 10, 4096))
    words, head = fill(library, nn.Embedding(5000, 64)), fill(library, nn.Linear(64, 10))
    update = library.optim.AdamW([*words.parameters(), *head.parameters()], lr=1e-3)
    move = library.compile.training(lambda x, y: nn.functional.cross_entropy(head(words(x).mean(1)), y), update)
    position = 0

    def step() -> float:
        nonlocal position
        start = position % 4096
        position += 64
        return float(move(texts[start : start + 64], kinds[start : start + 64]).item())

    return Program(step)


def _pinn(library: Library, data: Data) -> Program:
    """u'' = -pi^2 sin(pi x), u(-1) = u(1) = 0 at 256 points: a physics-informed network (Raissi et al. 2019)."""
    lib, nn = library.lib, library.nn
    model = fill(library, nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)))
    points = np.random.default_rng(0).uniform(-1, 1, (256, 1)).astype(np.float32)
    x = lib.tensor(points, requires_grad=True)
    source = lib.tensor((-(np.pi**2) * np.sin(np.pi * points)).astype(np.float32))
    ends = lib.tensor(np.array([[-1.0], [1.0]], np.float32))

    def loss(x: Any) -> Any:
        u = model(x)
        (slope,) = lib.autograd.grad(u.sum(), x, create_graph=True)
        (bend,) = lib.autograd.grad(slope.sum(), x, create_graph=True)
        return ((bend - source) ** 2).mean() + (model(ends) ** 2).mean()

    loss_at = library.compile(loss, twice=True)
    update = library.optim.Adam(model.parameters(), lr=1e-3)

    def step() -> float:
        update.zero_grad()
        found = loss_at(x)
        found.backward()
        update.step()
        return float(found.item())

    return Program(step)


def _actor_critic(library: Library, data: Data) -> Program:
    """Eight states, one after the other, through a policy and a value; then one backward and one step.

    Actions, rewards and states come from a list, so that every library plays the same game.
    """
    lib, nn = library.lib, library.nn
    trunk = nn.Sequential(nn.Linear(4, 64), nn.Tanh())
    actor, critic = nn.Linear(64, 2), nn.Linear(64, 1)
    for number, part in enumerate((trunk, actor, critic)):
        fill(library, part, number)
    parameters = [parameter for part in (trunk, actor, critic) for parameter in part.parameters()]
    update = library.optim.Adam(parameters, lr=3e-3)
    states = lib.tensor(normal(0, 512, 4))
    rng = np.random.default_rng(1)
    actions, rewards = rng.integers(0, 2, 512).tolist(), rng.uniform(0, 1, 512).tolist()
    position = 0

    def look(state: Any) -> tuple[Any, Any]:
        hidden = trunk(state)
        return nn.functional.log_softmax(actor(hidden), dim=-1), critic(hidden)

    look_at = library.compile(look)

    def step() -> float:
        nonlocal position
        start = position % 512
        position += 8
        seen = [look_at(states[start + k]) for k in range(8)]
        gain, losses = 0.0, []
        for k in reversed(range(8)):
            gain = rewards[start + k] + 0.99 * gain
            chances, value = seen[k]
            advantage = gain - value.item()
            losses.append(-chances[actions[start + k]] * advantage + (value[0] - gain) ** 2)
        loss = lib.stack(losses).sum()
        update.zero_grad()
        loss.backward()
        update.step()
        return float(loss.item())

    return Program(step)


def _loader(library: Library, data: Data) -> Program:
    """4,096 rows in shuffled batches of 64 from a TensorDataset: an epoch of a loader alone.

    Each library shuffles in its own way: compared is what holds for every order.
    """
    lib, loaders = library.lib, library.lib.utils.data
    rows = lib.tensor(normal(0, 4096, 20))
    numbers = lib.tensor(np.arange(4096))
    loader = loaders.DataLoader(loaders.TensorDataset(rows, numbers), batch_size=64, shuffle=True)

    def step() -> int:
        return sum(len(chosen) for _, chosen in loader)

    def values() -> dict[str, Any]:
        batches = list(loader)
        order = np.concatenate([chosen.numpy() for _, chosen in batches])
        inputs = np.concatenate([x.numpy() for x, _ in batches])
        return {
            "every row once": np.sort(order),
            "in another order": float((order != np.arange(4096)).mean() > 0.9),
            "with its own numbers": inputs[np.argsort(order)],
        }

    return Program(step, values)


def _case(name: str, what: str, build: Callable[[Library, Data], Program], **settings: Any) -> Case:
    return Case(name, what, build, group="training loops", **({"tolerance": 1e-3} | settings))


TOKENS = BATCH * WINDOW
GPT = 3 * 2.0 * TOKENS * (LAYERS * (12 * WIDTH * WIDTH + 2 * WINDOW * WIDTH) + WIDTH * CHARACTERS)

LOOPS = [
    _case("small-gpt", "GPT of 4 layers, 128 wide, 12 x 64 characters, clipping, AdamW", _small_gpt, flops=GPT),
    _case("embedding-adamw", "mean of 32 of 5,000 embedded words to 10 classes, batch 64, AdamW", _words),
    _case("pinn", "physics-informed net 1-32-32-1, second derivatives at 256 points, Adam", _pinn),
    _case("actor-critic", "8 forwards of single states, one backward, Adam", _actor_critic),
    _case("data-loader", "4,096 rows of a TensorDataset in shuffled batches of 64, per batch", _loader, per=64),
]
