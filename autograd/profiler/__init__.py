"""Where the time of a program goes: each operation, each layer, forward and backward, and what was held meanwhile.

    session.py    `profile`: the block that is looked at, as in PyTorch          read this first
    watching.py   what sees operations, walks back and layers while it lasts
    spans.py      what is written down: stretches of time, one inside the other
    counting.py   bytes that wait for backward; multiplications and additions of products
    averages.py   stretches by name, as a table; per operation and per layer, forward beside backward
    trace.py      files: Chrome's trace format, stacks
    flame.py      all stretches as a picture in which width is time
    steps.py      which steps of a long training are looked at

>>> import autograd
>>> from autograd.profiler import profile
>>> x = autograd.ones(100, 100, requires_grad=True)
>>> with profile() as prof:
...     (x @ x).tanh().sum().backward()
>>> sorted(row.name for row in prof.operations() if row.backward_ms and row.held)
['matmul', 'tanh']
>>> sum(span.own_ns for span in prof.spans) == prof.total_ns
True

The rule: every nanosecond of the block belongs to exactly one stretch, so the times of a table add up to the time that
passed. What ran between operations, in Python, is a row of its own; so is what the profiler itself has taken. The same
operations run as without it, to the last bit. One exception: `relu(norm(x))`, written as two operations that would
be computed as one, are run and shown as two. It sees the thread that it was opened in.
"""

from ..later import later
from .averages import Averages, LayerRow, OperationRow
from .session import profile
from .spans import Span
from .steps import ProfilerAction, ProfilerActivity, schedule, supported_activities
from .trace import tensorboard_trace_handler
from .watching import record_function

__all__ = [
    "Averages",
    "LayerRow",
    "OperationRow",
    "ProfilerAction",
    "ProfilerActivity",
    "Span",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]

later(__name__, {"EventList": "autograd.profiler.averages:Averages", "FunctionEvent": "autograd.profiler.spans:Span"})
