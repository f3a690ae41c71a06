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


CASES = {"default": [], "few": ["--steps", "3", "--guidance", "2"], "single": ["--guidance", "1"]}


def reference(name):
    """The reference pipeline's folder of a case; made once."""
    out = WORK / f"reference-{name}"
    if not (out / "image.png").exists():
        run(sys.executable, ROOT / "test/e2e/reference_pipeline.py", nano(), PROMPT, "-o", out, "--negative", NEGATIVE,
            "--seed", "5", *CASES[name])
    return out


def generate(out, *flags, compiled=None):
    out.mkdir(parents=True, exist_ok=True)
    png = out / "picture.png"
    result = snapc("generate", compiled or compiled_nano(), PROMPT, "-o", png, "--negative", NEGATIVE, *flags)
    return png, result


class Pictures(unittest.TestCase):
    def test_equals_the_reference(self):
        for name, flags in CASES.items():
            expected = reference(name)
            saved = WORK / f"generated-{name}"
            png, _ = generate(saved, "--latents", expected / "latents-0.npy", "--save", saved, *flags)
            self.assertTrue(compare(expected, saved, png), name)

    def test_compiled_for_one_schedule_or_without_guidance_equals_the_reference(self):
        cases = (("eight", ["--steps", "8"], "default"), ("three", ["--steps", "3"], "few"),
                 ("single", ["--guidance", "single", "--steps", "8"], "single"))
        for name, options, case in cases:
            expected = reference(case)
            saved = WORK / f"specialized-{name}"
            png, _ = generate(saved, "--latents", expected / "latents-0.npy", "--save", saved, *CASES[case],
                              compiled=compiled_nano(f"nano-{name}", *options))
            self.assertTrue(compare(expected, saved, png), name)

    def test_what_was_not_compiled_is_refused(self):
        cases = (("nano-three", ["--steps", "3"], ["--steps", "4"], "compiled for 3 steps (--steps), got 4"),
                 ("nano-single", ["--guidance", "single", "--steps", "8"], ["--guidance", "2"],
                  "compiled with --guidance single"))
        for name, options, flags, message in cases:
            result = snapc("generate", compiled_nano(name, *options), PROMPT, "-o", WORK / "refused.png", *flags, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(message, result.stderr)

    def test_without_guidance_the_negative_prompt_has_no_effect(self):
        png, result = generate(WORK / "unguided", "--seed", "4", "--steps", "1", "--guidance", "1")
        self.assertIn("the negative prompt has no effect", result.stderr)
        other = WORK / "unguided-other.png"
        snapc("generate", compiled_nano(), PROMPT, "-o", other, "--seed", "4", "--steps", "1", "--guidance", "1")
        assert np.array_equal(picture(png), picture(other))

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

    def test_several_prompts_become_a_sheet(self):
        prompts = ["a cat", "a dog", "a house"]
        sheet = WORK / "sheet.png"
        snapc("generate", compiled_nano(), *prompts, "-o", sheet, "--seed", "3", "--steps", "1")
        drawn = picture(sheet)
        self.assertEqual(drawn.shape, (256, 256, 3))
        for index, prompt in enumerate(prompts):
            one = WORK / "one.png"
            snapc("generate", compiled_nano(), prompt, "-o", one, "--seed", str(3 + index), "--steps", "1")
            row, column = divmod(index, 2)
            np.testing.assert_array_equal(drawn[row * 128:row * 128 + 128, column * 128:column * 128 + 128], picture(one))
        assert (drawn[128:, 128:] == 255).all()
        refused = snapc("generate", compiled_nano(), *prompts, "-o", sheet, "--save", WORK / "tensors", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("expected one prompt, got 3", refused.stderr)

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
