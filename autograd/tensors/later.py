"""Methods that few programs use: their code is imported when one of them is first called. And the rest of PyTorch's."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any, Self

from ..errors import DTypeError
from .core import Core
from .options import Layout, strided
from .rewrite import update

METHODS = {
    "rare.copies": "alias_copy narrow_copy unsafe_chunk unsafe_split unsafe_split_with_sizes",
    "decompose": "pinverse",
    "rare.older": "qr svd",
    "rare.factors": "cholesky_inverse cholesky_solve lu lu_solve orgqr triangular_solve",
    "rare.more": (
        "angle apply_ as_strided_scatter conj_physical diagonal_scatter frexp index_reduce map_ nonzero_static put "
        "resize_ resize_as_ to_dense"
    ),
    "rare.slopes": "histogram",
    "solve": "matrix_exp",
    "special": "i0 igamma igammac",
}
"""File -> the functions in it that are methods too."""

CLASSES = {
    "display.Display": "__format__ __repr__ _repr_html_",
    "diagonal.Diagonal": "diag diag_embed diagflat diagonal fill_diagonal_ trace tril triu",
    "join.Split": "_along _even _parts chunk dsplit hsplit split split_with_sizes tensor_split unbind vsplit",
    "products.Products": "addbmm addmm addmv addr baddbmm cross kron renorm",
    "random_fill.RandomFill": (
        "bernoulli bernoulli_ cauchy_ exponential_ geometric_ log_normal_ multinomial normal_ random_ uniform_"
    ),
    "repeat.Repeat": "broadcast_to expand expand_as repeat repeat_interleave sum_to_size tile",
    "scan.Scan": "_edge _extremes cummax cummin cumprod cumsum diff logcumsumexp",
    "scatter.Scatter": (
        "index_add index_copy index_fill index_put masked_fill masked_scatter scatter scatter_add scatter_reduce "
        "select_scatter slice_scatter"
    ),
    "solve.Solve": "cholesky det inverse logdet matrix_power slogdet",
    "sort.Sort": (
        "_median argsort bincount kthvalue median mode msort nanmedian nanquantile quantile sort topk unique"
    ),
    "statistics.Statistics": "corrcoef cov histc unique_consecutive",
}
"""File and class -> the methods in it. When one is first asked for, all of them become this class's own."""

FUNCTIONS = {
    "diagonal": "tril_indices triu_indices",
    "einsum": "einsum tensordot",
    "join": "cat concat concatenate stack",
    "pad": "pad",
    "products": "chain_matmul",
    "stacking": (
        "atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors cartesian_prod column_stack "
        "dstack hstack meshgrid row_stack vstack"
    ),
    "statistics": "cdist combinations cumulative_trapezoid isin trapezoid unravel_index vander",
}
"""File -> the functions in it that are the package's."""

IN_PLACE = (
    "bitwise_left_shift", "bitwise_right_shift", "i0", "igamma", "igammac", "index_reduce", "put",
)  # fmt: skip


def _method(file: str, name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module(f"autograd.tensors.{file}"), name)(self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"See `autograd.{name}`."
    return method


def _in_place(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return update(self, f"{name}_", getattr(type(self), name), *args, **kwargs)

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"In-place form of `{name}`. Returns the Tensor itself."
    return method


def _no(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> bool:
        return False

    method.__name__ = method.__qualname__ = name
    method.__doc__ = "False."
    return method


class Later(Core):
    """Rare methods, and answers to questions about kinds of Tensors that are not here."""

    __slots__ = ()

    is_sparse = is_sparse_csr = is_quantized = is_mkldnn = is_nested = is_meta = False
    is_mps = is_xla = is_xpu = is_ipu = is_maia = is_mtia = is_vulkan = False
    is_conj, is_neg, is_distributed, is_inference, is_pinned, is_shared = map(
        _no, ("is_conj", "is_neg", "is_distributed", "is_inference", "is_pinned", "is_shared")
    )

    @property
    def layout(self) -> Layout:
        """`strided`: the layout of dense Tensors, the only one."""
        return strided

    def new(self, *data: Any, device: Any = None) -> Self:
        """A Tensor of this one's dtype: of given sizes, as ints, or of data; see `new_tensor`."""
        from .new import data_array, made

        if not data:
            return self.new_empty(0)  # type: ignore[attr-defined]
        if all(isinstance(n, int) and not isinstance(n, bool) for n in data) or type(data[0]).__name__ == "Size":
            return self.new_zeros(*data)  # type: ignore[attr-defined]
        return made(data_array("new", data[0], self._array.dtype), False)

    def new_empty_strided(self, size: Any, stride: Any, dtype: Any = None, **settings: Any) -> Any:
        """Any values, of this Tensor's dtype; see `empty_strided`."""
        last = sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1 if math.prod(size) else 0
        return self.new_empty(last, dtype=dtype, **settings).as_strided(tuple(size), tuple(stride))  # type: ignore[attr-defined]

    def bfloat16(self, memory_format: Any = None) -> Any:
        """Raises DTypeError: NumPy has no such numbers."""
        raise DTypeError("bfloat16: NumPy has no such numbers; use float() or half()")

    def dim_order(self) -> tuple[int, ...]:
        """The dimensions, from the one with the largest stride to that with the smallest."""
        steps = self._array.strides
        return tuple(sorted(range(len(steps)), key=lambda d: -steps[d]))

    def _is_view(self) -> bool:
        return self._base is not None

    def __dir__(self) -> list[str]:
        """What is here, for completion: without the names that only say why they are not."""
        hidden = {*_ABSENT.split(), "require_grad"}
        return [name for name in super().__dir__() if name not in hidden]


class Deferred:
    """In the place of a method whose file is not imported yet: asking for it, or for one beside it, puts it here."""

    def __init__(self, place: str, name: str) -> None:
        self.place = place
        self.name = name

    def __get__(self, tensor: Any, kind: Any = None) -> Any:
        file, _, name = self.place.partition(".")
        found = vars(getattr(importlib.import_module(f"autograd.tensors.{file}"), name))
        for each in CLASSES[self.place].split():
            setattr(Later, each, found[each])
        return found[self.name].__get__(tensor, kind)


def import_all() -> None:
    """Import what is not here yet, for NumPy's functions that are declared there."""
    for names in CLASSES.values():
        getattr(Later, names.split()[0])
    for file in FUNCTIONS:
        importlib.import_module(f"autograd.tensors.{file}")


class Absent:
    """In the place of a method of PyTorch's that is not here: asking for it is an AttributeError that says why.

    A `__getattr__` of the class would do as well, and make every use of an attribute of every Tensor a third slower.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, tensor: Any, kind: Any = None) -> Any:
        why = importlib.import_module("autograd.names.absent").reason("Tensor", self.name)
        raise AttributeError(f"Tensor.{self.name} is not here: {why}")


_ABSENT = """
    _indices _nnz _values as_strided_ as_subclass ccol_indices cdouble cfloat chalf coalesce col_indices
    conj_physical_ const_data_ptr crow_indices dense_dim dequantize eig geqrf grad_dtype hash_tensor imag index
    indices int_repr ipu is_coalesced is_set_to istft lstsq map2_ module_load mtia name ormqr output_nr
    q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qscheme record_stream
    reinforce resize resize_as resize_as_sparse_ row_indices set_ slice_inverse smm solve sparse_dim sparse_mask
    sparse_resize_ sparse_resize_and_clear_ sspaddmm stft storage storage_type symeig to_mkldnn to_padded_tensor
    to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr untyped_storage values
    volatile xpu
"""
"""The names in `autograd.names.absent`, which is not imported before somebody asks for one of them."""

for _name in _ABSENT.split():
    setattr(Later, _name, Absent(_name))
for _file, _names in METHODS.items():
    for _name in _names.split():
        setattr(Later, _name, _method(_file, _name))
for _name in IN_PLACE:
    setattr(Later, f"{_name}_", _in_place(_name))
for _place, _names in CLASSES.items():
    for _name in _names.split():
        setattr(Later, _name, Deferred(_place, _name))
