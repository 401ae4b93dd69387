"""Programs as users write them, which type checkers read.

    training.py        a training script, as for PyTorch                                       read this first
    custom.py science.py    an op, a module, a sampler of one's own; transforms, NumPy's spellings
    expected.py        what checkers say of each expression; details.py: more of it; inferred.py: what only pyright does
    mistakes.py        a mistake on every line
    conftest.py        keeps pytest from importing them

The rule: tests/test_typing.py has checkers read them, and runs the programs among them.
"""
