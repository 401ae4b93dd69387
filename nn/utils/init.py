"""Making modules whose first values do not matter."""

from __future__ import annotations

import inspect
from typing import Any

from autograd import get_rng_state, set_rng_state
from autograd.errors import SettingError


def skip_init(module_cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """`module_cls(*args, **kwargs)` with any values in its parameters, which draws no random numbers.

    Raises SettingError if `module_cls` is no Module, or takes no argument `device`.
    """
    if not hasattr(module_cls, "register_parameter"):
        raise SettingError(f"skip_init: Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise SettingError(f"skip_init: Module must support a 'device' arg to skip initialization, got {module_cls}")
    before = get_rng_state()
    module = module_cls(*args, **kwargs)
    set_rng_state(before)
    return module
