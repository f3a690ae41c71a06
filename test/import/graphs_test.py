#!/usr/bin/env python3
"""Imports the graphs of models/ without their weights, and compares nano with ONNX Runtime.

usage: graphs_test.py SNAP_IMPORT
SPDX-License-Identifier: Apache-2.0
"""
import os, re, shutil, subprocess, sys, tempfile, time
import numpy as np
import onnxruntime

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNET, DECODER, TEXT = "unet", "vae_decoder", "text_encoder"
GRAPHS = [("snapfusion", TEXT), ("snapfusion", UNET), ("snapfusion", DECODER), ("nano", TEXT), ("nano", UNET),
          ("nano", DECODER), ("dynamo", TEXT), ("dynamo", UNET), ("dynamo", DECODER), ("sd15", UNET), ("sd15", DECODER)]
# A folded graph has no shape arithmetic left; what it may hold in bytes is small.
MOST_SECONDS, MOST_IR_BYTES = 10, 600_000


def dims(family, part):
    if family == "dynamo":
        return {}
    size = 16 if family == "nano" else 64
    if part == TEXT:
        return {"batch": 1}
    return {"batch": 2 if part == UNET else 1, "height": size, "width": size}


def flags(values):
    return [f for name, value in values.items() for f in ("--dim", f"{name}={value}")]


def check_import(tool, family, part):
    """Without weights: a copy of the graph alone, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(ROOT, "models", family, part, "model.onnx"), folder)
        start = time.time()
        done = subprocess.run([tool, os.path.join(folder, "model.onnx"), *flags(dims(family, part))],
                              capture_output=True, text=True)
        seconds = time.time() - start
    assert done.returncode == 0, f"{family}/{part}: {done.stderr}"
    ops = re.findall(r"= (snap\.\w+)", done.stdout)
    computed = len(ops) - ops.count("snap.weight") - ops.count("snap.constant")
    print(f"{family + '/' + part:26} {computed:5} operations, {ops.count('snap.weight'):4} weights, "
          f"{ops.count('snap.constant'):3} constants, {seconds:.2f} s")
    assert computed > 50 and seconds < MOST_SECONDS and len(done.stdout) < MOST_IR_BYTES, (seconds, len(done.stdout))
    for line in done.stdout.splitlines():
        # Large values belong to the weights' file or are expressions.
        if "snap.constant dense_resource" in line or "snap.constant dense<[" in line:
            shape = re.search(r"tensor<([0-9x]*)x\w+>", line)[1]
            assert np.prod([int(d) for d in shape.split("x")]) <= 1024, line


def random_inputs(session, values):
    rng = np.random.default_rng(7)
    inputs = {}
    for i in session.get_inputs():
        shape = [d if isinstance(d, int) else values[d] for d in i.shape]
        if i.type == "tensor(int64)":
            inputs[i.name] = rng.integers(0, 49408, shape) if len(shape) > 1 else np.array([500] * shape[0])
        elif i.name == "timestep":
            inputs[i.name] = np.full(shape, 501, np.float32)
        else:
            inputs[i.name] = rng.standard_normal(shape, dtype=np.float32)
    return inputs


def check_nano(tool, part):
    """The imported function, interpreted, against ONNX Runtime."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(ROOT, "models", "nano", part)
        subprocess.run([sys.executable, os.path.join(ROOT, "models", "make_weights.py"), source, folder], check=True,
                       stdout=subprocess.DEVNULL)
        model = os.path.join(folder, "model.onnx")
        if not os.path.exists(model):
            shutil.copy(os.path.join(source, "model.onnx"), model)
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        values = dims("nano", part)
        inputs = random_inputs(session, values)
        for i, value in enumerate(inputs.values()):
            open(os.path.join(folder, f"input_{i}.bin"), "wb").write(np.ascontiguousarray(value).tobytes())
        done = subprocess.run([tool, "--run", model, folder, *flags(values)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        for i, expected in enumerate(session.run(None, inputs)):
            got = np.fromfile(os.path.join(folder, f"output_{i}.bin"), np.float32).reshape(expected.shape)
            error = np.linalg.norm(got - expected) / np.linalg.norm(expected)
            print(f"nano/{part} against ONNX Runtime: relative L2 error {error:.1e}")
            assert error <= 1e-5, error


if __name__ == "__main__":
    for family, part in GRAPHS:
        check_import(sys.argv[1], family, part)
    for part in (TEXT, UNET, DECODER):
        check_nano(sys.argv[1], part)
