"""Products of matrices.

    panel      sums of products in registers, the right operand packed: the innermost loop of recurrent layers and more
    gemm       `matmul`: large products, and batches of them, in the threads of kernels instead of those of BLAS
    outer      products of a column and a row
    products   what weights used at every step need, all of one kind at once: z = d @ w, and z += sum over d.T @ x

Read outer first, then gemm. The rule: a right operand is packed into panels that are read in order, and all loops load
Numba; small matrices are multiplied by NumPy, which is not our business. Who decides between the two is the caller.
"""
