"""Constraint: what all sets of numbers share; and sets that depend on the parameters of a distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import SettingError


class Constraint:
    """A set. `check` says of each event whether it lies inside.

    is_discrete   does the set consist of separate points?
    event_dim     how many of the last dimensions make one event; `check` drops them
    """

    is_discrete: bool = False
    event_dim: int = 0

    def check(self, value: Any) -> Any:
        """A bool Tensor, one element per event."""
        raise NotImplementedError(f"{type(self).__name__} must define check(value)")

    def __repr__(self) -> str:
        bounds = ", ".join(f"{name}={value}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({bounds})"


class Dependent(Constraint):
    """Stands for a set that is known only when the parameters are.

    is_discrete, event_dim   what is known of it already; asking for the other raises NotImplementedError
    """

    def __init__(self, *, is_discrete: bool | None = None, event_dim: int | None = None) -> None:
        self._is_discrete = is_discrete
        self._event_dim = event_dim

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Does the set consist of separate points?"""
        if self._is_discrete is None:
            raise NotImplementedError(".is_discrete cannot be determined statically")
        return self._is_discrete

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """How many of the last dimensions make one event."""
        if self._event_dim is None:
            raise NotImplementedError(".event_dim cannot be determined statically")
        return self._event_dim

    def __call__(self, *, is_discrete: bool | None = None, event_dim: int | None = None) -> Dependent:
        """The same with more known of it."""
        return Dependent(
            is_discrete=self._is_discrete if is_discrete is None else is_discrete,
            event_dim=self._event_dim if event_dim is None else event_dim,
        )

    def check(self, value: Any) -> Any:
        raise SettingError("Cannot determine validity of dependent constraint")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class DependentProperty(property, Dependent):
    """A property that holds a set: on the class it is the set that is not known yet, on an instance the set itself.

    >>> class Above:
    ...     @DependentProperty(event_dim=0)
    ...     def support(self):
    ...         return "everything above"
    >>> Above.support.event_dim, Above().support
    (0, 'everything above')
    """

    def __init__(
        self,
        fn: Callable[[Any], Any] | None = None,
        *,
        is_discrete: bool | None = None,
        event_dim: int | None = None,
    ) -> None:
        property.__init__(self, fn)
        Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, fn: Any = None, *, is_discrete: bool | None = None, event_dim: int | None = None) -> Any:
        """As a decorator with settings: the property of `fn`."""
        return DependentProperty(
            fn,
            is_discrete=self._is_discrete if is_discrete is None else is_discrete,
            event_dim=self._event_dim if event_dim is None else event_dim,
        )


def is_dependent(constraint: Any) -> bool:
    """Is the set known only when the parameters are?"""
    return isinstance(constraint, Dependent)


dependent = Dependent()
dependent_property = DependentProperty
