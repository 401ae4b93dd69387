"""Why deep sigmoid nets train badly: how large the gradient still is in each layer, before training and during it."""

from __future__ import annotations

import numpy as np

import autograd
import nn

from .course import About, Course, Result

ABOUT = {
    "vanishing-sigmoid": About(
        what="gradient norms per layer of a deep net: sigmoid, ReLU, batch norm",
        metric="gradient of the first layer against the last, sigmoid",
        unit="",
        note="a short question of the deep learning homework",
    )
}

DEPTH, WIDTH = 10, 64
COLOURS = {"sigmoid": "#b3261e", "sigmoid + batch norm": "#1f77b4", "ReLU": "#1b7f4b"}


def run(course: Course) -> dict[str, Result]:
    """Three nets that differ in what follows a linear layer."""
    train, _ = course.images("mnist")
    images, labels = train.tensors()
    norms: dict[str, np.ndarray] = {}
    losses: dict[str, list[float]] = {}
    rows = []
    for kind in COLOURS:
        norms[kind] = np.mean([gradient_norms(deep_net(course, kind, seed), images, labels) for seed in range(3)], 0)
        losses[kind] = training_losses(course, kind, images, labels)
        first, last = norms[kind][0], norms[kind][-1]
        rows.append((kind, f"{first:.1e}", f"{last:.1e}", f"{first / last:.1e}", f"{np.mean(losses[kind][-20:]):.3f}"))
    head = ("between the layers", "first layer", "last layer", "ratio", f"loss after {len(losses['ReLU'])} steps")
    course.table(f"norm of the weight gradient before training, {DEPTH} layers of {WIDTH}", head, rows)
    course.note(
        "The derivative of the sigmoid is s (1 - s), at most 1/4. Going back through a layer multiplies the gradient "
        "by that and by the weights, whose squares add up to about one per unit: a factor of at most a quarter per "
        "layer, so the first of ten layers hears a whisper, and stays as random as it was. ReLU passes the "
        "gradient on unchanged or not at all. Batch norm scales every layer's input to deviation one, and its backward "
        "pass divides by the deviation it removed: what the sigmoid shrinks is stretched again."
    )
    course.note(
        "It is sometimes said that the trouble is the sigmoid's positive mean. That slows training down (all weights "
        "of a unit are pushed the same way), but it does not stop it; the shrinking does. "
        f"The constant guess has a loss of ln 10 = {np.log(10):.3f}."
    )
    if course.pictures:
        draw(course, norms, losses)
    ratios = {kind: float(values[0] / values[-1]) for kind, values in norms.items()}
    final = {kind: float(np.mean(values[-20:])) for kind, values in losses.items()}
    return {"vanishing-sigmoid": Result(ratios["sigmoid"], details={"ratios": ratios, "losses": final})}


def deep_net(course: Course, kind: str, seed: int) -> nn.Sequential:
    """DEPTH linear layers, with `kind` between them; weights as Glorot (sigmoid) and He (ReLU) advise."""
    course.seed(seed)
    layers: list[nn.Module] = [nn.Flatten()]
    for fan_in in [28 * 28, *[WIDTH] * (DEPTH - 2)]:
        layers.append(linear(fan_in, WIDTH, kind))
        if kind == "sigmoid + batch norm":
            layers.append(nn.BatchNorm1d(WIDTH))
        layers.append(nn.ReLU() if kind == "ReLU" else nn.Sigmoid())
    return nn.Sequential(*layers, linear(WIDTH, 10, kind))


def linear(fan_in: int, fan_out: int, kind: str) -> nn.Linear:
    """A layer with the variance of its weights chosen for what follows it, and no bias to begin with."""
    layer = nn.Linear(fan_in, fan_out)
    if kind == "ReLU":
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    else:
        nn.init.xavier_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def gradient_norms(model: nn.Sequential, images: autograd.Tensor, labels: autograd.Tensor) -> list[float]:
    """The norm of each linear layer's weight gradient, from first to last, on 256 images."""
    nn.functional.cross_entropy(model(images[:256]), labels[:256]).backward()
    return [float(np.linalg.norm(layer.weight.grad.numpy())) for layer in model if isinstance(layer, nn.Linear)]


def training_losses(course: Course, kind: str, images: autograd.Tensor, labels: autograd.Tensor) -> list[float]:
    """The loss of each step, from the first seed's weights."""
    model = deep_net(course, kind, 0)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    order = np.random.default_rng(0)
    losses = []
    for _ in course.track(range(60 if course.quick else 600), kind):
        chosen = order.integers(len(labels), size=64)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images[chosen]), labels[chosen])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def draw(course: Course, norms: dict, losses: dict) -> None:
    """Norms over the layers, and losses over the steps (running mean of 20)."""
    figure = course.figure(11, 4.2)
    left, right = figure.subplots(1, 2)
    for kind, colour in COLOURS.items():
        left.semilogy(range(1, DEPTH + 1), norms[kind], "o-", color=colour, label=kind)
        smooth = np.convolve(losses[kind], np.ones(20) / 20, "valid")
        right.plot(np.arange(len(smooth)) + 20, smooth, color=colour, label=kind)
    left.set_xlabel("layer, 1 is next to the image")
    left.set_ylabel("norm of the weight gradient")
    left.set_title("before training")
    right.axhline(np.log(10), color="gray", linestyle=":", label="constant guess")
    right.set_xlabel("step")
    right.set_ylabel("cross-entropy")
    right.set_title("training, same steps for all")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    factor = (norms["sigmoid"][-1] / norms["sigmoid"][1]) ** (1 / (DEPTH - 2))
    course.picture(
        figure, "norms", f"Left: mean of three seeds. The sigmoid net loses a factor of {factor:.1f} per layer."
    )
