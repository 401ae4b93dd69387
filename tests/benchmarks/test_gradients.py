"""The comparison with differences that ends each training."""

import numpy as np

import autograd
import nn
from benchmarks.train.gradients import STEPS, TOLERANCE, check_gradients


class Bent(nn.Module):
    """A weight so close to the bend of ReLU that the first step reaches beyond it."""

    def __init__(self, forgotten):
        super().__init__()
        self.weight = nn.Parameter(np.array([0.4 * STEPS[0]]))
        self.forgotten = forgotten  # a part of the derivative

    def forward(self, x):
        return nn.functional.relu(self.weight * x) + self.forgotten * self.weight.detach() * x


def agree(model):
    return check_gradients(model, lambda y, target: (y * target).sum(), autograd.ones(1), autograd.ones(1).double())


def test_a_bend_beside_a_weight_is_no_difference(capsys):
    assert agree(Bent(0))
    assert "they agree" in capsys.readouterr().out


def test_a_derivative_that_is_wrong_is_one(capsys):
    assert not agree(Bent(10 * TOLERANCE))
    assert "they DIFFER" in capsys.readouterr().out
