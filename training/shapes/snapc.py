"""Runs the compiler.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

SNAPC = Path(__file__).resolve().parents[2] / "build/bin/snapc"


def run(*command: Any) -> str:
    """Its output; what it said on failing is the error's text."""
    try:
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SystemExit(f"{command[0]}: not found; scripts/build.sh builds it, --snapc names another") from None
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout
