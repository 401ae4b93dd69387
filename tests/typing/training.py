"""A training script, as for PyTorch."""

import argparse
import math
from pathlib import Path

import numpy as np

import autograd as torch
import nn
import nn.functional as F
from autograd import Tensor
from nn.data import DataLoader, Dataset, random_split
from nn.optim.lr_scheduler import CosineAnnealingLR, StepLR


class Squares(Dataset):
    def __init__(self, size: int, noise: float = 0.1) -> None:
        self.x = torch.randn(size, 2)
        self.y = (self.x**2).sum(dim=1) + noise * torch.randn(size)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.x[index], self.y[index]


class Block(nn.Module):
    def __init__(self, size: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(size, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)
        self.scale = nn.Parameter(torch.ones(size))
        self.register_buffer("steps", torch.zeros(1))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        self.steps += 1
        y = self.dropout(F.gelu(self.linear(self.norm(x))))
        if mask is not None:
            y = y.masked_fill(mask, 0.0)
        return x + self.scale * y


class Net(nn.Module):
    def __init__(self, inputs, hidden, outputs, layers=2):
        super().__init__()
        self.first = nn.Linear(inputs, hidden)
        self.blocks = nn.ModuleList([Block(hidden) for _ in range(layers)])
        self.heads = nn.ModuleDict({"a": nn.Linear(hidden, outputs)})
        self.apply(self._init)

    def _init(self, module):
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, x):
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = block(x)
        return self.heads["a"](x).squeeze(-1)


class CNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 14 * 14, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.bn(self.conv1(x))))
        x = x.view(x.size(0), -1)
        x = torch.flatten(x, 1)
        return F.log_softmax(self.fc(x), dim=1)


class Tagger(nn.Module):
    def __init__(self, words: int, size: int, tags: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.lstm = nn.LSTM(size, size, batch_first=True, bidirectional=True)
        self.attention = nn.MultiheadAttention(2 * size, 2, batch_first=True)
        self.out = nn.Linear(2 * size, tags)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        h, (hn, cn) = self.lstm(self.embedding(tokens))
        mixed, weights = self.attention(h, h, h)
        return self.out(mixed + h), hn.sum() + cn.sum()


def evaluate(model: nn.Module, loader: DataLoader, device: str = "cpu") -> float:
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            loss = F.mse_loss(model(x), y, reduction="sum")
            total += loss.item()
            count += x.size(0)
    return total / count


@torch.no_grad()
def accuracy(logits: Tensor, labels: Tensor) -> float:
    predicted = logits.argmax(dim=1)
    return (predicted == labels).float().mean().item()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(0)
    device = torch.device("cpu")
    data = Squares(100)
    train, test = random_split(data, [80, 20])
    loader = DataLoader(train, batch_size=16, shuffle=True, drop_last=True, num_workers=0)
    model = Net(2, 16, 1).to(device)
    criterion = nn.MSELoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=1e-4)
    scheduler = CosineAnnealingLR(optimizer, T_max=args.epochs)
    best = math.inf
    history: list[float] = []
    for epoch in range(args.epochs):
        model.train()
        for _step, (x, y) in enumerate(loader):
            x, y = x.to(device), y.to(device)
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            history.append(loss.item())
        scheduler.step()
        print(f"{epoch} {np.mean(history):.4f} {scheduler.get_last_lr()[0]:.2e} {len(loader)} {len(train)}")
        score = evaluate(model, DataLoader(test, batch_size=20))
        if score < best:
            best = score
            torch.save(model.state_dict(), "best.npz")
    model.load_state_dict(torch.load("best.npz"))
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(parameters, model)
    for name, p in model.named_parameters():
        if p.grad is not None:
            print(name, tuple(p.shape), p.grad.abs().max().item())

    images = torch.rand(4, 1, 28, 28)
    labels = torch.randint(0, 10, (4,))
    cnn = CNN()
    sgd = torch.optim.SGD(
        [{"params": cnn.conv1.parameters(), "lr": 0.1}, {"params": cnn.fc.parameters()}], lr=0.01, momentum=0.9
    )
    StepLR(sgd, step_size=1, gamma=0.5)
    output = cnn(images)
    loss = F.nll_loss(output, labels)
    loss.backward()
    sgd.step()
    print(accuracy(output, labels), cnn.conv1.weight.data.std(), output.detach().cpu().numpy().shape)
    print(cnn.conv1.weight.grad.norm(), cnn.fc.bias.grad.shape)

    tagger = Tagger(10, 4, 3)
    scores, extra = tagger(torch.randint(10, (2, 5)))
    (F.cross_entropy(scores.transpose(1, 2), torch.randint(3, (2, 5))) + extra).backward()

    model2 = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.ReLU())
    print(model2[1].weight.shape, len(model2), model2(images).shape, model2[:2])
    for layer in model2:
        if isinstance(layer, nn.Linear):
            layer.weight.data.fill_(1.0)
            layer.bias.data.zero_()

    w = torch.randn(3, requires_grad=True)
    for _ in range(3):
        loss = ((w - 1) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            w.grad.zero_()
    Path("out").mkdir(exist_ok=True)
    np.save("out/w.npy", w.detach().numpy())


if __name__ == "__main__":
    main()
