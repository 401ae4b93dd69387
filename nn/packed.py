"""PackedSequence: sequences of different lengths without padding, as recurrent layers take and return them.

They are made and taken apart in `nn.utils.rnn`, which stands above the layers; this stands below them.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np

from autograd import Tensor
from autograd.extend import array_of, wrap


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences sorted by length, longest first, stored time step by time step without padding.

    data               (sum of the lengths, *): first the first elements of all sequences, then the second ones, ...
    batch_sizes        (longest length,) int64: how many sequences have that many elements
    sorted_indices     (B,) int64: which of the original sequences stands where; None: they were sorted
    unsorted_indices   (B,) int64: the inverse

    Sequences "abc" and "x" give data "axbc" and batch_sizes [2, 1, 1]. Made by `pack_sequence` and
    `pack_padded_sequence`; `PackedSequence(new_data, *packed[1:])` puts other data in the same places.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if batch_sizes is None:  # PackedSequence((data, batch_sizes))
            if not isinstance(data, (tuple, list)) or len(data) != 2:
                raise TypeError("PackedSequence: Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The same with `data.to(...)`."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def double(self) -> Self:
        """The same in float64."""
        return self.to(dtype=np.float64)

    def float(self) -> Self:
        """The same in float32."""
        return self.to(dtype=np.float32)

    def cpu(self) -> Self:
        """Itself: everything is on the CPU."""
        return self

    @property
    def is_cuda(self) -> bool:
        """Never."""
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one. None, which stands for no change, stays None."""
    if permutation is None:
        return None
    inverse: Tensor = wrap(np.argsort(array_of(permutation), kind="stable").astype(np.int64))
    return inverse
