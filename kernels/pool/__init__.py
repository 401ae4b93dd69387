"""Pooling over windows.

    plain   largest elements: checks, chooses, NumPy for small arrays; which windows there are
    sums    sums of windows and their transpose, the same way
    largest the largest elements of windows that lie side by side, as compiled loops
    loops   the other compiled loops of both

Read plain first, then in loops `sums`, which is the shortest.
The rule: both ways choose the same winner, the first largest element; NaN is larger than anything.
"""
