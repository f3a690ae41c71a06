"""Reads pictures back: which objects are there, of what colour, shape and size, where, and if a caption holds.

No learning: the background is the border's colour; connected regions that differ from it are objects; an object's
colour is that of its inside, its shape the one whose drawn coverage, fitted by centre and area, overlaps most. Judged
by overlap, the slight blur of a decoder costs every shape alike.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass

import numpy as np

from .draw import PREDICATES, coverage
from .scenes import (BACKGROUNDS, COLOURS, POSITIONS, SHAPES, SIZE, SIZES, ZONE_BORDERS, Item, Scene, related)

# Distance in sRGB from the background beyond which a pixel belongs to an object: half of the least between any colour and any
# background (pink on tan, 81).
FOREGROUND = 40.0
# Farther than this from every colour of the palette, a colour has no name.
COLOUR_RADIUS = 60.0
# Smaller regions are specks of the decoder; the smallest object, a small star, has 120 pixels.
LEAST_AREA = 25
# Overlap (intersection over union of coverages) below which a region is no known shape.
LEAST_OVERLAP = 0.75
# How far a relation must hold: less than what scenes ask for, since pictures may be off by some pixels.
RELATION_DISTANCE, RELATION_DOMINANCE = 12.0, 1.0
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Found:
    """An object of a picture; `overlap` tells how well the shape fits."""

    shape: str
    colour: str
    size: str
    x: float
    y: float
    radius: float
    overlap: float


@dataclass(frozen=True)
class Verdict:
    """What of a caption holds. `agrees` is all of it."""

    background: bool
    count: bool
    colours: bool
    shapes: bool
    sizes: bool
    position: bool
    relation: bool

    @property
    def agrees(self) -> bool:
        return all((self.background, self.count, self.colours, self.shapes, self.sizes, self.position, self.relation))


def nearest(colour: np.ndarray, palette: dict[str, tuple[int, int, int]]) -> str:
    """The palette's nearest name, or UNKNOWN."""
    names = list(palette)
    distances = np.linalg.norm(np.array([palette[name] for name in names], np.float64) - colour, axis=1)
    best = int(distances.argmin())
    return names[best] if distances[best] <= COLOUR_RADIUS else UNKNOWN


def regions(mask: np.ndarray) -> list[np.ndarray]:
    """The 4-connected regions of a mask, as masks, by their first pixel in reading order."""
    parents: list[int] = []

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    labels = np.full(mask.shape, -1, np.int64)
    above: list[tuple[int, int, int]] = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
        runs = []
        for first, last in zip(edges[::2], edges[1::2]):
            touching = [label for begin, end, label in above if begin < last and first < end]
            label = len(parents)
            parents.append(label)
            for other in touching:
                low, high = sorted((root(label), root(other)))
                parents[high] = low
            labels[row, first:last] = label
            runs.append((first, last, label))
        above = runs
    roots = np.array([root(label) for label in range(len(parents))] + [-1])
    labels = roots[labels]
    return [labels == label for label in np.unique(labels[labels >= 0])]


def _spread(mask: np.ndarray, steps: int) -> np.ndarray:
    """A mask grown by `steps` pixels along the axes; shrunk when negative."""
    mask = mask if steps > 0 else ~mask
    for _ in range(abs(steps)):
        padded = np.pad(mask, 1)
        mask = mask | padded[2:, 1:-1] | padded[:-2, 1:-1] | padded[1:-1, 2:] | padded[1:-1, :-2]
    return mask if steps > 0 else ~mask


@functools.cache
def _moments(shape: str) -> tuple[float, float, float]:
    """Area, and centre of gravity, of a shape of half extent 1."""
    axis = (np.arange(600) + 0.5) / 250 - 1.2
    inside = PREDICATES[shape](axis[None, :], axis[:, None])
    area = inside.mean() * 2.4 * 2.4
    return area, float((inside * axis[None, :]).sum() / inside.sum()), float((inside * axis[:, None]).sum() / inside.sum())


def _overlap(alpha: np.ndarray, shape: str, x: float, y: float, radius: float) -> float:
    drawn, where = coverage(shape, x, y, radius)
    common = float(np.minimum(drawn, alpha[where]).sum())
    return common / max(1e-6, float(drawn.sum()) + float(alpha.sum()) - common)


# Overlap, centre and half extent of a copy of a shape.
Fit = tuple[float, float, float, float]


def _by_moments(alpha: np.ndarray, shape: str) -> Fit:
    """The copy of the same area and centre of gravity."""
    area, cx, cy = _moments(shape)
    total = float(alpha.sum())
    radius = math.sqrt(total / area)
    rows, columns = np.indices(alpha.shape) + 0.5
    x, y = float((alpha * columns).sum() / total) - cx * radius, float((alpha * rows).sum() / total) - cy * radius
    return _overlap(alpha, shape, x, y, radius), x, y, radius


def _climb(alpha: np.ndarray, shape: str, best: Fit) -> Fit:
    """A better copy, by small steps uphill."""
    for step in (1.0, 0.4):
        improved = True
        while improved:
            improved = False
            for dx, dy, dr in ((step, 0, 0), (-step, 0, 0), (0, step, 0), (0, -step, 0), (0, 0, step), (0, 0, -step)):
                x, y, radius = best[1] + dx, best[2] + dy, best[3] + dr
                if radius > 1 and (overlap := _overlap(alpha, shape, x, y, radius)) > best[0] + 1e-4:
                    best, improved = (overlap, x, y, radius), True
    return best


def size_of(radius: float) -> str:
    """The size whose band of half extents is nearest."""
    return min(SIZES, key=lambda size: max(SIZES[size][0] - radius, radius - SIZES[size][1], 0.0))


def _identify(picture: np.ndarray, region: np.ndarray, background: np.ndarray) -> Found:
    inside = region
    for steps in (3, 2, 1):
        if (shrunk := _spread(region, -steps)).sum() >= 9:
            inside = shrunk
            break
    colour = np.median(picture[inside], axis=0)
    # How much of each pixel is the object's colour, by projection on the line from the background's; the halo of a blur counts.
    line = colour - background
    alpha = np.clip((picture - background) @ line / max(1.0, float(line @ line)), 0, 1) * _spread(region, 3)
    fits = {shape: _by_moments(alpha, shape) for shape in SHAPES}
    # The others are too far behind to win.
    likely = sorted(fits, key=lambda name: -fits[name][0])[:3]
    fits = {shape: _climb(alpha, shape, fits[shape]) for shape in likely}
    shape = max(fits, key=lambda name: fits[name][0])
    overlap, x, y, radius = fits[shape]
    name = shape if overlap >= LEAST_OVERLAP else UNKNOWN
    return Found(name, nearest(colour, COLOURS), size_of(radius), x, y, radius, overlap)


def inspect(picture: np.ndarray) -> tuple[str, list[Found]]:
    """The background's name and the objects of a picture, uint8 [128, 128, 3]."""
    if picture.shape != (SIZE, SIZE, 3):
        raise ValueError(f"expected a picture of {SIZE}x{SIZE}x3, got {'x'.join(map(str, picture.shape))}")
    values = picture.astype(np.float64)
    # Objects keep a margin, so the border is background.
    border = np.concatenate([values[:2].reshape(-1, 3), values[-2:].reshape(-1, 3), values[:, :2].reshape(-1, 3),
                             values[:, -2:].reshape(-1, 3)])
    background = np.median(border, axis=0)
    mask = np.linalg.norm(values - background, axis=2) > FOREGROUND
    objects = [region for region in regions(mask) if region.sum() >= LEAST_AREA]
    return nearest(background, BACKGROUNDS), [_identify(values, region, background) for region in objects]


def _zone(value: float) -> int:
    return sum(value >= border for border in ZONE_BORDERS)


def _judge(scene: Scene, background: str, objects: list[Found | None], count: int) -> Verdict:
    """With objects[i] taken for scene.items[i]."""
    pairs: list[tuple[Item, Found | None]] = list(zip(scene.items, objects))
    position = relation = True
    if scene.position:
        there = objects[0]
        position = there is not None and (_zone(there.x), _zone(there.y)) == POSITIONS[scene.position]
    if scene.relation:
        first, second = objects[:2]
        relation = first is not None and second is not None and related(
            scene.relation, first.x - second.x, first.y - second.y, RELATION_DISTANCE, RELATION_DOMINANCE)
    return Verdict(
        background=not scene.background_said or background == scene.background,
        count=count == len(scene.items),
        colours=all(found is not None and found.colour == item.colour for item, found in pairs),
        shapes=all(found is not None and found.shape == item.shape for item, found in pairs),
        # No size is said of a medium object, so any will do.
        sizes=all(found is not None and item.size in ("medium", found.size) for item, found in pairs),
        position=position, relation=relation)


def judge(scene: Scene, picture: np.ndarray) -> Verdict:
    """Whether a picture shows what the scene's caption says, with its objects matched as well as they can be."""
    background, found = inspect(picture)
    count = len(scene.items)
    candidates: list[Found | None] = [*found, *([None] * count)]
    # Among many objects a matching would not save the count.
    matchings = itertools.permutations(candidates, count) if len(found) <= 6 else [tuple(candidates[:count])]
    verdicts = [_judge(scene, background, list(matching), len(found)) for matching in matchings]
    return max(verdicts, key=lambda verdict: (verdict.agrees, verdict.colours + verdict.shapes + verdict.sizes
                                              + verdict.position + verdict.relation))
