"""From pictures to Tensors, and how pictures are varied while a network learns; torchvision's names.

    batches.py     functions of a batch of images: `to_float`, `normalize`, `random_crop` ...    read this first
    pictures.py    what kinds of images there are, and how one function comes to work on all of them
    shapes.py      Resize, crops, flips and padding
    turning.py     RandomRotation, RandomAffine, RandomPerspective, RandomErasing, GaussianBlur
    colours.py     ColorJitter, Grayscale and the like
    policies.py    RandAugment, TrivialAugmentWide: one of many changes, drawn for each picture
    composing.py   Compose, RandomApply and other orders; from pictures to Tensors and back

Each is called with a picture of PIL, with one image (C, H, W) or with a batch (N, C, H, W), as an array or a Tensor,
and returns what it was given. In a batch each image is varied on its own.

The rule: random numbers come from `generator` if it is given, else from the loader's generator of the batch, else from
the default one. So the same seed gives the same pictures, with any number of workers.
"""

from .batches import normalize, random_crop, random_horizontal_flip, random_shift, to_float
from .colours import (
    ColorJitter,
    Grayscale,
    RandomAdjustSharpness,
    RandomAutocontrast,
    RandomEqualize,
    RandomGrayscale,
    RandomInvert,
    RandomPosterize,
    RandomSolarize,
)
from .composing import (
    Compose,
    ConvertImageDtype,
    Lambda,
    Normalize,
    PILToTensor,
    RandomApply,
    RandomChoice,
    RandomOrder,
    ToPILImage,
    ToTensor,
)
from .pictures import InterpolationMode
from .policies import RandAugment, TrivialAugmentWide
from .shapes import (
    CenterCrop,
    FiveCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
    TenCrop,
)
from .turning import GaussianBlur, RandomAffine, RandomErasing, RandomPerspective, RandomRotation

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "FiveCrop",
    "GaussianBlur",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandAugment",
    "RandomAdjustSharpness",
    "RandomAffine",
    "RandomApply",
    "RandomAutocontrast",
    "RandomChoice",
    "RandomCrop",
    "RandomEqualize",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomInvert",
    "RandomOrder",
    "RandomPerspective",
    "RandomPosterize",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSolarize",
    "RandomVerticalFlip",
    "Resize",
    "TenCrop",
    "ToPILImage",
    "ToTensor",
    "TrivialAugmentWide",
    "normalize",
    "random_crop",
    "random_horizontal_flip",
    "random_shift",
    "to_float",
]
