"""What notebooks show of a training: History, Evaluation, models, and `fit` while it runs."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd
import nn
from nn.training.history import History
from tests.autograd.displays.reading import pictures, read
from tests.autograd.displays.test_notebooks import notebook

__all__ = ["notebook"]


def data(count=40):
    x = autograd.randn(count, 2)
    return x, (x[:, 0] > 0).long()


def fit(epochs=3, **settings):
    model = nn.Linear(2, 2)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    return nn.fit(model, data(), loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=epochs, **settings)


def test_a_history_has_a_panel_per_measure_and_its_table():
    history = History(loss=[2.0, 1.0], val_loss=[2.5, 2.0], accuracy=[0.5, 0.75], lr=[0.1, 0.1], seconds=[1.0, 1.0])
    words, tags = read(history._repr_html_())
    assert tags.count("svg") == 2
    assert tags.count("polyline") == 3
    assert history.table() in words
    assert read(History()._repr_html_())[1].count("svg") == 0


def test_fit_shows_curves_that_grow_and_the_history_no_second_ones(notebook, capsys):
    history = fit(validation=data())
    assert capsys.readouterr().out == ""
    (shown,) = notebook
    words, tags = read(shown["text/html"])
    assert tags.count("svg") == 2
    assert words[0].startswith("3 of 3 epochs in")
    assert re.findall(r"^epoch \d/3", shown["text/plain"], re.MULTILINE) == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "<svg" not in history._repr_html_()
    assert history.table() in read(history._repr_html_())[0]


def test_fit_says_why_it_stopped(notebook):
    fit(callbacks=[lambda training: training.stop("it is enough")], epochs=9)
    assert "stopped after epoch 1: it is enough" in notebook[0]["text/plain"]


def test_fit_is_silent_where_it_is_asked_to_be_and_writes_to_streams(notebook, tmp_path):
    fit(progress=False)
    with (tmp_path / "log").open("w") as log:
        fit(progress=log)
    assert notebook == []
    assert (tmp_path / "log").read_text().count("epoch") == 3


def test_a_run_that_breaks_off_leaves_what_there_was(notebook):
    def interrupt(training):
        if training.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(callbacks=[interrupt])
    assert read(notebook[0]["text/html"])[0][0].startswith("2 of 3 epochs")


def test_an_evaluation_has_a_row_per_class():
    confusion = np.array([[8, 2, 0], [0, 5, 5], [0, 0, 0]])
    found = nn.training.Evaluation(0.5, 20, 13 / 20, np.array([0.8, 0.5, np.nan]), confusion, ("cat", "<dog>", "owl"))
    words, tags = read(found._repr_html_())
    assert "loss 0.5000, accuracy 65.00%: 13 of 20 are right" in words
    at = words.index("<dog>")
    assert words[at : at + 6] == ["<dog>", "10", "5", "50.00%", "2", "owl (5 times)"]
    assert tags.count("table") == 2


def test_an_evaluation_of_many_classes_is_a_picture():
    confusion = np.diag(np.full(40, 3))
    confusion[4, 7] = 2
    found = nn.training.Evaluation(None, 122, 0.98, np.ones(40), confusion, None)
    (shown,) = pictures(found._repr_html_())
    assert shown.shape == (40, 40, 4)
    assert [*zip(*np.nonzero(shown[..., 3]), strict=True)] == [(4, 7)]
    assert "loss 0.2500 over 9 examples" in read(nn.training.Evaluation(0.25, 9)._repr_html_())[0]


def test_a_model_is_a_tree_that_folds():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)), shared, nn.ReLU(), shared)
    model[0][0].weight.requires_grad_(False)
    words, tags = read(model._repr_html_())
    assert words[0] == "Sequential"
    assert "42 parameters" in words
    assert "weight 3x1x3x3 float32, frozen" in words
    assert "running_mean 3 float32, buffer" in words
    assert words.count("weight 2x2 float32, shared, shown above") == 1
    assert tags.count("details") == 6
    assert model._repr_html_().count("<details open") == 2
    large = nn.Sequential(*[nn.Sequential(nn.Linear(1, 1)) for _ in range(12)])
    assert large._repr_html_().count("<details open") == 1
