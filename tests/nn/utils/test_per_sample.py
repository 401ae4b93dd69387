"""Gradients of single examples, layer by layer, against one backward for each."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import GraphError, SettingError
from nn.utils import grad_samples


class Words(nn.Module):
    """An embedding with padding, a layer that is used twice, and norms."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(6, 4, padding_idx=0)
        self.norm = nn.LayerNorm(4)
        self.twice = nn.Linear(4, 4)
        self.out = nn.Linear(4, 3, bias=False)

    def forward(self, x):
        z = self.twice(self.twice(self.norm(self.embedding(x))).tanh())
        return self.out(z.mean(1))


MODELS = {
    "dense": (lambda: nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)), lambda: autograd.randn(4, 5)),
    "images": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2),
            nn.GroupNorm(2, 4),
            nn.ReLU(),
            nn.Conv2d(4, 2, 2, bias=False),
            nn.InstanceNorm2d(2, affine=True),
            nn.Flatten(),
            nn.Linear(8, 3),
        ),
        lambda: autograd.randn(4, 2, 5, 5),
    ),
    "padded": (
        lambda: nn.Sequential(
            nn.Conv1d(2, 3, 3, padding="same", padding_mode="reflect"), nn.PReLU(3), nn.Flatten(), nn.Linear(15, 3)
        ),
        lambda: autograd.randn(4, 2, 5),
    ),
    "words": (Words, lambda: autograd.tensor([[1, 2, 0], [3, 3, 0], [5, 1, 2], [0, 0, 4]])),
}


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_each_example_has_the_gradient_of_its_own_backward(name, reduction):
    autograd.manual_seed(0)
    make, data = MODELS[name]
    model, x, labels = make(), data(), autograd.tensor([0, 2, 1, 1])
    with grad_samples(model, reduction):
        nn.functional.cross_entropy(model(x), labels, reduction=reduction).backward()
    found = {key: p.grad_sample for key, p in model.named_parameters()}
    for i in range(4):
        model.zero_grad()
        nn.functional.cross_entropy(model(x[i : i + 1]), labels[i : i + 1]).backward()
        for key, p in model.named_parameters():
            np.testing.assert_allclose(found[key][i].numpy(), p.grad.numpy(), 1e-4, 1e-5)


def test_what_cannot_be_told_apart_is_refused():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    with pytest.raises(GraphError, match="BatchNorm1d"), grad_samples(model):
        pass
    with pytest.raises(SettingError, match="loss_reduction"), grad_samples(model, "none"):
        pass
    model.eval()
    model[0].bias.requires_grad_(False)
    with grad_samples(model):
        model(autograd.ones(3, 2)).sum().backward()
    assert model[1].weight.grad_sample.shape == (3, 2)
    assert not hasattr(model[0].bias, "grad_sample")
