"""What every trainer shares: steps that can be cut anywhere and go on, weights' moving average, logs, several machines.

A step is a function of its number alone (data and noise are drawn from generators seeded with it), so a run that was
cut and resumed computes what an uncut run computes. Under torchrun each process takes its part of the batch.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import copy
import json
import math
import os
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable

import torch
from torch import Tensor, nn

from .files import whole_file


def has_bfloat16() -> bool:
    """Whether products in bf16 are faster than in f32: on a GPU, and on a processor with instructions for them."""
    return torch.cuda.is_available() or bool(torch.cpu.get_capabilities().get("avx512_bf16"))


@dataclass
class TrainingOptions:
    """How to train; what is trained has options of its own."""

    out: Path
    steps: int
    batch: int  # of all processes together
    learning_rate: float
    warmup: int = 200
    decay_part: float = 0.25  # the last part of the steps, in which the rate falls to zero
    weight_decay: float = 0.01
    ema_decay: float = 0.999
    clip: float = 1.0
    seed: int = 1
    save_seconds: float = 240
    log_every: int = 20
    look_every: int = 250  # in steps, not seconds: a look must stay cheap beside training when the machine is busy
    bfloat16: bool = field(default_factory=has_bfloat16)


@dataclass
class Process:
    """This process among those of a run."""

    rank: int
    count: int
    device: torch.device

    @staticmethod
    def join() -> Process:
        """Under torchrun joins the others; alone otherwise. Uses a GPU when there is one."""
        rank, count = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        gpu = torch.cuda.is_available()
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if gpu else torch.device("cpu")
        if gpu:
            torch.cuda.set_device(device)
        if count > 1:
            torch.distributed.init_process_group("nccl" if gpu else "gloo")
        return Process(rank, count, device)


def learning_rate(options: TrainingOptions, step: int) -> float:
    """Linear warm-up, constant, cosine to zero: a run can be made longer as long as its decay has not begun."""
    rate = options.learning_rate * min(1.0, (step + 1) / max(1, options.warmup))
    decay_steps = max(1, round(options.steps * options.decay_part))
    done = (step - (options.steps - decay_steps)) / decay_steps
    return rate * (0.5 + 0.5 * math.cos(math.pi * done)) if done > 0 else rate


def step_generator(seed: int, step: int) -> torch.Generator:
    """The random numbers of one step; the mixing keeps neighbouring steps apart."""
    return torch.Generator().manual_seed((seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9) % (1 << 63))


def own_part(values: Tensor, process: Process) -> Tensor:
    """This process's samples of random numbers that were drawn for the whole batch: so results do not depend on the number of
    processes, but for the order of sums."""
    return values.chunk(process.count)[process.rank].to(process.device)


def load(path: Path) -> dict[str, Any]:
    """A checkpoint: tensors, numbers and strings alone, no code."""
    return torch.load(path, map_location="cpu", weights_only=True)


class Trainer:
    """Runs `loss(model, step, process)` to the last step, from the newest checkpoint if there is one.

    The folder holds checkpoint.pt (all state), final.pt (the averaged weights, once done) and log.jsonl.
    """

    CHECKPOINT, FINAL, LOG = "checkpoint.pt", "final.pt", "log.jsonl"

    def __init__(self, options: TrainingOptions, model: nn.Module, config: dict[str, Any], process: Process):
        self.options, self.process, self.config = options, process, config
        options.out.mkdir(parents=True, exist_ok=True)
        self.model = model.to(process.device)
        if process.device.type == "cpu":
            self.model = self.model.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).requires_grad_(False).eval()
        self.optimizer = torch.optim.AdamW(self._groups(), lr=options.learning_rate, betas=(0.9, 0.99), fused=True)
        self.step, self.seconds, self.stopped = 0, 0.0, False
        self._resume()
        self.wrapped: nn.Module = self.model
        if process.count > 1:
            self.wrapped = nn.parallel.DistributedDataParallel(self.model, find_unused_parameters=True)

    def _groups(self) -> list[dict[str, Any]]:
        # Decay is for matrices and filters; it would only hurt norms and biases.
        matrices = [p for p in self.model.parameters() if p.requires_grad and p.ndim > 1]
        vectors = [p for p in self.model.parameters() if p.requires_grad and p.ndim <= 1]
        return [{"params": matrices, "weight_decay": self.options.weight_decay}, {"params": vectors, "weight_decay": 0.0}]

    def _resume(self) -> None:
        path = self.options.out / self.CHECKPOINT
        if not path.exists():
            return
        state = load(path)
        if state["config"] != self.config:
            raise SystemExit(f"{path}: made with {state['config']}, expected {self.config}; choose another --out")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]

    def save(self) -> None:
        if self.process.rank == 0:
            state = {"step": self.step, "seconds": self.seconds, "config": self.config, "model": self.model.state_dict(),
                     "average": self.average.state_dict(), "optimizer": self.optimizer.state_dict()}
            with whole_file(self.options.out / self.CHECKPOINT) as file:
                torch.save(state, file)

    def _log(self, line: dict[str, Any]) -> None:
        if self.process.rank == 0:
            with open(self.options.out / self.LOG, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            print("  ".join(f"{name} {value}" for name, value in line.items()), flush=True)

    @torch.no_grad()
    def _update_average(self) -> None:
        # Young averages follow quickly: the first weights are noise.
        decay = min(self.options.ema_decay, (1 + self.step) / (10 + self.step))
        for average, value in zip(self.average.parameters(), self.model.parameters()):
            average.lerp_(value, 1 - decay)

    def _train_step(self, loss: LossFunction) -> dict[str, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        self.model.train()
        # Blocks that are left out at random are the same in every process.
        torch.manual_seed(step_generator(self.options.seed, self.step).initial_seed())
        with torch.autocast(self.process.device.type, torch.bfloat16, enabled=self.options.bfloat16):
            losses = loss(self.wrapped, self.step, self.process)
        self.optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()
        losses["gradient"] = nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip)
        self.optimizer.step()
        self.step += 1
        self._update_average()
        return {name: value.detach().float() for name, value in losses.items()}

    def run(self, loss: LossFunction, look: Callable[[nn.Module, int], None] | None = None) -> bool:
        """Trains to the last step; False when a signal stopped it before, after saving. `look` gets the averaged model
        and the step: to show what it does."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        saved = logged = time.monotonic()
        begin = logged - self.seconds
        logged_step, sums = self.step, {}
        while self.step < self.options.steps and not self.stopped:
            for name, value in self._train_step(loss).items():
                sums[name] = sums.get(name, 0) + value
            now = time.monotonic()
            self.seconds = now - begin
            if self.step % self.options.log_every == 0 or self.step == self.options.steps:
                count = self.step - logged_step
                means = {name: float(f"{float(total) / count:.5g}") for name, total in sums.items()}
                rate = round(count * self.options.batch / (now - logged), 2)
                self._log({"step": self.step, **means, "samples/s": rate, "hours": round(self.seconds / 3600, 3)})
                logged, logged_step, sums = now, self.step, {}
            if now - saved > self.options.save_seconds:
                self.save()
                saved = time.monotonic()
            if look and self.process.rank == 0 and self.step % self.options.look_every == 0 and self.step < self.options.steps:
                look(self.average, self.step)
        self.save()
        if self.stopped:
            return False
        if self.process.rank == 0:
            if look:
                look(self.average, self.step)
            state = {"config": self.config, "step": self.step, "seconds": self.seconds,
                     "options": {**asdict(self.options), "out": str(self.options.out)}, "model": self.average.state_dict()}
            with whole_file(self.options.out / self.FINAL) as file:
                torch.save(state, file)
        return True

    def _stop(self, *_: Any) -> None:
        self.stopped = True


LossFunction = Callable[[nn.Module, int, Process], "dict[str, Tensor]"]
