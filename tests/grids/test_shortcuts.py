"""The list of shortcuts: places where a special case of the settings is computed in a way of its own.

Each has a comment that begins with "shortcut:" and says its condition in words, with every setting it depends on; here
is the test that goes over the full product of these settings. A shortcut without a test fails, as does an entry whose
shortcut or test is gone.
"""

import ast
import functools
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]

TESTS = {  # file and function of the shortcuts: file and function of their test, in this folder unless it is named
    "kernels/attention/plain.py:attention": "test_attention.py:test_sizes_of_zero",
    "kernels/attention/plain.py:attention_grad": "test_attention.py:test_sizes_of_zero",
    "kernels/recurrent/plain.py:_worth_threads": "test_others.py:test_cells",
    "kernels/conv/choose.py:conv": "test_conv.py:test_convolution",
    "kernels/conv/plain.py:conv": "test_conv.py:test_convolution",
    "kernels/conv/plain.py:conv_weight_grad": "test_conv.py:test_convolution",
    "kernels/conv/plain.py:conv_input_grad": "test_conv.py:test_transposed_convolution",
    "kernels/conv/choose.py:_scheme": "test_conv.py:test_winograd_is_for_plain_convolutions_alone",
    "kernels/conv/direct_loops.py:sums": "test_conv.py:test_convolution",
    "kernels/pointwise/arithmetic.py:_run": "tests/kernels/pointwise/test_arithmetic.py:test_a_repeated_number",
    "kernels/norm/pooled_loops.py:values": "test_fused.py:test_batch_norm_relu_and_pooling",
    "kernels/matrix/gemm.py:matmul": "test_reduce.py:test_products_of_every_shape_and_layout",
    "kernels/matrix/gemm.py:_flat": "test_reduce.py:test_products_of_every_shape_and_layout",
    "kernels/norm/plain.py:": "test_norm.py:test_batch_norm",
    "kernels/norm/plain.py:moments": "tests/kernels/norm/test_norm.py:test_a_constant_has_no_variance",
    "kernels/pool/plain.py:adaptive": "test_pool.py:test_adaptive_pooling",
    "kernels/pool/plain.py:_winners": "test_pool.py:test_max_pool",
    "kernels/pool/plain.py:_winners_compiled": "test_pool.py:test_max_pool",
    "kernels/pool/plain.py:_loop": "test_pool.py:test_max_pool",
    "kernels/pool/sums.py:_sums_compiled": "test_pool.py:test_average_pool",
    "kernels/pool/sums.py:window_sums": "test_pool.py:test_average_pool",
    "kernels/pool/sums.py:_spread_compiled": "test_pool.py:test_average_pool",
    "kernels/pool/sums.py:window_spread": "test_pool.py:test_average_pool",
    "kernels/pool/largest.py:winners": "test_pool.py:test_max_pool",
    "kernels/pool/loops.py:_sums_within": "test_pool.py:test_average_pool",
    "kernels/pool/loops.py:_spread_within": "test_pool.py:test_average_pool",
    "kernels/along/scan.py:loop": "test_reduce.py:test_running_sums_and_products",
    "autograd/ops/activation.py:_last": "test_reduce.py:test_softmax_along_every_axis",
    "kernels/softmax/plain.py:_without_axes_behind": "test_loss.py:test_class_indices",
    "autograd/ops/einsum.py:contract": "test_reduce.py:test_every_einsum_of_two_small_operands",
    "autograd/ops/elementwise.py:_slope": "test_reduce.py:test_powers_with_special_exponents",
    "autograd/ops/elementwise.py:_raised": "test_reduce.py:test_powers_with_special_exponents",
    "autograd/ops/index.py:add_at": "test_others.py:test_gradients_of_every_small_index",
    "autograd/ops/loss.py:cross_entropy": "test_loss.py:test_class_indices",
    "autograd/ops/loss.py:nll": "test_loss.py:test_class_indices",
    "autograd/ops/reduce.py:_whole": "test_reduce.py:test_every_reduction_over_every_set_of_axes",
    "autograd/ops/reduce.py:vector_norm": "test_reduce.py:test_every_reduction_over_every_set_of_axes",
    "autograd/ops/resize.py:linear_taps": "test_resize.py:test_interpolation",
    "autograd/products.py:_compiled": "test_reduce.py:test_products_of_every_shape_and_layout",
    "autograd/tensors/linalg.py:linear": "test_others.py:test_linear_maps",
    "autograd/tensors/repeat.py:repeat_interleave": "test_others.py:test_repeated_elements",
    "autograd/tensors/sort.py:topk": "test_others.py:test_the_largest_elements",
    "nn/functional/multihead.py:_projected": "test_others.py:test_heads_of_one_input_and_of_equal_ones",
    "nn/functional/attention.py:scaled_dot_product_attention": "test_attention.py:test_scaled_dot_product_attention",
    "nn/functional/dropouts.py:dropout": "test_others.py:test_dropout",
    "nn/functional/dropouts.py:_channelwise": "test_others.py:test_dropout",
    "nn/functional/pool/means.py:_adaptive_avg_pool": "test_pool.py:test_adaptive_pooling",
    "nn/functional/recurrent.py:run": "test_recurrent.py:test_every_setting",
    "autograd/ops/fused.py:_side_by_side": "test_fused.py:test_batch_norm_relu_and_pooling",
    "nn/utils/clip_grad.py:_norms": "test_others.py:test_norms_of_gradients",
    "autograd/update.py:all_at_once": "tests/nn/optim/test_together.py:test_a_parameter_that_is_there_twice_moves_twice",  # noqa: E501
    "autograd/broadcast.py:unbroadcast": "tests/autograd/test_properties.py:test_unbroadcast_is_the_transpose_of_broadcasting",  # noqa: E501
}


@functools.cache
def functions(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def marked():
    """Where the comments are: "file:function", or "file:" outside of functions."""
    for package in ("kernels", "autograd", "nn"):
        for file in sorted((ROOT / package).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if line.strip().startswith("# shortcut:"):
                    inside = [f.name for f in functions(path) if f.lineno <= number <= f.end_lineno]
                    yield f"{path}:{inside[-1] if inside else ''}"


def test_every_shortcut_has_a_test():
    assert set(marked()) == set(TESTS)


@pytest.mark.parametrize("test", sorted(set(TESTS.values())))
def test_every_test_exists(test):
    file, name = test.split(":")
    path = file if "/" in file else f"tests/grids/{file}"
    assert name in [f.name for f in functions(path)]
