"""summary: the table, FLOPs by hand, failures, and that nothing of the model changes."""

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ShapeError
from nn.utils import summary


class Net(nn.Module):
    def __init__(self, features=36):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(features, 2)
        self.spare = nn.Linear(7, 7)

    def forward(self, x):
        return self.head(self.drop(self.norm(self.conv(x))).flatten(1))


def test_table():
    table = summary(Net(), input_size=(2, 1, 5, 5))
    assert str(table).splitlines() == [
        "layer                output        parameters  bytes  FLOPs",
        "-----------------------------------------------------------",
        "Net                  (2, 2)                 -      -      -",
        "  conv: Conv2d       (2, 4, 3, 3)          40    288  1,296",
        "  norm: BatchNorm2d  (2, 4, 3, 3)           8    288      -",
        "  drop: Dropout      (2, 4, 3, 3)           -    288      -",
        "  head: Linear       (2, 2)                74     16    288",
        "  spare: Linear      not called            56      -      -",
        "-----------------------------------------------------------",
        "parameters: 178 (712 bytes), 178 of them trainable",
        "outputs: 880 bytes; forward pass: 1,584 FLOPs",
    ]
    assert table.error is None


def test_html():
    page = summary(nn.Sequential(nn.Linear(2, 3)), input_size=(1, 2))._repr_html_()
    assert "0: Linear" in page
    assert page.count("<tr ") == 3


def test_a_layer_that_fails_is_named_and_nothing_raises():
    table = summary(Net(features=30), input_size=(2, 1, 5, 5))
    assert isinstance(table.error, ShapeError)
    assert table.failed == "head"
    lines = str(table).splitlines()
    assert lines[2].split()[:2] == ["Net", "unfinished"]
    assert lines[6].split()[:3] == ["head:", "Linear", "failed"]
    assert not any("spare" in line for line in lines)
    assert lines[-1].startswith(
        "failed in layer 'head', Linear(in_features=30, out_features=2, bias=True), given (2, 36): ShapeError: linear: "
        "mat1 and mat2 shapes cannot be multiplied (2x36 and 30x2)"
    )


def test_a_model_that_fails_by_itself():
    class Broken(nn.Module):
        def forward(self, x):
            raise KeyError("missing")

    table = summary(nn.Sequential(nn.Identity(), Broken()), input_size=(1,))
    assert isinstance(table.error, KeyError)
    assert table.failed == "1"
    assert "failed in layer '1', Broken(), given (1,): KeyError: 'missing'" in str(table)


def test_nothing_of_the_model_changes():
    class Noisy(Net):
        def forward(self, x):
            self.norm.running_mean._array += 1
            return super().forward(x + autograd.randn(*x.shape))

    model = Noisy()
    model.drop.eval()
    calls = []
    model.conv.register_forward_hook(lambda *args: calls.append("hook"))
    modes = [module.training for module in model.modules()]
    hooks = [module._hooks for module in model.modules()]
    buffers = [b.numpy().copy() for b in model.buffers()]
    state = autograd.get_rng_state().numpy().copy()
    for _ in range(2):
        summary(model, autograd.zeros(2, 1, 5, 5))
    assert calls == ["hook", "hook"]
    assert [module.training for module in model.modules()] == modes
    assert all(module._hooks is hook for module, hook in zip(model.modules(), hooks, strict=True))
    assert len(model.conv._hooks.forward) == 1
    for before, b in zip(buffers, model.buffers(), strict=True):
        np.testing.assert_array_equal(before, b.numpy())
    np.testing.assert_array_equal(autograd.get_rng_state().numpy(), state)
    assert len(autograd.tape().records) == 0


def test_shared_layers_are_counted_once():
    layer = nn.Linear(3, 3)
    table = summary(nn.Sequential(layer, nn.ReLU(), layer), input_size=(2, 3))
    assert table.parameters == 12
    assert [row.parameters for row in table.rows] == [0, 12, 0, 0]
    assert table.flops == 2 * 2 * (2 * 3 * 3)


def test_frozen_parameters():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    model[0].requires_grad_(False)
    table = summary(model, input_size=(1, 3))
    assert (table.parameters, table.trainable) == (11, 3)
    assert "8 (frozen)" in str(table)


@pytest.mark.parametrize(
    ("layer", "sizes", "flops"),
    [
        (nn.Linear(5, 7), [(2, 3, 5)], 2 * 6 * 5 * 7),
        (nn.Bilinear(2, 3, 4), [(6, 2), (6, 3)], 2 * 6 * 4 * (2 * 3 + 3)),
        (nn.Conv2d(4, 6, 3, stride=2, groups=2), [(2, 4, 7, 9)], 2 * 2 * 6 * (3 * 4) * (2 * 9)),
        (nn.ConvTranspose2d(4, 6, 3, stride=2), [(2, 4, 5, 5)], 2 * 2 * 25 * 4 * 6 * 9),
        # L = 3, N = 2, E = 4: four projections of 6 vectors; scores and sums of 2 * 3 * 3 pairs
        (nn.MultiheadAttention(4, 2), [(3, 2, 4)] * 3, 2 * (4 * 6 * 16 + 2 * 18 * 4)),
        (nn.MultiheadAttention(4, 2, batch_first=True), [(2, 3, 4)] * 3, 2 * (4 * 6 * 16 + 2 * 18 * 4)),
        (nn.ReLU(), [(3, 3)], 0),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, nn.Module) else "",
)
def test_flops(layer, sizes, flops):
    assert summary(layer, input_size=sizes).flops == flops


def test_inputs():
    model = nn.Linear(3, 2)
    assert summary(model, np.zeros((4, 3), np.float32)).rows[0].output_shape == [(4, 2)]
    assert summary(model, (4, 3)).rows[0].output_shape == [(4, 2)]
    assert summary(model.double(), input_size=(4, 3)).error is None
    assert summary(nn.Embedding(5, 2), input_size=(4,), dtype=np.int64).rows[0].output_shape == [(4, 2)]
    with pytest.raises(TypeError, match="either an input or the input_size"):
        summary(model)


def test_lists_of_modules_are_no_rows_of_their_own():
    table = summary(nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2), input_size=(3, 2, 4))
    assert [(row.name, row.depth) for row in table.rows if row.depth < 2] == [("", 0), ("layers.0", 1), ("layers.1", 1)]
    assert all(row.reached for row in table.rows)
