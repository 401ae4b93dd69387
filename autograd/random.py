"""Random Tensors. Every function takes `generator=`; without one it draws from the default generator.

The default generator starts from fresh entropy; `manual_seed` makes a program repeatable. NumPy locks the generator
during each draw, so threads may share one, but then the order of their draws is up to the scheduler: give each thread a
Generator of its own where results must repeat.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from .devices import check_device
from .errors import DTypeError, ShapeError
from .later import later
from .modes import state
from .room import check_room, common_shape
from .tensors import Tensor
from .tensors.core import Core, array_of, get_default_dtype, operand, wrap
from .tensors.generator import Generator, default_generator, floating, standard_normal, uniform
from .tensors.new import dtype_of, made, size_of
from .tensors.options import makes
from .tensors.out import takes_out
from .tensors.promotion import check_held
from .tensors.untracked import warn_at_line

__all__ = ["Generator", "default_generator"]


# --------------------------------------------------------------------------------------- the default generator


def manual_seed(seed: int) -> Generator:
    """Restart the default generator from `seed`, and return it: the same seed gives the same numbers."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Restart the default generator from fresh entropy, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator last started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator: a uint8 Tensor that can be saved like any other."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Take the default generator back to a state from `get_rng_state`."""
    default_generator.set_state(new_state)


# ----------------------------------------------------------------------------------------------- uniform, normal


@makes
def rand(
    *args: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1): rand(2, 3) or rand((2, 3))."""
    check_device("rand", device)
    known = dtype_of("rand", dtype, get_default_dtype())
    return made(uniform("rand", generator, size_of("rand", args, size), known), requires_grad)


@makes
def randn(
    *args: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Standard normal: randn(2, 3) or randn((2, 3))."""
    check_device("randn", device)
    known = dtype_of("randn", dtype, get_default_dtype())
    return made(standard_normal("randn", generator, size_of("randn", args, size), known), requires_grad)


@makes
def rand_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1), of the shape and dtype of `input`."""
    x = array_of(input)
    return rand(x.shape, generator=generator, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


@makes
def randn_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Standard normal, of the shape and dtype of `input`."""
    x = array_of(input)
    return randn(x.shape, generator=generator, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


@makes
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with `mean` and `std`: Tensors that are broadcast, or two numbers and a `size`.

    The result is a constant: no gradient flows to mean and std, and a warning says so if they require grad. Write
    mean + std * randn(...) where it should.
    """
    check_device("normal", device)
    if state.tape is not None and any(isinstance(x, Core) and x._node is not None for x in (mean, std)):
        warn_at_line(
            "normal: no gradient flows from random numbers to mean and std. Write mean + std * randn(...), or "
            "nn.distributions.Normal(mean, std).rsample(), where it should; else give mean.detach() and std.detach()"
        )
    centre, spread = array_of(mean), array_of(std)
    common_shape("normal", centre.shape, spread.shape)
    if spread.size and spread.min() < 0:
        raise ShapeError(f"normal expects all elements of std >= 0.0, but found {spread.min()}")
    if size is None and not isinstance(mean, Core) and not isinstance(std, Core):
        raise TypeError("normal: wanted a size, since mean and std are numbers")
    tensors = [array_of(x) for x in (mean, std) if isinstance(x, Core)]
    known = dtype_of("normal", dtype, tensors[0].dtype if tensors else get_default_dtype())
    shape = np.broadcast_shapes(centre.shape, spread.shape) if size is None else size_of("normal", (size,))
    z = standard_normal("normal", generator, shape, known)
    return made(np.asarray(z * spread.astype(known) + centre.astype(known)), requires_grad)


# ------------------------------------------------------------------------------------------------------ integers


@makes
def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers from `low` to `high` - 1: randint(high, size) or randint(low, high, size). Default dtype int64."""
    check_device("randint", device)
    if size is None and isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    low = 0 if low is None else low
    if size is None or high is None:
        raise TypeError("randint: wanted a size, such as randint(10, (2, 3))")
    low, high = int(low), int(high)
    if low >= high:
        raise ShapeError(f"randint: random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    known = dtype_of("randint", dtype, np.dtype(np.int64))
    check_held("randint", [low, high - 1], known)
    if known.kind == "u" and low < 0:
        raise DTypeError(f"randint: from={low} is out of bounds for {known}")
    numbers = _rng(generator).integers(low, high, size_of("randint", (size,)), np.int64)
    return made(np.asarray(numbers).astype(known, copy=False), requires_grad)


@makes
def randint_like(
    input: Any,
    low: Any = None,
    high: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers from `low` (or 0) to `high` - 1, of the shape and dtype of `input`."""
    x = array_of(input)
    low, high = (0, low) if high is None else (0 if low is None else low, high)
    return randint(
        low, high, x.shape, generator=generator, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad
    )


@makes
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The integers 0 to n - 1 in random order. Default dtype int64."""
    check_device("randperm", device)
    if n < 0:
        raise ShapeError(f"randperm: n must be non-negative, got {n}")
    check_room("randperm", (n,))
    known = dtype_of("randperm", dtype, np.dtype(np.int64))
    return made(_rng(generator).permutation(int(n)).astype(known, copy=False), requires_grad)


# ------------------------------------------------------------------------------------------------ probabilities


@takes_out
def bernoulli(input: Any, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability in each element of `input` (or `p`), else 0; shape and dtype of `input`."""
    return operand(input).bernoulli(p, generator=generator)


def poisson(input: Any, generator: Generator | None = None) -> Tensor:
    """Poisson numbers with the rate in each element of `input`; its shape and dtype."""
    x = floating("poisson", array_of(input))
    if x.size and not x.min() >= 0:
        raise ShapeError("poisson: invalid Poisson rate, expected rate to be non-negative")
    return wrap(np.asarray(_rng(generator).poisson(x)).astype(x.dtype))


@takes_out
def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn with the weights in `input`, which need not sum to 1: int64 of shape (num_samples,), or per row.

    input         1-d or 2-d, non-negative and finite, each row with a positive sum
    replacement   False: no index twice, drawn one after the other; needs that many positive weights
    """
    return operand(input).multinomial(num_samples, replacement, generator=generator)


def _rng(generator: Generator | None) -> np.random.Generator:
    return (default_generator if generator is None else generator).rng


# ---------------------------------------------------------------------------------------------------------- states


@contextlib.contextmanager
def fork_rng(
    devices: Any = None, enabled: bool = True, _caller: str = "fork_rng", _devices_kw: str = "devices",
    device_type: str = "cuda",
) -> Iterator[None]:  # fmt: skip
    """A `with` block after which the default generator goes on as if nothing had been drawn inside.

    enabled   False: the block changes nothing
    devices, device_type   of other devices whose generators to keep: there are none
    """
    if not enabled:
        yield
        return
    before = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(before)


later(__name__)
