"""Gathers what a run left into one file, from which tables and model card are made: python -m shapes.records --help.

Weights and logs lie in a folder that is not in the repository; their record is. What a run does not have, its record
does not have either, and nothing is filled in.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

import torch

from .classifier import TRAIN_SEED as CLASSIFIER_SEED
from .distill_decoder import PROMPT_SEED
from .evaluate import AGREEMENT
from .files import read_lines, write_text
from .frechet import REFERENCE_SEED
from .latents import SCENE_SEED
from .painters import EVALUATION_SEED
from .train_autoencoder import TRAIN_SEED
from .trainer import Trainer, load

# Stages that train, in the recipe's order.
TRAINED = ("autoencoder", "text", "diffusion", "robust", "evolved", "decoder", "steps", "steps-unguided", "steps-progressive-16",
           "steps-progressive", "classifier")
SEEDS = {"scenes of the autoencoder": TRAIN_SEED, "scenes of the diffusion model": SCENE_SEED,
         "prompts of the decoder's distillation": PROMPT_SEED, "scenes of the classifier": CLASSIFIER_SEED,
         "evaluation": EVALUATION_SEED, "true pictures of the Fréchet distance": REFERENCE_SEED}
Record = dict[str, Any]


def parameters(state: dict[str, torch.Tensor], prefix: str = "") -> int:
    return sum(value.numel() for name, value in state.items() if name.startswith(prefix))


def training_record(folder: Path) -> Record | None:
    """Of a finished stage: how it was trained, and the last line of its log."""
    path = folder / Trainer.FINAL
    if not path.exists():
        return None
    final = load(path)
    options = {name: value for name, value in final["options"].items() if name != "out"}
    record = {"config": final["config"], "options": options, "samples": final["step"] * options["batch"],
              "hours": round(final["seconds"] / 3600, 3), "parameters": parameters(final["model"])}
    if "encoder" in final["config"]:
        record["decoder_parameters"] = parameters(final["model"], "decoder.")
    log = read_lines(folder / Trainer.LOG)
    return {**record, "last": log[-1]} if log else record


def processor() -> str:
    """The model's name, as the system says it."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")] \
        if cpuinfo.exists() else []
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} threads"


def profile_record(path: Path) -> Record:
    """Of `snapc profile --json`: seconds of one run of each program."""
    profile = json.loads(path.read_text(encoding="utf-8"))
    return {"compiler": profile["compiler"], "cpu": profile["cpu"],
            "seconds": {program["name"]: program["seconds"] for program in profile["programs"]}}


def gather(run: Path) -> Record:
    evaluation = run / "evaluation"
    record: Record = {"training": {name: made for name in TRAINED if (made := training_record(run / name))}}
    if lines := read_lines(evaluation / AGREEMENT):
        record["agreement"] = lines
    for name, path in (("psnr", evaluation / "psnr.json"), ("latents", run / "latents/latents.json")):
        if path.exists():
            record[name] = json.loads(path.read_text(encoding="utf-8"))
    if profiles := {path.name.removesuffix(".profile.json"): profile_record(path)
                    for path in sorted(evaluation.glob("*.profile.json"))}:
        record["profiles"] = profiles
    if accuracy := read_lines(run / "classifier/accuracy.jsonl"):
        record["classifier_accuracy"] = accuracy[-1]
    pipeline = run / "pipeline"
    if pipeline.exists():
        record["files"] = {str(path.relative_to(pipeline)): path.stat().st_size
                           for path in sorted(pipeline.rglob("*")) if path.is_file()}
    return {**record, "seeds": SEEDS, "processor": processor(), "pytorch": torch.__version__}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--run", type=Path, required=True, help="the folder of scripts/train.sh")
    parser.add_argument("--out", type=Path, required=True, help="records.json")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_text(arguments.out, json.dumps(gather(arguments.run), indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
