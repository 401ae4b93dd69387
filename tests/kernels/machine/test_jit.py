"""Compilation: said once when it happens, silent from the cache, possible without a cache, never out of date."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from kernels.machine import cache, jit

ROOT = Path(__file__).parents[3]
PROGRAM = (
    "import numpy as np; from kernels.pointwise.dropout import scaled\n"
    "scaled(np.ones(3), np.ones(3, bool), 2.0); print('done')"
)
compiled = pytest.mark.skipif(not jit.ENABLED, reason="NUMBA_DISABLE_JIT is set")


def start(program, root=ROOT, **environment):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=root,
        # an edit within a second that leaves the size would not be noticed by Python's own cache of sources
        env={**inherited, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process, expected="done\n"):
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert out == expected
    return said


def run(program=PROGRAM, root=ROOT, expected="done\n", **environment):
    return end(start(program, root, **environment), expected)


@pytest.fixture
def package(tmp_path):
    """A copy of the kernels that are needed here, in a folder of its own."""
    for name in ("__init__.py", "machine", "pointwise/__init__.py", "pointwise/dropout.py"):
        source, copy = ROOT / "kernels" / name, tmp_path / "kernels" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    return tmp_path


def test_a_cold_cache_says_what_is_happening_and_a_warm_one_is_silent(tmp_path):
    first, last = run(NUMBA_CACHE_DIR=str(tmp_path)).splitlines()
    assert first == f"wengert: compiling kernels for this machine, once; they are kept in {tmp_path}"
    assert re.fullmatch(r"wengert: 1 kernel compiled in \d+\.\d s, once for this machine \(pointwise\)", last)
    assert run(NUMBA_CACHE_DIR=str(tmp_path)) == ""


def test_two_kinds_of_arguments_are_announced_once(tmp_path):
    program = PROGRAM + "; scaled(np.ones(3, np.float32), np.ones(3, bool), 2.0)"
    first, last = run(program, NUMBA_CACHE_DIR=str(tmp_path)).splitlines()
    assert first.startswith("wengert: compiling")
    assert last.startswith("wengert: 2 kernels compiled in")
    assert run(program, NUMBA_CACHE_DIR=str(tmp_path)) == ""
    assert len(list(tmp_path.iterdir())) == 2


def test_without_compilation_kernels_run_as_python():
    assert run(NUMBA_DISABLE_JIT="1") == ""


def test_importing_loads_no_numba():
    run(
        "import sys, autograd, nn; from kernels.machine import jit, threads; from kernels.pointwise import dropout\n"
        "assert 'numba' not in sys.modules; print('done')"
    )


LOADING = """
import ast, importlib, importlib.abc, pathlib, sys

class Refused(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "numba":
            raise ImportError("refused")

sys.meta_path.insert(0, Refused())
for file in sorted(pathlib.Path("kernels").rglob("*.py")):
    says = "loads Numba" in (ast.get_docstring(ast.parse(file.read_text())) or "")
    try:
        importlib.import_module(".".join(file.with_suffix("").parts).removesuffix(".__init__"))
        loads = False
    except ImportError:
        loads = True
    if loads != says:
        print(file.as_posix())
"""
"""Prints the files of kernels that load Numba and do not say so in their first lines, or say so and do not."""


def test_modules_that_load_numba_say_so():
    run(LOADING, expected="")


def test_a_module_that_loads_numba_in_silence_is_found(package):
    (package / "kernels" / "outer.py").write_text("import numba\n")
    (package / "kernels" / "middle.py").write_text("from . import outer\n")
    (package / "kernels" / "inner.py").write_text('"""Imported later, because it loads Numba."""\n')
    run(LOADING, package, "".join(f"kernels/{name}.py\n" for name in ("inner", "middle", "outer")))


INNER = "from .machine.jit import kernel\n\n@kernel\ndef factor(x):\n    return 2 * x\n"
OUTER = (
    "from .machine.jit import kernel\nfrom .middle import scale\n\n@kernel\ndef scaled(x):\n    return scale(x) + 0\n"
)
MIDDLE = (
    "from .machine.jit import kernel\nfrom . import inner\nfactor = inner.factor\n\n"
    "@kernel\ndef scale(x):\n    return factor(x)\n"
)
SCALED = "from kernels.outer import scaled; print(scaled(21))"


def test_an_edit_of_what_a_kernel_calls_in_another_file_is_noticed(package):
    for name, text in (("inner", INNER), ("middle", MIDDLE), ("outer", OUTER)):
        (package / "kernels" / f"{name}.py").write_text(text)
    assert "compiling" in run(SCALED, package, "42\n")
    assert run(SCALED, package, "42\n") == ""
    before = set((package / "kernels" / "__pycache__").glob("*.nbc"))
    (package / "kernels" / "inner.py").write_text(INNER.replace("2 * x", "3 * x"))
    assert "compiling" in run(SCALED, package, "63\n")
    assert run(SCALED, package, "63\n") == ""
    after = set((package / "kernels" / "__pycache__").glob("*.nbc"))
    assert len(after) == len(before) == 1  # of what Python calls: the two kernels that it calls are part of its code
    assert not after & before


def test_a_piece_is_compiled_with_what_calls_it_and_its_edit_is_noticed(package):
    for name, text in (("inner", INNER.replace("kernel", "piece")), ("middle", MIDDLE), ("outer", OUTER)):
        (package / "kernels" / f"{name}.py").write_text(text)
    run(SCALED, package, "42\n")
    assert len(list((package / "kernels" / "__pycache__").glob("*.nbc"))) == 1  # `scaled`, the other two within
    (package / "kernels" / "inner.py").write_text(INNER.replace("kernel", "piece").replace("2 * x", "3 * x"))
    assert "compiling" in run(SCALED, package, "63\n")
    assert run(SCALED, package, "63\n") == ""
    assert run(SCALED, package, "63\n", NUMBA_DISABLE_JIT="1") == ""


def test_an_edit_of_another_file_leaves_a_kernel_in_the_cache(package):
    (package / "kernels" / "inner.py").write_text(INNER)
    run(root=package)
    (package / "kernels" / "inner.py").write_text(INNER + "\n")
    assert run(root=package) == ""


def test_what_was_edited_after_its_import_is_not_kept_for_others(package):
    file = package / "kernels" / "inner.py"
    file.write_text(INNER)
    edit = f"open({str(file)!r}, 'a').write('#')"
    run(f"import time; from kernels.inner import factor; time.sleep(0.05); {edit}; print(factor(2))", package, "4\n")
    assert "compiling" in run("from kernels.inner import factor; print(factor(2))", package, "4\n")


def test_code_for_other_settings_is_not_used(tmp_path):
    run(NUMBA_CACHE_DIR=str(tmp_path))
    assert "compiling" in run(NUMBA_CACHE_DIR=str(tmp_path), NUMBA_BOUNDSCHECK="1")
    assert "compiling" in run(NUMBA_CACHE_DIR=str(tmp_path), NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    assert run(NUMBA_CACHE_DIR=str(tmp_path)) == ""
    assert run(NUMBA_CACHE_DIR=str(tmp_path), NUMBA_BOUNDSCHECK="1") == ""


def test_a_folder_that_cannot_be_written_to_leads_to_the_users_cache(package):
    (package / "kernels" / "__pycache__").write_text("a file where a folder is wanted")  # binds root, too
    places = {"NUMBA_CACHE_DIR": "", "XDG_CACHE_HOME": str(package / "user"), "LOCALAPPDATA": str(package / "user")}
    places["HOME"] = str(package / "user")
    said = run(root=package, **places)
    assert str(package / "user") in said
    assert said.splitlines()[0].endswith(os.path.join("wengert", "kernels"))
    assert run(root=package, **places) == ""


def test_with_no_folder_at_all_kernels_run_and_it_is_said(package):
    (package / "kernels" / "__pycache__").write_text("")
    nowhere = str(package / "kernels" / "__init__.py" / "below")
    places = dict.fromkeys(("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"), nowhere)
    said = run(root=package, **places)
    assert said.splitlines()[0] == (
        "wengert: compiling kernels for this machine, once; they cannot be kept: no folder for them can be written to"
    )


@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda b: b"", lambda b: b[:40] + b"?" + b[41:]])
def test_a_damaged_file_is_replaced(tmp_path, damage):
    run(NUMBA_CACHE_DIR=str(tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert "compiling" in run(NUMBA_CACHE_DIR=str(tmp_path))
    assert run(NUMBA_CACHE_DIR=str(tmp_path)) == ""


def test_two_processes_compile_at_once(tmp_path):
    program = (
        "import numpy as np; from kernels.pointwise.dropout import scaled\n"
        "for d in {}: scaled(np.ones(3, d), np.ones(3, bool), 2.0)\nprint('done')"
    )
    orders = ("['f', 'd']", "['d', 'f']", "['f', 'd']")
    for process in [start(program.format(order), NUMBA_CACHE_DIR=str(tmp_path)) for order in orders]:
        end(process)
    assert len(list(tmp_path.iterdir())) == 2
    assert run(program.format(orders[0]), NUMBA_CACHE_DIR=str(tmp_path)) == ""


def test_two_threads_call_a_cold_kernel_at_once():
    @jit.kernel
    def add(x, y):
        return x + y

    results = []
    together = threading.Barrier(4)

    def call():
        together.wait()
        results.append(add(1, 2))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3] * 4


@compiled
def test_what_a_kernel_calls_is_made_machine_code_within_it_alone():
    @jit.kernel
    def double(x):
        return 2 * x

    @jit.kernel
    def fourfold(x):
        return double(double(x))

    assert fourfold(3) == 12
    (made,) = double._inside.overloads.values()
    name = made.fndesc.llvm_func_name
    assert not made.library.get_function(name).is_declaration
    assert made.library.get_pointer_to_function(name) == 0
    assert double._compiled is None
    assert double(3) == 6  # Python may call it all the same


@jit.kernel
def factorial(n):
    if n < 2:
        return 1
    return n * factorial(n - 1)


def test_a_kernel_may_call_itself():
    @jit.kernel
    def next_to(n):
        return factorial(n) + 1

    assert (next_to(5), factorial(4)) == (121, 24)


@compiled
def test_kernels_of_one_text_but_other_closures_differ():
    def adder(n):
        @jit.kernel
        def add(x):
            return x + n

        return add

    assert (adder(1)(0), adder(2)(0), adder(1)(0)) == (1, 2, 1)


@compiled
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_no_error(monkeypatch, tmp_path):
    @jit.kernel
    def double(x):
        return 2 * x

    opened = os.open

    def full(path, flags, *mode):
        if not flags & os.O_CREAT:
            return opened(path, flags, *mode)
        os.close(opened(path, flags))
        return opened("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    monkeypatch.setattr(os, "open", full)
    assert double(3) == 6
    assert list(tmp_path.iterdir()) == []


@compiled
def test_files_that_nobody_uses_are_removed(monkeypatch, tmp_path):
    @jit.kernel
    def triple(x):
        return 3 * x

    for name, age in (("old-1-2.nbc", 1e8), ("recent-1-2.nbc", 1e3), ("old.pyc", 1e8)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (cache.started - age,) * 2)
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    assert triple(np.float64(3)) == 9
    names = {path.name for path in tmp_path.iterdir()}
    assert {name for name in names if "triple" not in name} == {"recent-1-2.nbc", "old.pyc"}
    assert len(names) == 3
