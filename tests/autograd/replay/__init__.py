"""Tests of `autograd.replay`."""
