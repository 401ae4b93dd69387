"""Tables: CSV and Parquet files, and data frames of pandas. Columns become features, one of them the target."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, from_numpy
from autograd.errors import DataError
from autograd.extras import extra

from .dataset import Dataset
from .randomness import numpy_generator

ABSENT = "(missing)"
"""What a missing category is called when it is filled."""
RULES = ("refuse", "drop", "mean", "median")


@dataclass(frozen=True)
class Numbers:
    """How a column of numbers becomes a feature: what stands for a missing one, then (x - mean) / std."""

    fill: float | None
    mean: float
    std: float

    def encode(self, column: Any, name: str) -> Array:
        """(N, 1) float32."""
        values = column.to_numpy(np.float64, na_value=np.nan)
        gone = np.isnan(values)
        if gone.any():
            if self.fill is None:
                raise DataError(f"Table: column {name!r} has {_rows(gone)} without a value, and missing='refuse'")
            values = np.where(gone, self.fill, values)
        if np.isinf(values).any():
            raise DataError(f"Table: column {name!r} has {_rows(np.isinf(values))} that are infinite")
        return ((values - self.mean) / self.std).astype(np.float32)[:, None]


@dataclass(frozen=True)
class Categories:
    """How a column of categories becomes features: their names in order, and what stands for a missing one."""

    names: tuple[str, ...]
    fill: str | None

    def codes(self, column: Any, name: str, unknown: str) -> Array:
        """The number of each row's category, (N,) int64; -1 for one that is not known, if `unknown` is "zeros"."""
        gone = column.isna().to_numpy(bool)
        if gone.any() and self.fill is None:
            raise DataError(f"Table: column {name!r} has {_rows(gone)} without a value, and missing='refuse'")
        number = {each: index for index, each in enumerate(self.names)}
        texts = [str(self.fill if absent else value) for value, absent in zip(column, gone, strict=True)]
        found = np.array([number.get(text, -1) for text in texts], np.int64).reshape(-1)
        if unknown == "refuse" and (found < 0).any():
            first = texts[int(np.argmin(found))]
            raise DataError(f"Table: column {name!r} has {first!r}, which is none of its {len(self.names)} categories")
        return found


def _rows(where: Array) -> str:
    count = int(where.sum())
    return f"{count} row{'s' * (count > 1)} (the first is row {int(where.argmax())})"


class Table(Dataset):
    """Rows of a table as samples: `dataset[i]` is (features, target).

    source       a file (.csv, .tsv or .parquet, also compressed) or a data frame of pandas
    target       the column that is foretold. Text, truth values and categories become class numbers, int64 (N,), and
                 `classes` has their names; numbers stay numbers, float32 (N, 1), unless target_is_class says otherwise.
                 target_is_class=False makes two categories 0 and 1, float32 (N, 1), as `BCEWithLogitsLoss` takes them
    features     names of columns; default: all others
    categories   columns of numbers that are categories as well; text and truth values always are
    missing      what is done about missing values: "refuse" (DataError), "drop" such rows, "mean" or "median" for
                 numbers while missing categories become one of their own; or a value; or a dict with one of these for
                 each column. A missing target is refused, or its row dropped
    normalize    numbers are brought to mean 0 and deviation 1
    one_hot      a column for each category; False: samples are (numbers, category numbers, target), for embeddings
    like         a Table whose categories, means and fillings are taken: that of the training, for test data
    unknown      a category that `like` does not have: "refuse", or "zeros", which is none of them

    Afterwards: `names` of the features; `encoders`, column -> how it is encoded; `x`, `y` as arrays.

    To split it, `table.split([0.8, 0.2])` gives Tables whose means and categories are those of the first part, so that
    nothing of the test data is known while training.

        train, test = Table("flats.csv", target="rent", missing="median").split([0.8, 0.2])
        model = nn.Linear(len(train.names), 1)
    """

    classes: list[str]
    features: list[str]
    categories: tuple[str, ...]
    missing: Any
    normalize: bool
    one_hot: bool
    target_is_class: bool
    encoders: dict[str, Numbers | Categories]

    def __init__(
        self,
        source: Any,
        target: str,
        features: Sequence[str] | None = None,
        categories: Sequence[str] = (),
        missing: Any = "refuse",
        *,
        normalize: bool = True,
        one_hot: bool = True,
        target_is_class: bool | None = None,
        like: Table | None = None,
        unknown: str = "refuse",
        read: Mapping[str, Any] | None = None,
    ) -> None:
        frame = read_table(source, **(read or {}))
        if like is not None:
            features, categories, missing = like.features, like.categories, like.missing
            normalize, one_hot, target_is_class = like.normalize, like.one_hot, like.target_is_class
        self.target, self.categories, self.missing = target, tuple(categories), missing
        self.features = [name for name in frame.columns if name != target] if features is None else [*features]
        self.normalize, self.one_hot, self.unknown = normalize, one_hot, unknown
        absent = [name for name in (target, *self.features, *categories) if name not in frame.columns]
        if absent:
            raise DataError(f"Table: there is no column {absent[0]!r}; there are {', '.join(map(str, frame.columns))}")
        if target in self.features:
            raise DataError(f"Table: {target!r} is the target, so it is no feature")
        if unknown not in ("refuse", "zeros"):
            raise DataError(f"Table: unknown should be 'refuse' or 'zeros', got {unknown!r}")
        dropped = [name for name in (target, *self.features) if self._rule(name) == "drop"]
        self.frame = frame.dropna(subset=dropped).reset_index(drop=True) if dropped else frame.reset_index(drop=True)
        if len(self.frame) == 0:
            raise DataError(f"Table: no row is left of {len(frame)}")
        self.target_is_class = _is_text(self.frame[target]) if target_is_class is None else target_is_class
        self.encoders = {**like.encoders} if like is not None else self._encoders()
        self._encode()

    def _rule(self, name: str) -> Any:
        rule = self.missing.get(name, "refuse") if isinstance(self.missing, Mapping) else self.missing
        if isinstance(rule, str) and rule not in RULES and not isinstance(self.missing, Mapping):
            raise DataError(f"Table: missing should be {', '.join(RULES)}, a number or a dict, got {rule!r}")
        return rule

    def _encoders(self) -> dict[str, Numbers | Categories]:
        found: dict[str, Numbers | Categories] = {}
        for name in self.features:
            column = self.frame[name]
            if name in self.categories or _is_text(column):
                found[name] = self._categories(name, column)
            else:
                found[name] = self._numbers(name, column)
        if self.target_is_class or _is_text(self.frame[self.target]):
            known = self.frame[self.target].dropna()
            names = tuple([str(each) for each in sorted(known.unique())])
            if not self.target_is_class and len(names) != 2:
                raise DataError(
                    f"Table: target_is_class=False wants two categories, column {self.target!r} has {len(names)}"
                )
            found[self.target] = Categories(names, None)
        return found

    def _categories(self, name: str, column: Any) -> Categories:
        rule = self._rule(name)
        texts = {str(each) for each in column.dropna().unique()}
        if rule in ("refuse", "drop"):
            return Categories(tuple(sorted(texts)), None)
        fill = rule if isinstance(rule, str) and rule not in RULES else ABSENT
        return Categories(tuple(sorted(texts | {fill} if column.isna().any() else texts)), fill)

    def _numbers(self, name: str, column: Any) -> Numbers:
        rule = self._rule(name)
        try:
            values = column.to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise DataError(f"Table: column {name!r} holds {column.dtype}: neither numbers nor categories") from None
        known = values[np.isfinite(values)]
        if len(known) == 0:
            raise DataError(f"Table: column {name!r} has no values")
        fills: dict[Any, Any] = {"mean": np.mean, "median": np.median}
        fill = None if rule in ("refuse", "drop") else float(fills[rule](known)) if rule in fills else float(rule)
        filled = known if fill is None else np.where(np.isnan(values), fill, values)
        if not self.normalize:
            return Numbers(fill, 0.0, 1.0)
        return Numbers(fill, float(filled.mean()), float(filled.std()) or 1.0)

    def _encode(self) -> None:
        """Work out the arrays."""
        parts: list[Array] = []
        codes: list[Array] = []
        self.names: list[str] = []
        for name in self.features:
            encoder = self.encoders[name]
            if isinstance(encoder, Numbers):
                parts.append(encoder.encode(self.frame[name], name))
                self.names.append(name)
                continue
            code = encoder.codes(self.frame[name], name, self.unknown)
            if self.one_hot:
                parts.append((code[:, None] == np.arange(len(encoder.names))).astype(np.float32))
                self.names += [f"{name}={each}" for each in encoder.names]
            else:
                codes.append(code)
        rows = len(self.frame)
        self.x = np.concatenate(parts, 1) if parts else np.zeros((rows, 0), np.float32)
        self.codes = np.stack(codes, 1) if codes else np.zeros((rows, 0), np.int64)
        column = self.frame[self.target]
        known = self.encoders.get(self.target)
        if isinstance(known, Categories):
            self.classes = list(known.names)
            self.y = known.codes(column, self.target, "refuse")
            if not self.target_is_class:
                self.y = self.y.astype(np.float32)[:, None]
        else:
            self.y = Numbers(None, 0.0, 1.0).encode(column, self.target)
        self.targets = self.y

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"Table: index {index} is out of range for {len(self)} rows")
        return tuple([field[0] for field in self.batch(np.array([index]))])

    def batch(self, indices: Array) -> tuple[Tensor, ...]:
        """The samples at `indices` (N,), stacked."""
        fields = (self.x, self.y) if self.one_hot else (self.x, self.codes, self.y)
        return tuple([from_numpy(field[indices]) for field in fields])

    def split(self, lengths: Sequence[int | float], generator: Any = None) -> list[Table]:
        """Rows at random to Tables of these lengths or shares, all encoded by what is in the first of them."""
        total = len(self.frame)
        shares = all(isinstance(length, float) for length in lengths)
        counts = [round(total * length) for length in lengths] if shares else [int(length) for length in lengths]
        if shares and abs(sum(lengths) - 1) < 1e-9:
            counts[0] += total - sum(counts)
        if sum(counts) != total or min(counts) < 1:
            raise DataError(
                f"split: wanted shares that add up to 1, or lengths that add up to {total}, got {[*lengths]}"
            )
        order = numpy_generator(generator).permutation(total)
        pieces = [self.frame.iloc[np.sort(each)] for each in np.split(order, np.cumsum(counts)[:-1])]
        first = Table(
            pieces[0], self.target, self.features, self.categories, self.missing, normalize=self.normalize,
            one_hot=self.one_hot, target_is_class=self.target_is_class, unknown=self.unknown,
        )  # fmt: skip
        return [first, *[Table(each, self.target, like=first, unknown=self.unknown) for each in pieces[1:]]]

    def __repr__(self) -> str:
        return f"Table({len(self):,} rows, {len(self.names)} features, target={self.target!r})"


def read_table(source: Any, **options: Any) -> Any:
    """A data frame of pandas, out of a CSV, TSV or Parquet file; `options` are those of pandas' readers."""
    pandas = extra("pandas", "tables", "Table")
    if isinstance(source, pandas.DataFrame):
        return source
    path = os.fspath(source)
    try:
        if ".parquet" in os.path.basename(path):
            extra("pyarrow", "tables", "Parquet files: Table")
            return pandas.read_parquet(path, **options)
        if ".tsv" in os.path.basename(path):
            options.setdefault("sep", "\t")
        return pandas.read_csv(path, **options)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as a table: {error}") from error


def _is_text(column: Any) -> bool:
    """Does a column hold categories by its nature: text, truth values, or pandas' own?"""
    types = extra("pandas", "tables", "Table").api.types
    kinds = (types.is_bool_dtype, types.is_string_dtype, types.is_object_dtype)
    return isinstance(column.dtype, extra("pandas", "tables", "Table").CategoricalDtype) or any(
        kind(column.dtype) for kind in kinds
    )
