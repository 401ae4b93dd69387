"""What the names of the package are, for type checkers. Written by `python -m tests.stubs`."""

import builtins
from collections.abc import Callable
from types import ModuleType
from typing import Any

from . import errors as errors
from . import func as func
from . import functional as functional
from . import linalg as linalg
from .anomaly import detect_anomaly as detect_anomaly
from .anomaly import is_anomaly_enabled as is_anomaly_enabled
from .anomaly import set_detect_anomaly as set_detect_anomaly
from .api import *
from .creation import arange as arange
from .creation import as_tensor as as_tensor
from .creation import asarray as asarray
from .creation import empty as empty
from .creation import empty_like as empty_like
from .creation import eye as eye
from .creation import from_numpy as from_numpy
from .creation import frombuffer as frombuffer
from .creation import full as full
from .creation import full_like as full_like
from .creation import linspace as linspace
from .creation import logspace as logspace
from .creation import ones as ones
from .creation import ones_like as ones_like
from .creation import scalar_tensor as scalar_tensor
from .creation import tensor as tensor
from .creation import zeros as zeros
from .creation import zeros_like as zeros_like
from .custom import Function as Function
from .custom import once_differentiable as once_differentiable
from .devices import device as device
from .dtypes import bfloat16 as bfloat16
from .dtypes import bool as bool
from .dtypes import can_cast as can_cast
from .dtypes import cdouble as cdouble
from .dtypes import cfloat as cfloat
from .dtypes import chalf as chalf
from .dtypes import complex32 as complex32
from .dtypes import complex64 as complex64
from .dtypes import complex128 as complex128
from .dtypes import double as double
from .dtypes import dtype as dtype
from .dtypes import finfo as finfo
from .dtypes import float as float
from .dtypes import float16 as float16
from .dtypes import float32 as float32
from .dtypes import float64 as float64
from .dtypes import half as half
from .dtypes import iinfo as iinfo
from .dtypes import int as int
from .dtypes import int8 as int8
from .dtypes import int16 as int16
from .dtypes import int32 as int32
from .dtypes import int64 as int64
from .dtypes import is_floating_point as is_floating_point
from .dtypes import is_tensor as is_tensor
from .dtypes import long as long
from .dtypes import promote_types as promote_types
from .dtypes import short as short
from .dtypes import uint8 as uint8
from .dtypes import uint16 as uint16
from .dtypes import uint32 as uint32
from .dtypes import uint64 as uint64
from .engine import backward as backward
from .engine import grad as grad
from .modes import enable_grad as enable_grad
from .modes import inference_mode as inference_mode
from .modes import is_grad_enabled as is_grad_enabled
from .modes import no_grad as no_grad
from .modes import set_grad_enabled as set_grad_enabled
from .modes import tape as tape
from .random import Generator as Generator
from .random import bernoulli as bernoulli
from .random import default_generator as default_generator
from .random import get_rng_state as get_rng_state
from .random import initial_seed as initial_seed
from .random import manual_seed as manual_seed
from .random import multinomial as multinomial
from .random import normal as normal
from .random import poisson as poisson
from .random import rand as rand
from .random import rand_like as rand_like
from .random import randint as randint
from .random import randint_like as randint_like
from .random import randn as randn
from .random import randn_like as randn_like
from .random import randperm as randperm
from .random import seed as seed
from .random import set_rng_state as set_rng_state
from .recompute import checkpoint as checkpoint
from .tapes import Tape as Tape
from .tensors import Size as Size
from .tensors import Tensor as Tensor
from .tensors.core import get_default_dtype as get_default_dtype
from .tensors.core import set_default_dtype as set_default_dtype
from .tensors.display import set_printoptions as set_printoptions
from .tensors.promotion import result_type as result_type
from .threads import get_num_threads as get_num_threads
from .threads import set_num_threads as set_num_threads
import autograd as autograd
from . import random as random
import nn as nn
from .check import GradReport as GradReport
from .amp import GradScaler as GradScaler
from nn.functional import adaptive_avg_pool1d as adaptive_avg_pool1d
from nn.functional import adaptive_max_pool1d_with_indices as adaptive_max_pool1d
from nn.functional.rare import affine_grid_generator as affine_grid_generator
from .tensors.copies import alias_copy as alias_copy
from nn.functional.variants import alpha_dropout as alpha_dropout
from . import amp as amp
from .tensors.more import angle as angle
from . import anomaly as anomaly_mode
from .tensors.copies import as_strided_copy as as_strided_copy
from .tensors.more import as_strided_scatter as as_strided_scatter
from .amp import autocast as autocast
from nn.functional import avg_pool1d as avg_pool1d
from .windows import bartlett_window as bartlett_window
from nn.functional.variants import batch_norm as batch_norm
from nn.functional import bilinear as bilinear
from nn.functional.variants import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from .tensors.made import binomial as binomial
from .windows import blackman_window as blackman_window
from nn.functional import channel_shuffle as channel_shuffle
from .check import check_derivation as check_derivation
from .check import check_grads as check_grads
from .tensors.factors import cholesky_inverse as cholesky_inverse
from .tensors.factors import cholesky_solve as cholesky_solve
from .tensors.more import conj as conj
from .tensors.more import conj_physical as conj_physical
from .tensors.more import constant_pad_nd as constant_pad_nd
from nn.functional import conv1d as conv1d
from nn.functional import conv2d as conv2d
from nn.functional import conv3d as conv3d
from nn.functional import conv_tbc as conv_tbc
from nn.functional import conv_transpose1d as conv_transpose1d
from nn.functional import conv_transpose2d as conv_transpose2d
from nn.functional import conv_transpose3d as conv_transpose3d
from nn.functional.rare import convolution as convolution
from nn.functional.variants import cosine_embedding_loss as cosine_embedding_loss
from nn.functional import cosine_similarity as cosine_similarity
from nn.functional.variants import ctc_loss as ctc_loss
from . import cuda as cuda
from .tensors.copies import detach as detach
from .tensors.copies import detach_copy as detach_copy
from .tensors.copies import diagonal_copy as diagonal_copy
from .tensors.more import diagonal_scatter as diagonal_scatter
from nn import distributions as distributions
from nn.functional.variants import dropout as dropout
from nn.functional.variants import embedding_bag as embedding_bag
from .tensors.more import embedding_renorm_ as embedding_renorm_
from .tensors.made import empty_permuted as empty_permuted
from .tensors.made import empty_strided as empty_strided
from .check import eval_numerical_gradient as eval_numerical_gradient
from .check import eval_numerical_gradient_array as eval_numerical_gradient_array
from .tensors.copies import expand_copy as expand_copy
from nn.functional.variants import feature_alpha_dropout as feature_alpha_dropout
from .tensors.more import fill as fill
from .tensors.more import frexp as frexp
from .tensors.layers import frobenius_norm as frobenius_norm
from .utils.dlpack import from_dlpack as from_dlpack
from .tensors.made import from_file as from_file
from .tensors.made import frombuffer as frombuffer
from . import function as function
from . import modes as grad_mode
from .check import gradcheck as gradcheck
from .check import gradgradcheck as gradgradcheck
from .tensors.slopes import gradient as gradient
from nn.functional.rare import grid_sampler as grid_sampler
from nn.functional.rare import grid_sampler_2d as grid_sampler_2d
from nn.functional.rare import grid_sampler_3d as grid_sampler_3d
from nn.functional.variants import group_norm as group_norm
from .tensors.layers import gru_cell as gru_cell
from .windows import hamming_window as hamming_window
from .windows import hann_window as hann_window
from nn.functional.variants import hinge_embedding_loss as hinge_embedding_loss
from .tensors.slopes import histogram as histogram
from .tensors.slopes import histogramdd as histogramdd
from .tensors.special import i0 as i0
from .tensors.special import igamma as igamma
from .tensors.special import igammac as igammac
from .tensors.more import index_reduce as index_reduce
from nn.functional.variants import instance_norm as instance_norm
from . import jit as jit
from .windows import kaiser_window as kaiser_window
from nn.functional.variants import kl_div as kl_div
from nn.functional.variants import layer_norm as layer_norm
from nn import load as load
from .tensors.layers import lstm_cell as lstm_cell
from .tensors.factors import lu as lu
from .tensors.factors import lu_solve as lu_solve
from .tensors.factors import lu_unpack as lu_unpack
from nn.functional.variants import margin_ranking_loss as margin_ranking_loss
from .tensors.solve import matrix_exp as matrix_exp
from nn.functional import max_pool1d as max_pool1d
from nn.functional import max_pool1d_with_indices as max_pool1d_with_indices
from nn.functional import max_pool2d as max_pool2d
from nn.functional import max_pool3d as max_pool3d
from .tensors.copies import narrow_copy as narrow_copy
from .tensors.more import nonzero_static as nonzero_static
from .tensors.layers import norm_except_dim as norm_except_dim
from .tensors.layers import nuclear_norm as nuclear_norm
from nn import optim as optim
from .tensors.factors import orgqr as orgqr
from nn.functional import pairwise_distance as pairwise_distance
from .tensors.factors import pca_lowrank as pca_lowrank
from nn.functional import pdist as pdist
from .tensors.copies import permute_copy as permute_copy
from .tensors.decompose import pinverse as pinverse
from nn.functional import pixel_shuffle as pixel_shuffle
from nn.functional import pixel_unshuffle as pixel_unshuffle
from nn.functional.variants import poisson_nll_loss as poisson_nll_loss
from .tensors.more import put as put
from .tensors.older import qr as qr
from .tensors.made import range as range
from .tensors.more import real as real
from .check import rel_error as rel_error
from .tensors.more import resize_as_ as resize_as_
from .tensors.more import resolve_conj as resolve_conj
from .tensors.more import resolve_neg as resolve_neg
from nn.functional import rms_norm as rms_norm
from .tensors.layers import rnn_relu_cell as rnn_relu_cell
from .tensors.layers import rnn_tanh_cell as rnn_tanh_cell
from nn.functional.variants import rrelu as rrelu
from .tensors.more import rsub as rsub
from nn import save as save
from .tensors.copies import select_copy as select_copy
from .tensors.copies import slice_copy as slice_copy
from . import special as special
from .tensors.copies import split_copy as split_copy
from .tensors.copies import split_with_sizes_copy as split_with_sizes_copy
from .tensors.layers import spmm as spmm
from .tensors.copies import squeeze_copy as squeeze_copy
from .tensors.older import svd as svd
from .tensors.factors import svd_lowrank as svd_lowrank
from .tensors.copies import t_copy as t_copy
from . import testing as testing
from .utils.dlpack import to_dlpack as to_dlpack
from .tensors.copies import transpose_copy as transpose_copy
from .tensors.factors import triangular_solve as triangular_solve
from nn.functional.variants import triplet_margin_loss as triplet_margin_loss
from .tensors.copies import unbind_copy as unbind_copy
from .tensors.copies import unfold_copy as unfold_copy
from .tensors.copies import unsafe_chunk as unsafe_chunk
from .tensors.copies import unsafe_split as unsafe_split
from .tensors.copies import unsafe_split_with_sizes as unsafe_split_with_sizes
from .tensors.copies import unsqueeze_copy as unsqueeze_copy
from . import utils as utils
from .tensors.copies import view_copy as view_copy
from .func import vmap as vmap

BoolTensor: Callable[..., Any]
ByteTensor: Callable[..., Any]
CharTensor: Callable[..., Any]
DoubleTensor: Callable[..., Any]
FloatTensor: Callable[..., Any]
HalfTensor: Callable[..., Any]
IntTensor: Callable[..., Any]
LongTensor: Callable[..., Any]
ShortTensor: Callable[..., Any]
Variable: Callable[..., Any]
abs_: Callable[..., Any]
absolute_: Callable[..., Any]
accelerator: ModuleType
acos_: Callable[..., Any]
acosh_: Callable[..., Any]
add_: Callable[..., Any]
addbmm_: Callable[..., Any]
addcdiv_: Callable[..., Any]
addcmul_: Callable[..., Any]
addmm_: Callable[..., Any]
addmv_: Callable[..., Any]
addr_: Callable[..., Any]
apply_: Callable[..., Any]
arccos_: Callable[..., Any]
arccosh_: Callable[..., Any]
arcsin_: Callable[..., Any]
arcsinh_: Callable[..., Any]
arctan2_: Callable[..., Any]
arctan_: Callable[..., Any]
arctanh_: Callable[..., Any]
are_deterministic_algorithms_enabled: Callable[..., Any]
asin_: Callable[..., Any]
asinh_: Callable[..., Any]
atan2_: Callable[..., Any]
atan_: Callable[..., Any]
atanh_: Callable[..., Any]
backends: ModuleType
baddbmm_: Callable[..., Any]
bernoulli_: Callable[..., Any]
bitwise_and_: Callable[..., Any]
bitwise_left_shift_: Callable[..., Any]
bitwise_not_: Callable[..., Any]
bitwise_or_: Callable[..., Any]
bitwise_right_shift_: Callable[..., Any]
bitwise_xor_: Callable[..., Any]
cauchy_: Callable[..., Any]
ceil_: Callable[..., Any]
celu_: Callable[..., Any]
channels_last: builtins.str
channels_last_3d: builtins.str
clamp_: Callable[..., Any]
clamp_max_: Callable[..., Any]
clamp_min_: Callable[..., Any]
clip_: Callable[..., Any]
compile: Callable[..., Any]
compiled_with_cxx11_abi: Callable[..., Any]
compiler: ModuleType
contiguous_format: builtins.str
copy_: Callable[..., Any]
copysign_: Callable[..., Any]
cos_: Callable[..., Any]
cosh_: Callable[..., Any]
cpu: ModuleType
cumprod_: Callable[..., Any]
cumsum_: Callable[..., Any]
deg2rad_: Callable[..., Any]
detach_: Callable[..., Any]
digamma_: Callable[..., Any]
distributed: ModuleType
div_: Callable[..., Any]
divide_: Callable[..., Any]
e: builtins.float
eq_: Callable[..., Any]
erf_: Callable[..., Any]
erfc_: Callable[..., Any]
erfinv_: Callable[..., Any]
exp2_: Callable[..., Any]
exp_: Callable[..., Any]
expm1_: Callable[..., Any]
exponential_: Callable[..., Any]
fill_: Callable[..., Any]
fill_diagonal_: Callable[..., Any]
fix_: Callable[..., Any]
float_power_: Callable[..., Any]
floor_: Callable[..., Any]
floor_divide_: Callable[..., Any]
fmod_: Callable[..., Any]
frac_: Callable[..., Any]
gcd_: Callable[..., Any]
ge_: Callable[..., Any]
geometric_: Callable[..., Any]
get_default_device: Callable[..., Any]
get_deterministic_debug_mode: Callable[..., Any]
get_device: Callable[..., Any]
get_file_path: Callable[..., Any]
get_float32_matmul_precision: Callable[..., Any]
get_num_interop_threads: Callable[..., Any]
graph: ModuleType
greater_: Callable[..., Any]
greater_equal_: Callable[..., Any]
gt_: Callable[..., Any]
has_lapack: builtins.bool
has_mkl: builtins.bool
has_openmp: builtins.bool
has_spectral: builtins.bool
heaviside_: Callable[..., Any]
hypot_: Callable[..., Any]
i0_: Callable[..., Any]
igamma_: Callable[..., Any]
igammac_: Callable[..., Any]
index_add_: Callable[..., Any]
index_copy_: Callable[..., Any]
index_fill_: Callable[..., Any]
index_put_: Callable[..., Any]
index_reduce_: Callable[..., Any]
inf: builtins.float
is_autocast_available: Callable[..., Any]
is_autocast_cache_enabled: Callable[..., Any]
is_autocast_cpu_enabled: Callable[..., Any]
is_autocast_enabled: Callable[..., Any]
is_complex: Callable[..., Any]
is_conj: Callable[..., Any]
is_deterministic_algorithms_warn_only_enabled: Callable[..., Any]
is_distributed: Callable[..., Any]
is_inference: Callable[..., Any]
is_inference_mode_enabled: Callable[..., Any]
is_neg: Callable[..., Any]
is_nonzero: Callable[..., Any]
is_same_size: Callable[..., Any]
is_signed: Callable[..., Any]
is_storage: Callable[..., Any]
is_vulkan_available: Callable[..., Any]
layout: Any
lcm_: Callable[..., Any]
ldexp_: Callable[..., Any]
le_: Callable[..., Any]
lerp_: Callable[..., Any]
less_: Callable[..., Any]
less_equal_: Callable[..., Any]
lgamma_: Callable[..., Any]
log10_: Callable[..., Any]
log1p_: Callable[..., Any]
log2_: Callable[..., Any]
log_: Callable[..., Any]
log_normal_: Callable[..., Any]
logical_and_: Callable[..., Any]
logical_not_: Callable[..., Any]
logical_or_: Callable[..., Any]
logical_xor_: Callable[..., Any]
logit_: Callable[..., Any]
lt_: Callable[..., Any]
map_: Callable[..., Any]
masked_fill_: Callable[..., Any]
masked_scatter_: Callable[..., Any]
memory_format: Any
mps: ModuleType
mul_: Callable[..., Any]
multiply_: Callable[..., Any]
multiprocessing: ModuleType
mvlgamma_: Callable[..., Any]
nan: builtins.float
nan_to_num_: Callable[..., Any]
ne_: Callable[..., Any]
neg_: Callable[..., Any]
negative_: Callable[..., Any]
newaxis: Any
nextafter_: Callable[..., Any]
normal_: Callable[..., Any]
not_equal_: Callable[..., Any]
pi: builtins.float
polygamma_: Callable[..., Any]
pow_: Callable[..., Any]
preserve_format: builtins.str
put_: Callable[..., Any]
rad2deg_: Callable[..., Any]
random_: Callable[..., Any]
reciprocal_: Callable[..., Any]
relu_: Callable[..., Any]
remainder_: Callable[..., Any]
renorm_: Callable[..., Any]
requires_grad_: Callable[..., Any]
resize_: Callable[..., Any]
round_: Callable[..., Any]
rrelu_: Callable[..., Any]
rsqrt_: Callable[..., Any]
scatter_: Callable[..., Any]
scatter_add_: Callable[..., Any]
scatter_reduce_: Callable[..., Any]
selu_: Callable[..., Any]
serialization: ModuleType
set_default_device: Callable[..., Any]
set_default_tensor_type: Callable[..., Any]
set_deterministic_debug_mode: Callable[..., Any]
set_float32_matmul_precision: Callable[..., Any]
set_flush_denormal: Callable[..., Any]
set_num_interop_threads: Callable[..., Any]
set_warn_always: Callable[..., Any]
sgn_: Callable[..., Any]
share_memory_: Callable[..., Any]
sigmoid_: Callable[..., Any]
sign_: Callable[..., Any]
signal: ModuleType
sin_: Callable[..., Any]
sinc_: Callable[..., Any]
sinh_: Callable[..., Any]
sqrt_: Callable[..., Any]
square_: Callable[..., Any]
squeeze_: Callable[..., Any]
strided: Any
sub_: Callable[..., Any]
subtract_: Callable[..., Any]
swapaxes_: Callable[..., Any]
swapdims_: Callable[..., Any]
t_: Callable[..., Any]
tan_: Callable[..., Any]
tanh_: Callable[..., Any]
threshold_: Callable[..., Any]
transpose_: Callable[..., Any]
tril_: Callable[..., Any]
triu_: Callable[..., Any]
true_divide_: Callable[..., Any]
trunc_: Callable[..., Any]
typename: Callable[..., Any]
types: ModuleType
uniform_: Callable[..., Any]
unsqueeze_: Callable[..., Any]
use_deterministic_algorithms: Callable[..., Any]
variable: ModuleType
version: ModuleType
xlogy_: Callable[..., Any]
xpu: ModuleType
zero_: Callable[..., Any]
