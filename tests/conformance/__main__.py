"""python -m tests.conformance [--only FAMILY ...] [--grep TEXT]: prints every difference from PyTorch."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

import autograd
import nn

from . import (
    data,
    distribution_parts,
    distributions,
    functional,
    layers,
    losses,
    modules,
    names,
    ops,
    optimizers,
    ported,
    recurrent,
    refusals,
    scipy_distributions,
    signatures,
    writes,
)
from .compare import WIDER, difference, error_difference

DECIDED = {
    "torch.square(B(": "square of bools: int8, PyTorch's int64",
    "torch.sign(B(": "sign of bools: refused here",
    "torch.var(X(1": "variance of one value, NaN in both: its second derivative is recorded here",
    "torch.var_mean(X(1, 1))": "the same",
    "torch.var(X())": "the same",
    "torch.linalg.matrix_power(S(3), 0)": "the identity: a constant here, with a gradient of zeros in PyTorch",
    "torch.sinc(Z": "second derivative at 0: ours is the limit, PyTorch's NaN",
    "Z(3, 4).sinc": "the same",
    "torch.pow(Z": "second derivative at 0 ** 0, a singular point",
    "(lambda x: torch.pow(x, x))(Z": "the same",
    "torch.pow(C([0.0, 0.0])": "derivatives of 0 ** b by b: ours 0, PyTorch's NaN at second order",
    "C([0.0, 2.0]) ** X": "the same",
    "0 ** X": "the same",
    "(lambda x: torch.xlogy(x, x))(Z": "derivative of 0 * log(0) by the second 0: ours 0, PyTorch's NaN",
    "(lambda x: torch.atan2(x, x))(Z": "second derivative at (0, 0): ours 0, PyTorch's NaN",
    "(lambda x: torch.hypot(x, x))(Z": "derivative at (0, 0): ours 0, PyTorch's NaN",
    "F.elu(Z": "second derivative at the kink",
    "F.selu(Z": "the same",
    "F.celu(": "the same; and PyTorch computes float64 gradients with 1 / alpha in float32",
    "torch.var(X(3, 4), dim=1, correction=5": "fewer values than the correction: ours NaN, PyTorch inf",
    "torch.std(X(3, 4), dim=1, correction=5": "the same",
    "torch.norm(X(2) * 0": "second derivative at 0: ours 0, PyTorch's NaN",
    "torch.norm(C([0.0, 0.0])": "the same",
    "torch.logsumexp(C([-float('inf')]": "gradient where all is -inf: ours 0, PyTorch's NaN",
    "F.smooth_l1_loss(Z": "second derivative at the bend",
    "nn.SmoothL1Loss(": "the same",
    "F.huber_loss(Z": "the same",
    "nn.HuberLoss(": "the same",
    "F.ctc_loss(X(3, 2, 3)": "gradient where a target does not fit: ours 0, PyTorch's NaN",
    "nn.CTCLoss(": "the same",
    "F.kl_div(X(3, 4), C([[": "a target of another shape: ours raises, PyTorch broadcasts it",
    "nn.KLDivLoss": "the same",
    "CELU(0.7": "PyTorch computes float64 gradients with 1 / alpha in float32",
    "torch.polygamma(1": "PyTorch's trigamma function is precise to 1e-9 only, in float32 to 1e-6; ours to 1e-15",
    "P(2, 3).polygamma(1)": "the same",
    "torch.digamma(": "the same, in the gradient",
    "torch.mvlgamma(": "the same, in the second derivative",
    **dict.fromkeys(distributions.WITH_TRIGAMMA, "PyTorch's trigamma function is precise to 1e-9; compared in float32"),
    **distributions.APPROXIMATE,
    "nn.Parameter": "the default of `data`: an empty Tensor in both",
    "nn.Buffer": "the same",
    "Hardsigmoid(": "PyTorch computes float64 gradients with 1 / 6 in float32",
    "F.hardsigmoid(": "the same",
}
"""What differs on purpose, by how it begins."""

DECIDED_IF = {
    "nn.SmoothL1Loss(": "Z(",
    "nn.HuberLoss(": "Z(",
    "nn.CTCLoss(": "[1, 1, 1]",
    "nn.KLDivLoss": "C([[",
    **dict.fromkeys(distributions.WITH_TRIGAMMA, "[float64]"),
    "D.VonMises(": "[float64]",
}
"""What must also occur in the text."""

KIND = {
    "torch.square(B(": "value",
    "torch.sign(B(": "ours raises",
    "torch.var(X(3, 4), dim=1": "value",
    "torch.std(X(3, 4), dim=1": "value",
    "(lambda x: torch.xlogy(x, x))(Z": "gradient",
    "(lambda x: torch.hypot(x, x))(Z": "gradient",
    "torch.logsumexp(C([": "gradient",
    "torch.linalg.matrix_power(S(3), 0)": "gradient",
    "F.celu(X": "gradient",
    "F.ctc_loss(": "gradient",
    "nn.CTCLoss(": "gradient",
    "F.kl_div(": "ours raises",
    "nn.KLDivLoss": "ours raises",
    "CELU(0.7": "step 0: gradient",
    "Hardsigmoid(": "step 0: gradient",
    "F.hardsigmoid(": "gradient",
    "torch.polygamma(1": "value",
    "P(2, 3).polygamma(1)": "value",
    "torch.digamma(": "gradient",
    **dict.fromkeys(distributions.APPROXIMATE, ("value", "gradient", "second")),
    **dict.fromkeys(distributions.WITH_TRIGAMMA, ("gradient", "second")),
    "nn.Parameter": "",
    "nn.Buffer": "",
}
"""What the difference must begin with to be the one that was decided; second derivatives where nothing is said."""

Check = tuple[str, Callable[[], str]]


def _expressions(texts: list[str], dtypes: list[str]) -> Iterator[Check]:
    for text in texts:
        for dtype in dtypes:
            order = 2 if dtype == "float64" else 1
            yield f"{text} [{dtype}]", lambda e=text, d=dtype, o=order: difference(e, d, nn, order=o)


def checks(family: str, dtypes: list[str]) -> Iterator[Check]:
    """(what is compared, the function that compares it) for everything in a family."""
    if family in ops.FAMILIES:
        yield from _expressions(ops.expressions(family), dtypes)
    elif family == "functional":
        yield from _expressions(functional.functional(), dtypes)
    elif family == "losses":
        yield from _expressions(losses.losses(), dtypes)
        for text, pattern in losses.ERRORS:
            yield f"error of {text}", lambda e=text, p=pattern: error_difference(e, p, nn)
    elif family == "distributions":
        for text in distributions.distributions():
            for dtype, (_, check) in zip(dtypes, _expressions([distributions.in_scope(text)], dtypes), strict=True):
                yield f"{text} [{dtype}]", check
        for text, pattern in distribution_parts.ERRORS:
            yield f"error of {text}", lambda e=text, p=pattern: error_difference(distributions.in_scope(e), p, nn)
        yield from scipy_distributions.checks()
    elif family == "layers":
        for case in layers.layers():
            for dtype in dtypes:
                yield f"{': '.join(case)} [{dtype}]", lambda c=case, d=dtype: layers.layer_difference(c, d, nn)
    elif family == "signatures":
        for where, name in layers.signatures():
            yield f"{where}.{name}", lambda w=where, n=name: layers.signature_difference(w, n, nn)
        yield from signatures.checks()
    elif family == "names":
        for where, name in names.names():
            yield f"{where}.{name}", lambda w=where, n=name: names.name_difference(w, n)
    elif family == "data":
        for text in data.expressions():
            yield text, lambda e=text: data.data_difference(e)
    elif family == "refusals":
        for text in refusals.EXPRESSIONS:
            yield text, lambda e=text: refusals.refusal_difference(e, nn)
    elif family == "resumed":
        for case in optimizers.resumed():
            yield str(case), lambda c=case: optimizers.resumed_difference(c)
        for name in optimizers.SETTINGS:
            yield f"{name}: PyTorch loads our state", lambda n=name: optimizers.given_back(n)
    elif family == "modules":
        for check in modules.BEHAVIOURS:
            yield check.__name__, lambda c=check: "\n    ".join(modules.behaviour_differences(c))
    elif family == "writes":
        for text, target, number in writes.writes():
            yield (
                f"{text}, then a write to {target} {number}",
                lambda e=text, t=target, n=number: "" if writes.known(e) else writes.write_difference(e, t, n, nn),
            )
    elif family == "recurrent":
        yield from recurrent.checks(dtypes)
    elif family == "optimizers":
        for case in optimizers.optimizers():
            for dtype in dtypes if case[0] != "LBFGS" else ["float64"]:
                yield (
                    f"{case[0]}({case[1]}), {case[2]} [{dtype}]",
                    lambda c=case, d=dtype: optimizers.optimizer_difference(c, d),
                )
    else:
        for text in optimizers.SCHEDULES:
            yield text, lambda s=text: optimizers.schedule_difference(s)


FAMILIES = (
    *ops.FAMILIES,
    "functional",
    "losses",
    "distributions",
    "layers",
    "signatures",
    "names",
    "data",
    "refusals",
    "modules",
    "writes",
    "recurrent",
    "optimizers",
    "schedulers",
    "resumed",
    "programs",
)


def decided(text: str, answer: str) -> bool:
    """Is the difference `answer` in `text` one that is there on purpose? Another one in the same call is not."""
    kind = next((kind for start, kind in KIND.items() if text.startswith(start)), "second")
    known = any(text.startswith(start) and DECIDED_IF.get(start, "") in text for start in DECIDED)
    return known and answer.startswith(kind)


def main() -> int:
    """Compare; 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=FAMILIES, default=FAMILIES, metavar="FAMILY", help=", ".join(FAMILIES)
    )
    parser.add_argument("--grep", default="", help="only what contains this text")
    parser.add_argument("--wider", action="store_true", help="also print what PyTorch refuses and ours takes")
    parser.add_argument("--dtype", nargs="+", choices=("float64", "float32"), default=["float64", "float32"])
    arguments = parser.parse_args()
    wrong = total = wider = 0
    autograd.manual_seed(0)
    for family in arguments.only:
        if family == "programs":
            count, found = ported.report(arguments.grep)
        else:
            count = found = 0
            for text, check in checks(family, arguments.dtype):
                if arguments.grep not in text:
                    continue
                count += 1
                answer = check()
                if answer.startswith(WIDER):
                    wider += 1
                    if arguments.wider:
                        print(f"{text}\n    {answer}")
                elif answer and not decided(text, answer):
                    found += 1
                    print(f"{text}\n    {answer}")
        wrong, total = wrong + found, total + count
        print(f"{family}: {count} comparisons, {found} differences", flush=True)
    print(f"{total} comparisons, {wrong} differences; {wider} that PyTorch refuses and ours takes")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
