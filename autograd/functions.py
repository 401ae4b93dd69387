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

# ---- indexing (autograd/tensor/index.py, scatter.py, pad.py)
from .tensor.index import bucketize, embedding, one_hot, searchsorted
from .tensor.pad import pad

argwhere = Tensor.argwhere
gather = Tensor.gather
index_add = Tensor.index_add
index_copy = Tensor.index_copy
index_fill = Tensor.index_fill
index_put = Tensor.index_put
index_select = Tensor.index_select
masked_fill = Tensor.masked_fill
masked_scatter = Tensor.masked_scatter
masked_select = Tensor.masked_select
nonzero = Tensor.nonzero
scatter = Tensor.scatter
scatter_add = Tensor.scatter_add
scatter_reduce = Tensor.scatter_reduce
select_scatter = Tensor.select_scatter
slice_scatter = Tensor.slice_scatter
take = Tensor.take
take_along_dim = Tensor.take_along_dim

# ---- linear algebra (autograd/tensor/linalg.py)
