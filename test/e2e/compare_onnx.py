#!/usr/bin/env python3
"""Runs an ONNX model through `snapc run` and ONNX Runtime with the same random inputs and compares every output.

usage: compare_onnx.py MODEL.onnx [--dim batch=2 --dim height=64 …] [--range timestep=501:501] [--snapc build/bin/snapc]

Prints, for each output, the relative L2 error and the largest error relative to the largest reference value. Exit 1
when either is above its tolerance, when shapes or types differ, or when snapc refuses the model.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import onnxruntime

ROOT = Path(__file__).resolve().parents[2]
TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64,
         "tensor(int32)": np.int32, "tensor(int8)": np.int8, "tensor(uint8)": np.uint8, "tensor(bool)": np.bool_}


class Refused(Exception):
    """A sentence for the user."""


def parse_dim(text):
    name, _, value = text.partition("=")
    return name, int(value)


def parse_range(text):
    name, _, bounds = text.rpartition("=")
    low, _, high = bounds.partition(":")
    return name, (float(low), float(high or low))


def make_inputs(session, dims, ranges, seed):
    """Floats are standard normal, whole numbers 0 to 400, unless a range is given."""
    inputs = {}
    for tensor in session.get_inputs():
        if tensor.type not in TYPES:
            raise Refused(f"input '{tensor.name}' is {tensor.type}, expected one of {', '.join(TYPES)}")
        shape = []
        for dim in tensor.shape:
            if isinstance(dim, str) and dim not in dims:
                raise Refused(f"input '{tensor.name}' has dimension '{dim}': give --dim {dim}=N")
            shape.append(dims[dim] if isinstance(dim, str) else dim)
        kind = TYPES[tensor.type]
        # Of its own name and the seed, so that an input's values do not depend on the others.
        generator = np.random.default_rng([seed, zlib.crc32(tensor.name.encode())])
        if kind == np.bool_:
            inputs[tensor.name] = generator.integers(0, 2, shape).astype(kind)
        elif np.issubdtype(kind, np.floating):
            low_high = ranges.get(tensor.name)
            values = generator.uniform(*low_high, shape) if low_high else generator.standard_normal(shape)
            inputs[tensor.name] = values.astype(kind)
        else:
            low, high = ranges.get(tensor.name, (0, 100 if kind in (np.int8, np.uint8) else 400))
            inputs[tensor.name] = generator.integers(int(low), int(high) + 1, shape).astype(kind)
    return inputs


def run_reference(model, dims, ranges, seed, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    inputs = make_inputs(session, dims, ranges, seed)
    names = [output.name for output in session.get_outputs()]
    return inputs, dict(zip(names, session.run(names, inputs)))


def run_snapc(snapc, model, inputs, folder, extra):
    command = [str(snapc), "run", str(model), "-o", str(folder / "out"), *extra]
    for index, (name, values) in enumerate(inputs.items()):
        path = folder / f"input-{index}.npy"
        np.save(path, values)
        command += ["--input", f"{name}={path}"]
    result = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise Refused(f"snapc run: exit {result.returncode}\n{result.stderr.strip()[-4000:]}")


def errors(actual, expected):
    """Relative L2, and the largest error relative to the largest reference value."""
    actual, expected = actual.astype(np.float64), expected.astype(np.float64)
    difference = np.abs(actual - expected)
    norm, largest = np.linalg.norm(expected), np.abs(expected).max(initial=0)
    return np.linalg.norm(difference) / (norm or 1), difference.max(initial=0) / (largest or 1)


def compare(folder, expected, l2_limit, max_limit):
    good = True
    for name, reference in expected.items():
        path = folder / "out" / f"{name}.npy"
        if not path.exists():
            print(f"{name}: no {path.name} was written", file=sys.stderr)
            good = False
            continue
        actual = np.load(path)
        if actual.shape != reference.shape or actual.dtype != reference.dtype:
            print(f"{name}: is {actual.dtype} {actual.shape}, expected {reference.dtype} {reference.shape}", file=sys.stderr)
            good = False
            continue
        l2, largest = errors(actual, reference)
        passed = bool(l2 <= l2_limit and largest <= max_limit and np.isfinite(actual).all())
        good &= passed
        print(f"{name}: {'x'.join(map(str, reference.shape))}  relative L2 {l2:.2e} (limit {l2_limit:g})  largest "
              f"{largest:.2e} (limit {max_limit:g})  {'ok' if passed else 'TOO LARGE'}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", type=Path, metavar="MODEL.onnx")
    parser.add_argument("--dim", action="append", default=[], type=parse_dim, metavar="NAME=N",
                        help="a symbolic dimension (repeatable)")
    parser.add_argument("--range", action="append", default=[], type=parse_range, metavar="INPUT=LOW:HIGH",
                        help="uniform values of an input (repeatable)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--l2", type=float, default=1e-4)
    parser.add_argument("--max", type=float, default=1e-3)
    parser.add_argument("--snapc", type=Path, default=ROOT / "build/bin/snapc")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--flag", action="append", default=[], metavar="FLAG", help="handed to snapc run (repeatable)")
    arguments = parser.parse_args()
    try:
        inputs, expected = run_reference(arguments.model, dict(arguments.dim), dict(arguments.range), arguments.seed,
                                         arguments.threads)
        with tempfile.TemporaryDirectory(prefix="snap-compare-") as temporary:
            folder = Path(temporary)
            run_snapc(arguments.snapc, arguments.model, inputs, folder,
                      ["--threads", str(arguments.threads), *arguments.flag])
            return 0 if compare(folder, expected, arguments.l2, arguments.max) else 1
    except Refused as problem:
        print(f"{arguments.model}: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
