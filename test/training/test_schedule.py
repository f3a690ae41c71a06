#!/usr/bin/env python3
"""The schedule equals the reference scheduler of the end-to-end tests, with which the runtime's is compared too.
SPDX-License-Identifier: Apache-2.0
"""
import sys
import unittest
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from ddim import Ddim  # noqa: E402

from shapes.schedule import ALPHAS, CONFIG, TRAIN_STEPS, add_noise, coefficients, moves, timesteps  # noqa: E402


class Schedule(unittest.TestCase):
    def test_alphas_and_steps(self):
        reference = Ddim(CONFIG)
        np.testing.assert_allclose(ALPHAS, reference.alphas, atol=1e-15)
        self.assertEqual(ALPHAS[-1], 0)
        for steps in (1, 3, 8, 16, 50):
            self.assertEqual(list(timesteps(steps)), list(reference.timesteps(steps)))

    def test_moves(self):
        reference, random = Ddim(CONFIG), np.random.default_rng(1)
        for steps in (1, 8, 50):
            for move in moves(steps):
                x, v = random.normal(size=(2, 5))
                np.testing.assert_allclose(move.x * x + move.v * v, reference.step(v, move.timestep, x, steps), atol=1e-12)

    def test_true_v_leads_back_to_the_picture(self):
        torch.manual_seed(1)
        latents, noise = torch.randn(3, 4, 2, 2), torch.randn(3, 4, 2, 2)
        for timestep in (0, 400, TRAIN_STEPS - 1):
            steps = torch.full((3,), timestep)
            noised, v = add_noise(latents, noise, steps)
            signal, sigma = coefficients(steps)
            torch.testing.assert_close(signal * noised - sigma * v, latents, atol=1e-5, rtol=0)
        torch.testing.assert_close(noised, noise, msg="the last step holds noise alone")


if __name__ == "__main__":
    unittest.main()
