"""Random Tensors: repeatable, in range, of the right distribution and dtype."""

import numpy as np
import pytest

import autograd
from autograd.errors import DTypeError, InplaceError, ShapeError

N = 20_000  # standard errors below are of the order of 1 / sqrt(N) = 0.007


@pytest.fixture
def g():
    return autograd.Generator().manual_seed(1)


def draws(g):
    return [
        autograd.rand(3, generator=g),
        autograd.randn(3, generator=g),
        autograd.randint(10, (3,), generator=g),
        autograd.randperm(5, generator=g),
        autograd.normal(0.0, 1.0, (2,), generator=g),
        autograd.bernoulli(autograd.full((4,), 0.5), generator=g),
        autograd.multinomial(autograd.ones(4), 2, generator=g),
        autograd.rand_like(autograd.ones(2), generator=g),
        autograd.zeros(2).normal_(generator=g),
        autograd.zeros(2).uniform_(generator=g),
    ]


def test_the_same_seed_gives_the_same_numbers():
    first = [x.tolist() for x in draws(autograd.Generator().manual_seed(7))]
    again = [x.tolist() for x in draws(autograd.Generator().manual_seed(7))]
    other = [x.tolist() for x in draws(autograd.Generator().manual_seed(8))]
    assert first == again
    assert first != other


def test_the_default_generator():
    assert autograd.manual_seed(3) is autograd.default_generator
    first = autograd.rand(3).tolist()
    assert autograd.initial_seed() == 3
    autograd.manual_seed(3)
    assert autograd.rand(3).tolist() == first
    seed = autograd.seed()
    assert autograd.initial_seed() == seed


def test_a_state_can_be_saved_and_restored(tmp_path):
    autograd.manual_seed(5)
    autograd.randint(10, (3,))
    autograd.rand(1)
    np.save(tmp_path / "state.npy", autograd.get_rng_state().numpy(), allow_pickle=False)
    first = [x.tolist() for x in draws(None)]
    autograd.manual_seed(6)
    autograd.set_rng_state(autograd.tensor(np.load(tmp_path / "state.npy")))
    assert [x.tolist() for x in draws(None)] == first
    assert autograd.initial_seed() == 5
    with pytest.raises(ShapeError, match="RNG state is wrong size"):
        autograd.set_rng_state(autograd.zeros(3))


def test_seeds_are_64_bits_wide():
    assert autograd.Generator().manual_seed(-1).initial_seed() == 2**64 - 1
    with pytest.raises(ValueError, match="64 bits"):
        autograd.manual_seed(2**64)


def test_known_numbers():
    x = autograd.rand(3, generator=autograd.Generator().manual_seed(0), dtype=autograd.float64)
    np.testing.assert_array_equal(x.numpy(), np.random.default_rng(0).random(3))


@pytest.mark.parametrize("dtype", [autograd.float16, autograd.float32, autograd.float64])
def test_uniform_stays_below_one(dtype, g):
    x = autograd.rand(N, generator=g, dtype=dtype)
    assert x.dtype == dtype
    assert 0 <= x.numpy().min() < 0.01
    assert 0.99 < x.numpy().max() < 1
    assert abs(x.numpy().astype(float).mean() - 0.5) < 0.02


@pytest.mark.parametrize("dtype", [autograd.float16, autograd.float32, autograd.float64])
def test_normal_has_mean_0_and_deviation_1(dtype, g):
    x = autograd.randn(N, generator=g, dtype=dtype)
    assert x.dtype == dtype
    values = x.numpy().astype(float)
    assert abs(values.mean()) < 0.04
    assert abs(values.std() - 1) < 0.04


def test_forms_of_normal(g):
    assert autograd.normal(autograd.zeros(2, 1), autograd.ones(3), generator=g).shape == (2, 3)
    assert autograd.normal(autograd.zeros(2), 2.0).shape == (2,)
    assert autograd.normal(1.0, autograd.ones(2, dtype=autograd.float64)).dtype == np.float64
    assert autograd.normal(5.0, 0.0, (2,)).tolist() == [5.0, 5.0]
    with pytest.warns(UserWarning, match="no gradient flows from random numbers"):
        assert not autograd.normal(autograd.zeros(2, requires_grad=True), 1.0).requires_grad
    with pytest.raises(ShapeError, match="std >= 0"):
        autograd.normal(0.0, -1.0, (2,))
    with pytest.raises(TypeError, match="wanted a size"):
        autograd.normal(0.0, 1.0)


def test_integers(g):
    x = autograd.randint(3, 6, (N,), generator=g)
    assert x.dtype == np.int64
    assert np.unique(x.numpy()).tolist() == [3, 4, 5]
    assert np.unique(autograd.randint(2, (100,), generator=g).numpy()).tolist() == [0, 1]
    assert autograd.randint(0, 2, size=(2,), dtype=autograd.float32).dtype == np.float32
    assert autograd.randint(high=3, low=2, size=(2,)).tolist() == [2, 2]
    assert autograd.randint_like(autograd.zeros(2, 2), 1, 2).tolist() == [[1.0, 1.0]] * 2
    with pytest.raises(ShapeError, match="'from' to be less than 'to'"):
        autograd.randint(3, 3, (2,))


def test_permutation(g):
    assert sorted(autograd.randperm(10, generator=g).tolist()) == list(range(10))
    assert autograd.randperm(0).shape == (0,)
    assert autograd.randperm(3, dtype=autograd.int32).dtype == np.int32


def test_bernoulli(g):
    x = autograd.bernoulli(autograd.full((N,), 0.3), generator=g)
    assert x.dtype == np.float32
    assert set(x.tolist()) == {0.0, 1.0}
    assert abs(x.numpy().mean() - 0.3) < 0.02
    assert autograd.bernoulli(autograd.tensor([0.0, 1.0])).tolist() == [0.0, 1.0]
    assert autograd.bernoulli(autograd.zeros(3), 1.0).tolist() == [1.0] * 3
    for wrong in (2.0, -0.5, np.nan):
        with pytest.raises(ShapeError, match="p_in >= 0 && p_in <= 1"):
            autograd.bernoulli(autograd.tensor(wrong))


def test_multinomial_with_replacement(g):
    x = autograd.multinomial(autograd.tensor([1.0, 0.0, 3.0, 0.0]), N, replacement=True, generator=g)
    assert x.dtype == np.int64
    counts = np.bincount(x.numpy(), minlength=4) / N
    np.testing.assert_allclose(counts, [0.25, 0, 0.75, 0], atol=0.02)
    assert autograd.multinomial(autograd.ones(5, 2), 7, replacement=True).shape == (5, 7)


def test_multinomial_without_replacement(g):
    weights = autograd.tensor([1.0, 2.0, 0.0, 3.0])
    x = autograd.multinomial(autograd.tensor(np.tile(weights.numpy(), (N, 1))), 3, generator=g).numpy()
    assert (np.sort(x, axis=1) == [0, 1, 3]).all()
    np.testing.assert_allclose(np.bincount(x[:, 0], minlength=4) / N, [1 / 6, 2 / 6, 0, 3 / 6], atol=0.02)
    second = x[x[:, 0] == 3][:, 1]  # the rest is drawn with its own weights, 1 : 2
    np.testing.assert_allclose((second == 1).mean(), 2 / 3, atol=0.02)


def test_multinomial_errors():
    with pytest.raises(ShapeError, match="without replacement"):
        autograd.multinomial(autograd.tensor([0.0, 1.0]), 2)
    with pytest.raises(ShapeError, match="either `inf`, `nan` or element < 0"):
        autograd.multinomial(autograd.tensor([-1.0, 1.0]), 1)
    with pytest.raises(ShapeError, match="sum of probabilities <= 0"):
        autograd.multinomial(autograd.zeros(3), 1, replacement=True)


def test_random_floats_need_a_floating_dtype():
    for function in (autograd.rand, autograd.randn):
        with pytest.raises(DTypeError, match="floating point"):
            function(2, dtype=autograd.int64)


def test_random_leaves():
    assert autograd.randn(3, requires_grad=True).is_leaf
    assert autograd.randn(3, requires_grad=True).requires_grad


# ----------------------------------------------------------------------------------------------------- in place


def test_fills_write_into_the_same_memory(g):
    x = autograd.zeros(N)
    memory = x.numpy()
    fills = {
        "uniform_": ((-1.0, 3.0), 1.0),
        "normal_": ((2.0, 0.5), 2.0),
        "exponential_": ((4.0,), 0.25),
        "bernoulli_": ((0.25,), 0.25),
        "geometric_": ((0.5,), 2.0),
        "random_": ((11,), 5.0),
        "log_normal_": ((0.0, 0.1), np.exp(0.005)),
    }
    for name, (args, mean) in fills.items():
        assert getattr(x, name)(*args, generator=g) is x
        assert abs(memory.mean() - mean) < 0.07, name
    x.cauchy_(1.0, 2.0, generator=g)
    assert abs(np.median(memory) - 1) < 0.1
    assert x.dtype == np.float32


def test_fills_of_strided_and_0d_tensors(g):
    x = autograd.zeros(2, 3)
    x[:, 1].normal_(generator=g)
    assert (x.numpy()[:, [0, 2]] == 0).all()
    assert (x.numpy()[:, 1] != 0).all()
    for name in ("uniform_", "normal_", "exponential_", "bernoulli_", "random_", "cauchy_", "log_normal_"):
        assert getattr(autograd.zeros(()), name)().shape == ()
    assert autograd.zeros(()).geometric_(0.5).shape == ()


def test_leaves_are_filled_only_under_no_grad():
    x = autograd.zeros(3, requires_grad=True)
    with pytest.raises(InplaceError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        x.normal_()
    assert x.tolist() == [0.0] * 3
    with autograd.no_grad():
        x.uniform_(1, 2)
    assert x.requires_grad
    assert min(x.tolist()) >= 1


def test_a_filled_value_depends_on_nothing():
    x = autograd.ones(3, requires_grad=True)
    y = x * 2
    y.normal_()
    (y.sum() + x.sum()).backward()
    assert x.grad.tolist() == [1.0] * 3


def test_fill_errors():
    x = autograd.zeros(3)
    with pytest.raises(DTypeError, match="normal_: wanted a floating point dtype"):
        autograd.tensor([1, 2]).normal_()
    with pytest.raises(ShapeError, match=r"uniform_ expects to return a \[from, to\) range"):
        x.uniform_(2, 1)
    with pytest.raises(ShapeError, match="exponential_ expects lambda > 0"):
        x.exponential_(-1.0)
    with pytest.raises(ShapeError, match="std >= 0"):
        x.normal_(0, -1)
    with pytest.raises(ShapeError, match=r"p to be in \[0, 1\]"):
        x.bernoulli_(1.5)


def test_integers_are_filled_exactly(g):
    x = autograd.zeros(1000, dtype=autograd.int64).random_(5, generator=g)
    assert np.unique(x.numpy()).tolist() == [0, 1, 2, 3, 4]
    assert set(autograd.zeros(100, dtype=autograd.bool).random_(generator=g).tolist()) == {True, False}
    assert autograd.zeros(10, dtype=autograd.int64).bernoulli_(1.0).tolist() == [1] * 10
