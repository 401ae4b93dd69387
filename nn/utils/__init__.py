"""Helpers around the parameters of a model, and for sequences."""

from . import rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_, get_total_norm
from .summary import Summary, summary
from .vector import parameters_to_vector, vector_to_parameters
