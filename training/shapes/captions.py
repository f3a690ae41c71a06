"""Captions: what a person might type to get a scene. Every word that training knows comes from here.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import re

import numpy as np

from .scenes import BACKGROUNDS, COLOURS, SHAPES, Item, Scene

SIZE_WORDS = {"small": ("small", "little"), "large": ("large", "big"), "medium": ("",)}
POSITION_PHRASES = {
    "top left": ("in the top left corner", "at the top left"), "top": ("at the top", "at the top center"),
    "top right": ("in the top right corner", "at the top right"), "left": ("on the left", "on the left side"),
    "center": ("in the center", "in the middle"), "right": ("on the right", "on the right side"),
    "bottom left": ("in the bottom left corner", "at the bottom left"), "bottom": ("at the bottom", "at the bottom center"),
    "bottom right": ("in the bottom right corner", "at the bottom right"),
}
RELATION_PHRASES = {
    "left of": ("to the left of", "left of"), "right of": ("to the right of", "right of"), "above": ("above", "over"),
    "below": ("below", "under"),
}
PREFIXES = ("", "", "", "a picture of ", "a drawing of ")


def words() -> list[str]:
    """Every word and mark that captions are made of, once."""
    tables = (SIZE_WORDS, POSITION_PHRASES, RELATION_PHRASES)
    phrases = [phrase for table in tables for phrases in table.values() for phrase in phrases]
    phrases += [*PREFIXES, *SHAPES, *COLOURS, *BACKGROUNDS, "a an and , on background"]
    return sorted({word for phrase in phrases for word in re.findall(r"[a-z]+|,", phrase)})


def _article(phrase: str) -> str:
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def _noun(item: Item, random: np.random.Generator, article: bool) -> str:
    words = SIZE_WORDS[item.size]
    size = words[random.integers(len(words))]
    phrase = f"{size} {item.colour} {item.shape}".strip()
    return _article(phrase) if article else phrase


def _choose(random: np.random.Generator, phrases: tuple[str, ...]) -> str:
    return phrases[random.integers(len(phrases))]


def caption(scene: Scene, random: np.random.Generator) -> str:
    """One of the captions of a scene. Sizes are said unless medium; position, relation and background where the scene
    says so."""
    article = bool(random.random() < 0.8)
    nouns = [_noun(item, random, article) for item in scene.items]
    if scene.position:
        objects = f"{nouns[0]} {_choose(random, POSITION_PHRASES[scene.position])}"
    elif scene.relation:
        objects = f"{nouns[0]} {_choose(random, RELATION_PHRASES[scene.relation])} {nouns[1]}"
    elif len(nouns) > 1:
        objects = f"{', '.join(nouns[:-1])} and {nouns[-1]}"
    else:
        objects = nouns[0]
    prefix = _choose(random, PREFIXES) if article else ""
    if not scene.background_said:
        return prefix + objects
    forms = (f"{prefix}{objects} on a {scene.background} background", f"{prefix}{objects} on {scene.background}",
             f"{prefix}{objects}, {scene.background} background")
    return _choose(random, forms)
