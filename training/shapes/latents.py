"""The latents of the training scenes, encoded once: python -m shapes.latents --help.

DIR gets part-NNNNN.npy (f16 [up to 1024, 4, 16, 16], means of the encoder) and latents.json (how many, and the factor
that scales them to unit deviation). Parts that are there are left alone, so a cut run goes on.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .autoencoder import Autoencoder, AutoencoderConfig, Decoder
from .data import to_tensor
from .draw import draw
from .files import whole_file, write_text
from .scenes import scene
from .trainer import load

# The diffusion model's scenes: others than the autoencoder's.
SCENE_SEED = 3
PART, BATCH = 1024, 32


def load_autoencoder(path: Path) -> Autoencoder:
    state = load(path)
    model = Autoencoder(AutoencoderConfig(**{name: tuple(widths) for name, widths in state["config"].items()}))
    model.load_state_dict(state["model"])
    return model.requires_grad_(False).eval()


def load_decoder(autoencoder: Path, distilled: Path | None = None) -> Decoder:
    """The distilled decoder when there is one, else the autoencoder's."""
    if distilled is None:
        return load_autoencoder(autoencoder).decoder
    state = load(distilled)
    decoder = Decoder(tuple(state["config"]["decoder"]))
    decoder.load_state_dict(state["model"])
    return decoder.requires_grad_(False).eval()


def parts(scenes: int) -> int:
    return -(-scenes // PART)


def part_path(folder: Path, part: int) -> Path:
    return folder / f"part-{part:05}.npy"


@torch.no_grad()
def encode_scenes(encoder: nn.Module, scenes: range, device: torch.device) -> np.ndarray:
    means = []
    for first in scenes[::BATCH]:
        some = range(first, min(first + BATCH, scenes.stop))
        picture = to_tensor([draw(scene(SCENE_SEED, index)) for index in some]).to(device)
        means.append(encoder(picture.contiguous(memory_format=torch.channels_last))[0].float().cpu().numpy())
    return np.concatenate(means)


def scaling_factor(folder: Path) -> float:
    """What latents are multiplied by to have unit deviation."""
    return json.loads((folder / "latents.json").read_text())["scaling_factor"]


def load_latents(folder: Path) -> tuple[np.ndarray, float]:
    """All latents, f16, not scaled; and their scaling factor."""
    info = json.loads((folder / "latents.json").read_text())
    return np.concatenate([np.load(part_path(folder, part)) for part in range(parts(info["scenes"]))]), info["scaling_factor"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=24576)
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = load_autoencoder(arguments.autoencoder).encoder.to(device)
    squares = 0.0
    for part in range(parts(arguments.scenes)):
        path, scenes = part_path(out, part), range(part * PART, min((part + 1) * PART, arguments.scenes))
        if not path.exists() or len(np.load(path, mmap_mode="r")) != len(scenes):
            encoded = encode_scenes(encoder, scenes, device).astype(np.float16)
            with whole_file(path) as file:
                np.save(file, encoded)
            print(f"part {part + 1} of {parts(arguments.scenes)}", flush=True)
        squares += float(np.square(np.load(path).astype(np.float64)).mean()) * len(scenes) / arguments.scenes
    # Deviation from zero, not from the mean: the runtime scales latents but does not shift them.
    info = {"scenes": arguments.scenes, "scaling_factor": squares**-0.5}
    write_text(out / "latents.json", json.dumps(info) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
