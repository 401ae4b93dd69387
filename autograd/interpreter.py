"""What sees every operation of a thread, and runs it in its own way.

While a thread has an interpreter (`modes.state.interpreter`), the engine hands it each operation that is called there,
tracked or not, in the place of running it. `replay.run.Run` hands out promises, and computes them together;
`program.capturing.Capture` writes each operation down as a step of a Program; `batching.batch.Batch` and
`forward.level.Forward` compute more than was asked for; `profiler.watching.Watcher` only looks. One is asked at a time:
a compiled function that is called while there is an interpreter already runs as it is, and is seen by that one; a
capture that begins in a compiled function takes its place until it ends.
"""

from __future__ import annotations

from typing import Any

from .records import Record


class Interpreter:
    """Base of all. Without the methods that follow `call`, it runs operations and takes notice of nothing else.

    captures   does it write down what is computed? It is then asked for writes in place (`assigned`, `rewrote`) and
               results of functions with a backward of their own (`grafted`), too: see `program.effects`
    transforms does it have values of its own, as `batching.Batch` has? It is then asked for what is differentiated, and
               for writes in place (`differentiated`, `variable`, `update`, `put`), too
    watches    does it run everything as it is, and only look, as `profiler.watching.Watcher` does? It is then handed
               walks back and calls that have a name (`walked_by`, `called`, `called_by_name`), too
    """

    captures = False
    transforms = False
    watches = False

    def call(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        """What `op` gives on Tensors, arrays and numbers: a Tensor or several, and, if `keeping`, what it keeps."""
        raise NotImplementedError

    def unary(self, op: Any, x: Any) -> Any:
        """The result of an op with one input and no settings, if that is quickly known. None: `call` will be asked."""
        return None

    def binary(self, op: Any, x: Any, y: Any) -> Any:
        """The same for two operands. A Python number stands for a constant of the other one's dtype."""
        return None

    def expected(self, op: Any, inputs: tuple[Any, ...]) -> Any:
        """The same for any number of inputs: Tensors and None. It is asked before anybody has looked at them."""
        return None

    def settle(self, why: str, always: bool = False) -> None:
        """Something is about to happen that needs all values, or changes some: nothing may be left to compute.

        always   this happens at every call of a layer
        """

    def wrote(self, operation: str, tensors: Any) -> None:
        """Somebody has written to Tensors."""

    def rewritten(self, op: Any, tensor: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> bool:
        """`tensor` is to be set to what `op` gives for it and `inputs`, unrecorded: will it be, without the caller?"""
        return False

    def picked(self, tensor: Any, index: Any, view: bool) -> Any:
        """What `tensor[index]` gives, where the index is one that ops take, and gives a view or a copy: of captures."""
        raise NotImplementedError

    def function(self, cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a function with a backward of its own, a subclass of `custom.Function`, gives: asked of transforms."""
        raise NotImplementedError

    def walked(self, outputs: list[Any], inputs: list[Any], seeds: Any) -> list[Any] | None:
        """What `engine.grad` gives under `create_graph`, where that is known without a walk back along the tape."""
        return None

    def walks(self, outputs: list[Any]) -> None:
        """`backward` is called on these: raise if that has no meaning here."""

    def descended(self, loss: Any) -> bool:
        """`engine.backward` is called on this: were its value and the gradients computed at once, and delivered?"""
        return False

    def record_of(self, x: Any) -> Any:
        """What is known of the operation that computed a Tensor: see `extend.record_of`."""
        return x._node if type(x._node) is Record else None
