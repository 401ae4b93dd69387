"""A Wasserstein critic with gradient penalty (Gulrajani et al. 2017): the loss contains a gradient."""

import autograd as torch
import nn
from autograd import grad
from nn import optim
from tests.conformance.programs.data import digits, noise

LAMBDA, CRITIC_ITERS = 10, 2


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.preprocess = nn.Sequential(nn.Linear(32, 4 * 4 * 32), nn.ReLU(True))
        self.block1 = nn.Sequential(nn.ConvTranspose2d(32, 16, 5), nn.ReLU(True))
        self.block2 = nn.Sequential(nn.ConvTranspose2d(16, 8, 5), nn.ReLU(True))
        self.deconv_out = nn.ConvTranspose2d(8, 1, 8, stride=2)

    def forward(self, input):
        output = self.preprocess(input)
        output = output.view(-1, 32, 4, 4)
        output = self.block1(output)
        output = output[:, :, :7, :7]
        output = self.block2(output)
        output = torch.sigmoid(self.deconv_out(output))
        return output.reshape(-1, 784)


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, 32, 5, stride=2, padding=2),
            nn.Softplus(),
            nn.Conv2d(32, 32, 5, stride=2, padding=2),
            nn.Tanh(),
            nn.Flatten(),
        )
        self.output = nn.Linear(4 * 4 * 32, 1)

    def forward(self, input):
        return self.output(self.main(input.view(-1, 1, 28, 28))).view(-1)


def calc_gradient_penalty(netD, real_data, fake_data, alpha):
    interpolates = alpha * real_data + ((1 - alpha) * fake_data)
    interpolates.requires_grad_(True)
    disc_interpolates = netD(interpolates)
    gradients = grad(
        outputs=disc_interpolates,
        inputs=interpolates,
        grad_outputs=torch.ones(disc_interpolates.size()),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * LAMBDA


def build():
    return nn.ModuleDict({"generator": Generator(), "critic": Critic()})


def train(model):
    netG, netD = model["generator"], model["critic"]
    images, _ = digits(16 * 10)
    optimizerD = optim.Adam(netD.parameters(), lr=1e-4, betas=(0.5, 0.9))
    optimizerG = optim.Adam(netG.parameters(), lr=1e-4, betas=(0.5, 0.9))
    for iteration in range(5):
        for p in netD.parameters():
            p.requires_grad = True
        for j in range(CRITIC_ITERS):
            k = CRITIC_ITERS * iteration + j
            real = torch.from_numpy(images[16 * k : 16 * k + 16].reshape(16, -1))
            netD.zero_grad()
            fake = netG(torch.from_numpy(noise(k, 16, 32))).detach()
            alpha = torch.sigmoid(torch.from_numpy(noise(100 + k, 16, 1)))
            penalty = calc_gradient_penalty(netD, real, fake, alpha)
            D_cost = netD(fake).mean() - netD(real).mean() + penalty
            D_cost.backward()
            optimizerD.step()
            yield D_cost.item()
        for p in netD.parameters():
            p.requires_grad = False
        netG.zero_grad()
        G_cost = -netD(netG(torch.from_numpy(noise(200 + iteration, 16, 32)))).mean()
        G_cost.backward()
        optimizerG.step()
        yield G_cost.item()
