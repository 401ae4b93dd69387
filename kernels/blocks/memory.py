"""Memory at an address as an array, inside of compiled code.

Imported when the machine first runs, because it loads Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import cgutils, types
from numba.np import arrayobj

from ..machine.instructions import WORD, intrinsic

populate_array: Any = arrayobj.populate_array
pack_array: Any = cgutils.pack_array

KINDS = {"f": np.float32, "d": np.float64, "l": np.int64, "L": np.uint64, "?": np.bool_}
"""Types of elements that blocks may have, by NumPy's characters."""


@intrinsic
def block(typing: Any, address: Any, n: Any, kind: Any) -> Any:
    """The n elements of a type that stand at an address, as an array."""
    array = types.Array(kind.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(array)(context, builder)
        size = WORD(context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        data = builder.inttoptr(arguments[0], made.data.type)
        shape, strides = pack_array(builder, [arguments[1]]), pack_array(builder, [size])
        populate_array(made, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
        return made._getvalue()

    return array(address, n, kind), generate
