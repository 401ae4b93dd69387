"""What happened in a training run, epoch by epoch."""

from __future__ import annotations

import os
from typing import Any

from ..figure import new_figure


class History(dict[str, list[float]]):
    """Name -> one number per finished epoch.

    loss, accuracy           mean over the training examples as they were seen, while the weights changed
    val_loss, val_accuracy   on the validation data, after the epoch
    lr                       learning rate of the first parameter group at the end of the epoch
    seconds                  spent on training, validation not counted

    An ordinary dict in every other way: `history["loss"][-1]`, `json.dumps(history)`, `nn.save(history, path)`.

    >>> history = History()
    >>> history.add({"loss": 0.5, "accuracy": 0.75})
    >>> history.add({"loss": 0.25, "accuracy": 1.0})
    >>> print(history.table())
    epoch    loss  accuracy
        1  0.5000    75.00%
        2  0.2500   100.00%
    """

    drawn: int | None = None
    """The cell of a notebook in which `fit` has shown the curves."""

    @property
    def epochs(self) -> int:
        """How many epochs it covers."""
        return max((len(values) for values in self.values()), default=0)

    def add(self, values: dict[str, float]) -> None:
        """Append an epoch."""
        for name, value in values.items():
            self.setdefault(name, []).append(value)

    def table(self) -> str:
        """All numbers as text, one line per epoch."""
        columns = [["epoch", *[str(epoch + 1) for epoch in range(self.epochs)]]]
        for name, values in self.items():
            columns.append([name, *[shown(name, value) for value in values]])
        widths = [max(map(len, column)) for column in columns]
        padded = [[cell.rjust(width) for cell in column] for column, width in zip(columns, widths, strict=True)]
        rows = max(map(len, padded))
        return "\n".join("  ".join(column[row] for column in padded if row < len(column)) for row in range(rows))

    def curves(self, epochs: int = 0) -> str:
        """The numbers over the epochs as HTML: the loss, and beside it each other measure."""
        from autograd.displays.curves import curves  # here: only notebooks show them

        panels = {}
        for name in self:
            if name not in ("lr", "seconds") and not name.startswith("val_"):
                lines = {"training": self[name], "validation": self.get(f"val_{name}", [])}
                panels[name] = {label: values for label, values in lines.items() if values}
        return curves(panels, epochs)

    def _repr_html_(self) -> str:
        """For notebooks: curves, and the table; without the curves where `fit` has shown them in the same cell."""
        from autograd.displays.notebooks import cell
        from autograd.displays.pieces import boxed, folded, listed

        above = cell() is not None and cell() == self.drawn
        head = f"<div><b>History</b> of {self.epochs} epoch{'s' if self.epochs != 1 else ''}</div>"
        table = folded("table", listed(self.table()), open_=self.epochs <= 30 and not above)
        return boxed(head, "" if above else self.curves(), table)

    def plot(self, path: str | os.PathLike[str] | None = None, title: str = "") -> Any:
        """Draw the loss and the other measures over the epochs, two panels.

        path   a file to write (.png, .svg, .pdf); None: a figure of pyplot's, which notebooks show
        Returns the matplotlib figure.
        """
        if path is None:
            from matplotlib import pyplot  # here: only who draws needs it

            from autograd.displays.notebooks import once

            figure = once(pyplot.figure(figsize=(10, 4), layout="constrained"))
        else:
            figure = new_figure(10, 4)
        from matplotlib.ticker import MaxNLocator

        others = [name for name in self if name not in ("loss", "lr", "seconds") and not name.startswith("val_")]
        left, right = figure.subplots(1, 2)
        for axes, names in ((left, ["loss"]), (right, others or ["lr"])):
            for name in names:
                for full, label, style in ((name, "training", "o-"), (f"val_{name}", "validation", "s-")):
                    if full in self:
                        what = label if len(names) == 1 else f"{label} {name}"
                        axes.plot(range(1, len(self[full]) + 1), self[full], style, markersize=4, label=what)
            axes.set_ylabel(names[0] if len(names) == 1 else "")
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(alpha=0.3)
            if axes.lines:
                axes.legend()
        figure.suptitle(title)
        if path is not None:
            figure.savefig(path)
        return figure


def shown(name: str, value: float) -> str:
    """A number of the history as text."""
    if name.removeprefix("val_").endswith("accuracy"):
        return f"{value:.2%}"
    if name == "seconds":
        return f"{value:.2f}" if value < 10 else f"{value:.1f}"
    return f"{value:.3g}" if name == "lr" else f"{value:.4f}"
