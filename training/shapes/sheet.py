"""Contact sheets: pictures side by side in one PNG, to see what a model has learnt.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .files import whole_file


def write_sheet(rows: list[np.ndarray], path: Path) -> None:
    """`rows`: uint8 [N, H, W, 3] each, all of one N. The file appears complete."""
    lines = [np.concatenate(list(row), axis=1) for row in rows]
    with whole_file(path) as file:
        Image.fromarray(np.concatenate(lines, axis=0)).save(file, format="png")
