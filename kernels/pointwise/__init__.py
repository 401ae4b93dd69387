"""Element by element over flat arrays.

    arithmetic   + - * / and a few slopes, large arrays in threads; the same bits as NumPy; arithmetic_loops
    activation   activations and their gradients; activation_loops
    update       steps of optimisers on many parameters at once, the same bits as NumPy; update_loops
    dropout      x * scale where a mask says so                                        read this first
    exponents    log(exp(x) + exp(y)), in NumPy's vectorised functions

All but the last are compiled. Each checks arrays and shares the work out, and has its loops beside it; dropout, with
one loop, is one file. What they stand in for is NumPy's: the values of `autograd.ops`, the steps of `nn.optim`.
The rule: every element is read and written once, and no element knows of another.
"""
