"""The model card of models/shapes, from records.json: python -m shapes.card --help.

What the card says of this model it reads from the run's record; the same record gives the same bytes.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from .captions import POSITION_PHRASES, RELATION_PHRASES
from .files import write_text
from .report import NOT_MEASURED, table
from .results import DRAWN_BY_SNAPC, FINAL, Record, best, read_records
from .scenes import BACKGROUNDS, COLOURS, SHAPES, SIZE

# Parts of a verdict, from what drawing most is about to what is said least.
PARTS = ("agrees", "count", "colours", "shapes", "sizes", "position", "relation", "background")


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}"


def what_it_is(records: Record) -> str:
    steps = records["training"].get("steps", {})
    count = f"{steps['parameters'] / 1e6:.2f} M parameters" if steps else f"parameters {NOT_MEASURED}"
    decoder = records["training"].get("decoder", {})
    drawn = f"{decoder['parameters'] / 1e6:.2f} M" if decoder else NOT_MEASURED
    taken = "" if "evolved" in records["training"] else " but for architecture evolution"
    return f"""A text-to-image diffusion model that draws coloured shapes on plain backgrounds, {SIZE}x{SIZE} pixels, in 8 steps. It was
made by SnapFusion's recipe (Li et al. 2023){taken}, at small scale, to show what that recipe does and what `snapc` compiles; it
is good for nothing else. Text encoder and UNet have {count}, the decoder {drawn}; the files are in the layout of diffusers'
ONNX pipelines, with weights in f16."""


def what_it_draws() -> str:
    return f"""One to three objects: {_listed(SHAPES)}; {_listed(COLOURS)}; small, large, or of a size between, which is not said; on a
{_listed(BACKGROUNDS).replace(" and ", " or ")} background. Of one object it understands a position ("{POSITION_PHRASES['top left'][0]}"), of two
a relation ("{RELATION_PHRASES['left of'][0]}", "{RELATION_PHRASES['above'][0]}").

    a large red circle to the left of a small blue star on a white background

It knows the words of such captions alone. Any other word is bytes that it was never trained on, and what it then draws means
nothing. It draws no more than three objects, none that overlap, no other sizes of picture, and no people, places or things."""


def how_good(records: Record) -> str:
    rows = []
    guidance = []
    for row in (FINAL, DRAWN_BY_SNAPC):
        line = best(records, row)
        if line:
            guidance.append(f"{row.label}: {line['guidance']:g}")
        for kind in ("all", "1 objects", "2 objects", "3 objects"):
            found = line.get(kind) if line else None
            name = "all captions" if kind == "all" else f"of {kind[0]} object{'s' * (kind[0] != '1')}"
            rows.append([f"{row.label}; {name}", str(found["captions"]) if found else NOT_MEASURED,
                         *(f"{found[part]:.1f}" if found else NOT_MEASURED for part in PARTS)])
    at = f"At the guidance that is best for each ({'; '.join(guidance)})." if guidance else ""
    ratio = records.get("psnr")
    pictures = (f"snapc's pictures against PyTorch's from the same first latents: least {ratio['least']:.1f} dB, median "
                f"{ratio['median']:.1f} dB (PSNR of {ratio['captions']} pictures)." if ratio else
                f"snapc's pictures against PyTorch's from the same first latents: {NOT_MEASURED}.")
    return "\n\n".join([text for text in (
        "Percentage of held-out captions of which each part holds, by an exact checker of the pictures; \"agrees\" is all of it. " + at,
        table(["%", "captions", *PARTS], rows), pictures) if text]).replace(". \n", ".\n")


def how_it_was_made(records: Record) -> str:
    rows = [[name, f"{made['options']['steps']:,}", f"{made['options']['batch']}", f"{made['options']['learning_rate']:g}",
             f"{made['options']['seed']}", "bf16" if made["options"]["bfloat16"] else "f32", f"{made['hours']:.2f}"]
            for name, made in records["training"].items()]
    hours = sum(made["hours"] for made in records["training"].values())
    seeds = "; ".join(f"{name} {seed}" for name, seed in records["seeds"].items())
    return f"""By one command, from nothing: all pictures and captions are drawn by a program, no data was collected.

    scripts/train.sh

{table(["stage", "steps", "batch", "learning rate", "seed", "precision", "hours"], rows or [[f"none: {NOT_MEASURED}", *["-"] * 6]])}

{hours:.1f} hours of training in all, beside other work, on {records['processor']}, with PyTorch {records['pytorch']}. Seeds of data:
{seeds}. The record of the run, from which this card is made, is `records.json`."""


def sizes(records: Record) -> str:
    files = records.get("files", {})
    rows = [[f"`{name}`", f"{size:,}"] for name, size in files.items()]
    return table(["file", "bytes"], [*rows, ["all", f"{sum(files.values()):,}" if files else NOT_MEASURED]])


def card(records: Record) -> str:
    if not records:
        raise SystemExit("no records: a card is of a model that has been made; run python -m shapes.records first")
    return f"""# shapes

{what_it_is(records)}

## What it draws, and what it does not

{what_it_draws()}

## How good it is

{how_good(records)}

What each step of the recipe costs and gains: [docs/guide/shapes.md](../../docs/guide/shapes.md).

## How it was made

{how_it_was_made(records)}

## Files

{sizes(records)}

## Licence

Apache-2.0, code and weights. The tokenizer's format is CLIP's; its vocabulary is the model's own.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="README.md of the model's folder")
    arguments = parser.parse_args()
    write_text(arguments.out, card(read_records(arguments.records)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
