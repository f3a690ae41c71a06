"""The blocks that Stable Diffusion's networks are made of: ResNet, transformer, down- and upsampling.

A ResNet or transformer is a shortcut plus a branch, so dropping it means keeping the shortcut alone. `keep` is the
probability with which the branch is executed in training; robust training (SnapFusion, "Efficient UNet") lowers it so
that blocks can be removed later.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Divides every width here, and half of it, which pruning leaves.
GROUPS = 8
HEAD_DIM = 32


def group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(GROUPS, channels, eps=1e-6)


def zeroed(module: nn.Module) -> nn.Module:
    """With all parameters zero: a branch that starts as nothing trains more steadily."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


def unit_gain(model: nn.Module) -> None:
    """Convolutions and linear layers that keep the variance of what they get; zeroed ones stay zero. PyTorch's default
    lets a third of it through, which along the shortcuts of these networks, where no norm is, leaves nothing but biases."""
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            if module.weight.any():
                nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


class Skippable(nn.Module):
    """A block whose branch may be left out while training, by a coin that all samples of a step share."""

    keep: float = 1.0

    def executed(self) -> bool:
        return not self.training or self.keep >= 1.0 or bool(torch.rand(()) < self.keep)


class ResNet(Skippable):
    """Norm, SiLU, 3x3 convolution, twice, with the time embedding added between; 1x1 shortcut where widths differ."""

    def __init__(self, inputs: int, outputs: int, time: int | None = None):
        super().__init__()
        self.norm1, self.conv1 = group_norm(inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time = nn.Linear(time, outputs) if time else None
        self.norm2, self.conv2 = group_norm(outputs), zeroed(nn.Conv2d(outputs, outputs, 3, padding=1))
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        shortcut = self.shortcut(x)
        if not self.executed():
            return shortcut
        x = self.conv1(F.silu(self.norm1(x)))
        if self.time is not None:
            x = x + self.time(F.silu(time))[:, :, None, None]
        return shortcut + self.conv2(F.silu(self.norm2(x)))


class Attention(nn.Module):
    """Multi-head attention of `width` channels, over itself or over a context of other width."""

    def __init__(self, width: int, context: int | None = None, bias: bool = False, head_dim: int = HEAD_DIM):
        super().__init__()
        self.heads = max(1, width // head_dim)
        self.q = nn.Linear(width, width, bias=bias)
        self.k = nn.Linear(context or width, width, bias=bias)
        self.v = nn.Linear(context or width, width, bias=bias)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                   for part in (self.q(x), self.k(source), self.v(source)))
        attended = self._attend(q, k, v, mask)
        return self.out(attended.transpose(1, 2).flatten(2))

    @staticmethod
    def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        if q.device.type != "cpu":
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        # On a processor PyTorch's attention is four times as slow in bf16 as in f32 (decision 0023).
        with torch.autocast("cpu", enabled=False):
            return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=mask)


class ImageAttention(nn.Module):
    """Self-attention over the pixels of a small map: the autoencoder's middle."""

    def __init__(self, width: int):
        super().__init__()
        self.norm, self.attention = group_norm(width), Attention(width, bias=True, head_dim=width)
        zeroed(self.attention.out)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        tokens = self.norm(x).flatten(2).transpose(1, 2)
        return x + self.attention(tokens).transpose(1, 2).unflatten(-1, (height, width))


class FeedForward(nn.Module):
    """GEGLU and a projection back."""

    def __init__(self, width: int, expansion: int = 4):
        super().__init__()
        self.gate = nn.Linear(width, 2 * expansion * width)
        self.out = nn.Linear(expansion * width, width)

    def forward(self, x: Tensor) -> Tensor:
        x, gate = self.gate(x).chunk(2, dim=-1)
        return self.out(x * F.gelu(gate))


class Transformer(Skippable):
    """Self-attention, cross-attention to the prompt and GEGLU over the pixels of a map."""

    def __init__(self, width: int, context: int):
        super().__init__()
        self.norm, self.proj_in = group_norm(width), nn.Conv2d(width, width, 1)
        self.norm1, self.attn1 = nn.LayerNorm(width), Attention(width)
        self.norm2, self.attn2 = nn.LayerNorm(width), Attention(width, context)
        self.norm3, self.feed_forward = nn.LayerNorm(width), FeedForward(width)
        self.proj_out = zeroed(nn.Conv2d(width, width, 1))

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        if not self.executed():
            return x
        height, width = x.shape[-2:]
        tokens = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        tokens = tokens + self.attn1(self.norm1(tokens))
        tokens = tokens + self.attn2(self.norm2(tokens), context)
        tokens = tokens + self.feed_forward(self.norm3(tokens))
        return x + self.proj_out(tokens.transpose(1, 2).unflatten(-1, (height, width)))


class Downsample(nn.Module):
    """Halves height and width by a strided convolution."""

    def __init__(self, width: int):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Upsample(nn.Module):
    """Doubles height and width by repetition, then a convolution."""

    def __init__(self, width: int):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
