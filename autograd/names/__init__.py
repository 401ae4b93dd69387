"""Where a program that was written for PyTorch finds what stands elsewhere here, and is told what does not.

After `import autograd as torch` such a program asks this package for `torch.nn.Linear`, `torch.optim.SGD`, `torch.save`
or `torch.conv2d`.

    tables.py          name -> where it stands                                                 read this first
    old.py             names that PyTorch keeps from older versions, and settings that change nothing here
    absent.py          names that PyTorch has and we do not: why, and what to do instead
    devices.py         what programs ask about devices; namespace.py: modules made of such names

The rule: nothing is imported before it is asked for, and our own code never asks.
"""

from __future__ import annotations

from typing import Any

from ..tensors import Tensor
from ..tensors.layout import MEMORY_FORMATS
from ..tensors.out import LATER, takes_out
from . import old
from .absent import reason
from .namespace import Namespace, resolve
from .tables import ELSEWHERE, FUNCTIONAL, NAMESPACES, TYPES

__all__ = ["find", "known", "reason"]


def find(name: str) -> Any:
    """What PyTorch has under this name; None if nothing here corresponds to it."""
    if name in ELSEWHERE:
        found = resolve(ELSEWHERE[name])
        return takes_out(found) if name in LATER else found
    if name in FUNCTIONAL:
        variant = getattr(resolve("nn.functional.variants"), name, None)
        return variant or resolve(f"nn.functional.{name}")
    if name in NAMESPACES:
        return Namespace(f"autograd.{name}", *NAMESPACES[name])
    if name in MEMORY_FORMATS:
        return name
    if name in TYPES:
        return old.constructor(name, TYPES[name])
    if name in old.SETTINGS:
        return old.SETTINGS[name]
    in_place = name.endswith("_") and not name.startswith("_")  # exp_(x) is x.exp_()
    if in_place and (found := getattr(Tensor, name, None)) is not None:
        return found
    return resolve(f"nn.functional.{name}") if in_place and name in old.IN_PLACE else None


def known() -> set[str]:
    """All names that `find` knows, without the in-place functions."""
    return {*ELSEWHERE, *FUNCTIONAL, *NAMESPACES, *MEMORY_FORMATS, *TYPES, *old.SETTINGS}
