"""Batches: pictures drawn as they are needed, by step and process.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .draw import draw
from .scenes import SIZE, generator, scene
from .trainer import Process

CROP, CROP_SEED = 64, 0x43524F50


def indices(step: int, batch: int, process: Process) -> Iterator[int]:
    """This process's samples of a step: no sample is seen twice."""
    part = batch // process.count
    first = step * batch + process.rank * part
    return iter(range(first, first + part))


def to_tensor(pictures: list[np.ndarray]) -> Tensor:
    """uint8 [H, W, 3] each -> f32 [N, 3, H, W] in -1 to 1."""
    values = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return values.float().div(127.5).sub(1)


def to_pictures(values: Tensor) -> np.ndarray:
    """f32 [N, 3, H, W] in -1 to 1 -> uint8 [N, H, W, 3], rounded as the runtime rounds."""
    scaled = (values.detach().float().cpu() / 2 + 0.5).clamp(0, 1) * 255
    return scaled.round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def picture_batch(seed: int, step: int, batch: int, process: Process) -> Tensor:
    """Pictures for the autoencoder: three objects in three of four, since edges are what there is to learn."""
    pictures = [draw(scene(seed, index, count=3 if index % 4 else None)) for index in indices(step, batch, process)]
    return to_tensor(pictures).to(process.device)


def crop_batch(seed: int, step: int, batch: int, process: Process) -> Tensor:
    """Two quarters of each picture, around objects of it: nearly all that is to be seen, for half of the work. Cut at
    multiples of the autoencoder's downscaling, so that pixels keep their place in a latent's cell."""
    parts = []
    for index in indices(step, batch, process):
        drawn, random = scene(seed, index, count=3), generator(seed ^ CROP_SEED, index)
        picture = draw(drawn)
        for item in random.choice(3, size=2, replace=False):
            corner = np.array([drawn.items[item].y, drawn.items[item].x]) - CROP / 2 + random.uniform(-16, 16, size=2)
            top, left = (np.clip(np.rint(corner / 8), 0, (SIZE - CROP) // 8) * 8).astype(int)
            parts.append(picture[top:top + CROP, left:left + CROP])
    return to_tensor(parts).to(process.device)
