"""The course reproductions: each in its quick form, the command around them, the page."""

import html.parser
import json
import shutil
import subprocess
from types import SimpleNamespace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd
import nn
from autograd.drawing import draw_graph, graph_of, layout
from autograd.errors import DataError
from benchmarks import cli
from benchmarks.courses import colour_images, colour_own, command, computational_graph, lstm_temporal_order, registry
from benchmarks.courses import vanishing_sigmoid as vanishing
from benchmarks.courses.course import About, Course, Result
from benchmarks.courses.graph import Tracing

PNG = b"\x89PNG"


def courses(folder, *arguments):
    """Run the command; the rows of its JSON file by name."""
    file = folder / "rows.json"
    status = cli.main(["courses", *map(str, arguments), "--json", str(file), "--out", str(folder / "out")])
    return status, {row["name"]: row for row in json.loads(file.read_text())}


def quick(folder, name):
    status, rows = courses(folder, "--quick", "--only", name)
    assert status == 0
    assert list(rows) == [name]
    return rows[name]


def course(**settings):
    return Course(**({"names": ("x",), "quick": True, "data": None, "out": None} | settings))


# --------------------------------------------------------------------------------------------- the reproductions


def test_derivations(tmp_path):
    row = quick(tmp_path, "derivations")
    assert row["value"] == 100
    assert row["correct"] == row["formulas"] > 10
    assert row["caught"] == row["mistakes"] > 10


def test_convolution_by_hand(tmp_path, capsys):
    assert quick(tmp_path, "conv-by-hand")["value"] == 100
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["parameters,", "fully", "connected", "441060000", "441060000"] in lines
    assert ["parameters,", "convolution", "168", "168"] in lines
    assert ["output", "volume", "(filters,", "rows,", "columns)", *2 * ["(64,", "25,", "25)"]] in lines
    for row, column, number, value in ((1, 1, 1, 9), (1, 1, 2, 21), (1, 2, 1, -10), (2, 1, 1, -10)):
        assert f"row {row}, column {column}, filter {number} {value} {value}".split() in lines


def test_tanh_sigmoid_net(tmp_path):
    row = quick(tmp_path, "tanh-sigmoid-net")
    assert row["derivation"] == "correct"
    assert row["against_engine"] < 1e-12
    assert row["value"] > 95
    assert (tmp_path / "out/tanh-sigmoid-net/boundary.png").read_bytes().startswith(PNG)


def test_vanishing_sigmoid(tmp_path):
    row = quick(tmp_path, "vanishing-sigmoid")
    assert row["value"] == row["ratios"]["sigmoid"] < 1e-3
    assert 0.1 < row["ratios"]["ReLU"] < 10
    assert 0.1 < row["ratios"]["sigmoid + batch norm"] < 10
    assert row["losses"]["sigmoid + batch norm"] < row["losses"]["sigmoid"] - 0.3
    assert row["data"] == "drawn digits"


@pytest.mark.parametrize("kind", vanishing.COLOURS)
def test_all_deep_nets_have_the_same_linear_layers(kind):
    model = vanishing.deep_net(course(), kind, 0)
    shapes = [layer.weight.shape for layer in model if isinstance(layer, nn.Linear)]
    assert shapes == [(64, 784), *[(64, 64)] * 8, (10, 64)]
    assert isinstance(model[-1], nn.Linear)


# ------------------------------------------------------------------------------------------------ temporal order


def test_temporal_order_in_short(tmp_path):
    row = quick(tmp_path, "lstm-temporal-order")
    assert row["value"] > 25
    for name in ("curves", "states-lstm", "states-rnn"):
        assert (tmp_path / f"out/lstm-temporal-order/{name}.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_the_lstm_gets_everything_right_and_the_trap_caps_it(tmp_path):
    status, rows = courses(tmp_path, "--only", "lstm-temporal-order")
    row = rows["lstm-temporal-order"]
    assert status == 0
    assert row["runs"] == [100, 100, 100]
    assert abs(row["trapped"] - 87.5) < 1.5


def test_states_are_those_of_the_whole_layer():
    x, _ = nn.data.temporal_order(3, steps=9, generator=np.random.default_rng(0))
    for kind, index in (("RNN", None), ("LSTM", 1)):
        model = lstm_temporal_order.Classifier(kind)
        _, last = model.recurrent(x)
        last = last if index is None else last[index]
        states = lstm_temporal_order.states_of(model, x)
        assert states.shape == (3, 9, 4)
        np.testing.assert_allclose(states[:, -1], last[0].detach().numpy(), rtol=1e-5, atol=1e-6)


def test_the_trap_does_not_see_the_last_symbols():
    autograd.manual_seed(0)
    x = np.zeros((1, 9, 8), np.float32)
    x[0, 2:, 4] = 1  # length 7: the trap reads step 6
    changed = x.copy()
    changed[0, 7, [4, 2]] = 0, 1
    for trap, sees in ((True, False), (False, True)):
        model = lstm_temporal_order.Classifier("LSTM", trap)
        one, other = (model(autograd.tensor(a)).detach().numpy() for a in (x, changed))
        assert np.array_equal(one, other) != sees


# ---------------------------------------------------------------------------------------------------- the graphs


def test_computational_graph(tmp_path):
    row = quick(tmp_path, "computational-graph")
    assert row["value"] == 100
    assert row["gradients"] == 11
    folder = tmp_path / "out/computational-graph"
    for name, words in (("network", {"W1", "= h1", "sigmoid", "softmax"}), ("batch-norm", {"γ", "sqrt", "= μ"})):
        assert (folder / f"{name}.png").read_bytes().startswith(PNG)
        svg = ElementTree.fromstring((folder / f"{name}.svg").read_text(encoding="utf-8"))
        texts = {element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")}
        assert words <= texts


def test_a_wrong_derivation_does_not_go_unnoticed(monkeypatch, tmp_path):
    graph, by_hand = computational_graph.network(course())
    by_hand["W2"] = by_hand["W2"].T
    monkeypatch.setattr(computational_graph, "network", lambda course: (graph, by_hand))
    result = computational_graph.run(course())["computational-graph"]
    assert result.value == pytest.approx(100 * 10 / 11)


def test_the_gradients_on_the_edges_add_up():
    x = autograd.tensor([1.0, 2.0, 4.0], dtype=autograd.float64, requires_grad=True)
    with Tracing({"x": x}) as tracing:
        z = (x * x.mean() + x * x).sum()
    graph = tracing.graph(z)
    z.backward()
    (leaf,) = [v for v in graph.vertices if v.kind == "leaf"]
    assert leaf.label == "x"
    np.testing.assert_allclose(leaf.gradient, x.grad.numpy())
    parts = [edge for edge in graph.edges if edge.source is leaf]
    assert sorted(edge.target.label for edge in parts) == ["mean", "mul", "mul"]
    np.testing.assert_allclose(sum(np.broadcast_to(edge.gradient, 3) for edge in parts), x.grad.numpy())
    values = {v.label: v.value for v in graph.vertices}
    assert values["sum"] == z.item()
    assert autograd.tape().watch is None


def test_a_program_is_drawn_with_the_same_gradients():
    x = autograd.tensor([1.0, 2.0, 4.0], requires_grad=True)
    w = autograd.tensor([0.5], requires_grad=True)

    def function(x):
        return ((x * w).tanh() * 2 + x * x).sum()

    with Tracing({"x": x, "w": w}) as tracing:
        z = function(x)
    traced, graph = tracing.graph(z), graph_of(autograd.capture(function, x), x)
    for each in (traced, graph):
        assert sorted(v.label for v in each.vertices if v.kind == "op") == ["add", "mul", "mul", "mul", "sum", "tanh"]
        assert {v.label for v in each.vertices if v.kind == "leaf"} == {"x", "w"}
    found = [
        sorted(
            (edge.source.label, edge.target.label, [] if edge.gradient is None else np.ravel(edge.gradient).tolist())
            for edge in each.edges
        )
        for each in (traced, graph)
    ]
    assert found[0] == found[1]
    assert {"x", "w", "tanh", "2"} <= {text[2] for text in draw_graph(graph).texts}


@pytest.mark.parametrize("number", [0, 1])
def test_nothing_overlaps_and_lines_go_down(number):
    graph, _ = (computational_graph.network, computational_graph.batch_norm)[number](course())
    drawing = draw_graph(graph)
    boxes = [box[:4] for box in drawing.boxes] + drawing.plates
    for i, (x, y, w, h) in enumerate(boxes):
        assert x >= 0
        assert y >= 0
        assert x + w <= drawing.width
        assert y + h <= drawing.height
        for u, v, s, t in boxes[:i]:
            assert x + w <= u or u + s <= x or y + h <= v or v + t <= y
    for curve in drawing.curves:
        heights = [y for _, y in curve]
        assert heights == sorted(heights)


def test_crossings_are_undone():
    edges = [(a, b) for a, b in zip("abcd", "zyxw")]
    places = layout("abcdwxyz", edges, lambda v: (20, 10), lambda number: (30, 10))
    order = sorted("abcd", key=lambda v: places.vertices[v].x)
    assert sorted("wxyz", key=lambda v: places.vertices[v].x) == [dict(edges)[v] for v in order]


# ------------------------------------------------------------------------------------------------- colour images


def write_cifar(folder, count=20):
    folder.mkdir(parents=True)
    images, labels = colour_images.draw_shapes(6 * count, np.random.default_rng(0))
    names = [*[f"data_batch_{number}.bin" for number in range(1, 6)], "test_batch.bin"]
    for number, name in enumerate(names):
        part = slice(number * count, (number + 1) * count)
        rows = np.hstack([labels[part, None].astype(np.uint8), images[part].reshape(count, -1)])
        rows.tofile(folder / name)
    return images, labels


def test_cifar_in_its_binary_format(tmp_path):
    images, labels = write_cifar(tmp_path / "cifar-10-batches-bin")
    data = colour_images.find_cifar10(tmp_path)
    np.testing.assert_array_equal(data.train[0], images[:100])
    np.testing.assert_array_equal(data.train[1], labels[:100])
    np.testing.assert_array_equal(data.test[0], images[100:])
    assert data.classes[0] == "airplane"


def test_cifar_as_folders_of_pictures(tmp_path):
    from matplotlib.image import imsave

    images, _ = colour_images.draw_shapes(4, np.random.default_rng(0))
    for part in ("train", "test"):
        for number, name in enumerate(("cat", "cat", "dog", "dog")):
            folder = tmp_path / "cifar10" / part / name
            folder.mkdir(parents=True, exist_ok=True)
            imsave(folder / f"{number}.png", images[number].transpose(1, 2, 0))
    data = colour_images.find_cifar10(tmp_path)
    assert data.classes == ("cat", "dog")
    np.testing.assert_array_equal(data.test[0], images)
    assert data.test[1].tolist() == [0, 0, 1, 1]


def test_damaged_colour_images_are_refused(tmp_path):
    assert colour_images.find_cifar10(tmp_path) is None
    write_cifar(tmp_path / "cifar10")
    file = tmp_path / "cifar10/data_batch_3.bin"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(DataError, match=r"data_batch_3.bin: wanted records of 3073 bytes, got 61,459 bytes"):
        colour_images.find_cifar10(tmp_path)
    file.write_bytes(b"\x0a" + whole[1:])
    with pytest.raises(DataError, match="wanted classes 0 to 9, got 10"):
        colour_images.find_cifar10(tmp_path)
    file.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        colour_images.find_cifar10(tmp_path)
    broken = tmp_path / "pictures/cifar10"
    (broken / "train/cat").mkdir(parents=True)
    (broken / "test").mkdir()
    (broken / "train/cat/1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="not a readable picture"):
        colour_images.find_cifar10(tmp_path / "pictures")


def test_colour_cnn_takes_cifar_where_it_is(tmp_path):
    write_cifar(tmp_path / "data/cifar10")
    status, rows = courses(tmp_path, "--only", "colour-cnn", "--data", tmp_path / "data")
    assert status == 0
    assert rows["colour-cnn"]["data"] == "CIFAR-10"
    assert rows["colour-cnn"]["images"] == 100


def test_colour_cnn_on_drawn_shapes(tmp_path):
    row = quick(tmp_path, "colour-cnn")
    assert row["value"] > 15  # ten classes, two epochs of a thousand images
    assert row["data"] == "drawn colour shapes"
    assert not row["comparable"]
    for name in ("examples", "loss"):
        assert (tmp_path / f"out/colour-cnn/{name}.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_a_network_of_ones_own_on_folders_of_pictures(tmp_path, monkeypatch):
    from matplotlib.image import imsave

    images, labels = colour_images.draw_shapes(400, np.random.default_rng(0))
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "data/cifar10" / ("train" if number < 300 else "test") / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        imsave(folder / f"{number}.png", image.transpose(1, 2, 0))
    monkeypatch.setattr(colour_own, "EPOCHS", 2)
    status, rows = courses(tmp_path, "--only", "colour-own", "--data", tmp_path / "data")
    assert status == 0
    assert rows["colour-own"]["data"] == "CIFAR-10"
    assert rows["colour-own"]["images"] == 300
    assert rows["colour-own"]["epochs"] == 2


def test_a_network_of_ones_own_on_drawn_shapes(tmp_path):
    assert quick(tmp_path, "colour-own")["value"] > 15


# -------------------------------------------------------------------------------------------------- the command


def test_every_name_is_described_by_its_module():
    for name, module_name in registry.REPRODUCTIONS.items():
        assert isinstance(registry.load(module_name).ABOUT[name], About)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "mnist-softmaxx"], "no reproduction 'mnist-softmaxx'"),
        (["--only", "conv-by-hnd"], "did you mean conv-by-hand?"),
        (["--data", "/nowhere/at/all"], "--data /nowhere/at/all: wanted a folder"),
        (["--only", "conv-by-hand", "--json", "/nowhere/at/all.json"], "/nowhere/at/all.json: cannot be written"),
        (["--only"], "expected at least one argument"),
    ],
)
def test_wrong_use_is_status_2(arguments, message, capsys):
    assert cli.main(["courses", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.fixture
def planted(monkeypatch):
    """A reproduction of two names in one module, whose figure and data the test decides."""
    plan = SimpleNamespace(values=(99.0, 50.0), stand_in=False, runs=[])

    def run(course):
        plan.runs.append(course.names)
        if plan.stand_in:
            course.stand_in("drawn digits", "because there is no network")
        course.note("Less than 5 < 6 & more.")
        course.table("numbers", ("a", "b"), [(1, "<two>")])
        if course.pictures:
            figure = course.figure(2, 2)
            figure.subplots().plot([1, 2])
            course.picture(figure, "line", "A line.")
        return {"one": Result(plan.values[0]), "two": Result(plan.values[1], seconds=1.5, details={"runs": [50, 51]})}

    about = {"one": About(what="first", floor=98.5, reference=97.24), "two": About(what="second <b>", floor=60.0)}
    monkeypatch.setattr(command, "REPRODUCTIONS", {"one": "planted", "two": "planted"})
    monkeypatch.setattr(command, "load", lambda name: SimpleNamespace(ABOUT=about, run=run))
    return plan


def test_a_figure_under_its_floor_is_status_1(planted, tmp_path, capsys):
    status, rows = courses(tmp_path)
    assert status == 1
    assert planted.runs == [("one", "two")]  # once for both
    assert (rows["one"]["reached"], rows["two"]["reached"]) == (True, False)
    assert rows["one"]["value"] == 99
    assert rows["one"]["reference"] == 97.24
    assert rows["one"]["metric"] == "test accuracy"
    assert rows["two"]["seconds"] == 1.5
    assert rows["two"]["runs"] == [50, 51]
    out = capsys.readouterr().out
    assert "under the floor: two" in out
    assert "97.24 %" in out
    assert courses(tmp_path, "--only", "one")[0] == 0
    assert planted.runs[-1] == ("one",)


def test_quick_runs_and_drawn_data_have_no_floor(planted, tmp_path, capsys):
    assert courses(tmp_path, "--quick")[0] == 0
    planted.stand_in = True
    status, rows = courses(tmp_path)
    assert status == 0
    assert rows["two"]["data"] == "drawn digits"
    assert "(97.24 %)" in capsys.readouterr().out


def test_without_out_nothing_is_drawn_or_written(planted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["courses", "--only", "one"]) == 0
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="only with --out"):
        course().place("x.png")


def test_drawn_digits_stand_in_for_missing_images(monkeypatch, capsys):
    def missing(*arguments, **settings):
        raise DataError("no mirror answered")

    monkeypatch.setattr(nn.data, "MNIST", missing)
    one = course(quick=False)
    train, _ = one.images("mnist")
    assert isinstance(train, nn.data.Glyphs)
    assert (one.source, one.published) == ("drawn digits", False)
    assert "drawn digits, because no mirror answered" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------------ the page


class Page(html.parser.HTMLParser):
    """Checks that tags are closed in order; collects text, links and pictures."""

    VOID = frozenset({"meta", "link", "img", "br"})

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.links, self.ids = [], [], [], set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [attributes[key] for key in ("src", "href") if key in attributes]
        if "id" in attributes:
            self.ids.add(attributes["id"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_shows_table_and_pictures(planted, tmp_path):
    courses(tmp_path)
    page = Page((tmp_path / "out/index.html").read_text(encoding="utf-8"))
    for text in ("second <b>", "99 %", "50 %", "97.24 %", "Less than 5 < 6 & more.", "<two>", "A line."):
        assert text in page.texts
    assert "one/line.png" in page.links
    for link in page.links:
        assert urlsplit(link).scheme in ("", "data")  # nothing is loaded from elsewhere
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif not link.startswith("data:"):
            assert (tmp_path / "out" / link).is_file()


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_page_in_a_real_browser(planted, tmp_path):
    courses(tmp_path)
    shot = tmp_path / "shot.png"
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,1400", f"--screenshot={shot}",
         "--dump-dom", (tmp_path / "out/index.html").as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "second &lt;b&gt;" in done.stdout
    assert "ERR_FILE_NOT_FOUND" not in done.stderr
    from matplotlib.image import imread

    pixels = imread(shot)
    assert pixels.shape[1] == 1200
    assert len(np.unique((255 * pixels[..., :3]).astype(np.uint8).reshape(-1, 3), axis=0)) > 20  # not a blank page
