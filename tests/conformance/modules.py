"""What modules do beside computing: one function per behaviour, which must return the same in both libraries."""

from __future__ import annotations

import copy
import operator
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch

import autograd
import nn as ours_nn

from .compare import Check, plain


def said(call: Callable[[], Any], pattern: str) -> str:
    """Whether `call` raised and said `pattern`; what it said, if it said something else."""
    try:
        call()
    except Exception as error:
        text = " ".join(str(error).split())
        return "said it" if re.search(pattern, text) else f"{type(error).__name__}: {text}"
    return "raised nothing"


def numbers(x: Any) -> Any:
    """A Tensor as rounded lists."""
    return plain(x).round(5).tolist()


def small(torch: Any, nn: Any) -> Any:
    """A model with everything that a module can hold."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(2))
            self.register_buffer("mean", torch.zeros(2))
            self.register_buffer("cache", torch.ones(1), persistent=False)
            self.register_parameter("nothing", None)

        def forward(self, x: Any, *, times: float = 1.0) -> Any:
            return (x - self.mean) * self.scale * times

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(3, 2)
            self.bias = nn.Parameter(torch.zeros(2))
            self.block = Block()
            self.again = self.block
            self.rest = nn.Sequential(nn.ReLU(), nn.Linear(2, 2, bias=False), nn.ModuleList([nn.Tanh()])[0])
            self.rest[1].weight = self.first.weight if False else nn.Parameter(torch.ones(2, 2))
            self.tied = self.rest[1].weight
            self.empty: Any = None

        def forward(self, x: Any) -> Any:
            return self.rest(self.block(self.first(x) + self.bias))

    model = Model()
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.arange(p.numel()).reshape(p.shape) * 0.1 - 0.2 + 0.05 * i)
    return model


def order(torch: Any, nn: Any) -> Any:
    m = small(torch, nn)
    return [
        [name for name, _ in m.named_parameters()],
        [name for name, _ in m.named_parameters(remove_duplicate=False)],
        [name for name, _ in m.named_parameters(prefix="p", recurse=False)],
        [name for name, _ in m.named_buffers()],
        [name for name, _ in m.named_modules()],
        [name for name, _ in m.named_modules(prefix="root", remove_duplicate=False)],
        [name for name, _ in m.named_children()],
        [type(x).__name__ for x in m.modules()],
        [type(x).__name__ for x in m.children()],
        list(m.state_dict()),
        list(m.state_dict(prefix="net.")),
        len(list(m.parameters())),
        sum(p.numel() for p in m.parameters()),
    ]


def printed(torch: Any, nn: Any) -> Any:
    class Named(nn.Linear):
        def extra_repr(self) -> str:
            return "one\ntwo"

    return [
        repr(small(torch, nn)),
        repr(nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.ReLU(), nn.ReLU(), nn.ReLU(), nn.Linear(1, 1)])),
        repr(nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.Sequential(nn.ReLU())})),
        repr(nn.Sequential()),
        repr(nn.ModuleList()),
        repr(nn.ModuleDict()),
        repr(nn.Sequential(Named(1, 1), nn.Sequential(nn.ModuleList([Named(1, 1), Named(1, 1)])))),
        repr(nn.Module()),
    ]


def loading(torch: Any, nn: Any) -> Any:
    m = small(torch, nn)
    full = {k: v.clone() for k, v in m.state_dict().items()}
    without = {k: v for k, v in full.items() if k != "first.bias"}
    more = {**full, "other.weight": full["bias"]}
    wrong = {**full, "first.weight": torch.zeros(4, 4)}
    fresh = small(torch, nn)
    results = [
        said(lambda: m.load_state_dict(without), r"Error\(s\) in loading state_dict for Model: Missing key\(s\) in state_dict: \"first.bias\"\."),
        said(lambda: m.load_state_dict(more), r"Error\(s\) in loading state_dict for Model: Unexpected key\(s\) in state_dict: \"other.weight\"\."),
        said(lambda: m.load_state_dict(wrong), r"size mismatch for first.weight: copying a param with shape .*\[?4, 4\]?.* from checkpoint, the shape in current model is .*2, 3"),
        said(lambda: m.load_state_dict(wrong, strict=False), "size mismatch for first.weight"),
        said(lambda: m.load_state_dict({**without, "x": full["bias"]}), r"Missing key\(s\).*Unexpected key\(s\)"),
        said(lambda: m.load_state_dict([1]), "Expected state_dict to be dict-like, got"),
        repr(m.load_state_dict(full)),
        tuple(m.load_state_dict(without, strict=False)),
        tuple(m.load_state_dict(more, strict=False)),
        repr(m.load_state_dict(more, strict=False)).lstrip("_"),
        m.load_state_dict(without, strict=False).missing_keys,
        type(m.state_dict()).__name__,
        [v.requires_grad for v in m.state_dict().values()],
        [v.requires_grad for v in m.state_dict(keep_vars=True).values()],
        numbers(fresh.first.weight),
    ]  # fmt: skip
    before = m.first.weight
    m.load_state_dict({k: v + 1 for k, v in full.items()})
    results += [m.first.weight is before, numbers(m.first.weight)]
    m.state_dict()["first.weight"].zero_()  # shares memory
    results.append(numbers(m.first.weight))
    m.load_state_dict({k: v.double() for k, v in full.items()})
    results.append(str(m.first.weight.dtype).replace("torch.", ""))
    m.load_state_dict({k: v.double() for k, v in full.items()}, assign=True)
    results.append(str(m.first.weight.dtype).replace("torch.", ""))
    nested = nn.Sequential(OrderedDict(a=nn.Linear(1, 1), b=nn.Sequential(nn.Linear(1, 1))))
    results.append(
        said(
            lambda: nested.load_state_dict({}),
            r'Missing key\(s\) in state_dict: "a.weight", "a.bias", "b.0.weight", "b.0.bias"',
        )
    )
    return results


def hooks(torch: Any, nn: Any) -> Any:
    m = small(torch, nn)
    log: list[Any] = []

    def shapes(values: Any) -> Any:
        return tuple(None if v is None else tuple(v.shape) for v in values)

    m.block.register_forward_pre_hook(lambda mod, args: log.append(("pre", type(mod).__name__, shapes(args))))
    m.block.register_forward_pre_hook(
        lambda mod, args, kw: log.append(("pre kwargs", shapes(args), dict(kw))), with_kwargs=True
    )
    m.block.register_forward_pre_hook(lambda mod, args: log.append(("first",)), prepend=True)
    m.block.register_forward_hook(lambda mod, args, out: log.append(("post", shapes(args), tuple(out.shape))))
    m.block.register_forward_hook(
        lambda mod, args, kw, out: log.append(("post kwargs", dict(kw), tuple(out.shape))), with_kwargs=True
    )
    m.block.register_full_backward_hook(lambda mod, gi, go: log.append(("backward", shapes(gi), shapes(go))))
    m.block.register_full_backward_pre_hook(lambda mod, go: log.append(("backward pre", shapes(go))))
    m.first.register_full_backward_hook(lambda mod, gi, go: log.append(("backward first", shapes(gi), shapes(go))))
    x = torch.ones(4, 3)
    m(x).sum().backward()
    log.append(m.block(torch.ones(1, 2), times=3.0).tolist())
    replaced = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        replaced.weight.fill_(1.0)
    a = replaced.register_forward_pre_hook(lambda mod, args: (args[0] * 2,))
    b = replaced.register_forward_pre_hook(lambda mod, args: args[0] + 1)
    c = replaced.register_forward_hook(lambda mod, args, out: out * 10)
    log.append(numbers(replaced(torch.ones(1, 2))))
    c.remove()
    log.append(numbers(replaced(torch.ones(1, 2))))
    a.remove()
    b.remove()
    log.append(numbers(replaced(torch.ones(1, 2))))
    x = torch.ones(1, 2, requires_grad=True)
    replaced.register_full_backward_hook(lambda mod, gi, go: (gi[0] * 5,))
    replaced(x).sum().backward()
    log.append(numbers(x.grad))
    y = torch.ones(2, requires_grad=True)
    y.register_hook(lambda g: g * 3)
    (y * 2).sum().backward()
    log.append(numbers(y.grad))
    with replaced.register_forward_hook(lambda mod, args, out: None):
        log.append(numbers(replaced(torch.ones(1, 2))))
    return log


def modes(torch: Any, nn: Any) -> Any:
    m = small(torch, nn)
    results: list[Any] = [m.training, m.eval() is m, [x.training for x in m.modules()], m.train() is m]
    m.block.eval()
    results.append([x.training for x in m.modules()])
    m.train(False)
    results.append([x.training for x in m.modules()])
    results.append(said(lambda: m.train("yes"), "training mode is expected to be boolean"))
    visited: list[str] = []
    results.append(m.apply(lambda x: visited.append(type(x).__name__)) is m)
    results.append(visited)
    results.append([p.requires_grad for p in m.requires_grad_(False).parameters()])
    m.first.requires_grad_(True)
    results.append([p.requires_grad for p in m.parameters()])
    m(torch.ones(1, 3)).sum().backward()
    results.append([p.grad is None for p in m.parameters()])
    m.zero_grad(set_to_none=False)
    results.append(numbers(m.first.bias.grad))
    m.zero_grad()
    results.append(m.first.bias.grad is None)
    for change in (
        m.double,
        m.float,
        lambda: m.to(torch.float64),
        lambda: m.to("cpu", torch.float32),
        lambda: m.to(dtype=torch.float64),
        lambda: m.type(torch.float32),
    ):
        results.append(change() is m)
        results.append([str(v.dtype).replace("torch.", "") for v in m.state_dict().values()])
    return results


def copies(torch: Any, nn: Any) -> Any:
    m = small(torch, nn)
    m(torch.ones(1, 3)).sum().backward()
    other = copy.deepcopy(m)
    results = [
        other.tied is other.rest[1].weight, other.again is other.block, other.first.weight is m.first.weight, list(other.state_dict()) == list(m.state_dict()),
        [type(p).__name__ for p in other.parameters()], other.first.weight.requires_grad, other.first.weight.is_leaf, other.first.weight.grad is None, repr(other) == repr(m),
    ]  # fmt: skip
    with torch.no_grad():
        other.first.weight.zero_()
    results += [numbers(m.first.weight), numbers(other(torch.ones(1, 3)))]
    linear = pickle.loads(pickle.dumps(nn.Sequential(nn.Linear(2, 1), nn.ReLU())))
    results += [repr(linear), list(linear.state_dict()), linear[0].weight.requires_grad]
    return results


def sequential(torch: Any, nn: Any) -> Any:
    s = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    results: list[Any] = [
        len(s),
        repr(s[0]),
        repr(s[-1]),
        repr(s[1:]),
        repr(s[:-1]),
        repr(s[::2]),
        s[0] is s[:1][0],
        list(s[1:].state_dict()),
    ]
    s.append(nn.Tanh())
    s.insert(1, nn.Sigmoid())
    s.extend([nn.ELU()])
    results.append(repr(s))
    del s[1]
    results.append(repr(s))
    s[0] = nn.Linear(2, 3, bias=False)
    results += [
        repr(s),
        repr(s.pop(-1)),
        [type(x).__name__ for x in s],
        repr(s + nn.Sequential(nn.ReLU())),
        repr(nn.Sequential(nn.ReLU()) * 3),
    ]
    del s[1:3]
    results += [
        repr(s),
        said(lambda: s[7], "index 7 is out of range"),
        said(lambda: nn.Sequential(nn.ReLU(), 3), "int is not a Module subclass"),
    ]
    named = nn.Sequential(OrderedDict([("conv", nn.Linear(1, 2)), ("relu", nn.ReLU())]))
    results += [
        repr(named),
        named.conv is named[0],
        [name for name, _ in named.named_children()],
        repr(named[1:]),
        list(named.state_dict()),
    ]
    return results


def containers(torch: Any, nn: Any) -> Any:
    ml = nn.ModuleList([nn.Linear(1, 1), nn.ReLU()])
    ml += [nn.Tanh()]
    ml.append(nn.ELU())
    ml.insert(0, nn.Sigmoid())
    ml.extend(nn.ModuleList([nn.SELU()]))
    results: list[Any] = [
        repr(ml),
        len(ml),
        repr(ml[1:3]),
        repr(ml[-1]),
        repr(ml.pop(1)),
        list(ml[1:].state_dict()),
        said(lambda: ml[9], "index 9 is out of range"),
        repr(operator.add(ml, [nn.ReLU()])),
    ]
    results += [
        said(lambda: ml(torch.ones(1)), 'is missing the required "forward" function'),
        nn.ReLU in [type(x) for x in ml],
    ]
    md = nn.ModuleDict([["conv", nn.Linear(1, 2)], ["pool", nn.ReLU()]])
    md["act"] = nn.Tanh()
    md.update({"conv": nn.Linear(3, 3), "more": nn.ELU()})
    results += [
        repr(md),
        list(md),
        list(md.keys()),
        [k for k, _ in md.items()],
        "act" in md,
        len(md),
        repr(md.pop("act")),
        said(lambda: md["none"], "none"),
        list(md.state_dict()),
        md.conv is md["conv"],
    ]
    del md["pool"]
    md.update(OrderedDict(z=nn.ReLU(), a=nn.ReLU()))
    results += [list(md), said(lambda: md.update(3), "")]
    md.clear()
    results.append(len(md))
    pl = nn.ParameterList([nn.Parameter(torch.ones(2)), torch.zeros(3)])
    pl.append(nn.Parameter(torch.ones(1)))
    pl += [torch.ones(2, 2)]
    results += [
        len(pl),
        [type(p).__name__ for p in pl],
        [name for name, _ in pl.named_parameters()],
        list(pl.state_dict()),
        tuple(pl[-1].shape),
        len(pl[1:3]),
        type(pl[:2]).__name__,
        said(lambda: pl[10], "index 10 is out of range"),
    ]
    pd = nn.ParameterDict({"left": nn.Parameter(torch.ones(2)), "right": torch.zeros(1)})
    pd["new"] = nn.Parameter(torch.ones(3))
    results += [
        list(pd),
        "left" in pd,
        len(pd),
        [name for name, _ in pd.named_parameters()],
        tuple(pd.get("none", torch.ones(4)).shape),
        tuple(pd.pop("left").shape),
        list(pd.keys()),
        tuple(pd.setdefault("s", torch.ones(5)).shape),
        list(pd),
    ]
    return results


def registration(torch: Any, nn: Any) -> Any:
    class Plain(nn.Module):
        pass

    class Early(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(1, 1)

    class EarlyParameter(nn.Module):
        def __init__(self) -> None:
            self.p = nn.Parameter(torch.ones(1))

    m = Plain()
    m.p = nn.Parameter(torch.ones(1))
    m.lin = nn.Linear(1, 1)
    m.register_buffer("b", torch.zeros(1))
    results = [
        said(Early, r"cannot assign modules? before Module.__init__\(\) call"),
        said(EarlyParameter, r"cannot assign parameters before Module.__init__\(\) call"),
        said(
            lambda: setattr(m, "p", 3),
            r"cannot assign 'int' as parameter 'p' \((torch\.)?nn.Parameter or None expected\)",
        ),
        said(lambda: setattr(m, "p", torch.ones(1)), r"cannot assign '.*Tensor' as parameter 'p'"),
        said(
            lambda: setattr(m, "lin", 3),
            r"cannot assign 'int' as child module 'lin' \((torch\.)?nn.Module or None expected\)",
        ),
        said(lambda: setattr(m, "b", 3), r"cannot assign 'int' as buffer 'b'"),
        said(lambda: m.register_buffer("p", torch.ones(1)), "attribute 'p' already exists"),
        said(lambda: m.register_parameter("a.b", nn.Parameter(torch.ones(1))), "parameter name can.+t contain"),
        said(lambda: m.register_parameter("", nn.Parameter(torch.ones(1))), "parameter name can.+t be empty string"),
        said(lambda: m.register_buffer("c.d", torch.ones(1)), "buffer name can.+t contain"),
        said(
            lambda: m.register_parameter("q", torch.ones(1)),
            r"cannot assign '.*Tensor' object to parameter 'q' \((torch\.)?nn.Parameter or None required\)",
        ),
        said(
            lambda: m.register_buffer("q", 3),
            r"cannot assign 'int' object to buffer 'q' \((torch )?Tensor or None required\)",
        ),
        said(lambda: m.add_module("x", 3), "int is not a Module subclass"),
        said(lambda: m.missing, "'Plain' object has no attribute 'missing'"),
        said(lambda: m(1), r'Module \[Plain\] is missing the required "forward" function'),
        said(lambda: m.get_submodule("lin.none"), "has no attribute `none`"),
        said(lambda: m.get_parameter("lin.none"), "no attribute|not an nn.Parameter|`none`"),
        said(
            lambda: nn.Parameter(torch.ones(1, dtype=torch.int64)),
            "[Oo]nly Tensors of floating point.*dtype can require gradients",
        ),
    ]
    m.p = None
    m.lin = None
    results += [
        list(m.state_dict()),
        [n for n, _ in m.named_parameters()],
        [n for n, _ in m.named_children()],
        m.p is None,
    ]
    m.p = nn.Parameter(torch.zeros(2))
    m.b = torch.ones(3)
    results += [list(m.state_dict()), tuple(m.b.shape)]
    del m.p
    results += [hasattr(m, "p"), list(m.state_dict())]
    m.lin = nn.Linear(1, 1)
    m.extra = nn.Buffer(torch.ones(1))
    results += [
        list(m.state_dict()),
        [n for n, _ in m.named_buffers()],
        tuple(m.get_parameter("lin.weight").shape),
        tuple(m.get_buffer("b").shape),
        repr(m.get_submodule("lin")),
    ]
    return results


def parameters(torch: Any, nn: Any) -> Any:
    p = nn.Parameter(torch.tensor([1.0, 2.0]))
    q = nn.Parameter(torch.ones(2), requires_grad=False)
    results = [
        repr(p), repr(q), isinstance(p, torch.Tensor), type(p.data).__name__, type(p * 1).__name__, type(p.detach()).__name__, p.is_leaf, (p * 1).is_leaf, type(copy.deepcopy(p)).__name__, type(p.clone()).__name__,
        said(lambda: p.add_(1), "a leaf Variable that requires grad.* in-place operation"), said(lambda: copy.deepcopy(p * 1), "deepcopy protocol"), repr(nn.Parameter(torch.ones(2, 2, dtype=torch.float64))).replace("torch.", ""),
    ]  # fmt: skip
    p.data = torch.tensor([5.0, 6.0])
    with torch.no_grad():
        p += 1
        p[0] = 0.0
    p.data.mul_(2)
    results.append(numbers(p))
    (p * p).sum().backward()
    results += [numbers(p.grad), p.grad.requires_grad]
    return results


def reparametrised(torch: Any, nn: Any) -> Any:
    utils, p = nn.utils, nn.utils.parametrize

    class Symmetric(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.triu() + x.triu(1).transpose(-1, -2)

    def linear() -> Any:
        layer = nn.Linear(2, 2)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        return layer

    results = [
        said(
            lambda: utils.weight_norm(utils.weight_norm(linear())), "Cannot register two weight_norm hooks on the same"
        ),
        said(
            lambda: utils.spectral_norm(utils.spectral_norm(linear())), "Cannot register two spectral_norm hooks on the"
        ),
        said(lambda: utils.remove_weight_norm(linear()), "weight_norm of 'weight' not found in Linear"),
        said(lambda: utils.remove_spectral_norm(linear(), "bias"), "spectral_norm of 'bias' not found in Linear"),
        said(lambda: utils.spectral_norm(linear(), n_power_iterations=0), "Expected n_power_iterations to be positive"),
        said(
            lambda: utils.parametrizations.spectral_norm(nn.ReLU()),
            r"Module 'ReLU\(\)' has no parameter or buffer with",
        ),
        said(
            lambda: p.register_parametrization(linear(), "w", Symmetric()), "does not have a parameter, a buffer, or a"
        ),
        said(
            lambda: p.register_parametrization(linear(), "weight", nn.Linear(2, 1)), "may not change the shape of the"
        ),
        said(lambda: p.remove_parametrizations(linear(), "weight"), "does not have a parametrization on weight"),
        said(lambda: utils.skip_init(nn.ReLU), "Module must support a 'device' arg to skip initialization"),
        said(lambda: utils.fuse_conv_bn_eval(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)), "Fusion only for eval!"),
    ]
    for layer in (
        utils.weight_norm(linear()),
        utils.weight_norm(linear(), dim=None),
        utils.spectral_norm(linear()),
        utils.parametrizations.weight_norm(linear()),
        utils.parametrizations.spectral_norm(linear()),
        p.register_parametrization(linear(), "weight", Symmetric()),
    ):
        results += [
            repr(layer),
            [(key, tuple(x.shape)) for key, x in layer.state_dict().items()],
            [name for name, _ in layer.named_parameters()],
            [name for name, _ in layer.named_buffers()],
            p.is_parametrized(layer),
            p.is_parametrized(layer, "bias"),
            p.type_before_parametrizations(layer).__name__,
            layer(torch.ones(1, 2)).shape[1],
        ]
    results += [numbers(layer.weight), numbers(layer.parametrizations.weight.original)]
    with p.cached():
        results.append(layer.weight is layer.weight)
    p.remove_parametrizations(layer, "weight", leave_parametrized=False)
    results += [repr(layer), numbers(layer.weight), type(layer).__name__, list(layer.state_dict())]
    return results


def optimiser_errors(torch: Any, nn: Any) -> Any:
    optim = torch.optim if hasattr(torch, "optim") else nn.optim
    p, q = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3))
    opt = optim.SGD([p], lr=0.1)
    results = [
        said(lambda: optim.SGD([], lr=0.1), "optimizer got an empty parameter list"),
        said(
            lambda: optim.SGD(p, lr=0.1),
            "params argument given to the optimizer should be an iterable of Tensors or dicts",
        ),
        said(lambda: optim.SGD([p], lr=-1), "Invalid learning rate: -1"),
        said(lambda: optim.SGD([p], lr=1, nesterov=True), "Nesterov momentum requires a momentum and zero dampening"),
        said(lambda: optim.SGD([p], lr=1, momentum=-1), "Invalid momentum value: -1"),
        said(lambda: optim.Adam([p], betas=(1.0, 0.9)), "Invalid beta parameter at index 0: 1.0"),
        said(lambda: optim.Adam([p], eps=-1), "Invalid epsilon value: -1"),
        said(lambda: optim.Adam([p], weight_decay=-1), "Invalid weight_decay value: -1"),
        said(lambda: optim.SGD([p * 2], lr=1), "can't optimize a non-leaf Tensor"),
        said(lambda: optim.SGD(["p"], lr=1), "optimizer can only optimize Tensors, but one of the params is str"),
        said(
            lambda: optim.SGD([{"params": [p]}, {"params": [p]}], lr=1),
            "some parameters appear in more than one parameter group",
        ),
        said(
            lambda: opt.load_state_dict(optim.SGD([{"params": [p]}, {"params": [q]}], lr=1).state_dict()),
            "loaded state dict has a different number of parameter groups",
        ),
        said(
            lambda: opt.load_state_dict(optim.SGD([p, q], lr=1).state_dict()),
            "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
        ),
        said(lambda: optim.LBFGS([{"params": [p]}, {"params": [q]}]), "LBFGS doesn't support per-parameter options"),
        said(lambda: optim.lr_scheduler.StepLR(3, 1), "int is not an Optimizer"),
        said(
            lambda: optim.lr_scheduler.StepLR(opt, 1, last_epoch=3),
            "param 'initial_lr' is not specified in param_groups",
        ),
    ]
    opt.add_param_group({"params": [q], "lr": 0.5})
    results += [
        len(opt.param_groups),
        [g["lr"] for g in opt.param_groups],
        opt.state_dict()["param_groups"][1]["params"],
    ]
    (p.sum() + q.sum()).backward()
    opt.step()
    results += [numbers(p), numbers(q), opt.step(lambda: 7)]
    opt.zero_grad()
    results.append(p.grad is None)
    return results


def unsized(nn: Any) -> Any:
    """A model of lazy layers."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.LazyConv2d(4, 3, padding="same", groups=2), norm=nn.LazyBatchNorm2d(), act=nn.ReLU(),
            up=nn.LazyConvTranspose2d(2, 3, stride=2, bias=False), flat=nn.Flatten(), out=nn.LazyLinear(2),
        )
    )  # fmt: skip


def lazy(torch: Any, nn: Any) -> Any:
    optim = torch.optim if hasattr(torch, "optim") else nn.optim
    net, fresh = unsized(nn), unsized(nn)
    weight = net.out.weight
    attempt = "Attempted to use an uninitialized parameter in"
    no_shape = "Can't access the shape of an uninitialized parameter or buffer"
    results: list[Any] = [
        repr(net),
        [repr(p) for p in net.parameters()],
        {name: repr(b) for name, b in net.named_buffers()},
        {key: repr(value) for key, value in net.state_dict().items()},
        [layer.has_uninitialized_params() for layer in (net.conv, net.norm, net.up, net.out)],
        [isinstance(net.conv, nn.Conv2d), type(net.conv) is nn.Conv2d, isinstance(weight, nn.Parameter)],
        [weight.requires_grad, weight.is_leaf, weight.grad is None, weight.dtype == torch.float32],
        isinstance(weight, nn.parameter.UninitializedParameter),
        isinstance(net.norm.running_mean, nn.UninitializedBuffer),
        said(lambda: weight.shape, no_shape),
        said(lambda: net.norm.running_var.shape, no_shape),
        said(lambda: weight + 1, attempt),
        said(lambda: weight.numel(), attempt),
        said(lambda: nn.init.xavier_uniform_(weight), attempt),
        said(lambda: net.out.forward(torch.ones(1, 2)), attempt),
        said(lambda: net.conv(torch.ones(2, 2)), r"Expected 3D \(unbatched\) or 4D \(batched\) input to LazyConv2d"),
        said(lambda: net.conv(torch.ones(1, 3, 4, 4)), "in_channels must be divisible by groups"),
        said(lambda: net.norm.reset_running_stats(), attempt),
        net.out.reset_parameters(),
        repr(net.load_state_dict(fresh.state_dict())),
    ]
    opt = optim.SGD(net.parameters(), lr=0.1)
    net.double()
    results.append(net(torch.ones(2, 6, 3, 3, dtype=torch.float64)).dtype == torch.float64)
    results += [repr(net), [tuple(v.shape) for v in net.state_dict().values()], net.out.weight is weight]
    results += [repr(fresh), said(lambda: net.load_state_dict(fresh.state_dict()), no_shape)]
    with torch.no_grad():
        for i, p in enumerate(net.parameters()):
            p.copy_(torch.arange(p.numel()).reshape(p.shape) * 0.01 - 0.02 * i)
    net(torch.ones(2, 6, 3, 3, dtype=torch.float64)).sum().backward()
    opt.step()
    results += [numbers(weight), repr(fresh.load_state_dict(net.state_dict())), numbers(fresh.out.weight)]
    results += [type(fresh.out).__name__, fresh.out.has_uninitialized_params()]
    results += [numbers(fresh.eval()(torch.ones(1, 6, 3, 3))), type(fresh.out).__name__, repr(fresh.out)]
    for layer, shape in (
        (nn.LazyConv1d(2, 3, 2, bias=False), (1, 3, 7)),
        (nn.LazyConv3d(2, (1, 2, 3), padding_mode="circular", padding=1), (3, 3, 3, 3)),
        (nn.LazyConvTranspose1d(2, 3, 2, 1, 1), (1, 3, 7)),
        (nn.LazyConvTranspose3d(2, 2, dilation=2), (1, 3, 2, 2, 2)),
        (nn.LazyBatchNorm1d(1e-3, None, bias=False), (4, 3)),
        (nn.LazyBatchNorm3d(affine=False), (2, 3, 2, 2, 2)),
        (nn.LazyInstanceNorm1d(), (2, 3, 4)),
        (nn.LazyInstanceNorm2d(track_running_stats=False), (2, 3, 4, 4)),
        (nn.LazyInstanceNorm3d(affine=False), (2, 3, 2, 2, 2)),
    ):
        results += [repr(layer), list(layer.state_dict())]
        results += [tuple(layer(torch.ones(*shape)).shape), repr(layer)]
        results.append({key: tuple(value.shape) for key, value in layer.state_dict().items()})
    return results


BEHAVIOURS = (
    order,
    printed,
    loading,
    hooks,
    modes,
    copies,
    sequential,
    containers,
    registration,
    parameters,
    optimiser_errors,
    lazy,
)


def behaviour_differences(check: Callable[[Any, Any], Any]) -> list[str]:
    """Where the answers of the two libraries differ."""
    try:
        expected = check(torch, torch.nn)
    except Exception as error:
        return [f"PyTorch raises {type(error).__name__}: {error}"]
    try:
        got = check(autograd, ours_nn)
    except Exception as error:
        return [f"ours raises {type(error).__name__}: {error}"]
    differences = [f"answer {i}: {a!r}, PyTorch {b!r}" for i, (a, b) in enumerate(zip(got, expected)) if a != b]
    if len(got) != len(expected):
        differences.append(f"{len(got)} answers, PyTorch {len(expected)}")
    return differences


def _checks(_: list[str]) -> list[Check]:
    return [(c.__name__, lambda c=c: "\n    ".join(behaviour_differences(c))) for c in BEHAVIOURS]


FAMILIES = {"modules": _checks}
