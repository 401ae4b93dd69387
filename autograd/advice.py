"""What to do about an input that does not fit: the second half of error messages, made when one is due."""

from __future__ import annotations

import sys
from typing import Any

from .modes import is_grad_enabled

_METHODS = {"float16": "half()", "float32": "float()", "float64": "double()"}
_NOT_NAMES_TEXT = """
    alike array_of attend_by_heads call call_hooked cast data_array exact_array filled floating forward function
    labels_of like operand promoted scores
"""
_NOT_NAMES = frozenset(_NOT_NAMES_TEXT.split())


def same_dtype(given: Any, own: Any) -> str:
    """How to bring an input of dtype `given` and weights of dtype `own` together.

    >>> import numpy as np
    >>> same_dtype(np.dtype(np.float64), np.dtype(np.float32))[:38]
    'convert the input with input.float() ('
    """
    method = _METHODS.get(str(own), f"to({own})")
    if given.kind != "f":
        pixels = f"; pixels are best scaled, too: input.{method} / 255" if str(given) == "uint8" else ""
        return f"layers compute in floating point: convert the input with input.{method}{pixels}"
    other = _METHODS.get(str(given), f"to({given})")
    return (
        f"convert the input with input.{method} (an array with .astype({str(own)!r})), or the model with model.{other}"
    )


def to_float(given: Any) -> str:
    """How to make an input of another dtype a floating point one.

    >>> to_float("int64")
    'wanted a floating point input, got int64: convert it with input.float()'
    """
    return f"wanted a floating point input, got {given}: convert it with input.float()"


def no_graph(x: Any) -> str:
    """Why there is no way back from `x`, as far as it can be seen from here."""
    if not hasattr(x, "_node"):
        return f"it is no Tensor, but {type(x).__name__}; item(), numpy() and float() leave the graph"
    if x._array.dtype.kind != "f":
        return (
            f"its dtype is {x._array.dtype}, and no gradient flows through integers and bools: comparisons, argmax(), "
            "round-offs like long() end it"
        )
    if not is_grad_enabled():
        return (
            "nothing is recorded here, inside of no_grad() or inference_mode(); move the forward pass out of it. (If "
            "Ctrl-C has interrupted such a block, set_grad_enabled(True) switches recording on again)"
        )
    base = getattr(x, "_base", None)
    if base is not None and base._node is not None:
        return "it looks into the memory of a Tensor that does: it was detached, by detach(), .data or under no_grad()"
    return (
        "either nothing that it was computed from requires grad (are the parameters frozen, or do inputs lack "
        "requires_grad=True?), or it was computed under no_grad(), or it went through detach(), .data, item() or an "
        "array"
    )


def no_tensor(x: Any) -> str:
    """What a function wanted in place of `x`, and where such a thing usually comes from."""
    where = _function()
    if isinstance(x, (tuple, list)):
        kinds = ", ".join(type(part).__name__ for part in x[:3]) + (", ..." if len(x) > 3 else "")
        hint = (
            "recurrent layers and attention return (output, state): take the first, as in output, _ = layer(x)"
            if isinstance(x, tuple)
            else "autograd.stack or autograd.cat makes one Tensor of several"
        )
        return f"{where}wanted a Tensor, got a {type(x).__name__} ({kinds}); {hint}"
    hint = "; does the function or the forward() that it comes from return something?" if x is None else ""
    return f"{where}wanted a Tensor, an array or numbers, got {type(x).__name__}{hint}"


def unknown_argument(function: Any, given: Any, spellings: Any, error: TypeError) -> TypeError:
    """The error for a keyword that `function` does not take, in the spelling of whoever wrote it."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    wrong = [name for name in given if name not in names]
    if not wrong:  # it comes from further inside
        return error
    other = {pytorchs: numpys for numpys, pytorchs in spellings.items()}
    shown = " or ".join(repr(name) for name in (other.get(wrong[0]), wrong[0]) if name)
    known = ", ".join(name for name in names if name not in ("self", "input"))
    return TypeError(f"{function.__name__}() got an unexpected keyword argument {shown}; its arguments are {known}")


def no_loop(name: str, a: Any, b: Any) -> str:
    """For an operation that does not exist for two dtypes."""
    if "bitwise" in name or "shift" in name:
        return (
            f"wanted integers or bools, got {a} and {b}; & and | bind more tightly than comparisons: write "
            "(x > 0) & (y < 1)"
        )
    return f"not implemented for {a} and {b}"


def _function() -> str:
    """ "name: " of the library's function that the failing call is in; empty if there is none with a name."""
    frame = sys._getframe(2)
    folder = __file__.rsplit("autograd", 1)[0]
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith((folder + "autograd", folder + "nn", "<op ")):
            return ""
        if not code.co_name.startswith(("_", "<")) and code.co_name not in _NOT_NAMES:
            return f"{code.co_name}: "
        frame = frame.f_back  # type: ignore[assignment]
    return ""
