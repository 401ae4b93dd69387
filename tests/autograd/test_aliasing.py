"""Every way by which two Tensors can share memory, and what a write to one of them does to the other's gradient.

The kind of fault: memory shared without the engine knowing, then written, gives a wrong gradient in silence. Wanted for
every program is the right gradient, or a refusal, and nothing else. Ways to share memory: view ops (recorded, on
constants, under `no_grad`, of views), `detach`, `numpy`, `from_numpy`, results of Functions and checkpoints that are
views of their inputs or of each other, `mark_dirty`, gradients that hooks and `Function.backward` get to see, `.data`
(whose writes are hidden on purpose), and `.grad`.

`test_random_programs_of_views_and_writes` draws programs from all of them and runs each beside a model without a tape:
numbers in flat buffers, each with its derivatives, which every alias looks into. `test_it_can_fail` takes one of the
ways away from the engine.
"""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest

import autograd
from autograd.errors import InplaceError, ShapeError

SIZE = 7  # of the derivatives of a number: by six elements of one leaf, and by a second leaf


class ViewFunction(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.shape = x.shape
        return x[1:]

    @staticmethod
    def backward(ctx, dz):
        return autograd.cat([autograd.zeros(1, *ctx.shape[1:], dtype=dz.dtype), dz])


class SameFunction(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, dz):
        return dz.clone()


class DoubleFunction(autograd.Function):
    """Writes to its input, and says so."""

    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, dz):
        return dz * 2


class RudeFunction(autograd.Function):
    """x, whose backward writes to the gradient that it is given."""

    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, dz):
        dz *= 3
        return dz / 3


class Memory:
    """Numbers in a flat buffer."""

    def __init__(self, values):
        self.values = np.array(values, np.float64).reshape(-1)


class Known:
    """What a Tensor should be: places in a memory, and the derivatives that its recording knows for these places."""

    def __init__(self, tensor, memory, slopes, places, constant=False):
        self.tensor, self.memory, self.slopes, self.places, self.constant = tensor, memory, slopes, places, constant

    @classmethod
    def fresh(cls, tensor, values, slopes):
        places = np.arange(values.size).reshape(values.shape)
        return cls(tensor, Memory(values), np.array(slopes, np.float64).reshape(values.size, SIZE), places)

    def read(self):
        slopes = self.slopes[self.places]
        return self.memory.values[self.places], np.zeros_like(slopes) if self.constant else slopes

    def view(self, tensor, places, constant=False):
        return Known(tensor, self.memory, self.slopes, places, self.constant or constant)

    def alias(self, tensor):
        """Of the same memory, for the recording a constant."""
        return Known(tensor, self.memory, np.zeros_like(self.slopes), self.places)

    def write(self, values, slopes, recorded):
        self.memory.values[self.places] = values
        if recorded:
            self.slopes[self.places] = slopes


VIEWS = {
    "rest": (1, lambda x: x[1:]),
    "row": (1, lambda x: x[0]),
    "steps": (1, lambda x: x[::2]),
    "new axis": (0, lambda x: x[None]),
    "transpose": (2, lambda x: x.swapaxes(0, 1)),
    "diagonal": (2, lambda x: x.diagonal()),
    "last": (1, lambda x: x[..., -1:]),
}
TENSOR_VIEWS = {
    "unbind": (1, lambda x: x.unbind(0)[-1], lambda p: p[-1]),
    "split": (1, lambda x: x.split(1)[0], lambda p: p[:1]),
    "expand": (0, lambda x: x.expand(2, *x.shape), lambda p: np.broadcast_to(p, (2, *p.shape))),
    "narrow": (1, lambda x: x.narrow(0, 0, 1), lambda p: p[:1]),
    "unsqueeze": (0, lambda x: x.unsqueeze(-1), lambda p: p[..., None]),
    "unfold": (1, lambda x: x.unfold(0, 1, 1), lambda p: p[..., None]),
    "flatten": (0, lambda x: x.reshape(-1) if x.is_contiguous() else x[...], None),
    "einsum": (2, lambda x: autograd.einsum("ij...->ji...", x), lambda p: p.swapaxes(0, 1)),
    "function": (1, ViewFunction.apply, lambda p: p[1:]),
    "same": (0, SameFunction.apply, lambda p: p),
    "checkpoint": (1, lambda x: autograd.checkpoint(lambda y: y[1:], x), lambda p: p[1:]),
}
UNARY = {
    "exp": (np.exp, np.exp),
    "neg": (np.negative, lambda v: -np.ones_like(v)),
    "square": (np.square, lambda v: 2 * v),
    "tanh": (np.tanh, lambda v: 1 - np.tanh(v) ** 2),
}


def viewed(rng, known):
    name = rng.choice([*VIEWS, *TENSOR_VIEWS])
    if name in VIEWS:
        needed, of_tensor = VIEWS[name]
        of_places = of_tensor
    else:
        needed, of_tensor, of_places = TENSOR_VIEWS[name]
    if known.places.ndim < needed or 0 in known.places.shape or known.places.ndim > 4:
        return name, None
    if of_places is None:
        of_places = (lambda p: p.reshape(-1)) if known.tensor.is_contiguous() else (lambda p: p)
    quiet = rng.random() < 0.2
    if quiet:
        with autograd.no_grad():
            tensor = of_tensor(known.tensor)
    else:
        tensor = of_tensor(known.tensor)
    return f"{name}{' (no_grad)' if quiet else ''}", known.view(
        tensor, of_places(known.places), quiet and tensor is not known.tensor
    )


def written(rng, known, other):
    """Write to a Tensor, in one of many ways."""
    name = rng.choice(["mul_", "add_", "unary", "item", "zero_", "copy_", "quiet", "dirty", "relu"])
    values, slopes = known.read()
    t, (b, db) = known.tensor, other.read()
    fits = np.broadcast_shapes(values.shape, b.shape) == values.shape if _fit(values, b) else False
    if name in ("mul_", "add_", "copy_") and fits and rng.random() < 0.7:
        if name == "mul_":
            t.mul_(other.tensor)
            known.write(values * b, slopes * b[..., None] + values[..., None] * db, True)
        elif name == "add_":
            t.add_(other.tensor)
            known.write(values + b, slopes + db, True)
        else:
            t.copy_(other.tensor)
            known.write(b, db, True)
    elif name == "unary":
        which = rng.choice([*UNARY])
        getattr(t, f"{which}_")()
        function, slope = UNARY[which]
        known.write(function(values), slopes * slope(values)[..., None], True)
        name = f"{which}_"
    elif name == "item" and values.ndim and len(values):
        t[0] = 0.5
        Known(t, known.memory, known.slopes, known.places[0]).write(0.5, 0.0, True)
    elif name == "zero_":
        t.zero_()
        known.write(0.0, 0.0, True)
    elif name == "quiet":
        with autograd.no_grad():
            t.mul_(0.9)
        known.write(values * 0.9, None, False)
    elif name == "dirty":
        DoubleFunction.apply(t)
        known.write(values * 2, slopes * 2, True)
    elif name == "relu":
        import nn.functional as F

        F.leaky_relu(t, 0.5, inplace=True)
        slope = np.where(values > 0, 1.0, 0.5)
        known.write(values * slope, slopes * slope[..., None], True)
    else:
        t.mul_(1.5)
        known.write(values * 1.5, slopes * 1.5, True)
    return name


def _fit(x, y):
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return False
    return True


def run(seed):
    """One program: gradients by the tape and by the model, or None if it was refused; and what it did."""
    rng = random.Random(seed)
    numbers = np.random.default_rng(seed)
    x = autograd.tensor(numbers.uniform(0.5, 1.5, (2, 3)), requires_grad=True)
    w = autograd.tensor(numbers.uniform(0.5, 1.5), dtype=np.float64, requires_grad=True)
    eye = np.eye(SIZE)
    leaves = [Known.fresh(x, x.detach().numpy().copy(), eye[:6]), Known.fresh(w, w.detach().numpy().copy(), eye[6:])]
    constant = numbers.uniform(0.5, 1.5, (2, 3))
    pool = [
        Known.fresh(x * 1, leaves[0].read()[0], eye[:6]),
        Known.fresh(w * 1, leaves[1].read()[0], eye[6:]),
        Known.fresh(autograd.tensor(constant), constant, np.zeros((6, SIZE))),
    ]
    log = []
    try:
        for _ in range(rng.randint(2, 9)):
            known, other = rng.choice(pool), rng.choice([*pool, leaves[1]])
            act = rng.random()
            if act < 0.4:
                name, new = viewed(rng, known)
                if new is not None:
                    pool.append(new)
            elif act < 0.7:
                name = written(rng, known, other)
            elif act < 0.85:
                (a, da), (b, db) = known.read(), other.read()
                if not _fit(a, b):
                    continue
                name = "product"
                values, slopes = a * b, da * b[..., None] + a[..., None] * db
                if rng.random() < 0.3:
                    pool.append(Known.fresh(RudeFunction.apply(known.tensor * other.tensor), values, slopes))
                else:
                    product = known.tensor * other.tensor
                    if product.requires_grad and rng.random() < 0.3:
                        product.register_hook(lambda g: g.mul_(2).div_(2))
                    pool.append(Known.fresh(product, values, slopes))
            else:
                name = rng.choice(["detach", "from_numpy"])
                source = known.tensor.detach()
                tensor = source if name == "detach" else autograd.from_numpy(source.numpy())
                pool.append(known.alias(tensor))
            log.append(name)
        total, slope = autograd.zeros((), dtype=np.float64), np.zeros(SIZE)
        for k in pool:
            values, slopes = k.read()
            weights = numbers.standard_normal(values.shape)
            total = total + (k.tensor * autograd.tensor(weights)).sum()
            slope += (weights[..., None] * slopes).reshape(-1, SIZE).sum(0)
            np.testing.assert_allclose(k.tensor.detach().numpy(), values, rtol=1e-12, err_msg=f"values {seed}: {log}")
        got = np.zeros(SIZE)
        if total.requires_grad:
            gx, gw = autograd.grad(total, [x, w], materialize_grads=True)
            got = np.append(gx.numpy().reshape(-1), gw.item())
    except InplaceError:
        return None, None, log
    return got, slope, log


@pytest.mark.parametrize("block", range(2))
def test_random_programs_of_views_and_writes(block):
    answered = 0
    count = 400
    for seed in range(block * count, (block + 1) * count):
        autograd.tape().clear()
        got, expected, log = run(seed)
        if got is not None:
            answered += 1
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9, err_msg=f"program {seed}: {log}")
    assert answered > count * 0.5  # refusing everything would be easy


def test_it_can_fail(monkeypatch):
    """The random programs find an engine that does not know the views of constants."""
    known = sys.modules["autograd.tensors.core"].link_view

    def forgetful(out, source):
        if out._node is not None:
            known(out, source)

    for module in ("autograd.tensors.core", "autograd.tensors.index", "autograd.custom"):
        monkeypatch.setattr(sys.modules[module], "link_view", forgetful)
    wrong = 0
    for seed in range(400):
        autograd.tape().clear()
        try:
            got, expected, _ = run(seed)
        except (AssertionError, ShapeError, AttributeError):
            wrong += 1
            continue
        wrong += got is not None and not np.allclose(got, expected)
    assert wrong > 5


# ------------------------------------------------------------------------------------------ one by one, and the rest


def computed(dtype=np.float32):
    x = autograd.tensor(np.ones(3, dtype), requires_grad=True)
    return x, x * 1


@pytest.mark.parametrize("mode", [autograd.no_grad, autograd.inference_mode])
def test_a_view_made_without_recording_is_not_written_to_while_recording(mode):
    x, t = computed()
    with mode():
        v = t[1:]
    for view in (v, v[1:], v.reshape(2, 1)):
        with pytest.raises(InplaceError, match="A view was created in no_grad mode and is being modified inplace"):
            view.mul_(10)
    np.testing.assert_array_equal(t.detach().numpy(), [1, 1, 1])
    with mode():
        v.mul_(10)  # both outside of the recording
    np.testing.assert_array_equal(autograd.grad(t.sum(), x)[0].numpy(), [1, 1, 1])


def test_such_a_view_says_so_when_its_base_was_written_to():
    _, t = computed()
    w = autograd.tensor(2.0, requires_grad=True)
    with autograd.no_grad():
        v = t[1:]
    t.mul_(w)
    assert v.requires_grad
    with pytest.raises(InplaceError, match="its base or another view of its base has been modified"):
        (v * 3).sum().backward()
    t.sum().backward()
    assert w.grad.item() == 3


@pytest.mark.parametrize("function", [ViewFunction, SameFunction])
def test_a_view_that_a_function_returns(function):
    x, t = computed(np.float64)
    y = function.apply(t)
    with pytest.raises(InplaceError, match="A view was created inside a custom Function"):
        y.mul_(10)
    t.mul_(10)
    np.testing.assert_array_equal(autograd.grad(t.sum(), x, retain_graph=True)[0].numpy(), [10, 10, 10])
    with pytest.raises(InplaceError, match=r"inside a custom Function .* its base or another view"):
        y.sum().backward()
    constant = autograd.ones(3)
    function.apply(constant).mul_(10)  # nothing is recorded: nothing is unclear
    assert constant.tolist()[1:] == [10, 10]


def test_views_of_constants_follow_a_tracked_write():
    b, w = autograd.ones(3), autograd.tensor(2.0, requires_grad=True)
    tail = b[1:]
    b.mul_(w)
    assert tail.requires_grad
    assert autograd.grad(tail.sum(), w)[0].item() == 2

    def filled(x):
        out = autograd.zeros_like(x)
        column = out[:, 0]
        column.copy_(x[:, 0] * 3)
        out[:, 1] = x[:, 1] * 5
        return out.sum() + column.sum()

    g = autograd.func.grad(filled)(autograd.ones(2, 2))
    np.testing.assert_array_equal(g.numpy(), [[6, 5], [6, 5]])


def test_views_of_a_single_number():
    w = autograd.tensor(2.0, requires_grad=True)
    y = w * 3.0
    v, wide, empty = y.reshape(1), y.expand(3), y.reshape(1)[1:]
    y.add_(1.0)
    (v * 1.0).sum().backward(retain_graph=True)
    assert w.grad.item() == 3
    v.mul_(w)
    empty.mul_(w)
    w.grad = None
    (wide.sum() + empty.sum()).backward()  # 3 w (3 w + 1)
    assert w.grad.item() == 3 * (6 * 2 + 1)


def test_data_is_a_way_around_the_tape():
    """What is written through `.data`, or a view of it, is seen by nobody; through `detach` it is refused later."""
    for hidden, expected in ((lambda t: t.data, [4, 4, 4]), (lambda t: t.data[0], [4, 2, 2])):
        x, t = computed()
        y = t * t
        hidden(t).mul_(2)
        np.testing.assert_array_equal(autograd.grad(y.sum(), x)[0].numpy(), expected)
    x, t = computed()
    y = t * t
    t.detach()[0].mul_(2)
    with pytest.raises(InplaceError, match="modified by an inplace operation: mul"):
        y.sum().backward()


def test_views_of_an_array_that_was_exchanged():
    x, t = computed()
    v = t[1:]
    t.data = autograd.zeros(3)
    v.mul_(2)
    assert t.tolist() == [0, 0, 0]
    assert v.tolist() == [2, 2]
    np.testing.assert_array_equal(autograd.grad(v.sum(), x)[0].numpy(), [0, 2, 2])


def test_tensors_with_views_can_be_copied_and_pickled():
    import copy
    import pickle

    b = autograd.ones(3)
    v = b[1:]
    for twin in (copy.deepcopy(b), copy.copy(b), pickle.loads(pickle.dumps(b)), copy.deepcopy(v)):
        assert twin._base is None
        assert twin._views is None


# ------------------------------------------------------------------------------------------ after every operation


def results(case, arrays, write):
    """Gradients of a call whose inputs are computed, after a write; None if it was refused. (Which writes PyTorch
    allows, and we must too, is compared by `python -m tests.conformance --only writes`.)"""
    leaves = [autograd.tensor(a, requires_grad=True) for a in arrays]
    inputs = [x * 1 for x in leaves]
    z = case.function(*inputs, **case.params)
    outs = [part for part in (z if isinstance(z, (tuple, list)) else [z]) if getattr(part, "requires_grad", False)]
    if not outs:
        return None
    rng = np.random.default_rng(1)
    weights = [autograd.tensor(rng.standard_normal(part.shape)) for part in outs]
    try:
        doubled = write(inputs, outs)
        total = sum((part * weight).sum() for part, weight in zip(outs, weights, strict=True))
        grads = autograd.grad(total, leaves, materialize_grads=True)
    except InplaceError:
        return None
    return [g.numpy() for g in grads], doubled


def test_a_write_after_any_operation_is_right_or_refused():
    """To its result: everything that follows doubles. To an input: nothing changes, unless the result is a view."""
    from tests.cases import CASES

    rng = np.random.default_rng(0)
    counts = {"right": 0, "refused": 0}
    for case in {case.covers: case for case in CASES if case.order and all(case.shapes)}.values():
        arrays = case.draw(rng)
        state = autograd.get_rng_state()

        def after(write, case=case, arrays=arrays, state=state):
            autograd.tape().clear()
            autograd.set_rng_state(state)
            return results(case, arrays, write)

        plain = after(lambda inputs, outs: [])
        if plain is None:
            continue
        shares = [
            any(np.shares_memory(x.detach().numpy(), z.detach().numpy()) for z in outs)
            for inputs in [[autograd.tensor(a) for a in arrays]]
            for outs in [_listed(case.function(*inputs, **case.params))]
            for x in inputs
        ]

        def to_result(inputs, outs):
            outs[0].mul_(2)
            return [0] if len(outs) == 1 else None

        got = after(to_result)
        if got is not None and got[1] is not None:
            for g, expected in zip(got[0], plain[0], strict=True):
                np.testing.assert_allclose(g, 2 * expected, rtol=1e-9, atol=1e-12, err_msg=str(case))
        counts["refused" if got is None else "right"] += 1
        for k, shared in enumerate(shares):
            got = after(lambda inputs, outs, k=k: inputs[k].mul_(2) is None)
            if got is not None and not shared:
                for g, expected in zip(got[0], plain[0], strict=True):
                    np.testing.assert_allclose(g, expected, rtol=1e-9, atol=1e-12, err_msg=f"{case} input {k}")
            counts["refused" if got is None else "right"] += 1
    assert counts["right"] > 150
    assert counts["refused"] > 50


def _listed(z):
    return [part for part in (z if isinstance(z, (tuple, list)) else [z]) if isinstance(part, autograd.Tensor)]


def test_no_operation_shares_memory_without_saying_so():
    """A result in an input's memory is a view of it; else a write to one would not reach the other."""
    from tests.cases import CASES

    rng = np.random.default_rng(0)
    for case in CASES:
        for tracked in (False, True):
            inputs = [autograd.tensor(a, requires_grad=tracked and case.order > 0) * 1 for a in case.draw(rng)]
            for z in _listed(case.function(*inputs, **case.params)):
                for x in inputs:
                    if z is not x and np.shares_memory(z.detach().numpy(), x.detach().numpy()):
                        base = z
                        while base._base is not None:
                            base = base._base
                        assert base is x, case


# ----------------------------------------------------------------------------------------- arrays of the user's


def test_a_small_array_may_be_overwritten():
    y = autograd.tensor(np.ones(3), requires_grad=True)
    v = np.arange(3.0)
    results = [(v * y).sum(), autograd.where(np.array([True, False, True]), y * v, v).sum(), (y @ v)]
    v[:] = 0
    for z, expected in zip(results, ([0, 1, 2], [0, 0, 2], [0, 1, 2]), strict=True):
        np.testing.assert_array_equal(autograd.grad(z, y)[0].numpy(), expected)


def test_a_large_array_that_was_overwritten_is_named():
    size = 100_000
    y = autograd.tensor(np.ones(size), requires_grad=True)
    v = np.arange(float(size))
    z, other = (v * y).sum(), (np.ones(size) * y).sum()
    other.backward()  # not concerned
    v[:] = 0
    (y * 2).sum().backward()  # nor is this
    with pytest.raises(InplaceError, match=r"mul at .* which NumPy, since .*test_aliasing.py:\d+, has overwritten"):
        z.backward()


def test_a_large_array_that_was_not_overwritten():
    size = 100_000
    y = autograd.tensor(np.ones(size), requires_grad=True)
    v = np.arange(float(size))
    for _ in range(100):
        (v * y).sum().backward()
    assert len(autograd.tape().foreign) <= 64
    np.testing.assert_array_equal(y.grad.numpy(), 100 * v)


def test_arrays_in_every_place():
    """Whatever takes an array beside a tracked Tensor keeps the numbers that it was given."""
    import nn.functional as F

    calls = {
        "mul": lambda v, y: autograd.mul(v, y),
        "y.mul": lambda v, y: y.mul(v),
        "linear": F.linear,
        "matmul": autograd.matmul,
        "einsum": lambda v, y: autograd.einsum("ij,jk", v, y),
        "np.einsum": lambda v, y: np.einsum("ij,jk", v, y),
        "lerp": lambda v, y: y.lerp(y * 2, v),
        "bmm": lambda v, y: autograd.bmm(v[None], y[None]),
        "mm": autograd.mm,
        "addmm": lambda v, y: autograd.addmm(y, v, y),
        "addcdiv": lambda v, y: autograd.addcdiv(y, y, v),
        "binary cross-entropy": lambda v, y: F.binary_cross_entropy_with_logits(y, v),
        "kl_div": lambda v, y: F.kl_div(y, v),
        "mse_loss": lambda v, y: F.mse_loss(y, v),
        "conv1d": lambda v, y: F.conv1d(v[None], y[None]),
        "outer": lambda v, y: autograd.outer(v[0], y[0]),
        "dot": lambda v, y: autograd.dot(v[0], y[0]),
        "kron": autograd.kron,
        "tensordot": lambda v, y: autograd.tensordot(v, y, 1),
        "where": lambda v, y: autograd.where(v > 0.6, y * v, v),
        "solve": lambda v, y: autograd.linalg.solve(v + 3 * np.eye(2), y),
        "pow": autograd.pow,
        "maximum": lambda v, y: autograd.maximum(y, v),
        "cdist": autograd.cdist,
    }
    for name, function in calls.items():
        y = autograd.tensor(np.array([[0.3, 0.7], [0.9, 0.4]]), requires_grad=True)
        v = np.array([[0.5, 0.25], [0.75, 1.5]])
        z = function(v, y).sum()
        expected = autograd.grad(z, y, retain_graph=True)[0].numpy()
        v[:] = 7
        np.testing.assert_array_equal(autograd.grad(z, y)[0].numpy(), expected, err_msg=name)
