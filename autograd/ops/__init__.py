"""The operations: value and rules side by side, one file per family.

    elementwise.py     arithmetic, powers, exponentials, trigonometry                          read this first
    reduce.py scan.py  sums and their kin; running sums, differences
    shape.py pad.py    what rearranges
    index.py along.py  what picks and places
    linalg.py einsum.py decompose.py lu.py    matrices
    piecewise.py       choosing, clipping, rounding, comparing
    activation.py loss.py norm.py             parts of networks
    conv.py pool.py resize.py                 windows over images
    recurrent.py attention.py fused.py        layers as one op each, with the formula they compute
    special.py gamma.py gauss.py incomplete.py bessel.py chebyshev.py    special functions
    others.py scale.py what several of these share: products of all but one; sums of powers that do not overflow

The rule: a function takes arrays, and settings by keyword; a rule is named d + input and takes the cotangent `dz`,
then what is to be kept for it, by name. Rules are written in NumPy's functions and in other ops, so that they run on
Tensors, too. Loops over elements stand in `kernels`.

Public functions check and run them. A layer does so as `apply(linalg.linear, x, weight)`, with `autograd.extend.apply`
and `from autograd.ops import linalg`.
"""
