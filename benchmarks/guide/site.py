"""Build the documentation: the guide, run page by page, and the reference, made from docstrings.

The site is a folder of HTML that needs no server: open OUT/index.html. Every page of the guide is a program
that is run, and shown with what it prints and draws. Needs the extra `docs` (Sphinx, sphinx-gallery, MyST, furo). Links
between pages are checked at the end.

Exit status 1 if a page failed or a link leads nowhere, 2 where the extra is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from benchmarks.cli import UsageError

from . import PAGES, TEXTS
from .reference import MODULES, page

HERE = Path(__file__).parent
ABOUT = ("contributing", "changes")  # the project, not the library
NEEDED = ("sphinx", "sphinx_gallery", "furo", "myst_parser")


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `docs`."""
    parser.add_argument("--out", type=Path, default=Path("runs/docs"), metavar="DIR", help="default: runs/docs")
    parser.add_argument(
        "--only", nargs="+", choices=[*PAGES, *TEXTS, *MODULES], metavar="PAGE", help="these pages alone"
    )


def run(arguments: argparse.Namespace) -> int:
    """Build, and check the links."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"docs needs {', '.join(missing)}: pip install -e '.[docs]'")
    wanted = arguments.only or [*PAGES, *TEXTS, *MODULES]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        write_sources(source, wanted)
        status = build(source, arguments.out)
    broken = broken_links(arguments.out)
    for link in broken:
        print(f"leads nowhere: {link}", file=sys.stderr)
    if not status and not broken:
        print(f"{arguments.out / 'index.html'}")
    return 1 if status or broken else 0


def write_sources(source: Path, wanted: list[str]) -> None:
    """What Sphinx reads: an index, the pages of the guide in their order, a file per module of the reference."""
    guide = source / "scripts"
    guide.mkdir()
    pages = [name for name in PAGES if name in wanted]
    modules = [name for name in MODULES if name in wanted]
    for number, name in enumerate(pages):
        shutil.copy(HERE / f"{name}.py", guide / f"{number}_{name}.py")
    (guide / "GALLERY_HEADER.rst").write_text("Guide\n=====\n\nEach page is a program.\n")
    texts = [name for name in TEXTS if name in wanted]
    for name in texts:
        shutil.copy(HERE / f"{name}.md", source)
    for name in modules:
        (source / f"{name}.rst").write_text(page(name))
    tree = "\n".join(["Wengert", "=======", "", _INTRODUCTION])
    for caption, names in (
        ("Guide", [f"guide/{number}_{name}" for number, name in enumerate(pages)]),
        ("In full", [name for name in texts if name not in ABOUT]),
        ("Reference", modules),
        ("Project", [name for name in texts if name in ABOUT]),
    ):
        entries = "".join(f"   {name}\n" for name in names)
        if not names:
            continue
        tree += f"\n.. toctree::\n   :caption: {caption}\n   :maxdepth: 1\n\n{entries}"
    (source / "index.rst").write_text(tree)


_INTRODUCTION = """Reverse-mode automatic differentiation on a tape, in Python, on NumPy and Numba: for people who
learn or teach how backpropagation works, and for people who train small models on a CPU.

The guide is read in order, and each of its pages can be run. The reference is made from the docstrings.
"""


def build(source: Path, out: Path) -> int:
    """Run Sphinx over the folder; its status."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    settings: dict[str, Any] = {
        "project": "Wengert",
        "extensions": ["sphinx.ext.autodoc", "sphinx_gallery.gen_gallery", "myst_parser"],
        "html_theme": "furo",
        "html_title": "Wengert",
        "html_static_path": [str(HERE / "static")],
        "html_css_files": ["columns.css"],
        "html_show_copyright": False,
        "html_show_sphinx": False,
        "exclude_patterns": ["scripts/*", "guide/sg_execution_times.rst", "sg_execution_times.rst", "guide/index.rst"],
        "autodoc_typehints": "none",
        "autodoc_member_order": "bysource",
        "python_display_short_literal_types": True,
        "suppress_warnings": ["toc.not_included", "ref.python", "config.cache"],
        "sphinx_gallery_conf": {
            "examples_dirs": str(source / "scripts"),
            "gallery_dirs": "guide",
            "filename_pattern": r"\.py",
            "download_all_examples": False,
            "show_memory": False,
            "show_signature": False,
            "remove_config_comments": True,
            "abort_on_example_error": True,
            "within_subsection_order": "FileNameSortKey",
            "capture_repr": ("_repr_html_", "__repr__"),
            "min_reported_time": 10_000,
        },
    }
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            str(source),
            None,
            str(out),
            str(source / "doctrees"),
            "html",
            confoverrides=settings,
            freshenv=True,
            warningiserror=False,
        )
        app.connect("autodoc-process-docstring", _process)
        app.build()
    return int(app.statuscode)


def _process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    from .text import restructured

    lines[:] = restructured("\n".join(lines))


class _Links(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key in ("href", "src") and value:
                self.links.append(value)
            if key in ("id", "name") and value:
                self.anchors.add(value)


def broken_links(folder: Path) -> list[str]:
    """Links within the site whose file or anchor is not there, as "page: link"."""
    pages = {file: _Links(file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.html"))}
    broken = []
    for file, found in pages.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file.resolve()
            inside = target.is_relative_to(folder.resolve())
            known = pages.get(folder / target.relative_to(folder.resolve())) if inside else None
            if not target.exists() or (parts.fragment and known and unquote(parts.fragment) not in known.anchors):
                broken.append(f"{file.relative_to(folder)}: {link}")
    return broken
