"""Checks an estimate's JSON, and its levers against estimates of the changed pipeline.
usage: check_estimate.py ESTIMATE.json SINGLE.json FASTEST.json DIRECT.json BEST.json
"""
import json
import math
import sys

estimate, single, fastest, direct, best = (json.load(open(path)) for path in sys.argv[1:])


def same(what: str, a: float, b: float, tolerance: float = 1e-9) -> None:
    assert math.isclose(a, b, rel_tol=tolerance), f"{what}: {a} and {b}"


assert estimate["schema"] == 1 and estimate["device"] == "iphone-16-pro" and estimate["processor"] == "gpu"
assert [stage["name"] for stage in estimate["stages"]] == ["encode_text", "prepare", "step", "decode"]
assert [stage["runs"] for stage in estimate["stages"]] == [2, 1, 8, 1]
for stage in estimate["stages"]:
    for total, part in (("seconds", "seconds"), ("macs", "macs"), ("macs_done", "macs_done"), ("launches", "launches")):
        same(f"{stage['name']}: {total}", stage[total], sum(k["calls"] * k[part] for k in stage["kernels"]))
    assert stage["calls"] == sum(kernel["calls"] for kernel in stage["kernels"])
    assert all(kernel["bound"] in ("ALU", "cache", "memory", "launch") for kernel in stage["kernels"])
    times = [kernel["calls"] * kernel["seconds"] for kernel in stage["kernels"]]
    assert times == sorted(times, reverse=True)
same("picture", estimate["seconds"], sum(stage["runs"] * stage["seconds"] for stage in estimate["stages"]))
assert not estimate["within_goal"] and estimate["goal_seconds"] == 1

levers = {lever["name"]: lever for lever in estimate["levers"]}
same("winograd", levers["winograd"]["seconds"], fastest["seconds"])
same("best-kernels", levers["best-kernels"]["seconds"], best["seconds"])
same("direct", estimate["seconds_direct"], direct["seconds"])
# A pipeline compiled for a single pass may be planned a little better than a pair's.
same("single-pass", levers["single-pass"]["seconds"], single["seconds"], 0.02)
assert single["pipeline"]["guidance"] == "single"
step = estimate["stages"][2]["seconds"]
same("steps", levers["steps"]["seconds"], estimate["seconds"] - (8 - levers["steps"]["steps"]) * step)
assert levers["steps"]["seconds"] <= 1 < levers["steps"]["seconds"] + step
assert levers["together"]["seconds"] < min(levers[name]["seconds"] for name in ("winograd", "best-kernels", "single-pass"))
assert levers["together-steps"]["seconds"] <= 1 and levers["together-steps"]["steps"] > levers["steps"]["steps"]
