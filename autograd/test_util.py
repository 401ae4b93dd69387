"""Checks of derivatives of functions of NumPy arrays, where programs written for HIPS/autograd import them from."""

from .hips.checking import check_equivalent, check_grads, check_jvp, check_vjp, combo_check, scalar_close

__all__ = ["check_equivalent", "check_grads", "check_jvp", "check_vjp", "combo_check", "scalar_close"]
