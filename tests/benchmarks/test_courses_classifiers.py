"""The classifiers of the courses in their quick form, and the counting that their figures rest on."""

import json

import numpy as np
import pytest

import autograd
import nn
from benchmarks import cli
from benchmarks.courses import binary, drawing, ensemble, fashion_cnn, mnist_cnn, mnist_cnn_dropout, mnist_mlp
from benchmarks.courses.course import Course

PNG = b"\x89PNG"


@pytest.fixture
def quick(tmp_path):
    """Run some of the reproductions quickly; their rows by name. Every picture is a PNG file."""

    def run(*names):
        file = tmp_path / "rows.json"
        assert cli.main(["courses", "--quick", "--json", str(file), "--out", str(tmp_path), "--only", *names]) == 0
        rows = {row["name"]: row for row in json.loads(file.read_text())}
        assert list(rows) == list(names)
        assert all(row["data"] == "drawn digits" and row["quick"] for row in rows.values())
        assert all(row["value"] == pytest.approx(np.mean(row["runs"])) for row in rows.values() if "runs" in row)
        assert all(path.read_bytes().startswith(PNG) for path in tmp_path.rglob("*.png"))
        return rows

    return run


def pictures(folder):
    return {path.stem for path in folder.rglob("*.png")}


# --------------------------------------------------------------------------------------------- the reproductions


def test_three_against_five(tmp_path, quick):
    names = [f"binary-{kind}{layers}" for kind in ("logistic", "svm") for layers in ("", "-2layer")]
    rows = quick(*names)
    assert all(row["value"] > 70 for row in rows.values())  # guessing: 50
    for name in ("binary-logistic-2layer", "binary-svm-2layer"):
        validation = {int(hidden): accuracy for hidden, accuracy in rows[name]["validation"].items()}
        assert validation[rows[name]["hidden"]] == max(validation.values())
    assert {"loss", "binary-svm-weights", "binary-svm-2layer-hidden"} <= pictures(tmp_path)
    assert {f"{name}-confusion" for name in names} <= pictures(tmp_path)


def test_softmax_without_and_with_a_hidden_layer(tmp_path, quick):
    rows = quick("mnist-softmax", "mnist-softmax-2layer")
    assert rows["mnist-softmax"]["value"] > 40  # guessing: 10
    assert rows["mnist-softmax-2layer"]["value"] > rows["mnist-softmax"]["value"]
    validation = {int(hidden): accuracy for hidden, accuracy in rows["mnist-softmax-2layer"]["validation"].items()}
    assert validation[rows["mnist-softmax-2layer"]["hidden"]] == max(validation.values())
    assert {"loss", "mnist-softmax-confusion", "mnist-softmax-examples"} <= pictures(tmp_path)


def test_batch_norm_helps_dense_layers(tmp_path, quick):
    rows = quick("mnist-mlp", "mnist-mlp-bn")
    assert rows["mnist-mlp"]["value"] > 70
    assert rows["mnist-mlp-bn"]["value"] > rows["mnist-mlp"]["value"]
    needed = rows["mnist-mlp-bn"]["iterations to a loss below"]["0.3"]
    assert needed["with"] < (needed["without"] or np.inf)
    assert {"loss", "mnist-mlp-bn-confusion", "mnist-mlp-bn-examples"} <= pictures(tmp_path)


def test_convolutions_under_several_optimisers(tmp_path, quick, capsys):
    rows = quick("mnist-cnn", "mnist-cnn-bn")
    assert min(row["value"] for row in rows.values()) > 90
    assert {"loss", "optimisers", "mnist-cnn-bn-confusion", "mnist-cnn-bn-examples"} <= pictures(tmp_path)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for name in mnist_cnn.OPTIMISERS:
        last = next(line for line in lines if line.startswith(f"{name}  "))
        without, with_norm = map(float, last.split()[-2:])
        assert with_norm > without  # after so few steps batch norm is ahead whatever the optimiser


def test_dropout_is_chosen_on_held_out_images(tmp_path, quick):
    row = quick("mnist-cnn-bn-dropout")["mnist-cnn-bn-dropout"]
    assert row["value"] > 85
    assert {float(dropped) for dropped in row["validation"]} == set(mnist_cnn_dropout.DROPPED)
    assert row["validation"][str(row["dropped"])] == max(row["validation"].values())
    assert {"loss", "dropout", "mnist-cnn-bn-dropout-confusion"} <= pictures(tmp_path)


def test_the_grid_of_table_2(tmp_path, quick):
    row, longer = quick("fashion-cnn-table2", "fashion-cnn-table2-averaged").values()
    assert longer["value"] > 85
    assert longer["validation"] == row["validation"]
    assert "fashion-cnn-table2-averaged-loss" in pictures(tmp_path)
    assert len(row["validation"]) == 2 * 3 * 2
    best = fashion_cnn.Choice(tuple(row["pool"]), row["dropout"], row["batch norm"])
    assert row["validation"][str(best)] == max(row["validation"].values())
    assert row["value"] > 85
    assert np.mean(list(row["class accuracy"].values())) == pytest.approx(row["value"])  # as many of each class
    assert {"grid", "loss", "fashion-cnn-table2-confusion", "fashion-cnn-table2-examples"} <= pictures(tmp_path)


def test_a_network_of_ones_own(tmp_path, quick):
    row = quick("fashion-own")["fashion-own"]
    assert row["value"] > 30  # guessing: 10
    assert row["epochs"] == 3
    assert "loss" in pictures(tmp_path)


def test_an_ensemble_is_better_than_its_members(tmp_path, quick):
    row = quick("ensemble")["ensemble"]
    assert row["value"] > np.mean(row["members"])
    assert {size: len(values) for size, values in row["by size"].items()} == {"1": 3, "2": 3, "3": 1}
    np.testing.assert_allclose(row["by size"]["1"], row["members"], atol=0.006)  # rounded in the table
    assert row["by size"]["3"] == [row["value"]]
    assert {"sizes", "loss", "ensemble-confusion", "ensemble-examples"} <= pictures(tmp_path)
    together = row["together"]
    assert together["apart"] < 1e-4  # the same networks, trained as one or one by one
    assert together["averaged (%)"] > together["members (%)"] > 30
    assert together["one by one (s)"] > 0 < together["together (s)"]


def test_one_of_two_names_runs_alone(quick):
    assert quick("binary-svm")["binary-svm"]["value"] > 70
    assert quick("mnist-softmax")["mnist-softmax"]["seconds"] > 0


# ---------------------------------------------------------------------------------------------------- the networks


@pytest.mark.parametrize("pool", fashion_cnn.POOLS)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_table_2_has_the_layers_of_the_homework(pool, batch_norm):
    model = fashion_cnn.cnn(fashion_cnn.Choice(pool, 0.3, batch_norm))
    kinds = [type(layer).__name__ for layer in model]
    block = ["Conv2d", *["BatchNorm2d"] * batch_norm, "ReLU", "MaxPool2d"]
    dense = ["Flatten", "Dropout", "Linear", *["BatchNorm1d"] * batch_norm, "ReLU", "Linear"]
    assert kinds == block * 3 + dense
    assert model(autograd.zeros(2, 1, 28, 28)).shape == (2, 10)
    filters = [tuple(layer.weight.shape) for layer in model if isinstance(layer, nn.Conv2d)]
    assert filters == [(32, 1, 5, 5), (32, 32, 5, 5), (64, 32, 5, 5)]


def test_the_other_networks_give_ten_scores():
    models = [mnist_cnn.cnn(False), mnist_cnn.cnn(True), mnist_cnn_dropout.cnn(0.5), mnist_mlp.mlp(True)]
    for model in (*models, *[shape() for shape in ensemble.SHAPES]):
        assert model(autograd.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert binary.two_layers(7)(autograd.zeros(2, 1, 28, 28)).shape == (2, 1)


# ---------------------------------------------------------------------------------------------------- the counting


def test_averaging_and_voting_differ_where_one_network_is_very_sure():
    one, two = [0.55, 0.45, 0.0], [0.55, 0.45, 0.0]
    sure = [0.0, 1.0, 0.0]
    probabilities = np.array([[one], [two], [sure]])
    assert ensemble.average(probabilities).tolist() == [1]
    assert ensemble.vote(probabilities).tolist() == [0]


def test_a_tied_vote_goes_to_the_larger_probability():
    probabilities = np.array([[[0.6, 0.4, 0.0]], [[0.1, 0.9, 0.0]]])
    assert ensemble.vote(probabilities).tolist() == [1]
    assert ensemble.vote(probabilities[::-1]).tolist() == [1]


def test_accuracies_of_all_ensembles_of_a_size():
    outputs = np.eye(2)[[[0, 0], [0, 1], [1, 1]]]  # three networks, two images
    sizes = ensemble.by_size(ensemble.average, outputs, np.array([0, 1]))
    assert sizes[1] == [50, 100, 50]
    assert sizes[2] == [50, 50, 100]  # class 0 where both are equally likely
    assert sizes[3] == [100]


def test_iterations_to_a_level_are_counted_on_means():
    losses = [1.0] * 50 + [0.0] * 50
    assert mnist_mlp.iterations_to(losses, 0.5) == 76  # 26 of the last 50 are 0
    assert mnist_mlp.iterations_to(losses, 0.0) is None


def test_confused_pairs_count_both_directions():
    confusion = np.array([[5, 3, 0], [1, 7, 0], [0, 2, 9]])
    assert fashion_cnn.confused(confusion) == [(0, 1, 4), (1, 2, 2)]


def test_classes_are_shown_with_their_mistakes(capsys):
    course = Course(("x",), quick=True, data=None, out=None)
    test = nn.data.Glyphs(train=False, count=4)
    test.targets[:] = [0, 0, 1, 1]
    scores = np.eye(10)[[0, 2, 1, 1]]
    confusion = drawing.show_classes(course, "x", scores, test)
    assert (confusion[0, 0], confusion[0, 2], confusion[1, 1], confusion.sum()) == (1, 1, 2, 4)
    assert course.items[0].rows[:2] == [["0", "50.00", "2 (once)"], ["1", "100.00", "-"]]
