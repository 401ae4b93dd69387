"""Memory that cannot be written to: data may stand in it, and what has to be written to says so."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import InplaceError


def read_only(*shape):
    array = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    array.flags.writeable = False
    return autograd.from_numpy(array)


OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam", "Adamax", "Adadelta", "ASGD", "Rprop")
OPTIMIZERS += ("LBFGS", "Muon", "Adafactor")


@pytest.mark.parametrize("size", [4, 300])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_of_a_read_only_parameter(name, size):
    p = nn.Parameter(read_only(size, size))
    optimizer = getattr(nn.optim, name)([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with pytest.raises(InplaceError, match=rf"{name}.step: wanted memory that can be written to, got a read-only"):
        optimizer.step(closure)


def filled_with_zeros():
    p = nn.Parameter(autograd.ones(3))
    p.grad = read_only(3)
    nn.optim.SGD([p], lr=0.1).zero_grad(set_to_none=False)


def clipped():
    p = nn.Parameter(autograd.ones(300))
    p.grad = read_only(300)
    nn.utils.clip_grad_norm_([p], 1e-9)


def batch_norm():
    layer = nn.BatchNorm1d(4)
    layer.running_mean = read_only(4)
    layer(autograd.ones(3, 4))


def loaded():
    layer = nn.Linear(4, 4)
    layer.weight = nn.Parameter(read_only(4, 4))
    layer.load_state_dict(nn.Linear(4, 4).state_dict())


WRITES = [filled_with_zeros, clipped, batch_norm, loaded, lambda: nn.init.xavier_uniform_(read_only(4, 4))]
WRITES += [lambda: F.embedding(autograd.tensor([1]), read_only(4, 4), max_norm=0.1), lambda: read_only(3).add_(1)]


@pytest.mark.parametrize("write", WRITES)
def test_what_writes_says_that_memory_is_read_only(write):
    with pytest.raises(InplaceError, match="read-only"):
        write()


def test_a_file_that_is_mapped_into_memory_is_data(tmp_path):
    np.random.default_rng(0).standard_normal((60, 20)).astype(np.float32).tofile(tmp_path / "data")
    mapped = np.memmap(tmp_path / "data", np.float32, "r", shape=(60, 20))
    labels = autograd.arange(60) % 3
    model = nn.Linear(20, 3)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    loader = nn.data.DataLoader(nn.data.TensorDataset(autograd.from_numpy(mapped), labels), batch_size=20)
    before = F.cross_entropy(model(autograd.from_numpy(mapped)), labels).item()
    for _ in range(5):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    assert F.cross_entropy(model(autograd.from_numpy(mapped)), labels).item() < before
