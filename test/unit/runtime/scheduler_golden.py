#!/usr/bin/env python3
"""Writes the header of schedules that SchedulerTest.cpp compares with, computed by test/e2e/ddim.py.

usage: scheduler_golden.py OUT.h
SPDX-License-Identifier: Apache-2.0
"""
import itertools
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))
from ddim import Ddim  # noqa: E402

SCHEDULES = ["linear", "scaled_linear", "squaredcos_cap_v2"]
SPACINGS = ["leading", "trailing", "linspace"]
PREDICTIONS = ["epsilon", "v_prediction", "sample"]


def cases():
    stable_diffusion = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
                            prediction_type="v_prediction", set_alpha_to_one=False, steps_offset=1)
    for steps in (1, 4, 8, 16, 50):
        yield steps, stable_diffusion
    yield 8, {}  # diffusers' defaults
    turns = itertools.cycle([1, 2, 3, 7, 8, 20, 25, 30, 99])
    for schedule, spacing, prediction in itertools.product(SCHEDULES, SPACINGS, PREDICTIONS):
        for flags in range(4):
            rescale = bool(flags & 1) and prediction == "v_prediction"  # the others divide by zero at the end
            yield next(turns), dict(beta_schedule=schedule, timestep_spacing=spacing, prediction_type=prediction,
                                    rescale_betas_zero_snr=rescale, set_alpha_to_one=bool(flags & 2),
                                    steps_offset=flags % 2, clip_sample=flags == 3, clip_sample_range=0.75)
    yield 5, dict(num_train_timesteps=10, trained_betas=[0.01 * (i + 1) for i in range(10)])
    yield 10, dict(num_train_timesteps=10, beta_schedule="squaredcos_cap_v2", timestep_spacing="trailing")


def main(out):
    rows = []
    for steps, config in cases():
        scheduler = Ddim(config)
        timesteps = scheduler.timesteps(steps)
        x = np.array([0.5, -1.25, 2.0])
        for timestep in timesteps:
            x = scheduler.step(0.7 * x / (1 + np.abs(x)), int(timestep), x, steps)
        text = ", ".join([
            str(config.get("num_train_timesteps", 1000)),
            repr(config.get("beta_start", 0.0001)), repr(config.get("beta_end", 0.02)),
            str(SCHEDULES.index(config.get("beta_schedule", "linear"))),
            "{%s}" % ", ".join(map(repr, config.get("trained_betas", []))),
            str(SPACINGS.index(config.get("timestep_spacing", "leading"))),
            str(PREDICTIONS.index(config.get("prediction_type", "epsilon"))),
            str(config.get("steps_offset", 0)),
            *(str(config.get(name, default)).lower() for name, default in
              (("set_alpha_to_one", True), ("rescale_betas_zero_snr", False), ("clip_sample", True))),
            repr(config.get("clip_sample_range", 1.0)),
            "{%s}" % ", ".join(str(int(t)) for t in timesteps),
            "{%s}" % ", ".join(repr(float(v)) for v in x)])
        rows.append("    {%s}," % text)
    Path(out).write_text("// Made by scheduler_golden.py.\nstatic const Golden kGolden[] = {\n" + "\n".join(rows) + "\n};\n")


if __name__ == "__main__":
    main(sys.argv[1])
