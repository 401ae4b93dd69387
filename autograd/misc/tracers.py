"""`const_graph`, where programs written for HIPS/autograd import it from."""

from . import const_graph

__all__ = ["const_graph"]
