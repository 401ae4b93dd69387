"""Random damage: `python -m tests fuzz [SECONDS]`, ten minutes if nothing is said.

    targets.py      one attempt each at files, shapes and threads: what should not have happened    read this first
    __main__.py     runs attempts in processes of their own, which may crash, hang, or eat the memory
    test_fuzz.py    a few attempts at each, and faults that are planted and found

The rule: an attempt is made from one number, its seed, so that what was found can be seen again. Nothing but a result,
or one of the library's own errors, may come of it: no crash, no wait, no error from inside NumPy or Numba, no other
bits.
"""
