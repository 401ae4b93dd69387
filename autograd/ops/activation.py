"""Activations and their kin: value and rules side by side."""
