"""What all optimisers share: parameter groups, state, and the loop over the parameters."""

from __future__ import annotations

import copy
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad
from autograd.errors import CheckpointError, GraphError, SettingError
from autograd.modes import state
from autograd.tape import outer
from autograd.tensor import Handle
from autograd.tensor.core import array_of, wrap

from ..learner import note_step
from ..write import clear_grad

Array = np.ndarray[Any, Any]
State = dict[str, Any]
Group = dict[str, Any]
Closure = Callable[[], Any]


def refuse_differentiable(optimizer: Any, differentiable: bool) -> None:
    """Raise SettingError if a step that can be differentiated is asked for: steps are never recorded here."""
    if differentiable:
        raise SettingError(
            f"{type(optimizer).__name__}: differentiable=True is not supported: a step writes in place and is not "
            "recorded. Write the step as operations on Tensors, or use nn.utils.functional_call"
        )


class Optimizer:
    """Base class. A subclass defines `update`, which moves one parameter.

    params     Parameters, or dictionaries {"params": [...], "lr": ...}: groups with settings of their own
    defaults   settings of groups that do not give their own

    param_groups   the groups, with all their settings; change a learning rate here: `opt.param_groups[0]["lr"] = 0.1`
    state          Parameter -> what the method remembers of it
    """

    shaped_state = True  # Tensors in the state have the shape of their parameter

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, (Tensor, np.ndarray)):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{type(params).__name__}"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self.steps = 0  # how often step() has run
        self._pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._post_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._buffers: dict[Any, tuple[Array, Array]] = {}
        groups = list(params)
        if not groups:
            raise SettingError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters with settings of their own, e.g. layers that are thawed during training."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        group = dict(param_group, params=[params] if isinstance(params, Tensor) else list(params))
        unknown = set(group) - set(self.defaults) - {"params", "initial_lr", "name"}
        if unknown:
            raise TypeError(
                f"{type(self).__name__}: a parameter group has unknown settings {sorted(unknown)}; "
                f"known are {sorted(self.defaults)}"
            )
        seen = {id(p) for other in self.param_groups for p in other["params"]}
        for p in group["params"]:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf:
                raise GraphError(f"can't optimize a non-leaf Tensor, the result of {p._node.op} at {p._node.line}")
            if id(p) in seen:
                raise SettingError("some parameters appear in more than one parameter group, or twice in one")
            seen.add(id(p))
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        if isinstance(group.get("lr"), Tensor):
            group["lr"] = group["lr"].item()
        self.check(group)
        self.param_groups.append(group)

    def check(self, group: Group) -> None:
        """Raise SettingError for settings that make no sense."""
        for name, what in (("lr", "learning rate"), ("weight_decay", "weight_decay value"), ("eps", "epsilon value")):
            if name in group and not group[name] >= 0:
                raise SettingError(f"Invalid {what}: {group[name]}")
        for index, beta in enumerate(group.get("betas", ())):
            if not 0 <= beta < 1:
                raise SettingError(f"Invalid beta parameter at index {index}: {beta}")

    # -------------------------------------------------------------------------------------------------- stepping

    def step(self, closure: Closure | None = None) -> Any:
        """Move every parameter that has a gradient. Nothing is recorded.

        closure   clears the gradients, computes the loss, calls backward and returns the loss; most methods do not need
                  one. Returns what it returned, else None.
        """
        for hook in list(self._pre_hooks.values()):
            hook(self, (closure,), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        moved = []
        for group in self.param_groups:
            for p in group["params"]:
                grad = p._grad
                if grad is not None:
                    self.update(p._array, grad._array, self.state[p], group)
                    moved.append(p)
        self._moved(moved)
        if moved:
            note_step(moved[-1])
        return loss

    def _moved(self, parameters: list[Any]) -> None:
        """After the arrays were written: tell the tape, count the step, run the hooks."""
        home = state.home
        if home.records:
            frame = outer(sys._getframe(1))
            name = f"{type(self).__name__}.step"
            for p in parameters:
                home.mutated(p._array, name, frame)
        self.steps += 1
        for hook in list(self._post_hooks.values()):
            hook(self, (), {})

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        """Move one parameter, in place.

        x, g    its array and its gradient's (which must not be written to)
        state   what was remembered of it; empty on the first call
        group   the settings
        """
        raise NotImplementedError(f"{type(self).__name__} must define update")

    def scratch(self, x: Array) -> tuple[Array, Array]:
        """Two arrays like `x` to compute in, shared by all parameters of that shape: good for one update."""
        key = (x.shape, x.dtype.char)
        pair = self._buffers.get(key)
        if pair is None:
            pair = self._buffers[key] = (np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype))
        return pair

    def gradient(self, x: Array, g: Array, group: Group, out: Array) -> Array:
        """`g` with its sign changed if we maximise, plus weight_decay * x: in `out`, or `g` itself.

        Decoupled weight decay shrinks x here and now, and leaves `g` alone.
        """
        if group["maximize"]:
            g = np.negative(g, out)
        decay = group["weight_decay"]
        if not decay:
            return g
        if group.get("decoupled_weight_decay"):
            x *= 1 - group["lr"] * decay
            return g
        if g is out:
            g += decay * x
            return g
        np.multiply(x, decay, out)
        out += g
        return out

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                clear_grad(p, set_to_none)

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(optimizer, args, kwargs)` before each step. Returns a handle with `remove()`."""
        return Handle(self._pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(optimizer, args, kwargs)` after each step. Returns a handle with `remove()`."""
        return Handle(self._post_hooks, hook)

    # ------------------------------------------------------------------------------------------- saving, loading

    def state_dict(self) -> dict[str, Any]:
        """State and settings, with parameters replaced by their number: what a checkpoint needs to go on."""
        numbers: dict[int, int] = {}
        for group in self.param_groups:
            for p in group["params"]:
                numbers[id(p)] = len(numbers)
        groups = [
            {**{k: v for k, v in group.items() if k != "params"}, "params": [numbers[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": {numbers[id(p)]: dict(s) for p, s in self.state.items() if s}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a copy of what `state_dict()` returned, for the same parameters in the same order.

        Settings that this library does not have (PyTorch's `foreach`, `fused`, ...) are passed over.
        Raises CheckpointError before anything has changed if the groups or the sizes do not fit.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise CheckpointError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(saved)} instead of {len(self.param_groups)}"
            )
        owners: dict[Any, Any] = {}
        for ours, theirs in zip(self.param_groups, saved, strict=True):
            if len(ours["params"]) != len(theirs["params"]):
                raise CheckpointError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                    f"{len(theirs['params'])} instead of {len(ours['params'])} parameters"
                )
            owners.update(zip(theirs["params"], ours["params"], strict=True))
        loaded: defaultdict[Any, State] = defaultdict(dict)
        for number, entries in state_dict["state"].items():
            if number not in owners:
                raise CheckpointError(f"loaded state dict has state for parameter {number}, which no group contains")
            p = owners[number]
            loaded[p] = {name: self._restored(name, value, p) for name, value in entries.items()}
        self.state = loaded
        for ours, theirs in zip(self.param_groups, saved, strict=True):
            known = set(ours) | {"initial_lr"}
            ours.update({k: copy.deepcopy(v) for k, v in theirs.items() if k in known and k != "params"})
            if isinstance(ours.get("betas"), list):
                ours["betas"] = tuple(ours["betas"])

    def _restored(self, name: str, value: Any, p: Any) -> Any:
        """A copy of one entry of the state, in the form in which we keep it."""
        if not isinstance(value, (Tensor, np.ndarray, np.generic)):
            return copy.deepcopy(value)
        array = array_of(value)
        if name == "step":
            return int(array.item())
        if name == "mu_product":
            return float(array.item())
        if self.shaped_state and array.shape != p._array.shape:
            raise CheckpointError(
                f"loaded state dict: {name} has shape {array.shape}, its parameter has shape {p._array.shape}"
            )
        return wrap(array.astype(p._array.dtype if array.dtype.kind == "f" else array.dtype, order="C"))

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__, _buffers={})

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for index, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {index}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def zeros(x: Array) -> Any:
    """A Tensor of zeros to remember something in for a parameter with the array `x`."""
    return wrap(np.zeros(x.shape, x.dtype))
