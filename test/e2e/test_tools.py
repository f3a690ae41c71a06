#!/usr/bin/env python3
"""snapc verify and snapc inspect on the nano pipeline.
SPDX-License-Identifier: Apache-2.0
"""
import json
import unittest

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
        self.assertEqual([program["name"] for program in plan["programs"]], ["encode_text", "prepare", "step", "decode"])
        self.assertEqual(plan["file_bytes"], (out / "nano.snap").stat().st_size)
        self.assertEqual((plan["pipeline"]["width"], plan["pipeline"]["height"]), (128, 128))
        prepare, step = plan["programs"][1:3]
        self.assertEqual({t["name"]: t["type"] for t in step["inputs"]},
                         {"sample": "2x4x16x16xf32", "timestep": "1xf32"})
        self.assertEqual({t["name"]: t["type"] for t in prepare["inputs"]}, {"encoder_hidden_states": "2x77x64xf32"})
        kernels = plan["kernels"]
        for program in plan["programs"]:
            self.assertEqual(program["macs"], sum(kernels[call["kernel"]]["macs"] for call in program["calls"]))
            for call in program["calls"]:
                for slice_ in call["args"]:
                    limits = {"arena": program["arena_bytes"], "data": plan["weight_bytes"], "state": plan["state_bytes"]}
                    self.assertLessEqual(slice_["offset"] + slice_["bytes"], limits[slice_["space"]])
        text = snapc("inspect", out / "nano.snap").stdout
        self.assertIn(f"program step: {len(step['calls'])} calls", text)


if __name__ == "__main__":
    unittest.main()
