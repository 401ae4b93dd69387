"""The pages of the guide run, and the site is made of them and of docstrings without broken links."""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.guide import PAGES, TEXTS, picture, site
from benchmarks.guide.reference import MODULES, page
from benchmarks.guide.text import restructured

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "benchmarks" / "guide"


def run_page(file, folder):
    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", str(file)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", PAGES)
def test_pages_run(name, tmp_path):
    done = run_page(GUIDE / f"{name}.py", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_page_that_fails_is_noticed(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text('"""\nTitle\n=====\n"""\n\nimport autograd\n\nautograd.tensor([1.0]).no_such_thing\n')
    assert run_page(broken, tmp_path).returncode == 1


def test_every_page_is_listed():
    programs = {file.stem for file in GUIDE.glob("*.py")} - {"__init__", "site", "reference", "text", "picture"}
    assert programs == set(PAGES)
    assert {file.stem for file in GUIDE.glob("*.md")} == set(TEXTS)


def test_pages_begin_with_a_title():
    for name in PAGES:
        _, title, line, *_ = (GUIDE / f"{name}.py").read_text().splitlines()
        assert len(line) == len(title)
        assert set(line) == {"="}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_begin_with_their_title(name):
    assert (GUIDE / f"{name}.md").read_text().splitlines()[0] == f"# {TEXTS[name]}"


def test_the_picture_of_the_readme_is_what_the_library_draws(tmp_path):
    picture.draw(tmp_path / "drawn.svg")
    assert (tmp_path / "drawn.svg").read_text() == picture.FILE.read_text()
    assert picture.FILE.relative_to(ROOT).as_posix() in (ROOT / "README.md").read_text()


def links(text):
    """The files that a text in Markdown links to."""
    return [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]


@pytest.mark.parametrize("file", [ROOT / "README.md", *sorted(GUIDE.glob("*.md"))], ids=lambda file: file.name)
def test_links_lead_to_files(file):
    assert [link for link in links(file.read_text()) if not (file.parent / link).exists()] == []


def test_a_link_that_leads_nowhere_is_found():
    assert links("[a](b/c.py) and [d](https://e.org) ![f](g.svg) [h](i.md#j)") == ["b/c.py", "g.svg"]


def test_every_page_is_linked_from_the_readme():
    told = set(links((ROOT / "README.md").read_text()))
    pages = [f"benchmarks/guide/{name}.py" for name in PAGES] + [f"benchmarks/guide/{name}.md" for name in TEXTS]
    assert [page for page in pages if page not in told] == []


def test_docstrings_become_paragraphs_tables_and_columns():
    text = """First *line* of `x`s, and `y`.

inputs     what goes in,
           and more
a, b       two
Returns a Tensor.

    a    column
    b    another

>>> 1 + 1
2
"""
    assert restructured(text) == [
        "First \\*line\\* of ``x``\\ s, and ``y``.",
        "",
        "``inputs``",
        "    what goes in,",
        "    and more",
        "",
        "``a, b``",
        "    two",
        "",
        "Returns a Tensor.",
        "",
        ".. code-block:: none",
        "",
        "        a    column",
        "        b    another",
        "",
        ">>> 1 + 1",
        "2",
        "",
    ]


def test_steps_keep_their_numbers_and_names_their_columns():
    text = """\
1. Declared. `mul` has a
   rule. It is
   a line.
2. Called.

v <- rho v
foreach, capturable
           taken, and without effect
"""
    assert restructured(text) == [
        "1. Declared. ``mul`` has a",
        "   rule. It is",
        "   a line.",
        "2. Called.",
        "",
        "v <- rho v",
        "",
        "``foreach, capturable``",
        "    taken, and without effect",
        "",
    ]


@pytest.mark.parametrize("name", MODULES)
def test_the_reference_has_what_is_public(name):
    text = page(name)
    assert text.startswith(f"{name}: ")
    assert ".. auto" in text.partition("automodule")[2]


def test_the_reference_of_the_package_has_functions_and_methods():
    text = page("autograd")
    for name in (
        "autofunction:: autograd.check_grads",
        "autoclass:: autograd.Tensor",
        "automethod:: autograd.Tensor.exp",
    ):
        assert name in text


def test_links_that_lead_nowhere_are_found(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html#there">x</a><p id="here"></p><a href="https://x.org/y">z</a>')
    (tmp_path / "b.html").write_text('<a href="a.html#here">x</a><p id="there"></p>')
    assert site.broken_links(tmp_path) == []
    (tmp_path / "b.html").write_text('<a href="a.html#gone">x</a><a href="c.html">y</a>')
    assert site.broken_links(tmp_path) == ["a.html: b.html#there", "b.html: a.html#gone", "b.html: c.html"]


def test_without_the_extra_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(site, "NEEDED", ("no_such_package",))
    with pytest.raises(site.UsageError, match=r"docs needs no_such_package: pip install -e '\.\[docs\]'"):
        site.run(argparse.Namespace(only=None, out=Path("nowhere")))


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("sphinx_gallery") is None, reason="needs the extra `docs`")
def test_the_site_is_built(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "docs", "--out", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert "ERROR" not in done.stderr
    assert (tmp_path / "site" / "index.html").exists()
