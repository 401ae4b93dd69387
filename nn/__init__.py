"""Modules, layers, losses, optimisers, saving."""

import os

from autograd.tape import add_library_folder

add_library_folder(os.path.dirname(os.path.abspath(__file__)) + os.sep)  # recorded lines point at the user's code

from . import init, optim
from .container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .module import Module
from .parameter import Buffer, Parameter
from .serialization import load, save
