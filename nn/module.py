"""Module: what holds parameters, buffers and other modules, and computes `forward`."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, ParamSpec, Protocol, Self, TypeVar

import numpy as np

from autograd import Tensor
from autograd import device as _device
from autograd.errors import AutogradError, CheckpointError, DeviceError, DTypeError, SettingError
from autograd.extend import (
    Handle,
    Timed,
    UninitializedTensorMixin,
    acts,
    array_of,
    check_device,
    check_memory_format,
    clear_grad,
    look_again,
    overwrite,
    shape_of,
    timed,
    wrap,
)

from .hooks import FIRST_CALL, Hooks, call_hooked
from .modes import changing_modes
from .parameter import Buffer, Parameter, is_lazy


def _mistakes() -> Any:
    """What says what went wrong: imported when something has."""
    return importlib.import_module("nn.mistakes")


clears = partial(acts, again=True)

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` returns: keys that the module has and the file has not, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class _Forward(Protocol[P, R]):
    """A module whose `forward` takes P and returns R, for type checkers: so does its call."""

    _hooks: Any

    def _say_where(self, error: AutogradError, args: tuple[Any, ...]) -> None: ...

    @property
    def forward(self) -> Callable[P, R]: ...


class Module:
    """Base class of all layers and models.

    A subclass calls `super().__init__()`, assigns Parameters and Modules as attributes, and defines `forward`. Calling
    the module runs `forward`. Parameters, buffers and child modules are registered by assignment, in that order of
    assignment; assign anew (or `del`) to change them.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = Parameter([2.0])
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> [name for name, _ in Scale().named_parameters()]
    ['factor']
    """

    # Registered objects are ordinary attributes too (in `__dict__`), so that reading `self.weight` is as quick as
    # reading any attribute; the three dictionaries say which names are registered as what.
    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _unsaved: set[str]  # names of the buffers that are no part of state_dict
    _hooks: Hooks | None = FIRST_CALL  # after the first call None until there is a hook: straight to forward

    def __init__(self) -> None:
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _modules={}, _unsaved=set())

    # --------------------------------------------------------------------------------------------------- calling

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; defined by each subclass."""
        raise NotImplementedError(_mistakes().no_forward(self))

    def __call__(self: _Forward[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            if self._hooks is None:
                return self.forward(*args, **kwargs)
            return call_hooked(self, self._hooks, args, kwargs)
        except AutogradError as error:
            self._say_where(error, args)
            raise

    def _say_where(self, error: AutogradError, args: tuple[Any, ...]) -> None:
        """Add to an error which layer it came from and what that layer was given."""
        inner: _Place | None = error.__dict__.get("_place")
        if inner is None:
            given = ", ".join(
                f"{x.dtype} {tuple(x.shape)}" if isinstance(x, (Tensor, np.ndarray)) else type(x).__name__ for x in args
            )
            text = f"{self._get_name()}({self.extra_repr()}), called with {given or 'nothing'}"
            error.__dict__["_place"] = _Place(self, text, len(getattr(error, "__notes__", ())))
            error.add_note(f"in layer {text}")
            return
        for path, module in self.named_modules():
            if module is inner.module:
                error.__notes__[inner.note] = f"in layer {path!r} of {self._get_name()}: {inner.text}"

    # -------------------------------------------------------------------------------------------- registration

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a Parameter under `name`; None reserves the name (`bias=False` does that)."""
        self._check_name("parameter", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}' (nn.Parameter or None required)"
            )
        if param is not None and not isinstance(param, UninitializedTensorMixin):
            look_again(param)  # mostly made of an array that nobody else has
        self._parameters[name] = self.__dict__[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a Tensor that is state but not learned, such as a running mean. `persistent`: part of `state_dict()`?"""
        self._check_name("buffer", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' (Tensor or None required)"
            )
        self._buffers[name] = self.__dict__[name] = tensor
        if persistent:
            self._unsaved.discard(name)
        else:
            self._unsaved.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child module under `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(_mistakes().not_a_module(module))
        self._check_name("module", name)
        self._modules[name] = self.__dict__[name] = module

    register_module = add_module

    def _check_name(self, kind: str, name: str) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(
                f"cannot assign {kind}s before Module.__init__() call: put super().__init__() first in "
                f"{type(self).__name__}.__init__"
            )
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in self.__dict__[f"_{kind}s"] and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        if isinstance(value, Parameter):
            self._replace(name, "_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._replace(name, "_modules")
            self.add_module(name, value)
        elif isinstance(value, Buffer):
            self._replace(name, "_buffers")
            self.register_buffer(name, value, value.persistent)
        elif "_parameters" not in state:
            object.__setattr__(self, name, value)
        elif name in self._parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as parameter '{name}' (nn.Parameter or None expected): "
                    "wrap it, nn.Parameter(value), or copy it in: with no_grad(): parameter.copy_(value)"
                )
            self.register_parameter(name, None)
        elif name in self._modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as child module '{name}' (nn.Module or None expected)"
                )
            self.add_module(name, None)
        elif name in self._buffers:
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as buffer '{name}' (nn.Buffer, Tensor or None expected)"
                )
            self._buffers[name] = state[name] = value
        else:
            if name == "requires_grad":
                _mistakes().warn_of_attribute(self, value)
            object.__setattr__(self, name, value)

    def _replace(self, name: str, kind: str) -> None:
        """Make room: take `name` out of everything but the registry `kind`."""
        state = self.__dict__
        for registry in ("_parameters", "_modules", "_buffers"):
            if registry != kind and registry in state:
                state[registry].pop(name, None)
        if name in state and name not in state.get(kind, ()):
            del state[name]

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        for registry in (self._parameters, self._modules, self._buffers):
            registry.pop(name, None)
        self._unsaved.discard(name)

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        if "_parameters" not in state and name != "_parameters":
            raise AttributeError(
                f"'{type(self).__name__}' object has no attribute '{name}'; has its __init__ called super().__init__()?"
            )
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if not name[0].isdigit()]

    # ------------------------------------------------------------------------------------------------ looking in

    def _members(self, registry: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners: Iterable[tuple[str, Module]] = [(prefix, self)]
        if recurse:
            owners = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in owners:
            for name, member in getattr(module, registry).items():
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield (f"{path}.{name}" if path else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(path, Parameter) in the order of definition, shared ones once unless `remove_duplicate` is False."""
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Each Parameter once, in the order of definition."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(path, buffer) in the order of definition."""
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Each buffer once, in the order of definition."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the direct children, each module once."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct children, each once."""
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """(path, module) of this module and everything below it, parents before their children."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and everything below it, each once (or, without `remove_duplicate`, wherever it stands)."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path; "" is this one."""
        module: Any = self
        for name in target.split(".") if target else []:
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The Parameter at a dotted path."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        parameter = getattr(module, name, None)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"{module._get_name()}: `{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer = module._buffers.get(name)
        if buffer is None:
            raise AttributeError(f"{module._get_name()}: `{name}` is not a buffer")
        return buffer

    # ------------------------------------------------------------------------------------------- saving, loading

    def _saved(self, prefix: str = "", keep_duplicates: bool = True) -> Iterator[tuple[str, Tensor]]:
        """(key, tensor) of everything that belongs in a state dict."""
        for name, tensor in [*self._parameters.items(), *self._buffers.items()]:
            if tensor is not None and name not in self._unsaved:
                yield prefix + name, tensor
        for name, module in self._modules.items():
            if module is not None:
                yield from module._saved(f"{prefix}{name}.")

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """path -> Tensor for all parameters and persistent buffers; the Tensors share memory with the module.

        keep_vars     give the Parameters themselves instead of detached Tensors
        destination   a dictionary to add to
        """
        result: dict[str, Any] = OrderedDict() if destination is None else destination
        for key, tensor in self._saved(prefix):
            result[key] = tensor if keep_vars else tensor.detach()
        return result

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values by name into parameters and buffers, converted to their dtypes.

        strict   raise if the keys are not exactly those of `state_dict()`; sizes must match in any case, but what has
                 no size yet (see nn/layers/lazy.py) takes the one it is given
        assign   take the given arrays (and dtypes) over instead of copying
        Returns the keys that did not match. Raises CheckpointError before anything has been written.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        own = dict(self._saved())
        missing = [key for key in own if key not in state_dict]
        unexpected = [key for key in state_dict if key not in own]
        problems = []
        if strict and unexpected:
            problems.append("Unexpected key(s) in state_dict: " + ", ".join(f'"{k}"' for k in unexpected) + ". ")
        if strict and missing:
            problems.insert(0, "Missing key(s) in state_dict: " + ", ".join(f'"{k}"' for k in missing) + ". ")
        both = [key for key in own if key in state_dict and not (is_lazy(own[key]) and is_lazy(state_dict[key]))]
        values = {key: _value(key, state_dict[key]) for key in both}
        for key, value in values.items():
            if not is_lazy(own[key]) and value.shape != shape_of(own[key]):
                problems.append(
                    f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, "
                    f"the shape in current model is {shape_of(own[key])}."
                )
        if problems:
            lines = "\n\t".join(problems)
            hint = _mistakes().mismatch(own, state_dict)
            raise CheckpointError(f"Error(s) in loading state_dict for {self._get_name()}:\n\t{lines}{hint}")
        for key, value in values.items():
            tensor = own[key]
            if isinstance(tensor, UninitializedTensorMixin):
                tensor.materialize(value.shape)
            if assign:
                tensor.data = value
            else:
                overwrite(tensor, value, "load_state_dict")
        return IncompatibleKeys(missing, unexpected)

    # ------------------------------------------------------------------------------------------- changing it all

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on every module below, then on this one: for initialising."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set training mode here and below: dropout drops, batch norm uses the batch.

        Children are asked by their own `train`, so that one may stay as it is. The mode is the same for all threads: of
        two that ask at once, the later decides about every layer.
        """
        if not isinstance(mode, bool):
            raise SettingError("training mode is expected to be boolean")
        with changing_modes():
            self.training = mode
            for module in self.children():
                module.train(mode)
        return self

    def cuda(self, device: Any = None) -> Self:
        """Raises DeviceError: parameters live on the CPU only."""
        raise DeviceError(
            f"{self._get_name()}.cuda: there is no device 'cuda': Tensors live on the CPU only; use 'cpu'"
        )

    def eval(self) -> Self:
        """Set evaluation mode: the same as `train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze (False) or unfreeze all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    @clears
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or fill them with zeros."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    def type(self, dst_type: Any) -> Self:
        """Convert parameters and floating point buffers to another floating point dtype, in place."""
        return self._convert(dst_type, "type")

    def float(self) -> Self:
        """Convert to float32, in place."""
        return self._convert(np.float32, "float")

    def double(self) -> Self:
        """Convert to float64, in place."""
        return self._convert(np.float64, "double")

    def cpu(self) -> Self:
        """Nothing: everything is on the CPU."""
        return self

    def share_memory(self) -> Self:
        """Nothing: threads share memory, and processes are not started here."""
        return self

    def to(
        self,
        *args: Any,
        device: Any = None,
        dtype: Any = None,
        non_blocking: bool = False,
        memory_format: Any = None,
    ) -> Self:
        """Convert to a floating point dtype, in place; `to("cpu")` does nothing, other devices raise.

        `to(dtype)`, `to(device)`, `to(device, dtype)` and `to(tensor)` (its dtype) are accepted, as in PyTorch.
        """
        for argument in args:
            if isinstance(argument, Tensor):
                dtype = argument.dtype
            elif isinstance(argument, (str, type(None), _device)) and not _is_dtype(argument):
                check_device(f"{self._get_name()}.to", argument)
            elif not isinstance(argument, bool):
                dtype = argument
        check_device(f"{self._get_name()}.to", device)
        check_memory_format(f"{self._get_name()}.to", memory_format)
        return self if dtype is None else self._convert(dtype, "to")

    def _convert(self, dtype: Any, function: str) -> Self:
        dtype = np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise DTypeError(f"{self._get_name()}.{function}: wanted float32 or float64, got {dtype}")
        for tensor in [*self.parameters(), *self.buffers()]:
            if isinstance(tensor, UninitializedTensorMixin):
                tensor._convert(dtype)
            elif tensor.dtype.kind == "f" and tensor.dtype != dtype:
                grad = tensor.grad if tensor.is_leaf else None
                tensor.data = array_of(tensor).astype(dtype)
                if grad is not None:
                    tensor.grad = wrap(array_of(grad).astype(dtype))
        return self

    # --------------------------------------------------------------------------------------------------- hooks

    def _own_hooks(self) -> Hooks:
        if not isinstance(self._hooks, Hooks):
            self._hooks = Hooks()
        return self._hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments.

        with_kwargs: call `hook(module, args, kwargs)`, which returns None or (args, kwargs).
        Returns a handle with `remove()`.
        """
        return self._own_hooks().add("forward_pre", hook, prepend, with_kwargs=with_kwargs)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> Handle:
        """Call `hook(module, args, output)` after `forward`; what it returns replaces the output.

        with_kwargs: call `hook(module, args, kwargs, output)`.  always_call: also if forward raised (output None).
        Returns a handle with `remove()`.
        """
        return self._own_hooks().add("forward", hook, prepend, with_kwargs=with_kwargs, always_call=always_call)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call `hook(module, grad_output)` before backward goes through the module; what it returns replaces it.

        grad_output is a tuple with one gradient per Tensor that `forward` returned (None where there is none).
        """
        return self._own_hooks().add("backward_pre", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call `hook(module, grad_input, grad_output)` when backward has gone through the module.

        Both are tuples with one gradient per positional Tensor argument, or per Tensor returned; None where no gradient
        is needed. What the hook returns replaces grad_input.
        """
        return self._own_hooks().add("backward", hook, prepend)

    # -------------------------------------------------------------------------------------------------- display

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses when the module is printed."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): " + indented(repr(module)) for name, module in self._modules.items()]
        return self._get_name() + "(" + tree(lines, children) + ")"

    def _repr_html_(self) -> str:
        """For notebooks: a tree that folds, with shapes and numbers of parameters."""
        from .utils.tree import show_module  # here: few programs show models in notebooks

        return show_module(self)


class _Place(NamedTuple):
    """Where an error arose: the innermost module, its description, and the number of the note that says so."""

    module: Module
    text: str
    note: int


def indented(text: str) -> str:
    """Every line but the first moved two columns to the right."""
    return text.replace("\n", "\n  ")


def tree(extra: list[str], children: list[str]) -> str:
    """What stands between a module's parentheses: one line if it fits there, else one line per item."""
    if not children and len(extra) == 1:
        return extra[0]
    lines = extra + children
    return "\n  " + "\n  ".join(lines) + "\n" if lines else ""


def _value(key: str, value: Any) -> np.ndarray[Any, Any]:
    if is_lazy(value):
        raise CheckpointError(
            f"Can't access the shape of an uninitialized parameter or buffer: {key} of the state dict is one, that of "
            "the module has a size already. Call the model that the state dict comes from before saving it"
        )
    if not isinstance(value, Tensor) and hasattr(value, "__array__"):  # an array, or another library's Tensor
        try:
            value = value.detach() if hasattr(value, "detach") else value
            value = np.asarray(value.float() if "bfloat16" in str(getattr(value, "dtype", "")) else value)
        except Exception as error:
            raise CheckpointError(
                f'While copying the parameter named "{key}", whose value is a {type(value).__name__}: {error}'
            ) from error
    if not isinstance(value, (Tensor, np.ndarray)):
        raise CheckpointError(
            f'While copying the parameter named "{key}", expected a Tensor or an array from checkpoint but received '
            f"{type(value).__name__}"
        )
    return array_of(value)


def _is_dtype(x: Any) -> bool:
    """Is `x` a string that names a dtype?"""
    return isinstance(x, str) and x in ("float32", "float64")


timed.append(Timed(Module, "__call__", lambda module: module._get_name(), "module"))
