"""Recurrent layers over sequences: RNN, LSTM, GRU. Single steps of them are in `cells`."""

from __future__ import annotations

import math
import warnings
from typing import Any, Generic, TypeVar

import numpy as np

from autograd import Tensor, cat, stack
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import array_of, operand, same_dtype, shape_of, spec_of, wrap

from .. import functional as F
from .. import init
from ..functional.recurrent import KINDS, run
from ..module import Module
from ..packed import PackedSequence
from ..parameter import Parameter
from .linear import parameter

S = TypeVar("S")  # the state after the last step: (h, c) of an LSTM


class RNNBase(Module, Generic[S]):
    """What RNN, LSTM and GRU share: parameters, shapes, layers, directions, packed sequences.

    Parameters of layer k, where "_reverse" is appended to the names of those of the direction from the end:
    weight_ih_l[k]   (G * hidden_size, size of what goes in): all gates, one below the other
    weight_hh_l[k]   (G * hidden_size, hidden_size)
    bias_ih_l[k], bias_hh_l[k]   (G * hidden_size,); their sum counts, except for the gate n of a GRU
    weight_hr_l[k]   (proj_size, hidden_size), of an LSTM with projection
    All start uniform in +-1 / sqrt(hidden_size).
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_settings(dropout)
        gates, out = KINDS[mode].gates * hidden_size, proj_size or hidden_size
        self._names: list[tuple[str, ...]] = []  # of the parameters of each layer and direction
        for layer in range(num_layers):
            into = input_size if layer == 0 else out * (1 + bidirectional)
            for suffix in ("", "_reverse")[: 1 + bidirectional]:
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, into), "weight_hh": (gates, out)}
                if bias:
                    shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = {name: f"{name}_l{layer}{suffix}" for name in shapes}
                for name, shape in shapes.items():
                    self.register_parameter(names[name], parameter(self._get_name(), shape, device, dtype))
                self._names.append(tuple(names.values()))
        self.reset_parameters()

    def _check_settings(self, dropout: Any) -> None:
        name = self._get_name()
        if self.mode not in KINDS:
            raise SettingError(f"{name}: Unrecognized RNN mode: {self.mode}")
        for setting in ("bias", "batch_first"):  # RNN(3, 4, 2, 0.5): the 0.5 is meant for dropout, and would be `bias`
            value = getattr(self, setting)
            if not isinstance(value, (bool, np.bool_)):
                raise TypeError(f"{name}: {setting} should be of type bool, got: {type(value).__name__} ({value!r})")
        for setting in ("input_size", "hidden_size", "num_layers"):
            value = getattr(self, setting)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise TypeError(f"{name}: {setting} should be of type int, got: {type(value).__name__}")
            if value <= 0:
                raise SettingError(f"{name}: {setting} must be greater than zero, got {value}")
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise SettingError(
                f"{name}: dropout should be a number in range [0, 1] representing the probability of an element being "
                f"zeroed, got {dropout!r}"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                stacklevel=4,
            )
        if self.proj_size < 0:
            raise SettingError(f"{name}: proj_size should be a positive integer or zero to disable projections")
        if self.proj_size >= self.hidden_size:
            raise SettingError(f"{name}: proj_size has to be smaller than hidden_size")
        if self.proj_size and self.mode != "LSTM":
            raise SettingError(f"{name}: proj_size argument is only supported for LSTM, not RNN or GRU")

    def reset_parameters(self) -> None:
        """Draw new first values."""
        bound = 1 / math.sqrt(self.hidden_size)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: parameters have no layout of their own to restore. PyTorch's programs call it."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._names]

    @property
    def _all_weights(self) -> list[list[str]]:
        """The names of the parameters of each layer and direction; programs that drop weights read them."""
        return [list(names) for names in self._names]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._names for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        return [getattr(self, name) for name in self._flat_weights_names]

    # -------------------------------------------------------------------------------------------------- forward

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, S]:
        """(output, last states); see the class."""
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        x: Any = operand(input)
        name, ndim = self._get_name(), x.ndim
        if ndim not in (2, 3):
            raise ShapeError(f"{name}: Expected input to be 2D or 3D, got {ndim}D instead")
        self._check_input(x)
        batched = ndim == 3
        if not batched:
            x = x.unsqueeze(1)
        elif self.batch_first:
            x = x.transpose(0, 1)
        steps, batch = shape_of(x)[:2]
        if steps == 0:
            raise ShapeError(f"{name}: Expected sequence length to be larger than 0 in RNN, got {tuple(input.shape)}")
        states = self._states(hx, batch, batched)
        rows = x.reshape(steps * batch, self.input_size)
        z, last = self._layers(rows, states, np.full(steps, batch, np.int64))
        z = z.reshape(steps, batch, shape_of(z)[1])
        if not batched:
            return z.squeeze(1), self._joined([state.squeeze(1) for state in last])
        return (z.transpose(0, 1) if self.batch_first else z), self._joined(last)

    def _packed(self, packed: PackedSequence, hx: Any) -> Any:
        x: Any = packed.data
        sizes = array_of(packed.batch_sizes).astype(np.int64)
        self._check_input(x)
        if x.ndim != 2 or not len(sizes) or sizes.sum() != shape_of(x)[0] or (np.diff(sizes) > 0).any():
            raise ShapeError(
                f"{self._get_name()}: wanted packed data (sum of batch_sizes, {self.input_size}) with batch_sizes that "
                f"never grow, got {tuple(x.shape)} and {sizes.tolist()}"
            )
        states = self._states(hx, int(sizes[0]), True)
        if packed.sorted_indices is not None:
            states = tuple([state[:, packed.sorted_indices] for state in states])
        z, last = self._layers(x, states, sizes)
        if packed.unsorted_indices is not None:
            last = [state[:, packed.unsorted_indices] for state in last]
        return PackedSequence(z, *packed[1:]), self._joined(last)

    def _joined(self, last: list[Any]) -> Any:
        return tuple(last) if self.mode == "LSTM" else last[0]

    def _layers(self, x: Any, states: tuple[Any, ...], sizes: np.ndarray) -> tuple[Any, list[Any]]:
        """Rows (N, I) through all layers: rows (N, directions * H), and the last states (layers * directions, B, H)."""
        directions = 1 + self.bidirectional
        last = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(directions):
                index = layer * directions + direction
                z, after = self._run(index, x, tuple([state[index] for state in states]), sizes, bool(direction))
                outputs.append(z)
                last.append(after)
            x = outputs[0] if directions == 1 else cat(outputs, 1)
        if len(last) == 1:
            return x, [state.unsqueeze(0) for state in last[0]]
        return x, [stack(list(each)) for each in zip(*last, strict=True)]

    def _run(
        self, index: int, x: Any, states: tuple[Any, ...], sizes: np.ndarray, reverse: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        weights: list[Any] = [getattr(self, name) for name in self._names[index]]
        if not self.bias:
            weights[2:2] = [None, None]
        return run(KINDS[self.mode], x, states, weights, sizes=sizes, reverse=reverse)

    # ---------------------------------------------------------------------------------------------------- checks

    def _dtype(self) -> np.dtype[Any]:
        return array_of(getattr(self, self._names[0][0])).dtype

    def _check_input(self, x: Any) -> None:
        dtype, own = spec_of(x).dtype, self._dtype()
        if dtype != own:
            raise DTypeError(
                f"{self._get_name()}: RNN input dtype ({dtype}) does not match weight dtype ({own}): "
                + same_dtype(dtype, own)
            )
        if shape_of(x)[-1] != self.input_size:
            raise ShapeError(
                f"{self._get_name()}: input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{shape_of(x)[-1]}"
            )

    def _states(self, hx: Any, batch: int, batched: bool) -> tuple[Any, ...]:
        """The first states (layers * directions, B, H): what was given, or zeros."""
        count, dtype = self.num_layers * (1 + self.bidirectional), self._dtype()
        sizes = (self.proj_size or self.hidden_size, self.hidden_size)[: 1 + (self.mode == "LSTM")]
        if hx is None:
            return tuple([wrap(np.zeros((count, batch, size), dtype)) for size in sizes])
        if self.mode == "LSTM" and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise SettingError(f"LSTM: wanted hx as a tuple of two Tensors (h_0, c_0), got {type(hx).__name__}")
        given: list[Any] = [operand(state) for state in (hx if len(sizes) == 2 else [hx])]
        if any(state.ndim != 2 + batched for state in given):
            dims = [f"{state.ndim}-D" for state in given]
            found = f"({', '.join(dims)}) tensors" if len(dims) == 2 else f"{dims[0]} tensor"
            raise ShapeError(
                f"{self._get_name()}: For {'batched 3-D' if batched else 'unbatched 2-D'} input, "
                f"{'hx and cx' if len(dims) == 2 else 'hx'} should also be {2 + batched}-D but got {found}"
            )
        if not batched:
            given = [state.unsqueeze(1) for state in given]
        for number, (state, size) in enumerate(zip(given, sizes, strict=True)):
            if shape_of(state) != (count, batch, size):
                which = f"hidden[{number}]" if len(sizes) == 2 else "hidden"
                raise ShapeError(
                    f"{self._get_name()}: Expected {which} size {(count, batch, size)}, got {list(shape_of(state))}"
                )
            if spec_of(state).dtype != dtype:
                raise DTypeError(
                    f"{self._get_name()}: the first state has dtype {spec_of(state).dtype}, the weights {dtype}"
                )
        return tuple(given)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        for name, value in {**usual, "bidirectional": False}.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        return text


class RNN(RNNBase[Tensor]):
    """h[t] = tanh(weight_ih @ x[t] + bias_ih + weight_hh @ h[t - 1] + bias_hh), one or several layers. Elman 1990.

    input_size     features of x
    hidden_size    features of h
    num_layers     layers on top of each other: each takes the h of the one below as its x
    nonlinearity   "tanh" or "relu"
    bias           False: without
    batch_first    input and output are (B, T, *) instead of (T, B, *); states never are
    dropout        share of what goes from layer to layer that is dropped while training
    bidirectional  each layer also runs from the end to the start; outputs are side by side

    Called with x (T, B, I), or (T, I) without a batch, or a PackedSequence, and the first h, default zeros, of shape
    (layers * directions, B, H). Returns (output, h): the h of the last layer at all steps (T, B, directions * H), and
    that of each layer and direction where it ends. Parameters: see RNNBase.

    >>> output, h = RNN(3, 5, bidirectional=True)(Tensor(np.zeros((7, 2, 3), np.float32)))
    >>> output.shape, h.shape
    (Size([7, 2, 10]), Size([2, 2, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise SettingError(f"RNN: Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase[tuple[Tensor, Tensor]]):
    """Long short-term memory. Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.

        i, f, o = sigmoid(gates), g = tanh(gate);   c = f * c + i * g;   h = o * tanh(c)

    where the gates i, f, g, o are the four parts of weight_ih @ x + bias_ih + weight_hh @ h + bias_hh.

    proj_size      > 0: h = weight_hr @ (o * tanh(c)), of this size. Sak et al. 2014

    All else as in RNN. The first states are (h, c), c of shape (layers * directions, B, H); returns (output, (h, c)).

    dropout        with num_layers > 1: while training, the output of every layer but the last is dropped with this
                   probability (and the rest scaled up), anew for each step and element, on its way to the next layer.
                   Never what goes from step to step: h and c keep their memory. For the last layer, add an nn.Dropout

    Forget gates. The first biases are near 0, as in PyTorch, so all gates start about half open: what is in a cell
    halves at each step, and so does its gradient, which after twenty steps is a millionth. Whatever depends on more
    distance is then never found. Let the forget gates start open: their share of a bias is [H : 2 * H], and as the two
    biases are added, one of them is enough. 1 (73 % open; Gers et al. 2000, Jozefowicz et al. 2015) is a good start;
    over T steps, log(T), with input gates [:H] as much below 0 so that the cells do not fill up with what comes in
    between (Tallec & Ollivier 2018). For all layers:

    >>> import autograd
    >>> layer = LSTM(3, 5, num_layers=2)
    >>> with autograd.no_grad():
    ...     for name, p in layer.named_parameters():
    ...         if name.startswith("bias_ih"):
    ...             p[5:10] = 1.0
    >>> output, (h, c) = layer(Tensor(np.zeros((7, 2, 3), np.float32)))
    >>> output.shape, c.shape
    (Size([7, 2, 5]), Size([2, 2, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )


class GRU(RNNBase[Tensor]):
    """Gated recurrent units. Cho et al. 2014.

        r, z = sigmoid(gates);   n = tanh(x_n + r * (weight_hn @ h + bias_hn));   h = (1 - z) * n + z * h

    where r, z and n are the three parts of weight_ih @ x + bias_ih and of weight_hh @ h + bias_hh. As in PyTorch and
    cuDNN, r is applied after the product with h (in the paper, before).

    All else as in RNN.

    >>> output, h = GRU(3, 5, batch_first=True)(Tensor(np.zeros((2, 7, 3), np.float32)))
    >>> output.shape, h.shape
    (Size([2, 7, 5]), Size([1, 2, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )
