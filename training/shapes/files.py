"""Files that are whole or not there, and what tells them apart.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """To write into: a file under its final name is complete, whenever the process is cut."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with whole_file(path) as file:
        file.write(text.encode())


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """JSON, an object per line."""
    write_text(path, "".join(json.dumps(line) + "\n" for line in lines))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """What write_lines wrote; nothing where there is no file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def digest(paths: list[Path]) -> str:
    """Of the files' contents."""
    sums = hashlib.sha256()
    for path in paths:
        sums.update(hashlib.sha256(path.read_bytes()).digest())
    return sums.hexdigest()[:16]
