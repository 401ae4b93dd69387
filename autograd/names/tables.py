"""Where the names of PyTorch's modules stand."""

from __future__ import annotations

import typing
from typing import Any

from . import devices

ELSEWHERE = {
    "adaptive_max_pool1d": "nn.functional.adaptive_max_pool1d_with_indices",
    "amp": "autograd.amp",
    "autocast": "autograd.amp.autocast",
    "bartlett_window": "autograd.windows.bartlett_window",
    "blackman_window": "autograd.windows.blackman_window",
    "compiler": "autograd.compiler",
    "cuda": "autograd.cuda",
    "distributed": "autograd.distributed",
    "distributions": "nn.distributions",
    "GradScaler": "autograd.amp.GradScaler",
    "hamming_window": "autograd.windows.hamming_window",
    "hann_window": "autograd.windows.hann_window",
    "jit": "autograd.jit",
    "kaiser_window": "autograd.windows.kaiser_window",
    "load": "nn.load",
    "nn": "nn",
    "optim": "nn.optim",
    "save": "nn.save",
    "special": "autograd.special",
    "testing": "autograd.testing",
    "utils": "autograd.utils",
    "vmap": "autograd.func.vmap",
    # torch.autograd is this package itself, so its modules are asked for here
    "anomaly_mode": "autograd.anomaly",
    "function": "autograd.function",
    "grad_mode": "autograd.modes",
}
"""Name -> full name of what it stands for."""

_FILES = {
    "tensors.rare.copies": """
        alias_copy as_strided_copy detach detach_copy diagonal_copy expand_copy narrow_copy permute_copy select_copy
        slice_copy split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy
        unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze_copy view_copy
    """,
    "tensors.rare.more": """
        angle as_strided_scatter conj conj_physical constant_pad_nd diagonal_scatter embedding_renorm_ fill frexp
        index_reduce nonzero_static put real resize_as_ resolve_conj resolve_neg rsub
    """,
    "tensors.rare.slopes": "gradient histogram histogramdd",
    "tensors.rare.made": "binomial empty_permuted empty_strided from_file frombuffer range",
    "tensors.rare.layers": """
        frobenius_norm gru_cell lstm_cell norm_except_dim nuclear_norm rnn_relu_cell rnn_tanh_cell spmm
    """,
    "tensors.rare.factors": """
        cholesky_inverse cholesky_solve lu lu_solve lu_unpack orgqr pca_lowrank svd_lowrank triangular_solve
    """,
    "tensors.decompose": "pinverse",
    "tensors.rare.older": "qr svd",
    "tensors.solve": "matrix_exp",
    "tensors.special": "i0 igamma igammac",
    "utils.dlpack": "from_dlpack to_dlpack",
}
"""File of this package -> functions in it."""
ELSEWHERE.update(
    {
        name: f"nn.functional.rare.{name}"
        for name in ("affine_grid_generator", "convolution", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
    }
)
ELSEWHERE.update({name: f"autograd.{file}.{name}" for file, names in _FILES.items() for name in names.split()})

FUNCTIONAL = frozenset({
    "adaptive_avg_pool1d", "alpha_dropout", "avg_pool1d", "batch_norm", "bilinear",
    "binary_cross_entropy_with_logits", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "ctc_loss", "dropout",
    "embedding_bag", "feature_alpha_dropout", "group_norm", "hinge_embedding_loss", "instance_norm", "kl_div",
    "layer_norm", "margin_ranking_loss", "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d",
    "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "rms_norm", "rrelu",
    "triplet_margin_loss", "conv_tbc",
})  # fmt: skip
"""Functions of `nn.functional` that PyTorch has in its main module, too."""

TYPES = {
    "BoolTensor": "bool",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "DoubleTensor": "float64",
    "FloatTensor": "float32",
    "HalfTensor": "float16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "ShortTensor": "int16",
}


def _itself(function: Any = None, *args: Any, **settings: Any) -> Any:
    return (lambda f: f) if function is None else function


COMPILER: dict[str, Any] = {
    "allow_in_graph": _itself,
    "compile": "autograd.compile",
    "disable": _itself,
    "is_compiling": lambda: False,
    "is_dynamo_compiling": lambda: False,
    "is_exporting": lambda: False,
    "reset": lambda: None,
}
"""Names of torch.compiler that `autograd.compiler` has beside its own."""

NAMESPACES: dict[str, tuple[str, dict[str, Any]]] = {
    "backends": ("Switches of libraries that are not here: they may be set, and change nothing.", devices.BACKENDS),
    "cpu": (
        "The device there is.",
        {"amp": "autograd.cuda.amp", "current_device": lambda: "cpu", "device_count": lambda: 1,
         "is_available": lambda: True, "is_initialized": lambda: True, "synchronize": lambda device=None: None},
    ),
    "accelerator": ("Tensors live on the CPU only.", devices.NO_DEVICE),
    "mps": ("Tensors live on the CPU only.", devices.NO_DEVICE),
    "xpu": ("Tensors live on the CPU only.", devices.NO_DEVICE),
    "multiprocessing": ("Python's multiprocessing.", devices.MULTIPROCESSING),
    "serialization": (
        "Reading and writing files of Tensors: see nn.save and nn.load.",
        {"add_safe_globals": lambda safe_globals: None, "clear_safe_globals": lambda: None,
         "get_safe_globals": list, "load": "nn.load", "safe_globals": devices.safe_globals, "save": "nn.save"},
    ),
    "signal": ("Windows.", {"windows": "autograd.windows"}),
    "types": (
        "Names for annotations.",
        {"Device": typing.Any, "Number": int | float | bool, "Size": "autograd.Size", "Tensor": "autograd.Tensor",
         "Any": typing.Any},
    ),
    "variable": ("Variable, which is the Tensor itself.",
                 {"Variable": "autograd.Variable", "VariableMeta": type, "torch": "autograd"}),
    "futures": ("Values that are waited for.", {"Future": "autograd.distributed.Future"}),
    "graph": ("Nodes of the graph.", {"Node": "autograd.tensors.GradFn", "RemovableHandle": "autograd.tensors.Handle",
                                      "Variable": "autograd.Variable"}),
    "version": (
        "Versions of this library and of those for other devices, which are not here.",
        {"cuda": None, "debug": False, "git_version": None, "hip": None, "rocm": None, "xpu": None},
    ),
}  # fmt: skip
"""Module -> what it is, and its names."""
