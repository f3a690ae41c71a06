#!/usr/bin/env python3
"""Evaluations: true pictures agree and are near, blank ones are neither; what is there is not computed again.
SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from shapes.classifier import SMALL_FEATURES, Classifier
from shapes.draw import draw
from shapes.evaluate import AGREEMENT, agreement, draw_cases, evaluate, frechet_judge, held_out_cases
from shapes.files import digest, read_lines

COUNT = 30
CASES = held_out_cases(COUNT)
IDENTITY = {"name": "true-8", "drawn_by": "test", "steps": 8, "captions": COUNT, "weights": "a", "classifier": None,
            "true_pictures": None}


class Painting:
    """Paints the scenes themselves, and counts how often it is loaded and asked."""

    def __init__(self):
        self.loaded, self.asked = 0, []

    def prepare(self):
        self.loaded += 1
        return self.paint

    def paint(self, prompts, first, steps, guidance):
        self.asked.append((first, len(prompts), steps, guidance))
        cases = CASES[first:first + len(prompts)]
        assert [case.prompt for case in cases] == prompts
        return np.stack([draw(case.scene) for case in cases])


class Evaluation(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.painting = Painting()

    def run_evaluation(self, identity, *guidance):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            evaluate(self.painting.prepare, identity, self.folder, list(guidance), None)
        return said.getvalue()

    def test_agreement_of_true_and_of_blank_pictures(self):
        true = agreement(CASES, draw_cases(self.painting.paint, CASES, 8, 1.0))
        self.assertEqual(self.painting.asked, [(0, 25, 8, 1.0), (25, 5, 8, 1.0)])
        self.assertEqual((true["all"]["agrees"], true["all"]["captions"]), (100, COUNT))
        self.assertEqual(sum(true[f"{objects} objects"]["captions"] for objects in (1, 2, 3)), COUNT)
        blank = agreement(CASES, np.full((COUNT, 128, 128, 3), 245, np.uint8))
        self.assertEqual((blank["all"]["agrees"], blank["all"]["count"]), (0, 0))

    def test_nothing_is_computed_twice(self):
        self.run_evaluation(IDENTITY, 1.0, 4.0)
        self.assertEqual((self.painting.loaded, len(self.painting.asked)), (1, 4))
        written = (self.folder / AGREEMENT).read_bytes()
        said = self.run_evaluation(IDENTITY, 1.0, 4.0)
        self.assertEqual((self.painting.loaded, len(self.painting.asked)), (1, 4))
        self.assertEqual(said.count("is there"), 2)
        self.assertEqual((self.folder / AGREEMENT).read_bytes(), written)
        # A scale more is one line more, and the others stay.
        self.run_evaluation(IDENTITY, 4.0, 7.0)
        self.assertEqual([guidance for *_, guidance in self.painting.asked[4:]], [7.0, 7.0])
        self.assertEqual([line["guidance"] for line in read_lines(self.folder / AGREEMENT)], [1.0, 4.0, 7.0])

    def test_other_weights_or_captions_take_the_place(self):
        self.run_evaluation(IDENTITY, 1.0)
        self.run_evaluation({**IDENTITY, "name": "other-8"}, 1.0)
        self.run_evaluation({**IDENTITY, "weights": "b"}, 1.0)
        self.assertEqual([(line["name"], line["weights"]) for line in read_lines(self.folder / AGREEMENT)],
                         [("other-8", "a"), ("true-8", "b")])
        self.run_evaluation({**IDENTITY, "weights": "b", "captions": 10}, 1.0)
        self.assertEqual(read_lines(self.folder / AGREEMENT)[-1]["captions"], 10)

    def test_digests_are_of_content(self):
        one, other = self.folder / "one", self.folder / "other"
        for path in (one, other):
            path.write_bytes(b"1")
        self.assertEqual(digest([one]), digest([other]))
        other.write_bytes(b"2")
        self.assertNotEqual(digest([one]), digest([other]))
        self.assertNotEqual(digest([one, other]), digest([other, one]))

    def test_frechet_of_true_and_of_blank_pictures(self):
        torch.manual_seed(0)
        weights = self.folder / "final.pt"
        torch.save({"config": {"features": SMALL_FEATURES}, "model": Classifier(SMALL_FEATURES).state_dict()}, weights)
        measure = frechet_judge(weights, CASES, 200)
        true = measure(np.stack([draw(case.scene) for case in CASES]))
        self.assertEqual(true["frechet"], true["frechet_true"])
        blank = measure(np.full((COUNT, 128, 128, 3), 245, np.uint8))
        self.assertEqual(blank["frechet_true"], true["frechet_true"])
        self.assertGreater(blank["frechet"], 2 * true["frechet"])


if __name__ == "__main__":
    unittest.main()
