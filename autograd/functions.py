"""The functions of the package. Most are methods of Tensor under another name: `sum = Tensor.sum`.

One section per family; functions that are no methods live in the family's file and are imported here.
"""

from __future__ import annotations

from .tensor import Tensor

# ---- elementwise (autograd/tensor/elementwise.py)
exp = Tensor.exp

# ---- activations (autograd/tensor/activation.py)

# ---- reductions (autograd/tensor/reduce.py)
sum = Tensor.sum

# ---- shape (autograd/tensor/shape.py)

# ---- indexing (autograd/tensor/index.py)

# ---- linear algebra (autograd/tensor/linalg.py)
