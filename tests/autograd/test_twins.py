"""Every compiled twin gives what its plain function gives, wherever it runs in that function's place.

Twins are declared (`kernels.machine.fast`), so this finds all of them: it calls the operations as the table of cases
does, with every size moved to 1, and where a twin is about to run, its plain function runs on the same arguments, too.
A twin that no case reaches fails. What works element by element is also called at sizes around its own, and such that
registers of any width are filled, begun and left over.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import itertools

import numpy as np
import pytest

import autograd
from autograd.op import registry
from autograd.ops import fused
from kernels.machine import fast, jit
from tests.cases import CASES

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="then no twin runs")
TWINS = list(itertools.chain.from_iterable(fast.twins.values()))
NEAR = {np.dtype(np.float32): {"rtol": 3e-5, "atol": 3e-6}, np.dtype(np.float64): {"rtol": 1e-11, "atol": 1e-12}}
LENGTHS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129)


class DisagreementError(AssertionError):
    """A twin and its plain function give different things."""


def parts(value):
    """The arrays and numbers in a result."""
    if isinstance(value, (tuple, list)):
        for one in value:
            yield from parts(one)
    elif value is not None:
        yield np.asarray(value)


def compared(name, got, expected):
    got, expected = list(parts(got)), list(parts(expected))
    assert len(got) == len(expected), name
    for a, b in zip(got, expected, strict=True):
        if a.shape != b.shape or np.promote_types(a.dtype, b.dtype) != a.dtype:  # sums may stay in double precision
            raise DisagreementError(f"{name}: {a.shape} {a.dtype}, plain {b.shape} {b.dtype}")
        near = NEAR.get(b.dtype, {"rtol": 0, "atol": 0})
        scale = np.max(np.abs(b), initial=1, where=np.isfinite(b))
        if not np.allclose(a, b, near["rtol"], near["atol"] * scale, equal_nan=True):
            raise DisagreementError(f"{name} of {a.dtype} {a.shape}: off by {np.nanmax(np.abs(a - b))}")


@pytest.fixture
def reached(monkeypatch):
    """Twin -> how often it ran; each time, it is compared with its plain function, which may write into arguments."""
    count = dict.fromkeys(TWINS, 0)

    def watched(twin, run):
        def both(*arguments, **settings):
            count[twin] += 1
            own = copy.deepcopy(arguments)
            with np.errstate(all="ignore"):
                got, expected = run(*arguments, **settings), twin.plain(*own, **settings)
            # `None` is what is kept where it would take a sweep of its own
            if twin.name.endswith(":cross_entropy"):
                got, expected = got[0], expected[0]
            if twin.name.endswith("_winners_compiled"):
                compared(twin.name + ", winners", got[1], expected[1])
            compared(twin.name, got, expected)
            compared(twin.name + ", in place", arguments[0], own[0])
            return got if not twin.name.endswith(":cross_entropy") else run(*copy.deepcopy(own), **settings)

        return both

    for twin in TWINS:
        monkeypatch.setattr(twin, "run", watched(twin, twin.loaded()))
    return count


def everywhere(monkeypatch):
    """Twins run on one element and more."""
    for size in fast.SIZES.values():
        monkeypatch.setattr(size, "least", 1)


def there_and_back(case, dtype, shapes=None):
    arrays = (case if shapes is None else dataclasses.replace(case, shapes=shapes)).draw(np.random.default_rng(0))
    with np.errstate(all="ignore"):
        z = case.function(
            *[autograd.tensor(a.astype(dtype), requires_grad=case.order > 0) for a in arrays], **case.params
        )
        outs = [part for part in (z if isinstance(z, (tuple, list)) else [z]) if getattr(part, "requires_grad", False)]
        if outs:
            slopes = np.random.default_rng(1)
            autograd.backward(outs, [autograd.tensor(slopes.standard_normal(z.shape).astype(dtype)) for z in outs])
    return z


def in_place(dtype):
    """What writes into its arguments, and is no operation."""
    rng = np.random.default_rng(0)
    for n in LENGTHS:
        fused._rectify(rng.random(n).astype(dtype) - 0.5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_twins_agree_with_their_plain_functions(dtype, reached, monkeypatch):
    everywhere(monkeypatch)
    for case in CASES:
        there_and_back(case, dtype)
    in_place(dtype)
    missed = sorted(twin.name for twin, count in reached.items() if not count)
    assert not missed, f"no case reaches {missed}"


def of_any_length(case, dtype):
    """Does this case work element by element, on arrays of one shape?"""
    if len(set(case.shapes)) != 1 or not case.shapes[0] or case.covers not in WITH_TWINS:
        return False
    if any(not isinstance(value, (int, float, str, bool)) for value in case.params.values()):
        return False
    z = there_and_back(case, dtype)
    return isinstance(z, autograd.Tensor) and z.shape == case.shapes[0]


WITH_TWINS = {name for name, op in registry.items() if op.fast is not None}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lengths_around_registers_and_around_the_size_itself(dtype, reached, monkeypatch):
    """Below its size a twin does not run; from it on it does, unless NumPy is as quick with one thread."""
    cases = {case.covers: case for case in reversed(CASES) if of_any_length(case, dtype)}
    assert len(cases) > 15, "activations, arithmetic, running sums ..."
    for name, case in cases.items():
        size, twin = registry[name].fast.size, registry[name].fast.value
        for length in (size.elements - 1, size.elements, size.elements + 1):
            before = reached[twin]
            there_and_back(case, dtype, ((length, *[1] * (len(case.shapes[0]) - 1)),) * len(case.shapes))
            assert (reached[twin] > before) == (length >= size.elements), (name, length)
    everywhere(monkeypatch)
    for case, length in itertools.product(cases.values(), LENGTHS):
        there_and_back(case, dtype, ((length, *[1] * (len(case.shapes[0]) - 1)),) * len(case.shapes))


def test_the_comparison_can_fail(reached, monkeypatch):
    """A loop that forgets what is left over behind whole registers is found."""
    everywhere(monkeypatch)
    twin = registry["silu"].fast.rules["x"]
    case = next(case for case in CASES if case.covers == "silu" and len(case.shapes[0]) == 2)
    there_and_back(case, np.float32, ((9, 1),))  # compiles the rule, which is then known
    watched, right = twin.run, twin.plain

    def forgetful(dz, x):
        dx = right(dz, x)
        dx[len(dx) // 8 * 8 :] = 0
        return dx

    monkeypatch.setattr(twin, "run", lambda *arguments: compared(twin.name, forgetful(*arguments), right(*arguments)))
    with pytest.raises(DisagreementError, match="silu_grad"):
        there_and_back(case, np.float32, ((9, 1),))
    monkeypatch.setattr(twin, "run", watched)
    there_and_back(case, np.float32, ((9, 1),))


def test_what_does_not_fit_is_left_to_the_plain_function(monkeypatch):
    """Tensors, other dtypes, gaps, other shapes, other settings; and everything with no twins at all."""
    seen = []

    def twin(x, y, *, axis):
        seen.append(axis)
        return x

    @fast.fast(twin, at_least="activation", when=lambda x, axis: axis == 0, contiguous=True, alike=True)
    def plain(x, y, *, axis=0):
        return None

    monkeypatch.setitem(fast.twins, f"{__name__}:twin", [])
    for size in fast.SIZES.values():
        monkeypatch.setattr(size, "least", size.least)  # to be put back
        monkeypatch.setattr(size, "elements", size.elements)
    fast.move("activation", 512)
    x = np.ones(512)
    assert plain(x, x) is x
    assert seen == [0], "a twin is given the default settings, too"
    for left in ((x[1:], x[1:]), (x, x[:1]), (x, x.astype(np.float32)), (np.ones(1024)[::2], x)):
        assert plain(*left) is None
    assert plain(np.ones(512, np.float16), np.ones(512, np.float16)) is None
    assert plain(autograd.ones(512), x) is None
    assert plain(x, x, axis=1) is None
    fast.move("activation", 513)
    assert plain(x, x) is None
    fast.move("activation", 512)
    assert plain(x, x) is x
    fast.off()
    assert plain(x, x) is None


def test_a_choice_is_written_out_with_the_parameters_of_the_function():
    """It can be read, takes arguments by name, and asks nothing of those that are no arrays."""

    def twin(x, y, sizes, *, axis):
        return "twin", sizes, axis

    def plain(x, y, sizes: tuple[int, ...] = (), *, axis=0):
        return "plain", sizes, axis

    size = fast.Size(4)
    made = fast.Twin(twin, size, fast.Questions(lambda x, axis: axis < 2, lambda x, y: y.size))
    try:
        choose = made.beside(plain)
        signature = inspect.signature(plain)
        assert inspect.signature(choose) == signature
        x, y = np.ones(1), np.ones(4)
        assert choose(x, y) == ("twin", (), 0)
        assert list(inspect.signature(choose).parameters) == list(signature.parameters)
        text = inspect.getsource(choose)
        assert text.startswith("def choose(x, y, sizes=sizes, *, axis=axis):")
        assert "count(x, y) >= bound.least" in text
        assert "type(sizes)" not in text
        assert choose(x, y=y, sizes=(1,), axis=1) == ("twin", (1,), 1)
        assert choose(x, y, axis=2) == ("plain", (), 2)
        assert choose(x, x) == ("plain", (), 0)
        assert choose(x, y.astype(np.float32)) == ("plain", (), 0)
        with pytest.raises(TypeError, match="unexpected keyword"):
            choose(x, y, other=1)
    finally:
        del fast.twins[made.name]
