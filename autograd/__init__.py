"""Wengert: tape-based reverse-mode automatic differentiation on NumPy arrays."""

from .backward import backward, grad
from .creation import from_numpy, tensor
from .functions import *
from .tape import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled, tape, Tape
from .tensor import Tensor
