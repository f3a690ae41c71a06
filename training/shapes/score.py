"""How good a model is, soon: prompt agreement on a few held-out captions, and the denoising loss of fixed batches.

Both are measured on the same captions, first latents, noise and timesteps for every model, so that two models differ by
what they draw alone.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch

from .checker import judge
from .evaluate import draw_cases, held_out_cases
from .latents import load_autoencoder
from .painters import torch_painter
from .sampling import TextToLatents
from .tokenizer import Tokenizer
from .train_diffusion import LatentBatches, losses
from .trainer import Process, TrainingOptions

# Of captions, first latents and noise: no training, look or evaluation uses it.
SCORE_SEED = 10


@dataclass(frozen=True)
class Score:
    """`held` has a 1 for each caption of which everything holds, else a 0."""

    held: str
    loss: float

    @property
    def agreement(self) -> float:
        """Percent."""
        return 100 * self.held.count("1") / len(self.held)

    def points_over(self, other: Score) -> float:
        """Percentage points of agreement above another's; 0 when the captions that changed would as soon have changed
        as many to the other side: when the balance is within its deviation by chance, the root of their number (the
        test of McNemar 1947, at one deviation)."""
        changed = sum(one != another for one, another in zip(self.held, other.held, strict=True))
        points = self.agreement - other.agreement
        return points if abs(points) * len(self.held) / 100 > math.sqrt(changed) + 1e-9 else 0.0


@dataclass(frozen=True)
class ScoreOptions:
    captions: int = 100
    steps: int = 8
    guidance: float = 4.0
    loss_batches: int = 4
    batch: int = 64


class Scorer:
    """Scores models in the latent space of one autoencoder."""

    def __init__(self, autoencoder: Path, latents: Path, options: ScoreOptions):
        self.options, self.tokenizer = options, Tokenizer()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.decoder = load_autoencoder(autoencoder).decoder.to(self.device)
        self.batches = LatentBatches(latents, self.tokenizer)
        self.cases = held_out_cases(options.captions, SCORE_SEED)

    @torch.no_grad()
    def __call__(self, model: TextToLatents) -> Score:
        model = model.to(self.device).eval()
        return Score(self._held(model), self._loss(model))

    def _held(self, model: TextToLatents) -> str:
        painter = torch_painter(model, self.decoder, self.batches.scaling_factor, SCORE_SEED)
        pictures = draw_cases(painter, self.cases, self.options.steps, self.options.guidance)
        return "".join("01"[judge(case.scene, picture).agrees] for case, picture in zip(self.cases, pictures))

    def _loss(self, model: TextToLatents) -> float:
        options = TrainingOptions(Path(), 0, self.options.batch, 0.0, seed=SCORE_SEED)
        process = Process(0, 1, self.device)
        each = [losses(model, self.batches, options, step, process)["loss"] for step in range(self.options.loss_batches)]
        return float(torch.stack(each).mean())
