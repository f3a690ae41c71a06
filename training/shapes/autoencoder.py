"""The autoencoder between 128x128 pictures and 16x16 latents of 4 channels: Stable Diffusion's block structure, small.

Pictures are f32 [N, 3, H, W] in -1 to 1. The decoder alone is exported.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import Downsample, ImageAttention, ResNet, Upsample, group_norm, unit_gain

LATENT_CHANNELS = 4
DOWNSCALE = 8


@dataclass(frozen=True)
class AutoencoderConfig:
    """Widths from the picture to the latents. The decoder is the wider: it draws, and halving it comes later."""

    encoder: tuple[int, ...] = (16, 32, 64, 96)
    decoder: tuple[int, ...] = (32, 32, 64, 96)


class Encoder(nn.Module):
    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        layers: list[nn.Module] = []
        for index, width in enumerate(widths):
            layers.append(ResNet(widths[max(0, index - 1)], width))
            if index + 1 < len(widths):
                layers.append(Downsample(width))
        last = widths[-1]
        layers += [ResNet(last, last), ImageAttention(last), ResNet(last, last)]
        self.layers = nn.Sequential(*layers)
        self.norm_out, self.conv_out = group_norm(last), nn.Conv2d(last, 2 * LATENT_CHANNELS, 3, padding=1)
        self.quant_conv = nn.Conv2d(2 * LATENT_CHANNELS, 2 * LATENT_CHANNELS, 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latents."""
        x = self.layers(self.conv_in(picture))
        mean, log_variance = self.quant_conv(self.conv_out(F.silu(self.norm_out(x)))).chunk(2, dim=1)
        return mean, log_variance.clamp(-30, 20)


class Decoder(nn.Module):
    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        last = widths[-1]
        self.post_quant_conv = nn.Conv2d(LATENT_CHANNELS, LATENT_CHANNELS, 1)
        self.conv_in = nn.Conv2d(LATENT_CHANNELS, last, 3, padding=1)
        layers: list[nn.Module] = [ResNet(last, last), ImageAttention(last), ResNet(last, last)]
        for index in reversed(range(len(widths))):
            layers.append(ResNet(widths[min(index + 1, len(widths) - 1)], widths[index]))
            if index:
                layers.append(Upsample(widths[index]))
        self.layers = nn.Sequential(*layers)
        self.norm_out, self.conv_out = group_norm(widths[0]), nn.Conv2d(widths[0], 3, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        x = self.layers(self.conv_in(self.post_quant_conv(latents)))
        return self.conv_out(F.silu(self.norm_out(x)))


class Autoencoder(nn.Module):
    def __init__(self, config: AutoencoderConfig = AutoencoderConfig()):
        super().__init__()
        self.config = config
        self.encoder, self.decoder = Encoder(config.encoder), Decoder(config.decoder)
        unit_gain(self)

    def forward(self, picture: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The picture drawn again from sampled latents, and the latents' mean and logarithm of variance."""
        mean, log_variance = self.encoder(picture)
        return self.decoder(mean + torch.exp(log_variance / 2) * noise), mean, log_variance
