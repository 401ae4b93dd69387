"""Reversing sequences: encoder and decoder with gates written by hand, additive attention, padding, teacher forcing."""

import numpy as np

import autograd as torch
import nn
from nn import functional as F
from nn import optim

PAD, SOS, EOS, SYMBOLS = 0, 1, 2, 12


class GRU(nn.Module):
    """One step of a gated recurrent unit (Cho et al. 2014)."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gates = nn.Linear(input_size + hidden_size, 2 * hidden_size)
        self.candidate = nn.Linear(input_size + hidden_size, hidden_size)

    def forward(self, x, h):
        r, z = torch.sigmoid(self.gates(torch.cat([x, h], dim=-1))).chunk(2, dim=-1)
        n = torch.tanh(self.candidate(torch.cat((x, r * h), dim=-1)))
        return torch.lerp(n, h, z)


class Encoder(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(SYMBOLS, hidden_size, padding_idx=PAD)
        self.gru = GRU(hidden_size, hidden_size)

    def forward(self, src):
        embedded = self.embedding(src)
        h = embedded.new_zeros(src.shape[0], self.hidden_size)
        outputs = []
        for t in range(src.shape[1]):
            new = self.gru(embedded[:, t], h)
            h = torch.where((src[:, t] != PAD).unsqueeze(1), new, h)
            outputs.append(h)
        return torch.stack(outputs, dim=1), h


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1)

    def forward(self, query, keys, mask):
        scores = self.Va(torch.tanh(self.Wa(query).unsqueeze(1) + self.Ua(keys))).squeeze(2).unsqueeze(1)
        scores = scores.masked_fill(~mask.unsqueeze(1), float("-inf"))
        weights = F.softmax(scores, dim=-1)
        return torch.bmm(weights, keys), weights


class Decoder(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS, hidden_size)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = GRU(2 * hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size, SYMBOLS)

    def forward(self, keys, mask, hidden, target):
        batch = keys.size(0)
        input = torch.empty(batch, dtype=torch.long).fill_(SOS)
        outputs = []
        for t in range(target.size(1)):
            context, _ = self.attention(hidden, keys, mask)
            hidden = self.gru(torch.cat((self.embedding(input), context.squeeze(1)), dim=1), hidden)
            outputs.append(self.out(hidden))
            if t % 3 == 2:
                _, topi = outputs[-1].topk(1)
                input = topi.squeeze(-1).detach()
            else:
                input = target[:, t]
        return torch.stack(outputs, dim=1)


class Seq2Seq(nn.Module):
    def __init__(self, hidden_size=32):
        super().__init__()
        self.encoder = Encoder(hidden_size)
        self.decoder = Decoder(hidden_size)

    def forward(self, src, target):
        keys, hidden = self.encoder(src)
        return self.decoder(keys, src.ne(PAD), hidden, target)


def build():
    return Seq2Seq()


def train(model):
    rng = np.random.default_rng(4)
    params = list(model.encoder.named_parameters()) + list(model.decoder.named_parameters())
    groups = [
        {"params": [p for n, p in params if not n.endswith("bias")]},
        {"params": [p for n, p in params if n.endswith("bias")], "lr": 2e-3, "weight_decay": 0.0},
    ]
    optimizer = optim.NAdam(groups, lr=5e-3, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=[5e-3, 2e-3], total_steps=11)
    for _ in range(10):
        lengths = rng.integers(3, 8, 16)
        src, target = np.full((16, 7), PAD), np.full((16, 8), PAD)
        for row, length in enumerate(lengths):
            src[row, :length] = rng.integers(3, SYMBOLS, length)
            target[row, :length] = src[row, :length][::-1]
            target[row, length] = EOS
        src, target = torch.as_tensor(src), torch.as_tensor(target)
        logits = model(src, target)
        loss = F.cross_entropy(logits.transpose(1, 2), target, ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.5)
        optimizer.step()
        scheduler.step()
        yield loss.item()
