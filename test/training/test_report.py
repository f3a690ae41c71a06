#!/usr/bin/env python3
"""Tables, plot and model card say what the records say, and nothing where the records say nothing.
SPDX-License-Identifier: Apache-2.0
"""
import json
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

from shapes.card import card
from shapes.plot import Panel, chart, ticks
from shapes.report import NOT_MEASURED, PAGE, PLOT, TABLES, filled, plot
from shapes.results import BASELINE, DISTILLED, best, difference, lines_of, read_records

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def line(name, guidance, agrees, weights="w", **more):
    parts = dict.fromkeys(("count", "colours", "shapes", "sizes", "position", "relation", "background"), 99.0)
    kinds = {f"{objects} objects": {"captions": captions, "agrees": agrees + 2 - objects, **parts}
             for objects, captions in ((1, 200), (2, 225), (3, 75))}
    return {"name": name, "guidance": guidance, "weights": weights, "captions": 500, "classifier": "c", "true_pictures": 2000,
            "frechet_true": 0.25, "frechet": 10 - guidance, **more, "all": {"captions": 500, "agrees": agrees, **parts}, **kinds}


def trained(parameters, **more):
    options = {"steps": 2000, "batch": 32, "learning_rate": 2e-4, "seed": 1, "bfloat16": True}
    return {"config": {}, "options": options, "samples": 64000, "hours": 1.25, "parameters": parameters, **more}


def profile(step, decode):
    return {"compiler": "snapc 0.1.0", "cpu": "avx512",
            "seconds": {"encode_text": 0.0005, "prepare": 0.001, "step": step, "step_single": 9.0, "decode": decode}}


RECORDS = {
    "training": {"autoencoder": trained(1_500_000, decoder_parameters=800_000), "decoder": trained(200_000),
                 "steps": trained(7_000_000, last={"step": 2000, "loss": 0.125})},
    "agreement": [line("diffusion-PyTorch-50", 1.0, 60.0), line("diffusion-PyTorch-50", 4.0, 80.0),
                  line("steps-PyTorch-8", 4.0, 88.0), line("steps-PyTorch-8", 7.0, 90.0),
                  line("steps-progressive-PyTorch-8", 4.0, 89.0), line("compiled-snapc-8", 4.0, 89.5)],
    "classifier_accuracy": {"step": 2000, "scenes": 256, "number": 99.6, "background": 100.0, "shapes": 80.5, "colours": 90.25},
    "psnr": {"captions": 50, "least": 36.25, "median": 48.5},
    "profiles": {"compiled-baseline": profile(0.010, 0.008), "compiled": profile(0.008, 0.004)},
    "files": {"unet/model.onnx": 13_000_000, "tokenizer/vocab.json": 1_234},
    "seeds": {"evaluation": 8}, "processor": "a processor, 2 threads", "pytorch": "2.15.0",
}


def cells(name, first):
    """The cells of the row of a table that begins so."""
    rows = [[cell.strip() for cell in text.strip("|").split("|")] for text in TABLES[name](RECORDS).splitlines()]
    found = [row[1:] for row in rows if row[0] == first]
    assert len(found) == 1, (first, rows)
    return found[0]


class Tables(unittest.TestCase):
    def test_over_guidance(self):
        self.assertEqual(cells("agreement", "agreement, %; guidance"), ["1", "4", "7"])
        self.assertEqual(cells("agreement", "baseline UNet, 50 steps"), ["60.0", "80.0", NOT_MEASURED])
        self.assertEqual(cells("frechet", "8 steps distilled from 16, guidance-aware"), [NOT_MEASURED, "6.00", "3.00"])
        self.assertEqual(cells("frechet", "true pictures of the same captions"), ["0.25"] * 3)
        self.assertEqual(cells("agreement", "evolved UNet, 50 steps"), [NOT_MEASURED] * 3)

    def test_by_objects_at_the_best_guidance(self):
        self.assertEqual(cells("objects", "8 steps distilled from 16, guidance-aware"), ["7", "91.0 of 200", "90.0 of 225", "89.0 of 75"])

    def test_claims(self):
        # Deviation: the root of (0.9 * 0.1 + 0.8 * 0.2) / 500.
        self.assertEqual(cells("claims", "8 distilled steps are at least as good as 50 of the baseline")[1:],
                         ["90.0 % against 80.0 %, +10.0 ± 2.2 points", "yes"])
        self.assertEqual(cells("claims", "direct distillation is better than progressive")[1:],
                         ["90.0 % against 89.0 %, +1.0 ± 1.9 points", "not told apart"])
        self.assertEqual(cells("claims", "the pruned decoder has fewer parameters, by a factor of")[1:], ["4.0 (0.80 M, 0.20 M)", "yes"])
        self.assertEqual(cells("claims", "and is faster, by a factor of")[1:], ["2.0 (8.00 ms, 4.00 ms)", "no"])

    def test_a_worse_model_is_said_to_be_worse(self):
        swapped = {"agreement": [line("diffusion-PyTorch-50", 4.0, 90.0), line("steps-PyTorch-8", 4.0, 80.0)]}
        self.assertIn("| 80.0 % against 90.0 %, -10.0 ± 2.2 points | no |", TABLES["claims"](swapped))

    def test_aims(self):
        self.assertEqual(cells("aims", "agreement on captions of 1 object")[1:], ["90.5 % of 200", "yes"])
        self.assertEqual(cells("aims", "PSNR of snapc's pictures to PyTorch's, the least")[1:],
                         ["36.2 dB of 50 pictures, median 48.5 dB", "yes"])

    def test_speed(self):
        # Text encoder twice, preparation, 50 or 8 steps, decoder: 510 ms and 70 ms.
        self.assertEqual(cells("speed", "UNet, guided steps"), ["500.00", "64.00", "7.8"])
        self.assertEqual(cells("speed", "a picture"), ["510.00", "70.00", "7.3"])

    def test_classifier(self):
        self.assertEqual(cells("classifier", "of 256"), ["99.6", "100.0", "80.5", "90.2"])

    def test_training(self):
        self.assertEqual(cells("training", "steps"), ["7.00 M", "2,000", "32", "64,000", "1.25", "0.125"])

    def test_lines_of_older_weights_do_not_count(self):
        records = {"agreement": [line(BASELINE.name, 4.0, 99.0, "old"), line(BASELINE.name, 1.0, 50.0, "new")]}
        self.assertEqual(list(lines_of(records, BASELINE)), [1.0])
        self.assertEqual(best(records, BASELINE)["all"]["agrees"], 50.0)
        self.assertIsNone(best(records, DISTILLED))

    def test_equal_models_are_not_told_apart(self):
        apart = difference(line("a", 1.0, 80.0), line("b", 1.0, 80.0))
        self.assertEqual((apart.points, round(apart.deviation, 2), apart.told_apart()), (0, 2.53, False))

    def test_distances_by_several_classifiers_are_refused(self):
        records = {"agreement": [line(BASELINE.name, 1.0, 50.0), line(DISTILLED.name, 1.0, 50.0, classifier="d")]}
        with self.assertRaisesRegex(SystemExit, "by classifier c, 500 captions .* and by classifier d, 500 captions"):
            TABLES["frechet"](records)


class Page(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.docs = Path(holder.name)
        for path in (PAGE, PLOT):
            (self.docs / path).parent.mkdir(exist_ok=True)
        (self.docs / PAGE).write_bytes((ROOT / "docs" / PAGE).read_bytes())
        self.records = self.docs / "records.json"
        self.records.write_text(json.dumps(RECORDS))

    def report(self, *arguments):
        return subprocess.run([sys.executable, "-m", "shapes.report", "--records", self.records, "--docs", self.docs, *arguments],
                              capture_output=True, text=True)

    def test_check_tells_a_stale_page(self):
        stale = self.report("--check")
        self.assertEqual(stale.returncode, 1)
        self.assertIn(f"{PAGE}: not what", stale.stdout)
        self.assertFalse((self.docs / PLOT).exists())
        self.assertEqual(self.report().returncode, 0)
        self.assertEqual(self.report("--check").returncode, 0)
        self.records.write_text(json.dumps({**RECORDS, "psnr": {"captions": 50, "least": 30.0, "median": 40.0}}))
        self.assertEqual(self.report("--check").returncode, 1)

    def test_prose_stays(self):
        page = (self.docs / PAGE).read_text()
        made = filled(page, RECORDS)
        self.assertIn("| baseline UNet, 50 steps | 60.0 | 80.0 | not measured |", made)
        self.assertEqual(filled(filled(made, {}), RECORDS), made)
        self.assertEqual([text for text in made.splitlines() if not text.startswith("|")],
                         [text for text in page.splitlines() if not text.startswith("|")])

    def test_a_table_without_its_place(self):
        page = (self.docs / PAGE).read_text().replace("<!-- table: claims -->", "")
        with self.assertRaisesRegex(SystemExit, "expected '<!-- table: claims -->' .* found 0"):
            filled(page, RECORDS)

    def test_the_page_of_the_project_is_what_its_records_give(self):
        result = subprocess.run([sys.executable, "-m", "shapes.report", "--records", ROOT / "models/shapes/records.json", "--check"],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        records = read_records(ROOT / "models/shapes/records.json")
        if records:
            self.assertEqual((ROOT / "models/shapes/README.md").read_text(), card(records))


class Plot(unittest.TestCase):
    def test_points_are_where_their_values_are(self):
        drawn = xml.fromstring(chart([Panel("t", "x", {"a": [(1, 0.0), (3, 50.0)], "b & c": [(2, 100.0)]}, 100.0)], [1.0, 2.0, 3.0]))
        lines = [[tuple(map(float, point.split(","))) for point in one.get("points").split()] for one in drawn.iter(f"{SVG}polyline")]
        grid = {one.get("y1") for one in drawn.iter(f"{SVG}line") if one.get("class") == "grid"}
        (left, bottom), (right, middle) = lines[0]
        ((centre, top),) = lines[1]
        self.assertAlmostEqual(centre, (left + right) / 2, places=3)
        self.assertAlmostEqual(middle, (top + bottom) / 2, places=3)
        self.assertTrue({f"{top:.1f}", f"{bottom:.1f}"} <= grid)
        self.assertIn("b & c", [text.text for text in drawn.iter(f"{SVG}text")])

    def test_every_measured_model_has_a_line_in_each_panel(self):
        drawn = xml.fromstring(plot(RECORDS))
        self.assertEqual(len(list(drawn.iter(f"{SVG}polyline"))), 2 * 4)
        self.assertNotIn(NOT_MEASURED, [text.text for text in drawn.iter(f"{SVG}text")])
        empty = xml.fromstring(plot({}))
        self.assertEqual([text.text for text in empty.iter(f"{SVG}text")].count(NOT_MEASURED), 2)

    def test_ticks(self):
        self.assertEqual(ticks(100), [0, 20, 40, 60, 80, 100])
        self.assertEqual(ticks(0.7), [0, 0.2, 0.4, 0.6, 0.8])


class Card(unittest.TestCase):
    def test_says_what_the_records_say(self):
        made = card(RECORDS)
        for part in ("7.00 M parameters", "the decoder 0.20 M", "3.8 hours of training", "a processor, 2 threads", "PyTorch 2.15.0",
                     "| `unet/model.onnx` | 13,000,000 |", "| all | 13,001,234 |", "least 36.2 dB", "evaluation 8", "Apache-2.0",
                     "| the final pipeline, drawn by snapc; all captions | 500 | 89.5 |", "scripts/train.sh", "recipe (Li et al. 2023) but for architecture evolution, at"):
            self.assertIn(part, made)
        self.assertNotIn("but for architecture evolution", card({**RECORDS, "training": {"evolved": trained(6_000_000)}}))
        self.assertEqual(card(json.loads(json.dumps(RECORDS))), made)

    def test_what_was_not_measured(self):
        made = card({"training": {}, "seeds": {"evaluation": 8}, "processor": "p", "pytorch": "2"})
        self.assertIn(f"PyTorch's from the same first latents: {NOT_MEASURED}.", made)
        self.assertIn(f"| all | {NOT_MEASURED} |", made)
        with self.assertRaisesRegex(SystemExit, "no records"):
            card({})


if __name__ == "__main__":
    unittest.main()
