"""A small convolutional net on colour images: CIFAR-10 where it is found, drawn shapes otherwise."""

from __future__ import annotations

import math

import numpy as np

import autograd
import nn

from .colour_images import ColourImages, drawn_shapes, find_cifar10
from .course import About, Course, Result

ABOUT = {
    "colour-cnn": About(
        what="a small CNN on 32x32 colour images",
        reference=69.0,
        note="on CIFAR-10; the deep learning homework, question 6",
    )
}


def run(course: Course) -> dict[str, Result]:
    """Train with mirrored images, evaluate, show."""
    data = load(course)
    (train_images, train_labels), (test_images, test_labels) = data.train, data.test
    mean = train_images.mean((0, 2, 3), dtype=np.float64).reshape(3, 1, 1)
    std = train_images.std((0, 2, 3), dtype=np.float64).reshape(3, 1, 1)

    def prepared(images: np.ndarray) -> autograd.Tensor:
        """Every colour with mean 0 and deviation 1."""
        return autograd.from_numpy(((images - mean) / std).astype(np.float32))

    order = course.seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),  # 32 x 16 x 16
        *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)),  # 64 x 8 x 8
        *(nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)),  # 64 x 4 x 4
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(64 * 4 * 4, len(data.classes)),
    )
    epochs, batch = (2 if course.quick else 8), 64
    optimizer = nn.optim.Adam(model.parameters(), lr=2e-3)
    steps = epochs * math.ceil(len(train_labels) / batch)
    losses: list[float] = []
    for epoch in range(epochs):
        shuffled = order.permutation(len(train_labels))
        for start in course.track(range(0, len(shuffled), batch), f"epoch {epoch + 1}/{epochs}"):
            chosen = shuffled[start : start + batch]
            images = train_images[chosen]
            mirrored = order.random(len(chosen)) < 0.5
            images[mirrored] = images[mirrored, :, :, ::-1]
            for group in optimizer.param_groups:  # half a cosine
                group["lr"] = 2e-3 * 0.5 * (1 + math.cos(math.pi * len(losses) / steps))
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(prepared(images)), autograd.from_numpy(train_labels[chosen]))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        mean_loss = np.mean(losses[-math.ceil(len(train_labels) / batch) :])
        course.say(f"epoch {epoch + 1}/{epochs}   loss {mean_loss:.4f}")

    found = nn.evaluate(model, (prepared(test_images), autograd.from_numpy(test_labels)), classes=data.classes)
    share = np.diag(found.confusion) / np.maximum(found.confusion.sum(1), 1)
    rows = [(name, f"{100 * value:.1f} %") for name, value in zip(data.classes, share, strict=True)]
    course.table(f"test accuracy per class; all: {found.accuracy:.2%}", ("class", "accuracy"), rows)
    if course.pictures:
        predicted = nn.predict(model, prepared(test_images[:40])).numpy().argmax(1)
        draw(course, data, predicted, losses)
    return {"colour-cnn": Result(100 * found.accuracy, details={"images": len(train_labels)})}


def load(course: Course) -> ColourImages:
    """CIFAR-10 from the data folder, or drawn shapes."""
    if course.quick:
        data, reason = drawn_shapes(1000, 300), "as --quick asks"
    else:
        root = nn.data.data_root(course.data)
        data = find_cifar10(root)
        if data is not None:
            course.source = "CIFAR-10"
            course.say(f"data: {data.source}")
            return data
        data, reason = (
            drawn_shapes(6000, 2000),
            f"because there is neither cifar-10-batches-bin nor cifar10/train/CLASS in {root}",
        )
    course.stand_in(data.source, reason)
    return data


def draw(course: Course, data: ColourImages, predicted: np.ndarray, losses: list[float]) -> None:
    """Test images with what they were taken for, and the loss."""
    images, labels = data.test
    figure = course.figure(11, 6.4)
    for number, axes in enumerate(figure.subplots(4, 10).ravel()):
        axes.axis("off")
        if number < len(predicted):
            axes.imshow(images[number].transpose(1, 2, 0))
            colour = "black" if predicted[number] == labels[number] else "#b3261e"
            axes.set_title(data.classes[predicted[number]], fontsize=7, color=colour)
    course.picture(figure, "examples", "The first test images and what they were taken for; red: wrong.")
    figure = course.figure(8, 3.6)
    axes = figure.subplots()
    smooth = np.convolve(losses, np.ones(20) / 20, "valid")
    axes.semilogy(np.arange(len(smooth)) + 20, smooth)
    axes.set_xlabel("step")
    axes.set_ylabel("cross-entropy, mean of 20 steps")
    axes.grid(alpha=0.3, which="both")
    course.picture(figure, "loss")
