"""Trains the autoencoder: python -m shapes.train_autoencoder --out DIR. Goes on where DIR's checkpoint was made.

Loss: L1 and squares of the pixels' errors (squares find colours sooner), L1 of their differences to the neighbours
(edges stay sharp where L1 alone would blur), and the KL divergence from a normal distribution, small (Rombach et al.
2022, appendix G). For the first part of the steps three of the latents' channels are also drawn to their cell's mean
colour: a start, from which they are free to go.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .autoencoder import DOWNSCALE, LATENT_CHANNELS, Autoencoder, AutoencoderConfig
from .command import begin, training_parser
from .data import crop_batch, picture_batch, to_pictures
from .sheet import write_sheet
from .trainer import Process, Trainer, TrainingOptions, own_part, step_generator

EDGE_WEIGHT, SQUARE_WEIGHT, KL_WEIGHT = 1.0, 4.0, 1e-4
CROPPED_PART = 0.5
# Latents are of about this size times a colour in -1 to 1.
COLOUR_WEIGHT, COLOUR_SCALE = 0.5, 2.0
# Scenes of this seed are trained on; the sheet shows scenes of the other.
TRAIN_SEED, SHEET_SEED = 1, 2


def edge_loss(drawn: Tensor, picture: Tensor) -> Tensor:
    difference = drawn - picture
    across = (difference[..., :, 1:] - difference[..., :, :-1]).abs().mean()
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs().mean()
    return across + down


def losses(model: nn.Module, options: TrainingOptions, step: int, process: Process) -> dict[str, Tensor]:
    # Crops first: edges for half of the price. Norms see other statistics in them, so whole pictures have the last word.
    begin = step < CROPPED_PART * options.steps
    batch = crop_batch if begin else picture_batch
    picture = batch(TRAIN_SEED, step, options.batch, process)
    size = (picture.shape[0] * process.count, LATENT_CHANNELS, *(side // DOWNSCALE for side in picture.shape[2:]))
    noise = own_part(torch.randn(size, generator=step_generator(options.seed, step)), process)
    drawn, mean, log_variance = model(picture.contiguous(memory_format=torch.channels_last), noise)
    drawn, mean, log_variance = drawn.float(), mean.float(), log_variance.float()
    pixels, squares, edges = (drawn - picture).abs().mean(), (drawn - picture).square().mean(), edge_loss(drawn, picture)
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    loss = pixels + SQUARE_WEIGHT * squares + EDGE_WEIGHT * edges + KL_WEIGHT * kl
    if begin:
        loss = loss + COLOUR_WEIGHT * (mean[:, :3] - COLOUR_SCALE * F.avg_pool2d(picture, DOWNSCALE)).abs().mean()
    return {"loss": loss, "pixels": pixels, "squares": squares, "edges": edges, "kl": kl}


@torch.no_grad()
def look(average: nn.Module, step: int, out: Path, process: Process) -> None:
    """Scenes above, what the averaged autoencoder makes of them below; their PSNR in the file's name."""
    picture = picture_batch(SHEET_SEED, 0, 8, Process(0, 1, process.device))
    mean, _ = average.encoder(picture)
    drawn = average.decoder(mean)
    error = (drawn.clamp(-1, 1) - picture).square().mean() / 4
    psnr = float(-10 * torch.log10(error))
    write_sheet([to_pictures(picture), to_pictures(drawn)], out / "sheet.png")
    with open(out / "psnr.txt", "a", encoding="utf-8") as file:
        file.write(f"step {step}  psnr {psnr:.2f} dB\n")


def main() -> int:
    parser = training_parser(__doc__, steps=3000, batch=8, learning_rate=1e-3, small="an eighth of the widths")
    arguments, options, process = begin(parser)
    config = AutoencoderConfig((8, 8, 16, 16), (16, 16, 16, 16)) if arguments.small else AutoencoderConfig()
    trainer = Trainer(options, Autoencoder(config), {name: list(widths) for name, widths in asdict(config).items()}, process)
    done = trainer.run(lambda model, step, where: losses(model, options, step, where),
                       lambda average, step: look(average, step, options.out, process))
    return 0 if done else 3


if __name__ == "__main__":
    raise SystemExit(main())
