"""A classifier of scenes, whose features a Fréchet distance compares: python -m shapes.classifier --out DIR.

Trained on the pictures that the program draws, to say how many objects there are, of which shapes and colours, on
which background. It is no judge of prompts (the checker is exact); its features are a second opinion on whether drawn
pictures are distributed as true ones. Goes on where DIR's checkpoint was made; accuracy.jsonl tells how well it reads
held-out scenes.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import Downsample, ResNet, group_norm, unit_gain
from .command import begin, training_parser
from .data import indices, to_tensor
from .draw import draw
from .scenes import BACKGROUNDS, COLOURS, SHAPES, Scene, scene
from .trainer import Process, Trainer, TrainingOptions, load, own_part, step_generator

# Few enough that the covariance of 500 pictures has full rank with room to spare.
FEATURES, SMALL_FEATURES = 64, 32
NUMBERS = (1, 2, 3)
# Columns of the labels and of the logits.
GROUPS = {"number": len(NUMBERS), "background": len(BACKGROUNDS), "shapes": len(SHAPES), "colours": len(COLOURS)}
# Of a scene's number and background exactly one holds; of shapes and colours, one or more.
EXCLUSIVE = ("number", "background")
TRAIN_SEED, TEST_SEED, TEST_COUNT = 20, 21, 256
# A decoder's colours are off by a little; features shall not hang on exact ones.
NOISE = 0.03
BATCH = 50


class Classifier(nn.Module):
    """Pictures f32 [N, 3, 128, 128] in -1 to 1 -> logits f32 [N, 21], by 8x8 maps averaged to features [N, d]."""

    def __init__(self, features: int = FEATURES):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, features // 4, 3, stride=2, padding=1), group_norm(features // 4), nn.SiLU(),
                                  nn.Conv2d(features // 4, features // 2, 3, stride=2, padding=1))
        self.layers = nn.Sequential(ResNet(features // 2, features // 2), Downsample(features // 2),
                                    ResNet(features // 2, features), Downsample(features), ResNet(features, features))
        self.head = nn.Linear(features, sum(GROUPS.values()))
        unit_gain(self)

    def features(self, pictures: Tensor) -> Tensor:
        # No norm here: it would divide away how much there is of what.
        return F.silu(self.layers(self.stem(pictures))).mean((2, 3))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.features(pictures))


def labels(one: Scene) -> np.ndarray:
    """What holds of a scene, f32 [21] of zeros and ones, in the order of GROUPS."""
    shapes, colours = {item.shape for item in one.items}, {item.colour for item in one.items}
    return np.array([*(len(one.items) == number for number in NUMBERS), *(one.background == name for name in BACKGROUNDS),
                     *(name in shapes for name in SHAPES), *(name in colours for name in COLOURS)], np.float32)


def split(columns: Tensor) -> dict[str, Tensor]:
    """Labels or logits [N, 21] by group."""
    return dict(zip(GROUPS, columns.split(list(GROUPS.values()), dim=1)))


def losses(model: nn.Module, options: TrainingOptions, step: int, process: Process) -> dict[str, Tensor]:
    scenes = [scene(TRAIN_SEED, index) for index in indices(step, options.batch, process)]
    pictures = to_tensor([draw(one) for one in scenes]).to(process.device)
    noise = torch.randn((options.batch, *pictures.shape[1:]), generator=step_generator(options.seed, step))
    pictures = (pictures + NOISE * own_part(noise, process)).contiguous(memory_format=torch.channels_last)
    expected = split(torch.from_numpy(np.stack([labels(one) for one in scenes])).to(process.device))
    logits = split(model(pictures).float())
    parts = {name: F.cross_entropy(logits[name], expected[name].argmax(1)) if name in EXCLUSIVE else
             F.binary_cross_entropy_with_logits(logits[name], expected[name]) for name in GROUPS}
    return {"loss": torch.stack(list(parts.values())).sum(), **parts}


def load_classifier(path: Path) -> Classifier:
    """The averaged weights of a finished run."""
    state = load(path)
    model = Classifier(state["config"]["features"])
    model.load_state_dict(state["model"])
    return model.requires_grad_(False).eval()


@torch.no_grad()
def picture_features(model: Classifier, pictures: np.ndarray) -> np.ndarray:
    """uint8 [N, 128, 128, 3] -> f64 [N, d]."""
    device = next(model.parameters()).device
    parts = [model.features(to_tensor(list(pictures[first:first + BATCH])).to(device)).double().cpu().numpy()
             for first in range(0, len(pictures), BATCH)]
    return np.concatenate(parts)


@torch.no_grad()
def accuracy(model: nn.Module, count: int = TEST_COUNT) -> dict[str, float]:
    """Percentage of held-out scenes of which all of a group is said rightly."""
    device = next(model.parameters()).device
    scenes = [scene(TEST_SEED, index, held_out=True) for index in range(count)]
    logits = split(torch.cat([model(to_tensor([draw(one) for one in scenes[first:first + BATCH]]).to(device)).cpu()
                              for first in range(0, count, BATCH)]))
    expected = split(torch.from_numpy(np.stack([labels(one) for one in scenes])))
    right = {name: logits[name].argmax(1) == expected[name].argmax(1) if name in EXCLUSIVE else
             ((logits[name] > 0) == (expected[name] > 0)).all(1) for name in GROUPS}
    return {name: round(100 * float(values.float().mean()), 1) for name, values in right.items()}


def look(average: nn.Module, step: int, out: Path) -> None:
    with open(out / "accuracy.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"step": step, "scenes": TEST_COUNT, **accuracy(average)}) + "\n")


def main() -> int:
    parser = training_parser(__doc__, steps=2000, batch=32, learning_rate=2e-3, small="half of the features")
    arguments, options, process = begin(parser, warmup=50, ema_decay=0.99)
    features = SMALL_FEATURES if arguments.small else FEATURES
    trainer = Trainer(options, Classifier(features), {"features": features}, process)
    done = trainer.run(lambda model, step, where: losses(model, options, step, where),
                       lambda average, step: look(average, step, options.out))
    return 0 if done else 3


if __name__ == "__main__":
    raise SystemExit(main())
