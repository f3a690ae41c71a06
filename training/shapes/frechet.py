"""The Fréchet distance between two sets of pictures, by the features of a classifier (Heusel et al. 2017, "GANs
trained by a two time-scale update rule converge to a local Nash equilibrium", section 3 and equation 6).

Each set is taken for a Gaussian: d^2 = |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). From N pictures the distance
comes out too large, by an amount that falls as 1/N and grows with the number of features: even of two sets of one
distribution it is not zero. So distances are compared at one number of pictures only, and beside them stands that of
as many true pictures (`frechet_true`), which is what a perfect model would get.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .draw import draw
from .scenes import scene

# True pictures that drawn ones are compared with: held-out scenes, but none of the evaluation's.
REFERENCE_SEED, REFERENCE_COUNT = 22, 2000


@dataclass(frozen=True)
class Gaussian:
    """Mean f64 [d] and covariance f64 [d, d] of features."""

    mean: np.ndarray
    covariance: np.ndarray


def gaussian(features: np.ndarray) -> Gaussian:
    """Of features [N, d], with the unbiased covariance; of rank N - 1 at most."""
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"expected the features of two pictures or more, got an array {list(features.shape)}")
    values = features.astype(np.float64)
    centred = values - values.mean(0)
    return Gaussian(values.mean(0), centred.T @ centred / (len(values) - 1))


def _root(matrix: np.ndarray) -> np.ndarray:
    """The square root of a symmetric positive semidefinite matrix; rounding may have put eigenvalues below zero."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def frechet_distance(one: Gaussian, other: Gaussian) -> float:
    """d^2. C1 C2 is not symmetric, but has the eigenvalues of C1^(1/2) C2 C1^(1/2), which is; so the trace of its root
    takes symmetric decompositions alone, and a singular covariance does no harm."""
    root = _root(one.covariance)
    product = root @ other.covariance @ root
    trace_of_root = np.sqrt(np.linalg.eigvalsh((product + product.T) / 2).clip(min=0)).sum()
    distance = np.square(one.mean - other.mean).sum() + np.trace(one.covariance) + np.trace(other.covariance) - 2 * trace_of_root
    return max(0.0, float(distance))


def true_pictures(seed: int, count: int) -> np.ndarray:
    """The pictures of held-out scenes, uint8 [N, 128, 128, 3]."""
    return np.stack([draw(scene(seed, index, held_out=True)) for index in range(count)])
