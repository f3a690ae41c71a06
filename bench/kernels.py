#!/usr/bin/env python3
"""Times every kernel of a compiled model alone (snap-kernel-bench) and sums up, by program and kind, how near each is to
what this machine can do.

usage: bench/kernels.py OUT [--threads N] [--min-time S] [--worst N] [--cache DIR] [--json FILE]
OUT is what `snapc compile -o OUT` made for this machine. Tables are Markdown: of each program that a picture runs, a row
per kind of kernel, and its worst kernels: those that lose most time to the roof, calls times the part of their time above it.

roof: the part of its time that a kernel would need at the peaks that are measured first (multiply-adds of f32 in registers,
reading memory), for the direct algorithm; Winograd multiplies less and may be above 100 %, and so may a kernel whose
operands are in caches. A kernel alone finds its weights in caches where they fit; `snapc profile` times them in the program.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def time_kernels(bench: Path, model: Path, threads: int, min_time: float, cache: Path) -> tuple[dict, dict]:
    """What the benchmark says of the machine, and of each key: seconds, roof and rates."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bench.json"
        command = [bench, f"--threads={threads}", f"--cache={cache}", model, f"--benchmark_min_time={min_time}",
                   f"--benchmark_out={out}", "--benchmark_out_format=json"]
        subprocess.run(command, check=True, stdout=sys.stderr)
        result = json.loads(out.read_text())
    rows = {}
    for row in result["benchmarks"]:
        rows[row["name"].removesuffix("/real_time")] = {
            "seconds": row["real_time"] / 1e3, "roof": row["roof"], "gflops": row["GFLOPS"], "gbps": row["GB/s"]}
    return result["context"], rows


def table(header: list, rows: list) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def shorten(key: str) -> str:
    """A key without its attributes."""
    head, _, rest = key.partition(" {")
    _, _, fused = rest.partition("} ")
    return f"`{head}{' ' + fused if fused else ''}`"


def summarize(program: dict, kernels: list, timed: dict, worst: int) -> str:
    """The two tables of one program."""
    calls = {}
    for call in program["calls"]:
        calls[call["kernel"]] = calls.get(call["kernel"], 0) + 1
    rows = [dict(timed[kernels[k]["key"]], key=kernels[k]["key"], kind=kernels[k]["kind"], calls=n,
                 total=n * timed[kernels[k]["key"]]["seconds"]) for k, n in calls.items()]
    whole = sum(row["total"] for row in rows)
    text = f"\n{program['name']}: {len(rows)} kernels, {len(program['calls'])} calls, {whole * 1e3:.1f} ms\n\n"
    kinds = []
    for kind in sorted({row["kind"] for row in rows}, key=lambda k: -sum(r["total"] for r in rows if r["kind"] == k)):
        own = [row for row in rows if row["kind"] == kind]
        total = sum(row["total"] for row in own)
        low, high = min(row["roof"] for row in own), max(row["roof"] for row in own)
        mean = sum(row["roof"] * row["total"] for row in own) / total
        kinds.append([kind, len(own), sum(row["calls"] for row in own), f"{total * 1e3:.1f}", f"{total / whole:.1%}",
                      f"{sum(row['gflops'] * row['total'] for row in own) / total:.0f}", f"{mean:.0%}",
                      f"{low:.0%} to {high:.0%}"])
    text += table(["kind", "keys", "calls", "ms", "share", "GFLOPS", "roof", "of its keys"], kinds) + "\n"
    rows.sort(key=lambda row: row["total"] * max(0.0, 1 - row["roof"]), reverse=True)
    return text + table(["worst", "calls", "ms", "share", "GFLOPS", "GB/s", "roof"], [
        [shorten(row["key"]), row["calls"], f"{row['total'] * 1e3:.2f}", f"{row['total'] / whole:.1%}",
         f"{row['gflops']:.0f}", f"{row['gbps']:.0f}", f"{row['roof']:.0%}"] for row in rows[:worst]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, metavar="OUT")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--min-time", type=float, default=0.2, help="seconds that each key runs at least")
    parser.add_argument("--worst", type=int, default=6, help="rows of the second table of each program")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--cache", type=Path, help="of kernels (default: snapc's)")
    parser.add_argument("--json", type=Path, help="write the figures of every key here too")
    args = parser.parse_args()
    cache = args.cache or Path(os.environ.get("SNAPC_CACHE") or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "snapc")
    inspected = subprocess.run([args.build / "bin/snapc", "inspect", args.model, "--json"], check=True,
                               capture_output=True, text=True)
    model = json.loads(inspected.stdout)
    machine, timed = time_kernels(args.build / "bin/snap-kernel-bench", args.model, args.threads, args.min_time, cache)
    print(f"{machine['processor']}, kernels for {machine['kernels for']}; {machine['threads']} threads; measured now: "
          f"{machine['peak GFLOPS f32']} GFLOPS of f32 multiply-adds, {machine['peak GB/s read']} GB/s read from memory; "
          f"{len(timed)} kernels of {model['name']}")
    for program in model["programs"]:
        if program["runs_per_picture"]:
            print(summarize(program, model["kernels"], timed, args.worst))
    if args.json:
        args.json.write_text(json.dumps({"machine": machine, "kernels": timed}, indent=1))


if __name__ == "__main__":
    main()
