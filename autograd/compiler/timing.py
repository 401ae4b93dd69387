"""How long each line of compiled code takes: with WENGERT_TIMES=1 in the environment, `source` says it at its end.

What is said is the least of all calls, in microseconds. Loops are then called one by one, and not several at once.
"""

from __future__ import annotations

import os
import time

ON = os.environ.get("WENGERT_TIMES", "0") == "1"


class Times:
    """The least time of each line of a text, by number."""

    def __init__(self) -> None:
        self.least: dict[int, float] = {}
        self.last = 0.0

    def begin(self) -> None:
        """A function begins."""
        self.last = time.perf_counter()

    def tick(self, line: int) -> None:
        """A line has ended."""
        taken = time.perf_counter() - self.last
        self.least[line] = min(taken, self.least.get(line, taken))
        self.last = time.perf_counter()

    def instrumented(self, text: str) -> str:
        """The text with calls of these after each line of a function."""
        lines = []
        for number, line in enumerate(text.splitlines()):
            lines.append(line)
            if line.startswith("def "):
                lines.append("    begin()")
            elif line.startswith("    ") and not line.startswith(("     ", "    if ", "    return")):
                lines.append(f"    tick({number})")
        return "\n".join(lines) + "\n"

    def shown(self, text: str) -> str:
        """The text with times."""
        return "\n".join(
            [
                f"{line:<110}  # {self.least[number] * 1e6:,.1f} us" if number in self.least else line
                for number, line in enumerate(text.splitlines())
            ]
        )
