"""Halves a decoder's channels: those of largest L1 norm stay, equally many in every group of a norm.

Channels of one residual stream go together, judged by all that writes to it: the rule of `snapc prune` (decision
0009), on PyTorch's modules, so that the result can be trained. It is where the decoder's distillation starts
(SnapFusion, "Efficient image decoder").
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import torch
from torch import Tensor, nn

from .autoencoder import Decoder
from .blocks import GROUPS, ImageAttention, ResNet, Upsample


def _strength(module: nn.Module) -> Tensor:
    """L1 norm of what makes each output channel."""
    return module.weight.detach().abs().flatten(1).sum(1)


def _strongest(strength: Tensor, part: float) -> Tensor:
    """Indices, ascending, of the strongest `part` of the channels of every group."""
    groups = strength.view(GROUPS, -1)
    count = round(groups.shape[1] * part)
    if count * GROUPS != round(len(strength) * part) or not count:
        raise ValueError(f"{len(strength)} channels in {GROUPS} groups cannot be cut to {part:g} of them")
    kept = groups.topk(count, dim=1).indices + torch.arange(GROUPS)[:, None] * groups.shape[1]
    return kept.flatten().sort().values


def _cut(target: nn.Module, source: nn.Module, outputs: Tensor | None, inputs: Tensor | None) -> None:
    """Copies a layer's parameters, of these output and input channels alone (None: all)."""
    weight = source.weight.detach()
    weight = weight if outputs is None else weight[outputs]
    if inputs is not None:
        weight = weight[:, inputs]
    if target.weight.shape != weight.shape:
        raise ValueError(f"cannot put {list(weight.shape)} into {list(target.weight.shape)}")
    target.weight.data.copy_(weight)
    if source.bias is not None:
        target.bias.data.copy_(source.bias.detach() if outputs is None else source.bias.detach()[outputs])


def _streams(decoder: Decoder) -> list[Tensor]:
    """For conv_in and every layer, the strength of the channels of the stream that it writes to. A stream lasts from a
    layer that makes new channels over all that add to them."""
    strengths: list[Tensor] = [_strength(decoder.conv_in)]
    stream_of: list[int] = []
    for layer in decoder.layers:
        if isinstance(layer, ResNet) and isinstance(layer.shortcut, nn.Identity):
            strengths[-1] = strengths[-1] + _strength(layer.conv2)
        elif isinstance(layer, ResNet):
            strengths.append(_strength(layer.shortcut) + _strength(layer.conv2))
        elif isinstance(layer, ImageAttention):
            strengths[-1] = strengths[-1] + _strength(layer.attention.out)
        else:
            strengths.append(_strength(layer.conv))
        stream_of.append(len(strengths) - 1)
    return [strengths[0], *(strengths[index] for index in stream_of)]


def _cut_resnet(target: ResNet, source: ResNet, inputs: Tensor, outputs: Tensor, part: float) -> None:
    inner = _strongest(_strength(source.conv1), part)
    _cut(target.norm1, source.norm1, inputs, None)
    _cut(target.conv1, source.conv1, inner, inputs)
    _cut(target.norm2, source.norm2, inner, None)
    _cut(target.conv2, source.conv2, outputs, inner)
    if not isinstance(source.shortcut, nn.Identity):
        _cut(target.shortcut, source.shortcut, outputs, inputs)


def _cut_attention(target: ImageAttention, source: ImageAttention, stream: Tensor, part: float) -> None:
    # One head: queries and keys lose the same channels, values and the projection's inputs theirs.
    query, value = source.attention.q, source.attention.v
    keys = _strongest(_strength(query) + _strength(source.attention.k), part)
    values = _strongest(_strength(value), part)
    _cut(target.norm, source.norm, stream, None)
    for name, kept in (("q", keys), ("k", keys), ("v", values)):
        _cut(getattr(target.attention, name), getattr(source.attention, name), kept, stream)
    # Attention divides products by the root of the head's width, which has changed.
    target.attention.q.weight.data *= part**0.5
    target.attention.q.bias.data *= part**0.5
    _cut(target.attention.out, source.attention.out, stream, values)


def pruned_decoder(decoder: Decoder, widths: tuple[int, ...], part: float = 0.5) -> Decoder:
    """A decoder of `part` of the given decoder's `widths`, with the strongest of its channels."""
    result = Decoder(tuple(round(width * part) for width in widths))
    strengths = _streams(decoder)
    kept = _strongest(strengths[0], part)
    _cut(result.post_quant_conv, decoder.post_quant_conv, None, None)
    _cut(result.conv_in, decoder.conv_in, kept, None)
    for target, source, strength in zip(result.layers, decoder.layers, strengths[1:]):
        # Of the stream's last sum, which includes what later layers add.
        outputs = _strongest(strength, part)
        if isinstance(source, ResNet):
            _cut_resnet(target, source, kept, outputs, part)
        elif isinstance(source, ImageAttention):
            _cut_attention(target, source, kept, part)
        elif isinstance(source, Upsample):
            _cut(target.conv, source.conv, outputs, kept)
        kept = outputs
    _cut(result.norm_out, decoder.norm_out, kept, None)
    _cut(result.conv_out, decoder.conv_out, None, kept)
    return result
