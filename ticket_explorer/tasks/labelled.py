"""Images and their labels, as read from files: NumPy only."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8


@dataclass(frozen=True)
class LabelledImages:
    """The images of one split, in the order of the data set."""

    images: UInt8[np.ndarray, "n height width channels"]
    labels: UInt8[np.ndarray, " n"]


@dataclass(frozen=True)
class Splits:
    """The two splits every image data set here has."""

    train: LabelledImages
    test: LabelledImages
