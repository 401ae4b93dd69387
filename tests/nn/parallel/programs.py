"""Trainings by several processes, beside the same by one: mpiexec -n 4 python -m tests.nn.parallel.programs unused."""

from __future__ import annotations

import copy
import sys
import time

import numpy as np
import pytest

import autograd
import autograd.distributed as dist
import nn
from autograd.errors import GraphError
from nn.parallel import DistributedDataParallel, SyncBatchNorm

STEPS, BATCH = 50, 12
SETTINGS = (
    {},
    {"gradient_as_bucket_view": True},
    {"bucket_cap_mb": 1e-4},
    {"find_unused_parameters": True},
    {"static_graph": True},
)


def net(batch_norm=False):
    autograd.manual_seed(3)
    norm = [nn.BatchNorm2d(4)] if batch_norm else []
    layers = [nn.Conv2d(1, 4, 3, padding=1), *norm, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*layers, nn.Tanh(), nn.Linear(10, 3))


def data():
    rng = np.random.default_rng(0)
    x = autograd.tensor(rng.normal(size=(STEPS, BATCH, 1, 8, 8))).to(autograd.get_default_dtype())
    return x, autograd.tensor(rng.integers(0, 3, size=(STEPS, BATCH)))


def distance(one, other):
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return max(np.abs(a.numpy() - b.numpy()).max() for a, b in pairs)


def train(model, optimizer, batches):
    for x, y in batches:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()


def follows(dtype, bound):
    """N processes with a batch of B / N each take the steps of one with B; each byte of a gradient is sent once."""
    autograd.set_default_dtype(np.dtype(dtype).type)
    rank, size = dist.get_rank(), dist.get_world_size()
    x, y = data()
    for batch_norm in (False, True):
        one = net(batch_norm)
        make = (lambda p: nn.optim.SGD(p, lr=0.05, momentum=0.9)) if batch_norm else nn.optim.Adam
        train(one, make(one.parameters()), zip(x, y, strict=True))
        for settings in SETTINGS:
            model = net(batch_norm)
            if rank:  # the first process has the right one, and the others get it
                with autograd.no_grad():
                    for p in model.parameters():
                        p.mul_(2)
            if batch_norm:
                model = SyncBatchNorm.convert_sync_batchnorm(model)
            model = DistributedDataParallel(model, **settings)
            dist.traffic(reset=True)
            train(model, make(model.parameters()), zip(x[:, rank::size], y[:, rank::size], strict=True))
            found = distance(one, model.module)
            assert found < float(bound), (settings, found)
            sent = dist.traffic().get("all_reduce", (0, 0))[1]
            gradients = STEPS * sum(p.numel() * p.element_size() for p in one.parameters())
            if size > 1 and not batch_norm and settings in SETTINGS[:3]:
                assert sent == gradients, (sent, gradients)
            if rank == 0 and not settings:
                print(f"{size} processes, {dtype}, batch norm {batch_norm}: {found:.1e} from one; {sent} bytes")


def adds_up():
    """`no_sync`, deep copies, and gradients that are not cleared."""
    autograd.set_default_dtype(np.float64)
    rank, size = dist.get_rank(), dist.get_world_size()
    x, y = data()
    mine = x[0][rank::size], y[0][rank::size]
    for settings in SETTINGS[:3]:
        model = DistributedDataParallel(net(), **settings)
        once = copy.deepcopy(model)
        for each in (once, model, model):
            nn.functional.cross_entropy(each(mine[0]), mine[1]).backward()
        later = copy.deepcopy(model)
        later.zero_grad()
        with later.no_sync():
            nn.functional.cross_entropy(later(mine[0]), mine[1]).backward()
            alone = [p.grad.clone() for p in later.parameters()]
        nn.functional.cross_entropy(later(mine[0]), mine[1]).backward()
        for a, b, c, d in zip(once.parameters(), model.parameters(), later.parameters(), alone, strict=True):
            np.testing.assert_allclose(b.grad.numpy(), 2 * a.grad.numpy(), atol=1e-14)
            np.testing.assert_allclose(c.grad.numpy(), 2 * a.grad.numpy(), atol=1e-14)
            assert size == 1 or not np.allclose(d.numpy(), a.grad.numpy())


def uneven(divide):
    """Processes with 3, 5, 7 ... batches: the others' zeros are divided by all, or by those that go on."""
    autograd.set_default_dtype(np.float64)
    rank, size = dist.get_rank(), dist.get_world_size()
    x, y = data()
    model, one = DistributedDataParallel(net()), net()
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    with model.join(divide_by_initial_world_size=divide == "all"):
        train(model, optimizer, [(x[i], y[i]) for i in range(3 + 2 * rank)])
    optimizer = nn.optim.SGD(one.parameters(), lr=0.1)
    for i in range(3 + 2 * (size - 1)):
        going = sum(i < 3 + 2 * k for k in range(size))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(one(x[i]), y[i])
        (loss * (going / size if divide == "all" else 1)).backward()
        optimizer.step()
    assert distance(one, model.module) < 1e-12


class Branches(nn.Module):
    """Which of two layers is used, the caller says; the third never is."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x, first):
        return self.a(x) if first else self.b(x)


def unused():
    """Parameters that get no gradient: in one process, in all of them, and where nobody has said so."""
    rank, size = dist.get_rank(), dist.get_world_size()
    x = autograd.ones(1, 2)
    model = DistributedDataParallel(Branches(), find_unused_parameters=True)
    for _ in range(3):
        model.zero_grad()
        model(x, rank == 0).sum().backward()
        assert model.module.c.weight.grad is None
        np.testing.assert_allclose(model.module.a.weight.grad.numpy(), 1 / size)
        np.testing.assert_allclose(model.module.b.weight.grad.numpy(), (size - 1) / size)
    model = DistributedDataParallel(Branches(), static_graph=True)
    for _ in range(3):
        model.zero_grad()
        model(x, True).sum().backward()
        assert model.module.b.weight.grad is None
        assert model.module.a.weight.grad.tolist() == [[1, 1], [1, 1]]
    model = DistributedDataParallel(Branches())
    with pytest.raises(GraphError, match=r"b\.weight, b\.bias, c\.weight, c\.bias"):
        model(x, True).sum().backward()


def buffers():
    """Running statistics are those of the first process after each step; a model may be evaluated by one alone."""
    rank = dist.get_rank()
    model = DistributedDataParallel(net(batch_norm=True))
    autograd.manual_seed(rank)
    for _ in range(2):
        model(autograd.randn(4, 1, 8, 8)).sum().backward()
        everybodys = [None] * dist.get_world_size()
        dist.all_gather_object(everybodys, [x.tolist() for x in model.buffers()])
        assert all(each == everybodys[0] for each in everybodys)
    if rank == 0:
        model.eval()
        model(autograd.randn(4, 1, 8, 8))


class Writer(nn.Module):
    """Tied weights, a recurrent layer, a checkpoint, and weights that are used at every step of a loop."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(11, 6)
        self.lstm, self.cell = nn.LSTM(6, 6, batch_first=True), nn.GRUCell(6, 6)
        self.head = nn.Linear(6, 11, bias=False)
        self.head.weight = self.words.weight
        self.norm = nn.LayerNorm(6)

    def forward(self, x):
        z, _ = self.lstm(self.words(x))
        h = None
        for t in range(x.shape[1]):
            h = self.cell(z[:, t], h)
        return self.head(autograd.checkpoint(self.norm, z + h.unsqueeze(1))).transpose(1, 2)


def other_models(kind):
    """The same with a model whose gradients come in other ways; compiled, also with Python left out."""
    autograd.set_default_dtype(np.float64)
    rank, size = dist.get_rank(), dist.get_world_size()
    rng = np.random.default_rng(0)
    text = autograd.tensor(rng.integers(0, 11, (8, BATCH, 7)))
    results = []
    for together in (False, True):
        autograd.manual_seed(0)
        model = Writer()
        model = DistributedDataParallel(model, bucket_cap_mb=1e-4) if together else model
        optimizer = nn.optim.AdamW(model.parameters(), lr=1e-2)

        def step(x, y, model=model, optimizer=optimizer):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            return loss

        ways = {"eager": lambda f: f, "compiled": autograd.compile}
        take = ways[kind](step) if kind in ways else autograd.compile(step, frozen=True)
        for batch in text:
            part = batch[rank::size] if together else batch
            take(part[:, :-1], part[:, 1:])
        results.append(getattr(model, "module", model))
    assert distance(*results) < 1e-10


def fits(folder):
    """`nn.fit` of several processes: the history and the weights of one, files by the first process alone."""
    autograd.set_default_dtype(np.float64)
    x, y = data()
    x, y = x.reshape(-1, 1, 8, 8)[:101], y.reshape(-1)[:101]  # the last batch has 5 samples, too few for 6 processes
    histories, models = [], []
    for wrap in (lambda model: model, DistributedDataParallel):
        model = wrap(net())
        path = f"{folder}/{type(model).__name__}"
        history = nn.fit(
            model,
            (x, y),
            loss=nn.CrossEntropyLoss(),
            optimizer=nn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
            epochs=3,
            batch_size=16,
            seed=1,
            validation=(x[:20], y[:20]),
            metrics=("accuracy", nn.metrics.F1(), lambda output, targets: output.mean()),
            callbacks=[nn.ModelCheckpoint(f"{path}-{{epoch}}.npz"), nn.CSVLogger(f"{path}.csv")],
        )
        histories.append(history)
        models.append(getattr(model, "module", model))
    assert distance(*models) < 1e-10
    assert histories[0].keys() == histories[1].keys()
    for name in histories[0].keys() - {"seconds"}:
        np.testing.assert_allclose(histories[0][name], histories[1][name], rtol=1e-10)
    sampler = nn.data.DistributedSampler(range(101), seed=3)
    loader = nn.data.DataLoader(nn.data.TensorDataset(x, y), 4, sampler=sampler)
    model = DistributedDataParallel(net())
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    nn.fit(model, loader, loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=2, progress=False)
    assert sampler.epoch == 1


def overlap():
    """Messages that take 20 ms each are on their way while backward goes on: it hides all but the last of them."""
    each = 0.02

    class Slow(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, dz):
            time.sleep(each)
            return dz

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(600, 600)  # 1.4 MB: a bucket of its own

        def forward(self, x):
            return Slow.apply(self.dense(x))

    def late(state, bucket):
        begun = time.perf_counter()
        work = dist.all_reduce(bucket.buffer(), async_op=True)

        def arrived(future):
            time.sleep(max(0.0, begun + each - time.perf_counter()))
            return future.value()[0]

        return work.get_future().then(arrived)

    model = DistributedDataParallel(nn.Sequential(*[Block() for _ in range(6)]), bucket_cap_mb=1)
    model.register_comm_hook(None, late)
    x = autograd.ones(2, 600)
    times, waits = [], []
    collect = model._reducer.collect

    def timed():
        started = time.perf_counter()
        collect()
        waits.append(time.perf_counter() - started)

    model._reducer.collect = timed
    for _ in range(8):
        dist.barrier()
        started = time.perf_counter()
        model(x).sum().backward()
        times.append(time.perf_counter() - started)
    if dist.get_rank() == 0:
        total, exposed = sorted(times)[4], sorted(waits)[4]
        print(f"backward and 6 messages of {each} s: {total:.3f} s, of which {exposed:.3f} s waited for messages")
        assert len(model._reducer.buckets) >= 6
        assert exposed < 3 * each  # of 6 of them


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    dist.init_process_group(timeout=200)
    globals()[name](*arguments)
    dist.destroy_process_group()
