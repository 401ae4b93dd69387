"""The figures of a case as lines of text."""

from __future__ import annotations

from typing import Any

from .peers import COMPILED, OURS

PLAIN = "{:<22}{:>9}{:>9}{:>8}{:>15}  {:<20}{:>16}{:>15}  {:<13}  {}"
WIDE = "{:<22}{:>9}{:>10}{:>9}{:>9}{:>8}{:>15}{:>10}{:>15}{:>8}{:>15}{:>28}{:>30}  {:<13}  {}"


def heading(group: str, compiled: bool = False) -> str:
    """The line above a group of cases."""
    if compiled:
        ratios = [text for way in ("ratio", *COMPILED) for text in (way, "quartiles")]
        return WIDE.format(group, "ours", *COMPILED, "peer", *ratios, "peak", "first values", "", "").rstrip()
    return PLAIN.format(group, "ours", "peer", "ratio", "quartiles", "rate", "peak", "grown", "", "").rstrip()


def lines(row: dict[str, Any], most: dict[str, float], compiled: bool = False) -> list[str]:
    """A row of figures as lines of the table: one per peer."""
    if row["failed"]:
        return [f"{row['case']:<22} FAILED  {row['failed']}"]
    if row["differences"]:
        return [f"{row['case']:<22} VALUES DIFFER  {text}" for text in row["differences"]]
    found = _wide(row) if compiled else _plain(row, most)
    ours = row[OURS]
    if "first" in row:
        times = [f"{name} {seconds(cold)}, {seconds(warm)}" for name, (cold, warm) in row["first"].items()]
        found.append(f"  first values where nothing was compiled, and in a second process: {'; '.join(times)}")
    if "scaling" in ours:
        libraries = {"ours": ours, **row["ways"], **row["peers"]}
        times = [f"{name} {seconds(at['single_s'])}, {at['scaling']:.2f} times" for name, at in libraries.items()]
        found.append(f"  in one thread, and how much faster in all: {'; '.join(times)}")
    return found


def _plain(row: dict[str, Any], most: dict[str, float]) -> list[str]:
    ours = row[OURS]
    start = row["case"], seconds(ours["seconds"])
    rate = rate_of(row, ours["seconds"], most)
    shown = f"{rate[0]:.3g} {rate[1]}, {100 * rate[2]:.0f} %" if rate else ""
    found = []
    for name, peer in row["peers"].items():
        memory = [f"{ours[key]:.0f} / {peer[key]:.0f} MiB" for key in ("peak_mib", "growth_mib")]
        found.append(PLAIN.format(*start, seconds(peer["seconds"]), *_ratio(peer), shown, *memory, name, row["what"]))
        start, shown = ("", ""), ""
    if not found:
        memory = [f"{ours[key]:.0f} MiB" for key in ("peak_mib", "growth_mib")]
        found.append(PLAIN.format(*start, "-", "-", "", shown, *memory, "", row["what"]))
    return found


def _wide(row: dict[str, Any]) -> list[str]:
    """With compiled ways. Without a peer the ratios are our own time over theirs."""
    all_of_ours = [row[OURS], *(row["ways"].get(way) for way in COMPILED)]
    times = [seconds(at["seconds"]) if at else "-" for at in all_of_ours]
    found = []
    for name, peer in (row["peers"] or {"": None}).items():
        spreads = [peer, *(peer["ways"].get(way) for way in COMPILED)] if peer else [None, *all_of_ours[1:]]
        ratios = [text for spread in spreads for text in _ratio(spread)]
        peaks = [f"{at['peak_mib']:.0f}" if at else "-" for at in (*all_of_ours, *([peer] if peer else []))]
        firsts = [_first(at) for at in (*all_of_ours, *([peer] if peer else []))]
        time = seconds(peer["seconds"]) if peer else "-"
        memory = " / ".join(peaks) + " MiB"
        start = ("", "", "", "") if found else (row["case"], *times)
        found.append(
            WIDE.format(*start, time, *ratios, memory, " / ".join(firsts) + " s", name or "over ours", row["what"])
        )
    return found


def _first(at: dict[str, float] | None) -> str:
    return f"{at['first_s']:.2f}" if at and "first_s" in at else "-"


def _ratio(spread: dict[str, float] | None) -> tuple[str, str]:
    if spread is None:
        return "-", ""
    return _times(spread["ratio"]), f"{_times(spread['ratio_q1'])} - {_times(spread['ratio_q3'])}"


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"


def rate_of(row: dict[str, Any], seconds: float, most: dict[str, float]) -> tuple[float, str, float] | None:
    """(rate, its unit, share of what the machine can do) of the ceiling that is nearer, None if neither is known."""
    rates = []
    if row["flops"]:
        rates.append((row["flops"] / seconds / 1e9, "GFLOP/s", row["flops"] / seconds / 1e9 / most["gflops"]))
    if row["bytes"]:
        rates.append((row["bytes"] / seconds / 1e9, "GB/s", row["bytes"] / seconds / 1e9 / most["gbytes"]))
    return max(rates, key=lambda rate: rate[2], default=None)


def seconds(value: float) -> str:
    """A time in a readable unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"
