"""More that works at run time, line by line; read by checkers, not run."""

import numpy as np
import autograd
import autograd as torch
import nn
import nn.functional as F
from autograd import Tensor
from autograd.cuda.amp import GradScaler, autocast
from nn.data import DataLoader, Dataset, MNIST, Subset, transforms
from nn.distributions import Normal, Categorical, kl_divergence
from nn.optim import lr_scheduler
from nn.parameter import Parameter
from nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

a = autograd.randn(2, 3)
lin = torch.nn.Linear(3, 4)
opt = torch.optim.Adam(lin.parameters())
sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=2)
sched.step(1.0)
sched2 = lr_scheduler.OneCycleLR(opt, max_lr=0.1, total_steps=10)
torch.utils.data.DataLoader([1, 2, 3])
torch.utils.checkpoint.checkpoint(lin, a)
torch.nn.utils.parameters_to_vector(lin.parameters())
torch.nn.init.kaiming_normal_(lin.weight, nonlinearity="relu")
torch.autograd.functional.jacobian(lambda q: q.sum(), a)
torch.autograd.Function
torch.set_default_dtype(torch.float64)
torch.cuda.is_available()
torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.set_num_threads(2)
torch.allclose(a, a, atol=1e-6)
torch.topk(a, k=2, dim=1)[0]
torch.argmax(a, dim=1, keepdim=True)
torch.sort(a, dim=0, descending=True)
torch.clamp(a, min=0.0)
torch.tensor([[1, 2]], dtype=torch.long, device="cpu")
torch.zeros((2, 3), dtype=torch.float32, requires_grad=True)
torch.zeros_like(a)
torch.empty(0)
torch.arange(0, 10, 2)
torch.from_numpy(np.ones(3))
torch.stack([a, a], dim=0).mean(dim=(0, 1))
torch.no_grad()
torch.is_grad_enabled()
torch.split(a, 1, dim=0)[0]
torch.chunk(a, 2)[0]
torch.meshgrid(a[0], a[0], indexing="ij")
torch.nn.functional.one_hot(a.long(), num_classes=3)
torch.inf, torch.pi, torch.nan
torch.logsumexp(a, dim=1)
torch.bmm(a[None], a.T[None])
torch.norm(a, dim=1)
torch.std(a, dim=0), torch.var(a, dim=0, unbiased=False)
torch.multinomial(a.abs(), 2)
torch.bernoulli(a.sigmoid())
torch.manual_seed(3)
torch.tril(torch.ones(3, 3)).bool()
torch.save({"a": a}, "x")
torch.load("x")
a.view(-1, 1).expand(-1, 2).repeat(1, 2).transpose(0, 1).contiguous()
a.to("cpu", torch.float64).type_as(a)
a.requires_grad_(True).retain_grad()
a.backward(torch.ones_like(a), retain_graph=True)
a.cpu().detach().clone().tolist()
a.index_select(0, torch.tensor([0])).gather(1, a.long())
a.masked_fill_(a > 0, 0.0)
a.scatter_(1, a.long(), 1.0)
a.scatter_add_(dim=1, index=a.long(), src=a)
a.unsqueeze(-1).squeeze().flatten(start_dim=1).mean(dim=-1, keepdim=True)
a.norm(p=2, dim=1)
a.ne(1), a.eq(1), a.lt(1)
a.var(axis=0, correction=0)
a.dim(), a.nelement(), a.element_size(), a.is_leaf, a.grad_fn, a.device, a.type()
a.add(1, alpha=2).sub_(1).clamp_min(0).pow(2).sqrt_()
if a.sum() > 0 and not a.isnan().any():
    pass
while a.norm() > 1e-3:
    break
float(a.sum()), int(a.sum()), bool(a.any()), round(a.sum().item(), 2), abs(a)
d = {a: 1}
s = sum(p.sum() for p in lin.parameters())
total: float = 0
total += a.sum().item()
correct = 0
correct += (a.argmax(1) == a.argmax(1)).sum().item()
losses: list[float] = []
losses.append(a.sum().item())
names = ["x", "y"]
names[a.argmax().item()]
np.mean([a.detach().numpy()])
np.concatenate([a.numpy(), a.numpy()])
max(a.max(), a.min())
sorted(a.tolist())
zip(a, a)
first, *rest = a
m = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
for i, l in enumerate(m):
    a = l(a)
m[0].weight
m.append(nn.ReLU())


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True), nn.Dropout(p=0.5))
        self.rnn = nn.LSTM(2, 3, num_layers=2, batch_first=True, dropout=0.1)
        self.emb = nn.Embedding(10, 3, padding_idx=0)
        self.pos = nn.Parameter(torch.zeros(1, 10, 3))
        self.register_buffer("mask", torch.tril(torch.ones(3, 3)), persistent=False)

    @property
    def size(self) -> int:
        return self.pos.shape[1]

    def forward(self, x: Tensor, lengths: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        e = self.emb(x) + self.pos[:, : x.shape[1]]
        packed = pack_padded_sequence(e, lengths.tolist(), batch_first=True)
        out, (h, c) = self.rnn(packed, state)
        padded, _ = pad_packed_sequence(out, batch_first=True)
        e = e.masked_fill(self.mask[: self.size, : self.size] == 0, float("-inf"))
        weights = F.softmax(e @ e.transpose(-2, -1) / e.size(-1) ** 0.5, dim=-1)
        return self.layers(padded[..., :2]), h[-1] + c[-1] + weights.sum()


net = Net()
net.train()
net.eval()
net.zero_grad()
net.to("cpu").double()
net(a.long(), a[0])
y1, h1 = net(a.long(), lengths=a[0])
net.layers[0].weight.requires_grad = False
for p in net.parameters():
    p.requires_grad = False
    p.data.mul_(0.5)
    if p.grad is not None:
        p.grad.data.clamp_(-1, 1)
        p.grad = None
for n, b in net.named_buffers():
    b.fill_(0)
net.apply(lambda mod: None)
sd = net.state_dict()
sd["pos"].shape
net.load_state_dict(sd, strict=False).missing_keys
dist = Normal(torch.zeros(2), torch.ones(2))
dist.rsample().sum().backward()
Categorical(logits=a).log_prob(a[0]).mean()
scaler = GradScaler()
with autocast():
    scaler.scale(a.sum()).backward()
g = torch.Generator()
g.manual_seed(3)
torch.randperm(10, generator=g)
loader = DataLoader(Subset(MNIST("x"), range(10)), batch_size=2, shuffle=True, generator=g, collate_fn=lambda b: b)
it = iter(loader)
xb, yb = next(it)
w = torch.randn(3, requires_grad=True)
b2 = torch.zeros(1, requires_grad=True)
for epoch in range(3):
    loss = ((a @ w + b2) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        for q in (w, b2):
            q -= 0.1 * q.grad
            q.grad.zero_()
    w.data = w.data - 0.1 * w.grad.data
    loss = loss + 1 if epoch else 0 * loss
criterion = nn.BCEWithLogitsLoss(reduction="none", pos_weight=torch.ones(1))
criterion(a, a).mean()


def hook(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None: ...


net.register_forward_hook(hook)
nn.Module.__call__(net, a, a)
torch.optim.SGD(net.parameters(), 0.1, 0.9, nesterov=True).param_groups[0]["lr"]
