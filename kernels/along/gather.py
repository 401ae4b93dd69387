"""Adding rows to a table at numbered positions: the gradient of embedding and of indexing."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.fast import fast
from ..machine.jit import kernel

LEAST = 1 << 16  # elements that are worth a thread


@kernel
def _add_rows(table: Array, index: Array, rows: Array, width: int, start: int, stop: int) -> None:
    """table[index[m]] += rows[m], columns `start` to `stop`; table and rows are flat, their rows `width` long."""
    columns = np.uintp(stop - start)
    for m in range(index.size):
        to, source = np.uintp(index[m] * width + start), np.uintp(m * width + start)
        for c in range(columns):
            table[to + c] += rows[source + c]


def add_rows(table: Array, index: Array, rows: Array) -> None:
    """table[index[m]] += rows[m] for every m, one after the other: a row that is named twice receives twice.

    table (V, D), contiguous;  index (M), from 0 to V - 1;  rows (M, D), of the table's dtype.
    """
    if table.ndim != 2 or rows.shape != (index.size, table.shape[1]) or rows.dtype != table.dtype or index.ndim != 1:
        raise ValueError(f"add_rows: {rows.shape} {rows.dtype} at {index.shape} into {table.shape} {table.dtype}")
    if not rows.size:
        return
    if not table.flags.c_contiguous or index.min() < 0 or index.max() >= len(table):
        raise ValueError("add_rows: the table must be contiguous, and every index one of its rows")
    _add(table, index, rows)


def _add_compiled(table: Array, index: Array, rows: Array) -> None:
    target, source, positions = table.reshape(-1), np.ascontiguousarray(rows).reshape(-1), np.asarray(index, np.int64)
    width = table.shape[1]
    threads.split(
        width,
        partial(_add_rows, target, positions, source, width),
        max(32, LEAST * width // rows.size),  # threads share no cache line of a row for long
    )


@fast(_add_compiled, at_least="rows", count=lambda table, rows: rows.size)
def _add(table: Array, index: Array, rows: Array) -> None:
    width = table.shape[1]  # NumPy adds at positions several times faster than it adds rows
    positions = np.add.outer(index * width, np.arange(width))
    np.add.at(table.reshape(-1), positions.reshape(-1), rows.reshape(-1))
