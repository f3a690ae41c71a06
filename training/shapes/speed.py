"""Seconds of a picture on this machine, stage by stage: the baseline's steps beside the final pipeline's.
python -m shapes.speed --help.

Both pipelines are compiled by snapc, each for its number of steps, and draw in turn, so that what else the machine does
meets both; medians over the rounds. DIR gets speed.json.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
from pathlib import Path

PROMPT = "a large red circle left of a small blue star on a white background"
STAGES = ("encode", "prepare", "denoise", "decode", "total")


def processor() -> str:
    """Its name, the vectors it has and how many cores this process may use."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    name = re.search(r"model name\s*: (.*)", text)
    vectors = "AVX-512" if "avx512f" in text else "AVX2" if "avx2" in text else platform.machine()
    return f"{name.group(1).strip() if name else platform.processor()}, {vectors}, {len(os.sched_getaffinity(0))} cores"


def compile_pipeline(snapc: Path, pipeline: Path, out: Path, steps: int) -> None:
    subprocess.run([snapc, "compile", pipeline, "-o", out, "--steps", str(steps), "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)


def times(snapc: Path, compiled: Path, guidance: float, picture: Path) -> dict[str, float]:
    """Seconds of each stage of one picture, as `snapc generate` prints them."""
    printed = subprocess.run([snapc, "generate", compiled, PROMPT, "-o", picture, "--guidance", str(guidance), "--quiet"],
                             check=True, capture_output=True, text=True).stdout
    found = dict(re.findall(r"^(\w+): ([0-9.]+) s", printed, re.MULTILINE))
    return {stage: float(found[stage]) for stage in STAGES if stage in found}


def measure(snapc: Path, pipelines: dict[str, tuple[Path, int]], guidance: float, rounds: int, out: Path) -> dict:
    """Median seconds of each pipeline (a folder and its steps), drawn in turn."""
    for name, (folder, steps) in pipelines.items():
        compile_pipeline(snapc, folder, out / name, steps)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in pipelines}
    for turn in range(rounds + 1):
        for name in pipelines:
            run = times(snapc, out / name, guidance, out / f"{name}.png")
            if turn:  # the first turn links the library and reads the files
                runs[name].append(run)
    result = {"processor": processor(), "rounds": rounds, "guidance": guidance}
    for name, (_, steps) in pipelines.items():
        result[name] = {"steps": steps, **{stage: round(statistics.median(run[stage] for run in runs[name]), 4)
                                           for stage in runs[name][0]}}
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--baseline", type=Path, required=True, help="a pipeline as shapes.export writes it")
    parser.add_argument("--baseline-steps", type=int, default=50)
    parser.add_argument("--final", type=Path, required=True)
    parser.add_argument("--final-steps", type=int, default=8)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--snapc", type=Path, default=Path(__file__).resolve().parents[2] / "build/bin/snapc")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    result = measure(arguments.snapc, {"baseline": (arguments.baseline, arguments.baseline_steps),
                                       "final": (arguments.final, arguments.final_steps)},
                     arguments.guidance, arguments.rounds, arguments.out)
    part = arguments.out / "speed.json.part"
    part.write_text(json.dumps(result, indent=1) + "\n")
    part.replace(arguments.out / "speed.json")
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
