"""Ops that pick and place elements: value and rules side by side."""
