"""What a program finds that says `import autograd as torch` and nothing else."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import autograd as torch
import nn
from autograd import names
from autograd.errors import DeviceError, SettingError


def test_a_program_that_imports_nothing_else(tmp_path):
    program = f"""
import autograd as torch
torch.manual_seed(0)
x = torch.linspace(-1, 1, 50).unsqueeze(1)
model = torch.nn.Sequential(torch.nn.Linear(1, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
model = torch.compile(model)
update = torch.optim.Adam(model.parameters(), lr=0.05)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, torch.sin(3 * x)), batch_size=10, shuffle=True)
device = torch.device("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
for epoch in range(60):
    for a, b in loader:
        update.zero_grad()
        loss = torch.nn.functional.mse_loss(model(a.to(device)), b.to(device))
        loss.backward()
        update.step()
torch.save(model.state_dict(), {str(tmp_path / "model.npz")!r})
model.load_state_dict(torch.load({str(tmp_path / "model.npz")!r}))
assert loss.item() < 0.01, loss
print("done")
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert result.stdout == "done\n", result.stderr


def test_every_name_leads_somewhere():
    for name in sorted(names.known()):
        assert getattr(torch, name) is not None, name
        assert name in dir(torch)
    assert torch.conv2d is nn.functional.conv2d
    assert torch.nn is nn
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        torch.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute '_private_'"):
        torch._private_  # noqa: B018


def test_importing_the_package_alone_imports_no_other():
    program = (
        "import autograd, sys; assert 'nn' not in sys.modules; import nn; assert 'autograd.names' not in sys.modules\n"
        "print('done')"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert result.stdout == "done\n", result.stderr


def test_old_constructors():
    assert torch.LongTensor([1, 2]).dtype == torch.int64
    x = torch.FloatTensor(2, 3)
    assert x.dtype == torch.float32
    assert tuple(x.shape) == (2, 3)
    assert torch.DoubleTensor([1.5]).dtype == torch.float64
    assert x.type(torch.LongTensor).dtype == torch.int64
    v = torch.Variable(torch.ones(2), requires_grad=True)
    assert v.is_leaf
    assert v.requires_grad
    assert not torch.Variable(v * 2).requires_grad


def test_functions_in_place():
    x = torch.tensor([-1.0, 4.0])
    assert torch.relu_(x) is x
    assert torch.sqrt_(x).tolist() == [0, 2]


def test_settings_that_change_nothing_check_their_arguments():
    torch.use_deterministic_algorithms(True)
    assert torch.are_deterministic_algorithms_enabled()
    torch.set_float32_matmul_precision("high")
    assert torch.get_float32_matmul_precision() == "highest"
    with pytest.raises(SettingError, match="sloppy"):
        torch.set_float32_matmul_precision("sloppy")
    torch.set_default_device("cpu")
    with pytest.raises(DeviceError, match="cuda"):
        torch.set_default_device("cuda")
    torch.backends.cudnn.benchmark = True
    assert not torch.accelerator.is_available()
    assert not torch.backends.mps.is_available()
    torch.cuda.manual_seed_all(0)

    @torch.compile
    def double(x):
        return 2 * x

    @torch.compile(mode="reduce-overhead")
    def triple(x):
        return 3 * x

    assert double(2) == 4
    assert triple(2) == 6


def test_memory_formats():
    x = torch.ones(2, 3, 4, 4)
    assert x.contiguous(memory_format=torch.channels_last) is x
    assert x.to(memory_format=torch.channels_last) is x
    np.testing.assert_array_equal(x.clone(memory_format=torch.preserve_format), x)
    with pytest.raises(SettingError, match="memory_format"):
        x.contiguous(memory_format="diagonal")


def test_dtypes():
    assert torch.promote_types(torch.int64, torch.float32) == torch.float32
    assert torch.promote_types(torch.uint8, torch.int8) == torch.int16
    assert torch.result_type(torch.ones(2), torch.ones(2, dtype=torch.int64)) == torch.float32
    assert torch.can_cast(torch.int32, torch.float16)
    assert not torch.can_cast(torch.float32, torch.int64)
    assert torch.can_cast(torch.int8, torch.uint8)
    assert not torch.can_cast(torch.uint8, torch.bool)
