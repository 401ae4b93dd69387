"""Modules, layers, losses, optimisers, data."""
