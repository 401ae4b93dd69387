"""What all optimisers share: parameter groups, state, and the loop over the parameters."""

from __future__ import annotations

import copy
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, enable_grad
from autograd.errors import CheckpointError, GraphError, SettingError
from autograd.extend import (
    Handle,
    acts,
    array_of,
    check_writable,
    clear_grad,
    noted,
    record_of,
    shape_of,
    spec_of,
    with_gradients,
    wrap,
)
from autograd.later import later

from ..learner import note_step
from ..mistakes import no_parameters, nothing_left

State = dict[str, Any]
Group = dict[str, Any]
Closure = Callable[[], Any]

clears = partial(acts, again=True)


_PASSED_OVER = frozenset({"params", "foreach", "fused", "capturable", "differentiable"})
"""Not settings of a group: how PyTorch computes a step is taken as an argument, and without effect."""


def settings(arguments: dict[str, Any]) -> dict[str, Any]:
    """The defaults of a method are the arguments of its constructor, `settings(locals())`.

    Raises SettingError if a step that can be differentiated is asked for: steps are never recorded here.
    """
    if arguments.get("differentiable"):
        raise SettingError(
            f"{type(arguments['self']).__name__}: differentiable=True is not supported: a step writes in place and is "
            "not recorded. Write the step as operations on Tensors, or use nn.utils.functional_call"
        )
    return {k: v for k, v in arguments.items() if k not in _PASSED_OVER and k not in ("self", "__class__")}


class Optimizer:
    """Base class. A subclass defines `update`, which moves one parameter; its constructor's arguments are `defaults`.

    params     Parameters, or dictionaries {"params": [...], "lr": ...}: groups with settings of their own
    defaults   settings of groups that do not give their own

    param_groups   the groups, with all their settings; change a learning rate here: `opt.param_groups[0]["lr"] = 0.1`
    state          Parameter -> what the method remembers of it
    """

    shaped_state = True  # Tensors in the state have the shape of their parameter
    repeats = False  # does a step evaluate the loss several times, and so need a closure?
    not_negative: ClassVar[dict[str, str]] = {
        "lr": "learning rate",
        "weight_decay": "weight_decay value",
        "eps": "epsilon value",
    }
    """Settings that are numbers from 0 on -> what an error calls them. What else must hold, `check` says."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, (Tensor, np.ndarray)):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{type(params).__name__}"
            )
        if (error := no_parameters(type(self).__name__, params, "params")) is not None:
            raise error
        self.defaults = defaults
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self.steps = 0  # how often step() has run
        self._pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._post_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._state_hooks: defaultdict[str, OrderedDict[int, Callable[..., Any]]] = defaultdict(OrderedDict)
        self._buffers: dict[Any, Any] = {}  # nothing that has to be kept
        groups = list(params)
        if not groups:
            raise SettingError(f"optimizer got an empty parameter list{nothing_left(params)}")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters with settings of their own, e.g. layers that are thawed during training."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        if "params" not in param_group:
            raise TypeError(
                f"{type(self).__name__}: a parameter group needs the key 'params', got {sorted(map(str, param_group))}"
            )
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        group = dict(param_group, params=[params] if isinstance(params, Tensor) else list(params))
        self._take_names(group)
        for p in group["params"]:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf and not p.retains_grad:
                record = record_of(p)
                assert record is not None  # it is no leaf
                raise SettingError(f"can't optimize a non-leaf Tensor, the result of {record.op} at {record.line}")
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.check(group)
        own = {id(p) for p in group["params"]}
        if len(own) < len(group["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters, which every step will move more than "
                "once; in future, this will cause an error",
                stacklevel=3,
            )
        if any(id(p) in own for other in self.param_groups for p in other["params"]):
            raise SettingError("some parameters appear in more than one parameter group")
        self.param_groups.append(group)

    def _take_names(self, group: Group) -> None:
        """Parameters that come as (name, parameter), as from `named_parameters()`: the names go to "param_names"."""
        pairs = [p for p in group["params"] if isinstance(p, tuple)]
        if pairs:
            if len(pairs) < len(group["params"]):
                raise SettingError("all optimizer params should be with/without names. Some param names are missing")
            group["param_names"] = [name for name, _ in pairs]
            group["params"] = [p for _, p in pairs]
        if self.param_groups and ("param_names" in group) != ("param_names" in self.param_groups[0]):
            given = "with" if "param_names" in group else "without"
            raise SettingError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{given} names to the optimizer"
            )

    def check(self, group: Group) -> None:
        """Raise SettingError for settings that make no sense."""
        if isinstance(group.get("lr"), Tensor) and group["lr"].numel() != 1:
            raise SettingError(f"Tensor lr must be 1-element, got shape {tuple(group['lr'].shape)}")
        for name, what in self.not_negative.items():
            if isinstance(group.get(name), str):
                raise TypeError(f"Invalid {what}: {group[name]!r} is a str; wanted a number")
            if name in group and not group[name] >= 0:
                raise SettingError(f"Invalid {what}: {group[name]}")
        betas = group.get("betas")
        if betas is not None and len(betas) != 2:
            raise SettingError(f"Invalid betas: wanted two numbers, got {betas}")
        for index, beta in enumerate(betas or ()):
            if not 0 <= beta < 1:
                raise SettingError(f"Invalid beta parameter at index {index}: {beta}")

    # -------------------------------------------------------------------------------------------------- stepping

    @acts
    def step(self, closure: Closure | None = None) -> Any:
        """Move every parameter that has a gradient. Nothing is recorded.

        closure   clears the gradients, computes the loss, calls backward and returns the loss; most methods do not need
                  one. Returns what it returned, else None.
        """
        if self._pre_hooks:
            closure = self._before(closure)
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        moved = []
        for group in self.param_groups:
            settings = group if type(group.get("lr")) is float else numbers(group)
            found = with_gradients(group["params"])
            if not found:
                continue
            try:
                if not self.update_all(found, settings):
                    for p, x, g in found:
                        self.update(x, g, self.state[p], settings)
            except Exception:
                check_writable(f"{type(self).__name__}.step", *[p for p, _, _ in found])
                raise
            moved += [p for p, _, _ in found]
        self._moved(moved, closure)
        if moved:
            note_step(moved[-1])
        return loss

    def _before(self, closure: Closure | None) -> Closure | None:
        """Run the hooks that come before a step; what they return replaces its arguments."""
        args: Any = (self,) if closure is None else (self, closure)
        kwargs: Any = {}
        for hook in list(self._pre_hooks.values()):
            changed = hook(self, args, kwargs)
            if changed is not None:
                if not isinstance(changed, tuple) or len(changed) != 2:
                    raise GraphError(
                        f"{type(self).__name__}.step: a pre-hook must return None or a tuple (args, kwargs), got "
                        f"{type(changed).__name__}"
                    )
                args, kwargs = changed
        return kwargs.get("closure", args[1] if len(args) > 1 else None)

    def _moved(self, parameters: list[Any], closure: Closure | None = None) -> None:
        """After the arrays were written: tell the tape, count the step, run the hooks."""
        noted(f"{type(self).__name__}.step", *parameters)
        self.steps += 1
        for hook in list(self._post_hooks.values()):
            hook(self, (self,) if closure is None else (self, closure), {})

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        """Move one parameter, in place.

        x, g    its array and its gradient's (which must not be written to)
        state   what was remembered of it; empty on the first call
        group   the settings
        """
        raise NotImplementedError(f"{type(self).__name__} must define update")

    def update_all(self, found: Sequence[tuple[Any, Array, Array]], group: Group) -> bool:
        """Move several parameters in one go, if there is a way to do so and it pays: the same bits as by `update`.

        found   (parameter, x, g) of each. Returns whether it was done: if not, nothing was
        """
        return False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "step" in own:
            cls.step = acts(own["step"])  # type: ignore[method-assign]
        if "update" in own and "update_all" not in own:  # another rule: what the base class does would be wrong
            cls.update_all = Optimizer.update_all  # type: ignore[method-assign]

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

    @clears
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

    def _hook(self, when: str, hook: Callable[..., Any], prepend: bool) -> Handle:
        hooks = self._state_hooks[when]
        handle = Handle(hooks, hook)
        if prepend:
            hooks.move_to_end(handle._key, last=False)
        return handle

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call `hook(optimizer)` before `state_dict()` looks at anything."""
        return self._hook("save before", hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call `hook(optimizer, state_dict)` before `state_dict()` returns that; what the hook returns replaces it."""
        return self._hook("save after", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call `hook(optimizer, state_dict)` before loading; what it returns is loaded instead."""
        return self._hook("load before", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call `hook(optimizer)` after loading."""
        return self._hook("load after", hook, prepend)

    # ------------------------------------------------------------------------------------------- saving, loading

    def state_dict(self) -> dict[str, Any]:
        """State and settings, with parameters replaced by their number: what a checkpoint needs to go on."""
        for hook in list(self._state_hooks["save before"].values()):
            hook(self)
        place: dict[int, int] = {}
        for group in self.param_groups:
            for p in group["params"]:
                place.setdefault(id(p), len(place))
        groups = [
            {**{k: v for k, v in group.items() if k != "params"}, "params": [place[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        saved = {"state": {place[id(p)]: dict(s) for p, s in self.state.items() if s}, "param_groups": groups}
        for hook in list(self._state_hooks["save after"].values()):
            changed = hook(self, saved)
            saved = saved if changed is None else changed
        return saved

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a copy of what `state_dict()` returned, for the same parameters in the same order.

        Keys of the user's own come back too; PyTorch's settings of how a step is computed (`foreach`, `fused`,
        `capturable`, `differentiable`) are passed over.
        Raises CheckpointError before anything has changed if the groups or the sizes do not fit.
        """
        for hook in list(self._state_hooks["load before"].values()):
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        if not isinstance(state_dict, Mapping) or "param_groups" not in state_dict or "state" not in state_dict:
            keys = f"the keys {sorted(map(str, state_dict))[:5]}" if isinstance(state_dict, Mapping) else "no mapping"
            raise CheckpointError(
                f"{type(self).__name__}: the state dict of an optimizer has the keys 'state' and 'param_groups', this "
                f"one has {keys}; is it the model's?"
            )
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
            ours.update({k: _own(v) for k, v in theirs.items() if k not in _PASSED_OVER or k in self.defaults})
            if isinstance(ours.get("betas"), list):
                ours["betas"] = tuple(ours["betas"])
        for hook in list(self._state_hooks["load after"].values()):
            hook(self)

    def _restored(self, name: str, value: Any, p: Any) -> Any:
        """A copy of one entry of the state, in the form in which we keep it."""
        if isinstance(value, list):
            return [self._restored(name, each, p) for each in value]
        if not hasattr(value, "__array__"):
            return copy.deepcopy(value)
        value = value if isinstance(value, Tensor) else np.asarray(value)
        array = array_of(value)
        if name == "step":
            return int(array.item())
        if name == "mu_product":
            return float(array.item())
        if self.shaped_state and array.shape != shape_of(p):
            raise CheckpointError(
                f"loaded state dict: {name} has shape {array.shape}, its parameter has shape {shape_of(p)}"
            )
        return wrap(array.astype(p.dtype if array.dtype.kind == "f" else array.dtype, order="C"))

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__, _buffers={})

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for index, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {index}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _own(value: Any) -> Any:
    """A copy of a setting that came with a checkpoint, a Tensor of any library as ours."""
    if hasattr(value, "__array__") and not isinstance(value, (np.ndarray, np.generic, Tensor)):
        return wrap(np.array(value))
    return copy.deepcopy(value)


def numbers(group: Group) -> Group:
    """The settings with numbers in place of Tensors, which PyTorch allows as learning rates, and arrays."""

    def number(x: Any) -> Any:
        if isinstance(x, (Tensor, np.ndarray, np.generic)):
            return array_of(x).item() if spec_of(x).size == 1 else x
        return tuple(map(number, x)) if type(x) is tuple else x

    return {name: value if name == "params" else number(value) for name, value in group.items()}


def zeros(x: Array) -> Any:
    """A Tensor of zeros to remember something in for a parameter with the array `x`."""
    return wrap(np.zeros(x.shape, x.dtype))


_REQUIRED = object()


later(__name__, {"required": lambda name: _REQUIRED})  # what old optimisers have as a default that must be given
