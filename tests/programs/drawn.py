"""Programs drawn at random: operations of the table, on values that are used again, viewed, written to, looked at."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, tensor
from tests.cases import CASES
from tests.programs.world import Seen, caught, grads

CALLS = 6
_SMALL = [case for case in CASES if all(np.prod(shape) <= 150 for shape in case.shapes)]
_KINDS = ("case", "case", "case", "again", "again", "view", "write", "look", "quiet", "drop")


class Drawn:
    """One program. It takes the same steps at each call, but for those after `parting` after the fourth call."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dtype = np.float32 if seed % 2 else np.float64
        self.cases = random.Random(seed).sample(_SMALL, 6)
        self.steps = 14
        self.parting = 7 + seed % 7
        self.seen = Seen()

    def values(self, call: int) -> list[Any]:
        """What comes from outside: inputs of the cases, of which some are leaves that require grad."""
        rng = np.random.default_rng([self.seed, call])
        own = random.Random(self.seed)
        found = []
        for case in self.cases:
            found += [tensor(x, dtype=self.dtype, requires_grad=own.random() < 0.5) for x in case.draw(rng)]
        return found

    def run(self, call: int, given: list[Any]) -> Any:
        """The steps; returns some of the values."""
        chance = random.Random(self.seed)
        pool = list(given)
        for step in range(self.steps):
            if step == self.parting and call >= 4:
                chance = random.Random(self.seed + call)
            kind = chance.choice(_KINDS)
            z = caught(getattr(self, kind), chance, pool)
            if isinstance(z, Exception):
                self.seen(kind, z)
            elif isinstance(z, (tuple, list)):
                pool += [part for part in z if isinstance(part, Tensor)]
            elif isinstance(z, Tensor):
                pool.append(z)
        made = pool[len(given) :]
        return chance.sample(made, min(3, len(made)))

    def case(self, chance: Any, pool: list[Any]) -> Any:
        """An operation of the table, on values of the shapes that it wants."""
        case = chance.choice(self.cases)
        inputs = [
            chance.choice([x for x in pool if x.shape == shape and x.is_floating_point()]) for shape in case.shapes
        ]
        return case.function(*inputs, **case.params)

    def again(self, chance: Any, pool: list[Any]) -> Any:
        """Two values of the same shape, or one twice, put together."""
        x = chance.choice([x for x in pool if x.is_floating_point()])
        y = chance.choice([y for y in pool if y.shape == x.shape])
        way = chance.randrange(4)
        return x * 0.5 + y if way == 0 else x - y * x if way == 1 else (x + y, x.sum()) if way == 2 else x.tanh() * y

    def view(self, chance: Any, pool: list[Any]) -> Any:
        """A value in another shape."""
        x = chance.choice(pool)
        ways: list[Callable[[], Any]] = [
            lambda: x.reshape(-1),
            lambda: x[0],
            lambda: x.unsqueeze(0).transpose(0, -1),
            lambda: x.chunk(2),
            lambda: x.detach(),
            lambda: x[..., ::2],
            lambda: x.reshape(-1)[:3].reshape(-1),
        ]
        return chance.choice(ways)()

    def write(self, chance: Any, pool: list[Any]) -> Any:
        """A write in place, to anything that may be written to."""
        x, y = chance.choice(pool), chance.choice(pool)
        ways: list[Callable[[], Any]] = [
            lambda: x.mul_(1.5),
            lambda: x.add_(y),
            lambda: x.__setitem__(0, 2.0),
            lambda: x.zero_(),
            lambda: x.copy_(y),
            lambda: x.clamp_(min=-0.5),
        ]
        chance.choice(ways)()

    def look(self, chance: Any, pool: list[Any]) -> None:
        """Python or NumPy looks at a value."""
        x = chance.choice(pool)
        way = chance.randrange(5)
        if way == 0:
            self.seen(x.sum().item() if x.is_floating_point() else str(x))
        elif way == 1:
            self.seen(bool((x != 0).any()))
        elif way == 2:
            self.seen(np.asarray(x.detach()).copy())
        elif way == 3:
            self.seen(tuple(x.shape), x.requires_grad, x.stride())
        else:
            self.seen(x)

    def quiet(self, chance: Any, pool: list[Any]) -> Any:
        """Something without recording."""
        with autograd.no_grad():
            return chance.choice([self.case, self.again, self.view, self.write])(chance, pool)

    def drop(self, chance: Any, pool: list[Any]) -> None:
        """Nobody refers to a value any more."""
        del pool[chance.randrange(len(self.cases), len(pool))]


def drawn_program(seed: int) -> Callable[[Any], Any]:
    """A program from a seed, in the form of those in the table."""

    def program(compile: Any) -> Any:
        drawn = Drawn(seed)
        function = compile(drawn.run)
        for call in range(CALLS):
            given = drawn.values(call)
            leaves = [x for x in given if x.requires_grad]
            outs = function(call, given)
            drawn.seen(outs, given)
            floats = [z.sum() * (k + 1) for k, z in enumerate(outs) if z.requires_grad]
            if floats:
                drawn.seen(caught(sum(floats[1:], floats[0]).backward), grads(*leaves))
        return drawn.seen

    return program
