#!/usr/bin/env python3
"""The search of the UNet's layout: designs and their weights, robust training's coin, decisions, and going on after a cut.
SPDX-License-Identifier: Apache-2.0
"""
import json
import tempfile
import unittest
from pathlib import Path

import torch

from shapes.evolve import Budget, Measured, Search
from shapes.evolve_table import table
from shapes.files import read_lines
from shapes.layout import COPY, REMOVE, RESTORE, Action, Design, transfer
from shapes.sampling import TextToLatents
from shapes.score import Score
from shapes.text_encoder import TextEncoderConfig
from shapes.train_diffusion import execute_blocks
from shapes.unet import UNetConfig

TINY = UNetConfig(widths=(16, 32, 32), down=("r", "ra", "ra"), mid="raa r", up=("ra r", "ra ra", "r r"), context=32, time=32)


def robust_model() -> TextToLatents:
    """Random weights, none of the branches zero."""
    torch.manual_seed(0)
    model = TextToLatents(TextEncoderConfig(50, 32, 1), TINY)
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.2)
    return model.requires_grad_(False).eval()


@torch.no_grad()
def output(model: TextToLatents) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    ids = torch.randint(50, (2, 24), generator=random)
    return model(ids, torch.randn(2, 4, 16, 16, generator=random), torch.tensor([100, 900]))


class Designs(unittest.TestCase):
    def test_all_of_it_is_the_config(self):
        for config in (UNetConfig(), TINY):
            design = Design.of(config)
            self.assertEqual(design.config(), config)
            self.assertEqual(len(design.removals()), len(design.blocks()))
        self.assertEqual(len(Design.of(UNetConfig()).blocks()), 18)

    def test_actions_edit_the_layout(self):
        design = Design.of(TINY).after(Action(REMOVE, "up.0.0.resnet")).after(Action(REMOVE, "mid.0.transformers.0"))
        self.assertEqual((design.config().up[0], design.config().mid), ("-a r", "ra r"))
        self.assertIn(Action(RESTORE, "mid.0.transformers.0"), design.additions())
        self.assertNotIn(Action(REMOVE, "up.0.0.resnet"), design.removals())
        copied = design.after(Action(COPY, "down.1.0.transformers.0"))
        self.assertNotIn(Action(COPY, "down.1.0.transformers.0"), copied.additions())
        self.assertEqual(copied.config().down, ("r", "raa", "ra"))
        self.assertEqual(copied.after(Action(REMOVE, "down.1.0.transformers.0")).config().down, ("r", "r", "ra"))
        back = design.after(Action(RESTORE, "up.0.0.resnet")).after(Action(RESTORE, "mid.0.transformers.0"))
        self.assertEqual(back, Design.of(TINY))
        # Which of two transformers is gone does not show in the layout.
        other = Design.of(TINY).after(Action(REMOVE, "up.0.0.resnet")).after(Action(REMOVE, "mid.0.transformers.1"))
        self.assertEqual(other.config(), design.config())
        self.assertNotEqual(other.key(), design.key())

    def test_actions_that_change_nothing_are_refused(self):
        design = Design.of(TINY)
        for action in (Action(REMOVE, "down.0.0.transformers.0"), Action(RESTORE, "mid.1.resnet"),
                       Action(COPY, "up.2.0.transformers.0"), Action(REMOVE, "up.7.0.resnet")):
            with self.assertRaisesRegex(ValueError, f"cannot {action}: this UNet is down.0.0:r "):
                design.after(action)


class Weights(unittest.TestCase):
    def test_a_removed_block_is_a_skipped_one(self):
        robust, whole = robust_model(), Design.of(TINY)
        everything = output(robust)
        torch.testing.assert_close(output(transfer(robust, whole)), everything)
        for block in whole.blocks():
            model = transfer(robust, whole.after(Action(REMOVE, block)))
            robust.unet.get_submodule(block).executed = lambda: False
            expected = output(robust)
            del robust.unet.get_submodule(block).executed
            torch.testing.assert_close(output(model), expected, msg=block)
            self.assertGreater(float((expected - everything).abs().max()), 1e-3, block)

    def test_a_copy_changes_nothing_before_it_is_trained(self):
        robust = robust_model()
        for block in ("up.0.0.transformers.0", "mid.0.transformers.0"):
            model = transfer(robust, Design.of(TINY).after(Action(COPY, block)))
            torch.testing.assert_close(output(model), output(robust))
            added = model.unet.get_submodule(block.rpartition(".")[0])[1].requires_grad_(True)
            model(torch.ones(1, 24, dtype=torch.long), torch.ones(1, 4, 16, 16), torch.tensor([500])).square().sum().backward()
            self.assertGreater(float(added.proj_out.weight.grad.abs().max()), 0)
            torch.testing.assert_close(added.attn1.q.weight, robust.unet.get_submodule(block).attn1.q.weight)

    def test_robust_training_leaves_out_blocks(self):
        robust, whole = robust_model(), Design.of(TINY)
        bare = whole
        for action in whole.removals():
            bare = bare.after(action)
        execute_blocks(robust, 1e-9)
        self.assertFalse(torch.equal(output(robust), output(transfer(robust, bare))), "all are executed out of training")
        robust.train()
        torch.testing.assert_close(output(robust), output(transfer(robust, bare)))
        execute_blocks(robust, 0.8)
        torch.manual_seed(2)
        executed = [robust.unet.get_submodule(block).executed() for block in whole.blocks() for _ in range(200)]
        # 3,600 coins: five deviations are 0.033.
        self.assertAlmostEqual(sum(executed) / len(executed), 0.8, delta=0.035)
        with self.assertRaisesRegex(ValueError, "probability 0; expected above 0 and at most 1"):
            execute_blocks(robust, 0)


class Cut(Exception):
    pass


class Decisions(unittest.TestCase):
    """On scores that are sums over the blocks that are there."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder, self.scored = Path(holder.name), 0
        blocks = Design.of(TINY).blocks()
        # Worth 1 to 18 in loss, in an order that is not theirs; 1 ms each.
        self.worth = {block: 1 + 5 * index % 18 for index, block in enumerate(blocks)}
        self.times = {"blocks": dict.fromkeys(blocks, 1.0), "rest": 2.0, "step": 20.0, "cpu": "test", "repeat": 1, "of": {"threads": 1}}

    def score(self, design: Design) -> Score:
        self.scored += 1
        return Score("1010", 1 - sum(self.worth[block] for block in set(design.blocks())) / 1000)

    def search(self, budget: Budget, score=None) -> tuple[Search, Design]:
        measured = Measured(self.folder / "measured.jsonl", {"weights": "some"}, score or self.score)
        search = Search(Design.of(TINY), self.times, budget, measured, self.folder / "log.jsonl")
        return search, search.run()

    def test_the_least_valuable_go_until_the_budget_is_met(self):
        search, design = self.search(Budget(0.75, 0.75))
        least = sorted(self.worth, key=self.worth.get)[:5]
        taken = [line["action"] for line in search.log if line["verdict"] == "taken"]
        self.assertEqual(taken, [f"remove {block}" for block in least])
        self.assertEqual(search.milliseconds(design), 15.0)
        self.assertEqual(sorted(set(self.worth) - set(design.blocks())), sorted(least))
        log = read_lines(self.folder / "log.jsonl")
        self.assertEqual(log, search.log)
        self.assertEqual([sum(line["round"] == number for line in log) for number in range(1, 7)], [18, 17, 16, 15, 14, 0])
        self.assertEqual([line["ms"] for line in log if line["verdict"] == "taken"], [[20 - n, 19 - n] for n in range(5)])
        self.assertAlmostEqual(log[0]["loss"][1] - log[0]["loss"][0], 1e-3)

    def test_latency_counts(self):
        # The most valuable is so slow that it is worth least per ms.
        most = max(self.worth, key=self.worth.get)
        self.times["blocks"][most] = 40.0
        self.assertEqual(self.search(Budget(0.33, 0.33))[0].log[-1]["round"], 1)
        taken = [line["action"] for line in read_lines(self.folder / "log.jsonl") if line["verdict"] == "taken"]
        self.assertEqual(taken, [f"remove {most}"])

    def test_agreement_goes_before_loss(self):
        precious = min(self.worth, key=self.worth.get)

        def score(design: Design) -> Score:
            return Score("1" * 40 if precious in design.blocks() else "1" * 30 + "0" * 10, self.score(design).loss)

        taken = [line["action"] for line in self.search(Budget(0.9, 0.9), score)[0].log if line["verdict"] == "taken"]
        self.assertEqual(taken, [f"remove {block}" for block in sorted(self.worth, key=self.worth.get)[1:3]])

    def test_blocks_are_added_as_the_budget_permits(self):
        # At half of its worth too, the copy of a transformer is worth more than any removed block.
        best = "up.1.0.transformers.0"
        self.worth[best] = 100
        search, design = self.search(Budget(0.8, 0.75))
        self.assertEqual(search.log[-1]["round"], 6)
        taken = [line for line in search.log if line["verdict"] == "taken"]
        self.assertEqual(taken[-1]["action"], f"copy {best}")
        self.assertAlmostEqual(taken[-1]["value"][1], 0.05)
        self.assertEqual(design.config().up[1].split()[0], "raa")
        self.assertEqual(search.milliseconds(design), 16.0)
        self.assertTrue(any(line["action"].startswith("restore ") for line in search.log))
        text = table(search.log, Design.of(TINY), design, self.times, {"step": 15.5}, 4)
        self.assertIn(f"| 6 | copy {best} |", text)
        self.assertIn("| up.1 | `ra ra` | `raa r` |", text)
        self.assertIn("20.000 ms before; after, 16.000 ms as the sum of what is left (80.0%), 15.500 ms measured (77.5%)", text)

    def test_a_cut_search_goes_on(self):
        search, uncut = self.search(Budget(0.8, 0.7))
        log, scored = (self.folder / "log.jsonl").read_bytes(), self.scored
        for name in ("log.jsonl", "measured.jsonl"):
            (self.folder / name).unlink()
        self.scored = 0

        def cut(design: Design) -> Score:
            if self.scored == 40:
                raise Cut
            return self.score(design)

        with self.assertRaises(Cut):
            self.search(Budget(0.8, 0.7), cut)
        self.assertEqual(self.scored, 40)
        resumed = self.search(Budget(0.8, 0.7))[1]
        self.assertEqual((resumed, (self.folder / "log.jsonl").read_bytes(), self.scored), (uncut, log, scored))
        self.search(Budget(0.8, 0.7))
        self.assertEqual(self.scored, scored, "a search that is done measures nothing")

    def test_a_search_of_other_weights_is_refused(self):
        Measured(self.folder / "measured.jsonl", {"weights": "some"}, self.score)(Design.of(TINY))
        with self.assertRaisesRegex(SystemExit, "made with {'weights': 'some'}, expected {'weights': 'other'}; choose another"):
            Measured(self.folder / "measured.jsonl", {"weights": "other"}, self.score)

    def test_a_budget_that_no_layout_meets(self):
        self.times["rest"] = 1000.0
        with self.assertRaisesRegex(SystemExit, "nothing is left to remove at 1000.000 ms of a step; expected 0.7 of 1018"):
            self.search(Budget(0.8, 0.7))


class Scores(unittest.TestCase):
    def test_points_within_chance_are_none(self):
        # Four changed, two net: as likely as not. Four changed and four net: more than the root of four.
        self.assertEqual(Score("1110" + "0" * 6, 0).points_over(Score("0001" + "0" * 6, 0)), 0)
        self.assertEqual(Score("1111" + "0" * 6, 0).points_over(Score("0" * 10, 0)), 40)
        self.assertEqual(Score("0" * 10, 0).points_over(Score("1111" + "0" * 6, 0)), -40)
        self.assertEqual(Score("1" + "0" * 9, 0).points_over(Score("0" * 10, 0)), 0)


if __name__ == "__main__":
    unittest.main()
