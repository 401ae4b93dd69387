"""What the figures hold for: the processor's name, and its vector units."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

UNITS = {"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX", "asimd": "NEON", "neon": "NEON"}
"""Flag of Linux -> what people call it, widest first."""


def processor(vectors: str = "") -> str:
    """Such as "AMD Ryzen 7 5800U with Radeon Graphics (AVX2)"; says so where our compiler, or all, are restricted."""
    name = _linux() or _mac() or platform.processor() or platform.machine()
    restricted = vectors or os.environ.get("NUMBA_CPU_NAME")
    return f"{name}, restricted to {restricted}" if restricted else name


def _linux(path: Path = Path("/proc/cpuinfo")) -> str:
    try:
        text = path.read_text().split("\n\n")[0]
    except OSError:
        return ""
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}
    name = " ".join(re.sub(r"\((R|TM|tm)\)", "", fields.get("model name", platform.machine())).split())
    if not re.search(r"\d", name) and "cpu family" in fields:  # rented machines hide which it is
        name += f", family {fields['cpu family']} model {fields.get('model', '?')}"
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    unit = next((called for flag, called in UNITS.items() if flag in flags), "")
    return f"{name} ({unit})" if unit else name


def _mac() -> str:
    if platform.system() != "Darwin":
        return ""
    asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
