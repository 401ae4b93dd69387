"""Train a model, step by step, and report on it.

Experiments on images train on MNIST where it is found: in --data, else in $WENGERT_DATA, else in the user's cache
folder, else it is downloaded there. Where that fails too, they train on digits drawn on the fly from fonts, and say so.
shakespeare looks for its text likewise; temporal-order, adding and reber make their own sequences.

Writes to --out: checkpoint.npz (after every epoch, and on Ctrl-C), curves.png and other pictures of the experiment.
The same seed, versions and number of threads give the same numbers to the last bit, also after an interruption and
--resume.

`mpiexec -n 4 python -m benchmarks train mnist-cnn` is the same training in four processes: each learns from a quarter
of every batch, the first one prints and saves. --resume goes on in any number of processes.
"""

from __future__ import annotations

import argparse
import importlib
import math
from pathlib import Path
from typing import Any

from benchmarks.cli import UsageError, did_you_mean

from .registry import DEFAULT, EXPERIMENTS, Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `train`."""
    parser.epilog = "experiments:\n" + "\n".join(f"  {name}" for name in EXPERIMENTS)
    parser.add_argument("experiment", nargs="?", metavar="EXPERIMENT", help=f"see below (default: {DEFAULT})")
    parser.add_argument("--epochs", type=_count, metavar="N", help="passes over the training data")
    parser.add_argument("--batch-size", type=_count, metavar="N", help="examples per step")
    parser.add_argument("--lr", type=_rate, metavar="F", help="learning rate at the start")
    parser.add_argument("--seed", type=_seed, metavar="N", help="of weights and order (default: 0)")
    parser.add_argument(
        "--dataset",
        choices=("mnist", "fashion", "digits"),
        metavar="NAME",
        help="of images: mnist (default; digits where there is none), fashion (clothes) or digits (drawn from fonts)",
    )
    parser.add_argument(
        "--train-size",
        type=_count,
        metavar="N",
        help="use only the first N training examples; of sequences, draw N per epoch",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data set; nothing is downloaded then")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the results (default: runs/EXPERIMENT)")
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="go on from a checkpoint, with its settings where no others are given",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the experiment."""
    from .sharing import joined  # imports the library

    with joined() as sharing:
        state = None if arguments.resume is None else _load(arguments.resume)
        settings = _settings(arguments, {} if state is None else state["settings"])
        if sharing.size > 1 and EXPERIMENTS[settings.experiment].data == "text":
            raise UsageError(f"{settings.experiment} reads a text from front to back, in one process")
        if sharing.first:
            _prepare(settings.out)
        from autograd.errors import CheckpointError, DataError

        script = importlib.import_module(EXPERIMENTS[settings.experiment].module)
        try:
            status: int = script.run(settings, state)
        except (DataError, CheckpointError) as error:
            raise UsageError(str(error)) from error
    return status


def _prepare(out: Path) -> None:
    """Find out before the work whether the results can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror or error}") from None


def _settings(arguments: argparse.Namespace, saved: dict[str, Any]) -> Settings:
    """What is given on the command line, else what the checkpoint says, else the experiment's defaults."""
    name = arguments.experiment or saved.get("experiment", DEFAULT)
    if name not in EXPERIMENTS:
        raise UsageError(f"no experiment {name!r}: {did_you_mean(name, EXPERIMENTS)}")
    if saved and name != saved["experiment"]:
        raise UsageError(f"--resume {arguments.resume}: a checkpoint of {saved['experiment']}, not of {name}")
    experiment = EXPERIMENTS[name]
    if arguments.dataset is not None and experiment.data != "images":
        raise UsageError(f"--dataset {arguments.dataset}: {name} does not train on images")
    if arguments.data is not None and experiment.data == "drawn":
        raise UsageError(f"--data {arguments.data}: {name} makes its own sequences")
    given = {key: value for key, value in vars(arguments).items() if value is not None}
    defaults = {
        "epochs": experiment.epochs,
        "batch_size": experiment.batch_size,
        "lr": experiment.lr,
        "seed": 0,
        "dataset": "mnist",
        "train_size": None,
        "data": None,
        "resume": None,
        "out": Path("runs") / name if arguments.resume is None else arguments.resume.parent,
    }
    settings = Settings(**(defaults | saved | given | {"experiment": name}))
    if settings.data is not None:
        try:
            next(settings.data.iterdir(), None)
        except OSError as error:
            raise UsageError(f"--data {settings.data}: cannot be read: {error.strerror or error}") from None
    return settings


def _load(path: Path) -> dict[str, Any]:
    import nn
    from autograd.errors import CheckpointError

    try:
        state = nn.load(path)
    except OSError as error:
        raise UsageError(f"--resume {path}: cannot be read: {error.strerror or error}") from None
    except CheckpointError as error:
        raise UsageError(f"--resume: {error}") from None
    wanted = {"settings", "model", "optimizer", "random", "epoch", "step", "running", "history"}
    if not isinstance(state, dict) or not wanted <= set(state):
        raise UsageError(f"--resume {path}: not a checkpoint of this program")
    return state


def _count(text: str) -> int:
    value = _whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"wanted at least 1, got {text}")
    return value


def _seed(text: str) -> int:
    value = _whole(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"wanted 0 to {2**32 - 1}, got {text}")
    return value


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"wanted a whole number, got {text!r}") from None


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"wanted a number above 0, got {text!r}")
    return value
