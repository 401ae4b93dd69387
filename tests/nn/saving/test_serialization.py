"""Checkpoints: what goes in comes out, and every damaged file is one clear error."""

import base64
import io
import os
import pickle
import tracemalloc
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import CheckpointError, DeviceError
from nn.saving import files, safetensors


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


def test_two_entries_of_one_name(path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        forge(path, '{"version": 1, "tree": 1}', {"wengert.json": "{}"})
    assert_refused(path, "two entries of the same name")


def test_two_equal_keys(path):
    forge(path, '{"version": 1, "tree": ["dict", [["a", 1], ["a", 2]]]}', {})
    assert_refused(path, "two entries of the same key")


def test_names_are_no_paths(path, tmp_path):
    """What an entry is called decides nothing but what it is called."""
    name = "../../outside"
    forge(path, f'{{"version": 1, "tree": ["dict", [["{name}", ["array", "{name}"]]]]}}',
          {f"{name}.npy": npy(np.arange(3))})  # fmt: skip
    assert nn.load(path)[name].tolist() == [0, 1, 2]
    assert os.listdir(tmp_path) == ["checkpoint.npz"]


def header(descr="<f8", shape="(3,)", extra=""):
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, {extra}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "entry",
    [
        header(shape="(1000000000000,)"),
        header(shape="(4294967296, 4294967296)"),
        header(shape="(" + "2, " * 2000 + ")"),
        header(descr="<U0", shape="(1000000000000,)"),
        header(descr="|V0", shape="(1000000000000,)"),
        header(descr="|O"),
        header(shape="-" * 9000 + "1"),
        header(shape="(" * 4000 + ")" * 4000),
        header(shape="__import__('os').getcwd()"),
        header(shape="[1].__class__"),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
        b"\x93NUMPY\x03\x00\x00\x00\x00\x00",
    ],
    ids=lambda entry: "",
)
def test_headers_that_lie(path, entry):
    forge(path, '{"version": 1, "tree": ["array", "a"]}', {"a.npy": entry})
    tracemalloc.start()
    try:
        assert_refused(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_nothing_in_a_file_is_run(path):
    class Trap:
        def __reduce__(self):
            return exec, ("raise SystemExit('the trap has closed')",)

    forge(path, '{"version": 1, "tree": ["array", "a"]}', {"a.npy": npy(np.array([Trap()]), allow_pickle=True)})
    assert_refused(path, "dtype object")
    path.write_bytes(pickle.dumps(Trap()))
    assert_refused(path, "wrong first bytes")


@pytest.mark.parametrize("deep", ["[" * 1_000_000, '{"a":' * 1_000_000, '["list", [' * 300_000])
def test_a_structure_of_huge_depth(path, deep):
    forge(path, '{"version": 1, "tree": ' + deep, {})
    assert_refused(path, "damaged")


def test_a_bomb_of_overlapping_entries(path):
    """Many entries of the directory that all point to the same bytes."""
    content = npy(np.zeros(1000))
    forge(path, '{"version": 1, "tree": 1}', {"a.npy": content})
    whole = path.read_bytes()
    start = whole.index(b"PK\x01\x02", whole.index(b"PK\x01\x02") + 1)
    end = whole.index(b"PK\x05\x06")
    record, count = whole[start:end], 500
    directory = whole[whole.index(b"PK\x01\x02") : start] + record * count
    tail = bytearray(whole[end:])
    tail[8:10] = tail[10:12] = (count + 1).to_bytes(2, "little")
    tail[12:16] = len(directory).to_bytes(4, "little")
    path.write_bytes(whole[: whole.index(b"PK\x01\x02")] + directory + bytes(tail))
    assert_refused(path)


# ------------------------------------------------------------------------------------------- processes that died


def test_leftovers_of_killed_processes_are_removed_and_files_in_use_are_not(path):
    dead = path.parent / ".checkpoint.npz.0123456789ab.tmp"
    dead.write_bytes(b"half a file")
    others = [path.parent / name for name in (".other.npz.0123456789ab.tmp", ".checkpoint.npz.tmp", "checkpoint.npz.1")]
    for other in others:
        other.write_bytes(b"mine")
    alive = files._temporary(str(path.parent), "checkpoint.npz")
    nn.save("new", path)
    assert not dead.exists()
    assert all(other.exists() for other in others)
    assert os.path.exists(alive.name) or os.name != "posix"
    alive.close()
    nn.save("newer", path)
    assert not os.path.exists(alive.name)


def test_many_threads_may_save_to_one_file(path):
    def work(number):
        for _ in range(20):
            nn.save({"number": number, "array": np.full(1000, number)}, path)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    loaded = nn.load(path)
    assert (loaded["array"] == loaded["number"]).all()
    assert os.listdir(path.parent) == ["checkpoint.npz"]


# ------------------------------------------------------------------------------------------------------ safetensors

# Written by safetensors.torch 0.8.0 under PyTorch 2.13: the state of
# Sequential(Embedding(5, 3), Flatten(), Linear(6, 4), Tanh(), Linear(4, 2)), and Tensors of all kinds.
MODEL = (
    "eNpLYGQAg2ql+Pjc1JLElMSSxPh4JatqpbT8otzEEiUrpYISpVodJQO98tTM9IwSkFRKSWVBKlDGzdhISUepOCMRxIs21TGO1VEC"
    "G5CfllacWlIMFDTQMTOIBWo30kvKTCzGrdkEU6uZgY65GUQvIatNdMww9Zub6RiaG4EMMCFguRGmZqBOHUMLA4huQtYb6WBxPlC3"
    "jpEh0P5aBSCIsT9qH2AzbZ9nIfeBbS2C9gsvdu3XZd28v6r5nN3TjjB7F0WL/dzN5/ZJ7JXYfyzdyo7dP3r/zAc99qtlOveznJ1t"
    "28W3aN+fexP2bfwSvo+7pn3fgQKHfUYck/b5HT687wJ7yT62tZvtLLqs7KbO9bLb9Wi9jX9w2D7bkl7bd5qH95VzTN/3oTl8X+HD"
    "ZjsmmVK7o2mW+xojCvfcWNdq9+f0eTvXV6p25c8Sbdeo9th1qpbtY7g4z87j/Fe7nlXpdj+e+9plLZm+78RaKbu8zh47BfvGvQ4p"
    "c2wYXN7aAgCsrdID"
)
KINDS = (
    "eNqF0sEKgjAYB/AZgdceIXb+Ds7JmF6UAiEIPHUKCU2HQVCgHiKkHs3H6thmHTaUGmzsG/ux/9heFhraHRc4kENzu5Y4wDHzMOC6"
    "ylS1TwEXWZMdLkLUZVPLFQd42gE+6mZtGDJGHAhTqjROoq6mHKBjR9gXnnS4MeA0c4eUVXYWulzFhP2mLgfqKSrkTj2sASeuSD2g"
    "Q9TWhLu/kAEdwrbccPwPk0F9xXLjgkmy1Zw74XzwSNp1y8/rzyOEnqGcRKpSX2Imex8u+vyBuI1sC70BQ4+d7g=="
)


def unpacked(text):
    return zlib.decompress(base64.b64decode(text))


@pytest.fixture
def tensors(tmp_path):
    return tmp_path / "model.safetensors"


def test_weights_of_a_pytorch_model_are_loaded_by_name(tensors):
    tensors.write_bytes(unpacked(MODEL))
    model = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))
    loaded = nn.load(tensors)
    assert sorted(loaded) == ["0.weight", "2.bias", "2.weight", "4.bias", "4.weight"]
    assert str(model.load_state_dict(loaded)) == "<All keys matched successfully>"
    output = model(autograd.tensor([[0, 4], [2, 1]])).detach().numpy()
    expected = [[0.7228022813796997, 0.4678078889846802], [0.40994104743003845, 0.3671489655971527]]
    np.testing.assert_allclose(output, expected, rtol=1e-6)


def test_tensors_of_all_kinds(tensors):
    tensors.write_bytes(unpacked(KINDS))
    loaded = nn.load(tensors)
    found = {name: (str(value.numpy().dtype), value.tolist()) for name, value in loaded.items()}
    assert found == {
        "half": ("float32", [1.5, -2.25, 3.00405527047391e38]),  # bfloat16
        "f16": ("float16", [0.5]),
        "i": ("int32", [0, 1, 2]),
        "b": ("bool", [True, False]),
        "u8": ("uint8", [7]),
        "d": ("float64", 2.5),
        "e": ("float32", []),
        "c": ("complex64", [1 + 2j]),
        "u16": ("uint16", [7]),
    }
    assert loaded["e"].shape == (0, 3)


def test_safetensors_keep_what_npz_keeps(tensors):
    value = sample()
    del value["arrays"][2]  # the format has no text
    nn.save(value, tensors)
    assert_same(value, nn.load(tensors))


@pytest.mark.parametrize(
    "strange",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::-2],
        np.arange(24.0).reshape(2, 3, 4)[::-1, :, ::-1],
        np.broadcast_to(np.float32([1, 2]), (3, 2)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(3, dtype=">i4"),
        np.zeros((3, 0)),
        np.array(2.5),
    ],
    ids=lambda x: f"{x.dtype}{x.shape}{x.strides}",
)
def test_safetensors_of_any_memory_layout(tensors, strange):
    """The package of that name, version 0.8.0, writes such arrays with their elements in the wrong places."""
    nn.save({"w": strange, "t": autograd.tensor([[1.0, 2.0], [3.0, 4.0]]).T}, tensors)
    loaded = nn.load(tensors)
    np.testing.assert_array_equal(loaded["w"], strange)
    assert loaded["t"].tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert loaded["w"].flags.c_contiguous
    assert loaded["w"].flags.writeable


ALL_KINDS = [np.dtype(char).name for char in "?BbHhIiQqefdF"]


def of_all_kinds(rng):
    """Arrays of all dtypes that both have; names in no order, beyond ASCII, and such as JSON must escape."""
    arrays = {}
    for number, name in enumerate(rng.permutation(ALL_KINDS * 3)):
        shape = [(), (3,), (2, 0), (2, 3)][rng.integers(4)]
        tail = ["", "é", '\n"\\', "日本", "\x01"][rng.integers(5)]
        arrays[f"{chr(97 + rng.integers(26))}{tail}.{number}"] = rng.integers(0, 2, shape).astype(name)
    return arrays


@pytest.mark.parametrize("seed", range(5))
def test_safetensors_to_the_byte_as_its_own_package(tensors, seed):
    package = pytest.importorskip("safetensors.numpy")
    arrays = of_all_kinds(np.random.default_rng(seed))
    for texts in ({}, {"format": "pt"}, {"a": 'é\n"'}):  # several texts are in no certain order in the package's files
        with open(tensors, "wb") as file:
            safetensors.write(file, arrays, texts)
        assert tensors.read_bytes() == package.save(arrays, texts or None)
        with open(tensors, "rb") as file:
            found, texts_found = safetensors.read(file)
        assert texts_found == texts
        for name, array in package.load_file(tensors).items():
            assert array.dtype == found[name].dtype == arrays[name].dtype
            np.testing.assert_array_equal(array, found[name])
    nn.save({"w": autograd.tensor([1.0, 2.0]), "b": [np.arange(3)]}, tensors)
    whole = package.load_file(tensors)
    assert sorted(array.tolist() for array in whole.values()) == [[0, 1, 2], [1.0, 2.0]]
    package.save_file(arrays, tensors)
    loaded = nn.load(tensors)
    for name, array in arrays.items():
        found_array = loaded[name].numpy()
        assert found_array.dtype == array.dtype
        np.testing.assert_array_equal(found_array, array)


def test_what_safetensors_cannot_hold(tensors):
    with pytest.raises(CheckpointError, match="cannot hold 'a', an array of dtype <U1"):
        nn.save({"a": np.array(["x"])}, tensors)
    with pytest.raises(CheckpointError, match="cannot hold 'a', an array of dtype complex128"):
        nn.save({"a": np.zeros(2, complex)}, tensors)
    assert os.listdir(tensors.parent) == []


def test_truncated_safetensors(tensors):
    nn.save({"w": np.arange(6.0), "x": [autograd.tensor([1.0]), 3]}, tensors)
    for whole in (tensors.read_bytes(), unpacked(KINDS)):
        for length in range(len(whole)):
            tensors.write_bytes(whole[:length])
            assert_refused(tensors)
        tensors.write_bytes(whole + b"x")
        assert_refused(tensors)


@pytest.mark.parametrize(
    ("text", "data", "message"),
    [
        ('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}', 8, None),
        ('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}', 7, "need 8 bytes, it has 7"),
        ('{"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}', 8, "do not make"),
        ('{"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, -8]}}', 0, "has the shape"),
        ('{"a": {"dtype": "F32", "shape": [true, 2], "data_offsets": [0, 8]}}', 8, "has the shape"),
        ('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}}', 0, "do not make|starts"),
        ('{"a": {"dtype": "U8", "shape": [4000000000000], "data_offsets": [0, 4000000000000]}}', 8, "need 4000000000"),
        ('{"a": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 0]}}', 0, "do not make"),
        ('{"a": {"dtype": "F32", "shape": [0, 1e400], "data_offsets": [0, 0]}}', 0, "has the shape"),
        ('{"a": {"dtype": "X9", "shape": [2], "data_offsets": [0, 8]}}', 8, "dtype X9, which NumPy does not have"),
        ('{"a": {"dtype": "BOOL", "shape": [2], "data_offsets": [0, 2]}}', 2, "truth values"),
        ('{"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}, "b": {"dtype": "U8", "shape": [2], '
         '"data_offsets": [1, 3]}}', 3, "starts at byte 1, the one before ends at 2"),
        ('{"a": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}}', 3, "starts at byte 1"),
        ('{"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}, "a": {"dtype": "U8", "shape": [0], '
         '"data_offsets": [0, 0]}}', 0, "two entries of the same name"),
        ('{"a": [1]}', 0, "not described"),
        ('{"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0], "run": "me"}}', 0, "not described"),
        ('{"__metadata__": {"a": 1}}', 0, "not texts"),
        ('{"__metadata__": {"wengert": "{}"}}', 0, "structure"),
        ("[]", 0, "header"),
        ("[" * 1_000_000, 0, "damaged"),
        ("\\xff", 0, "damaged"),
    ],
    ids=lambda x: "",
)  # fmt: skip
def test_forged_safetensors(tensors, text, data, message):
    content = text.encode()
    tensors.write_bytes(len(content).to_bytes(8, "little") + content + b"\x07" * data)
    if message is None:
        nn.load(tensors)
    else:
        tracemalloc.start()
        try:
            assert_refused(tensors, message)
            assert tracemalloc.get_traced_memory()[1] < 100_000_000
        finally:
            tracemalloc.stop()


def test_a_header_longer_than_the_file(tensors):
    for length in (1 << 40, (1 << 64) - 1, 1000):
        tensors.write_bytes(length.to_bytes(8, "little") + b"{}")
        assert_refused(tensors, "truncated, or no safetensors")


def test_files_that_are_open(tmp_path):
    """As programs for PyTorch do with io.BytesIO, and with the arguments they give."""
    buffer = io.BytesIO()
    nn.save({"x": autograd.ones(3), "n": 2}, buffer)
    buffer.seek(0)
    loaded = nn.load(buffer, map_location="cpu", weights_only=True)
    assert loaded["x"].tolist() == [1, 1, 1]
    with open(tmp_path / "m.pth", "wb") as file:
        nn.save(loaded, file)
    assert nn.load(tmp_path / "m.pth", map_location=lambda storage, place: storage)["n"] == 2
    with pytest.raises(CheckpointError, match="the BytesIO: it is truncated"):
        nn.load(io.BytesIO(buffer.getvalue()[:-1]))
    with pytest.raises(DeviceError, match="load"):
        nn.load(tmp_path / "m.pth", map_location="cuda")
