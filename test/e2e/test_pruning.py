#!/usr/bin/env python3
"""Pruned models: what compact-pruned removes of them, and what snapc prune writes, against ONNX Runtime.
SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from support import CACHE, ROOT, SNAPC, WORK, dim_flags, nano, run, snapc


def zeroed(graph, name, *flags):
    """A nano graph with channels or tensors zeroed."""
    folder = WORK / "models" / name
    run(sys.executable, ROOT / "models/zero_channels.py", nano() / graph, folder, *flags)
    return folder / "model.onnx"


def compare(model, graph, *flags):
    run(sys.executable, ROOT / "test/e2e/compare_onnx.py", model, *dim_flags(graph), *flags, "--snapc", SNAPC,
        "--flag=--cache", f"--flag={CACHE}", "--flag=--quiet")


def compiled(model, graph, *flags):
    """The summary line (empty if there is none) and the only program of a compiled model."""
    with tempfile.TemporaryDirectory() as out:
        text = snapc("compile", model, "-o", out, "--quiet", *dim_flags(graph), *flags).stdout
        plan = json.loads(snapc("inspect", out, "--json").stdout)
    line = re.search(r"^compact-pruned: .*$", text, re.MULTILINE)
    return line.group(0) if line else "", plan["programs"][0], plan["weight_bytes"]


class Compaction(unittest.TestCase):
    def test_half_of_a_decoders_channels(self):
        """Groups that lose equally many, that go whole, and any: a quarter of the work each, the same picture."""
        _, dense, dense_bytes = compiled(nano() / "vae_decoder/model.onnx", "vae_decoder")
        for pattern in ("spread", "upper", "random"):
            with self.subTest(pattern):
                model = zeroed("vae_decoder", f"decoder-{pattern}", "--channels", "0.5", "--pattern", pattern)
                summary, program, weight_bytes = compiled(model, "vae_decoder")
                dead = re.match(r"compact-pruned: (\d+) of (\d+) dead channels removed, ", summary)
                self.assertIsNotNone(dead, summary)
                self.assertEqual(dead.group(1), dead.group(2))
                # The ends (latents in, picture out) are narrow and halve only once.
                self.assertLess(program["macs"], 0.27 * dense["macs"])
                self.assertLess(weight_bytes, 0.35 * dense_bytes)
                compare(model, "vae_decoder")

    def test_a_zeroed_block_goes(self):
        whole, full, _ = compiled(nano() / "unet/model.onnx", "unet")
        self.assertEqual(whole, "")
        model = zeroed("unet", "unet-blocks", "--tensors", "down.1.res.1.conv2.*", "--tensors",
                       "down.2.att.0.0.proj_out.*")
        summary, program, _ = compiled(model, "unet")
        self.assertRegex(summary, r" and 2 blocks removed")
        self.assertLess(len(program["calls"]), len(full["calls"]) - 10)
        compare(model, "unet", "--range", "timestep=501:501")

    def test_masks_remove_what_they_name(self):
        with tempfile.TemporaryDirectory() as folder:
            masks = Path(folder) / "masks.json"
            # All filters of a layer whose bias is zero: the block behind it adds its second bias only.
            masks.write_text(json.dumps({"dec.mid_block.resnets.0.conv1.weight": list(range(32))}))
            summary, program, _ = compiled(nano() / "vae_decoder/model.onnx", "vae_decoder", "--masks", masks)
            _, dense, _ = compiled(nano() / "vae_decoder/model.onnx", "vae_decoder")
        self.assertIn("dead channels", summary)
        self.assertLessEqual(program["macs"], dense["macs"])

    def test_a_mask_of_an_unknown_weight_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            masks = Path(folder) / "masks.json"
            masks.write_text('{"no.such.weight": [0]}')
            result = snapc("compile", nano() / "vae_decoder/model.onnx", "-o", folder, "--masks", masks, "--quiet",
                           *dim_flags("vae_decoder"), check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn('no weight is named "no.such.weight"', result.stderr)


class Prune(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def prune(self, model, *flags, check=True):
        return snapc("prune", model, "-o", self.folder / "small.onnx", "--quiet", *flags, check=check)

    def check_runs(self, graph, *ranges):
        """ONNX Runtime loads and runs it, and snapc agrees."""
        small = self.folder / "small.onnx"
        onnx.checker.check_model(str(small))
        onnxruntime.InferenceSession(str(small), providers=["CPUExecutionProvider"])
        compare(small, graph, *ranges)

    def test_half_a_decoder(self):
        result = self.prune(nano() / "vae_decoder/model.onnx", "--channels", "0.5")
        self.assertIn("23 of 39 layers narrowed", result.stdout)
        self.assertIn("/dec/mid_block/attentions.0/to_q/MatMul: 32 of 64 channels", result.stdout)
        self.assertIn("its groups are too small", result.stdout)
        self.check_runs("vae_decoder")

    def test_kept_channels_are_the_heaviest(self):
        """Channels that are zero everywhere are the first to go: the picture does not change but for the norms."""
        model = zeroed("vae_decoder", "decoder-prune", "--channels", "0.5", "--pattern", "spread")
        self.prune(model, "--channels", "0.5")
        kept = onnx.load(self.folder / "small.onnx")
        for tensor in kept.graph.initializer:
            if tensor.name == "dec.mid_block.resnets.0.conv1.weight":
                values = onnx.numpy_helper.to_array(tensor)
                self.assertEqual(values.shape, (32, 32, 3, 3))
                self.assertTrue((np.abs(values).sum(axis=(1, 2, 3)) > 0).all())

    def test_a_weight_shared_by_layers_that_keep_different_widths_is_refused(self):
        """The exporter shares norm scales that are still 1; under layer norms channels stay, under group norms they go."""
        result = self.prune(nano() / "unet/model.onnx", "--channels", "0.5", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"weight 'main:onnx::Mul_\d+' is read by layers that keep \d+ and \d+ of its")
        self.assertFalse((self.folder / "small.onnx").exists())

    def test_weights_inside_the_model_stay_inside(self):
        inline = self.folder / "inline.onnx"
        onnx.save_model(onnx.load(nano() / "vae_decoder/model.onnx"), inline, save_as_external_data=False)
        self.prune(inline, "--channels", "0.75")
        self.assertFalse((self.folder / "small.onnx.data").exists())
        self.check_runs("vae_decoder")

    def test_errors(self):
        model = nano() / "vae_decoder/model.onnx"
        for flags, message in [(("--channels", "1.5"), "--channels 1.5"), (("--channels", "0"), "between 0 and 1")]:
            result = self.prune(model, *flags, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(message, result.stderr)
        result = self.prune(self.folder / "missing.onnx", "--channels", "0.5", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("missing.onnx", result.stderr)
        result = snapc("prune", model, "-o", model, "--channels", "0.5", "--quiet", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("is the model itself", result.stderr)
        self.assertFalse((self.folder / "small.onnx").exists())

    def test_an_output_that_cannot_be_replaced_is_refused(self):
        """The data is not renamed to its place beside a model of which it is not the data."""
        (self.folder / "small.onnx/kept").mkdir(parents=True)
        result = self.prune(nano() / "vae_decoder/model.onnx", "--channels", "0.5", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("small.onnx: cannot remove: ", result.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["small.onnx"])

    def test_channels_written_in_the_graph_are_refused(self):
        folder = WORK / "models/dynamo-decoder"
        run(sys.executable, ROOT / "models/make_weights.py", ROOT / "models/dynamo/vae_decoder", folder)
        result = self.prune(folder / "model.onnx", "--channels", "0.5", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("export it with dynamic shapes", result.stderr)
        self.assertIn("Reshape", result.stderr)
        self.assertFalse((self.folder / "small.onnx").exists())


if __name__ == "__main__":
    unittest.main()
