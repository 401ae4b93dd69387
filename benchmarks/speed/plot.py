"""The suite's figures as a picture: ratios as bars, and the rates under the machine's ceilings (a roofline)."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from nn.figure import new_figure

from .peers import OURS

COLORS = {
    "wengert": "#1f6f8b",
    "torch": "#d9622b",
    "torch-compile": "#a3341f",
    "jax": "#6a4c93",
    "autograd-hips": "#4f8a3c",
    "mygrad": "#b08d2e",
}
LABELS = {
    "torch": "PyTorch",
    "torch-compile": "torch.compile",
    "jax": "JAX",
    "autograd-hips": "HIPS autograd",
    "mygrad": "MyGrad",
    "wengert": "Wengert",
}
ORDER = (
    "training steps", "training loops", "small steps", "layers", "stacks", "recurrent", "transforms", "loaders",
    "engine",
)  # fmt: skip
GREY = "#555555"
WARNING: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 10, "weight": "bold"}


def draw(path: Path, report: dict[str, Any], warning: str = "") -> None:
    """Write the picture; PNG or SVG as the name ends. `warning` stands above it in red."""
    rows = [row for row in report["rows"] if OURS in row]
    peers = list(report["versions"])
    bars = sum(len(row["peers"]) for row in rows)
    points = [row for row in rows if row["flops"] and row["bytes"]]
    groups = len({row["group"] for row in rows if row["peers"]})
    heights = [0.25 * bars + 0.5 * groups + 1.1] * bool(bars) + [5.2] * bool(points or not bars)
    figure = new_figure(10, sum(heights) + 0.3 * bool(warning), dpi=130)
    panels = list(figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
    title = f"Wengert in {_count(report['threads'], 'thread')}, {_count(report['rounds'], 'process')} each"
    beside = f"beside {'; '.join(report['versions'][name] for name in peers)}" if peers else ""
    lines = [title, *textwrap.wrap(beside, 100)]
    figure.suptitle("\n".join([*lines, ""] if warning else lines), fontsize=11)
    if warning:
        figure.text(0.5, 1 - (0.09 + 0.18 * len(lines)) / figure.get_figheight(), warning, color="#c00000", **WARNING)
    if bars:
        _ratios(panels[0], rows, peers)
    if points or not bars:
        _roofline(panels[-1], points, report["ceilings"])
    figure.savefig(path)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}{'es' if thing.endswith('s') else 's'}"


def _ratios(axes: Any, rows: list[dict[str, Any]], peers: list[str]) -> None:
    """A bar per case and peer, from the line at 1, grouped."""
    place = 0.0
    ticks, names = [], []
    seen: set[str] = set()
    largest = max(peer["ratio_max"] for row in rows for peer in row["peers"].values())
    least = min(peer["ratio_min"] for row in rows for peer in row["peers"].values())
    right = max(largest, 1.0) * 1.25
    for group in ORDER:
        members = [row for row in rows if row["group"] == group and row["peers"]]
        if not members:
            continue
        ground = {"facecolor": "white", "linewidth": 0, "pad": 1.5}  # the line at 1 passes behind the heading
        head = axes.text(
            0.0, place, group, transform=axes.get_yaxis_transform(), fontsize=10, weight="bold", bbox=ground
        )
        head.set(va="center", zorder=5)
        place += 1
        for row in members:
            first = place
            for name, peer in row["peers"].items():
                faster = peer["ratio"] >= 1
                axes.barh(
                    place,
                    peer["ratio"] - 1,
                    left=1,
                    height=0.72,
                    color=COLORS[name] if len(peers) > 1 else COLORS[OURS] if faster else COLORS["torch"],
                    label=LABELS[name] if name not in seen else None,
                    zorder=2,
                )
                seen.add(name)
                axes.plot([peer["ratio_min"], peer["ratio_max"]], [place] * 2, color="black", linewidth=1.1, zorder=3)
                axes.plot(
                    [peer["ratio_min"], peer["ratio_max"]], [place] * 2, "|", color="black", markersize=5, zorder=3
                )
                end = max(peer["ratio_max"], 1.0)
                axes.annotate(
                    f"{peer['ratio']:.2f}",
                    (end, place),
                    xytext=(5, 0),
                    textcoords="offset points",
                    fontsize=8,
                    va="center",
                )
                place += 1
            ticks.append((first + place - 1) / 2)
            names.append(row["case"])
        place += 0.4
    axes.axvline(1, color="black", linewidth=1.2, zorder=4)
    axes.set_xscale("log")
    axes.set_xlim(min(least, 1.0) / 1.15, right)
    axes.set_ylim(place - 0.2, -0.7)
    axes.set_yticks(ticks, names, fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    marks = [
        x for x in (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000) if min(least, 1) / 1.15 <= x <= right
    ]
    axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axes.minorticks_off()
    axes.set_xlabel("other library's time / Wengert's (above 1 Wengert is faster; lines: from least to most)")
    axes.grid(axis="x", alpha=0.25, zorder=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if len(peers) > 1:
        axes.legend(loc="lower right", fontsize=8.5, framealpha=0.9)


def _roofline(axes: Any, rows: list[dict[str, Any]], most: dict[str, float]) -> None:
    """GFLOP/s over floating-point operations per byte; no step can be above the line unless the cache serves it."""
    axes.set_title("Rates under the machine's ceilings", fontsize=10)
    ridge = most["gflops"] / most["gbytes"]
    intensities = [row["flops"] / row["bytes"] for row in rows] or [ridge]
    x = np.geomspace(min(0.5, *intensities) / 1.5, max(4 * ridge, *intensities) * 2, 200)
    roof = np.minimum(x * most["gbytes"], most["gflops"])
    axes.loglog(x, roof, color="black", linewidth=1.5)
    axes.fill_between(x, roof, roof.max() * 3, color="black", alpha=0.05, linewidth=0)
    above = {"textcoords": "offset points", "fontsize": 9, "va": "bottom"}
    axes.annotate(f"sgemm {most['gflops']:.0f} GFLOP/s", (x[-1], most["gflops"]), xytext=(-6, 3), ha="right", **above)
    start = x[0] * 1.3
    below = above | {"va": "top"}
    axes.annotate(f"copying memory {most['gbytes']:.1f} GB/s", (start, start * most["gbytes"]), xytext=(6, -2), **below)
    rates = [most["gflops"] / 30]
    seen: set[str] = set()
    for row, intensity in zip(rows, intensities, strict=False):
        found = {name: row["flops"] / at["seconds"] / 1e9 for name, at in ({OURS: row[OURS]} | row["peers"]).items()}
        rates += found.values()
        axes.plot([intensity] * len(found), list(found.values()), color=GREY, linewidth=0.8, alpha=0.6, zorder=2)
        for name, rate in found.items():
            ours = name == OURS
            style = {"color": COLORS[name], "markeredgecolor": "white", "markeredgewidth": 0.8, "zorder": 3 + ours}
            label = LABELS[name] if name not in seen else None
            axes.plot(intensity, rate, "o" if ours else "D", markersize=7 if ours else 5.5, label=label, **style)
            seen.add(name)
        # aslant, so that neighbours do not cover each other
        slant = {"rotation": 45, "rotation_mode": "anchor", "fontsize": 7.5, "color": GREY}
        axes.annotate(row["case"], (intensity, max(found.values())), (3, 6), textcoords="offset points", **slant)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(min(rates) / 2, max(most["gflops"], *rates) * 2.5)
    axes.set_xlabel("floating-point operations per byte that must be moved")
    axes.set_ylabel("GFLOP/s")
    axes.grid(which="major", alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if rows:
        axes.legend(loc="lower right", fontsize=8.5)
