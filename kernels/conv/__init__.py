"""Convolution over any number of axes: value, gradient of the input, gradient of the weight.

    window             where windows lie and what size comes out: integers only
    plain              `conv`, `conv_input_grad`, `conv_weight_grad`: check, choose; NumPy, by columns
    layout             where the terms of the sum lie in memory, once the input is laid out for vectors
    direct             the sum in registers, for every setting
    winograd_schemes   Winograd's identities, their matrices, and when they pay
    winograd_tiles     the transforms as vector code
    winograd           the loops over images, filters and tiles

Read window and plain first, whose opening lines have the sum; then layout and direct. The rule: all three are one sum,
read in three directions, so no direction has loops of its own where another has them already.
"""
