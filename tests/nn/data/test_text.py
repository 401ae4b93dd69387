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


def test_it_says_what_it_holds(text):
    assert (
        repr(text)
        == f"TextChars({len(text.text):,} characters, {len(text.chars)} different ones, from {str(text.path)!r})"
    )


def test_pieces_follow_one_another(text):
    data = text.pieces("train", 12)
    assert len(data) == (len(text.train) - 1) // 12
    inputs, targets = data.tensors
    assert text.decode(inputs.reshape(-1)) == text.text[: len(data) * 12]
    assert text.decode(targets.reshape(-1)) == text.text[1 : len(data) * 12 + 1]
    with pytest.raises(ShapeError, match="wanted more than 300 characters"):
        text.pieces("train", 300)


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


def test_streams_read_the_whole_text_in_rows_that_go_on(text):
    pieces = list(text.streams("train", batch_size=4, length=10))
    assert [tuple(x.shape) for x, _ in pieces] == [(4, 10)] * 5 + [(4, 7)]  # 231 // 4 = 57
    assert all(x.dtype == y.dtype == np.int64 for x, y in pieces)
    inputs, targets = (np.concatenate([pair[i].numpy() for pair in pieces], 1) for i in (0, 1))
    assert text.decode(inputs.reshape(-1)) == text.text[: 4 * 57]
    assert text.decode(targets.reshape(-1)) == text.text[1 : 4 * 57 + 1]


def test_streams_of_validation(text):
    ((x, y),) = text.streams("val", batch_size=57, length=5)
    assert x.shape == (57, 1)
    assert text.decode(y[:, 0]) == text.text[-57:]


def test_errors(text, tmp_path):
    with pytest.raises(ShapeError, match="streams: wanted more than 58 characters, val has 58"):
        next(text.streams("val", batch_size=58))
    with pytest.raises(ShapeError, match="streams: wanted batch_size and length of at least 1, got 4 and 0"):
        next(text.streams("val", batch_size=4, length=0))
    with pytest.raises(DataError, match="streams: wanted part 'train' or 'val', got 'test'"):
        next(text.streams("test"))
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
