#!/usr/bin/env python3
"""Compares `snapc run` with ONNX Runtime on the graphs of models/ at full size, one after the other, f32.

usage: compare_models.py [--models out/models] [GRAPH ...]        GRAPH: snapfusion/unet, sd15/vae_decoder, …; default: all eleven

Weights that are missing are written first (10.8 GB for all). UNets run at batch 2 and 64x64 latents (nano 16x16), so
one of the large ones takes a minute and 12 GiB. Exit 1 when any graph misses a tolerance of compare_onnx.py.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def dims(graph: str) -> dict:
    """The symbolic dimensions of a graph of models/."""
    model, kind = graph.split("/")
    if model == "dynamo":
        return {}
    if kind == "text_encoder":
        return {"batch": 1}
    size = 16 if model == "nano" else 64
    return {"batch": 2 if kind == "unet" else 1, "height": size, "width": size}


def main() -> int:
    known = sorted(str(path.parent.relative_to(ROOT / "models")) for path in ROOT.glob("models/*/*/model.onnx"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graphs", nargs="*", metavar="GRAPH")
    parser.add_argument("--models", type=Path, default=ROOT / "out/models")
    arguments, rest = parser.parse_known_args()
    graphs = arguments.graphs or known
    if unknown := [graph for graph in graphs if graph not in known]:
        parser.error(f"unknown graph {', '.join(unknown)}; known: {', '.join(known)}")

    missed = []
    for graph in graphs:
        folder = arguments.models / graph
        subprocess.run([sys.executable, ROOT / "models/make_weights.py", ROOT / "models" / graph, folder], check=True,
                       stdout=subprocess.DEVNULL)
        flags = [flag for name, size in dims(graph).items() for flag in ("--dim", f"{name}={size}")]
        if graph.endswith("/unet"):
            flags += ["--range", "timestep=501:501"]
        print(f"== {graph}", flush=True)
        start = time.monotonic()
        result = subprocess.run([sys.executable, ROOT / "test/e2e/compare_onnx.py", folder / "model.onnx", *flags,
                                 "--flag=--quiet", *rest])
        print(f"   {time.monotonic() - start:.0f} s", flush=True)
        if result.returncode:
            missed.append(graph)
    print(f"{len(graphs) - len(missed)} of {len(graphs)} graphs equal ONNX Runtime's"
          + (f"; not: {', '.join(missed)}" if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
