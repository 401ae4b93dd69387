"""Gradients of weights that are used again and again: one product of matrices in the place of many.

A cell in a Python loop, or a linear layer, gives its weights left.T @ right at every step, from the few rows of a
batch. Each such product fills the whole gradient, and adding it up reads and writes that once more: for 32 rows this
takes longer than the multiplications. So a rule may return a `Product`; the first one of a leaf is computed, and later
ones wait until there is enough of them, or backward ends. Rows under rows, they are one product then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kernels import jit

Array = np.ndarray[Any, Any]

FEW = 128
"""Rows from which on a product is worth computing by itself."""

WORTH_COMPILING = 1 << 18
"""Multiplications from which on the kernels make one product of many; NumPy would have to copy the rows first."""

ROOM = 16 << 20
"""Bytes of factors that may wait."""


class Product:
    """left.T @ right, not computed yet. left (B, R), right (B, C), multiply(left.T, right)."""

    __slots__ = ("left", "multiply", "right")

    def __init__(self, left: Array, right: Array, multiply: Callable[[Array, Array], Array]) -> None:
        self.left = left
        self.right = right
        self.multiply = multiply

    def array(self) -> Array:
        """The product."""
        return self.multiply(self.left.T, self.right)


def product_of(left: Any, right: Any, multiply: Callable[[Any, Any], Any]) -> Any:
    """left.T @ right: a `Product` of arrays, computed at once if there are Tensors."""
    if type(left) is np.ndarray and type(right) is np.ndarray:
        return Product(left, right, multiply)
    return multiply(left.T, right)


def computed(g: Any) -> Any:
    """A cotangent, or a tuple of them, without Products."""
    if type(g) is tuple:
        return tuple([computed(part) for part in g])
    return g.array() if type(g) is Product else g


class Owned(set[Any]):
    """The nodes whose cotangent belongs to the dictionary alone, and Products that are still to be added to some."""

    waiting: dict[Any, list[Product]] | None = None  # made when it is needed: every backward has one of these
    nbytes = 0

    def wait(self, node: Any, product: Product, cotangents: dict[Any, Any]) -> None:
        """Add a product to the cotangent that a node has, later."""
        if self.waiting is None:
            self.waiting = {}
        self.waiting.setdefault(node, []).append(product)
        self.nbytes += product.left.nbytes + product.right.nbytes
        if self.nbytes > ROOM:
            self.settle(cotangents)

    def settle(self, cotangents: dict[Any, Any]) -> None:
        """Add what waits."""
        for node, products in (self.waiting or {}).items():
            if node not in self:
                cotangents[node] = np.array(cotangents[node], order="C")
                self.add(node)
            _add(cotangents[node], products)
        self.waiting, self.nbytes = None, 0


def _add(total: Array, products: list[Product]) -> None:
    """Add the products to `total`, in place."""
    lefts, rights = [product.left for product in products], [product.right for product in products]
    if jit.ENABLED and total.size * sum(map(len, lefts)) >= WORTH_COMPILING:
        from kernels.products import add_products, known  # loads Numba

        if known(total, *lefts, *rights):
            add_products(total, lefts, rights)
            return
    total += products[0].multiply(np.concatenate(lefts).T, np.concatenate(rights))
