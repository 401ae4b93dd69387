"""`python -m benchmarks`."""

import sys

try:
    from benchmarks.cli import main

    status = main(sys.argv[1:])
except KeyboardInterrupt:  # before anything had begun
    print("interrupted", file=sys.stderr)
    status = 130
sys.exit(status)
