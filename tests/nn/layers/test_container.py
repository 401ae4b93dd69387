"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from collections import OrderedDict

import numpy as np
import pytest

import autograd
import nn


def ones(*shape):
    return nn.Parameter(np.ones(shape, np.float32))


def kinds(modules):
    return [type(module).__name__ for module in modules]


def test_sequential_runs_in_order():
    model = nn.Sequential(nn.ReLU(), nn.Identity())
    assert model(autograd.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]


def test_sequential_indexing():
    model = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())
    assert kinds([model[0], model[-1]]) == ["ReLU", "Sigmoid"]
    assert kinds(model[1:]) == ["Tanh", "Sigmoid"]
    assert type(model[1:]) is nn.Sequential
    assert list(model[1:]._modules) == ["1", "2"]
    with pytest.raises(IndexError, match="index 3 is out of range"):
        model[3]
    model[0] = nn.ELU()
    assert kinds(model) == ["ELU", "Tanh", "Sigmoid"]
    del model[0]
    assert kinds(model) == ["Tanh", "Sigmoid"]
    assert list(model._modules) == ["0", "1"]


def test_sequential_grows():
    model = nn.Sequential(nn.ReLU())
    assert model.append(nn.Tanh()) is model
    model.insert(0, nn.ELU()).extend([nn.Sigmoid()])
    assert kinds(model) == ["ELU", "ReLU", "Tanh", "Sigmoid"]
    assert type(model.pop(1)) is nn.ReLU
    assert len(model) == 3
    assert kinds(model + nn.Sequential(nn.GELU())) == ["ELU", "Tanh", "Sigmoid", "GELU"]
    assert len(model * 2) == 6
    with pytest.raises(IndexError):
        model.insert(9, nn.ReLU())


def test_sequential_with_names():
    model = nn.Sequential(OrderedDict(a=nn.Linear(1, 2), b=nn.ReLU()))
    assert list(model.state_dict()) == ["a.weight", "a.bias"]
    assert model.a is model[0]
    assert list(model[1:]._modules) == ["b"]


def test_module_list():
    modules = nn.ModuleList([nn.ReLU()])
    modules += [nn.Tanh()]
    modules.append(nn.ELU())
    assert kinds(modules) == ["ReLU", "Tanh", "ELU"]
    assert kinds(modules[1:]) == ["Tanh", "ELU"]
    assert list(modules[1:]._modules) == ["0", "1"]
    assert kinds(modules + nn.ModuleList([nn.GELU()])) == ["ReLU", "Tanh", "ELU", "GELU"]
    del modules[:2]
    assert kinds(modules) == ["ELU"]
    with pytest.raises(TypeError, match="should be called with an iterable"):
        modules.extend(3)
    with pytest.raises(NotImplementedError):
        modules(1)
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict():
    modules = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.ReLU()})
    assert list(modules) == list(modules.keys()) == ["a", "b"]
    assert "a" in modules
    assert len(modules) == 2
    assert list(modules.state_dict()) == ["a.weight", "a.bias"]
    modules.update([("c", nn.Tanh())])
    assert type(modules.pop("b")) is nn.ReLU
    assert [name for name, _ in modules.items()] == ["a", "c"]
    assert kinds(modules.values()) == ["Linear", "Tanh"]
    modules.clear()
    assert len(modules) == 0
    with pytest.raises(KeyError):
        del modules["a"]


def test_parameter_list():
    values = nn.ParameterList([ones(2), autograd.tensor([1.0]), "kept"])
    assert [name for name, _ in values.named_parameters()] == ["0", "1"]
    assert type(values[1]) is nn.Parameter
    assert values[-1] == "kept"
    values.append(ones(3))
    values += [ones(1)]
    assert len(values) == 5
    assert len(values[1:3]) == 2
    values[0] = ones(7)
    assert values[0].shape == (7,)
    assert "(0): Parameter containing: [float32 of size 7]" in repr(values)
    with pytest.raises(IndexError):
        values[5]


def test_parameter_dict():
    values = nn.ParameterDict({"w": ones(2), "note": "kept"})
    values["b"] = autograd.tensor([1.0])
    assert [name for name, _ in values.named_parameters()] == ["w", "b"]
    assert list(values) == ["w", "note", "b"]
    assert values.get("x", 3) == 3
    assert values.setdefault("w") is values["w"]
    assert values.pop("note") == "kept"
    assert "note" not in values
    assert values.popitem()[0] == "b"
    with pytest.raises(KeyError):
        values["nothing"]
    with pytest.raises(KeyError, match="already exists"):
        values["forward"] = ones(1)
