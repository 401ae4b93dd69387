"""Making Tensors: values, dtypes, shared memory, errors."""

import numpy as np
import pytest

import autograd
from autograd.errors import DeviceError, DTypeError, ShapeError


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, np.float32),
        ([1, 2], np.int64),
        (True, np.bool_),
        ([1, 2.5], np.float32),
        ([], np.float32),
        (np.ones(2), np.float64),
        (np.ones(2, np.int16), np.int16),
        (np.float64(2), np.float64),
    ],
)
def test_dtype_follows_the_data(data, dtype):
    assert autograd.tensor(data).dtype == dtype


def test_tensor_copies_and_from_numpy_shares():
    a = np.zeros(2)
    copied, shared, also = autograd.tensor(a), autograd.from_numpy(a), autograd.as_tensor(a)
    a[0] = 1
    assert copied.tolist() == [0.0, 0.0]
    assert shared.tolist() == also.tolist() == [1.0, 0.0]
    assert autograd.as_tensor(shared) is shared
    assert autograd.asarray(a, copy=True).numpy() is not a
    with pytest.raises(ValueError, match="can't alias"):
        autograd.asarray([1.0], copy=False)


def test_precision_is_kept_when_the_dtype_is_named():
    assert autograd.tensor(0.1, dtype=autograd.float64).item() == 0.1
    assert autograd.Tensor([0.1], dtype=autograd.float64).tolist() == [0.1]
    assert autograd.tensor(2**60 + 1, dtype=autograd.int64).item() == 2**60 + 1


def test_as_tensor_is_recorded():
    x = autograd.ones(2, requires_grad=True)
    autograd.as_tensor(x, dtype=autograd.float64).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_list_of_tensors():
    assert autograd.tensor([autograd.tensor(1.0), autograd.tensor(2.0)]).tolist() == [1.0, 2.0]


def test_foreign_byte_order_becomes_native():
    swapped = np.arange(3.0).astype(np.dtype(np.float32).newbyteorder())
    x = autograd.tensor(swapped, requires_grad=True)
    assert x.dtype.isnative
    assert x.tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(DTypeError, match="from_numpy"):
        autograd.from_numpy(swapped)


@pytest.mark.parametrize("data", ["text", None, [None], object(), 1j])
def test_what_is_no_number_raises(data):
    with pytest.raises(TypeError):
        autograd.tensor(data)


def test_ragged_lists_raise():
    with pytest.raises(ShapeError, match="sequences of equal length"):
        autograd.tensor([[1.0, 2.0], [3.0]])
    with pytest.raises(ShapeError, match="sequences of equal length"):
        autograd.tensor([[1.0, 2.0], [3.0]], dtype=autograd.float64)


def test_integers_cannot_require_grad():
    with pytest.raises(DTypeError, match="can require gradients"):
        autograd.zeros(2, dtype=autograd.int64, requires_grad=True)
    assert autograd.zeros(2, requires_grad=True).is_leaf


@pytest.mark.parametrize("function", [autograd.zeros, autograd.ones, autograd.empty, autograd.rand, autograd.randn])
def test_sizes(function):
    assert function(2, 3).shape == function((2, 3)).shape == function([2, 3]).shape == function(size=(2, 3)).shape
    assert function(()).shape == ()
    assert function(0, 3).shape == (0, 3)
    assert function(2).dtype == np.float32
    assert function(2, dtype=autograd.float64).dtype == np.float64
    with pytest.raises(ShapeError, match="Dimension size must be non-negative"):
        function(2, -1)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        function()
    with pytest.raises(TypeError):
        function(2, colour="red")


def test_legacy_constructor_takes_sizes():
    assert autograd.Tensor(2, 3).tolist() == [[0.0] * 3] * 2
    assert autograd.Tensor([2, 3]).tolist() == [2.0, 3.0]
    assert autograd.Tensor([2, 3]).dtype == np.float32
    assert autograd.Tensor().shape == (0,)


def test_full_takes_its_dtype_from_the_value():
    assert autograd.full((2,), 3).dtype == np.int64
    assert autograd.full((2,), True).dtype == np.bool_
    assert autograd.full((2,), 3.0).dtype == np.float32
    assert autograd.full((), autograd.tensor(2.5)).item() == 2.5


def test_like():
    x = autograd.ones(2, 3, dtype=autograd.float64)
    for function in (autograd.zeros_like, autograd.ones_like, autograd.empty_like, autograd.rand_like):
        assert (function(x).shape, function(x).dtype) == ((2, 3), np.float64)
        assert function(x, dtype=autograd.float32).dtype == np.float32
    assert autograd.full_like(x, 7).tolist() == [[7.0] * 3] * 2
    assert autograd.full_like(x, 7).dtype == np.float64


def test_new_methods_keep_the_dtype():
    x = autograd.tensor([1, 2])
    assert x.new_zeros(2).tolist() == [0, 0]
    assert x.new_ones((1, 2)).tolist() == [[1, 1]]
    assert x.new_full((2,), 7).tolist() == [7, 7]
    assert x.new_tensor([1.5]).tolist() == [1]
    assert x.new_empty(3).shape == (3,)
    assert {y.dtype for y in (x.new_zeros(1), x.new_ones(1), x.new_full((1,), 2.5))} == {np.dtype(np.int64)}
    assert x.new_zeros(2, dtype=autograd.float32, requires_grad=True).requires_grad


def test_eye():
    assert autograd.eye(2).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert autograd.eye(2, 3).shape == (2, 3)
    assert autograd.eye(0).shape == (0, 0)


@pytest.mark.parametrize(
    ("args", "expected", "dtype"),
    [
        ((3,), [0, 1, 2], np.int64),
        ((1, 4), [1, 2, 3], np.int64),
        ((4, 1, -2), [4, 2], np.int64),
        ((3.0,), [0, 1, 2], np.float32),
        ((0, 1, 0.25), [0, 0.25, 0.5, 0.75], np.float32),
        ((0,), [], np.int64),
    ],
)
def test_arange(args, expected, dtype):
    x = autograd.arange(*args)
    assert x.tolist() == expected
    assert x.dtype == dtype


def test_arange_errors():
    with pytest.raises(ShapeError, match="step must be nonzero"):
        autograd.arange(0, 3, 0)
    with pytest.raises(ShapeError, match="upper bound and lower bound inconsistent with step sign"):
        autograd.arange(3, 0)
    with pytest.raises(ShapeError, match="unsupported range"):
        autograd.arange(0, np.inf)


def test_linspace_and_logspace():
    assert autograd.linspace(0, 1, 5).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert autograd.linspace(3, 10, 1).tolist() == [3.0]
    assert autograd.linspace(0, 10, 4, dtype=autograd.int64).tolist() == [0, 3, 6, 10]
    assert autograd.logspace(0, 3, 4).tolist() == [1.0, 10.0, 100.0, 1000.0]
    assert autograd.logspace(0, 3, 4, base=2).tolist() == [1.0, 2.0, 4.0, 8.0]
    with pytest.raises(ShapeError, match="number of steps must be non-negative"):
        autograd.linspace(0, 1, -1)


def test_the_only_device_is_the_cpu():
    x = autograd.zeros(2, device="cpu")
    assert x.device == autograd.device("cpu") == autograd.zeros(2, device=x.device).device
    assert repr(x.device) == "device(type='cpu')"
    assert str(autograd.device("cpu:0")) == "cpu:0"
    assert not autograd.cuda.is_available()
    for name in ("cuda", "cuda:0", "mps", "gpu"):
        with pytest.raises(DeviceError, match="zeros: there is no device"):
            autograd.zeros(2, device=name)


def test_dtype_names():
    assert autograd.float is autograd.float32
    assert autograd.double is autograd.float64
    assert autograd.half is autograd.float16
    assert autograd.long is autograd.int64
    assert autograd.int is autograd.int32
    assert autograd.short is autograd.int16
    assert autograd.zeros(1, dtype=autograd.bool).dtype == np.bool_
    assert autograd.zeros(1, dtype=int).dtype == np.int64
    assert autograd.zeros(1, dtype=float).dtype == np.float64
    with pytest.raises(DTypeError, match="wanted a bool, integer or floating point dtype"):
        autograd.zeros(1, dtype=np.complex64)
    with pytest.raises(DTypeError, match="wanted a dtype"):
        autograd.zeros(1, dtype="decimal")


def test_limits_of_dtypes():
    assert autograd.finfo(autograd.float64).eps == np.finfo(np.float64).eps
    assert autograd.finfo().max == np.finfo(np.float32).max
    assert autograd.iinfo(autograd.int8).max == 127
    with pytest.raises(DTypeError, match="use iinfo"):
        autograd.finfo(autograd.int8)


def test_questions():
    assert autograd.is_tensor(autograd.zeros(1))
    assert not autograd.is_tensor(np.zeros(1))
    assert autograd.is_floating_point(autograd.zeros(1))
    assert not autograd.tensor([1]).is_floating_point()


def test_the_default_dtype_can_be_changed():
    autograd.set_default_dtype(autograd.float64)
    try:
        made = [autograd.zeros(1), autograd.tensor(1.5), autograd.rand(1), autograd.arange(1.0), autograd.eye(1)]
        assert {x.dtype for x in made} == {np.dtype(np.float64)}
    finally:
        autograd.set_default_dtype(autograd.float32)
