"""Handwritten digits with a network of any kind: the loop and the report that experiments on images share."""

from __future__ import annotations

from typing import Any

import nn

from .gradients import check_gradients
from .images import load_images
from .plots import plot_confusion, plot_curves, plot_examples
from .progress import Run
from .registry import Settings


def classify(settings: Settings, state: dict[str, Any] | None, model: nn.Module, title: str) -> int:
    """Train, evaluate, report. `state` is the checkpoint to go on from, or None."""
    loss_function = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=settings.lr)

    with Run(settings, model, optimizer, state) as run:  # shows progress, keeps the history, saves checkpoints
        train, test = load_images(settings)
        images, labels = train.tensors()
        examples = nn.data.TensorDataset(images[: settings.train_size], labels[: settings.train_size])
        loader = nn.data.DataLoader(examples, settings.batch_size, shuffle=True, generator=run.order)
        test_images, test_labels = test.tensors()

        for epoch in run.epochs():
            run.fall(epoch / settings.epochs)
            model.train()
            for x, y in run.batches(loader):
                loss, output = run.learn(loss_function, x, y)
                run.record(loss, output, y)
            run.end_epoch(*run.sharing.evaluate(model, (test_images, test_labels), loss_function))

        if not run.sharing.first:
            return 0
        found = nn.evaluate(model, (test_images, test_labels), classes=test.classes)
        print(f"\ntest {found}")
        scores = nn.predict(model, test_images)

        hardest = nn.functional.cross_entropy(scores, test_labels, reduction="none").numpy().argsort()[-8:]
        agree = check_gradients(model, loss_function, test_images[hardest], test_labels[hardest])

        out, name = settings.out, f"{type(test).__name__}, {title}"
        confidence = nn.functional.softmax(scores, dim=1).numpy().max(1)
        plot_curves(out / "curves.png", run.history, name)
        plot_confusion(out / "confusion.png", found.confusion, test.classes, f"{name}: {found.accuracy:.2%}")
        predictions = scores.numpy().argmax(1)
        plot_examples(out / "examples.png", test.images, test.targets, predictions, confidence, test.classes)
        print(f"\nwritten to {out}: checkpoint.npz, curves.png, confusion.png, examples.png")
    return 0 if agree else 1
