"""What the end-to-end tests share: snapc, the nano pipeline with its weights, compiled once per build.

Environment (set by CTest): SNAP_BUILD, the build folder. Work is kept in SNAP_BUILD/e2e, so that a second run of the
tests finds weights and kernels made.
"""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SNAP_BUILD", ROOT / "build")).resolve()
SNAPC = BUILD / "bin/snapc"
WORK = BUILD / "e2e"
CACHE = WORK / "kernels"
NANO_DIMS = {"text_encoder": {"batch": 1}, "unet": {"batch": 2, "height": 16, "width": 16},
             "vae_decoder": {"batch": 1, "height": 16, "width": 16}}


def run(*command, check=True, cwd=None, timeout=900, env=None):
    """Runs a command; on an unexpected failure shows what it printed."""
    text = [str(part) for part in command]
    result = subprocess.run(text, capture_output=True, text=True, cwd=cwd, timeout=timeout, env=env)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(text)}\nexit status {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result


def snapc(*arguments, check=True, cwd=None, timeout=900):
    environment = dict(os.environ, SNAPC_CACHE=str(CACHE))
    return run(SNAPC, *arguments, check=check, cwd=cwd, timeout=timeout, env=environment)


def nano() -> Path:
    """models/nano with its weights."""
    folder = WORK / "models/nano"
    run(sys.executable, ROOT / "models/make_weights.py", ROOT / "models/nano", folder)
    return folder


def compiled_nano(name="nano", *flags) -> Path:
    """The nano pipeline compiled for this machine, made once after every build of snapc."""
    out = WORK / name
    snap = out / "nano.snap"
    if not snap.exists() or snap.stat().st_mtime < SNAPC.stat().st_mtime:
        snapc("compile", nano(), "-o", out, "--name", "nano", "--quiet", *flags)
    return out


def dim_flags(graph: str) -> list[str]:
    return [text for name, size in NANO_DIMS[graph].items() for text in ("--dim", f"{name}={size}")]
