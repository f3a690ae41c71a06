"""Trains text encoder and UNet: python -m shapes.train_diffusion --help.

v-prediction at every training step alike, one caption in ten dropped so that guidance has something to guide away
from (Ho and Salimans 2022). Goes on where DIR's checkpoint was made.

With --text the text encoder is what shapes.train_text_encoder made; without, it is trained with the UNet. With --start
another run's UNet is trained further. With --keep it learns to do without any block: SnapFusion, "Efficient UNet",
robust training.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import functools
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .autoencoder import Autoencoder
from .blocks import Skippable
from .captions import caption
from .checker import judge
from .command import begin, training_parser
from .data import indices, to_pictures
from .latents import SCENE_SEED, load_autoencoder, load_latents
from .sampling import TextToLatents, encode_prompts, first_latents, sample
from .scenes import Scene, generator, scene
from .schedule import TRAIN_STEPS, add_noise
from .sheet import write_sheet
from .text_encoder import TextEncoderConfig
from .tokenizer import Tokenizer
from .trainer import Process, Trainer, TrainingOptions, load, own_part, step_generator
from .unet import UNetConfig

DROPPED_CAPTIONS = 0.1
CAPTION_SEED, ORDER_SEED = 4, 5
# What the sheets show while training: held-out scenes of a seed that no evaluation uses.
LOOK_SEED, LOOK_COUNT, LOOK_STEPS, LOOK_GUIDANCE = 6, 24, 16, 4.0


def model_config(vocabulary: int, unet: UNetConfig, text: TextEncoderConfig | None = None) -> dict[str, Any]:
    """As a checkpoint holds it: numbers, strings and lists."""
    return json.loads(json.dumps({"text": asdict(text or TextEncoderConfig(vocabulary)), "unet": asdict(unet)}))


def build_model(config: dict[str, Any]) -> TextToLatents:
    unet = {name: tuple(value) if isinstance(value, list) else value for name, value in config["unet"].items()}
    return TextToLatents(TextEncoderConfig(**config["text"]), UNetConfig(**unet))


def load_diffusion(path: Path) -> TextToLatents:
    """The averaged weights of a finished run (final.pt), or of one that is still training (checkpoint.pt)."""
    state = load(path)
    model = build_model(state["config"])
    model.load_state_dict(state["average"] if "average" in state else state["model"])
    return model.requires_grad_(False).eval()


@functools.lru_cache(maxsize=2)
def order(epoch: int, count: int) -> np.ndarray:
    return generator(ORDER_SEED, epoch).permutation(count)


@functools.lru_cache(maxsize=1 << 16)
def training_scene(which: int) -> Scene:
    """Kept, because placing a scene's objects takes as long as a twentieth of a step for a batch."""
    return scene(SCENE_SEED, which)


class LatentBatches:
    """Latents and captions of the training scenes, in another order every epoch and with other captions every time."""

    def __init__(self, folder: Path, tokenizer: Tokenizer):
        latents, self.scaling_factor = load_latents(folder)
        self.latents = torch.from_numpy(latents)
        self.tokenizer = tokenizer

    def __call__(self, step: int, batch: int, process: Process) -> tuple[Tensor, Tensor]:
        """Scaled latents [N, 4, 16, 16] and token ids [N, 24]."""
        count = len(self.latents)
        chosen, prompts = [], []
        for index in indices(step, batch, process):
            which = int(order(index // count, count)[index % count])
            random = generator(CAPTION_SEED, index)
            dropped = random.random() < DROPPED_CAPTIONS
            prompts.append("" if dropped else caption(training_scene(which), random))
            chosen.append(which)
        latents = self.latents[chosen].float() * self.scaling_factor
        return latents.to(process.device), encode_prompts(self.tokenizer, prompts, process.device)


def execute_blocks(model: TextToLatents, keep: float) -> None:
    """While training, every ResNet and transformer of the UNet is executed with probability `keep`, else its shortcut."""
    if not 0 < keep <= 1:
        raise ValueError(f"blocks executed with probability {keep:g}; expected above 0 and at most 1")
    for block in model.unet.modules():
        if isinstance(block, Skippable):
            block.keep = keep


def initial_model(start: Path | None, text: Path | None, config: dict[str, Any]) -> TextToLatents:
    """New weights; with `text`, its text encoder, which can read already; or all weights of `start`, whatever its layout.
    A text encoder that comes from elsewhere stays as it is, as CLIP's does in Stable Diffusion."""
    if start is not None:
        model = load_diffusion(start).requires_grad_(True)
        model.text_encoder.requires_grad_(False)
        return model
    model = build_model(config)
    if text is not None:
        state = load(text)
        if state["config"] != config["text"]:
            raise SystemExit(f"{text}: a text encoder of {state['config']}, expected {config['text']}")
        prefix = "text_encoder."
        model.text_encoder.load_state_dict({name.removeprefix(prefix): values for name, values in state["model"].items()
                                            if name.startswith(prefix)})
        model.text_encoder.requires_grad_(False)
    return model


def losses(model: nn.Module, batches: LatentBatches, options: TrainingOptions, step: int,
           process: Process) -> dict[str, Tensor]:
    latents, ids = batches(step, options.batch, process)
    random = step_generator(options.seed, step)
    noise = own_part(torch.randn((options.batch, *latents.shape[1:]), generator=random), process)
    # One timestep from each of N equal parts: less variance than N independent ones.
    parts = (torch.randperm(options.batch, generator=random) + torch.rand(options.batch, generator=random)) / options.batch
    timesteps = own_part((parts * TRAIN_STEPS).long().clamp(max=TRAIN_STEPS - 1), process)
    noised, target = add_noise(latents, noise, timesteps)
    output = model(ids, noised, timesteps)
    return {"loss": (output.float() - target).square().mean()}


@torch.no_grad()
def look(model: nn.Module, step: int, autoencoder: Autoencoder, scaling_factor: float, tokenizer: Tokenizer, out: Path,
         device: torch.device, steps: int = LOOK_STEPS) -> None:
    """Draws held-out captions: sheet.png, and how many of them the checker finds to hold."""
    scenes = [scene(LOOK_SEED, index, held_out=True) for index in range(LOOK_COUNT)]
    prompts = [caption(one, generator(LOOK_SEED, index)) for index, one in enumerate(scenes)]
    latents = sample(model, tokenizer, prompts, first_latents(LOOK_SEED, LOOK_COUNT).to(device), steps, LOOK_GUIDANCE)
    pictures = to_pictures(autoencoder.decoder(latents / scaling_factor))
    verdicts = [judge(one, picture) for one, picture in zip(scenes, pictures)]
    write_sheet([pictures[first:first + 8] for first in range(0, LOOK_COUNT, 8)], out / "sheet.png")
    (out / "sheet.txt").write_text("".join(f"{'ok   ' if verdict.agrees else 'wrong'} {prompt}\n"
                                           for verdict, prompt in zip(verdicts, prompts)))
    line = {"step": step, **{name: sum(getattr(verdict, name) for verdict in verdicts) for name in
                             ("agrees", "background", "count", "colours", "shapes", "sizes", "position", "relation")},
            "of": LOOK_COUNT}
    with open(out / "agreement.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def main() -> int:
    parser = training_parser(__doc__, steps=16000, batch=32, learning_rate=1e-3, small="a quarter of the widths")
    parser.add_argument("--latents", type=Path, required=True)
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to begin with, and so their networks; default: new ones")
    parser.add_argument("--text", type=Path, help="what shapes.train_text_encoder made; default: learns to read with the UNet")
    parser.add_argument("--keep", type=float, default=1.0, help="probability with which a block is executed; default: 1")
    arguments, options, process = begin(parser)
    tokenizer = Tokenizer()
    if arguments.start and (arguments.small or arguments.text):
        parser.error("--start: has its networks and its text encoder; takes neither --small nor --text")
    unet = UNetConfig(widths=(16, 32, 32), context=32, time=32) if arguments.small else UNetConfig()
    config = model_config(tokenizer.size, unet, TextEncoderConfig(tokenizer.size, 32, 1) if arguments.small else None)
    model = initial_model(arguments.start, arguments.text, config)
    config = model_config(tokenizer.size, model.unet.config, model.text_encoder.config)
    try:
        execute_blocks(model, arguments.keep)
    except ValueError as error:
        parser.error(f"--keep: {error}")
    if arguments.keep < 1:
        config["keep"] = arguments.keep  # a checkpoint of another probability is not gone on with
    batches = LatentBatches(arguments.latents, tokenizer)
    autoencoder = load_autoencoder(arguments.autoencoder).to(process.device)
    trainer = Trainer(options, model, config, process)
    done = trainer.run(
        lambda model, step, where: losses(model, batches, options, step, where),
        lambda average, step: look(average, step, autoencoder, batches.scaling_factor, tokenizer, options.out, process.device))
    return 0 if done else 3


if __name__ == "__main__":
    raise SystemExit(main())
