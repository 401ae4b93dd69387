"""The kind: a Tensor that requires grad becomes a number or an array, and nobody says that its gradient is lost.

Every such way records, raises, or warns at the line. So all of NumPy, of `math`, `operator`, `statistics` and the
builtins is called with tracked Tensors in every place: if a result is floating point, untracked, came without a warning
and changes with the value of the Tensor, its gradient was lost in silence. What says by its name that a number is meant
(`item`, `tolist`, printing) is silent, and nothing is lost under `no_grad`.
"""

from __future__ import annotations

import array
import copy
import ctypes
import itertools
import math
import operator
import pickle
import statistics
import struct
import warnings

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.errors import DTypeError, GraphError, NoRuleError

ESCAPE = "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior"
MODULES = (
    np, np.linalg, np.fft, np.random, np.ma, np.emath, np.polynomial.polynomial, np.polynomial.chebyshev,
    np.lib.stride_tricks, np.lib.scimath, np.lib.array_utils, np.testing, np.strings,
)  # fmt: skip
NOT_CALLED = {  # files, switches of the process, and memory that holds anything
    "DataSource",
    "empty",
    "empty_like",
    "masked_all",
    "masked_all_like",
    "bench",
    "clear_and_catch_warnings",
    "fromfile",
    "fromregex",
    "genfromtxt",
    "get_printoptions",
    "info",
    "load",
    "loadtxt",
    "memmap",
    "open_memmap",
    "printoptions",
    "runstring",
    "rundocs",
    "save",
    "savetxt",
    "savez",
    "savez_compressed",
    "seed",
    "set_printoptions",
    "set_state",
    "seterr",
    "seterrcall",
    "setbufsize",
    "show_config",
    "show_runtime",
    "suppress_warnings",
    "temppath",
    "tempdir",
    "test",
    "measure",
    "set_default_bit_generator",
    "set_bit_generator",
}


def tracked(shape, factor):
    """A computed Tensor with values from 0.5 to 0.9, times `factor`."""
    x = np.linspace(0.5, 0.9, math.prod(shape)).reshape(shape) * factor
    return autograd.tensor(x, requires_grad=True) * 1.0


def constant(shape):
    return np.linspace(0.1, 0.8, math.prod(shape)).reshape(shape)


PLACES = {
    "t": lambda t, a, f: (t,),
    "t, t": lambda t, a, f: (t, t),
    "a, t": lambda t, a, f: (a, t),
    "t, a": lambda t, a, f: (t, a),
    "t, number": lambda t, a, f: (t, 1.5),
    "number, t": lambda t, a, f: (2.5, t),
    "t, int": lambda t, a, f: (t, 1),
    "a, a, t": lambda t, a, f: (a, a, t),
    "a, t, a": lambda t, a, f: (a, t, a),
    "t, t, t": lambda t, a, f: (t, t, t),
    "list": lambda t, a, f: ([t, t],),
    "mixed list": lambda t, a, f: ([t, a],),
    "a, list": lambda t, a, f: (a, [t, a]),
    "t, type": lambda t, a, f: (t, float),
    "list, type": lambda t, a, f: ([t, t], float),
    "a, index, t": lambda t, a, f: (a, [0], t),
    "a, mask, t": lambda t, a, f: (a, a > 0.3, t),
    "mask, t, a": lambda t, a, f: (a > 0.3, t, a),
    "masks, list": lambda t, a, f: ([a > 0.3], [t]),
    "a, masks, list": lambda t, a, f: (a, [a > 0.3], [t]),
    "function, t": lambda t, a, f: (f, t),
    "function, int, t": lambda t, a, f: (f, 0, t),
    "size, t": lambda t, a, f: ((2,), t),
}


def floats_of(result, depth=0):
    """The floating point numbers in what a function returned; None if one of them is tracked."""
    if isinstance(result, autograd.Tensor):
        return None if result.requires_grad else floats_of(result.numpy())
    if isinstance(result, (bool, int, str, bytes, type(None), np.bool_, np.integer)):
        return []
    if isinstance(result, (float, complex, np.inexact)):
        return [complex(result)]
    if isinstance(result, np.ma.MaskedArray):
        result = result.data
    if isinstance(result, np.ndarray) and result.dtype.kind in "fc":
        return [complex(x) for x in np.asarray(result).ravel().tolist()]
    parts = list(result.values()) if isinstance(result, dict) else result
    if isinstance(parts, np.ndarray) and parts.dtype.kind == "O":
        parts = parts.ravel().tolist()
    found = []
    if isinstance(parts, (tuple, list)) and depth < 4:
        for part in parts:
            inner = floats_of(part, depth + 1)
            if inner is None:
                return None
            found += inner
    return found


def outcome(function, place, shape, factor):
    """The untracked numbers that a call gives or writes; None if it records, raises or warns."""
    given = constant(shape)
    args = PLACES[place](tracked(shape, factor), given, lambda x: x * 1.0)
    np.random.seed(0)  # noqa: NPY002 - what the old functions draw from
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            result = function(*args)
        except Exception:
            return None
    if any(ESCAPE in str(warning.message) for warning in caught):
        return None
    found = floats_of(result)
    return None if found is None else found + floats_of(given)


def lost(functions, places=PLACES, shapes=((), (3,), (2, 2))):
    """The (name, place, shape) whose untracked results change with the value of the tracked Tensor."""
    found = []
    for (name, function), place, shape in itertools.product(functions, places, shapes):
        first = outcome(function, place, shape, 1.0)
        if first and not np.array_equal(first, outcome(function, place, shape, 1.5) or first, equal_nan=True):
            found.append((name, place, shape))
    return found


def public(module, skip=NOT_CALLED):
    """Functions and classes of a module that are worth calling."""
    for name in sorted(dir(module)):
        function = getattr(module, name)
        exception = isinstance(function, type) and issubclass(function, BaseException)
        if not name.startswith("_") and name not in skip and callable(function) and not exception:
            yield f"{module.__name__}.{name}", function


def test_the_search_sees_a_lost_gradient():
    assert lost([("item", lambda x: x.item() * 2)], places=["t"], shapes=[()]) == [("item", "t", ())]
    assert not lost([("float", lambda x: float(x) * 2)], places=["t"], shapes=[()])


def test_all_of_numpy():
    functions = {id(function): (name, function) for module in MODULES for name, function in public(module)}
    assert len(functions) > 800
    assert lost(functions.values()) == []


def test_ufuncs_and_their_methods():
    ufuncs = {name: f for name, f in public(np) if isinstance(f, np.ufunc)}
    assert len(ufuncs) > 80
    calls = []
    for name, f in ufuncs.items():
        calls += [
            (name + ".reduce", f.reduce),
            (name + ".accumulate", f.accumulate),
            (name + ".outer", f.outer),
            (name + ".reduceat", lambda x, f=f: f.reduceat(x, [0])),
            (name + ".at", lambda a, b, *c, f=f: f.at(a, *c, b) if c else f.at(a, 0, b)),
            (name + " where", lambda *x, f=f: f(*x, where=True)),
            (name + " dtype", lambda *x, f=f: f(*x, dtype=np.float64)),
            (name + " out", lambda *x, f=f: f(*x[:-1], out=x[-1])),
        ]
    assert lost(calls, places=["t", "t, t", "a, t", "t, a", "t, a, a" if "t, a, a" in PLACES else "a, t, a"]) == []


def test_methods_of_arrays():
    names = [n for n in dir(np.ndarray) if callable(getattr(np.ndarray, n)) and n not in ("tofile", "dump")]
    names = [n for n in names if not n.startswith("__") or n in dir(operator) or n.startswith(("__i", "__r", "__set"))]
    methods = [(n, lambda a, *x, n=n: getattr(a, n)(*x)) for n in names]
    assert lost(methods, places=["a, t", "a, index, t", "a, mask, t", "a, list", "a, t, a"]) == []
    scalars = [(n, lambda _, *x, n=n: getattr(np.float64(2.5), n)(*x)) for n in dir(np.float64) if n != "tofile"]
    assert lost(scalars, places=["a, t"]) == []


def test_the_standard_library():
    functions = [item for module in (math, operator, statistics) for item in public(module, skip=())]
    functions += [
        (f.__name__, f)
        for f in (float, int, complex, abs, round, divmod, pow, sum, max, min, sorted, list, tuple, reversed, set)
    ]
    functions += [
        ("array.array", lambda *x: list(array.array("d", x))),
        ("struct.pack", lambda x: struct.unpack("d", struct.pack("d", x))[0]),
        ("ctypes", lambda x: ctypes.c_double(x).value),
        ("percent", lambda x: float(operator.mod("%.17f", x))),
        ("frompyfunc", lambda *x: np.frompyfunc(lambda v: v * 2, 1, 1)(*x)),
        ("vectorize", lambda *x: np.vectorize(lambda v: v * 2)(*x)),
        ("copy", copy.copy),
        ("poly1d", lambda *x: np.poly1d([1.0, 2.0])(*x)),
        ("from a generator", lambda x: np.fromiter((v * v for v in x), float)),
        ("tensor", lambda x: autograd.full((2,), x)),
        ("full", lambda *x: autograd.full((2,), *x)),
        ("linspace", lambda *x: autograd.linspace(0.0, *x, 3)),
    ]
    assert lost(functions, shapes=((), (3,))) == []


def test_what_a_gradient_flows_through_after_all():
    """`nextafter` moves with x; `heaviside` with its value at 0; a copy of a computed Tensor is a view."""
    x, y = autograd.tensor([1.0, 0.0], requires_grad=True), autograd.tensor([2.0, 3.0], requires_grad=True)
    g = autograd.grad(np.nextafter(x, y).sum(), (x, y))
    assert [v.tolist() for v in g] == [[1.0, 1.0], [0.0, 0.0]]
    g = autograd.grad(np.heaviside(x, y).sum(), (x, y))
    assert [v.tolist() for v in g] == [[0.0, 0.0], [0.0, 1.0]]
    (g,) = autograd.grad(copy.copy(x * 3).sum(), x)
    assert g.tolist() == [3.0, 3.0]
    (g,) = autograd.grad(np.full_like(autograd.zeros(4), x[0] * 2).sum(), x)
    assert g.tolist() == [8.0, 0.0]


def test_our_own_settings_and_extra_arguments():
    """Where a Tensor that requires grad stands for a number or for weights, it is recorded, refused or warned of."""
    x = autograd.tensor([0.3, 0.1, 0.3, 0.9], dtype=np.float64, requires_grad=True)
    data = autograd.tensor([[1.0, 2.0, 4.0, 8.0], [1.0, 0.0, 3.0, 1.0]], dtype=np.float64)
    labels = autograd.tensor([0, 1])
    step = 1e-6

    def slopes(function):
        """By central differences, element by element."""
        found = []
        for shift in np.eye(4) * step:
            up, down = (function(x.detach() + sign * shift).sum().item() for sign in (1.0, -1.0))
            found.append((up - down) / (2 * step))
        return found

    recorded = {
        "cov": lambda v: data.cov(aweights=v),
        "bincount": lambda v: autograd.tensor([0, 2, 2, 1]).bincount(v) ** 2,
        "quantile": lambda v: data.quantile(v * 0.9, dim=1) ** 2,
        "nanquantile": lambda v: data.nanquantile(v[0], dim=1),
        "gradient": lambda v: autograd.gradient(data, spacing=(v.cumsum(0) + v,), dim=1)[0] ** 2,
        "gradient of equal steps": lambda v: autograd.gradient(data, spacing=v[3], dim=1, edge_order=2)[0] ** 2,
        "unique_consecutive": lambda v: autograd.unique_consecutive(v) ** 2,
    }
    for name, function in recorded.items():
        (g,) = autograd.grad(function(x).sum(), x)
        np.testing.assert_allclose(g.numpy(), slopes(function), rtol=1e-6, atol=1e-9, err_msg=name)
    values, inverse, counts = x.unique(return_inverse=True, return_counts=True)
    (g,) = autograd.grad((values * autograd.tensor([1.0, 2.0, 3.0])).sum(), x)
    assert g.tolist() == [2.0, 1.0, 0.0, 3.0]  # the first of the two equal elements
    assert (inverse.tolist(), counts.tolist()) == ([1, 0, 1, 2], [1, 2, 1])
    assert autograd.grad(data.T.unique(dim=0).sum() * x[0], x)[0][0] == 20.0
    for loss in (F.cross_entropy, F.nll_loss, F.multi_margin_loss):
        with pytest.raises(NoRuleError, match=r"not differentiable with respect to argument 'weight'.*weight\.detach"):
            loss(data, labels, weight=x)
    for function in (
        lambda v: F.threshold(data, v, 0.0),
        lambda v: autograd.full((2,), v),
        lambda v: autograd.arange(0, v),
        lambda v: autograd.linspace(0, v, 3),
        lambda v: F.leaky_relu(data, v),
        lambda v: F.pad(data, (1, 1), value=v),
    ):
        assert any(message.startswith(ESCAPE) for _, message, _ in said(lambda function=function: function(x[0])))
    assert autograd.allclose(x, x, atol=x[0])
    ((_, message, here),) = said(lambda: autograd.normal(x, 1.0))
    assert "mean + std * randn" in message
    assert here
    with pytest.raises(DTypeError, match="expected fweights to have integral dtype"):
        data.cov(fweights=x)


def said(function):
    """(category, message, is it at a line of this file) of the warnings that a call gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    return [(w.category, str(w.message), w.filename == __file__) for w in caught]


def test_numbers_warn_at_the_line_and_logging_does_not():
    x = tracked((), 1.0)
    for function in (
        float,
        int,
        complex,
        math.exp,
        lambda v: np.fromiter([v], float),
        lambda v: operator.mod("%f", v),
        np.float64,
    ):
        ((category, message, here),) = said(lambda function=function: function(x))
        assert category is UserWarning
        assert message.startswith(ESCAPE)
        assert here
    target = np.zeros(2)
    assert len(said(lambda: target.__setitem__(0, x))) == 1
    quiet = [lambda: x.item(), lambda: x.tolist(), lambda: f"{x:.3f} {x}", lambda: bool(x), lambda: x.detach().numpy()]
    for function in [
        *quiet,
        lambda: float(x.detach()),
        lambda: float(x.item()),
        lambda: str(x),
        lambda: x.numpy(force=True),
    ]:
        assert said(function) == []
    with autograd.no_grad():
        assert said(lambda: (float(x), int(x), math.exp(x))) == []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            float(x)  # one line, one warning
    assert len(caught) == 1


def test_copies_of_values_warn():
    x = tracked((3,), 1.0)
    for function in (autograd.tensor, autograd.Tensor, x.new_tensor):
        ((_, message, here),) = said(lambda function=function: function(x))
        assert message.startswith(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone()"
        )
        assert here
        assert said(lambda function=function: function(x.detach())) == []
    assert autograd.asarray(x, copy=True).requires_grad
    assert len(said(lambda: autograd.tensor([x[0], 1.0]))) == 1
    for function in (copy.deepcopy, pickle.dumps):
        with pytest.raises(GraphError, match="created explicitly by the user"):
            function(x)


def test_arrays_raise_while_recording_and_only_then():
    x = tracked((3,), 1.0)
    conversions = (
        lambda: x.numpy(),
        lambda: np.asarray(x),
        lambda: np.array([x, x]),
        lambda: np.random.default_rng(0).choice(x),
    )
    for function in conversions:
        with pytest.raises(GraphError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
            function()
        with autograd.no_grad():
            assert isinstance(function(), (np.ndarray, np.floating))
    with pytest.raises(BufferError, match="Can't export tensors that require gradient"):
        np.from_dlpack(x)
    assert np.from_dlpack(x.detach()).tolist() == x.tolist()
    with autograd.no_grad(), autograd.enable_grad(), pytest.raises(GraphError):
        x.numpy()
    assert np.shares_memory(autograd.no_grad()(x.numpy)(), x.detach().numpy())


def test_numpys_functions_without_a_rule_run_where_nothing_is_lost():
    x = tracked((3,), 1.0)
    for function in (
        np.spacing,
        lambda v: np.polydiv(v, [1.0, 2.0])[0],
        np.hypot.accumulate,
        lambda v: np.add(v, 1.0, where=True),
    ):
        with pytest.raises(NoRuleError):
            function(x)
        want = np.asarray(function(x.detach().numpy()))
        np.testing.assert_array_equal(function(x.detach()), want)
        with autograd.no_grad():
            np.testing.assert_array_equal(function(x), want)
    total = np.ones(3)
    with pytest.raises(NoRuleError, match="out= cannot be recorded"):
        total += x
    total += x.detach()
    assert isinstance(np.spacing(x.detach()), autograd.Tensor)


def test_wrapping_other_peoples_code():
    """In the forward of a Function inputs are as they came, and arrays are there for the asking."""

    class Sine(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            assert x.requires_grad
            assert not autograd.is_grad_enabled()
            ctx.save_for_backward(x)
            assert float(x.sum()) > 0
            return autograd.from_numpy(np.sin(x.numpy()) + 0 * np.spacing(np.asarray(x)))

        @staticmethod
        def backward(ctx, dz):
            (x,) = ctx.saved_tensors
            return autograd.from_numpy(dz.numpy() * np.cos(x.numpy()))

    x = tracked((3,), 1.0)
    z = Sine.apply(x)
    (g,) = autograd.grad(z.sum(), x)
    np.testing.assert_allclose(g.numpy(), np.cos(x.detach().numpy()))


def test_a_refusal_names_the_nearest_functions():
    with pytest.raises(NoRuleError) as caught:
        np.poly(tracked((3,), 1.0))
    message = str(caught.value)
    assert "np.polyval" in message
    assert "x.detach().numpy()" in message
    assert len(message) < 400
