"""Data parallel training, in one process and in several: see tests/autograd/distributed."""
