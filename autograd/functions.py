"""The functions of the package. Most are methods of Tensor under another name: `sum = Tensor.sum`.

One section per family; functions that are no methods live in the family's file and are imported here.
"""

from __future__ import annotations

from .tensor import Tensor

# ---- elementwise (autograd/tensor/elementwise.py)
exp = Tensor.exp

# ---- activations (autograd/tensor/activation.py)

# ---- reductions, running sums, sorting (autograd/tensor/reduce.py, scan.py, sort.py)
from .tensor.reduce import std_mean, var_mean

all = Tensor.all
amax = Tensor.amax
amin = Tensor.amin
aminmax = Tensor.aminmax
any = Tensor.any
argmax = Tensor.argmax
argmin = Tensor.argmin
argsort = Tensor.argsort
bincount = Tensor.bincount
count_nonzero = Tensor.count_nonzero
cummax = Tensor.cummax
cummin = Tensor.cummin
cumprod = Tensor.cumprod
cumsum = Tensor.cumsum
diff = Tensor.diff
kthvalue = Tensor.kthvalue
logcumsumexp = Tensor.logcumsumexp
logsumexp = Tensor.logsumexp
max = Tensor.max
mean = Tensor.mean
median = Tensor.median
min = Tensor.min
mode = Tensor.mode
msort = Tensor.msort
nanmean = Tensor.nanmean
nanmedian = Tensor.nanmedian
nanquantile = Tensor.nanquantile
nansum = Tensor.nansum
norm = Tensor.norm
prod = Tensor.prod
quantile = Tensor.quantile
sort = Tensor.sort
std = Tensor.std
sum = Tensor.sum
topk = Tensor.topk
unique = Tensor.unique
var = Tensor.var

# ---- shape (autograd/tensor/shape.py, diagonal.py, join.py, layout.py)
from .tensor.diagonal import tril_indices, triu_indices
from .tensor.join import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block_diag,
    broadcast_shapes,
    broadcast_tensors,
    cartesian_prod,
    cat,
    column_stack,
    concat,
    concatenate,
    dstack,
    hstack,
    meshgrid,
    row_stack,
    stack,
    vstack,
)

as_strided = Tensor.as_strided
broadcast_to = Tensor.broadcast_to
chunk = Tensor.chunk
clone = Tensor.clone
diag = Tensor.diag
diag_embed = Tensor.diag_embed
diagonal = Tensor.diagonal
flatten = Tensor.flatten
flip = Tensor.flip
fliplr = Tensor.fliplr
flipud = Tensor.flipud
moveaxis = Tensor.moveaxis
movedim = Tensor.movedim
narrow = Tensor.narrow
numel = Tensor.numel
permute = Tensor.permute
ravel = Tensor.ravel
repeat_interleave = Tensor.repeat_interleave
reshape = Tensor.reshape
roll = Tensor.roll
rot90 = Tensor.rot90
select = Tensor.select
split = Tensor.split
split_with_sizes = Tensor.split_with_sizes
squeeze = Tensor.squeeze
swapaxes = Tensor.swapaxes
swapdims = Tensor.swapdims
t = Tensor.t
tensor_split = Tensor.tensor_split
tile = Tensor.tile
trace = Tensor.trace
transpose = Tensor.transpose
tril = Tensor.tril
triu = Tensor.triu
unbind = Tensor.unbind
unflatten = Tensor.unflatten
unsqueeze = Tensor.unsqueeze

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
