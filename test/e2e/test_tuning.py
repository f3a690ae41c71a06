#!/usr/bin/env python3
"""snapc compile --tune: measures, remembers, changes no result.
SPDX-License-Identifier: Apache-2.0
"""
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from support import snapc


def write_model(path: Path):
    """A convolution and a matrix product, both large enough to be cut into blocks."""
    rng = np.random.default_rng(0)
    filters = rng.standard_normal((48, 96, 3, 3)).astype(np.float32) / 30
    weight = rng.standard_normal((256, 128)).astype(np.float32) / 16
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "filters"], ["y"], pads=[1, 1, 1, 1], strides=[2, 2]),
         helper.make_node("MatMul", ["rows", "weight"], ["z"])],
        "two", [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 96, 32, 32]),
                helper.make_tensor_value_info("rows", TensorProto.FLOAT, [200, 256])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 48, 16, 16]),
         helper.make_tensor_value_info("z", TensorProto.FLOAT, [200, 128])],
        [numpy_helper.from_array(filters, "filters"), numpy_helper.from_array(weight, "weight")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


class Tuning(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.model = self.folder / "two.onnx"
        self.schedules = self.folder / "two.schedules"
        write_model(self.model)

    def results(self, out: Path) -> dict:
        rng = np.random.default_rng(1)
        flags = []
        for name, shape in (("image", (1, 96, 32, 32)), ("rows", (200, 256))):
            np.save(self.folder / f"{name}.npy", rng.standard_normal(shape).astype(np.float32))
            flags += ["--input", f"{name}={self.folder / name}.npy"]
        snapc("run", out, *flags, "-o", out / "results", "--quiet")
        return {name: np.load(out / f"results/{name}.npy") for name in "yz"}

    def test_measures_once_and_changes_no_result(self):
        plain, first, second, third = (self.folder / name for name in ("plain", "first", "second", "third"))
        snapc("compile", self.model, "-o", plain, "--quiet")
        said = snapc("compile", self.model, "-o", first, "--tune", "--schedules", self.schedules).stderr
        self.assertRegex(said, r"tuned: [12] kernels measured, [012] faster by other sizes")
        lines = self.schedules.read_text().splitlines()
        self.assertRegex(lines[0], r"^# snapc schedules of \S+ \S+$")
        table = dict(reversed(line.split(" | ")) for line in lines[1:])
        kernels = json.loads(snapc("inspect", first, "--json").stdout)["kernels"]
        for kernel in kernels:
            self.assertEqual(table.get(kernel["key"], "own"), kernel["schedule"] or "own")
        self.assertTrue(any(key.startswith("conv2d") for key in table) and any(key.startswith("matmul") for key in table))
        self.assertEqual(list(first.glob(".tune*")), [])  # nothing is left of the measuring

        said = snapc("compile", self.model, "-o", second, "--tune", "--schedules", self.schedules).stderr
        self.assertIn("tuned: all kernels are known from", said)
        snapc("compile", self.model, "-o", third, "--schedules", self.schedules, "--quiet")
        for file in ("libtwo.a", "two.h", "two.snap"):
            for other in (second, third):
                self.assertEqual((first / file).read_bytes(), (other / file).read_bytes(), file)

        expected = self.results(plain)
        for name, result in self.results(first).items():
            error = np.linalg.norm(result - expected[name]) / np.linalg.norm(expected[name])
            self.assertLess(error, 1e-6, name)

    def test_schedules_are_taken_from_the_file(self):
        out = self.folder / "out"
        snapc("compile", self.model, "-o", out, "--tune", "--schedules", self.schedules, "--quiet")
        head, *rows = self.schedules.read_text().splitlines()
        rows = ["depth=64 rows=32 | " + row.split(" | ")[1] if " | matmul" in row else row for row in rows]
        self.schedules.write_text("\n".join([head, *rows]) + "\n")
        snapc("compile", self.model, "-o", out, "--schedules", self.schedules, "--quiet")
        kernels = json.loads(snapc("inspect", out, "--json").stdout)["kernels"]
        self.assertEqual([k["schedule"] for k in kernels if k["kind"] == "matmul"], ["depth=64 rows=32"])
        self.assertIn(" schedule depth=64 rows=32", snapc("inspect", out).stdout)

    def test_refuses_what_it_cannot_do(self):
        refusals = [
            (["--tune", "--target", "arm64-linux"], "--tune measures on this machine, which cannot run arm64-linux"),
            (["--schedules", self.folder / "absent"], "absent: no such file; `snapc compile --tune --schedules"),
            (["--tune", "--emit", "plan"], "--tune and --schedules: only of a whole compilation, without --emit"),
        ]
        for flags, message in refusals:
            result = snapc("compile", self.model, "-o", self.folder / "refused", *flags, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(message, result.stderr)
        self.schedules.write_text("# something else\n")
        result = snapc("compile", self.model, "-o", self.folder / "refused", "--schedules", self.schedules, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"two.schedules: line 1 is '# something else', expected '# snapc schedules of ")
        self.assertFalse(list(self.folder.glob("refused/*.snap")))


if __name__ == "__main__":
    unittest.main()
