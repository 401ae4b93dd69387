"""Compares by machine how everything public is called: positions, keywords, defaults.

Functions that PyTorch writes in Python are compared by `inspect.signature`. Those that it writes in C++ have schemas, one
for each way to call them; each must be callable here by position and by keyword.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import torch
import torch.distributions
import torch.utils.data

import autograd

from . import layers
from .compare import Check

SKIPPED = {"names", "dimname", "dimnames"}
"""Types of named dimensions, which are not here."""

DECIDED = {
    r"torch\.(Tensor\.)?(addmm|baddbmm|bmm|mm): (no argument out_dtype|. positional arguments.*)": "for CUDA only",
    r"torch\.(arange|randint|randint_like|normal): .* is argument .*": "overloads: how many arguments there are decides",
    r"torch\.(Tensor\.)?(max|min): other by keyword only.*": "overloads: a Tensor in place of dim is `other`",
    r"torch\.(Tensor\.)?(var|std|var_mean|std_mean): .*unbiased.*": "overloads: a bool in place of dim is `unbiased`",
    r"torch\.(Tensor\.)?repeat_interleave: .*": "overloads: repeats alone are the input",
    r"torch\.(Tensor\.)?scatter: value by keyword only.*": "overloads: a number in place of src is `value`",
    r"torch\.Tensor\.(where|polygamma): .* is argument .*": "the schema begins with another argument than the Tensor",
    r"torch\.normal: no argument input": "the schema's name of what Python calls mean",
    r"torch\.(randint|randperm|tril_indices|triu_indices): default dtype=None, PyTorch 4": "None is int64",
    r"torch\.(nn\.functional\.)?conv\dd: default padding=0, PyTorch 'valid'": "overloads: the two are the same",
    r"torch\.nn\.functional\.(elu_|rrelu_): .*": "arguments of PyTorch's kernels",
    r"torch\.(detach_|fill_|zero_): no argument input": "methods in the first place",
    r"torch\.Tensor\.to: no argument (layout|pin_memory|requires_grad)": "a schema has it, Python code cannot reach it",
    r"torch\.Tensor\.(copy_|eq|ne|sort|expand|contiguous): .*": "for PyTorch's compiler only",
    r"torch\.(eq|ne|sort): .*": "the same",
    r"torch\.(isin|result_type): no argument (test_element|element|tensor|other|scalar)": "names of overloads for numbers",
    r"torch\.(nn\.functional\.)?(adaptive_avg_pool1d|avg_pool\dd|channel_shuffle|pixel_shuffle|pixel_unshuffle|gelu|linear|softplus|softshrink|hardshrink|celu|threshold|embedding|poisson|binary_cross_entropy_with_logits|std_mean|var_mean|tril_indices|triu_indices): no argument out": "a schema has it, Python code cannot reach it, or it is not documented",
    r"torch\.nn\.functional\.\w+_loss: default .*reduction.*|torch\.\w+(_loss|kl_div): default .*reduction.*": "names here, numbers in C++",
    r"torch\.linalg\.pinv: .*": "overloads; see its documentation",
    r"torch\.linalg\.(lstsq): no argument b": "the schema's name of B",
    r"torch\.(compile|load|save): .*": "settings of PyTorch's compiler and of pickle",
    r"torch\.(autograd\.)?enable_grad: no argument orig_func.*": "as a decorator it takes the function",
    r"torch\.meshgrid: default .*": "ij, as PyTorch's None, without the warning",
    r".*\.(Buffer|Parameter|cls_to_become): default data.*": "an empty Tensor in both",
    r".*\.random_split: default generator.*": "the default generator in both",
    r".*\.expand: no argument _instance.*|.*\.log_abs_det_jacobian: no argument intermediates.*": "for PyTorch's subclasses",
    r".*\.(HalfCauchy|HalfNormal)\.icdf: no argument prob": "called value, as in the other distributions",
    r".*\.Wishart\.rsample: .*|torch\.random\.fork_rng: default device_type.*": "nothing to choose here",
    r"torch\.distributions\.constraints\..*": "None is not implemented; names within",
    r".*\.Sequential\.(extend|pop): .*|.*\.jacrev: .*_preallocate_and_copy.*": "names within",
    r".*\.MixtureSameFamily\.(cdf|log_prob): no argument x": "called value, as in the other distributions",
    r"torch\.(affine_grid_generator|constant_pad_nd|conv_tbc|convolution|fill|grid_sampler_.d|rsub|slice_copy|unsafe_split|unsafe_split_with_sizes|from_file): .*": "functions of PyTorch's insides",
    r"torch\.(histogramdd|nuclear_norm|gradient): .*": "overloads",
    r"torch\.(cholesky_solve|orgqr): no argument input2": "the schema's name",
    r"torch\.linalg\.tensorsolve: no argument other": "the schema's name of B",
    r".*\.dim_order: .*|torch\.from_dlpack: .*|torch\.resize_as_: .*|torch\.rrelu_: .*|.*conv_tbc: .*": "for other devices and layouts, or insides",
    r"torch\.(rrelu|instance_norm|batch_norm): no argument (generator|cudnn_enabled)": "see nn.functional.variants",
}
"""What is called differently here, as patterns of "function: difference" -> why."""

PLACES: dict[str, tuple[Any, str]] = {
    "torch": (torch, "aten::"),
    "torch.Tensor": (torch.Tensor, "aten::"),
    "torch.linalg": (torch.linalg, "aten::linalg_"),
    "torch.special": (torch.special, "aten::special_"),
    "torch.nn.functional": (torch.nn.functional, "aten::"),
}
"""Where functions written in C++ stand, and how their schemas are called."""

TYPES = {"Tensor", "Number", "number", "Optional[Tensor]", "List[Tensor]", "List[int]", "int", "float"}


def ours(where: str) -> Any:
    """Our object for PyTorch's dotted name; None if there is none."""
    here: Any = autograd
    for part in where.split(".")[1:]:
        try:
            here = getattr(here, part, None)
        except ImportError:
            return None
        if here is None:
            return None
    return here


def builtin_names() -> Iterator[tuple[str, str]]:
    """(place, name) of every function written in C++ that exists on both sides."""
    for place, (theirs, prefix) in PLACES.items():
        here = ours(place)
        for name in sorted(dir(theirs)):
            if name.startswith("_") or here is None or getattr(here, name, None) is None:
                continue
            value = getattr(theirs, name)
            if callable(value) and not isinstance(value, type) and schemas(prefix + name):
                try:
                    inspect.signature(value)
                except (TypeError, ValueError):
                    yield place, name


def schemas(name: str) -> list[Any]:
    """The ways in which Python code may call an operator."""
    found = []
    made = any(a.name == "layout" for s in torch._C._jit_get_schemas_for_operator(name) for a in s.arguments)
    for schema in torch._C._jit_get_schemas_for_operator(name):
        arguments = schema.arguments
        if not made and not any("Tensor" in str(a.type) for a in arguments):
            continue  # for numbers and lists of TorchScript
        kinds = [str(a.type) for a in arguments]
        if any("Dimname" in str(a.type) or a.name == "names" for a in arguments) or re.search("Dimname", str(schema)):
            continue
        if (
            kinds
            and kinds[0]
            in ("str", "int", "float", "bool", "complex", "t[]", "Scalar", "List[t]", "List[bool]", "Dict[str, t]")
            and arguments[0].name in ("a", "self", "l")
        ):
            continue
        if (
            schema.overload_name in ("str", "t", "int", "float", "complex", "bool")
            or "Scalar_Scalar" in schema.overload_name
        ):
            continue
        if any(
            a.name == "self"
            and str(a.type) in ("number", "List[int]", "List[float]", "List[complex]", "List[bool]", "str")
            for a in arguments
        ):
            continue
        found.append(schema)
    return found


class Placeholder:
    """Stands for an argument when only the form of a call matters."""


def parameters(function: Any) -> inspect.Signature | None:
    """The signature, or None if Python cannot tell."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def builtin_difference(place: str, name: str) -> str:
    """Each form of a call that PyTorch takes and ours does not."""
    here = getattr(ours(place), name)
    signature = parameters(here)
    if signature is None:
        return "no signature"
    method = place == "torch.Tensor"
    wrapped = getattr(here, "__wrapped__", None) is not None
    problems: list[str] = []
    own = dict(signature.parameters)
    if any(p.kind is p.VAR_KEYWORD for p in own.values()):
        return ""
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in own.values())
    for schema in schemas(PLACES[place][1] + name):
        arguments = list(schema.arguments)
        outs = [a.name for a in arguments if a.is_out]
        if method and outs:
            continue
        plain = [a for a in arguments if not a.is_out]
        if schema.overload_name.endswith("out") and not outs:
            continue
        positional = [a for a in plain if not a.kwarg_only]
        taken = spelled(here, name)
        for index, a in enumerate(plain):
            shown = "input" if a.name == "self" and not method else a.name
            if shown in taken:
                continue
            if method and a.name == "self":
                continue
            mine = own.get(shown)
            if mine is None and shown == "input" and wrapped:
                continue
            if mine is None:
                problems.append(f"no argument {shown}")
                continue
            if not a.kwarg_only and not takes_any:
                place_of = list(own).index(shown)
                if mine.kind is mine.KEYWORD_ONLY:
                    problems.append(f"{shown} by keyword only, PyTorch's argument {index}")
                elif (place_of != index and not method) or (method and place_of != index):
                    problems.append(f"{shown} is argument {place_of}, PyTorch's {index}")
            if a.has_default_value() and mine.default is not mine.empty and not outs:
                default, given = a.default_value, mine.default
                if not same_default(default, given):
                    problems.append(f"default {shown}={given!r}, PyTorch {default!r}")
            elif a.has_default_value() and mine.default is mine.empty and mine.kind is not mine.VAR_POSITIONAL:
                problems.append(f"{shown} must be given, PyTorch's default {a.default_value!r}")
        if not takes_any and len(positional) > sum(p.kind is not p.KEYWORD_ONLY for p in own.values()):
            problems.append(f"{len(positional)} positional arguments: {[a.name for a in positional]}")
        if outs and "out" not in own and not taken & {"out"}:
            problems.append("no argument out")
    if schemas_make_new(place, name):
        for option in ("dtype", "layout", "device", "pin_memory", "requires_grad"):
            if option not in own and option not in spelled(here, name):
                problems.append(f"no argument {option}")
    return "; ".join(dict.fromkeys(problems))


def same_default(theirs: Any, ours: Any) -> bool:
    """Do two defaults mean the same? PyTorch's C++ has lists for one number, and empty ones for "not given"."""
    if isinstance(theirs, (list, tuple)):
        if ours is None:
            return not theirs
        return list(ours) == list(theirs) if isinstance(ours, (list, tuple)) else set(theirs) == {ours}
    if theirs is None:
        return ours in (None, False, ())
    return bool(theirs == ours) or str(theirs) == str(ours)


def schemas_make_new(place: str, name: str) -> bool:
    """Does the function make Tensors of a layout that is given?"""
    return any(a.name == "layout" for s in schemas(PLACES[place][1] + name) for a in s.arguments)


def spelled(function: Any, name: str) -> frozenset[str]:
    """Arguments that a wrapper takes beside those of the signature."""
    from autograd.tensors import method, out

    taken = set(getattr(function, "takes", ()))
    if getattr(function, "__wrapped__", None) is not None:
        taken |= set(method._SPELLED.get(function.__name__, ()))
        taken |= {"out"} if name in out.NAMES else set()
    return frozenset(taken)


# ------------------------------------------------------------------------------------------- functions in Python

PYTHON = (
    "torch torch.Tensor torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.parametrize "
    "torch.nn.utils.parametrizations torch.nn.utils.rnn torch.nn.utils.prune torch.optim torch.optim.lr_scheduler "
    "torch.optim.swa_utils torch.utils.data torch.utils.checkpoint torch.distributions torch.distributions.constraints torch.distributions.transforms torch.distributions.kl torch.linalg torch.special torch.func torch.autograd torch.autograd.functional torch.autograd.forward_ad torch.testing torch.random"
).split()
"""Modules whose functions and classes written in Python are compared."""


def attribute(root: Any, where: str) -> Any:
    """The object under a dotted name below `root`; None if there is none."""
    for part in where.split(".")[1:]:
        root = getattr(root, part, None)
        if root is None:
            return None
    return root


def python_names() -> Iterator[tuple[str, str]]:
    """(module, name) of everything public that has a signature on both sides, methods of classes included."""
    for place in PYTHON:
        theirs, here = attribute(torch, place), ours(place)
        if theirs is None or here is None:
            continue
        for name in sorted(dir(theirs)):
            mine, value = getattr(here, name, None), getattr(theirs, name, None)
            if name.startswith("_") or mine is None or not callable(value) or not callable(mine):
                continue
            module = getattr(value, "__module__", None) or ""
            if not module.startswith("torch"):
                continue
            yield place, name
            if isinstance(value, type) and isinstance(mine, type) and place != "torch":
                for attr in sorted(vars(value)):
                    if (
                        not attr.startswith("_")
                        and callable(getattr(mine, attr, None))
                        and callable(getattr(value, attr))
                    ):
                        yield f"{place}.{name}", attr


def shown(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)


def python_difference(place: str, name: str) -> str:
    """What differs between two signatures: names, places and defaults; empty if a call means the same in both."""
    mine, theirs = parameters(getattr(ours(place), name)), parameters(getattr(attribute(torch, place), name))
    if mine is None or theirs is None:
        return ""
    own = mine.parameters
    if any(p.kind is p.VAR_KEYWORD for p in own.values()) and any(p.kind is p.VAR_POSITIONAL for p in own.values()):
        return ""
    anything = any(p.kind is p.VAR_POSITIONAL for p in own.values())
    problems = []
    order = [p.name for p in own.values()]
    for index, p in enumerate(theirs.parameters.values()):
        if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
            continue
        q = own.get(p.name)
        if q is None and index == 0 and p.name in ("self", "input"):
            continue
        if q is None:
            keywords = any(x.kind is x.VAR_KEYWORD for x in own.values())
            if not keywords and p.name not in spelled(getattr(ours(place), name), name):
                problems.append(f"no argument {p}")
            continue
        if p.kind is not p.KEYWORD_ONLY and not anything:
            if q.kind is q.KEYWORD_ONLY:
                problems.append(f"{p.name} by keyword only")
            elif order.index(p.name) != index:
                problems.append(f"{p.name} is argument {order.index(p.name)}, PyTorch's {index}")
        if p.default is not p.empty and shown(q.default) != shown(p.default) and q.default != p.default:
            problems.append(f"default {q}, PyTorch {p}")
    return "; ".join(problems)


def undecided(place: str, name: str, text: str) -> str:
    """The differences of one function that are not in DECIDED."""
    return "; ".join(
        part
        for part in text.split("; ")
        if part and not any(re.fullmatch(p, f"{place}.{name}: {part}") for p in DECIDED)
    )


def _checks(_: list[str]) -> Iterator[Check]:
    for where, name in layers.signatures():
        yield f"{where}.{name}", lambda w=where, n=name: layers.signature_difference(w, n)
    for places, difference in ((builtin_names, builtin_difference), (python_names, python_difference)):
        for place, name in places():
            yield f"{place}.{name}", lambda p=place, n=name, d=difference: undecided(p, n, d(p, n))


FAMILIES = {"signatures": _checks}
