"""Tables: how columns become features."""

import sys

import numpy as np
import pytest

import nn
from autograd import Generator
from autograd.errors import DataError
from nn.data import DataLoader, Table, random_split

pandas = pytest.importorskip("pandas")

FLATS = {
    "area": [50.0, 70.0, None, 90.0, 30.0],
    "town": ["Ulm", "Kiel", "Ulm", None, "Jena"],
    "floor": [1, 2, 1, 3, 2],
    "lift": [True, False, True, False, True],
    "rent": [500.0, 600.0, 700.0, 800.0, 900.0],
    "kind": ["old", "new", "new", "old", "new"],
}


@pytest.fixture
def frame():
    return pandas.DataFrame(FLATS)


def test_numbers_and_categories(frame):
    table = Table(frame, "kind", ["area", "town", "floor", "lift"], ["floor"], missing="median", normalize=False)
    assert table.names == [
        *("area", "town=(missing)", "town=Jena", "town=Kiel", "town=Ulm"),
        *("floor=1", "floor=2", "floor=3", "lift=False", "lift=True"),
    ]
    assert table.x.tolist() == [
        [50, 0, 0, 0, 1, 1, 0, 0, 0, 1],
        [70, 0, 0, 1, 0, 0, 1, 0, 1, 0],
        [60, 0, 0, 0, 1, 1, 0, 0, 0, 1],
        [90, 1, 0, 0, 0, 0, 0, 1, 1, 0],
        [30, 0, 1, 0, 0, 0, 1, 0, 0, 1],
    ]
    assert (table.classes, table.y.tolist()) == (["new", "old"], [1, 0, 0, 1, 0])
    assert (table.x.dtype, table.y.dtype) == (np.float32, np.int64)
    x, y = next(iter(DataLoader(table, 2)))
    assert (x.shape, y.tolist()) == ((2, 10), [1, 0])


def test_targets_that_are_numbers_are_a_column(frame):
    table = Table(frame, "rent", ["floor"])
    assert (table.y.shape, table.y.dtype) == ((5, 1), np.float32)
    assert not hasattr(table, "classes")
    np.testing.assert_allclose([table.x.mean(), table.x.std()], [0, 1], atol=1e-6)
    classes = Table(frame, "floor", ["area"], missing="drop", target_is_class=True)
    assert (classes.classes, classes.y.tolist()) == (["1", "2", "3"], [0, 1, 2, 1])


def test_two_categories_as_a_number_for_binary_losses(frame):
    """Text as well as truth values; the second of two in order is 1."""
    for target, names, expected in (
        ("kind", ["new", "old"], [1, 0, 0, 1, 0]),
        ("lift", ["False", "True"], [1, 0, 1, 0, 1]),
    ):
        table = Table(frame, target, ["floor"], target_is_class=False)
        assert (table.classes, table.y.tolist(), table.y.dtype) == (names, [[each] for each in expected], np.float32)
        first, second = table.split([0.6, 0.4], Generator().manual_seed(0))
        assert {first.y.shape[1], second.y.shape[1]} == {1}
        assert first.classes == second.classes == names
    table = Table(frame, "kind", ["floor"], target_is_class=False)
    model = nn.Linear(1, 1)
    optimizer = nn.optim.SGD(model.parameters(), 0.1)
    history = nn.fit(
        model, DataLoader(table, 5), loss=nn.BCEWithLogitsLoss(), optimizer=optimizer, epochs=2, progress=False
    )
    assert "accuracy" in history
    with pytest.raises(DataError, match="'town' has 3"):
        Table(frame, "town", ["floor"], missing="drop", target_is_class=False)


@pytest.mark.parametrize(
    ("missing", "column", "expected"),
    [
        ("mean", "area", 60.0),
        (7, "area", 7.0),
        ({"area": "median", "town": "Ulm"}, "area", 60.0),
        ({"area": 5.0, "town": "nowhere"}, "area", 5.0),
    ],
)
def test_missing_values_are_filled_as_said(frame, missing, column, expected):
    table = Table(frame, "rent", ["area", "town"], missing=missing, normalize=False)
    assert table.x[2, 0] == expected
    if isinstance(missing, dict):
        assert table.x[3, table.names.index(f"town={missing['town']}")] == 1


def test_missing_values_are_refused_or_their_rows_dropped(frame):
    with pytest.raises(DataError, match=r"column 'area' has 1 row \(the first is row 2\) without a value"):
        Table(frame, "rent", ["area", "floor"])
    with pytest.raises(DataError, match="column 'town' has 1 row"):
        Table(frame, "rent", ["town"])
    assert len(Table(frame, "rent", missing="drop")) == 3
    assert len(Table(frame, "rent", ["area", "town"], missing={"area": "drop", "town": "mean"})) == 4
    frame.loc[0, "rent"] = None
    with pytest.raises(DataError, match="column 'rent' has 1 row"):
        Table(frame, "rent", ["floor"], missing="mean")
    frame.loc[0, "kind"] = None
    with pytest.raises(DataError, match="column 'kind' has 1 row"):
        Table(frame, "kind", ["floor"], missing="mean")


def test_test_data_is_encoded_as_training_data(frame):
    train = Table(frame, "rent", ["area", "town"], missing="mean")
    test = Table(pandas.DataFrame({"area": [60.0, None], "town": ["Kiel", "Ulm"], "rent": [1, 2]}), "rent", like=train)
    assert test.names == train.names
    np.testing.assert_allclose(test.x[:, 0], 0, atol=1e-6)  # the mean of the training, also where it is missing
    other = pandas.DataFrame({"area": [60.0], "town": ["Bonn"], "rent": [1]})
    with pytest.raises(DataError, match="column 'town' has 'Bonn', which is none of its 4 categories"):
        Table(other, "rent", like=train)
    assert Table(other, "rent", like=train, unknown="zeros").x[0, 1:].tolist() == [0] * 4


def test_splits_know_nothing_of_the_test_data(rng):
    frame = pandas.DataFrame({"a": rng.random(100), "b": rng.choice(list("xyz"), 100), "y": rng.random(100)})
    train, test = Table(frame, "y").split([0.75, 0.25], Generator().manual_seed(0))
    assert (len(train), len(test)) == (75, 25)
    assert train.encoders["a"].mean == pytest.approx(train.frame["a"].mean())
    assert test.encoders == train.encoders
    assert sorted([*train.frame["a"], *test.frame["a"]]) == sorted(frame["a"])
    assert [len(each) for each in Table(frame, "y").split([50, 30, 20])] == [50, 30, 20]
    with pytest.raises(DataError, match="add up to 1"):
        Table(frame, "y").split([0.5, 0.4])
    assert [len(part) for part in random_split(Table(frame, "y"), [60, 40])] == [60, 40]


def test_category_numbers_for_embeddings(frame):
    table = Table(frame, "rent", ["floor", "town", "lift"], missing="mean", one_hot=False)
    numbers, codes, rent = table[3]
    assert (numbers.shape, codes.tolist(), rent.shape) == ((1,), [0, 0], (1,))
    assert codes.dtype == np.int64


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "parquet"])
def test_files(ending, frame, tmp_path):
    path = tmp_path / f"flats.{ending}"
    if ending == "parquet":
        pytest.importorskip("pyarrow")
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    table = Table(path, "kind", missing="mean")
    np.testing.assert_allclose(table.x, Table(frame, "kind", missing="mean").x, rtol=1e-6)
    assert table.classes == ["new", "old"]


def test_what_makes_no_sense_is_refused(frame, tmp_path):
    for arguments, message in (
        (("price",), "there is no column 'price'; there are area, town"),
        (("rent", ["rent"]), "is the target"),
        (("rent", ["area"], (), "guess"), "missing should be refuse, drop, mean, median"),
    ):
        with pytest.raises(DataError, match=message):
            Table(frame, *arguments)
    with pytest.raises(DataError, match="cannot be read as a table"):
        Table(tmp_path / "none.csv", "rent")
    with pytest.raises(DataError, match="no row is left"):
        Table(pandas.DataFrame({"a": [None], "y": [1]}), "y", missing="drop")
    frame["area"] = np.inf
    with pytest.raises(DataError, match="has no values"):
        Table(frame, "rent", ["area"])


def test_without_pandas_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match=r"^Table needs pandas: pip install 'wengert\[tables\]'$"):
        Table(tmp_path / "a.csv", "y")
