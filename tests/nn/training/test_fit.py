"""fit, evaluate, predict, History and the callbacks."""

import csv
import io
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import AnomalyError, SettingError, ShapeError
from nn.data import DataLoader, TensorDataset
from nn.optim import lr_scheduler

ROOT = Path(__file__).parents[3]


def problem(count=200):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((count, 4)).astype(np.float32)
    y = (x[:, 0] > x[:, 1]).astype(np.int64) + (x[:, 2] > 1)
    return x, y


def network(seed=0, dropout=0.2):
    autograd.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(dropout), nn.Linear(16, 3))


def adam(model, lr=0.02):
    return nn.optim.Adam(model.parameters(), lr=lr)


def fit(model, data, **settings):
    defaults = {"loss": nn.CrossEntropyLoss(), "epochs": 3, "progress": False}
    if "optimizer" not in settings:
        defaults["optimizer"] = adam(model)
    return nn.fit(model, data, **(defaults | settings))


def weights(model):
    return {name: tensor.tolist() for name, tensor in model.state_dict().items()}


# ------------------------------------------------------------------------------------------------------------- fit


def test_it_learns_and_says_how(rng):
    x, y = problem()
    model = network()
    history = fit(model, (x, y), validation=problem(100), epochs=15, seed=1)
    assert isinstance(history, dict)
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy", "lr", "seconds"]
    assert all(len(values) == 15 for values in history.values())
    assert all(type(value) is float for values in history.values() for value in values)
    assert history["val_accuracy"][-1] > 0.85 > history["val_accuracy"][0]
    assert history["loss"][-1] < 0.6 * history["loss"][0]
    assert history["lr"] == [0.02] * 15
    assert model.training


def test_it_is_the_loop_that_anyone_can_write():
    x, y = problem()
    loss_function = nn.CrossEntropyLoss()
    mine, order = network(), autograd.Generator().manual_seed(3)
    optimizer = adam(mine)
    loader = DataLoader(TensorDataset(x, y), 32, shuffle=True, generator=order)
    autograd.manual_seed(5)
    losses, right = [], []
    for _ in range(2):
        total, hits = 0.0, 0
        for inputs, targets in loader:
            optimizer.zero_grad()
            output = mine(inputs)
            loss = loss_function(output, targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(targets)
            hits += int((output.numpy(force=True).argmax(1) == targets.numpy()).sum())
        losses.append(total / 200)
        right.append(hits / 200)

    model = network()
    order.manual_seed(3)
    history = fit(model, loader, epochs=2, seed=5)
    assert weights(model) == weights(mine)
    assert (history["loss"], history["accuracy"]) == (losses, right)


def test_validation_changes_nothing_in_the_training():
    with_it, without = network(), network()
    data, held_out = problem(), DataLoader(TensorDataset(*problem(64)), 16, shuffle=True)
    fit(with_it, data, validation=held_out, seed=1)
    fit(without, data, seed=1)
    assert weights(with_it) == weights(without)


@pytest.mark.parametrize("form", ["arrays", "tensors", "dataset", "loader", "batches", "samples"])
def test_data_in_every_form(form):
    x, y = problem(32)

    class Samples:
        def __getitem__(self, index):
            return x[index], int(y[index])

        def __len__(self):
            return len(x)

    data = {
        "arrays": (x, y),
        "tensors": [autograd.tensor(x), autograd.tensor(y)],
        "dataset": TensorDataset(x, y),
        "loader": DataLoader(TensorDataset(x, y), 8),
        "batches": [tuple(autograd.tensor(part[places]) for part in (x, y)) for places in (slice(20), slice(20, None))],
        "samples": Samples(),
    }[form]  # fmt: skip
    model = network()
    history = fit(model, data, epochs=2)
    assert len(history["accuracy"]) == 2
    found = nn.evaluate(model, data, nn.CrossEntropyLoss())
    assert found.count == 32
    model.eval()
    scores = model(autograd.tensor(x))
    assert found.loss == pytest.approx(nn.functional.cross_entropy(scores, autograd.tensor(y)).item(), rel=1e-5)
    assert found.accuracy == (scores.numpy(force=True).argmax(1) == y).mean()


def test_several_inputs_and_regression():
    class Add(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 1)
            self.b = nn.Linear(4, 1)

        def forward(self, x, y):
            return (self.a(x) + self.b(y))[:, 0]

    x, _ = problem()
    target = x[:, 0] - 2 * x[:, 3]
    model = Add()
    history = fit(
        model, (x, x[:, ::-1].copy(), target), loss=nn.MSELoss(), optimizer=adam(model, 0.1), epochs=20,
        validation=(x, x[:, ::-1].copy(), target), metrics=("accuracy", nn.functional.l1_loss),
    )  # fmt: skip
    assert list(history) == ["loss", "l1_loss", "val_loss", "val_l1_loss", "lr", "seconds"]  # no classes, no accuracy
    assert history["val_loss"][-1] < 0.05
    found = nn.evaluate(model, (x, x[:, ::-1].copy(), target), nn.MSELoss())
    assert (found.accuracy, found.confusion) == (None, None)
    assert str(found) == f"loss {found.loss:.4f} over 200 examples"


def test_a_loss_that_sums_is_reported_per_example():
    x, y = problem()
    model = network(dropout=0.0)
    mean = nn.evaluate(model, (x, y), nn.CrossEntropyLoss()).loss
    assert nn.evaluate(model, (x, y), nn.CrossEntropyLoss(reduction="sum")).loss == pytest.approx(mean, rel=1e-5)


def test_lbfgs_gets_its_closure():
    x, y = problem()
    model = network(dropout=0.0)
    optimizer = nn.optim.LBFGS(model.parameters(), lr=1, max_iter=10, line_search_fn="strong_wolfe")
    history = fit(model, (x, y), optimizer=optimizer, epochs=4, batch_size=200)
    assert history["loss"][-1] < 0.3


def test_frozen_modes_come_back():
    model = network()
    model[2].eval()
    fit(model, problem(), epochs=1)
    assert (model.training, model[2].training, model[3].training) == (True, False, True)
    model.eval()
    fit(model, problem(), epochs=1)
    assert not model.training


def test_seed_repeats():
    one, two, three = network(), network(), network()
    fit(one, problem(), seed=1)
    fit(two, problem(), seed=1)
    fit(three, problem(), seed=2)
    assert weights(one) == weights(two) != weights(three)


# --------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"optimizer": nn.optim.Adam}, TypeError, "optimizer should be an Optimizer"),
        ({"optimizer": nn.optim.SGD(nn.Linear(4, 3).parameters())}, SettingError, "none of the model's parameters"),
        ({"epochs": -1}, SettingError, "epochs should be an integer >= 0, got -1"),
        ({"epochs": 1.5}, SettingError, "epochs should be an integer"),
        ({"metrics": ["g1"]}, SettingError, "no metric 'g1'"),
        ({"loss": nn.CrossEntropyLoss(reduction="none")}, ShapeError, "a single number, got one of shape"),
        ({"loss": lambda output, targets: 3.0}, ShapeError, "a single number, got one of type float"),
        ({"callbacks": [nn.EarlyStopping()]}, SettingError, "no 'val_loss' in the history, only loss, accuracy"),
        ({"callbacks": [nn.ModelCheckpoint("x.npz", best_only=True)]}, SettingError, "ModelCheckpoint: there is no '"),
    ],
)  # fmt: skip
def test_mistakes(settings, error, message):
    model = network()
    with pytest.raises(error, match=message):
        fit(model, problem(), **settings)


def test_mistakes_in_the_data():
    model, (x, y) = network(), problem(8)
    with pytest.raises(TypeError, match=r"wanted batches \(inputs, targets\), got Tensor"):
        fit(model, [autograd.tensor(x)])
    with pytest.raises(TypeError, match="wanted a DataLoader, a Dataset or a pair"):
        fit(model, 3)
    with pytest.raises(SettingError, match="batch_size is for data sets and pairs"):
        fit(model, DataLoader(TensorDataset(x, y)), batch_size=3)
    with pytest.raises(SettingError, match="an iterator, which is used up after one epoch"):
        fit(model, iter([(x, y)]))
    with pytest.raises(SettingError, match="train has no batches"):
        fit(model, [])
    with pytest.raises(TypeError, match="model should be a Module"):
        nn.fit(lambda x: x, (x, y), loss=nn.MSELoss(), optimizer=adam(model), epochs=1)
    schedules = [nn.LRScheduler(lr_scheduler.StepLR(adam(model), 1)) for _ in range(2)]
    with pytest.raises(SettingError, match="more than one schedule"):
        fit(model, (x, y), callbacks=schedules)


# -------------------------------------------------------------------------------------------------------- NaN, Inf


def test_a_nan_in_the_data_is_told_from_one_in_the_model():
    x, y = problem(96)
    x[40, 2] = np.nan
    with pytest.raises(AnomalyError, match="loss is nan in epoch 1, batch 2 of 3; the inputs of this batch are"):
        fit(network(), DataLoader(TensorDataset(x, y), 32))


def test_the_first_layer_that_is_not_finite_is_named():
    class Log(nn.Module):
        def forward(self, x):
            return autograd.log(x)

    model = nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.ReLU(), Log()), nn.Linear(8, 3))
    before = weights(model)
    with pytest.raises(AnomalyError, match=r"first output that is not finite is that of layer '1\.1', Log\(\)$"):
        fit(model, problem())
    assert weights(model) == before


def test_what_is_computed_between_layers_is_told_from_the_layers():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(4, 8), nn.Linear(8, 3)

        def forward(self, x):
            return self.last(autograd.log(self.first(x).clamp(min=0)))

    with pytest.raises(
        AnomalyError, match=r"the input of layer 'last', Linear\(.*\) is not finite, .* between layers; "
    ):
        fit(Net(), problem())


def test_a_history_survives_what_breaks_the_run_off():
    def fail(training):
        if training.epoch == 2:
            raise KeyboardInterrupt

    history = nn.History()
    with pytest.raises(KeyboardInterrupt):
        fit(network(), problem(), epochs=9, callbacks=[fail], history=history)
    assert history.epochs == 2


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # NumPy's, about inf * 0
def test_weights_that_ran_away_are_named():
    model = network(dropout=0.0)

    def break_weights(training):
        with autograd.no_grad():
            model[3].weight[0, 0] = math.inf

    message = (
        r"in epoch 2, batch 1 of 4; .*of layer '3', Linear\(in_.*\), whose weight has become so in the step before"
    )
    with pytest.raises(AnomalyError, match=message):
        fit(model, problem(), callbacks=[break_weights])


def test_a_loss_function_of_its_own_making():
    with pytest.raises(AnomalyError, match="it is the loss function that is not"):
        fit(network(), problem(), loss=lambda output, targets: (output * 0).sum().log())


# ------------------------------------------------------------------------------------------------------- callbacks


def test_callbacks_are_called_in_order():
    seen = []

    class Watch(nn.Callback):
        def on_fit_begin(self, training):
            seen.append("begin")

        def on_epoch_begin(self, training):
            seen.append(f"epoch {training.epoch}")

        def on_gradients(self, training):
            assert training.model[0].weight.grad is not None
            seen.append("gradients")

        def on_batch_end(self, training):
            assert math.isfinite(training.loss)
            seen.append(f"batch {training.batch}")

        def on_epoch_end(self, training):
            seen.append(f"end {len(training.history['loss'])}")

        def on_fit_end(self, training):
            seen.append("done")

    fit(network(), problem(), epochs=2, batch_size=100, callbacks=[Watch(), lambda t: seen.append(t.history.epochs)])
    batches = ["gradients", "batch 1", "gradients", "batch 2"]
    assert seen == ["begin", "epoch 1", *batches, "end 1", 1, "epoch 2", *batches, "end 2", 2, "done"]


def test_a_callback_can_clip_gradients_and_stop():
    norms = []

    class Clip(nn.Callback):
        def on_gradients(self, training):
            nn.utils.clip_grad_norm_(training.model.parameters(), 1e-3)
            norms.append(nn.utils.get_total_norm([p.grad for p in training.model.parameters()]).item())
            training.stop("enough")

    stream = io.StringIO()
    history = fit(network(), problem(), callbacks=[Clip()], progress=stream)
    assert max(norms) <= 1.001e-3
    assert history.epochs == 1
    assert stream.getvalue().splitlines()[-1] == "stopped after epoch 1: enough"


def scripted(values, monitor="val_loss"):
    """A callback that writes these numbers into the history."""
    script = iter(values)

    def write(training):
        training.history.setdefault(monitor, []).append(next(script))

    return write


def test_early_stopping_stops_and_restores():
    model, kept = network(), []
    stop = nn.EarlyStopping(patience=2)
    values = scripted([3, 1, 2, math.nan, 0])
    history = fit(model, problem(), epochs=10, callbacks=[values, lambda t: kept.append(weights(model)), stop])
    assert history.epochs == 4
    assert weights(model) == kept[1] != kept[3]
    model = network()
    kept.clear()
    stop = nn.EarlyStopping(patience=2, restore_best=False)
    fit(model, problem(), epochs=10, callbacks=[scripted([3, 1, 2, 4]), lambda t: kept.append(weights(model)), stop])
    assert weights(model) == kept[3]


def test_early_stopping_restores_also_at_the_last_epoch():
    model, kept = network(), []
    stop = nn.EarlyStopping(patience=5)
    fit(model, problem(), epochs=3, callbacks=[scripted([3, 1, 2]), lambda t: kept.append(weights(model)), stop])
    assert weights(model) == kept[1]


def test_early_stopping_monitors_accuracy_upwards_and_wants_min_delta():
    stop = nn.EarlyStopping(patience=2, monitor="val_accuracy", min_delta=0.1)
    values = scripted([0.5, 0.7, 0.75, 0.79, 0.9], "val_accuracy")
    stream = io.StringIO()
    assert fit(network(), problem(), epochs=9, callbacks=[values, stop], progress=stream).epochs == 4
    assert stream.getvalue().splitlines()[-1] == (
        "stopped after epoch 4: val_accuracy has not improved for 2 epochs; best was epoch 2 with 0.7000"
    )
    with pytest.raises(SettingError, match="patience >= 1"):
        nn.EarlyStopping(patience=0)


def test_model_checkpoint_keeps_the_best(tmp_path):
    path = tmp_path / "best.npz"
    model, kept = network(), []
    fit(
        model, problem(), epochs=4,
        callbacks=[
            scripted([3, 1, 2, 1.5]),
            lambda t: kept.append(weights(model)),
            nn.ModelCheckpoint(path, best_only=True),
            nn.ModelCheckpoint(tmp_path / "epoch{epoch}.npz"),
        ],
    )  # fmt: skip
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best.npz", *[f"epoch{n}.npz" for n in (1, 2, 3, 4)]]
    state = nn.load_checkpoint(path, model=model)
    assert (state["epoch"], state["history"]["val_loss"]) == (2, [3, 1])
    assert weights(model) == kept[1]


def test_resumed_from_a_model_checkpoint_is_bit_for_bit_the_same(tmp_path):
    path = tmp_path / "run.npz"
    x, y = problem()

    def objects(seed):
        model = network(seed)
        optimizer = adam(model)
        loader = DataLoader(TensorDataset(x, y), 32, shuffle=True, generator=autograd.Generator().manual_seed(8 + seed))
        return model, optimizer, lr_scheduler.OneCycleLR(optimizer, 0.05, total_steps=100), loader

    def run(model, optimizer, scheduler, loader, epochs, **settings):
        return fit(
            model, loader, optimizer=optimizer, scheduler=scheduler, epochs=epochs, validation=problem(50), seed=4,
            callbacks=[nn.ModelCheckpoint(path)], **settings,
        )  # fmt: skip

    whole = objects(0)
    expected = run(*whole, epochs=4)
    run(*objects(0), epochs=2)
    model, optimizer, scheduler, loader = objects(1)
    state = nn.load_checkpoint(
        path, model=model, optimizer=optimizer, scheduler=scheduler, generator=loader.generator
    )  # fmt: skip
    history = run(model, optimizer, scheduler, loader, epochs=4, history=state["history"])
    for name in ("loss", "accuracy", "val_loss", "val_accuracy", "lr"):
        assert history[name] == expected[name], name
    assert weights(model) == weights(whole[0])
    assert nn.load(path)["epoch"] == 4


def test_callbacks_know_what_was_before_a_resumption(tmp_path):
    past = {"val_loss": [0.1, 0.5], "loss": [1.0, 1.0]}
    path = tmp_path / "best.npz"
    with pytest.warns(UserWarning, match="the best epoch, 1, was before this run was resumed"):
        history = fit(
            network(), problem(), epochs=9, history=past,
            callbacks=[scripted([0.4, 0.3]), nn.EarlyStopping(patience=3), nn.ModelCheckpoint(path, best_only=True)],
        )  # fmt: skip
    assert history["val_loss"] == [0.1, 0.5, 0.4, 0.3]
    assert past["val_loss"] == [0.1, 0.5]
    assert not path.exists()
    assert fit(network(), problem(), epochs=2, history=past) == past  # all done already


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    history = fit(network(), problem(), callbacks=[nn.CSVLogger(path)])
    with open(path, newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["epoch", "loss", "accuracy", "lr", "seconds"]
    assert [int(row[0]) for row in rows] == [1, 2, 3]
    assert [float(row[1]) for row in rows] == history["loss"]


def test_schedules_by_epoch_and_by_batch():
    def rates(make, **how):
        model = network()
        optimizer = nn.optim.SGD(model.parameters(), lr=1e-3)
        schedule = make(optimizer)
        history = fit(model, problem(), optimizer=optimizer, batch_size=50, epochs=2,
                      scheduler=nn.LRScheduler(schedule, **how) if how else schedule)  # fmt: skip
        return history["lr"], schedule.last_epoch

    step = lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.5)
    assert rates(step) == ([1e-3, 5e-4], 2)
    assert rates(step, every="batch") == ([1e-3 * 0.5**4, 1e-3 * 0.5**8], 8)
    assert rates(lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=20))[1] == 8
    plateau = lambda optimizer: lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=0, threshold=0.99)
    assert rates(plateau)[0] == [1e-3, 1e-3]  # reduced after the second epoch
    with pytest.raises(SettingError, match="every should be"):
        nn.LRScheduler(None, every="step")


# -------------------------------------------------------------------------------------------------------- progress


def test_one_plain_line_an_epoch():
    stream = io.StringIO()
    fit(network(), problem(), epochs=10, validation=problem(50), progress=stream)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("epoch  1/10   loss ")
    for part in ("   accuracy ", "%   val_loss ", "   val_accuracy ", "%    0.", " s"):
        assert part in lines[0]
    assert "\r" not in stream.getvalue()


def test_the_default_is_standard_output_and_false_is_silence(capsys):
    fit(network(), problem(), epochs=1, progress=None)
    assert capsys.readouterr().out.count("\n") == 1
    fit(network(), problem(), epochs=1, progress=False)
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_terminals_at_most_five_times_a_second(monkeypatch):
    pytest.importorskip("tqdm")
    stream = Terminal()
    batches = [(autograd.tensor(x), autograd.tensor(y)) for x, y in [problem(4)] * 2000]
    history = fit(network(), batches, epochs=1, progress=stream)
    updates = stream.getvalue().count("epoch 1/1:")
    assert 1 <= updates <= 5 * history["seconds"][0] + 4
    assert stream.getvalue().splitlines()[-1].startswith("epoch 1/1   loss ")
    monkeypatch.setitem(sys.modules, "tqdm", None)
    stream = Terminal()
    fit(network(), problem(), epochs=2, progress=stream)
    assert stream.getvalue().count("epoch") == stream.getvalue().count("\n") == 2


# ------------------------------------------------------------------------------------------------- evaluate, predict


def test_evaluate_counts():
    scores = autograd.tensor([[9.0, 1, 0, 0], [8, 2, 0, 0], [0, 9, 1, 0], [0, 8, 1, 2], [1, 7, 2, 0], [0, 0, 5, 1]])
    labels = autograd.tensor([0, 1, 1, 1, -100, 2])
    found = nn.evaluate(nn.Identity(), (scores, labels), batch_size=4, classes=["ant", "bee", "cat", "dog"])
    assert (found.count, found.loss, found.accuracy) == (6, None, 4 / 5)
    assert found.confusion.tolist() == [[1, 0, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert found.confusion.dtype == np.int64
    np.testing.assert_array_equal(found.class_accuracy, [1, 2 / 3, 1, np.nan])
    lines = str(found).splitlines()
    assert lines[0] == "accuracy 80.00% (4 of 5 right, 1 wrong)"
    assert lines[6].split() == ["bee", "|", "1", "2", ".", ".", "|", "66.67%"]
    assert lines[8].endswith("n/a")
    assert str(nn.evaluate(nn.Identity(), (scores, labels), nn.CrossEntropyLoss())).startswith("loss ")


def test_confusion_matrix():
    found = nn.confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]), 4)
    assert found.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_evaluate_counts_pixels():
    rng = np.random.default_rng(0)
    scores, labels = rng.standard_normal((2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    found = nn.evaluate(nn.Identity(), (scores, labels))
    assert (found.count, found.confusion.sum()) == (2, 40)
    assert found.accuracy == (scores.argmax(1) == labels).mean()


def test_evaluate_leaves_everything_as_it_was():
    model = network()
    model[0].eval()
    random = autograd.get_rng_state().tolist()
    loader = DataLoader(TensorDataset(*problem()), 16, shuffle=True)
    one, two = (nn.evaluate(model, loader, nn.CrossEntropyLoss()) for _ in range(2))
    assert one.loss == two.loss
    assert [module.training for module in model] == [False, True, True, True]
    assert autograd.get_rng_state().tolist() == random
    assert len(autograd.tape()) == 0

    def fail(output, targets):
        assert not model.training
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        nn.evaluate(model, loader, fail)
    assert model.training
    assert autograd.get_rng_state().tolist() == random


def test_class_names_come_from_the_data():
    data = nn.data.Glyphs(train=False)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    assert nn.evaluate(model, DataLoader(data, 500)).classes == data.classes
    assert nn.evaluate(model, data, batch_size=500).classes == data.classes


def test_predict():
    model = network()
    x, _ = problem(25)
    outputs = nn.predict(model, x, batch_size=10)
    assert outputs.shape == (25, 3)
    assert not outputs.requires_grad
    assert model.training
    np.testing.assert_allclose(outputs.numpy(), model.eval()(autograd.tensor(x)).numpy(force=True), rtol=1e-5)
    assert nn.predict(model, autograd.zeros(0, 4)).shape == (0, 3)


# ---------------------------------------------------------------------------------------------------------- history


def test_history_as_a_table(tmp_path):
    history = nn.History()
    assert history.epochs == 0
    history.add({"loss": 1.5, "accuracy": 0.5, "val_loss": 2.0, "lr": 1e-3, "seconds": 12.34})
    history.add({"loss": 0.25, "accuracy": 1.0, "val_loss": math.nan, "lr": 1e-4, "seconds": 1.0})
    assert history.table().splitlines() == [
        "epoch    loss  accuracy  val_loss      lr  seconds",
        "    1  1.5000    50.00%    2.0000   0.001     12.3",
        "    2  0.2500   100.00%       nan  0.0001     1.00",
    ]
    nn.save(dict(history), tmp_path / "h.npz")
    nn.save(history, tmp_path / "h2.npz")
    assert nn.load(tmp_path / "h2.npz")["loss"] == history["loss"]


@pytest.mark.parametrize(
    "names", [("loss",), ("loss", "accuracy", "val_loss", "val_accuracy", "lr"), ("loss", "l1_loss")]
)
def test_history_is_drawn(tmp_path, names):
    history = nn.History({name: [0.5, 0.25] for name in names})
    figure = history.plot(tmp_path / "curves.png", title="a run")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    drawn = [line.get_label() for axes in figure.axes for line in axes.lines]
    assert len(drawn) == len(names) - ("lr" in names)
    history.plot(tmp_path / "curves.svg")


def test_nothing_heavy_is_imported_and_nn_data_is_there():
    code = (
        "import sys, nn; nn.data.TensorDataset, nn.utils.rnn.pad_sequence; "
        "print([m for m in ('matplotlib', 'tqdm', 'numba', 'zipfile', 'tempfile', 'urllib.request', "
        "'safetensors') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_compile_changes_nothing_but_rounding():
    def losses(**settings):
        autograd.manual_seed(0)
        x = autograd.randn(96, 5)
        y = (x[:, 0] > x[:, 1]).long()
        model = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 2))
        optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
        how = {"loss": nn.CrossEntropyLoss(), "optimizer": optimizer, "epochs": 3, "progress": False}
        return nn.fit(model, (x, y), batch_size=40, **how, **settings)["loss"]

    assert losses(compile=True) == pytest.approx(losses(), rel=1e-5)
