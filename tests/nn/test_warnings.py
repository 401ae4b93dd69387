"""Warnings for learners: given for the mistake, given once, silent for what is right, off with one switch."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from nn import learner

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 64)).astype(np.float32)
TARGET = np.array([0, 1, 2, 0])


def given(function, *, times=1):
    """The messages of the warnings for learners that `function` gives when it is run."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(times):
            function()
    assert all(w.category is nn.LearnerWarning for w in caught)
    return [(str(w.message), Path(w.filename).name) for w in caught]


def steps(clear, count=6, backward=1):
    """Train a small model; `clear(optimizer, model)` is called before each backward pass."""
    model = nn.Linear(3, 2)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(count):
        clear(optimizer, model)
        for _ in range(backward):
            model(autograd.randn(4, 3)).square().sum().backward()
        optimizer.step()


def nothing(optimizer, model):
    pass


def scores():
    return autograd.randn(4, 3, requires_grad=True)


def test_softmax_before_cross_entropy():
    ((message, file),) = given(lambda: F.cross_entropy(scores().softmax(1), TARGET), times=3)
    assert "applies softmax itself" in message
    assert "learner_warnings(False)" in message
    assert file == "test_warnings.py"


def test_probabilities_from_elsewhere_into_cross_entropy():
    def by_hand():
        e = scores().exp()
        F.cross_entropy(e / e.sum(1, keepdim=True), TARGET)

    ((message, _),) = given(by_hand, times=2)
    assert "probabilities that add up to 1" in message


def test_scores_and_log_probabilities_are_right():
    uniform = autograd.full((4, 3), 1 / 3)  # what a network gives that has learned nothing
    assert given(lambda: F.cross_entropy(scores(), TARGET)) == []
    assert given(lambda: F.cross_entropy(scores().log_softmax(1), TARGET)) == []
    assert given(lambda: F.cross_entropy(uniform, TARGET)) == []


def test_one_hot_targets():
    one_hot = np.eye(3, dtype=np.float32)[TARGET]
    ((message, _),) = given(lambda: F.cross_entropy(scores(), one_hot), times=2)
    assert "target.argmax(1)" in message
    learner.learner_warnings(True)
    smooth = one_hot * 0.9 + 0.1 / 3
    mixed = np.concatenate([one_hot[:3], smooth[3:]])
    assert given(lambda: (F.cross_entropy(scores(), smooth), F.cross_entropy(scores(), mixed))) == []


def test_raw_pixels():
    ((message, file),) = given(lambda: nn.MLP(64, 5, 3)(autograd.tensor(PIXELS)), times=2)
    assert message.startswith("Linear: the input consists of whole numbers from 0 to 255: raw pixels?")
    assert file == "test_warnings.py"
    learner.learner_warnings(True)
    images = autograd.tensor(PIXELS.reshape(2, 1, 16, 16))
    assert len(given(lambda: nn.Conv2d(1, 2, 3)(images))) == 1


def test_what_is_no_raw_pixels():
    layers = nn.Sequential(nn.Linear(64, 64), nn.Linear(64, 3))
    assert given(lambda: layers(autograd.tensor(PIXELS / 255))) == []
    assert given(lambda: nn.Linear(64, 3)(autograd.tensor(PIXELS - 128))) == []
    assert given(lambda: nn.Linear(64, 3)(autograd.tensor(PIXELS % 10))) == []  # small counts
    assert given(lambda: nn.Linear(64, 3).eval()(autograd.tensor(PIXELS))) == []
    assert given(lambda: nn.BatchNorm1d(64)(autograd.tensor(PIXELS))) == []  # scales them itself
    assert given(lambda: nn.Embedding(256, 2)(autograd.tensor(PIXELS.astype(np.int64)))) == []


def test_a_layer_is_looked_at_when_it_is_first_called_only():
    layer = nn.Linear(64, 3)
    layer(autograd.tensor(PIXELS / 255))
    assert layer._hooks is None
    assert given(lambda: layer(autograd.tensor(PIXELS))) == []


def test_forgotten_zero_grad():
    ((message, file),) = given(lambda: steps(nothing))
    assert "zero_grad() missing" in message
    assert file == "test_warnings.py"


@pytest.mark.parametrize(
    "clear",
    [
        lambda optimizer, model: optimizer.zero_grad(),
        lambda optimizer, model: optimizer.zero_grad(set_to_none=False),
        lambda optimizer, model: model.zero_grad(),
        lambda optimizer, model: [p.grad.zero_() for p in model.parameters() if p.grad is not None],
        lambda optimizer, model: [setattr(p, "grad", None) for p in model.parameters()],
    ],
    ids=["zero_grad", "zeros", "model", "zero_", "None"],
)
def test_gradients_cleared_in_any_way(clear):
    assert given(lambda: steps(clear)) == []
    assert given(lambda: steps(clear, backward=5)) == []  # gradients collected over several batches


def test_steps_on_gradients_that_nobody_adds_to():
    p = nn.Parameter(np.ones(2, np.float32))
    p.grad = autograd.ones(2)
    optimizer = nn.optim.SGD([p], lr=0.1)
    assert given(optimizer.step, times=10) == []


def test_two_networks_that_train_in_turn():
    generator, critic = nn.Linear(2, 2), nn.Linear(2, 1)
    first, second = nn.optim.SGD(generator.parameters()), nn.optim.SGD(critic.parameters())

    def train():
        z = autograd.randn(4, 2)
        second.zero_grad()
        critic(generator(z).detach()).mean().backward()
        second.step()
        for _ in range(5):  # these leave gradients in the critic, which its next step clears
            first.zero_grad()
            critic(generator(z)).mean().backward()
            first.step()

    assert given(train, times=5) == []


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(3)], ids=["dropout", "batch-norm"])
def test_evaluating_in_training_mode(layer):
    model = nn.Sequential(nn.Linear(3, 3), layer)
    optimizer = nn.optim.SGD(model.parameters())

    def evaluate():
        with autograd.no_grad():
            model(autograd.randn(4, 3))

    assert given(evaluate) == []  # nothing has been trained yet
    model(autograd.randn(4, 3)).sum().backward()
    optimizer.step()
    model.eval()
    assert given(evaluate) == []
    model.train()
    ((message, file),) = given(evaluate, times=2)
    assert "call model.eval()" in message
    assert file == "test_warnings.py"


def test_a_checkpointed_part_of_training_is_no_evaluation():
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))
    optimizer = nn.optim.SGD(model.parameters())

    def train():
        optimizer.zero_grad()
        autograd.checkpoint(model, autograd.randn(4, 3)).sum().backward()
        optimizer.step()

    assert given(train, times=3) == []


def test_one_switch_turns_all_of_them_off():
    nn.learner_warnings(False)
    assert given(lambda: F.cross_entropy(scores().softmax(1), TARGET)) == []
    assert given(lambda: nn.Linear(64, 3)(autograd.tensor(PIXELS))) == []
    assert given(lambda: steps(nothing)) == []
    nn.learner_warnings(True)
    assert len(given(lambda: steps(nothing))) == 1


def test_the_environment_turns_them_off():
    code = (
        "import autograd, nn.functional as F, numpy as np\n"
        "F.cross_entropy(autograd.randn(2, 3, requires_grad=True).softmax(1), np.array([0, 1]))"
    )
    for value, warned in (("0", False), ("1", True)):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
            env={"WENGERT_LEARNER_WARNINGS": value},
        )
        assert ("LearnerWarning" in done.stderr) == warned
