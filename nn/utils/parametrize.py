"""Parameters that are computed from others by modules: parametrizations.

A parametrised module gets a class of its own, in which the name of the Parameter is a property: reading it runs the
parametrizations on what is stored in `parametrizations.<name>`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from autograd import Tensor, no_grad
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import array_of, overwrite, shape_of
from autograd.later import later

from ..layers.container import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

M = TypeVar("M", bound=Module)


class _Computed(threading.local):
    """Per thread."""

    values: dict[tuple[int, str], Any] | None = None
    """What was computed within `cached()`; None outside."""


_computed = _Computed()


@contextmanager
def cached() -> Iterator[None]:
    """Within, every parametrised Parameter is computed once in this thread, when it is first read."""
    before = _computed.values
    try:
        _computed.values = {} if before is None else before
        yield
    finally:
        _computed.values = before


class ParametrizationList(ModuleList):
    """The parametrizations of one Parameter, in the order in which they are applied, and what they are applied to.

    original                    the learned Parameter or buffer, if the first one takes one Tensor
    original0, original1, ...   those that the first one takes, if its `right_inverse` returns a sequence
    """

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        kept: Any = original.detach()
        with no_grad():
            for module in reversed(self):
                kept = _inverse(module, kept)
        self.ntensors = 0 if isinstance(kept, Tensor) else len(kept)
        self.is_tensor = self.ntensors == 0
        if self.is_tensor:
            if _alike(kept, original):
                overwrite(original, array_of(kept), "register_parametrization")  # an optimiser may know it
            else:
                original = Parameter(kept.detach()) if isinstance(original, Parameter) else kept.detach()
            self._keep("original", original)
        else:
            for index, tensor in enumerate(kept):
                tensor = tensor.detach()
                self._keep(f"original{index}", Parameter(tensor) if isinstance(original, Parameter) else tensor)

    def _keep(self, name: str, tensor: Any) -> None:
        (self.register_parameter if isinstance(tensor, Parameter) else self.register_buffer)(name, tensor)

    def originals(self) -> list[Any]:
        """What is stored, as a list."""
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Any) -> None:
        """Set what is stored so that the parametrizations give `value`, as far as they can."""
        with no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise SettingError(
                        f"right_inverse: parametrization {type(module).__name__} does not implement right_inverse, "
                        "which says what to store for an assigned value"
                    )
                value = module.right_inverse(value)
        for stored, tensor in zip(self.originals(), [value] if self.is_tensor else value, strict=True):
            if stored.shape != tensor.shape:
                raise ShapeError(
                    f"right_inverse: wanted a Tensor of shape {tuple(stored.shape)}, got {tuple(tensor.shape)}"
                )
            overwrite(stored, array_of(tensor), "right_inverse")

    def forward(self) -> Any:
        first, *others = self
        value = first(*self.originals())
        for module in others:
            value = module(value)
        return value


def _inverse(module: Module, value: Any) -> Any:
    """What `module` would make `value` from; `value` itself if it does not say."""
    try:
        return module.right_inverse(value) if hasattr(module, "right_inverse") else value
    except NotImplementedError:
        return value


def _alike(x: Any, y: Any) -> bool:
    """Have two Tensors the same shape and dtype?"""
    return bool(shape_of(x) == shape_of(y) and x.dtype == y.dtype)


def _property(name: str) -> property:
    """The attribute `name` of a parametrised module."""

    def read(module: Module) -> Any:
        values = _computed.values
        if values is None:
            return module.parametrizations[name]()
        key = (id(module), name)
        if key not in values:
            values[key] = module.parametrizations[name]()
        return values[key]

    def write(module: Module, value: Any) -> None:
        module.parametrizations[name].right_inverse(value)

    return property(read, write)


def _class(kind: type[Module], names: Iterable[str]) -> Any:
    """A subclass of `kind` in which `names` are computed. A new one each time: copies of a module share their class."""
    return type(f"Parametrized{kind.__name__}", (kind,), {"_kind": kind, **{name: _property(name) for name in names}})


def register_parametrization(module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> M:
    """From now on `module.<tensor_name>` is what `parametrization` makes of it. Returns `module`, which is changed.

    parametrization   its forward takes the stored Tensor and returns one of the same shape and dtype. With a method
                      `right_inverse`, that decides what is stored, perhaps several Tensors, and the attribute can be
                      assigned to; without, the present value is stored as it is. A second parametrization is applied
                      to what the first one returns; what is stored then stays as it is
    unsafe            other shapes and dtypes are allowed

    The stored Tensors are `parametrizations.<tensor_name>.original`, or `.original0`, `.original1`, ...
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        present = module.parametrizations[tensor_name]
        if not unsafe:
            with no_grad():
                value = getattr(module, tensor_name)
                _check_same(value, parametrization(value))
        present.append(parametrization)
        present.unsafe |= unsafe
        return module
    value = module._parameters.get(tensor_name)
    if value is None:
        value = module._buffers.get(tensor_name)
    if value is None:
        raise SettingError(
            f"register_parametrization: Module '{module}' does not have a parameter, a buffer, or a parametrized "
            f"element with name '{tensor_name}'"
        )
    before = value.detach().clone()
    made = ParametrizationList([parametrization], value, unsafe)
    if not unsafe:
        with no_grad():
            _check_same(before, made())
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    kind = type_before_parametrizations(module)
    module.parametrizations[tensor_name] = made
    module.__class__ = _class(kind, module.parametrizations)
    return module


def _check_same(before: Any, after: Any) -> None:
    """What a parametrization may not change."""
    if not isinstance(after, Tensor):
        raise SettingError(
            f"register_parametrization: A parametrization must return a tensor. Got {type(after).__name__}"
        )
    if before.shape != after.shape:
        raise ShapeError(
            "register_parametrization: Registering a parametrization may not change the shape of the tensor, unless "
            f"`unsafe` flag is enabled: before {tuple(before.shape)}, after {tuple(after.shape)}"
        )
    if before.dtype != after.dtype:
        raise DTypeError(
            "register_parametrization: Registering a parametrization may not change the dtype of the tensor, unless "
            f"`unsafe` flag is enabled: before {before.dtype}, after {after.dtype}"
        )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Has the module a parametrised Tensor, or that one?"""
    parametrizations = module.__dict__.get("parametrizations")
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def type_before_parametrizations(module: Module) -> type[Module]:
    """The class that the module had before it was parametrised."""
    return getattr(type(module), "_kind", type(module))


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make `tensor_name` an ordinary Parameter or buffer again. Returns `module`, which is changed.

    leave_parametrized   with its present value; False: with the value that is stored, which must be one Tensor
    """
    if not is_parametrized(module, tensor_name):
        raise SettingError(f"remove_parametrizations: Module {module} does not have a parametrization on {tensor_name}")
    made = module.parametrizations[tensor_name]
    original = made.originals()[0]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name)
        if made.is_tensor and shape_of(value) == shape_of(original) and value.dtype == original.dtype:
            overwrite(original, array_of(value), "remove_parametrizations")  # an optimiser may know it
        else:
            original = Parameter(value.detach()) if isinstance(original, Parameter) else value.detach()
    elif not made.is_tensor:
        raise SettingError(
            "remove_parametrizations: Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            f"parametrized in terms of a sequence of tensors: {tensor_name}"
        )
    kind: Any = type_before_parametrizations(module)
    del module.parametrizations[tensor_name]
    if len(module.parametrizations):
        module.__class__ = _class(kind, module.parametrizations)
    else:
        del module.parametrizations
        module.__class__ = kind
    (module.register_parameter if isinstance(original, Parameter) else module.register_buffer)(tensor_name, original)
    return module


later(__name__)
