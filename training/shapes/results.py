"""Reads records.json: which models were measured, and what a line of theirs says. Nothing here fills in a figure.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Record = dict[str, Any]
# Where no line has been measured yet, tables still say over which scales it will be.
GUIDANCE = (1.0, 2.0, 4.0, 7.0, 10.0)


@dataclass(frozen=True)
class Row:
    """A model of the tables; `name` is that of its lines in agreement.jsonl."""

    label: str
    name: str
    optional: bool = False  # not named where it has not been measured


BASELINE = Row("baseline UNet, 50 steps", "diffusion-PyTorch-50")
DISTILLED = Row("8 steps distilled from 16, guidance-aware", "steps-PyTorch-8")
PROGRESSIVE = Row("8 steps distilled from 32 by way of 16, guidance-aware", "steps-progressive-PyTorch-8")
FINAL = Row("final: 8 steps guidance-aware, pruned decoder", "steps-distilled-decoder-PyTorch-8")
DRAWN_BY_SNAPC = Row("the final pipeline, drawn by snapc", "compiled-snapc-8")
ROWS = (
    BASELINE,
    Row("baseline UNet, 8 steps", "diffusion-PyTorch-8"),
    Row("evolved UNet, 50 steps", "evolved-PyTorch-50"),
    Row("evolved UNet, 8 steps", "evolved-PyTorch-8", optional=True),
    Row("baseline UNet with pruned decoder, 50 steps", "diffusion-distilled-decoder-PyTorch-50", optional=True),
    Row("evolved UNet with pruned decoder, 50 steps", "evolved-distilled-decoder-PyTorch-50"),
    Row("8 steps distilled from 16, unaware of guidance", "steps-unguided-PyTorch-8"),
    DISTILLED,
    PROGRESSIVE,
    FINAL,
    DRAWN_BY_SNAPC,
)


def read_records(path: Path) -> Record:
    """Empty where there are none yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def lines_of(records: Record, row: Row) -> dict[float, Record]:
    """A row's lines by guidance: those of its newest weights alone, in case that others are left of a cut evaluation."""
    lines = [line for line in records.get("agreement", []) if line["name"] == row.name]
    same = ("weights", "captions", "classifier", "true_pictures")
    return {line["guidance"]: line for line in sorted(lines, key=lambda line: line["guidance"])
            if all(line[key] == lines[-1][key] for key in same)}


def agrees(line: Record, kind: str = "all") -> float:
    return line[kind]["agrees"]


def best(records: Record, row: Row) -> Record | None:
    """The line of highest agreement; of equals the one of least guidance."""
    return max(lines_of(records, row).values(), key=agrees, default=None)


def scales(records: Record) -> list[float]:
    return sorted({scale for row in ROWS for scale in lines_of(records, row)}) or list(GUIDANCE)


def shown(records: Record) -> list[Row]:
    return [row for row in ROWS if lines_of(records, row) or not row.optional]


@dataclass(frozen=True)
class Difference:
    """Of two agreements, in percentage points, with the deviation that it would have by chance were the captions drawn
    anew and independently; ours are the same for both models, which makes it an upper bound."""

    points: float
    deviation: float

    def told_apart(self) -> bool:
        return abs(self.points) > self.deviation

    def __str__(self) -> str:
        return f"{self.points:+.1f} ± {self.deviation:.1f}"


def difference(one: Record, other: Record) -> Difference:
    def variance(line: Record) -> float:
        part = agrees(line) / 100
        return part * (1 - part) / line["captions"]

    return Difference(agrees(one) - agrees(other), 100 * math.sqrt(variance(one) + variance(other)))


def decoder_parameters(records: Record) -> tuple[int, int] | None:
    """Of the full and of the pruned decoder."""
    training = records.get("training", {})
    if "autoencoder" not in training or "decoder" not in training:
        return None
    return training["autoencoder"]["decoder_parameters"], training["decoder"]["parameters"]


def seconds(records: Record) -> tuple[dict[str, float], dict[str, float]] | None:
    """Of a picture by snapc, by stage: baseline at 50 guided steps with the full decoder, and the final pipeline at 8."""
    profiles = records.get("profiles", {})
    if "compiled-baseline" not in profiles or "compiled" not in profiles:
        return None

    def stages(name: str, steps: int) -> dict[str, float]:
        programs = profiles[name]["seconds"]
        return {"text encoder, twice": 2 * programs["encode_text"], "preparation": programs["prepare"],
                "UNet, guided steps": steps * programs["step"], "decoder": programs["decode"]}

    return stages("compiled-baseline", 50), stages("compiled", 8)
