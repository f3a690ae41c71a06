"""Draws pictures of prompts from given first latents: with PyTorch, or with what `snapc compile` wrote.

A painter is a function (prompts, index of the first, steps, guidance) -> uint8 [N, 128, 128, 3]. Prompt number i
starts from latents of its own seed, whoever draws it and in whatever batch.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from PIL import Image
from torch import nn

from .data import to_pictures
from .latents import load_decoder, scaling_factor
from .sampling import TextToLatents, first_latents, sample
from .snapc import run
from .tokenizer import Tokenizer
from .train_diffusion import load_diffusion

# Captions that no training, and no look while training, has seen; and the first latents of their pictures.
EVALUATION_SEED = 8
Painter = Callable[[list[str], int, int, float], np.ndarray]


def latents_of(first: int, count: int, seed: int = EVALUATION_SEED) -> torch.Tensor:
    """First latents of cases, each from a seed of its own: other batch sizes draw the same pictures."""
    return torch.cat([first_latents(seed * 1_000_000 + index, 1) for index in range(first, first + count)])


def torch_painter(model: TextToLatents, decoder: nn.Module, factor: float, seed: int = EVALUATION_SEED) -> Painter:
    """`factor` is what latents were multiplied by for the model, `seed` that of the first latents."""
    device = next(model.parameters()).device
    tokenizer = Tokenizer()

    @torch.no_grad()
    def paint(prompts: list[str], first: int, steps: int, guidance: float) -> np.ndarray:
        drawn = sample(model, tokenizer, prompts, latents_of(first, len(prompts), seed).to(device), steps, guidance)
        return to_pictures(decoder(drawn / factor))

    return paint


def load_torch_painter(diffusion: Path, autoencoder: Path, distilled: Path | None, latents: Path) -> Painter:
    """From weights; `latents` is the folder whose latents.json has the factor."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch_painter(load_diffusion(diffusion).to(device), load_decoder(autoencoder, distilled).to(device),
                         scaling_factor(latents))


def snapc_painter(snapc: Path, compiled: Path) -> Painter:
    def paint(prompts: list[str], first: int, steps: int, guidance: float) -> np.ndarray:
        pictures = []
        with tempfile.TemporaryDirectory() as folder:
            given, png = Path(folder) / "first.npy", Path(folder) / "picture.png"
            for index, prompt in enumerate(prompts):
                np.save(given, latents_of(first + index, 1).numpy())
                run(snapc, "generate", compiled, prompt, "-o", png, "--latents", given, "--steps", steps, "--guidance", guidance,
                    "--quiet")
                pictures.append(np.asarray(Image.open(png).convert("RGB")))
        return np.stack(pictures)

    return paint
