"""Functions that are mapped over a dimension, for all slices at once: what `autograd.func.vmap` runs on.

    mapped.py    the array of a mapped value, as code sees it: that of a slice                       read this first
    batch.py     `Batch`, the interpreter that runs operations with one more axis in front
    rules.py     how each operation runs so, from what is declared of it; shapes.py, picking.py, products.py, layers.py,
                 losses.py: rules of single operations
    pulling.py   gradients inside a mapped function; stacked.py: simple Jacobians; writing.py: writes in place
    asked.py     what Python would have to know of a slice alone, and is refused
    arrays.py    NumPy's functions on mapped arrays; place.py: what stands in place meanwhile

The rule: nothing of this is in place, or costs anything, while nothing is mapped over.
"""

from .batch import Batch

__all__ = ["Batch"]
