#!/usr/bin/env python3
"""How far each algorithm of a 3x3 convolution is from double precision: relative L2 and largest error.

usage: bench/errors.py [--snapc build/bin/snapc]

One-operation ONNX models with normal inputs and weights of variance 1 / (9 C), compiled so that choose-conv takes the
algorithm (F(4,3), or F(2,3) or direct by a cap on the weights), against numpy in float64. ONNX Runtime's errors stand beside.
The largest error is relative to the largest value of the result. f16 is against the same inputs, not rounded.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parent.parent


def exact(x, w):
    """Convolution with pads of 1 in float64: [N,C,H,W], [O,C,3,3]."""
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    w = w.astype(np.float64)
    height, width = x.shape[2] - 2, x.shape[3] - 2
    return sum(np.einsum("nchw,oc->nohw", x[:, :, i:i + height, j:j + width], w[:, :, i, j], optimize=True)
               for i in range(3) for j in range(3))


def model_of(x, w, path):
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])], "conv",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [x.shape[0], w.shape[0], *x.shape[2:]])],
        [numpy_helper.from_array(w, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def run_snapc(snapc, folder, x, flags):
    """The result and the algorithm that was taken."""
    run = lambda *arguments: subprocess.run([snapc, *map(str, arguments)], check=True, capture_output=True, text=True)
    np.save(folder / "x.npy", x)
    run("compile", folder / "model.onnx", "-o", folder / "out", "--quiet", *flags)
    run("run", folder / "out", "--input", f"x={folder / 'x.npy'}", "-o", folder / "results", "--quiet")
    kernels = json.loads(run("inspect", folder / "out", "--json").stdout)["kernels"]
    kind = next(kernel["kind"] for kernel in kernels if kernel["kind"].startswith("conv2d"))
    return np.load(folder / "results/y.npy"), kind.removeprefix("conv2d.")


def errors(actual, expected):
    difference = actual.astype(np.float64) - expected
    return (np.linalg.norm(difference) / np.linalg.norm(expected), np.abs(difference).max() / np.abs(expected).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapc", default=ROOT / "build/bin/snapc")
    arguments = parser.parse_args()
    print(f"{'convolution':28}{'computed by':22}{'relative L2':>12}{'largest':>10}")
    for batch, side, channels in ((1, 64, 128), (1, 64, 320), (1, 32, 640), (1, 32, 1280), (2, 16, 640), (2, 16, 1280)):
        rng = np.random.default_rng(channels)
        x = rng.standard_normal((batch, channels, side, side)).astype(np.float32)
        w = (rng.standard_normal((channels, channels, 3, 3)) / np.sqrt(9 * channels)).astype(np.float32)
        expected = exact(x, w)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            model_of(x, w, folder / "model.onnx")
            rows = []
            direct = -(-w.nbytes // 1000000)
            for flags in (["--max-weights", 10**6], ["--max-weights", 2 * direct], ["--max-weights", direct],
                          ["--precision", "f16"]):
                result, algorithm = run_snapc(arguments.snapc, folder, x, flags)
                rows.append((f"snapc {algorithm}" + (" f16" if "f16" in flags else ""), result))
            session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
            rows.append(("ONNX Runtime", session.run(None, {"x": x})[0]))
        shape = f"{batch}x{side}x{side}x{channels}"
        for label, result in rows:
            l2, largest = errors(result, expected)
            print(f"{shape:28}{label:22}{l2:12.1e}{largest:10.1e}", flush=True)
            shape = ""


if __name__ == "__main__":
    sys.exit(main())
