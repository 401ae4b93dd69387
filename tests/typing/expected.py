"""What checkers say of each expression, in comments."""

from typing import reveal_type

import autograd
import autograd as torch
import nn
import nn.functional as F
from autograd import Tensor, check_grads, func
from autograd.func import functional_call
from nn.data import DataLoader, TensorDataset


class Two(nn.Module):
    def forward(self, x: Tensor, *, scale: float = 1.0) -> dict[str, Tensor]:
        return {"x": x * scale}


def energy(x: Tensor, k: float = 1.0) -> Tensor:
    return (k * x**2).sum()


def pair(x: Tensor) -> tuple[Tensor, int]:
    return x.sum(), 3


x = autograd.tensor([1.0, 2.0], requires_grad=True)
reveal_type(x)  # Tensor
reveal_type(x + 1)  # Tensor
reveal_type(1 - x)  # Tensor
reveal_type(x @ x)  # Tensor
reveal_type(x > 0)  # Tensor
reveal_type(x == 0)  # Tensor
reveal_type(x > 0)  # Tensor
reveal_type(x**2)  # Tensor
reveal_type(2**x)  # Tensor
reveal_type(-x)  # Tensor
reveal_type(~(x > 0))  # Tensor
reveal_type(x[0])  # Tensor
reveal_type(x.exp())  # Tensor
reveal_type(x.T)  # Tensor
reveal_type(x.sum(dim=0))  # Tensor
reveal_type(x.sum(axis=0, keepdims=True))  # Tensor
reveal_type(x.max())  # Tensor
reveal_type(x.max(0))  # ValuesIndices[Tensor]
reveal_type(x.max(axis=0))  # ValuesIndices[Tensor]
reveal_type(x.max(0).values)  # Tensor
reveal_type(x.sort().indices)  # Tensor
reveal_type(x.grad)  # Tensor | Any
reveal_type(x.shape)  # Size
reveal_type(x.shape[0])  # int
reveal_type(x.size(0))  # int
reveal_type(x.size())  # Size
reveal_type(len(x))  # int
reveal_type(x.item())  # Any
reveal_type(x.detach().numpy())  # ndarray[tuple[Any, ...], dtype[Any]]
reveal_type(x.unbind())  # tuple[Tensor, ...]
reveal_type(x.split(1))  # tuple[Tensor, ...]
reveal_type(x.requires_grad)  # bool
reveal_type(x.dtype)  # dtype[Any]
reveal_type(x.exp_())  # Tensor
reveal_type(x.clone().add_(1))  # Tensor
for row in x:
    reveal_type(row)  # Tensor
x += 1
reveal_type(x)  # Tensor
reveal_type(autograd.exp(x))  # Tensor
reveal_type(autograd.add(x, 2))  # Tensor
reveal_type(autograd.mul(x, 2))  # Tensor
reveal_type(autograd.cat([x, x]))  # Tensor
reveal_type(autograd.sum(x, axis=0))  # Tensor
reveal_type(autograd.where(x > 0, x, 0))  # Tensor
reveal_type(autograd.einsum("i,i", x, x))  # Tensor
reveal_type(autograd.max(x, 0))  # ValuesIndices[Tensor]
u, s, vh = autograd.linalg.svd(x)
reveal_type(autograd.FloatTensor([1.0]))  # Tensor
reveal_type(autograd.linalg.inv(x))  # Tensor
reveal_type(autograd.special.erf(x))  # Tensor
reveal_type(F.relu(x))  # Tensor
reveal_type(F.cross_entropy(x, x))  # Tensor
reveal_type(F.avg_pool2d(x, 2))  # Tensor
reveal_type(torch.conv2d(x, x))  # Tensor
reveal_type(autograd.tape())  # Tape
reveal_type(check_grads(autograd.sum, x))  # GradReport
reveal_type(torch.nn.Linear(2, 3))  # Linear
reveal_type(torch.nn.Linear(2, 3).weight)  # Parameter
reveal_type(torch.nn.Linear(2, 3).bias)  # Parameter | Any
reveal_type(nn.Parameter(x))  # Parameter
reveal_type(nn.Parameter(x) + 1)  # Tensor
reveal_type(nn.Linear(2, 3)(x))  # Tensor
reveal_type(nn.Conv2d(1, 2, 3)(x))  # Tensor
reveal_type(nn.MaxPool2d(2)(x))  # Tensor
reveal_type(nn.Sequential(nn.Linear(2, 3), nn.ReLU())(x))  # Tensor
reveal_type(nn.Sequential(nn.Linear(2, 3), nn.ReLU())[:1])  # Sequential
reveal_type(nn.GRU(2, 3)(x))  # tuple[Tensor, Tensor]
reveal_type(nn.LSTM(2, 3)(x))  # tuple[Tensor, tuple[Tensor, Tensor]]
reveal_type(nn.LSTMCell(2, 3)(x))  # tuple[Tensor, Tensor]
reveal_type(nn.MultiheadAttention(4, 2)(x, x, x))  # tuple[Tensor, Tensor | Any]
reveal_type(nn.CrossEntropyLoss()(x, x))  # Tensor
reveal_type(Two()(x, scale=2.0))  # dict[str, Tensor]
reveal_type(torch.optim.SGD(nn.Linear(2, 3).parameters(), lr=0.1))  # SGD
reveal_type(nn.Linear(2, 3).state_dict())  # dict[str, Any]
for inputs, labels in DataLoader(TensorDataset(x, x), batch_size=2):
    reveal_type(inputs * labels)  # Tensor
reveal_type(autograd.grad(x.sum(), x))  # tuple[Tensor, ...]
reveal_type(func.value_and_grad(energy)(x, k=2.0)[0])  # Tensor
reveal_type(func.vmap(energy)(x))  # Tensor
reveal_type(func.vjp(energy, x)[0])  # Tensor
reveal_type(func.vjp(pair, x, has_aux=True)[2])  # int
reveal_type(func.jvp(energy, (x,), (x,)))  # tuple[Tensor, Tensor]
reveal_type(functional_call(Two(), {}, x))  # dict[str, Tensor]


@autograd.no_grad()
def with_parentheses(a: Tensor) -> int:
    return len(a)


@autograd.no_grad
def without(a: Tensor) -> int:
    return len(a)


reveal_type(with_parentheses(x))  # int
reveal_type(without(x))  # int
with autograd.no_grad(), autograd.enable_grad(), autograd.inference_mode(), autograd.set_grad_enabled(False):
    reveal_type(x * 2)  # Tensor
