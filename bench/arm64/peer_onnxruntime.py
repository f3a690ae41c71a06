"""Runs an ONNX model on ONNX Runtime, one thread; bench/arm64.py and bench/arm64_pictures.py start it under qemu.

usage: peer_onnxruntime.py [--first] MODEL [NAME=SIZE of each symbolic dimension]...
--first: the first run is counted, not the second.
"""
import sys

import numpy
import onnxruntime

from mark import counted_run

warm = sys.argv[1] != "--first"
arguments = sys.argv[1 if warm else 2:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 4
session = onnxruntime.InferenceSession(arguments[0], options, providers=["CPUExecutionProvider"])
sizes = {name: int(size) for name, size in (word.split("=") for word in arguments[1:])}
feeds = {}
for value in session.get_inputs():
    shape = [sizes.get(size, size) for size in value.shape]
    integer = value.type in ("tensor(int64)", "tensor(int32)")
    dtype = {"tensor(int64)": numpy.int64, "tensor(int32)": numpy.int32}.get(value.type, numpy.float32)
    feeds[value.name] = numpy.full(shape, 1 if integer else 0.5, dtype)
counted_run(lambda: session.run(None, feeds), warm)
