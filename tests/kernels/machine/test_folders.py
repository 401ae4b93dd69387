"""Compiled code is taken only from files that nobody else can have written, and is kept from others."""

import os
import shutil
import stat
import warnings

import pytest

from kernels.machine import folders

from .test_jit import compiled, package, run

__all__ = ["package"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes of POSIX")
FOREIGN = 54321  # a user that nobody is
KERNEL = "from ..machine.jit import kernel\n@kernel\ndef f(x):\n    return 2 * x\n"


@pytest.fixture(autouse=True)
def _not_told(monkeypatch):
    monkeypatch.setattr(folders, "_told", set())


def test_what_is_written_is_for_this_user_alone(tmp_path):
    folder = tmp_path / "a" / "b"
    folders.make(folder)
    folders.write(folder / "file.nbc", b"code")
    assert folders.read(folder / "file.nbc") == b"code"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "file.nbc").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["file.nbc"]


@pytest.mark.parametrize("mode", [0o622, 0o666, 0o620])
def test_what_others_can_write_is_ignored_with_one_warning(tmp_path, mode):
    file = tmp_path / "file.nbc"
    folders.write(file, b"code")
    file.chmod(mode)
    with pytest.warns(RuntimeWarning, match=r"file\.nbc can be written by other users: nothing is taken from there"):
        assert folders.read(file) is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert folders.read(file) is None


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root gives files away")
def test_what_another_user_owns_is_ignored(tmp_path):
    file = tmp_path / "file.nbc"
    folders.write(file, b"code")
    os.chown(file, FOREIGN, FOREIGN)
    with pytest.warns(RuntimeWarning, match="belongs to another user"):
        assert folders.read(file) is None
    os.chown(tmp_path, FOREIGN, FOREIGN)
    assert not folders.is_ours(tmp_path.stat(), tmp_path)


def test_links_and_pipes_are_not_followed(tmp_path):
    folders.write(tmp_path / "file.nbc", b"code")
    (tmp_path / "link.nbc").symlink_to(tmp_path / "file.nbc")
    os.mkfifo(tmp_path / "pipe.nbc")
    for name in ("link", "pipe", "none"):
        assert folders.read(tmp_path / f"{name}.nbc") is None


@compiled
def test_code_under_the_name_of_another_is_not_run(package):
    (package / "kernels" / "pointwise" / "two.py").write_text(KERNEL + "@kernel\ndef g(x):\n    return 3 * x\n")
    program = "from kernels.pointwise.two import f, g; print(f(1), g(1))"
    assert "compiling" in run(program, package, "2 3\n")
    (cache,) = [path for path in package.rglob("*") if path.is_dir() and list(path.glob("pointwise.two.f-*.nbc"))]
    (f,), (g,) = list(cache.glob("pointwise.two.f-*.nbc")), list(cache.glob("pointwise.two.g-*.nbc"))
    assert stat.S_IMODE(f.stat().st_mode) == 0o600
    shutil.copy(f, g)
    assert "compiling" in run(program, package, "2 3\n")
    assert run(program, package, "2 3\n") == ""
