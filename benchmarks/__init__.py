"""Experiments and measurements: `python -m benchmarks`.

    cli.py             the commands, by name; __main__.py starts it                            read this first
    courses/           homeworks of well-known courses, reproduced; and the engine in a hundred lines
    train/             networks to be trained, with progress, pictures and checkpoints
    sweep/             trainings at the points of a grid, several at a time
    speed/             the same programs here and in other libraries, timed side by side
    warm.py            compiles beforehand what trainings would wait for
    tune.py            what kernels choose by, measured on this machine
    guide/             pages that teach the library, each a program; the documentation is built from them
    explore.py         pages about the standard models, to be stepped through
    gradcheck/         all operations and the standard models under the gradient checker

The rule: what stands here uses the public names of `autograd` and `nn`, as any user's program does; pages of the
guide also show how these are made.
"""
