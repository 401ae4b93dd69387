"""Each of these lines is a mistake, and no other."""

import autograd
import autograd as torch
import nn
import nn.functional as F
from autograd import Tensor, check_grads, func
from nn.data import DataLoader, TensorDataset


def energy(x: Tensor, k: float = 1.0) -> Tensor:
    return (k * x**2).sum()


class Net(nn.Module):
    def forward(self, x: Tensor, scale: float = 1.0) -> Tensor:
        return x * scale


@autograd.no_grad()
def decorated(x: Tensor, factor: int) -> Tensor:
    return x * factor


x = autograd.tensor([1.0, 2.0], requires_grad=True)
nn.Linear(2, 3, bais=False)  # error
nn.Linear(in_feature=2, out_features=3)  # error
torch.nn.Linear(2, 3, bais=False)  # error
nn.Linear(2, 3)(x, x)  # error
nn.Linear(2, 3)(inputs=x)  # error
nn.Linaer(2, 3)  # error
nn.Conv2d(1, 2, kernel=3)  # error
nn.MSELoss()(x)  # error
nn.optim.Adma([x])  # error
nn.optim.Adam([x], lrr=0.1)  # error
nn.optim.lr_scheduler.StepLr  # error
nn.utils.clip_grad_nrom_([x], 1.0)  # error
nn.init.xavier_unifrm_(x)  # error
nn.data.DataLoder  # error
nn.functional.rleu(x)  # error
F.rleu(x)  # error
F.cross_entropy(x, x, reductions="mean")  # error
F.dropout(x, q=0.5)  # error
F.softmax(x, dmi=1)  # error
x.sum(dmi=0)  # error
x.sum(axiss=0)  # error
x.sum(axis=0, keepdimm=True)  # error
x.exp(2)  # error
x.max(0, keepdims_=True)  # error
x.softmax()  # error
x.add_(x, aplha=2)  # error
x.rehsape(2)  # error
x.shpae  # error
x.backwards()  # error
autograd.tensr([1.0])  # error
autograd.tensor([1.0], require_grad=True)  # error
autograd.sum(x, dimm=0)  # error
autograd.add(x, x, uot=x)  # error
autograd.mul(x)  # error
autograd.exp(x, axis=0)  # error
autograd.linspacee(0, 1)  # error
autograd.grad(x.sum(), x, create_grph=True)  # error
autograd.linalg.svdd(x)  # error
autograd.linalg.svd(x, full_matricies=False)  # error
autograd.random.mnaual_seed(0)  # error
DataLoader(TensorDataset(x), batchsize=2)  # error
func.grad(autograd.sum, argnum=0)  # error
func.grad(energy)(x, q=1.0)  # error
func.vmap(energy)(x, q=1.0)  # error
func.hesian(energy)  # error
func.grad(F.cross_entropy)(x, x, reductions="mean")  # error
check_grads(autograd.sum, x, epss=1)  # error
Net()(x, scael=2.0)  # error
Net()()  # error
decorated(x, factr=2)  # error
nn.Sequential(nn.ReLU()).append(module=nn.ReLU(), index=1)  # error
x.grad = 3  # error
