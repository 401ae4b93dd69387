"""Sums of products over named indices, and their gradients, which are sums of products again.

A spec here is complete: one letter per axis of each operand and of the output, no ellipsis: (("ij", "jk"), "ik").
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..op import op
from .linalg import times
from .shape import diagonal_embed

Spec = tuple[tuple[str, ...], str]


def _rules(dz: Any, xs: tuple[Any, ...], spec: Spec, wanted: tuple[int, ...]) -> list[Any]:
    grads: list[Any] = [None] * len(xs)
    for k in wanted:
        grads[k] = _gradient(dz, xs, spec, k)
    return grads


def _gradient(dz: Any, xs: tuple[Any, ...], spec: Spec, k: int) -> Any:
    """The cotangent of operand k: the output's cotangent times the other operands, summed to k's own indices."""
    inputs, output = spec
    mine, shape = inputs[k], xs[k].shape
    others = [i for i in range(len(xs)) if i != k]
    size = dict(zip(mine, shape, strict=True))
    known = dict(zip(output, dz.shape, strict=True))  # sizes that the factors of the gradient have
    for i in others:
        for letter, n in zip(inputs[i], xs[i].shape, strict=True):
            known[letter] = max(n, known.get(letter, 1)) if n else 0
    letters = "".join(dict.fromkeys(mine))
    # an index of its own was summed alone: repeat along it. One of size 1 was broadcast: sum over it
    target = "".join(c for c in letters if known.get(c) == size[c])
    g = einsum(dz, *[xs[i] for i in others], spec=((output, *[inputs[i] for i in others]), target))
    full = tuple([size[c] for c in letters])
    if target != letters:
        g = np.broadcast_to(g.reshape(tuple([size[c] if c in target else 1 for c in letters])), full)
    return _on_diagonals(g, letters, mine)


def _on_diagonals(g: Any, letters: str, mine: str) -> Any:
    """`g` with axes `letters`, each once, placed on the diagonal wherever a letter is repeated in `mine`."""
    for position, letter in enumerate(mine):
        if letter in mine[:position]:
            axis, n = letters.index(letter), g.shape[letters.index(letter)]
            g = np.moveaxis(g, axis, -1)  # along [i, i] of the axis itself and of a new one at the end
            g = diagonal_embed(g, shape=(*g.shape, n), axes=(len(g.shape) - 1, len(g.shape)))
            letters = letters.replace(letter, "", 1) + letter * 2
    if letters == mine:
        return g
    places = list(letters)
    order = []
    for letter in mine:
        order.append(places.index(letter))
        places[order[-1]] = ""
    return np.transpose(g, order)


@op("einsum", private=("xs",), joint=_rules)
def einsum(*xs: Array, spec: Spec) -> Array:
    """Product of the operands, summed over the indices that the output lacks."""
    inputs, output = spec
    names, arrays = [*inputs], [*xs]
    for first, second in _path(spec, tuple([x.shape for x in xs])):
        a, b = arrays.pop(first), arrays.pop(second)
        m, n = names.pop(first), names.pop(second)
        needed = set(output).union(*names)
        kept = "".join(dict.fromkeys(c for c in m + n if c in needed)) if names else output
        arrays.append(contract(a, b, m, n, kept))
        names.append(kept)
    if names[0] == output and len(xs) > 1:
        return arrays[0]
    return np.array(np.einsum(f"{names[0]}->{output}", arrays[0]))


@lru_cache(maxsize=256)
def _path(spec: Spec, shapes: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, int], ...]:
    """In which order to contract pairs of operands: positions, the larger one first; results go to the end."""
    if len(shapes) < 2:
        return ()
    if len(shapes) == 2:
        return ((0, 0),)
    text = ",".join(spec[0]) + "->" + spec[1]
    steps = np.einsum_path(text, *[np.broadcast_to(0.0, shape) for shape in shapes], optimize="greedy")[0][1:]
    path, count = [], len(shapes)
    for step in steps:
        pair = sorted(step, reverse=True)
        while len(pair) > 1:  # a step over many operands becomes several over two
            first, second = pair[0], pair[1]
            path.append((first, second))
            count -= 1
            pair = [count - 1, *pair[2:]]
    return tuple(path)


def contract(a: Array, b: Array, m: str, n: str, output: str) -> Array:
    """Two operands with axes m and n: through a matrix product where there is one in it, since BLAS is fastest."""
    size = dict(zip(m + n, a.shape + b.shape, strict=True))
    plain = (
        len(set(m)) == len(m)
        and len(set(n)) == len(n)
        and all(a.shape[m.index(c)] == b.shape[n.index(c)] for c in m if c in n)
    )
    alone = any(c not in output and (c not in m or c not in n) for c in m + n)
    summed = [c for c in m if c in n and c not in output]
    left, right = [c for c in m if c not in n], [c for c in n if c not in m]
    # shortcut: a matrix product needs: no letter twice in an operand, equal sizes, every letter in the output or in
    # both operands, one that is summed and one that is not, and no empty axis
    if not plain or alone or not summed or not (left or right) or 0 in size.values():
        return np.einsum(f"{m},{n}->{output}", a, b)
    batch = [c for c in output if c in m and c in n]

    def matrix(x: Array, letters: str, *groups: list[str]) -> Any:
        order = [letters.index(c) for group in groups for c in group]
        shape = [math.prod([size[c] for c in group]) for group in groups]
        return x.transpose(order).reshape([size[c] for c in batch] + shape[1:])

    z = times(matrix(a, m, batch, left, summed), matrix(b, n, batch, summed, right))
    axes = batch + left + right
    return z.reshape([size[c] for c in axes]).transpose([axes.index(c) for c in output])
