"""Forward mode against reverse mode."""
