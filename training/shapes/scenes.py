"""Scenes of one to three shapes on a plain background: what there is, where, and what of it a caption says.

A scene is a function of (seed, index) alone, so a data set is a pair of numbers, and every process of a distributed
run can draw its own part. Coordinates are pixels of a 128x128 picture, x to the right and y down.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

SIZE = 128

SHAPES = ("circle", "square", "triangle", "star", "cross", "heart")
# sRGB, far enough from each other and from every background that blurred pictures stay told apart.
COLOURS = {
    "red": (214, 39, 40), "orange": (255, 140, 20), "yellow": (250, 225, 60), "green": (40, 160, 60),
    "blue": (45, 85, 225), "purple": (125, 50, 170), "pink": (250, 130, 190), "cyan": (50, 205, 220),
}
BACKGROUNDS = {"white": (245, 245, 245), "black": (20, 20, 20), "gray": (128, 128, 128), "tan": (210, 180, 140)}
# Half extents in pixels. The bands do not touch, so that a size can be told from a picture.
SIZES = {"small": (11.0, 13.5), "medium": (17.0, 20.0), "large": (25.0, 28.0)}
RELATIONS = ("left of", "right of", "above", "below")
# Position words: the third of the picture on each axis that holds the object's centre.
POSITIONS = {
    "top left": (0, 0), "top": (1, 0), "top right": (2, 0), "left": (0, 1), "center": (1, 1), "right": (2, 1),
    "bottom left": (0, 2), "bottom": (1, 2), "bottom right": (2, 2),
}
# Where a centre may be when its position is said: clear of the thirds' borders, at 48 and 80, from which the checker judges.
ZONES = ((0.0, 44.0), (54.0, 74.0), (84.0, 128.0))
ZONE_BORDERS = (48.0, 80.0)
# Of the distance between two centres, along the relation's axis; and how much larger than across it.
RELATION_DISTANCE, RELATION_DOMINANCE = 30.0, 1.3
# Free pixels between any two objects, and between an object and the picture's edge.
GAP, MARGIN = 5.0, 3.0
# No shape reaches beyond this many half extents from its centre (a square's corners do most).
REACH = 1.15

COUNT_WEIGHTS = (0.4, 0.45, 0.15)
POSITION_SAID, RELATION_SAID, BACKGROUND_SAID = 0.5, 0.75, 0.9
# One of this many scenes is never trained on, by what its caption says.
HELD_OUT_PART = 20


@dataclass(frozen=True)
class Item:
    """One object: shape, colour and size by name, centre and half extent in pixels."""

    shape: str
    colour: str
    size: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Scene:
    """What is drawn, and what of it the caption says: `position` is of the only object, `relation` of the first to the
    second; None where nothing is said."""

    items: tuple[Item, ...]
    background: str
    position: str | None = None
    relation: str | None = None
    background_said: bool = True

    def key(self) -> str:
        """All that a caption of this scene may say, in one spelling."""
        objects = ",".join(f"{item.size} {item.colour} {item.shape}" for item in self.items)
        return f"{objects}|{self.relation}|{self.position}|{self.background if self.background_said else None}"

    def held_out(self) -> bool:
        return zlib.crc32(self.key().encode()) % HELD_OUT_PART == 0


def generator(seed: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, index]))


def _pick(random: np.random.Generator, names) -> str:
    return str(list(names)[random.integers(len(names))])


def _bounds(radius: float) -> tuple[float, float]:
    edge = REACH * radius + MARGIN
    return edge, SIZE - edge


def _place(random: np.random.Generator, radius: float, zone: tuple[int, int] | None = None) -> tuple[float, float]:
    low, high = _bounds(radius)
    if zone is None:
        return random.uniform(low, high), random.uniform(low, high)
    x, y = (random.uniform(max(low, ZONES[part][0]), min(high, ZONES[part][1])) for part in zone)
    return x, y


def _apart(first: Item, second: Item) -> bool:
    distance = np.hypot(first.x - second.x, first.y - second.y)
    return bool(distance >= REACH * (first.radius + second.radius) + GAP)


def related(relation: str, dx: float, dy: float, distance: float, dominance: float) -> bool:
    """Whether an object at (dx, dy) from another's centre is `relation` it: by `distance` pixels and clearly so."""
    along, across = {"left of": (-dx, dy), "right of": (dx, dy), "above": (-dy, dx), "below": (dy, dx)}[relation]
    return along >= distance and along >= dominance * abs(across)


def _attempt(random: np.random.Generator, count: int) -> Scene | None:
    """A scene of `count` objects, or None when the objects drawn do not fit."""
    # Two objects of one colour and shape could not be told apart by a caption.
    kinds: list[tuple[str, str]] = []
    while len(kinds) < count:
        kind = (_pick(random, SHAPES), _pick(random, COLOURS))
        if kind not in kinds:
            kinds.append(kind)
    sizes = [_pick(random, SIZES) for _ in range(count)]
    if count == 3 and sizes.count("large") > 1:
        return None
    radii = [random.uniform(*SIZES[size]) for size in sizes]
    background = _pick(random, BACKGROUNDS)
    background_said = bool(random.random() < BACKGROUND_SAID)
    position = relation = None
    if count == 1 and random.random() < POSITION_SAID:
        position = _pick(random, POSITIONS)
    if count == 2 and random.random() < RELATION_SAID:
        relation = _pick(random, RELATIONS)

    # Positions are tried often, kinds are kept: otherwise large objects would be rare.
    for _ in range(40):
        places = [_place(random, radius, POSITIONS[position] if position else None) for radius in radii]
        items = tuple(Item(shape, colour, size, x, y, radius)
                      for (shape, colour), size, (x, y), radius in zip(kinds, sizes, places, radii))
        if any(not _apart(a, b) for i, a in enumerate(items) for b in items[:i]):
            continue
        if relation and not related(relation, items[0].x - items[1].x, items[0].y - items[1].y, RELATION_DISTANCE,
                                    RELATION_DOMINANCE):
            continue
        return Scene(items, background, position, relation, background_said)
    return None


def scene(seed: int, index: int, held_out: bool = False, count: int | None = None) -> Scene:
    """Scene `index` of the data set `seed`: of the training part, or of the held-out part; of `count` objects if given."""
    random = generator(seed, index)
    while True:
        number = count or int(random.choice(3, p=COUNT_WEIGHTS)) + 1
        result = _attempt(random, number)
        if result is not None and result.held_out() == held_out:
            return result
