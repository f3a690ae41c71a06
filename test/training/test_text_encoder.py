#!/usr/bin/env python3
"""Learning to read captions: questions have the scene's answers, and a small text encoder learns to answer them.
SPDX-License-Identifier: Apache-2.0
"""
import tempfile
import unittest
from pathlib import Path

import torch

from shapes.captions import caption
from shapes.scenes import SHAPES, generator, scene
from shapes.text_encoder import TextEncoderConfig
from shapes.tokenizer import Tokenizer
from shapes.train_diffusion import initial_model, model_config
from shapes.train_text_encoder import (NOUN, WHOLE, Reader, examples, losses, noun_answers, questions_loss, read_held_out,
                                       whole_answers)
from shapes.trainer import Process, Trainer, TrainingOptions
from shapes.unet import UNetConfig

PROCESS = Process(0, 1, torch.device("cpu"))
TOKENIZER = Tokenizer()
CONFIG = TextEncoderConfig(TOKENIZER.size, 32, 1)


class Answers(unittest.TestCase):
    def test_nouns_are_found_in_the_order_of_the_objects(self):
        scenes = [scene(3, index) for index in range(200)]
        prompts = [caption(one, generator(1, index)) for index, one in enumerate(scenes)]
        ids, nouns, of_nouns, _ = examples(scenes, prompts, TOKENIZER, "cpu")
        shape_of = {int(TOKENIZER.encode(shape)[1]): which for which, shape in enumerate(SHAPES)}
        self.assertEqual([shape_of[token] for token in ids[nouns].tolist()], of_nouns[:, 2].tolist())

    def test_every_answer_is_one_of_its_question(self):
        for index in range(200):
            one = scene(3, index)
            self.assertTrue(all(answer < count for answer, count in zip(whole_answers(one), WHOLE, strict=True)))
            for answers in noun_answers(one):
                self.assertTrue(all(answer < count for answer, count in zip(answers, NOUN, strict=True)))

    def test_what_is_not_said_has_the_last_answer(self):
        one = next(one for one in (scene(3, index, count=1) for index in range(100)) if not one.background_said and not one.position)
        answers = whole_answers(one)
        self.assertEqual([answers[question] for question in (3, 6, 9, 10, 11)], [WHOLE[question] - 1 for question in (3, 6, 9, 10, 11)])

    def test_right_answers_lose_nothing(self):
        right = torch.tensor([whole_answers(scene(3, index)) for index in range(5)])
        given = torch.cat([torch.nn.functional.one_hot(right[:, question], count) for question, count in enumerate(WHOLE)], dim=1)
        self.assertLess(float(questions_loss(100.0 * given, right, WHOLE)), 1e-6)


class Training(unittest.TestCase):
    def test_learns_to_read_and_is_taken_over_unchanged(self):
        with tempfile.TemporaryDirectory() as folder:
            options = TrainingOptions(Path(folder), 120, 64, 3e-3, warmup=10)
            torch.manual_seed(0)
            reader = Reader(CONFIG)
            before = read_held_out(reader, TOKENIZER, PROCESS.device)
            trainer = Trainer(options, reader, model_config(TOKENIZER.size, UNetConfig(), CONFIG)["text"], PROCESS)
            self.assertTrue(trainer.run(lambda model, step, where: losses(model, TOKENIZER, options, step, where)))
            nouns, _ = read_held_out(trainer.average, TOKENIZER, PROCESS.device)
            self.assertLess(before[0], 0.05)
            self.assertGreater(nouns, 0.6)

            config = model_config(TOKENIZER.size, UNetConfig(widths=(16, 32, 32), context=32, time=32), CONFIG)
            model = initial_model(None, Path(folder) / "final.pt", config)
            ids, _, _, _ = examples([scene(3, 0)], [caption(scene(3, 0), generator(1, 0))], TOKENIZER, "cpu")
            torch.testing.assert_close(model.text_encoder(ids), trainer.average.text_encoder(ids), rtol=0, atol=0)
            self.assertFalse(any(parameter.requires_grad for parameter in model.text_encoder.parameters()))
            self.assertTrue(all(parameter.requires_grad for parameter in model.unet.parameters()))
            with self.assertRaisesRegex(SystemExit, "a text encoder of .* expected"):
                initial_model(None, Path(folder) / "final.pt", model_config(TOKENIZER.size, UNetConfig()))


if __name__ == "__main__":
    unittest.main()
