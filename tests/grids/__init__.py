"""Full products of small settings, by NumPy and by compiled loops, against the definition.

    reference.py       windows as tables of positions: slow and obvious                        read this first
    conftest.py        small inputs through both ways to compute
    test_conv.py test_pool.py test_resize.py test_norm.py test_fused.py test_reduce.py    the families
    test_attention.py test_recurrent.py test_loss.py test_embedding.py test_others.py
    test_shortcuts.py  the list of places where a special case is computed in a way of its own

The rule: whoever adds a shortcut adds it to the list, with the grid that reaches it."""
