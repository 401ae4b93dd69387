"""einsum and tensordot: sums of products over named indices."""

from __future__ import annotations

import string
from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ops import einsum as ops
from .core import array_of
from .dims import normalize_dims
from .method import implements, refuse
from .out import takes_out
from .promotion import alike
from .run import apply


def einsum(equation: Any, *operands: Any) -> Any:
    """Product of the operands, summed over the indices that the output lacks: `einsum("bij,bjk->bik", x, y)`.

    A letter names a dimension; one that occurs twice in an operand takes its diagonal; `...` stands for the remaining
    dimensions, which are broadcast. Without `->` the output has the letters that occur once, in alphabetic order, after
    those of `...`. dtypes are promoted. The gradient is computed by einsum as well. Both run as matrix products
    where they can. Raises ShapeError if the equation does not fit the operands.

    The indices may also follow each operand as a list of numbers below 52 and `...`: einsum(x, [0, 1], [1, 0]).
    """
    if not isinstance(equation, str):
        equation, operands = _from_lists((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    xs = alike(operands)
    spec = parsed(equation, tuple([x._array.ndim for x in xs]))
    sizes: dict[str, int] = {}
    for position, (letters, x) in enumerate(zip(spec[0], xs, strict=True)):
        for letter, n in zip(letters, x._array.shape, strict=True):
            known = sizes.get(letter, 1)
            if n != known and n != 1 and known != 1:
                raise ShapeError(
                    f"einsum(): subscript {letter} has size {n} for operand {position} which does not broadcast with "
                    f"previously seen size {known}; {equation!r}, shapes {[x._array.shape for x in xs]}"
                )
            sizes[letter] = n if known == 1 else known
    return _of_one(xs[0], spec[0][0], spec[1]) if len(xs) == 1 else apply(ops.einsum, *xs, spec=spec)


def _of_one(x: Any, letters: str, output: str) -> Any:
    """einsum of a single operand, which multiplies nothing: diagonals, a sum, and the axes in another order.

    Where nothing is summed the result is a view, as in PyTorch.
    """
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            if x._array.shape[first] != x._array.shape[second]:  # one of them has size 1 and is broadcast
                size = max(x._array.shape[first], x._array.shape[second])
                x = x.expand([size if axis in (first, second) else -1 for axis in range(len(letters))])
            x = x.diagonal(dim1=first, dim2=second)
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + letter
    gone = [axis for axis, letter in enumerate(letters) if letter not in output]
    if gone:
        x = x.sum(gone)
        letters = "".join([letter for letter in letters if letter in output])
    return x if letters == output else x.permute([letters.index(letter) for letter in output])


_LETTERS = string.ascii_uppercase + string.ascii_lowercase  # in alphabetic order, as the numbers are in theirs


def _from_lists(given: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The equation and the operands of the form with lists of numbers."""

    def letters(indices: Any) -> str:
        text = ""
        for index in indices:
            if index is not ... and not 0 <= index < len(_LETTERS):
                raise ShapeError(f"einsum(): subscript {index} is not within the valid range [0, 52)")
            text += "..." if index is ... else _LETTERS[index]
        return text

    count = len(given) // 2
    if not count or not all(isinstance(part, (list, tuple)) for part in given[1::2]):
        raise TypeError(
            "einsum(): wanted an equation and operands, or operands that are each followed by a list of indices"
        )
    equation = ",".join([letters(part) for part in given[1 : 2 * count : 2]])
    if len(given) % 2:
        equation += f"->{letters(given[-1])}"
    return equation, given[0 : 2 * count : 2]


@lru_cache(maxsize=256)
def parsed(equation: str, ndims: tuple[int, ...]) -> ops.Spec:
    """The letters of each operand and of the output, with letters in place of `...`.

    >>> parsed("...ij, jk", (3, 2))
    (('Zij', 'jk'), 'Zik')
    """
    left, arrow, output = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(ndims):
        word = "fewer" if len(parts) > len(ndims) else "more"
        raise ShapeError(f"einsum(): {word} operands were provided than specified in the equation {equation!r}")
    spare = [c for c in string.ascii_letters[::-1] if c not in equation]
    counts = [n - len(part.replace("...", "")) for part, n in zip(parts, ndims, strict=True)]
    extra = max([n for part, n in zip(parts, counts, strict=True) if "..." in part], default=0)
    dots = "".join(sorted(spare[: max(extra, 0)]))
    inputs = []
    for position, (part, n) in enumerate(zip(parts, counts, strict=True)):
        if "..." in part and n >= 0:
            part = part.replace("...", dots[len(dots) - n :], 1)
        elif n != 0:
            raise ShapeError(
                f"einsum(): the number of subscripts in the equation ({len(part.replace('...', ''))}) does not match "
                f"the number of dimensions ({ndims[position]}) for operand {position}"
                + ("" if "..." in part else " and no ellipsis was given")
            )
        _check_letters(part, f"operand {position}")
        inputs.append(part)
    if not arrow:
        times = Counter("".join(inputs))
        return tuple(inputs), dots + "".join(sorted(c for c, n in times.items() if n == 1 and c not in dots))
    output = output.replace("...", dots, 1)
    _check_letters(output, "the output")
    for letter in output:
        if output.count(letter) > 1:
            raise ShapeError(f"einsum(): output subscript {letter} appears more than once in the output")
        if not any(letter in part for part in inputs):
            raise ShapeError(
                f"einsum(): output subscript {letter} does not appear in the equation for any input operand"
            )
    return tuple(inputs), output


def _check_letters(part: str, where: str) -> None:
    for letter in part:
        if letter == ".":
            raise ShapeError(f"einsum(): found '.' for {where} that is not part of any ellipsis")
        if letter not in string.ascii_letters:
            raise ShapeError(f"einsum(): invalid subscript {letter!r} for {where}, subscripts must be in [a-zA-Z]")


@takes_out
def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """Sum of products over several dimensions of both.

    dims   an int n: the last n dimensions of a against the first n of b; or two lists: the dimensions of a, those of b
    Returns the remaining dimensions of a, then those of b.
    """
    x, y = alike([a, b])
    m, n = x._array.ndim, y._array.ndim
    if isinstance(dims, int):
        if not 0 <= dims <= min(m, n):
            raise ShapeError(f"tensordot expects dims >= 0 and at most as many as dimensions, but got dims={dims}")
        dims = [*range(m - dims, m)], [*range(dims)]
    first, second = (
        normalize_dims("tensordot", [int(i) for i in np.atleast_1d(array_of(d)).tolist()], ndim)
        for d, ndim in zip(dims, (m, n), strict=True)
    )
    if len(first) != len(second):
        raise ShapeError("tensordot: both dimension lists should have same length")
    for i, j in zip(first, second, strict=True):
        if x._array.shape[i] != y._array.shape[j]:
            raise ShapeError(
                f"tensordot: contracted dimensions need to match, but first has size {x._array.shape[i]} in dim {i} "
                f"and second has size {y._array.shape[j]} in dim {j}"
            )
    mine, others = list(string.ascii_letters[:m]), list(string.ascii_letters[m : m + n])
    for i, j in zip(first, second, strict=True):
        others[j] = mine[i]
    output = [c for c in mine if c not in others] + [c for c in others if c not in mine]
    return apply(ops.einsum, x, y, spec=(("".join(mine), "".join(others)), "".join(output)))


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.einsum)
def _einsum(subscripts: Any, *operands: Any, optimize: Any = False, **options: Any) -> Any:
    refuse("einsum", **options)
    if not isinstance(subscripts, str):  # np.einsum(a, [0, 1], b, [1, 2], [0, 2])
        parts = [subscripts, *operands]
        words = ["".join(map(_letter, part)) for part in parts[1::2]]
        result = "" if len(parts) % 2 == 0 else "->" + "".join(map(_letter, parts[-1]))
        return einsum(",".join(words) + result, *parts[: len(parts) // 2 * 2 : 2])
    return einsum(subscripts, *operands)


def _letter(axis: Any) -> str:
    """The letter for an axis that is given as a number."""
    return "..." if axis is Ellipsis else string.ascii_letters[axis]


@implements(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    return tensordot(a, b, axes)
