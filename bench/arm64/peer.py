"""Runs an ONNX model on ONNX Runtime, one thread; bench/arm64.py starts it under qemu. usage: peer.py MODEL TIMES"""
import sys

import numpy
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 4
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
value = session.get_inputs()[0]
data = numpy.full(value.shape, 0.5, numpy.float32)
for _ in range(int(sys.argv[2])):
    session.run(None, {value.name: data})
