"""Batches of sequences of different lengths: padded to one length, or packed without padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, cat
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, wrap
from autograd.later import later

from ..packed import PackedSequence
from ..packed import invert_permutation as invert_permutation

# --------------------------------------------------------------------------------------------------------- padding


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (L_b, *) of different lengths as one Tensor (T, B, *), padded to the longest; (B, T, *) if batch_first.

    padding_side   "right": behind the sequences; "left": before them
    """
    if padding_side not in ("left", "right"):
        raise SettingError(f"pad_sequence: Expected padding_side to be one of left or right, but got {padding_side}")
    if not isinstance(sequences, Iterable):
        raise TypeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences).__name__}"
        )
    parts = _checked("pad_sequence", sequences)
    lengths = np.array([len(part) for part in parts], np.int64)
    longest, total = int(lengths.max()), int(lengths.sum())
    step = np.arange(longest)[:, None]  # (T, 1)
    if padding_side == "left":
        step = step - (longest - lengths)  # (T, B)
    first = np.cumsum(lengths) - lengths  # (B,) where each sequence starts when all stand end to end
    places = np.where((step >= 0) & (step < lengths), first + step, total)
    return _spread(cat(parts), places, padding_value, batch_first)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences in a padded Tensor (T, B, *), or (B, T, *) if batch_first: the first `lengths[b]` elements each."""
    counts = array_of(lengths).tolist()
    padded = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    if len(counts) != len(padded):
        raise ShapeError(f"unpad_sequence: wanted one length per sequence, got {len(counts)} for {len(padded)}")
    return [padded[index, :count] for index, count in enumerate(counts)]


def _checked(function: str, sequences: Iterable[Tensor]) -> list[Tensor]:
    parts = list(sequences)
    if not parts:
        raise ShapeError(f"{function}: received an empty list of sequences")
    for part in parts:
        if not isinstance(part, Tensor) or part.ndim == 0:
            raise ShapeError(f"{function}: wanted Tensors with at least one dimension")
        if part.shape[1:] != parts[0].shape[1:]:
            raise ShapeError(
                f"{function}: wanted sequences that agree in all dimensions but the first, got "
                f"{tuple(parts[0].shape)} and {tuple(part.shape)}"
            )
    return parts


def _spread(flat: Tensor, places: Array, padding_value: float, batch_first: bool) -> Tensor:
    """flat[places] (T, B, *), with the padding value where `places` is just behind the end."""
    padding = np.full((1, *flat.shape[1:]), padding_value, flat.dtype)
    padded: Tensor = cat([flat, wrap(padding)])[places.T if batch_first else places]
    return padded


# --------------------------------------------------------------------------------------------------------- packing


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded Tensor (T, B, *), or (B, T, *) if batch_first, whose sequences have the given lengths.

    enforce_sorted   True: the sequences come longest first, else it raises; False: they are sorted here, and
                     `pad_packed_sequence` brings them back into their order
    """
    counts = array_of(lengths).astype(np.int64)
    if input.ndim < 2 or counts.ndim != 1:
        raise ShapeError(
            f"pack_padded_sequence: wanted an input (T, B, *) and lengths (B,), got {tuple(input.shape)} and "
            f"{counts.shape}"
        )
    steps, batch = (input.shape[1], input.shape[0]) if batch_first else input.shape[:2]
    if len(counts) != batch:
        raise ShapeError(
            f"pack_padded_sequence: Expected `len(lengths)` to be equal to batch_size, but got {len(counts)} "
            f"(batch_size={batch})"
        )
    if batch == 0:
        raise ShapeError("pack_padded_sequence: Cannot pack empty tensors.")
    if counts.min() < 1:
        raise ShapeError(
            "pack_padded_sequence: Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if counts.max() > steps:
        raise ShapeError(f"pack_padded_sequence: Expected lengths of at most {steps}, but got {counts.max()}")
    order = None
    if not enforce_sorted:
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
    elif (np.diff(counts) > 0).any():
        raise ShapeError(
            "pack_padded_sequence: `lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
            "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this "
            "requirement"
        )
    step, sequence = np.nonzero(np.arange(counts[0])[:, None] < counts)  # time step by time step
    which = sequence if order is None else order[sequence]
    data = input[which, step] if batch_first else input[step, which]
    batch_sizes = np.bincount(step).astype(np.int64)
    return PackedSequence(data, wrap(batch_sizes), None if order is None else wrap(order.astype(np.int64)))


def pad_packed_sequence(
    sequence: Any, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The opposite of `pack_padded_sequence`: the padded Tensor (T, B, *), and the lengths (B,), in the first order.

    total_length   pad to this length, at least that of the longest sequence
    """
    sizes = array_of(sequence.batch_sizes)
    longest = len(sizes)
    if total_length is not None and total_length < longest:
        raise ShapeError(
            "pad_packed_sequence: Expected total_length to be at least the length of the longest sequence in input, "
            f"but got total_length={total_length} and max sequence length being {longest}"
        )
    batch = int(sizes[0]) if longest else 0
    inside = np.arange(batch) < sizes[:, None]  # (T, B)
    lengths = inside.sum(0)
    places = np.where(inside, np.cumsum(sizes)[:, None] - sizes[:, None] + np.arange(batch), int(sizes.sum()))
    if total_length is not None:
        places = np.pad(places, ((0, total_length - longest), (0, 0)), constant_values=int(sizes.sum()))
    if sequence.unsorted_indices is not None:
        back = array_of(sequence.unsorted_indices)
        places, lengths = places[:, back], lengths[back]
    return _spread(sequence.data, places, padding_value, batch_first), wrap(lengths.astype(np.int64))


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (L_b, *), which come longest first unless `enforce_sorted` is False.

    >>> import autograd
    >>> packed = pack_sequence([autograd.tensor([1, 2, 3]), autograd.tensor([4])])
    >>> packed.data.tolist(), packed.batch_sizes.tolist()
    ([1, 4, 2, 3], [2, 1, 1])
    """
    parts = _checked("pack_sequence", sequences)
    return pack_padded_sequence(pad_sequence(parts), [len(part) for part in parts], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences in a PackedSequence, in their first order."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


later(__name__)
