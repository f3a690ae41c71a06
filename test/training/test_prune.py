#!/usr/bin/env python3
"""Pruning a decoder: the strongest channels of every group stay, in all layers that share them.
SPDX-License-Identifier: Apache-2.0
"""
import unittest

import torch
from torch import nn

from shapes.autoencoder import Decoder
from shapes.blocks import GROUPS
from shapes.prune import _strongest, pruned_decoder

WIDTHS = (16, 16, 32, 48)


def randomized(decoder: Decoder) -> None:
    """With no parameter zero: what starts as nothing would be cut unseen."""
    for parameter in decoder.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.2)


class Prune(unittest.TestCase):
    def test_the_strongest_of_every_group(self):
        strength = torch.tensor([1.0, 2, 4, 3] * GROUPS)
        kept = _strongest(strength, 0.5).view(GROUPS, 2) - 4 * torch.arange(GROUPS)[:, None]
        self.assertTrue(torch.equal(kept, torch.tensor([[2, 3]] * GROUPS)))

    def test_groups_that_do_not_divide_are_refused(self):
        with self.assertRaisesRegex(ValueError, "8 channels in 8 groups cannot be cut to 0.5"):
            _strongest(torch.ones(8), 0.5)

    @torch.no_grad()
    def test_all_channels_kept_is_the_same_decoder(self):
        torch.manual_seed(1)
        decoder = Decoder(WIDTHS)
        randomized(decoder)
        latents = torch.randn(2, 4, 4, 4)
        torch.testing.assert_close(pruned_decoder(decoder, WIDTHS, 1.0)(latents), decoder(latents))

    @torch.no_grad()
    def test_half_of_the_channels(self):
        torch.manual_seed(2)
        decoder = Decoder(WIDTHS)
        randomized(decoder)
        half = pruned_decoder(decoder, WIDTHS)
        self.assertEqual(half(torch.randn(2, 4, 4, 4)).shape, (2, 3, 32, 32))
        full, left = (sum(parameter.numel() for parameter in module.parameters()) for module in (decoder, half))
        self.assertGreater(full / left, 3.5)
        # Each row of the first convolution is a row of the full one, in its order.
        rows = [next(index for index, full_row in enumerate(decoder.conv_in.weight) if torch.equal(row, full_row))
                for row in half.conv_in.weight]
        self.assertEqual(rows, sorted(rows))
        self.assertEqual([row * GROUPS // 48 for row in rows], [group for group in range(GROUPS) for _ in range(3)])

    @torch.no_grad()
    def test_attention_keeps_its_products(self):
        torch.manual_seed(3)
        decoder = Decoder(WIDTHS)
        randomized(decoder)
        # Of every group one half of the queries' and keys' channels is dead, so the products of the others are all there was.
        full = decoder.layers[1].attention
        dead = [group * 6 + channel for group in range(GROUPS) for channel in range(3)]
        for layer in (full.q, full.k):
            layer.weight[dead], layer.bias[dead] = 0, 0
        half = pruned_decoder(decoder, WIDTHS).layers[1].attention
        alive = [channel for channel in range(48) if channel not in dead]
        stream = pruned_stream(decoder)
        x = torch.randn(5, 48)
        x[:, [channel for channel in range(48) if channel not in stream]] = 0
        expected = full.q(x)[:, alive] @ full.k(x)[:, alive].T / 48**0.5
        found = half.q(x[:, stream]) @ half.k(x[:, stream]).T / 24**0.5
        torch.testing.assert_close(found, expected)


def pruned_stream(decoder: Decoder) -> list[int]:
    """The channels of the middle that stay, found by the bias of the first convolution."""
    kept = pruned_decoder(decoder, WIDTHS).conv_in.bias
    return [next(index for index, bias in enumerate(decoder.conv_in.bias) if torch.equal(bias, value)) for value in kept]


if __name__ == "__main__":
    unittest.main()
