"""Programs with transforms of functions, compiled functions in one another, threads, copies and pickles."""

from __future__ import annotations

import copy
import functools
import pickle
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import autograd
import nn
from autograd import func, tensor
from tests.programs.world import CALLS, Seen, caught, floats, frozen, grads, program, pulled


@program
def grad_and_hessian_inside(compile):
    seen, w = Seen(), floats(3, grad=True)

    def energy(x):
        return ((x * w).tanh() ** 2).sum()

    @compile
    def f(x):
        before = x * w
        g = func.grad(energy)(x + 1)
        value, again = func.value_and_grad(energy)(x)[0], func.grad(lambda y: func.grad(energy)(y).sum())(x)
        return before + g * value + again + func.hessian(energy)(x).sum(0)

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w))
    return seen


@program
def vmap_and_jvp_inside(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        rows = func.vmap(lambda row: (row * w).exp().sum())(x * 2)
        value, tangent = func.jvp(lambda y: (y * w).sin(), (x[0],), (x[1] + 1,))
        back, pull = func.vjp(lambda y: y.tanh() * w, x[0] * rows[0])
        return rows.sum() * value + tangent + pull(back * 2)[0] + func.jacrev(lambda y: y * y)(x[0]).sum(0)

    for call in range(CALLS):
        seen(*pulled(f(floats(2, 3, seed=call)), w))
    return seen


@program
def transforms_of_a_compiled_function(compile):
    seen, w = Seen(), floats(3, grad=True)
    f = compile(lambda x: ((x * w).tanh() * x).sum())
    for call in range(CALLS):
        x = floats(3, seed=call)
        seen(func.grad(f)(x), func.jvp(f, (x,), (x + 1,)), func.vmap(f)(floats(2, 3, seed=call)), func.hessian(f)(x))
        seen(*pulled(func.grad(f)(x), w), *pulled(f(x), w))
    return seen


@program
def compiled_functions_in_compiled_functions(compile):
    seen, w = Seen(), floats(3, grad=True)
    inner = compile(lambda x: (x * w).tanh())
    other = compile(lambda x: inner(x) + inner(x * 2))

    @compile
    def outer(x, call):
        h = inner(x)
        if call % 4 == 0:
            raise KeyError(frozen(h.sum())[-1].item())
        return other(h) * h.sum()

    for call in range(CALLS):
        z = caught(outer, floats(3, seed=call), call)
        seen(z if isinstance(z, KeyError) else pulled(z, w), *pulled(inner(floats(3, seed=call)), w))
    return seen


@program
def several_threads(compile):
    seen, model = Seen(), nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))

    @compile
    def f(x, call):
        h = model(x)
        if call % 3 == 0:
            h = h * h
        return h.sum() * (call % 2 + 1)

    def work(call):
        x = floats(2 + call % 2, 3, seed=call, grad=True)
        z = f(x, call)
        return frozen(z), frozen(autograd.grad(z, x))

    with ThreadPoolExecutor(4) as pool:
        seen(list(pool.map(work, range(4 * CALLS))))
    return seen


@program
def a_thread_started_inside(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        h = (x * w).exp()
        found = []
        thread = threading.Thread(target=lambda: found.append((h.detach() * 2).sum().item()))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(3) as pool:
            parts = list(pool.map(lambda k: (h.sin().detach() * k).tolist(), range(3)))
        return h * found[0] + tensor(parts).sum()

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w))
    return seen


@program
def copies_of_modules_and_promises(compile):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        @compile
        def forward(self, x):
            h = self.layer(x).tanh()
            kept = copy.copy(h)
            deep = copy.deepcopy(h.detach())
            deep += 1
            return kept * 2 + deep

    seen, model = Seen(), Model()
    models = [model]
    for call in range(CALLS):
        if call in (3, 9):
            models.append(copy.deepcopy(models[-1]))
            with autograd.no_grad():
                models[-1].layer.weight.mul_(0.5)
        one = models[call % len(models)]
        seen(*pulled(one(floats(2, 3, seed=call)), *one.parameters()))
    return seen


@program
def pickled_results_and_modules(compile):
    seen, w = Seen(), floats(3, grad=True)
    model = nn.Linear(3, 3)

    @compile
    def f(x):
        h = model(x * w).exp()
        back = pickle.loads(pickle.dumps(h.detach()))
        seen(caught(pickle.dumps, h))
        return h + back, pickle.dumps(model.state_dict())

    for call in range(CALLS):
        z, saved = f(floats(3, seed=call))
        seen(*pulled(z, w), pickle.loads(saved), pickle.loads(pickle.dumps(z.detach())))
        if call == 8:
            model = pickle.loads(pickle.dumps(model))
    return seen


@program
def weak_references_and_deleted_values(compile):
    seen, w, died = Seen(), floats(3, grad=True), []

    @compile
    def f(x):
        h = (x * w).exp()
        weak, z = weakref.ref(h), h.sin()
        weakref.finalize(z, died.append, "z")
        alive = weak() is h
        del h
        last = z * 2
        del z
        return last, weakref.ref(last), alive, weak

    for call in range(CALLS):
        last, weak, *rest = f(floats(3, seed=call))
        gone = rest.pop()() is None  # when the function has ended; before, a promise may live a little longer
        seen(rest, gone, died, weak() is last, *pulled(last, w))
        del last
        seen(weak() is None)
    return seen


@program
def results_are_dropped(compile):
    seen, w, kept = Seen(), floats(3, grad=True), []

    @compile
    def f(x, call):
        (x * w).exp()
        _ = [x * k for k in range(4)]
        h = x * w
        h = h + 1
        h = h.sin()
        if call % 2:
            kept.append(h)
            h = None
        return h

    for call in range(CALLS):
        z = f(floats(3, seed=call), call)
        seen(*pulled(kept.pop() if z is None else z, w))
    return seen


@program
def methods_are_decorated(compile):
    class Model:
        rate = 2.0

        def __init__(self, seed):
            self.w = floats(3, seed=seed, grad=True)
            self.calls = 0

        @compile
        def forward(self, x, *, scale=1.0):
            self.calls += 1
            return (x * self.w * scale).tanh() * self.calls

        @classmethod
        @compile
        def of_class(cls, x):
            return x * cls.rate

        @staticmethod
        @compile
        def static(x):
            return x.exp()

        @property
        @compile
        def squared(self):
            return self.w * self.w

    seen, models = Seen(), [Model(0), Model(1)]
    for call in range(CALLS):
        model = models[call % 2]
        Model.rate = call % 3 * 1.0
        x = floats(3, seed=call)
        z = model.forward(x, scale=call % 4 / 2) + Model.of_class(x) + model.of_class(x) + Model.static(x)
        seen(*pulled(z + model.squared + Model.forward(model, x), model.w), model.calls)
        seen(
            Model.forward.__name__, model.forward.__name__, model.forward == model.forward, model.forward.__self__.calls
        )
    return seen


@program
def partials_and_wrappers(compile):
    seen, w = Seen(), floats(3, grad=True)

    def f(x, power, *rest, bias=0.0, **more):
        """Text."""
        return (x * w) ** power + bias + sum(rest) + sum(more.values())

    g = compile(functools.partial(f, power=2))
    h = functools.partial(compile(f), bias=0.5)
    k = functools.lru_cache(compile(lambda n: w.detach() * n))
    for call in range(CALLS):
        x = floats(3, seed=call)
        seen(*pulled(g(x, bias=call) + h(x, 3, call, 1.0, other=x) + k(call % 3), w))
    seen(compile(f).__name__, compile(f).__doc__)
    return seen


@program
def a_promise_is_used_as_an_attribute(compile):
    seen, w = Seen(), floats(3, 2, grad=True)

    @compile
    def f(x):
        h = x @ w
        h.tag = "kept"
        facts = [h.shape, h.dtype, h.ndim, h.size(), h.numel(), h.requires_grad, h.dim(), h.is_floating_point()]
        facts += [h.size(0), h.nelement(), h.element_size(), h.itemsize, h.nbytes, h.device.type, len(h)]
        facts += [isinstance(h, autograd.Tensor), autograd.is_tensor(h), type(h).__name__, type(h) == autograd.Tensor]  # noqa: E721
        facts += [
            {autograd.Tensor: 1}.get(type(h)),
            h.__class__ is autograd.Tensor,
            h in [h],
            {h: 1}[h],
            hash(h) == id(h),
        ]
        facts += [h.is_contiguous(), h.stride(), h.storage_offset(), h.is_leaf, h.tag]
        return h * 2, [str(fact) for fact in facts], h.tag, np.ndim(h), np.shape(h), np.size(h.detach())

    for call in range(CALLS):
        z, *rest = f(floats(2, 3, seed=call))
        seen(rest, *pulled(z, w), grads(w))
    return seen
