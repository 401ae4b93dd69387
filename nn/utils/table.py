"""A table of a model's layers: shapes, parameters, memory, arithmetic."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import Tensor, get_default_dtype, get_rng_state, no_grad, set_rng_state
from autograd.extend import array_of, shape_of, wrap

from ..hooks import Hooks
from ..module import Module


@dataclass
class Row:
    """One call of one module."""

    path: str  # "" for the model itself
    name: str  # the path from the module that called it
    kind: str
    depth: int
    parameters: int  # its own, not those of the modules in it; 0 if an earlier row has counted them
    trainable: int
    input_shape: Any = None
    output_shape: Any = None
    bytes: int = 0  # of its outputs; 0 for modules that consist of others
    flops: int = 0
    reached: bool = False
    failed: bool = False


@dataclass
class Summary:
    """What `summary` found out. `print` it.

    rows                   one per call of a module, in calling order; then modules that were not called
    error                  the exception that ended the forward pass, or None
    failed                 path of the layer that raised it, or None
    parameters, trainable  numbers in all parameters, and in those that require a gradient
    bytes                  of the outputs of all layers: what backward roughly has to keep
    flops                  of one forward pass
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    error: Exception | None = None
    failed: str | None = None
    reason: str = ""
    parameters: int = 0
    trainable: int = 0
    parameter_bytes: int = 0

    @property
    def bytes(self) -> int:
        return sum(row.bytes for row in self.rows)

    @property
    def flops(self) -> int:
        return sum(row.flops for row in self.rows)

    def cells(self) -> list[tuple[str, ...]]:
        """The table as text: a heading and a line per row, up to the layer that failed."""
        lines: list[tuple[str, ...]] = [("layer", "output", "parameters", "bytes", "FLOPs")]
        for row in self.rows:
            if self.error is not None and not row.reached:
                continue
            name = f"{row.name}: " if row.name else ""
            shape = "failed" if row.failed else _shown(row.output_shape) if row.reached else "not called"
            frozen = " (frozen)" if row.parameters and not row.trainable else ""
            lines.append(
                (
                    "  " * row.depth + name + row.kind,
                    shape,
                    f"{row.parameters:,}{frozen}" if row.parameters else "-",
                    f"{row.bytes:,}" if row.bytes else "-",
                    f"{row.flops:,}" if row.flops else "-",
                )
            )
        return lines

    def totals(self) -> list[str]:
        """The lines below the table."""
        lines = [
            f"parameters: {self.parameters:,} ({_size(self.parameter_bytes)}), {self.trainable:,} of them trainable",
            f"outputs: {_size(self.bytes)}; forward pass: {self.flops:,} FLOPs",
        ]
        if self.error is not None:
            lines.append(self.reason)
        return lines

    def __str__(self) -> str:
        lines = self.cells()
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        text = [
            "  ".join(
                [line[0].ljust(widths[0]), line[1].ljust(widths[1])]
                + [cell.rjust(width) for cell, width in zip(line[2:], widths[2:])]
            ).rstrip()
            for line in lines
        ]
        rule = "-" * max(len(line) for line in text)
        return "\n".join([text[0], rule, *text[1:], rule, *self.totals()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from autograd.displays.pieces import boxed, table  # here: few programs show tables in notebooks

        heading, *lines = self.cells()
        below = "".join(f"<small>{html.escape(line)}</small><br>" for line in self.totals())
        return boxed(table(heading, lines, left=(0, 1)), below)


def summary(model: Module, input: Any = None, input_size: Any = None, *, dtype: Any = None) -> Summary:
    """Run `model` once and return a table of its layers: shapes, parameters, bytes of the outputs, FLOPs.

    input        a Tensor, an array, or a tuple of arguments
    input_size   instead: the shape of an input of zeros, batch dimension included; or a list of shapes
    dtype        of these zeros. Default: that of the model's parameters

    FLOPs are two for each multiply-add of Linear, Bilinear, convolutions, recurrent layers and attention; biases,
    activations, norms and pooling are not counted. The model runs in evaluation mode without recording; modes, hooks,
    buffers and the random state are afterwards what they were. A forward pass that raises gives the table up to the
    layer that failed, with what that layer was given; the exception is in `.error`.

    >>> from nn import Linear, ReLU, Sequential
    >>> print(summary(Sequential(Linear(4, 3), ReLU()), input_size=(2, 4)))
    layer        output  parameters  bytes  FLOPs
    ---------------------------------------------
    Sequential   (2, 3)           -      -      -
      0: Linear  (2, 3)          15     24     48
      1: ReLU    (2, 3)           -     24      -
    ---------------------------------------------
    parameters: 15 (60 bytes), 15 of them trainable
    outputs: 48 bytes; forward pass: 48 FLOPs
    """
    args = _arguments(model, input, input_size, dtype)
    found = Summary(type(model).__name__)
    for p in model.parameters():
        found.parameters += p.numel()
        found.parameter_bytes += p.nbytes
        found.trainable += p.numel() if p.requires_grad else 0
    with _undisturbed(model), no_grad():
        watcher = _Watcher(model, found)
        try:
            model(*args)
        except Exception as error:
            found.error = error
            watcher.explain(error, args)
    watcher.add_uncalled()
    return found


class _Watcher:
    """Writes a row for each call of a module."""

    def __init__(self, model: Module, found: Summary) -> None:
        self.found = found
        self.paths: dict[Module, str] = {}
        self.counted: set[int] = set()
        self.running: list[tuple[Module, Row]] = []
        for path, module in model.named_modules():
            self.paths[module] = path
            module.register_forward_pre_hook(self.enter, prepend=True, with_kwargs=True)
            module.register_forward_hook(self.leave, with_kwargs=True)

    def row(self, module: Module) -> Row:
        path = self.paths[module]
        caller = self.running[-1][1].path if self.running else path.rpartition(".")[0]
        inside = not caller or path.startswith(caller + ".")
        own = [p for p in module._parameters.values() if p is not None and id(p) not in self.counted]
        self.counted.update(map(id, own))
        row = Row(
            path,
            path[len(caller) + 1 if caller else 0 :] if inside else path,
            type(module).__name__,
            len(self.running) if self.running or not path else path.count(".") + 1,
            sum(p.numel() for p in own),
            sum(p.numel() for p in own if p.requires_grad),
        )
        self.found.rows.append(row)
        return row

    def enter(self, module: Module, args: Any, kwargs: Any) -> None:
        row = self.row(module)
        row.reached = True
        row.input_shape = _shapes((*args, *kwargs.values()))
        self.running.append((module, row))

    def leave(self, module: Module, args: Any, kwargs: Any, output: Any) -> None:
        while self.running[-1][0] is not module:  # left by an exception that the model has caught
            self.running.pop()
        _, row = self.running.pop()
        row.output_shape = _shapes(output)
        row.flops = flops(module, (*args, *kwargs.values()), output)
        if not module._modules:
            row.bytes = sum(x.nbytes for x in _tensors(output))

    def explain(self, error: Exception, args: Any) -> None:
        """Say which layer raised, what it was given, and why it failed."""
        if self.running:
            module, row = self.running[-1]
            row.failed = True
            self.found.failed = row.path
            name = f"layer {row.path!r}" if row.path else "the model itself"
            given = _shown(row.input_shape)
            self.found.reason = f"failed in {name}, {type(module).__name__}({module.extra_repr()}), given {given}: "
        else:
            self.found.reason = f"failed before the first layer, given {_shown(_shapes(args))}: "
        self.found.reason += f"{type(error).__name__}: {error}"

    def add_uncalled(self) -> None:
        """Rows for modules that the forward pass did not reach, other than lists of modules that it did."""
        self.running.clear()
        called = [row.path + "." for row in self.found.rows]
        for module, path in self.paths.items():
            if not any(other.startswith(path + ".") for other in called) and path:
                self.row(module)


def _arguments(model: Module, input: Any, input_size: Any, dtype: Any) -> tuple[Any, ...]:
    if isinstance(input, (tuple, list)) and input and all(isinstance(n, int) for n in input):
        input, input_size = None, input
    if (input is None) == (input_size is None):
        raise TypeError("summary: give either an input or the input_size")
    if input is not None:
        args = input if isinstance(input, (tuple, list)) else (input,)
        return tuple([wrap(x) if isinstance(x, np.ndarray) else x for x in args])
    if dtype is None:
        dtype = next((p.dtype for p in model.parameters()), get_default_dtype())
    sizes = [input_size] if all(isinstance(n, (int, np.integer)) for n in input_size) else input_size
    return tuple([wrap(np.zeros(tuple(size), dtype)) for size in sizes])


@contextmanager
def _undisturbed(model: Module) -> Iterator[None]:
    """Evaluation mode and room for more hooks; at the end modes, hooks, buffers and random state are put back."""
    modules = list(model.modules())
    before = [(module, module.training, module.__dict__.get("_hooks", _NONE)) for module in modules]
    buffers = [
        (module, name, buffer, np.array(array_of(buffer)))
        for module in modules
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
    random = get_rng_state()
    try:
        for module, _, hooks in before:
            module.training = False
            module.__dict__["_hooks"] = ours = Hooks()
            if isinstance(hooks, Hooks):
                ours.forward_pre.update(hooks.forward_pre)
                ours.forward.update(hooks.forward)
        yield
    finally:
        set_rng_state(random)
        for module, mode, hooks in before:
            module.training = mode
            del module.__dict__["_hooks"]
            if hooks is not _NONE:
                module.__dict__["_hooks"] = hooks
        for module, name, buffer, values in buffers:
            array_of(buffer)[...] = values
            module._buffers[name] = module.__dict__[name] = buffer


_NONE = object()


# ---------------------------------------------------------------------------------------------------- arithmetic


def flops(module: Module, args: Any, output: Any) -> Any:
    """Twice the multiply-adds of one call of a module, without those of the modules in it."""
    first = next(_tensors(args), None)
    result = next(_tensors(output), None)
    if first is None or result is None:
        return 0
    kind = {base.__name__ for base in type(module).__mro__}
    own: Any = module
    size = result.numel()
    if "Linear" in kind:
        return 2 * size * int(own.weight.shape[1])
    if "Bilinear" in kind:
        return 2 * size * own.in2_features * (own.in1_features + 1)
    if "MultiheadAttention" in kind:
        return _attention_flops(own, args)
    if hasattr(own, "kernel_size") and isinstance(getattr(own, "weight", None), Tensor):
        # each element of the weight meets each position of the output, or of the input if it is transposed
        transposed = any("Transpose" in name for name in kind)
        array = array_of(first if transposed else result)
        channels = own.in_channels if transposed else own.out_channels
        return 2 * own.weight.numel() * (array.size // channels)
    if hasattr(own, "hidden_size") and hasattr(own, "input_size"):
        # every step of every sample meets each matrix once
        matrices = sum(p.numel() for p in own._parameters.values() if p is not None and p.ndim == 2)
        steps = first.numel() // own.input_size
        return 2 * matrices * steps
    return 0


def _attention_flops(module: Any, args: Any) -> Any:
    """The three projections, query times key, and weights times value."""
    query, key, value = list(_tensors(args))[:3]
    size = module.embed_dim
    projections = sum(x.numel() * size for x in (query, key, value))
    batched = query.ndim == 3
    length = 1 if module.batch_first and batched else 0
    batch = query.shape[1 - length] if batched else 1
    return 2 * (projections + 2 * batch * query.shape[length] * key.shape[length] * size)


def _tensors(values: Any) -> Iterator[Any]:
    """All Tensors in nested tuples, lists and dictionaries."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, np.ndarray):
        yield wrap(values)
    elif isinstance(values, dict):
        yield from _tensors(list(values.values()))
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from _tensors(value)


def _shapes(values: Any) -> list[tuple[int, ...]]:
    return [shape_of(x) for x in _tensors(values)]


def _shown(shapes: list[tuple[int, ...]] | None) -> str:
    if shapes is None:
        return "unfinished"
    return ", ".join(map(str, shapes)) if shapes else "no Tensor"


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} bytes"
    power = min(3, int(math.log(count, 1024)))
    return f"{count / 1024**power:.1f} {('KiB', 'MiB', 'GiB')[power - 1]}"
