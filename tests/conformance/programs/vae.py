"""A variational autoencoder (Kingma & Welling 2013) on digits, with Adam."""

import autograd as torch
import nn
from nn import functional as F
from nn import optim
from tests.conformance.programs.data import digits, noise


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar, eps):
        std = torch.exp(0.5 * logvar)
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x, eps):
        mu, logvar = self.encode(x.view(-1, 784))
        z = self.reparameterize(mu, logvar, eps)
        return self.decode(z), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 784), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


def build():
    return VAE()


def train(model):
    images, _ = digits(320)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    model.train()
    for i in range(10):
        data = torch.from_numpy(images[32 * i : 32 * i + 32])
        optimizer.zero_grad()
        recon, mu, logvar = model(data, torch.from_numpy(noise(i, len(data), 20)))
        loss = loss_function(recon, data, mu, logvar)
        loss.backward()
        optimizer.step()
        yield loss.item() / len(data)
