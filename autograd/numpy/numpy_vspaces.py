"""The spaces of arrays, where programs written for HIPS/autograd import them from."""

from ..hips.spaces import VSpace
from ..hips.spaces import VSpace as ArrayVSpace

__all__ = ["ArrayVSpace", "VSpace"]
