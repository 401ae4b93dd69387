"""Products, solvers and norms of matrices: value and rules side by side."""
