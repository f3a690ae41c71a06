"""The UNet: Stable Diffusion's block structure, with a layout that evolution can edit.

A stage is a string of layers, each a ResNet and the transformers behind it: "ra ra" are two layers of a ResNet and a
transformer. "r" has no transformer; "-" is a layer whose ResNet is removed, of which the shortcut stays. Going down
each layer leaves one skip connection, going up each takes one, so the number of layers of a stage is fixed by its
place and only their content varies.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .autoencoder import LATENT_CHANNELS
from .blocks import Downsample, ResNet, Transformer, Upsample, group_norm, unit_gain


@dataclass(frozen=True)
class UNetConfig:
    """Stages from the finest to the coarsest going down, and back going up (one layer more each)."""

    widths: tuple[int, ...] = (64, 96, 144)
    down: tuple[str, ...] = ("r", "ra", "ra")
    mid: str = "ra r"
    up: tuple[str, ...] = ("ra ra", "ra ra", "r r")
    context: int = 128
    time: int = 256

    def __post_init__(self) -> None:
        if not len(self.widths) == len(self.down) == len(self.up):
            raise ValueError(f"{len(self.widths)} widths, {len(self.down)} stages down, {len(self.up)} up: "
                             "expected equally many")
        for stage in (*self.down, self.mid, *self.up):
            if any(layer[:1] not in ("r", "-") or layer[1:].strip("a") for layer in stage.split()):
                raise ValueError(f"stage '{stage}': expected layers such as 'r', 'ra' or '-', with spaces between")
        for down, up in zip(self.down, reversed(self.up)):
            if len(up.split()) != len(down.split()) + 1:
                raise ValueError(f"stage '{up}' takes {len(up.split())} skips of '{down}'; "
                                 "expected one layer more than going down")


class Shortcut(nn.Module):
    """What is left of a removed ResNet."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        return self.shortcut(x)


class UNetLayer(nn.Module):
    """A ResNet, or its shortcut, and the transformers behind it."""

    def __init__(self, layout: str, inputs: int, outputs: int, config: UNetConfig):
        super().__init__()
        self.resnet = ResNet(inputs, outputs, config.time) if layout[0] == "r" else Shortcut(inputs, outputs)
        self.transformers = nn.ModuleList(Transformer(outputs, config.context) for _ in layout[1:])

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        x = self.resnet(x, time)
        for transformer in self.transformers:
            x = transformer(x, context)
        return x


class TimeEmbedding(nn.Module):
    """Sinusoids of the timestep (Vaswani et al. 2017; cosines first, as in Stable Diffusion) and two linear layers."""

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(inputs, width), nn.Linear(width, width)
        half = inputs // 2
        frequencies = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, timestep: Tensor) -> Tensor:
        angles = timestep.float()[:, None] * self.frequencies
        embedding = torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)
        return self.linear2(nn.functional.silu(self.linear1(embedding)))


class UNet(nn.Module):
    def __init__(self, config: UNetConfig = UNetConfig()):
        super().__init__()
        self.config = config
        widths = config.widths
        self.time = TimeEmbedding(widths[0], config.time)
        self.conv_in = nn.Conv2d(LATENT_CHANNELS, widths[0], 3, padding=1)
        self.down, self.downsample = nn.ModuleList(), nn.ModuleList()
        skips, at = [widths[0]], widths[0]
        for index, (width, stage) in enumerate(zip(widths, config.down)):
            layers = nn.ModuleList()
            for layout in stage.split():
                layers.append(UNetLayer(layout, at, width, config))
                at = width
                skips.append(width)
            self.down.append(layers)
            if index + 1 < len(widths):
                self.downsample.append(Downsample(width))
                skips.append(width)
        self.mid = nn.ModuleList(UNetLayer(layout, at, at, config) for layout in config.mid.split())
        self.up, self.upsample = nn.ModuleList(), nn.ModuleList()
        for index, (width, stage) in enumerate(zip(reversed(widths), config.up)):
            layers = nn.ModuleList()
            for layout in stage.split():
                layers.append(UNetLayer(layout, at + skips.pop(), width, config))
                at = width
            self.up.append(layers)
            if index + 1 < len(widths):
                self.upsample.append(Upsample(width))
        self.norm_out, self.conv_out = group_norm(at), nn.Conv2d(at, LATENT_CHANNELS, 3, padding=1)
        unit_gain(self)

    def forward(self, sample: Tensor, timestep: Tensor, encoder_hidden_states: Tensor) -> Tensor:
        """Latents [N, 4, H, W], timesteps [N] or [1], prompts [N, 24, context] -> v [N, 4, H, W]."""
        time = self.time(timestep)
        x = self.conv_in(sample)
        skips = [x]
        for index, layers in enumerate(self.down):
            for layer in layers:
                x = layer(x, time, encoder_hidden_states)
                skips.append(x)
            if index < len(self.downsample):
                x = self.downsample[index](x)
                skips.append(x)
        for layer in self.mid:
            x = layer(x, time, encoder_hidden_states)
        for index, layers in enumerate(self.up):
            for layer in layers:
                x = layer(torch.cat([x, skips.pop()], dim=1), time, encoder_hidden_states)
            if index < len(self.upsample):
                x = self.upsample[index](x)
        return self.conv_out(nn.functional.silu(self.norm_out(x)))
