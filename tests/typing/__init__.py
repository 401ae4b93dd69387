"""Programs as users write them, which type checkers read; see `tests/test_typing.py`."""
