"""What importing the package, or a call, does to the whole process. benchmarks/guide/contributing.md lists it.

    imports.py         `import autograd.nn`: modules that stand elsewhere are found by import statements, too
    memory.py          freed memory stays with the process: large arrays are not fetched again     read this first
    neighbours.py      the warning if HIPS/autograd, which has the same import name, is installed as well
    notebooks.py       a notebook shows tuples and lists of Tensors as what they are
    threads.py         how many threads kernels and NumPy's products use

The rule: nothing else in the library changes a state of the process, but for one line in `autograd/__init__`: NaN and
infinity are values here, so RuntimeWarnings that NumPy raises in the library's own code are ignored.
"""
