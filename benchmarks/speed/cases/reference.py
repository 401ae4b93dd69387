"""The values of lone operations in float64, written plainly in NumPy: what a library is compared with in the absence of
another one. A function takes inputs, weights and dz; it returns the output, then a gradient for each input and weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy import ndarray as Array

Reference = Callable[..., tuple[Array, ...]]


def _taps(size: int, kernel: int, stride: int) -> Iterator[tuple[int, int, slice, slice]]:
    """For every place (i, j) in a window: which pixels of a padded image meet it."""
    span = (size - kernel) // stride * stride + 1
    for i in range(kernel):
        for j in range(kernel):
            yield i, j, slice(i, i + span, stride), slice(j, j + span, stride)


def conv(stride: int = 1, padding: int = 0, groups: int = 1) -> Reference:
    """Square images and kernels; one matrix product per place in the window, with the groups in front."""

    def reference(x: Array, w: Array, b: Array, dz: Array) -> tuple[Array, ...]:
        n, c, h = x.shape[:3]
        kernel = w.shape[-1]
        border = ((0, 0), (0, 0), (padding, padding), (padding, padding))
        padded = np.pad(x, border).reshape(n, groups, c // groups, h + 2 * padding, h + 2 * padding)
        padded = np.ascontiguousarray(padded.transpose(1, 2, 0, 3, 4))  # (G, C/G, N, H, W)
        weight = w.reshape(groups, -1, c // groups, kernel, kernel)
        out = dz.shape[-1]
        dz_columns = dz.reshape(n, groups, -1, out, out).transpose(1, 2, 0, 3, 4).reshape(groups, weight.shape[1], -1)
        z, dw, dx = np.zeros_like(dz_columns), np.zeros_like(weight), np.zeros_like(padded)
        for i, j, rows, columns in _taps(h + 2 * padding, kernel, stride):
            pixels = padded[..., rows, columns]
            flat = pixels.reshape(groups, c // groups, -1)
            z += weight[..., i, j] @ flat
            dw[..., i, j] = dz_columns @ flat.transpose(0, 2, 1)
            dx[..., rows, columns] += (weight[..., i, j].transpose(0, 2, 1) @ dz_columns).reshape(pixels.shape)
        z = z.reshape(groups, -1, n, out, out).transpose(2, 0, 1, 3, 4).reshape(dz.shape) + b[:, None, None]
        dx = dx[..., padding : padding + h, padding : padding + h].transpose(2, 0, 1, 3, 4).reshape(x.shape)
        return z, dx, dw.reshape(w.shape), dz.sum((0, 2, 3))

    return reference


def max_pool(kernel: int, stride: int, padding: int = 0) -> Reference:
    """The first of equal pixels takes the gradient."""

    def reference(x: Array, dz: Array) -> tuple[Array, ...]:
        border = ((0, 0), (0, 0), (padding, padding), (padding, padding))
        padded = np.pad(x, border, constant_values=-np.inf)
        taps = list(_taps(padded.shape[-1], kernel, stride))
        candidates = np.stack([padded[..., rows, columns] for _, _, rows, columns in taps])
        winner = candidates.argmax(0)
        dx = np.zeros_like(padded)
        for number, (_, _, rows, columns) in enumerate(taps):
            dx[..., rows, columns] += dz * (winner == number)
        return candidates.max(0), dx[..., padding : padding + x.shape[-2], padding : padding + x.shape[-1]]

    return reference


def avg_pool(kernel: int) -> Reference:
    """Windows side by side."""

    def reference(x: Array, dz: Array) -> tuple[Array, ...]:
        n, c, p, q = dz.shape
        z = x.reshape(n, c, p, kernel, q, kernel).mean((3, 5))
        return z, dz.repeat(kernel, 2).repeat(kernel, 3) / kernel**2

    return reference


def normalise(axes: tuple[int, ...], shape: tuple[int, ...], relu: bool = False) -> Reference:
    """(x - mean) / sqrt(variance + 1e-5), scaled and shifted by weights of `shape`; mean and variance over `axes`."""

    def reference(x: Array, w: Array, b: Array, dz: Array) -> tuple[Array, ...]:
        deviation = np.sqrt(x.var(axes, keepdims=True) + 1e-5)
        y = (x - x.mean(axes, keepdims=True)) / deviation
        z = y * w.reshape(shape) + b.reshape(shape)
        if relu:
            dz = dz * (z > 0)
            z = z * (z > 0)
        others = tuple(axis for axis in range(x.ndim) if np.broadcast_shapes(shape, (1,) * x.ndim)[axis] == 1)
        dy = dz * w.reshape(shape)
        dx = (dy - dy.mean(axes, keepdims=True) - y * (dy * y).mean(axes, keepdims=True)) / deviation
        return z, dx, (dz * y).sum(others), dz.sum(others)

    return reference


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def cross_entropy(labels: Array) -> Reference:
    """The mean over the rows of minus the logarithm of the label's share."""

    def reference(x: Array) -> tuple[Array, ...]:
        share = _softmax(x)
        rows = np.arange(len(x))
        loss = -np.log(share[rows, labels]).mean()
        share[rows, labels] -= 1
        return loss, share / len(x)

    return reference


def ctc(labels: Array) -> Reference:
    """The mean over sequences of loss / length; label 0 is the blank. Probabilities themselves: few frames only."""

    def reference(x: Array) -> tuple[Array, ...]:
        p, dx, total = _softmax(x), np.zeros_like(x), 0.0
        for n, target in enumerate(labels):
            places = np.zeros(2 * len(target) + 1, np.intp)
            places[1::2] = target
            steps = np.eye(len(places)) + np.eye(len(places), k=1)  # from a place, to a place
            for s in range(3, len(places), 2):
                steps[s - 2, s] = places[s] != places[s - 2]
            seen = p[:, n, places]
            before = [np.where(np.arange(len(places)) < 2, seen[0], 0.0)]
            after = [np.where(np.arange(len(places)) >= len(places) - 2, 1.0, 0.0)]
            for t in range(1, len(x)):
                before.append((before[-1] @ steps) * seen[t])
                after.append(steps @ (after[-1] * seen[-t]))
            share = np.array(before) * np.array(after[::-1])
            likelihood = share[0].sum()
            total -= np.log(likelihood) / len(target) / len(labels)
            found = (share / likelihood) @ (places[:, None] == np.arange(x.shape[2]))
            dx[:, n] = (p[:, n] - found) / len(target) / len(labels)
        return np.array(total), dx

    return reference


def attention(causal: bool) -> Reference:
    """softmax(q k^T / sqrt(E)) v; causal: nobody looks ahead."""

    def reference(q: Array, k: Array, v: Array, dz: Array) -> tuple[Array, ...]:
        scale = q.shape[-1] ** -0.5
        scores = q @ k.swapaxes(-1, -2) * scale
        if causal:
            scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
        share = _softmax(scores)
        dshare = dz @ v.swapaxes(-1, -2)
        dscores = share * (dshare - (dshare * share).sum(-1, keepdims=True)) * scale
        return share @ v, dscores @ k, dscores.swapaxes(-1, -2) @ q, share.swapaxes(-1, -2) @ dz

    return reference
