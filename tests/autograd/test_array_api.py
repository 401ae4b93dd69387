"""The namespace that Tensors give to libraries written for the array API standard: its calls give what NumPy gives."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.errors import NoRuleError

BEFORE_2_1 = np.lib.NumpyVersion(np.__version__) < "2.1.0"

CALLS = """
xp.asarray([1.0,2.0]) ; xp.asarray(3, dtype=xp.float32) ; xp.asarray(x, dtype=xp.float32) ;
xp.asarray(x, copy=True) ; xp.asarray([[1,2],[3,4]]) ; xp.asarray([True]) ; xp.asarray(x, device=x.device) ;
xp.arange(3) ; xp.arange(1,7,2) ; xp.arange(3, dtype=xp.float64) ; xp.arange(0.0,1.0,0.25) ;
xp.empty((2,3)).shape ; xp.empty(3,dtype=xp.float32).dtype ; xp.empty_like(m).shape ; xp.eye(3) ;
xp.eye(2,3,k=1) ; xp.eye(3,dtype=xp.float32) ; xp.full((2,3),1.5) ; xp.full(3, 2) ; xp.full_like(m, 2.0) ;
xp.full(2, True) ; xp.full_like(i, 3) ; xp.linspace(0,1,5) ; xp.linspace(0.0,1.0,num=5,endpoint=False) ;
xp.linspace(0.,1.,3,dtype=xp.float32) ; xp.meshgrid(x, x, indexing='ij') ; xp.ones((2,2)) ; xp.ones_like(m) ;
xp.ones(3,dtype=xp.int64) ; xp.zeros(2) ; xp.zeros_like(m, dtype=xp.float32) ; xp.zeros((2,3), dtype=xp.bool) ;
xp.tril(m) ; xp.tril(m,k=1) ; xp.triu(m) ; xp.triu(c,k=-1) ; xp.astype(x, xp.float32) ; xp.astype(x, xp.int64) ;
xp.astype(i, xp.float64) ; xp.astype(x, xp.float64, copy=False) ; xp.can_cast(xp.float32, xp.float64) ;
xp.can_cast(x, xp.float32) ; xp.finfo(xp.float32).eps ; xp.finfo(x.dtype).max ; xp.iinfo(xp.int32).max ;
xp.isdtype(xp.float32,'real floating') ; xp.isdtype(x.dtype, ('integral','bool')) ; xp.isdtype(xp.int8, xp.int8) ;
xp.result_type(x, f) ; xp.result_type(xp.float32, xp.float64) ; xp.result_type(i, xp.int64) ;
xp.finfo(xp.float32).bits ;  xp.broadcast_arrays(m, x4) ; xp.broadcast_to(x, (2,5)) ;
xp.broadcast_shapes((3,1),(4,)) ; xp.bitwise_and(i, i) ; xp.bitwise_or(i, 1) ; xp.bitwise_xor(i,i) ;
xp.bitwise_invert(i) ; xp.bitwise_left_shift(i, i) ; xp.bitwise_right_shift(i, i) ; xp.bitwise_and(b, b) ;
xp.clip(x, -0.5, 0.5) ; xp.clip(x, min=0.0) ; xp.clip(x, max=0.0) ; xp.clip(x, xp.zeros(5), xp.ones(5)) ;
xp.clip(i, 1, 2) ; xp.logical_and(b,b) ; xp.logical_or(b,b) ; xp.logical_xor(b,b) ; xp.logical_not(b) ;
xp.isfinite(x) ; xp.isinf(x) ; xp.isnan(x) ; xp.signbit(x) ; xp.copysign(x, -p) ; xp.nextafter(x, p) ;
xp.hypot(x, p) ; xp.conj(x) ; xp.real(x) ; xp.positive(x) ; xp.reciprocal(p) ; xp.abs(i) ; xp.sign(i) ;
xp.round(x) ; xp.round(i) ; xp.ceil(i) ; xp.floor(i) ; xp.trunc(i) ; xp.square(i) ; xp.negative(i) ;
xp.take(x, xp.asarray([0,2])) ; xp.take(m, xp.asarray([2,0]), axis=0) ;
xp.take_along_axis(m, xp.argsort(m,axis=1), axis=1) ; xp.matmul(m, n) ; xp.matmul(x,x) ; xp.matmul(i2, i2) ;
xp.tensordot(m, n, axes=1) ; xp.tensordot(m, m, axes=((0,1),(0,1))) ; xp.matrix_transpose(c) ; xp.vecdot(m, m) ;
m @ n ; c @ n ; xp.concat([x,x]) ; xp.concat((m,m),axis=1) ; xp.concat((m,m),axis=None) ; xp.concat([i,i]) ;
xp.expand_dims(x,axis=1) ; xp.flip(m) ; xp.flip(m,axis=0) ; xp.flip(m, axis=(0,1)) ; xp.moveaxis(c,0,2) ;
xp.permute_dims(c,(2,0,1)) ; xp.repeat(x,2) ; xp.repeat(m,2,axis=1) ; xp.repeat(x, xp.asarray([1,0,2,1,1])) ;
xp.reshape(m,(4,3)) ; xp.reshape(m,(-1,)) ; xp.reshape(m, (2,6), copy=True) ; xp.reshape(m,(12,),copy=False) ;
xp.roll(m,1) ; xp.roll(m,(1,2),axis=(0,1)) ; xp.squeeze(m[None],axis=0) ; xp.squeeze(m[None,:,None],axis=(0,2)) ;
xp.stack([x,x]) ; xp.stack([x,x],axis=1) ; xp.tile(x,(2,)) ; xp.tile(m,(2,1,2)) ; xp.unstack(m) ;
xp.unstack(m,axis=1) ; xp.argmax(x) ; xp.argmax(m,axis=1) ; xp.argmax(m,axis=0,keepdims=True) ; xp.argmin(m) ;
xp.nonzero(x) ; xp.count_nonzero(m) ; xp.count_nonzero(m,axis=1,keepdims=True) ; xp.searchsorted(xp.sort(x), x) ;
xp.searchsorted(xp.sort(x), x, side='right') ; xp.searchsorted(x, x, sorter=xp.argsort(x)) ; xp.where(b, x, -x) ;
xp.where(b, x, 1.0) ; xp.where(b, 0.0, x) ; xp.isin(i, xp.asarray([1,2])) ; xp.isin(i, i, invert=True) ;
xp.unique_all(i) ; xp.unique_counts(x) ; xp.unique_inverse(m) ; xp.unique_values(x) ; xp.argsort(x) ;
xp.argsort(x, stable=False) ; xp.sort(m) ; xp.sort(i) ; xp.cumulative_sum(x) ;
xp.cumulative_sum(m,axis=1,include_initial=True) ; xp.cumulative_sum(i) ; xp.cumulative_sum(f, dtype=xp.float64) ;
xp.cumulative_prod(x) ; xp.cumulative_prod(m,axis=0,include_initial=True) ; xp.max(m) ; xp.max(m,axis=(0,1)) ;
xp.max(m,axis=1,keepdims=True) ; xp.mean(m) ; xp.mean(c,axis=(0,2)) ; xp.min(m,axis=0) ; xp.prod(m) ;
xp.prod(m,axis=1,dtype=xp.float64) ; xp.prod(i) ; xp.std(m) ; xp.std(m,axis=1,correction=1) ;
xp.std(m,axis=0,keepdims=True) ; xp.sum(m) ; xp.sum(c,axis=(0,2)) ; xp.sum(f) ; xp.sum(f,dtype=xp.float64) ;
xp.sum(b) ; xp.sum(i) ; xp.var(m) ; xp.var(m,axis=1,correction=1.0) ; xp.all(b) ; xp.any(b) ; xp.all(m,axis=1) ;
xp.any(m,axis=0,keepdims=True) ; xp.all(m,axis=(0,1)) ; xp.diff(x) ; xp.diff(m,axis=0) ; xp.diff(x,n=2) ;
xp.diff(x, prepend=xp.zeros(1), append=xp.ones(1)) ; xp.pi ; xp.linalg.cholesky(s) ;
xp.linalg.cholesky(s, upper=True) ; xp.linalg.cross(m[:,:3],m[:,1:]) ; xp.linalg.det(s) ; xp.linalg.diagonal(c) ;
xp.linalg.diagonal(s,offset=1) ; xp.linalg.eigh(s)[0] ; xp.linalg.eigh(s).eigenvalues ; xp.linalg.eigvalsh(s) ;
xp.linalg.inv(s) ; xp.linalg.matmul(m,n) ; xp.linalg.matrix_norm(m) ; xp.linalg.matrix_norm(m,ord='nuc') ;
xp.linalg.matrix_norm(c,ord=2,keepdims=True) ; xp.linalg.matrix_norm(m,ord=1) ; xp.linalg.matrix_power(s,3) ;
xp.linalg.matrix_rank(s) ; xp.linalg.matrix_rank(c, rtol=1e-3) ; xp.linalg.matrix_transpose(c) ;
xp.linalg.outer(x,x) ; xp.linalg.pinv(m) ; xp.linalg.pinv(m,rtol=1e-3) ; xp.linalg.qr(n).Q.shape ;
xp.linalg.qr(n,mode='complete')[0].shape ; xp.abs(xp.linalg.qr(n).R) ; xp.linalg.slogdet(s) ;
xp.linalg.slogdet(s).logabsdet ; xp.linalg.solve(s, n[:3]) ; xp.linalg.solve(s, xp.ones(3)) ;
xp.linalg.svd(m,full_matrices=False).S ; xp.linalg.svd(m).U.shape ; xp.linalg.svdvals(m) ;
xp.linalg.tensordot(m,n,axes=1) ; xp.linalg.trace(s) ; xp.linalg.trace(c,offset=1) ;
xp.linalg.trace(f2,dtype=xp.float64) ; xp.linalg.vecdot(m,m) ; xp.linalg.vector_norm(x) ;
xp.linalg.vector_norm(m,axis=1,ord=1) ; xp.linalg.vector_norm(c,axis=(0,2),ord=xp.inf,keepdims=True) ;
xp.linalg.vector_norm(x,ord=0) ; xp.linalg.vector_norm(x, ord=3) ; x.shape ; x.ndim ; x.dtype == xp.float64 ;
x.T.shape if x.ndim == 2 else m.T ; c.mT ; i[0].__index__() ; x + 1 ; 1 - x ; x * x ; x / 2 ; x // 0.5 ; x % 0.7 ;
x ** 2 ; 2.0 ** x ; -x ; +x ; abs(x) ; x < 0 ; x >= x ; x == x ; x != 0 ; i & i ; i ^ i ; ~i ; i << 1 ; i >> 1 ;
b & b ; ~b ; x[1] ; x[1:3] ; x[::-1] ; m[1, :] ; m[..., 0] ; m[None] ; x[b] ; m[i2] ; x[xp.asarray([0, 2])] ;
m[xp.asarray([0, 2]), xp.asarray([1, 1])] ; f + 1.5 ; i + i ; f * f ; 1 + i ; i | 1 ;
"""
"""Calls in the words of the standard, with semicolons in between: `xp` is the namespace, letters are ARRAYS."""

UNARY = """
abs acos acosh asin asinh atan atanh ceil cos cosh exp expm1 floor log log10 log1p log2 negative positive reciprocal
round sign sin sinh sqrt square tan tanh trunc
"""
BINARY = """
add atan2 divide equal floor_divide greater greater_equal less less_equal logaddexp maximum minimum multiply
not_equal pow remainder subtract copysign hypot
"""
R = np.random.default_rng(0)
square = R.standard_normal((3, 3))
ARRAYS = {
    "x": R.standard_normal(5),
    "x4": R.standard_normal(4),
    "p": R.random(5) + 0.5,
    "u": R.random(5) * 0.8 + 0.1,
    "m": R.standard_normal((3, 4)),
    "n": R.standard_normal((4, 3)),
    "c": R.standard_normal((2, 3, 4)),
    "s": square @ square.T + 3 * np.eye(3),
    "i": np.array([1, 2, 3, 2, 1]),
    "i2": np.array([[1, 0], [2, 1]]),
    "b": np.array([True, False, True, True, False]),
    "f": (R.random(5) + 0.5).astype(np.float32),
    "f2": R.standard_normal((3, 3)).astype(np.float32),
}


def calls():
    every = [call.strip() for call in CALLS.replace("\n", " ").split(";") if call.strip()]
    for name in UNARY.split():
        x = "p + 1" if name == "acosh" else "u"
        every += [f"xp.{name}({x})", f"xp.{name}(xp.asarray({x}, dtype=xp.float32))"]
    for name in BINARY.split():
        every += [f"xp.{name}({arguments})" for arguments in ("p, u", "p, 2.0", "2.0, p", "f, f")]
    return every


def plain(z):
    """A result as (dtype, array), or a list of such."""
    if isinstance(z, (tuple, list)):
        return [plain(part) for part in z]
    return np.asarray(z.detach() if isinstance(z, autograd.Tensor) else z)


def same(a, b):
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a.dtype == b.dtype and a.shape == b.shape and (a.dtype.kind not in "fiub" or np.allclose(a, b, 1e-6, 1e-8))


@pytest.mark.parametrize("tracked", [False, True])
def test_calls_give_what_they_give_for_arrays(tracked):
    tensors = {name: autograd.tensor(a, requires_grad=tracked and a.dtype.kind == "f") for name, a in ARRAYS.items()}
    xp = tensors["x"].__array_namespace__()
    differ = []
    for call in calls():
        if BEFORE_2_1 and call.strip() in ("xp.ceil(i)", "xp.floor(i)", "xp.trunc(i)"):  # which made floats of integers
            continue
        try:
            wanted = plain(eval(call, {"xp": np, **ARRAYS}))
        except (AttributeError, TypeError):  # functions and arguments that NumPy has since 2.1
            assert BEFORE_2_1, call
            continue
        try:
            found = plain(eval(call, {"xp": xp, **tensors}))
        except NoRuleError as error:  # what has no derivative says so
            if not (tracked and "xp.unique_" in call):
                differ.append(f"{call}: {error}")
        except Exception as error:
            differ.append(f"{call}: {type(error).__name__}: {error}")
        else:
            if not same(wanted, found):
                differ.append(f"{call}: {found} for {wanted}")
    assert differ == []
    assert len(calls()) > 400
    assert not same(plain(np.ones(2)), plain(np.ones(2, np.float32)))
    assert not same(plain([1.0, 2.0]), plain([1.0, 2.1]))


def softmax(x):
    """As a library writes it that knows no array type."""
    xp = x.__array_namespace__()
    shifted = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return shifted / xp.sum(shifted, axis=-1, keepdims=True)


def test_a_function_written_for_the_standard_has_a_gradient():
    x = autograd.tensor([[0.5, -1.0, 2.0]], dtype=np.float64, requires_grad=True)
    z = softmax(x)
    np.testing.assert_allclose(z, np.exp(x.detach()) / np.exp(x.detach()).sum())
    assert autograd.check_grads(softmax, (x,))


def test_what_is_made_is_a_tensor():
    xp = autograd.ones(2).__array_namespace__()
    for made in (
        xp.zeros((2, 3)),
        xp.ones(3, device="cpu"),
        xp.arange(4),
        xp.asarray([1.0, 2.0]),
        xp.linspace(0, 1, 5),
    ):
        assert isinstance(made, autograd.Tensor)
    x = autograd.ones(2)
    assert xp.asarray(x) is x
    assert xp.asarray(x, copy=True) is not x
    assert xp.asarray(x, dtype=xp.float64).dtype == np.float64
    assert xp.isdtype(x.dtype, "real floating")
    assert xp.linalg.norm(x).item() == pytest.approx(2**0.5)
    values, counts = xp.unique_counts(xp.asarray([1.0, 1.0, 2.0]))
    assert (values.tolist(), counts.tolist()) == ([1.0, 2.0], [2, 1])


def test_what_is_not_there_says_so():
    xp = autograd.ones(2).__array_namespace__()
    with pytest.raises(AttributeError, match="complex numbers are not supported"):
        xp.fft  # noqa: B018
    with pytest.raises(AttributeError):
        xp.no_such_function  # noqa: B018
    assert "sum" in dir(xp)


def test_what_the_standard_has_and_numpy_has_not():
    a = np.array([[2.0, 1.0, 2.0], [0.5, 3.0, -1.0]])
    x = autograd.tensor(a, requires_grad=True)
    xp = x.__array_namespace__()
    np.testing.assert_array_equal(xp.sort(x, axis=1, descending=True).detach(), -np.sort(-a, axis=1))
    assert xp.argsort(x, axis=1, descending=True).tolist() == [[0, 2, 1], [1, 0, 2]]
    assert autograd.check_grads(lambda x: xp.sort(x, axis=0, descending=True), (x,))
    xp.zeros(1, dtype=xp.bool)
    assert xp.isdtype(x.dtype, "real floating") is True
    assert x.to_device(x.device) is x
    with pytest.raises(autograd.errors.DeviceError):
        x.to_device("cuda")
    info = xp.__array_namespace_info__()
    assert info.default_device() in info.devices()
    assert info.dtypes(kind="real floating").keys() == {"float32", "float64"}
    assert not any(dtype.kind == "c" for dtype in info.dtypes().values())
    assert info.default_dtypes()["real floating"] == xp.asarray(1.0).dtype
    assert info.capabilities()["boolean indexing"]
