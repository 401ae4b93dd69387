"""What only pyright infers, from code without annotations."""

from typing import reveal_type

import autograd
import nn
from autograd import func


class Untyped(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 3)

    def forward(self, x):
        return self.linear(x)


x = autograd.tensor([1.0, 2.0], requires_grad=True)
reveal_type(Untyped()(x))  # Tensor
func.grad(lambda t: t.sum())(x)
func.value_and_grad(lambda t: t.sum())(x)
