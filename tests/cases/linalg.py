"""Linalg ops."""

from .case import Case

CASES: list[Case] = []
