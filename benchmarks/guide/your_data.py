"""
Train a network on your images, your table, your text
=====================================================

Three small programs: pictures in folders, a CSV file, a text. Each draws its data first, so that the page can
be run; put your own in its place. The library reads such data itself, too: ``nn.data.ImageFolder``,
``nn.data.Table``, ``nn.data.TextChars``; ``benchmarks/guide/programs`` has a program of 25 lines for each, with
metrics, curves, the best checkpoint, TensorBoard and ONNX. They need ``pip install 'wengert[tensorboard,onnx]'``, the
one for tables ``[tables]`` too, and say so before they begin. Pictures of different sizes need a transform that makes
them one, such as ``nn.data.transforms.Resize``.
"""

# %%
# Images in folders
# -----------------
#
# One folder per class, its name is the class: ``ImageFolder`` reads them.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import autograd
import nn
from nn.data import DataLoader, ImageFolder, random_split, transforms

folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
for name in ("circle", "cross"):  # 150 drawings each, 16 pixels wide
    (folder / name).mkdir()
    for number in range(150):
        rows, columns = np.mgrid[:16, :16] - 7.5 + rng.uniform(-2, 2, size=(2, 1, 1))
        size = rng.uniform(3, 6)
        if name == "circle":
            drawn = abs(np.hypot(rows, columns) - size) < 1
        else:
            drawn = (abs(abs(rows) - abs(columns)) < 1) & (abs(rows) < size)
        plt.imsave(folder / name / f"{number}.png", drawn + 0.3 * rng.random((16, 16)), cmap="gray")

# %%
# From here on they are anybody's pictures. The transforms bring them to one size, and to numbers from 0 to 1 of shape
# (channels, height, width):

to_numbers = transforms.Compose([transforms.Grayscale(), transforms.Resize((16, 16)), transforms.ToTensor()])
data = ImageFolder(folder, to_numbers)
autograd.manual_seed(0)
training, testing = random_split(data, [240, 60])
loader = DataLoader(training, batch_size=32, shuffle=True)
loader

# %%
# A loader shows itself, as a batch does in a notebook. A small network learns from these, and is judged by pictures
# that it has not seen:

model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(16, len(data.classes)),
)
history = nn.fit(
    model,
    loader,
    optimizer=nn.optim.Adam(model.parameters(), lr=0.01),
    epochs=8,
    loss=nn.functional.cross_entropy,
    progress=False,
)
result = nn.evaluate(model, DataLoader(testing, batch_size=60), nn.functional.cross_entropy, classes=data.classes)
result

# %%
# ``fit`` draws its curves while it runs in a notebook, and the history has them:

history

# %%
# The class of one picture, as the model sees it:

picture, label = data[0]
print(data.classes[model.eval()(picture[None]).argmax(1).item()], data.classes[label])

# %%
# With ``callbacks=[nn.ModelCheckpoint("run.npz")]`` a run that was stopped, by Ctrl-C for instance, goes on from its
# last whole epoch, bit for bit: ``saved = nn.load_checkpoint("run.npz", model=model, optimizer=optimizer)``, then the
# same ``fit`` with ``history=saved["history"]``.

# %%
# A table
# -------
#
# Columns of numbers are brought to mean 0 and deviation 1 with the statistics of the *training* rows; a column of
# categories becomes one column per category. Here it is written out; with ``pip install 'wengert[tables]'``
# ``nn.data.Table("flats.csv", target="rent").split([0.75, 0.25])`` does the same, and fills what is missing.

import csv

table = folder / "flats.csv"
with table.open("w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["area", "rooms", "town", "rent"])
    for _row in range(400):
        area, town = rng.uniform(20, 120), str(rng.choice(["Jena", "Kiel", "Ulm"]))
        rent = 9 * area + {"Jena": 100, "Kiel": 0, "Ulm": 250}[town] + rng.normal(0, 30)
        writer.writerow([f"{area:.1f}", int(area // 25) + 1, town, f"{rent:.0f}"])

with table.open() as file:
    rows = list(csv.DictReader(file))
towns = sorted({row["town"] for row in rows})
numbers = np.array([[float(row["area"]), float(row["rooms"])] for row in rows], np.float32)
numbers = (numbers - numbers[:300].mean(0)) / numbers[:300].std(0)
one_hot = np.eye(len(towns), dtype=np.float32)[[towns.index(row["town"]) for row in rows]]
x = autograd.tensor(np.hstack([numbers, one_hot]))
y = autograd.tensor([[float(row["rent"]) / 1000] for row in rows])

model = nn.Sequential(nn.Linear(x.shape[1], 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
for _step in range(200):
    loss = nn.functional.mse_loss(model(x[:300]), y[:300])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with autograd.no_grad():
    off = 1000 * (model(x[300:]) - y[300:]).abs().mean().item()
print(f"off by {off:.0f} a month on 100 flats that were not seen")

# %%
# Text
# ----
#
# A network that reads characters and foretells the next one.

text = "the tape is read from its end, and each line asks for what the lines after it have said. " * 20
letters = sorted(set(text))
codes = autograd.tensor([letters.index(letter) for letter in text])


class Reader(nn.Module):
    def __init__(self, letters, size=48):
        super().__init__()
        self.embedding = nn.Embedding(letters, 16)
        self.lstm = nn.LSTM(16, size, batch_first=True)
        self.head = nn.Linear(size, letters)

    def forward(self, codes, state=None):
        outputs, state = self.lstm(self.embedding(codes), state)
        return self.head(outputs), state


autograd.manual_seed(0)
model = Reader(len(letters))
optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
for _step in range(120):
    starts = rng.integers(0, len(text) - 41, size=16)
    pieces = autograd.stack([codes[start : start + 41] for start in starts.tolist()])
    scores, _ = model(pieces[:, :-1])
    loss = nn.functional.cross_entropy(scores.reshape(-1, len(letters)), pieces[:, 1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
print(f"after 120 steps: {loss.item():.2f} nats a character, {np.log(len(letters)):.2f} by guessing")

# %%
# It continues a beginning, one letter at a time, its state carried on:

written, state, letter = "t", None, codes[:1].reshape(1, 1)
with autograd.no_grad():
    for _letter in range(60):
        scores, state = model(letter, state)
        letter = scores[:, -1].argmax(-1, keepdim=True)
        written += letters[letter.item()]
print(written)
