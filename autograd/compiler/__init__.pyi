"""The names of autograd.compiler, for type checkers. Written by `python -m tests.stubs`."""

from autograd.compiler.compiled import Compiled as Compiled
from autograd.compiler.freezing import Frozen as Frozen
from autograd.compiler.compiled import build as build
from autograd.compiler.freezing import frozen as frozen
