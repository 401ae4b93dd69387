"""What the compiler has made of kernels: their innermost loops, and whether these are vector code.

LLVM's text of a kernel is read, as it is after all optimisation: blocks, and the jumps between them. A loop that runs
over its blocks and has no loop inside is innermost. It is vector code if it computes with vectors of floats; what LLVM
has left over of one, for the last few elements, is marked by LLVM as such. Any other loop that computes with floats,
one at a time, is `scalar`.

    python -m tests.kernels.code FAMILY ...    runs what FAMILIES says, and prints what was found as JSON

Of assembly, the loops that are a single block: how many vector registers they use, and whether any of these is kept on
the stack meanwhile. A process of its own, because Numba reads when it is loaded what it compiles for.
"""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from .families import FAMILIES

LABEL = re.compile(r'^([-\w.$]+|"[^"]+"):')
TARGET = re.compile(r'label %([-\w.$]+|"[^"]+")')
COMPUTES = re.compile(
    r"= (?:f(?:add|sub|mul|div|cmp|neg)|(?:tail )?call [^@]*@llvm\.(?:fma|sqrt|fabs|exp|log|maxnum)\b)"
)
VECTOR = re.compile(r"<(\d+) x (float|double)>")
LAST = re.compile(r"!llvm\.loop (!\d+)")


class Loop(NamedTuple):
    """An innermost loop that computes with floats. bits: of its widest vectors, 0 if there are none."""

    function: str
    bits: int
    left_over: bool
    text: str

    @property
    def scalar(self) -> bool:
        return not self.bits and not self.left_over


def loops(text: str) -> list[Loop]:
    """Those of a module in LLVM's language."""
    vectorised = _vectorised(text)
    found = []
    for body in re.findall(r"^define [^\n]*\{\n.*?^\}", text, re.M | re.S):
        name = body.split("@", 1)[1].split("(", 1)[0]
        blocks = _blocks(body)
        after = {label: [to for to in TARGET.findall(_last(lines)) if to in blocks] for label, lines in blocks.items()}
        for inside in _innermost(after):
            lines = [line for label in blocks if label in inside for line in blocks[label]]
            computing = [line for line in lines if COMPUTES.search(line)]
            if not computing or all(re.search(r"\.(prol|epil)", label) for label in inside):
                continue  # or it does what is left over of one that was unrolled, which speaks for both
            widths = [
                int(n) * (32 if kind == "float" else 64) for line in computing for n, kind in VECTOR.findall(line)
            ]
            marks = {mark for line in lines for mark in LAST.findall(line)}
            found.append(Loop(name, max(widths, default=0), bool(marks & vectorised), "\n".join(lines)))
    return found


def _vectorised(text: str) -> set[str]:
    """Marks of loops that LLVM has made vector code of, or that are what it left over."""
    lines = dict(re.findall(r"^(!\d+) = (.*)$", text, re.M))
    done = {mark for mark, line in lines.items() if '"llvm.loop.isvectorized"' in line}
    return {mark for mark, line in lines.items() if done & set(re.findall(r"!\d+", line))}


def _blocks(body: str) -> dict[str, list[str]]:
    blocks: dict[str, list[str]] = {}
    label = "entry"
    for line in body.splitlines()[1:-1]:
        start = LABEL.match(line)
        if start:
            label = start.group(1)
        elif line.strip():
            blocks.setdefault(label, []).append(line)
    return blocks


def _last(lines: list[str]) -> str:
    """The jump at the end of a block; that of a `switch` is several lines."""
    place = max((k for k, line in enumerate(lines) if re.match(r"\s*(br|switch|ret|unreachable)\b", line)), default=0)
    return " ".join(lines[place:])


def _innermost(after: dict[str, list[str]]) -> Iterator[set[str]]:
    """Sets of blocks that are loops without a loop inside."""
    for part in _circles(after):
        entries = {to for label in after if label not in part for to in after[label] if to in part} or {min(part)}
        inner = {label: [to for to in after[label] if to in part - entries] for label in part - entries}
        inside = list(_innermost(inner))
        yield from inside or [part]


def _circles(after: dict[str, list[str]]) -> list[set[str]]:
    """Parts in which each block is reached from each other (Tarjan 1972), those of a single block without a jump to
    itself left out."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []
    for root in after:
        if root in number:
            continue
        number[root] = low[root] = len(number)
        stack.append(root)
        ahead = [(root, iter(after[root]))]
        while ahead:
            label, rest = ahead[-1]
            to = next(rest, None)
            if to is None:
                ahead.pop()
                if ahead:
                    low[ahead[-1][0]] = min(low[ahead[-1][0]], low[label])
                if low[label] == number[label]:
                    place = stack.index(label)
                    part = set(stack[place:])
                    del stack[place:]
                    if len(part) > 1 or label in after[label]:
                        found.append(part)
            elif to not in number:
                number[to] = low[to] = len(number)
                stack.append(to)
                ahead.append((to, iter(after[to])))
            elif to in stack:
                low[label] = min(low[label], number[to])
    return found


class Block(NamedTuple):
    """A loop of assembly that multiplies and adds in vector registers: how many, and how often it uses the stack."""

    registers: int
    stack: int


def blocks(assembly: str) -> list[Block]:
    """The loops of x86-64 that are a single block and multiply and add."""
    found = []
    for part in re.split(r"^(?=\.L)", assembly, flags=re.M):
        label = part.split(":", 1)[0]
        lines = part.splitlines()
        end = next((k for k, line in enumerate(lines) if re.match(rf"\s+j\w+\s+{re.escape(label)}$", line)), None)
        if end is None or not any("vfmadd" in line for line in lines[:end]):
            continue
        used = {name for line in lines[:end] for name in re.findall(r"%[xyz]mm(\d+)", line)}
        found.append(Block(len(used), sum("rsp)" in line for line in lines[:end] if "mm" in line)))
    return found


NEON = re.compile(r"\s+(?:fmla|fmul|fadd|fmax\w*|fcm\w+)\s+v\d+\.(?:4s|2d)")


def for_neon(text: str) -> int:
    """How many instructions on whole vectors of floats AArch64 has for a text that was made for SSE."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple("aarch64-unknown-linux-gnu").create_target_machine(opt=3)
    text = text.replace("@llvm.x86.", "@x86.").replace(" immarg", "")  # functions from elsewhere: they are only called
    text = re.sub(r'^target triple = ".*"$', 'target triple = "aarch64-unknown-linux-gnu"', text, flags=re.M)
    text = re.sub(r'^target datalayout = ".*"$', f'target datalayout = "{machine.target_data}"', text, flags=re.M)
    return len(NEON.findall(machine.emit_assembly(llvm.parse_assembly(text))))


def compiled() -> dict[str, Any]:
    """Kernel and types -> what was compiled, for all kernels that this process has compiled and that Python calls."""
    from kernels.machine.jit import Kernel

    found = {}
    for each in gc.get_objects():
        if not issubclass(type(each), Kernel) or not each.python.__module__.startswith("kernels."):
            continue
        name = f"{each.python.__module__.removeprefix('kernels.')}.{each.python.__name__}"
        for dispatcher in (each._compiled, each.sharing):  # alone, and with what shares it among threads
            for kinds, made in getattr(dispatcher, "overloads", {}).items():
                found[f"{name}({', '.join(map(str, kinds))})"] = made.library
    return found


def main(families: list[str]) -> None:
    """Say {kernel: {"bits": of its widest vectors, "scalar": texts of loops, "blocks", "neon"}}."""
    from kernels.machine.registers import WIDTH

    for family in families:
        FAMILIES[family]()
    report = {}
    for name, library in compiled().items():
        text = str(library.get_llvm_str())
        every = loops(text)
        if every:
            report[name] = {
                "bits": max(loop.bits for loop in every),
                "scalar": [loop.text for loop in every if loop.scalar],
                "blocks": blocks(library.get_asm_str()),
                "neon": for_neon(text) if WIDTH == 16 else 0,
            }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1:])
