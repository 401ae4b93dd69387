"""What `explore` gives: a computation that shows itself, as a page."""

from __future__ import annotations

import html
import tempfile
import webbrowser
from pathlib import Path

from .description import Description
from .page import page_of


class Exploration:
    """A computation that shows itself: step by step, forward and back.

    description   all that is shown, as plain data

    In a notebook it shows itself as the last value of a cell. `save(path)` writes a page, one file that needs neither
    network nor server; `show()` opens it in a browser.
    """

    def __init__(self, description: Description) -> None:
        self.description = description

    def html(self) -> str:
        """The page."""
        return page_of(self.description)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, and return its path."""
        path = Path(path)
        path.write_text(self.html(), encoding="utf-8")
        return path

    def show(self) -> Path:
        """Open the page, in the folder for temporary files, in a browser, or say where it is. Returns its path."""
        with tempfile.NamedTemporaryFile(
            "w", suffix=".html", prefix="explore-", delete=False, encoding="utf-8"
        ) as file:
            file.write(self.html())
        path = Path(file.name)
        if not webbrowser.open(path.as_uri()):
            print(f"no browser could be started; the page is {path}")
        return path

    def _repr_html_(self) -> str:
        """For notebooks: the page in a frame of its own, so that neither disturbs the other."""
        title = html.escape(f"explorer: {self.description.title}")
        style = "width:100%;height:720px;border:1px solid #8886;border-radius:6px"
        return f'<iframe title="{title}" style="{style}" srcdoc="{html.escape(self.html())}"></iframe>'

    def __repr__(self) -> str:
        found = self.description
        back = len(found.steps) - found.turn
        return f"<Exploration of {found.title}: {found.turn} steps forward, {back} back; .show(), .save(path)>"
