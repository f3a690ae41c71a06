#!/usr/bin/env python3
"""Networks: shapes, what a removed or skipped block leaves, what depends on what.
SPDX-License-Identifier: Apache-2.0
"""
import unittest

import torch
from torch import nn

from shapes.autoencoder import Autoencoder, AutoencoderConfig
from shapes.blocks import GROUPS, ResNet, Transformer
from shapes.text_encoder import TextEncoder, TextEncoderConfig
from shapes.tokenizer import MAX_TOKENS, Tokenizer
from shapes.unet import UNet, UNetConfig

SMALL = UNetConfig(widths=(16, 32, 32), context=16, time=16)


def randomized(model: nn.Module) -> nn.Module:
    """With no parameter zero: what starts as nothing would hide what depends on it."""
    torch.manual_seed(1)
    for parameter in model.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return model


def unet_inputs(batch: int = 2) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(2)
    return torch.randn(batch, 4, 16, 16), torch.full((batch,), 500), torch.randn(batch, MAX_TOKENS, SMALL.context)


class Autoencoders(unittest.TestCase):
    def test_shapes(self):
        model = Autoencoder(AutoencoderConfig((8, 8, 16, 16), (16, 16, 16, 16)))
        drawn, mean, log_variance = model(torch.zeros(2, 3, 128, 64), torch.zeros(2, 4, 16, 8))
        self.assertEqual((drawn.shape, mean.shape, log_variance.shape), ((2, 3, 128, 64), (2, 4, 16, 8), (2, 4, 16, 8)))

    def test_half_of_every_width_has_whole_groups(self):
        for width in (*AutoencoderConfig().decoder, *UNetConfig().widths):
            self.assertEqual(width // 2 % GROUPS, 0, width)


class UNets(unittest.TestCase):
    @torch.no_grad()
    def test_every_input_matters(self):
        model = randomized(UNet(SMALL)).eval()
        sample, timestep, context = unet_inputs()
        base = model(sample, timestep, context)
        self.assertEqual(base.shape, sample.shape)
        for other in ((sample + 1, timestep, context), (sample, timestep - 400, context), (sample, timestep, context.flip(1) * 2)):
            self.assertGreater(float((model(*other) - base).abs().max()), 1e-3)

    def test_one_timestep_serves_all_samples(self):
        model = randomized(UNet(SMALL)).eval()
        sample, timestep, context = unet_inputs()
        torch.testing.assert_close(model(sample, timestep[:1], context), model(sample, timestep, context))

    def test_removed_blocks_leave_shortcuts(self):
        bare = UNet(UNetConfig(widths=SMALL.widths, down=("-", "-", "-"), mid="-", up=("- -", "- -", "- -"), context=16, time=16))
        self.assertFalse([module for module in bare.modules() if isinstance(module, (ResNet, Transformer))])
        self.assertEqual(bare(*unet_inputs()).shape, (2, 4, 16, 16))

    def test_transformers_can_be_added(self):
        more = UNet(UNetConfig(widths=SMALL.widths, down=("raa", "ra", "-a"), context=16, time=16))
        count = sum(isinstance(module, Transformer) for module in more.modules())
        self.assertEqual(count, sum(isinstance(module, Transformer) for module in UNet(SMALL).modules()) + 2)

    def test_impossible_layouts_are_refused(self):
        for fields, message in (({"up": ("ra", "ra ra", "r r")}, "takes 1 skips of 'ra'"), ({"mid": "xr"}, "stage 'xr': expected"),
                                ({"widths": (16, 32)}, "2 widths, 3 stages down")):
            with self.assertRaisesRegex(ValueError, message):
                UNetConfig(**fields)

    @torch.no_grad()
    def test_skipped_blocks_are_identities_in_training_alone(self):
        torch.manual_seed(3)
        resnet, transformer = randomized(ResNet(16, 16, 16)), randomized(Transformer(16, 16))
        x, time, context = torch.randn(1, 16, 4, 4), torch.randn(1, 16), torch.randn(1, 5, 16)
        for block, arguments in ((resnet, (x, time)), (transformer, (x, context))):
            block.keep = 0.0
            torch.testing.assert_close(block.train()(*arguments), x)
            self.assertGreater(float((block.eval()(*arguments) - x).abs().max()), 1e-3)

    def test_blocks_are_executed_with_their_probability(self):
        block = ResNet(16, 16).train()
        block.keep = 0.7
        torch.manual_seed(4)
        self.assertAlmostEqual(sum(block.executed() for _ in range(4000)) / 4000, 0.7, delta=0.03)


class TextEncoders(unittest.TestCase):
    @torch.no_grad()
    def test_is_causal(self):
        tokenizer = Tokenizer()
        model = TextEncoder(TextEncoderConfig(tokenizer.size, 16, 2)).eval()
        first, second = (model(torch.from_numpy(tokenizer.encode(text))[None])
                         for text in ("a red circle on a white background", "a red circle on a black background"))
        torch.testing.assert_close(first[:, :6], second[:, :6])
        self.assertGreater(float((first[:, 6] - second[:, 6]).abs().max()), 1e-4)
        # The tokens behind the first that differs know of it.
        self.assertGreater(float((first[:, 7] - second[:, 7]).abs().max()), 1e-6)


if __name__ == "__main__":
    unittest.main()
