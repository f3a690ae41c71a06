#!/usr/bin/env python3
"""Trainers: a cut run goes on as if it had not been cut, two processes do what one does, a loss that can fall falls.
SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import torch
from torch import nn

from shapes.trainer import Process, Trainer, TrainingOptions, learning_rate, load, own_part, step_generator

ALONE = Process(0, 1, torch.device("cpu"))


def line(options: TrainingOptions) -> Trainer:
    torch.manual_seed(0)
    return Trainer(options, nn.Linear(4, 4), {"kind": "line"}, ALONE)


def copying_loss(model: nn.Module, step: int, process: Process) -> dict[str, torch.Tensor]:
    x = own_part(torch.randn(8, 4, generator=step_generator(1, step)), process)
    return {"loss": (model(x) - 2 * x).square().mean()}


def options(folder: str, steps: int = 60) -> TrainingOptions:
    return TrainingOptions(Path(folder), steps, 8, 0.05, warmup=5, bfloat16=False)


def train_autoencoder(out: Path, steps: int, *launch: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, *launch, "-m", "shapes.train_autoencoder", "--small", "--out", str(out), "--batch", "2",
                             "--steps", str(steps)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Trainers(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def test_learns(self):
        trainer = line(options(self.folder, 400))
        self.assertTrue(trainer.run(copying_loss))
        torch.testing.assert_close(trainer.model.weight, 2 * torch.eye(4), atol=0.02, rtol=0)
        # The average follows the weights.
        torch.testing.assert_close(trainer.average.weight, 2 * torch.eye(4), atol=0.2, rtol=0)
        self.assertEqual(load(Path(self.folder) / "final.pt")["step"], 400)
        lines = [json.loads(text) for text in (Path(self.folder) / "log.jsonl").read_text().splitlines()]
        self.assertEqual([one["step"] for one in lines], list(range(20, 401, 20)))
        self.assertLess(lines[-1]["loss"], 0.01 * lines[0]["loss"])

    def test_a_cut_run_goes_on_as_if_uncut(self):
        with tempfile.TemporaryDirectory() as other:
            whole = line(options(other))
            whole.run(copying_loss)
        cut = line(options(self.folder))

        def cutting_loss(model: nn.Module, step: int, process: Process) -> dict[str, torch.Tensor]:
            if step == 23:
                os.kill(os.getpid(), signal.SIGTERM)
            return copying_loss(model, step, process)

        self.assertFalse(cut.run(cutting_loss))
        self.assertEqual(load(Path(self.folder) / "checkpoint.pt")["step"], 24)
        resumed = line(options(self.folder))
        self.assertEqual(resumed.step, 24)
        resumed.run(copying_loss)
        for name, value in whole.model.state_dict().items():
            self.assertTrue(torch.equal(value, resumed.model.state_dict()[name]), name)
            self.assertTrue(torch.equal(whole.average.state_dict()[name], resumed.average.state_dict()[name]), name)

    def test_a_checkpoint_of_another_model_is_refused(self):
        line(options(self.folder)).save()
        with self.assertRaisesRegex(SystemExit, "checkpoint.pt: made with .*line.* expected .*other"):
            Trainer(options(self.folder), nn.Linear(4, 4), {"kind": "other"}, ALONE)

    def test_learning_rate_rises_stays_and_falls(self):
        some = TrainingOptions(Path("."), 1000, 8, 1.0, warmup=100, decay_part=0.2)
        rates = [learning_rate(some, step) for step in range(1000)]
        self.assertEqual((rates[0], rates[49], rates[99], rates[799]), (0.01, 0.5, 1.0, 1.0))
        self.assertAlmostEqual(rates[900], 0.5, delta=0.01)
        self.assertLess(rates[999], 1e-4)

    def test_a_trainer_that_is_told_to_stop_saves_and_says_so(self):
        out = Path(self.folder)
        process = train_autoencoder(out, 100000)
        deadline = time.monotonic() + 600
        while not (out / "log.jsonl").exists() and time.monotonic() < deadline:
            self.assertIsNone(process.poll(), process.stdout)
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=600)
        self.assertEqual(process.returncode, 3)
        self.assertGreaterEqual(load(out / "checkpoint.pt")["step"], 20)
        self.assertFalse((out / "final.pt").exists())
        self.assertEqual([path.name for path in out.glob("*.part*")], [])

    def test_two_processes_do_what_one_does(self):
        one, two = Path(self.folder) / "one", Path(self.folder) / "two"
        for out, launch in ((one, ()), (two, ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29517"))):
            process = train_autoencoder(out, 3, *launch)
            output, _ = process.communicate(timeout=900)
            self.assertEqual(process.returncode, 0, output)
        expected, found = load(one / "final.pt")["model"], load(two / "final.pt")["model"]
        # Three steps of Adam: a wrong gradient would move weights by the learning rate's order, 1e-5.
        for name, value in expected.items():
            torch.testing.assert_close(found[name], value, atol=1e-5, rtol=0.05, msg=name)


if __name__ == "__main__":
    unittest.main()
