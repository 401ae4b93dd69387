"""Names of PyTorch's that real programs use, and what they do here.

The kind: a name that a program for PyTorch uses and that is missing, so that the program stops. What
there is works; what is not here says so in one sentence, as an AttributeError.
"""

from __future__ import annotations

import importlib
import math
import subprocess
import sys

import numpy as np
import pytest

import autograd as torch
import nn
import nn.functional as F
from autograd.errors import DeviceError, SettingError, ShapeError
from nn.modules.utils import _ntuple, _pair, _quadruple, _reverse_repeat_tuple, _single, _triple


def draw(*shape, seed=0):
    return torch.tensor(np.random.default_rng(seed).standard_normal(shape))


IMPORTS = """
import nn.functional as F
import nn.init as init
from nn import Parameter, init
from nn.attention import SDPBackend, sdpa_kernel
from nn.modules import Module
from nn.modules.activation import MultiheadAttention
from nn.modules.batchnorm import _BatchNorm, BatchNorm2d, SyncBatchNorm
from nn.modules.container import ModuleList, Sequential
from nn.modules.conv import _ConvNd, Conv2d, ConvTranspose2d
from nn.modules.dropout import _DropoutNd
from nn.modules.instancenorm import _InstanceNorm
from nn.modules.linear import Linear
from nn.modules.loss import _Loss, _WeightedLoss, CrossEntropyLoss
from nn.modules.module import Module, _IncompatibleKeys
from nn.modules.normalization import LayerNorm, CrossMapLRN2d
from nn.modules.padding import ZeroPad2d
from nn.modules.pooling import _MaxPoolNd, MaxPool2d, FractionalMaxPool2d
from nn.modules.rnn import RNNBase, apply_permutation
from nn.modules.sparse import Embedding
from nn.modules.transformer import TransformerEncoder
from nn.modules.upsampling import Upsample
from nn.modules.utils import _pair, _single, _triple, _ntuple
from nn.parallel import DataParallel, data_parallel
from nn.parameter import Parameter
from nn.utils import clip_grad_norm, clip_grad_norm_
from nn.utils import prune
from nn.utils.parametrizations import spectral_norm, weight_norm
from nn.utils.prune import l1_unstructured
from nn.utils.rnn import pack_padded_sequence, pad_sequence
from nn.optim import Adafactor, Muon
from nn.optim.adamw import AdamW
from nn.optim.lr_scheduler import StepLR, _LRScheduler
from nn.optim.optimizer import Optimizer, required
from nn.data.dataloader import default_collate
from nn.data.dataset import Dataset, IterableDataset
from nn.data.distributed import DistributedSampler
from nn.data.sampler import Sampler
from autograd import autocast, GradScaler, Variable, Tensor, FloatTensor, dtype, device, is_complex
from autograd.amp import GradScaler, autocast, custom_bwd, custom_fwd
from autograd.cuda.amp import GradScaler, autocast
from autograd.function import Function, FunctionCtx, once_differentiable
from autograd.func import functional_call, grad, jacrev, stack_module_state, vmap
from autograd.jit import script, trace, Final
from autograd.random import fork_rng
from autograd.special import expit, gammaln
from autograd.testing import assert_close, make_tensor
from autograd.utils.checkpoint import checkpoint, checkpoint_sequential
from autograd.utils.data import DataLoader
from autograd.utils.hooks import RemovableHandle
"""


def test_imports_of_programs():
    for line in IMPORTS.strip().splitlines():
        exec(line, {})
    assert nn.modules.conv._ConvNd is nn.layers.conv._ConvNd
    assert isinstance(nn.BatchNorm2d(3), nn.modules.batchnorm._BatchNorm)
    assert not isinstance(nn.InstanceNorm2d(3), nn.modules.batchnorm._BatchNorm)
    assert issubclass(nn.MSELoss, nn.modules.loss._Loss)
    assert nn.modules.Linear is nn.Linear
    with pytest.raises(AttributeError, match="nonsense"):
        nn.modules.conv.nonsense  # noqa: B018
    assert "Conv2d" in dir(nn.modules.conv)


def test_tuples():
    assert _pair(3) == (3, 3)
    assert _pair([1, 2]) == (1, 2)
    assert (_single(1), _triple(1), _quadruple(1)) == ((1,), (1, 1, 1), (1, 1, 1, 1))
    assert _ntuple(2)("ab") == ("a", "b")
    assert _reverse_repeat_tuple((1, 2), 2) == (2, 2, 1, 1)
    state = {"module.weight": 1, "bias": 2}
    nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    assert state == {"weight": 1, "bias": 2}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nn.optim.SparseAdam", "use Adam"),
        ("nn.parallel.DistributedDataParallelCPU", "several processes"),
        ("nn.Container", "removed"),
        ("nn.functional.has_torch_function", "overridden"),
        ("nn.LinearCrossEntropyLoss", "CrossEntropyLoss"),
        ("nn.data.IterDataPipe", "IterableDataset"),
        ("nn.modules.module.register_module_forward_hook", "each"),
        ("nn.attention.flex_attention", "Tensor"),
        ("nn.quantized", "quantised"),
        ("autograd.sparse_coo_tensor", "dense"),
        ("autograd.sparse", "dense"),
        ("autograd.fft", "numpy.fft"),
        ("autograd.stft", "numpy.fft"),
        ("autograd.complex", "real and the imaginary"),
        ("autograd.quantize_per_tensor", "float32"),
        ("autograd.cudnn_convolution", "public function"),
        ("autograd.UntypedStorage", "numpy"),
        ("autograd.float8_e4m3fn", "NumPy"),
        ("autograd.profiler.emit_nvtx", "one profiler"),
        ("autograd.utils.bottleneck", "autograd.profiler.profile"),
        ("autograd.hub", "nn.load"),
        ("autograd.jit.load", "state_dict"),
        ("autograd.linalg.eig", "complex"),
        ("autograd.cuda.nvtx", "CPU"),
        ("autograd.distributed.TCPStore", "MPI"),
        ("autograd.graph.saved_tensors_hooks", "register_hook"),
        ("autograd.serialization.register_package", "state_dict"),
        ("autograd.utils.cpp_extension", "Numba"),
        ("autograd.func.functionalize", "compiler"),
    ],
)
def test_what_is_not_here_says_why(name, why):
    where, _, last = name.rpartition(".")
    parts = where.split(".")
    home = importlib.import_module(parts[0])
    for part in parts[1:]:
        home = getattr(home, part)
    assert not hasattr(home, last)
    with pytest.raises(AttributeError, match=f"{last} is not here: .*{why}"):
        getattr(home, last)


def test_tensors_say_what_they_have_not():
    x = torch.ones(2)
    for name in ("to_sparse", "cfloat", "untyped_storage", "q_scale", "stft"):
        assert not hasattr(x, name)
        with pytest.raises(AttributeError, match=f"Tensor.{name} is not here: "):
            getattr(x, name)
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'nonsense'"):
        x.nonsense  # noqa: B018
    assert not any((x.is_sparse, x.is_quantized, x.is_mps, x.is_pinned(), x.is_conj()))
    assert x.layout is torch.strided
    assert isinstance(torch.strided, torch.layout)


def test_dtypes_that_are_not_here_are_names():
    assert isinstance(torch.float32, torch.dtype)
    assert torch.float32 not in (torch.bfloat16, torch.complex64)
    assert torch.ones(1).dtype != torch.bfloat16
    for use in (
        lambda: torch.ones(2, dtype=torch.bfloat16),
        lambda: torch.ones(2).to(torch.bfloat16),
        lambda: torch.ones(2).bfloat16(),
        lambda: nn.Linear(2, 2).to(torch.complex64),
        lambda: nn.Linear(2, 2, dtype=torch.bfloat16),
        lambda: torch.ones(2).sum(dtype=torch.complex128),
    ):
        with pytest.raises(TypeError, match=r"not here|no such numbers"):
            use()
    assert not torch.is_complex(torch.ones(1))
    assert torch.zeros(2, dtype=torch.uint16).dtype == np.uint16


def test_mixed_precision_changes_nothing():
    model = nn.Linear(3, 1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.cuda.amp.GradScaler()
    before = model.weight.detach().clone()
    with torch.autocast("cuda", dtype=torch.bfloat16), torch.cuda.amp.autocast(), torch.amp.autocast(device_type="cpu"):
        loss = model(torch.ones(2, 3)).sum()
        assert not torch.is_autocast_enabled()
    assert loss.dtype == torch.float32
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    np.testing.assert_allclose((before - model.weight).detach().numpy(), 0.2, rtol=1e-5)
    assert (scaler.get_scale(), scaler.is_enabled(), scaler.state_dict()) == (1.0, False, {})
    with pytest.raises(DeviceError, match="toaster"):
        torch.autocast("toaster")

    @torch.autocast("cpu")
    def double(x):
        return 2 * x

    assert double(2) == 4


def test_other_devices_answer_that_they_are_not_here():
    assert not any(device.is_available() for device in (torch.cuda, torch.mps, torch.xpu, torch.accelerator))
    assert torch.cuda.device_count() == torch.cuda.memory_allocated() == 0
    torch.cuda.synchronize()
    with pytest.raises(DeviceError, match="get_device_name"):
        torch.cuda.get_device_name(0)
    torch.backends.cudnn.benchmark = True
    assert torch.backends.cudnn.benchmark
    torch.backends.cuda.matmul.allow_tf32 = False
    with torch.backends.cudnn.flags(enabled=False):
        pass
    assert torch.distributed.is_available()
    assert not torch.distributed.is_initialized()
    assert torch.version.cuda is None
    assert torch.multiprocessing.cpu_count() > 0


def test_jit_returns_what_it_is_given():
    model = nn.Linear(2, 2)
    assert torch.jit.script(model) is model
    assert torch.jit.trace(model, torch.ones(1, 2)) is model
    assert not isinstance(model, torch.jit.ScriptModule)
    assert not torch.jit.is_scripting()
    assert torch.jit.wait(torch.jit.fork(lambda x: x + 1, 2)) == 3


def test_data_parallel_is_the_module_itself():
    inner = nn.Linear(3, 2)
    model = nn.DataParallel(inner)
    x = torch.ones(4, 3)
    assert (model(x) == inner(x)).all()
    assert list(model.state_dict()) == ["module.weight", "module.bias"]
    assert (nn.parallel.data_parallel(inner, x) == inner(x)).all()
    with pytest.raises(DeviceError, match="0"):
        nn.DataParallel(inner, device_ids=[0])


def test_sync_batch_norm_is_batch_norm():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Sequential(nn.BatchNorm2d(2, affine=False)))
    x = torch.randn(4, 1, 6, 6)
    wanted = model(x)
    twin = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Sequential(nn.BatchNorm2d(2, affine=False)))
    twin[0] = model[0]
    weight = twin[1].weight
    twin = nn.SyncBatchNorm.convert_sync_batchnorm(twin)
    assert type(twin[1]) is type(twin[2][0]) is nn.SyncBatchNorm
    assert twin[1].weight is weight
    np.testing.assert_array_equal(twin(x).detach().numpy(), wanted.detach().numpy())
    np.testing.assert_array_equal(twin[1].running_var.numpy(), model[1].running_var.numpy())
    with pytest.raises(ShapeError, match="at least 2D"):
        nn.SyncBatchNorm(2)(torch.ones(2))


def test_fractional_max_pooling():
    x = draw(2, 3, 8, 7).requires_grad_()
    u = torch.tensor(np.random.default_rng(1).random((2, 3, 2)))
    z, where = F.fractional_max_pool2d(x, (3, 2), (4, 3), _random_samples=u, return_indices=True)
    for n, c in np.ndindex(2, 3):
        starts = []
        for size, window, count, sample in ((8, 3, 4, u[n, c, 1].item()), (7, 2, 3, u[n, c, 0].item())):
            step = (size - window) / (count - 1)
            places = [int((i + sample) * step) - int(sample * step) for i in range(count - 1)]
            starts.append([*places, size - window])
        for i, j in np.ndindex(4, 3):
            p, q = starts[0][i], starts[1][j]
            assert z[n, c, i, j] == x[n, c, p : p + 3, q : q + 2].max()
            assert x[n, c].flatten()[where[n, c, i, j]] == z[n, c, i, j]
    z.sum().backward()
    assert x.grad.sum() == z.numel()
    assert nn.FractionalMaxPool2d(2, output_ratio=0.5)(x).shape == (2, 3, 4, 3)
    assert nn.FractionalMaxPool3d(2, output_size=(2, 3, 4))(torch.ones(1, 5, 6, 7)).shape == (1, 2, 3, 4)
    with pytest.raises(SettingError, match="output_size and output_ratio"):
        nn.FractionalMaxPool2d(2)
    with pytest.raises(ShapeError, match="do not fit"):
        F.fractional_max_pool2d(x, 5, 5)


def test_cross_map_normalisation_is_local_response_normalisation():
    x = draw(2, 7, 3, 3)
    for size in (1, 3, 5):
        ours = nn.CrossMapLRN2d(size, 0.3, 0.6, 1.5)(x)
        np.testing.assert_allclose(ours.numpy(), F.local_response_norm(x, size, 0.3, 0.6, 1.5).numpy(), rtol=1e-12)


def test_attention_as_a_function():
    layer = nn.MultiheadAttention(6, 3, dtype=torch.float64)
    q, k = draw(4, 2, 6), draw(5, 2, 6, seed=1)
    wanted, weights = layer(q, k, k)
    parameters = (layer.in_proj_weight, layer.in_proj_bias, None, None, False, 0.0)
    z, w = F.multi_head_attention_forward(q, k, k, 6, 3, *parameters, layer.out_proj.weight, layer.out_proj.bias)
    np.testing.assert_allclose(z.detach().numpy(), wanted.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(w.detach().numpy(), weights.detach().numpy(), rtol=1e-12)
    z.sum().backward()
    assert layer.in_proj_weight.grad is not None
    with pytest.raises(ShapeError, match="embedding dimension of 8"):
        F.multi_head_attention_forward(q, k, k, 8, 2, *parameters, layer.out_proj.weight, None)
    with nn.attention.sdpa_kernel([nn.attention.SDPBackend.MATH]):
        F.scaled_dot_product_attention(q, q, q)
    with pytest.raises(SettingError, match="SDPBackend"), nn.attention.sdpa_kernel("math"):
        pass


def test_bicubic_sampling():
    x = draw(1, 2, 9, 9)
    y, z = np.meshgrid(np.linspace(-0.6, 0.6, 5), np.linspace(-0.6, 0.6, 4), indexing="ij")
    grid = torch.tensor(np.stack([z, y], -1)[None])
    got = F.grid_sample(x, grid, "bicubic", align_corners=True).numpy()

    def weight(d):
        d, a = abs(d), -0.75
        return (
            (a + 2) * d**3 - (a + 3) * d**2 + 1
            if d <= 1
            else a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
            if d < 2
            else 0
        )

    for i, j in np.ndindex(5, 4):
        row, column = (y[i, j] + 1) * 4, (z[i, j] + 1) * 4
        w = np.array([[weight(row - p) * weight(column - q) for q in range(9)] for p in range(9)])
        np.testing.assert_allclose(got[0, :, i, j], (x.numpy()[0] * w).sum((1, 2)), rtol=1e-10)
    report = torch.check_grads(
        lambda x, g: F.grid_sample(x, g, "bicubic", "reflection", False), [x, torch.tensor(grid.numpy() * 1.7 + 0.013)]
    )
    assert report, report
    near = grid.clone().requires_grad_()
    F.grid_sample(x, near, "nearest", align_corners=False).sum().backward()
    assert (near.grad == 0).all()


def test_adafactor_and_muon():
    """Two steps by hand: Shazeer & Stern 2018, algorithm 4, and Newton-Schulz iterations on a momentum."""
    for shape in ((3, 2), (4,)):
        start = draw(*shape).numpy()
        x = torch.tensor(start, requires_grad=True)
        update = nn.optim.Adafactor([x], lr=0.3, weight_decay=0.1)
        row, column, whole, y = 0.0, 0.0, 0.0, start.copy()
        for t in (1, 2):
            x.grad = None
            (x**2).sum().backward()
            update.step()
            g, mix = 2 * y, t**-0.8
            if y.ndim == 2:
                row = row + mix * ((g**2).mean(1, keepdims=True) - row)
                column = column + mix * ((g**2).mean(0, keepdims=True) - column)
                v = row * column / row.mean()
            else:
                v = whole = whole + mix * (g**2 - whole)
            alpha = max(1e-3, math.sqrt((y**2).mean())) * min(0.3, 1 / math.sqrt(t))
            u = g / np.sqrt(v)
            y = y * (1 - 0.3 * 0.1) - alpha * u / max(1, math.sqrt((u**2).mean()))
            np.testing.assert_allclose(x.detach().numpy(), y, rtol=1e-12)
    start = draw(5, 3).numpy()
    x = torch.tensor(start, requires_grad=True)
    update = nn.optim.Muon([x], lr=0.1, weight_decay=0.2)
    (x**2).sum().backward()
    update.step()
    u, s, vh = np.linalg.svd(start, full_matrices=False)
    s = s / np.linalg.norm(s)
    for _ in range(5):
        s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
    np.testing.assert_allclose(
        x.detach().numpy(), start * (1 - 0.02) - 0.1 * math.sqrt(5 / 3) * (u * s) @ vh, rtol=1e-9, atol=1e-12
    )
    with pytest.raises(ShapeError, match="2D"):
        nn.optim.Muon([torch.ones(3, requires_grad=True)])
    again = nn.optim.Muon([x])
    again.load_state_dict(update.state_dict())
    assert (again.state[x]["momentum_buffer"] == update.state[x]["momentum_buffer"]).all()


def test_pruning():
    layer = nn.Linear(4, 3)
    values = np.arange(1.0, 13.0).reshape(3, 4) * np.array([1, -1, 1, -1])
    layer.weight.data = torch.tensor(values, dtype=torch.float32)
    nn.utils.prune.l1_unstructured(layer, "weight", amount=3)
    assert (layer.weight != 0).tolist() == [[False, False, False, True], [True] * 4, [True] * 4]
    nn.utils.prune.ln_structured(layer, "weight", amount=1, n=2, dim=0)
    assert (layer.weight != 0).sum(1).tolist() == [0, 4, 4]
    layer(torch.ones(1, 4)).sum().backward()
    assert layer.weight_orig.grad[0].abs().sum() == 0
    assert layer.weight_orig.grad[1].abs().sum() == 4
    assert nn.utils.prune.is_pruned(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight_mask", "weight_orig"]
    nn.utils.prune.remove(layer, "weight")
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    assert not nn.utils.prune.is_pruned(layer)
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
    pairs = [(model[0], "weight"), (model[1], "weight")]
    sizes = np.sort(np.concatenate([np.abs(m.weight.detach().numpy()).ravel() for m, _ in pairs]))
    nn.utils.prune.global_unstructured(pairs, nn.utils.prune.L1Unstructured, amount=0.25)
    left = np.concatenate([np.abs(m.weight.detach().numpy()).ravel() for m, _ in pairs])
    np.testing.assert_array_equal(np.sort(left[left > 0]), sizes[5:])
    with pytest.raises(SettingError, match="amount"):
        nn.utils.prune.random_unstructured(model[0], "bias", amount=-1)


def test_old_names():
    with pytest.warns(FutureWarning, match="xavier_uniform_"):
        nn.init.xavier_uniform(torch.ones(2, 2))
    p = nn.Parameter(torch.ones(2))
    p.grad = torch.tensor([3.0, 4.0])
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        assert nn.utils.clip_grad_norm([p], 1.0) == 5
    assert nn.LSTM(2, 3)._flat_weights_names == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    assert len(nn.LSTM(2, 3, bidirectional=True)._flat_weights) == 8
    sampler = nn.data.DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False)
    assert list(sampler) == [1, 3, 0]
    w = draw(4, 3, 2, 2)
    x = draw(1, 3, 5, 5, seed=1).requires_grad_()
    z = F.conv2d(x, w)
    np.testing.assert_allclose(
        nn.grad.conv2d_input(x.shape, w, z.detach()), torch.grad(z, x, z.detach())[0], rtol=1e-10
    )
    model = nn.Sequential(nn.BatchNorm1d(3))
    torch.func.replace_all_batch_norm_modules_(model)
    assert list(model.buffers()) == []


def test_rare_names_are_not_imported_before_they_are_asked_for():
    program = (
        "import autograd, nn, sys\n"
        "rare = ('special', 'testing', 'jit', 'amp', 'cuda', 'windows', 'names', 'function', 'tensors.rare.more',"
        " 'tensors.rare.factors')\n"
        "print([name for name in rare if 'autograd.' + name in sys.modules], 'nn.modules' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert result.stdout == "[] False\n", result.stdout + result.stderr


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
@pytest.mark.parametrize("name", ["matrix_exp", "cayley", "householder"])
def test_orthogonal_weights(shape, name):
    layer = nn.Linear(*shape, dtype=torch.float64)
    nn.utils.parametrizations.orthogonal(layer, orthogonal_map=name)
    update = nn.optim.SGD(layer.parameters(), lr=0.1)
    before = layer.weight.detach().clone()
    for _ in range(3):
        update.zero_grad()
        (layer(torch.ones(2, shape[0], dtype=torch.float64)) ** 2).sum().backward()
        update.step()
    w = layer.weight.detach().numpy()
    product = w @ w.T if len(w) <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)
    assert np.abs(w - before.numpy()).max() > 0.01


def test_layers_made_of_private_bases():
    """Programs derive layers from PyTorch's private classes, and call their constructors."""

    class Standardised(nn.Conv2d):
        def forward(self, x):
            w = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
            return self._conv_forward(x, w, self.bias)

    class Own(nn.modules.conv._ConvNd):
        def __init__(self, a, b, size):
            super().__init__(a, b, _pair(size), _pair(1), _pair(0), _pair(1), False, _pair(0), 1, True, "zeros")

        def forward(self, x):
            return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    class Focal(nn.modules.loss._WeightedLoss):
        def __init__(self, weight=None, reduction="mean"):
            super().__init__(weight, None, None, reduction)

        def forward(self, x, y):
            return F.cross_entropy(x, y, self.weight, reduction=self.reduction)

    x = torch.ones(1, 2, 5, 5)
    assert Own(2, 3, 3)(x).shape == (1, 3, 3, 3)
    for mode in ("zeros", "reflect"):
        layer = Standardised(2, 3, 3, padding=1, padding_mode=mode, bias=False)
        np.testing.assert_allclose(layer(x).detach().numpy()[..., 1:-1, 1:-1], 0, atol=1e-6)
    assert Focal(torch.ones(2))(torch.zeros(1, 2), torch.tensor([1])).item() == pytest.approx(math.log(2))
