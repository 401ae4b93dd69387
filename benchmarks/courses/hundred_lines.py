"""Reverse-mode automatic differentiation in about a hundred lines of NumPy: this project's engine without its speed.

The idea. A program that computes a loss is a list of small steps, each with a derivative that is one line. So write
the steps down while they run: which operation it was, where its inputs came from, and what its derivative will need.
That list is the tape (R. E. Wengert, 1964). No step uses a result that is computed later, so in reading the list from
its end, all that depends on a value has been dealt with before the step that made this value. One walk is enough:

    take the cotangent `dz` of the step's result: by how much the loss grows for each element of the result,
    let the operation's rule for each input turn it into a cotangent of this input,
    and add this to what the input has got from the steps after it.

What arrives at the beginning, at the weights, are the gradients.

Names are those of the library. What stands under 1 here is `autograd.op` there, 2 is `autograd.tapes`, 3
`autograd.engine` and `autograd.broadcast`, 4 `autograd.tensors`, 5 `autograd.ops`, 6 `nn.functional`. The library does
the same, and more: derivatives of derivatives (its rules run on Tensors, too), writes in place, views, hooks, threads,
a message for each mistake, and speed. Both give the same losses and gradients: `hundred_lines_compared.py` shows it.

    python -m benchmarks.courses.hundred_lines
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

# -------------------------------------------------------------------------------- 1. an operation and its derivative


class Op:
    """A function on arrays and, for each input x, a rule `dx`: from the cotangent of the result to that of x.

    The names of a rule's further parameters say what is kept for it: an input (`x`), the result (`z`), an input's
    shape (`x_shape`), or a setting, which is what the function takes by keyword. Nothing else is kept.
    """

    def __init__(self, name: str, forward: Callable[..., Array], **rules: Callable[..., Array]) -> None:
        self.name, self.forward, self.rules = name, forward, list(rules.values())
        self.inputs = [rule.removeprefix("d") for rule in rules]
        self.asks = [list(inspect.signature(rule).parameters)[1:] for rule in self.rules]

    def __call__(self, *inputs: Any, **settings: Any) -> Tensor:
        """Compute the result; write it down if one of the inputs needs a gradient."""
        tensors = [x if isinstance(x, Tensor) else Tensor(x) for x in inputs]
        arrays = [x.data for x in tensors]
        z = self.forward(*arrays, **settings)
        if all(x.node is None for x in tensors):
            return Tensor(z)
        known = {"z": z, **dict(zip(self.inputs, arrays, strict=True)), **settings}
        known |= {f"{name}_shape": x.shape for name, x in zip(self.inputs, arrays, strict=True)}
        tape.append(Record(self, [x.node for x in tensors], known, z.shape))
        return Tensor(z, tape[-1])


op = Op  # declaring does no more here; in the library it does

# ----------------------------------------------------------------------------------------------------- 2. the tape


class Leaf:
    """Where a Tensor begins that was made to get a gradient."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor, self.shape = tensor, tensor.data.shape


class Record:
    """One step: the operation, where each input came from (None: it needs no gradient), what the rules ask for."""

    def __init__(self, op: Op, inputs: list[Leaf | Record | None], known: dict[str, Any], shape: Any) -> None:
        self.op, self.inputs, self.shape = op, inputs, shape
        wanted = [names for names, node in zip(op.asks, inputs, strict=True) if node is not None]
        self.kept = {name: known[name] for names in wanted for name in names}


tape: list[Record] = []

# ------------------------------------------------------------------------------------------------ 3. the walk back


def backward(loss: Tensor) -> None:
    """Add the gradient of `loss` to the `grad` of every leaf it depends on. Uses up the tape."""
    cotangents: dict[Any, Array] = {loss.node: np.ones_like(loss.data)}
    while tape:
        record = tape.pop()
        dz = cotangents.pop(record, None)
        if dz is None:
            continue  # the loss does not depend on this step
        for node, rule, names in zip(record.inputs, record.op.rules, record.op.asks, strict=True):
            if node is not None:
                accumulate(cotangents, node, rule(dz, *[record.kept[name] for name in names]))
    for leaf, g in cotangents.items():
        leaf.tensor.grad = np.array(g) if leaf.tensor.grad is None else leaf.tensor.grad + g


def accumulate(cotangents: dict[Any, Array], node: Leaf | Record, g: Array) -> None:
    """A value that is used twice gets a cotangent from each use: their sum."""
    g = unbroadcast(g, node.shape)
    cotangents[node] = cotangents[node] + g if node in cotangents else g


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """An input that was repeated by broadcasting is used once per copy: sum over the copies."""
    g = g.sum(tuple(range(g.ndim - len(shape))))
    return g.sum(tuple(axis for axis, size in enumerate(shape) if size == 1), keepdims=True)


# ------------------------------------------------------------------------------------------------------- 4. Tensor


class Tensor:
    """An array that knows where it came from."""

    __array_ufunc__ = None  # array * tensor is the tensor's business, not NumPy's

    def __init__(self, data: Any, node: Leaf | Record | None = None, requires_grad: bool = False) -> None:
        self.data = np.asarray(data)
        self.grad: Any = None
        self.node = Leaf(self) if requires_grad else node

    def __add__(self, y: Any) -> Tensor:
        return add(self, y)

    def __sub__(self, y: Any) -> Tensor:
        return sub(self, y)

    def __mul__(self, y: Any) -> Tensor:
        return mul(self, y)

    def __truediv__(self, y: Any) -> Tensor:
        return div(self, y)

    def __matmul__(self, y: Any) -> Tensor:
        return einsum(self, y, letters=("nk", "kf", "nf"))

    __radd__, __rmul__ = __add__, __mul__

    def sum(self, *axes: int) -> Tensor:
        """Over the axes, or all of them; summed axes stay, with size 1."""
        return total(self, axes=axes or None)

    def mean(self, *axes: int) -> Tensor:
        z = self.sum(*axes)
        return z * (z.data.size / self.data.size)

    def reshape(self, *shape: int) -> Tensor:
        return reshape(self, shape=shape)


# --------------------------------------------------------------------------------- 5. operations: value, then rules

add = op("add", np.add, dx=lambda dz: dz, dy=lambda dz: dz)
sub = op("sub", np.subtract, dx=lambda dz: dz, dy=lambda dz: -dz)
mul = op("mul", np.multiply, dx=lambda dz, y: dz * y, dy=lambda dz, x: dz * x)
div = op("div", np.divide, dx=lambda dz, y: dz / y, dy=lambda dz, z, y: -dz * z / y)
sqrt = op("sqrt", np.sqrt, dx=lambda dz, z: dz / (2 * z))
tanh = op("tanh", np.tanh, dx=lambda dz, z: dz * (1 - z * z))
relu = op("relu", lambda x: np.maximum(x, 0), dx=lambda dz, z: dz * (z > 0))
total = op(
    "sum", lambda x, *, axes: np.sum(x, axes, keepdims=True), dx=lambda dz, x_shape: np.broadcast_to(dz, x_shape)
)
reshape = op("reshape", lambda x, *, shape: x.reshape(shape), dx=lambda dz, x_shape: dz.reshape(x_shape))


def contract(x: Array, y: Array, a: str, b: str, c: str) -> Array:
    return np.einsum(f"{a},{b}->{c}", x, y, optimize=True)


einsum = op(  # a product of matrices, a dense layer, a convolution: sums of products, and so are their derivatives
    "einsum",
    lambda x, y, *, letters: contract(x, y, *letters),
    dx=lambda dz, y, letters: contract(dz, y, letters[2], letters[1], letters[0]),
    dy=lambda dz, x, letters: contract(dz, x, letters[2], letters[0], letters[1]),
)


def windows_of(x: Array, size: int, stride: int) -> Array:
    """x (N, C, H, W) -> (N, C, P, Q, size, size), a view: x[n, c, p*stride + i, q*stride + j]."""
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))[:, :, ::stride, ::stride]


def add_windows(dz: Array, x_shape: Any, size: int, stride: int) -> Array:
    """Each element of x has been in several windows: the sum over them."""
    dx = np.zeros(x_shape, dz.dtype)
    for p, q in np.ndindex(*dz.shape[2:4]):
        dx[:, :, p * stride : p * stride + size, q * stride : q * stride + size] += dz[:, :, p, q]
    return dx


windows = op("windows", lambda x, *, size, stride: windows_of(x, size, stride), dx=add_windows)
pad = op(
    "pad",
    lambda x, *, by: np.pad(x, ((0, 0), (0, 0), (by, by), (by, by))),
    dx=lambda dz, x_shape, by: dz[:, :, by : by + x_shape[2], by : by + x_shape[3]],
)
largest = op(  # along the last axis; among equals the first gets the whole gradient
    "max",
    lambda x: x.max(-1),
    dx=lambda dz, x: np.where(np.arange(x.shape[-1]) == x.argmax(-1)[..., None], dz[..., None], 0),
)


def log_of_softmax(x: Array) -> Array:
    x = x - x.max(1, keepdims=True)  # exp must not overflow
    return x - np.log(np.exp(x).sum(1, keepdims=True))


log_softmax = op("log_softmax", log_of_softmax, dx=lambda dz, z: dz - np.exp(z) * dz.sum(1, keepdims=True))

# ------------------------------------------------------------------- 6. layers: compositions, nothing to differentiate


def linear(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """x (N, C), w (F, C), b (F,) -> (N, F)."""
    return einsum(x, w, letters=("nc", "fc", "nf")) + b


def conv2d(x: Tensor, w: Tensor, b: Tensor, padding: int = 0) -> Tensor:
    """z[n, f, p, q] = b[f] + sum over c, i, j of w[f, c, i, j] * x[n, c, p + i - padding, q + j - padding]."""
    seen = windows(pad(x, by=padding), size=w.data.shape[2], stride=1)
    return einsum(seen, w, letters=("ncpqij", "fcij", "nfpq")) + b.reshape(-1, 1, 1)


def max_pool2d(x: Tensor, size: int) -> Tensor:
    seen = windows(x, size=size, stride=size)
    return largest(seen.reshape(*seen.data.shape[:4], size * size))


def batch_norm(x: Tensor, weight: Tensor, bias: Tensor, *axes: int, eps: float = 1e-5) -> Tensor:
    """Mean 0 and variance 1 over the axes, then scaled and shifted (Ioffe & Szegedy 2015, algorithm 1)."""
    centred = x - x.mean(*axes)
    return centred / sqrt((centred * centred).mean(*axes) + eps) * weight + bias


def cross_entropy(scores: Tensor, labels: Array) -> Tensor:
    """The mean of -log softmax(scores) at the labels. scores (N, C), labels (N,)."""
    right = np.eye(scores.data.shape[1])[labels]
    return (log_softmax(scores) * right).sum() * (-1 / len(labels))


# ----------------------------------------------------------------------------------------------------- 7. networks


def mlp(x: Tensor, weights: list[Tensor]) -> Tensor:
    """Dense layers with ReLU between them; weights w, b, w, b, ..."""
    x = x.reshape(len(x.data), -1)
    for w, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = relu(linear(x, w, b))
    return linear(x, *weights[-2:])


def cnn(x: Tensor, weights: list[Tensor]) -> Tensor:
    """Two convolutions, each with ReLU and pooling, then dense layers."""
    for w, b in (weights[:2], weights[2:4]):
        x = max_pool2d(relu(conv2d(x, w, b, padding=2)), 2)
    return mlp(x, weights[4:])


def main() -> None:
    """A tape and a gradient that can be followed by eye; then both networks learn which way a line runs."""
    w = Tensor([0.5, -1.0], requires_grad=True)
    loss = (tanh(w * [1.0, 2.0]) * w).sum()
    print("the tape of sum(tanh(w * x) * w):")
    for record in tape:
        print(f"    {record.op.name:5} keeps {', '.join(record.kept) or 'nothing'}")
    backward(loss)
    print("the gradient of w:", w.grad)

    rng = np.random.default_rng(0)
    labels, place = rng.integers(4, size=600), rng.integers(3, 9, size=(600, 1, 1))
    row, column = np.indices((12, 12))
    along = np.array([row, column, (row + column) / 2, (row - column) / 2 + 5.5])[labels]
    images = ((np.abs(along - place) < 1) + 0.3 * rng.standard_normal(along.shape))[:, None]
    shapes: dict[Callable[..., Tensor], list[tuple[int, ...]]] = {
        mlp: [(32, 144), (32,), (4, 32), (4,)],
        cnn: [(4, 1, 5, 5), (4,), (8, 4, 5, 5), (8,), (4, 72), (4,)],
    }
    for network, sizes in shapes.items():
        weights = [Tensor(rng.standard_normal(n) * np.sqrt(2 / np.prod(n[1:])), requires_grad=True) for n in sizes]
        for step in range(61):
            batch = rng.integers(500, size=50)
            loss = cross_entropy(network(Tensor(images[batch]), weights), labels[batch])
            backward(loss)
            for w in weights:
                w.data, w.grad = w.data - 0.1 * w.grad, None
            if step % 20 == 0:
                print(f"{network.__name__} step {step:2}: loss {loss.data.item():.3f}")
        fixed = [Tensor(w.data) for w in weights]  # need no gradient, so nothing is recorded
        right = network(Tensor(images[500:]), fixed).data.argmax(1) == labels[500:]
        print(f"{network.__name__}: {right.mean():.0%} of 100 other images are right")


if __name__ == "__main__":
    main()
