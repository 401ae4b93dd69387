"""What holds for all tests: a fault of the compiler is an error, and nothing that a function goes on without."""

import os

os.environ.setdefault("WENGERT_RAISE", "1")
