#!/usr/bin/env python3
"""Writes the weights.bin that each model.onnx here refers to: the same bytes every time, on every machine.

Each tensor of recipe.json is drawn from a normal distribution with the recorded mean and deviation by a generator
seeded with the CRC-32 of the tensor's name, so tensors do not depend on each other and are written in parallel.
What is already there is left alone. Needs numpy only. SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import os
import shutil
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np


def tensor_values(tensor):
    """The values of one entry of a recipe, flat, in the entry's type."""
    count = int(np.prod(tensor["dims"], dtype=np.int64))
    if tensor["std"] == 0:
        return np.full(count, tensor["mean"], dtype=tensor["dtype"])
    generator = np.random.Generator(np.random.SFC64(zlib.crc32(tensor["name"].encode())))
    values = generator.standard_normal(count, dtype=np.float32)
    with np.errstate(over="ignore"):  # a mask's "minus infinity" is a weight in dynamo's graphs
        values *= np.float32(tensor["std"])  # in f32 and in this order, or the bytes change
        values += np.float32(tensor["mean"])
    return values.astype(tensor["dtype"], copy=False)


class Progress:
    """One line that is rewritten on a terminal, nothing but the last line elsewhere."""

    def __init__(self, label, total, quiet):
        self.label, self.total, self.quiet = label, total, quiet
        self.done, self.shown, self.start = 0, 0.0, time.monotonic()
        self.lock = threading.Lock()

    def add(self, count):
        with self.lock:
            self.done += count
            now = time.monotonic()
            if self.quiet or not sys.stderr.isatty() or now - self.shown < 0.1:
                return
            self.shown = now
            print(f"\r{self.label}  {self.done / 1e6:7.0f} / {self.total / 1e6:.0f} MB", end="", file=sys.stderr)

    def finish(self):
        if self.quiet:
            return
        seconds = time.monotonic() - self.start
        begin = "\r" if sys.stderr.isatty() else ""
        print(f"{begin}{self.label}  {self.total / 1e6:.1f} MB written in {seconds:.1f} s", file=sys.stderr)


def is_done(recipe_path, recipe, weights):
    """A weights.bin under its final name is complete: it is written beside it and renamed."""
    if not weights.is_file() or weights.stat().st_size != recipe["bytes"]:
        return False
    return weights.stat().st_mtime >= recipe_path.stat().st_mtime


def make(recipe_path, out, threads, force, quiet):
    recipe = json.loads(recipe_path.read_text())
    out.mkdir(parents=True, exist_ok=True)
    weights = out / "weights.bin"
    label = str(weights)
    if not force and is_done(recipe_path, recipe, weights):
        if not quiet:
            print(f"{label}  is there", file=sys.stderr)
    else:
        part = out / f"weights.bin.{os.getpid()}.part"
        progress = Progress(label, recipe["bytes"], quiet)
        try:
            with open(part, "wb") as file:
                file.truncate(recipe["bytes"])  # gaps between tensors are zeros

                def write(tensor):
                    data, at = memoryview(tensor_values(tensor)).cast("B"), tensor["offset"]
                    progress.add(len(data))
                    while len(data):
                        written = os.pwrite(file.fileno(), data, at)
                        data, at = data[written:], at + written

                with ThreadPoolExecutor(threads) as pool:
                    for _ in pool.map(write, recipe["tensors"]):
                        pass
            os.replace(part, weights)
        finally:
            part.unlink(missing_ok=True)
        progress.finish()


def copy_rest(folder, out):
    """Everything but weights and recipes: the graphs, a pipeline's configs and tokenizer."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "recipe.json" and not path.name.startswith("weights.bin"):
            target = out / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.is_file() or target.read_bytes() != path.read_bytes():
                shutil.copyfile(path, target)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        epilog="examples:\n  make_weights.py                      everything in models/ (10.8 GB)\n"
        "  make_weights.py models/nano          the three models of the small pipeline\n"
        "  make_weights.py models/snapfusion /data/snapfusion",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent, metavar="DIR",
                        help="a folder with a recipe.json, or one with such folders below it (default: all here)")
    parser.add_argument("out", nargs="?", type=Path, metavar="OUT_DIR",
                        help="write there instead, and copy the graphs and configs too")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--force", action="store_true", help="write again what is already there")
    parser.add_argument("-q", "--quiet", action="store_true")
    arguments = parser.parse_args()

    folder = arguments.folder
    out = arguments.out or folder
    recipes = sorted(folder.rglob("recipe.json"))
    if not recipes:
        print(f"{folder}: expected a recipe.json in it or below it", file=sys.stderr)
        return 1
    for recipe in recipes:
        make(recipe, out / recipe.parent.relative_to(folder), max(1, arguments.threads), arguments.force, arguments.quiet)
    if out.resolve() != folder.resolve():
        copy_rest(folder, out)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        print(f"{error.filename or 'make_weights.py'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(1)
