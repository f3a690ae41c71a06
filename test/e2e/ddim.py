"""diffusers' DDIMScheduler at eta 0, written from its documentation with numpy in double precision: what the runtime's
scheduler and whole pictures are compared with. Fields and defaults are those of scheduler_config.json.
SPDX-License-Identifier: Apache-2.0
"""
import math

import numpy as np


class Ddim:
    def __init__(self, config):
        self.config = config
        count = config.get("num_train_timesteps", 1000)
        start, end = config.get("beta_start", 0.0001), config.get("beta_end", 0.02)
        schedule = config.get("beta_schedule", "linear")
        if config.get("trained_betas"):
            betas = np.array(config["trained_betas"], np.float64)
        elif schedule == "linear":
            betas = np.linspace(start, end, count)
        elif schedule == "scaled_linear":
            betas = np.linspace(math.sqrt(start), math.sqrt(end), count) ** 2
        elif schedule == "squaredcos_cap_v2":
            left = np.cos((np.arange(count + 1) / count + 0.008) / 1.008 * np.pi / 2) ** 2
            betas = np.minimum(1 - left[1:] / left[:-1], 0.999)
        else:
            raise ValueError(schedule)
        self.train_steps = count
        self.alphas = np.cumprod(1 - betas)
        if config.get("rescale_betas_zero_snr", False):
            roots = np.sqrt(self.alphas)
            roots = (roots - roots[-1]) * (roots[0] / (roots[0] - roots[-1]))
            self.alphas = roots**2
        self.final_alpha = 1.0 if config.get("set_alpha_to_one", True) else self.alphas[0]

    def timesteps(self, steps):
        """From noise to image."""
        spacing = self.config.get("timestep_spacing", "leading")
        if spacing == "leading":
            return (np.arange(steps) * (self.train_steps // steps))[::-1] + self.config.get("steps_offset", 0)
        if spacing == "linspace":
            return np.linspace(0, self.train_steps - 1, steps).round()[::-1].astype(np.int64)
        if spacing == "trailing":
            return np.round(np.arange(self.train_steps, 0, -self.train_steps / steps)).astype(np.int64) - 1
        raise ValueError(spacing)

    def step(self, output, timestep, sample, steps):
        """The sample before `sample`, given the model's output at this timestep."""
        previous = timestep - self.train_steps // steps
        alpha = self.alphas[timestep]
        alpha_previous = self.alphas[previous] if previous >= 0 else self.final_alpha
        signal, noise = math.sqrt(alpha), math.sqrt(1 - alpha)
        kind = self.config.get("prediction_type", "epsilon")
        if kind == "epsilon":
            image, direction = (sample - noise * output) / signal, output
        elif kind == "sample":
            image, direction = output, (sample - signal * output) / noise
        elif kind == "v_prediction":
            image, direction = signal * sample - noise * output, signal * output + noise * sample
        else:
            raise ValueError(kind)
        if self.config.get("clip_sample", True):
            limit = self.config.get("clip_sample_range", 1.0)
            image = np.clip(image, -limit, limit)
        return math.sqrt(alpha_previous) * image + math.sqrt(1 - alpha_previous) * direction
