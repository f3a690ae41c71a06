#!/usr/bin/env python3
"""How costs grow: the time of a UNet step with the size of its latents and with threads, and with the bytes its weights may take.

usage: bench/scaling.py [--models DIR] [--build DIR] [--rounds N] [--compile | --time | --print] [TABLE ...]
TABLE: sizes weights arm64 (default: all).

sizes: the UNet of snapfusion on a guidance pair, at 32x32, 64x64 and 96x96 latents, on 1 and 2 threads.
weights: the UNet and the decoder under caps (`snapc compile --max-weights`) of multiples of the bytes that their weights
take in the ONNX model: file size, what convolutions became, time on 2 threads.
arm64: file sizes under the same caps, for arm64-linux in f32 and f16; compiled only.

What is missing is compiled first; at full size the first two tables need 20 GB in DIR/scaling, which --keep leaves
there. Then each model runs once to warm up and --rounds times, models in turn; the median counts. They are all in memory. --compile and --time do
one of the two, so that only what is timed needs a machine that does nothing else; what both found is kept in
DIR/scaling/figures.json, and --print shows it again. --pipeline nano tries everything on a small model.
"""
import argparse
import json
import math
import statistics
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from models import Engine, cpu_name, make_inputs

ROOT = Path(__file__).resolve().parent.parent
# pipeline: the sides of its latents, the last but one the usual
SIDES = {"snapfusion": (32, 64, 96), "nano": (8, 16, 24)}
# graph: caps as multiples of the model's weights. A third of the UNet's weights may grow, nearly all of the decoder's.
CAPS = {"unet": (1, 1.2, 1.5, 2, 3, None), "vae_decoder": (1, 1.5, 2, 3, None)}


@dataclass
class Point:
    """One compiled model."""
    graph: str
    side: int
    cap: float | None = None  # a multiple of the weights' bytes
    target: list = field(default_factory=list)
    precision: str = "f32"

    @property
    def name(self) -> str:
        target = f"arm64-{self.precision}" if self.target else "host"
        return f"{self.graph}-{self.side}-{target}-{self.cap or 'uncapped'}"

    @property
    def dims(self) -> dict:
        return {"batch": 2 if self.graph == "unet" else 1, "height": self.side, "width": self.side}


def points(table: str, pipeline: str) -> list[Point]:
    sides = SIDES[pipeline]
    if table == "sizes":
        return [Point("unet", side) for side in sides]
    if table == "weights":
        return [Point(graph, sides[1], cap) for graph, caps in CAPS.items() for cap in caps]
    arm64 = ["--target", "arm64-linux", "--cpu", "generic"]
    return [Point(graph, sides[1], cap, arm64, precision) for precision in ("f32", "f16")
            for graph, caps in CAPS.items() for cap in caps]


class Bench:
    """The folder with what was compiled, and the figures found so far."""

    def __init__(self, args):
        self.args = args
        self.models = args.models / args.pipeline
        self.folder = args.build / "scaling"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "figures.json"
        self.figures = json.loads(self.file.read_text()) if self.file.exists() else {}

    def figure(self, point: Point) -> dict:
        return self.figures.setdefault(f"{self.args.pipeline} {point.name}", {})

    def save(self) -> None:
        self.file.write_text(json.dumps(self.figures, indent=1))

    def snap(self, point: Point) -> Path:
        return self.folder / point.name / "model.snap"

    def weight_bytes(self, point: Point) -> int:
        bytes_ = (self.models / point.graph / "weights.bin").stat().st_size
        return bytes_ // 2 if point.precision == "f16" else bytes_

    def compile(self, point: Point) -> None:
        """Compiles it where that is not done, and notes its size; a model to be timed is kept."""
        if self.snap(point).exists() or (point.target and "bytes" in self.figure(point)):
            return
        uncapped = self.figure(replace(point, cap=None))
        if point.cap and uncapped["growth"] <= point.cap:  # the cap changes nothing: it is the same model
            self.figure(point).update({key: uncapped[key] for key in ("bytes", "growth", "convolutions")})
            return
        flags = [word for name, size in point.dims.items() for word in ("--dim", f"{name}={size}")] + point.target
        if not point.cap:  # more than any model takes: a default cap would hold
            flags += ["--max-weights", "1000000"]
        else:  # 1 %: packed filters of a few channels are padded
            flags += ["--max-weights", str(math.ceil(max(point.cap, 1.01) * self.weight_bytes(point) / 1e6))]
        out = self.snap(point).parent
        subprocess.run([ROOT / "build/bin/snapc", "compile", self.models / point.graph / "model.onnx", "-o", out, "--name",
                        "model", "--precision", point.precision, "--quiet", *flags], check=True, stdout=subprocess.DEVNULL)
        model = json.loads(subprocess.run([ROOT / "build/bin/snapc", "inspect", out, "--json"], check=True,
                                          capture_output=True, text=True).stdout)
        calls = {kind["kind"]: kind["calls"] for kind in model["programs"][0]["kinds"]}
        self.figure(point).update(bytes=model["file_bytes"], growth=model["file_bytes"] / self.weight_bytes(point),
                                  convolutions=[calls.get(f"conv2d.{a}", 0) for a in ("direct", "winograd2", "winograd4")])
        if point.target:
            self.snap(point).unlink()
        else:  # the first run links the archive into the shared object that is timed
            inputs = [word for item in self.inputs(point).items() for word in ("--input", "=".join(item))]
            subprocess.run([ROOT / "build/bin/snapc", "run", out, *inputs, "-o", out / "outputs", "--quiet"], check=True,
                           stdout=subprocess.DEVNULL)
        self.save()

    def inputs(self, point: Point) -> dict:
        folder = self.folder / f"inputs-{self.args.pipeline}-{point.graph}-{point.side}"
        return make_inputs(self.models / point.graph / "model.onnx", point.dims, folder)

    def time(self, todo: list[Point], threads: int) -> None:
        """Medians of the points, each in a process of its own, in turn."""
        engines = [Engine("snapc", str(self.snap(point)), self.inputs(point), threads) for point in todo]
        times = [[engine.run() for engine in engines] for _ in range(self.args.rounds)]
        for engine in engines:
            engine.close()
        for point, column in zip(todo, zip(*times)):
            self.figure(point)[f"seconds{threads}"] = statistics.median(column)
            self.figure(point)[f"spread{threads}"] = [min(column), max(column)]
        self.save()


def same_models(bench: Bench, todo: list[Point]) -> dict[str, list[Point]]:
    """Points by the compiled model that they are: that of no cap, where a cap changes nothing."""
    groups = {}
    for point in todo:
        same = point if bench.snap(point).exists() else replace(point, cap=None)
        groups.setdefault(same.name, []).append(point)
    return groups


def print_table(bench: Bench, table: str, todo: list[Point]) -> None:
    def seconds(figure: dict, threads: int) -> str:
        return f"{figure[f'seconds{threads}']:.3f}" if f"seconds{threads}" in figure else "-"

    if table == "sizes":
        print("\n| latents | pixels | 1 thread, s | 2 threads, s | speedup | us a latent pixel, 2 threads |\n" + "|---" * 6 + "|")
        for point in todo:
            figure = bench.figure(point)
            one, two = figure.get("seconds1", math.nan), figure.get("seconds2", math.nan)
            print(f"| {point.side}x{point.side} | {8 * point.side}x{8 * point.side} | {one:.3f} | {two:.3f} | "
                  f"{one / two:.2f} | {1e6 * two / point.side ** 2:.0f} |")
        return
    print(f"\n{table}\n\n| graph | precision | cap | file, MB | of the weights | direct, F(2,3), F(4,3) | 2 threads, s |\n"
          + "|---" * 7 + "|")
    for point in todo:
        figure = bench.figure(point)
        print(f"| {point.graph} | {point.precision} | {f'{point.cap}x' if point.cap else 'none'} | "
              f"{figure['bytes'] / 1e6:.0f} | {figure['growth']:.2f}x | {', '.join(map(str, figure['convolutions']))} | "
              f"{seconds(figure, 2)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="*", metavar="TABLE", help="sizes weights arm64")
    parser.add_argument("--pipeline", choices=SIDES, default="snapfusion")
    parser.add_argument("--models", type=Path, default=ROOT / "out/models")
    parser.add_argument("--build", type=Path, default=ROOT / "out/bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="leave the compiled models there")
    only = parser.add_mutually_exclusive_group()
    for stage, meaning in (("compile", "compile only"), ("time", "time what is compiled"), ("print", "print what is known")):
        only.add_argument(f"--{stage}", action="store_true", help=meaning)
    args = parser.parse_args()
    unknown = [table for table in args.table if table not in ("sizes", "weights", "arm64")]
    if unknown:
        parser.error(f"unknown table {', '.join(unknown)}; known: sizes weights arm64")
    bench = Bench(args)
    subprocess.run([sys.executable, ROOT / "models/make_weights.py", ROOT / "models" / args.pipeline, bench.models],
                   check=True, stdout=subprocess.DEVNULL)
    print(f"{cpu_name()}; {args.pipeline}; medians of {args.rounds}")
    done = set()
    for table in args.table or ("sizes", "weights", "arm64"):
        todo = points(table, args.pipeline)
        if not args.time and not args.print:
            for point in sorted(todo, key=lambda point: point.cap is not None):
                bench.compile(point)
        if table != "arm64" and not args.compile and not args.print:
            groups = same_models(bench, todo)
            compiled = {point.name: point for point in todo if point.name in groups}
            for threads in (1, 2) if table == "sizes" else (2,):
                for graph in CAPS:
                    timed = [point for point in compiled.values() if point.graph == graph]
                    if timed:
                        bench.time(timed, threads)
            for name, group in groups.items():
                for point in group:
                    bench.figure(point).update({key: value for key, value in bench.figure(compiled[name]).items()
                                                if key.startswith(("seconds", "spread"))})
                done.add(bench.snap(compiled[name]))  # which another table may time too
            bench.save()
        print_table(bench, table, todo)
    for snap in done if not args.keep else ():
        snap.unlink()


if __name__ == "__main__":
    main()
