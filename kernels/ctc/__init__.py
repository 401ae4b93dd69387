"""Connectionist temporal classification: what all paths through the frames together say of a target.

    plain   NumPy, all sequences at a time; which places there are, and which steps between them
    loops   the same compiled, sequence by sequence

Read plain first. The rule: everything is a logarithm, so no path is too improbable to count.
"""
