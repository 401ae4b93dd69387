"""Many small experiments, spread over the cores of a machine or the processes of mpiexec.

    spread.py         a function at every point of a grid, some at a time; what is done is kept    read this first
    command.py        `python -m benchmarks sweep`: a training at every point, and a table

The rule: a point is a dictionary of plain values, a result another one; so a sweep that was broken off goes on where it
was, in any number of processes.
"""
