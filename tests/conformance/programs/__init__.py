"""Programs as they are written for PyTorch, with other imports; any may be read first.

The rule: each file has `build()`, a model, and `train(model)`, which returns losses.
"""

NAMES = (
    "custom_function",
    "dcgan",
    "gpt",
    "lbfgs_sine",
    "mobilenet",
    "pinn",
    "real_nvp",
    "resnet",
    "seq2seq",
    "siamese",
    "unet",
    "vae",
    "vit",
    "wgan_gp",
    "word_model",
)
