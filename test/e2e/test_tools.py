#!/usr/bin/env python3
"""snapc verify, inspect and profile on the nano pipeline.
SPDX-License-Identifier: Apache-2.0
"""
import json
import tempfile
import unittest
from pathlib import Path

from support import compiled_nano, dim_flags, nano, snapc


class Tools(unittest.TestCase):
    def test_verify_agrees_with_the_interpreter(self):
        for precision in ("f32", "f16"):
            result = snapc("verify", nano() / "vae_decoder/model.onnx", *dim_flags("vae_decoder"), "--precision",
                           precision, "--quiet")
            self.assertRegex(result.stdout, r"^sample: relative L2 .* equal\n$")

    def test_verify_names_the_first_node_that_differs(self):
        # f16's roundings are a miss for a tolerance below them, in the first node that rounds.
        result = snapc("verify", nano() / "vae_decoder/model.onnx", *dim_flags("vae_decoder"), "--precision", "f16",
                       "--tolerance", "1e-6", "--quiet", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"^sample: relative L2 .* DIFFERENT\n$")
        self.assertRegex(result.stderr, r"the first node that differs is .*vae_decoder/model.onnx: node '/pq/Conv' "
                                        r"\(snap.conv2d\): relative L2 [0-9.e-]+, expected at most 1e-06")

    def test_verify_depends_on_its_inputs(self):
        runs = {seed: snapc("verify", nano() / "text_encoder/model.onnx", *dim_flags("text_encoder"), "--seed", seed,
                            "--quiet").stdout for seed in ("1", "2")}
        self.assertNotEqual(runs["1"], runs["2"])

    def test_inspect_says_what_is_in_the_file(self):
        out = compiled_nano()
        plan = json.loads(snapc("inspect", out, "--json").stdout)
        self.assertEqual([program["name"] for program in plan["programs"]], ["encode_text", "prepare", "step", "prepare_single", "step_single", "decode"])
        self.assertEqual(plan["file_bytes"], (out / "nano.snap").stat().st_size)
        self.assertEqual((plan["pipeline"]["width"], plan["pipeline"]["height"]), (128, 128))
        prepare, step, prepare_single, step_single = plan["programs"][1:5]
        self.assertEqual({t["name"]: t["type"] for t in step["inputs"]},
                         {"sample": "1x4x16x16xf32", "timestep": "1xf32"})
        self.assertEqual([t["type"] for program in (step, step_single) for t in program["outputs"]],
                         ["2x4x16x16xf32", "1x4x16x16xf32"])
        # Without guidance the same weights are read.
        places = [{(slice_["offset"], slice_["bytes"]) for call in program["calls"] for slice_ in call["args"]
                   if slice_["space"] == "data"} for program in (step, step_single)]
        self.assertEqual(*places)
        self.assertEqual({t["name"]: t["type"] for t in prepare["inputs"]}, {"encoder_hidden_states": "2x77x64xf32"})
        self.assertEqual({t["name"]: t["type"] for t in prepare_single["inputs"]}, {"encoder_hidden_states": "1x77x64xf32"})
        kernels = plan["kernels"]
        for program in plan["programs"]:
            self.assertEqual(program["macs"], sum(kernels[call["kernel"]]["macs"] for call in program["calls"]))
            for call in program["calls"]:
                for slice_ in call["args"]:
                    limits = {"arena": program["arena_bytes"], "data": plan["weight_bytes"], "state": plan["state_bytes"]}
                    self.assertLessEqual(slice_["offset"] + slice_["bytes"], limits[slice_["space"]])
            # Every way of summing up the calls comes to the same.
            for rows in ("calls", "kinds", "blocks"):
                self.assertEqual(program["macs"], sum(row["macs"] for row in program[rows]), rows)
                self.assertEqual(program["bytes"], sum(row["bytes"] for row in program[rows]), rows)
            for live in program["memory_map"]:
                self.assertLessEqual(live["offset"] + live["bytes"], program["arena_bytes"])
                self.assertLessEqual(live["first_call"], live["last_call"])
            self.assertLessEqual(program["arena_lower_bound_bytes"], program["arena_bytes"])
        # The parameters of the blocks are the model's.
        blocks = {row["block"]: row for row in step["blocks"]}
        self.assertEqual(blocks["down.0.ds"]["parameters"], 32 * 32 * 9)
        self.assertIn("up.1.att.0.2", blocks)
        # What the passes left of the model's work, from the import to the plan.
        self.assertEqual(plan["schema"], 1)
        self.assertEqual([plan["passes"][0]["pass"], plan["passes"][-1]["pass"]], ["import", "share-moments"])
        runs = {program["name"]: program["runs_per_picture"] for program in plan["programs"]}
        for key, count in (("macs", lambda p: p["macs"]), ("calls", lambda p: len(p["calls"]))):
            self.assertEqual(plan["passes"][-1]["picture"][key],
                             sum(runs[program["name"]] * count(program) for program in plan["programs"]))
        self.assertLess(plan["passes"][-1]["picture"]["bytes"], plan["passes"][0]["picture"]["bytes"] / 2)
        text = snapc("inspect", out / "nano.snap").stdout
        self.assertIn(f"program step: {len(step['calls'])} calls", text)

    def test_profile_times_every_call(self):
        out = compiled_nano()
        report = json.loads(snapc("profile", out, "--json", "--repeat", "3", "--quiet").stdout)
        measured = report["measurement"]
        self.assertEqual((measured["repetitions"], measured["statistic"]), (3, "median"))
        self.assertGreater(measured["threads"], 0)
        # No machine that these tests run on is slower.
        self.assertGreater(measured["peak_gflops"], 5)
        self.assertGreater(measured["peak_gb_per_second"], 0.5)
        for program in report["programs"]:
            self.assertTrue(all(call["seconds"] > 0 for call in program["calls"]), program["name"])
            for rows in ("calls", "kinds", "blocks"):
                self.assertAlmostEqual(sum(row["seconds"] for row in program[rows]), program["seconds"], delta=1e-6)
        text = snapc("profile", out, "--program", "decode", "--repeat", "1", "--quiet").stdout
        self.assertRegex(text, r"this machine, measured now: [0-9.]+ GFLOPS of f32 multiply-adds, [0-9.]+ GB/s")
        self.assertRegex(text, r"program decode: [0-9.]+ ms, [0-9]+ calls")
        self.assertRegex(text, r"(?m)^ +[0-9.]+ +[0-9.]+% .* dec\.up_blocks\.0\.resnets\.0$")
        self.assertNotIn("program step", text)
        refused = snapc("profile", out, "--program", "draw", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--program draw: no such program; there are encode_text, prepare", refused.stderr)

    def test_report_is_one_page_and_the_same_twice(self):
        with tempfile.TemporaryDirectory() as folder:
            pages = [Path(folder) / name for name in ("first.html", "second.html", "measured.html")]
            for page in pages[:2]:
                snapc("compile", nano() / "text_encoder/model.onnx", *dim_flags("text_encoder"), "-o",
                      Path(folder) / "out", "--report", page, "--quiet")
            snapc("profile", Path(folder) / "out", "--repeat", "1", "--report", pages[2], "--quiet")
            texts = [page.read_text() for page in pages]
        self.assertEqual(texts[0], texts[1])
        for text in texts:
            self.assertNotRegex(text, r"https?://|<script|<link|<img|src=")  # needs nothing but itself
            for part in ("What the passes leave", "<td>import</td>", "m.encoder.layers.1", "Arena", "layer_norm(",
                         "What became one kernel",
                         '<div class="kernel"><span>layer norm</span><span class="root">matmul</span>'):
                self.assertIn(part, text)
        self.assertNotIn("GFLOPS", texts[0])
        self.assertIn("GFLOPS", texts[2])


if __name__ == "__main__":
    unittest.main()
