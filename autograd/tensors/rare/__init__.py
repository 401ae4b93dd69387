"""What is here because PyTorch has it, and few programs use: imported when somebody asks for one of the names.

    copies.py          copies in the place of views, and the other way round                   read this first
    made.py            rare ways of making Tensors
    layers.py          cells of recurrent layers and norms that PyTorch has in its main module
    factors.py older.py systems.py    factors of matrices, old forms of decompositions, equations
    slopes.py          slopes of samples, histograms
    more.py            the rest

The rule: nothing outside of this folder imports from it when the package is loaded. Where a name stands is written in
`autograd/names/tables.py`, and for methods in `autograd/tensors/later.py`.
"""
