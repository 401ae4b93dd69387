"""What a Jacobian in chunks holds beside its result: the rows of one chunk, and what one rule makes of them."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

import autograd
from autograd import func
from autograd.products import product
from kernels.machine import threads

SIZE, CHUNK = 1000, 50
NUMBER = 4  # bytes
ROWS = CHUNK * SIZE * NUMBER  # of the result, that a chunk gives; and as many of cotangents, that it starts from


def peak(run):
    """The most memory that run() has at a time beyond what was there, and its result."""
    run()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        result = run()
        return tracemalloc.get_traced_memory()[1] - before, result
    finally:
        tracemalloc.stop()


@pytest.fixture
def _alone():
    """One thread: how many work on a product at the same moment is chance, and each has scratch memory of its own."""
    before = threads.get_num_threads()
    threads.set_num_threads(1)
    yield
    threads.set_num_threads(before)


@pytest.fixture(scope="module")
def weight():
    return autograd.tensor(np.random.default_rng(0).standard_normal((SIZE, SIZE), np.float32) / 30)


FUNCTIONS = {
    "a linear layer": lambda w, x: w @ x,
    "a layer with tanh": lambda w, x: (w @ x).tanh(),
    "two layers": lambda w, x: (w @ (w @ x).tanh()).tanh(),
    "a softmax": lambda w, x: (w @ x).softmax(0),
}


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize("transform", [func.jacrev, func.jacfwd])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_chunk_takes_little_more_than_what_comes_in_and_goes_out(weight, transform, name):
    """1.5 times the cotangents and the rows of a chunk, and the scratch memory of the product kernel."""
    x = autograd.tensor(np.random.default_rng(1).standard_normal(SIZE, np.float32))
    rows = np.ones((CHUNK, SIZE), np.float32)
    scratch, z = peak(lambda: product(rows, weight.numpy()))
    scratch -= z.nbytes
    most, jacobian = peak(lambda: transform(lambda x: FUNCTIONS[name](weight, x), chunk_size=CHUNK)(x))
    assert jacobian.shape == (SIZE, SIZE)
    chunk = 2 * ROWS
    assert most - jacobian.numpy().nbytes - scratch < 1.5 * chunk


def test_all_at_once_takes_more(weight):
    """The measure sees what chunks save."""
    x = autograd.tensor(np.random.default_rng(1).standard_normal(SIZE, np.float32))
    most, jacobian = peak(lambda: func.jacrev(lambda x: (weight @ x).tanh())(x))
    assert most - jacobian.numpy().nbytes > 10 * ROWS


@pytest.mark.parametrize("transform", [func.jacrev, func.jacfwd])
@pytest.mark.parametrize(
    "function", [lambda x: x, lambda x: x.reshape(2, 3).T, lambda x: x[[1, 1, 4]], lambda x: x * 1]
)
@pytest.mark.parametrize("chunk_size", [None, 1, 4, 9])
def test_rows_of_the_identity_can_be_written_to(transform, function, chunk_size):
    """Cotangents to start from share their memory; what is returned does not."""
    x = autograd.arange(6.0)
    jacobian = transform(function, chunk_size=chunk_size)(x)
    want = np.stack([function(autograd.tensor(row)).numpy() for row in np.eye(6, dtype=np.float32)], axis=-1)
    np.testing.assert_array_equal(jacobian.numpy(), want)
    jacobian.fill_(7.0)
    np.testing.assert_array_equal(jacobian.numpy(), np.full_like(want, 7))


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 7])
@pytest.mark.parametrize("tracked", [False, True])
def test_parts_come_to_their_places(chunk_size, tracked):
    x = autograd.arange(42.0).reshape(3, 7, 2).requires_grad_(tracked)
    settings = {"in_dims": 1, "out_dims": (0, 0, -1, 1)}

    def function(a):
        return a, a.sum(), a.T * 2, a.argmax(0)

    mapped = func.vmap(function, **settings, chunk_size=chunk_size)
    for z, want in zip(mapped(x), func.vmap(function, **settings)(x), strict=True):
        np.testing.assert_array_equal(z.detach().numpy(), want.detach().numpy())
        assert z.requires_grad == want.requires_grad
        assert z.dtype == want.dtype
    if tracked:
        mapped(x)[2].sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), np.full(x.shape, 2.0))


def test_parts_of_which_only_some_are_tracked():
    """Whether a part can be put in its place is known only when it is there."""
    w = autograd.tensor([2.0], requires_grad=True)
    calls = []

    def function(a):
        calls.append(a)
        return a * w[0] if len(calls) > 1 else a * 2.0

    z = func.vmap(function, chunk_size=2)(autograd.arange(5.0))
    np.testing.assert_array_equal(z.detach().numpy(), np.arange(5.0) * 2)
    z.sum().backward()
    assert w.grad.item() == 2 + 3 + 4


def test_parts_of_two_dtypes():
    calls = []

    def function(a):
        calls.append(a)
        return a if len(calls) > 1 else a.to(autograd.float32)

    z = func.vmap(function, chunk_size=2)(autograd.arange(5.0, dtype=autograd.float64))
    assert z.dtype == np.float64
    np.testing.assert_array_equal(z.numpy(), np.arange(5.0))
