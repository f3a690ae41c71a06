#!/usr/bin/env python3
"""Runs ONNX's own test case of every operator through the importer and the reference interpreter.

usage: ops_test.py SNAP_IMPORT [--only SUBSTRING] [--verbose]
The cases come with the onnx package (onnx.backend.test). For each, the model is imported, interpreted on the case's
inputs and compared with the case's outputs. Prints how many cases of each operator pass and are refused; fails on a
wrong result, and on a refusal that ops_refused.py does not expect. SPDX-License-Identifier: Apache-2.0
"""
import argparse, collections, os, re, shutil, subprocess, sys, tempfile, warnings
import numpy as np

warnings.simplefilter("ignore")
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases
from ops_refused import REFUSED_OPS, REFUSED_REASONS, SUPPORTED_OPERATORS

MUST_BE_KNOWN = "must be known at compile time"
EMPTY_INPUT = "is 0; expected a positive number"


def operator(case):
    """The operator a case is about; cases of several nodes are named after the function they expand."""
    nodes = case.model.graph.node
    return nodes[0].op_type if len(nodes) == 1 else "(expanded)"


def arrays(case):
    """Inputs and outputs as numpy arrays by name, or None where they are not tensors."""
    inputs, outputs = case.data_sets[0]
    graph = case.model.graph
    named = dict(zip([i.name for i in graph.input], inputs)), dict(zip([o.name for o in graph.output], outputs))
    if all(isinstance(a, (np.ndarray, np.generic)) for side in named for a in side.values()):
        return named
    return None


def write(folder, model, inputs, baked):
    """Writes a case, with the inputs named in `baked` as initializers."""
    os.makedirs(folder, exist_ok=True)
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    kept = [i for i in copy.graph.input if i.name not in baked]
    for name in baked:
        copy.graph.initializer.append(numpy_helper.from_array(np.asarray(inputs[name]), name))
    del copy.graph.input[:]
    copy.graph.input.extend(kept)
    onnx.save(copy, os.path.join(folder, "model.onnx"))
    for i, value in enumerate(kept):
        with open(os.path.join(folder, f"input_{i}.bin"), "wb") as f:
            f.write(np.ascontiguousarray(inputs[value.name]).tobytes())


def run(tool, folders):
    """Interprets cases; the text each ended with ("ok" or messages). A crash loses its case only."""
    pending = list(folders)
    while pending:
        subprocess.run([tool, "--cases", *pending[:200]], stderr=subprocess.DEVNULL)
        done = [f for f in pending[:200] if os.path.exists(os.path.join(f, "result.txt"))]
        if len(done) < len(pending[:200]):
            crashed = pending[len(done)]
            with open(os.path.join(crashed, "result.txt"), "w") as f:
                f.write("crashed\n")
            done.append(crashed)
        pending = pending[len(done):]
    return [open(os.path.join(f, "result.txt")).read().strip() for f in folders]


def mismatch(folder, case, outputs):
    """Empty, or how the results differ from those expected."""
    for i, (name, expected) in enumerate(outputs.items()):
        expected = np.asarray(expected)
        # double stands as f32 in the compiler.
        dtype = np.float32 if expected.dtype == np.float64 else expected.dtype
        raw = open(os.path.join(folder, f"output_{i}.bin"), "rb").read()
        if len(raw) != expected.size * np.dtype(dtype).itemsize:
            return f"{name} has {len(raw)} bytes, expected {expected.size * np.dtype(dtype).itemsize}"
        got = np.frombuffer(raw, dtype).reshape(expected.shape)
        if dtype in (np.float32, np.float16):
            half = dtype == np.float16
            rtol, atol = (max(case.rtol, 1e-2), 2e-3) if half else (max(case.rtol, 1e-4), max(case.atol, 2e-6))
            with np.errstate(all="ignore"):
                same = np.isclose(got.astype(np.float64), expected.astype(np.float64), rtol, atol, equal_nan=True)
        else:
            same = got == expected
        if not same.all():
            where = tuple(int(k) for k in np.argwhere(~same)[0])
            return f"{name}{list(where)} is {got[where]}, expected {expected[where]} ({int((~same).sum())} differ)"
    return ""


def expected_refusal(text):
    """Whether every message is about an operator or a variant known to be refused."""
    def expected(line):
        op = re.search(r"\((\w+), opset \d+\): ", line)
        return (op and op[1] in REFUSED_OPS) or any(re.search(r, line) for r in REFUSED_REASONS)
    return all(expected(line) for line in text.splitlines())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="snap-ops-")
    # GraphProto's operators of the default domain, on tensors.
    cases = [c for c in collect_testcases(None) if args.only in c.name]
    cases = [c for c in cases if all(n.domain == "" for n in c.model.graph.node)]
    if not cases:
        sys.exit("no case is named " + args.only)
    tensors = {c.name: arrays(c) for c in cases}
    skipped = [c for c in cases if tensors[c.name] is None]
    cases = [c for c in cases if tensors[c.name] is not None]

    results = {}
    waiting = cases
    # As the case says; with all but the first input known; with every input known.
    for attempt in range(3):
        folders = []
        for case in waiting:
            names = list(tensors[case.name][0])
            folders.append(os.path.join(work, f"{attempt}_{case.name}"))
            write(folders[-1], case.model, tensors[case.name][0], [[], names[1:], names][attempt])
        for case, folder, text in zip(waiting, folders, run(args.tool, folders)):
            if attempt == 0 or text == "ok" or MUST_BE_KNOWN in results[case.name][1]:
                results[case.name] = (folder, text)
        waiting = [c for c in waiting if MUST_BE_KNOWN in results[c.name][1] or EMPTY_INPUT in results[c.name][1]]

    table = collections.defaultdict(collections.Counter)
    bad = []
    for case in cases:
        op = operator(case)
        folder, text = results[case.name]
        if text == "ok":
            why = mismatch(folder, case, tensors[case.name][1])
            table[op]["wrong" if why else "pass"] += 1
            if why:
                bad.append(f"{case.name}: {why}")
        else:
            table[op]["refused"] += 1
            if "crashed" == text or "defect" in text or not expected_refusal(text):
                bad.append(f"{case.name}: {text}")
            elif args.verbose:
                print(f"  refused {case.name}: {text}")
    for op in sorted(table):
        row = table[op]
        wrong = f"  WRONG {row['wrong']}" if row["wrong"] else ""
        print(f"{op:28} pass {row['pass']:4}  refused {row['refused']:4}{wrong}")
    total = sum(table.values(), collections.Counter())
    whole = sum(1 for op in table if op != "(expanded)" and table[op]["pass"] and not table[op]["wrong"])
    print(f"{total['pass']} cases pass, {total['refused']} are refused, {len(skipped)} have no tensors; "
          f"{whole} operators are supported")
    if not args.only and whole < SUPPORTED_OPERATORS:
        bad.append(f"{whole} operators are supported, expected {SUPPORTED_OPERATORS}")
    for line in bad:
        print("FAIL", line)
    shutil.rmtree(work)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
