"""Trains the text encoder to read captions, before the UNet learns to draw them: python -m shapes.train_text_encoder --help.

Linear heads ask each noun's row for the object's size, colour, shape and number in the caption, and the end token's
row (where CLIP too reads a whole prompt) for every object, position, relation and background. The heads are thrown
away; rows that hold what was said are what cross-attention then finds, instead of having to teach them through noise.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .captions import caption
from .command import begin, training_parser
from .data import indices
from .latents import SCENE_SEED
from .sampling import encode_prompts
from .scenes import BACKGROUNDS, COLOURS, POSITIONS, RELATIONS, SHAPES, SIZES, Scene, generator, scene
from .text_encoder import TextEncoder, TextEncoderConfig
from .tokenizer import END, Tokenizer
from .trainer import Process, Trainer, TrainingOptions

# Captions of the scenes that the UNet is trained on; reading is judged by held-out ones.
CAPTION_SEED, READ_SEED, READ_COUNT = 10, 11, 256
OBJECTS = 3
SIZE_NAMES, COLOUR_NAMES, SHAPE_NAMES = tuple(SIZES), tuple(COLOURS), SHAPES
POSITION_NAMES, BACKGROUND_NAMES = tuple(POSITIONS), tuple(BACKGROUNDS)
# Numbers of answers. Of a noun: size, colour, shape, which object it is. Of the whole: size, colour and shape of each
# object, position, relation, background, each of these with one answer more for "not there" or "not said".
NOUN = (len(SIZE_NAMES), len(COLOUR_NAMES), len(SHAPE_NAMES), OBJECTS)
WHOLE = (*(count + 1 for count in NOUN[:3]),) * OBJECTS + (len(POSITION_NAMES) + 1, len(RELATIONS) + 1, len(BACKGROUND_NAMES) + 1)


def object_answers(one: Scene) -> list[list[int]]:
    return [[SIZE_NAMES.index(item.size), COLOUR_NAMES.index(item.colour), SHAPE_NAMES.index(item.shape)] for item in one.items]


def whole_answers(one: Scene) -> list[int]:
    """One number per question of WHOLE."""
    absent = list(NOUN[:3])
    objects = object_answers(one) + [absent] * (OBJECTS - len(one.items))
    said = [(POSITION_NAMES, one.position), (RELATIONS, one.relation),
            (BACKGROUND_NAMES, one.background if one.background_said else None)]
    return [answer for item in objects for answer in item] + [
        len(names) if value is None else names.index(value) for names, value in said]


def noun_answers(one: Scene) -> list[list[int]]:
    """Per object in the order of the caption, one number per question of NOUN."""
    return [[*answers, which] for which, answers in enumerate(object_answers(one))]


class Reader(nn.Module):
    """The text encoder and the heads that ask it."""

    def __init__(self, config: TextEncoderConfig):
        super().__init__()
        self.text_encoder = TextEncoder(config)
        self.noun, self.whole = nn.Linear(config.width, sum(NOUN)), nn.Linear(config.width, sum(WHOLE))

    def forward(self, ids: Tensor, nouns: Tensor, end: int) -> tuple[Tensor, Tensor]:
        """ids [N, 24], nouns bool [N, 24] of M set -> answers to NOUN [M, .] and to WHOLE [N, .]."""
        rows = self.text_encoder(ids)
        first_end = (ids == end).int().argmax(dim=1)
        return self.noun(rows[nouns]), self.whole(rows[torch.arange(len(ids), device=ids.device), first_end])


def examples(scenes: list[Scene], prompts: list[str], tokenizer: Tokenizer,
             device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Ids, which of them are nouns, and the right answers to NOUN and WHOLE."""
    ids = encode_prompts(tokenizer, prompts, device)
    shapes = torch.tensor([int(tokenizer.encode(shape)[1]) for shape in SHAPES], device=device)
    nouns = torch.isin(ids, shapes)
    of_nouns = torch.tensor([answers for one in scenes for answers in noun_answers(one)], device=device)
    of_whole = torch.tensor([whole_answers(one) for one in scenes], device=device)
    if int(nouns.sum()) != len(of_nouns):
        raise ValueError(f"captions name {int(nouns.sum())} objects, their scenes have {len(of_nouns)}")
    return ids, nouns, of_nouns, of_whole


def questions_loss(given: Tensor, right: Tensor, counts: tuple[int, ...]) -> Tensor:
    """Mean cross-entropy over the questions."""
    parts = given.float().split(counts, dim=1)
    return torch.stack([F.cross_entropy(part, right[:, index]) for index, part in enumerate(parts)]).mean()


def all_right(given: Tensor, right: Tensor, counts: tuple[int, ...]) -> float:
    """The part of rows of which every question is answered right."""
    chosen = torch.stack([part.argmax(dim=1) for part in given.split(counts, dim=1)], dim=1)
    return float((chosen == right).all(dim=1).float().mean())


def losses(model: nn.Module, tokenizer: Tokenizer, options: TrainingOptions, step: int, process: Process) -> dict[str, Tensor]:
    chosen = list(indices(step, options.batch, process))
    scenes = [scene(SCENE_SEED, index) for index in chosen]
    prompts = [caption(one, generator(CAPTION_SEED, index)) for one, index in zip(scenes, chosen)]
    ids, nouns, of_nouns, of_whole = examples(scenes, prompts, tokenizer, process.device)
    noun, whole = model(ids, nouns, tokenizer.ids[END])
    parts = {"nouns": questions_loss(noun, of_nouns, NOUN), "whole": questions_loss(whole, of_whole, WHOLE)}
    return {"loss": parts["nouns"] + parts["whole"], **parts}


@torch.no_grad()
def read_held_out(model: nn.Module, tokenizer: Tokenizer, device: torch.device) -> tuple[float, float]:
    """The parts of nouns and of whole captions, held out, that are read without a mistake."""
    scenes = [scene(READ_SEED, index, held_out=True) for index in range(READ_COUNT)]
    prompts = [caption(one, generator(READ_SEED, index)) for index, one in enumerate(scenes)]
    ids, nouns, of_nouns, of_whole = examples(scenes, prompts, tokenizer, device)
    noun, whole = model(ids, nouns, tokenizer.ids[END])
    return all_right(noun, of_nouns, NOUN), all_right(whole, of_whole, WHOLE)


def look(average: nn.Module, step: int, tokenizer: Tokenizer, out: Path, device: torch.device) -> None:
    nouns, whole = read_held_out(average, tokenizer, device)
    with open(out / "read.txt", "a", encoding="utf-8") as file:
        file.write(f"step {step}  nouns {100 * nouns:.1f} %  captions {100 * whole:.1f} % read without a mistake\n")


def main() -> int:
    parser = training_parser(__doc__, steps=600, batch=128, learning_rate=1e-3, small="a quarter of the width")
    arguments, options, process = begin(parser)
    tokenizer = Tokenizer()
    config = TextEncoderConfig(tokenizer.size, 32, 1) if arguments.small else TextEncoderConfig(tokenizer.size)
    trainer = Trainer(options, Reader(config), asdict(config), process)
    done = trainer.run(lambda model, step, where: losses(model, tokenizer, options, step, where),
                       lambda average, step: look(average, step, tokenizer, options.out, process.device))
    return 0 if done else 3


if __name__ == "__main__":
    raise SystemExit(main())
