"""Draws scenes with numpy: anti-aliased shapes on a plain background.

Every shape is a predicate on points in units of its half extent, with the bounding box centred on the origin; a
pixel's coverage is the part of its sample points inside. The checker fits the same coverages to what it finds.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import math

import numpy as np

from .scenes import BACKGROUNDS, COLOURS, SIZE, Scene

# Sample points per pixel and axis.
SAMPLES = 4
Points = np.ndarray


def _circle(x: Points, y: Points) -> Points:
    return x * x + y * y <= 0.95 * 0.95


def _square(x: Points, y: Points) -> Points:
    return np.maximum(abs(x), abs(y)) <= 0.81


def _triangle(x: Points, y: Points) -> Points:
    # Equilateral, point up, with the middle of its height at the origin.
    half_height = 0.866
    return (y <= half_height) & (math.sqrt(3) * abs(x) <= y + half_height)


def _star(x: Points, y: Points) -> Points:
    # A pentagram is where at least four of its five lines have the centre's side. Circumradius 1.1; its box reaches from
    # -1 to cos 36 degrees of it, so the centre lies below the middle.
    radius = 1.1
    y = y - radius * (1 - math.cos(math.pi / 5)) / 2
    inner = radius * math.cos(2 * math.pi / 5)
    inside = np.zeros(np.broadcast(x, y).shape, np.int8)
    for k in range(5):
        angle = -math.pi / 2 + 2 * math.pi * k / 5  # the tips' directions, the first up
        inside += math.cos(angle) * x + math.sin(angle) * y <= inner
    return inside >= 4


def _cross(x: Points, y: Points) -> Points:
    longer, shorter = np.maximum(abs(x), abs(y)), np.minimum(abs(x), abs(y))
    return (longer <= 0.98) & (shorter <= 0.32)


def _heart(x: Points, y: Points) -> Points:
    # A square on its corner with a half disc on each of its upper sides. Half diagonal d: the discs' radius is d/sqrt(2);
    # from y = -d/2 - d/sqrt(2) to y = d, then moved so that the box is centred.
    d = 0.83
    radius = d / math.sqrt(2)
    y = y + (d - d / 2 - radius) / 2
    square = abs(x) + abs(y) <= d
    discs = (abs(x) - d / 2) ** 2 + (y + d / 2) ** 2 <= radius * radius
    return square | discs


PREDICATES = {"circle": _circle, "square": _square, "triangle": _triangle, "star": _star, "cross": _cross,
              "heart": _heart}
# Beyond this many half extents from its centre, on either axis, no shape has points.
BOX = 1.08


def coverage(shape: str, x: float, y: float, radius: float, size: int = SIZE) -> tuple[np.ndarray, tuple[slice, slice]]:
    """The part of each pixel that a shape covers, f32 in 0 to 1, and the rows and columns it stands for."""
    top, left = (max(0, math.floor(centre - BOX * radius)) for centre in (y, x))
    bottom, right = (min(size, math.ceil(centre + BOX * radius) + 1) for centre in (y, x))
    if bottom <= top or right <= left:
        return np.zeros((0, 0), np.float32), (slice(0, 0), slice(0, 0))
    offsets = (np.arange(SAMPLES, dtype=np.float32) + 0.5) / SAMPLES

    def axis(first: int, last: int, centre: float) -> np.ndarray:
        points = (np.arange(first, last, dtype=np.float32)[:, None] + offsets).reshape(-1)
        return (points - np.float32(centre)) / np.float32(radius)

    inside = PREDICATES[shape](axis(left, right, x)[None, :], axis(top, bottom, y)[:, None])
    cells = inside.reshape(bottom - top, SAMPLES, right - left, SAMPLES)
    return cells.mean(axis=(1, 3), dtype=np.float32), (slice(top, bottom), slice(left, right))


def draw(scene: Scene) -> np.ndarray:
    """The picture of a scene, uint8 [128, 128, 3]."""
    picture = np.empty((SIZE, SIZE, 3), np.float32)
    picture[:] = BACKGROUNDS[scene.background]
    for item in scene.items:
        alpha, where = coverage(item.shape, item.x, item.y, item.radius)
        colour = np.array(COLOURS[item.colour], np.float32)
        picture[where] += alpha[..., None] * (colour - picture[where])
    return np.rint(picture).astype(np.uint8)
