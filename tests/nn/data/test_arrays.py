"""Arrays that lie in files."""

import pickle

import numpy as np
import pytest

from autograd.errors import DataError, ShapeError
from nn.data import ArrayDataset, DataLoader, open_arrays, transforms


@pytest.fixture
def arrays(rng):
    x = rng.integers(0, 256, (50, 3, 4, 5), dtype=np.uint8)
    return {"x": x, "y": rng.integers(0, 3, 50), "wide": np.asfortranarray(rng.random((50, 7)))}


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_archives_are_read_where_they_lie(write, arrays, tmp_path):
    write(tmp_path / "data.npz", **arrays, empty=np.zeros((0, 3)))
    found = open_arrays(tmp_path / "data.npz")
    assert list(found) == ["x", "y", "wide", "empty"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert isinstance(found["x"].base, np.memmap) == (write is np.savez)


def test_samples_are_those_of_the_arrays(arrays, tmp_path):
    np.savez(tmp_path / "data.npz", **arrays)
    for name in ("x", "y"):
        np.save(tmp_path / f"{name}.npy", arrays[name])
    sets = [
        ArrayDataset(path=tmp_path / "data.npz", names=["x", "y"]),
        ArrayDataset(tmp_path / "x.npy", tmp_path / "y.npy"),
        ArrayDataset(arrays["x"], arrays["y"]),
        pickle.loads(pickle.dumps(ArrayDataset(tmp_path / "x.npy", arrays["y"]))),
        pickle.loads(pickle.dumps(ArrayDataset(path=tmp_path / "data.npz", names=["x", "y"]))),
    ]
    assert len(pickle.dumps(sets[0])) < 1000  # a path, not the values
    for data in sets:
        assert len(data) == 50
        for x, y in (data[7], data[-43]):
            np.testing.assert_array_equal(x.numpy(), arrays["x"][7])
            assert y.item() == arrays["y"][7]
        x, y = next(iter(DataLoader(data, 8, sampler=[*range(40, 50)])))
        np.testing.assert_array_equal(x.numpy(), arrays["x"][40:48])
        x.numpy()[...] = 0  # a batch is the program's own
        np.testing.assert_array_equal(data[40][0].numpy(), arrays["x"][40])
        np.testing.assert_array_equal(data[2:4][1].numpy(), arrays["y"][2:4])
    with pytest.raises(IndexError):
        data[50]


def test_a_transform_gets_the_first_array(arrays):
    data = ArrayDataset(arrays["x"], arrays["y"], transform=transforms.ToTensor(), classes="abc")
    assert data.classes == ["a", "b", "c"]
    x, _ = next(iter(DataLoader(data, 4)))
    np.testing.assert_array_equal(x.numpy(), arrays["x"][:4] * np.float32(1 / 255))


def test_damaged_and_foreign_files_are_refused(arrays, tmp_path):
    np.savez(tmp_path / "data.npz", **arrays)
    whole = (tmp_path / "data.npz").read_bytes()
    np.save(tmp_path / "x.npy", arrays["x"])
    half = tmp_path / "half.npy"
    half.write_bytes((tmp_path / "x.npy").read_bytes()[:-1])
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{}, []], object), allow_pickle=True)
    text = tmp_path / "text.npy"
    text.write_text("numbers")
    cut = tmp_path / "cut.npz"
    cut.write_bytes(whole[: len(whole) // 2])
    for path in (half, objects, text, cut, tmp_path / "none.npy"):
        with pytest.raises(DataError, match=path.name):
            ArrayDataset(path)
    with pytest.raises(DataError, match="has no array 'z', only x, y, wide"):
        ArrayDataset(path=tmp_path / "data.npz", names=["z"])
    with pytest.raises(DataError, match="give it as path="):
        ArrayDataset(tmp_path / "data.npz")
    with pytest.raises(ShapeError, match="equal length"):
        ArrayDataset(arrays["x"], arrays["y"][:9])
    with pytest.raises(DataError, match="wanted arrays"):
        ArrayDataset()
