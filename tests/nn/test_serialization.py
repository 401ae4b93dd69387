"""Checkpoints: what goes in comes out, and every damaged file is one clear error."""

import io
import os
import zipfile

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import CheckpointError


def sample():
    rng = np.random.default_rng(0)
    return {
        "model": {
            "fc1.weight": autograd.tensor(rng.standard_normal((3, 4)).astype(np.float32)),
            "n": autograd.tensor(3),
        },
        "optimizer": {"state": {0: {"step": 7, "m": autograd.tensor([1.0, 2.0])}}, "groups": [{"betas": (0.9, 0.999)}]},
        "arrays": [rng.integers(0, 9, (2, 0, 3)), np.array([True, False]), np.array(["a", "bc"]), np.float64(0.1)],
        "plain": [None, True, -3, 1e-300, float("inf"), "text \u00e9 \u2603", 1 << 127, (), [], {}],
        None: {1.5: "float key", False: "bool key", "1": "text key", 1: "int key"},
    }


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        assert [type(key) for key in a] == [type(key) for key in b]
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, (np.ndarray, autograd.Tensor)):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        assert a.tolist() == b.tolist()
        assert np.asarray(b).flags.c_contiguous
    else:
        assert a == b


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.npz"


def test_what_goes_in_comes_out(path):
    nn.save(sample(), path)
    assert_same(sample(), nn.load(path))


@pytest.mark.parametrize("value", [3, None, "x", np.arange(3), [], np.zeros((0, 3), np.float32)], ids=repr)
def test_single_values(path, value):
    nn.save(value, path)
    assert_same(value, nn.load(str(path)))


def test_a_model_and_its_optimizer(path):
    model = nn.Linear(2, 3)
    nn.save(model.state_dict(), path)
    other = nn.Linear(2, 3)
    other.load_state_dict(nn.load(path))
    assert other.weight.tolist() == model.weight.tolist()
    other.weight._array[...] += 1  # what was loaded can be written to


@pytest.mark.parametrize(
    "strange",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::-2],
        np.broadcast_to(np.arange(3.0), (2, 3)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(3, dtype=">f8"),
    ],
)
def test_any_memory_layout_is_stored_in_rows(path, strange):
    nn.save([strange], path)
    (loaded,) = nn.load(path)
    np.testing.assert_array_equal(loaded, strange)
    assert loaded.flags.c_contiguous
    assert loaded.flags.writeable


def test_what_is_shared_stays_shared(path):
    weight = autograd.tensor([1.0])
    nn.save({"encoder": weight, "decoder": weight}, path)
    loaded = nn.load(path)
    assert loaded["encoder"] is loaded["decoder"]


def test_requires_grad_is_kept(path):
    nn.save([nn.Parameter(np.ones(2)), autograd.tensor([1.0])], path)
    first, second = nn.load(path)
    assert (first.requires_grad, second.requires_grad) == (True, False)


def test_numpy_can_open_it(path):
    nn.save({"a": {"b": np.arange(3)}}, path)
    with np.load(path) as archive:
        assert archive["a/b"].tolist() == [0, 1, 2]


def test_names_that_clash_are_told_apart(path):
    value = {
        "a": {"b": np.zeros(1)},
        "a/b": np.ones(1),
        1: np.full(1, 2.0),
        "1": np.full(1, 3.0),
        "wengert.json": np.ones(2),
    }
    nn.save(value, path)
    assert_same(value, nn.load(path))


def test_only_data_can_be_saved(path):
    with pytest.raises(CheckpointError, match=r"cannot save obj\['a'\]\['0'\], a function"):
        nn.save({"a": [lambda: 0]}, path)
    with pytest.raises(CheckpointError, match=r"an array of dtype object, without pickling"):
        nn.save(np.array([object()]), path)
    with pytest.raises(CheckpointError, match="a key of obj is a tuple"):
        nn.save({(1, 2): 3}, path)
    loop = []
    loop.append(loop)
    with pytest.raises(CheckpointError, match="contains itself"):
        nn.save(loop, path)
    assert not path.exists()


def test_a_failing_save_leaves_the_old_file(path, monkeypatch):
    nn.save("old", path)

    def fail(handle):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        nn.save("new", path)
    monkeypatch.undo()
    assert nn.load(path) == "old"
    assert os.listdir(path.parent) == ["checkpoint.npz"]


def test_saving_replaces_what_a_link_points_to(path, tmp_path):
    nn.save("old", path)
    link = tmp_path / "latest.npz"
    link.symlink_to(path)
    nn.save("new", link)
    assert link.is_symlink()
    assert nn.load(path) == "new"


def test_a_missing_file_is_missing(path):
    with pytest.raises(FileNotFoundError):
        nn.load(path)


# --------------------------------------------------------------------------------------------------- damaged files


def assert_refused(path, message=None):
    with pytest.raises(CheckpointError, match=message) as caught:
        nn.load(path)
    assert str(path) in str(caught.value)


def test_truncation_at_every_offset(path):
    nn.save({"w": np.arange(6.0), "x": [autograd.tensor([1.0]), 3]}, path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert_refused(path)


def test_no_single_damaged_byte_changes_a_value(path):
    value = {"w": np.arange(4.0), "x": [autograd.tensor([1.0]), 3]}
    nn.save(value, path)
    whole = path.read_bytes()
    refused = 0
    for offset in range(len(whole)):
        for flip in (0x01, 0xFF):
            path.write_bytes(whole[:offset] + bytes([whole[offset] ^ flip]) + whole[offset + 1 :])
            try:
                loaded = nn.load(path)
            except CheckpointError:
                refused += 1
            else:
                assert_same(value, loaded)  # a time stamp or the like
    assert refused > len(whole)


def test_something_appended_or_prepended(path):
    nn.save([np.arange(3)], path)
    whole = path.read_bytes()
    path.write_bytes(whole + b"\0" * 100)
    assert_refused(path, "truncated, or something was appended")
    path.write_bytes(b"#!" + whole)
    assert_refused(path, "wrong first bytes")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x05K\x01.", b"\x93NUMPY", b"x" * 10_000], ids=len)
def test_foreign_files(path, content):
    path.write_bytes(content)
    assert_refused(path)


def test_numpys_own_archives(path):
    np.savez(path, a=np.arange(3))
    assert_refused(path, "not written by nn.save")
    np.savez_compressed(path, a=np.arange(3))
    assert_refused(path, "not written by nn.save")


def npy(array, allow_pickle=False):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def forge(path, structure, entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("wengert.json", structure)
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("structure", "entries", "message"),
    [
        ("{", {}, "damaged"),
        ("[]", {}, "structure"),
        ('{"version": 1}', {}, "structure"),
        ('{"version": 2, "tree": 1}', {}, "has version 2"),
        ('{"version": 1, "tree": ["array", "a"]}', {}, "array 'a' is missing"),
        ('{"version": 1, "tree": ["module", "os"]}', {}, "structure"),
        ('{"version": 1, "tree": {"a": 1}}', {}, "structure"),
        ('{"version": 1, "tree": ["dict", [[["list", []], 1]]]}', {}, "structure"),
        ('{"version": 1, "tree": ["dict", [[1]]]}', {}, "damaged"),
        ('{"version": 1, "tree": 1}', {"a.npy": npy(np.zeros(3))}, "nothing refers to: a"),
        ('{"version": 1, "tree": 1}', {"readme.txt": "hello"}, "foreign entry"),
        ('{"version": 1, "tree": ["array", "a"]}', {"a.npy": npy(np.array([{}]), True)}, "dtype object"),
        ('{"version": 1, "tree": ["array", "a"]}', {"a.npy": npy(np.zeros(3))[:-1]}, "do not make"),
        ('{"version": 1, "tree": ["array", "a"]}', {"a.npy": npy(np.zeros(3)) + b"x"}, "do not make"),
        (
            '{"version": 1, "tree": ["array", "a"]}',
            {"a.npy": npy(np.zeros(3)).replace(b"(3,)", b"(9,)")},
            "do not make",
        ),
        ('{"version": 1, "tree": ["array", "a"]}', {"a.npy": npy(np.zeros(3)).replace(b"(3,)", b"(-3,")}, None),
        ('{"version": 1, "tree": ["array", "a"]}', {"a.npy": b"not an array"}, "damaged"),
        ('{"version": 1, "tree": ["tensor", "a", true]}', {"a.npy": npy(np.arange(3))}, "DTypeError"),
        ('{"version": 1, "tree": ' + '["list", [' * 5000 + "]]" * 5000 + "}", {}, "damaged"),
    ],
    ids=lambda x: "",
)
def test_forged_files(path, structure, entries, message):
    forge(path, structure, entries)
    assert_refused(path, message)


def test_compressed_entries_are_refused_before_they_are_unpacked(path):
    forge(path, '{"version": 1, "tree": ["array", "a"]}', {"a.npy": npy(np.zeros(10_000_000))}, zipfile.ZIP_DEFLATED)
    assert_refused(path, "compressed")


# ------------------------------------------------------------------------------------------------------ safetensors


def test_safetensors(tmp_path):
    pytest.importorskip("safetensors")
    path = tmp_path / "model.safetensors"
    value = sample()
    del value["arrays"][2]  # the format has no text
    nn.save(value, path)
    assert_same(value, nn.load(path))
    strided = np.arange(12.0).reshape(3, 4).T
    nn.save({"w": strided}, path)
    np.testing.assert_array_equal(nn.load(path)["w"], strided)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert_refused(path)


def test_safetensors_from_elsewhere(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "model.safetensors"
    numpy.save_file({"weight": np.arange(3.0)}, path)
    loaded = nn.load(path)
    assert type(loaded["weight"]) is autograd.Tensor
    assert loaded["weight"].tolist() == [0.0, 1.0, 2.0]
