"""Logistic regression and a perceptron with operations of their own, backward written by hand."""

import autograd as torch
import nn
from autograd import Function
from nn import functional as F
from nn import optim
from tests.conformance.programs.data import digits


class LinearFunction(Function):
    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias


class LeakyFunction(Function):
    @staticmethod
    def forward(ctx, x, slope):
        ctx.save_for_backward(x)
        ctx.slope = slope
        return x.clamp(min=0) + slope * x.clamp(max=0)

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        dx = dy.clone()
        dx[x < 0] *= ctx.slope
        return dx, None


class Layer(nn.Module):
    def __init__(self, input_features, output_features):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(output_features, input_features))
        self.bias = nn.Parameter(torch.empty(output_features))
        nn.init.uniform_(self.weight, -0.1, 0.1)
        nn.init.uniform_(self.bias, -0.1, 0.1)

    def forward(self, input):
        return LinearFunction.apply(input, self.weight, self.bias)

    def extra_repr(self):
        return f"input_features={self.weight.size(1)}, output_features={self.weight.size(0)}"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = Layer(784, 64)
        self.output = Layer(64, 10)

    def forward(self, x):
        return self.output(LeakyFunction.apply(self.hidden(x.flatten(1)), 0.1))


def build():
    return nn.ModuleDict({"logistic": nn.Linear(784, 1), "net": Net()})


def train(model):
    images, labels = digits(320)
    X, y = torch.tensor(images), torch.tensor(labels)
    sgd = optim.SGD(model["logistic"].parameters(), lr=0.1, momentum=0.9, nesterov=True)
    adam = optim.Adam(model["net"].parameters(), lr=1e-3, amsgrad=True)
    for i in range(10):
        batch = slice(32 * i, 32 * (i + 1))
        score = model["logistic"](X[batch].view(-1, 784)).squeeze(1)
        odd = (y[batch] % 2 == 1).to(score.dtype)
        loss = F.binary_cross_entropy_with_logits(score, odd)
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        yield loss.item()

        loss = F.cross_entropy(model["net"](X[batch]), y[batch])
        adam.zero_grad()
        loss.backward()
        adam.step()
        yield loss.item()
