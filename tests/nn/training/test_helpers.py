"""What goes with `fit` beside the loop: metrics by name, averages, logs, learning rates, large batches in parts."""

import csv
import json
import math

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import SettingError
from nn import metrics as m


@pytest.fixture
def two_classes(rng):
    x = rng.standard_normal((200, 3)).astype(np.float32)
    return x, (x[:, :1] + 0.3 * x[:, 1:2] > 0).astype(np.float32)


def linear(outputs=1):
    autograd.manual_seed(0)
    return nn.Linear(3, outputs)


def run(model, data, loss, **settings):
    optimizer = nn.optim.SGD(model.parameters(), lr=settings.pop("lr", 0.5))
    settings = {"epochs": 2, "batch_size": 50, "seed": 1} | settings
    return nn.fit(model, data, loss=loss, optimizer=optimizer, progress=False, **settings)


@pytest.mark.parametrize("loss", [nn.BCEWithLogitsLoss(), nn.functional.binary_cross_entropy_with_logits])
def test_a_classifier_of_two_classes_gets_its_accuracy(loss, two_classes):
    model = linear()
    history = run(model, two_classes, loss, validation=two_classes, metrics=("accuracy", "auc", "f1"))
    x, y = (autograd.tensor(each) for each in two_classes)
    right = ((model(x) > 0) == (y > 0.5)).float().mean().item()
    assert history["val_accuracy"][-1] == pytest.approx(right)
    assert 0.9 < right < 1
    assert list(history)[:4] == ["loss", "accuracy", "auc", "f1"]
    found = nn.evaluate(model, two_classes, loss)
    assert found.accuracy == pytest.approx(right)
    assert found.confusion.shape == (2, 2)
    halves = nn.Sequential(model, nn.Sigmoid())
    assert nn.evaluate(halves, two_classes, nn.BCELoss()).accuracy == pytest.approx(right)
    assert nn.evaluate(model, two_classes, nn.MSELoss()).accuracy is None
    assert "accuracy" not in run(linear(), two_classes, nn.MSELoss())


def test_metrics_of_an_epoch_are_those_of_all_its_examples(two_classes):
    given = m.Metrics(m.AUC(), r=m.Recall(threshold=0.0))
    history = run(linear(), two_classes, nn.BCEWithLogitsLoss(), lr=0.0, metrics=[given, "precision", m.Accuracy(0.0)])
    model = linear()
    with autograd.no_grad():
        scores = model(autograd.tensor(two_classes[0]))
    for name, metric in (("auc", m.AUC()), ("r", m.Recall(threshold=0.0)), ("precision", m.Precision(threshold=0.0))):
        assert history[name] == pytest.approx([metric(scores, two_classes[1])] * 2)
    assert history["accuracy"] == pytest.approx([m.Accuracy(0.0)(scores, two_classes[1])] * 2)
    assert np.isnan(given.compute()["auc"])  # the run counts with its own
    with pytest.raises(SettingError, match="no metric 'acuracy'; there are accuracy, "):
        run(linear(), two_classes, nn.BCEWithLogitsLoss(), metrics="acuracy")
    classes = two_classes[0], two_classes[1].reshape(-1).astype(np.int64)
    each = run(linear(3), classes, nn.CrossEntropyLoss(), metrics=[m.Recall(average=None), "top2_accuracy"])
    assert [name for name in each if name.startswith("recall")] == ["recall/0", "recall/1", "recall/2"]
    assert each["top2_accuracy"][-1] > 0.9


def test_the_best_of_a_metric_is_the_largest(two_classes, tmp_path):
    best = nn.training.callbacks._Best
    assert [best(name).sign for name in ("val_loss", "val_auc", "val_f1", "rmse", "val_r2", "top5_accuracy")] == [
        *(1, -1, -1, 1, -1, -1)
    ]


@pytest.mark.parametrize("accumulate", [1, 2, 3, 7])
def test_parts_of_a_batch_make_the_step_of_the_whole(accumulate, two_classes):
    data = tuple(each[:120] for each in two_classes)
    large, small = linear(), linear()
    run(
        large,
        nn.data.DataLoader(nn.data.TensorDataset(*data), 20 * accumulate),
        nn.BCEWithLogitsLoss(),
        batch_size=None,
    )
    run(
        small,
        nn.data.DataLoader(nn.data.TensorDataset(*data), 20),
        nn.BCEWithLogitsLoss(),
        accumulate=accumulate,
        batch_size=None,
    )
    np.testing.assert_allclose(small.weight.detach().numpy(), large.weight.detach().numpy(), rtol=1e-5)
    assert not np.allclose(small.weight.detach().numpy(), linear().weight.detach().numpy())


def test_gradients_are_clipped_and_callbacks_see_the_result(two_classes):
    norms = []

    class Look(nn.Callback):
        def on_gradients(self, training):
            norms.append(math.sqrt(sum(float((p.grad**2).sum()) for p in training.model.parameters())))

    run(linear(), two_classes, nn.MSELoss(), clip=0.01, callbacks=[Look()])
    assert norms == pytest.approx([0.01] * 8, rel=1e-3)
    for settings in ({"clip": 0}, {"accumulate": 0}, {"accumulate": 1.5}):
        with pytest.raises(SettingError):
            run(linear(), two_classes, nn.MSELoss(), **settings)


def test_averages_are_validated_and_stay(two_classes):
    seen, steps = [], []
    model = linear()

    class Look(nn.Callback):
        def on_batch_end(self, training):
            steps.append(training.model.weight.detach().numpy().copy())

        def on_epoch_end(self, training):
            seen.append(training.model.weight.detach().numpy().copy())

    average = linear().weight.detach().numpy().copy()
    history = run(
        model,
        two_classes,
        nn.BCEWithLogitsLoss(),
        validation=two_classes,
        callbacks=[nn.ExponentialMovingAverage(0.7), Look()],
    )
    for count, weight in enumerate(steps, 1):
        d = min(0.7, (1 + count) / (10 + count))
        average = d * average + (1 - d) * weight
        if count == 4:
            np.testing.assert_allclose(seen[0], average, rtol=1e-5)
    np.testing.assert_allclose(model.weight.detach().numpy(), average, rtol=1e-5)
    assert history["val_loss"][-1] == pytest.approx(nn.evaluate(model, two_classes, nn.BCEWithLogitsLoss()).loss)
    plain = linear()
    run(plain, two_classes, nn.BCEWithLogitsLoss(), validation=two_classes)
    np.testing.assert_array_equal(plain.weight.detach().numpy(), steps[-1])  # it learns as without


def test_logs(two_classes, tmp_path):
    callbacks = [nn.JSONLogger(tmp_path / "log.jsonl"), nn.CSVLogger(tmp_path / "log.csv")]
    history = run(linear(), two_classes, nn.MSELoss(), callbacks=callbacks)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert [line["loss"] for line in lines] == history["loss"]
    with open(tmp_path / "log.csv") as file:
        assert [float(row["loss"]) for row in csv.DictReader(file)] == history["loss"]
    run(linear(), two_classes, nn.MSELoss(), epochs=3, history=history, callbacks=callbacks)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 3


def test_the_search_for_a_learning_rate_changes_nothing(two_classes):
    model = nn.Sequential(linear(), nn.BatchNorm1d(1), nn.Dropout(0.1)).eval()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.123)
    before = [value.numpy().copy() for value in model.state_dict().values()]
    random = autograd.get_rng_state()
    curve = nn.find_learning_rate(model, two_classes, loss=nn.BCEWithLogitsLoss(), optimizer=optimizer, steps=60)
    for was, value in zip(before, model.state_dict().values(), strict=True):
        np.testing.assert_array_equal(value.numpy(), was)
    assert optimizer.param_groups[0]["lr"] == 0.123
    assert not optimizer.state_dict()["state"]
    assert not model[2].training
    assert autograd.get_rng_state().tolist() == random.tolist()
    assert 1e-4 < curve.suggestion < 5
    assert len(curve.rates) == len(curve.losses)
    assert curve.plot().axes
    assert nn.training.RateCurve([1e-3, 1e-2, 1e-1, 1.0], [1.0, 2.0, 3.0, 4.0]).suggestion is None
    with pytest.raises(SettingError, match="low < high"):
        nn.find_learning_rate(model, two_classes, loss=nn.MSELoss(), optimizer=optimizer, low=1, high=0.1)


def test_how_long_it_will_still_take_is_told_when_it_is_long():
    left = nn.training.progress.remaining
    assert left([1.0], 10) == []
    assert left([1.0, 9.0, 9.0], 3) == ["27 s left"]
    assert left([60.0], 5) == ["5 min left"]
    assert left([600.0], 13) == ["2 h 10 min left"]
