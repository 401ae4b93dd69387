"""CIS 520, 2.1: output volumes and parameter counts by arithmetic, and a convolution by hand, number by number."""

from __future__ import annotations

import numpy as np

import autograd
import nn

from .course import About, Course, Result

ABOUT = {
    "conv-by-hand": About(
        what="output volumes, parameter counts, the 5x5 toy convolution",
        metric="numbers that agree with the arithmetic",
        note="CIS 520, question 2.1",
        floor=100.0,
    )
}

IMAGE = [[5, 7, 6, 0, 1], [9, 2, 6, 3, 1], [2, 8, 3, 6, 9], [0, 3, 2, 8, 1], [8, 5, 6, 1, 8]]
FILTERS = [[[1, -4, 3], [3, -4, -3], [2, 0, 3]], [[0, 2, 1], [-3, 4, -1], [3, 1, 4]]]


def run(course: Course) -> dict[str, Result]:
    """Ask the layers, and compare with the arithmetic."""
    rows = []

    # 98 x 98 x 16 through 64 filters of 6 x 6, stride 4, padding 2: (98 + 2*2 - 6) / 4 + 1 = 25
    volume = nn.Conv2d(16, 64, 6, stride=4, padding=2)(autograd.zeros(1, 16, 98, 98)).shape
    side = (98 + 2 * 2 - 6) // 4 + 1
    rows.append(("output volume (filters, rows, columns)", (64, side, side), tuple(volume[1:])))

    # 99 x 99 x 3 fully connected to 50 x 50 x 6: a weight per pair and a bias per neuron. Nobody needs to build that:
    # 441 million parameters. One neuron is built, and counted; the layer is 15,000 of them.
    neurons = 50 * 50 * 6
    one_neuron = sum(p.numel() for p in nn.Linear(99 * 99 * 3, 1).parameters())
    rows.append(("parameters, fully connected", (99 * 99 * 3 + 1) * neurons, one_neuron * neurons))

    # The same sizes with 6 filters of 3 x 3 x 3, stride 2, padding 1: (99 + 2*1 - 3) / 2 + 1 = 50
    conv = nn.Conv2d(3, 6, 3, stride=2, padding=1)
    rows.append(("parameters, convolution", (3 * 3 * 3 + 1) * 6, sum(p.numel() for p in conv.parameters())))
    rows.append(("its output volume", (6, 50, 50), tuple(conv(autograd.zeros(1, 3, 99, 99)).shape[1:])))

    # The toy example. "Convolution" means cross-correlation: the filter is not flipped.
    x = autograd.tensor(IMAGE, dtype=autograd.float64).reshape(1, 1, 5, 5)
    w = autograd.tensor(FILTERS, dtype=autograd.float64).reshape(2, 1, 3, 3)
    z = nn.functional.conv2d(x, w)[0]  # (2, 3, 3)
    image = np.array(IMAGE)
    for f in range(2):
        for p in range(3):
            for q in range(3):
                by_hand = int((image[p : p + 3, q : q + 3] * FILTERS[f]).sum())
                rows.append((f"row {p + 1}, column {q + 1}, filter {f + 1}", by_hand, int(z[f, p, q].item())))

    course.table("by arithmetic, and by the engine", ("question", "arithmetic", "engine"), rows)
    worked = " + ".join(f"{v}·{k}" for v, k in zip(image[:3, :3].ravel(), np.ravel(FILTERS[0]))).replace("·-", "·−")
    course.note(f"Row 1, column 1, filter 1: {worked} = {int(z[0, 0, 0].item())}.")
    agree = sum(expected == got for _, expected, got in rows)
    return {"conv-by-hand": Result(100 * agree / len(rows), details={"numbers": len(rows)})}
