#!/usr/bin/env python3
"""Counts the instructions that arm64 kernels take, ours and ONNX Runtime's, exactly, under qemu-aarch64.

usage: bench/arm64.py [--cpu CPU]... [--keys FILE] [--no-peer] [--full] [WORK ...]
WORK: conv320 conv640 conv1280 conv256 conv128 linear-ff linear-text linear-1024 linear-64 conv1x1 (default: all).

Each work is an ONNX model of one operator. snapc compiles it for arm64-linux in f32 and in f16, and the kernels it
chose run alone, as do those of each line of --keys (kernel keys as `snapc inspect` prints them) instead. The peer is
ONNX Runtime's aarch64 build from PyPI, in f32. A plugin of qemu counts (bench/arm64/count.c); a run is the
difference of two runs and one (of nine and one, by eight, for the peer's small ones, since Python's start is not the same every time), on one
thread, of a processor without SVE. "all" are millions of executed instructions,
"fmla" those of them that multiply vectors, "whole" also counts the kernels around the operator that change
layout and precision of this lone operator, which in a model its neighbours make unnecessary; the peer's count has its
own. Ratios are those of "all": to the peer, and of f16 to our f32.

What it needs beyond scripts/setup.sh goes into build/arm64-bench, once: Debian's arm64 packages of Python, unpacked as
qemu's root (apt checks their signatures; nothing is installed), and wheels of ONNX Runtime and numpy. Images larger than
4,096 pixels are cropped, which changes no ratio by much, unless --full is given: qemu runs a few million
multiplications a second.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# 1.32.0 crashes in qemu 7.2 while it is imported; those between were not tried.
ONNXRUNTIME, NUMPY = "1.23.2", "2.2.6"
DEBIAN = ("python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libstdc++6 libgcc-s1 zlib1g libexpat1 "
          "libffi8 libssl3 libbz2-1.0 liblzma5").split()

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


def run(command, **options) -> str:
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode:
        sys.exit(f"arm64.py: {' '.join(map(str, command))[:300]} failed:\n{(result.stderr or result.stdout)[-2000:]}")
    return result.stdout


# Setting up


def make_plugin(cache: Path) -> Path:
    library = cache / "count.so"
    run(["cc", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", ROOT / "bench/arm64/count.c", "-o", library])
    return library


def make_peer(cache: Path) -> bool:
    """Debian's arm64 Python in cache/root and the wheels in cache/wheels."""
    done = cache / "peer.done"
    if done.exists():
        return True
    apt = cache / "apt"
    for folder in ("lists/partial", "archives/partial", "packages"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    options = ["-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64", "-o", f"Dir::State={apt}",
               "-o", f"Dir::State::status={apt}/status", "-o", f"Dir::Cache={apt}"]
    if os.getuid() == 0:  # else apt becomes a user who may not write here
        options += ["-o", "APT::Sandbox::User=root"]
    try:
        subprocess.run(["apt-get", "-qq", *options, "update"], check=True)
        subprocess.run(["apt-get", "-qq", *options, "download", *DEBIAN], cwd=apt / "packages", check=True)
        for package in sorted((apt / "packages").glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, cache / "root"], check=True)
        platforms = [f"--platform=manylinux{tag}_aarch64" for tag in ("_2_28", "_2_27", "2014")]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *platforms,
                        "--only-binary=:all:", "--python-version=3.11", "--no-deps", "--target", cache / "wheels",
                        f"onnxruntime=={ONNXRUNTIME}", f"numpy=={NUMPY}", "flatbuffers", "protobuf", "packaging"],
                       check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"arm64.py: no peer: {error}", file=sys.stderr)
        return False
    done.touch()
    return True


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


# Counting


def count(qemu: list, program: list, more=1) -> dict:
    """Millions of instructions of one run, by kind: the difference of 1 + `more` runs and 1."""
    def once(times: int) -> dict:
        result = subprocess.run([str(word) for word in qemu + program] + [str(times)], capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"arm64.py: {program[0]} failed under qemu: {result.stderr[-500:]}")
        return json.loads(result.stderr.strip().splitlines()[-1])

    many, one = once(1 + more), once(1)
    return {kind: (many[kind] - one[kind]) / more / 1e6 for kind in many}


def count_keys(keys: list, cpu: str, args, qemu: list) -> list:
    folder = args.scratch / "kernels"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "keys.txt").write_text("\n".join(keys) + "\n")
    run([args.build / "bin/snap-kernel-bench", f"--objects={folder}", "--target=arm64-linux", f"--cpu={cpu}",
         f"--cache={args.cache}/kernel-cache", folder / "keys.txt"])
    run(["aarch64-linux-gnu-gcc", "-O1", "-static", f"-I{ROOT}/runtime/include", ROOT / "bench/arm64/runner.c",
         folder / "table.c", *sorted(folder.glob("*.o")), "-lm", "-o", folder / "runner"])
    return [count(qemu, [folder / "runner", index]) for index in range(len(keys))]


def count_work(model: Path, precision: str, cpu: str, args, qemu: list) -> dict:
    """The operator's kernel, and with "whole" all that the compiled model runs."""
    out = args.scratch / "compiled"
    run([args.build / "bin/snapc", "compile", model, "-o", out, "--name", "one", "--target", "arm64-linux", "--cpu", cpu,
         "--precision", precision, "--quiet", "--cache", args.cache / "kernel-cache"])
    keys = [kernel["key"] for kernel in json.loads(run([args.build / "bin/snapc", "inspect", out, "--json"]))["kernels"]]
    counts = count_keys(keys, cpu, args, qemu)
    main = next(i for i, key in enumerate(keys) if key.startswith(("conv2d", "matmul")))
    return dict(counts[main], whole=sum(one["all"] for one in counts), key=keys[main])


def fmla(counts: dict) -> float:
    return counts["fmla4s"] + counts["fmla8h"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", nargs="*", metavar="WORK")
    parser.add_argument("--cpu", action="append", help="processor model of snapc (default: generic); may be repeated")
    parser.add_argument("--keys", type=Path, help="count the kernels of this file's keys instead")
    parser.add_argument("--no-peer", action="store_true", help="ours only")
    parser.add_argument("--full", action="store_true", help="crop no image")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where bin/snapc is")
    parser.add_argument("--cache", type=Path, help="default: BUILD/arm64-bench")
    args = parser.parse_args()
    args.build = args.build.resolve()
    args.cache = (args.cache or args.build / "arm64-bench").resolve()
    args.cache.mkdir(parents=True, exist_ok=True)
    scratch = tempfile.TemporaryDirectory(prefix="snap-arm64-")  # two may run at once
    args.scratch = Path(scratch.name)
    unknown = [name for name in args.work if name not in WORKS]
    if unknown:
        parser.error(f"no such work: {' '.join(unknown)}")
    qemu = ["qemu-aarch64", "-cpu", "max,sve=off", "-plugin", make_plugin(args.cache)]
    cpus = args.cpu or ["generic"]

    if args.keys:
        keys = [line for line in args.keys.read_text().splitlines() if line.strip()]
        for cpu in cpus:
            for key, c in zip(keys, count_keys(keys, cpu, args, qemu)):
                print(f"{cpu:14} {c['all']:9.2f} M, fmla 4s {c['fmla4s']:.2f} 8h {c['fmla8h']:.2f}, convert "
                      f"{c['convert']:.2f}, splat {c['splat']:.2f}, load {c['load']:.2f}, store {c['store']:.2f}  {key}",
                      flush=True)
        return
    peer = not args.no_peer and make_peer(args.cache)
    print(f"{'work':12} {'cpu':12} | {'ort all':>8} {'fmla':>8} | {'f32 all':>8} {'fmla':>8} {'whole':>8} | {'f16 all':>8} "
          f"{'fmla':>8} {'whole':>8} | f32/ort  f16/ort  f16/f32  algorithm f32, f16", flush=True)
    for work in args.work or WORKS:
        model = args.scratch / f"{work}.onnx"
        write_model(model, work, args.full)
        theirs = None
        if peer:
            large = work.startswith("conv") and work != "conv1x1"
            theirs = count(qemu + ["-L", args.cache / "root", "-E", f"PYTHONPATH={args.cache / 'wheels'}",
                                   "-E", "PYTHONHASHSEED=0", args.cache / "root/usr/bin/python3.11"],
                           [ROOT / "bench/arm64/peer.py", model], 1 if large else 8)
        for cpu in cpus:
            f32 = count_work(model, "f32", cpu, args, qemu)
            f16 = count_work(model, "f16", cpu, args, qemu)
            ort = (theirs["all"], fmla(theirs)) if theirs else (float("nan"),) * 2
            print(f"{work:12} {cpu:12} | {ort[0]:8.1f} {ort[1]:8.1f} | {f32['all']:8.1f} {fmla(f32):8.1f} "
                  f"{f32['whole']:8.1f} | {f16['all']:8.1f} {fmla(f16):8.1f} {f16['whole']:8.1f} | "
                  f"{f32['all'] / ort[0]:7.2f}  {f16['all'] / ort[0]:7.2f}  {f16['all'] / f32['all']:7.2f}  "
                  f"{f32['key'].split('(')[0]}, {f16['key'].split('(')[0]}", flush=True)


if __name__ == "__main__":
    main()
