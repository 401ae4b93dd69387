"""What stands in the place of `tensor._array` and `generator.rng` while a program is captured, and only then.

Outside of a capture nothing here is in place, so it costs nothing. In a thread that captures, compiled calls are told
that a Tensor has no array: they pass it on to the readable form, as they do with everything that they do not know.
"""

from __future__ import annotations

import functools
import sys
import threading
from typing import Any

import numpy as np

from .. import engine
from ..errors import CaptureError
from ..modes import state
from ..tensors.convert import Convert
from ..tensors.core import Core, StandIn, array_of
from ..tensors.generator import Generator
from ..tensors.tensor import Tensor
from .backward import deliver, original_deliver, original_push, push
from .watched import Watched

_SLOT: Any = Core.__dict__["_array"]
_RNG: Any = Generator.__dict__["rng"]
raw = _SLOT.__get__
set_raw = _SLOT.__set__


def plain(tensor: Any) -> Any:
    """The array of any Tensor, also of one that a compiled function has still to compute."""
    return array_of(tensor) if state.capture is None else raw(tensor)


_lock = threading.RLock()
_capturing: list[Any] = []  # that are under way, in all threads


def _array_of(tensor: Any) -> Any:
    capture = state.capture
    if capture is None:
        return raw(tensor)
    if sys._getframe(1).f_code.co_filename.startswith("<op call"):
        raise AttributeError("_array")
    array = raw(tensor)
    return array if isinstance(array, StandIn) else capture.seen(tensor)  # one slice of what is mapped over


def _set_array(tensor: Any, array: Any) -> None:
    if state.capture is None or (isinstance(array, StandIn) and type(array) is not Watched):
        set_raw(tensor, array)
    else:
        state.capture.stored(tensor, array)


def _rng(generator: Any) -> Any:
    return _RNG.__get__(generator) if state.capture is None else state.capture.random(generator)


def _set_rng(generator: Any, rng: Any) -> None:
    generator.__dict__["_rng"] = rng


_numpy = Convert.numpy


def _captured_numpy(tensor: Any, *, force: bool = False) -> Any:
    if state.capture is None:
        return _numpy(tensor, force=force)
    capture = state.capture
    with capture.paused():
        array = _numpy(tensor, force=force).view()
    array.flags.writeable = False
    capture.asked(capture.slot_of_tensor(tensor, history=False), "numpy", array)
    return array


_asarray = np.asarray


def _captured_asarray(x: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
    if type(x) is not Watched:
        return _asarray(x, dtype, *args, **kwargs)
    return x if dtype is None or np.dtype(dtype) == x.dtype else x.astype(dtype)


def _refusing(name: str, method: Any, why: str) -> Any:
    """A method that raises while a program is captured."""

    @functools.wraps(method)
    def refusing(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        if state.capture is not None:
            state.capture.gives_up(CaptureError(f"{name} at {state.capture.line()}: {why}"))
        return method(tensor, *args, **kwargs)

    return refusing


_HOOKS = "a Program does not hold hooks. Register it before, on an input or a parameter"
_GRAD = "what it is when the Program runs again is not known. Take gradients by autograd.grad, and return them"
_grad: Any = Tensor.__dict__["grad"]


def _grad_of(tensor: Any) -> Any:
    if state.capture is not None and tensor._grad is not None:
        state.capture.gives_up(CaptureError(f".grad is read at {state.capture.line()}: {_GRAD}"))
    return _grad.fget(tensor)


def _set_grad(tensor: Any, grad: Any) -> None:
    if grad is None and state.capture is not None and state.capture.takes_acts:  # like `zero_grad`
        state.capture.acted("grad = None", _grad.fset, (tensor, None), {}, True)
    else:
        _setting(tensor, grad)


_setting = _refusing(".grad = ...", _grad.fset, _GRAD)
_backward = Tensor.backward


@functools.wraps(_backward)
def _captured_backward(tensor: Any, *args: Any, **kwargs: Any) -> None:
    if state.capture is None:
        _backward(tensor, *args, **kwargs)
    else:
        state.capture.acted("backward", _backward, (tensor, *args), kwargs, False)


_REFUSED: list[tuple[Any, str, Any, Any]] = [
    (Tensor, name, Tensor.__dict__[name], _refusing(name, Tensor.__dict__[name], _HOOKS))
    for name in ("register_hook", "register_post_accumulate_grad_hook", "retain_grad")
]

# No special method is among them: once the attributes of a class were set a thousand times, Python 3.13 goes on to call
# the method that it has seen.
_SWAPPED: list[tuple[Any, str, Any, Any]] = [
    *_REFUSED,
    (Tensor, "backward", _backward, _captured_backward),
    (Tensor, "grad", _grad, property(_grad_of, _set_grad, _grad.fdel)),
    (Core, "_array", _SLOT, property(_array_of, _set_array)),
    (Generator, "rng", _RNG, property(_rng, _set_rng)),
    (Convert, "numpy", _numpy, _captured_numpy),
    (engine, "push", original_push, push),
    (engine, "deliver", original_deliver, deliver),
    (np, "asarray", _asarray, _captured_asarray),  # which would make a plain array of a watched one
]


def begin(capture: Any) -> None:
    """Put all in place, if nobody has yet."""
    with _lock:
        _capturing.append(capture)
        if len(_capturing) == 1:
            for owner, name, _, own in _SWAPPED:
                setattr(owner, name, own)


def end(capture: Any) -> None:
    """Take it away, if nobody else captures. What Ctrl-C has interrupted may be asked for again."""
    with _lock:
        if len(_capturing) == 1 and _capturing[0] is capture:
            for owner, name, before, _ in _SWAPPED:
                setattr(owner, name, before)
        _capturing[:] = [each for each in _capturing if each is not capture]
