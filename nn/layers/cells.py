"""Single steps of recurrent layers: RNNCell, LSTMCell, GRUCell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import operand, same_dtype, shape_of, spec_of, wrap

from .. import init
from ..functional.recurrent import KINDS, step
from ..module import Module
from ..parameter import MaybeNone, Parameter
from .linear import parameter


class RNNCellBase(Module):
    """What the cells share. Weights (G * hidden_size, *) and biases start uniform in +-1 / sqrt(hidden_size)."""

    weight_ih: Parameter  # (G * hidden_size, input_size)
    weight_hh: Parameter  # (G * hidden_size, hidden_size)
    bias_ih: Parameter | MaybeNone  # (G * hidden_size,)
    bias_hh: Parameter | MaybeNone

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size)}
        for name, shape in {**shapes, "bias_ih": (rows,), "bias_hh": (rows,)}.items():
            made = parameter(self._get_name(), shape, device, dtype) if bias or name in shapes else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new first values."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def _step(self, mode: str, input: Any, states: Any) -> Any:
        """The next h, or (h, c)."""
        kind = KINDS[mode]
        (x, *given), batched = self._inputs(input, states, kind.states)
        found = step(kind, x, given, (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh))
        if batched:
            return found
        return found.squeeze(0) if kind.states == 1 else tuple([state.squeeze(0) for state in found])

    def _inputs(self, input: Any, states: Any, count: int) -> tuple[Any, bool]:
        """x (B, I) and the states (B, H), checked; and whether they came with a batch."""
        name = self._get_name()
        x: Any = operand(input)
        own, sizes = spec_of(self.weight_ih).dtype, shape_of(x)
        if len(sizes) not in (1, 2):
            raise ShapeError(f"{name}: Expected input to be 1D or 2D, got {len(sizes)}D instead")
        batched = len(sizes) == 2
        batch = sizes[0] if batched else 1
        if sizes[-1] != self.input_size:
            raise ShapeError(f"{name}: input has inconsistent input_size: got {sizes[-1]} expected {self.input_size}")
        if states is None:
            zeros = wrap(np.zeros((batch, self.hidden_size), own))
            given: list[Any] = [zeros] * count
        else:
            given = [operand(state) for state in states]
            for number, state in enumerate(given):
                shape = shape_of(state)
                if len(shape) != 1 + batched:
                    raise ShapeError(
                        f"{name}: Expected hidden to be 1D or 2D like the input ({1 + batched}D), got {len(shape)}D "
                        "instead"
                    )
                if batched and shape[0] != batch:
                    raise ShapeError(
                        f"{name}: Input batch size {batch} doesn't match hidden{number} batch size {shape[0]}"
                    )
                if shape[-1] != self.hidden_size:
                    raise ShapeError(
                        f"{name}: hidden{number} has inconsistent hidden_size: got {shape[-1]}, expected "
                        f"{self.hidden_size}"
                    )
            if not batched:
                given = [state.unsqueeze(0) for state in given]
        dtypes = [spec_of(part).dtype for part in (x, *given)]
        if dtypes != [own] * len(dtypes):
            raise DTypeError(
                f"{name}: input and states must have the same dtype as the weights, {own}, but got "
                f"{', '.join(map(str, dtypes))}: " + same_dtype(next(dtype for dtype in dtypes if dtype != own), own)
            )
        return [x if batched else x.unsqueeze(0), *given], batched

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """One step of an RNN: x (B, I) and h (B, H), default zeros, to the next h. Both may come without B.

    >>> RNNCell(3, 5)(Tensor(np.zeros((2, 3), np.float32))).shape
    Size([2, 5])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise SettingError(f"RNNCell: Unknown nonlinearity: {nonlinearity}")
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Any = None) -> Tensor:
        mode = "RNN_RELU" if self.nonlinearity == "relu" else "RNN_TANH"
        return self._step(mode, input, None if hx is None else (hx,))


class LSTMCell(RNNCellBase):
    """One step of an LSTM: x (B, I) and (h, c), both (B, H), default zeros, to the next (h, c). All may come without B.

    >>> h, c = LSTMCell(3, 5)(Tensor(np.zeros((2, 3), np.float32)))
    >>> h.shape, c.shape
    (Size([2, 5]), Size([2, 5]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise SettingError(f"LSTMCell: wanted hx as a tuple of two Tensors (h_0, c_0), got {type(hx).__name__}")
        return self._step("LSTM", input, hx)


class GRUCell(RNNCellBase):
    """One step of a GRU: x (B, I) and h (B, H), default zeros, to the next h. Both may come without B.

    >>> GRUCell(3, 5)(Tensor(np.zeros((2, 3), np.float32))).shape
    Size([2, 5])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> Tensor:
        return self._step("GRU", input, None if hx is None else (hx,))
