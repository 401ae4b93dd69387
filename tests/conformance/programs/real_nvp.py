"""Density estimation by real-valued non-volume preserving transformations (Dinh et al. 2017) on two moons."""

import autograd as torch
import nn
from nn import optim
from nn.distributions import MultivariateNormal
from tests.conformance.programs.data import noise


class Coupling(nn.Module):
    def __init__(self, mask, width=16):
        super().__init__()
        self.register_buffer("mask", torch.tensor(mask).to(torch.get_default_dtype()))
        self.scale = nn.Sequential(nn.Linear(2, width), nn.LeakyReLU(), nn.Linear(width, 2), nn.Tanh())
        self.shift = nn.Sequential(nn.Linear(2, width), nn.LeakyReLU(), nn.Linear(width, 2))

    def forward(self, x):
        kept = self.mask * x
        s, t = (1 - self.mask) * self.scale(kept), (1 - self.mask) * self.shift(kept)
        return kept + (1 - self.mask) * (x - t) * torch.exp(-s), -s.sum(dim=1)


class Flow(nn.Module):
    def __init__(self, depth=4):
        super().__init__()
        self.layers = nn.ModuleList([Coupling([i % 2, 1 - i % 2]) for i in range(depth)])

    def log_prob(self, x):
        total = x.new_zeros(x.shape[0])
        for layer in self.layers:
            x, log_det = layer(x)
            total += log_det
        prior = MultivariateNormal(torch.zeros(2), torch.eye(2))
        return prior.log_prob(x) + total


def moons(count, seed):
    angle = torch.linspace(0, torch.pi, count)
    side = torch.where(torch.arange(count) % 2 == 0, 1.0, -1.0)
    points = torch.stack([torch.cos(angle) * side + (1 - side) / 2, torch.sin(angle) * side + (1 - side) / 4], dim=1)
    return points + 0.05 * torch.from_numpy(noise(seed, count, 2))


def build():
    return Flow()


def train(model):
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    for step in range(12):
        loss = -model.log_prob(moons(64, step)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()
