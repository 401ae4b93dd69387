import sys

import autograd
import nn
from autograd.extras import needed
from nn.data import DataLoader, Table

needed("table.py", "tables", "tensorboard", "onnx")
autograd.manual_seed(0)
train, test = Table(sys.argv[1], target="rent", missing="median").split([0.8, 0.2])
model = nn.Sequential(nn.Linear(len(train.names), 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = nn.optim.Adam(model.parameters(), lr=0.03)
history = nn.fit(
    model, DataLoader(train, 32, shuffle=True), validation=test, loss=nn.HuberLoss(), optimizer=optimizer, epochs=40,
    metrics=("mae", "r2"), scheduler=nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40), progress=False,
    callbacks=[nn.EarlyStopping(10), nn.ModelCheckpoint("best.npz", best_only=True), nn.TensorBoardLogger("log")],
)  # fmt: skip
history.plot("curves.png")
print(f"off by {history['val_mae'][-1]:.0f} on {len(test)} rows that were not seen; R2 {history['val_r2'][-1]:.3f}")
autograd.onnx.export(model.eval(), next(iter(DataLoader(test, 8)))[0], "model.onnx")
