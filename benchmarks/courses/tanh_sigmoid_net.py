"""CIS 520, question 1: the 2-500-2 net with tanh and sigmoid, its gradients by hand, and what it can learn."""

from __future__ import annotations

import numpy as np
from numpy import ndarray as Array

import autograd
import nn

from .course import About, Course, Result

ABOUT = {
    "tanh-sigmoid-net": About(
        what="2-500-2 net with tanh and sigmoid, derived by hand, trained on two moons",
        metric="training accuracy, worst of three seeds",
        note="CIS 520, question 1",
        floor=99.0,
    )
}

HIDDEN = 500


def run(course: Course) -> dict[str, Result]:
    """Check the derivation twice, train, draw the boundary."""
    rng = course.seed(0)
    x, y = two_moons(40, rng)
    parameters = [p.detach().numpy().astype(np.float64) for p in new_parameters()]
    largest = compare_with_engine(course, parameters, x, y)
    report = autograd.check_derivation(
        lambda W1, b1, W2, b2: loss_of(W1, b1, W2, b2, x, y),
        parameters,
        lambda W1, b1, W2, b2, dL: [dL * g for g in gradients_by_hand([W1, b1, W2, b2], x, y)],
    )
    rows = [(r.argument, r.verdict, f"{r.worst.analytic:.9f}", f"{r.worst.numeric:.9f}") for r in report.inputs]
    head = ("parameter", "verdict", "worst entry by hand", "slope there")
    course.table("by hand against finite differences", head, rows)

    runs = []
    for seed in range(1 if course.quick else 3):
        rng = course.seed(seed)
        x, y = two_moons(1000, rng)
        trained, accuracy, losses = train(course, x, y, steps=150 if course.quick else 1000)
        runs.append(accuracy)
        course.say(f"seed {seed}   loss {losses[-1]:.4f}   training accuracy {accuracy:.2f} %")
        if course.pictures and seed == 0:
            draw(course, trained, x, y, accuracy, losses)
    course.note(
        "The loss in the text of the homework, y ln s + (1 - y) ln(1 - s), has to be maximised. With the minus sign "
        "and the mean over the batch that gradient descent needs, sigmoid and logarithm cancel in the backward pass: "
        "dL/dz2 = (sigmoid(z2) - y) / N, and no factor is left that could vanish."
    )
    details = {"runs": runs, "derivation": str(report.verdict), "against_engine": largest}
    return {"tanh-sigmoid-net": Result(min(runs), details=details)}


def two_moons(count: int, rng: np.random.Generator, noise: float = 0.1) -> tuple[Array, Array]:
    """Points (count, 2) on two half circles that reach into each other; one-hot classes (count, 2).

    With a noise of 0.1 the moons just do not touch; with 0.15 about one point in a hundred lies in the other one.
    """
    label = np.arange(count) % 2
    angle = rng.uniform(0, np.pi, count)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    x = np.where(label[:, None] == 0, upper, lower) + rng.normal(0, noise, (count, 2))
    return x, np.eye(2)[label]


def new_parameters() -> list[autograd.Tensor]:
    """W1 (2, 500), b1 (500,), W2 (500, 2), b2 (2,)."""
    shapes = [(2, HIDDEN), (HIDDEN,), (HIDDEN, 2), (2,)]
    scales = [1.0, 1.0, HIDDEN**-0.5, 0.0]
    return [(scale * autograd.randn(*shape)).requires_grad_() for shape, scale in zip(shapes, scales, strict=True)]


def logits(x: autograd.Tensor, parameters: list[autograd.Tensor]) -> autograd.Tensor:
    """z2 (N, 2); the prediction is sigmoid(z2)."""
    W1, b1, W2, b2 = parameters
    z1 = x @ W1 + b1
    a1 = autograd.tanh(z1)
    return a1 @ W2 + b2


def loss_of(W1: Array, b1: Array, W2: Array, b2: Array, x: Array, y: Array) -> Array:
    """Mean over the batch of -sum(y ln s + (1 - y) ln(1 - s)), s = sigmoid(z2), in NumPy as the homework writes it."""
    s = 1 / (1 + np.exp(-(np.tanh(x @ W1 + b1) @ W2 + b2)))
    return -(y * np.log(s) + (1 - y) * np.log(1 - s)).sum() / len(x)


def gradients_by_hand(parameters: list[Array], x: Array, y: Array) -> list[Array]:
    """dL/dW1, dL/db1, dL/dW2, dL/db2: the answer to the homework."""
    W1, b1, W2, b2 = parameters
    a1 = np.tanh(x @ W1 + b1)
    s = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    dz2 = (s - y) / len(x)
    da1 = dz2 @ W2.T
    dz1 = da1 * (1 - a1**2)
    return [x.T @ dz1, dz1.sum(0), a1.T @ dz2, dz2.sum(0)]


def compare_with_engine(course: Course, parameters: list[Array], x: Array, y: Array) -> float:
    """The same gradients by the tape: the largest difference, relative to each parameter's largest gradient."""
    leaves = [autograd.tensor(p, requires_grad=True) for p in parameters]
    z2 = logits(autograd.tensor(x), leaves)
    loss = nn.functional.binary_cross_entropy_with_logits(z2, autograd.tensor(y), reduction="sum") / len(x)
    loss.backward()
    rows, largest = [], 0.0
    for name, leaf, by_hand in zip(("W1", "b1", "W2", "b2"), leaves, gradients_by_hand(parameters, x, y), strict=True):
        error = np.abs(leaf.grad.numpy() - by_hand).max() / np.abs(by_hand).max()
        rows.append((name, by_hand.shape, f"{error:.1e}"))
        largest = max(largest, float(error))
    course.table("by hand against the engine", ("parameter", "shape", "largest relative difference"), rows)
    return largest


def train(course: Course, x: Array, y: Array, steps: int) -> tuple[list[autograd.Tensor], float, list[float]]:
    """Full batches. Returns the parameters, the training accuracy in per cent, and the losses."""
    parameters = new_parameters()
    inputs, targets = autograd.tensor(x, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)
    optimizer = nn.optim.Adam(parameters, lr=0.01)
    losses = []
    for _ in course.track(range(steps), "two moons"):
        optimizer.zero_grad()
        z2 = logits(inputs, parameters)
        loss = nn.functional.binary_cross_entropy_with_logits(z2, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with autograd.no_grad():
        predicted = logits(inputs, parameters).numpy().argmax(1)
    return parameters, 100 * float((predicted == y.argmax(1)).mean()), losses


def draw(course: Course, parameters: list[autograd.Tensor], x: Array, y: Array, accuracy: float, losses: list) -> None:
    """The probability of the second moon over the plane, the line where it is a half, and the loss."""
    across, up = np.linspace(-1.6, 2.6, 240), np.linspace(-1.2, 1.7, 180)
    grid = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    with autograd.no_grad():
        s = autograd.sigmoid(logits(autograd.tensor(grid, dtype=autograd.float32), parameters)).numpy()
    share = (s[:, 1] / s.sum(1)).reshape(len(up), len(across))
    figure = course.figure(11, 4.2)
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    left.contourf(across, up, share, levels=np.linspace(0, 1, 21), cmap="RdBu_r", alpha=0.55)
    left.contour(across, up, share, levels=[0.5], colors="black", linewidths=1.5)
    left.scatter(*x.T, c=y.argmax(1), cmap="RdBu_r", s=9, edgecolors="black", linewidths=0.2)
    left.set_title(f"two moons: training accuracy {accuracy:.2f} %")
    right.semilogy(losses, color="#1f77b4")
    right.set_xlabel("step")
    right.set_ylabel("cross-entropy")
    right.grid(alpha=0.3)
    course.picture(figure, "boundary", "Colour: what the net takes a point for; black: where it cannot decide.")
