"""What all kernels stand on: compilation, its cache, threads, and what Numba lacks of the processor.

    jit       `kernel` makes a loop one that is compiled when it is first called; compile options, each with its reason
    compiling how Numba is asked to compile, and what is left out; kernels that others call: compiled with the caller
    telling   what is said while kernels are compiled: which, how many, how long
    cache     where compiled code is kept between processes, under names that say all that it was made from
    fast      compiled twins of functions on arrays, and from which size they run
    choices   what is chosen for this machine: from its caches, and by what was measured and kept in a file
    folders   the user's cache folder, where data sets lie, too
    threads   `split` has a kernel's items worked on by several threads; how many there are
    forks     what a fork of the process waits for
    crew      what the threads of Python and compiled code agree on
    sharing   what is compiled for that around a kernel, with it: the way in, which hands its parts to the team
    team      the same in compiled code: threads that wait for work without Python
    registers      the vector registers of this machine, and the blocks of work that fill them
    instructions   instructions on vectors, in LLVM's language
    simd      primitives that are written with them: sums held in registers
    arrays    new arrays, and other shapes, in compiled code; nothing counts references
    memory    how these are written, and where their memory is freed
    moves     the same for copies, transposes, zeros
    written   functions that are made from text, and can be read
    views     views of arrays, without the Python that NumPy puts around them
    floats    what Numba lacks for single floats: exponents, polynomials, an order to search in
    vector    exp, log, tanh ... in loops that become vector code, to the last bit or nearly
    sums      sums that become vector code, and long ones in chunks
    objects   many arrays in one call: a table of their Python objects

Read jit first, then threads; `pointwise/dropout.py` is the shortest kernel that uses both. The rule: nothing here knows
what is computed, and nothing here imports another folder. jit, cache and threads load without Numba.
"""
