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
from autograd.names import absent


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


def test_the_table_of_what_is_not_here_holds_only_what_is_not_here():
    for module, rows in absent.NAMES.items():
        home = torch
        for part in module.replace("Tensor", "").split("."):
            home = getattr(home, "nn" if part == "data" else part) if part else home
        home = nn.data if module == "data" else home
        for why, listed in rows.items():
            assert 15 < len(why) < 130, why
            assert not why.endswith(".")
            for name in listed.split():
                assert absent.reason(module, name) == why, (module, name)
                if module == "Tensor":
                    assert not hasattr(torch.ones(1), name), name
                elif name not in ("torch", "hooks"):
                    assert not hasattr(home, name), (module, name)


def test_rare_functions():
    x = torch.tensor([[1.0, 2.0, 4.0], [8.0, 16.0, -32.0]], dtype=np.float64, requires_grad=True)
    a = x.detach().numpy()
    assert torch.rsub(x, 1.0, alpha=2).tolist() == (1 - 2 * a).tolist()
    assert torch.put(x, torch.tensor([0, 5]), torch.tensor([7.0, 9.0], dtype=np.float64)).tolist()[1][2] == 9
    assert torch.angle(x).tolist() == [[0, 0, 0], [0, 0, np.pi]]
    mantissa, exponent = torch.frexp(torch.tensor([3.0, -0.1, 0.0, 1e-310], dtype=np.float64))
    assert (mantissa.tolist(), exponent.tolist()) == tuple(p.tolist() for p in np.frexp([3.0, -0.1, 0.0, 1e-310]))
    for edge in (1, 2):
        for spacing in (0.5, (torch.DoubleTensor([0, 3, 4]), torch.DoubleTensor([0, 1, 3]))):
            wide = torch.cat([x, x[:1] * 3])
            places = [0.5, 0.5] if spacing == 0.5 else [p.numpy() for p in spacing]
            got = torch.gradient(wide, spacing=spacing, edge_order=edge)
            for ours, numpys in zip(got, np.gradient(wide.detach().numpy(), *places, edge_order=edge), strict=True):
                np.testing.assert_allclose(ours.detach().numpy(), numpys, rtol=1e-12)
    assert torch.constant_pad_nd(x, (1, 0), 5).shape == (2, 4)
    assert torch.spmm(x, x.T).shape == (2, 2)
    assert torch.nonzero_static(torch.tensor([0, 3, 0]), size=2).tolist() == [[1], [-1]]
    counts, edges = torch.histogram(x, bins=4, range=(0, 16))
    assert (counts.tolist(), edges.tolist()) == ([2, 1, 1, 1], [0, 4, 8, 12, 16])
    assert torch.range(1, 2, 0.5).tolist() == [1, 1.5, 2]
    assert torch.index_reduce(torch.ones(3), 0, torch.tensor([0, 0]), torch.tensor([2.0, 5.0]), "prod").tolist() == [
        10,
        1,
        1,
    ]
    assert torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2)).tolist() == [[1, 0], [0, 1]]
    y = torch.arange(6.0)
    assert y.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    assert y.apply_(lambda v: v + 1).tolist() == [[1, 2], [3, 4]]
    assert y.map_(y, lambda p, q: p * q).tolist() == [[1, 4], [9, 16]]
    assert torch.frombuffer(bytearray(b"\x01\x02"), dtype=torch.uint8).tolist() == [1, 2]
    assert torch.from_dlpack(np.arange(3.0)).tolist() == [0, 1, 2]
    assert torch.hann_window(4).tolist() == pytest.approx([0, 0.5, 1, 0.5], abs=1e-6)
    assert torch.signal.windows.gaussian(3, std=1.0).tolist() == pytest.approx([np.exp(-0.5), 1, np.exp(-0.5)])
    assert x.new(2, 1).dtype == x.new([1]).dtype == np.float64


def test_results_whose_derivative_is_zero_stay_differentiable():
    """The kind: a result that is constant in its input, so that it was made without it, and backward had no graph."""
    for function in (
        lambda x: torch.linalg.matrix_power(x, 0),
        lambda x: torch.cdist(x, x + 1, p=0),
        torch.angle,
        lambda x: torch.fill(x, 3.0),
        lambda x: torch.norm(x, p=0),
        lambda x: x**0,
        lambda x: torch.div(x, 2, rounding_mode="floor"),
        torch.sign,
        torch.round,
        lambda x: x.clamp(9, 8),
    ):
        x = torch.tensor([[1.0, 2.5], [3.0, 4.0]], requires_grad=True)
        function(x).sum().backward()
        assert x.grad.tolist() == [[0, 0], [0, 0]]


def test_fork_rng():
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    with torch.random.fork_rng():
        torch.rand(5)
    assert (torch.rand(2) == wanted).all()
    with torch.random.fork_rng(enabled=False):
        torch.rand(5)
    assert not (torch.rand(2) == wanted).all()


def test_assert_close():
    close = torch.testing.assert_close
    x = torch.tensor([1.0, 2.0])
    close(x, x + 1e-6)
    close([x, {"a": 1}], [x, {"a": 1}])
    close(torch.tensor([np.nan]), torch.tensor([np.nan]), equal_nan=True)
    close(x, x.double(), check_dtype=False)
    for a, b, message in (
        (x, x + torch.tensor([0.0, 0.1]), r"Mismatched elements: 1 / 2 \(50.0%\)\n.*0.0999.* at index \(1,\)"),
        (x, x.double(), "dtype"),
        (x, torch.ones(3), "shape"),
        (torch.tensor([2**62]), torch.tensor([2**62 + 1]), "not close"),
        (torch.tensor([np.nan]), torch.tensor([np.nan]), "not close"),
        ([x], [x, x], "length"),
        ({"a": x}, {"b": x}, "keys"),
        ({"a": [x, 1.0]}, {"a": [x, 2.0]}, r"\['a'\]\[1\]"),
        (1, None, "None"),
    ):
        with pytest.raises(AssertionError, match=message):
            close(a, b)
    with pytest.raises(SettingError, match="both"):
        close(x, x, rtol=1e-3)
    with pytest.raises(AssertionError, match="mine: "):
        close(1, 2, msg=lambda text: f"mine: {text}")
    made = torch.testing.make_tensor(3, 4, dtype=torch.float32, low=2, high=3, requires_grad=True, noncontiguous=True)
    assert made.shape == (3, 4)
    assert 2 <= made.min() <= made.max() < 3
    assert not made.is_contiguous()


def test_checkpoint_sequential():
    model = nn.Sequential(*[nn.Linear(3, 3) for _ in range(5)])
    x = torch.ones(2, 3, requires_grad=True)
    wanted = torch.grad(model(x).sum(), [x, *model.parameters()])
    z = torch.utils.checkpoint.checkpoint_sequential(model, 2, x, use_reentrant=False)
    z.sum().backward()
    for a, b in zip([x, *model.parameters()], wanted, strict=True):
        np.testing.assert_array_equal(a.grad.numpy(), b.numpy())
    with pytest.raises(SettingError, match="segments"):
        torch.utils.checkpoint.checkpoint_sequential(model, 6, x)


def test_solvers_that_report_instead_of_raising():
    good, bad = np.eye(2) * 2, np.array([[1.0, 2.0], [2.0, 1.0]])
    factor, info = torch.linalg.cholesky_ex(np.array([good, bad, -good]))
    assert info.tolist() == [0, 2, 1]
    np.testing.assert_allclose(factor[0].numpy(), np.sqrt(good))
    inverse, info = torch.linalg.inv_ex(np.array([good, np.ones((2, 2))]))
    assert info.tolist() == [0, 2]
    assert inverse[0].tolist() == (good / 4).tolist()
    result, info = torch.linalg.solve_ex(good, np.ones(2))
    assert (result.tolist(), info.item()) == ([0.5, 0.5], 0)
    p, lower, upper = torch.lu_unpack(*torch.lu(torch.tensor(bad)))
    np.testing.assert_allclose((p @ lower @ upper).numpy(), bad, rtol=1e-15)
    assert torch.linalg.matrix_rank(np.diag([1.0, 1e-3]), 0.1) == 1
    assert torch.linalg.pinv(np.diag([2.0, 1e-3]), atol=0.1).tolist() == [[0.5, 0], [0, 0]]
    assert torch.linalg.vander(torch.tensor([[2.0, 3.0]]), N=3).tolist() == [[[1, 2, 4], [1, 3, 9]]]
    assert torch.norm(torch.tensor([[3.0, 0.0], [0.0, -4.0]]), p="nuc") == 7
    assert torch.diff(torch.tensor([1.0, 4.0]), prepend=0.0, append=torch.tensor([9.0])).tolist() == [1, 3, 5]
    assert torch.diff(torch.tensor([1.0, 4.0]), n=0).tolist() == [1, 4]
    assert torch.tensordot(torch.ones(2), torch.ones(3), dims=([], [])).shape == (2, 3)
    assert nn.functional.batch_norm(torch.ones(0), None, None, training=True).shape == (0,)


def test_completion_shows_only_what_is_here():
    x = torch.eye(2)
    missing = [name for name in dir(x) if not hasattr(x, name)]
    assert missing == []
    assert "exp" in dir(x)
    assert not hasattr(x, "to_sparse")
