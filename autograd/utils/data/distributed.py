"""PyTorch's path to DistributedSampler."""

from __future__ import annotations

from ...later import later

later(__name__, others="nn.data.distributed")
