"""What modules, optimisers and training say when they are given something else than they want: made when it is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .learner import due, warn_once
from .parameter import Parameter


def _is_module(x: Any) -> bool:
    return hasattr(x, "_parameters") and hasattr(x, "_modules")


def not_a_module(given: Any) -> str:
    """For what is put into a container, or registered as a child."""
    kind = type(given).__name__
    if isinstance(given, type):
        return f"type is not a Module subclass: {given.__name__} is the class of a layer; make one, {given.__name__}()"
    if isinstance(given, (list, tuple)):
        return f"{kind} is not a Module subclass: give the modules one by one, as in nn.Sequential(*layers)"
    if isinstance(given, (Mapping, Iterator)):
        return f"{kind} is not a Module subclass: nn.Sequential takes modules, or one OrderedDict of name -> module"
    if callable(given):
        name = getattr(given, "__name__", kind)
        return (
            f"{kind} is not a Module subclass: {name} is a plain function; take the layer that does the same "
            "(nn.ReLU() for relu), or call the function in a forward() of your own"
        )
    return f"{kind} is not a Module subclass"


def warn_of_attribute(module: Any, value: Any) -> None:
    """For model.requires_grad = False, which is an attribute like any other."""
    warn_once(
        "requires_grad of a module",
        f"{type(module).__name__}.requires_grad = {value!r} sets an attribute and leaves the parameters as they are: "
        f"call requires_grad_({value!r})",
    )


def no_forward(module: Any) -> str:
    """For a module without a forward()."""
    name = type(module).__name__
    text = f'Module [{name}] is missing the required "forward" function'
    if name in ("ModuleList", "ModuleDict"):
        return f"{text}: it only holds modules; call them one by one in a loop, or use nn.Sequential"
    from difflib import get_close_matches

    near = get_close_matches("forward", [n for n in vars(type(module)) if not n.startswith("__")], 1, 0.7)
    return f"{text}: did you mean forward where it says {near[0]}?" if near else f"{text}: def forward(self, x): ..."


def mismatch(own: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """A hint for a state dict whose keys do not fit; empty if there is none."""
    for key in ("model", "state_dict", "model_state_dict", "net", "weights"):
        inner = given.get(key)
        if key not in own and isinstance(inner, Mapping) and any(name in own for name in inner):
            return f"\n\tThe checkpoint holds a state dict inside: load_state_dict(checkpoint[{key!r}])"
    for name in given:
        for cut in range(1, name.count(".") + 1):
            prefix, rest = ".".join(name.split(".")[:cut]) + ".", ".".join(name.split(".")[cut:])
            if name not in own and rest in own:
                return (
                    f"\n\tWithout {prefix!r} the keys would fit: "
                    f"{{k.removeprefix({prefix!r}): v for k, v in state_dict.items()}}"
                )
    return ""


def no_parameters(function: str, given: Any, wanted: str) -> TypeError | None:
    """The error for what can be no collection of parameters; None if it can be one."""
    if _is_module(given):
        return TypeError(
            f"{function}: {wanted} should be the module's parameters, got the {type(given).__name__} itself: pass "
            "model.parameters()"
        )
    if callable(given) and not hasattr(given, "__iter__"):
        name = getattr(given, "__name__", type(given).__name__)
        return TypeError(f"{function}: {wanted} should be an iterable of Tensors, got {name} itself: call it, {name}()")
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        return TypeError(
            f"{function}: {wanted} should be an iterable of Tensors, such as model.parameters(), got "
            f"{type(given).__name__}"
        )
    return None


def nothing_left(given: Any) -> str:
    """Why there may be no parameters in `given`."""
    if isinstance(given, Iterator):
        return (
            ": the generator yields nothing. Either it has been used up (model.parameters() can be gone through once: "
            "make a list of it), or the model has no parameters: layers in a plain list are not found, those in an "
            "nn.ModuleList are"
        )
    return ""


_LOSSES = {
    "bce": "BCELoss",
    "binarycrossentropy": "BCELoss",
    "categoricalcrossentropy": "CrossEntropyLoss",
    "ce": "CrossEntropyLoss",
    "crossentropy": "CrossEntropyLoss",
    "huber": "HuberLoss",
    "l1": "L1Loss",
    "mae": "L1Loss",
    "mse": "MSELoss",
    "nll": "NLLLoss",
    "sparsecategoricalcrossentropy": "CrossEntropyLoss",
}


def check_loss(function: str, loss: Any) -> None:
    """Raise TypeError for a loss that cannot be called with (output, targets)."""
    if isinstance(loss, str):
        plain = loss.lower().replace("_", "").replace("-", "").replace(" ", "").removesuffix("loss")
        known = f"nn.{_LOSSES.get(plain, 'CrossEntropyLoss')}()"
        raise TypeError(f"{function}: loss should be a function loss(output, targets) such as {known}, got {loss!r}")
    if isinstance(loss, type):
        raise TypeError(
            f"{function}: loss should be a function loss(output, targets), got the class {loss.__name__}: make one, "
            f"nn.{loss.__name__}()"
        )
    if not callable(loss):
        raise TypeError(
            f"{function}: loss should be a function loss(output, targets) such as nn.CrossEntropyLoss(), got "
            f"{type(loss).__name__}"
        )


# ------------------------------------------------------------------------------------------- layers in plain lists


def look_at_lists(module: Any) -> None:
    """Warn if an attribute is a plain list, tuple or dict of layers or Parameters that the module does not know of.

    Attributes whose name begins with an underscore are taken to be hidden on purpose.
    """
    for name, value in module.__dict__.items():
        if name[0] != "_" and type(value) in (list, tuple, dict, set) and (parts := list(_held(value))):
            key = f"plain list {type(module).__qualname__}.{name}"
            if not due(key):
                return
            known = {id(x) for x in (*module.modules(), *module.parameters())}
            if any(id(part) not in known for part in parts):
                kind = "Parameter" if isinstance(parts[0], Parameter) else "Module"
                warn_once(
                    key,
                    f"{type(module).__name__}.{name} is a plain {type(value).__name__} that holds "
                    f"{type(parts[0]).__name__}: parameters(), state_dict(), to() and train() do not see into it, so "
                    "what it holds is neither trained nor saved. Use "
                    f"nn.{kind}{'Dict' if type(value) is dict else 'List'}",
                )


def _held(value: Any, depth: int = 0) -> Iterator[Any]:
    """The modules and Parameters in nested lists, tuples and dicts."""
    for part in value.values() if isinstance(value, dict) else value:
        if isinstance(part, Parameter) or _is_module(part):
            yield part
        elif type(part) in (list, tuple, dict) and depth < 2:
            yield from _held(part, depth + 1)
