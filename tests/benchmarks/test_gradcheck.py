"""The command that checks all gradients: complete, quiet when all is right, loud and with status 1 when it is not."""

from __future__ import annotations

import json

import numpy as np
import pytest

import autograd
from autograd.examples import has_rule
from autograd.op import registry
from benchmarks.cli import main
from benchmarks.gradcheck import command
from benchmarks.gradcheck.models import MODELS, build
from nn.examples import examples
from tests.autograd.check.plant import planted

EXAMPLES = examples()


def test_every_operation_has_an_example():
    assert set(EXAMPLES) == {name for name in registry if has_rule(name)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_records_its_operation_and_has_a_derivative_there(name):
    report = autograd.check_grads(EXAMPLES[name].call, EXAMPLES[name].tensors())
    assert name in {record.op for record in report.records}
    assert report.verdict == "correct", report


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_a_loss_and_is_the_same_each_time(name):
    losses = []
    for _ in range(2):
        function, inputs = build(name)  # seeds the generator, so dropout draws the same mask too
        losses.append(function(*inputs))
    assert losses[0].shape == ()
    assert losses[0].item() == losses[1].item()


def test_what_is_asked_for_is_reported_in_full(capsys):
    assert main(["gradcheck", "--op", "exp", "conv", "--model", "mlp"]) == 0
    output = capsys.readouterr().out
    assert "model mlp\nCORRECT" in output
    assert "op conv\nCORRECT" in output
    assert "2 operations (with second derivatives) and 1 model: 3 correct" in output


def test_a_planted_fault_is_named_and_gives_status_1(tmp_path, capsys):
    with planted("tanh", "x", lambda g, dz, needs: g * 2):
        status = main(["gradcheck", "--op", "tanh", "exp", "--model", "mlp", "--json", str(tmp_path / "found.json")])
    output = capsys.readouterr().out
    assert status == 1
    assert "WRONG: tanh at models.py:" in output
    assert "a factor 2 too many" in output
    figures = {entry["name"]: entry for entry in json.loads((tmp_path / "found.json").read_text())}
    assert {name: entry["verdict"] for name, entry in figures.items()} == {
        "tanh": "wrong",
        "exp": "correct",
        "mlp": "wrong",
    }
    wrong = [record for record in figures["mlp"]["records"] if record["verdict"] == "wrong"]
    assert [record["op"] for record in wrong] == ["tanh"]
    assert wrong[0]["ratio"] == pytest.approx(2)
    assert figures["tanh"]["error"] == pytest.approx(0.5)
    assert figures["exp"]["error"] < 1e-8
    assert main(["gradcheck", "--op", "tanh"]) == 0


def test_a_fault_of_the_second_derivative_alone_gives_status_1(capsys):
    def fault(g, dz, needs):
        return dz * (1 - needs["z"].detach() ** 2) if isinstance(dz, autograd.Tensor) else g

    with planted("tanh", "x", fault):
        assert main(["gradcheck", "--op", "tanh"]) == 1
    assert "%0''" in capsys.readouterr().out


def test_the_plot_shows_errors_that_fall_with_the_step(tmp_path):
    path = tmp_path / "steps.png"
    assert main(["gradcheck", "--op", "exp", "--plot", str(path), "--json", str(tmp_path / "f.json")]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    (entry,) = json.loads((tmp_path / "f.json").read_text())
    steps, errors = np.array(entry["steps"][0]["step_error"]).T
    assert errors[0] / errors[1] == pytest.approx((steps[0] / steps[1]) ** 2, rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--op", "tahn"], "--op: no op 'tahn': did you mean tan or tanh?"),
        (["--model", "lenett"], "--model: no model 'lenett': did you mean lenet"),
        (["--op", "exp", "--json", "nowhere/f.json"], "--json nowhere/f.json: cannot be written"),
        (["--op", "exp", "--plot", "nowhere/f.png"], "--plot nowhere/f.png: cannot be written"),
    ],
)
def test_wrong_use_is_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["gradcheck", *arguments]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert message in errors


@pytest.mark.slow
def test_everything_is_right():
    assert main(["gradcheck"]) == 0


def test_in_a_log_it_says_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(command.Lines.__init__, "__defaults__", (0.0,))
    assert main(["gradcheck", "--op", "exp", "tanh"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" after")[0] for line in said] == ["gradcheck: 1 of 2 checked", "gradcheck: 2 of 2 checked"]
    assert said[-1].endswith("s, tanh")
    monkeypatch.setattr(command.Lines.__init__, "__defaults__", (1000.0,))
    main(["gradcheck", "--op", "exp", "tanh"])
    assert capsys.readouterr().err == ""
