"""Estimates a pipeline on every device that snapc names, on each of its processors: all times are numbers above 0.
usage: every_device.py DIR
"""
import json
import math
import subprocess
import sys


def estimate(*flags) -> subprocess.CompletedProcess:
    return subprocess.run(["snapc", "estimate", sys.argv[1], "--quiet", "--json", "--device", *flags], capture_output=True, text=True)


names = estimate("none").stderr.split("one of ")[1].strip().split(", ")
assert len(names) > 20, names
gpus = 0
for name in names:
    for flags in (["--processor", "gpu"], ["--processor", "cpu", "--precision", "f32", "--threads", "1"]):
        result = estimate(name, *flags)
        if result.returncode:
            assert "has no GPU that kernels are made for" in result.stderr and "gpu" in flags, result.stderr
            continue
        gpus += "gpu" in flags
        report = json.loads(result.stdout)
        times = [report["seconds"], report["seconds_direct"], *(stage["seconds"] for stage in report["stages"])]
        assert all(math.isfinite(time) and time > 0 for time in times), (name, flags, times)
        assert report["seconds"] <= report["seconds_direct"] * 1.2, (name, flags, times)
assert gpus > 15
print(len(names), "devices,", gpus, "GPUs")
