"""Operations of one's own: what declarations are refused for, what functions and rules must return, who is blamed."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.errors import GraphError, NoRuleError, ShapeError
from autograd.extend import apply_keeping, op

X, Y = np.array([0.5, 1.0, 2.0], np.float32), np.array([3.0, -1.0, 2.0], np.float32)


def leaf(array=X):
    return autograd.tensor(array, requires_grad=True)


def double(dx, **flags):
    return op("double", lambda x: x * 2, dx=dx, **flags)


def product(**flags):
    return op("product", lambda x, y: x * y, **{"dx": lambda dz, y: dz * y, **flags})


# ------------------------------------------------------------------------------------------------ declarations


REFUSED = {
    "a setting among the inputs": (
        ("f", lambda x, p=2: x**p),
        {},
        r"lambda x, \*, p=2: \.\.\., got p=2 among the inputs",
    ),
    "a setting with a rule": (("f", lambda x, p=2.0: x**p), {"dp": lambda dz: dz}, "got p=2.0 among the inputs"),
    "an optional input without a rule": (("f", lambda x, b=None: x), {}, "got b=None among the inputs"),
    "settings of any name": (("f", lambda x, **more: x), {}, r"got \*\*more, <lambda> in line \d+ of test_own.py"),
    "no input": (("f", lambda *, p=1: p), {}, "wanted a function with an input"),
    "a rule for each of many": (("f", lambda *xs: xs[0]), {"dxs": lambda dz: dz}, "joint=lambda dz, xs"),
    "a ufunc with too few rules": (("f", np.multiply), {"dx": lambda dz, y: dz * y}, "all 2 inputs of np.multiply"),
    "a ufunc of two results": (("f", np.modf), {"dx": lambda dz: dz}, "np.modf"),
    "a rule for a setting": (("f", lambda x, *, p=2: x), {"dp": lambda dz: dz}, "its inputs are .*; p is a setting"),
    "a rule that asks for nothing known": (
        ("f", lambda x: x),
        {"dx": lambda dz, y: dz},
        "asks for 'y', which is no input",
    ),
    "a rule with a constant": (("f", lambda x: x), {"dx": lambda dz, k=2: dz}, "asks for 'k'"),
    "a rule without a cotangent": (("f", lambda x: x), {"dx": lambda: 1}, "wanted the cotangent dz as first parameter"),
    "a rule that is no function": (("f", lambda x: x), {"dx": np.negative}, "wanted a Python function"),
    "a rule that is a number": (("f", lambda x: x), {"dx": 2}, "wanted a Python function, .* got 2"),
    "rules twice": (("f", lambda x: x), {"dx": lambda dz: dz, "joint": lambda dz: (dz,)}, "got both: joint and dx"),
    "a misspelt flag": (("f", lambda x: x), {"broadcast": True}, "got broadcast; did you mean broadcasts?"),
    "no function": (("f", 3), {}, "wanted a function on arrays, got an int"),
    "no name": ((lambda x: x,), {}, "wanted a name first"),
    "an input called z": (("f", lambda z: z), {"dz": lambda dz: dz}, "wanted other names than z, dz, wanted"),
    "kept under the name of an input": (("f", lambda x: (x, x)), {"keeps": ("x",)}, "got x twice"),
    "a formula that is none": (("f", lambda x: x), {"formula": 3}, "formula=: wanted a function, got an int"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_declared_wrongly_is_refused_at_once(what):
    given, options, message = REFUSED[what]
    with pytest.raises(TypeError, match=message):
        op(*given, **options)(lambda x: x)


def test_optional_inputs_and_constants_stay_possible():
    f = op("linear", lambda x, b=None: x if b is None else x + b, dx=lambda dz: dz, db=lambda dz: dz)
    x, b = leaf(), leaf(Y)
    f(x).sum().backward()
    f(x, b).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    assert b.grad.tolist() == [1, 1, 1]


# ------------------------------------------------------------------------------------------- inputs without a rule


def test_a_gradient_that_comes_to_an_input_without_a_rule_raises():
    x, y = leaf(), leaf(Y)
    with pytest.raises(NoRuleError, match=r"product: backward came to its input y, .* add dy=lambda dz, y: ") as caught:
        product()(x, y).sum().backward()
    assert isinstance(caught.value, RuntimeError)
    assert y.grad is None
    assert "test_own.py" in caught.value.__notes__[0]


def test_no_rule_at_all_and_none_for_any_number_of_inputs():
    with pytest.raises(NoRuleError, match="cube: backward came to its input x"):
        op("cube", lambda x: x**3)(leaf()).sum().backward()
    with pytest.raises(NoRuleError, match="joint=lambda dz, xs"):
        op("first", lambda *xs: xs[0] + 0)(leaf(), leaf(Y)).sum().backward()


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_input_without_a_rule_may_be_a_constant(create_graph):
    x = leaf()
    (g,) = autograd.grad(product()(x, autograd.tensor(Y)).sum(), x, create_graph=create_graph)
    assert g.tolist() == Y.tolist()


def test_gradients_of_other_inputs_alone_need_no_rule():
    x, y = leaf(), leaf(Y)
    (g,) = autograd.grad(product()(x, y).sum(), x)
    assert g.tolist() == Y.tolist()


def test_none_declares_that_nothing_goes_back():
    x, y = leaf(), leaf(Y)
    product(dy=None)(x, y).sum().backward()
    assert x.grad.tolist() == Y.tolist()
    assert y.grad is None


@pytest.mark.parametrize("way", ["vjp of a program", "create_graph", "jvp", "compiled"])
def test_every_way_back_says_so(way):
    f, x, y = product(), leaf(), leaf(Y)

    def run():
        if way == "vjp of a program":
            autograd.capture(lambda a, b: f(a, b).sum(), x, y).vjp()
        elif way == "create_graph":
            autograd.grad(f(x, y).sum(), (x, y), create_graph=True)
        elif way == "jvp":
            autograd.func.jvp(f, (x, y), (x, y))
        else:
            compiled = autograd.compile(lambda a, b: f(a, b).sum())
            for _ in range(3):
                compiled(x, y).backward()

    with pytest.raises(NoRuleError, match="its input y"):
        run()


# ------------------------------------------------------------------------------------------- what a rule returns


RETURNED = {
    "None": (lambda dz: None, GraphError, "the rule for x returned None, wanted an array of shape .*dx=None"),
    "a tuple": (lambda dz: (dz,), GraphError, "returned a tuple, .* joint="),
    "a list": (lambda dz: list(dz), GraphError, "returned a list"),
    "text": (lambda dz: "dz", GraphError, "returned a str"),
    "objects": (lambda dz: np.array([None] * 3), GraphError, "returned an array of object"),
    "a number": (lambda dz: 2.0, ShapeError, r"of shape \(\) for an input of shape \(3,\)"),
    "one sum": (lambda dz: np.sum(dz), ShapeError, r"of shape \(\) for an input"),
    "more elements": (lambda dz: np.ones(4), ShapeError, r"of shape \(4,\) for an input of shape \(3,\)"),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("what", RETURNED)
def test_a_rule_that_returns_no_cotangent_is_named(what, create_graph):
    rule, error, message = RETURNED[what]
    with pytest.raises(error, match=rf"double: .*{message}.*; recorded at .*test_own\.py:\d+"):
        double(rule)(leaf()).sum().backward(create_graph=create_graph)


@pytest.mark.parametrize("what", RETURNED)
def test_so_it_is_while_a_program_is_captured(what):
    rule, error, message = RETURNED[what]
    f = double(rule)
    with pytest.raises(error, match=message):
        autograd.capture(lambda x: f(x).sum(), leaf()).vjp()


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64, np.uint8, np.bool_, np.complex64])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_has_the_dtype_of_its_input_on_its_way(dtype, create_graph):
    seen = []
    x = leaf()
    before = x * 1
    before.register_hook(lambda g: seen.append(g.dtype))
    double(lambda dz: np.ones(3, dtype))(before).sum().backward(create_graph=create_graph)
    assert seen == [np.float32]
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [1, 1, 1]


def test_a_tensor_is_as_good_as_an_array():
    x = leaf()
    double(lambda dz: autograd.tensor([2.0, 2.0, 2.0]))(x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    assert type(x.grad._array) is np.ndarray


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda dz, x, y: (dz * y,), r"returned a tuple of 1, wanted .* \(x, y\)"),
        (lambda dz, x, y: (dz * y, dz * x, dz), "returned a tuple of 3"),
        (lambda dz, x, y: dz, "returned an array of shape"),
        (lambda dz, x, y: (dz * y, None), "the rule for y returned None"),
    ],
)
def test_a_joint_rule_returns_one_cotangent_for_each_input(rule, message):
    f = op("product", lambda x, y: x * y, joint=rule)
    with pytest.raises(GraphError, match=message):
        f(leaf(), leaf(Y)).sum().backward()
    with pytest.raises(GraphError, match=message):
        autograd.capture(lambda x, y: f(x, y).sum(), leaf(), leaf(Y)).vjp()


@pytest.mark.parametrize("retain", [False, True])
def test_what_a_rule_raises_says_which_operation_and_where(retain):
    z = double(lambda dz: 1 / 0)(leaf()).sum()
    with pytest.raises(ZeroDivisionError) as caught:
        z.backward(retain_graph=retain)
    assert caught.value.__notes__[0].startswith("in the way back through double, which ran at ")
    assert len(caught.value.__notes__) == 1


def test_so_does_what_an_operation_of_the_library_raises():
    x = leaf(np.ones((3, 2)))
    (q, r) = autograd.linalg.qr(x, mode="complete")
    with pytest.raises(RuntimeError) as caught:
        (q.sum() + r.sum()).backward()
    assert caught.value.__notes__[0].startswith("in the way back through qr, which ran at ")


# ------------------------------------------------------------------------------------------ what a function returns


def test_a_function_returns_what_was_announced():
    for function, flags, message in (
        (lambda x: None, {}, "an array from its function, <lambda> in line .*, got None"),
        (
            lambda x: (x, x),
            {},
            r"an array .* got a tuple of 2; results are announced by outputs=2, .*keeps=",
        ),
        (
            lambda x: x * 2,
            {"keeps": ("a",)},
            r"a tuple of 1 result and 1 kept for rules \(a\) .* got an array of shape",
        ),
        (lambda x: (x * 2, x), {"keeps": ("a", "b")}, "a tuple of 1 result and 2 kept for rules .* got a tuple of 2"),
        (lambda x: x * 2, {"outputs": 2}, "a tuple of 2 results .* got an array of shape"),
    ):
        for x in (leaf(), autograd.tensor(X)):
            with pytest.raises(TypeError, match=f"f: wanted {message}"):
                op("f", function, dx=lambda dz: dz, **flags)(x)
    with pytest.raises(TypeError, match="array of numbers from its function, got one of object"):
        op("f", lambda x: np.array([None]), dx=lambda dz: dz)(leaf())


def test_a_result_shares_no_memory_with_an_input_unless_it_is_a_view():
    for function in (lambda x: x, lambda x: x[::-1], lambda x: x.reshape(-1)):
        x = autograd.tensor(X)
        z = op("f", function, dx=lambda dz: dz)(x)
        x.zero_()
        assert z.abs().sum() > 0
    x = autograd.tensor(X)
    z = op("f", lambda x: x, view=True, dx=lambda dz: dz)(x)
    x.zero_()
    assert z.abs().sum() == 0


def test_numbers_by_position_are_counted():
    f = op("power", lambda x, *, power=2: x**power, dx=lambda dz, x, power: dz * power * x ** (power - 1))
    with pytest.raises(TypeError, match=r"power: wanted x by position and power=\.\.\. by name, got 2 by position"):
        f(leaf(), 3)
    with pytest.raises(TypeError, match="product: wanted x, y by position, got 1"):
        product()(leaf())


def test_what_is_kept_has_no_second_derivative_without_a_formula():
    def cube(x):
        return x**3, x * x

    f = op("cube", cube, keeps=("square",), dx=lambda dz, square: 3 * dz * square)
    x = leaf()
    (g,) = autograd.grad(f(x).sum(), x)
    assert g.tolist() == (3 * X * X).tolist()
    with pytest.raises(NoRuleError, match=r"cube: wanted a formula=\.\.\. for its second derivative"):
        autograd.grad((f(x) * x).sum(), x, create_graph=True)
    f = op("cube", cube, keeps=("square",), formula=lambda x: x**3, dx=lambda dz, square: 3 * dz * square)
    (g,) = autograd.grad(f(x).sum(), x, create_graph=True)
    (h,) = autograd.grad(g.sum(), x)
    assert h.tolist() == (6 * X).tolist()
    assert apply_keeping(f, x)[1][0].tolist() == (X * X).tolist()


# ------------------------------------------------------------------------------------------------- broadcasting


def outer(**flags):
    options = {"dx": lambda dz, y: dz * y, "dy": lambda dz, x: dz * x, **flags}
    return op("scale", lambda x, y: x * y, **options)


RNG = np.random.default_rng(0)
MATRIX, ROW, SQUARE = RNG.normal(size=(4, 3)), RNG.normal(size=3), RNG.normal(size=(3, 3))
BROADCAST = r"y was broadcast to \(4, 3\), so its gradient is the sum over axis 0 of what goes back to \(4, 3\)"


def test_a_gradient_of_the_broadcast_shape_is_named_as_that():
    with pytest.raises(ShapeError, match=rf"{BROADCAST}; with op\(\.\.\., broadcasts=True\) the engine does it"):
        outer()(leaf(MATRIX), leaf(ROW)).sum().backward()
    with pytest.raises(ShapeError, match=r"axes 0, 1 of what goes back"):
        outer()(leaf(MATRIX), leaf(ROW[:1, None])).sum().backward()
    y = leaf(ROW)
    outer(broadcasts=True)(leaf(MATRIX), y).sum().backward()
    np.testing.assert_allclose(y.grad.numpy(), MATRIX.sum(0), rtol=1e-12)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("rule", [lambda dz, x: (dz * x).sum(1), lambda dz, x: (dz * x).sum()])
def test_a_sum_over_the_wrong_axes_is_no_leaf_of_another_shape(rule, create_graph):
    with pytest.raises(ShapeError, match=rf"scale: the rule for y .*{BROADCAST}; the engine does it"):
        outer(broadcasts=True, dy=rule)(leaf(MATRIX), leaf(ROW)).sum().backward(create_graph=create_graph)


def test_a_rule_may_sum_by_itself():
    for flag in (False, True):
        f = outer(broadcasts=flag, dy=lambda dz, x: (dz * x).sum(0))
        assert autograd.check_grads(lambda x, y, f=f: f(x, y), [MATRIX, ROW]).verdict == "correct"


@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize(
    ("matrix", "rule", "hint"),
    [
        (MATRIX, lambda dz, x: (dz * x).sum(1), "y was broadcast to (4, 3), so its gradient is the sum over axis 0"),
        (
            MATRIX,
            lambda dz, x: (dz * x)[0],
            "y is broadcast from (3,) to (4, 3): then its gradient is the sum over axis 0",
        ),
        (SQUARE, lambda dz, x: (dz * x).sum(1), "y is broadcast from (3,) to (3, 3)"),
        (MATRIX, lambda dz, x: (dz * x).mean(0), "a mean where a sum was meant"),
    ],
)
def test_the_checker_blames_the_input_whose_rule_is_wrong_and_names_broadcasting(matrix, rule, hint, flag):
    report = autograd.check_grads(lambda x, y: outer(broadcasts=flag, dy=rule)(x, y), [matrix, ROW])
    by_name = {record.argument: record for record in report.records}
    assert by_name["x"].verdict == "correct"
    assert by_name["y"].verdict == "wrong"
    assert hint in by_name["y"].hint
    assert {each.hint for each in report.inputs if each.verdict == "wrong"} == {"follows from the operations above"}


def test_the_checker_finds_a_function_that_writes_into_its_input():
    def twice(x):
        x *= 2
        return x * 1

    report = autograd.check_grads(lambda x: op("twice", twice, dx=lambda dz: 2 * dz)(x), [ROW])
    assert report.records[0].hint == "its function writes into its input"
    assert report.verdict == "wrong"
