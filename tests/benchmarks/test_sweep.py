"""A function at many points: in one process, in several, and after it was broken off."""

import functools
import json
import os

import pytest

from benchmarks import cli
from benchmarks.sweep.spread import Store, points_of, spread
from tests.autograd.distributed.ranks import needs_mpi, run

from .test_train import benchmarks

GRID = {"a": [1, 2, 3], "b": [0.5]}


def squared(folder, point):
    """The square, and a line in a file for each time that it is asked for."""
    with open(folder / f"asked-{point['a']}", "a") as file:
        file.write(f"{os.getpid()}\n")
    if point["a"] == 13:
        raise ValueError("unlucky")
    return {"square": point["a"] ** 2}


def asked(folder):
    return sum(len(file.read_text().splitlines()) for file in folder.glob("asked-*"))


def test_every_point_has_its_result_in_order(tmp_path):
    said = []
    found = spread(functools.partial(squared, tmp_path), points_of(GRID), say=said.append)
    assert [result["square"] for result in found] == [1, 4, 9]
    assert said[0].startswith("1/3   a 1, b 0.5: square 1, seconds ")


def test_what_is_done_is_not_done_again(tmp_path):
    store, work = tmp_path / "results.jsonl", functools.partial(squared, tmp_path)
    spread(work, points_of({"a": [1, 2]}), store=store, say=lambda text: None)
    with store.open("a") as file:
        file.write('{"point": {"a": 3}, "res')  # broken off while it was written
    said = []
    found = spread(work, points_of({"a": [1, 2, 3]}), store=store, say=said.append)
    assert [result["square"] for result in found] == [1, 4, 9]
    assert said[0] == "2 of 3 are done already"
    assert asked(tmp_path) == 3
    assert [json.loads(line)["point"]["a"] for line in store.read_text().splitlines()] == [1, 2, 3]


def test_a_point_that_fails_is_told_and_tried_again(tmp_path, capsys):
    store, work = tmp_path / "results.jsonl", functools.partial(squared, tmp_path)
    for _ in range(2):
        found = spread(work, points_of({"a": [13, 2]}), store=store, say=lambda text: None)
        assert found[0] == {"error": "ValueError: unlucky"}
        assert found[1]["square"] == 4
    assert asked(tmp_path) == 3
    assert "unlucky" in capsys.readouterr().err
    assert len(Store(store).results) == 1


@pytest.mark.slow
def test_several_processes_do_each_point_once(tmp_path):
    found = spread(
        functools.partial(squared, tmp_path), points_of({"a": list(range(6))}), jobs=2, say=lambda text: None
    )
    assert [result["square"] for result in found] == [0, 1, 4, 9, 16, 25]
    assert asked(tmp_path) == 6
    assert str(os.getpid()) not in "".join(file.read_text() for file in tmp_path.glob("asked-*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mnist-mlp"], "at least one --grid"),
        (["mnist-mpl", "--grid", "lr=1"], "did you mean"),
        (["mnist-mlp", "--grid", "colour=red"], "cannot vary 'colour'"),
        (["mnist-mlp", "--grid", "lr=fast"], "with numbers"),
        (["mnist-mlp", "--grid", "lr=0.1", "--set", "width=3"], "cannot vary 'width'"),
        (["mnist-mlp", "--grid", "lr=0.1", "--jobs", "0"], "at least 1"),
    ],
)
def test_mistakes_are_one_line(arguments, message, capsys):
    assert cli.main(["sweep", *arguments]) == 2
    assert message in capsys.readouterr().err


SMALL = ("mnist-mlp", "--grid", "lr=0.001,0.003", "--grid", "seed=0,1", "--set", "dataset=digits")
SMALL += ("--set", "train-size=640", "--set", "epochs=1", "--out", "sweep")


@pytest.mark.slow
def test_trainings_at_the_points_of_a_grid(tmp_path):
    done = benchmarks("sweep", *SMALL, "--jobs", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = done.stdout.split("\n\n")[1].splitlines()
    assert table[0].split() == ["lr", "seed", "accuracy", "loss", "seconds"]
    assert len(table) == 6
    accuracies = [line.split()[2] for line in table[2:]]
    assert accuracies == sorted(accuracies, reverse=True)
    assert len((tmp_path / "sweep" / "results.csv").read_text().splitlines()) == 5
    assert (tmp_path / "sweep" / "lr=0.001,seed=0" / "checkpoint.npz").exists()
    again = benchmarks("sweep", *SMALL, cwd=tmp_path)
    assert again.stdout.startswith("4 of 4 are done already\n")
    assert again.stdout.split("\n\n")[1] == done.stdout.split("\n\n")[1]


@needs_mpi
@pytest.mark.slow
def test_the_processes_of_mpiexec_take_the_points(tmp_path):
    done = run(3, "-m", "benchmarks", "sweep", *SMALL, cwd=tmp_path)
    assert done.status == 0, done.text
    assert done.stdout.count("4/4") == 1
    assert len((tmp_path / "sweep" / "results.jsonl").read_text().splitlines()) == 4
