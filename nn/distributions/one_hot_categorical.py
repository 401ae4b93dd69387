"""OneHotCategorical, and the same with a straight-through gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from autograd import Size, Tensor, eye, one_hot

from . import constraints
from .categorical import Categorical
from .constraints import Constraint
from .distribution import Distribution


class ClassVector(Distribution):
    """Vectors (..., K) that stand for classes of a `Categorical`, given by `probs` or `logits` (..., K)."""

    arg_constraints: Mapping[str, Constraint] = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch_shape, self.param_shape[-1:], validate_args)

    def expand(self, batch_shape: Sequence[int]) -> Self:
        new = super().expand(batch_shape)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    def _given(self) -> list[str]:
        return []  # checked by the Categorical

    @property
    def probs(self) -> Tensor:
        """(..., K), with sum 1."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """(..., K): log(probs)."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._categorical.param_shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}{repr(self._categorical).removeprefix('Categorical')}"


class OneHotCategorical(ClassVector):
    """`Categorical` whose classes are one-hot vectors (..., K), in the dtype of the parameter."""

    support = constraints.one_hot
    has_enumerate_support = True

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return self._marked(self._categorical.mode)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self._marked(self._categorical.sample(sample_shape))

    def log_prob(self, value: Any) -> Tensor:
        return self._categorical.log_prob(self._checked(value).argmax(-1))

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(eye(self._event_shape[0], dtype=self._categorical._dtype), expand)

    def _marked(self, index: Any) -> Any:
        return one_hot(index, self._event_shape[0]).to(self._categorical._dtype)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """`OneHotCategorical` whose `rsample` pretends to be its probabilities: their gradient becomes that of the sample.

    Bengio, Léonard & Courville 2013.
    """

    has_rsample = True

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
