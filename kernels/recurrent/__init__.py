"""LSTM, GRU and RNN (tanh, relu): whole sequences and single steps, forward and back.

    kinds      what is known of each cell: how many gates and states, which side gives something to a gate
    plain      single steps: their formulas in NumPy, and the choice between them and compiled code
    cells      the compiled parts: what each cell does to gates and states between its products, and the way back
    sequence   whole sequences: checks what comes in, and shares the sequences out to threads
    skeleton   the loops over the steps, forward and back: one for all cells
    panels     rows, panels, and the products of the loops
    single     single steps in compiled code

Read plain first, which has the formulas; then cells, the same as flat passes; then skeleton, where a part of `cells` is
put between the products. Only kinds and plain load without Numba.

The rule: what differs from cell to cell is said in two places, `kinds` and the parts in `cells`; all else is
written once and made for a cell by `cells.of_cell`. What a step keeps are its gates after activation; with states and
inputs, that is all that backward needs.

Words: a *part* is what a cell does between products; a *slot* is the place of a gate (a GRU has four for three gates);
a *step* is one element of all sequences; `state` of a way back is what it needs of the states (see `cells`).
"""
