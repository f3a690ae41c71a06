"""Line charts as SVG, without a library: axes, a legend, and colours that can be read on light and on dark pages.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

# Okabe and Ito's colours for all kinds of sight ("Color universal design", 2008), but for black and yellow, which one of the
# two backgrounds swallows; marks tell lines apart where colours do not.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a")
MARKS = ("circle", "square", "triangle", "diamond")
PANEL_WIDTH, PANEL_HEIGHT, LEFT, TOP, BETWEEN, ROW = 300, 220, 52, 30, 70, 18
STYLE = ("text{font:12px sans-serif;fill:#333}.axis{stroke:#777;fill:none}.grid{stroke:#ccc;stroke-width:.5}"
         "@media(prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#aaa}.grid{stroke:#555}}")
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """Lines over one x axis; `lines` by name, each at least one point."""

    title: str
    x_label: str
    lines: dict[str, Points]
    top: float | None = None  # of the y axis, which begins at zero


def ticks(top: float, about: int = 5) -> list[float]:
    """Zero and up to `top` or beyond, by steps of 1, 2 or 5 times a power of ten."""
    rough = max(top, 1e-9) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [round(index * step, 12) for index in range(math.ceil(top / step - 1e-9) + 1)]


def _mark(kind: str, x: float, y: float, colour: str) -> str:
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
    corners = {"square": ((-3, -3), (3, -3), (3, 3), (-3, 3)), "triangle": ((-4, 3), (4, 3), (0, -4)),
               "diamond": ((-4, 0), (0, -4), (4, 0), (0, 4))}[kind]
    return f'<polygon points="{" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)}" fill="{colour}"/>'


def _look(names: list[str]) -> dict[str, tuple[str, str]]:
    """Colour and mark of each line."""
    return {name: (COLOURS[index % len(COLOURS)], MARKS[index % len(MARKS)]) for index, name in enumerate(names)}


def _panel(panel: Panel, left: float, looks: dict[str, tuple[str, str]], x_ticks: list[float]) -> list[str]:
    bottom = TOP + PANEL_HEIGHT
    points = [point for line in panel.lines.values() for point in line]
    y_ticks = ticks(panel.top or max((y for _, y in points), default=1.0))
    low, high = x_ticks[0], max(x_ticks[-1], x_ticks[0] + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return left + (x - low) / (high - low) * PANEL_WIDTH, bottom - y / y_ticks[-1] * PANEL_HEIGHT

    parts = [f'<text x="{left}" y="{TOP - 12}" font-weight="bold">{escape(panel.title)}</text>',
             f'<text x="{left + PANEL_WIDTH / 2}" y="{bottom + 34}" text-anchor="middle">{escape(panel.x_label)}</text>']
    for value in y_ticks:
        _, y = place(low, value)
        parts += [f'<line class="grid" x1="{left}" x2="{left + PANEL_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>',
                  f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>']
    for value in x_ticks:
        x, _ = place(value, 0)
        parts += [f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>',
                  f'<text x="{x:.1f}" y="{bottom + 17}" text-anchor="middle">{value:g}</text>']
    parts.append(f'<path class="axis" d="M{left} {TOP}V{bottom}H{left + PANEL_WIDTH}"/>')
    for name, line in panel.lines.items():
        colour, mark = looks[name]
        placed = [place(*point) for point in sorted(line)]
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in placed)}" fill="none" stroke="{colour}" '
                     'stroke-width="2"/>')
        parts += [_mark(mark, x, y, colour) for x, y in placed]
    if not points:
        parts.append(f'<text x="{left + PANEL_WIDTH / 2}" y="{TOP + PANEL_HEIGHT / 2}" text-anchor="middle">not measured</text>')
    return parts


def chart(panels: list[Panel], x_ticks: list[float]) -> str:
    """Panels side by side over the same x values, one legend below. The same input gives the same bytes."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    looks = _look(names)
    width = LEFT + len(panels) * PANEL_WIDTH + (len(panels) - 1) * BETWEEN + 20
    legend = TOP + PANEL_HEIGHT + 60
    rows = math.ceil(len(names) / 2)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {legend + rows * ROW}" role="img" '
             f'aria-label="{escape("; ".join(panel.title for panel in panels))}">', f"<style>{STYLE}</style>"]
    for index, panel in enumerate(panels):
        parts += _panel(panel, LEFT + index * (PANEL_WIDTH + BETWEEN), looks, x_ticks)
    for index, name in enumerate(names):
        x, y = LEFT + (index // rows) * (width - LEFT) / 2, legend + (index % rows) * ROW
        colour, mark = looks[name]
        parts += [f'<line x1="{x:.1f}" x2="{x + 24:.1f}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2"/>',
                  _mark(mark, x + 12, y - 4, colour), f'<text x="{x + 32:.1f}" y="{y}">{escape(name)}</text>']
    return "\n".join([*parts, "</svg>"]) + "\n"
