"""Several processes: programs that mpiexec starts, and what one process does alone.

    ranks.py          runs a program in several processes; programs.py: the programs           read this first

The rule: what needs MPI is skipped in one line where that is not installed; what one process does is always tested.
"""
