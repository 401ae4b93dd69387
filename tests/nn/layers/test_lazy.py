"""Lazy layers: what they are before the first call, and that they are ordinary layers after it."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import CheckpointError, DeviceError, SettingError, ShapeError
from kernels.machine.fast import NEVER, SIZES
from nn.layers.lazy import LazyModuleMixin
from nn.parameter import UninitializedBuffer, UninitializedParameter

# The lazy layer, the ordinary one, the size of an input.
LAYERS = [
    (lambda: nn.LazyLinear(4), lambda: nn.Linear(3, 4), (2, 5, 3)),
    (lambda: nn.LazyLinear(4, bias=False), lambda: nn.Linear(3, 4, bias=False), (3,)),
    (lambda: nn.LazyConv1d(4, 3, 2), lambda: nn.Conv1d(3, 4, 3, 2), (2, 3, 9)),
    (lambda: nn.LazyConv2d(4, 3, 1, "same"), lambda: nn.Conv2d(6, 4, 3, 1, "same"), (2, 6, 5, 5)),
    (
        lambda: nn.LazyConv2d(4, (3, 1), padding=1, dilation=2, groups=2, bias=False, padding_mode="reflect"),
        lambda: nn.Conv2d(6, 4, (3, 1), padding=1, dilation=2, groups=2, bias=False, padding_mode="reflect"),
        (6, 7, 7),
    ),
    (lambda: nn.LazyConv3d(2, 2), lambda: nn.Conv3d(3, 2, 2), (1, 3, 3, 3, 3)),
    (lambda: nn.LazyConvTranspose1d(4, 3, 2), lambda: nn.ConvTranspose1d(3, 4, 3, 2), (2, 3, 5)),
    (
        lambda: nn.LazyConvTranspose2d(4, 3, 2, 1, 1, 2, False, 2),
        lambda: nn.ConvTranspose2d(6, 4, 3, 2, 1, 1, 2, False, 2),
        (2, 6, 4, 4),
    ),
    (lambda: nn.LazyConvTranspose3d(2, 2), lambda: nn.ConvTranspose3d(3, 2, 2), (3, 2, 2, 2)),
    (lambda: nn.LazyBatchNorm1d(), lambda: nn.BatchNorm1d(3), (4, 3)),
    (lambda: nn.LazyBatchNorm1d(bias=False), lambda: nn.BatchNorm1d(3, bias=False), (4, 3, 2)),
    (lambda: nn.LazyBatchNorm2d(0.1, None), lambda: nn.BatchNorm2d(3, 0.1, None), (2, 3, 2, 2)),
    (
        lambda: nn.LazyBatchNorm3d(affine=False, track_running_stats=False),
        lambda: nn.BatchNorm3d(3, affine=False, track_running_stats=False),
        (2, 3, 2, 2, 2),
    ),
    (lambda: nn.LazyInstanceNorm1d(), lambda: nn.InstanceNorm1d(3, affine=True, track_running_stats=True), (2, 3, 4)),
    (
        lambda: nn.LazyInstanceNorm2d(track_running_stats=False),
        lambda: nn.InstanceNorm2d(3, affine=True),
        (3, 4, 4),
    ),
    (
        lambda: nn.LazyInstanceNorm3d(affine=False, track_running_stats=False),
        lambda: nn.InstanceNorm3d(3),
        (1, 3, 2, 2, 2),
    ),
]

FAMILIES = [
    (lambda: nn.LazyLinear(4), (2, 3)),
    (lambda: nn.LazyConv2d(4, 2), (2, 3, 4, 4)),
    (lambda: nn.LazyConvTranspose2d(4, 2), (2, 3, 4, 4)),
    (lambda: nn.LazyBatchNorm2d(), (2, 3, 4, 4)),
    (lambda: nn.LazyInstanceNorm2d(), (2, 3, 4, 4)),
]


def data(*shape, dtype=np.float32):
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape).astype(dtype))


def net():
    return nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(2))


def convolutional():
    return nn.Sequential(
        nn.LazyConv2d(4, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(3)
    )


def arrays(module):
    return {key: value.numpy().copy() for key, value in module.state_dict().items()}


def assert_same(got, wanted):
    assert list(got) == list(wanted)
    for key, value in wanted.items():
        assert got[key].dtype == value.dtype
        np.testing.assert_array_equal(got[key], value, err_msg=key)


# ------------------------------------------------------------------------------------------------- the first call


@pytest.mark.parametrize(("lazy", "ordinary", "shape"), LAYERS)
def test_the_first_call_makes_the_ordinary_layer(lazy, ordinary, shape):
    x = data(*shape)
    layer = lazy()
    autograd.manual_seed(3)
    wanted = ordinary()
    z = wanted(x)
    after = autograd.rand(1).item()
    autograd.manual_seed(3)
    assert type(layer).__name__ == "Lazy" + type(wanted).__name__
    assert isinstance(layer, type(wanted))
    got = layer(x)
    assert autograd.rand(1).item() == after
    assert type(layer) is type(wanted)
    assert repr(layer) == repr(wanted)
    np.testing.assert_array_equal(got.detach().numpy(), z.detach().numpy())
    assert_same(arrays(layer), arrays(wanted))
    assert [(name, type(p), p.requires_grad) for name, p in layer.named_parameters()] == [
        (name, type(p), p.requires_grad) for name, p in wanted.named_parameters()
    ]
    assert [(name, type(b)) for name, b in layer.named_buffers()] == [
        (name, type(b)) for name, b in wanted.named_buffers()
    ]
    assert set(layer.__dict__) == set(wanted.__dict__)
    layer(autograd.tensor(x.numpy(), requires_grad=True)).sum().backward()
    assert all(p.grad.shape == p.shape for p in layer.parameters())


@pytest.mark.parametrize(("lazy", "ordinary", "shape"), LAYERS)
def test_names_are_there_from_the_start_and_nothing_is_drawn(lazy, ordinary, shape):
    autograd.manual_seed(3)
    first = autograd.rand(1).item()
    autograd.manual_seed(3)
    layer = lazy()
    layer.reset_parameters()
    assert autograd.rand(1).item() == first
    wanted = ordinary()
    assert list(layer.state_dict()) == list(wanted.state_dict())
    assert [name for name, _ in layer.named_parameters()] == [name for name, _ in wanted.named_parameters()]
    assert layer.has_uninitialized_params() == bool(list(wanted.state_dict()))


def test_how_lazy_layers_print():
    assert repr(nn.LazyLinear(10)) == "LazyLinear(in_features=0, out_features=10, bias=True)"
    assert repr(nn.LazyConv2d(4, 3, bias=False)) == (
        "LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1), bias=False)"
    )  # fmt: skip
    assert repr(nn.LazyBatchNorm2d()) == (
        "LazyBatchNorm2d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)"
    )
    assert "<small>0 parameters</small>" in net()._repr_html_()


def test_what_forward_takes_beside_the_input():
    layer = nn.LazyConvTranspose2d(4, 3, stride=2)
    assert layer(data(1, 3, 5, 5), output_size=(12, 12)).shape == (1, 4, 12, 12)
    assert nn.LazyLinear(3)(input=data(2, 2)).shape == (2, 3)


def test_inputs_that_a_layer_cannot_take_leave_it_as_it_is():
    layer = nn.LazyConv2d(4, 3, groups=2)
    with pytest.raises(ShapeError, match=r"Expected 3D .* or 4D \(batched\) input to LazyConv2d, .* \[2, 2\]"):
        layer(data(2, 2))
    with pytest.raises(SettingError, match="in_channels must be divisible by groups, got an input with 3 channels"):
        layer(data(1, 3, 5, 5))
    norm = nn.LazyBatchNorm2d()
    with pytest.raises(ShapeError, match=r"LazyBatchNorm2d: expected 4D input \(got 2D input\)"):
        norm(data(2, 3))
    with pytest.raises(ShapeError, match=r"LazyLinear: wanted an input \(\*, in_features\)"):
        nn.LazyLinear(1)(data())
    assert layer.has_uninitialized_params()
    assert norm.has_uninitialized_params()
    assert (layer.in_channels, norm.num_features) == (0, 0)


def test_errors_name_the_layer():
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(nn.ReLU(), nn.LazyConv1d(1, 1))(data(2))
    assert "in layer '1' of Sequential: LazyConv1d(0, 1" in caught.value.__notes__[0]


def test_other_devices_are_refused():
    for make in (nn.LazyLinear, nn.LazyBatchNorm1d):
        with pytest.raises(DeviceError, match="there is no device 'cuda'"):
            make(1, device="cuda")


# -------------------------------------------------------------------------------------- without size and values


def test_members_without_size():
    layer = nn.LazyBatchNorm2d()
    assert repr(list(layer.parameters())) == "[<UninitializedParameter>, <UninitializedParameter>]"
    assert repr(layer.running_mean) == "<UninitializedBuffer>"
    assert layer.weight._repr_html_() == "&lt;UninitializedParameter&gt;"
    assert isinstance(layer.weight, nn.UninitializedParameter)
    assert isinstance(layer.running_var, nn.UninitializedBuffer)
    assert isinstance(layer.weight, nn.Parameter)
    assert nn.parameter.is_lazy(layer.running_var)
    assert not nn.parameter.is_lazy(layer.num_batches_tracked)
    assert (layer.weight.dtype, layer.weight.requires_grad, layer.weight.is_leaf) == (np.float32, True, True)
    assert (layer.weight.grad, layer.running_mean.requires_grad) == (None, False)


@pytest.mark.parametrize(
    "use",
    [
        lambda p: p + 1,
        lambda p: 2 * p,
        lambda p: data(1) * p,
        lambda p: p.sum(),
        lambda p: p.numel(),
        lambda p: p.detach() @ p,
        lambda p: autograd.exp(p),
        lambda p: len(p),
        lambda p: p[0],
        lambda p: p.tolist(),
        lambda p: nn.init.ones_(p),
        lambda p: nn.functional.linear(data(1, 1), p),
    ],
)
def test_using_one_is_explained(use):
    with pytest.raises(ShapeError, match=r"Attempted to use an uninitialized parameter in .* call the model"):
        use(nn.LazyLinear(1).weight)


def test_asking_for_the_shape_is_explained():
    words = "Can't access the shape of an uninitialized parameter or buffer"
    for member in (nn.LazyLinear(1).weight, nn.LazyBatchNorm1d().running_mean):
        with pytest.raises(RuntimeError, match=words):
            member.shape  # noqa: B018
    with pytest.raises(ShapeError, match="Attempted to use an uninitialized parameter"):
        nn.LazyLinear(1).forward(data(1, 1))


def test_materialising_by_hand():
    p = UninitializedParameter(requires_grad=False, dtype=np.float64)
    p.materialize((2, 3))
    assert (type(p), p.shape, p.dtype, p.requires_grad) == (nn.Parameter, (2, 3), np.float64, False)
    p = UninitializedParameter()
    p.materialize([2], dtype=np.float64)
    (p * 2).sum().backward()
    assert p.grad.tolist() == [2.0, 2.0]
    assert p.grad.dtype == np.float64
    b = UninitializedBuffer(persistent=False)
    module = nn.Module()
    module.b = b
    assert [name for name, _ in module.named_buffers()] == ["b"]
    assert list(module.state_dict()) == []
    b.materialize(())
    assert (type(b), b.shape, module.b is b) == (autograd.Tensor, (), True)
    with pytest.raises(DeviceError):
        UninitializedBuffer().materialize((1,), device="cuda")


def test_the_parameters_keep_their_identity():
    """An optimiser, or a freeze, from before the first call counts after it."""
    layer = nn.LazyLinear(2)
    weight = layer.weight
    layer.bias.requires_grad_(False)
    optimizer = nn.optim.Adam(layer.parameters(), lr=0.1)
    optimizer.zero_grad()
    optimizer.step()
    layer(data(4, 3)).sum().backward()
    assert layer.weight is weight
    assert layer.bias.grad is None
    before = arrays(layer)
    optimizer.step()
    assert (np.abs(weight.detach().numpy() - before["weight"]) > 0.09).all()
    np.testing.assert_array_equal(layer.bias.numpy(), before["bias"])


# ----------------------------------------------------------------------------------------------- whole models


def test_a_dry_run_through_a_model():
    model = convolutional()
    assert model(data(2, 1, 8, 8)).shape == (2, 3)
    assert [type(layer).__name__ for layer in model] == [
        "Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Flatten", "Linear",
    ]  # fmt: skip
    assert model[-1].weight.shape == (3, 64)
    assert sum(p.numel() for p in model.parameters()) == 4 * 9 + 4 + 8 + 3 * 64 + 3


def test_initialising_after_the_dry_run():
    def init(module):
        if type(module) in (nn.Linear, nn.Conv2d):
            nn.init.constant_(module.weight, 2)

    model = convolutional()
    model.apply(init)  # there is nothing of these classes yet
    model(data(2, 1, 8, 8))
    assert (model[0].weight.detach().numpy() != 2).all()
    model.apply(init)
    assert (model[0].weight.detach().numpy() == 2).all()
    assert (model[-1].weight.detach().numpy() == 2).all()


def test_initialising_too_early_is_explained():
    with pytest.raises(ShapeError, match="Attempted to use an uninitialized parameter"):
        net().apply(lambda module: nn.init.zeros_(module.weight) if isinstance(module, nn.Linear) else None)


def trained(model, x, steps=3):
    """The arrays of a model after some steps."""
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        (model(x) ** 2).mean().backward()
        optimizer.step()
    return arrays(model)


def test_training_is_that_of_an_ordinary_model(monkeypatch):
    monkeypatch.setattr(SIZES["norm"], "least", NEVER)  # rows are not fused in a dry run, and round otherwise then
    x = data(8, 1, 8, 8)
    autograd.manual_seed(0)
    wanted = trained(
        nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 3)
        ),
        x,
    )
    autograd.manual_seed(0)
    assert_same(trained(convolutional(), x), wanted)


def one_by_one(model, x):
    for layer in model:
        x = layer(x)


@pytest.mark.parametrize("dry_run", [one_by_one, lambda model, x: model(x)])
def test_a_row_is_fused_after_the_dry_run(dry_run):
    model = nn.Sequential(nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2))
    x = autograd.tensor(data(4, 4, 32, 32).numpy(), requires_grad=True)
    dry_run(model, x)
    autograd.tape().clear()
    model(x)
    assert [record.op for record in autograd.tape()] == ["batch_norm_relu_max_pool"]


def test_hooks_meet_the_ordinary_layer():
    seen = []
    layer = nn.LazyLinear(2)
    layer.register_forward_pre_hook(lambda module, args: seen.append(type(module)))
    layer.register_forward_hook(lambda module, args, output: seen.append(tuple(module.weight.shape)))
    layer(data(1, 3))
    assert seen == [nn.Linear, (2, 3)]


def test_copies_of_a_lazy_model_are_independent():
    model = net().double()
    twins = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    model(data(1, 5, dtype=np.float64))
    for twin in twins:
        assert type(twin[0]) is nn.LazyLinear
        assert twin(data(1, 3, dtype=np.float64)).dtype == np.float64
        assert twin[0].weight.shape == (4, 3)
    assert model[0].weight.shape == (4, 5)
    again = pickle.loads(pickle.dumps(model))
    assert type(again[0]) is nn.Linear
    shared = UninitializedParameter()
    first, second = copy.deepcopy([shared, shared])
    assert first is second
    assert first is not shared
    buffer = copy.copy(UninitializedBuffer(persistent=False, dtype=np.float64))
    assert (buffer.persistent, buffer.dtype) == (False, np.float64)


# ------------------------------------------------------------------------------------------------------ dtypes


@pytest.mark.parametrize(("make", "shape"), FAMILIES)
def test_the_dtype_is_kept_until_there_are_values(make, shape):
    for convert in (
        lambda m: m.double(),
        lambda m: m.to(autograd.float64),
        lambda m: m.to("cpu", "float64"),
        lambda m: m.float().type(np.float64),
    ):
        layer = make()
        assert convert(layer) is layer
        assert layer.weight.dtype == np.float64
        layer(data(*shape, dtype=np.float64))
        assert {t.dtype for t in layer.state_dict().values()} <= {np.dtype(np.float64), np.dtype(np.int64)}
        assert all(p.grad is None for p in layer.parameters())
        layer(data(*shape, dtype=np.float64)).sum().backward()
        assert all(p.grad.dtype == np.float64 for p in layer.parameters())


def test_dtype_by_argument_and_by_default():
    assert nn.LazyConv1d(1, 1, dtype=np.float64).weight.dtype == np.float64
    assert nn.LazyBatchNorm1d(dtype=np.float64).running_var.dtype == np.float64
    autograd.set_default_dtype(np.float64)
    try:
        layer = nn.LazyLinear(1)
    finally:
        autograd.set_default_dtype(np.float32)
    assert layer(data(1, 1, dtype=np.float64)).dtype == np.float64


# --------------------------------------------------------------------------------------------- saving, loading


@pytest.mark.parametrize(("make", "shape"), FAMILIES)
def test_loading_values_gives_sizes(make, shape, tmp_path):
    source = make()
    source(data(*shape))
    nn.save(source.state_dict(), tmp_path / "layer.npz")
    target = make()
    weight = target.weight
    assert repr(target.load_state_dict(nn.load(tmp_path / "layer.npz"))) == "<All keys matched successfully>"
    assert not target.has_uninitialized_params()
    assert target.weight is weight
    assert_same(arrays(target), arrays(source))
    target.reset_parameters()  # nothing to do: it has not been called yet
    autograd.manual_seed(0)
    first = autograd.rand(1).item()
    autograd.manual_seed(0)
    x = data(*shape)
    np.testing.assert_array_equal(target.eval()(x).detach().numpy(), source.eval()(x).detach().numpy())
    assert autograd.rand(1).item() == first
    assert repr(target) == repr(source)


def test_loading_by_assignment_takes_the_arrays():
    source = nn.Linear(3, 2).double()
    target = nn.LazyLinear(2)
    target.load_state_dict(source.state_dict(), assign=True)
    assert target.weight.dtype == np.float64
    assert np.shares_memory(target.weight.detach().numpy(), source.weight.detach().numpy())


def test_state_dicts_without_values():
    lazy = convolutional()
    state = lazy.state_dict()
    assert state["0.weight"] is lazy[0].weight
    assert repr(state["1.running_var"]) == "<UninitializedBuffer>"
    assert repr(convolutional().load_state_dict(state)) == "<All keys matched successfully>"
    full = convolutional()
    full(data(2, 1, 8, 8))
    with pytest.raises(CheckpointError, match=r"Can't access the shape of an uninitialized parameter .*: 0\.weight"):
        full.load_state_dict(state)
    with pytest.raises(ShapeError, match="Attempted to use an uninitialized parameter"):
        nn.save(state, "nowhere.npz")


def test_a_load_that_fails_gives_no_sizes():
    source = net()
    source(data(1, 3))
    state = source.state_dict()
    del state["2.bias"]
    target = net()
    with pytest.raises(CheckpointError, match=r'Missing key\(s\) in state_dict: "2.bias"'):
        target.load_state_dict(state)
    assert target[0].has_uninitialized_params()


def test_loaded_values_must_fit_the_first_input():
    target = nn.LazyLinear(2)
    target.load_state_dict(nn.Linear(3, 2).state_dict())
    with pytest.raises(ShapeError, match=r"in_features inferred from the input, 4, needs weight of shape \(2, 4\)"):
        target(data(1, 4))
    assert target(data(1, 3)).shape == (1, 2)


def test_layers_loaded_in_part_are_refused():
    target = nn.LazyLinear(2)
    target.load_state_dict({"weight": autograd.zeros(2, 3)}, strict=False)
    assert target.has_uninitialized_params()
    with pytest.raises(ShapeError, match="LazyLinear: weight has been loaded, but not all of weight, bias"):
        target(data(1, 3))


# -------------------------------------------------------------------------------------------- lazy modules of users


class Scale(LazyModuleMixin, nn.Module):
    """Multiplies each feature; stays what it is."""

    def __init__(self):
        super().__init__()
        self.factor = UninitializedParameter()
        self.inferred = 0

    def initialize_parameters(self, x, times=1):
        self.inferred += 1
        self.factor.materialize(x.shape[-1:])
        nn.init.constant_(self.factor, 3)

    def forward(self, x, times=1):
        return x * self.factor * times


def test_a_module_of_ones_own():
    scale = nn.Sequential(Scale())
    for _ in range(2):
        assert scale(autograd.ones(1, 2)).tolist() == [[3.0, 3.0]]
    assert scale[0](autograd.ones(1), times=2).tolist() == [6.0, 6.0]
    assert (type(scale[0]), scale[0].inferred) == (Scale, 1)


def test_a_layer_derived_from_an_ordinary_one():
    class Plain(nn.Linear):
        pass

    class Lazy(nn.LazyLinear):
        cls_to_become = Plain

        def reset_parameters(self):
            if self.in_features:
                nn.init.ones_(self.weight)
                nn.init.zeros_(self.bias)

    layer = Lazy(1)
    assert layer(autograd.ones(1, 3)).tolist() == [[3.0]]
    assert type(layer) is Plain


def test_modules_that_initialise_nothing():
    class Half(Scale):
        def initialize_parameters(self, x):
            pass

    class Unfinished(LazyModuleMixin):
        pass

    with pytest.raises(RuntimeError, match="module Half has not been fully initialized"):
        Half()(data(1))
    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for Unfinished"):
        Unfinished()(data(1))


def test_data_of_what_has_no_values_yet():
    """Programs read and assign `.data` of every parameter: of one without a size, it is empty, of its dtype."""
    layer = nn.LazyLinear(3)
    for p in layer.parameters():
        assert (p.data.shape, p.data.dtype) == ((0,), np.float32)
        p.data = p.data.double()
    assert layer.weight.dtype == np.float64
    assert layer(autograd.ones(2, 5, dtype=np.float64)).shape == (2, 3)
    layer = nn.LazyLinear(3)
    layer.weight.data = autograd.ones(3, 2)
    assert type(layer.weight) is nn.Parameter
    assert layer.weight.tolist() == [[1, 1]] * 3
    assert layer.weight.requires_grad
    assert nn.LazyBatchNorm1d().running_mean.data.shape == (0,)
