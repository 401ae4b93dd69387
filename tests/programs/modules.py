"""Programs with modules: operated on between calls, with state carried from call to call, and of many kinds."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

import autograd
import nn
from autograd import tensor
from tests.programs.world import CALLS, Seen, caught, floats, grads, program, pulled


@program
def layers_replaced_frozen_loaded_and_tied(compile):
    seen, model = Seen(), nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    begin = {name: value.clone() for name, value in model.state_dict().items()}
    f = compile(lambda x: model(x).square().sum())
    for call in range(CALLS):
        if call == 3:
            model[1] = nn.ReLU()
        if call == 5:
            model[0].weight.requires_grad_(False)
        if call == 8:
            model.load_state_dict(begin)
        if call == 10:
            model[2] = nn.Linear(4, 4)
            model.append(nn.Linear(4, 3, bias=False))
        if call == 13:
            model[3].weight = nn.Parameter(model[0].weight.detach().T.clone())
            model[2].weight = nn.Parameter(floats(4, 4, seed=call))
        if call == 15:
            model[3] = nn.Linear(4, 4)
            model[3].weight = model[2].weight
        if call == 17:
            del model[1]
        seen(*pulled(f(floats(2, 3, seed=call)), *model.parameters()))
    return seen


@program
def modules_are_given_to_compile(compile):
    seen, model = Seen(), nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    compiled = compile(model)
    optimiser = nn.optim.Adam(compiled.parameters(), lr=0.01)
    for call in range(CALLS):
        compiled.train(call % 4 != 3)
        optimiser.zero_grad()
        z = compiled(floats(5, 3, seed=call))
        z.square().mean().backward()
        optimiser.step()
        seen(z, model.training, compiled.training, compiled[0].bias, list(compiled.state_dict()))
    seen(model.state_dict(), isinstance(compiled, nn.Module), len(list(compiled.named_modules())) >= 5)
    return seen


@program
def the_state_of_a_recurrence_is_carried_over(compile):
    seen, w, u = Seen(), floats(3, 3, grad=True), floats(3, 3, seed=1, grad=True)

    class Cell:
        state: Any = None

        @compile
        def __call__(self, x, detach):
            h = x @ w
            if self.state is not None:
                h = h + (self.state.detach() if detach else self.state) @ u
            self.state = h.tanh()
            return self.state.sum() * 2

    cell = Cell()
    losses = []
    for call in range(2 * CALLS):
        losses.append(cell(floats(3, seed=call), call % 3 == 0))
        seen(cell.state, losses[-1])
        if call % 6 == 5:
            sum(losses).backward()
            seen(grads(w, u))
            losses.clear()
            cell.state = None if call % 4 == 1 else cell.state.detach()
    return seen


@program
def promises_are_kept_in_a_list(compile):
    seen, w, memory = Seen(), floats(3, grad=True), []

    @compile
    def f(x):
        memory.append((x * w).exp())
        memory.append(memory[-1] * 2)
        if len(memory) > 6:
            del memory[:3]
        return sum(memory[:-2], memory[-1]).sin()

    for call in range(CALLS):
        z = f(floats(3, seed=call))
        seen(z, memory)
        z.sum().backward(retain_graph=True)
        seen(grads(w))
    return seen


@program
def recurrent_layers(compile):
    seen = Seen()
    lstm, gru, cell = nn.LSTM(2, 3, batch_first=True), nn.GRU(3, 3), nn.LSTMCell(3, 2)
    hidden: list[Any] = [None, None]

    @compile
    def f(x, call):
        out, hidden[0] = lstm(x, hidden[0] if call % 3 else None)
        out, hidden[1] = gru(out.transpose(0, 1), hidden[1] if call % 4 else None)
        h, c = cell(out[-1])
        hidden[0] = tuple(part.detach() for part in hidden[0])
        hidden[1] = hidden[1].detach()
        return h * c

    parameters = [*lstm.parameters(), *gru.parameters(), *cell.parameters()]
    for call in range(CALLS):
        seen(*pulled(f(floats(2, 3 + call % 2, 2, seed=call), call), *parameters), hidden)
    return seen


@program
def outputs_of_all_kinds(compile):
    @dataclasses.dataclass
    class Output:
        loss: Any
        parts: list[Any]

    class Pair(NamedTuple):
        a: Any
        b: Any

    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x, *, kind="dict", scale=1.0, mask=None):
        h = x["a"] * w * scale if isinstance(x, dict) else x * w
        if mask is not None:
            h = h.masked_fill(mask, 0.0)
        z = h.exp()
        if kind == "dict":
            return {"h": h, "z": z, "both": [h, (z, None)], "n": 3}
        if kind == "data":
            return Output(z.sum(), [h, h])
        if kind == "pair":
            return Pair(z, h)
        return None if kind == "none" else (z, x)

    kinds = ("dict", "data", "pair", "none", "same")
    for call in range(CALLS):
        x = floats(3, seed=call)
        kind = kinds[call % 5]
        z = f({"a": x} if call % 2 else x, kind=kind, scale=call, mask=x > 0 if call % 3 else None)
        seen(type(z).__name__, z.__dict__ if kind == "data" else z)
        if kind == "data":
            seen(*pulled(z.loss, w), z.parts[0] is z.parts[1])
        elif kind == "pair":
            seen(*pulled(z.a + z.b, w))
    return seen


@program
def weights_that_are_computed(compile):
    seen = Seen()
    layers = [nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)), nn.utils.spectral_norm(nn.Linear(3, 3))]
    layers.append(nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3)))

    class Symmetric(nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).T

    layers.append(nn.Linear(3, 3))
    nn.utils.parametrize.register_parametrization(layers[-1], "weight", Symmetric())
    model = nn.Sequential(*layers)
    optimiser = nn.optim.SGD(model.parameters(), lr=0.1)
    f = compile(lambda x: model(x).tanh())
    for call in range(CALLS):
        model.train(call % 5 != 4)
        z = f(floats(2, 3, seed=call))
        seen(z)
        z.sum().backward()
        optimiser.step()
        optimiser.zero_grad()
        if call == 12:
            nn.utils.parametrize.remove_parametrizations(layers[-1], "weight")
            optimiser = nn.optim.SGD(model.parameters(), lr=0.1)
    seen(model.state_dict())
    return seen


@program
def a_leaf_made_inside(compile):
    seen, w, made = Seen(), floats(3, grad=True), []

    @compile
    def f(x):
        noise = autograd.randn(3, requires_grad=True)
        fresh = nn.Parameter(x * 0.5)
        lost = (x * w).detach().requires_grad_()
        made[:] = [noise, fresh, lost]
        return (noise * fresh).tanh() + lost * w

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w, *made))
    return seen


@program
def einsum_attention_and_norms(compile):
    seen = Seen()
    attention, norm = nn.MultiheadAttention(4, 2, batch_first=True), nn.LayerNorm(4)
    table = nn.Embedding(7, 4, padding_idx=0)
    parameters = [*attention.parameters(), *norm.parameters(), *table.parameters()]

    @compile
    def f(tokens):
        h = table(tokens)
        h = h + attention(norm(h), h, h, need_weights=False)[0]
        scores = autograd.einsum("bik,bjk->bij", h, h).softmax(-1)
        mixed = autograd.einsum("bij,bjk->bik", scores, nn.functional.gelu(h))
        return nn.functional.cross_entropy(mixed.reshape(-1, 4), tokens.reshape(-1) % 4, ignore_index=-1)

    for call in range(CALLS):
        tokens = tensor([[(call + k) % 7, (call * k) % 7, 0] for k in range(1 + call % 2)])
        seen(*pulled(f(tokens), *parameters), caught(f, tokens + 5))
    return seen


@program
def losses_that_check_their_targets(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x, target):
        z = x * w
        a = caught(nn.functional.cross_entropy, z.reshape(1, 3), target)
        b = caught(nn.functional.nll_loss, z.log_softmax(0).reshape(1, 3), target)
        c = caught(nn.functional.one_hot, target, 3)
        d = caught(nn.functional.binary_cross_entropy, z.sigmoid() * (1 + (x.sum() > 1)), x.sigmoid())
        seen(a, b, c, d)
        return sum(p for p in (a, b, d) if isinstance(p, autograd.Tensor)) + z.sum()

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call), tensor([call % 5 - 1])), w))
    return seen


@program
def an_actor_looks_at_what_it_does(compile):
    seen, model = Seen(), nn.Linear(3, 4)
    steps: list[Any] = []

    @compile
    def act(x):
        logits = model(x)
        chosen = nn.distributions.Categorical(logits=logits)
        action = chosen.sample()
        steps.append((chosen.log_prob(action), logits[action].exp()))
        return action.item()

    for call in range(CALLS):
        seen(act(floats(3, seed=call)))
        if call % 4 == 3:
            sum(a * b.detach() - b for a, b in steps).backward()
            seen(steps, grads(*model.parameters()))
            steps.clear()
    return seen


@program
def a_loss_of_nothing(compile):
    seen, w = Seen(), floats(3, 4, grad=True)

    @compile
    def f(x, target):
        return nn.functional.cross_entropy(x @ w, target, reduction="sum"), (x @ w).sum(1)

    for call in range(CALLS):
        count = (0, 0, 1, 2)[call % 4]
        z, other = f(floats(count, 3, seed=call), tensor([1, 2][:count], dtype=np.int64))
        seen(other, *pulled(z, w))
    return seen
