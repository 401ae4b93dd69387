"""Times the training step of a model in one process or in several, for `ranks`.

python -m benchmarks.speed.rank_worker MODEL SECONDS
    the first process says {"step": [seconds, backward_s, nbytes, first, last], "waited_s", "sums": [[nbytes, seconds]]}
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

import numpy as np

import autograd
import autograd.distributed as dist
import nn
from benchmarks.courses.fashion_cnn import Choice, cnn
from nn.parallel import DistributedDataParallel

from .cases.case import Library
from .cases.loops import CHARACTERS, WINDOW, gpt

SIZES = (4, 1 << 12, 1 << 16, 1 << 20, 1 << 22)


def _images(model: nn.Module) -> tuple[nn.Module, Any, Any]:
    rng = np.random.default_rng(0)
    x = autograd.tensor(rng.standard_normal((64, 1, 28, 28), np.float32))
    return model, x, autograd.tensor(rng.integers(0, 10, 64))


def _text() -> tuple[nn.Module, Any, Any]:
    rng = np.random.default_rng(0)
    model = gpt(Library(autograd, nn, nn.optim))
    x, y = (autograd.tensor(rng.integers(0, CHARACTERS, (12, WINDOW))) for _ in range(2))
    return model, x, y


def _mlp() -> nn.Module:
    dense = (nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    return nn.Sequential(nn.Flatten(), *dense)


MODELS = {
    "mlp": lambda: _images(_mlp()),
    "cnn": lambda: _images(cnn(Choice((2, 2, 0), 0.3, True))),
    "gpt": _text,
}


def main(name: str, seconds: float) -> None:
    """Measure and say."""
    dist.init_process_group(timeout=300)
    model, x, y = MODELS[name]()
    trained = DistributedDataParallel(model, broadcast_buffers=False)
    optimizer = nn.optim.SGD(trained.parameters(), lr=1e-3, momentum=0.9)
    waited: list[float] = []
    reducer = trained._reducer
    if reducer is not None:
        collect = reducer.collect

        def timed() -> None:
            started = time.perf_counter()
            collect()
            waited.append(time.perf_counter() - started)

        reducer.collect = timed  # type: ignore[method-assign]

    def step() -> tuple[float, float]:
        started = time.perf_counter()
        optimizer.zero_grad()
        output = trained(x)
        loss = nn.functional.cross_entropy(output.view(-1, output.shape[-1]), y.view(-1))
        middle = time.perf_counter()
        loss.backward()
        backward = time.perf_counter() - middle
        optimizer.step()
        return time.perf_counter() - started, backward

    for _ in range(5):
        step()
    count = max(5, min(2000, int(seconds / step()[0])))
    agreed = autograd.tensor(float(count))
    dist.broadcast(agreed, 0)
    waited.clear()
    times = [step() for _ in range(int(agreed.item()))]
    sizes = [sum(p.numel() * p.element_size() for p in trained.parameters())] * 3
    if reducer is not None:
        sizes[1:] = [reducer.buckets[0].array.nbytes, reducer.buckets[-1].array.nbytes]
    else:
        sizes[1:] = _buckets(list(trained.parameters()))
    sums = [(nbytes, _sum(nbytes)) for nbytes in (*SIZES, sizes[0])] if dist.get_world_size() > 1 else []
    if dist.get_rank() == 0:
        medians = [statistics.median(part) for part in zip(*times, strict=True)]
        said = {"step": [*medians, *sizes], "waited_s": statistics.median(waited or [0.0]), "sums": sums}
        print(json.dumps(said), flush=True)
    dist.destroy_process_group()


def _buckets(parameters: list[Any]) -> list[int]:
    """Bytes of the first and the last bucket that several processes would have."""
    from nn.parallel.buckets import arranged

    found = arranged(list(reversed(range(len(parameters)))), parameters, 25 << 20)
    return [sum(parameters[n].numel() * parameters[n].element_size() for n in each) for each in (found[0], found[-1])]


def _sum(nbytes: int) -> float:
    """The median time of a sum over the processes."""
    x = autograd.ones(nbytes // 4)
    times = []
    for _ in range(30):
        dist.barrier()
        started = time.perf_counter()
        dist.all_reduce(x)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
