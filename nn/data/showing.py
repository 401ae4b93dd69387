"""What a notebook shows of a data loader: what it reads, how, and the first examples."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from autograd import Tensor, get_rng_state, no_grad, set_rng_state
from autograd.displays.batches import show_batch
from autograd.displays.pieces import boxed, table

from .dataset import Dataset, batch_of
from .sampler import RandomSampler

EXAMPLES = 8


def show_loader(loader: Any) -> str:
    """The display. Examples are shown in the order of the data set, and drawing random numbers for them counts not."""
    dataset = loader.dataset
    rows = [("data set", f"{type(dataset).__name__}{_count(dataset, ' of {:,} examples')}")]
    if loader.batch_size:
        last = ", the last left out where it is not full" if loader.drop_last else ""
        rows.append(("batches", f"{_count(loader, '{:,} ')}of {loader.batch_size:,}{last}"))
    if hasattr(loader, "sampler"):
        order = "shuffled anew on each pass" if isinstance(loader.sampler, RandomSampler) else "as they come"
        known = loader.sampler is None or type(loader.sampler).__module__.startswith("nn.data")
        rows.append(("order", order if known else f"that of {type(loader.sampler).__name__}"))
    if loader.num_workers:
        rows.append(("workers", f"{loader.num_workers} threads"))
    return boxed(table((), rows, left=(0, 1)), _examples(loader))


def _count(x: Any, text: str) -> str:
    try:
        return text.format(len(x))
    except TypeError:  # a stream that does not know
        return ""


def _examples(loader: Any) -> str:
    """The first few, stacked, if the data set is one that is read by number."""
    dataset, state = loader.dataset, get_rng_state()
    if not isinstance(dataset, Dataset) or loader.collate_fn is not None or not hasattr(dataset, "__len__"):
        return ""
    try:
        with no_grad():
            batch = batch_of(dataset, np.arange(min(EXAMPLES, len(dataset))))
        shown = show_batch(batch, Tensor) if isinstance(batch, (tuple, list, dict)) else None
    except Exception as error:  # the data set is somebody's, and a display must not fail
        return f"<div><small>{html.escape(f'the first examples: {type(error).__name__}: {error}')}</small></div>"
    finally:
        set_rng_state(state)
    return f"<div>The first {min(EXAMPLES, len(dataset))} examples:</div>{shown}" if shown else ""
