"""Comparison with PyTorch, call by call. Runs in an environment that has PyTorch: python -m tests.conformance"""
