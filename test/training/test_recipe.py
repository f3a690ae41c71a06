#!/usr/bin/env python3
"""The whole recipe on tiny networks by its one command: every stage leaves its result, and a second run has nothing to train.
SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def recipe(out, *arguments):
    result = subprocess.run([ROOT / "scripts/train.sh", "--small", "--out", out, *arguments], capture_output=True, text=True,
                            timeout=1200, env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"})
    if result.returncode:
        raise AssertionError(result.stdout + result.stderr)
    return result.stdout


class Recipe(unittest.TestCase):
    def test_from_nothing_to_a_table(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            first = recipe(out)
            self.assertIn("step 20", first)
            for made in ("autoencoder/final.pt", "autoencoder/sheet.png", "latents/latents.json", "diffusion/final.pt",
                         "diffusion/sheet.png", "decoder/final.pt", "steps/final.pt", "steps-unguided/final.pt",
                         "pipeline/unet/model.onnx", "pipeline/tokenizer/vocab.json"):
                self.assertTrue((out / made).exists(), made)
            lines = [json.loads(text) for text in (out / "evaluation/agreement.jsonl").read_text().splitlines()]
            self.assertEqual([(one["steps"], one["all"]["captions"]) for one in lines],
                             [(steps, 8) for steps in (50, 8, 50, 8, 8, 8)])

            weights = {path: path.read_bytes() for path in out.glob("*/final.pt")}
            second = recipe(out, "autoencoder", "latents", "diffusion", "decoder", "steps", "steps-unguided")
            self.assertNotIn("step", second)
            self.assertEqual({path: path.read_bytes() for path in out.glob("*/final.pt")}, weights)

    def test_arguments(self):
        result = subprocess.run([ROOT / "scripts/train.sh", "--quick"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("unknown argument '--quick'", result.stderr)


if __name__ == "__main__":
    unittest.main()
