"""Experiments: each a short script with a model, a training loop and an evaluation.

    mnist_mlp.py       digits with a multilayer perceptron                                     read this first
    mnist_cnn.py       with convolutions; classify.py: the loop and the report of both
    temporal_order.py adding.py reber.py shakespeare.py    LSTMs that remember, add, follow a grammar, write
    command.py         `python -m benchmarks train`; registry.py: what it knows; listing.py: `list`
    progress.py        what goes on around a loop: history, checkpoints, Ctrl-C
    sharing.py         several processes: who learns from what, who prints and saves
    images.py          which images; gradients.py: a model's gradients against differences
    plots.py sequence_plots.py    pictures

The rule: a run that was broken off goes on from its checkpoint as if it had not been, to the last bit.
"""
