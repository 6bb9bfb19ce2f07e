"""The way that a search took: principal components of its means over generations, through where it ended.

Li, Xu, Taylor, Studer & Goldstein (2018), Visualizing the Loss Landscape of Neural Nets, NeurIPS, section 7.2: the
components of [θ_0 − θ_n, …, θ_{n−1} − θ_n]. Random directions are all but orthogonal to a way in so many dimensions,
and show nothing of it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

SAMPLES = 16
"""Parts of a round, at whose ends its mean is sampled: what is kept of a round while it runs."""


@dataclass(frozen=True)
class Way:
    """Of R replicates, W samples: the start, those during the round, and its end."""

    generations: Int[np.ndarray, " W"]
    components: Float[np.ndarray, "R 2 D"]
    """Orthonormal, that of the most variance first."""
    coordinates: Float[np.ndarray, "R W 2"]
    """Of the samples, from the end: the last one is zero."""
    explained: Float[np.ndarray, "R 2"]
    """The share of the way's variance that each component has, in [0, 1]."""


def marks(generations: int) -> tuple[int, ...]:
    """The generations after which a round's mean is sampled, ascending: neither its start nor its end."""
    return tuple(sorted({round(part * generations / SAMPLES) for part in range(1, SAMPLES)} - {0, generations}))


def way_of(generations: Int[np.ndarray, " W"], means: Float[np.ndarray, "R W D"]) -> Way:
    """The way through some means, the last of which is the end; of length 0 if they are NaN or infinite.

    The components come of the W × W matrix of products between the samples: D is never squared.
    """
    found = [_of_replicate(samples - samples[-1]) for samples in means.astype(np.float32)]
    components, coordinates, explained = (np.stack(arrays) for arrays in zip(*found, strict=True))
    return Way(generations, components, coordinates, explained)


def _of_replicate(samples: Float[np.ndarray, "W D"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    samples = samples if np.isfinite(samples).all() else np.zeros_like(samples)
    products = samples.astype(float) @ samples.T
    values, vectors = np.linalg.eigh(products)
    leading, combinations = np.maximum(values[::-1][:2], 0.0), vectors[:, ::-1][:, :2]
    lengths = np.sqrt(leading)
    components = (combinations.T @ samples) / np.where(lengths > 0, lengths, 1.0)[:, None]
    coordinates = samples @ components.T
    total = max(float(np.trace(products)), np.finfo(float).tiny)
    return components.astype(np.float32), coordinates.astype(np.float32), (leading / total).astype(np.float32)
