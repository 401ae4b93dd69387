"""Embeddings that are added up, averaged or compared at once."""

from __future__ import annotations

from typing import Any, Self

from autograd import Tensor
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, spec_of

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .linear import parameter


class EmbeddingBag(Module):
    """The sum, mean or maximum of the embeddings of each bag of indices; see `functional.embedding_bag`.

    The table starts normal with standard deviation 1, row `padding_idx` with zeros.

    >>> EmbeddingBag(10, 3, mode="sum")([[1, 2, 4, 5], [4, 3, 2, 9]]).shape
    Size([2, 3])
    """

    weight: Parameter  # (num_embeddings, embedding_dim)

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise SettingError(
                    f"EmbeddingBag: padding_idx must be within num_embeddings, {num_embeddings}, got {padding_idx}"
                )
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset
        self.padding_idx = padding_idx
        if _weight is None:
            self.weight = parameter("EmbeddingBag", (num_embeddings, embedding_dim), device, dtype)
            self.reset_parameters()
        else:
            if spec_of(_weight).shape != (num_embeddings, embedding_dim):
                raise ShapeError("EmbeddingBag: Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(_weight)

    def reset_parameters(self) -> None:
        """Draw new first values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            array_of(self.weight)[self.padding_idx] = 0  # the tape knows since normal_

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Tensor:
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        text += f", mode={self.mode!r}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        return text

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """An EmbeddingBag with a given table (num_embeddings, embedding_dim); `freeze`: it is not learned."""
        table = array_of(embeddings)
        if table.ndim != 2:
            raise ShapeError(
                f"EmbeddingBag.from_pretrained: Embeddings parameter is expected to be 2-dimensional, got {table.shape}"
            )
        rows, columns = table.shape
        bag = cls(
            rows,
            columns,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            embeddings,
            include_last_offset,
            padding_idx,
        )
        bag.weight.requires_grad_(not freeze)
        return bag
