#!/usr/bin/env python3
"""`snapc run` on the three nano graphs against ONNX Runtime.
SPDX-License-Identifier: Apache-2.0
"""
import sys
import unittest

from support import CACHE, ROOT, SNAPC, dim_flags, nano, run


class Graphs(unittest.TestCase):
    def compare(self, graph, *flags):
        result = run(sys.executable, ROOT / "test/e2e/compare_onnx.py", nano() / graph / "model.onnx", *dim_flags(graph),
                     *flags, "--snapc", SNAPC, "--flag=--cache", f"--flag={CACHE}", "--flag=--quiet")
        print(graph, result.stdout.strip(), flush=True)

    def test_text_encoder(self):
        self.compare("text_encoder")

    def test_unet(self):
        self.compare("unet", "--range", "timestep=501:501")

    def test_vae_decoder(self):
        self.compare("vae_decoder")


if __name__ == "__main__":
    unittest.main()
