"""The names of the package, for type checkers. Written by `python -m tests.stubs`."""

import builtins
from types import ModuleType
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, Self, TypeVar, overload

import numpy as np
from numpy import ndarray as Array

from autograd.tensors.decompose import EighResult, LstsqResult, QRResult, SVDResult
from autograd.tensors.rare.factors import LUFactorExResult, LUFactorResult, LUResult
from autograd.tensors.results import MinMax, ValuesIndices
from autograd.tensors.solve import SlogdetResult
from autograd.tensors.rare.systems import CholeskyExResult, InvExResult, SolveExResult
from .tensors import Tensor as Tensor
from .tensors.results import MinMax, ValuesIndices
from . import errors as errors
from .anomaly import detect_anomaly as detect_anomaly
from .anomaly import is_anomaly_enabled as is_anomaly_enabled
from .anomaly import set_detect_anomaly as set_detect_anomaly
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
from .modes import is_grad_enabled as is_grad_enabled
from .modes import tape as tape
from .process.threads import get_num_threads as get_num_threads
from .process.threads import set_num_threads as set_num_threads
from .tapes import Tape as Tape
from .tensors import Size as Size
from .tensors import Tensor as Tensor
from .tensors.core import get_default_dtype as get_default_dtype
from .tensors.core import set_default_dtype as set_default_dtype
from .tensors.promotion import result_type as result_type
import autograd as autograd
from . import random as random
import nn as nn
from .custom import Function as Function
from .random import Generator as Generator
from .check import GradReport as GradReport
from .amp import GradScaler as GradScaler
from nn.functional import adaptive_avg_pool1d as adaptive_avg_pool1d
from nn.functional import adaptive_max_pool1d_with_indices as adaptive_max_pool1d
from nn.functional.rare import affine_grid_generator as affine_grid_generator
from .tensors.rare.copies import alias_copy as alias_copy
from nn.functional.variants import alpha_dropout as alpha_dropout
from . import amp as amp
from .tensors.rare.more import angle as angle
from . import anomaly as anomaly_mode
from .tensors.rare.copies import as_strided_copy as as_strided_copy
from .tensors.rare.more import as_strided_scatter as as_strided_scatter
from .amp import autocast as autocast
from nn.functional import avg_pool1d as avg_pool1d
from .windows import bartlett_window as bartlett_window
from nn.functional.variants import batch_norm as batch_norm
from .random import bernoulli as bernoulli
from nn.functional import bilinear as bilinear
from nn.functional.variants import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from .tensors.rare.made import binomial as binomial
from .windows import blackman_window as blackman_window
from .program import capture as capture
from nn.functional import channel_shuffle as channel_shuffle
from .check import check_derivation as check_derivation
from .check import check_grads as check_grads
from .tensors.rare.factors import cholesky_inverse as cholesky_inverse
from .tensors.rare.factors import cholesky_solve as cholesky_solve
from .replay import compile as compile
from . import compiler as compiler
from .tensors.rare.more import conj as conj
from .tensors.rare.more import conj_physical as conj_physical
from .tensors.rare.more import constant_pad_nd as constant_pad_nd
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
from .random import default_generator as default_generator
from .tensors.rare.copies import detach as detach
from .tensors.rare.copies import detach_copy as detach_copy
from .tensors.rare.copies import diagonal_copy as diagonal_copy
from .tensors.rare.more import diagonal_scatter as diagonal_scatter
from . import distributed as distributed
from nn import distributions as distributions
from .drawing.drawn import draw as draw
from nn.functional.variants import dropout as dropout
from nn.functional.variants import embedding_bag as embedding_bag
from .tensors.rare.more import embedding_renorm_ as embedding_renorm_
from .tensors.rare.made import empty_permuted as empty_permuted
from .tensors.rare.made import empty_strided as empty_strided
from .check import eval_numerical_gradient as eval_numerical_gradient
from .check import eval_numerical_gradient_array as eval_numerical_gradient_array
from .tensors.rare.copies import expand_copy as expand_copy
from .explorer import explore as explore
from nn.functional.variants import feature_alpha_dropout as feature_alpha_dropout
from .tensors.rare.more import fill as fill
from . import forward_ad as forward_ad
from .tensors.rare.more import frexp as frexp
from .tensors.rare.layers import frobenius_norm as frobenius_norm
from .utils.dlpack import from_dlpack as from_dlpack
from .tensors.rare.made import from_file as from_file
from .tensors.rare.made import frombuffer as frombuffer
from . import func as func
from . import function as function
from . import functional as functional
from .random import get_rng_state as get_rng_state
from . import modes as grad_mode
from .check import gradcheck as gradcheck
from .check import gradgradcheck as gradgradcheck
from .tensors.rare.slopes import gradient as gradient
from nn.functional.rare import grid_sampler as grid_sampler
from nn.functional.rare import grid_sampler_2d as grid_sampler_2d
from nn.functional.rare import grid_sampler_3d as grid_sampler_3d
from nn.functional.variants import group_norm as group_norm
from .tensors.rare.layers import gru_cell as gru_cell
from .windows import hamming_window as hamming_window
from .windows import hann_window as hann_window
from nn.functional.variants import hinge_embedding_loss as hinge_embedding_loss
from .tensors.rare.slopes import histogram as histogram
from .tensors.rare.slopes import histogramdd as histogramdd
from .tensors.special import i0 as i0
from .tensors.special import igamma as igamma
from .tensors.special import igammac as igammac
from .tensors.rare.more import index_reduce as index_reduce
from .random import initial_seed as initial_seed
from nn.functional.variants import instance_norm as instance_norm
from . import jit as jit
from .windows import kaiser_window as kaiser_window
from nn.functional.variants import kl_div as kl_div
from nn.functional.variants import layer_norm as layer_norm
from . import linalg as linalg
from nn import load as load
from .tensors.rare.layers import lstm_cell as lstm_cell
from .tensors.rare.factors import lu as lu
from .tensors.rare.factors import lu_solve as lu_solve
from .tensors.rare.factors import lu_unpack as lu_unpack
from .random import manual_seed as manual_seed
from nn.functional.variants import margin_ranking_loss as margin_ranking_loss
from .tensors.solve import matrix_exp as matrix_exp
from nn.functional import max_pool1d as max_pool1d
from nn.functional import max_pool1d_with_indices as max_pool1d_with_indices
from nn.functional import max_pool2d as max_pool2d
from nn.functional import max_pool3d as max_pool3d
from .random import multinomial as multinomial
from .tensors.rare.copies import narrow_copy as narrow_copy
from .tensors.rare.more import nonzero_static as nonzero_static
from .tensors.rare.layers import norm_except_dim as norm_except_dim
from .random import normal as normal
from .tensors.rare.layers import nuclear_norm as nuclear_norm
from .custom import once_differentiable as once_differentiable
from nn import optim as optim
from .tensors.rare.factors import orgqr as orgqr
from nn.functional import pairwise_distance as pairwise_distance
from .tensors.rare.factors import pca_lowrank as pca_lowrank
from nn.functional import pdist as pdist
from .tensors.rare.copies import permute_copy as permute_copy
from .tensors.decompose import pinverse as pinverse
from nn.functional import pixel_shuffle as pixel_shuffle
from nn.functional import pixel_unshuffle as pixel_unshuffle
from .random import poisson as poisson
from nn.functional.variants import poisson_nll_loss as poisson_nll_loss
from .tensors.rare.more import put as put
from .tensors.rare.older import qr as qr
from .random import rand as rand
from .random import rand_like as rand_like
from .random import randint as randint
from .random import randint_like as randint_like
from .random import randn as randn
from .random import randn_like as randn_like
from . import random as random
from .random import randperm as randperm
from .tensors.rare.made import range as range
from .tensors.rare.more import real as real
from .check import rel_error as rel_error
from .tensors.rare.more import resize_as_ as resize_as_
from .tensors.rare.more import resolve_conj as resolve_conj
from .tensors.rare.more import resolve_neg as resolve_neg
from nn.functional import rms_norm as rms_norm
from .tensors.rare.layers import rnn_relu_cell as rnn_relu_cell
from .tensors.rare.layers import rnn_tanh_cell as rnn_tanh_cell
from nn.functional.variants import rrelu as rrelu
from .tensors.rare.more import rsub as rsub
from nn import save as save
from .random import seed as seed
from .tensors.rare.copies import select_copy as select_copy
from .tensors.display import set_printoptions as set_printoptions
from .random import set_rng_state as set_rng_state
from .tensors.rare.copies import slice_copy as slice_copy
from . import special as special
from .tensors.rare.copies import split_copy as split_copy
from .tensors.rare.copies import split_with_sizes_copy as split_with_sizes_copy
from .tensors.rare.layers import spmm as spmm
from .tensors.rare.copies import squeeze_copy as squeeze_copy
from .tensors.rare.older import svd as svd
from .tensors.rare.factors import svd_lowrank as svd_lowrank
from .tensors.rare.copies import t_copy as t_copy
from . import testing as testing
from .utils.dlpack import to_dlpack as to_dlpack
from .tensors.rare.copies import transpose_copy as transpose_copy
from .tensors.rare.factors import triangular_solve as triangular_solve
from nn.functional.variants import triplet_margin_loss as triplet_margin_loss
from .tensors.rare.copies import unbind_copy as unbind_copy
from .tensors.rare.copies import unfold_copy as unfold_copy
from .tensors.rare.copies import unsafe_chunk as unsafe_chunk
from .tensors.rare.copies import unsafe_split as unsafe_split
from .tensors.rare.copies import unsafe_split_with_sizes as unsafe_split_with_sizes
from .tensors.rare.copies import unsqueeze_copy as unsqueeze_copy
from . import utils as utils
from .tensors.rare.copies import view_copy as view_copy
from .func import vmap as vmap

_F = TypeVar("_F", bound=Callable[..., Any])

class _Block:
    def __enter__(self) -> None: ...
    def __exit__(self, *error: Any) -> None: ...
    def __call__(self, function: _F) -> _F: ...

class _Mode:
    @overload
    def __call__(self, function: None = None) -> _Block: ...
    @overload
    def __call__(self, function: _F) -> _F: ...

class _InferenceMode:
    @overload
    def __call__(self, mode: builtins.bool = True) -> _Block: ...
    @overload
    def __call__(self, mode: _F) -> _F: ...

no_grad: _Mode
enable_grad: _Mode
inference_mode: _InferenceMode
def set_grad_enabled(mode: builtins.bool) -> _Block: ...

@overload
def grad(outputs: Callable[..., Any], inputs: builtins.int | Sequence[builtins.int] = 0, /) -> Callable[..., Any]: ...
@overload
def grad(outputs: Callable[..., Any], /, *, argnum: builtins.int | Sequence[builtins.int]) -> Callable[..., Any]: ...
@overload
def grad(*, fun: Callable[..., Any], argnum: builtins.int | Sequence[builtins.int] = 0) -> Callable[..., Any]: ...
@overload
def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: builtins.bool | None = None, create_graph: builtins.bool = False, only_inputs: builtins.bool = True, allow_unused: builtins.bool | None = None, is_grads_batched: builtins.bool = False, materialize_grads: builtins.bool = False) -> tuple[Tensor, ...]: ...
def BoolTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def ByteTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def CharTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def DoubleTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def FloatTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def HalfTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def IntTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def LongTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def ShortTensor(*args: Any, **kwargs: Any) -> Tensor: ...
def Variable(*args: Any, **kwargs: Any) -> Any: ...
def abs(input: Any, *, out: Any = None) -> Tensor:
    """|x|. Gradient 0 at 0."""
def abs_(*args: Any, **kwargs: Any) -> Tensor: ...
def absolute(input: Any, *, out: Any = None) -> Tensor:
    """|x|. Gradient 0 at 0."""
def absolute_(*args: Any, **kwargs: Any) -> Tensor: ...
accelerator: ModuleType
def acos(input: Any, *, out: Any = None) -> Tensor:
    """The angle in 0 .. pi with this cosine; int -> float. NaN outside -1 .. 1."""
def acos_(*args: Any, **kwargs: Any) -> Tensor: ...
def acosh(input: Any, *, out: Any = None) -> Tensor:
    """The inverse of cosh; int -> float. NaN below 1."""
def acosh_(*args: Any, **kwargs: Any) -> Tensor: ...
def add(input: Any, other: Any, alpha: Any = 1, *, out: Any = None) -> Tensor:
    """input + alpha * other: Tensors, arrays or numbers."""
def add_(*args: Any, **kwargs: Any) -> Tensor: ...
def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
    """beta * self + alpha * (the sum over the batch of bmm(batch1, batch2))."""
def addbmm_(*args: Any, **kwargs: Any) -> Tensor: ...
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Tensor:
    """self + value * tensor1 / tensor2."""
def addcdiv_(*args: Any, **kwargs: Any) -> Tensor: ...
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Tensor:
    """self + value * tensor1 * tensor2."""
def addcmul_(*args: Any, **kwargs: Any) -> Tensor: ...
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
    """beta * self + alpha * (mat1 @ mat2). With beta = 0, self is not used: its NaNs do not spread."""
def addmm_(*args: Any, **kwargs: Any) -> Tensor: ...
def addmv(input: Any, mat: Any, vec: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
    """beta * self + alpha * (mat @ vec)."""
def addmv_(*args: Any, **kwargs: Any) -> Tensor: ...
def addr(input: Any, vec1: Any, vec2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
    """beta * self + alpha * outer(vec1, vec2)."""
def addr_(*args: Any, **kwargs: Any) -> Tensor: ...
def adjoint(input: Any) -> Tensor:
    """The last two dimensions exchanged (conjugated, were it complex); a 0-d Tensor is its own."""
def all(input: Any, dim: Any = None, keepdim: builtins.bool = False, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Is every element over `dim` true (not 0)? bool; true over no elements."""
def allclose(input: Any, other: Any, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> builtins.bool:
    """Are all elements close? Settings as in `isclose`."""
def amax(input: Any, dim: Any = None, keepdim: builtins.bool = False, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Largest element over `dim`; NaN wins; ties share the gradient evenly. Raises ShapeError over no elements."""
def amin(input: Any, dim: Any = None, keepdim: builtins.bool = False, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Smallest element over `dim`; NaN wins; ties share the gradient evenly. Raises ShapeError over no elements."""
def aminmax(input: Any, *, dim: builtins.int | None = None, keepdim: builtins.bool = False, axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> MinMax[Tensor]:
    """(min, max) over one dimension or all; as `amin` and `amax`."""
def any(input: Any, dim: Any = None, keepdim: builtins.bool = False, *, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Is some element over `dim` true (not 0)? bool; false over no elements."""
def apply_(*args: Any, **kwargs: Any) -> Tensor: ...
def arccos(input: Any, *, out: Any = None) -> Tensor:
    """The angle in 0 .. pi with this cosine; int -> float. NaN outside -1 .. 1."""
def arccos_(*args: Any, **kwargs: Any) -> Tensor: ...
def arccosh(input: Any, *, out: Any = None) -> Tensor:
    """The inverse of cosh; int -> float. NaN below 1."""
def arccosh_(*args: Any, **kwargs: Any) -> Tensor: ...
def arcsin(input: Any, *, out: Any = None) -> Tensor:
    """The angle in -pi/2 .. pi/2 with this sine; int -> float. NaN outside -1 .. 1."""
def arcsin_(*args: Any, **kwargs: Any) -> Tensor: ...
def arcsinh(input: Any, *, out: Any = None) -> Tensor:
    """The inverse of sinh; int -> float."""
def arcsinh_(*args: Any, **kwargs: Any) -> Tensor: ...
def arctan(input: Any, *, out: Any = None) -> Tensor:
    """The angle in -pi/2 .. pi/2 with this tangent; int -> float."""
def arctan2(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The angle in -pi .. pi of the point (x=other, y=input). Gradient 0 at the origin."""
def arctan2_(*args: Any, **kwargs: Any) -> Tensor: ...
def arctan_(*args: Any, **kwargs: Any) -> Tensor: ...
def arctanh(input: Any, *, out: Any = None) -> Tensor:
    """The inverse of tanh; int -> float. NaN outside -1 .. 1."""
def arctanh_(*args: Any, **kwargs: Any) -> Tensor: ...
def are_deterministic_algorithms_enabled(*args: Any, **kwargs: Any) -> Any: ...
def argmax(input: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Where the largest element stands along `dim`, or in row-major order: int64; the first of ties or NaNs."""
def argmin(input: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Where the smallest element stands along `dim`, or in row-major order: int64; the first of ties or NaNs."""
def argsort(input: Any, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = False, *, axis: builtins.int = -1, out: Any = None) -> Tensor:
    """The indices that sort along `dim`: int64."""
def argwhere(input: Any) -> Tensor:
    """Where the elements are not 0: int64 of shape (count, ndim)."""
def as_strided(input: Any, size: Any, stride: Any, storage_offset: builtins.int | None = None) -> Tensor:
    """The memory of this Tensor seen with another shape, other strides and another start, counted in elements."""
def asin(input: Any, *, out: Any = None) -> Tensor:
    """The angle in -pi/2 .. pi/2 with this sine; int -> float. NaN outside -1 .. 1."""
def asin_(*args: Any, **kwargs: Any) -> Tensor: ...
def asinh(input: Any, *, out: Any = None) -> Tensor:
    """The inverse of sinh; int -> float."""
def asinh_(*args: Any, **kwargs: Any) -> Tensor: ...
def atan(input: Any, *, out: Any = None) -> Tensor:
    """The angle in -pi/2 .. pi/2 with this tangent; int -> float."""
def atan2(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The angle in -pi .. pi of the point (x=other, y=input). Gradient 0 at the origin."""
def atan2_(*args: Any, **kwargs: Any) -> Tensor: ...
def atan_(*args: Any, **kwargs: Any) -> Tensor: ...
def atanh(input: Any, *, out: Any = None) -> Tensor:
    """The inverse of tanh; int -> float. NaN outside -1 .. 1."""
def atanh_(*args: Any, **kwargs: Any) -> Tensor: ...
def atleast_1d(*tensors: Any) -> Any:
    """0-d as 1-d, others as they are. One Tensor, several, or a sequence of them: then a tuple is returned."""
def atleast_2d(*tensors: Any) -> Any:
    """With missing leading dimensions of size 1. For several, or a sequence of them, a tuple is returned."""
def atleast_3d(*tensors: Any) -> Any:
    """0-d as (1, 1, 1), (n,) as (1, n, 1), (m, n) as (m, n, 1), others as they are. As `atleast_2d` otherwise."""
backends: ModuleType
def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1, out: Any = None) -> Tensor:
    """beta * self + alpha * bmm(batch1, batch2)."""
def baddbmm_(*args: Any, **kwargs: Any) -> Tensor: ...
def bernoulli_(*args: Any, **kwargs: Any) -> Tensor: ...
def bincount(input: Any, weights: Any = None, minlength: builtins.int = 0, *, out: Any = None) -> Tensor:
    """How often each of 0, 1, 2 ... occurs in a 1-d Tensor of integers: int64."""
def bitwise_and(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input & other, for integers and bools."""
def bitwise_and_(*args: Any, **kwargs: Any) -> Tensor: ...
def bitwise_left_shift(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input << other, for integers."""
def bitwise_left_shift_(*args: Any, **kwargs: Any) -> Tensor: ...
def bitwise_not(input: Any, *, out: Any = None) -> Tensor:
    """~x: all bits of an integer, or the truth of a bool, turned."""
def bitwise_not_(*args: Any, **kwargs: Any) -> Tensor: ...
def bitwise_or(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input | other, for integers and bools."""
def bitwise_or_(*args: Any, **kwargs: Any) -> Tensor: ...
def bitwise_right_shift(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input >> other, for integers."""
def bitwise_right_shift_(*args: Any, **kwargs: Any) -> Tensor: ...
def bitwise_xor(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input ^ other, for integers and bools."""
def bitwise_xor_(*args: Any, **kwargs: Any) -> Tensor: ...
def block_diag(*tensors: Any) -> Tensor:
    """A matrix of zeros with the given matrices along its diagonal; 1-d Tensors are rows."""
def bmm(input: Any, mat2: Any, *, out: Any = None) -> Tensor:
    """Products of matrices pair by pair, (b, m, n) and (b, n, p), without broadcasting."""
def broadcast_shapes(*shapes: Any) -> tuple[builtins.int, ...]:
    """The shape that Tensors of these shapes have after broadcasting."""
def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Each Tensor expanded to the shape that they have in common."""
def broadcast_to(input: Any, *sizes: Any, size: Any = None) -> Tensor:
    """`expand` under NumPy's name."""
def bucketize(input: Any, boundaries: Any, *, out_int32: builtins.bool = False, right: builtins.bool = False, out: Any = None) -> Tensor:
    """Number of the bucket between `boundaries` (1-d, sorted) that each element of `input` falls into; int64."""
def cartesian_prod(*tensors: Any) -> Tensor:
    """Each combination of elements of 1-d Tensors as a row; a single Tensor as it is."""
def cat(tensors: Iterable[Any], dim: builtins.int = 0, *, out: Any = None, axis: builtins.int | None = None) -> Tensor:
    """Tensors one after the other along an existing dimension; in the others their sizes agree."""
def cauchy_(*args: Any, **kwargs: Any) -> Tensor: ...
def cdist(x1: Any, x2: Any, p: builtins.float = 2.0, compute_mode: str = 'use_mm_for_euclid_dist_if_necessary') -> Tensor:
    """Distances (..., P, R) between all rows of x1 (..., P, M) and x2 (..., R, M). Gradient 0 at distance 0."""
def ceil(input: Any, *, out: Any = None) -> Tensor:
    """Rounded up. Gradient 0."""
def ceil_(*args: Any, **kwargs: Any) -> Tensor: ...
def celu(input: Any, alpha: builtins.float = 1.0, inplace: builtins.bool = False) -> Tensor:
    """input where positive, else alpha * (exp(input / alpha) - 1): smooth for every alpha."""
def celu_(*args: Any, **kwargs: Any) -> Tensor: ...
def chain_matmul(*matrices: Any, out: Any = None) -> Tensor:
    """Product of several matrices, in the order that needs the fewest multiplications."""
channels_last: builtins.str
channels_last_3d: builtins.str
def checkpoint(*args: Any, **kwargs: Any) -> Any: ...
def cholesky(input: Any, upper: builtins.bool = False, *, out: Any = None) -> Tensor:
    """Cholesky factor of each matrix; see `linalg.cholesky`."""
def chunk(input: Any, chunks: builtins.int, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of equal size, the last perhaps smaller. For an exact number see `tensor_split`."""
def clamp(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
    """Every element moved into min .. max; `max` where min > max."""
def clamp_(*args: Any, **kwargs: Any) -> Tensor: ...
def clamp_max(input: Any, max: Any, *, out: Any = None) -> Tensor:
    """Every element above `max` moved down to it. At the bound the gradient goes to self."""
def clamp_max_(*args: Any, **kwargs: Any) -> Tensor: ...
def clamp_min(input: Any, min: Any, *, out: Any = None) -> Tensor:
    """Every element below `min` moved up to it. At the bound the gradient goes to self."""
def clamp_min_(*args: Any, **kwargs: Any) -> Tensor: ...
def clip(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
    """Every element moved into min .. max; `max` where min > max."""
def clip_(*args: Any, **kwargs: Any) -> Tensor: ...
def clone(input: Any, *, memory_format: Any = None, out: Any = None) -> Tensor:
    """A copy with memory of its own; the gradient flows through it. For `memory_format` see `contiguous`."""
def column_stack(tensors: Iterable[Any], *, out: Any = None) -> Tensor:
    """Side by side: along dimension 1; 1-d Tensors are columns."""
def combinations(input: Any, r: builtins.int = 2, with_replacement: builtins.bool = False) -> Tensor:
    """All choices of `r` elements of a 1-d Tensor in their order, as rows."""
def compiled_with_cxx11_abi(*args: Any, **kwargs: Any) -> Any: ...
def concat(tensors: Iterable[Any], dim: builtins.int = 0, *, out: Any = None, axis: builtins.int | None = None) -> Tensor:
    """Tensors one after the other along an existing dimension; in the others their sizes agree."""
def concatenate(tensors: Iterable[Any], dim: builtins.int = 0, *, out: Any = None, axis: builtins.int | None = None) -> Tensor:
    """Tensors one after the other along an existing dimension; in the others their sizes agree."""
contiguous_format: builtins.str
def copy_(*args: Any, **kwargs: Any) -> Tensor: ...
def copysign(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """|input| with the sign of `other`; int -> float. Gradient 0 at 0."""
def copysign_(*args: Any, **kwargs: Any) -> Tensor: ...
def corrcoef(input: Any) -> Tensor:
    """The matrix (V, V) of correlation coefficients of V variables in rows, (V, N); 1 for a single one, (N,)."""
def cos(input: Any, *, out: Any = None) -> Tensor:
    """The cosine of x in radians; int -> float."""
def cos_(*args: Any, **kwargs: Any) -> Tensor: ...
def cosh(input: Any, *, out: Any = None) -> Tensor:
    """The hyperbolic cosine; int -> float."""
def cosh_(*args: Any, **kwargs: Any) -> Tensor: ...
def count_nonzero(input: Any, dim: Any = None, *, axis: Any = None, out: Any = None) -> Tensor:
    """How many elements over `dim` are not 0: int64."""
def cov(input: Any, *, correction: builtins.int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """The covariance matrix (V, V) of V variables in rows, (V, N), or the variance of one, (N,)."""
cpu: ModuleType
def cross(input: Any, other: Any, dim: builtins.int | None = None, *, axis: builtins.int | None = None, out: Any = None) -> Tensor:
    """Vector product of 3-vectors along `dim`, broadcast over the others. Default: the first dim of size 3."""
@overload
def cummax(input: Any, dim: builtins.int, *, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def cummax(input: Any, *, axis: builtins.int, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def cummin(input: Any, dim: builtins.int, *, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def cummin(input: Any, *, axis: builtins.int, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def cumprod(input: Any, dim: builtins.int, *, dtype: Any = None, out: Any = None) -> Tensor: ...
@overload
def cumprod(input: Any, *, axis: builtins.int, dtype: Any = None, out: Any = None) -> Tensor: ...
def cumprod_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def cumsum(input: Any, dim: builtins.int, *, dtype: Any = None, out: Any = None) -> Tensor: ...
@overload
def cumsum(input: Any, *, axis: builtins.int, dtype: Any = None, out: Any = None) -> Tensor: ...
def cumsum_(*args: Any, **kwargs: Any) -> Tensor: ...
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: builtins.float = 1.0, dim: builtins.int = -1) -> Tensor:
    """`trapezoid` from the first element to each later one: one element fewer along `dim`."""
def deg2rad(input: Any, *, out: Any = None) -> Tensor:
    """Degrees as radians; int -> float."""
def deg2rad_(*args: Any, **kwargs: Any) -> Tensor: ...
def deriv(*args: Any, **kwargs: Any) -> Any: ...
def det(input: Any) -> Tensor:
    """Determinant of each matrix; see `linalg.det`."""
def detach_(*args: Any, **kwargs: Any) -> Tensor: ...
def diag(input: Any, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
    """A vector as the diagonal of a square matrix of zeros; of a matrix, a copy of its diagonal."""
def diag_embed(input: Any, offset: builtins.int = 0, dim1: builtins.int = -2, dim2: builtins.int = -1, *, out: Any = None) -> Tensor:
    """Square matrices of zeros, in dimensions dim1 and dim2 of the result, with the last dimension on the diagonal."""
def diagflat(input: Any, offset: builtins.int = 0) -> Tensor:
    """All elements as the diagonal of a square matrix of zeros."""
def diagonal(input: Any, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1) -> Tensor:
    """The elements at [i, i + offset] of two dimensions, along a new last dimension. A view."""
def diff(input: Any, n: builtins.int = 1, dim: builtins.int = -1, prepend: Any = None, append: Any = None, *, axis: builtins.int = -1, out: Any = None) -> Tensor:
    """Differences of neighbours along `dim`, `n` times over; of bools: whether they differ."""
def digamma(input: Any, *, out: Any = None) -> Tensor:
    """The derivative of lgamma; int -> float. NaN at -1, -2 ..., -inf at 0."""
def digamma_(*args: Any, **kwargs: Any) -> Tensor: ...
def dist(input: Any, other: Any, p: builtins.float = 2, *, out: Any = None) -> Tensor:
    """The p-norm of self - other, as a 0-d Tensor. Gradient 0 where the two are equal."""
def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Tensor:
    """input / other; rounded if `rounding_mode` is "floor" or "trunc"; see `Tensor.div`."""
def div_(*args: Any, **kwargs: Any) -> Tensor: ...
def divide(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Tensor:
    """input / other; rounded if `rounding_mode` is "floor" or "trunc"; see `Tensor.div`."""
def divide_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def dot(input: Any, tensor: Any, *, out: Any = None) -> Tensor: ...
@overload
def dot(input: Any, *, other: Any, out: Any = None) -> Tensor: ...
@overload
def dsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]: ...
@overload
def dsplit(input: Any, *, sections: Any) -> tuple[Tensor, ...]: ...
@overload
def dsplit(input: Any, *, indices: Any) -> tuple[Tensor, ...]: ...
def dstack(tensors: Iterable[Any], *, out: Any = None) -> Tensor:
    """One behind the other: along dimension 2."""
e: builtins.float
def einsum(equation: Any, *operands: Any) -> Tensor:
    """Product of the operands, summed over the indices that the output lacks: `einsum("bij,bjk->bik", x, y)`."""
def elementwise_grad(*args: Any, **kwargs: Any) -> Any: ...
def embedding(weight: Any, indices: Any, padding_idx: builtins.int = -1, scale_grad_by_freq: builtins.bool = False, sparse: builtins.bool = False) -> Tensor:
    """Rows of `weight` (V, D) at the integers `indices`; padding_idx -1: none. See `nn.functional.embedding`."""
def eq(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input == other, element by element."""
def eq_(*args: Any, **kwargs: Any) -> Tensor: ...
def equal(input: Any, other: Any) -> builtins.bool:
    """Have both the same shape and the same elements?"""
def erf(input: Any, *, out: Any = None) -> Tensor:
    """Error function: 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x. Relative error 1e-15; float32: 4e-7."""
def erf_(*args: Any, **kwargs: Any) -> Tensor: ...
def erfc(input: Any, *, out: Any = None) -> Tensor:
    """1 - erf(x), with full relative precision where that is tiny. float32 is computed in double precision."""
def erfc_(*args: Any, **kwargs: Any) -> Tensor: ...
def erfinv(input: Any, *, out: Any = None) -> Tensor:
    """The number whose erf is x: an estimate of S. Winitzki (2008), improved by Halley's iteration."""
def erfinv_(*args: Any, **kwargs: Any) -> Tensor: ...
def exp(input: Any, *, out: Any = None) -> Tensor:
    """e to the power x; int -> float."""
def exp2(input: Any, *, out: Any = None) -> Tensor:
    """2 to the power x; int -> float."""
def exp2_(*args: Any, **kwargs: Any) -> Tensor: ...
def exp_(*args: Any, **kwargs: Any) -> Tensor: ...
def expand(input: Any, *sizes: Any, size: Any = None) -> Tensor:
    """Repeated along dimensions of size 1 and new leading ones, without a copy; -1 keeps a size."""
def expand_as(input: Any, other: Any) -> Tensor:
    """`expand` to the shape of `other`."""
def expm1(input: Any, *, out: Any = None) -> Tensor:
    """exp(x) - 1, exact for small x; int -> float."""
def expm1_(*args: Any, **kwargs: Any) -> Tensor: ...
def exponential_(*args: Any, **kwargs: Any) -> Tensor: ...
def fill_(*args: Any, **kwargs: Any) -> Tensor: ...
def fill_diagonal_(*args: Any, **kwargs: Any) -> Tensor: ...
def fix(input: Any, *, out: Any = None) -> Tensor:
    """Rounded towards 0. Gradient 0."""
def fix_(*args: Any, **kwargs: Any) -> Tensor: ...
def flatten(input: Any, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim, both included, as one. 0-d becomes 1-d."""
def flip(input: Any, *order: Any, dims: Any = None, axes: Any = None, out: Any = None) -> Tensor:
    """The elements in reverse order along each of `dims`. A copy."""
def fliplr(input: Any) -> Tensor:
    """Reversed along dimension 1."""
def flipud(input: Any) -> Tensor:
    """Reversed along dimension 0."""
def float_power(input: Any, exponent: Any, *, out: Any = None) -> Tensor:
    """input ** exponent in double precision."""
def float_power_(*args: Any, **kwargs: Any) -> Tensor: ...
def floor(input: Any, *, out: Any = None) -> Tensor:
    """Rounded down. Gradient 0."""
def floor_(*args: Any, **kwargs: Any) -> Tensor: ...
def floor_divide(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input / other, rounded down. Gradient 0."""
def floor_divide_(*args: Any, **kwargs: Any) -> Tensor: ...
def fmax(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The larger of two elements; NaN loses. In a tie the gradient goes to `input`."""
def fmin(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The smaller of two elements; NaN loses. In a tie the gradient goes to `input`."""
def fmod(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input - other * trunc(input / other): has the sign of `input`."""
def fmod_(*args: Any, **kwargs: Any) -> Tensor: ...
def frac(input: Any, *, out: Any = None) -> Tensor:
    """x - trunc(x): what follows the point, with the sign of x. Gradient 1."""
def frac_(*args: Any, **kwargs: Any) -> Tensor: ...
futures: ModuleType
@overload
def gather(input: Any, dim: builtins.int, index: Any, *, sparse_grad: builtins.bool = False, out: Any = None) -> Tensor: ...
@overload
def gather(input: Any, *, axis: builtins.int, index: Any, sparse_grad: builtins.bool = False, out: Any = None) -> Tensor: ...
def gcd(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The greatest common divisor of integers."""
def gcd_(*args: Any, **kwargs: Any) -> Tensor: ...
def ge(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input >= other, element by element."""
def ge_(*args: Any, **kwargs: Any) -> Tensor: ...
def geometric_(*args: Any, **kwargs: Any) -> Tensor: ...
def ger(input: Any, vec2: Any, *, out: Any = None) -> Tensor:
    """All products of an element of one vector and an element of another, (m, n)."""
def get_default_device(*args: Any, **kwargs: Any) -> Any: ...
def get_deterministic_debug_mode(*args: Any, **kwargs: Any) -> Any: ...
def get_device(*args: Any, **kwargs: Any) -> Any: ...
def get_file_path(*args: Any, **kwargs: Any) -> Any: ...
def get_float32_matmul_precision(*args: Any, **kwargs: Any) -> Any: ...
def get_num_interop_threads(*args: Any, **kwargs: Any) -> Any: ...
def grad_and_aux(*args: Any, **kwargs: Any) -> Any: ...
def grad_named(*args: Any, **kwargs: Any) -> Any: ...
graph: ModuleType
def greater(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input > other, element by element."""
def greater_(*args: Any, **kwargs: Any) -> Tensor: ...
def greater_equal(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input >= other, element by element."""
def greater_equal_(*args: Any, **kwargs: Any) -> Tensor: ...
def gt(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input > other, element by element."""
def gt_(*args: Any, **kwargs: Any) -> Tensor: ...
def hardshrink(input: Any, lambd: builtins.float = 0.5, *, out: Any = None) -> Tensor:
    """x, but 0 within `lambd` of 0."""
has_lapack: builtins.bool
has_mkl: builtins.bool
has_openmp: builtins.bool
has_spectral: builtins.bool
def heaviside(input: Any, values: Any, *, out: Any = None) -> Tensor:
    """0 below 0, 1 above; at 0 the element of `values`, whose gradient ends there."""
def heaviside_(*args: Any, **kwargs: Any) -> Tensor: ...
def hessian(*args: Any, **kwargs: Any) -> Any: ...
def hessian_tensor_product(*args: Any, **kwargs: Any) -> Any: ...
def hessian_vector_product(*args: Any, **kwargs: Any) -> Any: ...
def histc(input: Any, bins: builtins.int = 100, min: builtins.float = 0, max: builtins.float = 0, *, out: Any = None) -> Tensor:
    """How many elements lie in each of `bins` equal parts of min .. max, of the dtype of x; a constant."""
def holomorphic_grad(*args: Any, **kwargs: Any) -> Any: ...
@overload
def hsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]: ...
@overload
def hsplit(input: Any, *, sections: Any) -> tuple[Tensor, ...]: ...
@overload
def hsplit(input: Any, *, indices: Any) -> tuple[Tensor, ...]: ...
def hstack(tensors: Iterable[Any], *, out: Any = None) -> Tensor:
    """Side by side: along dimension 1, or along dimension 0 if they are 1-d or 0-d."""
def hypot(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """sqrt(input² + other²) without overflow. Gradient 0 where both are 0."""
def hypot_(*args: Any, **kwargs: Any) -> Tensor: ...
def i0_(*args: Any, **kwargs: Any) -> Tensor: ...
def igamma_(*args: Any, **kwargs: Any) -> Tensor: ...
def igammac_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def index_add(input: Any, dim: builtins.int, index: Any, source: Any, *, alpha: builtins.float = 1, out: Any = None) -> Tensor: ...
@overload
def index_add(input: Any, *, axis: builtins.int, index: Any, source: Any, alpha: builtins.float = 1, out: Any = None) -> Tensor: ...
def index_add_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def index_copy(input: Any, dim: builtins.int, index: Any, source: Any, *, out: Any = None) -> Tensor: ...
@overload
def index_copy(input: Any, *, axis: builtins.int, index: Any, source: Any, out: Any = None) -> Tensor: ...
def index_copy_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def index_fill(input: Any, dim: builtins.int, index: Any, value: Any, *, out: Any = None) -> Tensor: ...
@overload
def index_fill(input: Any, *, axis: builtins.int, index: Any, value: Any, out: Any = None) -> Tensor: ...
def index_fill_(*args: Any, **kwargs: Any) -> Tensor: ...
def index_put(input: Any, indices: Any, values: Any, accumulate: builtins.bool = False, *, out: Any = None) -> Tensor:
    """A copy with x[indices] = values; accumulate: x[indices] += values, adding up what is named twice."""
def index_put_(*args: Any, **kwargs: Any) -> Tensor: ...
def index_reduce_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def index_select(input: Any, dim: builtins.int, index: Any, *, out: Any = None) -> Tensor: ...
@overload
def index_select(input: Any, *, axis: builtins.int, index: Any, out: Any = None) -> Tensor: ...
inf: builtins.float
def inner(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """Sum of products over the last dimension of both; with a 0-d operand the plain product."""
def inverse(input: Any, *, out: Any = None) -> Tensor:
    """Inverse of each matrix; see `linalg.inv`."""
def is_autocast_available(*args: Any, **kwargs: Any) -> Any: ...
def is_autocast_cache_enabled(*args: Any, **kwargs: Any) -> Any: ...
def is_autocast_cpu_enabled(*args: Any, **kwargs: Any) -> Any: ...
def is_autocast_enabled(*args: Any, **kwargs: Any) -> Any: ...
def is_complex(*args: Any, **kwargs: Any) -> Any: ...
def is_conj(*args: Any, **kwargs: Any) -> Any: ...
def is_deterministic_algorithms_warn_only_enabled(*args: Any, **kwargs: Any) -> Any: ...
def is_distributed(*args: Any, **kwargs: Any) -> Any: ...
def is_inference(*args: Any, **kwargs: Any) -> Any: ...
def is_inference_mode_enabled(*args: Any, **kwargs: Any) -> Any: ...
def is_neg(*args: Any, **kwargs: Any) -> Any: ...
def is_nonzero(*args: Any, **kwargs: Any) -> Any: ...
def is_same_size(*args: Any, **kwargs: Any) -> Any: ...
def is_signed(*args: Any, **kwargs: Any) -> Any: ...
def is_storage(*args: Any, **kwargs: Any) -> Any: ...
def is_vulkan_available(*args: Any, **kwargs: Any) -> Any: ...
def isclose(input: Any, other: Any, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> Tensor:
    """|self - other| <= atol + rtol * |other|, element by element. `equal_nan`: NaN is close to NaN."""
def isfinite(input: Any, *, out: Any = None) -> Tensor:
    """Is the element neither NaN nor infinite?"""
def isin(elements: Any, test_elements: Any, *, assume_unique: builtins.bool = False, invert: builtins.bool = False, out: Any = None) -> Tensor:
    """Which elements occur among `test_elements` (with `invert`: which do not), as bools; a constant."""
def isinf(input: Any, *, out: Any = None) -> Tensor:
    """Is the element inf or -inf?"""
def isnan(input: Any, *, out: Any = None) -> Tensor:
    """Is the element NaN?"""
def isneginf(input: Any, *, out: Any = None) -> Tensor:
    """Is the element -inf?"""
def isposinf(input: Any, *, out: Any = None) -> Tensor:
    """Is the element inf?"""
def isreal(input: Any) -> Tensor:
    """True everywhere."""
def jacobian(*args: Any, **kwargs: Any) -> Any: ...
def kron(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """Kronecker product: self with each element replaced by that element times `other`."""
def kthvalue(input: Any, k: builtins.int, dim: builtins.int = -1, keepdim: builtins.bool = False, *, axis: builtins.int = -1, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]:
    """(values, indices) of the `k`-th smallest elements along `dim`, counted from 1; NaN is the largest."""
layout: Any
def lcm(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The least common multiple of integers."""
def lcm_(*args: Any, **kwargs: Any) -> Tensor: ...
def ldexp(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input * 2**other; int -> float."""
def ldexp_(*args: Any, **kwargs: Any) -> Tensor: ...
def le(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input <= other, element by element."""
def le_(*args: Any, **kwargs: Any) -> Tensor: ...
def lerp(input: Any, end: Any, weight: Any, *, out: Any = None) -> Tensor:
    """self + weight * (end - self). `weight`: a number or a Tensor; exactly `end` at 1."""
def lerp_(*args: Any, **kwargs: Any) -> Tensor: ...
def less(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input < other, element by element."""
def less_(*args: Any, **kwargs: Any) -> Tensor: ...
def less_equal(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input <= other, element by element."""
def less_equal_(*args: Any, **kwargs: Any) -> Tensor: ...
def lgamma(input: Any, *, out: Any = None) -> Tensor:
    """log |gamma(x)|; int -> float. inf at 0, -1, -2 ..."""
def lgamma_(*args: Any, **kwargs: Any) -> Tensor: ...
def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """input @ weight.T + bias."""
def log(input: Any, *, out: Any = None) -> Tensor:
    """The natural logarithm; int -> float. -inf at 0, NaN below."""
def log10(input: Any, *, out: Any = None) -> Tensor:
    """The logarithm to base 10; int -> float."""
def log10_(*args: Any, **kwargs: Any) -> Tensor: ...
def log1p(input: Any, *, out: Any = None) -> Tensor:
    """log(1 + x), exact for small x; int -> float."""
def log1p_(*args: Any, **kwargs: Any) -> Tensor: ...
def log2(input: Any, *, out: Any = None) -> Tensor:
    """The logarithm to base 2; int -> float."""
def log2_(*args: Any, **kwargs: Any) -> Tensor: ...
def log_(*args: Any, **kwargs: Any) -> Tensor: ...
def log_normal_(*args: Any, **kwargs: Any) -> Tensor: ...
def log_softmax(input: Any, dim: Any, dtype: Any = None, *, out: Any = None) -> Tensor:
    """The logarithm of the softmax along `dim`; see `Tensor.log_softmax`."""
def logaddexp(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """log(exp(input) + exp(other)) without overflow."""
def logaddexp2(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """log2(2**input + 2**other) without overflow."""
@overload
def logcumsumexp(input: Any, dim: builtins.int, *, out: Any = None) -> Tensor: ...
@overload
def logcumsumexp(input: Any, *, axis: builtins.int, out: Any = None) -> Tensor: ...
def logdet(input: Any) -> Tensor:
    """Logarithm of the determinant of each matrix: NaN where that is negative, -inf where it is 0."""
def logical_and(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """Are both not 0?"""
def logical_and_(*args: Any, **kwargs: Any) -> Tensor: ...
def logical_not(input: Any, *, out: Any = None) -> Tensor:
    """Is the element 0?"""
def logical_not_(*args: Any, **kwargs: Any) -> Tensor: ...
def logical_or(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """Is one of the two not 0?"""
def logical_or_(*args: Any, **kwargs: Any) -> Tensor: ...
def logical_xor(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """Is exactly one of the two not 0?"""
def logical_xor_(*args: Any, **kwargs: Any) -> Tensor: ...
def logit(input: Any, eps: builtins.float | None = None, *, out: Any = None) -> Tensor:
    """log(x / (1 - x)), the inverse of sigmoid. `eps`: move x into eps .. 1 - eps first."""
def logit_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def logsumexp(input: Any, dim: Any, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> Tensor: ...
@overload
def logsumexp(input: Any, *, axis: Any, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> Tensor: ...
def lt(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input < other, element by element."""
def lt_(*args: Any, **kwargs: Any) -> Tensor: ...
def make_ggnvp(*args: Any, **kwargs: Any) -> Any: ...
def make_hvp(*args: Any, **kwargs: Any) -> Any: ...
def make_jvp(*args: Any, **kwargs: Any) -> Any: ...
def make_jvp_reversemode(*args: Any, **kwargs: Any) -> Any: ...
def make_vjp(*args: Any, **kwargs: Any) -> Any: ...
def map_(*args: Any, **kwargs: Any) -> Tensor: ...
def masked_fill(input: Any, mask: Any, value: Any, *, out: Any = None) -> Tensor:
    """x with `value` (a number or a 0-d Tensor) where `mask` is True; x and mask are broadcast."""
def masked_fill_(*args: Any, **kwargs: Any) -> Tensor: ...
def masked_scatter(input: Any, mask: Any, source: Any, *, out: Any = None) -> Tensor:
    """x with the elements where `mask` is True replaced by those of `source`, in row-major order."""
def masked_scatter_(*args: Any, **kwargs: Any) -> Tensor: ...
def masked_select(input: Any, mask: Any, *, out: Any = None) -> Tensor:
    """The elements where `mask` is True, 1-d, in row-major order; x and mask are broadcast against each other."""
def matmul(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """Matrix product."""
def matrix_power(input: Any, n: builtins.int, *, out: Any = None) -> Tensor:
    """Power of each matrix; see `linalg.matrix_power`."""
@overload
def max(input: Any, *, out: Any = None) -> Tensor: ...
@overload
def max(input: Any, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def max(input: Any, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def max(input: Any, dim: Tensor | Array, *, out: Any = None) -> Tensor: ...
@overload
def max(input: Any, *, axis: Tensor | Array, out: Any = None) -> Tensor: ...
@overload
def max(input: Any, *, other: Tensor | Array, out: Any = None) -> Tensor: ...
def maximum(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The larger of two elements; NaN if one is. Ties share the gradient."""
def mean(input: Any, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Mean over `dim`; NaN over no elements. Raises DTypeError for integers: give a floating point `dtype`."""
@overload
def median(input: Any, *, out: Any = None) -> Tensor: ...
@overload
def median(input: Any, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def median(input: Any, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
memory_format: Any
def meshgrid(*tensors: Any, indexing: str = 'ij') -> tuple[Any, ...]:
    """The coordinates of all combinations of 1-d Tensors, one grid per Tensor, as views."""
@overload
def min(input: Any, *, out: Any = None) -> Tensor: ...
@overload
def min(input: Any, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def min(input: Any, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def min(input: Any, dim: Tensor | Array, *, out: Any = None) -> Tensor: ...
@overload
def min(input: Any, *, axis: Tensor | Array, out: Any = None) -> Tensor: ...
@overload
def min(input: Any, *, other: Tensor | Array, out: Any = None) -> Tensor: ...
def minimum(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The smaller of two elements; NaN if one is. Ties share the gradient."""
def mm(input: Any, mat2: Any, *, out: Any = None) -> Tensor:
    """Product of two matrices, (m, n) and (n, p), without broadcasting."""
def mode(input: Any, dim: builtins.int = -1, keepdim: builtins.bool = False, *, axis: builtins.int = -1, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]:
    """(values, indices) of the most frequent elements along `dim`: the smallest of several; its last occurrence."""
def moveaxis(input: Any, source: Any, destination: Any) -> Tensor:
    """Dimension source[i] moved to position destination[i]; the others keep their order. Ints or tuples."""
def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """Dimension source[i] moved to position destination[i]; the others keep their order. Ints or tuples."""
mps: ModuleType
def msort(input: Any, *, out: Any = None) -> Tensor:
    """Sorted along the first dimension."""
def mul(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input * other."""
def mul_(*args: Any, **kwargs: Any) -> Tensor: ...
def multigrad_dict(*args: Any, **kwargs: Any) -> Any: ...
def multiply(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input * other."""
def multiply_(*args: Any, **kwargs: Any) -> Tensor: ...
multiprocessing: ModuleType
def mv(input: Any, vec: Any, *, out: Any = None) -> Tensor:
    """Product of a matrix (m, n) and a vector (n)."""
def mvlgamma(input: Any, p: builtins.int, *, out: Any = None) -> Tensor:
    """The logarithm of the gamma function in p dimensions: of x > (p - 1) / 2, as in the Wishart distribution."""
def mvlgamma_(*args: Any, **kwargs: Any) -> Tensor: ...
nan: builtins.float
def nan_to_num(input: Any, nan: builtins.float | None = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None, *, out: Any = None) -> Tensor:
    """NaN, inf and -inf replaced by these numbers; None: 0, the largest and the smallest of the dtype."""
def nan_to_num_(*args: Any, **kwargs: Any) -> Tensor: ...
def nanmean(input: Any, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Mean over `dim` of the elements that are not NaN; NaN where there is none."""
@overload
def nanmedian(input: Any, *, out: Any = None) -> Tensor: ...
@overload
def nanmedian(input: Any, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
@overload
def nanmedian(input: Any, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> ValuesIndices[Tensor]: ...
def nanquantile(input: Any, q: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, interpolation: str = 'linear', axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """`quantile` of the elements that are not NaN; NaN where there is none."""
def nansum(input: Any, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Sum over `dim` with NaN counted as 0; NaNs receive gradient 0."""
@overload
def narrow(input: Any, dim: builtins.int, start: Any, length: builtins.int) -> Tensor: ...
@overload
def narrow(input: Any, *, axis: builtins.int, start: Any, length: builtins.int) -> Tensor: ...
def ne(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input != other, element by element."""
def ne_(*args: Any, **kwargs: Any) -> Tensor: ...
def neg(input: Any, *, out: Any = None) -> Tensor:
    """-x."""
def neg_(*args: Any, **kwargs: Any) -> Tensor: ...
def negative(input: Any, *, out: Any = None) -> Tensor:
    """-x."""
def negative_(*args: Any, **kwargs: Any) -> Tensor: ...
newaxis: Any
def nextafter(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The next floating point number from `input` towards `other`."""
def nextafter_(*args: Any, **kwargs: Any) -> Tensor: ...
def nonzero(input: Any, *, as_tuple: builtins.bool = False, out: Any = None) -> Tensor:
    """Where the elements are not 0: int64 of shape (count, ndim); as_tuple: one index Tensor per dimension."""
def norm(input: Any, p: Any = 'fro', dim: Any = None, keepdim: builtins.bool = False, out: Any = None, dtype: Any = None) -> Tensor:
    """(sum of |x|**p)**(1/p) over `dim`; see `Tensor.norm`."""
def normal_(*args: Any, **kwargs: Any) -> Tensor: ...
def not_equal(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input != other, element by element."""
def not_equal_(*args: Any, **kwargs: Any) -> Tensor: ...
def numel(input: Any) -> builtins.int:
    """The number of elements."""
def one_hot(input: Any, num_classes: builtins.int = -1) -> Tensor:
    """1 at the class of each element along a new last dimension, 0 elsewhere; int64 of shape (*tensor.shape, classes)."""
def outer(input: Any, vec2: Any, *, out: Any = None) -> Tensor:
    """All products of an element of one vector and an element of another, (m, n)."""
def pad(input: Any, pad: Any, mode: str = 'constant', value: builtins.float | None = None) -> Tensor:
    """`input` with elements added at the ends of its last dimensions."""
def permute(input: Any, *order: Any, dims: Any = None, axes: Any = None) -> Tensor:
    """The dimensions in another order: dimension i of the result is dimension dims[i]. A view."""
pi: builtins.float
def polygamma(n: builtins.int, input: Any, *, out: Any = None) -> Tensor:
    """The derivative number `n` of digamma; int -> float. NaN at -1, -2 ... where it has infinities of both signs."""
def polygamma_(*args: Any, **kwargs: Any) -> Tensor: ...
def positive(input: Any) -> Tensor:
    """The Tensor itself, as +x."""
def pow(input: Any, exponent: Any, *, out: Any = None) -> Tensor:
    """input ** exponent; see `Tensor.pow`. One of the two may be a number."""
def pow_(*args: Any, **kwargs: Any) -> Tensor: ...
def prelu(input: Any, weight: Any) -> Tensor:
    """input where positive, else weight * input."""
preserve_format: builtins.str
def prod(input: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Product over `dim` (one dimension, or None for all); 1 over no elements. Bools and integers become int64."""
def put_(*args: Any, **kwargs: Any) -> Tensor: ...
def quantile(input: Any, q: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, interpolation: str = 'linear', axis: builtins.int | None = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """The value below which the fraction `q` of the elements along `dim` lies (None: of all elements)."""
def rad2deg(input: Any, *, out: Any = None) -> Tensor:
    """Radians as degrees; int -> float."""
def rad2deg_(*args: Any, **kwargs: Any) -> Tensor: ...
def random_(*args: Any, **kwargs: Any) -> Tensor: ...
def ravel(input: Any) -> Tensor:
    """All elements in one dimension, in row-major order: a view of a contiguous Tensor, a copy of another."""
def reciprocal(input: Any, *, out: Any = None) -> Tensor:
    """1 / x; int -> float."""
def reciprocal_(*args: Any, **kwargs: Any) -> Tensor: ...
def relu(input: Any, *, out: Any = None) -> Tensor:
    """max(x, 0). Slope 0 at 0."""
def relu_(*args: Any, **kwargs: Any) -> Tensor: ...
def remainder(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input - other * floor(input / other): has the sign of `other`."""
def remainder_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def renorm(input: Any, p: builtins.float, dim: builtins.int, maxnorm: builtins.float, *, out: Any = None) -> Tensor: ...
@overload
def renorm(input: Any, p: builtins.float, *, axis: builtins.int, maxnorm: builtins.float, out: Any = None) -> Tensor: ...
def renorm_(*args: Any, **kwargs: Any) -> Tensor: ...
def repeat(input: Any, *reps: Any, repeats: Any = None) -> Tensor:
    """repeats[i] copies along dimension i; more entries than dimensions add leading ones. A copy."""
def repeat_interleave(input: Any, repeats: Any, dim: builtins.int | None = None, *, output_size: builtins.int | None = None, axis: builtins.int | None = None, out: Any = None) -> Tensor:
    """Each element `repeats` times in a row along `dim`; without `dim`, of the flattened Tensor."""
def requires_grad_(*args: Any, **kwargs: Any) -> Tensor: ...
def reshape(input: Any, *sizes: Any, shape: Any = None) -> Tensor:
    """The same elements in row-major order under another shape: a view where the memory allows, else a copy."""
def resize_(*args: Any, **kwargs: Any) -> Tensor: ...
def roll(input: Any, shifts: Any, dims: Any = None, *, axes: Any = None, out: Any = None) -> Tensor:
    """Moved by `shifts` along `dims`; what leaves at one end comes in at the other. Ints or tuples."""
def rot90(input: Any, k: builtins.int = 1, dims: Any = ..., *, axes: Any = ..., out: Any = None) -> Tensor:
    """Turned k times by 90 degrees from the first of `dims` towards the second."""
def round(input: Any, *, decimals: builtins.int = 0, out: Any = None) -> Tensor:
    """Rounded to `decimals` places, halves to even. Gradient 0."""
def round_(*args: Any, **kwargs: Any) -> Tensor: ...
def row_stack(tensors: Iterable[Any], *, out: Any = None) -> Tensor:
    """One below the other: along dimension 0; 1-d Tensors are rows."""
def rrelu_(*args: Any, **kwargs: Any) -> Tensor: ...
def rsqrt(input: Any, *, out: Any = None) -> Tensor:
    """1 / sqrt(x); int -> float."""
def rsqrt_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def scatter(input: Any, dim: builtins.int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None, out: Any = None) -> Tensor: ...
@overload
def scatter(input: Any, *, axis: builtins.int, index: Any, src: Any = None, value: Any = None, reduce: str | None = None, out: Any = None) -> Tensor: ...
def scatter_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def scatter_add(input: Any, dim: builtins.int, index: Any, src: Any, *, out: Any = None) -> Tensor: ...
@overload
def scatter_add(input: Any, *, axis: builtins.int, index: Any, src: Any, out: Any = None) -> Tensor: ...
def scatter_add_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def scatter_reduce(input: Any, dim: builtins.int, index: Any, src: Any, reduce: str, *, include_self: builtins.bool = True, out: Any = None) -> Tensor: ...
@overload
def scatter_reduce(input: Any, *, axis: builtins.int, index: Any, src: Any, reduce: str, include_self: builtins.bool = True, out: Any = None) -> Tensor: ...
def scatter_reduce_(*args: Any, **kwargs: Any) -> Tensor: ...
def searchsorted(sorted_sequence: Any, input: Any, *, out_int32: builtins.bool = False, right: builtins.bool = False, side: str | None = None, sorter: Any = None, out: Any = None) -> Tensor:
    """Where to insert `input` into `sorted_sequence` so that it stays sorted; int64, shaped like input."""
@overload
def select(input: Any, dim: builtins.int, index: builtins.int) -> Tensor: ...
@overload
def select(input: Any, *, axis: builtins.int, index: builtins.int) -> Tensor: ...
@overload
def select_scatter(input: Any, src: Any, dim: builtins.int, index: builtins.int, *, out: Any = None) -> Tensor: ...
@overload
def select_scatter(input: Any, src: Any, *, axis: builtins.int, index: builtins.int, out: Any = None) -> Tensor: ...
def selu(input: Any, inplace: builtins.bool = False) -> Tensor:
    """1.0507 * elu(input, alpha=1.6733): the self-normalising activation of Klambauer et al. 2017."""
def selu_(*args: Any, **kwargs: Any) -> Tensor: ...
serialization: ModuleType
def set_default_device(*args: Any, **kwargs: Any) -> Any: ...
def set_default_tensor_type(*args: Any, **kwargs: Any) -> Any: ...
def set_deterministic_debug_mode(*args: Any, **kwargs: Any) -> Any: ...
def set_float32_matmul_precision(*args: Any, **kwargs: Any) -> Any: ...
def set_flush_denormal(*args: Any, **kwargs: Any) -> Any: ...
def set_num_interop_threads(*args: Any, **kwargs: Any) -> Any: ...
def set_warn_always(*args: Any, **kwargs: Any) -> Any: ...
def sgn(input: Any, *, out: Any = None) -> Tensor:
    """-1, 0 or 1; NaN for NaN. Gradient 0."""
def sgn_(*args: Any, **kwargs: Any) -> Tensor: ...
def share_memory_(*args: Any, **kwargs: Any) -> Tensor: ...
def sigmoid(input: Any, *, out: Any = None) -> Tensor:
    """1 / (1 + exp(-x)) without overflow, precise also where it is tiny."""
def sigmoid_(*args: Any, **kwargs: Any) -> Tensor: ...
def sign(input: Any, *, out: Any = None) -> Tensor:
    """-1, 0 or 1; NaN for NaN. Gradient 0."""
def sign_(*args: Any, **kwargs: Any) -> Tensor: ...
signal: ModuleType
def signbit(input: Any, *, out: Any = None) -> Tensor:
    """Is the sign bit set (also of -0.0)?"""
def sin(input: Any, *, out: Any = None) -> Tensor:
    """The sine of x in radians; int -> float."""
def sin_(*args: Any, **kwargs: Any) -> Tensor: ...
def sinc(input: Any, *, out: Any = None) -> Tensor:
    """sin(pi x) / (pi x), and 1 at 0; int -> float. All derivatives are precise near 0."""
def sinc_(*args: Any, **kwargs: Any) -> Tensor: ...
def sinh(input: Any, *, out: Any = None) -> Tensor:
    """The hyperbolic sine; int -> float."""
def sinh_(*args: Any, **kwargs: Any) -> Tensor: ...
def slice_scatter(input: Any, src: Any, dim: builtins.int = 0, start: builtins.int | None = None, end: builtins.int | None = None, step: builtins.int = 1, *, axis: builtins.int = 0, out: Any = None) -> Tensor:
    """A copy with the elements start:end:step along `dim` replaced by `src`."""
def slogdet(input: Any, *, out: Any = None) -> SlogdetResult:
    """Sign and logarithm of the absolute value of the determinant; see `linalg.slogdet`."""
def softmax(input: Any, dim: Any, dtype: Any = None, *, out: Any = None) -> Tensor:
    """exp(x) / sum(exp(x)) along `dim`, without overflow; see `Tensor.softmax`."""
def sort(input: Any, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = False, *, axis: builtins.int = -1, out: Any = None) -> ValuesIndices[Tensor]:
    """(values, indices) along `dim` in order. Equal elements keep their order, `stable` or not; NaN is the largest."""
@overload
def split(input: Any, split_size_or_sections: Any, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
@overload
def split(input: Any, *, split_size: Any, dim: builtins.int = 0, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
def split_with_sizes(input: Any, split_sizes: Any, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]:
    """Pieces of the given sizes, which add up to the dimension."""
def sqrt(input: Any, *, out: Any = None) -> Tensor:
    """The root of x; int -> float. NaN below 0, gradient inf at 0."""
def sqrt_(*args: Any, **kwargs: Any) -> Tensor: ...
def square(input: Any, *, out: Any = None) -> Tensor:
    """x²."""
def square_(*args: Any, **kwargs: Any) -> Tensor: ...
def squeeze(input: Any, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Without the dimensions of size 1: all of them, or those in `dim` (an int or a tuple). Others stay."""
def squeeze_(*args: Any, **kwargs: Any) -> Tensor: ...
def stack(tensors: Iterable[Any], dim: builtins.int = 0, *, out: Any = None, axis: builtins.int | None = None) -> Tensor:
    """Tensors of one shape side by side along a new dimension."""
def std(input: Any, dim: Any = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Square root of the variance; arguments as in `var`. Where all elements are equal the gradient is 0."""
def std_mean(input: Any, dim: Any = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: Any = None) -> tuple[Any, Any]:
    """(standard deviation, mean) over `dim`; arguments as in `Tensor.std`."""
strided: Any
def sub(input: Any, other: Any, alpha: Any = 1, *, out: Any = None) -> Tensor:
    """input - alpha * other: Tensors, arrays or numbers. Not defined for two bools."""
def sub_(*args: Any, **kwargs: Any) -> Tensor: ...
def subtract(input: Any, other: Any, alpha: Any = 1, *, out: Any = None) -> Tensor:
    """input - alpha * other: Tensors, arrays or numbers. Not defined for two bools."""
def subtract_(*args: Any, **kwargs: Any) -> Tensor: ...
def sum(input: Any, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Sum over `dim`; 0 over no elements. Bools and integers are summed as int64."""
def sum_to_size(input: Any, *size: Any) -> Tensor:
    """Summed over the dimensions that `expand` from `size` would have repeated: its transpose."""
@overload
def swapaxes(input: Any, dim0: builtins.int, dim1: builtins.int) -> Tensor: ...
@overload
def swapaxes(input: Any, *, axis0: builtins.int, axis1: builtins.int) -> Tensor: ...
def swapaxes_(*args: Any, **kwargs: Any) -> Tensor: ...
@overload
def swapdims(input: Any, dim0: builtins.int, dim1: builtins.int) -> Tensor: ...
@overload
def swapdims(input: Any, *, axis0: builtins.int, axis1: builtins.int) -> Tensor: ...
def swapdims_(*args: Any, **kwargs: Any) -> Tensor: ...
def t(input: Any) -> Tensor:
    """The transpose of a matrix; Tensors of fewer dimensions as they are."""
def t_(*args: Any, **kwargs: Any) -> Tensor: ...
def take(input: Any, index: Any, *, out: Any = None) -> Tensor:
    """Elements of the flattened Tensor at the integers `index`, shaped like it; negatives count from the end."""
def take_along_dim(input: Any, indices: Any, dim: builtins.int | None = None, *, axis: builtins.int | None = None, out: Any = None) -> Tensor:
    """Elements at `indices` along `dim`, which argmax and argsort give; x and indices are broadcast elsewhere."""
def tan(input: Any, *, out: Any = None) -> Tensor:
    """The tangent of x in radians; int -> float."""
def tan_(*args: Any, **kwargs: Any) -> Tensor: ...
def tanh(input: Any, *, out: Any = None) -> Tensor:
    """The hyperbolic tangent; int -> float."""
def tanh_(*args: Any, **kwargs: Any) -> Tensor: ...
def tensor_jacobian_product(*args: Any, **kwargs: Any) -> Any: ...
@overload
def tensor_split(input: Any, indices_or_sections: Any, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
@overload
def tensor_split(input: Any, *, sections: Any, dim: builtins.int = 0, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
@overload
def tensor_split(input: Any, *, indices: Any, dim: builtins.int = 0, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
@overload
def tensor_split(input: Any, *, tensor_indices_or_sections: Any, dim: builtins.int = 0, axis: builtins.int = 0) -> tuple[Tensor, ...]: ...
def tensordot(a: Any, b: Any, dims: Any = 2, *, out: Any = None) -> Tensor:
    """Sum of products over several dimensions of both."""
def threshold(input: Any, threshold: builtins.float, value: builtins.float, inplace: builtins.bool = False) -> Tensor:
    """input where above `threshold`, else `value`. Slope 0 at the threshold."""
def threshold_(*args: Any, **kwargs: Any) -> Tensor: ...
def tile(input: Any, *reps: Any, dims: Any = None, axes: Any = None) -> Tensor:
    """dims[i] copies along dimension i, as NumPy's tile: missing leading entries of either count as 1."""
def topk(input: Any, k: builtins.int, dim: builtins.int = -1, largest: builtins.bool = True, sorted: builtins.bool = True, *, axis: builtins.int = -1, out: Any = None) -> ValuesIndices[Tensor]:
    """(values, indices) of the `k` largest elements along `dim`, or smallest: in order, `sorted` or not."""
def trace(input: Any, *, out: Any = None) -> Tensor:
    """The sum of the main diagonal of a matrix."""
@overload
def transpose(input: Any, dim0: builtins.int, dim1: builtins.int) -> Tensor: ...
@overload
def transpose(input: Any, *, axis0: builtins.int, axis1: builtins.int) -> Tensor: ...
def transpose_(*args: Any, **kwargs: Any) -> Tensor: ...
def trapezoid(y: Any, x: Any = None, *, dx: builtins.float = 1.0, dim: builtins.int = -1) -> Tensor:
    """The integral of y along `dim` by the trapezoidal rule."""
def trapz(y: Any, x: Any = None, *, dx: builtins.float = 1.0, dim: builtins.int = -1) -> Tensor:
    """The integral of y along `dim` by the trapezoidal rule."""
def tril(input: Any, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
    """The lower triangles of the last two dimensions: zeros above the given diagonal."""
def tril_(*args: Any, **kwargs: Any) -> Tensor: ...
def tril_indices(row: builtins.int, col: builtins.int, offset: builtins.int = 0, *, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False, out: Any = None, layout: Any = None, pin_memory: Any = None, memory_format: Any = None) -> Tensor:
    """Row and column numbers (2, n) of the elements on and below a diagonal of a (row, col) matrix, row by row."""
def triu(input: Any, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
    """The upper triangles of the last two dimensions: zeros below the given diagonal."""
def triu_(*args: Any, **kwargs: Any) -> Tensor: ...
def triu_indices(row: builtins.int, col: builtins.int, offset: builtins.int = 0, *, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False, out: Any = None, layout: Any = None, pin_memory: Any = None, memory_format: Any = None) -> Tensor:
    """Row and column numbers (2, n) of the elements on and above a diagonal of a (row, col) matrix, row by row."""
def true_divide(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input / other; integers -> float."""
def true_divide_(*args: Any, **kwargs: Any) -> Tensor: ...
def trunc(input: Any, *, out: Any = None) -> Tensor:
    """Rounded towards 0. Gradient 0."""
def trunc_(*args: Any, **kwargs: Any) -> Tensor: ...
def typename(*args: Any, **kwargs: Any) -> Any: ...
types: ModuleType
def unbind(input: Any, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]:
    """Each slice along a dimension, without that dimension. What iterating over a Tensor gives for dimension 0."""
@overload
def unflatten(input: Any, dim: builtins.int, sizes: Any) -> Tensor: ...
@overload
def unflatten(input: Any, *, axis: builtins.int, sizes: Any) -> Tensor: ...
def uniform_(*args: Any, **kwargs: Any) -> Tensor: ...
def unique(input: Any, sorted: builtins.bool = True, return_inverse: builtins.bool = False, return_counts: builtins.bool = False, dim: builtins.int | None = None, *, axis: builtins.int | None = None) -> Tensor:
    """The distinct elements in ascending order, or with `dim` the distinct slices. NaNs are distinct."""
def unique_consecutive(input: Any, return_inverse: builtins.bool = False, return_counts: builtins.bool = False, dim: builtins.int | None = None, *, axis: builtins.int | None = None) -> Tensor:
    """x, flattened, or its slices along `dim`, without those that equal the one before."""
def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Positions in a flattened Tensor of this shape as one Tensor of indices per dimension: int64; constants."""
@overload
def unsqueeze(input: Any, dim: builtins.int) -> Tensor: ...
@overload
def unsqueeze(input: Any, *, axis: builtins.int) -> Tensor: ...
def unsqueeze_(*args: Any, **kwargs: Any) -> Tensor: ...
def use_deterministic_algorithms(*args: Any, **kwargs: Any) -> Any: ...
def value_and_grad(*args: Any, **kwargs: Any) -> Any: ...
def vander(x: Any, N: builtins.int | None = None, increasing: builtins.bool = False) -> Tensor:
    """The powers x**(N-1), ..., x, 1 of each element of a 1-d Tensor as a row; N defaults to its length. int: int64."""
def var(input: Any, dim: Any = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: Any = None, axis: Any = None, keepdims: builtins.bool = False, out: Any = None) -> Tensor:
    """Variance over `dim`: the squared deviations from the mean, summed and divided by n - correction."""
def var_mean(input: Any, dim: Any = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: Any = None) -> tuple[Any, Any]:
    """(variance, mean) over `dim`; arguments as in `Tensor.var`."""
variable: ModuleType
@overload
def vdot(input: Any, tensor: Any, *, out: Any = None) -> Tensor: ...
@overload
def vdot(input: Any, *, other: Any, out: Any = None) -> Tensor: ...
def vector_jacobian_product(*args: Any, **kwargs: Any) -> Any: ...
version: ModuleType
@overload
def vsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]: ...
@overload
def vsplit(input: Any, *, sections: Any) -> tuple[Tensor, ...]: ...
@overload
def vsplit(input: Any, *, indices: Any) -> tuple[Tensor, ...]: ...
def vstack(tensors: Iterable[Any], *, out: Any = None) -> Tensor:
    """One below the other: along dimension 0; 1-d Tensors are rows."""
def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Tensor:
    """`input` where `condition`, else `other`."""
def xlogy(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input * log(other); 0 where `input` is 0, unless `other` is NaN."""
def xlogy_(*args: Any, **kwargs: Any) -> Tensor: ...
xpu: ModuleType
def zero_(*args: Any, **kwargs: Any) -> Tensor: ...
