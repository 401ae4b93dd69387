"""What is chosen for this machine: numbers by name, and the file that may decide them.

They say how a kernel's work is cut, among how many threads, from which size it runs, and which of several algorithms
does: so they change how quickly it is done, and how sums are rounded. By default they follow from what the system says
of its caches, and from what was measured on a few machines. Nothing is measured unasked: two processes might find
different numbers, and give different bits. `python -m benchmarks tune` measures, and keeps in a file:

    level 1, level 2   bytes of the caches for each processor
    thread             what another thread costs, in per cent of what the families' constants (`LEAST`,
                       `WORTH_A_THREAD`) were found with: twice as much, and work is shared from twice the size on
    size ...           from how many elements on a compiled twin runs: see `fast.SIZES`
    large tiles        outputs of a plane from which on convolutions take the larger of Winograd's tiles

Each is a line of the file, which lies beside the compiled kernels, and has the machine in its name. It decides in every
process that starts from then on. It can be copied, edited, removed; WENGERT_CHOICES=FILE names another one, and with
WENGERT_CHOICES=default none is read.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import re
import sys
from pathlib import Path

from . import folders

ASKED = os.environ.get("WENGERT_CHOICES", "")
DEFAULT = "default"
_ABOUT = """What Wengert has chosen for this machine: it decides in every process. See kernels/machine/choices.py.
Copy it together with a program whose results are to be the same to the last bit on a like machine."""
_PACKAGE = Path(__file__).absolute().parents[1]


def name() -> str:
    """The file of this machine: its kind, name, and number of processors, and what kernels are compiled for."""
    target = os.environ.get("NUMBA_CPU_NAME", "")
    parts = [platform.machine(), platform.node(), str(os.cpu_count()), *([target] if target else [])]
    return f"choices-{re.sub('[^0-9A-Za-z_.-]', '', '-'.join(parts))}.txt"


def places() -> list[Path]:
    """Files that may decide: the first that is there does."""
    if ASKED == DEFAULT:
        return []
    if ASKED:
        return [Path(ASKED)]
    return [folder / name() for folder in folders.kernel_folders(os.environ.get("NUMBA_CACHE_DIR", ""), _PACKAGE)]


def read(files: list[Path]) -> dict[str, int]:
    """The numbers of the first of the files that is there; none if there is none. What is no line of ours is left out.

    Raises OSError if WENGERT_CHOICES names a file that cannot be read.
    """
    for file in files:
        if ASKED:
            lines = file.read_text(encoding="utf-8").splitlines()
        elif (content := folders.read(file)) is None:
            continue
        else:
            lines = content.decode(errors="replace").splitlines()
        pairs = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {key: int(value) for key, _, value in pairs if key and value.isdecimal()}
    return {}


chosen = read(places())
"""Name -> number: all that the file says."""


def number(key: str, default: int) -> int:
    """What the file says, or the default."""
    return chosen.get(key, default)


def write(numbers: dict[str, int]) -> Path | None:
    """Make the file, in the first folder where that is possible; None if it is nowhere."""
    text = "".join(f"# {line}\n" for line in _ABOUT.splitlines())
    text += "".join(f"{key} {value}\n" for key, value in sorted(numbers.items()))
    for file in places():
        with contextlib.suppress(OSError):
            folders.make(file.parent)
            folders.write(file, text.encode())
            return file
    return None


def remove() -> list[Path]:
    """Remove the files that decide; those that were there."""
    found = [file for file in places() if file.is_file()]
    for file in found:
        file.unlink()
    return found


# ------------------------------------------------------------------------------------------------------- the caches

USUAL = {1: 32 << 10, 2: 1 << 20}
"""Bytes of the first and the second level, where nobody says how many there are."""


@functools.cache
def cache(level: int) -> int:
    """Bytes of that cache for one of the processors that share it: what the file says, or else the system."""
    return number(f"level {level}", _linux(level) or _mac(level) or USUAL[level])


def _linux(level: int, folder: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> int:
    try:
        for index in sorted(folder.glob("index*")):
            said = {key: (index / key).read_text().strip() for key in ("level", "type", "size", "shared_cpu_list")}
            if said["level"] == str(level) and said["type"] in ("Data", "Unified"):
                size = int(said["size"].rstrip("KM")) << (20 if said["size"].endswith("M") else 10)
                return size // len(listed(said["shared_cpu_list"]))
    except (OSError, ValueError):
        pass
    return 0


def listed(text: str) -> list[int]:
    """The numbers in "0-3,8"."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def _mac(level: int) -> int:
    if sys.platform != "darwin":
        return 0
    sizes = "hw.perflevel0.l1dcachesize" if level == 1 else "hw.perflevel0.l2cachesize"
    import subprocess

    asked = ["sysctl", "-n", sizes] + (["hw.perflevel0.cpusperl2"] if level == 2 else [])
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return int(said[0]) // int(said[-1] if level == 2 else 1) if len(said) == level else 0


def part(level: int, share: float, most: int) -> int:
    """That share of a cache in bytes, or `most`, which kernels were found to be quickest with in larger caches."""
    return min(most, int(cache(level) * share))
