"""Whether snapc draws PyTorch's pictures: python -m shapes.compare --help.

The same captions from the same first latents, by PyTorch in f32 from the trained weights and by `snapc generate` from
what was exported (weights in f16) and compiled: the peak signal-to-noise ratio of each pair of pictures.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

from .evaluate import BATCH, held_out_cases
from .files import digest, write_text
from .painters import Painter, load_torch_painter, snapc_painter
from .sheet import write_sheet
from .snapc import SNAPC

# Of equal pictures, whose ratio is infinite; more than any other pair of 128x128 pictures of 8 bits can have.
EQUAL = 100.0


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Of two pictures, uint8 of one shape, in dB."""
    error = float(np.square(one.astype(np.float64) - other.astype(np.float64)).mean())
    return min(EQUAL, 10 * math.log10(255**2 / error)) if error else EQUAL


def compare(one: Painter, other: Painter, prompts: list[str], steps: int, guidance: float, sheet: Path | None = None) -> list[float]:
    """The PSNR of every prompt's two pictures; the sheet has the first eight of one above those of the other."""
    ratios: list[float] = []
    for first in range(0, len(prompts), BATCH):
        some = prompts[first:first + BATCH]
        pairs = one(some, first, steps, guidance), other(some, first, steps, guidance)
        ratios += [psnr(*pair) for pair in zip(*pairs, strict=True)]
        if sheet and first == 0:
            write_sheet([pictures[:8] for pictures in pairs], sheet)
    return ratios


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--diffusion", type=Path, required=True)
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--decoder", type=Path, help="a distilled decoder instead of the autoencoder's")
    parser.add_argument("--latents", type=Path, required=True)
    parser.add_argument("--compiled", type=Path, required=True, help="what `snapc compile` wrote")
    parser.add_argument("--snapc", type=Path, default=SNAPC)
    parser.add_argument("--out", type=Path, required=True, help="gets psnr.json and psnr.png")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--count", type=int, default=50)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch = load_torch_painter(arguments.diffusion, arguments.autoencoder, arguments.decoder, arguments.latents)
    ratios = compare(torch, snapc_painter(arguments.snapc, arguments.compiled),
                     [case.prompt for case in held_out_cases(arguments.count)], arguments.steps, arguments.guidance,
                     arguments.out / "psnr.png")
    result = {"captions": arguments.count, "steps": arguments.steps, "guidance": arguments.guidance,
              "least": round(min(ratios), 2), "median": round(float(np.median(ratios)), 2),
              "weights": digest([arguments.diffusion, arguments.decoder or arguments.autoencoder]),
              "compiled": digest(sorted(arguments.compiled.glob("*.snap")))}
    write_text(arguments.out / "psnr.json", json.dumps(result, indent=2) + "\n")
    print(f"PSNR of {arguments.count} pictures: least {result['least']} dB, median {result['median']} dB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
