"""Runs one layer on ncnn, one thread; bench/arm64.py starts it under qemu.

usage: peer_ncnn.py FOLDER f32|f16
FOLDER holds layer.param and layer.bin, ncnn's files of the layer, and input.npy. f16: storage and arithmetic.
"""
import sys

import ncnn
import numpy

from mark import counted_run

folder, precision = sys.argv[1:]
half = precision == "f16"
net = ncnn.Net()
net.opt.num_threads = 1
net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = half
net.opt.use_bf16_storage = net.opt.use_int8_inference = False
if net.load_param(f"{folder}/layer.param") or net.load_model(f"{folder}/layer.bin"):
    sys.exit("peer_ncnn.py: cannot load the layer")
values = numpy.load(f"{folder}/input.npy")  # kept: a Mat of an array does not own its memory
data = ncnn.Mat(values)


def infer():
    extractor = net.create_extractor()
    extractor.input("in", data)
    status, _ = extractor.extract("out")
    if status:
        sys.exit(f"peer_ncnn.py: the layer failed: {status}")


counted_run(infer)
