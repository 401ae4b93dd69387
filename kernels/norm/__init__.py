"""Normalisation: every norm is one computation on a view of its input.

    plain      which view, which loops; NumPy for what has none
    channels   batch norm, and ReLU behind it: sums run down columns of (N, C, L)
    rows       layer, RMS, group and instance norm: sums run along contiguous rows
    pooled     batch norm, ReLU and max pooling in one go: the normalised array is never written

The last three hold loops, and behind a line the functions that check and call them. Read plain first, then channels.
The rule: a pass over an array ends in few numbers, so what follows between two passes is NumPy's.
"""
