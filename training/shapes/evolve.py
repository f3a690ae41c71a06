"""Searches the UNet's layout: python -m shapes.evolve --help.

SnapFusion, "Efficient UNet": every block has a value, the change of prompt agreement per change of latency, measured
on a network that was trained to do without any block. As long as the UNet is too slow the block of least value goes;
then blocks are added as the budget permits, those of most value first. Where agreement does not tell two values apart
the denoising loss does.

DIR gets latency.json and latency-evolved.json (milliseconds by block, before and after), measured.jsonl (a line per
layout that was scored, from which a cut search goes on), log.jsonl (a line per action that was weighed), table.md and
start.pt, the weights from which `shapes.train_diffusion --start` goes on.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable

import torch

from .evolve_table import table
from .files import digest, read_lines, whole_file, write_lines, write_text
from .latency import latencies
from .layout import COPY, REMOVE, RESTORE, Action, Design, transfer
from .score import Score, Scorer, ScoreOptions
from .snapc import SNAPC
from .train_diffusion import load_diffusion, model_config

Value = tuple[float, float]  # points of agreement, and of loss, per millisecond: compared in this order


@dataclass(frozen=True)
class Budget:
    """As parts of the latency of the UNet before: blocks go until it is no longer than `least`, and are added up to `most`."""

    most: float = 0.8
    least: float = 0.7


class Measured:
    """Scores by design, kept in a file. What is there is not measured again."""

    def __init__(self, path: Path, settings: dict[str, Any], score: Callable[[Design], Score]):
        self.path, self.score = path, score
        self.lines = read_lines(path) or [{"settings": settings}]
        if self.lines[0]["settings"] != settings:
            raise SystemExit(f"{path}: made with {self.lines[0]['settings']}, expected {settings}; choose another --out")
        self.known = {line["design"]: Score(line["held"], line["loss"]) for line in self.lines[1:]}

    def __call__(self, design: Design) -> Score:
        key = design.key()
        if key not in self.known:
            self.known[key] = score = self.score(design)
            self.lines.append({"design": key, **asdict(score)})
            write_lines(self.path, self.lines)
            print(f"agreement {score.agreement:.1f}  loss {score.loss:.5f}  {key}", flush=True)
        return self.known[key]


class Search:
    """From all blocks to those of the budget; `times` is a table of latencies()."""

    def __init__(self, design: Design, times: dict[str, Any], budget: Budget, measured: Callable[[Design], Score], log: Path):
        self.design, self.times, self.budget, self.measured, self.log_path = design, times, budget, measured, log
        self.log: list[dict[str, Any]] = []
        self.whole = self.milliseconds(design)

    def milliseconds(self, design: Design) -> float:
        return design.milliseconds(self.times["blocks"], self.times["rest"])

    def run(self) -> Design:
        while self.milliseconds(self.design) > self.budget.least * self.whole:
            weighed = [self.weigh(action) for action in self.design.removals()]
            if not weighed:
                raise SystemExit(f"nothing is left to remove at {self.milliseconds(self.design):.3f} ms of a step; expected "
                                 f"{self.budget.least:g} of {self.whole:.3f} ms")
            self.decide(weighed, min(weighed, key=lambda one: one[1]))
        while weighed := [self.weigh(action) for action in self.design.additions() if self.permits(action)]:
            best = max(weighed, key=lambda one: one[1])
            self.decide(weighed, best if best[1] > (0.0, 0.0) else None)
            if best[1] <= (0.0, 0.0):
                break
        return self.design

    def permits(self, action: Action) -> bool:
        return self.milliseconds(self.design.after(action)) <= self.budget.most * self.whole

    def weigh(self, action: Action) -> tuple[Action, Value, dict[str, Any]]:
        """What the block is worth, and the line of the log that says why."""
        after = self.design.after(action)
        # A copy does nothing before it is trained. Its worth is taken from its original, which SnapFusion too finds by
        # leaving that out, and halved: two share the original's work.
        compared = self.design.after(Action(REMOVE, action.block)) if action.kind == COPY else after
        here, there = self.measured(self.design), self.measured(compared)
        fuller, emptier = (there, here) if action.kind == RESTORE else (here, there)
        duration = abs(self.milliseconds(self.design) - self.milliseconds(after))
        share = 0.5 if action.kind == COPY else 1.0
        value = (share * fuller.points_over(emptier) / duration, share * (emptier.loss - fuller.loss) / duration)
        line = {"action": str(action), "compared": compared.key(), "agreement": [here.agreement, there.agreement],
                "changed": sum(one != other for one, other in zip(here.held, there.held)), "loss": [here.loss, there.loss],
                "ms": [self.milliseconds(self.design), self.milliseconds(after)], "value": list(value)}
        return action, value, line

    def decide(self, weighed: list[tuple[Action, Value, dict[str, Any]]],
               chosen: tuple[Action, Value, dict[str, Any]] | None) -> None:
        number = self.log[-1]["round"] + 1 if self.log else 1
        for one in weighed:
            self.log.append({"round": number, **one[2], "verdict": "taken" if one is chosen else "left"})
        write_lines(self.log_path, self.log)
        if chosen:
            self.design = self.design.after(chosen[0])
            print(f"round {number}: {chosen[0]}, {self.milliseconds(self.design) / self.whole:.1%} of the latency", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--robust", type=Path, required=True, help="weights of train_diffusion --keep")
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--latents", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--budget", type=float, default=Budget.most, help="latency to end with, a part of that before")
    parser.add_argument("--least", type=float, default=Budget.least, help="part to which blocks go before any is added")
    parser.add_argument("--captions", type=int, default=ScoreOptions.captions)
    parser.add_argument("--steps", type=int, default=ScoreOptions.steps)
    parser.add_argument("--guidance", type=float, default=ScoreOptions.guidance)
    parser.add_argument("--loss-batches", type=int, default=ScoreOptions.loss_batches)
    parser.add_argument("--batch", type=int, default=ScoreOptions.batch)
    parser.add_argument("--snapc", type=Path, default=SNAPC)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=25, help="timed runs of a step, of which the median counts")
    arguments = parser.parse_args()
    if not 0 < arguments.least <= arguments.budget <= 1:
        parser.error(f"--least {arguments.least:g} --budget {arguments.budget:g}: expected 0 < least <= budget <= 1")
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    robust = load_diffusion(arguments.robust)
    whole = Design.of(robust.unet.config)
    options = ScoreOptions(arguments.captions, arguments.steps, arguments.guidance, arguments.loss_batches, arguments.batch)
    settings = {"weights": digest([arguments.robust]), **asdict(options)}
    scorer = Scorer(arguments.autoencoder, arguments.latents, options)
    measured = Measured(out / "measured.jsonl", settings, lambda design: scorer(transfer(robust, design)))
    times = latencies(whole.whole, out / "latency.json", arguments.snapc, arguments.threads, arguments.repeat)
    search = Search(whole, times, Budget(arguments.budget, arguments.least), measured, out / "log.jsonl")
    design = search.run()
    timed = latencies(design.config(), out / "latency-evolved.json", arguments.snapc, arguments.threads, arguments.repeat)
    write_text(out / "table.md", table(search.log, whole, design, times, timed, options.captions))
    model = transfer(robust, design)
    config = model_config(scorer.tokenizer.size, model.unet.config, model.text_encoder.config)
    with whole_file(out / "start.pt") as file:
        torch.save({"config": config, "design": design.key(), "model": model.state_dict()}, file)
    print((out / "table.md").read_text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
