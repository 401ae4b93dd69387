"""How the networks of the courses are trained: the library's loop, and the recipes that most of them share."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import nn
from nn.data import DataLoader
from nn.functional import pad

from .course import Course


class Looks(nn.Module):
    """The mean of a model's outputs for images as they are, and shifted by one pixel up and left, down and right; if
    `mirrored`, also for their mirror images. Mistakes that hang on where an edge falls cancel out in part."""

    def __init__(self, model: nn.Module, mirrored: bool) -> None:
        super().__init__()
        self.model = model
        self.mirrored = mirrored

    def forward(self, images: Any) -> Any:
        height, width = images.shape[-2:]
        wider = pad(images, (1, 1, 1, 1), mode="replicate")
        looks = [wider[..., at : at + height, at : at + width] for at in range(3)]
        if self.mirrored:
            looks += [look.flip(-1) for look in looks]
        return sum(self.model(look) for look in looks) / len(looks)


class Losses(nn.Callback):
    """The loss of every iteration, in `values`."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_batch_end(self, training: nn.Training) -> None:
        self.values.append(training.loss)


def train(
    course: Course,
    label: str,
    model: nn.Module,
    loader: Any,
    optimizer: nn.optim.Optimizer,
    epochs: int,
    schedule: Any = None,
    loss: Any = None,
    **more: Any,
) -> list[float]:
    """`nn.fit`, with the cross-entropy if no loss is given; returns the loss of every iteration.

    schedule   moves the learning rate after every batch
    more       for `nn.fit`
    """
    losses = Losses()
    nn.fit(
        model,
        loader,
        loss=loss or nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=epochs,
        scheduler=None if schedule is None else nn.LRScheduler(schedule, every="batch"),
        callbacks=[losses, *more.pop("callbacks", ())],
        metrics=(),
        progress=sys.stderr if sys.stderr.isatty() else False,
        **more,
    )
    course.say(f"{label}: loss {np.mean(losses.values[-50:]):.4f}")
    return losses.values


def one_cycle(
    course: Course, label: str, model: nn.Module, dataset: Any, epochs: int, batch_size: int = 64
) -> list[float]:
    """Adam in one cycle: the rate goes up to 0.003, then down; the loss of every iteration."""
    loader = DataLoader(dataset, batch_size, shuffle=True)
    optimizer = nn.optim.Adam(model.parameters(), lr=3e-3)
    schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs=epochs, steps_per_epoch=len(loader))
    return train(course, label, model, loader, optimizer, epochs, schedule)


def averaged_cycle(
    course: Course, label: str, model: nn.Module, dataset: Any, epochs: int, batch_size: int = 128, rate: float = 4e-3
) -> list[float]:
    """AdamW in one cycle up to `rate`, for longer; the loss of every iteration. What makes longer trainings pay:

    smoothed labels    a tenth of each label is shared out to all classes (Szegedy et al. 2016), so that a network that
                       knows the training images does not grow surer and surer of them
    weight decay       of 0.02, apart from the gradient (Loshchilov and Hutter 2019)
    averaged weights   at the end, over the last few hundred steps (Polyak and Juditsky 1992)
    """
    loader = DataLoader(dataset, batch_size, shuffle=True, num_workers=1, persistent_workers=True)
    optimizer = nn.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.02)
    schedule = nn.optim.lr_scheduler.OneCycleLR(
        optimizer, rate, epochs=epochs, steps_per_epoch=len(loader), pct_start=0.25
    )
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    average = nn.ExponentialMovingAverage(0.995)
    more = {"callbacks": [average], "compile": not course.quick}
    return train(course, label, model, loader, optimizer, epochs, schedule, loss, **more)


def half_cosine(
    course: Course,
    label: str,
    model: nn.Module,
    dataset: Any,
    epochs: int,
    batch_size: int,
    optimizer: nn.optim.Optimizer,
    loss: Any = None,
) -> list[float]:
    """The rate of `optimizer` falls to 0 along half a cosine; the loss of every iteration."""
    loader = DataLoader(dataset, batch_size, shuffle=True)
    schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(loader))
    return train(course, label, model, loader, optimizer, epochs, schedule, loss)
