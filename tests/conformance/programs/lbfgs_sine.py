"""Continuing sine waves with a recurrent cell made of Linear layers, trained with LBFGS in double precision."""

import numpy as np

import autograd as torch
import nn
from nn import optim


class Cell(nn.Module):
    """A long short-term memory cell, written out."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.x2h = nn.Linear(inputs, 4 * hidden)
        self.h2h = nn.Linear(hidden, 4 * hidden)

    def forward(self, x, state):
        h, c = state
        i, f, g, o = (self.x2h(x) + self.h2h(h)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class Sequence(nn.Module):
    def __init__(self, hidden=12):
        super().__init__()
        self.hidden = hidden
        self.cell1 = Cell(1, hidden)
        self.cell2 = Cell(hidden, hidden)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, input, future=0):
        outputs = []
        zeros = torch.zeros(input.size(0), self.hidden, dtype=torch.double)
        h1, c1, h2, c2 = zeros, zeros, zeros, zeros
        output = None
        for input_t in input.split(1, dim=1):
            h1, c1 = self.cell1(input_t, (h1, c1))
            h2, c2 = self.cell2(h1, (h2, c2))
            output = self.linear(h2)
            outputs += [output]
        for _ in range(future):
            h1, c1 = self.cell1(output, (h1, c1))
            h2, c2 = self.cell2(h1, (h2, c2))
            output = self.linear(h2)
            outputs += [output]
        return torch.cat(outputs, dim=1)


def build():
    return Sequence().double()


def train(model):
    rng = np.random.default_rng(2)
    x = np.arange(40) + rng.integers(-80, 80, (6, 1))
    data = np.sin(x / 20.0).astype("float64")
    input = torch.from_numpy(data[1:, :-1])
    target = torch.from_numpy(data[1:, 1:])
    criterion = nn.MSELoss()
    optimizer = optim.LBFGS(model.parameters(), lr=0.8, max_iter=4)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = criterion(model(input), target)
        losses.append(loss.item())
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
        yield from losses
        losses.clear()
    with torch.no_grad():
        pred = model(torch.from_numpy(data[:1, :-1]), future=10)
        yield pred[0, -10:].square().mean().item()
