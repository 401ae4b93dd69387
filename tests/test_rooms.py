"""Tests stand where what they test stands: the folders of tests/ are those of the sources, and so are the names."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MIRRORED = ("kernels", "autograd", "nn", "benchmarks")
OF_NO_FAMILY = {
    f"tests/kernels/test_{each}.py" for each in ("canary", "code", "limits", "modes")
}  # about how kernels are tested


def folders(top: Path) -> set[str]:
    """The packages in a folder, by their paths in it."""
    return {file.parent.relative_to(top).as_posix() for file in top.rglob("__init__.py")}


def strangers(root: Path) -> list[str]:
    """Folders of tests that no folder of sources has the name of, kernels that no folder tests, and tests in a folder
    of kernels that are named after nothing there."""
    wrong = []
    for package in MIRRORED:
        wrong += [f"tests/{package}/{each}" for each in folders(root / "tests" / package) - folders(root / package)]
    wrong += [f"kernels/{each}" for each in folders(root / "kernels") - folders(root / "tests" / "kernels")]
    for test in (root / "tests" / "kernels").rglob("test_*.py"):
        name, home = test.stem.removeprefix("test_"), root / test.parent.relative_to(root / "tests")
        if name != home.name and not (home / f"{name}.py").exists():
            wrong.append(test.relative_to(root).as_posix())
    return sorted(set(wrong) - OF_NO_FAMILY)


def test_tests_mirror_the_sources():
    assert strangers(ROOT) == []


@pytest.mark.parametrize(
    "planted", ["tests/nn/cellar/__init__.py", "kernels/attic/__init__.py", "tests/kernels/machine/test_sails.py"]
)
def test_what_has_no_twin_is_found(planted, tmp_path):
    files = [f"{top}/__init__.py" for top in ("kernels", "tests/kernels", *MIRRORED, "tests/nn", "kernels/machine")]
    for file in (*files, "kernels/machine/jit.py", "tests/kernels/machine/__init__.py", planted):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    home = Path(planted)
    assert strangers(tmp_path) == [planted if home.name.startswith("test_") else home.parent.as_posix()]
