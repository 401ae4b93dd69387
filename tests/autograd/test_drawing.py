"""Pictures of programs and tapes: what stands in them, and that nothing covers anything else."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.drawing import draw_graph, graph_of
from autograd.drawing.read import records_behind, structure_of, structure_of_records


def net():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.BatchNorm1d(4), nn.Linear(4, 2))
    target = tensor([0, 1, 1])
    return autograd.capture(
        lambda x: nn.functional.cross_entropy(model(x), target), tensor(np.eye(3, dtype=np.float32))
    )


def branches():
    w = tensor([0.5, -1.0], requires_grad=True)
    return autograd.capture(lambda x: ((x * w).tanh() * x, x.exp(), (x + 2.0).sum()), tensor([1.0, 2.0]))


def recorded():
    tape = autograd.tape()
    tape.clear()
    x, w = tensor([1.0, 2.0], requires_grad=True), tensor([3.0, 4.0], requires_grad=True)
    z = (x * w).sin() * x
    kept = z.sum(), x.unbind(0)
    return tape, kept


def texts(drawing):
    return [text for _, _, text, _, _ in drawing.texts]


@pytest.mark.parametrize("make", [net, branches, lambda: net().vjp(), lambda: branches().vjp()])
def test_nothing_overlaps(make):
    drawing = draw_graph(structure_of(make()))
    boxes = [box[:4] for box in drawing.boxes] + drawing.plates
    for i, (x, y, w, h) in enumerate(boxes):
        assert min(x, y, drawing.width - x - w, drawing.height - y - h) >= 0
        for u, v, s, t in boxes[:i]:
            assert x + w <= u or u + s <= x or y + h <= v or v + t <= y
    for curve in drawing.curves:
        assert [y for _, y in curve] == sorted([y for _, y in curve])


def test_a_program_has_its_steps_lines_names_and_shapes():
    program = net()
    found = texts(draw_graph(structure_of(program)))
    assert [text for text in found if text == "linear"] == ["linear"] * 2
    shown = [step for step in program if not step.outputs or not program.live.isdisjoint(step.outputs)]
    assert {step.name for step in shown} <= set(found)
    assert {step.lines[0] for step in shown} <= set(found)
    assert {"x", "float32 (3, 4)", "float32 ()", "int64 (3)"} <= set(found)


def test_every_result_leaves_the_picture():
    program = branches()
    drawing = draw_graph(structure_of(program))
    assert len(drawing.curves) == sum([len(set(step.reads)) for step in program]) + len(program.outputs)
    assert "2" in texts(drawing)


def test_values_and_gradients_for_inputs():
    x = tensor([1.0, 2.0], requires_grad=True)
    program = autograd.capture(lambda x: (x * x).sum(), x)
    assert {"[1.00 2.00]", "[2.00 4.00]", "5.00"} <= set(texts(draw_graph(graph_of(program, tensor([1.0, 2.0])))))
    wide = autograd.capture(lambda x: (x * x).sum(), tensor(np.ones(100, np.float32), requires_grad=True))
    found = texts(draw_graph(graph_of(wide, tensor(np.ones(100, np.float32)))))
    assert found.count("float32 (100)") == 4  # a large array is not written out: two values, and two gradients


def test_a_tape_has_its_records_and_leaves():
    tape, kept = recorded()
    graph = structure_of_records(tape)
    assert [v.label for v in graph.vertices if v.kind == "op"] == [record.op for record in tape]
    assert len([v for v in graph.vertices if v.kind == "leaf"]) == 2
    assert len(graph.edges) == sum([len(set(record.parents)) for record in tape])
    assert all(v.line.startswith("autograd/test_drawing.py:") for v in graph.vertices if v.kind == "op")
    del kept


def test_files_and_figures(tmp_path):
    program = net()
    program.plot(tmp_path / "net.svg")
    root = ElementTree.parse(tmp_path / "net.svg").getroot()
    assert root.tag.endswith("svg")
    written = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert written == set(texts(draw_graph(structure_of(program))))
    program.plot(str(tmp_path / "net.png"))
    assert (tmp_path / "net.png").read_bytes()[:4] == b"\x89PNG"
    figure = program.plot()
    assert {text.get_text() for text in figure.axes[0].texts} == written
    tape, kept = recorded()
    tape.plot(tmp_path / "tape.svg")
    assert "sin" in (tmp_path / "tape.svg").read_text()
    assert len(tape.plot().axes[0].texts) > 8
    del kept


def test_svg_needs_no_matplotlib(tmp_path):
    code = (
        "import sys, autograd\n"
        f"autograd.capture(lambda x: x.exp(), autograd.tensor([1.0])).plot({str(tmp_path / 'a.svg')!r})\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_a_tensor_is_drawn_with_all_that_led_to_it(tmp_path):
    x = tensor([1.0, 2.0], requires_grad=True)
    other = (x + 1).exp()
    z = ((x * x).sin() * x).sum()
    for _ in range(2):  # while it is on the tape, and after backward has taken it off
        found = texts(draw_graph(structure_of_records(records_behind(z._node))))
        assert sorted(text for text in found if text in {"mul", "sin", "sum", "exp", "add"}) == [
            "mul",
            "mul",
            "sin",
            "sum",
        ]
        assert found.count("leaf") == 1
        if z._node.consumed:
            break
        z.backward()
    assert other.requires_grad
    for way in (lambda path: autograd.draw(z, path), lambda path: autograd.draw(z, path=path)):
        path = tmp_path / "loss.svg"
        assert way(path) is None
        assert ">sin</text>" in path.read_text()
        path.unlink()


def test_long_chains_are_walked_without_recursion():
    x = z = tensor(1.0, requires_grad=True)
    for _ in range(3000):
        z = z * x
    assert len(records_behind(z._node)) == 3000


def test_draw_takes_what_can_be_drawn(tmp_path):
    x = tensor([1.0, 2.0], requires_grad=True)
    assert autograd.draw((x * x).sum()).__class__.__name__ == "Figure"
    program = autograd.capture(lambda x: (x * 3).sum(), x)
    autograd.draw(program, tmp_path / "program.svg")
    autograd.draw(lambda x: (x * 3).sum(), x, path=tmp_path / "values.svg")
    assert ">9.00</text>" in (tmp_path / "values.svg").read_text()
    assert ">9.00</text>" not in (tmp_path / "program.svg").read_text()
    autograd.draw(autograd.tape(), str(tmp_path / "tape.png"))
    assert (tmp_path / "tape.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(autograd.errors.GraphError, match="draw: nothing was recorded that led to this Tensor: either"):
        autograd.draw(tensor(1.0))
    with pytest.raises(TypeError, match="draw: wanted a Tensor, a tape, a Program or a function, got int"):
        autograd.draw(3)
