"""What `tensor`, `as_tensor`, `from_numpy` and `asarray` take, share, copy and refuse: the same in both libraries."""

from __future__ import annotations

import array
import re
import warnings
from typing import Any

import numpy as np
import torch

import autograd

from .compare import WIDER, plain

DATA = (
    "1", "1.5", "True", "[1, 2]", "[1, 2.5]", "[True, 2]", "[True, 2.5]", "[True, False]", "[]", "[[]]", "[[], []]", "()", "(1, 2)", "[(1, 2), [3, 4]]", "range(4)", "[range(2), range(2)]", "[[1, 2], [3]]", "[[1], 2]", "[1, [2]]", "[[1, 2], [3, 4, 5]]",
    "[torch.tensor([1.0]), torch.tensor([2.0])]", "[torch.tensor(1.0), torch.tensor(2.0)]", "[torch.tensor(1), 2.5]", "[torch.tensor(1), torch.tensor(2.5)]", "[torch.tensor([[1.0]]), torch.tensor([[2.0]])]", "[torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])]", "[[torch.tensor([1.0])], [torch.tensor([2.0])]]", "torch.tensor([1, 2])", "torch.tensor([1.0, 2.0], dtype=torch.float64)",
    "[torch.tensor([1.0]), 2.0]", "[2.0, torch.tensor([1.0])]", "[torch.tensor(1.0, dtype=torch.float64), 2.0]", "[torch.tensor(True), 1]", "[torch.tensor([1, 2]), [3, 4]]", "[[3, 4], torch.tensor([1, 2])]", "(torch.tensor(1), torch.tensor(2))", "[torch.tensor([])]", "[torch.tensor([1.0], requires_grad=True), torch.tensor([2.0])]", "torch.tensor(1.0, requires_grad=True)",
    "np.array([1, 2])", "np.array([1.0, 2.0])", "np.array([1, 2], np.int32)", "np.array([1, 2], np.uint8)", "np.array([1.5], np.float16)", "np.array(1.5)", "np.array([[1, 2], [3, 4]])[:, ::-1]", "np.array([[1, 2], [3, 4]]).T", "np.array([1.0, 2.0, 3.0])[::2]", "np.array([1.0, 2.0, 3.0])[::-1]", "np.array([True])", "np.zeros((0, 3))", "np.array(['a'])", "np.array([None])", "np.array([1, 'a'], object)", "np.array([1.0], '>f4')", "np.array([1], np.uint16)", "np.array([1], np.uint32)", "np.array([1], np.uint64)", "np.broadcast_to(np.array([1.0]), (3,))",
    "np.float64(1.5)", "np.float32(1.5)", "np.int32(3)", "np.bool_(True)", "np.uint8(3)", "[np.float64(1.5), 2]", "[np.float32(1.5)]", "[np.int32(1), np.int32(2)]", "[np.int64(1), 2]", "[np.bool_(True), False]", "[np.float32(1), 1]", "[1, np.float64(2)]", "[np.array([1, 2]), np.array([3, 4])]", "[np.array([1.0, 2.0]), np.array([3.0, 4.0])]", "[np.array(1.0), 2]", "[np.array([1, 2]), [3, 4]]", "[np.array([1], np.float32), np.array([2], np.float32)]", "(np.array([1, 2]),)", "[np.float16(1)]",
    "'abc'", "['a', 'b']", "None", "[None]", "[1, None]", "{1, 2}", "{'a': 1}", "object()", "[object()]", "1j", "[1j]", "b'ab'", "bytearray(b'ab')", "memoryview(b'ab')", "array.array('f', [1, 2])", "array.array('i', [1, 2])", "iter([1, 2])", "(x for x in [1, 2])", "HasArray()", "[HasArray()]", "HasFloat()", "HasLen()", "2 ** 63", "-2 ** 63", "[2 ** 62]", "2 ** 64", "float('nan')", "[float('inf'), 1]", "1e400", "[[[1]]]", "torch.Size([1, 2])", "slice(1)", "[[1, 2], (3, 4)]", "[[True], [1.5]]", "[[1], [True]]", "[0.1, 1]", "[-0.0]", "torch.float32", "str", "[[1.0, 2.0], [3.0, float('nan')]]", "dict(a=1).values()", "dict(a=1).keys()", "[[[]]]", "[[1], []]", "[[], [1]]", "[1, 2, []]",
)  # fmt: skip

TAKEN = {
    "At least one stride in the given numpy array is negative": "here memory may lie in any order",
    "byte order different": "copied into the native order",
    "Could not infer dtype of HasArray|not HasArray|'HasArray' object|got HasArray": "NumPy's way to read an object",
    "len.. of unsized object": "an array without dimensions is a number",
    "cannot be interpreted as an integer|can be converted to an index": "rounded towards 0, as arrays are",
}
"""PyTorch's words for what it refuses and ours takes -> why."""

REFUSED = {
    "1j": "there are no complex Tensors",
    "[[], [1]]": "PyTorch drops the 1 without a word",
    "float16), requires_grad": "gradients are float32 or float64",
    "np.float16(1)], requires_grad": "the same",
}
"""What is refused here alone -> why."""

DECIDED = {
    r"torch.asarray\((bytearray|memoryview|array.array)": "PyTorch takes the bytes for numbers of the default dtype",
    r"torch.(as_tensor|from_numpy|asarray)\(r\)": "memory that may only be read is not written to here",
    r"torch.(Tensor|FloatTensor|LongTensor)\((1|-?[\d.]+|True|np\.\w+\([\w.]+\)|1e400|float\('nan'\)|HasFloat\(\))\)$": "single numbers are taken",
    r"torch.as_tensor\(a, (None|torch.float32), ": "dtype and device by position, as documented",
    r"torch.Tensor\((a\)|np\.|\[.*np\.|\[.*float64)": "the class keeps the dtype of floating point arrays",
    r"torch.(Tensor|FloatTensor|DoubleTensor|LongTensor)\((torch.tensor|torch.Size|t\))": "the class copies a Tensor; sizes give zeros",
}
"""Expressions that differ on purpose -> why."""

FORMS = (
    "torch.tensor({})",
    "torch.tensor({}, dtype=torch.float64)",
    "torch.tensor({}, dtype=torch.int64)",
    "torch.tensor({}, dtype=torch.bool)",
    "torch.tensor({}, requires_grad=True)",
    "torch.as_tensor({})",
    "torch.as_tensor({}, dtype=torch.float32)",
    "torch.asarray({})",
    "torch.asarray({}, dtype=torch.float64)",
    "torch.asarray({}, copy=True)",
    "torch.from_numpy({})",
    "torch.Tensor({})",
    "torch.ones(2, dtype=torch.int32).new_tensor({})",
    "torch.FloatTensor({})",
    "torch.LongTensor({})",
)

SHARED = (
    "torch.as_tensor(a)", "torch.as_tensor(a, dtype=torch.float64)", "torch.as_tensor(a, dtype=torch.float32)", "torch.from_numpy(a)", "torch.asarray(a)", "torch.asarray(a, copy=True)", "torch.asarray(a, copy=False)", "torch.asarray(a, dtype=torch.float32, copy=False)", "torch.asarray(a, requires_grad=True)", "torch.asarray(a.tolist(), copy=False)", "torch.tensor(a)", "torch.as_tensor(t)", "torch.asarray(t)", "torch.asarray(t, copy=False)", "torch.asarray(t, copy=True)", "torch.tensor(t)", "torch.as_tensor(t, dtype=torch.float32)", "torch.as_tensor(t) is t", "torch.asarray(t) is t", "torch.asarray(t, dtype=torch.float64) is t",
    "torch.as_tensor(a[::2])", "torch.from_numpy(a[::2])", "torch.from_numpy(a[::-1])", "torch.as_tensor(a[::-1])", "torch.asarray(a[::-1])", "torch.as_tensor(a.reshape(2, 2).T)", "torch.from_numpy(a.reshape(2, 2).T)", "torch.asarray(memoryview(a))", "torch.as_tensor(r)", "torch.from_numpy(r)", "torch.asarray(r)", "torch.asarray(w)", "torch.asarray(w, requires_grad=True)", "torch.asarray(w, requires_grad=False)", "torch.asarray(w, copy=True)", "torch.asarray(w, copy=True, requires_grad=True)", "torch.as_tensor(w)", "torch.as_tensor(w, dtype=torch.float32)", "torch.tensor(w)", "torch.tensor(w, requires_grad=True)", "torch.asarray(w * 2)", "torch.asarray(w * 2, requires_grad=True)", "torch.asarray(w * 2, requires_grad=False)", "torch.asarray(w * 2, copy=True)", "torch.from_numpy(t)", "torch.from_numpy([1])", "torch.from_numpy(np.float64(1))", "torch.from_numpy(np.array(1.0))", "torch.asarray(i, requires_grad=True)", "torch.tensor(i, requires_grad=True)", "torch.frombuffer(b, dtype=torch.float64)", "torch.Tensor(t)", "torch.DoubleTensor(t)", "torch.FloatTensor(t)", "torch.as_tensor(a).reshape(-1)", "torch.asarray(obj=a)", "torch.as_tensor(data=a)", "torch.tensor(data=a)", "torch.tensor(a, device='cpu')", "torch.as_tensor(a, None, 'cpu')", "torch.as_tensor(a, torch.float32, None)", "torch.tensor(a, torch.float32)", "torch.asarray(a, torch.float32)", "torch.tensor(a, pin_memory=False)", "torch.tensor()", "torch.as_tensor()", "torch.Tensor(2, 3)", "torch.Tensor((2, 3))", "torch.Tensor([2, 3])", "torch.Tensor(2.5)", "torch.Tensor()", "torch.Tensor(torch.Size([2, 3]))", "torch.Tensor(2, 2.5)", "torch.Tensor(a)", "torch.Tensor(3)", "torch.LongTensor(2, 3)", "torch.LongTensor(t)", "torch.LongTensor([1.5])", "torch.FloatTensor(a)", "torch.FloatTensor(2)",
)  # fmt: skip


class HasArray:
    """An object that NumPy can read."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array([1.5, 2.5], dtype)


class HasFloat:
    """An object that is a number only for float()."""

    def __float__(self) -> float:
        return 1.5


class HasLen:
    """A sequence."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        if index > 1:
            raise IndexError
        return index


def expressions() -> list[str]:
    """Every form with every datum, and the questions of sharing."""
    return [form.format(data) for form in FORMS for data in DATA] + list(SHARED)


def _outcome(text: str, library: Any) -> Any:
    a = np.arange(4.0)
    r = np.arange(4.0)
    r.flags.writeable = False
    t = library.tensor([0.0, 1, 2, 3], dtype=library.float64)
    w = library.tensor([0.0, 1, 2, 3], dtype=library.float64, requires_grad=True)
    scope = {"torch": library, "np": np, "array": array, "a": a, "t": t, "w": w, "r": r, "i": np.arange(3), "b": bytearray(32), "HasArray": HasArray, "HasFloat": HasFloat, "HasLen": HasLen}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            x = eval(text, scope)
        except Exception as error:
            return error
        if not hasattr(x, "detach"):
            return x
        if text.startswith(
            ("torch.Tensor(2", "torch.Tensor(3", "torch.LongTensor(2", "torch.FloatTensor(2", "torch.Tensor(torch.S")
        ):
            return tuple(x.shape), x.requires_grad
        if text in SHARED and x.numel() and x.dtype == library.float64:
            before = plain(x).copy().tolist()
            with library.no_grad():
                x.reshape(-1)[:1].fill_(9)
            return (
                before,
                bool(a[0] == 9 or a[3] == 9),
                bool(plain(t)[0] == 9),
                bool(plain(w)[0] == 9),
                x.requires_grad,
                x.is_leaf,
            )
        return repr(plain(x).tolist()), tuple(x.shape), str(x.dtype).removeprefix("torch."), x.requires_grad, x.is_leaf


def data_difference(text: str) -> str:
    """What differs in value, shape, dtype, sharing or refusal."""
    if any(re.match(pattern, text) for pattern in DECIDED):
        return ""
    theirs, ours = _outcome(text, torch), _outcome(text, autograd)
    if isinstance(theirs, Exception) and isinstance(ours, Exception):
        return ""
    if isinstance(theirs, Exception):
        if any(re.search(pattern, str(theirs)) for pattern in TAKEN):
            return f"{WIDER} {theirs}"
        return f"refused by PyTorch, taken here: {type(theirs).__name__}: {theirs}; ours {ours}"
    if isinstance(ours, Exception):
        if any(pattern in text for pattern in REFUSED):
            return ""
        return f"ours raises {type(ours).__name__}: {ours}; PyTorch {theirs}"
    return "" if ours == theirs else f"ours {ours}, PyTorch {theirs}"


FAMILIES = {"data": lambda _: [(text, lambda e=text: data_difference(e)) for text in expressions()]}
