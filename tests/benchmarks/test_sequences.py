"""The experiments on sequences: small versions of all, and (slow) what they are to reach."""

import functools
import signal
import sys

import numpy as np
import pytest

import autograd
import nn
from benchmarks.cli import main
from benchmarks.train import shakespeare
from benchmarks.train.reber import right_strings
from benchmarks.train.sequence_plots import cells_over_time

from .test_train import assert_same_training

SMALL = {
    "temporal-order": ({"curves.png", "confusion.png", "memory.png"}, "160 sequences seen, never above 99 %"),
    "temporal-order-long": ({"curves.png", "confusion.png", "memory.png"}, "in the paper it took 31,390"),
    "adding": ({"curves.png", "sums.png"}, "after 160 sequences (always answering 1: 0.1"),
    "reber": ({"curves.png", "predictions.png"}, "not solved: all legal continuations of "),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_short_run_reports_and_writes_everything(tmp_path, capsys, name):
    files, text = SMALL[name]
    assert main(["train", name, "--epochs", "2", "--train-size", "80", "--out", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert output.startswith("data: 80 new ")
    assert "\nepoch 2/2   loss " in output
    assert text in output
    assert "they agree" in output
    assert {path.name for path in tmp_path.iterdir()} == files | {"checkpoint.npz"}
    for file in files:
        assert (tmp_path / file).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", SMALL)
def test_resumed_is_the_same_as_never_stopped(tmp_path, name):
    small = ["--epochs", "3", "--train-size", "80", "--batch-size", "16"]
    with interrupted_at(8):
        assert main(["train", name, *small, "--out", str(tmp_path / "stopped")]) == 130
    checkpoint = tmp_path / "stopped" / "checkpoint.npz"
    state = nn.load(checkpoint)
    assert (state["epoch"], state["step"]) == (1, 3)
    assert main(["train", "--resume", str(checkpoint)]) == 0
    assert main(["train", name, *small, "--out", str(tmp_path / "whole")]) == 0
    assert_same_training(checkpoint, tmp_path / "whole" / "checkpoint.npz")


class interrupted_at:  # noqa: N801
    """Within: Ctrl-C comes in the middle of this step."""

    def __init__(self, step):
        self.left = step

    def __enter__(self):
        self.before = autograd.Tensor.backward

        def backward(tensor, *args, **kwargs):
            self.left -= 1
            if self.left == 0:
                signal.raise_signal(signal.SIGINT)
            return self.before(tensor, *args, **kwargs)

        autograd.Tensor.backward = backward

    def __exit__(self, *error):
        autograd.Tensor.backward = self.before


def test_the_easy_task_is_learned_in_seconds(tmp_path):
    """The seed of three that is quickest; all of them below."""
    assert main(["train", "temporal-order", "--epochs", "22", "--seed", "2", "--out", str(tmp_path)]) == 0
    assert nn.load(tmp_path / "checkpoint.npz")["history"]["test_accuracy"][-1] == 1.0


GOALS = {
    "temporal-order": (3, lambda history: history["test_accuracy"][-1] == 1.0),
    "temporal-order-long": (3, lambda history: history["test_accuracy"][-1] > 0.99),
    "adding": (3, lambda history: history["test_loss"][-1] < 0.01),
    "reber": (10, lambda history: history["test_accuracy"][-1] == 1.0),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name in GOALS for seed in range(GOALS[name][0])])
def test_goals(tmp_path, name, seed):
    assert main(["train", name, "--seed", str(seed), "--out", str(tmp_path)]) == 0
    assert GOALS[name][1](nn.load(tmp_path / "checkpoint.npz")["history"])


# ----------------------------------------------------------------------------------------------------- shakespeare

LINE = "to be, or not to be: that is the question\n"


@pytest.fixture
def small_text(tmp_path, monkeypatch):
    """A short text instead of the real one, a small network, and few characters at a time."""
    path = tmp_path / "text.txt"
    path.write_text(LINE * 60)
    monkeypatch.setattr(nn.data, "TextChars", functools.partial(nn.data.TextChars, path))
    monkeypatch.setattr(shakespeare, "HIDDEN", 48)
    monkeypatch.setattr(shakespeare, "LENGTH", 16)


def test_shakespeare_learns_a_line_by_heart(tmp_path, capsys, small_text):
    run = ["train", "shakespeare", "--epochs", "3", "--batch-size", "8", "--lr", "0.02"]
    assert main([*run, "--out", str(tmp_path / "out")]) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"data: 2,268 + 252 characters, {len(set(LINE))} different")
    history = nn.load(tmp_path / "out" / "checkpoint.npz")["history"]
    assert history["test_loss"][-1] < 0.2 < 1 < history["loss"][0]
    written = (tmp_path / "out" / "sample.txt").read_text()
    assert len(written) > 500
    assert written in output
    assert "question" in written
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "checkpoint.npz",
        "curves.png",
        "sample.txt",
        "surprise.png",
    }


def test_the_place_in_the_text_is_in_the_checkpoint(tmp_path, small_text):
    run = ["train", "shakespeare", "--epochs", "3", "--batch-size", "8"]
    with interrupted_at(25):
        assert main([*run, "--out", str(tmp_path / "stopped")]) == 130
    checkpoint = tmp_path / "stopped" / "checkpoint.npz"
    state = nn.load(checkpoint)
    assert state["step"] > 0
    assert state["model"]["h"].numpy().any()
    assert main(["train", "--resume", str(checkpoint)]) == 0
    assert main([*run, "--out", str(tmp_path / "whole")]) == 0
    assert_same_training(checkpoint, tmp_path / "whole" / "checkpoint.npz")


def test_validation_goes_through_the_text_as_one(small_text):
    """In pieces with the state carried on, as in one run over each row."""
    text = nn.data.TextChars()
    autograd.manual_seed(0)
    model = shakespeare.Writer(len(text.chars), 4, 8).eval()
    loss, accuracy = shakespeare.validate(model, text, 4)
    ((x, y),) = text.streams("val", 4, 1000)
    scores, _ = model(x)
    assert loss == pytest.approx(nn.functional.cross_entropy(scores, y).item(), rel=1e-5)
    assert accuracy == (scores.detach().numpy().argmax(1) == y.numpy()).mean()


def test_samples(small_text):
    text = nn.data.TextChars()
    autograd.manual_seed(0)
    model = shakespeare.Writer(len(text.chars), 4, 8)
    one, same, other = (shakespeare.sample(model, text, 50, start="to", seed=seed) for seed in (0, 0, 1))
    assert one == same != other
    assert one.startswith("to")
    cold = shakespeare.sample(model, text, 20, temperature=1e-4, start="to")
    codes = text.encode(cold)
    scores, _ = model(autograd.from_numpy(codes[None]))  # next to no temperature: always the likeliest
    np.testing.assert_array_equal(scores.detach().numpy()[0].argmax(0)[1:-1], codes[2:])


# ------------------------------------------------------------------------------------------------------- the rest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["adding", "--dataset", "mnist"], "--dataset mnist: adding does not train on images"),
        (["shakespeare", "--dataset", "mnist"], "--dataset mnist: shakespeare does not train on images"),
        (["reber", "--data", "."], "--data .: reber makes its own sequences"),
        (["shakespeare", "--data", "."], "input.txt: cannot be read: No such file"),
        (["temporal-ordr"], "no experiment 'temporal-ordr': did you mean temporal-order"),
    ],
)
def test_mistakes(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["train", *arguments]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1


def test_mistakes_about_the_text(tmp_path, capsys, small_text):
    run = ["train", "shakespeare", "--out", str(tmp_path), "--epochs", "1"]
    assert main([*run, "--batch-size", "300"]) == 2
    assert "--batch-size 300: more than the characters, 2,268 + 252" in capsys.readouterr().err
    assert main([*run, "--batch-size", "8", "--train-size", "500"]) == 0
    assert main(["train", "--resume", str(tmp_path / "checkpoint.npz"), "--batch-size", "4"]) == 2
    assert "--batch-size 4: the checkpoint reads at 8 places" in capsys.readouterr().err


def test_right_strings():
    """All legal symbols above all illegal ones, at every step but those behind the end."""
    legal = np.zeros((3, 2, 3), np.bool_)
    legal[:, 0, :2] = True
    legal[:2, 1, 2] = True
    scores = np.zeros((3, 2, 3), np.float32)
    scores[:, 0] = [2, 1, 0]
    scores[0, 1] = [0, 1, 2]
    scores[1, 1] = [0, 2, 1]  # wrong
    pair = autograd.from_numpy(scores.swapaxes(1, 2).copy()), autograd.from_numpy(legal)
    assert right_strings(*pair) == 2


def test_cells_over_time():
    layer = nn.LSTM(3, 4, batch_first=True)
    x = autograd.randn(2, 5, 3)
    cells = cells_over_time(layer, x)
    assert cells.shape == (2, 5, 4)
    for step in range(5):
        _, (_, c) = layer(x[:, : step + 1])
        np.testing.assert_allclose(cells[:, step], c[0].detach().numpy(), atol=1e-6)


def test_matplotlib_is_only_imported_to_draw():
    import subprocess

    code = "import sys, benchmarks.train.sequence_plots, benchmarks.train.reber; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
