"""The walk through tables: several groups, blocks of rows, threads, arrays from outside."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.machine import jit

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="instructions are called by their addresses")

if jit.ENABLED:
    from kernels.blocks import loops, walk


def address(array):
    return array.__array_interface__["data"][0]


class Machine:
    """z[r, j] = (x[r, j] + y[j]) * x[r, j], and the sums of z over r, in tables."""

    def __init__(self, rows, width, block, threads):
        def at(name):
            return loops.address(name, "d" if name in ("tile", "fill", "column_sum") else "dd", "d")

        self.registers = np.zeros((threads, 2, block * width))
        self.y, self.zero, self.sums = np.zeros(width), np.zeros(1), np.zeros((threads, width))
        size = width * 8
        self.slots = np.zeros((threads, 8, 2), np.int64)
        for part in range(threads):
            self.slots[part] = [
                (0, 0),
                (0, size),  # x
                (address(self.y), 0),
                (0, size),  # z
                (address(self.registers[part, 0]), 0),
                (address(self.registers[part, 1]), 0),
                (address(self.sums[part]), 0),
                (address(self.zero), 0),
            ]
        self.width = np.full((threads, 1, 2), (width, 0), np.int64)
        self.slots = np.concatenate([self.slots, self.width], 1)
        self.code = np.array(
            [
                (at("tile"), 2, 0, 8, 4, 0, block),
                (at("fill"), 7, 0, 0, 6, 0, width),
                (at("add"), 1, 4, 0, 5, width, 0),
                (at("mul"), 5, 1, 0, 3, width, 0),
                (at("column_sum"), 3, 0, 8, 6, 1, 0),
            ]
        )
        self.groups = np.array([(rows, block, 0, 2, 5, 5, threads)])
        self.links, self.outside = np.array([(1, 0, 0), (3, 1, 0)]), np.zeros(2, np.int64)
        self.head = np.zeros(walk.HEAD, np.int64)
        tables = self.code, self.groups, self.slots, self.links, self.outside
        self.head[[walk.CODES, walk.GROUPS, walk.SLOTS, walk.LINKS, walk.OUTSIDE]] = [address(t) for t in tables]
        self.head[[walk.CODED, walk.GROUPED, walk.SLOTTED, walk.THREADS]] = 5, 1, 9, threads
        self.head[[walk.LINKED, walk.OUTSIDERS]] = 2, 2


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(("rows", "width", "block"), [(1, 1, 1), (7, 5, 3), (64, 16, 8), (9, 33, 100)])
def test_a_group(rows, width, block, threads):
    threads = min(threads, rows)
    machine = Machine(rows, width, block, threads)
    for seed in range(2):  # other arrays, the same tables
        rng = np.random.default_rng(seed)
        x, z = rng.standard_normal((rows, width)), np.full((rows + 2, width), 7.0)
        machine.y[:] = rng.standard_normal(width)
        machine.outside[:] = address(x), address(z[1:])
        if threads == 1:
            walk.run(address(machine.head), 0, 1)
        else:
            walk.share(address(machine.head), 0, rows, threads)
        np.testing.assert_array_equal(z[1:-1], (x + machine.y) * x)
        assert (z[[0, -1]] == 7).all()
        np.testing.assert_allclose(machine.sums.sum(0), z[1:-1].sum(0), 1e-12, 1e-12)
