"""The functions of the package. Most are methods of Tensor under another name: `sum = Tensor.sum`.

One section per family; functions that are no methods live in the family's file and are imported here. Methods of
`tensors.later`, and what stands beside them, become functions of the package when they are asked for.
"""

from __future__ import annotations

from .tensors import Tensor

# ---- elementwise (autograd/tensors/elementwise.py, piecewise.py)
from .tensors.arithmetic import add, div, float_power, pow, sub
from .tensors.elementwise import polygamma
from .tensors.piecewise import where
from .tensors.variants import embedding, log_softmax, norm, softmax

abs = Tensor.abs
absolute = Tensor.absolute
acos = Tensor.acos
acosh = Tensor.acosh
addcdiv = Tensor.addcdiv
addcmul = Tensor.addcmul
allclose = Tensor.allclose
arccos = Tensor.arccos
arccosh = Tensor.arccosh
arcsin = Tensor.arcsin
arcsinh = Tensor.arcsinh
arctan = Tensor.arctan
arctan2 = Tensor.arctan2
arctanh = Tensor.arctanh
asin = Tensor.asin
asinh = Tensor.asinh
atan = Tensor.atan
atan2 = Tensor.atan2
atanh = Tensor.atanh
bitwise_and = Tensor.bitwise_and
bitwise_left_shift = Tensor.bitwise_left_shift
bitwise_not = Tensor.bitwise_not
bitwise_or = Tensor.bitwise_or
bitwise_right_shift = Tensor.bitwise_right_shift
bitwise_xor = Tensor.bitwise_xor
ceil = Tensor.ceil
clamp = Tensor.clamp
clamp_max = Tensor.clamp_max
clamp_min = Tensor.clamp_min
clip = Tensor.clip
copysign = Tensor.copysign
cos = Tensor.cos
cosh = Tensor.cosh
deg2rad = Tensor.deg2rad
digamma = Tensor.digamma
dist = Tensor.dist
divide = div
eq = Tensor.eq
equal = Tensor.equal
erf = Tensor.erf
erfc = Tensor.erfc
erfinv = Tensor.erfinv
exp = Tensor.exp
exp2 = Tensor.exp2
expm1 = Tensor.expm1
fix = Tensor.fix
floor = Tensor.floor
floor_divide = Tensor.floor_divide
fmax = Tensor.fmax
fmin = Tensor.fmin
fmod = Tensor.fmod
frac = Tensor.frac
gcd = Tensor.gcd
ge = Tensor.ge
greater = Tensor.greater
greater_equal = Tensor.greater_equal
gt = Tensor.gt
heaviside = Tensor.heaviside
hypot = Tensor.hypot
isclose = Tensor.isclose
isfinite = Tensor.isfinite
isinf = Tensor.isinf
isnan = Tensor.isnan
isneginf = Tensor.isneginf
isposinf = Tensor.isposinf
isreal = Tensor.isreal
lcm = Tensor.lcm
ldexp = Tensor.ldexp
le = Tensor.le
lerp = Tensor.lerp
less = Tensor.less
less_equal = Tensor.less_equal
lgamma = Tensor.lgamma
log = Tensor.log
log10 = Tensor.log10
log1p = Tensor.log1p
log2 = Tensor.log2
logaddexp = Tensor.logaddexp
logaddexp2 = Tensor.logaddexp2
logical_and = Tensor.logical_and
logical_not = Tensor.logical_not
logical_or = Tensor.logical_or
logical_xor = Tensor.logical_xor
logit = Tensor.logit
lt = Tensor.lt
maximum = Tensor.maximum
minimum = Tensor.minimum
mul = Tensor.mul
multiply = Tensor.multiply
mvlgamma = Tensor.mvlgamma
nan_to_num = Tensor.nan_to_num
ne = Tensor.ne
neg = Tensor.neg
negative = Tensor.negative
nextafter = Tensor.nextafter
not_equal = Tensor.not_equal
positive = Tensor.positive
rad2deg = Tensor.rad2deg
reciprocal = Tensor.reciprocal
remainder = Tensor.remainder
round = Tensor.round
rsqrt = Tensor.rsqrt
sgn = Tensor.sgn
sigmoid = Tensor.sigmoid
sign = Tensor.sign
signbit = Tensor.signbit
sin = Tensor.sin
sinc = Tensor.sinc
sinh = Tensor.sinh
sqrt = Tensor.sqrt
square = Tensor.square
subtract = sub
tan = Tensor.tan
tanh = Tensor.tanh
true_divide = Tensor.true_divide
trunc = Tensor.trunc
xlogy = Tensor.xlogy

# ---- activations (autograd/tensors/activation.py)
from .tensors.activation import celu, prelu, selu, threshold

hardshrink = Tensor.hardshrink
relu = Tensor.relu

# ---- reductions (autograd/tensors/reduce.py)
from .tensors.reduce import std_mean, var_mean

all = Tensor.all
amax = Tensor.amax
amin = Tensor.amin
aminmax = Tensor.aminmax
any = Tensor.any
argmax = Tensor.argmax
argmin = Tensor.argmin
count_nonzero = Tensor.count_nonzero
logsumexp = Tensor.logsumexp
max = Tensor.max
mean = Tensor.mean
min = Tensor.min
nanmean = Tensor.nanmean
nansum = Tensor.nansum
prod = Tensor.prod
std = Tensor.std
sum = Tensor.sum
var = Tensor.var

# ---- shape (autograd/tensors/shape.py, layout.py)
adjoint = Tensor.adjoint
as_strided = Tensor.as_strided
clone = Tensor.clone
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
reshape = Tensor.reshape
roll = Tensor.roll
rot90 = Tensor.rot90
select = Tensor.select
squeeze = Tensor.squeeze
swapaxes = Tensor.swapaxes
swapdims = Tensor.swapdims
t = Tensor.t
transpose = Tensor.transpose
unflatten = Tensor.unflatten
unsqueeze = Tensor.unsqueeze


# ---- indexing (autograd/tensors/index.py)
from .tensors.index import bucketize, one_hot, searchsorted

argwhere = Tensor.argwhere
gather = Tensor.gather
index_select = Tensor.index_select
masked_select = Tensor.masked_select
nonzero = Tensor.nonzero
take = Tensor.take
take_along_dim = Tensor.take_along_dim

# ---- linear algebra (autograd/tensors/linalg.py; see also autograd/linalg.py)
from .tensors.linalg import linear

bmm = Tensor.bmm
dot = Tensor.dot
ger = Tensor.ger
inner = Tensor.inner
matmul = Tensor.matmul
mm = Tensor.mm
mv = Tensor.mv
outer = Tensor.outer
vdot = Tensor.vdot
