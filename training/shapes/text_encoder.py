"""The text encoder: CLIP's shape (causal, quick GELU, learnt positions), small, trained together with the UNet.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .blocks import Attention
from .tokenizer import MAX_TOKENS


@dataclass(frozen=True)
class TextEncoderConfig:
    vocabulary: int
    width: int = 128
    layers: int = 3


class Layer(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, bias=True)
        self.norm2, self.fc1, self.fc2 = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x), mask=mask)
        hidden = self.fc1(self.norm2(x))
        return x + self.fc2(hidden * torch.sigmoid(1.702 * hidden))


class TextEncoder(nn.Module):
    def __init__(self, config: TextEncoderConfig):
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocabulary, config.width)
        self.position_embedding = nn.Parameter(0.01 * torch.randn(MAX_TOKENS, config.width))
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        self.layers = nn.ModuleList(Layer(config.width) for _ in range(config.layers))
        self.final_norm = nn.LayerNorm(config.width)
        mask = torch.full((MAX_TOKENS, MAX_TOKENS), float("-inf")).triu(1)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """int64 [N, 24] -> f32 [N, 24, width], one row per token."""
        x = self.token_embedding(ids) + self.position_embedding
        for layer in self.layers:
            x = layer(x, self.mask.to(x.dtype))
        return self.final_norm(x)
