"""The same programs in HIPS/autograd and here, compared: `python -m tests.hips --peer PYTHON`.

    cases.py      the expressions, nests, primitives and transforms that are compared    read this first
    worker.py     runs them with whichever `autograd` its interpreter has, and writes what came out
    __main__.py   runs the worker twice, and compares
    test_hips.py  every case runs here; differences are found

Both import packages are called `autograd`, so that each needs an interpreter of its own. The rule: a case is written
once, in words that both understand.
"""
