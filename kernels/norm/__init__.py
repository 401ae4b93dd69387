"""Normalisation: every norm is one computation on a view of its input.

    plain      NumPy, for any axes
    choose     which loops there are for a view, and how they are called
    channels   batch norm, and ReLU behind it: sums run down columns of (N, C, L); channels_loops
    rows       layer, RMS, group and instance norm: sums run along contiguous rows; rows_loops, and rows_registers
               for rows that stay in registers
    pooled     batch norm, ReLU and max pooling in one go: the normalised array is never written; pooled_loops

The last three check arrays and share the work out; the loops beside each do it. Read plain first, then channels.
The rule: a pass over an array ends in few numbers, so what follows between two passes is NumPy's.
"""
