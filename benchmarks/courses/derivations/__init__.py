"""Gradients derived by hand, for every formula that the homeworks ask for, and the mistakes that are made in them.

    from benchmarks.courses.derivations import DERIVATIONS
    print(DERIVATIONS["dense"].check())                # the right formula, against the library's function
    for mistake in DERIVATIONS["dense"].mistakes:      # and what is often written instead
        print(DERIVATIONS["dense"].check(mistake.gradient))

    derivation.py      what a derivation is                                                    read this first
    layers.py windows.py losses.py networks.py    dense layers, batch norm; convolution, pooling; losses; whole networks

The rule: dZ is the derivative of the loss by the result Z, and dX, dW, ... those by the inputs; rows are examples.
"""

from . import layers, losses, networks, windows
from .derivation import Derivation, Mistake

DERIVATIONS: dict[str, Derivation] = {
    derivation.name: derivation for family in (layers, windows, losses, networks) for derivation in family.DERIVATIONS
}
