"""Tells bench/arm64/count.c which part of a program to count."""
import os


def mark() -> None:
    try:
        os.getpriority(os.PRIO_PROCESS, 0x5EED)
    except ProcessLookupError:
        pass


def second_run(function) -> None:
    """Runs it twice; the first may set up what later runs find."""
    function()
    mark()
    function()
    mark()
