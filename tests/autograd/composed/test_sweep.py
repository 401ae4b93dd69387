"""Each public function of NumPy's is right on values that gradients depend on, or refuses in our words."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp

from .sweep import ARGUMENTS, OPTIONS, FaultError, c, judged, m, one, w, works, x

SKIPPED = frozenset({
    "copyto", "empty", "empty_like", "fill_diagonal", "from_dlpack", "frombuffer", "fromfile", "fromfunction",
    "fromiter", "fromregex", "fromstring", "genfromtxt", "get_include", "info", "isfortran", "load", "loadtxt",
    "memmap", "mintypecode", "nested_iters", "nditer", "open_memmap", "place", "put", "put_along_axis", "putmask",
    "save", "savetxt", "savez", "savez_compressed", "set_printoptions", "setbufsize", "seterr", "seterrcall",
    "show_config", "show_runtime", "test",
})  # fmt: skip
"""What writes into its arguments, reads or writes files, changes NumPy's settings, or looks at no numbers."""

MODULES: dict[str, tuple[ModuleType, Any]] = {
    "np": (np, anp),
    "np.linalg": (np.linalg, anp.linalg),
    "np.fft": (np.fft, anp.fft),
}


def functions() -> dict[str, tuple[Any, Any]]:
    """Name -> (NumPy's own, that of `autograd.numpy`)."""
    found = {}
    for prefix, (theirs, ours) in MODULES.items():
        for name in sorted(dir(theirs)):
            value = getattr(theirs, name)
            if name.startswith("_") or name in SKIPPED or isinstance(value, (type, ModuleType)) or not callable(value):
                continue
            found[f"{prefix}.{name}"] = (value, getattr(ours, name))
    return found


FUNCTIONS = functions()
if np.lib.NumpyVersion(np.__version__) < "2.2.0":
    del FUNCTIONS["np.trim_zeros"]  # of one axis only, before
UFUNCS = {name: f for name, (f, _) in FUNCTIONS.items() if isinstance(f, np.ufunc)}
METHODS: dict[str, list[tuple[Any, ...]]] = {
    "reduce": [(w,), (w, 1), (x,)],
    "accumulate": [(w,), (w, 1), (x,)],
    "outer": [(x, w + 1.5), (x, 2.0), (w, m[0])],
    "reduceat": [(x, [0, 2, 1]), (w, [0, 1], 1)],
}
ACTS = frozenset({
    "byteswap", "dump", "dumps", "fill", "getfield", "newbyteorder", "partition", "put", "resize", "setfield",
    "setflags", "sort", "tobytes", "tofile", "tolist", "view",
})  # fmt: skip
"""Methods of arrays that write into them, look at their bytes, or give Python's numbers."""

ARRAY_METHODS = [
    name
    for name in sorted(dir(np.ndarray))
    if not name.startswith("_") and callable(getattr(np.ndarray, name)) and name not in ACTS
]
METHOD_ARGUMENTS: list[tuple[Any, ...]] = [
    (), (0,), (1,), (1, 0), (0, 1), ((2, 6),), (2, 6), (x[:4],), ([0, 2],), (0.1, 0.4), ("d",),
]  # fmt: skip
METHOD_OPTIONS: list[dict[str, Any]] = [
    {"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"keepdims": True}, {"axis": 0, "keepdims": True}, {"ddof": 1},
    {"dtype": float}, {"initial": 0.25}, {"where": w > 0}, {"where": w > 0, "initial": 0.1}, {"decimals": 1},
    {"order": "F"}, {"order": "C"}, {"out": "w"},
]  # fmt: skip


def faults(name: str, theirs: Any, ours: Any, calls: Any, ways: str = "tensor box autograd.numpy") -> list[str]:
    """What is wrong with the calls that NumPy takes: with NumPy's function on Tensors and boxes, and with ours."""
    found = []
    for args, options in calls:
        if not works(theirs, args, options):
            continue
        for way in ways.split():
            kind, function = ("box", ours) if way == "autograd.numpy" else (way, theirs)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    judged(function, theirs, args, options, kind)
            except FaultError as fault:
                shown = [getattr(each, "shape", each) for each in args]
                found.append(f"{name} ({way}) {shown} {options}: {fault}"[:400])
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    assert faults(name, *FUNCTIONS[name], [(args, {}) for args in ARGUMENTS]) == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_options(name):
    calls: list[Any] = [((w,), options) for options in OPTIONS]
    calls += [((w, w + 2), {"where": w > 0, "out": "w"}), ((w, w + 2), {"dtype": float}), ((w, (2, 6)), {"order": "F"})]
    assert faults(name, *FUNCTIONS[name], calls) == []


@pytest.mark.parametrize("name", UFUNCS)
def test_methods_of_ufuncs(name):
    found = []
    for how, calls in METHODS.items():
        theirs, ours = getattr(UFUNCS[name], how), getattr(FUNCTIONS[name][1], how)
        found += faults(f"{name}.{how}", theirs, ours, [(args, {}) for args in calls])
    assert found == []


@pytest.mark.parametrize("name", ARRAY_METHODS)
def test_methods_of_arrays(name):
    def method(array: Any, *args: Any, **options: Any) -> Any:
        return getattr(array, name)(*args, **options)

    calls = [((array, *args), {}) for array in (w, c, x, one) for args in METHOD_ARGUMENTS]
    calls += [((w,), options) for options in METHOD_OPTIONS]
    assert faults(name, method, method, calls, "box") == []


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (lambda x: np.exp(x) * 1.01, "NumPy"),
        (lambda x: np.exp(getattr(x, "_value", x)), "derivative"),
        (lambda x: np.exp(x).nothing, "AttributeError"),
    ],
)
def test_faults_are_found(planted, said):
    assert [fault for fault in faults("exp", np.exp, planted, [((w,), {})], "autograd.numpy") if said in fault]
