"""The training command: what it writes, what it says, how it stops."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from benchmarks import cli
from benchmarks.train.gradients import check_gradients
from benchmarks.train.plots import plot_confusion, plot_curves, plot_examples
from benchmarks.train.progress import Run
from benchmarks.train.registry import EXPERIMENTS, Settings

ROOT = Path(__file__).parents[2]
SMALL = ("--dataset", "digits", "--train-size", "640", "--batch-size", "16", "--epochs", "2")


def environment(**variables):
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "WENGERT_DATA": "", **variables}


def benchmarks(*arguments, cwd, **variables):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def arrays(value, path=""):
    """All arrays in a checkpoint, by where they are."""
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in arrays(item, f"{path}/{key}").items()}
    if isinstance(value, (list, tuple)):
        return {k: v for key, item in enumerate(value) for k, v in arrays(item, f"{path}/{key}").items()}
    if isinstance(value, autograd.Tensor):
        return {path: value.detach().numpy()}
    return {path: value}


def assert_same_training(first, second):
    """Two checkpoints agree to the last bit in everything but time."""
    first, second = arrays(nn.load(first)), arrays(nn.load(second))
    assert first.keys() == second.keys()
    for path, value in first.items():
        if "/seconds/" not in path:
            np.testing.assert_array_equal(value, second[path], err_msg=path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One run of the default experiment."""
    folder = tmp_path_factory.mktemp("trained")
    return folder, benchmarks("train", *SMALL, "--out", "a", cwd=folder)


def test_a_run_reports_and_writes_everything(trained):
    folder, done = trained
    assert done.returncode == 0, done.stderr
    about_kernels = re.compile(r"wengert: (compiling kernels|\d+ kernels? compiled) ")
    assert [line for line in done.stderr.splitlines() if not about_kernels.match(line)] == []
    lines = done.stdout.splitlines()
    assert lines[0] == "data: 10,000 + 2,000 images: digits drawn from fonts, as asked"
    assert lines[1].startswith("epoch 1/2   loss ")
    assert lines[2].startswith("epoch 2/2   loss ")
    assert "test accuracy" in lines[4]
    assert any(line.startswith("  largest relative error") and line.endswith("they agree") for line in lines)
    assert sorted(path.name for path in (folder / "a").iterdir()) == [
        "checkpoint.npz",
        "confusion.png",
        "curves.png",
        "examples.png",
    ]
    for name in ("confusion.png", "curves.png", "examples.png"):
        assert (folder / "a" / name).read_bytes().startswith(b"\x89PNG")


def test_the_checkpoint_is_usable(trained):
    state = nn.load(trained[0] / "a" / "checkpoint.npz")
    assert (state["epoch"], state["step"], state["settings"]["experiment"]) == (2, 0, "mnist-mlp")
    assert len(state["history"]["test_accuracy"]) == 2
    assert state["history"]["test_accuracy"][-1] > 0.5
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    model.load_state_dict(state["model"])
    images, labels = nn.data.Glyphs(train=False).tensors()
    with autograd.no_grad():
        accuracy = (model(images).numpy().argmax(1) == labels.numpy()).mean()
    assert accuracy == state["history"]["test_accuracy"][-1]


def test_the_seed_decides_to_the_last_bit(trained):
    folder, _ = trained
    assert benchmarks("train", *SMALL, "--out", "b", cwd=folder).returncode == 0
    assert_same_training(folder / "a" / "checkpoint.npz", folder / "b" / "checkpoint.npz")
    assert benchmarks("train", *SMALL, "--out", "c", "--seed", 1, cwd=folder).returncode == 0
    one, other = (arrays(nn.load(folder / name / "checkpoint.npz")["model"]) for name in "ac")
    assert not all(np.array_equal(one[path], other[path]) for path in one)


def interrupt(process, *, after):
    """Send Ctrl-C when the program has printed a line that begins with `after`; its output and errors."""
    killer = threading.Timer(100, process.kill)
    killer.start()
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(after):
            process.send_signal(signal.SIGINT)
            break
    rest, errors = process.communicate()
    killer.cancel()
    return "".join(lines) + rest, errors


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_interrupted_and_resumed_is_the_same_as_never_interrupted(tmp_path):
    long = ("train", "--dataset", "digits", "--train-size", "4000", "--epochs", "4", "--batch-size", "16")
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *long, "--out", "stopped"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _, errors = interrupt(process, after="epoch 1/4")
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert errors.count("\n") == 1
    assert "checkpoint: stopped/checkpoint.npz (go on with --resume stopped/checkpoint.npz)" in errors
    state = nn.load(tmp_path / "stopped" / "checkpoint.npz")
    assert 1 <= state["epoch"] < 4
    assert all(np.isfinite(value).all() for value in arrays(state["model"]).values())

    resumed = benchmarks("train", "--resume", "stopped/checkpoint.npz", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.startswith(f"resuming stopped/checkpoint.npz after {state['epoch']} epochs")
    assert benchmarks(*long, "--out", "whole", cwd=tmp_path).returncode == 0
    assert_same_training(tmp_path / "stopped" / "checkpoint.npz", tmp_path / "whole" / "checkpoint.npz")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_at_any_moment_ends_without_a_traceback(tmp_path):
    for number, delay in enumerate((0.02, 0.2, 0.35, 0.6, 1.0)):
        process = subprocess.Popen(
            [sys.executable, "-c", "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
             "print('up', flush=True); sys.argv = ['benchmarks', *sys.argv[1:]]\n"
             "import runpy; runpy.run_module('benchmarks', run_name='__main__')",
             "train", *SMALL[:2], "--epochs", "1000", "--out", str(number)],
            cwd=tmp_path, env=environment(PYTHONWARNINGS="error,ignore::ResourceWarning"),  # by Python: half a module
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout.readline() == "up\n"
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        if "Traceback" in errors and "runpy" in errors and "__main__.py" not in errors:
            continue  # still in Python's own start
        assert process.returncode == 130, errors
        assert errors.startswith("interrupted")
        assert errors.count("\n") == 1
        if "checkpoint:" in errors:
            assert nn.load(tmp_path / str(number) / "checkpoint.npz")["epoch"] >= 0


def settings(tmp_path, **changes):
    values = {"experiment": "mnist-mlp", "epochs": 3, "batch_size": 2, "lr": 0.1, "seed": 0, "dataset": "digits",
              "train_size": None, "data": None, "out": tmp_path, "resume": None}  # fmt: skip
    return Settings(**(values | changes))


def make_run(tmp_path):
    model = nn.Linear(2, 3)
    return Run(settings(tmp_path), model, nn.optim.SGD(model.parameters(), lr=0.1), None)


LOADER = [(autograd.tensor([[1.0, 2.0]]), autograd.tensor([1]))] * 4


def test_ctrl_c_waits_for_the_end_of_the_step(tmp_path):
    run, finished = make_run(tmp_path), []
    before = signal.getsignal(signal.SIGINT)  # ignored, where a shell runs the tests in the background
    with pytest.raises(KeyboardInterrupt, match="after 0 of 3 epochs and 2 steps; checkpoint: "):  # noqa: PT012, SIM117
        with run:
            for _ in run.epochs():
                for number, (x, y) in enumerate(run.batches(LOADER)):
                    if number == 1:
                        signal.raise_signal(signal.SIGINT)
                    output = run.model(x)
                    run.record(output.sum(), output, y)
                    finished.append(number)
    assert finished == [0, 1]
    state = nn.load(run.settings.checkpoint)
    assert (state["epoch"], state["step"], state["running"][2]) == (0, 2, 2)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_before_the_first_step_keeps_an_earlier_checkpoint(tmp_path):
    run = make_run(tmp_path)
    nn.save({"earlier": 1}, run.settings.checkpoint)
    with pytest.raises(KeyboardInterrupt, match="before the first step"), run:
        signal.raise_signal(signal.SIGINT)
    assert nn.load(run.settings.checkpoint) == {"earlier": 1}


def test_ctrl_c_before_the_first_step_leaves_a_checkpoint_where_there_was_none(tmp_path):
    run = make_run(tmp_path)
    with pytest.raises(KeyboardInterrupt, match="checkpoint: "), run:
        signal.raise_signal(signal.SIGINT)
    assert nn.load(run.settings.checkpoint)["epoch"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "mnist-mpl"], "no experiment 'mnist-mpl': did you mean mnist-mlp or mnist-cnn?"),
        (["trian"], "no command 'trian': did you mean train"),
        (["train", "--epochs", "0"], "argument --epochs: wanted at least 1, got 0"),
        (["train", "--epochs", "many"], "argument --epochs: wanted a whole number, got 'many'"),
        (["train", "--batch-size", "-3"], "argument --batch-size: wanted at least 1, got -3"),
        (["train", "--lr", "nan"], "argument --lr: wanted a number above 0, got 'nan'"),
        (["train", "--lr", "0"], "argument --lr: wanted a number above 0"),
        (["train", "--seed", "-1"], "argument --seed: wanted 0 to"),
        (["train", "--dataset", "cifar"], "argument --dataset: invalid choice: 'cifar'"),
        (["train", "--speed=3"], "unrecognized arguments: --speed=3"),
        (["train", "--data", "nowhere"], "--data nowhere: cannot be read: No such file"),
        (["train", "--data", "file"], "--data file: cannot be read: Not a directory"),
        (["train", "--data", "empty"], "--data empty: no MNIST in this folder"),
        (["train", "--data", "damaged"], "train-images-idx3-ubyte: sizes (2, 28, 28) need 1568 bytes, got 5"),
        (["train", "--out", "file/x"], "--out file/x: cannot be written"),
        (["train", "--resume", "nowhere"], "--resume nowhere: cannot be read: No such file"),
        (["train", "--resume", "file"], "file: it is not an .npz file"),
        (["train", "--resume", "other.npz"], "--resume other.npz: not a checkpoint of this program"),
    ],
)
def test_mistakes_are_one_line_and_exit_status_2(tmp_path, monkeypatch, capsys, arguments, message):
    from benchmarks.cli import main

    monkeypatch.chdir(tmp_path)
    Path("file").write_text("no zip")
    Path("empty").mkdir()
    Path("damaged/mnist").mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        header = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28])
        Path(f"damaged/mnist/{name}-ubyte").write_bytes(header + b"short")
    nn.save({"model": 1}, "other.npz")
    status = main(arguments)
    errors = capsys.readouterr().err
    assert status == 2
    assert errors.count("\n") == 1
    assert errors.startswith("error: ")
    assert message in errors.replace("load: ", "")


def test_exit_status_of_the_program(tmp_path):
    done = benchmarks("train", "mnist-mpl", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_without_data_and_network_it_says_so_and_draws_digits(tmp_path):
    proxy = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = benchmarks(
        "train", "--train-size", 64, "--epochs", 1, cwd=tmp_path, WENGERT_DATA=str(tmp_path / "data"), **proxy
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("MNIST is not in ")
    assert "digits drawn from fonts, because MNIST is not in " in lines[1]
    assert "cannot download train-images-idx3-ubyte.gz: " in lines[1]


def test_help_is_complete_and_quick(tmp_path):
    done = benchmarks("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "train" in done.stdout
    assert "list" in done.stdout
    help_text = benchmarks("train", "--help", cwd=tmp_path).stdout
    for flag in (
        "--epochs",
        "--batch-size",
        "--lr",
        "--seed",
        "--data",
        "--out",
        "--resume",
        "--dataset",
        *EXPERIMENTS,
    ):
        assert flag in help_text
    code = "import sys; from benchmarks.cli import main; main(['train', '--help']); print(sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    for heavy in ("numpy", "matplotlib", "numba"):
        assert f"'{heavy}'" not in loaded


def test_list(tmp_path):
    done = benchmarks("list", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("mnist-mlp")


def test_plots_of_a_perfect_model(tmp_path):
    images, labels = np.zeros((3, 28, 28), np.uint8), np.arange(3)
    plot_examples(tmp_path / "examples.png", images, labels, labels, np.ones(3), "abc")
    plot_confusion(tmp_path / "confusion.png", np.eye(3, dtype=np.int64), ["Sneaker", "Bag", "Ankle boot"], "title")
    history = {name: [0.5] for name in ("loss", "accuracy", "test_loss", "test_accuracy")}
    plot_curves(tmp_path / "curves.png", history, "title")
    assert len(list(tmp_path.iterdir())) == 3


def test_the_gradient_check_finds_a_wrong_gradient(capsys):
    """The loss is doubled on its way back only, so every gradient is twice what it should be."""
    model, x, y = nn.Linear(3, 2), autograd.tensor([[0.1, -0.2, 0.3]]), autograd.tensor([1])
    loss = nn.CrossEntropyLoss()
    assert check_gradients(model, loss, x, y)
    assert not check_gradients(model, lambda s, t: loss(2 * s - s.detach(), t), x, y)
    output = capsys.readouterr().out
    assert "they agree" in output
    assert "they DIFFER" in output


def test_an_interrupt_that_compiled_code_turned_into_another_error_is_still_an_interrupt(monkeypatch, capsys):
    def run(argv):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise TypeError("incompatible function arguments") from None

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(cli, "_run", run)
    monkeypatch.setattr(cli, "_interrupted", False)
    try:
        assert cli.main([]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "interrupted\n"


def test_other_errors_are_not_taken_for_an_interrupt(monkeypatch):
    def run(argv):
        raise TypeError("a mistake")

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(cli, "_run", run)
    try:
        with pytest.raises(TypeError, match="a mistake"):
            cli.main([])
    finally:
        signal.signal(signal.SIGINT, before)
