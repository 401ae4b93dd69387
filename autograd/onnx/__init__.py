"""ONNX: a computation as a file that other programs run, and back.

    exporting.py   `export`: from a function or module, by way of its Program, to a file           read this first
    graph.py       the graph under way: names of values, nodes, constants
    nodes.py       what each operation is in ONNX's words: elementwise ones
    shapes.py      the same for sums, other shapes and parts
    layers.py      the same for convolutions, pooling, normalisation and the like
    loading.py     `load`: a file of ours as a function on Tensors, with its weights; words.py: ONNX's words on Tensors

The rule: what is written is what ran. A file holds the steps of a Program and the weights under the names that they
have in `state_dict`, bit for bit; if onnxruntime is installed, it has given the same results before a file is put in
its place. It takes the package onnx.
"""

from ..later import later
from .exporting import export
from .loading import Loaded, load

__all__ = ["Loaded", "export", "load"]

later(__name__)
