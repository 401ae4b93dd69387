"""Characters of a text."""

import numpy as np
import pytest

from autograd import Generator, tensor
from autograd.errors import DataError, ShapeError
from nn.data import TextChars


@pytest.fixture
def text(tmp_path):
    (tmp_path / "t.txt").write_text("the quick brown fox, ünïcode\n" * 10, encoding="utf-8")
    return TextChars(tmp_path / "t.txt", val=0.2)


def test_vocabulary_and_split(text):
    assert text.chars == "".join(sorted(set(text.text)))
    assert len(text.train) + len(text.val) == len(text) == 290
    assert len(text.val) == 58
    assert text.decode(text.train) + text.decode(tensor(text.val)) == text.text
    assert text.encode("the").dtype == np.int64


def test_windows_are_shifted_by_one(text):
    x, y = text.windows("train", batch_size=5, length=12, generator=Generator().manual_seed(0))
    assert x.shape == y.shape == (5, 12)
    assert x.dtype == np.int64
    np.testing.assert_array_equal(x.numpy()[:, 1:], y.numpy()[:, :-1])
    assert all(text.decode(row) in text.text for row in x)
    again, _ = text.windows("train", batch_size=5, length=12, generator=Generator().manual_seed(0))
    np.testing.assert_array_equal(x.numpy(), again.numpy())


def test_the_longest_window(text):
    x, y = text.windows("val", batch_size=3, length=57)
    assert text.decode(x[0]) == text.text[-58:-1]
    assert text.decode(y[0]) == text.text[-57:]


def test_errors(text, tmp_path):
    with pytest.raises(DataError, match="'Z' is not among"):
        text.encode("Z")
    with pytest.raises(DataError, match="decode: wanted numbers"):
        text.decode([99])
    with pytest.raises(ShapeError, match="more than 58 characters"):
        text.windows("val", length=58)
    with pytest.raises(DataError, match="'train' or 'val'"):
        text.windows("test")
    with pytest.raises(DataError, match="cannot be read"):
        TextChars(tmp_path / "none")
    with pytest.raises(DataError, match="0 <= val < 1"):
        TextChars(tmp_path / "t.txt", val=1.0)
    (tmp_path / "bad").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="UTF-8"):
        TextChars(tmp_path / "bad")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(DataError, match="empty"):
        TextChars(tmp_path / "empty")


def test_tiny_shakespeare_is_verified(tmp_path):
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / "tinyshakespeare" / "input.txt").write_text("To be")
    with pytest.raises(DataError, match="wanted sha256 86c4e6aa"):
        TextChars(root=tmp_path)
