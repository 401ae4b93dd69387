"""Programs as text: to be looked at, and to be run where this library is not.

    naming.py     what the values of a program are called: x, w1, h1, d_h1                     read this first
    listing.py    `print(program)`
    source.py     `program.source()`: NumPy functions `forward` and `backward`; lines.py: the line of each step
    specialised.py   a function as one expression, where shapes are known
    declared.py   the definitions of functions; resolver.py: what they refer to
    vendored.py   functions of the library as text, with all that they refer to

The rule: what is printed is taken from the declarations of the operations, never written a second time.
"""
