"""Telling digits apart by distances: shared convolutions, group norm, triplet loss, AdaGrad with averaged weights."""

import copy

import autograd as torch
import nn
from nn import functional as F
from nn import optim
from tests.conformance.programs.data import digits


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding="same", padding_mode="reflect"),
            nn.GroupNorm(4, 8),
            nn.SiLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, dilation=2),
            nn.PReLU(16),
            nn.AvgPool2d(2, stride=2, ceil_mode=True),
        )
        self.head = nn.Linear(16 * 5 * 5, 24)

    def forward(self, x):
        return F.normalize(self.head(torch.flatten(self.features(x), 1)), p=2, dim=1)


def build():
    return Embedder()


def train(model):
    images, labels = digits(400)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    average = copy.deepcopy(model)
    average.requires_grad_(False)
    optimizer = optim.Adagrad(model.parameters(), lr=0.01)
    for i in range(10):
        anchor, positive, negative = [], [], []
        for digit in range(6):
            (same,) = torch.where(y == digit)
            (other,) = torch.where(y != digit)
            anchor.append(same[i])
            positive.append(same[i + 1])
            negative.append(other[i])
        batch = torch.cat([x[torch.stack(part)] for part in (anchor, positive, negative)])
        a, p, n = model(batch).chunk(3)
        loss = F.triplet_margin_loss(a, p, n, margin=0.5)
        loss = loss + 0.1 * F.cosine_embedding_loss(a, n, -torch.ones(len(a)), margin=0.2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), model.parameters()):
                slow.mul_(0.9).add_(fast, alpha=0.1)
        yield loss.item()
    with torch.no_grad():
        z = average(x[:32])
        yield (z @ z.T).mean().item()
