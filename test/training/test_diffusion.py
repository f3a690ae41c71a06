#!/usr/bin/env python3
"""Training and sampling together: two prompts, two pictures, and sampling draws the one that was asked for.
SPDX-License-Identifier: Apache-2.0
"""
import tempfile
import unittest
from pathlib import Path

import torch
from torch import nn

from shapes.sampling import encode_prompts, first_latents, sample
from shapes.schedule import TRAIN_STEPS, add_noise
from shapes.text_encoder import TextEncoderConfig
from shapes.tokenizer import Tokenizer
from shapes.train_diffusion import build_model, model_config
from shapes.trainer import Process, Trainer, TrainingOptions, step_generator
from shapes.unet import UNetConfig

PROMPTS = ["a red circle on white", "a blue circle on white"]
STEPS = 250


class Diffusion(unittest.TestCase):
    def test_draws_what_the_prompt_says(self):
        tokenizer = Tokenizer()
        torch.manual_seed(0)
        config = model_config(tokenizer.size, UNetConfig(widths=(16, 32, 32), context=32, time=32),
                              TextEncoderConfig(tokenizer.size, 32, 1))
        ids = encode_prompts(tokenizer, PROMPTS)
        # Two patterns of unit deviation that are far apart, and no better known to the noise.
        pictures = torch.sign(torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(7)))

        def loss(model: nn.Module, step: int, process: Process) -> dict[str, torch.Tensor]:
            random = step_generator(1, step)
            which = torch.arange(8) % 2
            timesteps = torch.randint(TRAIN_STEPS, (8,), generator=random)
            noised, target = add_noise(pictures[which], torch.randn(8, 4, 16, 16, generator=random), timesteps)
            return {"loss": (model(ids[which], noised, timesteps) - target).square().mean()}

        with tempfile.TemporaryDirectory() as folder:
            options = TrainingOptions(Path(folder), STEPS, 8, 5e-3, warmup=20, ema_decay=0.98)
            trainer = Trainer(options, build_model(config), config, Process(0, 1, torch.device("cpu")))
            trainer.run(loss)
        for steps, guidance in ((8, 1.0), (16, 2.0)):
            drawn = sample(trainer.average, tokenizer, PROMPTS, first_latents(3, 2), steps, guidance)
            same = [[torch.sign(one) == picture for picture in pictures] for one in drawn]
            agreement = torch.tensor([[float(each.float().mean()) for each in row] for row in same])
            print(f"{steps} steps, guidance {guidance}: agreement of signs {agreement.tolist()}")
            # Chance is a half.
            self.assertGreater(float(agreement.diagonal().min()), 0.8)
            self.assertLess(float(agreement.flip(1).diagonal().max()), 0.7)


if __name__ == "__main__":
    unittest.main()
