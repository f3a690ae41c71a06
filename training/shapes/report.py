"""Tables of the guide, and its plot, from records.json: python -m shapes.report --help.

docs/guide/shapes.md is written by hand but for what stands between `<!-- table: NAME -->` and `<!-- end -->`. What has
not been measured is said to be so. The same records give the same bytes, so --check can tell whether a page is stale.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import re
from pathlib import Path

from .files import write_text
from .plot import Panel, chart
from .results import (BASELINE, DISTILLED, DRAWN_BY_SNAPC, PROGRESSIVE, Record, Row, agrees, best, decoder_parameters,
                      difference, lines_of, read_records, scales, seconds, shown)

PAGE, PLOT = Path("guide/shapes.md"), Path("images/shapes-agreement.svg")
NOT_MEASURED = "not measured"
# Of the final pipeline's pictures by snapc.
ONE_OBJECT, TWO_OBJECTS, LEAST_PSNR = 90.0, 75.0, 35.0
# Of SnapFusion (Li et al. 2023).
PAPER_PARAMETERS, PAPER_SPEED = 3.8, 3.2


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])


def over_guidance(records: Record, key: str, digits: int) -> list[list[str]]:
    """A row per model, a cell per scale."""
    rows = []
    for row in shown(records):
        lines = lines_of(records, row)
        values = [agrees(lines[scale]) if key == "agrees" and scale in lines else lines.get(scale, {}).get(key)
                  for scale in scales(records)]
        rows.append([row.label, *(NOT_MEASURED if value is None else f"{value:.{digits}f}" for value in values)])
    return rows


def agreement_table(records: Record) -> str:
    return table(["agreement, %; guidance", *(f"{scale:g}" for scale in scales(records))], over_guidance(records, "agrees", 1))


def frechet_table(records: Record) -> str:
    lines = [line for row in shown(records) for line in lines_of(records, row).values() if "frechet" in line]
    ways = sorted({f"classifier {line['classifier']}, {line['captions']} captions against {line['true_pictures']} pictures" for line in lines})
    if len(ways) > 1:
        raise SystemExit(f"distances that do not compare: by {' and by '.join(ways)}; evaluate again")
    perfect = [f"{lines[0]['frechet_true']:.2f}" if lines else NOT_MEASURED] * len(scales(records))
    return table(["Fréchet distance; guidance", *(f"{scale:g}" for scale in scales(records))],
                 [*over_guidance(records, "frechet", 2), ["true pictures of the same captions", *perfect]])


def objects_table(records: Record) -> str:
    rows = []
    for row in shown(records):
        line = best(records, row)
        kinds = [line.get(f"{count} objects") if line else None for count in (1, 2, 3)]
        rows.append([row.label, f"{line['guidance']:g}" if line else NOT_MEASURED,
                     *(f"{kind['agrees']:.1f} of {kind['captions']}" if kind else NOT_MEASURED for kind in kinds)])
    return table(["at each model's best guidance, % of captions", "guidance", "1 object", "2 objects", "3 objects"], rows)


def verdict(holds: bool | None) -> str:
    return NOT_MEASURED if holds is None else "yes" if holds else "no"


def _against(records: Record, one: Row, other: Row) -> tuple[str, str]:
    """What two rows' best lines say of `one is as good as other`."""
    ours, theirs = best(records, one), best(records, other)
    if ours is None or theirs is None:
        return NOT_MEASURED, NOT_MEASURED
    apart = difference(ours, theirs)
    said = f"{agrees(ours):.1f} % against {agrees(theirs):.1f} %, {apart} points"
    return said, verdict(apart.points >= 0) if apart.told_apart() else "not told apart"


def _ratio(values: tuple[float, float] | None, unit: str, scale: float, paper: float) -> tuple[str, str]:
    if values is None:
        return NOT_MEASURED, NOT_MEASURED
    full, pruned = values
    ratio = round(full / pruned, 1)  # to the digits of the paper's
    return f"{ratio} ({full * scale:.2f} {unit}, {pruned * scale:.2f} {unit})", verdict(ratio >= paper)


def claims_table(records: Record) -> str:
    times = seconds(records)
    rows = [
        ["8 distilled steps are at least as good as 50 of the baseline", "FID and CLIP score better (FID 24.2, CLIP 0.30)",
         *_against(records, DISTILLED, BASELINE)],
        ["direct distillation is better than progressive", "yes", *_against(records, DISTILLED, PROGRESSIVE)],
        ["the pruned decoder has fewer parameters, by a factor of", f"{PAPER_PARAMETERS}",
         *_ratio(decoder_parameters(records), "M", 1e-6, PAPER_PARAMETERS)],
        ["and is faster, by a factor of", f"{PAPER_SPEED}",
         *_ratio((times[0]["decoder"], times[1]["decoder"]) if times else None, "ms", 1e3, PAPER_SPEED)],
    ]
    return table(["claim", "SnapFusion", "here", "holds here"], rows)


def aims_table(records: Record) -> str:
    line, ratio = best(records, DRAWN_BY_SNAPC), records.get("psnr")
    rows = []
    for kind, aim in (("1 objects", ONE_OBJECT), ("2 objects", TWO_OBJECTS)):
        found = line.get(kind) if line else None
        rows.append([f"agreement on captions of {kind[0]} object{'s' * (kind[0] != '1')}", f"{aim:g} %",
                     f"{found['agrees']:.1f} % of {found['captions']}" if found else NOT_MEASURED,
                     verdict(found["agrees"] >= aim if found else None)])
    rows.append(["PSNR of snapc's pictures to PyTorch's, the least", f"{LEAST_PSNR:g} dB",
                 f"{ratio['least']:.1f} dB of {ratio['captions']} pictures, median {ratio['median']:.1f} dB" if ratio else NOT_MEASURED,
                 verdict(ratio["least"] >= LEAST_PSNR if ratio else None)])
    return table(["the final pipeline, drawn by snapc", "aim, at least", "measured", "reached"], rows)


def speed_table(records: Record) -> str:
    times = seconds(records)
    head = ["milliseconds by snapc", "baseline, 50 steps", "final, 8 steps", "ratio"]
    if times is None:
        return table(head, [["a picture", *[NOT_MEASURED] * 3]])
    whole = [(*pair, f"{pair[0] / pair[1]:.1f}") for pair in [*zip(times[0].values(), times[1].values()),
                                                            (sum(times[0].values()), sum(times[1].values()))]]
    return table(head, [[name, f"{1e3 * one:.2f}", f"{1e3 * other:.2f}", ratio]
                        for name, (one, other, ratio) in zip([*times[0], "a picture"], whole)])


def training_table(records: Record) -> str:
    rows = [[name, f"{made['parameters'] / 1e6:.2f} M", f"{made['options']['steps']:,}", f"{made['options']['batch']}",
             f"{made['samples']:,}", f"{made['hours']:.2f}", f"{made['last']['loss']:g}" if "last" in made else NOT_MEASURED]
            for name, made in records.get("training", {}).items()]
    return table(["stage", "parameters", "steps", "batch", "samples", "hours", "loss at the end"],
                 rows or [["none has been trained to its end", *["-"] * 6]])


def classifier_table(records: Record) -> str:
    parts = ("number", "background", "shapes", "colours")
    found = records.get("classifier_accuracy")
    return table(["% of held-out true pictures of which the classifier tells all", *parts],
                 [[f"of {found['scenes']}" if found else "-", *(f"{found[part]:.1f}" if found else NOT_MEASURED for part in parts)]])


TABLES = {"classifier": classifier_table, "agreement": agreement_table, "frechet": frechet_table, "objects": objects_table, "claims": claims_table,
          "aims": aims_table, "speed": speed_table, "training": training_table}


def plot(records: Record) -> str:
    panels = []
    for title, key, top in (("Prompt agreement, %", "agrees", 100.0), ("Fréchet distance", "frechet", None)):
        measured = {row.label: [(scale, agrees(line) if key == "agrees" else line[key])
                                for scale, line in lines_of(records, row).items() if key == "agrees" or key in line]
                    for row in shown(records)}
        panels.append(Panel(title, "guidance", {label: points for label, points in measured.items() if points}, top))
    return chart(panels, scales(records))


def filled(page: str, records: Record) -> str:
    """The page with its tables made anew; each must have its place, once."""
    for name, make in TABLES.items():
        place = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if len(place.findall(page)) != 1:
            raise SystemExit(f"{PAGE}: expected '<!-- table: {name} -->' and '<!-- end -->' once, "
                             f"found {len(place.findall(page))} of them")
        made = make(records)
        page = place.sub(lambda match: f"{match[1]}\n{made}\n\n{match[2]}", page)
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--records", type=Path, required=True, help="by shapes.records; where there is none, nothing is measured")
    parser.add_argument("--docs", type=Path, default=Path(__file__).resolve().parents[2] / "docs")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when page or plot are not what they would be")
    arguments = parser.parse_args()
    records = read_records(arguments.records)
    page = arguments.docs / PAGE
    made = {page: filled(page.read_text(encoding="utf-8"), records), arguments.docs / PLOT: plot(records)}
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if arguments.check:
        for path in stale:
            print(f"{path}: not what {arguments.records} gives; run python -m shapes.report --records {arguments.records}")
        return 1 if stale else 0
    for path in stale:
        write_text(path, made[path])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
