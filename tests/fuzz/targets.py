"""One attempt at each target: a function of a seed that returns what went wrong, or None.

files     a checkpoint, a safetensors, a PyTorch or an IDX file is damaged and read
shapes    a row of the table of operations at other sizes: 0, 1, and whatever does not fit
threads   a small network trained in four threads at once, and in one
"""

from __future__ import annotations

import dataclasses
import io
import math
import random
import struct
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import autograd
import nn
from autograd.errors import AutogradError, CheckpointError, DataError
from autograd.tracing import leaves_of
from nn.data.idx import read_idx

EXPECTED = (AutogradError, ValueError, TypeError, IndexError, NotImplementedError, ZeroDivisionError)
"""What a call may raise for sizes that do not fit."""


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)[-3:]).strip()


# ---------------------------------------------------------------------------------------------------------------- files


def _checkpoint(suffix: str) -> bytes:
    state = {"w": autograd.arange(6.0).reshape(2, 3), "b": autograd.ones(4, dtype=np.float64), "n": autograd.arange(3)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"file{suffix}")
        nn.save(state, path)
        return path.read_bytes()


def _idx(_: str) -> bytes:
    numbers = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    return bytes([0, 0, 8, 3]) + struct.pack(">3I", *numbers.shape) + numbers.tobytes()


MADE: dict[str, Callable[[str], bytes]] = {
    ".npz": _checkpoint,
    ".safetensors": _checkpoint,
    ".pt": _checkpoint,
    ".idx": _idx,
}


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The same bytes, some of them changed, cut, repeated, or replaced by large numbers."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        place = rng.randrange(len(out) + 1)
        length = rng.choice((1, 1, 2, 4, 8, 64))
        kind = rng.randrange(7)
        if kind == 0:
            out[place : place + length] = rng.randbytes(len(out[place : place + length]))
        elif kind == 1 and place < len(out):
            out[place] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del out[place : place + length]
        elif kind == 3:
            del out[place:]
        elif kind == 4:
            out[place:place] = out[place : place + length] * rng.choice((1, 2, 50))
        elif kind == 5:
            number = rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 62, (1 << 64) - 1))
            packed = number.to_bytes(8, rng.choice(("little", "big")))[: rng.choice((4, 8))]
            out[place : place + len(packed)] = packed
        else:
            digits = [k for k, byte in enumerate(out) if 48 <= byte < 58]
            if digits:
                out[rng.choice(digits)] = 48 + rng.randrange(10)
    return bytes(out)


def files(seed: int) -> str | None:
    """A damaged file gives what it holds, or one error that says so."""
    rng = random.Random(seed)
    suffix = rng.choice(list(MADE))
    data = damaged(MADE[suffix](suffix), rng)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"file{suffix}")
        path.write_bytes(data)
        try:
            if suffix == ".idx":
                read_idx(path)
            else:
                nn.load(path)
                nn.load(io.BytesIO(data))
        except (CheckpointError, DataError):
            return None
        except Exception as error:
            return f"{suffix}: {_told(error)}"
    return None


# --------------------------------------------------------------------------------------------------------------- shapes

OF_ONE_SIZE = {"split", "narrow", "select", "avg_spread", "solve", "crop", "masked_scatter", "causal", "blank"}
"""Operations, or rows with a note, whose references are made for the sizes in the table; those of nothing are, too."""


MOST_TERMS = 1_000_000
"""Elements of x times elements of w up to which the loops that are the reference of convolutions are waited for."""


def shapes(seed: int) -> str | None:
    """An operation at other sizes gives what NumPy gives, or an error of a kind that programs can expect."""
    from tests.cases import CASES

    rng = random.Random(seed)
    case = rng.choice(CASES)
    of_nothing = 0 in [n for shape in case.shapes for n in shape]
    sizes: dict[int, int] = {}
    for shape in case.shapes:
        for n in shape:
            sizes.setdefault(n, rng.choice((n, n, 0, 1, 2, 3, 5, 17)))
    spoilt = rng.random() < 0.3
    changed = tuple([tuple([sizes[n] if not spoilt else rng.choice((n, sizes[n])) for n in s]) for s in case.shapes])
    case = dataclasses.replace(case, shapes=changed)
    try:
        arrays = case.draw(np.random.default_rng(seed))
    except Exception:
        return None  # the domain has no such shape
    try:
        z = case.function(*[autograd.tensor(x, requires_grad=True) for x in arrays], **case.params)
        outs = [part for part in leaves_of(z) if getattr(part, "requires_grad", False)]
        if outs:
            sum((part.sum() for part in outs[1:]), outs[0].sum()).backward()
    except EXPECTED as error:
        return None if "numba" not in traceback.format_exc() and str(error) else f"{case}: {_told(error)}"
    except Exception as error:
        return f"{case}: {_told(error)}"
    if case.reference is None or of_nothing or OF_ONE_SIZE & {case.covers, case.note}:
        return None
    if case.covers.startswith("conv") and math.prod([x.size for x in arrays]) > MOST_TERMS:
        return None
    try:
        with np.errstate(all="ignore"):
            wanted = case.reference(*arrays, **case.params)
    except Exception:
        return None  # NumPy is stricter
    for ours, theirs in zip(leaves_of(z), leaves_of(wanted)):
        found = ours.detach().numpy() if isinstance(ours, autograd.Tensor) else np.asarray(ours)
        if found.shape != np.shape(theirs) or not np.allclose(found, theirs, rtol=1e-6, atol=1e-7, equal_nan=True):
            return f"{case}: other numbers than the reference"
    return None


# -------------------------------------------------------------------------------------------------------------- threads


def _trained(seed: int) -> bytes:
    """The bits of a small network after a few steps."""
    rng = np.random.default_rng(seed)
    width, batch = int(rng.integers(1, 40)), int(rng.integers(1, 40))
    weights = [autograd.tensor(rng.standard_normal(s), requires_grad=True) for s in ((5, width), (width, 1))]
    x = autograd.tensor(rng.standard_normal((batch, 5)))
    optimiser = nn.optim.Adam(weights)
    for _ in range(3):
        optimiser.zero_grad()
        ((x @ weights[0]).tanh() @ weights[1]).square().mean().backward()
        optimiser.step()
    return b"".join(w.detach().numpy().tobytes() for w in weights)


def threads(seed: int) -> str | None:
    """Four threads at once give the bits that each gives alone."""
    alone = [_trained(seed * 4 + k) for k in range(4)]
    together: list[Any] = [None] * 4

    def run(k: int) -> None:
        try:
            together[k] = _trained(seed * 4 + k)
        except Exception as error:
            together[k] = _told(error)

    started = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    for mine, theirs in zip(alone, together, strict=True):
        if mine != theirs:
            return f"in threads: {theirs if isinstance(theirs, str) else 'other bits'}"
    return None


TARGETS: dict[str, Callable[[int], str | None]] = {"files": files, "shapes": shapes, "threads": threads}
