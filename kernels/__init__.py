"""Loops over plain arrays: what operations compute with, value and gradient. Nothing here knows of Tensors or tapes.

A folder is a family:

    machine     compilation, its cache, threads, vector code: what the others stand on
    matrix      products of matrices
    conv        convolution                                pool        largest elements and sums of windows
    softmax     softmax, its logarithm, cross-entropy      attention   scaled dot-product attention
    ctc         the loss of sequences that are not aligned
    norm        batch, layer, group norm and their kin     recurrent   LSTM, GRU, RNN: sequences and single steps
    pointwise   element by element: activations, arithmetic, steps of optimisers, dropout
    along       along an axis: running sums, sums, rows of tables, interpolation

In a family, `plain` is NumPy, and what others call. From some size on `machine/fast.py` has a compiled twin run in its
place, which checks the arrays and hands them to `loops`. Where several ways compete, each has a file of its name that
cuts the work (`direct` and `winograd`), with its loops beside it (`direct_loops`), and `choose` chooses. Modules that
load Numba say so in their first lines and are imported when they are first needed.

A long loop is cut into pieces (`piece` in machine/jit.py), which are named but compiled where they are called, and what
belongs together among its arguments is one NamedTuple, with a field for each: a `Layout`, a `Cut`, a `Sum`.

Read first: machine/jit.py, how a loop becomes a kernel; pointwise/dropout.py, the shortest family; softmax/plain.py and
softmax/loops.py, one way and the other. conv/__init__.py follows a convolution from the layer to the vector code.

The rules. A kernel has at most 8 parameters, and loops and conditions stand in each other at most 4 deep: what belongs
together comes as one tuple, and what a loop does is a kernel of its own where it can have a name. Arrays come in and go
out, with settings as numbers and tuples. Compiled loops do not check their indices, so whoever calls one from Python
checks that its arrays fit. The sizes from which a twin runs stand in one table (`SIZES` in machine/fast.py), which
tests move. What hangs on the machine (sizes of caches, of vectors, threads) is asked of machine/choices.py when work is
cut, never in a compiled loop: code is kept, and would hold the old number.

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

    kernel   a compiled loop; piece: a part of one that has a name, and is compiled with it
    lane     one number of a vector register
    panel    columns of a matrix, copied so that their rows are whole vectors
    block    rows that are summed in registers together, and for which there is code: see `machine.registers.cut`
    window   the elements that one output looks at
    tap      one place of a window, and where in memory its elements lie
    shift    by how many elements a tap's inputs lie behind the outputs, along an axis
    tile     outputs that are computed together
    square   the inputs that such a tile depends on; layer: one element of all squares (Winograd)
    plane    the last axes of an array, those that windows move along
    part     some of the work, which a thread takes in one go
    term     what a sum is over: a product; `count` says of how many
    row, apart, pitch   a distance: to the next row; to the next of what is named; to the next plane, with room between
    address  where in memory something is, in bytes; place: a distance in bytes from there (in pooling, which element
             of its window has won)
    position which element of an array, counted along an axis or row by row through all of it
    line     (m, s, t) of z = (x - m) * s + t, a number or a column for each channel (norm)
    slope    what a cotangent is multiplied with, or what comes out: dx
    way      +1 or -1: from which end something runs (along)
    fixed    given from outside, so that no derivative goes through it (norm)
"""
