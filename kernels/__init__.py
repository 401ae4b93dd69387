"""Loops over plain arrays: what operations compute with, value and gradient. Nothing here knows of Tensors or tapes.

A folder is a family:

    machine     compilation, its cache, threads, vector code: what the others stand on
    matrix      products of matrices
    conv        convolution                                pool        largest elements and sums of windows
    softmax     softmax, its logarithm, cross-entropy      attention   scaled dot-product attention
    norm        batch, layer, group norm and their kin     recurrent   LSTM, GRU, RNN: sequences and single steps
    pointwise   element by element: activations, arithmetic, steps of optimisers, dropout
    along       along an axis: running sums, sums, rows of tables, interpolation

In a family, `plain` is NumPy, and what others call. From some size on `machine/fast.py` has a compiled twin run in its
place, which checks the arrays and hands them to `loops`. Where several ways compete, each has a file of its name
(`direct` and `winograd`). Modules that load Numba say so in their first lines and are imported when they are first
needed.

Read first: machine/jit.py, how a loop becomes a kernel; pointwise/update.py, the shortest family; softmax/plain.py and
softmax/loops.py, one way and the other. conv/__init__.py follows a convolution from the layer to the vector code.

The rules. Arrays come in and go out, with settings as numbers and tuples. Compiled loops do not check their indices, so
whoever calls one from Python checks that its arrays fit. The sizes from which a twin runs stand in one table
(`SIZES` in machine/fast.py), which tests move.

Letters, as sizes and in index notation:

    N     images, samples, rows of a batch            n
    C     channels of the input                       c
    F     filters, channels of the output             f
    D, H, W      depth, height, width of the input    d, h, w
    O, P, Q      the same of the output               o, p, q     number of a window along an axis
    I, J         height and width of a window         i, j        place in a window
    L     lanes of a block of columns; elements behind the channels (norm); queries (attention)
    M, K  what stands before and behind an axis       m, k
    S, E, V      keys, width of keys, width of values (attention)
    B, G, H, U   rows of a step, gates, hidden units, blocks of them (recurrent)
    x, w, b, z   input, weight, bias, result          dx, dw, db, dz    their cotangents

Words:

    lane     one number of a vector register
    panel    columns of a matrix, copied so that their rows are whole vectors
    window   the elements that one output looks at
    tap      one place of a window, and where in memory its elements lie
    tile     outputs that are computed together
    plane    the last axes of an array, those that windows move along
    part     some of the work, which a thread takes in one go
    place    a distance in bytes; in pooling, which element of its window has won
"""
