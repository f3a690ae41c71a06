"""Distils denoising steps: python -m shapes.distill_steps --help.

One step of the student is to do what two of the teacher do: 16 steps become 8. SnapFusion, "Step distillation":
v-prediction, the student begins as the teacher, its loss of distillation is mixed with the denoising loss by a factor
that keeps both of one size, and with probability 0.1 both sides are guided, by a scale drawn from U[2, 14], so that
the student is made for guidance too.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from .command import begin, training_parser
from .latents import load_autoencoder
from .sampling import TextToLatents, encode_prompts
from .schedule import ALPHAS, TRAIN_STEPS, add_noise, timesteps
from .tokenizer import Tokenizer
from .train_diffusion import LatentBatches, load_diffusion, look, model_config
from .trainer import Process, Trainer, TrainingOptions, own_part, step_generator


@dataclass(frozen=True)
class Distillation:
    """`guided` is the probability of the guided loss; 0 is distillation that knows nothing of guidance."""

    teacher_steps: int = 16
    guided: float = 0.1
    least_guidance: float = 2.0
    most_guidance: float = 14.0


def alpha(timestep: int) -> float:
    """Before the first step there is no noise."""
    return float(ALPHAS[timestep]) if timestep >= 0 else 1.0


def ddim(latents: Tensor, v: Tensor, here: float, there: float) -> Tensor:
    """From alpha `here` to alpha `there` (schedule.Move, with given alphas)."""
    picture = math.sqrt(here) * latents - math.sqrt(1 - here) * v
    noise = math.sqrt(1 - here) * latents + math.sqrt(here) * v
    return math.sqrt(there) * picture + math.sqrt(1 - there) * noise


def v_between(latents: Tensor, result: Tensor, here: float, there: float) -> Tensor:
    """The v with which one step from alpha `here` to `there` turns latents into result. In angles, where alpha is a
    squared cosine, a step is a rotation: v's factor is the sine of the difference, not zero as long as the step goes
    anywhere."""
    x = math.sqrt(there * here) + math.sqrt((1 - there) * (1 - here))
    sine = math.sqrt((1 - there) * here) - math.sqrt(there * (1 - here))
    return (result - x * latents) / sine


def predict(model: nn.Module, ids: Tensor, empty: Tensor, latents: Tensor, timestep: int, guidance: float | None) -> Tensor:
    """v of the prompts, guided away from the empty one when a scale is given."""
    steps = torch.full((latents.shape[0] * (1 if guidance is None else 2),), timestep, device=latents.device)
    if guidance is None:
        return model(ids, latents, steps).float()
    output = model(torch.cat([empty.expand_as(ids), ids]), torch.cat([latents, latents]), steps).float()
    without, with_prompt = output.chunk(2)
    return without + guidance * (with_prompt - without)


@torch.no_grad()
def teacher_target(teacher: nn.Module, ids: Tensor, empty: Tensor, latents: Tensor, path: tuple[int, int, int],
                   guidance: float | None) -> Tensor:
    """The v that takes one step from path[0] to path[2] where the teacher takes two."""
    first, middle, last = path
    halfway = ddim(latents, predict(teacher, ids, empty, latents, first, guidance), alpha(first), alpha(middle))
    result = ddim(halfway, predict(teacher, ids, empty, halfway, middle, guidance), alpha(middle), alpha(last))
    return v_between(latents, result, alpha(first), alpha(last))


def paths(teacher_steps: int) -> list[tuple[int, int, int]]:
    """Timesteps of every step of the student: where it begins, the teacher's halt, where it ends (-1: the picture)."""
    if teacher_steps % 2:
        raise ValueError(f"a teacher of {teacher_steps} steps; expected an even number, of which the student takes half")
    times = [*timesteps(teacher_steps).tolist(), -1]
    return [(times[index], times[index + 1], times[index + 2]) for index in range(0, teacher_steps, 2)]


def losses(student: nn.Module, teacher: TextToLatents, batches: LatentBatches, empty: Tensor, options: TrainingOptions,
           distillation: Distillation, step: int, process: Process) -> dict[str, Tensor]:
    latents, ids = batches(step, options.batch, process)
    random = step_generator(options.seed, step)
    noise = own_part(torch.randn((options.batch, *latents.shape[1:]), generator=random), process)
    parts = (torch.randperm(options.batch, generator=random) + torch.rand(options.batch, generator=random)) / options.batch
    original = own_part((parts * TRAIN_STEPS).long().clamp(max=TRAIN_STEPS - 1), process)
    # One path and one scale for a step's batch: the teacher's timesteps are numbers, not tensors, and all processes agree.
    path = paths(distillation.teacher_steps)[int(torch.randint(distillation.teacher_steps // 2, (), generator=random))]
    coin, place = torch.rand(2, generator=random).tolist()
    spread = distillation.most_guidance - distillation.least_guidance
    guidance = distillation.least_guidance + place * spread if coin < distillation.guided else None

    begin = torch.full((latents.shape[0],), path[0], device=latents.device)
    noised, _ = add_noise(latents, noise, begin)
    target = teacher_target(teacher, ids, empty, noised, path, guidance)
    distilled = (predict(student, ids, empty, noised, path[0], guidance) - target).square().mean()
    noised, v = add_noise(latents, noise, original)
    denoised = (student(ids, noised, original).float() - v).square().mean()
    # Dynamic gamma: the denoising loss counts as much as the distillation's, whatever their sizes are.
    gamma = (distilled / denoised.clamp(min=1e-6)).detach()
    return {"loss": distilled + gamma * denoised, "distilled": distilled, "denoised": denoised, "gamma": gamma}


def main() -> int:
    parser = training_parser(__doc__, steps=2000, batch=32, learning_rate=2e-4)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--latents", type=Path, required=True)
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--teacher-steps", type=int, default=16)
    parser.add_argument("--guided", type=float, default=0.1, help="probability of the guided loss")
    arguments, options, process = begin(parser)
    tokenizer = Tokenizer()
    teacher, student = (load_diffusion(arguments.teacher).to(process.device) for _ in range(2))
    student.unet.requires_grad_(True)  # what captions say is the same for both
    batches = LatentBatches(arguments.latents, tokenizer)
    autoencoder = load_autoencoder(arguments.autoencoder).to(process.device)
    empty = encode_prompts(tokenizer, [""], process.device)
    distillation = Distillation(arguments.teacher_steps, arguments.guided)
    config = model_config(tokenizer.size, student.unet.config, student.text_encoder.config)
    trainer = Trainer(options, student, config, process)
    show = functools.partial(look, autoencoder=autoencoder, scaling_factor=batches.scaling_factor, tokenizer=tokenizer,
                             out=options.out, device=process.device, steps=arguments.teacher_steps // 2)
    done = trainer.run(
        lambda model, step, where: losses(model, teacher, batches, empty, options, distillation, step, where), show)
    return 0 if done else 3


if __name__ == "__main__":
    raise SystemExit(main())
