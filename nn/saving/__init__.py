"""Saving and loading, without pickle: a file holds numbers and text, and nothing in it is ever run.

    serialization.py   save and load: nested dicts and lists of Tensors, as .npz           read this first
    files.py           a file is replaced all or nothing; what is no file is written to
    safetensors.py     the format of Hugging Face, read and written by the same two functions
    pytorch.py         .pt and .pth, those of PyTorch, read; pytorch_writing.py: written
    pickles.py         what is in them, read without running it; known.py: what names mean there
    checkpoint.py      save_checkpoint and load_checkpoint: model, optimiser, schedule and random states in one file

The rule: a file is replaced only once the new one is safely on disk, and a file that is not whole is refused with its
name and the cause. What stands here knows objects by what they are made of, never by the name of a class.
"""

from .checkpoint import load_checkpoint, save_checkpoint
from .serialization import load, save

__all__ = ["load", "load_checkpoint", "save", "save_checkpoint"]
