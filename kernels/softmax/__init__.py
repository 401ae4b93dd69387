"""Softmax, its logarithm and cross-entropy.

    plain   checks, chooses, NumPy for little work and for axes other than the last
    loops   contiguous rows, compiled; attention uses them, too

Read plain first. The rule: what is exponentiated has its largest element subtracted, so nothing overflows.
"""
