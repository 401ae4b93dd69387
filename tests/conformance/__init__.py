"""Comparison with PyTorch, call by call. Runs in an environment that has PyTorch: python -m tests.conformance

    compare.py         one expression in both libraries, from the same numbers                 read this first
    __main__.py        the command; conftest.py: keeps pytest out
    ops.py functional.py losses.py layers.py recurrent.py optimizers.py    what is computed
    distributions.py distribution_parts.py scipy_distributions.py          distributions
    transforms.py maps.py                       functions of functions
    modules.py data.py writes.py refusals.py    what modules do besides; sharing, writing, refusing
    files.py           weights in files that pass between both; pictures.py: transforms, where torchvision is
    more.py            special functions, decompositions, rare names
    odd.py             sizes and settings out of the ordinary
    strange.py         calls made by mistake
    names.py signatures.py                      every public name, and how it is called
    ported.py programs/                         whole programs, whose imports alone are exchanged
    studies.py research/                        programs with transforms of functions, as research has them
    decided.py         what differs on purpose

The rule: what differs is listed in decided.py with its reason, or is a mistake.
"""
