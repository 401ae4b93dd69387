"""
Making it fast
==============

Where the time of a small model goes, what ``compile`` does about it, and what threads cost.
"""

# %%
# **The first step waits.** Loops that NumPy has not are compiled for your machine when they are first needed, and
# kept: the first step of a convolutional network takes some seconds, in later processes a fraction of one.
# ``NUMBA_CACHE_DIR`` says where they are kept. Measure the second step, not the first.

import time

import autograd
import nn

autograd.manual_seed(0)


def seconds(function, repeat=30):
    """The median time of a call, after some that warm up."""
    for _call in range(6):
        function()
    times = []
    for _call in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return sorted(times)[repeat // 2]


# %%
# **Small operations cost Python.** An operation on a few numbers takes about a microsecond, whatever it computes.
# So do as much as you can in one operation: a whole batch, not a loop over its rows.

weights = autograd.randn(16, 16, requires_grad=True)
batch = autograd.randn(64, 16)


def row_by_row():
    loss = autograd.stack([(row @ weights).tanh().sum() for row in batch]).sum()
    loss.backward()


def at_once():
    (batch @ weights).tanh().sum().backward()


slow, fast = seconds(row_by_row), seconds(at_once)
print(f"row by row {1e6 * slow:.0f} us, at once {1e6 * fast:.0f} us")

# %%
# **compile.** A chain of operations reads and writes memory once per operation. ``autograd.compile`` computes
# together what a function does, with its derivative. Python still runs at every call, so prints, branches and
# changing settings do what they always do:

x = autograd.randn(100_000)
scale = autograd.tensor(1.0, requires_grad=True)


def chain(x, scale):
    for _part in range(6):
        x = (x * scale).tanh() + 0.1 * x
    return x.square().mean()


compiled = autograd.compile(chain)
eager = seconds(lambda: chain(x, scale).backward())
together = seconds(lambda: compiled(x, scale).backward())
print(f"eager {1e3 * eager:.1f} ms, compiled {1e3 * together:.1f} ms")

# %%
# ``autograd.compile.report()`` says what was compiled, and why something was not, with its line:

print(autograd.compile.report())

# %%
# With ``frozen=True`` Python is left out, too: what it read is fixed, and what it asked of a value is looked at
# again at each call. That is for functions of their inputs and parameters alone, and pays most for tiny networks:

tiny = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))
inputs, targets = autograd.randn(1, 8), autograd.zeros(1, 1)


def loss_of(inputs, targets):
    return nn.functional.mse_loss(tiny(inputs), targets)


frozen = autograd.compile(loss_of, frozen=True)
eager = seconds(lambda: loss_of(inputs, targets).backward())
without_python = seconds(lambda: frozen(inputs, targets).backward())
print(f"eager {1e6 * eager:.0f} us, frozen {1e6 * without_python:.0f} us")

# %%
# **What is left.** Compiling saves Python, records and passes over memory, not arithmetic. Where nearly all of a step
# is in kernels that eager mode calls as well, it takes as long as before: four fifths of a VGG-like net are
# convolutions, which do more multiplications a second than the processor could one by one, as Winograd's way needs
# fewer; three quarters of an LSTM cell in a loop are products of 32 rows with a weight, at two thirds of the speed of
# large ones; half of attention by hand are its four projections. A lone layer norm or convolution is called as it is.
# A lone cross-entropy takes a few microseconds longer when it is frozen: its labels are looked at in every call.
# Products of up to half a million multiplications are not among this: their sums stay in registers, at the speed of
# large ones, and nothing is called in between, so a step of 50 layers of 64 units takes a third of the time.
#
# A frozen function holds the memory that it works in, about as much as eager mode needs at the most. A result takes
# the place of an operand that nobody reads any more, and what backward computes that of what forward has left for it;
# with ``retain_graph=True`` it works on a copy. New in each call are results and gradients alone, and what operations
# return that are called as they are.
#
# With ``WENGERT_TIMES=1`` in the environment, ``frozen.source`` says how long each of its lines takes.

# %%
# **Threads.** Large operations are shared among the cores: ``autograd.set_num_threads``. Small ones are not, as
# waking a thread costs some microseconds. On a machine that others use, one thread is often faster than two.
#
# **Memory.** What is kept for ``backward`` can be looked at per operation, and traded for time with
# ``autograd.checkpoint``:

model = nn.Sequential(*[nn.Sequential(nn.Linear(256, 256), nn.ReLU()) for _layer in range(3)])
loss = model(autograd.randn(128, 256)).square().mean()
print(autograd.tape().memory())
loss.backward()

# %%
# ``python -m benchmarks speed`` measures all of this, also beside PyTorch, and ``python -m benchmarks anatomy``
# takes a multiplication apart.
