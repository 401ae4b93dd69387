"""Calls beside the everyday ones: special functions, decompositions, windows, copies of views, rare names.

Of decompositions only what does not depend on free signs and turns is compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from .compare import of_expressions

CONSTANT = {
    "X": "airy_ai bessel_j0 bessel_j1 spherical_bessel_j0",
    "P": "bessel_y0 bessel_y1 modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1 "
    "modified_bessel_i0 modified_bessel_i1",
}
"""Special functions that PyTorch does not differentiate."""

SPECIAL = {
    "X": "erfcx i0 i0e i1 i1e log_ndtr ndtr expit psi gammaln",
    "P": "entr",
    "Q": "logit ndtri",
    "U": "erfinv",
}
POLYNOMIALS = (
    "chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w hermite_polynomial_h "
    "hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p shifted_chebyshev_polynomial_t "
    "shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w"
)
OTHER_NAMES = {
    "X": "absolute arcsinh arctan fix real conj resolve_conj resolve_neg conj_physical signbit isreal angle msort "
    "alias_copy detach_copy frexp negative",
    "P": "i0",
    "A": "arccosh",
    "U": "arcsin arccos arctanh erfinv",
    "Q": "logit",
}
COPIES = (
    "transpose_copy(X(2, 3), 0, 1)", "permute_copy(X(2, 3), (1, 0))", "view_copy(X(2, 3), (3, 2))", "t_copy(X(2, 3))",
    "expand_copy(X(1, 3), (2, 3))", "squeeze_copy(X(2, 1))", "unsqueeze_copy(X(2, 3), 1)", "select_copy(X(2, 3), 0, 1)",
    "split_copy(X(4, 3), 2)", "split_with_sizes_copy(X(4, 3), [1, 3])", "unbind_copy(X(2, 3))", "narrow_copy(X(4, 3), 0, 1, 2)",
    "diagonal_copy(X(3, 3))", "unfold_copy(X(7), 0, 3, 2)", "as_strided_copy(X(2, 3), (2, 2), (1, 2))",
    "diagonal_scatter(X(3, 3), X(3))", "select_scatter(X(2, 3), X(3), 0, 1)", "slice_scatter(X(5, 3), X(2, 3), 0, 1, 3)",
    "as_strided_scatter(X(2, 3), X(2, 2), (2, 2), (1, 2))", "unsafe_chunk(X(5, 2), 2)", "swapdims(X(2, 3), 0, 1)",
    "moveaxis(X(2, 3), 0, 1)", "concat([X(2, 3), X(1, 3)])", "concatenate([X(2, 3), X(2, 2)], 1)", "row_stack([X(3), X(2, 3)])",
)  # fmt: skip
PRODUCTS = (
    "addbmm(X(2, 4), X(5, 2, 3), X(5, 3, 4))", "addr(X(2, 3), X(2), X(3), beta=0.5, alpha=2)", "ger(X(2), X(3))",
    "linalg.matmul(X(2, 3), X(3, 4))", "linalg.vecdot(X(2, 3), X(2, 3), dim=1)", "linalg.diagonal(X(2, 3, 3), offset=1)",
    "linalg.pinv(X(4, 3))", "linalg.pinv(X(2, 3, 4), rtol=0.1)", "linalg.eigvalsh(S(3))", "linalg.svdvals(X(4, 3))",
    "linalg.svdvals(X(2, 3, 4))", "linalg.eigh(S(3)).eigenvalues", "linalg.eigh(S(3)).eigenvectors.abs()",
    "linalg.qr(X(4, 3)).R.abs()", "linalg.qr(X(3, 4)).Q.abs()", "linalg.svd(X(4, 3), full_matrices=False).S",
    "linalg.svd(X(3, 4), full_matrices=False).U.abs()", "linalg.matrix_rank(X(2, 4, 3), atol=0.5)", "pinverse(X(4, 3))",
    "cholesky_inverse(torch.linalg.cholesky(S(3)))", "triangular_solve(X(3, 2), S(3)).solution", "svd(X(4, 3)).S",
    "lu_solve(X(3, 2), *torch.linalg.lu_factor(S(3)))", "linalg.lu(S(3)).U.abs()", "linalg.ldl_factor(S(3)).LD",
    "linalg.tensorinv(S(6).reshape(6, 2, 3), ind=1)", "linalg.tensorsolve(S(6).reshape(2, 3, 6), X(2, 3))",
    "linalg.solve_ex(S(3), X(3, 2)).result", "linalg.inv_ex(S(3)).inverse", "linalg.cholesky_ex(S(3)).L",
    "linalg.matrix_norm(X(3, 4), 2)", "linalg.matrix_norm(X(2, 3, 4), 'nuc')", "linalg.matrix_norm(X(3, 4), -1)",
    "linalg.matrix_norm(X(3, 4), float('-inf'))", "linalg.householder_product(X(4, 2), P(2))", "linalg.cond(X(2, 3, 3), 'fro')",
    "frobenius_norm(X(3, 4), dim=(0, 1))", "norm_except_dim(X(3, 4), 2, 0)", "linalg.slogdet(X(2, 3, 3))", "linalg.det(X(2, 1, 1))",
    "linalg.lu_factor(S(3)).LU", "linalg.solve(S(3), X(3, 2), left=False)", "linalg.solve(S(2), X(4, 2, 3))",
)  # fmt: skip
PICKS = (
    "bucketize(X(2, 3), C([-1.0, 0.0, 1.0]))", "bucketize(X(2, 3), C([-1.0, 0.0, 1.0]), right=True)", "nanquantile(D(4, 5), 0.5)",
    "nanquantile(D(4, 5), 0.3, dim=1)", "histogram(N(9), 4)", "nextafter(N(3), N(3))", "nonzero_static(I(2, 3, 4), size=4)",
    "float_power(P(2, 3), 2.5)", "float_power(I(5, 3), 2)", "bitwise_not(I(9, 4))", "bitwise_or(I(9, 4), I(9, 4))",
    "bitwise_xor(I(9, 4), 3)", "bitwise_left_shift(I(9, 4), 2)", "bitwise_right_shift(I(99, 4), I(5, 4))",
    "index_reduce(X(4, 3), 0, C([0, 2, 0], 'int64'), X(3, 3), 'amax')", "index_reduce(X(4, 3), 0, C([0, 2, 0], 'int64'), X(3, 3), 'mean')",
    "igamma(P(2, 3), P(2, 3))", "igammac(P(2, 3), P(3))", "special.gammainc(P(3), P(3))", "special.gammaincc(P(3), P(3))",
    "special.zeta(A(2, 3), P(2, 3))", "special.xlog1py(X(2, 3), P(2, 3))", "special.multigammaln(P(2, 3) + 2, 3)",
    "special.polygamma(3, P(2, 3))", "broadcast_shapes((2, 1), (3,))", "promote_types(torch.int32, torch.float32) == torch.float32",
    "X(2, 3).half().float()", "X(2, 3).to(torch.int32)", "X(2, 3).short()", "X(2, 3).char()", "I(9, 3).type(torch.uint8)",
    "I(300, 5).to(torch.uint8)", "I(300, 5).to(torch.int8)", "torch.tensor(300).to(torch.int16)", "I(5, 2, 3).to(torch.int32) * I(5, 3).to(torch.int16)",
    "I(5, 3).to(torch.uint8) - 2", "I(5, 3).to(torch.int8) + 1.5", "B(3) + B(3)", "B(3) * 2.5", "B(3) - 1", "B(2, 3).sum()", "B(2, 3).float().mean(1)",
    "I(5, 2, 3).to(torch.int32).sum(0)", "I(5, 2, 3).to(torch.uint8).prod()", "I(5, 4).to(torch.int32).cumsum(0)", "I(5, 4).to(torch.int32) / 2", "I(5, 4).to(torch.int16) // 2",
    "I(5, 4).to(torch.int32) ** 2", "I(5, 2, 3).max(1)", "I(5, 2, 3).sort(1)", "B(6).sort()", "I(5, 6).unique()", "B(2, 3).any(1)", "B(2, 3).all()", "I(5, 2, 3).argmax(1)",
    "I(5, 3) @ I(5, 3)", "I(5, 2, 3) @ I(5, 3, 2)", "B(2, 3).to(torch.uint8)", "torch.where(B(3), I(5, 3), I(5, 3).to(torch.int32))", "I(9, 4).to(torch.int32) % 3",
    "torch.clamp(I(9, 4).to(torch.int16), 2, 5)", "B(4).cumsum(0)", "B(4).nonzero()", "I(5, 4).bincount()", "torch.maximum(I(5, 3), I(5, 3).to(torch.int32))", "-I(5, 3).to(torch.uint8)",
    "abs(I(5, 3).to(torch.int8) - 3)", "torch.sign(I(5, 3) - 2)", "torch.square(I(5, 3))", "torch.bitwise_and(B(3), B(3))", "I(5, 3).float().to(torch.int64)", "torch.sqrt(I(5, 3).to(torch.int32))",
)  # fmt: skip
WINDOWS = tuple(
    f"{name}_window({given})"
    for name in "bartlett blackman hamming hann kaiser".split()
    for given in ("5", "6, periodic=False", "1", "0")
)
LAYERS = (
    "F.affine_grid(X(2, 2, 3), (2, 3, 4, 5), align_corners=False)", "F.affine_grid(X(2, 3, 4), (2, 3, 2, 4, 5), align_corners=True)",
    *(f"F.grid_sample(X(2, 3, 4, 5), U(2, 3, 2, 2), mode='{mode}', padding_mode='{padding}', align_corners={corners})"
      for mode in ("bilinear", "nearest", "bicubic") for padding in ("zeros", "border", "reflection") for corners in (True, False)),
    "F.grid_sample(X(2, 3, 4, 5, 3), U(2, 3, 2, 2, 3), align_corners=False)", "F.max_unpool1d(X(2, 3, 3), C([[[0, 2, 5], [1, 3, 4], [0, 2, 4]]] * 2, 'int64'), 2)",
    "F.max_unpool2d(X(1, 1, 2, 2), C([[[[0, 3], [9, 14]]]], 'int64'), 2)", "F.max_unpool3d(X(1, 1, 1, 1, 2), C([[[[[3, 6]]]]], 'int64'), 2)", "F.rrelu(X(3, 4), 0.2, 0.2)",
    "F.upsample(X(1, 2, 3, 4), scale_factor=2)", "F.interpolate(X(1, 2, 4, 5), size=(3, 7), mode='bicubic')",
    "F.feature_alpha_dropout(X(2, 3, 4), 0.0)", "F.dropout2d(X(2, 3, 4, 5), 0.5, training=False)", "F.dropout3d(X(2, 3, 4, 5, 2), 0.0)",
    "torch.gru_cell(X(2, 3), X(2, 4), X(12, 3), X(12, 4), X(12), X(12))", "torch.lstm_cell(X(2, 3), (X(2, 4), X(2, 4)), X(16, 3), X(16, 4), X(16), X(16))",
    "torch.rnn_tanh_cell(X(2, 3), X(2, 4), X(4, 3), X(4, 4), X(4), X(4))", "torch.rnn_relu_cell(X(2, 3), X(2, 4), X(4, 3), X(4, 4))",
    "F.multi_head_attention_forward(X(3, 2, 4), X(5, 2, 4), X(5, 2, 4), 4, 2, X(12, 4), X(12), None, None, False, 0.0, X(4, 4), X(4))[0]",
    "F.fold(X(1, 8, 6), (3, 4), (2, 2))", "F.local_response_norm(X(1, 4, 3), 2)", "F.lp_pool1d(P(1, 2, 7), 3, 2, ceil_mode=True)", "F.avg_pool2d(X(1, 2, 5, 5), 3, 2, 1, count_include_pad=False)",
    "F.avg_pool2d(X(1, 2, 5, 5), 2, divisor_override=3)", "F.max_pool2d(D(1, 2, 6, 6), 2, dilation=2)", "F.adaptive_avg_pool2d(X(1, 2, 5, 7), (3, None))", "F.hardtanh_(X(3).clone(), -0.5, 0.5)",
    "F.embedding(I(4, 2), X(4, 3), max_norm=10.0)", "F.ctc_loss(X(5, 1, 3).log_softmax(2), C([[1, 2]], 'int64'), (5,), (2,))", "F.bilinear(X(2, 3), X(2, 4), X(5, 3, 4), X(5))",
)  # fmt: skip


def more() -> Iterator[str]:
    """All calls."""
    for letter, names in SPECIAL.items():
        for name in names.split():
            yield f"torch.special.{name}({letter}(2, 3))"
            yield f"torch.special.{name}({letter}())"
            yield f"torch.special.{name}(I(4, 3))"
    for letter, names in CONSTANT.items():
        for name in names.split():
            yield f"torch.special.{name}({letter}(2, 3).detach())"
            yield f"torch.special.{name}(I(4, 3))"
    for name in POLYNOMIALS.split():
        yield f"torch.special.{name}(X(2, 3).detach(), 3)"
        yield f"torch.special.{name}(U(3).detach(), C([0, 1, 5]))"
    for letter, names in OTHER_NAMES.items():
        for name in names.split():
            yield f"torch.{name}({letter}(2, 3))"
            yield f"torch.{name}(I(5, 2, 3))"
    for call in (*COPIES, *PRODUCTS, *PICKS, *WINDOWS):
        yield f"torch.{call}" if call[0].islower() and not call.startswith(("torch.", "abs(")) else call
    yield from LAYERS


FAMILIES = {"more": lambda dtypes: of_expressions(more(), dtypes)}
