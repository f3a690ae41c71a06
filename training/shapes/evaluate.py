"""Prompt agreement on held-out captions: python -m shapes.evaluate --help.

Each caption is drawn once, from first latents of its own seed, and the checker says what of it holds. With --compiled
the pictures are drawn by `snapc generate` from the same captions and first latents instead, so both columns of a
table are of one thing.
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
from .latents import load_decoder, scaling_factor
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


def torch_painter(diffusion: Path, autoencoder: Path, distilled: Path | None, latents: Path) -> Painter:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, decoder = load_diffusion(diffusion).to(device), load_decoder(autoencoder, distilled).to(device)
    factor = scaling_factor(latents)
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
    parser.add_argument("--decoder", type=Path, help="a distilled decoder instead of the autoencoder's")
    parser.add_argument("--latents", type=Path)
    parser.add_argument("--compiled", type=Path, help="what `snapc compile` wrote; draws with snapc instead of PyTorch")
    parser.add_argument("--snapc", type=Path, default=Path(__file__).resolve().parents[2] / "build/bin/snapc")
    parser.add_argument("--out", type=Path, required=True, help="gets agreement.jsonl and a sheet of the first pictures")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--guidance", type=float, nargs="+", default=[4.0], help="scales, each evaluated")
    parser.add_argument("--count", type=int, default=500)
    arguments = parser.parse_args()
    if arguments.compiled:
        paint, drawn_by = snapc_painter(arguments.snapc, arguments.compiled), "snapc"
    elif arguments.diffusion and arguments.autoencoder and arguments.latents:
        paint = torch_painter(arguments.diffusion, arguments.autoencoder, arguments.decoder, arguments.latents)
        drawn_by = "PyTorch"
    else:
        parser.error("expected --compiled, or --diffusion, --autoencoder and --latents")
    arguments.out.mkdir(parents=True, exist_ok=True)
    model: Path = arguments.compiled or arguments.diffusion
    name = "-".join([model.parent.name if model.suffix else model.name,
                     *(["distilled-decoder"] if arguments.decoder else []), drawn_by, str(arguments.steps)])
    for guidance in arguments.guidance:
        result = evaluate(paint, arguments.count, arguments.steps, guidance, arguments.out / f"sheet-{name}-{guidance:g}.png")
        line = {"drawn_by": drawn_by, "steps": arguments.steps, "guidance": guidance, "model": str(model),
                "decoder": str(arguments.decoder or arguments.autoencoder), **result}
        with open(arguments.out / "agreement.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(f"{name}, guidance {guidance:g}")
        for kind, values in result.items():
            print(f"  {kind:10} " + "  ".join(f"{key} {value}" for key, value in values.items()), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
