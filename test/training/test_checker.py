#!/usr/bin/env python3
"""The checker's own accuracy: on true pictures, on blurred and noisy ones, and that it refuses pictures of something else.
SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import unittest

import numpy as np
from PIL import Image, ImageFilter

from shapes.checker import FOREGROUND, Verdict, inspect, judge, regions
from shapes.draw import draw
from shapes.scenes import BACKGROUNDS, COLOURS, Item, Scene, scene

COUNT = 200


def blurred(picture, radius):
    return np.array(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def altered(one, **fields):
    """The scene with its first object changed."""
    return dataclasses.replace(one, items=(dataclasses.replace(one.items[0], **fields), *one.items[1:]))


def single(**fields):
    item = Item(**{"shape": "star", "colour": "red", "size": "small", "x": 40.0, "y": 90.0, "radius": 12.0, **fields})
    return Scene((item,), "white")


class Accuracy(unittest.TestCase):
    def agreement(self, change):
        return np.mean([judge(one, change(draw(one))).agrees for one in (scene(21, index) for index in range(COUNT))])

    def test_on_true_pictures(self):
        self.assertGreaterEqual(self.agreement(lambda picture: picture), 0.99)

    def test_on_blurred_pictures(self):
        self.assertGreaterEqual(self.agreement(lambda picture: blurred(picture, 1.0)), 0.99)

    def test_on_noisy_pictures(self):
        random = np.random.default_rng(3)
        self.assertGreaterEqual(self.agreement(
            lambda picture: np.clip(picture + random.normal(0, 5, picture.shape), 0, 255).astype(np.uint8)), 0.99)

    def test_every_part_of_a_scene_is_read_back(self):
        for index in range(40):
            one = scene(22, index)
            background, found = inspect(draw(one))
            self.assertEqual(background, one.background)
            self.assertEqual(sorted((item.shape, item.colour, item.size) for item in one.items),
                             sorted((item.shape, item.colour, item.size) for item in found))
            for item in one.items:
                nearest = min(found, key=lambda other: np.hypot(other.x - item.x, other.y - item.y))
                self.assertLess(np.hypot(nearest.x - item.x, nearest.y - item.y), 1)
                self.assertAlmostEqual(nearest.radius, item.radius, delta=0.7)


class Refusals(unittest.TestCase):
    """Each picture differs from the caption in one thing, and the verdict names that one."""

    def assert_fails(self, caption_of, picture, *failing):
        verdict = judge(caption_of, picture)
        fields = [field.name for field in dataclasses.fields(Verdict) if not getattr(verdict, field.name)]
        self.assertEqual(fields, list(failing))
        self.assertFalse(verdict.agrees)

    def test_another_shape_or_colour_or_size(self):
        for shape in ("circle", "square", "triangle", "cross", "heart"):
            self.assert_fails(single(shape=shape), draw(single()), "shapes")
        for colour in COLOURS:
            if colour != "red":
                self.assert_fails(single(colour=colour), draw(single()), "colours")
        self.assert_fails(single(size="large"), draw(single()), "sizes")

    def test_a_size_that_is_not_said_may_be_any(self):
        self.assertTrue(judge(single(size="medium"), draw(single())).agrees)

    def test_another_background(self):
        for background in BACKGROUNDS:
            if background != "white":
                self.assert_fails(dataclasses.replace(single(), background=background), draw(single()), "background")
        self.assertTrue(judge(dataclasses.replace(single(), background="tan", background_said=False), draw(single())).agrees)

    def test_another_position(self):
        one = dataclasses.replace(single(x=30.0, y=30.0), position="top left")
        self.assertTrue(judge(one, draw(one)).agrees)
        self.assert_fails(one, draw(altered(one, x=100.0)), "position")

    def test_another_relation(self):
        one = next(one for one in (scene(23, index, count=2) for index in range(100)) if one.relation == "above")
        self.assertTrue(judge(one, draw(one)).agrees)
        self.assert_fails(dataclasses.replace(one, relation="below"), draw(one), "relation")
        self.assert_fails(dataclasses.replace(one, relation="left of"), draw(one), "relation")

    def test_an_object_too_few_or_too_many(self):
        two = next(one for one in (scene(24, index, count=2) for index in range(100)) if not one.relation)
        fewer = dataclasses.replace(two, items=two.items[:1])
        self.assert_fails(fewer, draw(two), "count")
        self.assert_fails(two, draw(fewer), "count", "colours", "shapes", "sizes")

    def test_colours_that_changed_places(self):
        for index in range(100):
            one = scene(25, index, count=2)
            first, second = one.items
            if first.shape != second.shape and first.colour != second.colour:
                swapped = dataclasses.replace(one, items=(dataclasses.replace(first, colour=second.colour),
                                                          dataclasses.replace(second, colour=first.colour)))
                self.assertFalse(judge(one, draw(swapped)).agrees)

    def test_pictures_of_nothing(self):
        random = np.random.default_rng(1)
        for picture in (np.full((128, 128, 3), 245, np.uint8), random.integers(0, 256, (128, 128, 3)).astype(np.uint8),
                        np.full((128, 128, 3), 0, np.uint8)):
            self.assertFalse(judge(single(), picture).agrees)

    def test_a_blob_is_no_known_shape(self):
        picture = draw(single())
        picture[:] = BACKGROUNDS["white"]
        picture[40:44, 20:100] = COLOURS["red"]
        picture[44:100, 20:24] = COLOURS["red"]
        self.assertEqual([found.shape for found in inspect(picture)[1]], ["unknown"])

    def test_a_colour_between_colours_has_no_name(self):
        picture = draw(single())
        picture[(picture != BACKGROUNDS["white"]).any(axis=2)] = (20, 60, 10)
        self.assertEqual([found.colour for found in inspect(picture)[1]], ["unknown"])

    def test_a_picture_of_another_size_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "expected a picture of 128x128x3, got 64x64x3"):
            inspect(np.zeros((64, 64, 3), np.uint8))


class Regions(unittest.TestCase):
    def test_regions_join_through_later_rows(self):
        mask = np.array([[1, 0, 1, 0, 1], [1, 0, 1, 0, 0], [1, 1, 1, 0, 1]], bool)
        self.assertEqual([int(region.sum()) for region in regions(mask)], [7, 1, 1])
        self.assertEqual(regions(np.zeros((4, 4), bool)), [])

    def test_corners_do_not_join(self):
        self.assertEqual(len(regions(np.eye(5, dtype=bool))), 5)

    def test_colours_stand_out_from_backgrounds(self):
        least = min(np.linalg.norm(np.subtract(colour, background)) for colour in COLOURS.values()
                    for background in BACKGROUNDS.values())
        self.assertGreaterEqual(least, 2 * FOREGROUND)


if __name__ == "__main__":
    unittest.main()
