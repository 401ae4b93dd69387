import sys

import autograd
import nn
from autograd.extras import needed
from nn.data import DataLoader, ImageFolder, Subset, random_split
from nn.data.transforms import Compose, RandomHorizontalFlip, RandomResizedCrop, Resize, ToTensor

needed("pictures.py", "images", "tensorboard", "onnx")
autograd.manual_seed(0)
train, test = random_split(ImageFolder(sys.argv[1], Compose([Resize((16, 16)), ToTensor()])), [0.8, 0.2])
varied = Compose([RandomResizedCrop(16, scale=(0.6, 1)), RandomHorizontalFlip(), ToTensor()])
train = Subset(ImageFolder(sys.argv[1], varied), train.indices)  # what is learnt from is varied, what judges is not
model = nn.Sequential(
    nn.Conv2d(3, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    nn.Linear(24, len(train.classes)),
)  # fmt: skip
history = nn.fit(
    model, DataLoader(train, 32, shuffle=True, num_workers=2), validation=DataLoader(test, 64),
    loss=nn.CrossEntropyLoss(), optimizer=nn.optim.Adam(model.parameters(), 0.01), epochs=6, metrics=("accuracy", "f1"),
    callbacks=[nn.ModelCheckpoint("best.npz", "val_accuracy", best_only=True), nn.TensorBoardLogger("log")],
)  # fmt: skip
history.plot("curves.png")
print(nn.evaluate(model, DataLoader(test, 64)))
nn.save(model.state_dict(), "weights.pt")
autograd.onnx.export(model.eval(), test[0][0][None], "model.onnx")
