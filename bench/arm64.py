#!/usr/bin/env python3
"""Counts the instructions that arm64 kernels take, ours, ONNX Runtime's and ncnn's, exactly, under qemu-aarch64.

usage: bench/arm64.py [--cpu CPU]... [--keys FILE] [--peer NAME]... [--no-peer] [--no-ours] [--full] [WORK ...]
WORK: conv320 conv640 conv1280 conv256 conv128 linear-ff linear-text linear-1024 linear-64 conv1x1 (default: all).
Whole programs and pictures: bench/arm64_pictures.py.

Each work is an ONNX model of one operator. snapc compiles it for arm64-linux in f32 and in f16, and the kernels it
chose run alone, as do those of each line of --keys (kernel keys as `snapc inspect` prints them) instead. The peers are
the aarch64 builds from PyPI of ONNX Runtime, in f32, and of ncnn, in f32 and with f16 storage and arithmetic, on one
layer (Convolution; of a linear one Gemm, which takes fewer instructions than InnerProduct on many rows). A plugin of qemu
counts one run (bench/arm64/count.c), the second of a peer's, on one thread of a processor without SVE. "all" are
millions of executed instructions, "fmla" those of them that multiply vectors, "whole" also counts the kernels around
the operator that change layout and precision of this lone operator, which in a model its neighbours make unnecessary;
the peers' counts have their own. Ratios are those of "all": to ONNX Runtime, to ncnn's f16 ("nh"), and of f16 to our f32.

What it needs beyond scripts/setup.sh is made once in build/arm64-bench (bench/arm64_support.py). Images larger than
4,096 pixels are cropped, which changes no ratio by much, unless --full is given: qemu runs a few million
multiplications a second.
"""
import argparse
import json
import tempfile
from pathlib import Path

from arm64_support import (PEERS, ROOT, count, fmla, make_peers, make_qemu, make_runner, parse_arguments, peer_command,
                           run)

# name: (operator, input, weight, its cropped input)
WORKS = {
    "conv320": ("Conv", (1, 320, 64, 64), (320, 320, 3, 3), (1, 320, 32, 32)),
    "conv640": ("Conv", (1, 640, 32, 32), (640, 640, 3, 3), None),
    "conv1280": ("Conv", (1, 1280, 32, 32), (640, 1280, 3, 3), None),
    "conv256": ("Conv", (1, 256, 128, 128), (256, 256, 3, 3), (1, 256, 64, 64)),
    "conv128": ("Conv", (1, 128, 256, 256), (128, 128, 3, 3), (1, 128, 64, 64)),
    "linear-ff": ("MatMul", (256, 640), (640, 2560), None),
    "linear-text": ("MatMul", (77, 768), (768, 3072), None),
    "linear-1024": ("MatMul", (1024, 640), (640, 640), None),
    "linear-64": ("MatMul", (64, 1280), (1280, 1280), None),
    "conv1x1": ("Conv", (1, 640, 16, 16), (640, 640, 1, 1), None),
}


# What the peers run


def write_model(path: Path, work: str, full: bool):
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    op, x, w, crop = WORKS[work]
    x = x if full or not crop else crop
    y = (x[0], w[0], x[2], x[3]) if op == "Conv" else (x[0], w[1])
    fan_in = int(np.prod(w[1:])) if op == "Conv" else w[0]
    weight = (np.random.default_rng(0).standard_normal(w) / np.sqrt(fan_in)).astype(np.float32)
    attributes = {"pads": [w[2] // 2] * 4} if op == "Conv" else {}
    graph = helper.make_graph(
        [helper.make_node(op, ["x", "w"], ["y"], **attributes)], "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, y)], [numpy_helper.from_array(weight, "w")])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def write_layer(folder: Path, work: str, full: bool):
    """The same for ncnn: a network of one layer, its weights after a word that says they are f32, and its input."""
    import numpy as np

    op, x, w, crop = WORKS[work]
    x = x if full or not crop else crop
    weight = np.random.default_rng(0).standard_normal(w).astype("<f4")
    if op == "Conv":  # 0: outputs, 1: kernel, 4: padding, 5: bias, 6: weights
        layer = f"Convolution layer 1 1 in out 0={w[0]} 1={w[2]} 4={w[2] // 2} 5=0 6={weight.size}"
    else:  # 3: B is transposed, 5, 6: B and C are constant, 8, 9: B's columns and rows, 10: there is no C
        layer, weight = f"Gemm layer 1 1 in out 3=1 5=1 6=1 8={w[1]} 9={w[0]} 10=-1", np.ascontiguousarray(weight.T)
    folder.mkdir()
    (folder / "layer.param").write_text(f"7767517\n2 2\nInput input 0 1 in\n{layer}\n")
    (folder / "layer.bin").write_bytes(b"\0\0\0\0" + weight.tobytes())
    np.save(folder / "input.npy", np.full(x[1:] if op == "Conv" else x, 0.5, np.float32))


# Counting


def count_peers(work: str, peers: list, args, qemu: list) -> dict:
    """Name of a column ("ort", "ncnn", "ncnn16") -> counts."""
    python, result = peer_command(args.cache, qemu), {}
    if "onnxruntime" in peers:
        result["ort"] = count([*python, ROOT / "bench/arm64/peer_onnxruntime.py", args.scratch / f"{work}.onnx"])
    if "ncnn" in peers:
        write_layer(args.scratch / work, work, args.full)
        for column, precision in (("ncnn", "f32"), ("ncnn16", "f16")):
            result[column] = count([*python, ROOT / "bench/arm64/peer_ncnn.py", args.scratch / work, precision])
    return result


def count_keys(keys: list, cpu: str, args, qemu: list) -> list:
    runner = make_runner(keys, cpu, args.scratch / "kernels", args.build, args.cache)
    return [count([*qemu, runner, index]) for index in range(len(keys))]


def count_work(model: Path, precision: str, cpu: str, args, qemu: list) -> dict:
    """The operator's kernel, and with "whole" all that the compiled model runs."""
    out = args.scratch / "compiled"
    run([args.build / "bin/snapc", "compile", model, "-o", out, "--name", "one", "--target", "arm64-linux", "--cpu", cpu,
         "--precision", precision, "--max-weights", "1000000", "--quiet", "--cache", args.cache / "kernel-cache"])
    keys = [kernel["key"] for kernel in json.loads(run([args.build / "bin/snapc", "inspect", out, "--json"]))["kernels"]]
    counts = count_keys(keys, cpu, args, qemu)
    main = next(i for i, key in enumerate(keys) if key.startswith(("conv2d", "matmul")))
    return dict(counts[main], whole=sum(one["all"] for one in counts), key=keys[main])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", nargs="*", metavar="WORK")
    parser.add_argument("--cpu", action="append", help="processor model of snapc (default: generic); may be repeated")
    parser.add_argument("--keys", type=Path, help="count the kernels of this file's keys instead")
    parser.add_argument("--peer", action="append", choices=PEERS, help="only this one; may be repeated")
    parser.add_argument("--no-peer", action="store_true", help="ours only")
    parser.add_argument("--no-ours", action="store_true", help="peers only")
    parser.add_argument("--full", action="store_true", help="crop no image")
    args = parse_arguments(parser)
    scratch = tempfile.TemporaryDirectory(prefix="snap-arm64-")  # two may run at once
    args.scratch = Path(scratch.name)
    unknown = [name for name in args.work if name not in WORKS]
    if unknown:
        parser.error(f"no such work: {' '.join(unknown)}")
    qemu = make_qemu(args.cache)
    cpus = args.cpu or ["generic"]

    if args.keys:
        keys = [line for line in args.keys.read_text().splitlines() if line.strip()]
        for cpu in cpus:
            for key, c in zip(keys, count_keys(keys, cpu, args, qemu)):
                print(f"{cpu:14} {c['all']:9.2f} M, fmla 4s {c['fmla4s']:.2f} 8h {c['fmla8h']:.2f}, convert "
                      f"{c['convert']:.2f}, splat {c['splat']:.2f}, load {c['load']:.2f}, store {c['store']:.2f}  {key}",
                      flush=True)
        return
    peers = [] if args.no_peer or not make_peers(args.cache) else args.peer or list(PEERS)
    columns = ("ort", "ncnn", "ncnn16")
    print(f"{'work':12} {'cpu':12} |" + "".join(f" {name:>8} {'fmla':>7} |" for name in columns)
          + f" {'f32 all':>8} {'fmla':>7} {'whole':>8} | {'f16 all':>8} {'fmla':>7} {'whole':>8} | "
          "f32/ort f16/ort f32/ncnn f16/nh f16/f32  algorithm f32, f16", flush=True)
    nothing = {kind: float("nan") for kind in ("all", "fmla4s", "fmla8h", "whole")} | {"key": "-("}
    for work in args.work or WORKS:
        model = args.scratch / f"{work}.onnx"
        write_model(model, work, args.full)
        theirs = dict.fromkeys(columns, nothing) | count_peers(work, peers, args, qemu)
        for cpu in cpus:
            f32, f16 = (nothing if args.no_ours else count_work(model, precision, cpu, args, qemu)
                        for precision in ("f32", "f16"))
            ort, ncnn, half = (theirs[name]["all"] for name in columns)
            print(f"{work:12} {cpu:12} |" + "".join(f" {theirs[c]['all']:8.1f} {fmla(theirs[c]):7.1f} |" for c in columns)
                  + "".join(f" {own['all']:8.1f} {fmla(own):7.1f} {own['whole']:8.1f} |" for own in (f32, f16))
                  + f" {f32['all'] / ort:7.2f} {f16['all'] / ort:7.2f} {f32['all'] / ncnn:8.2f} {f16['all'] / half:6.2f} "
                  f"{f16['all'] / f32['all']:7.2f}  {f32['key'].split('(')[0]}, {f16['key'].split('(')[0]}", flush=True)


if __name__ == "__main__":
    main()
