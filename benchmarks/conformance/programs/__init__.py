"""Programs as they are written for PyTorch, with other imports. Each has `build()`, a model, and `train(model)`, losses."""

NAMES = (
    "custom_function",
    "dcgan",
    "gpt",
    "lbfgs_sine",
    "mobilenet",
    "resnet",
    "seq2seq",
    "siamese",
    "unet",
    "vae",
    "wgan_gp",
    "word_model",
)
