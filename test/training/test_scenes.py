#!/usr/bin/env python3
"""Scenes, captions and pictures: the same every time, as their rules say, and with held-out captions never trained on.
SPDX-License-Identifier: Apache-2.0
"""
import unittest
import zlib

import numpy as np

from shapes import scenes
from shapes.captions import caption, words
from shapes.draw import PREDICATES, coverage, draw
from shapes.scenes import (BACKGROUNDS, COLOURS, GAP, MARGIN, POSITIONS, REACH, RELATIONS, SHAPES, SIZE, SIZES, ZONES,
                           generator, related, scene)

SOME = [scene(11, index) for index in range(1500)]


class Scenes(unittest.TestCase):
    def test_a_scene_depends_on_seed_and_index_alone(self):
        self.assertEqual(scene(1, 7), scene(1, 7))
        self.assertEqual(len({scene(seed, index).key() + str(scene(seed, index).items[0].x)
                              for seed in range(3) for index in range(20)}), 60)

    def test_the_data_set_is_this_one(self):
        # A change of these numbers is a change of the data that every trained weight came from.
        pictures = b"".join(draw(scene(1, index)).tobytes() for index in range(20))
        texts = "\n".join(caption(scene(1, index), generator(4, index)) for index in range(20))
        self.assertEqual((zlib.crc32(pictures), zlib.crc32(texts.encode())), (PICTURES_CRC, TEXTS_CRC))

    def test_everything_there_is_occurs(self):
        items = [item for one in SOME for item in one.items]
        for field, names in (("shape", SHAPES), ("colour", COLOURS), ("size", SIZES)):
            counts = [sum(getattr(item, field) == name for item in items) for name in names]
            self.assertEqual(sum(counts), len(items))
            # No name is rarer than half of its share.
            self.assertGreater(min(counts), len(items) / len(names) / 2, field)
        self.assertEqual({one.background for one in SOME}, set(BACKGROUNDS))
        self.assertEqual({one.position for one in SOME}, {None, *POSITIONS})
        self.assertEqual({one.relation for one in SOME}, {None, *RELATIONS})
        self.assertEqual({len(one.items) for one in SOME}, {1, 2, 3})

    def test_objects_lie_inside_and_apart(self):
        for one in SOME:
            for index, item in enumerate(one.items):
                for centre in (item.x, item.y):
                    self.assertGreaterEqual(min(centre, SIZE - centre), REACH * item.radius + MARGIN - 1e-9)
                for other in one.items[:index]:
                    self.assertGreaterEqual(np.hypot(item.x - other.x, item.y - other.y),
                                            REACH * (item.radius + other.radius) + GAP)
                    self.assertNotEqual((item.shape, item.colour), (other.shape, other.colour))

    def test_positions_and_relations_are_so(self):
        for one in SOME:
            if one.position:
                for value, part in zip((one.items[0].x, one.items[0].y), POSITIONS[one.position]):
                    self.assertTrue(ZONES[part][0] <= value <= ZONES[part][1])
            if one.relation:
                dx, dy = one.items[0].x - one.items[1].x, one.items[0].y - one.items[1].y
                holding = [name for name in RELATIONS if related(name, dx, dy, scenes.RELATION_DISTANCE, scenes.RELATION_DOMINANCE)]
                self.assertEqual(holding, [one.relation])

    def test_held_out_scenes_are_never_trained_on(self):
        held_out = {scene(11, index, held_out=True).key() for index in range(400)}
        self.assertFalse(held_out & {one.key() for one in SOME})
        self.assertTrue(all(scene(11, index, count=2).items[1] for index in range(20)))

    def test_captions_name_what_they_should(self):
        known = set(words())
        for index, one in enumerate(SOME):
            text = caption(one, generator(4, index))
            self.assertLessEqual(set(text.replace(",", " ,").split()), known, text)
            for item in one.items:
                self.assertIn(f"{item.colour} {item.shape}", text)
                sizes = [word for word in ("small", "little", "large", "big") if f"{word} {item.colour} {item.shape}" in text]
                self.assertEqual(len(sizes), 0 if item.size == "medium" else 1, text)
            self.assertEqual(one.background_said, any(name in text.split(one.items[-1].shape)[-1] for name in BACKGROUNDS), text)
            self.assertNotRegex(text, r"\ba [aeiou]|\ban [^aeiou]|  ")

    def test_captions_tell_first_from_second(self):
        one = next(one for one in SOME if one.relation == "left of")
        texts = {caption(one, generator(4, index)) for index in range(40)}
        self.assertGreater(len(texts), 5)
        for text in texts:
            first, second = (text.index(f"{item.colour} {item.shape}") for item in one.items)
            self.assertTrue(first < text.index("left of") < second, text)


class Drawing(unittest.TestCase):
    def test_shapes_are_centred_and_within_their_box(self):
        for shape in PREDICATES:
            alpha, _ = coverage(shape, 64, 64, 40)
            full = np.zeros((SIZE, SIZE), np.float32)
            full[coverage(shape, 64, 64, 40)[1]] = alpha
            rows, columns = np.flatnonzero(full.max(1) > 0.5), np.flatnonzero(full.max(0) > 0.5)
            for line in (rows, columns):
                self.assertAlmostEqual((line[0] + line[-1] + 1) / 2, 64, delta=1.1, msg=shape)
                self.assertTrue(0.8 * 80 <= line[-1] - line[0] + 1 <= 1.08 * 80 + 1, shape)
            np.testing.assert_allclose(full, full[:, ::-1], atol=0.13, err_msg=shape)

    def test_edges_are_anti_aliased(self):
        alpha, _ = coverage("circle", 20.3, 20.6, 10)
        self.assertEqual((alpha.min(), alpha.max()), (0, 1))
        self.assertGreater(((alpha > 0) & (alpha < 1)).sum(), 40)
        self.assertAlmostEqual(float(alpha.sum()), np.pi * 9.5**2, delta=1.5)

    def test_a_shape_outside_covers_nothing(self):
        self.assertEqual(coverage("star", -50, 20, 10)[0].size, 0)

    def test_pictures_have_their_colours(self):
        one = SOME[0]
        picture = draw(one)
        self.assertEqual(tuple(picture[0, 0]), BACKGROUNDS[one.background])
        for item in one.items:
            if item.shape in ("circle", "square", "cross"):
                self.assertEqual(tuple(picture[int(item.y), int(item.x)]), COLOURS[item.colour])


PICTURES_CRC, TEXTS_CRC = 3571123311, 3336987575

if __name__ == "__main__":
    unittest.main()
