#!/usr/bin/env python3
"""nano for arm64 Linux, linked into examples/c and run by qemu: f32 and f16 pictures against this machine's,
f16 computed in f32 and, where the processor can, in f16.
SPDX-License-Identifier: Apache-2.0
"""
import unittest

import numpy as np

from compare_pictures import picture, psnr
from support import ROOT, WORK, compiled_nano, run

STEPS = "2"  # qemu runs a step in seconds; two steps feed one step's error into the next
PROMPT = "a cat on a sofa"
QEMU = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]


def build_example(folder, out, compiler):
    run("make", "-s", "-B", "-C", ROOT / "examples/c", f"PIPELINE={folder}", "NAME=nano", f"CC={compiler}", f"OUT={out}")


def draw(program, folder, latents, ppm, *prefix):
    run(*prefix, program, folder / "nano.snap", PROMPT, ppm, "--latents", latents, "--steps", STEPS, "--threads", "2",
        timeout=1200)
    return picture(ppm)


class Arm64(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        WORK.mkdir(parents=True, exist_ok=True)
        cls.latents = WORK / "latents.bin"
        np.random.default_rng(11).standard_normal(4 * 16 * 16).astype(np.float32).tofile(cls.latents)
        host = compiled_nano()
        build_example(host, WORK / "draw", "cc")
        cls.expected = draw(WORK / "draw", host, cls.latents, WORK / "host.ppm")

    def compare(self, precision, limit, cpu="armv8.0"):
        name = f"arm64-{cpu}-{precision}"
        folder = compiled_nano(f"nano-{name}", "--target", "arm64-linux", "--cpu", cpu, "--precision", precision)
        program = WORK / f"draw-{name}"
        build_example(folder, program, "aarch64-linux-gnu-gcc")
        actual = draw(program, folder, self.latents, WORK / f"{name}.ppm", *QEMU)
        ratio = psnr(actual, self.expected)
        print(f"{name}: PSNR {ratio:.1f} dB against this machine's f32 (limit {limit})", flush=True)
        self.assertGreaterEqual(ratio, limit)

    def test_f32(self):
        self.compare("f32", 50)

    def test_f16(self):
        self.compare("f16", 30)

    def test_f16_arithmetic(self):
        self.compare("f16", 35, "generic")


if __name__ == "__main__":
    unittest.main()
