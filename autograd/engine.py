"""Running the tape backwards: `Tensor.backward` and `autograd.grad`."""

from __future__ import annotations

import functools
import importlib
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import anomaly, arrivals
from .advice import no_graph
from .crowd import crowd
from .errors import GraphError, SettingError, ShapeError
from .lines import outer
from .modes import state
from .paths import leads_to, path, restricted, taken_before_hooks
from .plan import COMPONENT, filled
from .records import Cotangents, Leaf, Mark, Record, unreachable
from .tensors.core import Core, lend, wrap


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
    *,
    until: Mark | None = None,
) -> None:
    """Add the gradients of `tensors` to `.grad` of the leaves they depend on.

    tensors        one Tensor or several; without `grad_tensors` each must have exactly one element
    grad_tensors   what to push back into each: Tensors or arrays of the same shapes; None: ones
    retain_graph   keep what backward needs, so that it can run again. Default: the value of `create_graph`
    create_graph   record the backward pass itself, so that its results can be differentiated
    grad_variables old name of grad_tensors
    inputs         write only to the `.grad` of these; computed ones among them retain their grad from then on
    until          stop at a mark of the tape: what was recorded before it gets no gradient

    Raises GraphError if nothing was recorded, or if part of the graph has been consumed by an earlier backward.
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise GraphError("backward: `grad_tensors` and `grad_variables` cannot both be given: use `grad_tensors`")
        grad_tensors = grad_variables
    plain = grad_tensors is None and inputs is None and until is None and not (retain_graph or create_graph)
    if plain and state.interpreter is not None and state.interpreter.descended(tensors):
        return
    outputs = _sequence(tensors)
    seeds = _seeds("backward", outputs, grad_tensors)
    wanted = None if inputs is None else _sequence(inputs)
    if wanted is not None and not wanted:
        raise GraphError("backward: `inputs` argument to backward() cannot be empty")
    for index, x in enumerate(wanted or ()):
        if not isinstance(x, Core) or x._node is None:
            raise GraphError(f"backward: One of the differentiated Tensors does not require grad: input {index}")
        x.retain_grad()  # type: ignore[attr-defined]  # of a computed one: from now on, as in PyTorch
    if state.interpreter is not None:
        state.interpreter.walks(outputs)
    found = _run(outputs, seeds, wanted, retain_graph, create_graph, until)
    if wanted is None:
        targets = [(node, node.tensor()) for node in found]
    else:  # what `retain_grad` asked for is in `.grad` already
        targets = list({x._node: x for x in wanted if x._node in found and not x.retains_grad}.items())
    take = state.home.take
    for node, tensor in targets:
        if tensor is not None and tensor._node is not None:  # neither let go by the user, nor frozen meanwhile
            deliver(node, tensor, take(found, node), create_graph)
    if arrivals.watched:
        arrivals.walk_ended()


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Gradients of `outputs` with respect to `inputs`, as a tuple of Tensors; `.grad` is left alone.

    Only what lies between inputs and outputs is computed and consumed. Arguments as in `backward`.
    only_inputs         True; programs written for old versions of PyTorch pass it
    allow_unused        give None for inputs that the outputs do not depend on; otherwise that raises GraphError
    is_grads_batched    `grad_outputs` have a further first dimension, whose parts are all pulled back
                        at once; the results have it, too
    materialize_grads   give zeros instead of None (implies `allow_unused`)
    """
    if not only_inputs:
        raise SettingError("grad: only_inputs=False is not supported; use backward to fill the .grad of all leaves")
    outs, wanted = _sequence(outputs), _sequence(inputs)
    interpreter = state.interpreter
    if interpreter is not None and interpreter.transforms and not is_grads_batched:
        options = {"retain_graph": retain_graph, "create_graph": create_graph}
        options |= {"allow_unused": allow_unused, "materialize_grads": materialize_grads}
        return tuple(interpreter.differentiated(outs, wanted, grad_outputs, options))
    if is_grads_batched:
        retain = create_graph if retain_graph is None else retain_graph
        return _batched(outs, wanted, _sequence(grad_outputs), retain, create_graph, allow_unused, materialize_grads)
    if create_graph and state.interpreter is not None and retain_graph is not False:
        promised = state.interpreter.walked(outs, wanted, grad_outputs)
        if promised is not None:
            return tuple(promised)
    for index, x in enumerate(wanted):
        if not isinstance(x, Core) or x._node is None:
            raise GraphError(f"grad: One of the differentiated Tensors does not require grad: input {index}")
    seeds = _seeds("grad", outs, grad_outputs)
    found = _run(outs, seeds, wanted, retain_graph, create_graph, None, before_hooks=True)
    taken: Cotangents = {}
    for index, x in enumerate(wanted):
        node = x._node
        if node in found:
            g = state.home.take(found, node)
            taken[node] = g if isinstance(g, Core) else wrap(g)
        elif node not in taken:
            if not (materialize_grads or allow_unused):
                raise GraphError(
                    "One of the differentiated Tensors appears to not have been used in the graph. Set "
                    f"allow_unused=True if this is the desired behavior. It is input {index}, of shape {x._array.shape}"
                )
            taken[node] = wrap(np.zeros(x._array.shape, x._array.dtype)) if materialize_grads else None
    return tuple([taken[x._node] for x in wanted])


def _batched(
    outputs: list[Any], inputs: list[Any], seeds: list[Any], retain: bool, create_graph: bool, *options: Any
) -> tuple[Any, ...]:
    """`grad` for all parts of the seeds at once."""
    batching = importlib.import_module("autograd.batching")  # which needs this module
    seeds = [seed if isinstance(seed, Core) else wrap(np.asarray(seed)) for seed in seeds]
    lengths = {seed.shape[0] if seed.ndim else 0 for seed in seeds}
    if len(lengths) != 1 or not min(lengths):
        raise ShapeError(
            "grad: with is_grads_batched=True wanted grad_outputs of one first dimension, not empty, got shapes "
            f"{[tuple(seed.shape) for seed in seeds]}"
        )
    with batching.Batch(lengths.pop(), name="grad") as batch:
        given = [batch.wrapped(seed) for seed in seeds]
        found = grad(outputs, inputs, given, retain, create_graph, True, options[0], materialize_grads=options[1])
        return tuple([None if g is None else batch.whole(g) for g in found])


def _sequence(x: Any) -> list[Any]:
    if isinstance(x, (Core, np.ndarray)):
        return [x]
    if not hasattr(x, "__iter__"):
        raise TypeError(f"wanted a Tensor or several Tensors, got {type(x).__name__}")
    return list(x)


def _seeds(function: str, outputs: list[Any], given: Any) -> list[Any]:
    """The cotangents to start from: what the caller gave, checked, or ones."""
    if len(outputs) == 1 and isinstance(z := outputs[0], Core) and z._node is not None:
        if given is None and z._array.ndim == 0:  # shortcut: a loss
            return [_one(z._array.dtype)]
        seed = given[0] if type(given) is tuple and len(given) == 1 else given
        if state.interpreter is None and isinstance(seed, Core) and seed._array.shape == z._array.shape:
            return [seed]
    gradients = (
        [None] * len(outputs) if given is None else [given] if isinstance(given, (Core, np.ndarray)) else list(given)
    )
    if len(gradients) != len(outputs):
        raise ShapeError(f"{function}: wanted {len(outputs)} gradients, one per output, got {len(gradients)}")
    seeds = []
    for index, (z, seed) in enumerate(zip(outputs, gradients, strict=True)):
        if not isinstance(z, Core) or z._node is None:
            raise GraphError(
                f"{function}: element {index} of tensors does not require grad and does not have a grad_fn: "
                + no_graph(z)
            )
        array = z._array
        if seed is None:
            if array.size != 1:
                raise GraphError(
                    f"{function}: grad can be implicitly created only for scalar outputs; output {index} has shape "
                    f"{array.shape}: reduce it with sum() or mean(), or give the gradient to push back"
                )
            seed = _one(array.dtype) if array.ndim == 0 else np.ones(array.shape, array.dtype)
        else:
            if not isinstance(seed, Core):
                seed = np.asarray(seed, array.dtype)
            if tuple(seed.shape) != array.shape:
                raise ShapeError(
                    f"{function}: Mismatch in shape: grad_output[{index}] has a shape of {tuple(seed.shape)} and "
                    f"output[{index}] has a shape of {array.shape}"
                )
        seeds.append(seed)
    return seeds


@functools.cache
def _one(dtype: Any) -> Any:
    """1, the seed of a loss: made once, because making it takes longer than many a rule."""
    one = np.ones((), dtype)
    one.setflags(write=False)
    return one


def arrived(output: Any, leaves: list[Any]) -> list[Any]:
    """The arrays that arrive at `leaves` from one output of one element, which is consumed; None where nothing does.
    No `.grad` is written: for leaves that nobody else has."""
    array = output._array
    seed = _one(array.dtype) if array.ndim == 0 else np.ones(array.shape, array.dtype)
    found = _run([output], [seed], None, False, False, None)
    return [state.home.take(found, x._node) if x._node in found else None for x in leaves]


def _run(
    outputs: list[Any],
    seeds: list[Any],
    wanted: list[Any] | None,
    retain_graph: bool | None,
    create_graph: bool,
    until: Mark | None,
    before_hooks: bool = False,
    lifted: bool = False,
) -> Cotangents:
    """Replay, and return node -> cotangent for the leaves, or for the nodes of `wanted`.

    before_hooks   what comes to a computed value of `wanted`, and passes on to others, is taken before its hooks
    lifted         do the rules run on Tensors, although nothing is recorded?
    """
    interpreter = state.interpreter
    if interpreter is not None:
        interpreter.settle("a walk back")
    retain = create_graph if retain_graph is None else retain_graph
    cotangents: Cotangents = {}
    for z, seed in zip(outputs, seeds, strict=True):
        if create_graph or lifted:
            seed = seed if isinstance(seed, Core) else wrap(seed)
        else:
            seed = seed._array if isinstance(seed, Core) else seed
            if seed.dtype != z._array.dtype:
                seed = seed.astype(z._array.dtype)
        node = z._node
        cotangents[node] = cotangents[node] + seed if node in cotangents else seed
    step: Callable[..., bool | None] | None = None
    captured: Cotangents = {}
    if wanted is not None:
        targets = {x._node for x in wanted}
        inner = {node for node in targets if isinstance(node, Record)}
        raw = taken_before_hooks(inner) if before_hooks and state.home.hooks else {}
        way = path(list(cotangents), targets)
        step = (
            restricted(push, way, inner, captured, raw) if way is not None else push if create_graph or lifted else None
        )
    elif create_graph:
        step = push
    if anomaly.enabled():
        step = anomaly.watched(step or push)
    replay = state.home.replay
    if interpreter is not None and interpreter.watches:
        plain = step is None and not retain and until is None and not arrivals.watched
        step, replay = interpreter.walked_by(step, replay, plain, retain)
    on_the_way = None
    if arrivals.watched and wanted is None:
        step = on_the_way = arrivals.early(step or push, cotangents, functools.partial(_delivered, create_graph))
    if not create_graph and interpreter is None and on_the_way is None:
        # Rules compute on arrays, which nothing records; hooks and Functions, which are given Tensors, switch it off
        # themselves. So a signal handler that comes in between finds the mode of the program that it interrupts.
        replay(cotangents, retain=retain, until=until, step=step)
    else:
        before = state.tape
        state.tape = state.home if create_graph else None
        try:
            replay(cotangents, retain=retain, until=until, step=step)
        finally:
            state.tape = before
    if on_the_way is not None:
        on_the_way.rest(cotangents)
    there: Cotangents = {}
    for node, g in cotangents.items():
        if type(node) is Leaf:
            there[node] = _hooked(node, g) if node.hooks else g
        elif wanted is not None and node in targets:  # consumed before: a value is there, but no way further back
            for hook in list(state.home.hooks.get(id(node), ())):
                g = hook(g)
            captured[node] = g
        elif until is None and type(node) is Record and (wanted is None or leads_to(node, targets)):
            raise unreachable(node)
    return there | captured if captured else there


def walk(
    outputs: list[Any], seeds: list[Any], inputs: list[Any], retain: bool | None, create_graph: bool
) -> Cotangents:
    """Node -> cotangent for the nodes of `inputs`: seeds are Tensors, and so is what the rules get and give."""
    return _run(outputs, seeds, inputs, retain, create_graph, None, before_hooks=True, lifted=True)


def cotangents_of(outputs: list[Any], seeds: list[Any]) -> Cotangents:
    """Leaf -> what comes to it from the seeds of some outputs, as `backward` adds it to `.grad`."""
    return _run(outputs, seeds, None, None, False, None)


def push(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any], needed: set[int] | None = None) -> None:
    """`Plan.step` on arrays or Tensors, optionally to some of the inputs only."""
    plan = record.plan
    if isinstance(dz, Core):
        if plan.op is None or plan.op.formula is not None:
            _push_tensors(dz, record, cotangents, owned, needed)
        else:
            plan.push(dz, record, cotangents, owned, needed, wrap)
    elif isinstance(dz, list) and any(isinstance(part, Core) for part in dz):
        _push_tensors(dz, record, cotangents, owned, needed)
    elif needed is None or plan is COMPONENT or plan.op is None:
        plan.step(dz, record, cotangents, owned)
    else:
        plan.pull(dz, record, record.saved, cotangents, owned, needed)


def _push_tensors(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any], needed: set[int] | None) -> None:
    plan = record.plan
    if plan.op is None:
        plan.step(dz, record, cotangents, owned)
        return
    saved = plan.lift(record, wrap)
    together = None if plan.op.formula is None else _through_formula(dz, plan, record, saved)
    plan.pull(dz, record, saved, cotangents, owned, needed, together)


def _through_formula(dz: Any, plan: Any, record: Record, saved: Any) -> tuple[Any, ...]:
    """Cotangents of all inputs of an op by differentiating its formula, recorded."""
    op = plan.op
    by_name = dict(zip(plan.names, saved if len(plan.names) > 1 else (saved,), strict=True))
    settings = {name: by_name[name] for name in op.defaults if name != "recorded"}
    dzs = (dz,) if op.outputs == 1 else tuple(dz) if op.partial else filled(dz, record)

    def function(*inputs: Any) -> Any:
        z = op.formula(*inputs, **settings)
        return z if op.outputs != 1 else (z,)

    return vjp_of(function, tuple([by_name[name] for name in op.inputs]), dzs, not op.partial)


def vjp_of(
    function: Callable[..., Any], inputs: tuple[Any, ...], cotangents: tuple[Any, ...], zeros: bool = True
) -> tuple[Any, ...]:
    """Cotangents of `inputs` through a function of Tensors, recorded; None for inputs that are constants.

    cotangents   of the outputs; None: nothing comes from there
    zeros        for inputs that nothing comes to; else None
    """
    outputs, seeds = [], []
    before, state.tape = state.tape, state.home
    try:
        own = [x if getattr(x, "_node", None) is None else x.reshape(x.shape) for x in inputs]  # where gradients end
        results = function(*own)
    finally:
        state.tape = before
    for z, dz in zip(results, cotangents, strict=True):
        if isinstance(z, Core) and z._node is not None and dz is not None:
            outputs.append(z)
            seeds.append(dz)
    tracked = [x for x in own if getattr(x, "_node", None) is not None]
    recorded = state.tape is not None
    grads = iter(grad(outputs, tracked, seeds, create_graph=recorded, allow_unused=True, materialize_grads=zeros))
    return tuple([None if getattr(x, "_node", None) is None else next(grads) for x in own])


def _hooked(node: Any, g: Any) -> Any:
    if not isinstance(node, Leaf) or not node.hooks:
        return g
    for hook in list(node.hooks.values()):
        g = run_hook(hook, g)
    return g


def run_hook(hook: Callable[[Any], Any], g: Any) -> Any:
    """Give a hook the cotangent as a Tensor, which it may write to; what it returns replaces it."""
    if isinstance(g, Core):
        given, result = g, hook(g)
    else:
        given, before, state.tape = lend(g), state.tape, None
        try:
            result = hook(given)
        finally:
            state.tape = before
    if result is None:
        return g if given is g else given._array
    shape = result._array.shape if isinstance(result, Core) else np.shape(result)
    if shape != g.shape:
        raise ShapeError(f"hook: wanted a gradient of shape {g.shape} back, got {shape}")
    if isinstance(g, Core):
        return result
    return result._array if isinstance(result, Core) else np.asarray(result, g.dtype)


def _delivered(create_graph: bool, leaf: Leaf, cotangents: Cotangents) -> None:
    """Add what has come to a leaf to its `.grad` now, while the walk goes on: see `arrivals`."""
    if leaf.hooks:
        cotangents[leaf] = _hooked(leaf, cotangents[leaf])
    g, tensor = state.home.take(cotangents, leaf), leaf.tensor()
    if tensor is not None and tensor._node is not None:
        deliver(leaf, tensor, g, create_graph)


def deliver(node: Any, tensor: Any, g: Any, create_graph: bool) -> None:
    """Add what arrived at a leaf to its `.grad`, which never aliases another array."""
    if crowd.several:
        with crowd.lock:
            _add(tensor, g, create_graph)
    else:
        crowd.adding = True
        try:
            _add(tensor, g, create_graph)
        finally:
            crowd.adding = False
    if isinstance(node, Leaf) and node.after:
        for hook in list(node.after.values()):
            hook(tensor)


def _add(tensor: Any, g: Any, create_graph: bool) -> None:
    grad = tensor._grad
    if create_graph:
        if grad is not None:
            tensor._grad = grad + g
        elif g._node is None:
            tensor._grad = wrap(g._array.copy())
        else:  # others may have the same
            tensor._grad = g.clone()
    elif grad is None:
        tensor._grad = wrap(g if g.dtype == tensor._array.dtype else g.astype(tensor._array.dtype))
    elif grad._node is not None:
        tensor._grad = wrap(grad._array + g)
    else:
        if (state.home.records or crowd.several) and state.home.kept(grad._array):  # the old sum
            state.home.mutated(grad._array, "backward", outer(sys._getframe(1)))
        if grad._spent:
            grad._spent = grad._spent + 1 if grad._array.any() else 0
        np.add(grad._array, g, out=grad._array, casting="same_kind")
