"""Folders of this machine, for packages above: the same that compiled kernels lie in."""

from kernels.machine.folders import user_folder as user_folder
