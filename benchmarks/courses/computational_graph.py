"""CSE 291, problems 1 to 3: two computations drawn as graphs, with the values that flow forwards and backwards."""

from __future__ import annotations

import numpy as np

import autograd
from autograd import Tensor
from autograd.drawing import draw_graph

from .course import About, Course, Result
from .graph import Graph, Tracing

ABOUT = {
    "computational-graph": About(
        what="the sigmoid-tanh-softmax net and batch norm as graphs, gradients on the edges",
        metric="gradients in the drawings that equal those derived by hand",
        note="CSE 291, problems 1 to 3",
        floor=100.0,
    )
}


def run(course: Course) -> dict[str, Result]:
    """Trace, compare with the derivations, draw."""
    rows = []
    for name, (graph, by_hand) in {"network": network(course), "batch-norm": batch_norm(course)}.items():
        found = {vertex.label: vertex.gradient for vertex in graph.vertices if vertex.kind == "leaf"}
        found |= {vertex.name: vertex.gradient for vertex in graph.vertices if vertex.name}
        for variable, expected in by_hand.items():
            error = float(np.abs(found[variable] - expected).max())
            rows.append((name, f"dL/d{variable}", found[variable].shape, f"{error:.1e}", error < 1e-12))
        if course.pictures:
            drawing = draw_graph(graph)
            figure = course.figure(drawing.width / 96, drawing.height / 96)
            drawing.on(figure)
            course.picture(
                figure, name, f"{CAPTIONS[name]} In lines instead of pixels: {name}.svg beside this picture."
            )
            course.place(f"{name}.svg", on_page=False).write_text(drawing.svg(), encoding="utf-8")
    course.table("derived by hand against the graph", ("graph", "gradient", "shape", "difference", "equal"), rows)
    course.note(
        "Reading the drawings: on each line stands in green the value that travels down, in red what comes back up, "
        "the part of the gradient that arrives along that line. Where a value is used twice, its gradient is the sum "
        "over the lines that leave it: so in batch norm, where x reaches the result directly, through the mean, and "
        "through the variance."
    )
    course.note(
        "Softmax and cross-entropy: dL/dp = -y / p is large where the net is wrong and sure of it, and the Jacobian of "
        "the softmax, diag(p) - p p^T, shrinks it by as much: what is left at o is p - y."
    )
    equal = sum(row[-1] for row in rows)
    return {"computational-graph": Result(100 * equal / len(rows), details={"gradients": len(rows)})}


CAPTIONS = {
    "network": "Problem 2: sigmoid, tanh and softmax layers, cross-entropy. Blue: operations; yellow: leaves.",
    "batch-norm": "Problem 3: batch norm of five numbers, and a function F of its output.",
}


def network(course: Course) -> tuple[Graph, dict[str, np.ndarray]]:
    """Two inputs, two hidden layers of two units, three classes; and the gradients of problems 1 and 2."""
    rng = course.seed(1)

    def leaf(*shape: int) -> Tensor:
        return autograd.tensor(rng.normal(size=shape).round(1), requires_grad=True)

    X, y = leaf(2), autograd.tensor([0.0, 1.0, 0.0], dtype=autograd.float64)
    W1, b1, W2, b2, W3, b3 = leaf(2, 2), leaf(2), leaf(2, 2), leaf(2), leaf(3, 2), leaf(3)
    names = {"X": X, "y": y, "W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}
    with Tracing(names) as tracing:
        h1 = W1 @ X + b1
        a1 = autograd.sigmoid(h1)
        h2 = W2 @ a1 + b2
        a2 = autograd.tanh(h2)
        o = W3 @ a2 + b3
        p = autograd.softmax(o, 0)
        L = -(y * autograd.log(p)).sum()
    tracing.names |= {"h1": h1, "a1": a1, "h2": h2, "a2": a2, "o": o, "p": p, "L": L}

    # by hand, from the end to the beginning
    v = {name: tensor.detach().numpy() for name, tensor in tracing.names.items()}
    do = v["p"] - v["y"]
    da2 = v["W3"].T @ do
    dh2 = da2 * (1 - v["a2"] ** 2)
    da1 = v["W2"].T @ dh2
    dh1 = da1 * v["a1"] * (1 - v["a1"])
    by_hand = {
        "o": do,
        "W3": np.outer(do, v["a2"]),
        "b3": do,
        "W2": np.outer(dh2, v["a1"]),
        "b2": dh2,
        "W1": np.outer(dh1, v["X"]),
        "b1": dh1,
        "X": v["W1"].T @ dh1,
    }
    return tracing.graph(L), by_hand


def batch_norm(course: Course) -> tuple[Graph, dict[str, np.ndarray]]:
    """Algorithm 1 of Ioffe & Szegedy 2015 on a batch of five numbers; F = sum(w * y) makes dF/dy = w."""
    rng = course.seed(2)
    x = autograd.tensor(rng.normal(1, 2, 5).round(1), requires_grad=True)
    gamma = autograd.tensor(1.5, dtype=autograd.float64, requires_grad=True)
    beta = autograd.tensor(0.5, dtype=autograd.float64, requires_grad=True)
    w = autograd.tensor(rng.normal(size=5).round(1))
    epsilon = 1e-5
    with Tracing({"x": x, "γ": gamma, "β": beta, "w": w}) as tracing:
        mu = x.mean()
        centred = x - mu
        variance = (centred**2).mean()
        sigma = autograd.sqrt(variance + epsilon)
        xhat = centred / sigma
        y = gamma * xhat + beta
        F = (w * y).sum()
    tracing.names |= {"μ": mu, "x−μ": centred, "σ²": variance, "σ": sigma, "x̂": xhat, "y": y, "F": F}

    dy, h, m = w.numpy(), xhat.detach().numpy(), len(x)
    dh = dy * gamma.item()
    by_hand = {
        "γ": (dy * h).sum(),
        "β": dy.sum(),
        "x": (m * dh - dh.sum() - h * (dh * h).sum()) / (m * sigma.item()),
    }
    return tracing.graph(F), by_hand
