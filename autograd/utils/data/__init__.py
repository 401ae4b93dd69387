"""PyTorch's path to data sets and loaders, which are `nn.data`."""

from __future__ import annotations

from ...later import later

later(__name__, others="nn.data")
