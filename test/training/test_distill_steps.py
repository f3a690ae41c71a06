#!/usr/bin/env python3
"""Step distillation: the target is the v that takes one step where the teacher takes two, guided or not.
SPDX-License-Identifier: Apache-2.0
"""
import unittest

import torch

from shapes.distill_steps import alpha, ddim, paths, predict, teacher_target, v_between
from shapes.sampling import encode_prompts, first_latents, sample
from shapes.schedule import moves
from shapes.text_encoder import TextEncoderConfig
from shapes.tokenizer import Tokenizer
from shapes.train_diffusion import build_model, model_config
from shapes.unet import UNetConfig

PROMPTS = ["a red circle on white", "a small blue star above a green heart"]


class DistillSteps(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.tokenizer = Tokenizer()
        text = TextEncoderConfig(self.tokenizer.size, 32, 1)
        unet = UNetConfig(widths=(16, 32, 32), context=32, time=32)
        self.model = build_model(model_config(self.tokenizer.size, unet, text)).eval()
        for parameter in self.model.parameters():
            if not parameter.any():
                torch.nn.init.normal_(parameter, std=0.1)
        self.ids, self.empty = encode_prompts(self.tokenizer, PROMPTS), encode_prompts(self.tokenizer, [""])

    def test_paths_join(self):
        for steps in (2, 16, 32):
            some = paths(steps)
            self.assertEqual(len(some), steps // 2)
            self.assertEqual((some[0][0], some[-1][2]), (999, -1))
            self.assertEqual([path[2] for path in some[:-1]], [path[0] for path in some[1:]])
            self.assertTrue(all(first > middle > last for first, middle, last in some))
        # The student begins its steps where the runtime will: at the timesteps of half as many steps.
        self.assertEqual([path[0] for path in paths(16)], [move.timestep for move in moves(8)])
        with self.assertRaisesRegex(ValueError, "a teacher of 5 steps; expected an even number"):
            paths(5)

    def test_v_between_is_the_inverse_of_a_step(self):
        x, v = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1)).unbind()
        for here, there in ((999, 874), (124, -1), (500, 437)):
            result = ddim(x, v, alpha(here), alpha(there))
            torch.testing.assert_close(v_between(x, result, alpha(here), alpha(there)), v, atol=1e-4, rtol=1e-4)

    @torch.no_grad()
    def test_a_step_with_the_target_is_two_of_the_teacher(self):
        latents = first_latents(2, 2)
        for guidance in (None, 3.0):
            at = latents
            for path in paths(2):
                v = teacher_target(self.model, self.ids, self.empty, at, path, guidance)
                at = ddim(at, v, alpha(path[0]), alpha(path[2]))
            expected = sample(self.model, self.tokenizer, PROMPTS, latents, 2, guidance or 1.0)
            torch.testing.assert_close(at, expected, atol=1e-4, rtol=1e-4)

    @torch.no_grad()
    def test_guidance_of_one_is_none(self):
        latents = first_latents(3, 2)
        plain, guided = (predict(self.model, self.ids, self.empty, latents, 500, guidance) for guidance in (None, 1.0))
        torch.testing.assert_close(plain, guided, atol=1e-5, rtol=1e-4)
        stronger = predict(self.model, self.ids, self.empty, latents, 500, 5.0)
        self.assertGreater(float((stronger - plain).abs().max()), 1e-4)


if __name__ == "__main__":
    unittest.main()
