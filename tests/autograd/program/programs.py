"""Functions to capture: the standard models, larger ones, transforms, and programs of the conformance suite.

Each is a function that makes a loss, and the inputs for it, as in `benchmarks.gradcheck.models`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn
import nn.functional as F
from autograd import Function, checkpoint, no_grad, randn, tensor
from autograd.func import grad, hessian, jacrev, vjp
from benchmarks.gradcheck.models import MODELS
from tests.conformance.programs import (
    custom_function,
    gpt,
    mobilenet,
    pinn,
    real_nvp,
    resnet,
    seq2seq,
    siamese,
    unet,
    vae,
    vit,
    word_model,
)
from tests.conformance.programs import data as own

Made = tuple[Callable[..., Any], list[Any]]


def _classified(model: Any, *shape: int) -> Made:
    labels = autograd.randint(0, 10, shape[:1])
    return lambda x: F.cross_entropy(model(x), labels), [randn(*shape)]


def mlp_of_mnist() -> Made:
    layers = [nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)]
    return _classified(nn.Sequential(*layers), 64, 784)


def cnn() -> Made:
    """Large enough for compiled kernels, and for norm and ReLU as one operation."""
    layers = [nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()]
    return _classified(nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 256, 10)), 8, 3, 32, 32)


def norm_and_relu_by_hand() -> Made:
    conv, norm = nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16)
    return _classified(lambda x: F.relu(norm(conv(x))).mean((2, 3))[:, :10], 8, 3, 32, 32)


def cell(kind: Any) -> Callable[[], Made]:
    """In a Python loop: the products for the gradients of its weights wait for each other."""

    def made() -> Made:
        step, head = kind(16, 32), nn.Linear(32, 10)

        def read(x: Any) -> Any:
            state = None
            for t in range(x.shape[1]):
                state = step(x[:, t], state)
            return head(state[0] if isinstance(state, tuple) else state)

        return _classified(read, 8, 12, 16)

    return made


class Clipped(Function):
    """exp(x) s, whose backward is its own: no gradient where |x| > 1, and x where there is one."""

    @staticmethod
    def forward(ctx: Any, x: Any, s: float) -> Any:
        y = x.exp()
        ctx.mask, ctx.s = (x.abs() < 1).float(), s
        ctx.save_for_backward(x, y)
        return y * s, y

    @staticmethod
    def backward(ctx: Any, dz: Any, dy: Any) -> Any:
        x, y = ctx.saved_tensors
        return dz * ctx.mask * x * ctx.s + dy * y, None


def _of(function: Callable[..., Any], *shape: int) -> Callable[[], Made]:
    return lambda: (function, [randn(*shape, requires_grad=True)])


def _own_backward(x: Any) -> Any:
    a, b = Clipped.apply(x * 2, 3.0)
    return (a * b).sum()


def _partly_constant(x: Any) -> Any:
    with no_grad():
        target = x.exp() * 2
    return ((x.sin() - target) ** 2 + x * x.detach()).sum()


def _in_place(x: Any) -> Any:
    y = x * 2
    view = y[0]
    y[1] += x[0]
    view *= x[1]
    y *= y
    y.unsqueeze_(0)
    return (y.cos() * view).sum()


TRANSFORMS = {
    "grad of grad": _of(lambda x: grad(lambda y: grad(lambda z: (z.sin() * z**2).sum())(y).sum())(x).sum(), 5),
    "jacrev": _of(lambda x: jacrev(lambda y: (y * y.flip(0)).cumsum(0))(x).sum(), 4),
    "hessian": _of(lambda x: (hessian(lambda y: (y**3).prod())(x) ** 2).sum(), 4),
    "vjp": _of(lambda x: vjp(lambda y: y.exp(), x)[1](x)[0].sum(), 4),
    "a backward of its own": _of(_own_backward, 5),
    "checkpoint": _of(lambda x: checkpoint(lambda y: F.dropout(y, 0.5).sin() * y, x).sum(), 6),
    "no_grad and detach": _of(_partly_constant, 5),
    "written in place": _of(_in_place, 5),
}


# ------------------------------------------------------------------------------------------- of the conformance suite


def _digits(model: Any, count: int = 8, size: int = 28, channels: int = 1) -> Made:
    images, labels = own.digits(count, size)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    y = tensor(labels)
    return lambda x: criterion(model(x.expand(-1, channels, -1, -1)), y), [tensor(images)]


def _gpt() -> Made:
    model = gpt.build()
    x, y = (tensor(a) for a in own.windows(gpt.CODES, 4, 32, 0))
    return lambda x, y: model(x, y)[1], [x, y]


def _vae() -> Made:
    model = vae.build()
    images, _ = own.digits(16)

    def loss(x: Any, noise: Any) -> Any:
        recon, mu, logvar = model(x, noise)
        return vae.loss_function(recon, x, mu, logvar)

    return loss, [tensor(images), tensor(own.noise(0, 16, 20))]


def _pinn() -> Made:
    model = pinn.build()
    x, t = tensor(own.noise(0, 32, 1), requires_grad=True), tensor(own.noise(1, 32, 1), requires_grad=True)
    return lambda x, t: (model.residual(x, t) ** 2).mean(), [x, t]


def _unet() -> Made:
    model = unet.build()
    images, _ = own.digits(4)
    clean = tensor(images)

    def loss(x: Any) -> Any:
        mask = (clean > 0.5).to(clean.dtype)
        logits = model(x)
        return F.binary_cross_entropy_with_logits(logits, mask) + unet.dice_loss(logits, mask)

    return loss, [clean + 0.3 * tensor(own.noise(0, *images.shape))]


def _seq2seq() -> Made:
    model = seq2seq.build()
    rng = np.random.default_rng(4)
    source, target = (tensor(rng.integers(3, seq2seq.SYMBOLS, (8, n))) for n in (7, 8))
    return lambda s, t: F.cross_entropy(model(s, t).transpose(1, 2), t, ignore_index=seq2seq.PAD), [source, target]


def _siamese() -> Made:
    model = siamese.build()
    images, _ = own.digits(18)

    def loss(x: Any) -> Any:
        a, p, n = model(x).chunk(3)
        return F.triplet_margin_loss(a, p, n, margin=0.5) + F.cosine_embedding_loss(a, n, -autograd.ones(len(a)))

    return loss, [tensor(images)]


def _words() -> Made:
    model = word_model.build()
    x, y = (tensor(a.T).contiguous() for a in own.windows(word_model.CODES, 4, 16, 0))
    return lambda x, y: nn.NLLLoss()(model(x).view(-1, word_model.NTOKEN), y.view(-1)), [x, y]


def _flow() -> Made:
    model = real_nvp.build()
    return lambda x: -model.log_prob(x).mean(), [real_nvp.moons(32, 0)]


PORTED = {
    "gpt": _gpt,
    "resnet": lambda: _digits(resnet.build(), 2, 32, 3),
    "vit": lambda: _digits(vit.build()),
    "mobilenet": lambda: _digits(mobilenet.build()),
    "custom_function": lambda: _digits(custom_function.build()["net"]),
    "vae": _vae,
    "pinn": _pinn,
    "unet": _unet,
    "seq2seq": _seq2seq,
    "siamese": _siamese,
    "word_model": _words,
    "real_nvp": _flow,
}

LARGE = {"resnet", "unet", "mobilenet", "seq2seq", "vit"}
"""What takes more than a moment."""

PROGRAMS: dict[str, Callable[[], Made]] = {
    **MODELS,
    "mlp of mnist": mlp_of_mnist,
    "cnn": cnn,
    "norm and relu by hand": norm_and_relu_by_hand,
    **{f"{kind.__name__} in a loop": cell(kind) for kind in (nn.RNNCell, nn.GRUCell, nn.LSTMCell)},
    **TRANSFORMS,
    **PORTED,
}
