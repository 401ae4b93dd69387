"""Forward mode: derivatives that are carried along with values, from the inputs on.

    level.py    `Forward`, the interpreter that does it                                             read this first
    linearized.py    the same written down, for any number of directions
    rules.py    the tangent of each operation's result; single.py: rules of single operations

The rule: what pulls cotangents back says it all. Push rules are derived from it; those that are written out are there
for speed, and a test holds them against the others.
"""

from .level import Forward

__all__ = ["Forward"]
