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

from shapes.trainer import load

ROOT = Path(__file__).resolve().parents[2]
EVALUATED = ["diffusion-PyTorch-50", "diffusion-PyTorch-8", "evolved-PyTorch-50", "evolved-PyTorch-8",
             "evolved-distilled-decoder-PyTorch-50", "steps-unguided-PyTorch-8",
             "steps-PyTorch-8", "steps-progressive-PyTorch-8", "steps-distilled-decoder-PyTorch-8"]


def recipe(out, *arguments):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run([ROOT / "scripts/train.sh", "--small", "--out", out, *arguments], capture_output=True, text=True,
                            timeout=1200, env={**environment, "SNAPC_CACHE": f"{os.environ['SNAP_BUILD']}/e2e/kernels"})
    if result.returncode:
        raise AssertionError(result.stdout + result.stderr)
    return result.stdout


class Recipe(unittest.TestCase):
    def test_from_nothing_to_a_table(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            first = recipe(out)
            self.assertIn("step 20", first)
            for made in ("autoencoder/final.pt", "autoencoder/sheet.png", "latents/latents.json", "text/final.pt", "diffusion/final.pt",
                         "diffusion/sheet.png", "robust/final.pt", "evolve/latency.json", "evolve/table.md", "evolve/start.pt",
                         "evolved/final.pt", "decoder/final.pt", "steps/final.pt", "steps-unguided/final.pt",
                         "steps-progressive-16/final.pt", "steps-progressive/final.pt", "classifier/final.pt",
                         "pipeline/unet/model.onnx", "pipeline/tokenizer/vocab.json"):
                self.assertTrue((out / made).exists(), made)
            lines = [json.loads(text) for text in (out / "evaluation/agreement.jsonl").read_text().splitlines()]
            self.assertEqual([(one["name"], one["all"]["captions"]) for one in lines], [(name, 10) for name in EVALUATED])
            self.assertTrue(all(one["frechet"] > 0 for one in lines), lines)

            decisions = [json.loads(text) for text in (out / "evolve/log.jsonl").read_text().splitlines()]
            self.assertIn("taken", {one["verdict"] for one in decisions})
            # What is distilled is the evolved UNet.
            layouts = {name: load(out / name / "final.pt")["config"]["unet"] for name in ("diffusion", "robust", "evolved", "steps")}
            self.assertEqual(layouts["robust"], layouts["diffusion"])
            self.assertNotEqual(layouts["evolved"], layouts["diffusion"])
            self.assertEqual(layouts["steps"], layouts["evolved"])

            kept = {path: path.read_bytes() for path in [*out.glob("*/final.pt"), out / "evaluation/agreement.jsonl"]}
            second = recipe(out)
            self.assertNotIn("step ", second)
            self.assertEqual(second.count("is there"), len(EVALUATED))
            self.assertEqual({path: path.read_bytes() for path in kept}, kept)

            recipe(out, "compiled", "report")
            records = json.loads((out / "report/records.json").read_text())
            self.assertEqual([one["name"] for one in records["agreement"]], [*EVALUATED, "compiled-snapc-8"])
            self.assertEqual({name: made["options"]["steps"] for name, made in records["training"].items()},
                             {"autoencoder": 20, "text": 20, "diffusion": 20, "robust": 10, "evolved": 10, "decoder": 20, "steps": 20,
                              "steps-unguided": 20, "steps-progressive-16": 10, "steps-progressive": 10, "classifier": 20})
            self.assertGreater(records["psnr"]["least"], 35)
            page = (out / "report/guide/shapes.md").read_text()
            rows = [text for text in page.splitlines() if text.startswith("|") and "not measured" in text]
            self.assertEqual(rows, [])
            self.assertIn("recipe (Li et al. 2023)", (out / "report/card.md").read_text())

    def test_arguments(self):
        result = subprocess.run([ROOT / "scripts/train.sh", "--quick"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("unknown argument '--quick'", result.stderr)


if __name__ == "__main__":
    unittest.main()
