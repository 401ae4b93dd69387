"""Experiments: each a short script with a model, a training loop and an evaluation."""
