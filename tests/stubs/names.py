"""The stubs of packages that import names when they are first asked for, which no checker can follow.

What is written comes from the package's own imports and from the tables that it finds the rest by: `autograd/names`,
and the places that it gave to `autograd.later`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import types
from pathlib import Path
from typing import Any

import autograd
from autograd import engine
from autograd.names import old, tables
from autograd.tensors import later

from .signatures import HEAD, RESULTS, Form, forms, written

TITLE = '"""The names of {}, for type checkers. Written by `python -m tests.stubs`."""'
FACADES = (
    "autograd.compiler",
    "autograd.cuda",
    "autograd.differential_operators",
    "autograd.distributed",
    "autograd.utils",
    "autograd.utils.data",
    "autograd.func",
    "autograd.tracer",
    "nn",
    "nn.data",
    "nn.functional",
    "nn.functional.loss",
    "nn.functional.pool",
    "nn.layers",
    "nn.modules",
    "nn.optim",
    "nn.optim.lr_scheduler",
    "nn.parallel",
    "nn.utils",
)
"""Packages whose `__init__` imports, and says where the rest stands."""

STARRED = ("nn.layers",)
"""Those of which another imports `*`: files in them are no names of the other."""


def file_of(module: str) -> Path:
    """Where the stub of a package stands."""
    found = importlib.import_module(module).__file__
    assert found is not None
    return Path(found).with_suffix(".pyi")


def imports(module: str) -> list[str]:
    """The imports of a package itself, each name as public; and its files, where these are not hidden by a name."""
    package = importlib.import_module(module)
    assert package.__file__ is not None
    public = set(getattr(package, "__all__", dir(package)))
    lines, homes = [], set()
    for node in ast.parse(Path(package.__file__).read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] in ("autograd", "nn")):
            home = "." * node.level + ("autograd" if node.module == "autograd.api" else node.module or "")
            if node.level == 1 and node.module and "." not in node.module:
                homes.add(node.module)
            for alias in node.names:
                name = alias.asname or alias.name
                if name == "*":
                    lines.append(f"from {home} import *")
                elif not name.startswith("_") and name in public:
                    lines.append(f"from {home} import {alias.name} as {name}")
    if package.__file__.endswith("__init__.py") and module != "autograd":
        lines += [f"from . import {home} as {home}" for home in sorted(homes - public)]
    return lines


def named(name: str, place: str, inside: str) -> str:
    """The import, in the package `inside`, of what `place` ("nn.functional.conv2d") names."""
    module, _, last = place.rpartition(".")
    if not module:
        return f"import {place} as {name}"
    same = module.split(".")[0] == "autograd" == inside
    home = f".{module.removeprefix('autograd').lstrip('.')}" if same else module
    return f"from {home} import {last} as {name}"


def facade(module: str) -> str:
    """The stub of a package that only imports."""
    find: Any = vars(importlib.import_module(module)).get("__getattr__")
    lines = [
        f'"""The names of {module}, for type checkers. Written by `python -m tests.stubs`."""',
        "",
        *imports(module),
    ]
    star = find.star if find else ""
    if star:
        lines.append(f"from {star} import *")
    for name, place in sorted(find.places.items() if find else ()):
        if isinstance(place, str) and place != f"{star}:{name}":
            lines.append(named(name, place.replace(":", "."), module))
    shared = importlib.import_module(star).__all__ if star else ()
    lines += own(module, {*(line.rpartition(" ")[2] for line in lines), *shared})
    if find and find.others:
        others = importlib.import_module(find.others).__all__
        lines += [f"from {find.others} import {name} as {name}" for name in others if name not in find.places]
    if module in STARRED:
        lines += ["", f"__all__ = {importlib.import_module(module).__all__}".replace("'", '"')]
    return "\n".join(lines) + "\n"


def own(module: str, imported: set[str]) -> list[str]:
    """What a package has beside its imports: functions and exceptions of its own."""
    lines = []
    for name, value in sorted(vars(importlib.import_module(module)).items()):
        if name.startswith("_") or name in imported:
            continue
        if isinstance(value, (types.FunctionType, types.MethodType)):
            lines += written(name, forms(value, name, bound=False), "", inspect.getdoc(value))
        elif isinstance(value, type) and issubclass(value, Exception) and value.__module__ == module:
            lines.append(f"class {name}({value.__bases__[0].__name__}): ...")
        elif isinstance(value, bool):
            lines.append(f"{name}: bool")
    return (
        ["import builtins", "from collections.abc import Callable", "from typing import Any", *lines] if lines else []
    )


FUNCTIONS = ("autograd.linalg", "autograd.special")
"""Modules of functions that all return Tensors, or results with names."""


def functions(module: str) -> str:
    """The stub of a module of functions."""
    home = importlib.import_module(module)
    names = sorted({*home.__all__, *vars(home)["__getattr__"].places})
    lines = [f"from autograd.errors import {name} as {name}" for name in names if name.endswith("Error")]
    lines += ["from autograd.tensors import Tensor"]
    lines += [f"from {getattr(home, name).__module__} import {name} as {name}" for name in names if name in RESULTS]
    for name in names:
        value = getattr(home, name)
        if isinstance(value, types.FunctionType):
            lines += function(name, value, whole=True)
    return "\n".join([TITLE.format(module), "", HEAD, *lines, ""])


BY_HAND = {
    "grad": (engine.grad, "tuple[Tensor, ...]"),
}
"""What functions return that stand below the Tensor and cannot name it: (the one for Tensors, what it returns)."""

MODES = """
_F = TypeVar("_F", bound=Callable[..., Any])

class _Block:
    def __enter__(self) -> None: ...
    def __exit__(self, *error: Any) -> None: ...
    def __call__(self, function: _F) -> _F: ...

class _Mode:
    @overload
    def __call__(self, function: None = None) -> _Block: ...
    @overload
    def __call__(self, function: _F) -> _F: ...

class _InferenceMode:
    @overload
    def __call__(self, mode: builtins.bool = True) -> _Block: ...
    @overload
    def __call__(self, mode: _F) -> _F: ...

no_grad: _Mode
enable_grad: _Mode
inference_mode: _InferenceMode
def set_grad_enabled(mode: builtins.bool) -> _Block: ...
"""
"""Blocks that also decorate, with or without parentheses: in words that checkers follow."""


def function(name: str, value: Any, whole: bool = False) -> list[str]:
    """The lines of a function: of a method of Tensor, or one of its own. `whole`: what it returns is a Tensor."""
    parameters = list(inspect.signature(value).parameters.values())
    of_tensor = getattr(autograd.Tensor, name, None)
    first = parameters[0].name if parameters and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL else ""
    bound = first in ("self", "input", "x")
    ways = forms(value, name, bound=bound, of_package=True)
    if whole or of_tensor is not None or not inspect.unwrap(value).__annotations__:
        ways = [Form(way.parameters, "Tensor" if way.result == "Any" else way.result) for way in ways]
    return written(name, ways, f"{'x' if first == 'x' else 'input'}: Any" if bound else "", inspect.getdoc(value))


def package() -> str:
    """The stub of `autograd` itself."""
    places = {name: f"autograd.check.{name}" for name in autograd._CHECKER}
    places |= {name: f"autograd.{home}.{name}" for name, home in autograd._PROGRAMS.items()}
    late = {"trapz", *" ".join(later.FUNCTIONS.values()).split()}
    places |= {
        name: place.replace(":", ".")
        for name, place in autograd._LATER.items()
        if name in autograd.__all__ and name not in late and place.endswith(name)
    }
    places |= {name: place for name, place in tables.ELSEWHERE.items() if name != "nn"}
    variants = importlib.import_module("nn.functional.variants")
    places |= {
        name: f"nn.functional.{'variants.' if hasattr(variants, name) else ''}{name}" for name in tables.FUNCTIONAL
    }
    here = {*BY_HAND, *re.findall(r"^(?:def )?([a-z]\w+)[:(]", MODES, re.M)}
    lines = [
        *(line for line in imports("autograd") if "*" not in line and line.split()[-1] not in here),
        "import autograd as autograd",
        "from . import random as random",
        "import nn as nn",
        *(named(*item, "autograd") for item in sorted(places.items())),
    ]
    eager = {line.rpartition(" ")[2] for line in lines}
    lines.append(MODES)
    eager |= here
    for name, (below, result) in BY_HAND.items():
        *others, _ = forms(getattr(autograd, name), name, bound=False)  # the last stands for all of that below
        ways = [*others, *[Form(way.parameters, result) for way in forms(below, name, bound=False)]]
        lines += written(name, ways, "", inspect.getdoc(getattr(autograd, name)))
    in_place = {name for name in dir(autograd.Tensor) if name.endswith("_")} | old.IN_PLACE
    api = {*vars(importlib.import_module("autograd.api")), *autograd._METHODS, *late}
    for name in sorted({*dir(autograd), *in_place}):
        if name.startswith("_") or name in eager or not hasattr(autograd, name):
            continue
        value = getattr(autograd, name)
        if isinstance(value, types.FunctionType) and name in api:
            lines += function(name, value, whole=not name.startswith("atleast_"))
        elif isinstance(value, types.FunctionType):
            result = "Tensor" if name in in_place | tables.TYPES.keys() else "Any"
            lines.append(f"def {name}(*args: Any, **kwargs: Any) -> {result}: ...")
        elif isinstance(value, types.ModuleType):
            lines.append(f"{name}: ModuleType")
        elif value is None or not isinstance(value, (int, float, str)):
            lines.append(f"{name}: Any")
        else:
            lines.append(f"{name}: builtins.{type(value).__name__}")
    head = HEAD.replace("import builtins\n", "import builtins\nfrom types import ModuleType\n")
    head += "from .tensors import Tensor as Tensor\nfrom .tensors.results import MinMax, ValuesIndices\n"
    return (
        f'"""The names of the package, for type checkers. Written by `python -m tests.stubs`."""\n\n{head}'
        + "\n".join(lines)
        + "\n"
    )
