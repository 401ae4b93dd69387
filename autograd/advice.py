"""What to do about an input that does not fit: the second half of error messages, made when one is due."""

from __future__ import annotations

import sys
from typing import Any

_METHODS = {"float16": "half()", "float32": "float()", "float64": "double()"}
_NOT_NAMES = frozenset(
    {"array_of", "call", "data_array", "forward", "function", "promoted", "unnamed", "exact_array", "tensor_of"}
)


def same_dtype(given: Any, own: Any) -> str:
    """How to bring an input of dtype `given` and weights of dtype `own` together."""
    method = _METHODS.get(str(own), f"to({own})")
    if given.kind != "f":
        pixels = f"; pixels are best scaled, too: input.{method} / 255" if str(given) == "uint8" else ""
        return f"layers compute in floating point: convert the input with input.{method}{pixels}"
    other = _METHODS.get(str(given), f"to({given})")
    return (
        f"convert the input with input.{method} (an array with .astype({str(own)!r})), or the model with model.{other}"
    )


def to_float(given: Any) -> str:
    """How to make an input of another dtype a floating point one."""
    return f"wanted a floating point input, got {given}: convert it with input.float()"


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
