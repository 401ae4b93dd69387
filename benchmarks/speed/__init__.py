"""The speed suite: the same programs on Wengert and on a peer, in separate processes, side by side.

    run.py             `python -m benchmarks speed`                                            read this first
    cases/             the programs; peers/: how each library runs them
    measure.py         one process after the other; worker.py: what runs in them
    table.py           the figures as text; plot.py: the picture
    results.py         figures that are kept in results.json, and the tables of the guide and the README, made from them
    ceilings.py        what the machine can do at most; processor.py: what it is
    tail.py            how the times of single steps are spread; vectors.py: all as on a processor with narrower vectors
    ranks.py           `python -m benchmarks ranks`: several processes; rank_worker.py: what runs in them
    anatomy.py         `python -m benchmarks anatomy`: where the nanoseconds of one operation go

The rule: a case is timed only after both libraries have computed the same from the same numbers.
"""
