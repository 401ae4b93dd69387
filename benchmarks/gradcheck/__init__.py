"""All operations and the standard models under the gradient checker.

    command.py         `python -m benchmarks gradcheck`                                        read this first
    models.py          the standard models, small enough to be checked as a whole

The rule: at which inputs an operation is checked stands in `autograd.examples`, for the tests as well.
"""
