"""The pages of the reference: for each module what is public, by what kind of thing it is."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType
from typing import Any

MODULES = {
    "autograd": "functions of the package",
    "autograd.func": "transforms of functions",
    "autograd.functional": "Jacobians, Hessians and their products",
    "autograd.check": "checking gradients",
    "autograd.program": "programs",
    "autograd.extend": "what operations and layers are written with",
    "autograd.distributed": "several processes",
    "autograd.errors": "errors",
    "autograd.linalg": "linear algebra",
    "autograd.special": "special functions",
    "nn": "layers, training, files",
    "nn.functional": "functions of layers",
    "nn.init": "first weights",
    "nn.optim": "optimisers and schedules",
    "nn.data": "data",
    "nn.parallel": "one model in several processes",
    "nn.utils": "clipping, weights, pruning",
    "nn.distributions": "distributions",
}


def page(name: str) -> str:
    """The reference of a module as reStructuredText: its text, then its classes and functions."""
    module = importlib.import_module(name)
    classes, functions = [], []
    for public in _public(module):
        thing = getattr(module, public)
        if inspect.isclass(thing):
            classes.append(public)
        elif callable(thing):
            functions.append(public)
    title = f"{name}: {MODULES[name]}"
    lines = [title, "=" * len(title), "", f".. automodule:: {name}", "   :no-members:", ""]
    for heading, names, directive in (("Classes", classes, "autoclass"), ("Functions", functions, "autofunction")):
        if names:
            lines += [heading, "-" * len(heading), ""]
        for public in names:
            lines += [f".. {directive}:: {name}.{public}", *_options(directive, name, public), ""]
    if name == "autograd":
        lines += _tensor()
    return "\n".join(lines)


def _options(directive: str, name: str, public: str) -> list[str]:
    """Members of classes; what has an entry on the page of a package above gets no second one in the index."""
    options = []
    if directive == "autoclass" and public != "Tensor":
        options += ["   :members:", "   :no-inherited-members:"]
    thing = getattr(importlib.import_module(name), public)
    others = [module for module in ("autograd", "nn") if module != name]
    if any(vars(importlib.import_module(other)).get(public) is thing for other in others):
        options.append("   :no-index:")
    return options


def _tensor() -> list[str]:
    """The methods of Tensor, which come from several classes."""
    from autograd import Tensor

    lines = ["Methods of a Tensor", "-" * 19, ""]
    for name in sorted(name for name in dir(Tensor) if not name.startswith("_")):
        if callable(getattr(Tensor, name, None)) and _own_text(getattr(Tensor, name)):
            lines += [f".. automethod:: autograd.Tensor.{name}", ""]
    return lines


def _public(module: ModuleType) -> list[str]:
    if "__dir__" in vars(module):  # packages tell what is theirs, also what is imported when it is asked for
        names = dir(module)
    else:
        own = [name for name, thing in vars(module).items() if getattr(thing, "__module__", None) == module.__name__]
        names = getattr(module, "__all__", [name for name in own if not name.startswith("_")])
    return sorted({name for name in names if _own_text(getattr(module, name, None))}, key=str.lower)


def _own_text(thing: Any) -> bool:
    """Has it a text of ours? Types of NumPy and numbers have not."""
    home = getattr(thing, "__module__", "") or ""
    return home.split(".")[0] in ("autograd", "nn", "kernels") and bool(getattr(thing, "__doc__", None))
