#!/usr/bin/env python3
"""Latency by block: each kernel call counts for the block that it is of, and snapc's profile names every block.
SPDX-License-Identifier: Apache-2.0
"""
import os
import tempfile
import unittest
from pathlib import Path

from shapes.latency import attribute, latencies
from shapes.layout import Design
from shapes.unet import UNetConfig

SNAPC = Path(os.environ["SNAP_BUILD"]) / "bin/snapc"
# A layer of each kind: whole, without transformer, with two, without ResNet, with nothing but a shortcut.
CONFIG = UNetConfig(widths=(16, 32, 32), down=("r", "ra", "-a"), mid="-a r", up=("- raa", "-a ra", "r -"), context=32, time=32)


def call(block: str, seconds: float, macs: int = 0) -> dict:
    return {"block": block, "seconds": seconds, "macs": macs}


class Latency(unittest.TestCase):
    def test_calls_are_attributed(self):
        # By hand: 1 ms of the branch, 1x1 shortcuts of 16 ms; "up.2.0" has no transformer, so calls have the layer's name.
        config = UNetConfig(widths=(16, 32), down=("r", "ra"), mid="-a", up=("ra -", "r -"), context=32, time=32)
        calls = [call("", 5), call("conv_in.weight", 5), call("down.0.0", 1e-3, 2304), call("down.0.0", 2e-3, 2304),
                 call("down.1.0.resnet", 16e-3, 16 * 32), call("down.1.0.resnet", 1e-3, 4608),
                 call("down.1.0.transformers.0", 4e-3), call("down.1.0.transformers.0.attn1", 8e-3),
                 call("mid.0.transformers.0", 7e-3), call("up.0.0.resnet", 1e-3, 9 * 64 * 32), call("up.0.0.resnet", 16e-3, 64 * 32),
                 call("up.0.0.transformers.0", 3e-3), call("up.0.1", 16e-3, 48 * 32), call("up.1.0", 16e-3, 48 * 16),
                 call("up.1.0", 1e-3, 9 * 48 * 16), call("up.1.1", 16e-3, 32 * 16)]
        found = attribute(calls, config)
        self.assertEqual({block: round(milliseconds, 6) for block, milliseconds in found.items()},
                         {"down.0.0.resnet": 3, "down.1.0.resnet": 1, "down.1.0.transformers.0": 12, "mid.0.transformers.0": 7,
                          "up.0.0.resnet": 1, "up.0.0.transformers.0": 3, "up.1.0.resnet": 1})
        self.assertEqual(set(found), set(Design.of(config).blocks()))
        with self.assertRaisesRegex(ValueError, "no call of block 'mid.0.transformers.0'; it has those of .*up.0.1"):
            attribute([one for one in calls if not one["block"].startswith("mid")], config)
        with self.assertRaisesRegex(ValueError, "block 'up.1.0.resnet': expected one call with a ninth of another's .*found 0 among"):
            attribute([one for one in calls if one["macs"] != 768], config)

    def test_by_snapc(self):
        os.environ.setdefault("SNAPC_CACHE", str(Path(os.environ["SNAP_BUILD"]) / "e2e/kernels"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "latency.json"
            table = latencies(CONFIG, path, SNAPC, repeat=3)
            self.assertEqual(set(table["blocks"]), set(Design.of(CONFIG).blocks()))
            self.assertGreater(min(table["blocks"].values()), 0)
            self.assertGreater(table["rest"], 0)
            self.assertAlmostEqual(table["rest"] + sum(table["blocks"].values()), table["step"])
            # Measured once: snapc is not asked again.
            self.assertEqual(latencies(CONFIG, path, Path("/nowhere/snapc")), table)
            with self.assertRaisesRegex(SystemExit, "latency.json: measured of .*delete it to measure again"):
                latencies(UNetConfig(), path, SNAPC)
            with self.assertRaisesRegex(SystemExit, "/nowhere/snapc: not found; scripts/build.sh builds it"):
                latencies(CONFIG, Path(folder) / "other.json", Path("/nowhere/snapc"))


if __name__ == "__main__":
    unittest.main()
