"""The command line that all trainers share.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch

from .trainer import Process, TrainingOptions


def training_parser(doc: str, steps: int, batch: int, learning_rate: float, small: str | None = None) -> argparse.ArgumentParser:
    """--out and the defaults of a trainer whose module says `doc`; `small` is what --small makes of its networks."""
    parser = argparse.ArgumentParser(description=doc.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="goes on where its checkpoint was made")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=batch, help="of all processes together")
    parser.add_argument("--learning-rate", type=float, default=learning_rate)
    if small:
        parser.add_argument("--small", action="store_true", help=f"{small}: to test the recipe")
    return parser


def begin(parser: argparse.ArgumentParser, **options: Any) -> tuple[argparse.Namespace, TrainingOptions, Process]:
    """Reads the command line and joins the other processes of the run; new weights are the same every time."""
    arguments = parser.parse_args()
    process = Process.join()
    if arguments.batch % process.count:
        parser.error(f"--batch {arguments.batch} does not divide among {process.count} processes")
    torch.manual_seed(0)
    return arguments, TrainingOptions(arguments.out, arguments.steps, arguments.batch, arguments.learning_rate, **options), process
