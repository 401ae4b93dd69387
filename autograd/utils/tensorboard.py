"""PyTorch's path to files for TensorBoard, which `nn.tensorboard` writes."""

from __future__ import annotations

from ..later import later

later(__name__, others="nn.tensorboard")
