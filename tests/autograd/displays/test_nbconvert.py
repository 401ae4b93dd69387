"""A notebook that is run as a user's is, and what its cells show. Needs the extra `notebook`."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from .reading import pictures, read

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed: pip install -e '.[notebook]'")
nbconvert = pytest.importorskip("nbconvert", reason="nbconvert is not installed: pip install -e '.[notebook]'")
pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install -e '.[notebook]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

ROOT = Path(__file__).parents[3]

CELLS = {
    "tensor": "import autograd, nn\nfrom nn.data import DataLoader, TensorDataset\nautograd.randn(64, 100)",
    "tape": "w = autograd.ones(3, 2, requires_grad=True)\nloss = (w * 2).tanh().sum()\nautograd.tape()",
    "program": "autograd.capture(lambda x: (x @ w).sum(), autograd.ones(2, 3))",
    "module": "model = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 3))\nmodel",
    "loader": "data = TensorDataset(autograd.rand(90, 1, 8, 8), autograd.randint(0, 3, (90,)))\n"
    "loader = DataLoader(data, batch_size=16, shuffle=True)\nloader",
    "batch": "next(iter(loader))",
    "fit": "optimizer = nn.optim.Adam(model.parameters())\n"
    "history = nn.fit(model, loader, loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=3)\nhistory",
    "history": "history",
    "plot": "history.plot()",
    "plot, not last": "history.plot()\nNone",
    "evaluation": "nn.evaluate(model, data)",
    "derivation": "report = autograd.check_derivation("
    "lambda x, b: x**2 + b, [autograd.randn(4, 3), autograd.randn(3)], lambda x, b, dZ: (dZ * x, dZ.sum(0)))\nreport",
    "derivation, drawn": "report.plot()\nNone",
    "explorer": "autograd.explore(lambda x: (x @ w).sum(), autograd.ones(2, 3))",
    "an error": "autograd.ones(2) @ autograd.ones(3)",
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Name of a cell -> what it has put out; and the notebook as a page."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS.values()])
    folder = tmp_path_factory.mktemp("notebook")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    try:
        runner = nbconvert.preprocessors.ExecutePreprocessor(timeout=300, kernel_name="python3", allow_errors=True)
        runner.preprocess(book, {"metadata": {"path": str(folder)}})
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before
    page, _ = nbconvert.HTMLExporter().from_notebook_node(book)
    outputs = [[each for each in cell.outputs if "wengert: " not in str(each)] for cell in book.cells]
    return dict(zip(CELLS, outputs, strict=True)), page


def html(outputs):
    """The HTML that a cell shows, each display once."""
    return [each.data["text/html"] for each in outputs if "data" in each and "text/html" in each.data]


@pytest.mark.parametrize("name", [name for name in CELLS if not name.startswith("plot")])
def test_each_cell_shows_one_thing_and_it_is_well_formed(name, notebook):
    found = notebook[0][name]
    if name == "an error":
        assert [each.output_type for each in found] == ["error"]
        return
    assert not [each for each in found if each.output_type == "error"]
    shown = html(found)
    if name == "derivation, drawn":
        assert len(found) == 1
    else:
        assert len(shown) == (2 if name == "fit" else 1)
    for page in shown:
        if name != "explorer":
            read(page)


def test_lines_are_named_by_their_cell(notebook):
    assert "In [2]:2" in html(notebook[0]["tape"])[0]
    assert "In [3]:1" in html(notebook[0]["program"])[0]


def test_a_batch_is_shown_as_pictures_with_labels(notebook):
    (batch,) = html(notebook[0]["batch"])
    assert len(pictures(batch)) == 16
    (loader,) = html(notebook[0]["loader"])
    assert "TensorDataset of 90 examples" in read(loader)[0]


def test_curves_are_shown_once(notebook):
    live, history = html(notebook[0]["fit"])
    assert live.count("<svg") == 2
    assert "<svg" not in history
    assert html(notebook[0]["history"])[0].count("<svg") == 2


def test_nothing_is_printed_beside_the_curves(notebook):
    assert not [each for each in notebook[0]["fit"] if each.output_type == "stream"]


@pytest.mark.parametrize("name", ["plot", "plot, not last", "derivation, drawn"])
def test_a_figure_is_shown_once(name, notebook):
    assert sum("image/png" in each.get("data", {}) for each in notebook[0][name]) == 1


def test_a_wrong_derivation_stands_out(notebook):
    (page,) = html(notebook[0]["derivation"])
    assert re.search(r"color:#[0-9a-f]{6}[^>]*>WRONG<", page)


def test_the_whole_is_a_page(notebook):
    assert "3 of 3 epochs in" in notebook[1]
