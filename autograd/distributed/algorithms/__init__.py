"""What is made of collectives, under PyTorch's paths.

    join.py           processes with different numbers of batches: Join                         read this first
    ddp_comm_hooks.py how DistributedDataParallel may bring gradients together: whole, or in half precision

The rule: nothing here asks MPI for anything itself.
"""

from __future__ import annotations

from ...later import files, later

later(__name__, files(__name__, ddp_comm_hooks="", join=""))
