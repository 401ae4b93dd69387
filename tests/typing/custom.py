"""A custom op, module, sampler, hooks."""

from typing import Any

import numpy as np

import autograd
import nn
from autograd import Function, Tensor
from nn.data import DataLoader, IterableDataset, TensorDataset


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, dz):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * dz


class Scaled(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x * factor

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return grads[0] * ctx.factor, None


class Gate(nn.Module):
    weight: nn.Parameter
    running: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(autograd.randn(size))
        self.register_buffer("running", autograd.zeros(size))

    def forward(self, x: Tensor, *, scale: float = 1.0) -> dict[str, Tensor]:
        y = Cube.apply(x * self.weight) * scale
        self.running = 0.9 * self.running + 0.1 * y.detach().mean(0)
        return {"out": y, "gate": autograd.sigmoid(y)}

    def extra_repr(self) -> str:
        return f"size={len(self.weight)}"


class Numbers(IterableDataset):
    def __iter__(self):
        yield from range(3)


gate = Gate(3)
result = gate(autograd.randn(2, 3), scale=2.0)
result["out"].sum().backward()
handle = gate.register_forward_hook(lambda module, args, output: None)
handle.remove()
x = autograd.tensor(np.ones(3), requires_grad=True)
x.register_hook(lambda g: g * 2)
y = Scaled.apply(x, 2.0)
y.backward(autograd.ones(3))
for batch in DataLoader(Numbers(), batch_size=2):
    print(batch + 1)
for inputs, targets in DataLoader(TensorDataset(x, x), batch_size=2, shuffle=True):
    print(inputs.shape, targets.mean())
dataset = TensorDataset(autograd.randn(4, 2), autograd.arange(4) % 2)
print(len(dataset), dataset[0][0].shape, [label for _, label in dataset])
model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
optimizer = nn.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.99))
for group in optimizer.param_groups:
    group["lr"] *= 0.5
nn.fit(model, DataLoader(dataset, batch_size=2), loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=1)
lbfgs = nn.optim.LBFGS(model.parameters())


def closure():
    lbfgs.zero_grad()
    loss = nn.CrossEntropyLoss()(model(dataset.tensors[0]), dataset.tensors[1])
    loss.backward()
    return loss


lbfgs.step(closure)
total = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
copy = {name: value.clone() for name, value in model.state_dict().items()}
model.load_state_dict(copy)
frozen = [p.requires_grad_(False) for p in model.parameters()]
rnn = nn.GRU(2, 3)
out, h = rnn(autograd.randn(5, 1, 2))
cell = nn.LSTMCell(2, 3)
hx, cx = cell(autograd.randn(1, 2))
hx, cx = cell(autograd.randn(1, 2), (hx, cx))
print(out.shape, h.shape, hx + cx)
transformer = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2), num_layers=1)
print(transformer(autograd.randn(3, 1, 4)).shape)
print(nn.Identity()(x) + 1, nn.PReLU()(x).sum(), nn.MaxPool2d(2)(autograd.randn(1, 1, 4, 4)).shape)
with autograd.set_grad_enabled(False):
    print(model(dataset.tensors[0]))


@autograd.enable_grad()
def typed(a: Tensor, b: int = 2) -> Tensor:
    return a * b


print(typed(x, b=3).sum())
