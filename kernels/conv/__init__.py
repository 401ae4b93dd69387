"""Convolution over any number of axes: value, gradient of the input, gradient of the weight.

    window             where windows lie and what size comes out: integers only
    plain              the sums in NumPy, by columns; large ones go to their twins in `choose`       read this first
    choose             do the arrays fit, and which of the compiled ways is the quickest
    whole              windows as large as the image: a product of matrices
    lanes              small images: each in a lane of the vectors, as one more axis for `direct`
    layout             where the terms of the sum lie in memory, once the input is laid out for vectors
    direct             the sum in registers, for every setting: axes, and how the work is cut
    direct_loops       its loops: copies of planes, and sums over them
    winograd_schemes   Winograd's identities, their matrices, and when they pay
    winograd           the arrays that they need, and how the work is cut
    winograd_loops     the loops over images, filters and tiles
    winograd_tiles     the transforms of tiles as vector code

The rule: value and gradients are one sum, read in three directions, so no direction has loops of its own where another
has them already. `direct` and `winograd` know settings and threads, `_loops` only arrays, addresses and numbers.

A convolution of images, from the layer to the registers, by name:

1. The layer. `nn.Conv2d.forward` hands its parameters and settings to `nn.functional.conv2d`, where shapes are checked
   and every setting becomes a tuple. Its size is `kernels.conv.window.output_size`.
2. The operation. `autograd.ops.conv.conv` computes the value; its rules are the two other sums,
   `autograd.ops.conv.conv_input_grad` and `autograd.ops.conv.conv_weight_grad`. Each calls the function of its name
3. on arrays: `kernels.conv.plain.conv`. Up to a million multiplications it is computed there, by columns. Larger ones
   go to `kernels.conv.choose.conv`, which checks the arrays, asks `kernels.conv.winograd_schemes.choose` whether
   Winograd's identities pay and `kernels.conv.lanes.pay` whether images are small, and if not, calls
4. `kernels.conv.direct.conv`. There the settings become one `kernels.conv.layout.Axis` each
   (`kernels.conv.layout.forward_axes`), and the axes a `kernels.conv.layout.Layout`: which copies of a plane are made,
   and where in them a tap of the window finds its terms. `kernels.machine.threads.split` divides images and rows.
5. The loop. `kernels.conv.direct_loops.sums` copies the planes of a part, then takes the filters in blocks
   (`kernels.machine.registers.cut`) and describes each block's sum as a `kernels.machine.simd.Sum`.
6. The registers. `kernels.machine.simd.accumulate` is vector code: `kernels.machine.instructions.Code` has written one
   variant of it for each number of filters that fits.

The input's gradient goes the same way, with other axes: `kernels.conv.layout.backward_axes`. The weight's is
`kernels.conv.direct_loops.products`, on the same copies. With Winograd, steps 4 to 6 are `kernels.conv.winograd.conv`,
`kernels.conv.winograd_loops.outputs`, and `kernels.conv.winograd_tiles.spread` and `kernels.conv.winograd_tiles.gather`
around the same `accumulate`.
"""
