"""`convolve` over any axes, with sums over others: HIPS/autograd's version of `scipy.signal.convolve`."""

from __future__ import annotations

from typing import Any

from .. import numpy as np

__all__ = ["convolve"]


def convolve(A: Any, B: Any, axes: Any = None, dot_axes: Any = ((), ()), mode: str = "full") -> Any:
    """The convolution of A and B, of shape (other axes of A, other axes of B, axes that are convolved).

    axes       (axes of A, axes of B) to convolve over; None: all of both, which have as many
    dot_axes   (axes of A, axes of B) over which products are summed
    mode       "full": wherever they overlap; "same": the middle of that, of the lengths of A; "valid": where the
               shorter lies within the longer, and along each axis the same of the two is the longer one
    """
    shapes = [np.shape(A), np.shape(B)]
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"convolve: wanted mode 'full', 'same' or 'valid', got {mode!r}")
    if axes is None:
        if len(shapes[0]) != len(shapes[1]):
            raise ValueError("convolve: wanted arrays of one number of axes, or axes=")
        axes = (list(range(len(shapes[0]))), list(range(len(shapes[1]))))
    conv = [[axis % len(shape) for axis in each] for shape, each in zip(shapes, axes)]
    dots = [[axis % len(shape) for axis in each] for shape, each in zip(shapes, dot_axes)]
    rest = [
        [axis for axis in range(len(shape)) if axis not in conv[i] and axis not in dots[i]]
        for i, shape in enumerate(shapes)
    ]
    lengths = [[shapes[i][axis] for axis in conv[i]] for i in (0, 1)]
    swapped = mode == "valid" and any(a < b for a, b in zip(*lengths))
    if swapped and any(a > b for a, b in zip(*lengths)):
        raise ValueError("convolve: in mode 'valid' one of the two must be at least as long along every axis")
    arranged = [np.transpose(x, rest[i] + dots[i] + conv[i]) for i, x in enumerate((A, B))]
    counts = [len(rest[0]), len(rest[1]), len(dots[0]), len(conv[0])]
    if swapped:
        arranged.reverse()
        counts[0], counts[1] = counts[1], counts[0]
    long, short = arranged
    ahead, behind, summed, places = counts
    sizes = np.shape(short)[behind + summed :]
    if mode != "valid":
        long = np.pad(long, [(0, 0)] * (ahead + summed) + [(n - 1, n - 1) for n in sizes])
    along = tuple(range(ahead + summed, ahead + summed + places))
    windows = np.lib.stride_tricks.sliding_window_view(long, sizes, axis=along) if places else long
    flipped = np.flip(short, tuple(range(behind + summed, behind + summed + places))) if places else short
    over = [
        [*range(ahead, ahead + summed), *range(ahead + summed + places, ahead + summed + 2 * places)],
        list(range(behind, behind + summed + places)),
    ]
    z = np.tensordot(windows, flipped, axes=over)  # (rest of long, places, rest of short)
    first = list(range(ahead))
    middle = list(range(ahead, ahead + places))
    last = list(range(ahead + places, ahead + places + behind))
    z = np.transpose(z, (last + first if swapped else first + last) + middle)
    if mode == "same":
        starts = [(n - 1) // 2 for n in lengths[1]]
        z = z[(..., *[slice(start, start + n) for start, n in zip(starts, lengths[0])])]
    return z
