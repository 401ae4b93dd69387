"""Module: registration, traversal, state dicts, hooks, display."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import CheckpointError, DeviceError, DTypeError, ShapeError
from autograd.modes import tape


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.scale = nn.Parameter(np.ones(3, np.float32))
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(3, 1, bias=False))
        self.register_buffer("mean", autograd.tensor([0.0, 0.0, 0.0]))
        self.register_buffer("cache", autograd.tensor([1.0]), persistent=False)

    def forward(self, x):
        return self.rest(self.first(x) * self.scale - self.mean)


def values(*shape):
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


# ------------------------------------------------------------------------------------------------------- parameters


def test_a_parameter_shows_itself():
    assert repr(nn.Parameter(np.array([1.0, 2.0], np.float32))) == (
        "Parameter containing:\ntensor([1., 2.], requires_grad=True)"
    )


def test_a_parameter_shares_memory_and_its_results_are_plain_tensors():
    data = autograd.tensor([1.0, 2.0])
    p = nn.Parameter(data)
    data.numpy()[0] = 5.0
    assert p.tolist() == [5.0, 2.0]
    assert p.requires_grad
    assert p.is_leaf
    assert type(p * 2) is autograd.Tensor
    assert not nn.Parameter(data, requires_grad=False).requires_grad


def test_integers_cannot_be_learned():
    with pytest.raises(DTypeError, match="floating point dtype can require gradients"):
        nn.Parameter(np.arange(3))
    assert nn.Parameter(np.arange(3), requires_grad=False).dtype == np.int64


# ----------------------------------------------------------------------------------------------------- registration


def test_assignment_registers_in_order():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["scale", "first.weight", "first.bias", "rest.1.weight"]
    assert [name for name, _ in net.named_buffers()] == ["mean", "cache"]
    assert [name for name, _ in net.named_children()] == ["first", "rest"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "rest", "rest.0", "rest.1"]
    assert [name for name, _ in net.named_parameters(prefix="net", recurse=False)] == ["net.scale"]


def test_shared_members_are_yielded_once_unless_asked():
    net = nn.Module()
    net.a = net.b = nn.Linear(1, 1)
    assert [name for name, _ in net.named_parameters()] == ["a.weight", "a.bias"]
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4
    assert [name for name, _ in net.named_modules()] == ["", "a"]
    assert [name for name, _ in net.named_modules(remove_duplicate=False)] == ["", "a", "b"]
    assert list(net.state_dict()) == ["a.weight", "a.bias", "b.weight", "b.bias"]


def test_registered_names_refuse_other_values():
    net = Net()
    with pytest.raises(TypeError, match=r"cannot assign 'int' as parameter 'scale' \(nn.Parameter or None expected\)"):
        net.scale = 3
    with pytest.raises(TypeError, match="cannot assign 'int' as child module 'first'"):
        net.first = 3
    with pytest.raises(TypeError, match="cannot assign 'int' as buffer 'mean'"):
        net.mean = 3
    net.scale = None
    assert net.scale is None
    assert "scale" not in dict(net.named_parameters())
    net.scale = nn.Parameter(np.zeros(3, np.float32))
    assert "scale" in dict(net.named_parameters())


def test_a_plain_attribute_can_become_a_parameter_and_go_away():
    net = nn.Module()
    net.x = 1
    net.x = nn.Parameter(np.ones(1, np.float32))
    net.x = nn.Linear(1, 1)
    assert list(net._parameters) == []
    assert list(net._modules) == ["x"]
    del net.x
    assert not hasattr(net, "x")
    assert list(net._modules) == []


def test_names_are_checked():
    net = nn.Module()
    with pytest.raises(KeyError, match=r"contain \"\.\", got: a\.b"):
        net.register_parameter("a.b", None)
    with pytest.raises(KeyError, match="empty string"):
        net.add_module("", nn.ReLU())
    with pytest.raises(KeyError, match="attribute 'forward' already exists"):
        net.register_buffer("forward", None)
    with pytest.raises(TypeError, match="is not a Module subclass"):
        net.add_module("a", 3)
    with pytest.raises(TypeError, match="object to parameter 'p'"):
        net.register_parameter("p", autograd.tensor([1.0]))


def test_forgetting_to_call_init_is_explained():
    class Forgetful(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Forgetful()


def test_missing_attributes_and_forward():
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'nothing'"):
        Net().nothing  # noqa: B018
    with pytest.raises(NotImplementedError, match="is missing the required"):
        nn.Module()(1)


def test_getting_by_path():
    net = Net()
    assert net.get_submodule("rest.1") is net.rest[1]
    assert net.get_submodule("") is net
    assert net.get_parameter("rest.1.weight") is net.rest[1].weight
    assert net.get_buffer("mean") is net.mean
    with pytest.raises(AttributeError, match="no attribute `nope`"):
        net.get_submodule("rest.nope")
    with pytest.raises(AttributeError, match=r"`mean` is not an nn\.Parameter"):
        net.get_parameter("mean")


def test_buffers_by_assignment():
    net = nn.Module()
    net.kept = nn.Buffer(np.ones(2))
    net.dropped = nn.Buffer(np.ones(2), persistent=False)
    assert list(net.state_dict()) == ["kept"]
    assert len(list(net.buffers())) == 2


# ------------------------------------------------------------------------------------------------------ state dicts


def test_state_dict_has_pytorchs_keys_and_shares_memory():
    net = Net()
    state = net.state_dict()
    assert list(state) == ["scale", "mean", "first.weight", "first.bias", "rest.1.weight"]
    assert not state["scale"].requires_grad
    state["scale"].numpy()[:] = 7
    assert net.scale.tolist() == [7.0] * 3
    assert net.state_dict(keep_vars=True)["scale"] is net.scale
    assert next(iter(net.state_dict(prefix="net."))) == "net.scale"


def test_loading_copies():
    net, other = Net(), Net()
    result = net.load_state_dict(other.state_dict())
    assert str(result) == "<All keys matched successfully>"
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    np.testing.assert_array_equal(net(values(4, 2)).detach().numpy(), other(values(4, 2)).detach().numpy())
    other.scale._array[...] = 9
    assert net.scale.tolist() == [1.0] * 3


def test_loading_errors_have_pytorchs_text_and_change_nothing():
    layer = nn.Linear(2, 3)
    before = layer.weight.tolist()
    with pytest.raises(RuntimeError) as caught:
        layer.load_state_dict({"weight": np.zeros((4, 2)), "extra": np.zeros(1), "more": np.zeros(1)})
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Linear:\n"
        '\tMissing key(s) in state_dict: "bias". \n'
        '\tUnexpected key(s) in state_dict: "extra", "more". \n'
        "\tsize mismatch for weight: copying a param with shape (4, 2) from checkpoint, the shape in current model is "
        "(3, 2)."
    )
    assert isinstance(caught.value, CheckpointError)
    assert layer.weight.tolist() == before


def test_loading_not_strictly():
    layer = nn.Linear(2, 3)
    result = layer.load_state_dict({"weight": np.zeros((3, 2)), "extra": np.zeros(1)}, strict=False)
    assert result == (["bias"], ["extra"])
    assert layer.weight.sum().item() == 0
    assert layer.weight.dtype == np.float32
    with pytest.raises(CheckpointError, match="size mismatch for weight"):
        layer.load_state_dict({"weight": np.zeros((3, 3))}, strict=False)


def test_loading_by_assignment_takes_the_dtype():
    layer = nn.Linear(2, 3)
    layer.load_state_dict({"weight": np.zeros((3, 2)), "bias": np.ones(3)}, assign=True)
    assert layer.weight.dtype == np.float64
    layer(autograd.tensor(np.ones((1, 2)))).sum().backward()
    assert layer.bias.grad.dtype == np.float64


def test_loading_between_forward_and_backward_is_noticed():
    layer = nn.Linear(2, 2)
    x = autograd.tensor(np.ones((1, 2), np.float32), requires_grad=True)
    loss = layer(x).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*load_state_dict"):
        loss.backward()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_independent_and_equal(duplicate):
    net = Net()
    net(values(4, 2)).sum().backward()
    twin = duplicate(net)
    assert [name for name, _ in twin.named_parameters()] == [name for name, _ in net.named_parameters()]
    np.testing.assert_array_equal(twin(values(4, 2)).detach().numpy(), net(values(4, 2)).detach().numpy())
    twin.first.weight._array[...] = 0
    assert net.first.weight.abs().sum().item() > 0
    assert twin.first.weight is twin.get_parameter("first.weight") is twin.first._parameters["weight"]
    assert twin.first.weight.requires_grad
    assert type(twin.first.weight) is nn.Parameter


def test_shared_parameters_stay_shared_in_a_copy():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    twin = copy.deepcopy(net)
    assert twin[1].weight is twin[0].weight


# ---------------------------------------------------------------------------------------------------- changing it all


def test_train_and_eval_reach_everything():
    net = Net()
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())


def test_zero_grad():
    net = Net()
    net(values(4, 2)).sum().backward()
    grad = net.scale.grad
    net.zero_grad(set_to_none=False)
    assert net.scale.grad is grad
    assert grad.tolist() == [0.0] * 3
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_apply_visits_children_first():
    seen = []
    Net().apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Linear", "ReLU", "Linear", "Sequential", "Net"]


def test_freezing():
    net = Net().requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    assert not net(values(4, 2)).requires_grad
    assert all(p.requires_grad for p in net.requires_grad_().parameters())


def test_converting():
    net = Net()
    net.register_buffer("count", autograd.tensor([3]))
    weight = net.first.weight
    net(values(4, 2)).sum().backward()
    assert net.double() is net
    assert net.first.weight is weight
    assert weight.dtype == weight.grad.dtype == net.mean.dtype == np.float64
    assert net.count.dtype == np.int64
    net(values(4, 2).double()).sum().backward()
    assert net.to("cpu", np.float32).mean.dtype == np.float32
    assert net.to(autograd.tensor([1.0], dtype=np.float64)).mean.dtype == np.float64
    assert net.to(device="cpu").cpu().float().type(np.float64).to("float32").scale.dtype == np.float32
    with pytest.raises(DeviceError, match="CPU only"):
        net.to("cuda")
    with pytest.raises(DTypeError, match="wanted float32 or float64, got int64"):
        net.to(np.int64)


# ------------------------------------------------------------------------------------------------------------ hooks


def test_forward_hooks_see_and_replace():
    layer, seen = nn.Linear(2, 2), []
    before = layer.register_forward_pre_hook(lambda module, args: seen.append("before") or (args[0] * 0,))
    after = layer.register_forward_hook(lambda module, args, out: seen.append(args[0].tolist()) or out + 1)
    first = layer.register_forward_hook(lambda module, args, out: seen.append("first"), prepend=True)
    np.testing.assert_allclose(layer(values(1, 2)).detach().numpy(), layer.bias.detach().numpy()[None] + 1, rtol=1e-6)
    assert seen == ["before", "first", [[0.0, 0.0]]]
    for handle in (before, after, first):
        handle.remove()
    seen.clear()
    layer(values(1, 2))
    assert seen == []


def test_hooks_without_kept_handles_all_run():
    layer, seen = nn.Identity(), []
    for index in range(5):
        layer.register_forward_hook(lambda module, args, out, index=index: seen.append(index))
    layer(1)
    assert seen == [0, 1, 2, 3, 4]


def test_forward_hooks_with_keywords():
    class Add(nn.Module):
        def forward(self, x, *, y):
            return x + y

    layer = Add()
    layer.register_forward_pre_hook(lambda module, args, kwargs: (args, {"y": 10}), with_kwargs=True)
    layer.register_forward_hook(lambda module, args, kwargs, out: out + kwargs["y"], with_kwargs=True)
    assert layer(1, y=2) == 21


def test_hooks_that_are_always_called():
    class Broken(nn.Module):
        def forward(self, x):
            raise ShapeError("broken")

    layer, seen = Broken(), []
    layer.register_forward_hook(lambda module, args, out: seen.append(out), always_call=True)
    with pytest.raises(ShapeError):
        layer(1)
    assert seen == [None]


def test_backward_hooks_see_gradients_of_inputs_and_outputs():
    layer, seen = nn.Linear(2, 2, bias=False), []
    layer.register_full_backward_hook(lambda module, grad_in, grad_out: seen.append((grad_in, grad_out)))
    x = autograd.tensor([[1.0, 2.0]], requires_grad=True)
    (layer(x) * 3).sum().backward()
    ((grad_in,), (grad_out,)) = seen[0]
    assert grad_out.tolist() == [[3.0, 3.0]]
    np.testing.assert_allclose(grad_in.numpy(), 3 * layer.weight.detach().numpy().sum(0, keepdims=True), rtol=1e-6)
    np.testing.assert_array_equal(x.grad.numpy(), grad_in.numpy())


def test_backward_hooks_replace_gradients():
    layer = nn.Identity()
    layer.register_full_backward_pre_hook(lambda module, grad_out: (grad_out[0] * 10,))
    layer.register_full_backward_hook(lambda module, grad_in, grad_out: (grad_in[0] + grad_out[0],))
    x = autograd.tensor([1.0], requires_grad=True)
    layer(x).backward()
    assert x.grad.tolist() == [20.0]


def test_backward_hooks_of_a_first_layer_get_none():
    layer, seen = nn.Linear(2, 2), []
    layer.register_full_backward_hook(lambda module, grad_in, grad_out: seen.append((grad_in, grad_out[0].shape)))
    layer(values(3, 2)).sum().backward()
    assert seen == [((None,), (3, 2))]
    assert layer.weight.grad is not None


def test_backward_hooks_of_several_outputs():
    class Split(nn.Module):
        def forward(self, x, y):
            return x * y, x + 1, 3

    layer, seen = Split(), []
    layer.register_full_backward_hook(lambda module, grad_in, grad_out: seen.append((grad_in, grad_out)))
    x = autograd.tensor([2.0], requires_grad=True)
    product, _, number = layer(x, autograd.tensor([5.0]))
    assert number == 3
    product.sum().backward()
    ((from_x, from_y), (to_product, to_sum)) = seen[0]
    assert (from_x.tolist(), from_y) == ([5.0], None)
    assert (to_product.tolist(), to_sum.tolist()) == ([1.0], [0.0])


def test_backward_hooks_under_create_graph():
    layer, seen = nn.Identity(), []
    layer.register_full_backward_hook(lambda module, grad_in, grad_out: seen.append(grad_in[0]))
    x = autograd.tensor([3.0], requires_grad=True)
    y = layer(x)
    (g,) = autograd.grad((y * y * y).sum(), [x], create_graph=True)
    (h,) = autograd.grad(g.sum(), [x])
    assert (g.tolist(), h.tolist()) == ([27.0], [18.0])
    assert seen[0].tolist() == [27.0]


# ----------------------------------------------------------------------------------------------------------- errors


def test_shape_errors_say_which_layer():
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(4, 1)))
    with pytest.raises(ShapeError, match=r"mat1 and mat2 shapes cannot be multiplied \(5x3 and 4x1\)") as caught:
        net(values(5, 2))
    assert caught.value.__notes__ == [
        "in layer '1.1' of Sequential: Linear(in_features=4, out_features=1, bias=True), called with float32 (5, 3)"
    ]


def test_recorded_lines_are_the_users():
    nn.Linear(2, 2)(values(1, 2))
    assert [record.line.split(":")[0] for record in tape()] == ["nn/test_module.py"]


# ---------------------------------------------------------------------------------------------------------- display


def test_the_printed_tree_is_pytorchs():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = Net()
            self.none = None
            self.blocks = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.Tanh()])

        def extra_repr(self):
            return "one\ntwo"

    assert repr(Outer()) == (
        "Outer(\n"
        "  one\n"
        "  two\n"
        "  (net): Net(\n"
        "    (first): Linear(in_features=2, out_features=3, bias=True)\n"
        "    (rest): Sequential(\n"
        "      (0): ReLU()\n"
        "      (1): Linear(in_features=3, out_features=1, bias=False)\n"
        "    )\n"
        "  )\n"
        "  (blocks): ModuleList(\n"
        "    (0-1): 2 x Linear(in_features=1, out_features=1, bias=True)\n"
        "    (2): Tanh()\n"
        "  )\n"
        ")"
    )
    assert repr(nn.Module()) == "Module()"
    assert "15 parameters" in Net()._repr_html_()


def test_dir_lists_members_but_no_numbers():
    names = dir(nn.Sequential(nn.ReLU()))
    assert "forward" in names
    assert "0" not in names
    assert "scale" in dir(Net())
