"""The tests: `python -m tests`.

    kernels/ autograd/ nn/ benchmarks/    the source tree again: a test stands where what it tests stands
    cases/             the table of operations, that tests/autograd/test_ops.py goes through         read this first
    grids/             full products of small settings, by NumPy and by compiled loops, against the definition
    fuzz/              random damage to files, sizes and threads
    programs/          programs that break compilers: compiled, they do what they do without
    conformance/       call by call beside PyTorch, where that is installed
    hips/              the same programs in HIPS/autograd, where that is installed
    test_layers.py     who may import whom
    test_rooms.py      tests mirror the sources; test_docs.py: packages say what is inside; test_quick.py
    test_mentions.py   what docstrings and the README mention exists
    test_typing.py     what type checkers see of the programs in typing/; stubs/ writes what they read
    naive.py           slow, obvious references; plugin.py, conftest.py: how pytest is set up; __main__.py: the gates

The rule: the right value comes from mathematics, NumPy, SciPy or PyTorch's printed numbers, never from the code under
test; and every check is shown to fail once."""
