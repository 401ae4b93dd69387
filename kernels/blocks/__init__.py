"""A machine whose instructions work on blocks of a few thousand bytes: whole computations in one call, uncompiled.

A computation on large arrays, operation by operation, reads and writes memory at each of them; on small arrays it
spends its time between the operations. A fused loop avoids both, but has to be compiled for each new computation. This
machine avoids both without: a computation is a table of numbers. Its instructions are loops that are compiled once
(`loops`, from the `forms` of one element), and a walk (`walk`) calls them by their addresses, one after the other, on
blocks that stay in the first-level cache: a few nanoseconds for each instruction, and no compiler.

    forms.py     what an instruction does to one element                                       read this first
    loops.py     the instructions: forms over a block, broadcasting into blocks, sums out of them
    products.py  products of small matrices
    waves.py     two of them: sine and cosine;   normal.py   two more: GELU and its gradient
    memory.py    a block as an array
    walk.py      the tables, and who goes through them: one thread, or several over parts of the rows

The rule: an instruction takes five numbers and returns nothing, so it can be called by its address.
"""
