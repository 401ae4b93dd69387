"""Layers that a Sequential runs in one go, over the full product of their settings, against the same layers one by one.

A run may only be taken together if it means the same: with every setting of pooling, with and without parameters and
running statistics, while training and not.
"""

import itertools

import numpy as np
import pytest

import autograd
import nn

POOLS = [
    {"kernel_size": k, "stride": s, "padding": p, "dilation": d, "ceil_mode": ceil, "return_indices": indices}
    for k, s, p, d, ceil, indices in itertools.product(
        (1, 2, 3, (1, 2), (2, 1)), (None, 1, 2, (2, 1)), (0, 1), (1, 2), (False, True), (False, True)
    )
    if p == 0 or k in (2, 3)
]


@pytest.mark.parametrize("way", ["compiled"], indirect=True)  # in the other, nothing is taken together
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_batch_norm_relu_and_pooling(way, dtype, rng):
    shape = (2, 3, 5, 6)
    array, calls = rng.standard_normal(shape).astype(dtype), itertools.product((True, False), repeat=3)
    for affine, tracked, training in calls:
        norm = nn.BatchNorm2d(3, affine=affine, track_running_stats=tracked, dtype=dtype).train(training)
        if affine:
            norm.weight._array[...], norm.bias._array[...] = rng.standard_normal((2, 3))
        for settings in POOLS:
            results = []
            for together in (True, False):
                if tracked:
                    norm.reset_running_stats()
                layers = norm, nn.ReLU(), nn.MaxPool2d(**settings)
                x = autograd.tensor(array, requires_grad=True)
                z = x
                for layer in [nn.Sequential(*layers)] if together else layers:
                    z = layer(z)
                z, *index = z if settings["return_indices"] else (z,)
                dz = np.linspace(-1, 1, z.numel()).reshape(z.shape).astype(dtype)
                grads = autograd.grad(z, [x, *norm.parameters()], autograd.tensor(dz))
                running = [norm.running_mean, norm.running_var] if tracked else []
                results.append([a.numpy(force=True).copy() for a in (z, *index, *grads, *running)])
            tolerance = 1e-4 if dtype == np.float32 else 1e-12
            for a, b in zip(*results, strict=True):
                assert np.allclose(a, b, tolerance, tolerance), (affine, tracked, training, settings)
