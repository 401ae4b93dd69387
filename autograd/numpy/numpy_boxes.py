"""`ArrayBox`, where programs written for HIPS/autograd import it from."""

from ..hips.boxes import ArrayBox

__all__ = ["ArrayBox"]
