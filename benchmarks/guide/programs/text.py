import sys

import autograd
import nn
from autograd.extras import needed
from nn.data import DataLoader, TextChars

needed("text.py", "tensorboard", "onnx")
autograd.manual_seed(0)
text = TextChars(sys.argv[1])


class Reader(nn.Module):
    def __init__(self, letters, size=64):
        super().__init__()
        self.embedding, self.lstm = nn.Embedding(letters, 16), nn.LSTM(16, size, batch_first=True)
        self.head = nn.Linear(size, letters)

    def forward(self, codes):
        return self.head(self.lstm(self.embedding(codes))[0]).transpose(1, 2)  # (N, letters, T), as the loss takes it


model = Reader(len(text.chars))
history = nn.fit(
    model, DataLoader(text.pieces("train", 32), 16, shuffle=True), validation=text.pieces("val", 32), clip=1.0,
    loss=nn.CrossEntropyLoss(), optimizer=nn.optim.Adam(model.parameters(), 0.01), epochs=8, progress=False,
    callbacks=[nn.ModelCheckpoint("best.npz", best_only=True), nn.TensorBoardLogger("log")],
)  # fmt: skip
history.plot("curves.png")
print(f"{history['val_loss'][-1]:.2f} nats a character; {history['val_accuracy'][-1]:.0%} are foretold")
autograd.onnx.export(model.eval(), autograd.tensor(text.val[None, :32]), "model.onnx")
