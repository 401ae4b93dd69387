"""
Many processes, many machines
=============================

How several processes train one model, how a program gets there, and what it gains.
"""

# %%
# **Install, start.** The transport is MPI. An extra brings ``mpi4py``, an MPI and its ``mpiexec`` into the environment;
# nothing else is installed::
#
#     pip install 'wengert[mpi]'
#     mpiexec -n 4 python -m benchmarks train mnist-cnn
#
# That is the training which one process does: each of the four learns from a quarter of every batch, and all of them
# take the same steps, up to rounding. The first prints and saves. On several machines, ``mpiexec -hosts one,two -n 8``
# starts processes on both; a cluster's own MPI serves as well, with an ``mpi4py`` that was built for it.
#
# **In a program** it is PyTorch's: ``torch.distributed`` is ``autograd.distributed`` here. Without mpiexec there is one
# process, and everything below works, also where MPI is not installed. So this page is such a program.

import autograd
import autograd.distributed as dist
import nn
from nn.data import DataLoader, DistributedSampler, TensorDataset
from nn.parallel import DistributedDataParallel

dist.init_process_group()
rank, size = dist.get_rank(), dist.get_world_size()
print(f"process {rank} of {size}, {autograd.get_num_threads()} threads")

# %%
# The cores of a machine are shared among the processes on it, unless ``OMP_NUM_THREADS`` says otherwise.
#
# **Talking.** All processes call the same function, each with its own Tensor:

x = autograd.tensor([1.0, 2.0]) * (rank + 1)
dist.all_reduce(x)  # the sum over all processes, in all of them
gathered = [autograd.zeros(2) for _process in range(size)]
dist.all_gather(gathered, x)
dist.broadcast(x, src=0)
print(x)

# %%
# ``reduce``, ``gather``, ``scatter``, ``reduce_scatter``, ``all_to_all``, ``send``, ``recv`` and the rest are there, in
# PyTorch's order of arguments; with ``async_op=True`` they return at once, and ``wait()`` waits. Objects travel as
# pickles between the processes of a job (``all_gather_object``), as they do in PyTorch.
#
# **A model in all processes.** ``DistributedDataParallel`` copies the parameters of the first process to all others,
# and makes every gradient the mean over the processes. A sampler gives each process its part of the data.

autograd.manual_seed(0)
inputs = autograd.randn(256, 2)
labels = (inputs[:, 0] > inputs[:, 1]).long()
examples = TensorDataset(inputs, labels)

model = DistributedDataParallel(nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)))
optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
sampler = DistributedSampler(examples, seed=0)
loader = DataLoader(examples, batch_size=32 // size, sampler=sampler)

for epoch in range(5):
    sampler.set_epoch(epoch)
    for batch, targets in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch), targets)
        loss.backward()
        optimizer.step()
    if rank == 0:
        print(f"epoch {epoch + 1}  loss {loss.item():.3f}")

# %%
# ``nn.fit`` does the same in one call: given such a model and a data set, it deals out the batches, adds up losses and
# metrics over the processes, and lets the first one print and save. Keys of ``model.state_dict()`` begin with
# ``module.``; save ``model.module.state_dict()`` if one process is to load it.
#
# **What happens in a step.** Gradients are put into buckets in the order in which backward computes them. When a bucket
# is full, its sum over the processes begins, and backward goes on with the layers below. What was sent is counted:

dist.traffic(reset=True)
nn.functional.cross_entropy(model(inputs), labels).backward()
print(dist.traffic(), sum(4 * p.numel() for p in model.parameters()), "bytes of gradients")

# %%
# With one process nothing is sent; with several it is each byte of a gradient once. ``model.no_sync()`` adds up the
# gradients of some batches before they are sent; ``find_unused_parameters=True`` and ``static_graph=True`` are for
# models of which parts are not used; ``with model.join():`` is for processes with different numbers of batches;
# ``SyncBatchNorm.convert_sync_batchnorm(model)`` takes the statistics over all processes, without which batch norm sees
# a smaller batch. ``find_unused_parameters`` and ``join`` cost a message in each step.
#
# **When one fails.** An error that nobody catches ends all processes, and names the rank. A process that is killed is
# noticed by mpiexec, which ends the others at once. One that leaves early is noticed by those who wait for it, and one
# that hangs after ``init_process_group(timeout=...)`` seconds. Training goes on from the last checkpoint, to the same
# bits if it is the same number of processes: ``mpiexec -n 4 python -m benchmarks train --resume FILE``.
#
# **What it gains.** ``python -m benchmarks ranks`` measures the step of three models and sums over 2 and 4 processes,
# and computes from that the efficiency at 8, 64 and 512 processes on Ethernet and InfiniBand, and where sums take
# longer than steps. A small MLP does not gain from many machines: its step is shorter than the message. Networks with
# convolutions and attention do more with each parameter, and hide the sum behind backward.
#
# **Many small experiments** need no messages at all. ``python -m benchmarks sweep`` trains at every point of a grid,
# some at a time or one for each process of mpiexec, keeps what is done, and prints a table::
#
#     python -m benchmarks sweep mnist-mlp --grid lr=0.001,0.003 --grid batch_size=32,64 --jobs 2
#     mpiexec -n 9 python -m benchmarks sweep mnist-mlp --grid seed=0,1,2,3,4,5,6,7

dist.destroy_process_group()
