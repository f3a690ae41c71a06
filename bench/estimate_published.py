#!/usr/bin/env python3
"""The cost model of `snapc estimate`: the devices of the guide, and predictions beside published and measured runs.

usage: bench/estimate_published.py [--snapc FILE] [--check GUIDE.md | --write GUIDE.md | --host]

No run here was used to choose a figure of the model. Its shares of the peaks come from single kernels (HGEMM and attention
on an M1 Max, MPS on the same, this compiler's kernels in one UNet on x86-64; targets/estimate/KernelTime.cpp), so that every row
but that UNet's is a check. A framework's run is compared with efficiency "framework" and direct convolutions. docs/guide/estimate.md has
the sources by their letters; --check fails where a table in it is not what the model says now, --write brings it up to date.
--host compares this machine's estimate, its peaks measured now, with the figures in README.md: it needs the machine they are from, idle.
"""
import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIMS = {"snapfusion/text_encoder": {"batch": 1}, "snapfusion/unet": {"batch": 2, "height": 64, "width": 64},
        "snapfusion/vae_decoder": {"batch": 1, "height": 64, "width": 64},
        "sd15/unet": {"batch": 2, "height": 64, "width": 64}, "sd15/vae_decoder": {"batch": 1, "height": 64, "width": 64}}

FRAMEWORK = ("--efficiency", "framework", "--convolutions", "direct")
FUSED = ("--efficiency", "typical", "--convolutions", "planned")
FUSED_DIRECT = ("--efficiency", "typical", "--convolutions", "direct")
CPU_F32 = ("--processor", "cpu", "--precision", "f32", "--convolutions", "direct")


@dataclass
class Run:
    """A published run of Stable Diffusion 1.x, 512x512, with guidance: seconds of a picture, or of one step (steps = 0)."""
    engine: str
    device: str
    seconds: float
    steps: int
    source: str
    flags: tuple
    note: str = ""


FRAMEWORKS = [
    Run("Core ML, 2022", "mac-m1-max-24", 20, 50, "c", FRAMEWORK),
    Run("Core ML, 2022", "mac-m1-max", 18, 50, "c", FRAMEWORK),
    Run("Core ML, 2022", "mac-m1-ultra-48", 13, 50, "c", FRAMEWORK),
    Run("Core ML, 2022", "mac-m1-ultra", 9, 50, "c", FRAMEWORK),
    Run("Core ML, 2023", "mac-m1", 32.8, 25, "d", FRAMEWORK),
    Run("Core ML, 2023", "mac-m1-max", 9.0, 25, "d", FRAMEWORK),
    Run("Core ML, 2023", "mac-m1-pro", 13.7, 25, "e", FRAMEWORK, "of SD 2 base, it seems"),
    Run("Core ML, 2023", "mac-m2-ultra", 4.1, 25, "e", FRAMEWORK, "of SD 2 base"),
    Run("Core ML, 2026", "mac-m2-pro-16", 0.447, 0, "n", FRAMEWORK),
    Run("PyTorch on MPS, 2026", "mac-m2-pro-16", 0.522, 0, "n", FRAMEWORK),
    Run("MLX, 2026", "mac-m2-pro-16", 0.502, 0, "n", FRAMEWORK),
    Run("MPSGraph, 2022", "iphone-13-pro", 2.3, 0, "f", FRAMEWORK),
]
OTHERS = [
    Run("ML Drift, 2025", "mac-m1-ultra", 3.86, 20, "g", FUSED, "as our plan, with Winograd"),
    Run("ML Drift, 2025", "mac-m1-ultra", 3.86, 20, "g", FUSED_DIRECT, "were its convolutions direct"),
    Run("PyTorch, f32, 2022", "mac-m1-pro", 4.77, 0, "k", CPU_F32, "CPU; may use AMX"),
    Run("TFLite, 2024", "pixel-7-pro", 32, 0, "l", CPU_F32, "CPU; threads not said"),
    Run("stable-diffusion.cpp, 2023", "snapdragon-888", 105, 0, "m", CPU_F32, "CPU; its first version"),
]
# Seconds of README.md's table on its machine: ours, and the faster and the slower peer, who compute convolutions directly.
MEASURED = {"snapfusion/unet": (3.73, 6.08, 6.48), "snapfusion/vae_decoder": (1.20, 3.50, 3.51),
            "snapfusion/text_encoder": (0.070, 0.094, 0.100), "sd15/unet": (5.79, 8.77, 9.37),
            "sd15/vae_decoder": (4.05, 12.44, 12.70)}
EXAMPLE = ["snapc", "estimate", "models/snapfusion", "--device", "iphone-14-pro"]
# Of runs that are not ours to predict; beside the estimates for comparison.
NEURAL_ENGINE = {"iphone-14-pro": "snapfusion 1.96 s [a]; SD 2.1, 20 steps: 7.9 s [c2]", "ipad-m2": "SD 2.1, 20 steps: 7.0 s [c2]"}
GUIDE_DEVICES = ["iphone-14-pro", "iphone-15-pro", "iphone-16-pro", "ipad-m2", "ipad-m4"]


class Model:
    """Estimates, each made once."""

    def __init__(self, snapc: Path):
        self.snapc = snapc
        self.known = {}

    def estimate(self, path: str, *flags) -> dict:
        key = (path, flags)
        if key not in self.known:
            command = [self.snapc, "estimate", ROOT / "models" / path, *flags, "--json", "--quiet"]
            self.known[key] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return self.known[key]

    def graph(self, graph: str, *flags) -> dict:
        dims = [word for name, size in DIMS[graph].items() for word in ("--dim", f"{name}={size}")]
        return self.estimate(f"{graph}/model.onnx", *flags, *dims)

    def sd15(self, device: str, steps: int, flags: tuple) -> float:
        """Seconds of SD-1.5; its text encoder is that of models/snapfusion. A lone step with steps = 0."""
        def seconds(graph):
            return self.graph(graph, "--device", device, *flags)["seconds"]
        step = seconds("sd15/unet")
        return 2 * seconds("snapfusion/text_encoder") + steps * step + seconds("sd15/vae_decoder") if steps else step


def table(*head: str) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]


def row(*cells) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def devices_table(model: Model) -> list[str]:
    lines = table("device", "TFLOPS", "as planned", "every convolution direct", "kernels as the best", "single pass",
                  "steps in 2 s", "all but fewer steps", "SD-1.5, 20 steps", "published, on the Neural Engine")
    for device in GUIDE_DEVICES:
        e = model.estimate("snapfusion", "--device", device)
        levers = {lever["name"]: lever for lever in e["levers"]}
        lines.append(row(device, f"{e['peak_gflops'] / 1e3:.2f}", f"{e['seconds']:.1f} s", f"{e['seconds_direct']:.1f} s",
                         *(f"{levers[name]['seconds']:.1f} s" for name in ("best-kernels", "single-pass")),
                         levers["steps"]["steps"], f"{levers['together']['seconds']:.1f} s",
                         f"{model.sd15(device, 20, FUSED):.0f} s", NEURAL_ENGINE.get(device, "none found")))
    return lines


def stages_table(model: Model) -> list[str]:
    lines = table("device", "text encoder x 2", "prepare", "UNet x 8", "decoder", "products", "direct convolutions",
                  "Winograd", "attention", "rest")
    kinds = {"matmul": "products", "conv2d.direct": "direct", "conv2d.winograd2": "winograd", "conv2d.winograd4": "winograd",
             "attention": "attention"}
    for device in GUIDE_DEVICES:
        e = model.estimate("snapfusion", "--device", device)
        sums = dict.fromkeys(("products", "direct", "winograd", "attention", "rest"), 0)
        for stage in e["stages"]:
            for kernel in stage["kernels"]:
                kind = kinds.get(kernel["key"].split("(")[0], "rest")
                sums[kind] += stage["runs"] * kernel["calls"] * kernel["seconds"]
        stages = [f"{stage['runs']} x {1e3 * stage['seconds']:.0f} ms" for stage in e["stages"]]
        lines.append(row(device, *stages, *(f"{100 * value / e['seconds']:.0f} %" for value in sums.values())))
    return lines


def facts_table(model: Model) -> list[str]:
    """What the guide's sentences about a phone are made of."""
    device = "iphone-14-pro"
    e = model.estimate("snapfusion", "--device", device)
    step = next(stage for stage in e["stages"] if stage["name"] == "step")
    kernels = [(stage["runs"] * kernel["calls"], kernel) for stage in e["stages"] for kernel in stage["kernels"]]

    def seconds(algorithm: str, having: str = "") -> float:
        return sum(count * kernel["seconds"] for count, kernel in kernels
                   if kernel["key"].startswith(f"conv2d.{algorithm}") and having in kernel["key"])

    def tflop(what: str) -> str:
        return f"{2e-12 * sum(count * kernel[what] for count, kernel in kernels):.1f}"
    moved = sum(kernel["calls"] * kernel["memory_bytes"] for kernel in step["kernels"])
    share = e["efficiency"]["winograd"]
    enlarged = seconds("direct", "upsample=")
    return table(f"of a picture on {device}", "") + [
        row("TFLOP by direct algorithms", tflop("macs")),
        row("TFLOP done as planned, padding and transforms among them", tflop("macs_done")),
        row("GB from and to memory in a step, and the ms they take of a step's",
            f"{moved / 1e9:.1f}, {moved / e['memory_gb_per_second'] / 1e6 / e['efficiency']['bytes']:.0f} of {1e3 * step['seconds']:.0f}"),
        row("s in direct convolutions; of these, of images enlarged twice", f"{seconds('direct'):.2f}; {enlarged:.2f}"),
        row("s less, were those computed as four convolutions of 2x2 taps, which this compiler does not do", f"{enlarged * 5 / 9:.2f}"),
        row(f"s more, did Winograd reach 50 % of the peak instead of {100 * share:.0f} %",
            f"{seconds('winograd') * (share / 0.5 - 1):.2f}")]


def runs_table(model: Model, runs: list[Run]) -> list[str]:
    lines = table("framework" if runs is FRAMEWORKS else "engine", "device", "what", "published, s", "predicted, s", "predicted / published", "source")
    ratios = []
    for run in runs:
        predicted = model.sd15(run.device, run.steps, run.flags)
        ratios.append(predicted / run.seconds)
        what = (f"{run.steps} steps" if run.steps else "a step") + (f"; {run.note}" if run.note else "")
        lines.append(row(run.engine, run.device, what, f"{run.seconds:g}", f"{predicted:.2f}", f"{ratios[-1]:.2f}", run.source))
    if runs is FRAMEWORKS:
        lines.append(row("", "", f"{len(runs)} runs", "", "", f"{min(ratios):.2f} to {max(ratios):.2f}, geometric mean "
                         f"{statistics.geometric_mean(ratios):.2f}", ""))
    return lines


def host_table(model: Model) -> list[str]:
    lines = table("graph", "measured, s", "predicted, s", "ratio", "peers, s", "predicted, direct, s", "peak, GFLOPS")
    for graph, (ours, fast, slow) in MEASURED.items():
        # The best of three peaks: the machine may be busy.
        tries = []
        for _ in range(3):
            model.known.clear()
            tries.append(model.graph(graph, "--device", "host"))
        e = max(tries, key=lambda e: e["peak_gflops"])
        lines.append(row(graph, f"{ours:.2f}" if ours >= 0.1 else f"{ours:.3f}", f"{e['seconds']:.3f}", f"{e['seconds'] / ours:.2f}", f"{fast} to {slow}",
                         f"{e['seconds_direct']:.3f}", f"{e['peak_gflops']:.0f}"))
    return lines


def example(snapc: Path) -> list[str]:
    """What the guide shows: a command and its output, indented."""
    output = subprocess.run([snapc, *EXAMPLE[1:], "--quiet"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return [f"    $ {' '.join(EXAMPLE)}"] + [f"    {line}".rstrip() for line in output.rstrip().split("\n")]


def update(guide: Path, blocks: list[list[str]], write: bool) -> None:
    """Tables and the example are found in the guide by their first lines; each goes on as it began, an example over blank lines."""
    lines = guide.read_text().split("\n")
    stale = []
    for new in blocks:
        if new[0] not in lines:
            sys.exit(f"{guide}: nothing begins with\n{new[0]}")
        begin = lines.index(new[0])
        starts = ("|",) if new[0].startswith("|") else ("    ",)
        end = next((i for i in range(begin, len(lines)) if not lines[i].startswith(starts) and (lines[i] or starts[0] == "|")),
                   len(lines))
        while not lines[end - 1]:
            end -= 1
        stale += [f"  is:        {old}\n  should be: {line}" for old, line in zip(lines[begin:end], new) if old != line]
        if end - begin != len(new):
            stale.append(f"  {end - begin} rows, expected {len(new)}: {new[0]}")
        lines[begin:end] = new
    if write:
        guide.write_text("\n".join(lines))
    elif stale:
        sys.exit(f"{guide}: figures differ from what the model says; bench/estimate_published.py --write {guide}\n" +
                 "\n".join(stale))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapc", type=Path, default=ROOT / "build/bin/snapc")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", type=Path, metavar="GUIDE.md")
    what.add_argument("--write", type=Path, metavar="GUIDE.md")
    what.add_argument("--host", action="store_true")
    args = parser.parse_args()
    model = Model(args.snapc)
    if args.host:
        tables = [host_table(model)]
    else:
        tables = [devices_table(model), stages_table(model), facts_table(model), runs_table(model, FRAMEWORKS), runs_table(model, OTHERS)]
    if args.check or args.write:
        update(args.check or args.write, [example(args.snapc)] + tables, bool(args.write))
    else:
        print("\n\n".join("\n".join(lines) for lines in tables))


if __name__ == "__main__":
    main()
