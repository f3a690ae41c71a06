#!/usr/bin/env python3
"""Makes the table of tiles in docs/guide/metal.md again, or checks it: bench/metal_tiles.py (--write|--check) GUIDE [--build DIR].

Costs are counted, so the table is the same on every machine; the plan is of a graph without weights.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM, ROWS = "step", 17
FIRST, LAST = "| kernel | calls |", "All products, convolutions and attentions of"


def table(build):
    """The lines that `snap-metal-tiles` prints of the full-size pipeline's step."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.mlir"
        subprocess.run([build / "bin/snapc", "compile", ROOT / "models/snapfusion", "-o", plan, "--emit", "plan", "--target",
                        "arm64-ios", "--precision", "f16", "--gpu", "metal", "--quiet"], check=True)
        printed = subprocess.run([build / "bin/snap-metal-tiles", plan, PROGRAM, str(ROWS)], check=True, capture_output=True, text=True)
    return printed.stdout.rstrip("\n").split("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true")
    mode.add_argument("--check", action="store_true", help="exit status 1 when the guide's table is another")
    parser.add_argument("guide", type=Path)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    arguments = parser.parse_args()
    lines = arguments.guide.read_text().split("\n")
    first = next((index for index, line in enumerate(lines) if line.startswith(FIRST)), None)
    last = next((index for index, line in enumerate(lines) if line.startswith(LAST)), None)
    if first is None or last is None:
        sys.exit(f"{arguments.guide}: expected a table from '{FIRST}' to a line '{LAST} …'")
    made = table(arguments.build)
    if arguments.write:
        arguments.guide.write_text("\n".join([*lines[:first], *made, *lines[last + 1:]]))
        return
    shown = lines[first:last + 1]
    if shown != made:
        differing = [f"  is        {a}\n  should be {b}" for a, b in zip(shown, made) if a != b]
        sys.exit("\n".join([f"{arguments.guide}: stale; {sys.argv[0]} --write makes it again", *differing]))


if __name__ == "__main__":
    main()
