"""The search of the UNet's layout as people read it: Markdown, from the log of decisions.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from typing import Any

from .layout import Design, stages


def rounds(log: list[dict[str, Any]]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The action taken of each round that took one, and all that were weighed with it."""
    result = []
    for line in log:
        if line["verdict"] == "taken":
            result.append((line, [one for one in log if one["round"] == line["round"]]))
    return result


def table(log: list[dict[str, Any]], whole: Design, design: Design, times: dict[str, Any], timed: dict[str, Any],
          captions: int) -> str:
    """`times` and `timed` are latencies of the UNet before and after, as snapc measured them."""
    before = times["step"]
    lines = [f"Values per ms of a guided step, from agreement on {captions} captions (points) and from the denoising loss, "
             "which decides where agreement does not.", "",
             "| round | action | weighed | points/ms | loss/ms | agreement compared | loss compared | ms after | of all |",
             "|---|---|---|---|---|---|---|---|---|"]
    for line, weighed in rounds(log):
        points, loss = line["value"]
        agreement, losses = line["agreement"], line["loss"]
        lines.append(f"| {line['round']} | {line['action']} | {len(weighed)} | {points:+.1f} | {loss:+.5f} | "
                     f"{agreement[0]:.1f} → {agreement[1]:.1f} % | {losses[0]:.5f} → {losses[1]:.5f} | "
                     f"{line['ms'][1]:.3f} | {line['ms'][1] / before:.1%} |")
    lines += ["", "| stage | layers before | after |", "|---|---|---|"]
    for (place, old), (_, new) in zip(stages(whole.config()), stages(design.config())):
        lines.append(f"| {place} | `{old}` | `{new}` |")
    predicted = design.milliseconds(times["blocks"], times["rest"])
    lines += ["", f"A guided step by snapc on one machine ({times['cpu']}, {times['of']['threads']} thread(s), medians of "
              f"{times['repeat']}): {before:.3f} ms before; after, {predicted:.3f} ms as the sum of what is left "
              f"({predicted / before:.1%}), {timed['step']:.3f} ms measured ({timed['step'] / before:.1%})."]
    return "\n".join(lines) + "\n"
