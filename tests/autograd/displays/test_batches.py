"""Tuples, lists and dictionaries of Tensors in a notebook."""

from __future__ import annotations

import collections
import types

import pytest

import autograd
import nn
from autograd.displays.batches import install, show_batch
from nn.data import DataLoader, TensorDataset

from .reading import pictures, read


def shown(x):
    return show_batch(x, autograd.Tensor)


def test_a_batch_of_images_has_their_labels_below():
    page = shown((autograd.rand(5, 1, 8, 8), autograd.tensor([7, 1, 0, 3, 9])))
    words, _ = read(page)
    assert len(pictures(page)) == 5
    assert [word for word in words if word in "71039"][-5:] == ["7", "1", "0", "3", "9"]


def test_an_example_of_a_data_set():
    page = shown(TensorDataset(autograd.rand(5, 1, 8, 8), autograd.tensor([7, 1, 0, 3, 9]))[3])
    assert "3" in read(page)[0]
    assert len(pictures(page)) == 1


def test_fields_of_other_kinds():
    words, tags = read(shown({"tokens": autograd.tensor([[1, 2], [3, 4]]), "text": "a <b>", "weight": 0.5}))
    assert "'a <b>'" in words
    assert "'tokens'" in words
    assert tags.count("td") == 4
    Pair = collections.namedtuple("Pair", "left right")
    assert "right" in read(shown(Pair(autograd.ones(2), autograd.ones(3))))[0]


@pytest.mark.parametrize("x", [[], [1, 2], ["a"], (autograd.tensor(1.0),), [object(), autograd.ones(3)], {}])
def test_other_lists_stay_as_python_writes_them(x):
    assert shown(x) is None


class Formatter:
    def __init__(self):
        self.type_printers = {list: lambda x: "another's"}

    def for_type(self, kind, function):
        self.type_printers[kind] = function


def test_installed_where_a_notebook_asks_for_html():
    formatter = Formatter()
    install(
        types.SimpleNamespace(display_formatter=types.SimpleNamespace(formatters={"text/html": formatter})),
        autograd.Tensor,
    )
    printers = formatter.type_printers
    assert printers[list]([1, 2]) == "another's"
    assert printers[tuple]((1, 2)) is None
    assert "<img" in printers[list]([autograd.rand(3, 1, 8, 8), autograd.tensor([1, 2, 3])])
    history = nn.training.History(loss=[1.0, 0.5])
    assert printers[dict](history) == history._repr_html_()


def test_a_loader_says_what_it_reads_and_draws_no_random_numbers():
    autograd.manual_seed(0)
    loader = DataLoader(TensorDataset(autograd.rand(20, 1, 8, 8), autograd.arange(20)), batch_size=6, shuffle=True)
    before = autograd.get_rng_state()
    words, _ = read(loader._repr_html_())
    assert "TensorDataset of 20 examples" in words
    assert "4 of 6" in words
    assert "shuffled anew on each pass" in words
    assert len(pictures(loader._repr_html_())) == 8
    assert str(autograd.get_rng_state()) == str(before)


def test_a_loader_whose_data_set_fails_is_still_shown():
    class Broken(nn.data.Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            raise OSError("no such file: <x>")

    words, _ = read(DataLoader(Broken())._repr_html_())
    assert "the first examples: OSError: no such file: <x>" in words

    class Stream(nn.data.IterableDataset):
        def __iter__(self):
            return iter([1, 2])

    assert "Stream" in read(DataLoader(Stream())._repr_html_())[0]
