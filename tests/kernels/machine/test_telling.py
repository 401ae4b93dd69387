"""What is said while kernels are compiled: on a terminal, in a log, in a notebook."""

from __future__ import annotations

import io
import os
import sys
import types

import pytest

from kernels.machine.telling import Telling


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def telling(monkeypatch):
    """telling(stream): one that is not asked again when the tests end."""
    monkeypatch.setattr("atexit.register", lambda function: None)
    return Telling


def test_a_terminal_shows_the_kernel_and_is_clean_afterwards(telling):
    out = Terminal()
    found = telling(out)
    found.start("kernels.conv.direct", "/kept")
    assert out.getvalue().endswith("once: no. 1, conv ...\x1b[K")
    found.end()
    assert out.getvalue().endswith("\r\x1b[K")
    found.seconds = 7.4
    found.start("kernels.norm.batch", "/kept")
    assert out.getvalue().endswith("no. 2, norm (7 s so far) ...\x1b[K")
    found.end()
    found.sum_up()
    assert out.getvalue().endswith("2 kernels compiled in 7.4 s, once for this machine (conv, norm)\n")
    assert out.getvalue().count("\n") == 1


def test_a_log_gets_one_line_at_the_start_and_one_at_the_end(telling):
    out = io.StringIO()
    found = telling(out)
    for name in ("kernels.conv.direct", "kernels.norm.batch", "kernels.conv.small"):
        found.start(name, "/kept")
        found.end()
    found.sum_up()
    first, last = out.getvalue().splitlines()
    assert first.endswith("they are kept in /kept")
    assert last.startswith("wengert: 3 kernels compiled in 0.0 s")
    assert last.endswith("(conv, norm)")


def test_parts_of_a_kernel_count_with_it(telling):
    out = io.StringIO()
    found = telling(out)
    found.start("kernels.conv.direct", None)
    found.start("kernels.machine.sums", None)
    found.end()
    found.end()
    assert found.count == 1
    assert found.families == ["conv"]
    assert "cannot be kept" in out.getvalue()


def test_nothing_compiled_nothing_said(telling):
    out = io.StringIO()
    telling(out).sum_up()
    assert out.getvalue() == ""


def test_a_child_that_was_forked_off_leaves_the_sum_to_its_parent(telling):
    out = io.StringIO()
    found = telling(out)
    found.start("kernels.conv.direct", None)
    found.end()
    found.process = os.getpid() + 1
    found.sum_up()
    assert "compiled in" not in out.getvalue()


def test_a_closed_stream_does_no_harm(telling):
    out = io.StringIO()
    found = telling(out)
    out.close()
    found.start("kernels.conv.direct", None)
    found.end()
    assert found.count == 1


def test_a_notebook_has_one_line_per_cell_that_changes(telling, monkeypatch):
    shown = []

    class Handle:
        def update(self, data, raw):
            shown[-1] = data["text/plain"]

    def display(data, raw, display_id):
        shown.append(data["text/plain"])
        return Handle()

    shell = types.SimpleNamespace(kernel=object(), execution_count=3)
    fake = types.SimpleNamespace(get_ipython=lambda: shell, display=types.SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", fake)
    found = telling()
    for name in ("kernels.conv.direct", "kernels.norm.batch"):
        found.start(name, None)
        assert len(shown) == 1
        assert "compiling" in shown[0]
        found.end()
    assert shown[0].startswith("wengert: 2 kernels compiled in 0.0 s")
    shell.execution_count = 4
    found.start("kernels.pool.max", None)
    assert len(shown) == 2
