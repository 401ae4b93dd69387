"""One product in the place of many, for gradients of weights.

A cell in a Python loop, or a linear layer, gives its weights left.T @ right at every step, from the few rows of a
batch. Each such product fills the whole gradient, and adding it up reads and writes that once more: for 32 rows this
takes longer than the multiplications. So a rule may return a `Product`; the first one of a leaf is computed, and later
ones wait until there is enough of them, or backward ends. Rows under rows, they are one product then.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..products import LARGE, Product, product

FEW = 128
"""Rows from which on a product is worth computing by itself."""

ROOM = 16 << 20
"""Bytes of factors that may wait."""


class Owned(set[Any]):
    """The nodes whose cotangent belongs to the dictionary alone, and Products that are still to be added to some."""

    waiting: dict[Any, list[Product]] | None = None  # made when it is needed: every backward has one of these
    nbytes = 0
    few, room = FEW, ROOM

    def wait(self, node: Any, product: Product, cotangents: dict[Any, Any]) -> None:
        """Add a product to the cotangent that a node has, later."""
        if self.waiting is None:
            self.waiting = {}
        self.waiting.setdefault(node, []).append(product)
        self.nbytes += product.left.nbytes + product.right.nbytes
        if self.nbytes > ROOM:
            self.settle(cotangents)

    def settle(self, cotangents: dict[Any, Any], only: Any = None) -> None:
        """Add what waits, for all nodes or for one."""
        waiting = self.waiting or {}
        due = waiting if only is None else {only: waiting.pop(only)} if only in waiting else {}
        for node, products in due.items():
            if node not in self:
                cotangents[node] = np.array(cotangents[node], order="C")
                self.add(node)
            _add(cotangents[node], products)
        if only is None:
            self.waiting, self.nbytes = None, 0


def _add(total: Array, products: list[Product]) -> None:
    """Add the products to `total`, in place."""
    lefts, rights = [product.left for product in products], [product.right for product in products]
    if total.size * sum(map(len, lefts)) >= LARGE.least:  # NumPy would have to copy the rows first
        from kernels.matrix.products import add_products  # loads Numba

        if add_products(total, lefts, rights):
            return
    total += product(np.concatenate(lefts).T, np.concatenate(rights))
