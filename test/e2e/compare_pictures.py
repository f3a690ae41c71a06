#!/usr/bin/env python3
"""Compares what `snapc generate --save` wrote with the reference's: each intermediate, the latents, the picture.

usage: compare_pictures.py REFERENCE_DIR SAVED_DIR PICTURE.png [--l2 1e-3] [--psnr 45]

Exit 1 when the last latents' relative L2 error is above --l2 or the picture's PSNR is below --psnr.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def relative_l2(actual, expected):
    return float(np.linalg.norm(actual.astype(np.float64) - expected) / (np.linalg.norm(expected) or 1))


def psnr(actual, expected):
    """Of 8-bit pictures, in dB."""
    error = np.mean((actual.astype(np.float64) - expected.astype(np.float64)) ** 2)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def picture(path):
    return np.asarray(Image.open(path).convert("RGB"))


def compare(reference, saved, png, l2_limit=1e-3, psnr_limit=45.0):
    """Prints a line for everything; True when within the limits."""
    last = max(int(path.stem.split("-")[1]) for path in reference.glob("latents-*.npy"))
    worst = 0.0
    for name in ["embeddings", *(f"latents-{i}" for i in range(last + 1)), "image"]:
        actual, expected = np.load(saved / f"{name}.npy"), np.load(reference / f"{name}.npy")
        if name == "embeddings" and len(actual) == 1:
            expected = expected[-1:]  # without guidance the prompt's alone
        if actual.shape != expected.shape:
            print(f"{name}: shape {actual.shape}, expected {expected.shape}")
            return False
        error = relative_l2(actual, expected)
        print(f"{name}: relative L2 {error:.2e}")
        if name == f"latents-{last}":
            worst = error
    ratio = psnr(picture(png), picture(reference / "image.png"))
    print(f"picture: PSNR {ratio:.1f} dB (limit {psnr_limit:g}); last latents: {worst:.2e} (limit {l2_limit:g})")
    return worst <= l2_limit and ratio >= psnr_limit


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("reference", type=Path)
    parser.add_argument("saved", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--l2", type=float, default=1e-3)
    parser.add_argument("--psnr", type=float, default=45.0)
    arguments = parser.parse_args()
    return 0 if compare(arguments.reference, arguments.saved, arguments.picture, arguments.l2, arguments.psnr) else 1


if __name__ == "__main__":
    sys.exit(main())
