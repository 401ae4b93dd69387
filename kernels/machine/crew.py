"""What the threads of Python and compiled code agree on: how much room a helper has, and what stands for no helpers."""

WORDS = 16
"""Words of a helper's box: two lines of the cache, so that no two threads write to the same one."""

NOBODY = 0
"""In the place of a crew, where no other thread is to help."""
