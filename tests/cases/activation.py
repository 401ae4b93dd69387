"""Activation ops."""

from .case import Case

CASES: list[Case] = []
