"""ONNX files: run by onnxruntime, loaded again, their weights bit for bit.

The kind: an operation whose word in ONNX means something else, weights that come back changed or under other names, a
file for Python that has decided by a value.
"""

import inspect
import re
import sys

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import CaptureError, CheckpointError, SettingError
from autograd.onnx.nodes import WRITERS
from autograd.onnx.words import WORDS
from nn import functional as F
from tests.conformance.programs import dcgan, gpt, resnet

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore")


def ran(path, *inputs):
    """What onnxruntime gives for a file."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(
        None, {each.name: x.detach().numpy() for each, x in zip(session.get_inputs(), inputs, strict=True)}
    )


def leaves(found):
    if isinstance(found, (tuple, list)):
        return [leaf for each in found for leaf in leaves(each)]
    return [] if found is None else [found]


def compared(model, *inputs, path, atol=1e-5):
    """Ours, onnxruntime's, and that of the file loaded again."""
    with autograd.no_grad():
        expected = [x.numpy() for x in leaves(model(*inputs))]
    autograd.onnx.export(model, inputs, path)
    loaded = autograd.onnx.load(path)
    again = leaves(loaded(*inputs))
    theirs = ran(path, *inputs)
    assert len(expected) == len(theirs) == len(again)
    for ours, other, back in zip(expected, theirs, again, strict=True):
        assert ours.shape == other.shape == back.shape
        assert ours.dtype == other.dtype == back.dtype
        np.testing.assert_allclose(other, ours, rtol=1e-5, atol=atol)
        np.testing.assert_allclose(back.detach().numpy(), ours, rtol=1e-5, atol=atol)
    return loaded


MODELS = {
    "resnet18": lambda: (resnet.ResNet(resnet.BasicBlock, [2, 2, 2, 2]), autograd.randn(1, 3, 32, 32)),
    "gpt": lambda: (gpt.GPT(gpt.Config()), autograd.randint(0, 10, (2, 8))),
    "lstm": lambda: (nn.LSTM(5, 7, 2, batch_first=True), autograd.randn(3, 4, 5)),
    "long lstm": lambda: (nn.LSTM(16, 64, batch_first=True), autograd.randn(1, 32, 16)),
    "gru, both ways": lambda: (nn.GRU(5, 7, bidirectional=True), autograd.randn(4, 2, 5)),
    "rnn": lambda: (nn.RNN(5, 7, nonlinearity="relu"), autograd.randn(4, 2, 5)),
    "generator": lambda: (dcgan.Generator(), autograd.randn(2, dcgan.nz, 1, 1)),
    "discriminator": lambda: (dcgan.Discriminator(), autograd.randn(2, dcgan.nc, 32, 32)),
    "transformer": lambda: (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), autograd.randn(2, 3, 8)),
}


SLOW = {"resnet18": pytest.mark.slow}


@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, ())) for name in MODELS])
def test_standard_models(name, tmp_path):
    autograd.manual_seed(0)
    model, x = MODELS[name]()
    try:
        model(x)  # running means of some use
    except Exception as error:
        pytest.skip(str(error)) if name == "discriminator" else pytest.fail(str(error))
    model.eval()
    loaded = compared(model, x, path=tmp_path / "m.onnx")
    state = model.state_dict()
    found = loaded.state_dict()
    assert list(found) == list(state)
    for key, value in state.items():
        assert (found[key].dtype, found[key].numpy().tobytes()) == (value.dtype, value.numpy().tobytes())
    model.load_state_dict(found)
    names = {each.name for each in onnx.load(tmp_path / "m.onnx").graph.initializer}
    assert len(names & set(state)) >= len(state) / 2


class Masked(nn.Module):
    """A mask that is made from a length, as programs of PyTorch's do; the encoder looks at it."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1)

    def forward(self, x):
        return self.encoder(x, mask=nn.Transformer.generate_square_subsequent_mask(x.shape[1]))


LAYERS = [
    lambda: (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2, bias=False)), (2, 3)),
    lambda: (nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.RMSNorm(4)), (2, 5, 3)),
    lambda: (
        nn.Sequential(nn.Conv1d(3, 4, 3, padding=1), nn.BatchNorm1d(4), nn.MaxPool1d(2), nn.AvgPool1d(3, 2)),
        (2, 3, 20),
    ),
    lambda: (nn.Sequential(nn.Conv2d(4, 6, (3, 2), 2, 1, 2, groups=2), nn.BatchNorm2d(6, affine=False)), (2, 4, 9, 8)),
    lambda: (nn.ConvTranspose2d(4, 6, 3, 2, 1, output_padding=1, groups=2), (2, 4, 5, 6)),
    lambda: (nn.Conv3d(2, 3, 2), (1, 2, 4, 4, 4)),
    lambda: (nn.MaxPool2d(3, 2, 1, ceil_mode=True), (1, 2, 8, 9)),
    lambda: (nn.MaxPool2d(2, dilation=2), (1, 2, 8, 9)),
    lambda: (nn.AvgPool2d(3, 2, 1), (1, 2, 8, 9)),
    lambda: (nn.AvgPool2d(3, 2, 1, count_include_pad=False), (1, 2, 8, 9)),
    lambda: (nn.AvgPool2d(3, 2, 1, ceil_mode=True), (1, 2, 8, 10)),
    lambda: (nn.AvgPool2d(2, divisor_override=3), (1, 2, 8, 9)),
    lambda: (nn.AdaptiveAvgPool2d((2, 3)), (1, 2, 8, 9)),
    lambda: (nn.Sequential(nn.AdaptiveMaxPool2d((3, 2)), nn.AdaptiveMaxPool2d(1)), (1, 2, 7, 9)),
    lambda: (
        nn.Sequential(nn.ReflectionPad2d((1, 2, 0, 1)), nn.ReplicationPad2d(2), nn.CircularPad2d(1)),
        (1, 2, 4, 5),
    ),
    lambda: (nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), (1, 2, 5, 6)),
    lambda: (Masked(), (2, 5, 8)),
    lambda: (nn.Sequential(nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True)), (2, 4, 5, 6)),
    lambda: (nn.Sequential(nn.Upsample(scale_factor=2), nn.Upsample(size=(7, 9), mode="bilinear")), (1, 2, 3, 4)),
    lambda: (nn.Sequential(nn.PReLU(4), nn.PReLU()), (2, 4, 3)),
    lambda: (nn.MultiheadAttention(8, 2, batch_first=True), (2, 3, 8)),
    lambda: (nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Unflatten(1, (3, 4)), nn.ZeroPad2d(1)), (2, 3, 2, 2)),
]


@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_layers(number, tmp_path, rng):
    autograd.manual_seed(0)
    model, shape = LAYERS[number]()
    x = autograd.tensor(rng.standard_normal(shape).astype(np.float32))
    inputs = (x, x, x) if isinstance(model, nn.MultiheadAttention) else (x,)
    model(*inputs)
    compared(model.eval(), *inputs, path=tmp_path / "m.onnx")


ACTIVATIONS = """
    GELU Sigmoid Tanh SiLU ELU CELU SELU LeakyReLU Softplus Hardtanh ReLU ReLU6 Hardswish Hardsigmoid Mish LogSigmoid
    Softsign Tanhshrink Hardshrink Softshrink Softmin
"""


@pytest.mark.parametrize("name", ACTIVATIONS.split())
def test_activations(name, tmp_path, rng):
    cls = getattr(nn, name)
    model = cls(dim=1) if "dim" in inspect.signature(cls).parameters else cls()
    x = autograd.tensor((4 * rng.standard_normal((5, 7))).astype(np.float32))
    compared(model, x, path=tmp_path / "m.onnx")


FUNCTIONS = [
    lambda x: autograd.cat([x.exp(), (x.abs() + 1).log()], 1).permute(1, 0)[1:, ::2],
    lambda x: (x.sum(0), x.mean((0, 1), keepdim=True), x.amax(1), x.amin(), x.prod(1), x.logsumexp(1), x.norm()),
    lambda x: (x.var(1), x.std(), x.var(0, correction=0, keepdim=True), x.var((0, 1))),
    lambda x: (x[0], x[:, -1], x[1:3, [0, 2]], x[None, :: -1 if False else 2], x[..., None], x[0, 1], x[:, [1]]),
    lambda x: (x.clamp(0, 1), x.clamp(min=0), x.clamp(max=0), autograd.where(x > 0, x, -x), x.masked_fill(x < 0, 9)),
    lambda x: (x**2, x**3, 2.0**x, x.square(), (x * x).sqrt(), (x * x + 1).rsqrt(), 1 / (x + 9), x / 3, 3 - x, -x),
    lambda x: (autograd.stack([x, x], 1), x.split([1, 3], 0), x.unbind(1), x.flip(0), x.expand(2, 4, 5), x.cumsum(1)),
    lambda x: (x.tril(), x.triu(1), F.pad(x, (1, 2), value=3.0), x @ x.t(), autograd.einsum("ij,kj->ik", x, x)),
    lambda x: (x.sin(), x.cos(), x.tanh(), x.erf(), x.floor(), x.ceil(), x.round(), x.sign(), x.abs(), x.sigmoid()),
    lambda x: (x.gt(0), x.eq(x), x.ne(0), (x > 0) & (x < 1), (x > 0) | (x < 1), ~(x > 0), x.isnan()),
    lambda x: (x.long(), x.double(), (x > 0).float(), autograd.softmax(x, 0), autograd.log_softmax(x, 1)),
    lambda x: (autograd.maximum(x, x.t().reshape(4, 5)), autograd.minimum(x, x * 2), x.gather(1, (x > 0).long())),
    lambda x: (x.argmax(1), x.argmin(0, keepdim=True), x.argmax(), x.max(1), x.min(0)),
    lambda x: x.index_select(1, autograd.tensor([0, 2])) + autograd.arange(2) * autograd.ones(4, 1).tril(),
    lambda x: F.scaled_dot_product_attention(x[None], x[None], x[None], is_causal=True),
    lambda x: (x + 1).add_(x).mul_(2),
    lambda x: (
        x.reshape(2, 10),
        x.view(-1),
        x.squeeze(),
        x.unsqueeze(1),
        x.transpose(0, 1),
        x.flatten(),
        x.repeat(2, 1),
    ),
]


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_functions(number, tmp_path, rng):
    x = autograd.tensor(rng.standard_normal((4, 5)).astype(np.float32))
    compared(FUNCTIONS[number], x, path=tmp_path / "f.onnx")


def test_names_and_several_inputs(tmp_path):
    path = tmp_path / "f.onnx"
    x, y = autograd.ones(2), autograd.ones(2)
    autograd.onnx.export(lambda a, b: (a + b, a - b), (x, y), path, input_names=["a", "b"], output_names=["s", "d"])
    loaded = autograd.onnx.load(path)
    assert (loaded.inputs, loaded.outputs) == (["a", "b"], ["s", "d"])
    assert [each.tolist() for each in loaded(np.ones(2, np.float32), x * 2)] == [[3, 3], [-1, -1]]
    assert "a, b -> s, d" in repr(loaded)
    with pytest.raises(TypeError, match="wanted 2 inputs"):
        loaded(x)
    with pytest.raises(SettingError, match="2 input_names for 1 inputs"):
        autograd.onnx.export(lambda a: a + 1, x, path, input_names=["a", "b"])


def test_what_was_loaded_can_be_trained(tmp_path):
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x, y = autograd.randn(8, 3), autograd.randn(8, 1)
    autograd.onnx.export(model, x, tmp_path / "m.onnx")
    loaded = autograd.onnx.load(tmp_path / "m.onnx")
    F.mse_loss(loaded(x), y).backward()
    F.mse_loss(model(x), y).backward()
    for name, p in model.named_parameters():
        np.testing.assert_allclose(loaded.weights[name].grad.numpy(), p.grad.numpy(), rtol=1e-5, atol=1e-7)
    assert len(list(loaded.parameters())) == 4


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (lambda x: x if x.sum() > 0 else -x, CaptureError, "Python may have decided by it"),
        (lambda x: x.lgamma(), CaptureError, "lgamma at .* has no word in ONNX"),
        (lambda x: x + autograd.rand(2, 3), CaptureError, "draws random numbers"),
        (nn.Dropout(), SettingError, "the model is in training mode"),
        (nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)), SettingError, "1 is in training mode"),
        (3, SettingError, "wanted a module or a function"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(model, error, message, tmp_path):
    path = tmp_path / "m.onnx"
    with pytest.raises(error, match=message):
        autograd.onnx.export(model, autograd.ones(2, 3), path)
    assert not path.exists()


def test_a_wrong_word_is_found_before_there_is_a_file(monkeypatch, tmp_path):
    monkeypatch.setitem(WRITERS, "exp", WRITERS["sin"])
    with pytest.raises(CaptureError, match="onnxruntime computes something else"):
        autograd.onnx.export(lambda x: x.exp(), autograd.ones(2), tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_what_is_written_to_is_no_constant(tmp_path):
    def scatter(x):
        z = autograd.zeros(2, 3)
        y = z + 1
        z.add_(x)
        return y + z

    compared(scatter, autograd.ones(2, 3) * 5, path=tmp_path / "f.onnx")
    with pytest.raises(CaptureError, match="draws random numbers"):
        autograd.onnx.export(lambda x: x + autograd.randn(3).abs(), autograd.ones(3), tmp_path / "g.onnx")


def test_foreign_and_damaged_files_are_refused(tmp_path):
    path = tmp_path / "m.onnx"
    helper = onnx.helper
    ends = [helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Exp", ["x"], ["y"])], "g", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 20)]), path)
    with pytest.raises(CheckpointError, match=r"m\.onnx: it was not written by autograd\.onnx\.export"):
        autograd.onnx.load(path)
    path.write_bytes(b"no file of that kind")
    with pytest.raises(CheckpointError, match="damaged or no ONNX file"):
        autograd.onnx.load(path)


def test_every_word_that_is_written_is_read(tmp_path):
    sources = "".join(inspect.getsource(sys.modules[f"autograd.onnx.{name}"]) for name in ("nodes", "shapes", "layers"))
    written = {*re.findall(r'g\.node\(\s*"(\w+)"', sources), *re.findall(r': "([A-Z]\w+)"', sources)}
    reduced = {"Sum", "Mean", "Max", "Min", "Prod", "LogSumExp", "L1", "L2"}
    assert written - WORDS.keys() - reduced == set()


def test_without_onnx_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(
        ModuleNotFoundError, match=r"^autograd\.onnx\.export needs onnx: pip install 'wengert\[onnx\]'$"
    ):
        autograd.onnx.export(lambda x: x, autograd.ones(1), tmp_path / "m.onnx")
