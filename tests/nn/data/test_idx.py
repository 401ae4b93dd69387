"""IDX files: right ones are read, everything else is one clear error."""

import contextlib
import gzip
import hashlib
import struct

import numpy as np
import pytest

from autograd.errors import DataError
from nn.data import read_idx, write_idx


def payload(sizes=(2, 3), code=8, elements=None, magic=None):
    head = struct.pack(">4B", 0, 0, code, len(sizes)) if magic is None else magic
    elements = bytes(range(int(np.prod(sizes)))) if elements is None else elements
    return head + struct.pack(f">{len(sizes)}I", *sizes) + elements


@pytest.mark.parametrize("name", ["a-idx", "a-idx.gz"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64])
def test_round_trip(tmp_path, rng, name, dtype):
    array = rng.integers(0, 100, (4, 3, 2)).astype(dtype)
    write_idx(tmp_path / name, array)
    got = read_idx(tmp_path / name)
    np.testing.assert_array_equal(got, array)
    assert got.dtype == dtype
    assert got.flags.writeable


def test_empty_array(tmp_path):
    write_idx(tmp_path / "a", np.empty((0, 28, 28), np.uint8))
    assert read_idx(tmp_path / "a").shape == (0, 28, 28)


def test_packed_is_told_apart_by_content(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(payload()))
    assert read_idx(tmp_path / "a").tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "magic number .* got an empty file"),
        (payload(magic=b"\x89PNG"), "magic number .* got 89 50 4e 47"),
        (payload(code=7), "magic number"),
        (payload()[:9], "wanted 12 bytes of header, got 9: the file is too short"),
        (payload()[:-1], r"sizes \(2, 3\) need 6 bytes, got 5: the file is too short"),
        (payload() + b"x", r"sizes \(2, 3\) need 6 bytes, got more: the file is too long"),
        (payload(sizes=(2**31, 2**31), elements=b""), r"wanted at most \d+ bytes, the header announces"),
    ],
)
def test_damaged_files(tmp_path, content, message, packed):
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_wrong_number_of_dimensions(tmp_path):
    write_idx(tmp_path / "a", np.zeros(3, np.uint8))
    with pytest.raises(DataError, match=r"wanted an IDX file with 3 dimension\(s\), got one with 1"):
        read_idx(tmp_path / "a", ndim=3)


def test_truncated_gzip(tmp_path):
    packed = gzip.compress(payload(sizes=(100, 100), elements=np.random.default_rng(0).bytes(10_000)))
    for length in (5, len(packed) // 2, len(packed) - 4):
        (tmp_path / "a.gz").write_bytes(packed[:length])
        with pytest.raises(DataError, match="truncated or damaged"):
            read_idx(tmp_path / "a.gz")


def test_damaged_gzip(tmp_path):
    packed = bytearray(gzip.compress(payload(sizes=(100, 100), elements=np.random.default_rng(0).bytes(10_000))))
    packed[len(packed) // 2] ^= 255
    (tmp_path / "a.gz").write_bytes(packed)
    with pytest.raises(DataError):
        read_idx(tmp_path / "a.gz")


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(payload() + bytes(50_000_000)))
    with pytest.raises(DataError, match="too long"):
        read_idx(tmp_path / "a.gz")


def test_hashes(tmp_path):
    (tmp_path / "a").write_bytes(payload())
    sha256 = hashlib.sha256(payload()).hexdigest()
    assert read_idx(tmp_path / "a", sha256=sha256).shape == (2, 3)
    with pytest.raises(DataError, match=f"wanted sha256 {'0' * 64}.*got {sha256}"):
        read_idx(tmp_path / "a", sha256="0" * 64)
    packed = gzip.compress(payload())
    (tmp_path / "a").write_bytes(packed)
    assert read_idx(tmp_path / "a", sha256="0" * 64, md5=hashlib.md5(packed).hexdigest()).shape == (2, 3)


def test_unreadable(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_idx(tmp_path / "none")


def test_write_refuses_other_dtypes(tmp_path):
    with pytest.raises(DataError, match="write_idx"):
        write_idx(tmp_path / "a", np.zeros(3, np.complex64))


@pytest.mark.parametrize("sizes", [(1,) * 65, (0, *[2**32 - 1] * 3), (1,) * 255])
def test_sizes_that_no_array_has(tmp_path, sizes):
    header = bytes([0, 0, 8, len(sizes)]) + np.array(sizes, ">u4").tobytes()
    path = tmp_path / "file"
    path.write_bytes(header + bytes(0 in sizes or 1)[: 0 if 0 in sizes else 1])
    with pytest.raises(DataError, match="wanted sizes that an array can have"):
        read_idx(path)


def test_damage_anywhere_is_a_data_error(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "file"
    for packed in (False, True):
        good = tmp_path / ("good.gz" if packed else "good")
        write_idx(good, np.arange(24, dtype=np.int16).reshape(2, 3, 4))
        whole = good.read_bytes()
        for _ in range(300):
            damaged = bytearray(whole[: rng.integers(0, len(whole) + 1)])
            for _ in range(rng.integers(0, 4)):
                if damaged:
                    damaged[rng.integers(0, len(damaged))] = rng.integers(0, 256)
            path.write_bytes(damaged)
            with contextlib.suppress(DataError):  # anything else fails the test
                read_idx(path)
