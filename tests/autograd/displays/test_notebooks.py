"""A display that changes while its cell runs, with a notebook that is made up."""

from __future__ import annotations

import sys
import types

import pytest

from autograd.displays.notebooks import Live, cell, in_notebook


@pytest.fixture
def notebook(monkeypatch):
    """What a notebook has been given to show, the last of each display."""
    shown = []

    class Handle:
        def __init__(self, number):
            self.number = number

        def update(self, data, raw):
            shown[self.number] = data

    def display(data, raw, display_id):
        shown.append(data)
        return Handle(len(shown) - 1)

    shell = types.SimpleNamespace(kernel=object(), execution_count=5)
    fake = types.SimpleNamespace(get_ipython=lambda: shell, display=types.SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", fake)
    return shown


def test_here_is_none():
    assert not in_notebook()
    assert cell() is None


def test_a_live_display_is_replaced_but_not_too_often(notebook):
    assert in_notebook()
    assert cell() == 5
    live = Live(every=1000)
    for number in range(3):
        live.update(lambda number=number: f"<b>{number}</b>", lambda: "text")
    assert notebook == [{"text/html": "<b>0</b>", "text/plain": "text"}]
    live.update(lambda: "end", lambda: "text", now=True)
    assert notebook == [{"text/html": "end", "text/plain": "text"}]
