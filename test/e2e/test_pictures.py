#!/usr/bin/env python3
"""The nano pipeline against the reference pipeline: every intermediate and the picture, from given latents.
SPDX-License-Identifier: Apache-2.0
"""
import sys
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from compare_pictures import compare, picture
from support import ROOT, WORK, compiled_nano, nano, run, snapc

PROMPT, NEGATIVE = "a lighthouse on a cliff, it's stormy — ñandú 42!", "blurry, low quality"


def reference(name, *flags):
    """The reference pipeline's folder; made once."""
    out = WORK / f"reference-{name}"
    if not (out / "image.png").exists():
        run(sys.executable, ROOT / "test/e2e/reference_pipeline.py", nano(), PROMPT, "-o", out, "--negative", NEGATIVE,
            "--seed", "5", *flags)
    return out


def generate(out, *flags):
    out.mkdir(parents=True, exist_ok=True)
    png = out / "picture.png"
    result = snapc("generate", compiled_nano(), PROMPT, "-o", png, "--negative", NEGATIVE, *flags)
    return png, result


class Pictures(unittest.TestCase):
    def test_equals_the_reference(self):
        for name, flags in (("default", []), ("few", ["--steps", "3", "--guidance", "2"]), ("single", ["--guidance", "1"])):
            expected = reference(name, *flags)
            saved = WORK / f"generated-{name}"
            png, _ = generate(saved, "--latents", expected / "latents-0.npy", "--save", saved, *flags)
            self.assertTrue(compare(expected, saved, png), name)

    def test_png_carries_the_parameters(self):
        png, _ = generate(WORK / "parameters", "--seed", "12", "--steps", "2")
        with Image.open(png) as image:
            assert image.size == (128, 128) and image.mode == "RGB"
            text = image.text
        assert text["prompt"] == PROMPT and text["negative_prompt"] == NEGATIVE, text
        assert (text["seed"], text["steps"], text["guidance"]) == ("12", "2", "7.5"), text
        assert text["Software"].startswith("snapc "), text

    def test_same_command_same_bytes(self):
        first, _ = generate(WORK / "first", "--seed", "9", "--steps", "2", "--threads", "1")
        second, _ = generate(WORK / "second", "--seed", "9", "--steps", "2", "--threads", "2")
        other, _ = generate(WORK / "other", "--seed", "10", "--steps", "2")
        self.assertEqual(first.read_bytes(), second.read_bytes())
        assert not np.array_equal(picture(first), picture(other))

    def test_long_prompts_are_cut_with_a_note(self):
        png = WORK / "long.png"
        result = snapc("generate", compiled_nano(), "cat " * 100, "-o", png, "--steps", "1")
        assert "longer than 77 tokens" in result.stderr, result.stderr

    def test_wrong_latents_are_refused(self):
        wrong = WORK / "wrong.npy"
        np.save(wrong, np.zeros((1, 4, 8, 8), np.float32))
        png = WORK / "none.png"
        Path(png).unlink(missing_ok=True)
        result = snapc("generate", compiled_nano(), "a cat", "-o", png, "--latents", wrong, check=False)
        assert result.returncode == 1 and "wrong.npy" in result.stderr, result.stderr
        assert not png.exists()


if __name__ == "__main__":
    unittest.main()
