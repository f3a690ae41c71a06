#!/usr/bin/env python3
"""The cost model of `snapc estimate` beside published runs of Stable Diffusion 1.x, 512x512, with guidance.

usage: bench/estimate_published.py [--snapc FILE]

No run here was used to choose a figure of the model. Its shares of the peaks come from single kernels (HGEMM and attention
on an M1 Max, MPS on the same, this compiler's kernels on x86-64; targets/estimate/KernelTime.cpp), so that every row is a check.
A framework's run is compared with efficiency "framework" and direct convolutions, unless its authors say that they use Winograd
and fused kernels. docs/guide/estimate.md has the sources by the letters, and what the rows tell.
"""
import argparse
import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIR = {"batch": 2, "height": 64, "width": 64}
ONE = {"batch": 1, "height": 64, "width": 64}


@dataclass
class Run:
    """A published run: seconds of a picture of some steps, or of one step (steps = 0)."""
    engine: str
    device: str
    seconds: float
    steps: int
    source: str
    flags: tuple
    note: str = ""


FRAMEWORK = ("--efficiency", "framework", "--convolutions", "direct")
FUSED = ()
DIRECT_F32 = ("--processor", "cpu", "--precision", "f32", "--convolutions", "direct")
DIRECT_F16 = ("--processor", "cpu", "--convolutions", "direct")

RUNS = {
    "GPU, frameworks": [
        Run("Core ML, 2022", "mac-m1-max-24", 20, 50, "C", FRAMEWORK),
        Run("Core ML, 2022", "mac-m1-max", 18, 50, "C", FRAMEWORK),
        Run("Core ML, 2022", "mac-m1-ultra-48", 13, 50, "C", FRAMEWORK),
        Run("Core ML, 2022", "mac-m1-ultra", 9, 50, "C", FRAMEWORK),
        Run("Core ML, 2023", "mac-m1", 32.8, 25, "D", FRAMEWORK),
        Run("Core ML, 2023", "mac-m1-max", 9.0, 25, "D", FRAMEWORK),
        Run("Core ML, 2023", "mac-m1-pro", 13.7, 25, "E", FRAMEWORK, "its model is SD 2 base"),
        Run("Core ML, 2023", "mac-m2-ultra", 4.1, 25, "E", FRAMEWORK, "its model is SD 2 base"),
        Run("MPSGraph, 2022", "iphone-13-pro", 2.3, 0, "M", FRAMEWORK),
    ],
    "GPU, fused kernels with Winograd": [
        Run("ML Drift, 2025", "mac-m1-ultra", 3.86, 20, "L", FUSED),
    ],
    "CPU": [
        Run("PyTorch, f32, 2022", "mac-m1-pro", 4.77, 0, "S", DIRECT_F32, "may use AMX, and all 10 cores"),
        Run("TFLite, 2024", "pixel-7-pro", 32, 0, "T", DIRECT_F32, "its threads are not said"),
        Run("stable-diffusion.cpp, f16, 2023", "snapdragon-888", 105, 0, "G", DIRECT_F32, "in Termux, first version"),
    ],
}


class Model:
    """Seconds of SD-1.5's parts by `snapc estimate`; its text encoder is that of the pipeline in models/snapfusion."""

    def __init__(self, snapc: Path):
        self.snapc = snapc
        self.known = {}

    def part(self, graph: str, dims: dict, run: Run) -> float:
        key = (graph, run.device, run.flags)
        if key not in self.known:
            flags = [word for name, size in dims.items() for word in ("--dim", f"{name}={size}")]
            result = subprocess.run([self.snapc, "estimate", ROOT / "models" / graph / "model.onnx", "--device", run.device,
                                     *run.flags, *flags, "--json", "--quiet"], check=True, capture_output=True, text=True)
            self.known[key] = json.loads(result.stdout)["seconds"]
        return self.known[key]

    def seconds(self, run: Run) -> float:
        step = self.part("sd15/unet", PAIR, run)
        if run.steps == 0:
            return step
        text = self.part("snapfusion/text_encoder", {"batch": 1}, run)
        return 2 * text + run.steps * step + self.part("sd15/vae_decoder", ONE, run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapc", type=Path, default=ROOT / "build/bin/snapc")
    args = parser.parse_args()
    model = Model(args.snapc)
    for group, runs in RUNS.items():
        print(f"\n{group}\n\n| engine | device | what | published, s | predicted, s | predicted / published | source |\n" + "|---" * 7 + "|")
        ratios = []
        for run in runs:
            predicted = model.seconds(run)
            ratios.append(predicted / run.seconds)
            what = (f"{run.steps} steps" if run.steps else "a step") + (f"; {run.note}" if run.note else "")
            print(f"| {run.engine} | {run.device} | {what} | {run.seconds:g} | {predicted:.2f} | {ratios[-1]:.2f} | {run.source} |")
        print(f"\nratios {min(ratios):.2f} to {max(ratios):.2f}, geometric mean {statistics.geometric_mean(ratios):.2f}")


if __name__ == "__main__":
    main()
