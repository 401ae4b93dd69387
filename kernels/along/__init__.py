"""Along one axis.

    scan     running sums, products, recurrences: in the order that they are written in
    reduce   sums, in an order that vector code may choose
    gather   adding rows to a table at numbered places
    resize   weighted sums of a few neighbours, and their transpose: interpolation

Read scan first. The rule: an array is looked at with its axis between what stands before and what stands behind it.
"""
