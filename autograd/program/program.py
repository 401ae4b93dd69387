"""A Program: the straight-line list of everything that a function computed. `capture` makes one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import CaptureError, GuardError, ShapeError
from ..modes import state
from ..records import Leaf
from ..tensors.core import Core, wrap
from .backward import replay
from .capturing import Capture
from .gradients import vjp_of
from .leaving import escaped
from .operations import NumPyCall
from .running import run
from .steps import Guard, Slot, Step, leaves, mapped
from .storage import begin, end, raw
from .text.naming import argument_names, closed_over


class Program:
    """Every operation that a function ran, in order, on slots.

    slots       places for values: inputs, parameters, constants, and what steps compute
    steps       what computes them: `for step in program`, `program[3]`, `len(program)`
    inputs      numbers of the slots of the arguments
    parameters  the Tensors that the function closed over, such as the weights of a module: slot -> Tensor. They are
                read, and written to, when the program runs
    constants   slot -> array
    outputs     numbers of the slots of the results
    guards      what Python asked of values, and was told: checked whenever the program runs
    written     the slots that steps overwrite

    `program(*inputs)` runs the steps, one after the other. Operations are recorded on the tape where inputs or
    parameters require grad, as if the function had been called.
    """

    def __init__(
        self,
        slots: list[Slot],
        steps: list[Step],
        guards: list[Guard],
        arguments: Any,
        results: Any,
        name: str = "program",
        examples: Any = (),
        states: Any = (),
        wanted: frozenset[int] = frozenset(),
    ) -> None:
        self.slots = slots
        self.steps = steps
        self.guards = guards
        self.arguments = arguments  # a nest with the slot of each Tensor (`At`), and what else there was
        self.results = results
        self.name = name
        self.examples = examples  # the values of the arguments when it was captured, slot -> array
        self.wanted = wanted  # the slots of the inputs that required grad
        self.argument_names: list[str] = []  # of the inputs
        self.names: dict[int, str] = {}  # of Tensors that the function closed over, by id
        self.wholes: dict[Any, Program] = {}  # with gradients, by the operations that are replaced by their formulas
        self.turn: int | None = None  # of gradients: how many steps are the way forward
        self.results_of: tuple[int, ...] = ()  # of gradients: the slots that the further inputs are cotangents of
        self.loss: int | None = None  # of gradients: the slot of the only result, if it is a scalar
        self.states = states  # generators, and where they stood then
        self.escaped = ""  # the line of a Tensor that something else than the result holds, if that was looked for
        self.inputs = tuple([leaf.slot for leaf in leaves(arguments) if type(leaf) is At])
        self.given = len(self.inputs)  # of gradients: how many inputs are those of the function
        self.outputs = tuple([leaf.slot for leaf in leaves(results) if type(leaf) is At])
        self.written = frozenset(step.inputs[position] for step in steps for position in step.writes)

    @property
    def parameters(self) -> dict[int, Any]:
        """Slot -> Tensor that the function closed over."""
        return {slot.number: slot.value for slot in self.slots if slot.kind == "parameter"}

    @property
    def sources(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The slots of the inputs and of the parameters that gradients go to: see `vjp`."""
        parameters = tuple([number for number, x in self.parameters.items() if isinstance(x._node, Leaf)])
        inputs = tuple([slot for slot in self.inputs if slot in self.wanted])
        if not inputs and not parameters:
            inputs = tuple([slot for slot in self.inputs if self.slots[slot].dtype.kind == "f"])
        return inputs, parameters

    @cached_property
    def live(self) -> frozenset[int]:
        """The slots that a result, an op or a write depends on; others are there for guards alone."""
        found = set(self.outputs)
        for step in reversed(self.steps):
            if step.writes or not isinstance(step.op, NumPyCall) or not found.isdisjoint(step.outputs):
                found.update(step.reads)
        return frozenset(found)

    @property
    def constants(self) -> dict[int, Any]:
        """Slot -> array."""
        return {slot.number: slot.value for slot in self.slots if slot.kind == "constant"}

    def __call__(self, *inputs: Any) -> Any:
        """The result for other inputs, of the shapes and dtypes that it was captured with.

        Raises GuardError where Python would have been told something else than when the program was captured.
        """
        values = run(self, self.bound(inputs))
        return self.packed(values)

    def trace(self, *inputs: Any) -> list[Any]:
        """The values of all slots for other inputs, by number: to look at what happens between input and result."""
        return run(self, self.bound(inputs))

    def vjp(self) -> Program:
        """The Program of the gradients: `(result, to_inputs, to_parameters) = program.vjp()(*inputs, *cotangents)`.

        It gives a gradient for each input and each parameter that required grad when the program was captured, in their
        order; if none did, for each floating point input. (Zeros, where nothing depends on one.) It takes a cotangent
        for each Tensor of the result that depends on one of these. The rules of the ops are run to make it, and what it
        gives is what `backward()` gives, bit for bit.

        >>> from autograd import tensor
        >>> gradients = capture(lambda x: (x * x).sum(), tensor([1.0, 2.0])).vjp()
        >>> gradients(tensor([3.0, 4.0]), tensor(1.0))
        (tensor(25.), (tensor([6., 8.]),), ())
        """
        return vjp_of(self, captured)

    def source(self) -> str:
        """The same in NumPy, as text: a file with functions `forward` and `backward` that runs without this library.

        `forward` takes the arguments, then the parameters, then constants too large to be written out: `values` has
        them by name. It gives (result, kept), and `backward(kept, *cotangents)` the gradients of `vjp`. Half precision
        is not taken care of, and guards are not asked.

        >>> from autograd import tensor
        >>> program, scope = capture(lambda x: (x * x).sum(), tensor([1.0, 2.0])), {}
        >>> exec(program.source(), scope)
        >>> result, kept = scope["forward"](np.array([3.0, 4.0]))
        >>> scope["backward"](kept, 1.0)
        array([6., 8.])
        """
        from .text.source import source  # presentation only

        return source(self, captured)

    def values(self, *inputs: Any) -> dict[str, Any]:
        """What `forward` of `source()` takes, by name: these inputs, the parameters as they are now, and constants."""
        from .text.naming import names_of
        from .text.source import arguments_of

        if "latest" not in self.wholes:
            self.source()
        whole = self.wholes["latest"]
        names, given = names_of(whole), dict(zip(whole.inputs, self.bound(inputs), strict=False))
        found = {}
        for slot in arguments_of(whole):
            if slot not in whole.inputs[whole.given :]:
                value = given.get(slot, whole.slots[slot].value)
                found[names[slot]] = raw(value) if isinstance(value, Core) else value
        return found

    def explore(self, *inputs: Any) -> Any:
        """The program as a page that one steps through, forward and back; by default for the inputs of its capture."""
        from ..explorer.exploration import Exploration  # presentation only
        from ..explorer.programs import describe

        return Exploration(describe(self, inputs))

    def bound(self, inputs: tuple[Any, ...]) -> list[Any]:
        """The Tensors among the arguments of a call, checked to be such as the program was captured with."""
        given = list(leaves(inputs))
        wanted = list(leaves(self.arguments))
        if len(given) != len(wanted):
            raise ShapeError(f"{self.name}: wanted arguments with {len(wanted)} values, got {len(given)}")
        tensors = []
        x: Any
        for position, (x, leaf) in enumerate(zip(given, wanted, strict=True)):
            if type(leaf) is not At:
                if isinstance(x, (Core, np.ndarray)) or not (x is leaf or x == leaf):
                    raise GuardError(f"{self.name}: argument {position} was {leaf!r} when captured, and is {x!r} now")
                continue
            slot = self.slots[leaf.slot]
            x = x if isinstance(x, Core) else wrap(np.asarray(x))
            if tuple(x.shape) != slot.shape or x.dtype != slot.dtype:
                raise ShapeError(
                    f"{self.name}: argument {position} was {slot.dtype} of shape {slot.shape} when the program was "
                    f"captured; got {x.dtype} of shape {tuple(x.shape)}"
                )
            tensors.append(x)
        return tensors

    def packed(self, values: list[Any]) -> Any:
        """The results out of the values of all slots."""
        return mapped(self.results, lambda leaf: values[leaf.slot] if type(leaf) is At else leaf)

    def plot(self, path: Any = None, *inputs: Any) -> Any:
        """Draw it: operations from top to bottom, and on the lines between them what goes there.

        path     of a file, such as "net.svg" or "net.png"; None: return a figure of matplotlib's, which notebooks show
        inputs   draw the values for these, where they are few numbers, and gradients of the sum of the results

        >>> from autograd import tensor
        >>> type(capture(lambda x: (x * x).sum(), tensor([1.0, 2.0])).plot()).__name__
        'Figure'
        """
        from ..drawing import plot_program  # presentation only

        return plot_program(self, path, inputs)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int) -> Step:
        return self.steps[index]

    def __str__(self) -> str:
        from .text.listing import listing  # presentation only

        return listing(self)

    def _repr_html_(self) -> str:
        from ..listing import as_html

        return as_html(f"{self}\n\n.explore() steps through it, .vjp() is the program of its gradients")

    def __repr__(self) -> str:
        return f"<Program {self.name}: {len(self.steps)} steps, {len(self.slots)} slots>"


class At:
    """Stands in the arguments and results of a Program for the Tensor in a slot."""

    __slots__ = ("slot",)

    def __init__(self, slot: int) -> None:
        self.slot = slot

    def __repr__(self) -> str:
        return f"%{self.slot}"


def capture(function: Callable[..., Any], *examples: Any) -> Program:
    """Run a function once, and return the Program of all that it computed.

    examples   arguments as the function takes them: Tensors, arrays (taken as constant Tensors), numbers, and nests of
               these. The program takes the same, with Tensors of the same shapes and dtypes; all else is fixed
    Raises CaptureError where the function does something that a Program cannot hold. What it writes to and draws in
    this call happens as in every other. When the Program runs, Python does not: nothing is printed, counted or
    assigned, and modules are what they were.

    >>> from autograd import tensor
    >>> program = capture(lambda x: (x * x).sum(), tensor([1.0, 2.0]))
    >>> [step.name for step in program], program(tensor([3.0, 4.0]))
    (['mul', 'sum'], tensor(25.))
    """
    return captured(function, examples)


def captured(function: Callable[..., Any], examples: tuple[Any, ...], open_walks: bool = False) -> Program:
    """`capture`. With `open_walks`, walks back may be differentiated again."""
    return captured_call(function, examples, open_walks)[0]


def _leave(seen: Capture, home: Any, around: Any) -> None:
    """End a capture, the second time too if the first was interrupted."""
    state.interpreter = around
    for name in ("overwriting", "replay"):
        vars(home).pop(name, None)
    end(seen)
    seen.frame = None


def captured_call(
    function: Callable[..., Any], examples: tuple[Any, ...], open_walks: bool = False, acts: bool = False
) -> tuple[Any, Any]:
    """The Program, and what the function has returned. With `acts`, steps may be such calls as `acts.Act` holds.

    With `acts` the function runs to its end in any case: what cannot be captured there stands in place of the Program.
    """
    if state.capture is not None:
        raise CaptureError("capture: another capture is under way in this thread; capture the inner function before")
    around = state.interpreter
    if around is not None:
        around.settle("a program is captured")
    seen = Capture(open_walks)
    seen.takes_acts = acts
    seen.around = around
    given, arguments = _entered(seen, examples)
    wanted = frozenset(slot.number for slot in seen.slots if slot.tracked)
    values = {} if acts else {slot.number: seen.values[slot.number].copy(order="K") for slot in seen.slots}
    home: Any = state.home
    try:
        begin(seen)
        seen.frame = sys._getframe()
        home.overwriting = lambda array: (
            type(home).overwriting(home, array) if seen.acting or seen.lost else seen.overwriting(array)
        )
        home.replay = lambda cotangents, **options: replay(seen, home, cotangents, **options)
        state.interpreter = seen
        outputs = function(*given)
        if seen.lost:
            return seen.lost, outputs
        results = mapped(outputs, lambda z: At(seen.slot_of_tensor(z)) if isinstance(z, Core) else _plain(seen, z))
        seen.finish()
        seen.prune([leaf.slot for leaf in leaves(results) if type(leaf) is At])
    finally:
        try:
            _leave(seen, home, around)
        except KeyboardInterrupt:
            _leave(seen, home, around)
            raise
    name = getattr(function, "__name__", type(function).__name__)
    made = Program(seen.slots, seen.steps, seen.guards, arguments, results, name, values, seen.states, wanted)
    made.argument_names = argument_names(function, arguments, At)
    made.names = closed_over(function)
    if acts:
        made.escaped = escaped(seen, outputs)
    return made, outputs


def _plain(seen: Capture, z: Any) -> Any:
    """What a function returns beside Tensors."""
    if isinstance(z, np.ndarray):
        return At(seen.slot_of(z))
    return z


def _entered(seen: Capture, examples: tuple[Any, ...]) -> tuple[Any, Any]:
    """The arguments as the function is called with them, and the nest of their slots."""
    taken: list[Any] = []

    def enter(x: Any) -> Any:
        if not isinstance(x, (Core, np.ndarray)):
            return x, x
        tensor = x if isinstance(x, Core) else wrap(x)
        if any(np.shares_memory(raw(tensor), raw(other)) for other in taken):  # each argument is a value of its own
            tensor = wrap(raw(tensor).copy(), tensor._node)
        taken.append(tensor)
        slot = seen.slot("input", raw(tensor), tensor._node)
        seen.register(tensor, slot)
        return tensor, At(slot)

    pairs = [mapped(example, lambda x: _Pair(*enter(x))) for example in examples]
    return (
        tuple([mapped(nest, lambda pair: pair.first) for nest in pairs]),
        tuple([mapped(nest, lambda pair: pair.second) for nest in pairs]),
    )


class _Pair:
    __slots__ = ("first", "second")

    def __init__(self, first: Any, second: Any) -> None:
        self.first = first
        self.second = second
