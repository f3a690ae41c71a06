"""Draws latents from prompts: DDIM with classifier-free guidance, as runtime/ does it.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from .schedule import moves
from .text_encoder import TextEncoder, TextEncoderConfig
from .tokenizer import Tokenizer
from .unet import UNet, UNetConfig

LATENT_SIZE = 16


class TextToLatents(nn.Module):
    """Text encoder and UNet, which are trained together."""

    def __init__(self, text: TextEncoderConfig, unet: UNetConfig):
        super().__init__()
        self.text_encoder, self.unet = TextEncoder(text), UNet(unet)

    def forward(self, ids: Tensor, latents: Tensor, timestep: Tensor) -> Tensor:
        return self.unet(latents, timestep, self.text_encoder(ids))


def encode_prompts(tokenizer: Tokenizer, prompts: list[str], device: torch.device | str = "cpu") -> Tensor:
    return torch.from_numpy(np.stack([tokenizer.encode(prompt) for prompt in prompts])).to(device)


def first_latents(seed: int, count: int) -> Tensor:
    return torch.randn((count, 4, LATENT_SIZE, LATENT_SIZE), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def sample(model: TextToLatents, tokenizer: Tokenizer, prompts: list[str], latents: Tensor, steps: int,
           guidance: float) -> Tensor:
    """Latents [N, 4, 16, 16] from first latents of that shape; guidance 1 takes one pass per step, any other two."""
    device = latents.device
    context = model.text_encoder(encode_prompts(tokenizer, prompts, device))
    if guidance != 1:
        empty = model.text_encoder(encode_prompts(tokenizer, [""], device)).expand_as(context)
        context = torch.cat([empty, context])
    for move in moves(steps):
        timestep = torch.full((context.shape[0],), move.timestep, device=device)
        inputs = latents if guidance == 1 else torch.cat([latents, latents])
        output = model.unet(inputs, timestep, context).float()
        if guidance != 1:
            without, with_prompt = output.chunk(2)
            output = without + guidance * (with_prompt - without)
        latents = move.x * latents + move.v * output
    return latents
