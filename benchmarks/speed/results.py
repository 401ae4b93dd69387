"""Figures that are kept, of several processors side by side, and the tables of speed.md and the README.

results.json    processor -> case -> {"date", "threads", "processes", "versions", "seconds", "ratios"}
    versions    library -> its version
    seconds     library or way -> median time of a unit
    ratios      library or way of ours -> [lower quartile, median, upper quartile] of PyTorch's time over its own
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

from .peers import COMPILED, OURS

FILE = Path(__file__).with_name("results.json")
BESIDE = "torch"
NAMES = {OURS: "ours", **{way: way for way in COMPILED}, BESIDE: "PyTorch"}

ROWS = [
    ("1,000 multiplications of 16 floats, per operation", ["chain"]),
    ("the same with a gradient for the factor too", ["chain-weight"]),
    ("the same under `no_grad`, forward only", ["chain-no-grad"]),
    ("30 operations on 1,000 floats", ["elementwise-small"]),
    ("30 operations on 1,000,000 floats", ["elementwise-large"]),
    ("training step, MLP 784-256-128-10, batch 64, SGD with momentum; Adam", ["mlp-sgd", "mlp-adam"]),
    ("the same, batch 256, SGD with momentum", ["mlp-256"]),
    ("the same, batch 1, SGD", ["mlp-batch-1"]),
    ("training step, 50 layers of 64 units, batch 64, Adam", ["deep-narrow"]),
    ("training step, 8-32-32-1, batch 1; 16-64-64-4, batch 32, SGD", ["tiny-batch-1", "tiny-batch-32"]),
    ("step of SGD with momentum, of Adam, alone, 235,146 parameters", ["momentum-step", "adam-step"]),
    ("step of AdamW, clipping alone, 200 parameters", ["adamw-200", "clip-grad-norm"]),
    ("training step, LeNet with batch norm, batch 64", ["lenet-bn"]),
    (
        "training step, CNN with 5x5 convolutions, batch norm and dropout, batch 64; 256",
        ["table2-64", "table2-256"],
    ),
    ("training step, VGG-like net of 3x3 convolutions with batch norm, batch 64", ["vgg-bn"]),
    ("training step, GPT of 4 layers, 128 wide, 12 x 64 characters, clipping and AdamW", ["small-gpt"]),
    ("training step, mean of 32 of 5,000 embedded words, batch 64, AdamW", ["embedding-adamw"]),
    ("training step, physics-informed net, second derivatives at 256 points", ["pinn"]),
    ("training step, actor-critic on 8 single states", ["actor-critic"]),
    ("batch of 64 from a shuffling data loader", ["data-loader"]),
    ("convolution 3x3, 64 channels, 56x56; 256 channels, 14x14", ["conv-3x3-64", "conv-3x3-256"]),
    ("convolution 5x5, 32 channels, 14x14; 7x7 with stride 2, 3 channels", ["conv-5x5-32", "conv-7x7-stride-2"]),
    ("convolution 1x1, 64 channels; depthwise 3x3, 64 channels, 28x28", ["conv-1x1", "conv-depthwise"]),
    ("1-d convolutions over 1,024 samples; generator of a DCGAN, 16x16", ["conv-1d", "dcgan-generator"]),
    ("max pooling 2x2; batch norm with ReLU, 64x32x28x28", ["max-pool-2x2", "batch-norm-relu"]),
    ("attention, 4x8 heads, 256 positions; causal, 16x6 heads, 64 positions", ["attention", "attention-causal"]),
    ("attention written out, 16 x 64 x 128, 4 heads", ["attention-by-hand"]),
    ("layer norm; GELU and layer norm, 16x128x256", ["layer-norm-3d", "gelu-layer-norm"]),
    (
        "layer norm, softmax, GELU, written out, 16x128x256",
        ["layer-norm-by-hand", "softmax-by-hand", "gelu-by-hand"],
    ),
    ("softmax and cross-entropy, 64x10; 64x1000", ["cross-entropy-64x10", "cross-entropy-64x1000"]),
    ("CTC loss, 50 frames of 16 sequences, 20 labels", ["ctc"]),
    ("LSTM, GRU, tanh RNN, 50 steps, batch 32, 64 to 128", ["lstm-50", "gru-50", "rnn-50"]),
    ("cells of these in a Python loop", ["lstm-cell", "gru-cell", "rnn-cell"]),
]
"""Rows of the table: what was done, and the cases, in the order in which the words name them."""

FIVE = ("mlp-adam", "lenet-bn", "small-gpt", "lstm-50", "chain")
"""Cases whose rows are the README's figures."""


def read() -> dict[str, Any]:
    """All that is kept."""
    found: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def keep(processor: str, report: dict[str, Any]) -> int:
    """Put a run's figures in place of those that this processor had for the same cases; returns how many cases."""
    every = read()
    kept = every.setdefault(processor, {})
    fresh = {row["case"]: _entry(row, report) for row in report["rows"] if BESIDE in row["peers"]}
    kept.update(fresh)
    aside = FILE.with_suffix(".new")
    aside.write_text(_text(every))
    aside.replace(FILE)
    return len(fresh)


def _entry(row: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    peer = row["peers"][BESIDE]
    times = {OURS: row[OURS], **row["ways"], BESIDE: peer}
    spreads = {OURS: peer, **peer["ways"]}
    return {
        "date": datetime.date.today().isoformat(),
        "threads": report["threads"],
        "processes": report["rounds"],
        "versions": {name: report["versions"][name] for name in (OURS, BESIDE)},
        "seconds": {name: _short(at["seconds"]) for name, at in times.items()},
        "ratios": {
            name: [_short(spread[key]) for key in ("ratio_q1", "ratio", "ratio_q3")] for name, spread in spreads.items()
        },
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _text(every: dict[str, Any]) -> str:
    """A line per case, so that one sees what changed."""
    parts = []
    for processor, cases in every.items():
        rows = [f"  {json.dumps(case)}: {json.dumps(entry)}" for case, entry in sorted(cases.items())]
        parts.append(f" {json.dumps(processor)}: {{\n" + ",\n".join(rows) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def table(some: Collection[str] = ()) -> str:
    """Markdown: a row for each of ROWS that some processor has, columns for each processor, and what they are.

    some   rows with one of these cases alone
    """
    every = read()
    head, cells, notes = ["program, forward + backward"], [], []
    rows = [row for row in ROWS if any(case in kept for kept in every.values() for case in row[1])]
    rows = [row for row in rows if not some or not set(some).isdisjoint(row[1])]
    for letter, (processor, kept) in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", every.items(), strict=False):
        called = f", {letter}" * (len(every) > 1)
        ways = [way for way in COMPILED if any(way in entry["seconds"] for entry in kept.values())]
        head += [NAMES[name] + called for name in (OURS, *ways, BESIDE)]
        head += [("ratio" if name == OURS else f"{name} ratio") + called for name in (OURS, *ways)]
        cells.append([_cells([kept.get(case) for case in cases], ways) for _, cases in rows])
        notes.append(f"{letter + ': ' if called else ''}{processor}{_note(list(kept.values()))}")
    lines = [_row(head), "|---" * len(head) + "|"]
    lines += [_row([text, *(cell for each in cells for cell in each[k])]) for k, (text, _) in enumerate(rows)]
    return "\n".join([*lines, "", *(f"{note}  " for note in notes[:-1]), *notes[-1:]])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(entries: list[Any], ways: list[str]) -> list[str]:
    """Times in one unit, that of the longest; then ratios."""
    longest = max((time for entry in entries if entry for time in entry["seconds"].values()), default=1.0)
    unit, size = next((pair for pair in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)) if longest >= pair[1]), ("ns", 1e-9))
    times = [
        [digits(entry["seconds"][name] / size) if entry and name in entry["seconds"] else "-" for entry in entries]
        for name in (OURS, *ways, BESIDE)
    ]
    ratios = [
        [_spread(entry["ratios"][name]) if entry and name in entry["ratios"] else "-" for entry in entries]
        for name in (OURS, *ways)
    ]
    return [_joined(each, f" {unit}") for each in times] + [_joined(each) for each in ratios]


def _joined(parts: list[str], unit: str = "") -> str:
    return "; ".join(parts) + unit if set(parts) != {"-"} else "-"


def _spread(ratio: list[float | None]) -> str:
    low, middle, high = ratio
    assert middle is not None
    quartiles = f" ({digits(low)}-{digits(high)})" if low is not None and high is not None else ""
    return digits(middle) + quartiles


def digits(value: float) -> str:
    """Two digits, or all before the point."""
    return f"{value:.{max(0, 1 - math.floor(math.log10(float(f'{value:.1e}'))))}f}"


def _note(entries: list[dict[str, Any]]) -> str:
    """Under which conditions a processor's figures were found."""
    threads = sorted({entry["threads"] for entry in entries})
    versions = list(dict.fromkeys(text for entry in entries for text in entry["versions"].values()))
    dates = sorted({entry["date"] for entry in entries})
    least = min(entry["processes"] for entry in entries)
    counted = f"{' or '.join(map(str, threads))} thread{'s' * (threads != [1])}"
    days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    return f": {counted}, {'; '.join(versions)}, at least {least} processes each, {days}"
