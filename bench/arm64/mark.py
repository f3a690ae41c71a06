"""Tells bench/arm64/count.c which part of a program to count."""
import os


def mark() -> None:
    try:
        os.getpriority(os.PRIO_PROCESS, 0x5EED)
    except ProcessLookupError:
        pass


def counted_run(function, warm=True) -> None:
    """Runs it, counted; `warm`: once before, since a first run may set up what later ones find."""
    if warm:
        function()
    mark()
    function()
    mark()
