"""What the packages of nn show: their own names, and nothing that they happen to import.

The kind: `nn.os`, `nn.functional.Any`, `from nn.optim import *` that brings `importlib`.
"""

from __future__ import annotations

import importlib
import pkgutil
import types

import pytest

PACKAGES = [
    "nn",
    "nn.functional",
    "nn.functional.loss",
    "nn.functional.pool",
    "nn.layers",
    "nn.optim",
    "nn.optim.lr_scheduler",
    "nn.data",
    "nn.saving",
    "nn.training",
    "nn.utils",
    "nn.distributions",
]


def strays(package: types.ModuleType) -> set[str]:
    """Public attributes that are neither in `__all__` nor files of the package."""
    files = {module.name for module in pkgutil.iter_modules(package.__path__)}
    return {
        name
        for name, value in vars(package).items()
        if not name.startswith("_")
        and name not in package.__all__
        and not (
            name in files and isinstance(value, types.ModuleType) and value.__name__ == f"{package.__name__}.{name}"
        )
    }


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_show_their_own_names_alone(name):
    package = importlib.import_module(name)
    assert strays(package) == set()
    files = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert {public for public in dir(package) if not public.startswith("_")} - files == set(package.__all__) - files
    assert len(package.__all__) == len(set(package.__all__))
    brought: dict[str, object] = {}
    exec(f"from {name} import *", brought)  # also imports those that wait until they are asked for
    for public in package.__all__:
        thing = brought[public]
        home = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", name)
        assert home.split(".")[0] in ("nn", "autograd"), public


def test_a_stray_is_found():
    package = types.ModuleType("nn")
    package.__path__ = importlib.import_module("nn").__path__  # type: ignore[attr-defined]
    vars(package).update(__all__=["Linear"], Linear=int, os=types, module=types, Any=object, _own=1)
    assert strays(package) == {"os", "module", "Any"}
