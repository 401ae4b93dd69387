"""Slow, obvious references for the kernels: the formula, written as loops."""

from __future__ import annotations

import itertools

import numpy as np


def places(x, w, z, stride, padding, dilation, groups):
    """Index triples (into x, into w, into z) of all products in a convolution; outside of x there are none.

    x (N, C, *H), w (F, C / groups, *I), z (N, F, *P).
    """
    per_group, filters = w[1], w[0] // groups
    for n, f, c in itertools.product(range(z[0]), range(z[1]), range(per_group)):
        channel = f // filters * per_group + c
        for p in itertools.product(*map(range, z[2:])):
            for i in itertools.product(*map(range, w[2:])):
                h = tuple(
                    a * s + b * d - before for a, s, b, d, before in zip(p, stride, i, dilation, padding, strict=True)
                )
                if all(0 <= at < size for at, size in zip(h, x[2:], strict=True)):
                    yield (n, channel, *h), (f, c, *i), (n, f, *p)


def conv(x, w, bias, stride, padding, dilation, groups, size):
    z = np.zeros((len(x), len(w), *size))
    for at_x, at_w, at_z in places(x.shape, w.shape, z.shape, stride, padding, dilation, groups):
        z[at_z] += x[at_x] * w[at_w]
    return z if bias is None else z + bias.reshape(-1, *[1] * len(size))


def conv_input_grad(dz, w, bias, stride, padding, dilation, groups, size):
    dx = np.zeros((len(dz), w.shape[1] * groups, *size))
    for at_x, at_w, at_z in places(dx.shape, w.shape, dz.shape, stride, padding, dilation, groups):
        dx[at_x] += dz[at_z] * w[at_w]
    return dx if bias is None else dx + bias.reshape(-1, *[1] * len(size))


def conv_weight_grad(dz, x, stride, padding, dilation, groups, size):
    dw = np.zeros((dz.shape[1], x.shape[1] // groups, *size))
    for at_x, at_w, at_z in places(x.shape, dw.shape, dz.shape, stride, padding, dilation, groups):
        dw[at_w] += dz[at_z] * x[at_x]
    return dw


def unfold(x, kernel, stride, padding, dilation, counts):
    """Column l of image n holds, for every channel, the elements of window l in row-major order; 0 outside."""
    count, inside = int(np.prod(counts)), int(np.prod(kernel))
    z = np.zeros((len(x), x.shape[1] * inside, count))
    for n, c, k, m in itertools.product(range(len(x)), range(x.shape[1]), range(inside), range(count)):
        i, p = np.unravel_index(k, kernel), np.unravel_index(m, counts)
        h = tuple(a * s + b * d - q for a, s, b, d, q in zip(p, stride, i, dilation, padding, strict=True))
        if all(0 <= at < size for at, size in zip(h, x.shape[2:], strict=True)):
            z[n, c * inside + k, m] = x[(n, c, *h)]
    return z


def fold(x, kernel, stride, padding, dilation, counts, size):
    """Each column is added back to where `unfold` would have taken it from."""
    inside = int(np.prod(kernel))
    z = np.zeros((len(x), x.shape[1] // inside, *size))
    for n, row, m in itertools.product(*map(range, x.shape)):
        c, k = divmod(row, inside)
        i, p = np.unravel_index(k, kernel), np.unravel_index(m, counts)
        h = tuple(a * s + b * d - q for a, s, b, d, q in zip(p, stride, i, dilation, padding, strict=True))
        if all(0 <= at < n_h for at, n_h in zip(h, size, strict=True)):
            z[(n, c, *h)] += x[n, row, m]
    return z


# --------------------------------------------------------------------------------------------------- normalisation


def batch_norm(x, w, b, eps, relu):
    """z, and mean and biased variance per channel, of x (N, C, L)."""
    x, (n, c, length) = x.astype(np.float64), x.shape
    z, mean, var = np.zeros(x.shape), np.zeros(c), np.zeros(c)
    for k in range(c):
        values = [x[i, k, j] for i in range(n) for j in range(length)]
        mean[k] = sum(values) / len(values)
        var[k] = sum((v - mean[k]) ** 2 for v in values) / len(values)
        z[:, k] = (x[:, k] - mean[k]) / np.sqrt(var[k] + eps) * w[k] + b[k]
    return np.where(relu & (z < 0), 0, z), mean, var


def batch_norm_grad(dz, x, w, b, eps, relu):
    """dx, dw, db: each statistic's own path is written out."""
    z, mean, var = batch_norm(x, w, b, eps, False)
    g, x = np.where(relu & (z <= 0), 0, dz.astype(np.float64)), x.astype(np.float64)
    count = x.shape[0] * x.shape[2]
    dx, dw, db = np.zeros(x.shape), np.zeros(len(w)), np.zeros(len(w))
    for k in range(len(w)):
        d, r = x[:, k] - mean[k], 1 / np.sqrt(var[k] + eps)
        dw[k], db[k] = (g[:, k] * d * r).sum(), g[:, k].sum()
        by_variance = (g[:, k] * w[k] * d).sum() * -0.5 * r**3
        by_mean = -(g[:, k] * w[k] * r).sum() - by_variance * 2 * d.sum() / count
        dx[:, k] = g[:, k] * w[k] * r + by_variance * 2 * d / count + by_mean / count
    return dx, dw, db


def row_norm(x, w, b, eps, centred):
    """z, and mean and biased variance (or 0 and the mean square) of each row of x (M, D)."""
    x = x.astype(np.float64)
    z, mean, var = np.zeros(x.shape), np.zeros(len(x)), np.zeros(len(x))
    for i, row in enumerate(x):
        mean[i] = sum(row) / len(row) if centred else 0
        var[i] = sum((row - mean[i]) ** 2) / len(row)
        z[i] = (row - mean[i]) / np.sqrt(var[i] + eps) * w + b
    return z, mean, var


def row_norm_grad(dz, x, w, eps, centred):
    _, mean, var = row_norm(x, w, 0 * w, eps, centred)
    dx, dw, db = np.zeros(x.shape), np.zeros(len(w)), np.zeros(len(w))
    for i in range(len(x)):
        g, r = dz[i].astype(np.float64), 1 / np.sqrt(var[i] + eps)
        d = x[i] - mean[i]
        dw += g * d * r
        db += g
        by_variance = (g * w * d).sum() * -0.5 * r**3
        dx[i] = g * w * r + by_variance * 2 * d / len(w)
        if centred:
            dx[i] -= ((g * w * r).sum() + by_variance * 2 * d.sum() / len(w)) / len(w)
    return dx, dw, db


def relu_pool(x, window):
    """The largest of each window of ReLU of x, and which element it was; the size of the window if it is cut off."""
    (i, j), (n, c, h, w) = window, x.shape
    z, winner = np.zeros((n, c, h // i, w // j), x.dtype), np.zeros((n, c, h // i, w // j), np.uint8)
    for at in np.ndindex(z.shape):
        p, q = at[2] * i, at[3] * j
        values = x[at[0], at[1], p : p + i, q : q + j].reshape(-1)
        z[at] = max(values.max(), 0)
        winner[at] = values.argmax() if values.max() > 0 else i * j
    return z, winner


def unpool(dz, winner, window, shape):
    (i, j), dx = window, np.zeros(shape, dz.dtype)
    for at in np.ndindex(dz.shape):
        k = winner[at]
        if k < i * j:
            dx[at[0], at[1], at[2] * i + k // j, at[3] * j + k % j] = dz[at]
    return dx


# ------------------------------------------------------------------------------------------------------------ pooling


def max_pool(x, size, stride, padding, dilation, out):
    """Value of each window's winner, its position in the pooled axes and its place in the window.

    Of equal ones the first wins, of several NaN the last.
    """
    lead, shape = x.shape[: -len(out)], x.shape[-len(out) :]
    value = np.zeros((*lead, *out), x.dtype)
    index, place = np.zeros(value.shape, np.int64), np.zeros(value.shape, np.int64)
    for row in np.ndindex(lead):
        for window in np.ndindex(out):
            best = None
            for offset in np.ndindex(size):
                at = tuple(
                    w * s - p + o * d for w, s, p, o, d in zip(window, stride, padding, offset, dilation, strict=True)
                )
                if all(0 <= a < n for a, n in zip(at, shape, strict=True)):
                    v = x[(*row, *at)]
                    if best is None or v > best or v != v:
                        best = v
                        index[(*row, *window)] = np.ravel_multi_index(at, shape)
                        place[(*row, *window)] = np.ravel_multi_index(offset, size)
            value[(*row, *window)] = best
    return value, index, place


def put_winners(dz, index, shape, axes):
    """Zeros of `shape` with dz added at the positions within its last `axes` axes that `max_pool` returned."""
    dx = np.zeros(shape, dz.dtype)
    for at in np.ndindex(dz.shape):
        lead = at[: dz.ndim - axes]
        dx[(*lead, *np.unravel_index(index[at], shape[len(shape) - axes :]))] += dz[at]
    return dx


def recurrence(a, b, axis, reverse):
    z = np.array(b)
    steps = [np.moveaxis(array, axis, 0)[:: -1 if reverse else 1] for array in (a, b, z)]
    for i in range(1, len(steps[0])):
        steps[2][i] = steps[0][i] * steps[2][i - 1] + steps[1][i]
    return z


def add_rows(table, index, rows):
    for i, row in zip(index, rows, strict=True):
        table[i] += row


# ------------------------------------------------------------------------------------------------ recurrent layers


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(x, state, w_ih, w_hh, b_ih, b_hh):
    h, c = state
    i, f, g, o = np.split(w_ih @ x + b_ih + w_hh @ h + b_hh, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x, state, w_ih, w_hh, b_ih, b_hh):
    (h,) = state
    x_r, x_z, x_n = np.split(w_ih @ x + b_ih, 3)
    y_r, y_z, y_n = np.split(w_hh @ h + b_hh, 3)
    r, z = sigmoid(x_r + y_r), sigmoid(x_z + y_z)
    n = np.tanh(x_n + r * y_n)
    return ((1 - z) * n + z * h,)


def tanh_step(x, state, w_ih, w_hh, b_ih, b_hh):
    return (np.tanh(w_ih @ x + b_ih + w_hh @ state[0] + b_hh),)


def relu_step(x, state, w_ih, w_hh, b_ih, b_hh):
    return (np.maximum(w_ih @ x + b_ih + w_hh @ state[0] + b_hh, 0),)


def recurrent(step, x, states, weights, sizes, reverse):
    """One sequence after the other: outputs (N, H) in the places of x (N, I), and the last states."""
    first = np.cumsum(sizes) - sizes  # where the rows of each step begin
    out = np.zeros((len(x), states[0].shape[1]))
    last = [np.array(state, np.float64) for state in states]
    for b in range(len(states[0])):
        steps = [t for t in range(len(sizes)) if sizes[t] > b]
        for t in reversed(steps) if reverse else steps:
            new = step(x[first[t] + b], [state[b] for state in last], *weights)
            for state, value in zip(last, new, strict=True):
                state[b] = value
            out[first[t] + b] = new[0]
    return out, *last


def softmax(x):
    """Over the last axis."""
    z = np.empty_like(x)
    for i in np.ndindex(x.shape[:-1]):
        e = np.exp(x[i] - x[i].max())
        z[i] = e / e.sum()
    return z


def softmax_grad(dz, z):
    dx = np.zeros_like(z)
    for i in np.ndindex(z.shape[:-1]):
        dx[i] = z[i] * (dz[i] - (dz[i] * z[i]).sum())
    return dx


def cross_entropy(x, target, share):
    """The losses of all rows, and their gradients times `share`."""
    slope = softmax(x)
    loss = np.array([-np.log(slope[i, t]) for i, t in enumerate(target)])
    for i, t in enumerate(target):
        slope[i, t] -= 1
        slope[i] *= share[i]
    return loss, slope


def attention(q, k, v, dz, bias, scale):
    """z, and the gradients of q, k and v; a row of `bias` that is all -inf gives zeros."""
    z, dq, dk, dv = np.zeros(dz.shape), np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for n in np.ndindex(q.shape[:-2]):
        for i in range(q.shape[-2]):
            added = 0 if bias is None else bias[i]
            if bias is not None and (bias[i] == -np.inf).all():
                continue
            w = softmax(k[n] @ q[n][i] * scale + added)
            z[n][i] = w @ v[n]
            dv[n] += np.outer(w, dz[n][i])
            g = softmax_grad(v[n] @ dz[n][i], w) * scale
            dq[n][i] = g @ k[n]
            dk[n] += np.outer(g, q[n][i])
    return z, dq, dk, dv


def dropout(x, mask, scale):
    return np.array([a * (scale if kept else 0) for a, kept in zip(x, mask, strict=True)], x.dtype)


# ------------------------------------------------------------------------------------- vector primitives, products


def accumulate(w, x, places, start, count):
    """w (T, R), start (R,): start[r] + sum over t of w[t, r] * x[places[t] + u]."""
    out = np.tile(start[:, None], count)
    for (t, r), weight in np.ndenumerate(w):
        for u in range(count):
            out[r, u] += weight * x[places[t] + u]
    return out


def dot(a, x, places):
    """a (M, R, U), x (M, L): sum over m, u of a[m, r, u] * x[m, places[k] + u]."""
    out = np.zeros((a.shape[1], len(places)))
    for (m, r, u), value in np.ndenumerate(a):
        for k, place in enumerate(places):
            out[r, k] += value * x[m, place + u]
    return out


def copy_rows(source, step, width, begin, end):
    """Every `step`-th element of source (R, L) in columns `begin` to `end`, 0 in the others."""
    out = np.zeros((len(source), width))
    for r, i in itertools.product(range(len(source)), range(begin, end)):
        out[r, i] = source[r, (i - begin) * step]
    return out


def matmul(a, b, bias):
    """a (..., M, K) @ b (..., K, N) + bias (N,)."""
    c = np.zeros((*a.shape[:-1], b.shape[-1]))
    for i, t, j in itertools.product(range(a.shape[-2]), range(a.shape[-1]), range(b.shape[-1])):
        c[..., i, j] += a[..., i, t].astype(np.float64) * b[..., t, j]
    return c if bias is None else c + bias
