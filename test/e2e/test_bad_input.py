#!/usr/bin/env python3
"""Bad input to the command line: a clear error, exit status 1 (or 2 for wrong usage), and nothing half-written."""
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import support


def linear_model(path: Path, rows="batch") -> None:
    """y = x w with w in external data, x of shape [rows, 8]."""
    weights = np.arange(32, dtype=np.float32).reshape(8, 4) * 100
    initializer = onnx.numpy_helper.from_array(np.tile(weights, (1, 40)), "w")
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, 160])
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"], name="multiply")], "linear", [x], [y],
                              [initializer])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)


class BadInput(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="snapc-bad-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.model = self.folder / "model/linear.onnx"
        self.out = self.folder / "out"

    def refuse(self, *arguments, status=1, says=()):
        """snapc must exit with `status`, say all of `says`, and leave no file in self.out."""
        result = support.snapc(*arguments, check=False)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        for text in says:
            self.assertIn(text, result.stderr)
        if status == 1:
            self.assertRegex(result.stderr, r"(?m)^error: ")
        if self.out.exists():
            self.assertEqual([p.name for p in self.out.rglob("*") if p.is_file()], [])
        return result.stderr

    def compile(self, status=1, says=(), model=None, dims=("batch=3",)):
        flags = [text for dim in dims for text in ("--dim", dim)]
        return self.refuse("compile", model or self.model, "-o", self.out, *flags, status=status, says=says)

    def set_external(self, **entries):
        """Rewrites the external data entries of w."""
        linear_model(self.model)
        model = onnx.load(self.model, load_external_data=False)
        for entry in model.graph.initializer[0].external_data:
            if entry.key in entries:
                entry.value = entries.pop(entry.key)
        for key, value in entries.items():
            model.graph.initializer[0].external_data.add(key=key, value=value)
        self.model.write_bytes(model.SerializeToString())

    def test_usage(self):
        self.refuse("compile", status=2)
        self.refuse("paint", "x", status=2)
        self.refuse("compile", self.model, "-o", self.out, "--nonsense", status=2)

    def test_help_shows_examples(self):
        for command in ("compile", "run", "verify", "generate", "inspect"):
            result = support.snapc(command, "--help")
            self.assertIn(f"snapc {command} ", result.stdout)

    def test_missing_model(self):
        self.compile(says=["linear.onnx", "no such file"])

    def test_truncated_and_corrupt_protobuf(self):
        linear_model(self.model)
        bytes_ = self.model.read_bytes()
        self.model.write_bytes(bytes_[: len(bytes_) * 2 // 3])
        self.compile(says=["linear.onnx"])
        self.model.write_bytes(os.urandom(512))
        self.compile(says=["linear.onnx"])
        self.model.write_bytes(b"")
        self.compile(says=["linear.onnx"])

    def test_missing_weights(self):
        linear_model(self.model)
        (self.model.parent / "weights.bin").unlink()
        self.compile(says=["weights.bin"])

    def test_short_weights(self):
        linear_model(self.model)
        data = self.model.parent / "weights.bin"
        data.write_bytes(data.read_bytes()[:-4])
        self.compile(says=["weights.bin", "w"])

    def test_external_data_must_stay_in_the_folder(self):
        outside = self.folder / "secret.bin"
        outside.write_bytes(bytes(8 * 160 * 4))
        self.set_external(location="../secret.bin")
        self.compile(says=["../secret.bin"])
        self.set_external(location=str(outside))
        self.compile(says=[str(outside)])
        self.set_external()
        link = self.model.parent / "weights.bin"
        link.unlink()
        link.symlink_to(outside)
        self.compile(says=["weights.bin"])
        link.unlink()
        os.link(outside, link)
        self.compile(says=["weights.bin"])

    def test_external_data_bounds_do_not_overflow(self):
        for offset in ("18446744073709551612", "-4", "99999999"):
            self.set_external(offset=offset)
            self.compile(says=["w"])

    def test_shape_mismatch(self):
        linear_model(self.model)
        model = onnx.load(self.model, load_external_data=False)
        model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 9
        self.model.write_bytes(model.SerializeToString())
        self.compile(says=["linear.onnx", "multiply", "3x9", "8x160"])

    def test_unbound_and_unknown_dimension(self):
        linear_model(self.model)
        self.compile(dims=(), says=["batch", "--dim"])
        self.compile(dims=("batch=3", "depth=2"), says=["depth"])
        self.compile(dims=("batch=0",), says=["batch"])

    def test_every_unsupported_node_is_listed(self):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 2])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2])
        nodes = [helper.make_node("Det", ["x"], ["d"], name="first"),
                 helper.make_node("NonZero", ["x"], ["n"], name="second"), helper.make_node("Relu", ["x"], ["y"])]
        self.model.parent.mkdir()
        graph = helper.make_graph(nodes, "g", [x], [y])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), self.model)
        self.compile(dims=(), says=["first", "Det", "second", "NonZero"])

    def test_run_inputs(self):
        linear_model(self.model)
        good = self.folder / "x.npy"
        np.save(good, np.ones((3, 8), np.float32))
        results = self.folder / "results"
        support.snapc("run", self.model, "--input", f"x={good}", "-o", results, "--quiet")
        self.assertEqual(np.load(results / "y.npy").shape, (3, 160))
        self.refuse("run", self.model, "--input", f"x={good}", "--input", f"z={good}", "-o", self.out,
                    says=["'z'", "x: "])
        self.refuse("run", self.model, "--input", "x=missing.npy", "-o", self.out, says=["missing.npy"])
        self.refuse("run", self.model, "-o", self.out, says=["batch"])
        bad = self.folder / "bad.npy"
        np.save(bad, np.ones((3, 9), np.float32))
        self.refuse("run", self.model, "--input", f"x={bad}", "-o", self.out, says=["3x9xf32", "3x8xf32"])
        np.save(bad, np.ones((3, 8), np.float64))
        self.refuse("run", self.model, "--input", f"x={bad}", "-o", self.out, says=["bad.npy", "<f8"])
        np.save(bad, np.ones((3, 8), np.int32))
        self.refuse("run", self.model, "--input", f"x={bad}", "-o", self.out, says=["3x8xi32", "3x8xf32"])

    def test_corrupt_snap_is_refused(self):
        linear_model(self.model)
        good = self.folder / "x.npy"
        np.save(good, np.ones((3, 8), np.float32))
        built = self.folder / "built"
        support.snapc("compile", self.model, "-o", built, "--dim", "batch=3", "--quiet")
        snap = built / "linear.snap"
        original = snap.read_bytes()
        support.snapc("run", built, "--input", f"x={good}", "-o", self.folder / "ok", "--quiet")

        def refused(data, what):
            snap.write_bytes(data)
            result = support.snapc("run", built, "--input", f"x={good}", "-o", self.out, "--quiet", check=False)
            self.assertEqual(result.returncode, 1, f"{what}: {result.stdout}{result.stderr}")
            self.assertIn("linear.snap", result.stderr, what)

        for begin, size in ((0, 8), (8, 4), (12, 4), (16, 8), (24, 8), (32, 8), (40, 8), (48, 8), (56, 8)):
            field = bytearray(original)
            for i in range(begin, begin + size):
                field[i] ^= 0xFF
            refused(bytes(field), f"header bytes {begin} to {begin + size} flipped")
        refused(original[:-1], "cut short")
        refused(b"", "empty")
        plan_offset, plan_bytes = struct.unpack_from("<QQ", original, 16)
        flipped = bytearray(original)
        flipped[plan_offset + plan_bytes // 2] ^= 1
        refused(bytes(flipped), "a bit of the plan flipped")

    def test_unwritable_output(self):
        linear_model(self.model)
        blocked = self.folder / "blocked"
        blocked.write_text("a file where the folder should be")
        self.refuse("compile", self.model, "-o", blocked, "--dim", "batch=3", says=["blocked"])

    def test_no_space_left(self):
        linear_model(self.model)
        # A file size limit gives the same failure of write() as a full disk, without one.
        command = f"ulimit -f 2; trap '' XFSZ; exec {support.SNAPC} compile {self.model} -o {self.out} --dim batch=3"
        environment = dict(os.environ, SNAPC_CACHE=str(support.CACHE))
        result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("cannot write", result.stderr)
        self.assertEqual([p.name for p in self.out.rglob("*")], [])

    def test_interrupt_leaves_nothing_half_written(self):
        # Its hundred kernels take long enough, without a cache, to be interrupted at every delay.
        model = support.nano() / "unet/model.onnx"
        for delay in (0.2, 0.8, 2.0):
            environment = dict(os.environ, SNAPC_CACHE=str(self.folder / f"cold-{delay}"))
            process = subprocess.Popen(
                [support.SNAPC, "compile", model, "-o", self.out, *support.dim_flags("unet")],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True)
            time.sleep(delay)
            os.killpg(process.pid, signal.SIGINT)
            self.assertNotEqual(process.wait(timeout=30), 0)
            files = [p.name for p in self.out.rglob("*") if p.is_file()] if self.out.exists() else []
            self.assertEqual(files, [])


if __name__ == "__main__":
    unittest.main()
