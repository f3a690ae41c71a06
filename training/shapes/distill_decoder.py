"""Distils a decoder of half the channels: python -m shapes.distill_decoder --help.

The latents come from prompts alone: the diffusion model draws them, the full decoder shows what they mean, and the
pruned one learns to show the same (SnapFusion, "Efficient image decoder"). No picture of the data set is needed.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .autoencoder import Autoencoder, Decoder
from .captions import caption
from .command import begin, training_parser
from .data import indices, to_pictures
from .files import whole_file
from .latents import load_autoencoder, scaling_factor
from .prune import pruned_decoder
from .sampling import TextToLatents, first_latents, sample
from .scenes import generator, scene
from .sheet import write_sheet
from .tokenizer import Tokenizer
from .train_autoencoder import EDGE_WEIGHT, edge_loss
from .train_diffusion import load_diffusion
from .trainer import Process, Trainer, TrainingOptions, own_part, step_generator

PROMPT_SEED = 9
PART = 64
# Latents as the pipeline will hand them over.
STEPS, GUIDANCE = 16, 4.0
KEPT = 0.5


def drawn_latents(model: TextToLatents, folder: Path, count: int, device: torch.device) -> Tensor:
    """`count` latents drawn from prompts, kept in `folder` in parts, so that a cut run goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer()
    for first in range(0, count, PART):
        path = folder / f"drawn-{first // PART:05}.npy"
        if not path.exists():
            prompts = [caption(scene(PROMPT_SEED, index), generator(PROMPT_SEED, index))
                       for index in range(first, first + PART)]
            noise = first_latents(PROMPT_SEED * 1_000_000 + first, PART).to(device)
            drawn = sample(model.to(device), tokenizer, prompts, noise, STEPS, GUIDANCE).cpu().numpy()
            with whole_file(path) as file:
                np.save(file, drawn.astype(np.float16))
            print(f"latents {first + PART} of {count}", flush=True)
    parts = [np.load(folder / f"drawn-{first // PART:05}.npy") for first in range(0, count, PART)]
    return torch.from_numpy(np.concatenate(parts)[:count]).float()


def losses(student: nn.Module, teacher: Decoder, latents: Tensor, options: TrainingOptions, step: int,
           process: Process) -> dict[str, Tensor]:
    own = torch.tensor([index % len(latents) for index in indices(step, options.batch, process)])
    # Every latent is met again many times; shifting it by whole cells makes it another picture.
    shifts = torch.randint(16, (options.batch, 2), generator=step_generator(options.seed, step))
    inputs = torch.stack([latent.roll(tuple(shift), dims=(1, 2))
                          for latent, shift in zip(latents[own], own_part(shifts, process).tolist())]).to(process.device)
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        picture = teacher(inputs).float()
    drawn = student(inputs).float()
    pixels, edges = (drawn - picture).square().mean(), edge_loss(drawn, picture)
    return {"loss": pixels + EDGE_WEIGHT * edges, "pixels": pixels, "edges": edges}


@torch.no_grad()
def look(average: nn.Module, teacher: Decoder, latents: Tensor, step: int, out: Path) -> None:
    """The teacher's pictures above, the student's below; their PSNR."""
    inputs = latents[:8].to(next(average.parameters()).device)
    expected, drawn = teacher(inputs).clamp(-1, 1), average(inputs).clamp(-1, 1)
    psnr = float(-10 * torch.log10((expected - drawn).square().mean() / 4))
    write_sheet([to_pictures(expected), to_pictures(drawn)], out / "sheet.png")
    with open(out / "psnr.txt", "a", encoding="utf-8") as file:
        file.write(f"step {step}  psnr {psnr:.2f} dB to the full decoder\n")


def main() -> int:
    parser = training_parser(__doc__, steps=3000, batch=8, learning_rate=5e-4)
    parser.add_argument("--diffusion", type=Path, required=True)
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--latents", type=Path, required=True, help="whose latents.json has the scaling factor")
    parser.add_argument("--count", type=int, default=2048, help="latents to draw")
    arguments, options, process = begin(parser)
    autoencoder: Autoencoder = load_autoencoder(arguments.autoencoder).to(process.device)
    widths = autoencoder.config.decoder
    drawn = drawn_latents(load_diffusion(arguments.diffusion), arguments.out / "latents", arguments.count, process.device)
    latents = drawn / scaling_factor(arguments.latents)
    student = pruned_decoder(autoencoder.decoder.cpu(), widths, KEPT)
    teacher = autoencoder.decoder.to(process.device)
    trainer = Trainer(options, student, {"decoder": [round(width * KEPT) for width in widths]}, process)
    done = trainer.run(lambda model, step, where: losses(model, teacher, latents, options, step, where),
                       lambda average, step: look(average, teacher, latents, step, options.out))
    return 0 if done else 3


if __name__ == "__main__":
    raise SystemExit(main())
