"""Functions that are mapped over a dimension, against a loop over the slices."""
