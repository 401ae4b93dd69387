"""`gradcheck` and `gradgradcheck` with PyTorch's signatures, tolerances and exceptions, on the same differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .. import engine
from ..errors import AutogradError, GradcheckError, SettingError
from ..records import Record
from ..tensors.core import Core, new_leaf, wrap
from ..tracing import leaves_of
from .checker import check_grads
from .claim import WRONG
from .differences import noise_of, slope
from .recording import OwnTape, leaf


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the Jacobian from backward with the one from differences, element by element: True, or GradcheckError.

    func, inputs      a function of Tensors, and its arguments; those that require grad are checked. They should be
                      float64: otherwise it warns
    eps               step of the differences; at the default it is chosen and extrapolated as `check_grads` does
    atol, rtol        |analytic - numeric| <= atol + rtol |numeric| is required of every element
    raise_exception   False: return False instead. The message says which operation is wrong
    nondet_tol        by how much a second backward may differ
    check_grad_dtypes require that gradients have the dtype of their inputs
    check_undefined_grad, fast_mode   accepted: each output is differentiated without the others anyway, and all
                      elements are always compared
    The arguments for forward mode, batched and sparse gradients raise SettingError where they ask for these.
    """
    _unsupported(
        "gradcheck",
        check_batched_grad=check_batched_grad,
        check_batched_forward_grad=check_batched_forward_grad,
        check_forward_ad=check_forward_ad,
        masked=bool(masked),
    )
    args = [_own_leaf(x) for x in (inputs if isinstance(inputs, (tuple, list)) else [inputs])]
    try:
        _checked_inputs(args)
        if check_backward_ad:
            with OwnTape():
                _compare(func, args, eps, atol, rtol, nondet_tol, check_grad_dtypes)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradient of `func`, as a function of `inputs` and `grad_outputs`; these are random by default.

    gen_non_contig_grad_outputs   make the random ones non-contiguous
    """
    _unsupported("gradgradcheck", check_fwd_over_rev=check_fwd_over_rev)
    args = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    if grad_outputs is None:
        with OwnTape():
            outs = _differentiable(func(*args))
        seeds = [leaf(_random(z._array, gen_non_contig_grad_outputs)) for z in outs]
    else:
        given = list(grad_outputs) if isinstance(grad_outputs, (tuple, list)) else [grad_outputs]
        seeds = [g for g in given if g is not None]
    count = len(args)

    def gradient(*values: Any) -> tuple[Any, ...]:
        own: list[Any] = [_computed(x) for x in values]
        outs = _differentiable(func(*own[:count]))
        wanted = [x for x in own[:count] if isinstance(x, Core) and x._node is not None]
        grads = engine.grad(outs, wanted, own[count:], create_graph=True, allow_unused=True)
        return tuple(g for g in grads if g is not None)

    if not check_rev_over_rev:
        return True
    return gradcheck(
        gradient,
        [*args, *seeds],
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        masked=masked,
    )


def _computed(x: Any) -> Any:
    """A Tensor that requires grad as one that is computed from it."""
    return x * 1 if isinstance(x, Core) and x._node is not None else x  # type: ignore[operator]


def _own_leaf(x: Any) -> Any:
    """A computed Tensor as a leaf that shares its memory: what it was computed from has no part in the check."""
    if not isinstance(x, Core) or type(x._node) is not Record:
        return x
    out = wrap(x._array)
    new_leaf(out)
    return out


def _unsupported(function: str, **asked: bool) -> None:
    for name, value in asked.items():
        if value:
            raise SettingError(f"{function}: {name}={value} is not supported; leave it at its default")


def _random(x: Array, strided: bool) -> Array:
    rng = np.random.default_rng(0)
    if strided and x.ndim:
        return rng.standard_normal((*x.shape[:-1], 2 * x.shape[-1])).astype(x.dtype)[..., ::2]
    return np.asarray(rng.standard_normal(x.shape), x.dtype)


def _checked_inputs(args: list[Any]) -> None:
    tracked = [(i, x) for i, x in enumerate(args) if isinstance(x, Core) and x._node is not None]
    if not tracked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for i, x in tracked:
        if x._array.dtype != np.float64:
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex.",
                stacklevel=3,
            )
        if x._array.size and any(
            size > 1 and stride == 0 for size, stride in zip(x._array.shape, x._array.strides, strict=True)
        ):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )


def _differentiable(result: Any) -> list[Any]:
    return [z for z in leaves_of(result) if isinstance(z, Core) and z._node is not None]


def _compare(
    func: Callable[..., Any],
    args: list[Any],
    eps: float,
    atol: float,
    rtol: float,
    nondet_tol: float,
    check_grad_dtypes: bool,
) -> None:
    tracked = [i for i, x in enumerate(args) if isinstance(x, Core) and x._node is not None]
    result = leaves_of(func(*args))
    places = [o for o, z in enumerate(result) if isinstance(z, Core) and z._node is not None]
    shown = places or [o for o, z in enumerate(result) if isinstance(z, Core) and z._array.dtype.kind == "f"]
    numeric = {i: _numeric(func, args, i, shown, eps) for i in tracked}
    if not places:
        for i in tracked:
            if any(not np.allclose(j, 0, rtol=rtol, atol=atol) for j in numeric[i]):
                raise GradcheckError("Numerical gradient for function expected to be zero")
        return
    for number, o in enumerate(places):
        analytic = _analytic(func, args, tracked, o, check_grad_dtypes)
        again = _analytic(func, args, tracked, o, False)
        for i in tracked:
            n, a = numeric[i][number], analytic[i]
            if not np.allclose(a, n, rtol=rtol, atol=atol, equal_nan=True):
                raise GradcheckError(
                    f"Jacobian mismatch for output {o} with respect to input {i},\nnumerical:{wrap(n)}\n"
                    f"analytical:{wrap(a)}\n{_named(func, args)}"
                )
            if np.abs(a - again[i]).max(initial=0) > nondet_tol:
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                    "gives different values, although analytical gradient matches numerical gradient."
                    f"The tolerance for nondeterminism was {nondet_tol}."
                )


def _analytic(
    func: Callable[..., Any], args: Sequence[Any], tracked: list[int], o: int, check_dtypes: bool
) -> dict[int, Array]:
    """Input -> Jacobian of output `o`, of shape (input size, output size)."""
    z = leaves_of(func(*args))[o]
    wanted = [args[i] for i in tracked]
    jacobians = {i: np.zeros((args[i]._array.size, z._array.size)) for i in tracked}
    for column in range(z._array.size):
        seed = np.zeros(z._array.size, z._array.dtype)
        seed[column] = 1
        grads = engine.grad(z, wanted, wrap(seed.reshape(z._array.shape)), retain_graph=True, allow_unused=True)
        for i, g in zip(tracked, grads, strict=True):
            if g is None:
                continue
            if check_dtypes and g._array.dtype != args[i]._array.dtype:
                raise GradcheckError("Gradient has dtype mismatch")
            jacobians[i][:, column] = g._array.reshape(-1)
    return jacobians


def _numeric(func: Callable[..., Any], args: Sequence[Any], i: int, outputs: list[int], eps: float) -> list[Array]:
    """The Jacobian of each output by input `i`, which is moved in place."""
    array = args[i]._array

    def values() -> Array:
        with OwnTape():  # recording, because it may ask for gradients within
            result = leaves_of(func(*args))
        parts = [np.asarray(result[o]._array, np.float64).reshape(-1) for o in outputs]
        return np.concatenate(parts) if parts else np.zeros(0)

    base = values()
    sizes = np.cumsum([leaves_of(func(*args))[o]._array.size for o in outputs])[:-1]
    rows = []
    for index in np.ndindex(array.shape):
        before = array[index]

        def line(t: float, index: Any = index, before: Any = before) -> Array:
            array[index] = before + t
            moved = float(array[index]) - float(before)  # float32 rounds the step
            change = values() - base
            array[index] = before
            return change * (t / moved) if moved else change

        if eps != 1e-6:
            rows.append((line(eps) - line(-eps)) / (2 * eps))
            continue
        size = max(abs(float(before)), 1e-2) if before else 1.0
        floor = np.finfo(array.dtype).eps * np.abs(base)
        scaled = partial(_scaled, line, size)
        noise = noise_of(scaled, floor) if array.dtype == np.float64 else floor
        found = slope(scaled, noise, 1e-7 * np.maximum(np.abs(base), 1e-3))
        rows.append(found.value / size)
    jacobian = np.array(rows).reshape(array.size, base.size)
    return [np.ascontiguousarray(part) for part in np.split(jacobian, sizes, axis=1)]


def _scaled(line: Callable[[float], Array], size: float, t: float) -> Array:
    return line(t * size)


def _named(func: Callable[..., Any], args: Sequence[Any]) -> str:
    """What `check_grads` has to say about it: the operation that is wrong, or the kink that this is."""
    try:
        report = check_grads(func, args)
    except (AutogradError, TypeError, ValueError):
        return ""
    return str(report) if report.verdict == WRONG else "\n".join([report.headline(), *report.notes])


gradcheck.GradcheckError = GradcheckError  # type: ignore[attr-defined]  # where PyTorch has it
