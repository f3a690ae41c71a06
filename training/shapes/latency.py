"""How long each block of a UNet takes, by snapc on this machine: python -m shapes.latency --help.

The UNet is compiled and timed as it will run, in `snapc profile`'s table of calls, each of which has the name of its
block. Weights are random, none zero: times do not depend on their values, but zeros would be compiled away, and the
branches of an untrained UNet end in zeros.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .autoencoder import Decoder
from .export import export
from .files import write_text
from .layout import stages
from .sampling import TextToLatents
from .snapc import SNAPC, run
from .text_encoder import TextEncoderConfig
from .tokenizer import Tokenizer
from .train_diffusion import load_diffusion
from .unet import ResNet, UNet, UNetConfig

STEPS = 8
# Nothing of the decoder is timed: the smallest there is.
DECODER_WIDTHS = (16, 16, 16, 16)


def random_model(config: UNetConfig) -> TextToLatents:
    """With the given UNet; a text encoder of one layer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = TextToLatents(TextEncoderConfig(Tokenizer().size, config.context, 1), config)
        for parameter in model.parameters():
            if parameter.ndim > 1 and not parameter.any():
                nn.init.normal_(parameter, std=0.02)
    return model.requires_grad_(False).eval()


def profile(config: UNetConfig, snapc: Path, threads: int, repeat: int) -> dict[str, Any]:
    """`snapc profile --json` of a pipeline with this UNet, of its guided step alone."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline, compiled = Path(folder) / "pipeline", Path(folder) / "compiled"
        export(random_model(config), Decoder(DECODER_WIDTHS).requires_grad_(False).eval(), 1.0, pipeline)
        run(snapc, "compile", pipeline, "-o", compiled, "--name", "unet", "--steps", STEPS, "--quiet")
        return json.loads(run(snapc, "profile", compiled, "--program", "step", "--threads", threads, "--repeat", repeat,
                              "--json", "--quiet"))


def belongs(call: str, place: str, block: str) -> bool:
    """Whether a call named so is of the block. Where a layer is nothing but its ResNet, snapc names it by the layer."""
    return call == block or call.startswith(f"{block}.") or (call == place and block.endswith(".resnet"))


def shortcut_call(block: str, calls: list[dict[str, Any]]) -> dict[str, Any]:
    """The call of a ResNet that has a ninth of another's multiplications: 1x1, with the inputs and outputs of the first 3x3."""
    found = [call for call in calls if call["macs"] and any(9 * call["macs"] == other["macs"] for other in calls)]
    if len(found) != 1:
        raise ValueError(f"block '{block}': expected one call with a ninth of another's multiplications, its shortcut, "
                         f"found {len(found)} among {[call['macs'] for call in calls]}")
    return found[0]


def attribute(calls: list[dict[str, Any]], config: UNetConfig) -> dict[str, float]:
    """Milliseconds of the branch of every ResNet and transformer. The 1x1 convolution of a ResNet's shortcut is not the
    branch's: it stays when the ResNet goes."""
    result = {}
    unet = UNet(config)
    for place in (f"{place}.{index}" for place, stage in stages(config) for index in range(len(stage.split()))):
        layer = unet.get_submodule(place)
        blocks = [f"{place}.transformers.{index}" for index in range(len(layer.transformers))]
        blocks += [f"{place}.resnet"] if isinstance(layer.resnet, ResNet) else []
        for block in blocks:
            own = [call for call in calls if belongs(call["block"], place, block)]
            if not own:
                raise ValueError(f"the profile has no call of block '{block}'; it has those of "
                                 + ", ".join(sorted({call["block"] for call in calls if call["block"]})))
            if block.endswith(".resnet") and isinstance(layer.resnet.shortcut, nn.Conv2d):
                own.remove(shortcut_call(block, own))
            result[block] = 1e3 * sum(call["seconds"] for call in own)
    return result


def latencies(config: UNetConfig, path: Path, snapc: Path = SNAPC, threads: int = 1, repeat: int = 25) -> dict[str, Any]:
    """A table, kept in `path` and read from there the next time: `step`, `rest` (what no block is) and `blocks` in
    milliseconds per guided step, and how they were measured."""
    of = json.loads(json.dumps({"unet": asdict(config), "threads": threads}))
    if path.exists():
        table = json.loads(path.read_text())
        if table["of"] != of:
            raise SystemExit(f"{path}: measured of {table['of']}, expected {of}; delete it to measure again")
        return table
    report = profile(config, snapc, threads, repeat)
    step = next(program for program in report["programs"] if program["name"] == "step")
    blocks = attribute(step["calls"], config)
    total = 1e3 * sum(call["seconds"] for call in step["calls"])
    table = {"of": of, "compiler": report["compiler"], "cpu": report["cpu"], "repeat": repeat, "step": total,
             "rest": total - sum(blocks.values()), "blocks": blocks}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(table, indent=1) + "\n")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--diffusion", type=Path, help="whose UNet; default: the baseline's")
    parser.add_argument("--out", type=Path, required=True, help="the table, a JSON file")
    parser.add_argument("--snapc", type=Path, default=SNAPC)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=25, help="timed runs, of which the median counts")
    arguments = parser.parse_args()
    config = load_diffusion(arguments.diffusion).unet.config if arguments.diffusion else UNetConfig()
    table = latencies(config, arguments.out, arguments.snapc, arguments.threads, arguments.repeat)
    for block, milliseconds in table["blocks"].items():
        print(f"{milliseconds:8.3f} ms  {block}")
    print(f"{table['rest']:8.3f} ms  what no block is\n{table['step']:8.3f} ms  a guided step")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
