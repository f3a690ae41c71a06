#!/usr/bin/env python3
"""The classifier: labels say what scenes are, a short training reads number and background, its features tell sets apart.
SPDX-License-Identifier: Apache-2.0
"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from shapes.classifier import (GROUPS, SMALL_FEATURES, Classifier, accuracy, labels, load_classifier, picture_features,
                               split)
from shapes.frechet import frechet_distance, gaussian, true_pictures
from shapes.scenes import BACKGROUNDS, COLOURS, SHAPES, Item, Scene


class Classifiers(unittest.TestCase):
    def test_labels(self):
        one = Scene((Item("star", "red", "small", 30, 30, 12), Item("star", "blue", "small", 90, 90, 12)), "tan")
        found = split(torch.from_numpy(labels(one))[None])
        self.assertEqual({name: values.shape[1] for name, values in found.items()}, GROUPS)
        self.assertEqual(found["number"].tolist(), [[0, 1, 0]])
        self.assertEqual(found["background"].tolist(), [[float(name == "tan") for name in BACKGROUNDS]])
        self.assertEqual(found["shapes"].tolist(), [[float(name == "star") for name in SHAPES]])
        self.assertEqual(found["colours"].tolist(), [[float(name in ("red", "blue")) for name in COLOURS]])

    def test_features_do_not_depend_on_batches(self):
        torch.manual_seed(0)
        model, pictures = Classifier(SMALL_FEATURES).eval(), true_pictures(12, 60)
        whole = picture_features(model, pictures)
        self.assertEqual((whole.shape, whole.dtype), ((60, SMALL_FEATURES), np.float64))
        np.testing.assert_allclose(picture_features(model, pictures[50:]), whole[50:], rtol=1e-4, atol=1e-5)

    def test_a_short_training(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            result = subprocess.run([sys.executable, "-m", "shapes.classifier", "--small", "--out", out, "--steps", "250"],
                                    capture_output=True, text=True, timeout=1200)
            self.assertEqual(result.returncode, 0, result.stderr)
            model = load_classifier(out / "final.pt")
            found = accuracy(model, 128)
            # One wrong guess in three, or three in four, is what knowing nothing gets.
            self.assertGreater(found["number"], 90)
            self.assertGreater(found["background"], 95)
            said = json.loads((out / "accuracy.jsonl").read_text().splitlines()[-1])
            self.assertEqual((said["step"], said["scenes"]), (250, 256))

            # Darker, or with other colours, pictures are farther away than other true ones.
            true, other = true_pictures(12, 400), true_pictures(13, 400)
            reference = gaussian(picture_features(model, true))
            distances = [frechet_distance(gaussian(picture_features(model, pictures)), reference) for pictures in
                         (other, np.rint(other * 0.9).astype(np.uint8), other[..., ::-1].copy())]
            self.assertGreater(min(distances[1:]), 2 * distances[0], distances)


if __name__ == "__main__":
    unittest.main()
