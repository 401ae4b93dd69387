"""Writes the stubs, which tell type checkers and editors what the run time finds out: `python -m tests.stubs`.

    signatures.py   a signature in the words of a stub, with all the names its arguments go by    read this first
    tensor.py       the Tensor
    names.py        packages that import names when they are first asked for

The rule: stubs are written, never edited. A test compares what is written with the files, and runs type checkers on
programs.
"""

from __future__ import annotations

from pathlib import Path

from . import names, tensor


def texts() -> dict[Path, str]:
    """File -> what it should say."""
    found = {tensor.FILE: tensor.text(), names.file_of("autograd"): names.package()}
    found |= {names.file_of(module): names.functions(module) for module in names.FUNCTIONS}
    return found | {names.file_of(module): names.facade(module) for module in names.FACADES}
