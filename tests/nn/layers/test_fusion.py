"""Batch norm, ReLU and max pooling in a Sequential run as one operation, and nothing else changes."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import DTypeError, ShapeError

BOTH = "batch_norm_relu_max_pool"


def model(channels=4, window=2, dtype=np.float32, conv=False, **norm):
    """Batch norm with weights that are no ones, ReLU, max pooling."""
    layers = [nn.BatchNorm2d(channels, dtype=dtype, **norm), nn.ReLU(), nn.MaxPool2d(window)]
    if conv:
        layers.insert(0, nn.Conv2d(3, channels, 3, dtype=dtype))
    made = nn.Sequential(*layers)
    rng = np.random.default_rng(1)
    for parameter in made.parameters():
        parameter._array[...] = rng.standard_normal(parameter.shape)
    return made


def data(*shape, dtype=np.float32, **kwargs):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    return autograd.tensor(x, requires_grad=True, **kwargs)


def one_by_one(row, x):
    for layer in row:
        x = layer(x)
    return x


def recorded():
    return [record.op for record in autograd.tape()]


def passed(run, row, x, steps=2):
    """What `steps` passes leave: values, gradients, state."""
    results = []
    for _ in range(steps):
        x.grad = None
        row.zero_grad()
        z = run(row, x)
        g = np.random.default_rng(2).standard_normal(z.shape).astype(z.dtype)
        z.backward(autograd.tensor(g))
        results.append(z.detach().numpy())
        results += [t.grad.numpy() for t in (x, *row.parameters()) if t.grad is not None]
        results += [t.detach().numpy().copy() for t in row.state_dict().values()]
    return results


@pytest.fixture(autouse=True)
def empty_tape():
    autograd.tape().clear()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("length", [2, 3])
@pytest.mark.parametrize("shape", [(16, 4, 12, 12), (33, 5, 9, 7), (2, 3, 61, 35), (64, 20, 12, 12)])
@pytest.mark.parametrize("window", [2, 3, (2, 3)])
def test_fused_is_one_by_one(dtype, training, length, shape, window):
    whole = model(shape[1], window, dtype)[:length].train(training)
    apart = copy.deepcopy(whole)
    x = data(*shape, dtype=dtype)
    expected = passed(one_by_one, apart, x)
    assert "relu" not in {record.op for record in autograd.tape()}
    z = whole(x)
    assert recorded()[-1] == (BOTH if length == 3 else "batch_norm_relu")
    del z
    autograd.tape().clear()
    whole = copy.deepcopy(model(shape[1], window, dtype)[:length].train(training))
    got = passed(lambda row, x: row(x), whole, x)
    assert len(got) == len(expected)
    for index, (a, b) in enumerate(zip(got, expected, strict=True)):
        assert a.dtype == b.dtype
        if index % (len(got) // 2) == 0:
            np.testing.assert_array_equal(a, b)  # the value: the same bits
        else:
            np.testing.assert_allclose(
                a, b, rtol=0, atol=(2e-5 if dtype == np.float32 else 1e-12) * max(1, abs(b).max())
            )


@pytest.mark.parametrize(
    "settings", [{"affine": False}, {"bias": False}, {"track_running_stats": False}, {"momentum": None}]
)
@pytest.mark.parametrize("training", [True, False])
def test_every_kind_of_norm(settings, training):
    whole = model(**settings).train(training)
    apart = copy.deepcopy(whole)
    x = data(16, 4, 12, 12)
    for a, b in zip(passed(lambda row, x: row(x), whole, x), passed(one_by_one, apart, x), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 * max(1, abs(b).max()))


def test_features_of_an_mlp():
    whole = nn.Sequential(nn.Linear(8, 128), nn.BatchNorm1d(128), nn.ReLU(inplace=True), nn.Linear(128, 2))
    apart = copy.deepcopy(whole)
    x = data(100, 8)
    assert whole(x).shape == (100, 2)
    assert recorded() == ["linear", "batch_norm_relu", "linear"]
    whole = copy.deepcopy(apart)
    for a, b in zip(passed(lambda row, x: row(x), whole, x), passed(one_by_one, apart, x), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 * max(1, abs(b).max()))


def test_a_convolution_before_it_stays_what_it_is():
    x = data(16, 3, 14, 14)
    model(conv=True)(x)
    assert recorded() == ["conv", BOTH]


def test_less_is_kept_for_backward():
    x = data(16, 4, 12, 12)
    z = model()(x)
    kept = autograd.tape().memory()[BOTH]
    assert kept <= x.numpy(force=True).nbytes + z.numpy(force=True).size + 1000


def test_second_order():
    whole = model(dtype=np.float64)
    apart = copy.deepcopy(whole)
    x = data(16, 4, 12, 12, dtype=np.float64)
    results = []
    for run, row in ((lambda row, x: row(x), whole), (one_by_one, apart)):
        leaves = [x, *row.parameters()]
        first = autograd.grad((run(row, x) ** 2).sum(), leaves, create_graph=True)
        results.append(autograd.grad(sum((g**2).sum() for g in first), leaves))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=0, atol=1e-9 * max(1, abs(b.numpy()).max()))


def test_frozen_parameters_and_constant_input():
    x = data(16, 4, 12, 12)
    row = model()
    row[0].weight.requires_grad_(False)
    row(x).sum().backward()
    assert row[0].weight.grad is None
    assert row[0].bias.grad is not None
    row(x.detach()).sum().backward()
    row.requires_grad_(False)
    assert not row(x.detach()).requires_grad


def test_without_recording():
    x, row = data(16, 4, 12, 12), model().eval()
    with autograd.no_grad():
        z = row(x)
    assert not z.requires_grad
    assert recorded() == []
    np.testing.assert_array_equal(z.numpy(), one_by_one(row, x).detach().numpy())


def test_modes_may_change_at_any_time():
    x, row = data(16, 4, 12, 12), model()
    apart = copy.deepcopy(row)
    for training in (True, False, True, False):
        row.train(training)
        apart.train(training)
        np.testing.assert_array_equal(row(x).detach().numpy(), one_by_one(apart, x).detach().numpy())
    assert row[0].num_batches_tracked.item() == 2
    row[0].train()  # only the norm
    row(x)
    assert row[0].num_batches_tracked.item() == 3


# --------------------------------------------------------------------------------------------- when nothing is fused


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("kind", ["forward_hook", "forward_pre_hook", "full_backward_hook", "full_backward_pre_hook"])
def test_hooks_fire_and_turn_it_off(which, kind):
    x, row = data(16, 4, 12, 12), model()
    seen = []
    handle = getattr(row[which], f"register_{kind}")(lambda module, *args: seen.append(type(module).__name__))
    row(x).sum().backward()
    assert seen == [type(row[which]).__name__]
    z = row(x)
    assert BOTH not in recorded()
    assert ("batch_norm_relu" in recorded()) == (which == 2)
    handle.remove()
    del z
    autograd.tape().clear()
    row(x)
    assert recorded() == [BOTH]


def test_hooks_of_the_whole_see_input_and_output():
    x, row = data(16, 4, 12, 12), model()
    seen = []
    row.register_forward_hook(lambda module, args, output: seen.append((args[0].shape, output.shape)))
    row(x)
    assert seen == [((16, 4, 12, 12), (16, 4, 6, 6))]


class Norm(nn.BatchNorm2d):
    """A subclass may do anything."""


class Relu(nn.ReLU):
    """So may this one."""


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([Norm(4), nn.ReLU(), nn.MaxPool2d(2)], ["normalise", "relu", "max_pool"]),
        ([nn.BatchNorm2d(4), Relu(), nn.MaxPool2d(2)], ["normalise", "relu", "max_pool"]),
        ([nn.BatchNorm2d(4), nn.Tanh()], ["normalise", "tanh"]),
        ([nn.BatchNorm2d(4), nn.MaxPool2d(2)], ["normalise", "max_pool"]),
        ([nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2)], ["batch_norm_relu", "max_pool"]),
        ([nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2, padding=1)], ["batch_norm_relu", "max_pool"]),
        ([nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(5, ceil_mode=True)], ["batch_norm_relu", "max_pool"]),
        ([nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)], ["batch_norm_relu_max_pool"]),
        ([nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2, dilation=2)], ["batch_norm_relu", "max_pool"]),
        ([nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d([2, 2])], ["batch_norm_relu_max_pool"]),
        ([nn.BatchNorm2d(4), nn.ReLU(), nn.ReLU()], ["batch_norm_relu", "relu"]),
        ([nn.BatchNorm2d(4), nn.ReLU(), nn.BatchNorm2d(4), nn.ReLU()], ["batch_norm_relu"] * 2),
        ([nn.Sequential(nn.BatchNorm2d(4), nn.ReLU()), nn.MaxPool2d(2)], ["batch_norm_relu", "max_pool"]),
    ],
)
def test_what_is_taken_together(layers, expected):
    nn.Sequential(*layers)(data(16, 4, 12, 12))
    assert recorded() == expected


def test_pooling_that_returns_places_is_left_alone():
    z, index = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2, return_indices=True))(data(16, 4, 12, 12))
    assert z.shape == index.shape


def test_small_inputs_go_the_ordinary_way():
    model()(data(1, 4, 2, 2))
    assert recorded() == ["normalise", "relu", "max_pool"]


def test_anomaly_detection_names_the_operation_itself():
    x = data(16, 4, 12, 12)
    x.detach()._array[0, 0, 0, 0] = np.inf
    with (
        pytest.raises(autograd.errors.AnomalyError, match="normalise"),
        autograd.detect_anomaly(),
        np.errstate(all="ignore"),
    ):
        model()(x)


def test_settings_that_change_later_count():
    x, row = data(16, 4, 12, 12), model()
    row(x)
    row[2].stride = 1
    assert row(x).shape == (16, 4, 11, 11)
    row[1].forward = lambda input: input * 2
    one, two = row(x), one_by_one(row, x)
    np.testing.assert_array_equal(one.detach().numpy(), two.detach().numpy())


# ---------------------------------------------------------------------------------------------------- the plan


def test_the_row_may_change_between_calls():
    x, row = data(16, 4, 12, 12), model()
    row(x)
    row[1] = nn.Tanh()
    np.testing.assert_array_equal(row(x).detach().numpy(), one_by_one(row, x).detach().numpy())
    row[1] = nn.ReLU()
    row.append(nn.Flatten())
    assert row(x).shape == (16, 144)
    del row[2]
    assert row(x).shape == (16, 576)
    row._modules["1"] = nn.Identity()
    np.testing.assert_array_equal(row(x).detach().numpy(), one_by_one(row, x).detach().numpy())
    assert row[:1](x).shape == x.shape


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))])
def test_copies_are_independent(duplicate):
    x, row = data(16, 4, 12, 12), model()
    row(x)
    other = duplicate(row)
    other(x)
    assert row[0].num_batches_tracked.item() == 1
    assert other[0].num_batches_tracked.item() == 2
    assert not np.array_equal(row[0].running_mean.numpy(), other[0].running_mean.numpy())
    assert list(row.state_dict()) == list(other.state_dict())
    copy.copy(row)(x)
    assert row[0].num_batches_tracked.item() == 2


def test_errors_name_the_layer():
    row = model()
    with pytest.raises(ShapeError, match="elements not") as caught:
        row(data(16, 5, 12, 12))
    assert caught.value.__notes__[0].startswith("in layer '0' of Sequential: BatchNorm2d(4")
    with pytest.raises(DTypeError, match="mixed dtype"):
        row(data(16, 4, 12, 12, dtype=np.float64))
    with pytest.raises(ShapeError, match="Output size is too small") as caught:
        model(window=13)(data(16, 4, 12, 12))
    assert caught.value.__notes__[0].startswith("in layer '2' of Sequential: MaxPool2d(kernel_size=13")


def test_written_weights_are_noticed():
    x, row = data(16, 4, 12, 12), model()
    z = row(x)
    with autograd.no_grad():
        row[0].weight.mul_(2.0)
    with pytest.raises(autograd.errors.InplaceError, match=BOTH):
        z.sum().backward()
