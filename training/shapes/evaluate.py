"""Prompt agreement on held-out captions: python -m shapes.evaluate --diffusion FINAL.pt --autoencoder FINAL.pt --latents DIR --out DIR.

Each caption is drawn once, from first latents of its own seed, and the checker says what of it holds. With --compiled the pictures are drawn
by `snapc generate` from the same captions and first latents instead, so both columns of a table are of one thing.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from PIL import Image

from .captions import caption
from .checker import Verdict, judge
from .data import to_pictures
from .export import load_diffusion
from .latents import load_autoencoder
from .sampling import first_latents, sample
from .scenes import Scene, generator, scene
from .sheet import write_sheet
from .tokenizer import Tokenizer

# Captions that no training, and no look while training, has seen.
EVALUATION_SEED = 8
BATCH = 25
Painter = Callable[[list[str], int, int, float], np.ndarray]


@dataclass(frozen=True)
class Case:
    scene: Scene
    prompt: str


def held_out_cases(count: int) -> list[Case]:
    scenes = [scene(EVALUATION_SEED, index, held_out=True) for index in range(count)]
    return [Case(one, caption(one, generator(EVALUATION_SEED, index))) for index, one in enumerate(scenes)]


def latents_of(first: int, count: int) -> torch.Tensor:
    """First latents of cases, each from a seed of its own: other batch sizes draw the same pictures."""
    return torch.cat([first_latents(EVALUATION_SEED * 1_000_000 + index, 1) for index in range(first, first + count)])


def torch_painter(diffusion: Path, autoencoder: Path, latents: Path) -> Painter:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, decoder = load_diffusion(diffusion).to(device), load_autoencoder(autoencoder).decoder.to(device)
    factor = json.loads((latents / "latents.json").read_text())["scaling_factor"]
    tokenizer = Tokenizer()

    @torch.no_grad()
    def paint(prompts: list[str], first: int, steps: int, guidance: float) -> np.ndarray:
        drawn = sample(model, tokenizer, prompts, latents_of(first, len(prompts)).to(device), steps, guidance)
        return to_pictures(decoder(drawn / factor))

    return paint


def snapc_painter(snapc: Path, compiled: Path) -> Painter:
    def paint(prompts: list[str], first: int, steps: int, guidance: float) -> np.ndarray:
        pictures = []
        with tempfile.TemporaryDirectory() as folder:
            given, png = Path(folder) / "first.npy", Path(folder) / "picture.png"
            for index, prompt in enumerate(prompts):
                np.save(given, latents_of(first + index, 1).numpy())
                subprocess.run([snapc, "generate", compiled, prompt, "-o", png, "--latents", given, "--steps", str(steps),
                                "--guidance", str(guidance), "--quiet"], check=True)
                pictures.append(np.asarray(Image.open(png).convert("RGB")))
        return np.stack(pictures)

    return paint


def percentages(verdicts: list[Verdict]) -> dict[str, float]:
    names = ["agrees", *(field.name for field in fields(Verdict))]
    return {name: round(100 * float(np.mean([getattr(verdict, name) for verdict in verdicts])), 1) for name in names}


def evaluate(paint: Painter, count: int, steps: int, guidance: float, sheet: Path) -> dict[str, dict[str, float]]:
    """Percentages of captions of which each part holds: of all, and by the number of objects."""
    cases = held_out_cases(count)
    verdicts: list[Verdict] = []
    for first in range(0, count, BATCH):
        part = cases[first:first + BATCH]
        pictures = paint([case.prompt for case in part], first, steps, guidance)
        verdicts += [judge(case.scene, picture) for case, picture in zip(part, pictures)]
        if first == 0:
            width = min(8, len(pictures))
            rows = len(pictures) // width
            write_sheet([pictures[row * width:(row + 1) * width] for row in range(rows)], sheet)
    result = {"all": {"captions": count, **percentages(verdicts)}}
    for objects in (1, 2, 3):
        some = [verdict for verdict, case in zip(verdicts, cases) if len(case.scene.items) == objects]
        if some:
            result[f"{objects} objects"] = {"captions": len(some), **percentages(some)}
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--diffusion", type=Path)
    parser.add_argument("--autoencoder", type=Path)
    parser.add_argument("--latents", type=Path)
    parser.add_argument("--compiled", type=Path, help="what `snapc compile` wrote; draws with snapc instead of PyTorch")
    parser.add_argument("--snapc", type=Path, default=Path(__file__).resolve().parents[2] / "build/bin/snapc")
    parser.add_argument("--out", type=Path, required=True, help="gets agreement.jsonl and a sheet of the first pictures")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--count", type=int, default=500)
    arguments = parser.parse_args()
    if arguments.compiled:
        paint, drawn_by = snapc_painter(arguments.snapc, arguments.compiled), "snapc"
    elif arguments.diffusion and arguments.autoencoder and arguments.latents:
        paint, drawn_by = torch_painter(arguments.diffusion, arguments.autoencoder, arguments.latents), "PyTorch"
    else:
        parser.error("expected --compiled, or --diffusion, --autoencoder and --latents")
    arguments.out.mkdir(parents=True, exist_ok=True)
    sheet = arguments.out / f"sheet-{drawn_by}-{arguments.steps}-{arguments.guidance:g}.png"
    result = evaluate(paint, arguments.count, arguments.steps, arguments.guidance, sheet)
    line = {"drawn_by": drawn_by, "steps": arguments.steps, "guidance": arguments.guidance,
            "model": str(arguments.compiled or arguments.diffusion), **result}
    with open(arguments.out / "agreement.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    for name, values in result.items():
        print(f"{name:10} " + "  ".join(f"{key} {value}" for key, value in values.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
