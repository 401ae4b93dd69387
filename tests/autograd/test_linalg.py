"""Products, einsum, inverses, determinants, norms: conventions, errors, dtypes, NumPy's functions."""

import re

import numpy as np
import pytest

import autograd
from autograd import linalg
from autograd.errors import DTypeError, LinAlgError, SettingError, ShapeError
from autograd.tensors import Tensor
from kernels.machine import jit
from kernels.machine.fast import SIZES


def rand(*shape, dtype=np.float32, requires_grad=False):
    return autograd.tensor(np.random.default_rng(1).standard_normal(shape), dtype=dtype, requires_grad=requires_grad)


# ------------------------------------------------------------------------------------------------ the matrix product


@pytest.mark.skipif(not jit.ENABLED, reason="then there is one kind of product")
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        ("matmul", [(9, 7), (7, 20)]),
        ("matmul", [(3, 9, 7), (3, 7, 20)]),
        ("matmul", [(3, 9, 7), (7, 20)]),
        ("matmul", [(2, 1, 9, 7), (3, 7, 20)]),
        ("linear", [(5, 7), (20, 7)]),
        ("linear", [(5, 7), (20, 7), (20,)]),
        ("linear", [(2, 3, 7), (20, 7), (20,)]),
    ],
)
def test_small_and_large_products_agree(monkeypatch, function, shapes, dtype, tolerance):
    """Value, gradients and their gradients, with our kernels for every product and with none."""
    results = []
    for limit in (0, 1 << 62):
        monkeypatch.setattr(SIZES["product"], "least", limit)
        inputs = [rand(*shape, dtype=dtype, requires_grad=True) for shape in shapes]
        z = getattr(autograd, function)(*inputs)
        slopes = autograd.grad((z * z).sum(), inputs, create_graph=True)
        second = autograd.grad(sum((slope * slope).sum() for slope in slopes), inputs)
        results.append([value.detach().numpy() for value in (z, *slopes, *second)])
    for got, expected in zip(*results, strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, expected, rtol=0, atol=10 * tolerance * np.abs(expected).max())


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ((2, 3), (4, 5), "mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
        ((2, 3), (4,), "size mismatch, got input (2), mat (2x3), vec (4)"),
        ((3,), (4,), "inconsistent tensor size, expected tensor [3] and src [4] to have the same number of elements"),
        ((3,), (4, 5), "mat1 and mat2 shapes cannot be multiplied (1x3 and 4x5)"),
        ((2, 3, 4), (5, 6), "mat1 and mat2 shapes cannot be multiplied (6x4 and 5x6)"),
        ((2, 3, 4), (2, 5, 6), "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 5]"),
        ((2, 3, 4), (3, 4, 6), "The size of tensor a (2) must match the size of tensor b (3)"),
        ((), (3,), "both arguments to matmul need to be at least 1D, but they are 0D and 1D"),
    ],
)
def test_shapes_that_do_not_fit(left, right, message):
    for requires_grad in (False, True):
        with pytest.raises(ShapeError, match=re.escape(message)):
            rand(*left, requires_grad=requires_grad) @ rand(*right)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rand(2).mm(rand(2, 2)), "self must be a matrix"),
        (lambda: rand(2, 2).bmm(rand(2, 2, 2)), "batch1 must be a 3D tensor"),
        (
            lambda: rand(2, 2, 3).bmm(rand(2, 2, 2)),
            "Expected size for first two dimensions of batch2 tensor to be: [2, 3]",
        ),
        (lambda: rand(2, 2).mv(rand(2, 2)), "matrix and vector expected, got 2D and 2D"),
        (lambda: rand(2, 2).dot(rand(2)), "1D tensors expected, but got 2D and 1D tensors"),
        (lambda: rand(3, 2).outer(rand(2)), "outer: Expected 1-D argument self, but got 2-D"),
        (
            lambda: rand(3, 2).inner(rand(3)),
            "inner() the last dimension must match on both input tensors but got shapes",
        ),
        (lambda: autograd.linear(rand(2, 3), rand(4, 5)), "mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)"),
        (lambda: autograd.linear(rand(3), rand(4, 5)), "mat1 and mat2 shapes cannot be multiplied (1x3 and 5x4)"),
        (
            lambda: autograd.tensordot(rand(2, 3), rand(4, 5), 1),
            "contracted dimensions need to match, but first has size 3",
        ),
        (lambda: autograd.cross(rand(2, 2), rand(2, 2)), "no dimension of size 3 in input"),
        (lambda: linalg.cross(rand(2, 2), rand(2, 2)), "inputs dimension -1 must have length 3"),
        (lambda: linalg.multi_dot([rand(2, 2)]), "multi_dot(): expected at least 2 tensors but got 1"),
    ],
)
def test_errors_of_products(call, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        call()


def test_operators_with_arrays_and_other_dtypes():
    x, array = rand(2, 3, requires_grad=True), np.ones((3, 2), np.float32)
    for z in (x @ array, array @ x, np.matmul(x, array), x @ array.astype(np.int64)):
        assert isinstance(z, Tensor)
        assert z.requires_grad
        assert z.dtype == np.float32
    z = x @ rand(3, 2, dtype=np.float64)
    assert z.dtype == np.float64
    z.sum().backward()
    assert x.grad.dtype == np.float32
    assert (autograd.tensor([[1, 2]]) @ autograd.tensor([[3], [4]])).tolist() == [[11]]


def test_weight_gradient_is_contiguous():
    w = rand(4, 3, requires_grad=True)
    autograd.linear(rand(2, 5, 3), w).sum().backward()
    assert w.grad.is_contiguous()


def test_linear_is_one_record_and_saves_no_output():
    x, w, b = rand(2, 5, 3, requires_grad=True), rand(4, 3, requires_grad=True), rand(4, requires_grad=True)
    z = autograd.linear(x, w, b)
    assert [record.op for record in autograd.tape()] == ["linear"]
    assert autograd.tape().memory() == {"linear": x.nbytes + w.nbytes}
    assert z.shape == (2, 5, 4)


def test_beta_zero_ignores_the_first_operand():
    z = autograd.tensor(np.full((2, 2), np.nan, np.float32))
    assert not np.isnan(z.addmm(rand(2, 3), rand(3, 2), beta=0).numpy()).any()


def test_cross_takes_the_first_dimension_of_size_3():
    x, y = rand(3, 2), rand(3, 2)
    np.testing.assert_allclose(x.cross(y).numpy(), np.cross(x.numpy(), y.numpy(), axis=0), rtol=1e-6)


def test_multi_dot_multiplies_in_the_cheapest_order():
    a, b, c = rand(30, 1, requires_grad=True), rand(1, 40), rand(40, 2)
    linalg.multi_dot([a, b, c])
    assert [record.shape for record in autograd.tape()] == [(30, 2)]  # a @ (b @ c): b @ c needs no gradient


# ----------------------------------------------------------------------------------------------------------- einsum


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk", [(2, 3)], "einsum(): fewer operands were provided than specified in the equation"),
        ("ij", [(2, 3), (2, 3)], "einsum(): more operands were provided than specified in the equation"),
        ("ijk", [(2, 3)], "the number of subscripts in the equation (3) does not match the number of dimensions (2)"),
        ("ij->ik", [(2, 3)], "output subscript k does not appear in the equation for any input operand"),
        ("ij->ii", [(2, 3)], "output subscript i appears more than once in the output"),
        (
            "ij,jk",
            [(2, 3), (4, 5)],
            "subscript j has size 4 for operand 1 which does not broadcast with previously seen size 3",
        ),
        ("i1", [(2, 3)], "subscripts must be in [a-zA-Z]"),
        ("i.", [(2, 3)], "that is not part of any ellipsis"),
        ("...ijk", [(2, 3)], "the number of subscripts in the equation (3) does not match"),
    ],
)
def test_errors_of_einsum(equation, shapes, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        autograd.einsum(equation, *[rand(*shape) for shape in shapes])


def test_einsum_conventions():
    x = rand(2, 3, dtype=np.float64)
    np.testing.assert_array_equal(autograd.einsum("ba", x).numpy(), x.numpy().T)  # implicit output: alphabetic
    np.testing.assert_allclose(autograd.einsum("...i->i", x).numpy(), x.numpy().sum(0))  # dropped ... is summed
    np.testing.assert_array_equal(autograd.einsum(" i j -> j i ", x).numpy(), x.numpy().T)
    np.testing.assert_array_equal(autograd.einsum("ij", [x]).numpy(), x.numpy())
    assert np.shares_memory(autograd.einsum("ij->ji", x).numpy(), x.numpy())  # nothing is summed: a view


def test_einsum_differentiates_only_what_needs_it():
    x, y = rand(2, 3, requires_grad=True), rand(3, 4)
    z = autograd.einsum("ij,jk->", x, y)
    z.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.tile(y.numpy().sum(1), (2, 1)), rtol=1e-5)
    assert y.grad is None


@pytest.mark.parametrize("equation", ["ij,jk->ik", "bij,bjk->bik", "bqhd,bkhd->bhqk", "ij,kj,lk->il"])
def test_einsum_runs_as_matrix_products(equation, monkeypatch):
    inputs = equation.split("->")[0].split(",")
    xs = [rand(*[3] * len(letters), dtype=np.float64) for letters in inputs]
    expected = np.einsum(equation, *[x.numpy() for x in xs])
    monkeypatch.setattr(np, "einsum", None)  # would be the slow loop
    np.testing.assert_allclose(autograd.einsum(equation, *xs).numpy(), expected, rtol=1e-10)


# ------------------------------------------------------------------------------------------ inverses, determinants


def test_square_floating_matrices_are_required():
    with pytest.raises(
        ShapeError, match=r"linalg\.inv: A must be batches of square matrices, but they are 2 by 3 matrices"
    ):
        linalg.inv(rand(2, 3))
    with pytest.raises(ShapeError, match="must have at least 2 dimensions"):
        linalg.det(rand(2))
    with pytest.raises(DTypeError, match=r"Expected a floating point or complex tensor as input\. Got int64"):
        linalg.inv(autograd.tensor([[1, 2], [3, 4]]))
    with pytest.raises(
        ShapeError, match=re.escape("Incompatible shapes of A and B for the equation AX = B (2x2 and 3x1)")
    ):
        linalg.solve(rand(2, 2), rand(3))


def test_singular_matrices_raise():
    zeros = autograd.tensor(np.zeros((2, 2)))
    with pytest.raises(LinAlgError, match="the input matrix is singular"):
        linalg.inv(zeros)
    with pytest.raises(np.linalg.LinAlgError, match="the input matrix is singular"):
        linalg.solve(zeros, autograd.tensor(np.ones(2)))
    with pytest.raises(RuntimeError, match="the input is not positive-definite"):
        linalg.cholesky(zeros - 1)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
@pytest.mark.parametrize(
    "function",
    [
        linalg.svd,
        linalg.svdvals,
        linalg.pinv,
        linalg.matrix_rank,
        linalg.eigh,
        linalg.eigvalsh,
        lambda x: linalg.svd(x[:2]),
        lambda x: linalg.pinv(x, atol=0.1),
        lambda x: linalg.lstsq(x, x),
        lambda x: linalg.matrix_norm(x, 2),
    ],
)
def test_decompositions_of_what_is_not_finite_raise(function, bad):
    x = autograd.eye(3, dtype=np.float64)
    x[1, 1] = bad
    with pytest.raises(LinAlgError, match="non-finite"):
        function(x)


def test_triangular_solutions_reach_infinity_where_they_depend_on_it_alone():
    inf = np.inf
    a = autograd.tensor([[2.0, 5.0, 7.0], [0.0, 4.0, -1.0], [0.0, 0.0, 2.0]], dtype=np.float64)
    upper = linalg.solve_triangular(a, autograd.tensor([[inf], [1.0], [4.0]]).double(), upper=True)
    assert upper.ravel().tolist() == [inf, 0.75, 2.0]
    lower = linalg.solve_triangular(a.mT, autograd.tensor([[2.0, -inf], [inf, 4.0], [7.0, 1.0]]).double(), upper=False)
    np.testing.assert_array_equal(lower, [[1.0, -inf], [inf, inf], [inf, inf]])
    batch = linalg.solve_triangular(a, autograd.tensor([[[1.0], [1.0], [inf]]] * 2).double(), upper=True)
    np.testing.assert_array_equal(batch, [[[-inf], [inf], [inf]]] * 2)


def test_gradient_of_det_holds_at_singular_matrices():
    x = autograd.tensor(np.arange(9.0).reshape(3, 3), requires_grad=True)  # rank 2: the cofactors are not 0
    x.det().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]], atol=1e-12)
    x = autograd.tensor(np.ones((3, 3)), requires_grad=True)  # rank 1: they are
    x.det().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.zeros((3, 3)), atol=1e-12)


def test_slogdet_of_a_singular_matrix():
    sign, logabsdet = linalg.slogdet(np.zeros((2, 2)))
    assert (sign.item(), logabsdet.item()) == (0.0, -np.inf)
    result = linalg.slogdet(autograd.tensor([[0.0, 1.0], [2.0, 0.0]]))
    assert result.sign == -1
    np.testing.assert_allclose(result.logabsdet.numpy(), np.log(2), rtol=1e-6)


def test_logdet_of_a_negative_determinant_is_nan():
    assert np.isnan(autograd.tensor([[0.0, 1.0], [2.0, 0.0]]).logdet().item())


def test_matrix_power_zero_is_the_identity():
    assert linalg.matrix_power(rand(2, 2), 0).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_solve_takes_vectors_and_batches_of_vectors():
    a, b = rand(2, 3, 3, dtype=np.float64), rand(2, 3, dtype=np.float64)
    np.testing.assert_allclose((a @ linalg.solve(a, b).unsqueeze(-1)).squeeze(-1).numpy(), b.numpy(), rtol=1e-10)
    assert linalg.solve(a, b[0]).shape == (2, 3)


def test_equal_singular_values_do_no_harm():
    for function in (
        lambda x: linalg.norm(x, "nuc"),
        lambda x: linalg.svd(x).S.sum(),
        lambda x: linalg.eigvalsh(x).sum(),
    ):
        x = autograd.tensor(np.eye(3), requires_grad=True)
        function(x).backward()
        np.testing.assert_allclose(x.grad.numpy(), np.eye(3), atol=1e-12)


def test_svd_of_full_matrices():
    assert linalg.svd(rand(2, 3)).Vh.shape == (3, 3)
    u, s, vh = linalg.svd(rand(4, 2, dtype=np.float64, requires_grad=True))
    assert (u.shape, s.shape, vh.shape) == ((4, 4), (2,), (2, 2))
    np.testing.assert_allclose((u.mT @ u).detach().numpy(), np.eye(4), atol=1e-14)


def test_decompositions_reproduce_the_matrix():
    a = rand(4, 3, dtype=np.float64)
    u, s, vh = linalg.svd(a, full_matrices=False)
    np.testing.assert_allclose((u * s @ vh).numpy(), a.numpy(), atol=1e-12)
    q, r = linalg.qr(a)
    np.testing.assert_allclose((q @ r).numpy(), a.numpy(), atol=1e-12)
    values, vectors = linalg.eigh(a.mT @ a)
    np.testing.assert_allclose((vectors * values @ vectors.mT).numpy(), (a.mT @ a).numpy(), atol=1e-12)
    upper = linalg.eigh(np.array([[1.0, 2.0], [9.0, 1.0]]), "U")
    np.testing.assert_allclose(upper.eigenvalues.numpy(), [-1, 3])


# ------------------------------------------------------------------------------------------------------------ norms


@pytest.mark.parametrize("triangle", ["L", "U"])
def test_eigenvectors_have_the_signs_of_the_triangle_that_is_read(triangle):
    x = np.random.default_rng(4).standard_normal((6, 6)) + np.diag(np.arange(6.0))
    values, vectors = np.linalg.eigh(x, triangle)
    found = linalg.eigh(autograd.tensor(x, requires_grad=True), triangle)
    np.testing.assert_array_equal(found.eigenvalues.detach(), values)
    np.testing.assert_array_equal(found.eigenvectors.detach(), vectors)
    symmetric = x + x.T
    assert autograd.gradgradcheck(
        lambda a: linalg.eigh((a + a.mT) / 2, triangle).eigenvectors[:, :2],
        [autograd.tensor(symmetric, requires_grad=True)],
    )


def test_norm_of_zero_has_gradient_zero():
    for function in (linalg.norm, linalg.vector_norm, linalg.matrix_norm):
        x = autograd.tensor(np.zeros((2, 2)), requires_grad=True)
        function(x).backward()
        assert x.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_which_norm_is_meant():
    x = rand(2, 3, dtype=np.float64)
    a = x.numpy()
    np.testing.assert_allclose(linalg.norm(x, 2).item(), np.linalg.norm(a, 2))  # of the matrix
    np.testing.assert_allclose(linalg.vector_norm(x, 2).item(), np.linalg.norm(a))
    np.testing.assert_allclose(linalg.norm(x, 1, dim=1).numpy(), np.abs(a).sum(1))
    np.testing.assert_allclose(linalg.norm(x, dim=0, keepdim=True).numpy(), np.linalg.norm(a, axis=0, keepdims=True))
    assert linalg.vector_norm(x, 0).item() == 6
    with pytest.raises(ShapeError, match=r"the input must be 1D or 2D\. Got 3D"):
        linalg.norm(x.unsqueeze(0), 2)
    with pytest.raises(SettingError, match="Order 3 not supported"):
        linalg.matrix_norm(x, 3)
    with pytest.raises(ShapeError, match="The input tensor A must have at least 2 dimensions"):
        linalg.matrix_norm(x[0])
    with pytest.raises(DTypeError, match="Expected a floating point"):
        linalg.norm(autograd.tensor([1, 2]))


# ------------------------------------------------------------------------------------------------ NumPy's functions


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.matmul(a, a),
        lambda a: np.dot(a, a),
        lambda a: np.dot(a, a[0]),
        lambda a: np.dot(a, np.stack([a, a])),
        lambda a: np.dot(a, 2.0),
        lambda a: np.vdot(a, a),
        lambda a: np.inner(a, a),
        lambda a: np.outer(a, a[0]),
        lambda a: np.einsum("ij,kj->ik", a, a),
        lambda a: np.tensordot(a, a, axes=1),
        lambda a: np.tensordot(a, a, axes=([0], [1])),
        lambda a: np.kron(a, a),
        lambda a: np.cross(a, a[::-1]),
        lambda a: np.cross(a, a[::-1], axis=0),
        lambda a: np.linalg.inv(a),
        lambda a: np.linalg.solve(a, a[0]),
        lambda a: np.linalg.solve(a, a),
        lambda a: np.linalg.det(a),
        lambda a: np.linalg.slogdet(a)[1],
        lambda a: np.linalg.cholesky(a @ a.T),
        lambda a: np.linalg.matrix_power(a, 3),
        lambda a: np.linalg.multi_dot([a, a, a]),
        lambda a: np.linalg.norm(a),
        lambda a: np.linalg.norm(a, 1),
        lambda a: np.linalg.norm(a, axis=1),
        lambda a: np.linalg.eigvalsh(a @ a.T),
        lambda a: np.linalg.svd(a, compute_uv=False),
        lambda a: np.linalg.qr(a)[1],
        lambda a: np.linalg.pinv(a[:2]),
    ],
)
def test_numpys_functions_run_and_are_recorded(call):
    x = rand(3, 3, dtype=np.float64, requires_grad=True)
    z, expected = call(x), call(x.detach().numpy())
    assert isinstance(z, Tensor)
    assert z.requires_grad
    np.testing.assert_allclose(z.detach().numpy(), expected, rtol=1e-9, atol=1e-12)
