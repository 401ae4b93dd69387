"""These programs are read, not imported."""

collect_ignore_glob = ["*.py"]
