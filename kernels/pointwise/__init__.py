"""Element by element over flat arrays.

    arithmetic   + - * / and a few slopes, large arrays in threads; the same bits as NumPy
    activation   activations and their gradients
    update       steps of optimisers on many parameters at once, the same bits as NumPy
    dropout      x * scale where a mask says so

Each has its loops, and behind a line the functions that check and call them. Read dropout first.
The rule: every element is read and written once, and no element knows of another.
"""
