"""The noise schedule: what training adds and what DDIM takes away again.

DDIM is Song et al. 2021, formula 12; v-prediction Salimans and Ho 2022, appendix D.

The last training step holds noise alone and sampling begins there (Lin et al. 2024): otherwise the mean brightness of
the noise would choose between a black and a white background. The fields are those of diffusers' DDIMScheduler.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

CONFIG = {
    "_class_name": "DDIMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
    "clip_sample": False, "num_train_timesteps": 1000, "prediction_type": "v_prediction", "rescale_betas_zero_snr": True,
    "set_alpha_to_one": True, "steps_offset": 0, "timestep_spacing": "trailing",
}
TRAIN_STEPS: int = CONFIG["num_train_timesteps"]


def alphas() -> np.ndarray:
    """How much of the picture's variance is left at each training step, f64 [1000]; the last is 0."""
    betas = np.linspace(math.sqrt(CONFIG["beta_start"]), math.sqrt(CONFIG["beta_end"]), TRAIN_STEPS) ** 2
    roots = np.sqrt(np.cumprod(1 - betas))
    roots = (roots - roots[-1]) * (roots[0] / (roots[0] - roots[-1]))
    return roots**2


ALPHAS = alphas()


def timesteps(steps: int) -> np.ndarray:
    """The training steps of `steps` denoising steps, from noise to picture."""
    return np.round(np.arange(TRAIN_STEPS, 0, -TRAIN_STEPS / steps)).astype(np.int64) - 1


@dataclass(frozen=True)
class Move:
    """One denoising step as two linear maps of the latents x and the output v: the next are image_x x + image_v v."""

    timestep: int
    x: float
    v: float


def moves(steps: int) -> list[Move]:
    """picture = sqrt(a) x - sqrt(1-a) v and noise = sqrt(1-a) x + sqrt(a) v, mixed again for the next step's a."""
    result = []
    for timestep in timesteps(steps):
        previous = int(timestep) - TRAIN_STEPS // steps
        here, there = float(ALPHAS[timestep]), float(ALPHAS[previous]) if previous >= 0 else 1.0
        signal, noise = math.sqrt(here), math.sqrt(1 - here)
        next_signal, next_noise = math.sqrt(there), math.sqrt(1 - there)
        result.append(Move(int(timestep), next_signal * signal + next_noise * noise, next_noise * signal - next_signal * noise))
    return result


def coefficients(steps: Tensor) -> tuple[Tensor, Tensor]:
    """sqrt(a) and sqrt(1-a) of training steps [N], shaped to scale latents [N, 4, H, W]."""
    a = torch.from_numpy(ALPHAS).to(steps.device)[steps].view(-1, 1, 1, 1)
    return a.sqrt().float(), (1 - a).sqrt().float()


def add_noise(latents: Tensor, noise: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
    """The noised latents and v, which the UNet is to predict."""
    signal, sigma = coefficients(steps)
    return signal * latents + sigma * noise, signal * noise - sigma * latents
