"""The engine in a hundred lines: it computes what the library computes, and stays what it says it is."""

from __future__ import annotations

import ast
import inspect

import numpy as np
import pytest

import autograd
from autograd import op as library
from benchmarks.courses import hundred_lines as small
from benchmarks.courses import hundred_lines_compared as compared


@pytest.fixture(autouse=True)
def _empty_tape():
    small.tape.clear()


@pytest.mark.parametrize("name", compared.NETWORKS)
def test_losses_gradients_and_weights_are_the_librarys(name):
    rng = np.random.default_rng(0)
    autograd.manual_seed(0)
    found = compared.differences(name, rng.standard_normal((20, 1, 28, 28)), rng.integers(10, size=20), 5)
    assert len(found) > 40
    assert max(found.values()) < 1e-10
    assert small.tape == []


def test_a_wrong_rule_does_not_go_unnoticed(monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setattr(small.relu, "rules", [lambda dz, z: dz * (z >= 0)])
    found = compared.differences("MLP", rng.standard_normal((4, 1, 28, 28)), rng.integers(10, size=4), 2)
    assert max(found.values()) > 1e-3


def test_every_rule_against_central_differences():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0.5, 2.0, (2, 3)), rng.uniform(0.5, 2.0, (3,))
    image = rng.permutation(2 * 1 * 5 * 5).reshape(2, 1, 5, 5) / 10.0
    calls = [
        *[(op, (x, y), {}) for op in (small.add, small.sub, small.mul, small.div)],
        *[(op, (x - 1, ), {}) for op in (small.tanh, small.relu, small.log_softmax, small.largest)],
        (small.sqrt, (x,), {}),
        (small.total, (x,), {"axes": (0,)}),
        (small.reshape, (x,), {"shape": (3, 2)}),
        (small.einsum, (x, rng.standard_normal((4, 3))), {"letters": ("nc", "fc", "nf")}),
        (small.windows, (image,), {"size": 3, "stride": 2}),
        (small.windows, (image,), {"size": 2, "stride": 1}),
        (small.pad, (image,), {"by": 1}),
        (small.pad, (image,), {"by": 0}),
    ]  # fmt: skip
    assert {op for op, _, _ in calls} == {value for value in vars(small).values() if isinstance(value, small.Op)}
    for op, arrays, settings in calls:
        leaves = [small.Tensor(array, requires_grad=True) for array in arrays]
        z = op(*leaves, **settings)
        weights = rng.standard_normal(z.data.shape)
        small.backward((z * weights).sum())
        for leaf in leaves:
            way = rng.standard_normal(leaf.data.shape)
            data, ends = leaf.data, []
            for step in (1e-6, -1e-6):
                leaf.data = data + step * way
                ends.append((op(*leaves, **settings).data * weights).sum())
            leaf.data = data
            small.tape.clear()
            slope = (ends[0] - ends[1]) / 2e-6
            assert (leaf.grad * way).sum() == pytest.approx(slope, rel=1e-7, abs=1e-8), op.name


def test_only_what_the_rules_ask_for_is_kept():
    w = small.Tensor([0.5], requires_grad=True)
    z = small.add(small.tanh(w * [2.0]), 1.0)
    assert [(record.op.name, list(record.kept)) for record in small.tape] == [
        ("mul", ["y"]),
        ("tanh", ["z"]),
        ("add", []),
    ]
    small.backward(z)
    assert small.tape == []
    assert small.tanh([1.0]).node is None  # nothing needs a gradient, so nothing is written down
    assert small.tape == []


def test_gradients_add_up_and_share_no_memory():
    x, y = (small.Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    for _ in range(2):
        small.backward((x + y + x).sum())
    assert x.grad.tolist() == [4, 4, 4]
    assert y.grad.tolist() == [2, 2, 2]
    small.backward((x + y).sum())
    assert not np.shares_memory(x.grad, y.grad)


def test_declarations_read_as_in_the_library():
    """The rules of the same operations have the same names and ask for the same."""
    for name in ("add", "sub", "mul", "sqrt", "tanh", "einsum", "log_softmax", "pad", "relu", "reshape"):
        mine, theirs = getattr(small, name), library.registry[name]
        assert mine.name == theirs.name
    for name in ("add", "sub", "mul", "sqrt", "tanh"):
        mine, theirs = getattr(small, name), library.registry[name]
        assert mine.inputs == list(theirs.inputs)
        for rule, x in zip(mine.rules, mine.inputs, strict=True):
            assert list(inspect.signature(rule).parameters) == list(inspect.signature(theirs.rules[x]).parameters)


def code_lines(source: str) -> int:
    """Lines that are neither blank, nor comments, nor docstrings."""
    tree = ast.parse(source)
    said = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    prose = {line for text in said for line in range(text.lineno, text.end_lineno + 1)}
    lines = enumerate(source.splitlines(), 1)
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") and n not in prose for n, line in lines)


def test_it_is_about_a_hundred_lines_on_numpy_alone():
    source = inspect.getsource(small)
    nodes = list(ast.walk(ast.parse(source)))
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert modules == {"__future__", "inspect", "collections.abc", "typing", "numpy"}
    assert code_lines('x = 1\n\n# y\ndef f():\n    """z\n    """\n    return 2\n') == 3
    assert code_lines(source.partition("5. operations")[0]) <= 75  # what one reads to understand it
    assert code_lines(source.partition("7. networks")[0]) <= 130  # with operations and layers


def test_it_prints_a_tape_and_trains(capsys):
    small.main()
    out = capsys.readouterr().out
    assert "mul   keeps y, x" in out
    assert out.count("other images are right") == 2
