"""Helpers around the parameters of a model."""

from .clip_grad import clip_grad_norm_, clip_grad_value_, get_total_norm
from .vector import parameters_to_vector, vector_to_parameters
