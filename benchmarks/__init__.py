"""Experiments and measurements: `python -m benchmarks`."""
