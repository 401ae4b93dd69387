"""Gradients that were derived by hand, and the helpers of the CS231n notebooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import ShapeError
from ..modes import no_grad
from ..tensors.core import Core, wrap
from .claim import WRONG, Claim, Worst
from .compare import Comparison
from .formulas import instead
from .hints import hint, shape_hint
from .records import precision_of, weighings
from .report import GradReport, InputResult


def check_derivation(
    fn: Callable[..., Any],
    inputs: Any,
    derivation: Callable[..., Any],
    *,
    dZ: Any = None,
    rtol: float = 1e-5,
    exact: int = 200,
    seed: int = 0,
) -> GradReport:
    """Compare gradients that were derived by hand with the slopes of the function: correct or wrong, where, and why.

    fn           of arrays or Tensors, with one output; NumPy code or Tensor code
    inputs       its arguments. Those of integers (labels) are passed on, and have no gradient
    derivation   derivation(*inputs, dZ): the gradients of sum(dZ * fn(*inputs)), in the order of the inputs; one array
                 for one input. None, or nothing, for arguments without a gradient
    dZ           what arrives from above; by default 1 for a function that returns a number, else random

    It is called with what `fn` is called with: Tensors if one of the inputs is a Tensor, else arrays, of float64.
    `report.inputs` has a result per input.

    >>> x, w = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    >>> check_derivation(lambda x, w: x @ w, (x, w), lambda x, w, dZ: (dZ @ w.T, x.T @ dZ)).verdict
    'correct'
    """
    given = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    as_tensors = any(isinstance(x, Core) for x in given)
    values = [_double(x) for x in given]
    chosen = [i for i, x in enumerate(values) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    rng = np.random.default_rng(seed)

    def arguments(arrays: Sequence[Array]) -> list[Any]:
        full = [x.copy() if isinstance(x, np.ndarray) else x for x in values]
        for i, array in zip(chosen, arrays, strict=True):
            full[i] = array.copy()
        return [wrap(x) if as_tensors and isinstance(x, np.ndarray) else x for x in full]

    def run(arrays: Sequence[Array]) -> list[Array]:
        with no_grad():
            return [_plain(fn(*arguments(arrays)))]

    start = [values[i] for i in chosen]
    base = run(start)
    seeds = _seeds(dZ, base, rng)
    names = _argument_names(fn, len(values))

    def derive(arrays: Sequence[Array], seed: Array) -> list[Array | None]:
        return _derived(derivation, arguments(arrays), seed, as_tensors, len(values), chosen, names)

    rows = [derive(start, seed) for seed in seeds]

    report = GradReport(subject=(fn, tuple(arguments(start))))
    fitting = [k for k in range(len(chosen)) if all(_shape(row[k]) == start[k].shape for row in rows)]
    claim = Claim(
        lambda arrays: run([arrays[fitting.index(k)] if k in fitting else x for k, x in enumerate(start)]),
        [start[k] for k in fitting],
        [names[chosen[k]] for k in fitting],
        [[seed] for seed in seeds],
        [[np.asarray(row[k]) for k in fitting] for row in rows],
        precision=precision_of(base),
    )
    comparison = Comparison(claim, rng, rtol=rtol, exact=exact)
    findings = comparison.findings() if fitting else []
    report.steps = comparison.sweeps() if fitting else []
    known = [names[i] for i in chosen]
    for k in range(len(chosen)):
        if k not in fitting:
            report.inputs.append(_misshapen(known, rows[0][k], run, start, k, seeds[0]))
            continue
        at = fitting.index(k)
        finding = findings[at]
        result = InputResult(known[k], finding.verdict, finding.worst, finding.note, start[k].shape)
        if finding.verdict == WRONG:
            row = next((i for i, g in enumerate(claim.gradients) if g[at] is finding.gradient), 0)
            otherwise = partial(instead, derive, start, known, seeds[row], base[0], k, finding)
            result.hint = hint(finding, at, claim, None, otherwise) or finding.note
        report.inputs.append(result)
    for extra in findings[len(fitting) :]:
        report.inputs.append(InputResult(" and ".join(claim.names), extra.verdict, extra.worst, extra.note))
    return report


def _seeds(dZ: Any, base: list[Array], rng: np.random.Generator) -> list[Array]:
    """What arrives from above: what is given, 1 for a number, else several random weighings of the output."""
    if dZ is None:
        return [np.ones(base[0].shape)] if base[0].size == 1 else [row[0] for row in weighings(base, rng)]
    seed = np.asarray(_plain(dZ), np.float64)
    if seed.shape != base[0].shape:
        raise ShapeError(f"check_derivation: wanted dZ of the output's shape {base[0].shape}, got {seed.shape}")
    return [seed]


def _derived(
    derivation: Callable[..., Any],
    args: list[Any],
    seed: Array,
    as_tensors: bool,
    count: int,
    chosen: list[int],
    names: list[str],
) -> list[Array | None]:
    """What the derivation returns for the inputs that have a gradient."""
    with no_grad():
        result = derivation(*args, wrap(seed.copy()) if as_tensors else seed.copy())
    if isinstance(result, dict):
        parts = [result.get(names[i], result.get(f"d{names[i]}")) for i in chosen]
    elif isinstance(result, (tuple, list)):
        if len(result) not in (count, len(chosen)):
            raise ShapeError(
                f"check_derivation: wanted {len(chosen)} gradients, one for each of "
                f"{', '.join(names[i] for i in chosen)}; the derivation returned {len(result)}"
            )
        parts = [result[i] for i in chosen] if len(result) == count else list(result)
    else:
        parts = [result] + [None] * (len(chosen) - 1)
    return [None if part is None else np.asarray(_plain(part), np.float64) for part in parts]


def _misshapen(names: list[str], got: Array | None, run: Any, start: list[Array], k: int, seed: Array) -> InputResult:
    name = names[k]
    shape = start[k].shape
    if got is None:
        return InputResult(name, WRONG, None, "the derivation returns no gradient for it", shape)
    numeric = None
    if start[k].size <= 2000:

        def one(x: Array) -> Array:
            return run([x if i == k else other for i, other in enumerate(start)])[0]

        numeric = eval_numerical_gradient_array(one, start[k].copy(), seed)
    message = f"the derivation returns shape {got.shape} for an input of shape {shape}"
    what = shape_hint(got.shape, shape, got, numeric)
    twins = [n for n, x in zip(names, start, strict=True) if x.shape == got.shape and n != name]
    if not what and twins:
        what = f"that is the shape of {twins[0]}"
    worst = None
    if got.size == 1 and numeric is not None and numeric.size:
        worst = Worst((0,) * len(shape), float(got.reshape(-1)[0]), float(numeric.reshape(-1)[0]), 0.0)
    return InputResult(name, WRONG, worst, f"{message}: {what}" if what else message, shape)


def _shape(x: Array | None) -> tuple[int, ...] | None:
    return None if x is None else x.shape


def _double(x: Any) -> Any:
    array = x._array if isinstance(x, Core) else x
    if isinstance(array, (np.ndarray, float, np.floating)):
        array = np.asarray(array)
        return array.astype(np.float64) if array.dtype.kind == "f" else array.copy()
    return x


def _plain(x: Any) -> Array:
    array = x._array if isinstance(x, Core) else np.asarray(x)
    return array.astype(np.float64) if array.dtype.kind in "iub" else array


def _argument_names(fn: Callable[..., Any], count: int) -> list[str]:
    try:
        known = [p.name for p in inspect.signature(fn).parameters.values() if p.kind != p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        known = []
    return [known[i] if i < len(known) else f"input {i}" for i in range(count)]


# ------------------------------------------------------------------------------------------------ CS231n's spelling


def rel_error(x: Any, y: Any) -> float:
    """The largest |x - y| / max(1e-8, |x| + |y|) over all elements.

    >>> rel_error(np.array([1.0, 2.0]), np.array([1.0, 2.2])) < 0.05
    True
    """
    a, b = _plain(x), _plain(y)
    error = np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))
    return float(error.max()) if error.size else 0.0


def eval_numerical_gradient_array(f: Callable[[Any], Any], x: Any, df: Any, h: float = 1e-5) -> Array:
    """The slopes of sum(df * f(x)), element by element, by central differences of step h.

    `x`, an array or a Tensor, is moved in place, so that a function that reaches it some other way sees it move too.
    """
    array = x._array if isinstance(x, Core) else x
    grad = np.zeros(array.shape, np.result_type(array.dtype, np.float32))
    weights = _plain(df)
    with no_grad():
        for index in np.ndindex(array.shape):
            before = array[index]
            array[index] = before + h
            above = _plain(f(x)).copy()
            array[index] = before - h
            below = _plain(f(x)).copy()
            array[index] = before
            grad[index] = np.sum((above - below) * weights) / (2 * h)
    return grad


def eval_numerical_gradient(f: Callable[[Any], Any], x: Any, verbose: bool = False, h: float = 1e-5) -> Array:
    """The slopes of a function that returns one number; `verbose` prints them as they are found."""
    grad = eval_numerical_gradient_array(f, x, 1.0, h)
    if verbose:
        for index in np.ndindex(grad.shape):
            print(index, grad[index])
    return grad
