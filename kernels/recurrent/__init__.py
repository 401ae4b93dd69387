"""LSTM, GRU and RNN.

    sequence   whole sequences: checks, shares sequences out to threads
    loops      the loops over steps, forward and back
    panels     panels of gates and weights, and the products of many steps
    passes     single passes over flat arrays: what gates are made of
    cells      one step: chooses between the next two and NumPy
    step       one step of a batch, products and gates, in threads
    gates      the gates of one step in one pass, behind products by BLAS

Read cells first, which has the formulas in NumPy, then sequence and loops. The rule: what a step keeps are its gates
after activation; with states and inputs, that is all that backward needs. Only cells loads without Numba.
"""
