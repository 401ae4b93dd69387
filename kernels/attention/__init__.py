"""Scaled dot-product attention.

    plain   the formula and its gradient with NumPy; large ones go to
    loops   matrix by matrix, while its scores are in the cache

Read plain first. The rule: the weights are kept for backward, so the gradient computes no softmax anew.
"""
