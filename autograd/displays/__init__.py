"""What notebooks show of Tensors, models, trainings and reports: pieces of HTML that all displays are made of.

    pieces.py     tables, what folds away, monospaced text                            read this first
    pictures.py   arrays as pictures: images, and heat maps of numbers with a sign
    curves.py     numbers over epochs, as SVG
    tensors.py    a Tensor of any rank
    batches.py    tuples, lists and dictionaries of Tensors, as data loaders give them
    notebooks.py  is this a notebook? A display that changes while a cell runs; figures that appear once

The rule: a display takes its letters, its colour and its background from the page around it, so that it is readable in
light and dark. Colours of its own are either half transparent or read well on both. No script, nothing fetched from
elsewhere. Nothing here is imported before something is shown.
"""
