"""A physics-informed network for Burgers' equation (Raissi et al. 2019): the loss holds second derivatives of the net."""

import autograd as torch
import nn
from autograd import grad
from nn import optim
from tests.conformance.programs.data import noise


class Net(nn.Module):
    def __init__(self, width=20):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )
        self.viscosity = nn.Parameter(torch.tensor(0.01))

    def forward(self, x, t):
        return self.layers(torch.cat([x, t], dim=1))

    def residual(self, x, t):
        u = self(x, t)
        u_t, u_x = grad(u, (t, x), torch.ones_like(u), create_graph=True)
        u_xx = grad(u_x, x, torch.ones_like(u_x), create_graph=True)[0]
        return u_t + u * u_x - self.viscosity * u_xx


def build():
    return Net()


def train(model):
    x = torch.from_numpy(noise(0, 64, 1)).clamp(-1, 1).requires_grad_()
    t = torch.sigmoid(torch.from_numpy(noise(1, 64, 1))).requires_grad_()
    start = torch.linspace(-1, 1, 32).view(-1, 1)
    first = -torch.sin(torch.pi * start)
    optimizer = optim.LBFGS(model.parameters(), lr=0.5, max_iter=4, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        known = (model(start, torch.zeros_like(start)) - first) ** 2
        loss = (model.residual(x, t) ** 2).mean() + known.mean()
        loss.backward()
        return loss

    for _ in range(5):
        yield optimizer.step(closure).item()
